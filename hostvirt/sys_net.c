/* Socket calls (socket(2), bind(2), ...), but for messages: sys_net_send.c, sys_net_receive.c. */
#include "hostvirt/net.h"
#include "hostvirt/identity.h"
#include "hostvirt/syscall.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPTION_BYTES 256 /* the longest value of an option that is passed on */

/* ---- descriptors that are sockets -------------------------------------------------------------------------------- */

struct descriptor *net_socket(struct thread *t, int number, int *error)
{
    struct descriptor *d = descriptor_get(t->process, number);
    const struct guest_socket *s = d != NULL && d->file->kind == FILE_SOCKET ? d->file->data : NULL;

    *error = d == NULL ? -EBADF : s == NULL ? -ENOTSOCK : s->reset ? -ECONNRESET : 0;
    if (d != NULL && *error != 0) {
        descriptor_put(d);
        return NULL;
    }
    return d;
}

int net_copy_address(struct sockaddr_storage *to, uint64_t from, uint32_t bytes)
{
    memset(to, 0, sizeof *to);
    if (bytes > sizeof *to)
        return -EINVAL;
    return copy_in(to, from, bytes);
}

int net_give_address(const struct sockaddr_storage *a, socklen_t bytes, uint64_t to, uint64_t length_at)
{
    int32_t room;

    if (to == 0)
        return 0;
    if (copy_in(&room, length_at, sizeof room) != 0)
        return -EFAULT;
    if (room < 0)
        return -EINVAL;
    if (copy_out(to, a, (uint32_t)room < bytes ? (uint32_t)room : bytes) != 0)
        return -EFAULT;
    return copy_out(length_at, &bytes, sizeof bytes);
}

/* ---- making ---------------------------------------------------------------------------------------------------- */

static int check_kind(int family, int type, int protocol)
{
    if (family == AF_NETLINK)
        return protocol != NETLINK_ROUTE                      ? -EPROTONOSUPPORT
               : type == SOCK_RAW || type == SOCK_DGRAM ? 0 : -ESOCKTNOSUPPORT;
    if (family != AF_INET && family != AF_INET6 && family != AF_UNIX)
        return -EAFNOSUPPORT;
    if (family == AF_UNIX)
        return type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_SEQPACKET ? 0 : -ESOCKTNOSUPPORT;
    if (type != SOCK_STREAM && type != SOCK_DGRAM)
        return -ESOCKTNOSUPPORT; /* no raw sockets */
    return protocol == 0 || protocol == (type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP) ? 0 : -EPROTONOSUPPORT;
}

#define TYPE_FLAGS (SOCK_CLOEXEC | SOCK_NONBLOCK)

SYSCALL(socket)
{
    int type = arg_int(c, 1) & ~TYPE_FLAGS, flags = arg_int(c, 1) & TYPE_FLAGS;
    struct guest_socket s = {.family = arg_int(c, 0), .type = type, .protocol = arg_int(c, 2)};
    int error = check_kind(s.family, type, s.protocol);

    if (error != 0) {
        COUNT(t->process->monitor->statistics, denied_network);
        return error;
    }
    if (s.family == AF_NETLINK)
        return net_link_socket(t, &s, flags);
    s.place = s.family == AF_UNIX ? SOCKET_HOST : SOCKET_OPEN; /* what it is: known when it is bound or connected */
    int host = socket(AF_UNIX, type | flags | SOCK_CLOEXEC, s.family == AF_UNIX ? s.protocol : 0);
    return host < 0 ? -errno : net_install(t, host, &s, (flags & SOCK_CLOEXEC) != 0);
}

