/* One connection to a control socket, as the side that answers sees it: the descriptors of a request (control_arrival.c
 * reads it), the answer.  Monitors and zygotes share it. */
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_NS 2000000000ull /* for a client that does not read, or reads by single bytes */

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

/* Lets the next send wait until the deadline; false when that has passed. */
static bool wait_until(int connection, uint64_t deadline)
{
    uint64_t now = clock_host();
    if (now >= deadline)
        return false;
    struct timeval left = {(time_t)((deadline - now) / 1000000000u),
                           (suseconds_t)((deadline - now) % 1000000000u / 1000)};
    left.tv_usec += left.tv_sec == 0 && left.tv_usec == 0; /* zero would mean for ever */
    return setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof left) == 0;
}

static void send_answer(int connection, const json_t *answer)
{
    char *text = json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII);
    size_t length = text != NULL ? strlen(text) : 0, sent = 0;

    if (text == NULL)
        return;
    uint64_t deadline = clock_host() + PATIENCE_NS;
    text[length++] = '\n';
    while (sent < length && wait_until(connection, deadline)) {
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

void control_close_passed(int passed[CONTROL_PASSED])
{
    for (size_t i = 0; i < CONTROL_PASSED; i++)
        if (passed[i] >= 0)
            close(passed[i]);
}
