/* Connections to a control socket whose request has not come whole yet.  They wait beside each other: a client that
 * says nothing, or says it by single bytes, holds nobody up.  Monitors and zygotes share it; one thread uses it. */
#ifndef HOSTVIRT_CONTROL_ARRIVAL_H
#define HOSTVIRT_CONTROL_ARRIVAL_H

#include "hostvirt/control.h"

#include <poll.h>

#define ARRIVALS_MOST 32 /* when one more comes, the oldest is closed */

struct arrival {
    int connection;
    int passed[CONTROL_PASSED]; /* descriptors that came with it, -1 behind the last */
    char *line;                 /* CONTROL_LINE bytes, from the first one that came on; NULL */
    size_t used;
    uint64_t deadline; /* ns, host CLOCK_MONOTONIC */
};

struct arrivals {
    struct arrival list[ARRIVALS_MOST]; /* in the order in which they came */
    unsigned count;
};

/* Accepts one connection; other users' are closed.  Where none can be had a little time passes. */
void arrivals_accept(struct arrivals *a, int listener);
/* Fills in what is to be waited for, `a->count` entries in the list's order. */
void arrivals_poll(const struct arrivals *a, struct pollfd *to);
/* Closes those whose time is over.  Milliseconds until the next one's is, -1: there is none. */
int arrivals_patience(struct arrivals *a);
/* Takes what has come, as poll(2) has marked the entries that arrivals_poll has filled in.  Requests that are whole are
 * answered in the order in which they came: `answer` gets the connection with its descriptors and the request's JSON
 * (NULL: it is none), all its own from then on. */
void arrivals_take(struct arrivals *a, const struct pollfd *polled,
                   void (*answer)(void *of, const struct arrival *from, json_t *request), void *of);
/* In a forked child: closes its copies of the descriptors.  Their memory stays: another thread may have been at it. */
void arrivals_leave(struct arrivals *a);
void arrivals_close(struct arrivals *a);

#endif
