/* HotSpot's attach protocol, which the JDK's jcmd, jstack, jmap and jinfo speak (sun.tools.attach.VirtualMachineImpl):
 * a tool leaves a file .attach_pidN and sends SIGQUIT; the VM then listens on /tmp/.java_pidN.  A request is five
 * texts, each ended by a zero byte: version, command, three arguments.  The answer is a status line and text. */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "native/boot_private.h"
#include "native/diagnostic.h"
#include "vm/exception.h"
#include "vm/safepoint.h"

enum { TEXTS = 5, LONGEST_REQUEST = 4096, PATIENCE_S = 5, STATUS_BAD_VERSION = 101 };
#define PROTOCOL_VERSION "1"

static void socket_path(char *path, size_t size)
{
    snprintf(path, size, "/tmp/.java_pid%d", getpid());
}

bool attach_requested(void)
{
    static const char *const places[] = {".attach_pid%d", "/tmp/.attach_pid%d"};
    char path[64];
    struct stat status;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        snprintf(path, sizeof path, places[i], getpid());
        if (stat(path, &status) == 0 && status.st_uid == geteuid())
            return true;
    }
    return false;
}

void attach_remove_socket(void)
{
    char path[64];
    socket_path(path, sizeof path);
    unlink(path); /* almost always there is none */
}

/* ---- one request ------------------------------------------------------------------------------------------ */

static bool peer_allowed(int connection)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

/* The texts of a request, within `buffer`; false: it is none. */
static bool read_request(int connection, char buffer[LONGEST_REQUEST], const char *texts[TEXTS])
{
    struct timeval patience = {PATIENCE_S, 0};
    size_t length = 0, found = 0, start = 0;
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    while (found < TEXTS && length < LONGEST_REQUEST) {
        ssize_t n = read(connection, buffer + length, LONGEST_REQUEST - length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        for (size_t end = length + (size_t)n; length < end && found < TEXTS; length++)
            if (buffer[length] == '\0') {
                texts[found++] = buffer + start;
                start = length + 1;
            }
    }
    return found == TEXTS;
}

static void send_all(int connection, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = send(connection, text, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* the tool is gone */
        text += n;
        length -= (size_t)n;
    }
}

static void send_status(int connection, int status)
{
    char line[16];
    send_all(connection, line, (size_t)snprintf(line, sizeof line, "%d\n", status));
}

static void send_file(int connection, int file)
{
    char block[4096];
    ssize_t n;
    for (off_t at = 0; (n = pread(file, block, sizeof block, at)) > 0; at += n)
        send_all(connection, block, (size_t)n);
}

/* t in THREAD_BLOCKED, but for the command itself. */
static void answer(struct thread *t, int connection)
{
    char buffer[LONGEST_REQUEST];
    const char *texts[TEXTS];
    bool ok = false;
    if (!peer_allowed(connection) || !read_request(connection, buffer, texts))
        return;
    if (strcmp(texts[0], PROTOCOL_VERSION) != 0) {
        send_status(connection, STATUS_BAD_VERSION);
        return;
    }
    thread_enter_java(t);
    int file = diagnostic_run(t, strcmp(texts[1], "jcmd") == 0 ? texts[2] : texts[1], &ok);
    thread_leave_java(t, THREAD_BLOCKED);
    send_status(connection, ok ? 0 : 1);
    if (file >= 0) {
        send_file(connection, file);
        close(file);
    }
}

/* ---- the thread that listens -------------------------------------------------------------------------------- */

static void listener(struct thread *t, void *arg)
{
    int socket = (int)(intptr_t)arg;
    thread_leave_java(t, THREAD_BLOCKED);
    for (;;) {
        int connection = accept4(socket, NULL, NULL, SOCK_CLOEXEC);
        if (connection >= 0) {
            answer(t, connection);
            close(connection);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            break; /* out of descriptors: the next SIGQUIT of a tool starts another listener */
        }
    }
    close(socket);
    thread_enter_java(t);
}

/* Tools take the socket as soon as its name is there, so it gets that last. */
static int open_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[64];
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0)
        return -1;
    socket_path(path, sizeof path);
    snprintf(address.sun_path, sizeof address.sun_path, "%s.tmp", path);
    unlink(address.sun_path);
    if (bind(s, (struct sockaddr *)&address, sizeof address) == 0) {
        if (chmod(address.sun_path, 0600) == 0 && listen(s, 5) == 0 && rename(address.sun_path, path) == 0)
            return s;
        unlink(address.sun_path);
    }
    close(s);
    return -1;
}

static void withdraw(struct vm *vm)
{
    attach_remove_socket();
}

void attach_start(struct thread *t)
{
    int s = open_socket();
    if (s < 0) {
        log_warning("Tools cannot attach to this VM: there is no socket in /tmp (%s)", strerror(errno));
        return;
    }
    t->vm->hooks.withdraw = withdraw;
    struct object *thread = signals_new_system_thread(t, "Attach Listener");
    if (thread == NULL || !thread_start(t->vm, thread, 0, listener, (void *)(intptr_t)s)) {
        exception_clear(t);
        log_warning("Tools cannot attach to this VM: no thread can be started for them");
        attach_remove_socket();
        close(s);
    }
}

