/* Datagrams within the isolate: each is one message of the receiver's queue, with a head that says whose it is.  As on
 * a real network, what the receiver has no room for is lost. */
#include "hostvirt/net.h"
#include "hostvirt/syscall.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FEW_PARTS 8
#define LOOPBACK_INDEX 1 /* of "lo": sys_file_ioctl.c, net_link.c */

/* The guest's parts behind the head. */
struct parts {
    struct iovec few[FEW_PARTS + 1], *all;
    size_t count;
};

static int parts_join(struct parts *p, void *head, size_t bytes, const struct iovec *parts, size_t count)
{
    p->all = p->few;
    p->count = count + 1;
    if (count >= IOV_MAX)
        return -EMSGSIZE;
    if (count > FEW_PARTS && (p->all = malloc((count + 1) * sizeof *p->all)) == NULL)
        return -ENOMEM;
    p->all[0] = (struct iovec){head, bytes};
    if (count > 0)
        memcpy(p->all + 1, parts, count * sizeof *parts);
    return 0;
}

static void parts_free(struct parts *p)
{
    if (p->all != p->few)
        free(p->all);
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

static int64_t send_outside(struct thread *t, struct descriptor *d, const struct iovec *parts, size_t count, int flags,
                            struct net_address *to)
{
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = count,
                             .msg_name = to->bytes != 0 ? &to->host : NULL, .msg_namelen = to->bytes};
    int error = net_become_host(t, d);

    if (error != 0)
        return error;
    int64_t sent = blocking_call(t, SYS_sendmsg, d->host, (long)&message, flags, 0, 0, 0);
    return sent == -EINTR ? SYS_RESTART : sent;
}

static void fill_head(const struct guest_socket *s, const struct loop_address *to, int hops, int class,
                      struct loop_head *head)
{
    *head = (struct loop_head){.to = loop_concrete(to), .hops = hops, .class = class};
    loop_from_name(&s->bound, &head->from);
    if (loop_is_any(&head->from)) {
        uint16_t port = head->from.port;
        head->from = head->to;
        head->from.port = port;
    }
    bool v6 = s->family == AF_INET6;
    if (hops < 0)
        head->hops = v6 ? net_option_value(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS)
                        : net_option_value(s, IPPROTO_IP, IP_TTL);
    if (class < 0)
        head->class = v6 ? net_option_value(s, IPPROTO_IPV6, IPV6_TCLASS) : net_option_value(s, IPPROTO_IP, IP_TOS);
}

/* Nobody is there: whoever is connected hears of it when it next receives, as by the ICMP message that comes back on a
 * real network (udp(7)). */
static void refuse(struct thread *t, const struct loop_head *sent)
{
    struct loop_head back = {.from = sent->to, .to = sent->from, .refused = true};
    struct loop_row row;
    int queue = loopback_find(t->process->monitor, SOCK_DGRAM, &back.to, &row);

    if (queue < 0)
        return;
    send(queue, &back, sizeof back, MSG_DONTWAIT | MSG_NOSIGNAL);
    close(queue);
}

