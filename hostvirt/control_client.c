/* The outside of the control socket: the runtime folder, the isolates that run, a request and its answer. */
#include "hostvirt/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SUFFIX ".sock"
#define NAME_LONGEST 64
#define TAKES_CALLS 5000 /* ms until a monitor takes a connection that has many */
#define OBEYS 5000       /* ms until one does what it is told, even when the machine is busy */
#define ANSWER_LIMIT (64u << 20) /* bytes: a program with thousands of threads, each with its frames */

int control_folder(char *path, size_t bytes)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    struct stat status;
    int length;

    if (runtime != NULL && runtime[0] == '/')
        length = snprintf(path, bytes, "%s/cloister", runtime);
    else
        length = snprintf(path, bytes, "/tmp/cloister-%u", (unsigned)geteuid());
    if (length < 0 || (size_t)length >= bytes)
        return -ENAMETOOLONG;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -errno;
    /* In /tmp others could have made it first: then it is not used. */
    if (lstat(path, &status) != 0)
        return -errno;
    if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || (status.st_mode & 077) != 0)
        return -EPERM;
    return 0;
}

int control_open_folder(char *reason, size_t bytes)
{
    char path[PATH_MAX] = "";
    int error = control_folder(path, sizeof path);
    int folder = error == 0 ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;

    if (folder >= 0)
        return folder;
    error = error != 0 ? error : -errno;
    if (error == -EPERM)
        snprintf(reason, bytes,
                 "the runtime folder %.300s belongs to somebody else or is open to others: remove it, or "
                 "set XDG_RUNTIME_DIR",
                 path);
    else
        snprintf(reason, bytes,
                 "cannot use the runtime folder %.300s: %s; XDG_RUNTIME_DIR=FOLDER chooses another place", path,
                 strerror(-error));
    return error == -ENOENT ? -EIO : error; /* -ENOENT is an isolate or a program that is not there */
}

bool control_name_valid(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t length = strlen(name);

    return length > 0 && length <= NAME_LONGEST && name[0] != '.' && strspn(name, allowed) == length;
}

static void set_time(int s, int what, unsigned milliseconds)
{
    const struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};

    setsockopt(s, SOL_SOCKET, what, &time, sizeof time);
}

/* Addresses of Unix sockets hold 107 bytes: the folder is named through its descriptor. */
int control_connect(int folder, const char *name, unsigned milliseconds)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s" SUFFIX, folder, name);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (milliseconds == 0 ? SOCK_NONBLOCK : 0), 0);
    if (s < 0)
        return -errno;
    set_time(s, SO_SNDTIMEO, milliseconds); /* of connect(2), too: unix(7) */
    if (connect(s, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = -errno;
        close(s);
        return error;
    }
    set_time(s, SO_SNDTIMEO, 0);
    if (milliseconds == 0)
        fcntl(s, F_SETFL, fcntl(s, F_GETFL) & ~O_NONBLOCK);
    return s;
}

bool control_is_there(int folder, const char *name)
{
    int s = control_connect(folder, name, 0);

    if (s >= 0)
        close(s);
    return s >= 0 || s == -EAGAIN;
}

/* The name of a socket file, or false. */
static bool socket_name(const char *file, char name[NAME_LONGEST + 1])
{
    size_t length = strlen(file);

    if (length <= sizeof SUFFIX - 1 || length - (sizeof SUFFIX - 1) > NAME_LONGEST ||
        strcmp(file + length - (sizeof SUFFIX - 1), SUFFIX) != 0)
        return false;
    memcpy(name, file, length - (sizeof SUFFIX - 1));
    name[length - (sizeof SUFFIX - 1)] = '\0';
    return control_name_valid(name);
}

