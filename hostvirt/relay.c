/* The relay's doors and its loop. */
#include "hostvirt/relay_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STACK_BYTES = 256 << 10, BACKLOG = 128 };

static socklen_t address_bytes(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static size_t addresses_of(const struct endpoint *list, size_t count)
{
    size_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += list[i].address_count;
    return sum;
}

/* ---- doors ------------------------------------------------------------------------------------------------------- */

/* Outside, at one of the addresses where the program may listen. */
static int open_outside(struct door *d, const struct endpoint *e, unsigned k)
{
    int error = 0;

    *d = (struct door){.watch = {.fd = socket(e->addresses[k].ss_family, e->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)},
                       .type = e->type, .inward = true, .endpoint = e, .address = k};
    if (d->watch.fd < 0)
        return -errno;
    setsockopt(d->watch.fd, SOL_SOCKET, SO_REUSEADDR, &(int){e->type == SOCK_STREAM}, sizeof(int));
    if (e->addresses[k].ss_family == AF_INET6)
        setsockopt(d->watch.fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));
    if (bind(d->watch.fd, (const struct sockaddr *)&e->addresses[k], address_bytes(&e->addresses[k])) != 0 ||
        (e->type == SOCK_STREAM && listen(d->watch.fd, BACKLOG) != 0))
        error = -errno;
    return error;
}

int relay_open(struct relay **out, const struct policy *p, char *reason, size_t bytes)
{
    struct relay *r = calloc(1, sizeof *r);
    int error = 0;

    if (r != NULL) {
        r->epoll = r->inside = r->stop = -1;
        r->outside = addresses_of(p->listens, p->listen_count);
        r->doors = calloc(r->outside + addresses_of(p->connects, p->connect_count) + 1, sizeof *r->doors);
    }
    if (r == NULL || r->doors == NULL) {
        free(r);
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    for (size_t i = 0; i < p->listen_count && error == 0; i++)
        for (unsigned k = 0; k < p->listens[i].address_count && error == 0; k++) {
            error = open_outside(&r->doors[r->door_count++], &p->listens[i], k);
            if (error != 0)
                snprintf(reason, bytes, "cannot listen at %.200s:%u: %s", p->listens[i].name, p->listens[i].port,
                         strerror(-error));
        }
    for (size_t i = 0; i < p->connect_count && error == 0; i++)
        for (unsigned k = 0; k < p->connects[i].address_count; k++)
            r->doors[r->door_count++] = (struct door){
                .watch = {.fd = -1}, .type = p->connects[i].type, .endpoint = &p->connects[i], .address = k};
    if (error == 0)
        *out = r;
    else
        relay_close(r);
    return error;
}

/* Where the program listens: at 127.0.0.1 of its own network. */
static struct sockaddr_storage inner_target(const struct door *d)
{
    struct sockaddr_storage target = {0};

    *(struct sockaddr_in *)&target = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(d->endpoint->guest_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return target;
}

int relay_dial(struct relay *r, const struct door *d, unsigned attempt)
{
    const struct endpoint *e = d->endpoint;

    if (attempt >= (d->inward ? 1 : e->address_count))
        return -EADDRNOTAVAIL;
    struct sockaddr_storage target =
        d->inward ? inner_target(d) : e->addresses[(d->address + attempt) % e->address_count];
    int s = d->inward ? relay_socket_inside(r->inside, d->type)
                      : socket(target.ss_family, d->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s < 0)
        return d->inward ? s : -errno;
    if (fcntl(s, F_SETFL, O_NONBLOCK) == 0 &&
        (connect(s, (const struct sockaddr *)&target, address_bytes(&target)) == 0 || errno == EINPROGRESS))
        return s;
    close(s);
    return relay_dial(r, d, attempt + 1);
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

int relay_watch(struct relay *r, struct watch *w, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = w};

    return epoll_ctl(r->epoll, EPOLL_CTL_ADD, w->fd, &e) == 0 ? 0 : -errno;
}

void relay_forget(struct relay *r, const struct watch *w)
{
    epoll_ctl(r->epoll, EPOLL_CTL_DEL, w->fd, NULL);
}

/* One event a round: what it leads to may free what a later one of the same round names. */
static void *carry(void *argument)
{
    struct relay *r = argument;

    for (;;) {
        struct epoll_event e;
        int n = epoll_wait(r->epoll, &e, 1, -1);
        if (n < 0 && errno != EINTR)
            return NULL;
        if (n <= 0)
            continue;
        if (e.data.ptr == NULL)
            return NULL; /* relay_close */
        struct watch *w = e.data.ptr;
        w->ready(r, w);
    }
}

/* The sockets inside come in the order of their doors. */
static int take_inside(struct relay *r)
{
    for (size_t i = r->outside; i < r->door_count; i++)
        if ((r->doors[i].watch.fd = relay_receive(r->inside)) < 0)
            return r->doors[i].watch.fd;
    return 0;
}

static int watch_all(struct relay *r)
{
    struct epoll_event stop = {.events = EPOLLIN};
    int error = 0;

    r->epoll = epoll_create1(EPOLL_CLOEXEC);
    r->stop = eventfd(0, EFD_CLOEXEC);
    if (r->epoll < 0 || r->stop < 0 || epoll_ctl(r->epoll, EPOLL_CTL_ADD, r->stop, &stop) != 0)
        return -errno;
    for (size_t i = 0; i < r->door_count && error == 0; i++) {
        struct door *d = &r->doors[i];
        d->watch.ready = d->type == SOCK_STREAM ? relay_accept : relay_datagrams;
        error = relay_watch(r, &d->watch, EPOLLIN);
    }
    return error;
}

int relay_start(struct relay *r, int inside, char *reason, size_t bytes)
{
    pthread_attr_t attributes;

    r->inside = inside;
    int error = take_inside(r);
    if (error == 0)
        error = watch_all(r);
    if (error == 0) {
        pthread_attr_init(&attributes);
        pthread_attr_setstacksize(&attributes, STACK_BYTES);
        error = -pthread_create(&r->thread, &attributes, carry, r);
        pthread_attr_destroy(&attributes);
        r->running = error == 0;
    }
    if (error != 0 && reason[0] == '\0')
        snprintf(reason, bytes, "cannot carry the program's network: %s", strerror(-error));
    return error;
}

void relay_close(struct relay *r)
{
    if (r == NULL)
        return;
    if (r->running) {
        eventfd_write(r->stop, 1);
        pthread_join(r->thread, NULL);
    }
    relay_end_streams(r);
    for (size_t i = 0; i < r->door_count; i++) {
        relay_end_flows(r, &r->doors[i]);
        if (r->doors[i].watch.fd >= 0)
            close(r->doors[i].watch.fd);
    }
    const int own[] = {r->epoll, r->inside, r->stop};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] >= 0)
            close(own[i]);
    free(r->doors);
    free(r);
}
