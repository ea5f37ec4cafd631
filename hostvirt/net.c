/* Which addresses a guest may use, and what they are on the host. */
#include "hostvirt/net.h"
#include "hostvirt/statistics.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

static int denied(struct thread *t)
{
    COUNT(t->process->monitor->statistics, denied_network);
    return -EACCES;
}

static bool port_of(const struct sockaddr_storage *a, uint16_t *port)
{
    if (a->ss_family == AF_INET)
        *port = ntohs(((const struct sockaddr_in *)a)->sin_port);
    else if (a->ss_family == AF_INET6)
        *port = ntohs(((const struct sockaddr_in6 *)a)->sin6_port);
    else
        return false;
    return true;
}

static socklen_t address_bytes(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static bool is_v4_mapped(const struct in6_addr *a)
{
    return IN6_IS_ADDR_V4MAPPED(a);
}

/* The IPv4 address in an address of either family, when there is one. */
static bool v4_of(const struct sockaddr_storage *a, uint32_t *v4)
{
    if (a->ss_family == AF_INET) {
        *v4 = ((const struct sockaddr_in *)a)->sin_addr.s_addr;
        return true;
    }
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)a)->sin6_addr;
    if (a->ss_family != AF_INET6 || !is_v4_mapped(v6))
        return false;
    memcpy(v4, v6->s6_addr + 12, sizeof *v4);
    return true;
}

static bool same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    uint32_t first, second;

    if (v4_of(a, &first) && v4_of(b, &second))
        return first == second;
    return a->ss_family == AF_INET6 && b->ss_family == AF_INET6 &&
           memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
}

/* This machine's own address or "any", by which a guest reaches its own listeners. */
static bool is_local(const struct sockaddr_storage *a)
{
    uint32_t v4;

    if (v4_of(a, &v4))
        return v4 == htonl(INADDR_ANY) || (ntohl(v4) >> 24) == 127;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)a)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(v6) || IN6_IS_ADDR_UNSPECIFIED(v6);
}

/* An address of the policy in the form that a socket takes; false when there is none. */
static bool in_family(const struct sockaddr_storage *from, const struct guest_socket *s, struct net_address *out)
{
    if (from->ss_family == s->family) {
        out->host = *from;
        out->bytes = address_bytes(from);
        return true;
    }
    if (s->family != AF_INET6 || from->ss_family != AF_INET || net_option_value(s, IPPROTO_IPV6, IPV6_V6ONLY))
        return false;
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&out->host;
    *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = v4->sin_port};
    v6->sin6_addr.s6_addr[10] = v6->sin6_addr.s6_addr[11] = 0xff;
    memcpy(v6->sin6_addr.s6_addr + 12, &v4->sin_addr, 4);
    out->bytes = sizeof *v6;
    return true;
}

bool net_find_listener(const struct policy *p, const struct guest_socket *s, uint16_t port, struct net_address *out)
{
    for (size_t i = 0; i < p->listen_count; i++) {
        const struct endpoint *e = &p->listens[i];
        if (e->guest_port != port || e->type != s->type)
            continue;
        for (unsigned k = 0; k < e->address_count; k++)
            if (in_family(&e->addresses[k], s, out))
                return true;
    }
    return false;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

static int check_family(const struct guest_socket *s, const struct sockaddr_storage *guest, socklen_t bytes)
{
    if (bytes < sizeof(sa_family_t))
        return -EINVAL;
    if (guest->ss_family != s->family)
        return -EAFNOSUPPORT;
    return s->family != AF_UNIX && bytes < address_bytes(guest) ? -EINVAL : 0;
}

int net_bind_address(struct thread *t, const struct guest_socket *s, const struct sockaddr_storage *guest,
                     socklen_t bytes, struct net_address *out)
{
    uint16_t port;
    int error = check_family(s, guest, bytes);

    *out = (struct net_address){.folder = -1};
    if (error != 0)
        return error;
    if (s->family == AF_UNIX)
        return net_unix_address(t, guest, bytes, true, out); /* 0: NET_HOST */
    if (!port_of(guest, &port))
        return -EAFNOSUPPORT;
    if (net_find_listener(t->process->monitor->policy, s, port, out))
        return NET_HOST;
    if (is_local(guest))
        return NET_INSIDE;
    denied(t);
    return -EADDRNOTAVAIL; /* as on a machine that has no other interface */
}

int net_peer_address(struct thread *t, const struct guest_socket *s, const struct sockaddr_storage *guest,
                     socklen_t bytes, struct net_address *out)
{
    const struct policy *p = t->process->monitor->policy;
    uint16_t port;
    int error = check_family(s, guest, bytes);

    *out = (struct net_address){.folder = -1};
    if (error != 0)
        return error;
    if (s->family == AF_UNIX)
        return net_unix_address(t, guest, bytes, false, out);
    if (!port_of(guest, &port))
        return -EAFNOSUPPORT;
    for (size_t i = 0; i < p->connect_count; i++) {
        const struct endpoint *e = &p->connects[i];
        for (unsigned k = 0; e->port == port && e->type == s->type && k < e->address_count; k++)
            if (same_host(&e->addresses[k], guest) && in_family(&e->addresses[k], s, out))
                return NET_HOST;
    }
    return is_local(guest) ? NET_INSIDE : denied(t);
}

void net_address_release(struct net_address *a)
{
    if (a->folder >= 0)
        close(a->folder);
    a->folder = -1;
}