/* Removes a socket that nobody listens on.  Under the folder's lock, so that it is not one between bind and listen. */
static void remove_stale(int folder, const char *name)
{
    char file[NAME_LONGEST + sizeof SUFFIX];

    flock(folder, LOCK_EX);
    int s = control_connect(folder, name, 0);
    if (s == -ECONNREFUSED) {
        snprintf(file, sizeof file, "%s" SUFFIX, name);
        unlinkat(folder, file, 0);
    }
    if (s >= 0)
        close(s);
    flock(folder, LOCK_UN);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void control_list_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static int add_name(char ***names, size_t *count, const char *name)
{
    char **longer = reallocarray(*names, *count + 1, sizeof *longer);

    if (longer == NULL)
        return -ENOMEM;
    *names = longer;
    if ((longer[*count] = strdup(name)) == NULL)
        return -ENOMEM;
    ++*count;
    return 0;
}

int control_list(char ***names, size_t *count, char *reason, size_t bytes)
{
    char name[NAME_LONGEST + 1];
    int folder = control_open_folder(reason, bytes), error = 0;

    *names = NULL;
    *count = 0;
    if (folder < 0)
        return folder;
    DIR *listing = fdopendir(dup(folder));
    if (listing == NULL)
        error = -errno;
    for (struct dirent *entry; listing != NULL && error == 0 && (entry = readdir(listing)) != NULL;) {
        if (!socket_name(entry->d_name, name))
            continue;
        int s = control_connect(folder, name, 0);
        if (s == -ECONNREFUSED)
            remove_stale(folder, name);
        if (s < 0 && s != -EAGAIN)
            continue;
        if (s >= 0)
            close(s);
        error = add_name(names, count, name);
    }
    if (listing != NULL)
        closedir(listing);
    close(folder);
    if (error != 0) {
        snprintf(reason, bytes, "cannot list the runtime folder: %s", strerror(-error));
        control_list_free(*names, *count);
        *names = NULL;
        *count = 0;
    } else if (*count > 1) {
        qsort(*names, *count, sizeof **names, compare_names);
    }
    return error;
}

/* Milliseconds: as open_within has them. */
static int connect_by_name(const char *name, unsigned milliseconds, char *reason, size_t bytes)
{
    if (!control_name_valid(name)) {
        snprintf(reason, bytes, "'%.64s' is no name of an isolate", name);
        return -EINVAL;
    }
    int folder = control_open_folder(reason, bytes);
    if (folder < 0)
        return folder;
    bool short_of_time = milliseconds > 0 && milliseconds < TAKES_CALLS;
    int s = control_connect(folder, name, short_of_time ? milliseconds : TAKES_CALLS);
    if (s == -ECONNREFUSED)
        remove_stale(folder, name);
    close(folder);
    if (s >= 0)
        return s;
    if (s == -ENOENT || s == -ECONNREFUSED) {
        snprintf(reason, bytes, "no isolate '%s' is running; 'cloister ps' lists them", name);
        return -ENOENT;
    }
    snprintf(reason, bytes, "cannot reach the isolate '%s': %s", name,
             s == -EAGAIN ? "its monitor takes no requests: is it stopped? SIGCONT lets it go on" : strerror(-s));
    return s;
}

/* The descriptors go with the first byte. */
static ssize_t send_first(int s, const char *text, size_t length, const int *descriptors, unsigned count)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(CONTROL_PASSED * sizeof(int))];
    } control = {0};
    struct iovec part = {(char *)(uintptr_t)text, length};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};

    if (count > CONTROL_PASSED) {
        errno = EINVAL;
        return -1;
    }
    if (count > 0) {
        m.msg_control = &control;
        m.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *header = CMSG_FIRSTHDR(&m);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, count * sizeof(int));
    }
    return sendmsg(s, &m, MSG_NOSIGNAL);
}

static int send_line(int s, const json_t *request, const int *descriptors, unsigned count)
{
    char *text = json_dumps(request, JSON_COMPACT);
    size_t length = text != NULL ? strlen(text) : 0, sent = 0;

    if (text == NULL)
        return -ENOMEM;
    text[length++] = '\n'; /* in place of its end */
    while (sent < length) {
        ssize_t n = sent == 0 ? send_first(s, text, length, descriptors, count)
                              : send(s, text + sent, length - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR) {
            free(text);
            return -errno;
        }
        sent += n > 0 ? (size_t)n : 0;
    }
    free(text);
    return 0;
}

/* The answer's line, or -ETIMEDOUT after the socket's time; what follows it in a stream stays in the socket, so it is
 * looked at before it is taken. */
