/* Programs that are saved from outside, when they wait: what they do is seen by the states of their monitor's threads,
 * which on a busy machine tell waiting from not getting a turn. */
#include "isolate/warm_private.h"

#include "hostvirt/control.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK = 10,   /* ms between looks at the threads */
    QUIET = 6,   /* looks that find none running */
    SILENCE = 300 /* ms after which an answer on an open connection is complete */
};
#define REQUEST_MOST (1 << 20)

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int late(const struct warm_input *input, const char *what, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "the program %s within %u ms: --timeout gives it longer", what, input->milliseconds);
    return -ETIMEDOUT;
}

/* ---- what the isolate does --------------------------------------------------------------------------------------- */

/* 'R' runs or wants to; 'D' reads a page or a file. */
static bool thread_runs(int folder, const char *tid)
{
    char path[300], text[512];

    snprintf(path, sizeof path, "%s/stat", tid);
    int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
    ssize_t n = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    text[n > 0 ? n : 0] = '\0';
    const char *state = strrchr(text, ')');
    return state != NULL && (state[2] == 'R' || state[2] == 'D');
}

static bool runs(int monitor)
{
    char path[64];
    bool any = false;
    struct dirent *e;

    snprintf(path, sizeof path, "/proc/%d/task", monitor);
    DIR *threads = opendir(path);
    while (threads != NULL && !any && (e = readdir(threads)) != NULL)
        any = e->d_name[0] != '.' && thread_runs(dirfd(threads), e->d_name);
    if (threads != NULL)
        closedir(threads);
    return any;
}

/* Whether it has made the system call. */
static int has_called(const char *isolate, const char *call, bool *out, char *reason, size_t bytes)
{
    json_t *request = json_pack("{s:s}", "request", "stat"), *answer = NULL, *one;
    int error = control_request(isolate, request, &answer, reason, bytes);
    size_t i;

    *out = false;
    json_array_foreach(json_object_get(answer, "calls"), i, one)
        *out |= strcmp(json_string_value(json_object_get(one, "name")), call) == 0;
    json_decref(request);
    json_decref(answer);
    return error;
}

/* Until none of its threads runs for a while and, with `call`, that system call has been made. */
static int wait_idle(const char *isolate, const char *call, const struct warm_input *input, const char *what,
                     char *reason, size_t bytes)
{
    uint64_t end = now_ms() + input->milliseconds;

    for (unsigned quiet = 0; now_ms() < end; quiet++) {
        bool called = true;
        poll(NULL, 0, LOOK);
        if (runs(input->monitor))
            quiet = 0;
        if (quiet < QUIET)
            continue;
        int error = call != NULL ? has_called(isolate, call, &called, reason, bytes) : 0;
        if (error != 0)
            return error;
        if (called)
            return 0;
        quiet = 0;
    }
    return late(input, what, reason, bytes);
}

/* ---- a request --------------------------------------------------------------------------------------------------- */

/* "GET /path" is one of HTTP/1.0, "@FILE" the bytes of a file; malloc'ed. */
static int make_request(const char *text, char **out, size_t *length, char *reason, size_t bytes)
{
    FILE *from = text[0] == '@' ? fopen(text + 1, "re") : NULL;

    *out = NULL;
    if (text[0] != '@') {
        int n = asprintf(out, "%s HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n", text);
        *length = (size_t)n;
        return n >= 0 ? 0 : -ENOMEM;
    }
    if (from == NULL) {
        snprintf(reason, bytes, "cannot read the request %.200s: %s", text + 1, strerror(errno));
        return -EINVAL;
    }
    *out = malloc(REQUEST_MOST);
    *length = *out != NULL ? fread(*out, 1, REQUEST_MOST, from) : 0;
    bool whole = *out != NULL && feof(from);
    fclose(from);
    if (whole)
        return 0;
    snprintf(reason, bytes, "the request %.200s is larger than 1 MiB, or cannot be read", text + 1);
    return -EFBIG;
}

