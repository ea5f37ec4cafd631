/* Requests on their way in (control_arrival.h). */
#include "hostvirt/control_arrival.h"
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS 2000000000ull /* for a request to come whole */
#define PAUSE_NS 10000000

static bool same_user(int connection)
{
    struct ucred peer;
    socklen_t bytes = sizeof peer;

    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

static void remove_entry(struct arrivals *a, unsigned index)
{
    memmove(&a->list[index], &a->list[index + 1], (a->count - index - 1) * sizeof a->list[0]);
    a->count--;
}

static void close_entry(struct arrivals *a, unsigned index)
{
    struct arrival *entry = &a->list[index];

    control_close_passed(entry->passed);
    close(entry->connection);
    free(entry->line);
    remove_entry(a, index);
}

void arrivals_accept(struct arrivals *a, int listener)
{
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

    if (connection < 0) { /* no descriptor is free: it stays in the queue, and poll tells of it again at once */
        nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
        return;
    }
    if (!same_user(connection)) {
        close(connection);
        return;
    }
    if (a->count == ARRIVALS_MOST)
        close_entry(a, 0);
    struct arrival *entry = &a->list[a->count];
    *entry = (struct arrival){.connection = connection, .deadline = clock_host() + PATIENCE_NS};
    for (unsigned i = 0; i < CONTROL_PASSED; i++)
        entry->passed[i] = -1;
    a->count++; /* last: a fork may find the list at any moment */
}

void arrivals_poll(const struct arrivals *a, struct pollfd *to)
{
    for (unsigned i = 0; i < a->count; i++)
        to[i] = (struct pollfd){a->list[i].connection, POLLIN, 0};
}

int arrivals_patience(struct arrivals *a)
{
    uint64_t now = clock_host();

    while (a->count > 0 && a->list[0].deadline <= now)
        close_entry(a, 0);
    return a->count == 0 ? -1 : (int)((a->list[0].deadline - now) / 1000000u) + 1;
}

/* The next bytes and descriptors.  0: there is nothing more now; -EPIPE: nothing more will come. */
static ssize_t receive_part(struct arrival *entry)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(CONTROL_PASSED * sizeof(int))];
    } control;
    struct iovec part = {entry->line + entry->used, CONTROL_LINE - entry->used};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t n;

    do
        n = recvmsg(entry->connection, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN ? 0 : -errno;
    if (n == 0)
        return -EPIPE;
    control_take_descriptors(&m, entry->passed);
    return n;
}

/* True: the request is whole, and *out and *request are the caller's.  Then, and when it had to be closed, the entries
 * behind it have moved up. */
static bool take_entry(struct arrivals *a, unsigned index, struct arrival *out, json_t **request)
{
    struct arrival *entry = &a->list[index];

    if (entry->line == NULL && (entry->line = malloc(CONTROL_LINE)) == NULL) {
        close_entry(a, index);
        return false;
    }
    ssize_t n = receive_part(entry);
    if (n == 0)
        return false;
    const char *newline = n > 0 ? memchr(entry->line + entry->used, '\n', (size_t)n) : NULL;
    entry->used += n > 0 ? (size_t)n : 0;
    if (newline == NULL) {
        if (n < 0 || entry->used == CONTROL_LINE)
            close_entry(a, index);
        return false;
    }
    *request = json_loadb(entry->line, (size_t)(newline - entry->line), 0, NULL);
    free(entry->line);
    entry->line = NULL;
    *out = *entry;
    remove_entry(a, index);
    return true;
}

void arrivals_take(struct arrivals *a, const struct pollfd *polled,
                   void (*answer)(void *of, const struct arrival *from, json_t *request), void *of)
{
    unsigned count = a->count;
    struct arrival whole;
    json_t *request;

    for (unsigned i = 0, at = 0; i < count; i++) {
        unsigned before = a->count;
        if (polled[i].revents != 0 && take_entry(a, at, &whole, &request))
            answer(of, &whole, request);
        at += a->count == before;
    }
}

void arrivals_leave(struct arrivals *a)
{
    for (unsigned i = 0; i < a->count; i++) {
        control_close_passed(a->list[i].passed);
        close(a->list[i].connection);
    }
    a->count = 0;
}

void arrivals_close(struct arrivals *a)
{
    while (a->count > 0)
        close_entry(a, a->count - 1);
}
