/* Socket calls (socket(2), bind(2), ...), but for messages: sys_net_message.c. */
#include "hostvirt/net.h"
#include "hostvirt/identity.h"
#include "hostvirt/syscall.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

int64_t net_install(struct thread *t, int host, const struct guest_socket *s, bool close_on_exec)
{
    struct guest_socket *kept = malloc(sizeof *kept);
    char *name = NULL;
    struct file *f = NULL;

    if (kept != NULL && asprintf(&name, "socket:[%d]", host + 1000) > 0)
        f = file_new(FILE_SOCKET, O_RDWR, name);
    if (f == NULL) {
        free(kept);
        close(host);
        return -ENOMEM;
    }
    *kept = *s;
    f->data = kept;
    f->destroy = free;
    return descriptor_install(t->process, host, f, close_on_exec, 0);
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
    int host = socket(s.family, type | flags | SOCK_CLOEXEC, s.protocol);
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

SYSCALL(bind)
{
    struct sockaddr_storage guest;
    struct net_address host;
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    struct guest_socket *s = d->file->data;
    error = net_copy_address(&guest, c->arg[1], (uint32_t)c->arg[2]);
    if (error == 0)
        error = net_bind_address(t, s, &guest, (socklen_t)c->arg[2], &host);
    if (error == 0) {
        error = bind(d->host, (struct sockaddr *)&host.host, host.bytes) != 0 ? -errno : 0;
        net_address_release(&host);
        if (error == 0) {
            s->bound = guest;
            s->bound_bytes = (socklen_t)c->arg[2];
        }
    }
    descriptor_put(d);
    return error;
}

SYSCALL(listen)
{
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    struct guest_socket *s = d->file->data;
    if (s->bound_bytes == 0 && s->family != AF_UNIX) { /* Linux would take a free port of every address */
        COUNT(t->process->monitor->statistics, denied_network);
        error = -EACCES;
    } else if (listen(d->host, arg_int(c, 1)) != 0) {
        error = -errno;
    } else {
        s->listening = true;
        s->backlog = arg_int(c, 1);
    }
    descriptor_put(d);
    return error;
}

/* A second connect after a kick finds the first still under way and goes on waiting for it, as on Linux. */
SYSCALL(connect)
{
    struct sockaddr_storage guest;
    struct net_address host = {.folder = -1};
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    struct guest_socket *s = d->file->data;
    error = net_copy_address(&guest, c->arg[1], (uint32_t)c->arg[2]);
    if (error == 0 && guest.ss_family == AF_UNSPEC) { /* dissolves a connection */
        host.host = guest;
        host.bytes = sizeof(struct sockaddr);
    } else if (error == 0) {
        error = net_peer_address(t, s, &guest, (socklen_t)c->arg[2], &host);
    }
    long result = error;
    if (error == 0)
        result = blocking_call(t, SYS_connect, d->host, (long)&host.host, host.bytes, 0, 0, 0);
    if (result == 0 || result == -EINPROGRESS) {
        s->peer = guest;
        s->peer_bytes = (socklen_t)c->arg[2];
    }
    net_address_release(&host);
    descriptor_put(d);
    return result == -EINTR ? SYS_RESTART : result;
}

SYSCALL(accept4)
{
    struct sockaddr_storage peer = {0};
    socklen_t bytes = sizeof peer;
    int error, flags = arg_int(c, 3);

    if (flags & ~TYPE_FLAGS)
        return -EINVAL;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);
    if (d == NULL)
        return error;
    const struct guest_socket *from = d->file->data;
    struct guest_socket s = {.family = from->family, .type = from->type, .protocol = from->protocol,
                             .bound = from->bound, .bound_bytes = from->bound_bytes};
    long host = blocking_call(t, SYS_accept4, d->host, (long)&peer, (long)&bytes, flags | SOCK_CLOEXEC, 0, 0);
    descriptor_put(d);
    if (host < 0)
        return host == -EINTR ? SYS_RESTART : host;
    if (s.family == AF_UNIX) { /* the peer's name would be the host's; most have none */
        peer = (struct sockaddr_storage){.ss_family = AF_UNIX};
        bytes = sizeof(sa_family_t);
    }
    s.peer = peer;
    s.peer_bytes = bytes;
    error = net_give_address(&peer, bytes, c->arg[1], c->arg[2]);
    if (error != 0) {
        close((int)host);
        return error;
    }
    return net_install(t, (int)host, &s, (flags & SOCK_CLOEXEC) != 0);
}

SYSCALL(accept)
{
    return sys_accept4(t, &(struct call){c->number, {c->arg[0], c->arg[1], c->arg[2], 0}});
}

