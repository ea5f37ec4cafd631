/* Between the files of the relay. */
#ifndef HOSTVIRT_RELAY_PRIVATE_H
#define HOSTVIRT_RELAY_PRIVATE_H

#include "hostvirt/relay.h"

#include <pthread.h>

/* What the loop waits for. */
struct watch {
    int fd;
    void (*ready)(struct relay *r, struct watch *w);
};

/* A socket that takes connections or datagrams for a target on the other side. */
struct door {
    struct watch watch;
    int type;
    bool inward;                    /* stands outside, leads into the namespace */
    const struct endpoint *endpoint;
    unsigned address;               /* which of its addresses stands outside */
    struct flow *flows;             /* datagrams: latest first */
    unsigned flow_count;
};

struct relay {
    int epoll, inside, stop; /* stop: eventfd */
    pthread_t thread;
    bool running;
    struct door *doors;
    size_t door_count;       /* those outside first, in the policy's order */
    size_t outside;
    struct stream *streams;
    unsigned stream_count;
};

int relay_watch(struct relay *r, struct watch *w, uint32_t events);
/* No event names it any more, even while somebody else holds its socket, too. */
void relay_forget(struct relay *r, const struct watch *w);
/* A socket on the other side of a door, connected or (a stream's) on the way; or a negative errno.  The program's own
 * side has one target; a name outside has its addresses, the door's own first: -EADDRNOTAVAIL behind the last. */
int relay_dial(struct relay *r, const struct door *d, unsigned attempt);

void relay_accept(struct relay *r, struct watch *w); /* relay_stream.c */
void relay_end_streams(struct relay *r);
void relay_datagrams(struct relay *r, struct watch *w); /* relay_datagram.c */
void relay_end_flows(struct relay *r, struct door *d);

#endif
