/* rtnetlink(7) as far as getifaddrs(3) and if_nameindex(3) ask: the one interface that a guest has.  Requests are read
 * and answers written by the monitor; the host's own interfaces stay unknown. */
#include "hostvirt/net.h"
#include "hostvirt/syscall.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_MOST 4096
#define LOOPBACK_INDEX 1
#define LOOPBACK_MTU 65536

struct answer {
    char bytes[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
    size_t used;
    uint32_t sequence, port;
    bool dump;
};

/* ---- building ---------------------------------------------------------------------------------------------------- */

static struct nlmsghdr *begin(struct answer *a, uint16_t type, const void *body, size_t bytes)
{
    struct nlmsghdr *h = (struct nlmsghdr *)(a->bytes + a->used);

    *h = (struct nlmsghdr){.nlmsg_len = (uint32_t)NLMSG_LENGTH(bytes), .nlmsg_type = type,
                           .nlmsg_flags = a->dump ? NLM_F_MULTI : 0, .nlmsg_seq = a->sequence, .nlmsg_pid = a->port};
    memcpy(NLMSG_DATA(h), body, bytes);
    a->used += NLMSG_ALIGN(h->nlmsg_len);
    return h;
}

static void add(struct answer *a, struct nlmsghdr *h, uint16_t type, const void *value, size_t bytes)
{
    struct rtattr *attribute = (struct rtattr *)(a->bytes + a->used);

    *attribute = (struct rtattr){.rta_len = (uint16_t)RTA_LENGTH(bytes), .rta_type = type};
    memcpy(RTA_DATA(attribute), value, bytes);
    a->used += RTA_ALIGN(attribute->rta_len);
    h->nlmsg_len += RTA_ALIGN(attribute->rta_len);
}

static void add_link(struct answer *a)
{
    const struct ifinfomsg body = {.ifi_type = ARPHRD_LOOPBACK, .ifi_index = LOOPBACK_INDEX,
                                   .ifi_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING};
    const uint32_t mtu = LOOPBACK_MTU, queue = 1000;
    const uint8_t hardware[6] = {0}, state = IF_OPER_UNKNOWN;
    struct nlmsghdr *h = begin(a, RTM_NEWLINK, &body, sizeof body);

    add(a, h, IFLA_IFNAME, "lo", sizeof "lo");
    add(a, h, IFLA_TXQLEN, &queue, sizeof queue);
    add(a, h, IFLA_OPERSTATE, &state, sizeof state);
    add(a, h, IFLA_MTU, &mtu, sizeof mtu);
    add(a, h, IFLA_ADDRESS, hardware, sizeof hardware);
    add(a, h, IFLA_BROADCAST, hardware, sizeof hardware);
}

static void add_addresses(struct answer *a, int family)
{
    struct ifaddrmsg body = {.ifa_index = LOOPBACK_INDEX, .ifa_flags = IFA_F_PERMANENT, .ifa_scope = RT_SCOPE_HOST};
    const struct in_addr v4 = {htonl(INADDR_LOOPBACK)};

    if (family == AF_UNSPEC || family == AF_INET) {
        body.ifa_family = AF_INET;
        body.ifa_prefixlen = 8;
        struct nlmsghdr *h = begin(a, RTM_NEWADDR, &body, sizeof body);
        add(a, h, IFA_ADDRESS, &v4, sizeof v4);
        add(a, h, IFA_LOCAL, &v4, sizeof v4);
        add(a, h, IFA_LABEL, "lo", sizeof "lo");
    }
    if (family == AF_UNSPEC || family == AF_INET6) {
        body.ifa_family = AF_INET6;
        body.ifa_prefixlen = 128;
        struct nlmsghdr *h = begin(a, RTM_NEWADDR, &body, sizeof body);
        add(a, h, IFA_ADDRESS, &in6addr_loopback, sizeof in6addr_loopback);
    }
}

static void add_error(struct answer *a, const struct nlmsghdr *request, int error)
{
    const struct nlmsgerr body = {.error = error, .msg = *request};

    begin(a, NLMSG_ERROR, &body, sizeof body);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void answer_one(struct answer *a, const struct nlmsghdr *request, int family)
{
    const int done = 0;

    a->dump = (request->nlmsg_flags & NLM_F_DUMP) != 0;
    switch (request->nlmsg_type) {
    case RTM_GETLINK:
        add_link(a);
        break;
    case RTM_GETADDR:
        add_addresses(a, family);
        break;
    case RTM_GETROUTE:
        if (!a->dump)
            add_error(a, request, -ENETUNREACH);
        break;
    default:
        a->dump = false;
        add_error(a, request, request->nlmsg_type < RTM_BASE ? -EOPNOTSUPP : -EPERM);
        return;
    }
    if (a->dump)
        begin(a, NLMSG_DONE, &done, sizeof done);
}

static int64_t gather(char *to, const struct iovec *parts, size_t count)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (parts[i].iov_len > REQUEST_MOST - used)
            return -EMSGSIZE;
        if (copy_in(to + used, (uint64_t)(uintptr_t)parts[i].iov_base, parts[i].iov_len) != 0)
            return -EFAULT;
        used += parts[i].iov_len;
    }
    return (int64_t)used;
}

int64_t net_link_request(struct thread *t, struct descriptor *d, const struct iovec *parts, size_t count)
{
    const struct guest_socket *s = d->file->data;
    char requests[REQUEST_MOST] __attribute__((aligned(NLMSG_ALIGNTO)));
    int64_t bytes = gather(requests, parts, count);

    for (int64_t at = 0; at + (int64_t)sizeof(struct nlmsghdr) <= bytes;) {
        const struct nlmsghdr *h = (const struct nlmsghdr *)(requests + at);
        if (h->nlmsg_len < sizeof *h || h->nlmsg_len > bytes - at)
            break;
        struct answer a = {.sequence = h->nlmsg_seq, .port = (uint32_t)t->process->pid};
        answer_one(&a, h,
                   h->nlmsg_len > sizeof *h ? ((const struct rtgenmsg *)NLMSG_DATA(h))->rtgen_family : AF_UNSPEC);
        if (send(s->queue, a.bytes, a.used, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
            return -ENOBUFS;
        at += NLMSG_ALIGN(h->nlmsg_len);
    }
    return bytes;
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

int64_t net_link_socket(struct thread *t, const struct guest_socket *s, int flags)
{
    struct guest_socket made = *s;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | (flags & SOCK_NONBLOCK), 0, ends) != 0)
        return -errno;
    made.place = SOCKET_LINK;
    made.queue = ends[1];
    return net_install(t, ends[0], &made, (flags & SOCK_CLOEXEC) != 0);
}

socklen_t net_link_name(const struct thread *t, bool own, struct sockaddr_storage *out)
{
    struct sockaddr_nl *name = (struct sockaddr_nl *)out;

    memset(out, 0, sizeof *out);
    name->nl_family = AF_NETLINK;
    name->nl_pid = own ? (uint32_t)t->process->pid : 0;
    return sizeof *name;
}