SYSCALL(socketpair)
{
    int type = arg_int(c, 1) & ~TYPE_FLAGS, flags = arg_int(c, 1) & TYPE_FLAGS, host[2], guest[2];
    struct guest_socket s = {.family = arg_int(c, 0), .type = type, .protocol = arg_int(c, 2)};
    int error = check_kind(s.family, type, s.protocol);

    if (error != 0)
        return error;
    if (s.family != AF_UNIX)
        return -EOPNOTSUPP;
    if (socketpair(AF_UNIX, type | flags | SOCK_CLOEXEC, s.protocol, host) != 0)
        return -errno;
    struct stat status;
    if (fstat(host[0], &status) == 0)
        s.pair = status.st_ino;
    int64_t first = net_install(t, host[0], &s, (flags & SOCK_CLOEXEC) != 0);
    if (first < 0) {
        close(host[1]);
        return first;
    }
    int64_t second = net_install(t, host[1], &s, (flags & SOCK_CLOEXEC) != 0);
    guest[0] = (int)first, guest[1] = (int)second;
    if (second >= 0 && copy_out(c->arg[3], guest, sizeof guest) == 0)
        return 0;
    descriptor_close(t->process, guest[0]);
    if (second >= 0)
        descriptor_close(t->process, guest[1]);
    return second < 0 ? second : -EFAULT;
}

/* ---- addresses --------------------------------------------------------------------------------------------------- */

/* Binds a socket of the host.  What may be reached from outside is found by programs of the isolate, too. */
static int bind_host(struct thread *t, struct descriptor *d, const struct sockaddr_storage *guest, socklen_t bytes,
                     const struct net_address *host)
{
    struct guest_socket *s = d->file->data;
    bool internet = s->family != AF_UNIX;
    int error = internet ? net_become_host(t, d) : 0;

    if (error == 0 && bind(d->host, (const struct sockaddr *)&host->host, host->bytes) != 0)
        error = -errno;
    if (error == 0 && internet && s->serial == 0)
        error = net_loop_announce(t->process->monitor, s, d->host, guest);
    if (error == 0) {
        s->bound = *guest;
        s->bound_bytes = bytes;
    }
    return error;
}

/* unix(7), autobind: a socket that has a name keeps it. */
static int bind_chosen(struct thread *t, struct descriptor *d)
{
    struct guest_socket *s = d->file->data;
    struct sockaddr_storage name;
    socklen_t bytes;
    int error = s->bound_bytes != 0 ? 0 : net_unix_choose(t, d->host, &name, &bytes);

    if (error == 0 && s->bound_bytes == 0) {
        s->bound = name;
        s->bound_bytes = bytes;
    }
    return error;
}

SYSCALL(bind)
{
    struct sockaddr_storage guest;
    struct net_address host = {.folder = -1};
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    const struct guest_socket *s = d->file->data;
    bool link = s->place == SOCKET_LINK; /* who listens to changes of interfaces waits for ever */
    error = net_copy_address(&guest, c->arg[1], (uint32_t)c->arg[2]);
    bool chosen = s->family == AF_UNIX && guest.ss_family == AF_UNIX && (uint32_t)c->arg[2] == sizeof(sa_family_t);
    if (error == 0 && !link && !chosen)
        error = net_bind_address(t, s, &guest, (socklen_t)c->arg[2], &host);
    if (error == NET_INSIDE)
        error = net_bind_inside(t, d, &guest);
    else if (error == NET_HOST && chosen)
        error = bind_chosen(t, d);
    else if (error == NET_HOST && !link)
        error = bind_host(t, d, &guest, (socklen_t)c->arg[2], &host);
    net_address_release(&host);
    descriptor_put(d);
    return error;
}

static int listen_host(struct thread *t, struct descriptor *d, int backlog)
{
    struct guest_socket *s = d->file->data;

    if (s->family != AF_UNIX && s->bound_bytes == 0) { /* connected outside: Linux would say the same */
        COUNT(t->process->monitor->statistics, denied_network);
        return -EINVAL;
    }
    if (listen(d->host, backlog) != 0)
        return -errno;
    if (s->serial != 0)
        loopback_listen(t->process->monitor, s->serial); /* the host's own answer counts */
    s->listening = true;
    s->backlog = backlog;
    return 0;
}

SYSCALL(listen)
{
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    const struct guest_socket *s = d->file->data;
    if (s->place == SOCKET_HOST)
        error = listen_host(t, d, arg_int(c, 1));
    else
        error = s->place == SOCKET_LINK ? -EOPNOTSUPP : net_listen_inside(t, d, arg_int(c, 1));
    descriptor_put(d);
    return error;
}

