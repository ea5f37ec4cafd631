/* One connection to a control socket, as the side that answers sees it: who asks, the request with its descriptors, the
 * answer.  Monitors and zygotes share it. */
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_SECONDS 2 /* for a client that says nothing, or does not read, or does either by single bytes */

static bool same_user(int connection)
{
    struct ucred peer;
    socklen_t bytes = sizeof peer;

    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

void control_take_descriptors(struct msghdr *m, int passed[CONTROL_PASSED])
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h != NULL; h = CMSG_NXTHDR(m, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0, at = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof fd);
            while (at < CONTROL_PASSED && passed[at] >= 0)
                at++;
            if (at < CONTROL_PASSED)
                passed[at] = fd;
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
static ssize_t read_line(int connection, int passed[CONTROL_PASSED], char *line, size_t room)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(CONTROL_PASSED * sizeof(int))];
    } control;
    uint64_t deadline = patience_ends();
    size_t used = 0;

    while (used < room && wait_until(connection, SO_RCVTIMEO, deadline)) {
        struct iovec part = {line + used, room - used};
        struct msghdr m = {
            .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
        ssize_t n = recvmsg(connection, &m, MSG_CMSG_CLOEXEC);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? -EPIPE : -errno;
        control_take_descriptors(&m, passed);
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

int control_receive(int connection, int passed[CONTROL_PASSED], json_t **request)
{
    char *line = malloc(CONTROL_LINE);

    *request = NULL;
    for (size_t i = 0; i < CONTROL_PASSED; i++)
        passed[i] = -1;
    ssize_t length = line == NULL ? -ENOMEM : same_user(connection) ? read_line(connection, passed, line, CONTROL_LINE)
                                                                    : -EPERM;
    if (length >= 0)
        *request = json_loadb(line, (size_t)length, 0, NULL);
    free(line);
    return length < 0 ? (int)length : 0;
}

void control_close_passed(int passed[CONTROL_PASSED])
{
    for (size_t i = 0; i < CONTROL_PASSED; i++)
        if (passed[i] >= 0)
            close(passed[i]);
}
