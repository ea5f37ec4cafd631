/* The monitor's side of the control socket: one thread that waits for requests, for the output of the guest's terminal
 * and for the end of stop's grace time.  It never runs guest code and blocks all signals but faults. */
#include "hostvirt/checkpoint.h"
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
#define STACK_BYTES (256u << 10)
#define LOOKS_AT_DYING 400 /* of 5 ms each: at a monitor that was killed and whose memory is being given back */
#define PATIENCE_SECONDS 2 /* for a client that says nothing, or does not read, or does either by single bytes */

/* ---- events ------------------------------------------------------------------------------------------------------ */

void control_event(struct monitor *m, const char *kind, const char *format, ...)
{
    struct control *c = m->control;
    va_list arguments;

    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    struct control_event *e = &c->events[c->event_count % EVENTS_KEPT];
    e->sequence = ++c->event_count;
    clock_gettime(CLOCK_REALTIME, &e->time);
    snprintf(e->kind, sizeof e->kind, "%s", kind);
    va_start(arguments, format);
    vsnprintf(e->text, sizeof e->text, format, arguments);
    va_end(arguments);
    pthread_mutex_unlock(&c->lock);
}

/* ---- a connection ------------------------------------------------------------------------------------------------ */

static bool same_user(int connection)
{
    struct ucred peer;
    socklen_t bytes = sizeof peer;

    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void take_descriptors(struct msghdr *m, struct control_call *call)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0, at = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof fd);
            while (at < CONTROL_PASSED && call->passed[at] >= 0)
                at++;
            if (at < CONTROL_PASSED)
                call->passed[at] = fd;
            else
                close(fd);
        }
    }
}

/* Lets the next call on the connection wait until the deadline; false when that has passed. */
static bool wait_until(int connection, int option, uint64_t deadline)
{
    uint64_t now = clock_host();
    if (now >= deadline)
        return false;
    struct timeval left = {(time_t)((deadline - now) / 1000000000u), (suseconds_t)((deadline - now) % 1000000000u / 1000)};
    left.tv_usec += left.tv_sec == 0 && left.tv_usec == 0; /* zero would mean for ever */
    return setsockopt(connection, SOL_SOCKET, option, &left, sizeof left) == 0;
}

static uint64_t patience_ends(void)
{
    return clock_host() + PATIENCE_SECONDS * 1000000000ull;
}

/* One line, without its newline.  Its length or a negative errno. */
static ssize_t read_line(struct control_call *call, char *line, size_t room)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(CONTROL_PASSED * sizeof(int))];
    } control;
    uint64_t deadline = patience_ends();
    size_t used = 0;

    while (used < room && wait_until(call->connection, SO_RCVTIMEO, deadline)) {
        struct iovec part = {line + used, room - used};
        struct msghdr m = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(call->connection, &m, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? -EPIPE : -errno;
        take_descriptors(&m, call);
        used += (size_t)n;
        char *newline = memchr(line, '\n', used);
        if (newline != NULL)
            return newline - line;
    }
    return -EMSGSIZE;
}

static void send_answer(int connection, const json_t *answer)
{
    char *text = json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII);
    size_t length = text != NULL ? strlen(text) : 0, sent = 0;

    if (text == NULL)
        return;
    uint64_t deadline = patience_ends();
    text[length++] = '\n';
    while (sent < length && wait_until(connection, SO_SNDTIMEO, deadline)) {
        ssize_t n = send(connection, text + sent, length - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            break; /* the client is gone: nothing depends on it */
        sent += n > 0 ? (size_t)n : 0;
    }
    free(text);
}

void control_finish(int connection, json_t *answer, int error, const char *reason)
{
    json_object_set_new(answer, "ok", json_boolean(error == 0));
    if (error != 0)
        json_object_set_new(answer, "error", json_string(reason));
    send_answer(connection, answer);
}

static void serve(struct control *c, int connection)
{
    char reason[512] = "this is no request: send a line {\"request\": NAME}", *line = malloc(CONTROL_LINE);
    struct control_call call = {.c = c, .connection = connection, .reason = reason, .bytes = sizeof reason};
    json_t *request = NULL;
    int error = -EINVAL;

    for (size_t i = 0; i < CONTROL_PASSED; i++)
        call.passed[i] = -1;
    call.answer = json_object();
    ssize_t length = line != NULL && same_user(connection) ? read_line(&call, line, CONTROL_LINE) : -EPERM;
    if (length >= 0) {
        request = json_loadb(line, (size_t)length, 0, NULL);
        call.request = request;
        if (json_is_object(request))
            error = control_answer(&call);
        if (!call.later)
            control_finish(connection, call.answer, error, reason);
    }
    json_decref(request);
    json_decref(call.answer);
    free(line);
    for (size_t i = 0; i < CONTROL_PASSED; i++)
        if (call.passed[i] >= 0)
            close(call.passed[i]);
    if (!call.later && (!call.stream || error != 0))
        close(connection);
}

