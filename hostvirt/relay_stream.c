/* Connections: two sockets, and bytes from each to the other. */
#include "hostvirt/relay_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 64 << 10, ROUNDS = 32 }; /* of copying before others get their turn */

#define INTEREST (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

/* One of the two sockets, and what was read from it and not yet written to the other. */
struct end {
    struct watch watch;
    struct stream *stream;
    size_t from, to;
    bool ended;  /* nothing more comes */
    bool passed; /* and the other was told */
    char data[BUFFER];
};

struct stream {
    struct end ends[2]; /* 0: accepted, 1: dialled */
    const struct door *door;
    unsigned attempt;
    bool connecting;
    struct stream *next, *previous;
};

static void end_stream(struct relay *r, struct stream *s, bool reset)
{
    const struct linger at_once = {.l_onoff = 1};

    for (int i = 0; i < 2; i++) {
        relay_forget(r, &s->ends[i].watch);
        if (reset)
            setsockopt(s->ends[i].watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(s->ends[i].watch.fd);
    }
    if (s->previous != NULL)
        s->previous->next = s->next;
    else
        r->streams = s->next;
    if (s->next != NULL)
        s->next->previous = s->previous;
    r->stream_count--;
    free(s);
}

/* What `from` has, to `to`.  1: there may be more at once; 0: it waits for one of the two; -1: one is broken. */
static int copy_some(struct end *from, struct end *to)
{
    if (from->from == from->to && !from->ended) {
        ssize_t n = recv(from->watch.fd, from->data, sizeof from->data, 0);
        if (n < 0)
            return errno == EAGAIN ? 0 : errno == EINTR ? 1 : -1;
        from->from = 0;
        from->to = (size_t)n;
        from->ended = n == 0;
    }
    if (from->from < from->to) {
        ssize_t n = send(to->watch.fd, from->data + from->from, from->to - from->from, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN ? 0 : errno == EINTR ? 1 : -1;
        from->from += (size_t)n;
        return 1;
    }
    if (!from->passed) {
        shutdown(to->watch.fd, SHUT_WR);
        from->passed = true;
    }
    return 0;
}

/* The next address of the same name.  False: there is none. */
static bool dial_again(struct relay *r, struct stream *s)
{
    struct watch *w = &s->ends[1].watch;
    int next = relay_dial(r, s->door, ++s->attempt);

    if (next < 0)
        return false;
    relay_forget(r, w);
    close(w->fd);
    w->fd = next;
    return relay_watch(r, w, INTEREST) == 0;
}

/* Connected (1), still on the way (0), or refused (-1). */
static int finish_connecting(struct relay *r, struct stream *s)
{
    struct tcp_info info;
    socklen_t bytes = sizeof info;
    int error = 0;
    socklen_t error_bytes = sizeof error;

    if (getsockopt(s->ends[1].watch.fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) != 0 || error != 0 ||
        getsockopt(s->ends[1].watch.fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0)
        return dial_again(r, s) ? 0 : -1;
    s->connecting = info.tcpi_state == TCP_SYN_SENT;
    return s->connecting ? 0 : 1;
}

static void stream_ready(struct relay *r, struct watch *w)
{
    struct stream *s = ((struct end *)w)->stream;
    int more = s->connecting ? finish_connecting(r, s) : 1;

    for (int round = 0; more > 0 && round < ROUNDS; round++) {
        int there = copy_some(&s->ends[0], &s->ends[1]), back = copy_some(&s->ends[1], &s->ends[0]);
        more = there < 0 || back < 0 ? -1 : there > 0 || back > 0;
    }
    if (more < 0 || (s->ends[0].passed && s->ends[1].passed)) {
        end_stream(r, s, more < 0);
    } else if (more > 0) { /* edges that were used up come again */
        struct epoll_event e = {.events = INTEREST, .data.ptr = w};
        epoll_ctl(r->epoll, EPOLL_CTL_MOD, w->fd, &e);
    }
}

static void drop_connection(int connection)
{
    const struct linger at_once = {.l_onoff = 1};

    setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(connection);
}

void relay_accept(struct relay *r, struct watch *w)
{
    const struct door *d = (struct door *)w;
    int connection = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (connection < 0)
        return;
    int other = r->stream_count < RELAY_STREAMS ? relay_dial(r, d, 0) : -EMFILE;
    struct stream *s = other >= 0 ? malloc(sizeof *s) : NULL;
    if (s == NULL) {
        drop_connection(connection);
        if (other >= 0)
            close(other);
        return;
    }
    const int fds[2] = {connection, other};
    for (int i = 0; i < 2; i++) { /* not the buffers */
        struct end *e = &s->ends[i];
        e->watch = (struct watch){.fd = fds[i], .ready = stream_ready};
        e->stream = s;
        e->from = e->to = 0;
        e->ended = e->passed = false;
        setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    }
    s->door = d;
    s->attempt = 0;
    s->connecting = true;
    s->previous = NULL;
    s->next = r->streams;
    if (s->next != NULL)
        s->next->previous = s;
    r->streams = s;
    r->stream_count++;
    if (relay_watch(r, &s->ends[0].watch, INTEREST) != 0 || relay_watch(r, &s->ends[1].watch, INTEREST) != 0)
        end_stream(r, s, true);
}

void relay_end_streams(struct relay *r)
{
    while (r->streams != NULL)
        end_stream(r, r->streams, true);
}
