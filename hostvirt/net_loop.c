/* Binding and accepting within the isolate: what becomes of a socket that is used there.  A connection is a pair of
 * Unix sockets made by the connecting side (net_connect.c), of which the listener's queue carries one end to whoever
 * accepts. */
#include "hostvirt/net_loop.h"
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- names ------------------------------------------------------------------------------------------------------- */

static bool is_set(const struct guest_socket *s, int host, int level, int name)
{
    int value = 0;
    socklen_t bytes = sizeof value;

    return net_option_get(s, host, level, name, &value, &bytes) == 0 && value != 0;
}

struct loop_row net_loop_row(const struct guest_socket *s, const struct loop_address *a, int host)
{
    struct loop_row row = {.address = *a, .type = (uint8_t)s->type};

    row.flags = (uint8_t)((is_set(s, host, SOL_SOCKET, SO_REUSEADDR) ? LOOP_REUSE : 0) |
                          (is_set(s, host, SOL_SOCKET, SO_REUSEPORT) ? LOOP_SHARED : 0) |
                          (is_set(s, host, IPPROTO_IPV6, IPV6_V6ONLY) ? LOOP_V6ONLY : 0));
    return row;
}

void net_set_bound(struct guest_socket *s, const struct loop_address *a)
{
    s->bound_bytes = loop_to_name(a, s->family, &s->bound);
}

void net_set_peer(struct guest_socket *s, const struct loop_address *a)
{
    s->peer_bytes = loop_to_name(a, s->family, &s->peer);
}

int net_take_address(const struct guest_socket *s, const struct sockaddr_storage *guest, struct loop_address *a)
{
    if (!loop_from_name(guest, a))
        return -EAFNOSUPPORT;
    if (!loop_is_inside(a))
        return -EADDRNOTAVAIL;
    if (s->family == AF_INET6 && loop_is_v4(a) && net_option_value(s, IPPROTO_IPV6, IPV6_V6ONLY))
        return -ENETUNREACH;
    return 0;
}

int net_loop_bind(struct monitor *m, struct guest_socket *s, int host, const struct sockaddr_storage *guest)
{
    struct loop_address a;
    int error = net_take_address(s, guest, &a);

    if (error != 0)
        return error;
    struct loop_row row = net_loop_row(s, &a, host);
    error = loopback_bind(m, &row, &s->queue);
    if (error != 0)
        return error;
    s->serial = row.serial;
    s->place = SOCKET_LOOP;
    net_set_bound(s, &row.address);
    return 0;
}

int net_loop_announce(struct monitor *m, struct guest_socket *s, int host, const struct sockaddr_storage *guest)
{
    struct loop_address a;

    if (!loop_from_name(guest, &a))
        return -EAFNOSUPPORT;
    /* Found by whatever address of its own the isolate calls it: any of the socket's family. */
    if (loop_is_v4(&a) && s->family == AF_INET)
        memset(a.ip + 12, 0, 4);
    else
        memset(a.ip, 0, sizeof a.ip);
    struct loop_row row = net_loop_row(s, &a, host);
    row.flags |= LOOP_OUTSIDE;
    int error = loopback_bind(m, &row, &s->queue);
    if (error == 0)
        s->serial = row.serial;
    return error;
}

static void leave_queue(struct guest_socket *s)
{
    if (s->queue != 0)
        close(s->queue);
    s->queue = 0;
    s->serial = 0;
}

/* The socket's end of its queue becomes what the guest has. */
static int show_queue(struct thread *t, struct descriptor *d)
{
    const struct guest_socket *s = d->file->data;

    net_options_copy(s, d->host, s->queue);
    return descriptor_replace(t->process, d, s->queue);
}

/* Under the network lock. */
static int bind_now(struct thread *t, struct descriptor *d, const struct sockaddr_storage *guest)
{
    struct guest_socket *s = d->file->data;

    if (s->bound_bytes != 0 || s->place != SOCKET_OPEN)
        return -EINVAL;
    int error = net_loop_bind(t->process->monitor, s, d->host, guest);
    return error != 0 || s->type == SOCK_STREAM ? error : show_queue(t, d);
}

/* Any address of the socket's family, with a port of our choice. */
static int bind_anywhere(struct thread *t, struct descriptor *d)
{
    const struct guest_socket *s = d->file->data;
    const struct sockaddr_storage any = {.ss_family = (sa_family_t)s->family};

    return bind_now(t, d, &any);
}