/* An address of 0.0.0.0 or :: is reached by loopback, too. */
static int connect_to(const struct endpoint *e)
{
    for (unsigned i = 0; i < e->address_count; i++) {
        const struct sockaddr *a = (const struct sockaddr *)&e->addresses[i];
        socklen_t size = a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
        int to = socket(a->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (to >= 0 && connect(to, a, size) == 0)
            return to;
        if (to >= 0)
            close(to);
    }
    return -errno;
}

/* Reads to the end of the connection, or until an answer that has begun is followed by silence; keeps its first bytes
 * in `head`. */
static int read_answer(int from, const struct warm_input *input, char *head, size_t room)
{
    uint64_t end = now_ms() + input->milliseconds;
    struct pollfd one = {from, POLLIN, 0};
    char block[4096];
    size_t kept = 0;

    for (;;) {
        uint64_t now = now_ms();
        int left = now >= end ? 0 : (int)(end - now);
        int ready = poll(&one, 1, kept > 0 && left > SILENCE ? SILENCE : left);
        if (ready < 0 && errno == EINTR)
            continue;
        ssize_t n = ready > 0 ? read(from, block, sizeof block) : 0;
        if (ready <= 0 || n <= 0) {
            head[kept] = '\0';
            return kept > 0 ? 0 : ready == 0 ? -ETIMEDOUT : n < 0 ? -errno : -ECONNRESET;
        }
        size_t take = (size_t)n < room - 1 - kept ? (size_t)n : room - 1 - kept;
        memcpy(head + kept, block, take);
        kept += take;
    }
}

static int send_all(int to, const char *text, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = send(to, text + done, length - done, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int exchange(const char *text, const struct warm_input *input, char *reason, size_t bytes)
{
    char *request, head[256] = "";
    unsigned status = 0;
    size_t length;
    int error = make_request(text, &request, &length, reason, bytes);

    if (error != 0) {
        free(request);
        return error;
    }
    int to = connect_to(&input->policy->listens[0]);
    error = to < 0 ? to : send_all(to, request, length);
    if (error == 0)
        error = read_answer(to, input, head, sizeof head);
    if (to >= 0)
        close(to);
    free(request);
    head[strcspn(head, "\r\n")] = '\0';
    if (error == 0 && text[0] != '@' && (sscanf(head, "HTTP/%*u.%*u %u", &status) != 1 || status >= 400)) {
        snprintf(reason, bytes, "the program answers the request '%.100s' with '%.100s'", text, head);
        return -EPROTO;
    }
    if (error != 0)
        snprintf(reason, bytes, "the request at port %u is not answered: %s", input->policy->listens[0].port,
                 strerror(-error));
    return error;
}

/* ---- what clones are asked, too ---------------------------------------------------------------------------------- */

int warm_rest(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
              size_t bytes)
{
    return wait_idle(isolate, NULL, input, "does not come to rest", reason, bytes);
}

int warm_request_again(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
                       size_t bytes)
{
    int error = exchange(at->text, input, reason, bytes);

    return error == 0 ? warm_rest(isolate, at, input, reason, bytes) : error;
}

/* ---- the points -------------------------------------------------------------------------------------------------- */

int warm_listen(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
                size_t bytes)
{
    int error = warm_run(isolate, at, input, reason, bytes);

    if (error == 0)
        error = wait_idle(isolate, "listen", input, "does not come to listen and wait", reason, bytes);
    return error == 0 ? warm_ask(isolate, at, input, reason, bytes) : error;
}

int warm_idle(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
              size_t bytes)
{
    int error = warm_run(isolate, at, input, reason, bytes);

    if (error == 0)
        error = warm_rest(isolate, at, input, reason, bytes);
    return error == 0 ? warm_ask(isolate, at, input, reason, bytes) : error;
}

int warm_request(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
                 size_t bytes)
{
    int error = warm_run(isolate, at, input, reason, bytes);

    if (error == 0)
        error = wait_idle(isolate, "listen", input, "does not come to listen and wait", reason, bytes);
    if (error == 0)
        error = warm_request_again(isolate, at, input, reason, bytes);
    return error == 0 ? warm_ask(isolate, at, input, reason, bytes) : error;
}
