/* Options of sockets: those that concern the one socket only.  Marks, devices, filters, repair and the like are not
 * among them.  Sockets within the isolate are Unix sockets of the host, which know those of SOL_SOCKET; the others are
 * kept beside. */
#include "hostvirt/net.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

enum {
    SAVED = 1,  /* a new socket must be given it again: snapshots, sockets that move between host and isolate */
    KEPT = 2,   /* a number that Unix sockets have no place for */
    FACT = 4,   /* told, never set */
};

static const struct row {
    int level, name;
    int family; /* 0: any */
    unsigned flags;
    int32_t value; /* KEPT: until it is set, as Linux has it */
} rows[] = {
    {SOL_SOCKET, SO_REUSEADDR, 0, SAVED, 0},
    {SOL_SOCKET, SO_REUSEPORT, 0, SAVED | KEPT, 0}, /* Unix sockets refuse it */
    {SOL_SOCKET, SO_KEEPALIVE, 0, SAVED, 0},
    {SOL_SOCKET, SO_BROADCAST, 0, SAVED, 0},
    {SOL_SOCKET, SO_DONTROUTE, 0, SAVED, 0},
    {SOL_SOCKET, SO_OOBINLINE, 0, SAVED, 0},
    {SOL_SOCKET, SO_LINGER, 0, SAVED, 0},
    {SOL_SOCKET, SO_RCVLOWAT, 0, SAVED, 0},
    {SOL_SOCKET, SO_RCVTIMEO, 0, SAVED, 0},
    {SOL_SOCKET, SO_SNDTIMEO, 0, SAVED, 0},
    {SOL_SOCKET, SO_TIMESTAMP, 0, SAVED, 0},
    {SOL_SOCKET, SO_SNDBUF, 0, SAVED, 0},
    {SOL_SOCKET, SO_RCVBUF, 0, SAVED, 0},
    {SOL_SOCKET, SO_PASSCRED, AF_UNIX, SAVED, 0},
    {SOL_SOCKET, SO_TYPE, 0, FACT, 0},
    {SOL_SOCKET, SO_ERROR, 0, FACT, 0},
    {SOL_SOCKET, SO_ACCEPTCONN, 0, FACT, 0},
    {SOL_SOCKET, SO_PROTOCOL, 0, FACT, 0},
    {SOL_SOCKET, SO_DOMAIN, 0, FACT, 0},
    {IPPROTO_TCP, TCP_NODELAY, 0, SAVED | KEPT, 0},
    {IPPROTO_TCP, TCP_KEEPIDLE, 0, SAVED | KEPT, 7200},
    {IPPROTO_TCP, TCP_KEEPINTVL, 0, SAVED | KEPT, 75},
    {IPPROTO_TCP, TCP_KEEPCNT, 0, SAVED | KEPT, 9},
    {IPPROTO_TCP, TCP_SYNCNT, 0, SAVED | KEPT, 6},
    {IPPROTO_TCP, TCP_LINGER2, 0, SAVED | KEPT, 60},
    {IPPROTO_TCP, TCP_DEFER_ACCEPT, 0, SAVED | KEPT, 0},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, 0, SAVED | KEPT, 0},
    {IPPROTO_TCP, TCP_MAXSEG, 0, KEPT, 536},
    {IPPROTO_TCP, TCP_CORK, 0, KEPT, 0},
    {IPPROTO_TCP, TCP_QUICKACK, 0, KEPT, 1},
    {IPPROTO_TCP, TCP_FASTOPEN, 0, KEPT, 0},
    {IPPROTO_TCP, TCP_INFO, 0, FACT, 0},
    {IPPROTO_IP, IP_TOS, 0, SAVED | KEPT, 0},
    {IPPROTO_IP, IP_TTL, 0, SAVED | KEPT, 64},
    {IPPROTO_IP, IP_RECVERR, 0, SAVED | KEPT, 0},
    {IPPROTO_IP, IP_PKTINFO, 0, SAVED | KEPT, 0},
    {IPPROTO_IP, IP_MTU_DISCOVER, 0, KEPT, IP_PMTUDISC_WANT},
    {IPPROTO_IPV6, IPV6_V6ONLY, AF_INET6, SAVED | KEPT, 0},
    {IPPROTO_IPV6, IPV6_TCLASS, AF_INET6, SAVED | KEPT, 0},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, AF_INET6, KEPT, 64},
    {IPPROTO_IPV6, IPV6_RECVERR, AF_INET6, SAVED | KEPT, 0},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO, AF_INET6, SAVED | KEPT, 0},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, AF_INET6, SAVED | KEPT, 0},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, AF_INET6, SAVED | KEPT, 0},
};
#define ROWS (sizeof rows / sizeof rows[0])
_Static_assert(ROWS <= SOCKET_OPTIONS, "a socket has a place for the value of every option");

static const struct row *find(const struct guest_socket *s, int level, int name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].level == level && rows[i].name == name)
            return (rows[i].family == 0 || rows[i].family == s->family) &&
                           (level != IPPROTO_TCP || s->type == SOCK_STREAM)
                       ? &rows[i] : NULL;
    return NULL;
}

static bool inside(const struct guest_socket *s)
{
    return s->place != SOCKET_HOST;
}

/* ---- kept by the socket ------------------------------------------------------------------------------------------ */

static int32_t kept_value(const struct guest_socket *s, const struct row *r)
{
    size_t i = (size_t)(r - rows);

    return s->kept >> i & 1 ? s->options[i] : r->value;
}