/* A second connect after a kick finds the first still under way and goes on waiting for it, as on Linux. */
static int64_t connect_host(struct thread *t, struct descriptor *d, const struct sockaddr_storage *guest,
                            socklen_t bytes, const struct net_address *host)
{
    struct guest_socket *s = d->file->data;
    int error = s->family != AF_UNIX ? net_become_host(t, d) : 0;
    int64_t result = error != 0 ? error
                                : blocking_call(t, SYS_connect, d->host, (long)&host->host, host->bytes, 0, 0, 0);

    if (result == 0 && s->type != SOCK_DGRAM && !net_unix_trusts(t, d->host, guest, bytes)) {
        shutdown(d->host, SHUT_RDWR);
        result = -ECONNREFUSED;
    }
    if (result == 0 || result == -EINPROGRESS) {
        s->peer = *guest;
        s->peer_bytes = bytes;
    }
    return result;
}

/* connect(2) to AF_UNSPEC: dissolves a connection. */
static int disconnect(struct thread *t, struct descriptor *d)
{
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    struct guest_socket *s = d->file->data;

    if (s->place != SOCKET_HOST)
        return net_disconnect_inside(t, d);
    if (connect(d->host, &none, sizeof none) != 0)
        return -errno;
    s->peer_bytes = 0;
    return 0;
}

SYSCALL(connect)
{
    struct sockaddr_storage guest;
    struct net_address host = {.folder = -1};
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    const struct guest_socket *s = d->file->data;
    int64_t result = net_copy_address(&guest, c->arg[1], (uint32_t)c->arg[2]);
    if (result == 0 && (uint32_t)c->arg[2] < sizeof guest.ss_family)
        result = -EINVAL;
    bool link = s->place == SOCKET_LINK, dissolves = guest.ss_family == AF_UNSPEC;
    if (result == 0 && !link && !dissolves)
        result = net_peer_address(t, s, &guest, (socklen_t)c->arg[2], &host);
    if (result == 0 && dissolves)
        result = disconnect(t, d);
    else if (result == NET_INSIDE)
        result = net_connect_inside(t, d, &guest);
    else if (result == NET_HOST && !link)
        result = connect_host(t, d, &guest, (socklen_t)c->arg[2], &host);
    net_address_release(&host);
    descriptor_put(d);
    return result == -EINTR ? SYS_RESTART : result;
}

/* From a listener of the host. */
static int accept_host(struct thread *t, struct descriptor *d, int flags, struct guest_socket *accepted)
{
    const struct guest_socket *from = d->file->data;
    socklen_t bytes;

    *accepted = (struct guest_socket){.family = from->family, .type = from->type, .protocol = from->protocol,
                                      .bound = from->bound, .bound_bytes = from->bound_bytes};
    long host;
    do {
        bytes = sizeof accepted->peer;
        host = blocking_call(t, SYS_accept4, d->host, (long)&accepted->peer, (long)&bytes, flags | SOCK_CLOEXEC, 0, 0);
    } while (host >= 0 && !net_unix_trusts(t, (int)host, &from->bound, from->bound_bytes) && close((int)host) == 0);
    if (host >= 0 && from->family == AF_UNIX)
        bytes = net_unix_name(t->process->monitor->family, &accepted->peer, bytes);
    accepted->peer_bytes = bytes;
    return (int)host;
}

SYSCALL(accept4)
{
    struct guest_socket s;
    int error, flags = arg_int(c, 3);

    if (flags & ~TYPE_FLAGS)
        return -EINVAL;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);
    if (d == NULL)
        return error;
    const struct guest_socket *from = d->file->data;
    int host = from->type == SOCK_DGRAM          ? -EOPNOTSUPP
               : from->place == SOCKET_HOST ? accept_host(t, d, flags, &s)
                                            : net_accept_inside(t, d, flags, &s);
    descriptor_put(d);
    if (host < 0)
        return host == -EINTR ? SYS_RESTART : host;
    error = net_give_address(&s.peer, s.peer_bytes, c->arg[1], c->arg[2]);
    if (error != 0) {
        close(host);
        return error;
    }
    return net_install(t, host, &s, (flags & SOCK_CLOEXEC) != 0);
}