static int receive_line(int s, char **line)
{
    size_t room = 64 << 10, used = 0;
    char *text = malloc(room + 1);
    int error = -EPIPE;

    while (text != NULL) {
        ssize_t n = recv(s, text + used, room - used, MSG_PEEK);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            error = -ETIMEDOUT;
        if (n <= 0)
            break;
        const char *newline = memchr(text + used, '\n', (size_t)n);
        size_t take = newline != NULL ? (size_t)(newline + 1 - (text + used)) : (size_t)n;
        if (recv(s, text + used, take, MSG_WAITALL) != (ssize_t)take)
            break;
        used += take;
        if (newline != NULL) {
            text[used] = '\0';
            *line = text;
            return 0;
        }
        if (used < room)
            continue;
        char *longer = room < ANSWER_LIMIT ? realloc(text, 2 * room + 1) : NULL;
        if (longer == NULL)
            break;
        text = longer;
        room *= 2;
    }
    free(text);
    return error;
}

/* As control_open; milliseconds: for the answer, 0: for ever. */
static int open_within(const char *name, json_t *request, const int *descriptors, unsigned count,
                       unsigned milliseconds, json_t **answer, char *reason, size_t bytes)
{
    json_error_t where;
    char *line = NULL;
    int s = connect_by_name(name, milliseconds, reason, bytes);

    *answer = NULL;
    if (s < 0)
        return s;
    set_time(s, SO_RCVTIMEO, milliseconds);
    int error = send_line(s, request, descriptors, count);
    if (error == 0)
        error = receive_line(s, &line);
    if (error == -ETIMEDOUT) {
        snprintf(reason, bytes, "the isolate '%s' did not answer within %u ms", name, milliseconds);
    } else if (error != 0) {
        snprintf(reason, bytes, "the isolate '%s' ended before it answered", name);
    } else if ((*answer = json_loads(line, 0, &where)) == NULL || !json_is_object(*answer)) {
        snprintf(reason, bytes, "the isolate '%s' gave an answer that is none: %.100s", name, where.text);
        error = -EPROTO;
    } else if (!json_is_true(json_object_get(*answer, "ok"))) {
        const char *why = json_string_value(json_object_get(*answer, "error"));
        snprintf(reason, bytes, "%s", why != NULL ? why : "the isolate refused without a reason");
        error = json_is_true(json_object_get(*answer, "ended")) ? -ESHUTDOWN : -EIO;
    }
    free(line);
    if (error == 0)
        return s;
    json_decref(*answer);
    *answer = NULL;
    close(s);
    return error;
}

int control_open(const char *name, json_t *request, const int *descriptors, unsigned count, json_t **answer,
                 char *reason, size_t bytes)
{
    return open_within(name, request, descriptors, count, 0, answer, reason, bytes);
}

int control_request_within(const char *name, json_t *request, const int *descriptors, unsigned count,
                           unsigned milliseconds, json_t **answer, char *reason, size_t bytes)
{
    int s = open_within(name, request, descriptors, count, milliseconds, answer, reason, bytes);

    if (s < 0)
        return s;
    close(s);
    return 0;
}

int control_next(int connection, json_t **answer)
{
    char *line = NULL;
    int error = receive_line(connection, &line);

    *answer = error == 0 ? json_loads(line, 0, NULL) : NULL;
    free(line);
    return error == 0 && !json_is_object(*answer) ? -EPROTO : error;
}

int control_request_with(const char *name, json_t *request, const int *descriptors, unsigned count, json_t **answer,
                         char *reason, size_t bytes)
{
    return control_request_within(name, request, descriptors, count, 0, answer, reason, bytes);
}

int control_request(const char *name, json_t *request, json_t **answer, char *reason, size_t bytes)
{
    return control_request_with(name, request, NULL, 0, answer, reason, bytes);
}

/* Whoever listens on a socket has said so itself (unix(7), SO_PEERCRED): the monitor. */
static int kill_monitor(const char *name, char *reason, size_t bytes)
{
    struct ucred peer;
    socklen_t length = sizeof peer;
    int s = connect_by_name(name, OBEYS, reason, bytes);

    if (s < 0)
        return s;
    bool killed = getsockopt(s, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && kill(peer.pid, SIGKILL) == 0;
    int error = killed ? 0 : -errno;
    close(s);
    if (error != 0)
        snprintf(reason, bytes, "cannot kill the monitor of '%s', which does not answer: %s", name, strerror(-error));
    return error;
}

int control_kill(const char *name, char *reason, size_t bytes)
{
    json_t *request = json_pack("{s:s}", "request", "kill"), *answer = NULL;
    int error = control_request_within(name, request, NULL, 0, OBEYS, &answer, reason, bytes);

    json_decref(request);
    json_decref(answer);
    return error == -ETIMEDOUT ? kill_monitor(name, reason, bytes) : error;
}
