/* Connecting within the isolate, and sending over such a connection: a pair of Unix sockets, one end of which goes to
 * the listener's queue (net_loop.c). */
#include "hostvirt/net_loop.h"
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int send_greeting(struct thread *t, int queue, bool wait, const struct loop_greeting *greeting, int end)
{
    union one_right control = {.header = {CMSG_LEN(sizeof end), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec vector = {(void *)greeting, sizeof *greeting};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};

    memcpy(CMSG_DATA(&control.header), &end, sizeof end);
    long sent = blocking_call(t, SYS_sendmsg, queue, (long)&message, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT), 0, 0, 0);
    return sent == -EPIPE ? -ECONNREFUSED : sent < 0 ? (int)sent : 0;
}

/* Who connects to whom. */
static void fill_greeting(struct thread *t, const struct guest_socket *s, int host, const struct loop_address *to,
                          struct loop_greeting *greeting)
{
    struct loop_address own = {.port = 0};

    greeting->to = loop_concrete(to);
    if (s->bound_bytes != 0) {
        loop_from_name(&s->bound, &own);
    } else {
        own = greeting->to;
        struct loop_row row = net_loop_row(s, &own, host);
        own.port = loopback_port(t->process->monitor, &row);
    }
    greeting->from = own;
    if (loop_is_any(&own)) { /* bound to any: seen by its peer at the address that it used */
        greeting->from = greeting->to;
        greeting->from.port = own.port;
    }
}

/* The socket is the connection's end from now on. */
static int take_end(struct thread *t, struct descriptor *d, int end, const struct loop_greeting *greeting)
{
    struct guest_socket *s = d->file->data;

    pthread_mutex_lock(&t->process->monitor->network_lock);
    int error = s->peer_bytes != 0 ? -EISCONN : 0;
    if (error == 0) {
        net_options_copy(s, d->host, end);
        error = descriptor_replace(t->process, d, end);
    }
    if (error == 0) {
        s->place = SOCKET_LOOP;
        s->pair = greeting->pair;
        net_set_bound(s, &greeting->from);
        net_set_peer(s, &greeting->to);
    }
    pthread_mutex_unlock(&t->process->monitor->network_lock);
    return error;
}

/* The socket is connected before the listener hears of it: who accepts may use it at once. */
static int connect_stream(struct thread *t, struct descriptor *d, int queue, const struct loop_address *to, bool wait)
{
    const struct guest_socket *s = d->file->data;
    struct loop_greeting greeting = {.pair = 0};
    struct stat status;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -errno;
    fill_greeting(t, s, d->host, to, &greeting);
    if (fstat(ends[0], &status) == 0)
        greeting.pair = status.st_ino;
    int error = take_end(t, d, ends[0], &greeting);
    close(ends[0]);
    if (error == 0) {
        error = send_greeting(t, queue, wait, &greeting, ends[1]);
        if (error != 0)
            net_disconnect_inside(t, d);
    }
    close(ends[1]);
    return error;
}

/* Linux lets datagrams be connected to a port that nobody has: the first one sent finds out. */
static int connect_datagrams(struct thread *t, struct descriptor *d, const struct loop_address *to)
{
    struct guest_socket *s = d->file->data;
    struct loop_address concrete = loop_concrete(to), own;
    int error = net_bind_datagram(t, d);

    if (error != 0)
        return error;
    pthread_mutex_lock(&t->process->monitor->network_lock);
    if (loop_from_name(&s->bound, &own) && loop_is_any(&own)) {
        uint16_t port = own.port;
        own = concrete;
        own.port = port;
        net_set_bound(s, &own);
    }
    net_set_peer(s, &concrete);
    pthread_mutex_unlock(&t->process->monitor->network_lock);
    return 0;
}

int net_outside_address(struct thread *t, const struct guest_socket *s, const struct sockaddr_storage *guest,
                        struct net_address *out)
{
    struct monitor *m = t->process->monitor;
    struct loop_address to;
    struct loop_row row;

    *out = (struct net_address){.folder = -1};
    if (!loop_from_name(guest, &to))
        return -EAFNOSUPPORT;
    to = loop_concrete(&to);
    int queue = loopback_find(m, s->type, &to, &row);
    if (queue < 0)
        return queue;
    close(queue);
    return (row.flags & LOOP_OUTSIDE) && net_find_listener(m->policy, s, to.port, out) ? 0 : -ECONNREFUSED;
}