static void accept_one(struct control *c)
{
    int connection = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);

    if (connection >= 0)
        serve(c, connection);
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

/* Milliseconds until the grace time of `stop` is over; then the guest is killed. */
static int look_at_grace(struct control *c)
{
    uint64_t now = clock_host();

    if (c->kill_at == 0)
        return -1;
    if (c->kill_at > now)
        return (int)((c->kill_at - now) / 1000000u) + 1;
    c->kill_at = 0;
    control_event(c->m, "killed", "it did not end in the grace time");
    process_exit_group(c->m->process, SIGKILL);
    return -1;
}

static void *control_main(void *argument)
{
    struct control *c = argument;

    pthread_setname_np(pthread_self(), "control");
    for (;;) {
        struct pollfd polled[] = {
            {c->wake, POLLIN, 0}, {c->listener, POLLIN, 0}, {c->terminal, POLLIN, 0}, {c->console, POLLIN, 0}};
        if (poll(polled, sizeof polled / sizeof polled[0], look_at_grace(c)) < 0)
            continue;
        if (polled[2].revents != 0)
            control_terminal_output(c);
        if (polled[3].revents != 0)
            control_terminal_input(c);
        if (polled[0].revents != 0)
            break; /* control_stop */
        if (polled[1].revents != 0)
            accept_one(c);
    }
    if (c->terminal >= 0)
        control_terminal_output(c);
    return NULL;
}

/* In a monitor that fork made: the socket is the first one's; a copy of it must not keep the name alive. */
static void forget(void)
{
    struct control *c = the_monitor != NULL ? the_monitor->control : NULL;

    if (c == NULL)
        return;
    int own[] = {c->folder, c->listener, c->wake, c->terminal, c->log, c->end, c->console};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] >= 0)
            close(own[i]);
    the_monitor->control = NULL; /* its memory stays: the thread that owned it does not exist here */
}

/* ---- start and end ----------------------------------------------------------------------------------------------- */

static void file_name(const struct control *c, const char *suffix, char name[96])
{
    snprintf(name, 96, "%.70s%s", c->name, suffix);
}

/* Isolates without a name of their own are called by their process: sockets of those that are gone are removed here,
 * because behind its wall a monitor may not do that itself.  Under the folder's lock. */
static void remove_left_over(int folder)
{
    DIR *listing = fdopendir(dup(folder));

    if (listing == NULL)
        return;
    rewinddir(listing);
    for (struct dirent *e; (e = readdir(listing)) != NULL;) {
        int pid, end = 0;
        if (sscanf(e->d_name, "isolate-%d.sock%n", &pid, &end) == 1 && end != 0 && e->d_name[end] == '\0' && pid > 0 &&
            kill(pid, 0) != 0 && errno == ESRCH)
            unlinkat(folder, e->d_name, 0);
    }
    closedir(listing);
}

/* Whether somebody answers on a connection.  A monitor that was killed accepts connections until its memory is given
 * back, and then closes them. */
static bool answers(int s)
{
    static const char ping[] = "{\"request\": \"ping\"}\n";
    struct timeval patience = {PATIENCE_SECONDS, 0};
    char byte;

    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (send(s, ping, sizeof ping - 1, MSG_NOSIGNAL) < 0)
        return false;
    ssize_t n = recv(s, &byte, 1, 0);
    return n > 0 || (n < 0 && errno == EAGAIN); /* busy, or just starting */
}

/* Binds when nobody listens: 0, or -EAGAIN with a connection to who does.  The lock on the folder keeps two monitors
 * from taking each other's new socket for a stale one. */
static int try_listen(struct control *c, const struct sockaddr_un *address, const char *file, int *other)
{
    int error = 0;

    if (flock(c->folder, LOCK_EX) != 0)
        return -errno;
    *other = control_connect(c->folder, c->name);
    if (*other >= 0)
        error = -EAGAIN;
    else if (*other == -ECONNREFUSED && unlinkat(c->folder, file, 0) != 0)
        error = -errno; /* of a monitor that was killed */
    if (error == 0 && (bind(c->listener, (const struct sockaddr *)address, sizeof *address) != 0 ||
                       listen(c->listener, BACKLOG) != 0))
        error = -errno;
    flock(c->folder, LOCK_UN);
    return error;
}