SYSCALL(accept)
{
    return sys_accept4(t, &(struct call){c->number, {c->arg[0], c->arg[1], c->arg[2], 0}});
}

/* What the host knows of a name that the guest has not given; -ENOTCONN... */
static int host_name(const struct thread *t, const struct descriptor *d, bool own, struct sockaddr_storage *name,
                     socklen_t *bytes)
{
    const struct guest_socket *s = d->file->data;

    *bytes = sizeof *name;
    if ((own ? getsockname : getpeername)(d->host, (struct sockaddr *)name, bytes) != 0)
        return -errno;
    if (s->family == AF_UNIX)
        *bytes = net_unix_name(t->process->monitor->family, name, *bytes);
    return 0;
}

/* A socket's own name and its peer's: as the guest gave them, else as the host has them. */
static int64_t give_name(struct thread *t, const struct call *c, bool own)
{
    struct sockaddr_storage name = {0};
    socklen_t bytes;
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    const struct guest_socket *s = d->file->data;
    const struct sockaddr_storage *kept = own ? &s->bound : &s->peer;
    socklen_t kept_bytes = own ? s->bound_bytes : s->peer_bytes;
    if (s->place == SOCKET_LINK)
        bytes = net_link_name(t, own, &name);
    else if (s->place == SOCKET_HOST)
        error = host_name(t, d, own, &name, &bytes);
    else if (own && kept_bytes == 0)
        bytes = loop_to_name(&(struct loop_address){{0}, 0}, s->family, &name);
    else
        error = kept_bytes == 0 ? -ENOTCONN : 0;
    if (error == 0 && kept_bytes != 0) {
        name = *kept;
        bytes = kept_bytes;
    }
    descriptor_put(d);
    return error != 0 ? error : c->arg[1] == 0 ? -EFAULT : net_give_address(&name, bytes, c->arg[1], c->arg[2]);
}

SYSCALL(getsockname)
{
    return give_name(t, c, true);
}

SYSCALL(getpeername)
{
    return give_name(t, c, false);
}

SYSCALL(shutdown)
{
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    struct guest_socket *s = d->file->data;
    if (s->place != SOCKET_HOST && s->peer_bytes == 0 && !s->listening)
        error = -ENOTCONN;
    else
        error = shutdown(d->host, arg_int(c, 1)) != 0 ? -errno : 0;
    if (error == 0 && arg_int(c, 1) != SHUT_RD)
        s->finished = true;
    descriptor_put(d);
    return error;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

SYSCALL(setsockopt)
{
    int error, level = arg_int(c, 1), name = arg_int(c, 2);
    uint32_t bytes = (uint32_t)c->arg[4];
    char value[OPTION_BYTES];
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    if (bytes > sizeof value)
        error = -EINVAL;
    else if (copy_in(value, c->arg[3], bytes) != 0)
        error = -EFAULT;
    else
        error = net_option_set(d->file->data, d->host, level, name, value, bytes);
    descriptor_put(d);
    return error;
}

SYSCALL(getsockopt)
{
    int error, level = arg_int(c, 1), name = arg_int(c, 2);
    int32_t room;
    socklen_t bytes;
    char value[OPTION_BYTES];
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    if (copy_in(&room, c->arg[4], sizeof room) != 0) {
        error = -EFAULT;
    } else if (room < 0) {
        error = -EINVAL;
    } else if (level == SOL_SOCKET && name == SO_PEERCRED) {
        const struct ucred peer = {t->process->pid, GUEST_ID, GUEST_ID};
        bytes = sizeof peer;
        memcpy(value, &peer, sizeof peer);
    } else {
        bytes = sizeof value;
        error = net_option_get(d->file->data, d->host, level, name, value, &bytes);
    }
    descriptor_put(d);
    if (error != 0)
        return error;
    if (bytes > (uint32_t)room)
        bytes = (uint32_t)room;
    return copy_out(c->arg[3], value, bytes) != 0 ? -EFAULT : copy_out(c->arg[4], &bytes, sizeof bytes);
}