/* A listener that is one of the host's: the socket becomes one, too. */
static int64_t connect_outside(struct thread *t, struct descriptor *d, const struct sockaddr_storage *guest)
{
    struct guest_socket *s = d->file->data;
    struct net_address host;
    int error = net_outside_address(t, s, guest, &host);

    if (error == 0)
        error = net_become_host(t, d);
    int64_t result = error != 0 ? error : blocking_call(t, SYS_connect, d->host, (long)&host.host, host.bytes, 0, 0, 0);
    if (result == 0 || result == -EINPROGRESS) {
        s->peer = *guest;
        s->peer_bytes = s->family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    }
    return result;
}

/* Asynchronous as over a real network (connect(2)): the first answer is EINPROGRESS, the next 0. */
static int connect_later(struct thread *t, struct descriptor *d, int queue, const struct loop_address *to)
{
    struct guest_socket *s = d->file->data;
    bool waits = (fcntl(d->host, F_GETFL) & O_NONBLOCK) == 0;
    int error = connect_stream(t, d, queue, to, waits);

    s->under_way = error == 0 && !waits;
    return s->under_way ? -EINPROGRESS : error;
}

int64_t net_connect_inside(struct thread *t, struct descriptor *d, const struct sockaddr_storage *guest)
{
    struct guest_socket *s = d->file->data;
    struct loop_address to;
    struct loop_row row;
    int error = net_take_address(s, guest, &to);

    if (error != 0)
        return error;
    if (s->type == SOCK_STREAM && (s->peer_bytes != 0 || s->listening)) {
        bool first = s->under_way;
        s->under_way = false;
        return first ? 0 : -EISCONN;
    }
    if (s->place == SOCKET_HOST)
        return connect_outside(t, d, guest);
    to = loop_concrete(&to);
    int queue = loopback_find(t->process->monitor, s->type, &to, &row);
    if (queue >= 0 && (row.flags & LOOP_OUTSIDE)) {
        close(queue);
        return connect_outside(t, d, guest);
    }
    if (s->type == SOCK_DGRAM)
        error = connect_datagrams(t, d, &to);
    else
        error = queue < 0 ? queue : connect_later(t, d, queue, &to);
    if (queue >= 0)
        close(queue);
    return error;
}

int net_disconnect_inside(struct thread *t, struct descriptor *d)
{
    struct guest_socket *s = d->file->data;
    int error = 0;

    pthread_mutex_lock(&t->process->monitor->network_lock);
    if (s->type == SOCK_STREAM && s->place == SOCKET_LOOP && s->peer_bytes != 0) {
        int host = net_stand_in(s);
        error = host < 0 ? host : descriptor_replace(t->process, d, host);
        if (host >= 0)
            close(host);
        if (error == 0) {
            s->place = s->queue != 0 ? SOCKET_LOOP : SOCKET_OPEN; /* who bound it stays bound */
            s->bound_bytes = s->queue != 0 ? s->bound_bytes : 0;
            s->pair = 0;
            s->finished = s->lost = false;
        }
    }
    if (error == 0)
        s->peer_bytes = 0;
    pthread_mutex_unlock(&t->process->monitor->network_lock);
    return error;
}

/* Over a real network the first bytes that nobody will read are still accepted: the peer's answer, a reset, comes
 * later.  Servers count on that when they answer clients that have left. */
int64_t net_stream_send(struct thread *t, struct descriptor *d, struct msghdr *message, int flags)
{
    struct guest_socket *s = d->file->data;
    int64_t sent = blocking_call(t, SYS_sendmsg, d->host, (long)message, flags | MSG_NOSIGNAL, 0, 0, 0);

    if (sent == -EPIPE && !s->finished && !s->lost) {
        s->lost = true;
        sent = 0;
        for (size_t i = 0; i < message->msg_iovlen; i++)
            sent += (int64_t)message->msg_iov[i].iov_len;
    }
    if (sent == -EPIPE && (flags & MSG_NOSIGNAL) == 0)
        file_signal_self(t, SIGPIPE);
    return sent == -EINTR ? SYS_RESTART : sent;
}