static int listen_at(struct control *c)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timespec pause = {0, 5000000};
    char file[96];
    int error = 0, other = -1;

    file_name(c, ".sock", file);
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%.80s", c->folder, file);
    c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->listener < 0)
        return -errno;
    remove_left_over(c->folder);
    for (unsigned i = 0; i < LOOKS_AT_DYING; i++) {
        error = try_listen(c, &address, file, &other);
        if (error != -EAGAIN)
            return error;
        bool alive = answers(other);
        close(other);
        if (alive)
            break;
        nanosleep(&pause, NULL);
    }
    return -EADDRINUSE;
}

int control_serve(struct monitor *m)
{
    struct control *c = m->control;
    pthread_attr_t attributes;
    sigset_t all, before;

    sigfillset(&all);
    sigdelset(&all, SIGSEGV); /* uaccess.h: copies from guest memory */
    sigdelset(&all, SIGBUS);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&c->thread, &attributes, control_main, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    c->serving = error == 0;
    return -error;
}

static void free_control(struct control *c)
{
    int own[] = {c->folder, c->listener, c->wake, c->terminal, c->log, c->end, c->console};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] >= 0)
            close(own[i]);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

int control_start(struct monitor *m, char *reason, size_t bytes)
{
    static bool handler; /* one per process, as pthread_atfork's own list is */
    struct control *c = calloc(1, sizeof *c);

    if (c == NULL) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    c->m = m;
    c->folder = c->listener = c->wake = c->terminal = c->log = c->end = c->console = -1;
    c->status = -1;
    pthread_mutex_init(&c->lock, NULL);
    if (m->policy->name != NULL)
        snprintf(c->name, sizeof c->name, "%s", m->policy->name);
    else
        snprintf(c->name, sizeof c->name, "isolate-%d", (int)getpid());
    int error = c->folder = control_open_folder(reason, bytes);
    if (error < 0) {
        free_control(c);
        return error;
    }
    error = listen_at(c);
    if (error == 0 && (c->wake = eventfd(0, EFD_CLOEXEC)) < 0)
        error = -errno;
    if (error == 0 && !handler && (error = -pthread_atfork(NULL, NULL, forget)) == 0)
        handler = true;
    if (error != 0) {
        if (error == -EADDRINUSE)
            snprintf(reason, bytes, "an isolate '%s' is running already; choose another name", c->name);
        else
            snprintf(reason, bytes, "cannot listen for requests: %s", strerror(-error));
        free_control(c);
        return error;
    }
    m->control = c;
    control_event(m, "started", "%s", m->process != NULL && m->process->program != NULL ? m->process->program : "");
    return 0;
}

static void wake(struct control *c)
{
    uint64_t one = 1;

    while (write(c->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void control_set_status(struct monitor *m, int status)
{
    if (m->control != NULL)
        m->control->status = status;
}

void control_stop(struct monitor *m)
{
    struct control *c = m->control;
    char file[96], text[128];

    if (c == NULL)
        return;
    if (c->status < 0)
        c->status = 0;
    wake(c);
    if (c->serving)
        pthread_join(c->thread, NULL);
    if (c->end >= 0) {
        int length =
            snprintf(text, sizeof text, "{\"status\": %d, \"time\": %lld}\n", (int)c->status, (long long)time(NULL));
        if (write(c->end, text, (size_t)length) != length)
            fprintf(stderr, "cloister: the end of '%s' could not be written down\n", c->name);
    }
    file_name(c, ".sock", file);
    unlinkat(c->folder, file, 0); /* where the wall forbids it, the next start or listing does it */
    m->control = NULL;
    free_control(c);
}

const char *control_name(const struct monitor *m)
{
    return m->control != NULL ? m->control->name : "";
}

void control_set_snapshot(struct monitor *m, struct snapshot *s)
{
    if (m->control != NULL)
        m->control->snapshot = s;
}

int control_descriptors(const struct monitor *m, int list[CONTROL_DESCRIPTORS])
{
    const struct control *c = m->control;
    int count = 0;

    if (c == NULL)
        return 0;
    const int own[] = {c->folder, c->listener, c->wake, c->terminal, c->log, c->end};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] >= 0)
            list[count++] = own[i];
    return count;
}

static int open_record(struct control *c, const char *suffix)
{
    char file[96];

    file_name(c, suffix, file);
    int fd = openat(c->folder, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

int control_keep_terminal(struct monitor *m, int master, char *reason, size_t bytes)
{
    struct control *c = m->control;

    c->log = open_record(c, ".log");
    c->end = c->log >= 0 ? open_record(c, ".end") : -1;
    if (c->end < 0 || fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) != 0) {
        snprintf(reason, bytes, "cannot keep the output of '%s': %s", c->name, strerror(errno));
        close(master);
        return -EIO;
    }
    c->terminal = master;
    return 0;
}