static int64_t send_inside(struct thread *t, struct descriptor *d, const struct iovec *parts, size_t count,
                           const struct loop_address *to, bool connected, int hops, int class)
{
    struct loop_head head;
    struct loop_row row;
    struct parts p;
    uint64_t bytes = 0, most = loop_is_v4(to) ? LOOP_DATAGRAM_MOST : LOOP_DATAGRAM_MOST_V6;

    for (size_t i = 0; i < count; i++)
        if (parts[i].iov_len > most || (bytes += parts[i].iov_len) > most)
            return -EMSGSIZE;
    int error = net_bind_datagram(t, d);
    if (error != 0)
        return error;
    fill_head(d->file->data, to, hops, class, &head);
    int queue = loopback_find(t->process->monitor, SOCK_DGRAM, &head.to, &row);
    if (queue == -ECONNREFUSED && connected)
        refuse(t, &head);
    if (queue < 0)
        return queue != -ECONNREFUSED ? queue : (int64_t)bytes;
    error = parts_join(&p, &head, sizeof head, parts, count);
    int64_t sent = error;
    if (error == 0) {
        struct msghdr message = {.msg_iov = p.all, .msg_iovlen = p.count};
        sent = sendmsg(queue, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        sent = sent >= 0 || errno == EAGAIN || errno == EPIPE ? (int64_t)bytes : -errno;
        parts_free(&p);
    }
    close(queue);
    return sent;
}

int64_t net_datagram_send(struct thread *t, struct descriptor *d, const struct iovec *parts, size_t count, int flags,
                          const struct sockaddr_storage *to, int hops, int class)
{
    const struct guest_socket *s = d->file->data;
    struct net_address host = {.folder = -1};
    struct loop_address inside;

    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
    if (to == NULL && s->peer_bytes == 0)
        return -EDESTADDRREQ;
    const struct sockaddr_storage *name = to != NULL ? to : &s->peer;
    int way = net_peer_address(t, s, name, sizeof *name, &host);
    if (way < 0)
        return way;
    if (way == NET_HOST || net_outside_address(t, s, name, &host) == 0)
        return send_outside(t, d, parts, count, flags, &host);
    loop_from_name(name, &inside);
    return send_inside(t, d, parts, count, &inside, to == NULL, hops, class);
}

/* ---- receiving ------------------------------------------------------------------------------------------------- */

/* A connected socket hears its peer only. */
static bool heard(const struct guest_socket *s, const struct loop_head *head)
{
    struct loop_address peer;

    return s->peer_bytes == 0 || !loop_from_name(&s->peer, &peer) || loop_same(&peer, &head->from);
}

static int64_t receive(struct thread *t, struct descriptor *d, const struct parts *p, int flags, int *message_flags)
{
    const struct guest_socket *s = d->file->data;
    const struct loop_head *head = p->all[0].iov_base;

    for (;;) {
        struct msghdr message = {.msg_iov = p->all, .msg_iovlen = p->count};
        int64_t got = blocking_call(t, SYS_recvmsg, d->host, (long)&message, flags, 0, 0, 0);
        *message_flags = message.msg_flags & ~MSG_EOR;
        if (got <= 0 || s->place == SOCKET_OPEN)
            return got; /* 0: shut down */
        if (got < (int64_t)sizeof *head)
            return -EIO;
        if (heard(s, head) && !head->refused)
            return got - (int64_t)sizeof *head;
        if ((flags & MSG_PEEK) && recv(d->host, NULL, 0, MSG_DONTWAIT) < 0)
            return -errno;
        if (heard(s, head) && head->refused && s->peer_bytes != 0)
            return -ECONNREFUSED;
    }
}

int64_t net_datagram_receive(struct thread *t, struct descriptor *d, const struct iovec *parts, size_t count, int flags,
                             struct loop_head *head, int *message_flags)
{
    struct parts p;

    memset(head, 0, sizeof *head);
    if (flags & MSG_ERRQUEUE)
        return -EAGAIN;
    if (flags & MSG_OOB)
        return -EOPNOTSUPP;
    int error = parts_join(&p, head, sizeof *head, parts, count);
    if (error != 0)
        return error;
    int64_t got = receive(t, d, &p, flags, message_flags);
    parts_free(&p);
    return got == -EINTR ? SYS_RESTART : got;
}

int net_datagram_waiting(int host)
{
    struct loop_head head;
    ssize_t got = recv(host, &head, sizeof head, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);

    return got > (ssize_t)sizeof head ? (int)(got - (ssize_t)sizeof head) : 0;
}

static size_t add_control(char *to, size_t used, size_t room, int level, int type, const void *value, size_t bytes)
{
    struct cmsghdr header = {.cmsg_len = CMSG_LEN(bytes), .cmsg_level = level, .cmsg_type = type};

    if (used + CMSG_SPACE(bytes) > room)
        return used;
    memset(to + used, 0, CMSG_SPACE(bytes));
    memcpy(to + used, &header, sizeof header);
    memcpy(to + used + CMSG_LEN(0), value, bytes);
    return used + CMSG_SPACE(bytes);
}

size_t net_datagram_control(const struct guest_socket *s, const struct loop_head *head, void *to, size_t room)
{
    struct in_pktinfo v4 = {.ipi_ifindex = LOOPBACK_INDEX};
    struct in6_pktinfo v6 = {.ipi6_ifindex = LOOPBACK_INDEX};
    size_t used = 0;

    memcpy(&v4.ipi_addr, head->to.ip + 12, sizeof v4.ipi_addr);
    v4.ipi_spec_dst = v4.ipi_addr;
    memcpy(&v6.ipi6_addr, head->to.ip, sizeof v6.ipi6_addr);
    if (s->family == AF_INET && net_option_value(s, IPPROTO_IP, IP_PKTINFO))
        used = add_control(to, used, room, IPPROTO_IP, IP_PKTINFO, &v4, sizeof v4);
    if (net_option_value(s, IPPROTO_IPV6, IPV6_RECVPKTINFO))
        used = add_control(to, used, room, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof v6);
    if (net_option_value(s, IPPROTO_IPV6, IPV6_RECVHOPLIMIT))
        used = add_control(to, used, room, IPPROTO_IPV6, IPV6_HOPLIMIT, &head->hops, sizeof head->hops);
    if (net_option_value(s, IPPROTO_IPV6, IPV6_RECVTCLASS))
        used = add_control(to, used, room, IPPROTO_IPV6, IPV6_TCLASS, &head->class, sizeof head->class);
    return used;
}