int net_bind_inside(struct thread *t, struct descriptor *d, const struct sockaddr_storage *guest)
{
    struct monitor *m = t->process->monitor;

    pthread_mutex_lock(&m->network_lock);
    int error = bind_now(t, d, guest);
    pthread_mutex_unlock(&m->network_lock);
    return error;
}

int net_bind_datagram(struct thread *t, struct descriptor *d)
{
    struct monitor *m = t->process->monitor;
    const struct guest_socket *s = d->file->data;

    pthread_mutex_lock(&m->network_lock);
    int error = s->place == SOCKET_OPEN ? bind_anywhere(t, d) : 0;
    pthread_mutex_unlock(&m->network_lock);
    return error;
}

/* ---- listening and accepting ------------------------------------------------------------------------------------- */

static int listen_now(struct thread *t, struct descriptor *d, int backlog)
{
    struct guest_socket *s = d->file->data;
    int error = s->place == SOCKET_OPEN ? bind_anywhere(t, d) : 0;

    if (error == 0 && s->peer_bytes != 0)
        error = -EINVAL;
    if (error == 0 && !s->listening) {
        error = loopback_listen(t->process->monitor, s->serial);
        if (error == 0)
            error = show_queue(t, d);
    }
    if (error == 0) {
        s->listening = true;
        s->backlog = backlog;
    }
    return error;
}

int net_listen_inside(struct thread *t, struct descriptor *d, int backlog)
{
    struct monitor *m = t->process->monitor;

    if (((const struct guest_socket *)d->file->data)->type != SOCK_STREAM)
        return -EOPNOTSUPP;
    pthread_mutex_lock(&m->network_lock);
    int error = listen_now(t, d, backlog);
    pthread_mutex_unlock(&m->network_lock);
    return error;
}

/* A message of the queue: the descriptor in it, or a negative errno. */
static int take_greeting(struct thread *t, int host, struct loop_greeting *greeting)
{
    union one_right control = {{0}};
    struct iovec vector = {greeting, sizeof *greeting};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    int end = -EMFILE;
    long got = blocking_call(t, SYS_recvmsg, host, (long)&message, MSG_CMSG_CLOEXEC, 0, 0, 0);

    if (got < 0)
        return (int)got;
    if (got == 0) /* shut down by the guest (shutdown(2)) */
        return -EINVAL;
    if (message.msg_controllen >= CMSG_LEN(sizeof end) && control.header.cmsg_type == SCM_RIGHTS)
        memcpy(&end, CMSG_DATA(&control.header), sizeof end);
    if (got == sizeof *greeting)
        return end;
    if (end >= 0)
        close(end);
    return -ECONNABORTED;
}

int net_accept_inside(struct thread *t, struct descriptor *d, int flags, struct guest_socket *accepted)
{
    const struct guest_socket *listener = d->file->data;
    struct loop_greeting greeting;

    if (!listener->listening)
        return -EINVAL;
    int host = take_greeting(t, d->host, &greeting);
    if (host < 0)
        return host;
    *accepted = (struct guest_socket){.family = listener->family, .type = listener->type,
                                      .protocol = listener->protocol, .place = SOCKET_LOOP, .pair = greeting.pair,
                                      .kept = listener->kept};
    memcpy(accepted->options, listener->options, sizeof accepted->options);
    net_set_bound(accepted, &greeting.to);
    net_set_peer(accepted, &greeting.from);
    net_options_copy(listener, d->host, host);
    if (flags & SOCK_NONBLOCK)
        fcntl(host, F_SETFL, O_NONBLOCK);
    return host;
}

/* ---- to the outside ---------------------------------------------------------------------------------------------- */

int net_become_host(struct thread *t, struct descriptor *d)
{
    struct guest_socket *s = d->file->data;
    int error = 0;

    pthread_mutex_lock(&t->process->monitor->network_lock);
    if (s->place == SOCKET_LOOP && s->type == SOCK_STREAM && (s->peer_bytes != 0 || s->listening)) {
        error = -EISCONN;
    } else if (s->place != SOCKET_HOST) {
        int host = socket(s->family, s->type | SOCK_CLOEXEC, s->protocol);
        error = host < 0 ? -errno : 0;
        if (error == 0) {
            net_options_copy(s, d->host, host);
            error = descriptor_replace(t->process, d, host);
        }
        if (error == 0) {
            net_options_give(s, host);
            leave_queue(s);
            s->place = SOCKET_HOST;
        }
        if (host >= 0)
            close(host);
    }
    pthread_mutex_unlock(&t->process->monitor->network_lock);
    return error;
}