/* A socket's own name and its peer's: as the guest gave them, else as the host has them. */
static int64_t give_name(struct thread *t, const struct call *c, bool own)
{
    struct sockaddr_storage name = {0};
    socklen_t bytes = sizeof name;
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    const struct guest_socket *s = d->file->data;
    error = (own ? getsockname : getpeername)(d->host, (struct sockaddr *)&name, &bytes) != 0 ? -errno : 0;
    const struct sockaddr_storage *kept = own ? &s->bound : &s->peer;
    socklen_t kept_bytes = own ? s->bound_bytes : s->peer_bytes;
    if (error == 0 && kept_bytes != 0) {
        name = *kept;
        bytes = kept_bytes;
    } else if (error == 0 && s->family == AF_UNIX) {
        name = (struct sockaddr_storage){.ss_family = AF_UNIX};
        bytes = sizeof(sa_family_t);
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
    error = shutdown(d->host, arg_int(c, 1)) != 0 ? -errno : 0;
    descriptor_put(d);
    return error;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

/* Options that concern the one socket only.  Marks, devices, filters, repair and the like are not among them. */
static bool option_allowed(int level, int name)
{
    static const struct {
        int level, name;
    } allowed[] = {
        {SOL_SOCKET, SO_REUSEADDR},      {SOL_SOCKET, SO_TYPE},          {SOL_SOCKET, SO_ERROR},
        {SOL_SOCKET, SO_DONTROUTE},      {SOL_SOCKET, SO_BROADCAST},     {SOL_SOCKET, SO_SNDBUF},
        {SOL_SOCKET, SO_RCVBUF},         {SOL_SOCKET, SO_KEEPALIVE},     {SOL_SOCKET, SO_OOBINLINE},
        {SOL_SOCKET, SO_LINGER},         {SOL_SOCKET, SO_REUSEPORT},     {SOL_SOCKET, SO_RCVLOWAT},
        {SOL_SOCKET, SO_RCVTIMEO},       {SOL_SOCKET, SO_SNDTIMEO},      {SOL_SOCKET, SO_TIMESTAMP},
        {SOL_SOCKET, SO_ACCEPTCONN},     {SOL_SOCKET, SO_PROTOCOL},      {SOL_SOCKET, SO_DOMAIN},
        {SOL_SOCKET, SO_PASSCRED},       {IPPROTO_TCP, TCP_NODELAY},     {IPPROTO_TCP, TCP_MAXSEG},
        {IPPROTO_TCP, TCP_CORK},         {IPPROTO_TCP, TCP_KEEPIDLE},    {IPPROTO_TCP, TCP_KEEPINTVL},
        {IPPROTO_TCP, TCP_KEEPCNT},      {IPPROTO_TCP, TCP_SYNCNT},      {IPPROTO_TCP, TCP_LINGER2},
        {IPPROTO_TCP, TCP_DEFER_ACCEPT}, {IPPROTO_TCP, TCP_QUICKACK},    {IPPROTO_TCP, TCP_USER_TIMEOUT},
        {IPPROTO_TCP, TCP_FASTOPEN},     {IPPROTO_TCP, TCP_INFO},        {IPPROTO_IP, IP_TOS},
        {IPPROTO_IP, IP_TTL},            {IPPROTO_IP, IP_RECVERR},       {IPPROTO_IP, IP_MTU_DISCOVER},
        {IPPROTO_IP, IP_PKTINFO},        {IPPROTO_IPV6, IPV6_V6ONLY},    {IPPROTO_IPV6, IPV6_TCLASS},
        {IPPROTO_IPV6, IPV6_UNICAST_HOPS},{IPPROTO_IPV6, IPV6_RECVERR},  {IPPROTO_IPV6, IPV6_RECVPKTINFO},
    };

    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (allowed[i].level == level && allowed[i].name == name)
            return true;
    return false;
}

SYSCALL(setsockopt)
{
    int error, level = arg_int(c, 1), name = arg_int(c, 2);
    uint32_t bytes = (uint32_t)c->arg[4];
    char value[OPTION_BYTES];
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    if (!option_allowed(level, name))
        error = -ENOPROTOOPT;
    else if (bytes > sizeof value)
        error = -EINVAL;
    else if (copy_in(value, c->arg[3], bytes) != 0)
        error = -EFAULT;
    else
        error = setsockopt(d->host, level, name, value, bytes) != 0 ? -errno : 0;
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
    } else if (!option_allowed(level, name)) {
        error = -ENOPROTOOPT;
    } else {
        bytes = sizeof value;
        error = getsockopt(d->host, level, name, value, &bytes) != 0 ? -errno : 0;
    }
    descriptor_put(d);
    if (error != 0)
        return error;
    if (bytes > (uint32_t)room)
        bytes = (uint32_t)room;
    return copy_out(c->arg[3], value, bytes) != 0 ? -EFAULT : copy_out(c->arg[4], &bytes, sizeof bytes);
}
