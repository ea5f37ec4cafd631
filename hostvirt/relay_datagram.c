/* Datagrams: each sender gets a socket of its own on the other side, so that answers find their way back. */
#include "hostvirt/relay_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGEST = 64 << 10, AT_ONCE = 32 };

struct flow {
    struct watch watch; /* the socket on the other side, connected to the door's target */
    struct door *door;
    struct sockaddr_storage sender;
    socklen_t sender_bytes;
    struct flow *next;
};

/* The relay's thread alone; too large for its stack. */
static char datagram[LARGEST];

static void end_flow(struct relay *r, struct flow *f)
{
    relay_forget(r, &f->watch);
    close(f->watch.fd);
    free(f);
}

/* What came back goes to the sender, from the address that it had written to. */
static void answer(struct relay *r, struct watch *w)
{
    struct flow *f = (struct flow *)w;

    for (int i = 0; i < AT_ONCE; i++) {
        ssize_t n = recv(w->fd, datagram, sizeof datagram, MSG_DONTWAIT);
        if (n < 0)
            return; /* nothing more, or the target refused: datagrams may be lost */
        sendto(f->door->watch.fd, datagram, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&f->sender,
               f->sender_bytes);
    }
}

static void end_last(struct relay *r, struct door *d)
{
    struct flow **at = &d->flows;

    while ((*at)->next != NULL)
        at = &(*at)->next;
    end_flow(r, *at);
    *at = NULL;
    d->flow_count--;
}

static struct flow *new_flow(struct relay *r, struct door *d, const struct sockaddr_storage *sender, socklen_t bytes)
{
    struct flow *f = malloc(sizeof *f);

    if (f == NULL)
        return NULL;
    *f = (struct flow){.watch = {.fd = relay_dial(r, d, 0), .ready = answer}, .door = d, .sender = *sender,
                       .sender_bytes = bytes};
    if (f->watch.fd < 0 || relay_watch(r, &f->watch, EPOLLIN) != 0) {
        if (f->watch.fd >= 0)
            close(f->watch.fd);
        free(f);
        return NULL;
    }
    if (d->flow_count == RELAY_FLOWS)
        end_last(r, d);
    d->flow_count++;
    return f;
}

/* The sender's, which becomes the latest. */
static struct flow *flow_of(struct relay *r, struct door *d, const struct sockaddr_storage *sender, socklen_t bytes)
{
    struct flow **at = &d->flows;

    while (*at != NULL && ((*at)->sender_bytes != bytes || memcmp(&(*at)->sender, sender, bytes) != 0))
        at = &(*at)->next;
    struct flow *f = *at;
    if (f != NULL)
        *at = f->next;
    else
        f = new_flow(r, d, sender, bytes);
    if (f != NULL) {
        f->next = d->flows;
        d->flows = f;
    }
    return f;
}

void relay_datagrams(struct relay *r, struct watch *w)
{
    struct door *d = (struct door *)w;

    for (int i = 0; i < AT_ONCE; i++) {
        struct sockaddr_storage sender = {0};
        socklen_t bytes = sizeof sender;
        ssize_t n = recvfrom(w->fd, datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *)&sender, &bytes);
        if (n < 0)
            return;
        struct flow *f = flow_of(r, d, &sender, bytes);
        if (f != NULL)
            send(f->watch.fd, datagram, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

void relay_end_flows(struct relay *r, struct door *d)
{
    while (d->flows != NULL) {
        struct flow *f = d->flows;
        d->flows = f->next;
        end_flow(r, f);
    }
}