/* Options of IP may be given as one byte (ip(7)); -1 stands for the default of those that count hops or classes. */
static int keep(struct guest_socket *s, const struct row *r, const void *value, socklen_t bytes)
{
    size_t i = (size_t)(r - rows);
    int32_t number = 0;

    if (bytes >= sizeof number)
        memcpy(&number, value, sizeof number);
    else if (bytes >= 1 && r->level == IPPROTO_IP)
        number = *(const uint8_t *)value;
    else
        return -EINVAL;
    bool defaults = number == -1 && (r->name == IPV6_UNICAST_HOPS || r->name == IPV6_TCLASS || r->name == IP_TTL);
    if (r->name == IPV6_V6ONLY && r->level == IPPROTO_IPV6 && s->bound_bytes != 0)
        return -EINVAL; /* ipv6(7) */
    s->options[i] = defaults ? r->value : number;
    s->kept |= 1ull << i;
    return 0;
}

int net_option_value(const struct guest_socket *s, int level, int name)
{
    const struct row *r = find(s, level, name);

    return r != NULL && inside(s) && (r->flags & KEPT) ? kept_value(s, r) : 0;
}

/* Linux's numbers of a connection's state, as netinet/tcp.h names them. */
static void tell_state(const struct guest_socket *s, struct tcp_info *info)
{
    memset(info, 0, sizeof *info);
    info->tcpi_state = s->listening ? TCP_LISTEN : s->peer_bytes != 0 ? TCP_ESTABLISHED : TCP_CLOSE;
    info->tcpi_snd_mss = info->tcpi_rcv_mss = 32768;
    info->tcpi_pmtu = 65535;
    info->tcpi_snd_cwnd = 10;
}

/* What the host's socket would tell of itself.  false: it may tell. */
static bool tell_fact(const struct guest_socket *s, const struct row *r, void *value, socklen_t *bytes)
{
    int32_t number;
    struct tcp_info info;
    const void *from = &number;
    socklen_t room = *bytes, length = sizeof number;

    if (r->level == IPPROTO_TCP) {
        tell_state(s, &info);
        from = &info;
        length = sizeof info;
    } else if (r->name == SO_TYPE) {
        number = s->type;
    } else if (r->name == SO_DOMAIN) {
        number = s->family;
    } else if (r->name == SO_PROTOCOL) {
        number = s->type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
    } else if (r->name == SO_ACCEPTCONN) {
        number = s->listening;
    } else {
        return false;
    }
    *bytes = room < length ? room : length;
    memcpy(value, from, *bytes);
    return true;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

int net_option_set(struct guest_socket *s, int host, int level, int name, const void *value, socklen_t bytes)
{
    const struct row *r = find(s, level, name);

    if (r == NULL || (r->flags & FACT))
        return -ENOPROTOOPT;
    if (inside(s) && (r->flags & KEPT))
        return keep(s, r, value, bytes);
    return setsockopt(host, level, name, value, bytes) != 0 ? -errno : 0;
}

int net_option_get(const struct guest_socket *s, int host, int level, int name, void *value, socklen_t *bytes)
{
    const struct row *r = find(s, level, name);

    if (r == NULL)
        return -ENOPROTOOPT;
    if (inside(s) && (r->flags & KEPT)) {
        int32_t number = kept_value(s, r);
        *bytes = *bytes < sizeof number ? *bytes : (socklen_t)sizeof number;
        memcpy(value, &number, *bytes);
        return 0;
    }
    if (inside(s) && (r->flags & FACT) && tell_fact(s, r, value, bytes))
        return 0;
    return getsockopt(host, level, name, value, bytes) != 0 ? -errno : 0;
}

/* The kernel doubles what it is asked for buffers, and tells the double (socket(7)). */
static void set_again(int host, const struct row *r, char *value, socklen_t bytes)
{
    int32_t number;

    if (r->level == SOL_SOCKET && (r->name == SO_SNDBUF || r->name == SO_RCVBUF) && bytes == sizeof number) {
        memcpy(&number, value, sizeof number);
        number /= 2;
        memcpy(value, &number, sizeof number);
    }
    setsockopt(host, r->level, r->name, value, bytes); /* a socket that has it not yet has Linux's default */
}

void net_options_copy(const struct guest_socket *s, int from, int to)
{
    char value[64];

    for (const struct row *r = rows; r < rows + ROWS; r++) {
        socklen_t bytes = sizeof value;
        if ((r->flags & (SAVED | KEPT)) == SAVED && find(s, r->level, r->name) != NULL &&
            getsockopt(from, r->level, r->name, value, &bytes) == 0)
            set_again(to, r, value, bytes);
    }
}

void net_options_give(struct guest_socket *s, int host)
{
    for (size_t i = 0; i < ROWS; i++)
        if (s->kept >> i & 1)
            setsockopt(host, rows[i].level, rows[i].name, &s->options[i], sizeof s->options[i]);
    s->kept = 0;
}

int net_option_saved(const struct guest_socket *s, int after, int *level, int *name)
{
    for (int i = after + 1; i < (int)ROWS; i++)
        if ((rows[i].flags & SAVED) && find(s, rows[i].level, rows[i].name) != NULL) {
            *level = rows[i].level;
            *name = rows[i].name;
            return i;
        }
    return -1;
}

void net_option_restore(struct guest_socket *s, int host, int level, int name, const void *value, socklen_t bytes)
{
    const struct row *r = find(s, level, name);
    char copy[256];

    if (r == NULL || (r->flags & SAVED) == 0 || bytes > sizeof copy) /* a file may name others */
        return;
    memcpy(copy, value, bytes);
    if (inside(s) && (r->flags & KEPT))
        keep(s, r, copy, bytes);
    else
        set_again(host, r, copy, bytes);
}
