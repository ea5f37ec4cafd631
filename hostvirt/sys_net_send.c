/* Sending messages, and the descriptors that travel in them (unix(7), SCM_RIGHTS).  Headers and vectors are copied
 * once; the data stays in guest memory, which the host's call checks itself. */
#include "hostvirt/net_message.h"
#include "hostvirt/sys_file.h"

#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

/* Guest descriptors in a control message become the host's. */
static int translate_rights(struct thread *t, int socket, struct message *m, struct cmsghdr *part)
{
    if (!net_rights_stay(t->process->monitor, socket, m->host.msg_name != NULL ? &m->address : NULL))
        return -EPERM;
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    int *numbers = (int *)CMSG_DATA(part);

    for (size_t i = 0; i < count; i++) {
        int number;
        memcpy(&number, numbers + i, sizeof number);
        if (m->travellers == RIGHTS_LIMIT)
            return -EINVAL;
        struct descriptor *d = descriptor_get(t->process, number);
        if (d == NULL)
            return -EBADF;
        m->travelling[m->travellers++] = d;
        memcpy(numbers + i, &d->host, sizeof d->host);
    }
    return 0;
}

/* What a datagram within the isolate may choose for itself (ip(7), ipv6(7)); where it comes from it may not. */
static int take_choice(const struct guest_socket *s, struct message *m, const struct cmsghdr *part)
{
    bool v6 = s->family == AF_INET6 && part->cmsg_level == IPPROTO_IPV6, v4 = part->cmsg_level == IPPROTO_IP;
    int value;

    if (net_plain(s) || part->cmsg_len < CMSG_LEN(sizeof value) || (!v4 && !v6))
        return -EINVAL;
    memcpy(&value, CMSG_DATA(part), sizeof value);
    if (v6 ? part->cmsg_type == IPV6_HOPLIMIT : part->cmsg_type == IP_TTL)
        m->hops = value;
    else if (v6 ? part->cmsg_type == IPV6_TCLASS : part->cmsg_type == IP_TOS)
        m->class = value;
    else
        return -EINVAL;
    return value < -1 || value > 255 ? -EINVAL : 0;
}

static int copy_control(struct thread *t, struct message *m, const struct descriptor *d, uint64_t from, uint64_t bytes)
{
    const struct guest_socket *s = d->file->data;

    if (bytes == 0)
        return 0;
    if (bytes > sizeof m->control)
        return -ENOBUFS;
    if (copy_in(m->control, from, bytes) != 0)
        return -EFAULT;
    m->host.msg_control = m->control;
    m->host.msg_controllen = bytes;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&m->host); part != NULL; part = CMSG_NXTHDR(&m->host, part)) {
        size_t left = (size_t)(m->control + bytes - (char *)part);
        if (part->cmsg_len < sizeof *part || part->cmsg_len > left)
            return -EINVAL;
        /* Credentials would name the monitor; packet information could choose another address. */
        int error = s->family == AF_UNIX && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS
                        ? translate_rights(t, d->host, m, part)
                    : part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS ? -EPERM
                                                                                           : take_choice(s, m, part);
        if (error != 0)
            return error;
    }
    return net_rights_pack(t, m);
}

/* Where a message with a name goes; streams that are connected take no notice of it (tcp(7)). */
static int find_peer(struct thread *t, const struct guest_socket *s, struct message *m, socklen_t bytes)
{
    if (s->place == SOCKET_LINK || (s->type == SOCK_STREAM && s->family != AF_UNIX))
        return 0;
    int way = net_peer_address(t, s, &m->name, bytes, &m->address);
    if (way == NET_INSIDE && s->place == SOCKET_HOST)
        way = net_outside_address(t, s, &m->name, &m->address);
    m->named = way == NET_INSIDE || (way == NET_HOST && s->family != AF_UNIX);
    m->host.msg_name = &m->address.host;
    m->host.msg_namelen = m->address.bytes;
    return way < 0 ? way : 0;
}

/* A message with its parts in m->host, by whatever way its socket has. */
static int64_t send_parts(struct thread *t, struct descriptor *d, struct message *m, int flags)
{
    const struct guest_socket *s = d->file->data;

    if (s->place == SOCKET_LINK)
        return net_link_request(t, d, m->host.msg_iov, m->host.msg_iovlen);
    if (s->place != SOCKET_HOST && s->type == SOCK_DGRAM)
        return net_datagram_send(t, d, m->host.msg_iov, m->host.msg_iovlen, flags, m->named ? &m->name : NULL, m->hops,
                                 m->class);
    if (!net_plain(s)) {
        if ((flags & MSG_NOSIGNAL) == 0)
            file_signal_self(t, SIGPIPE);
        return -EPIPE;
    }
    if (s->place == SOCKET_LOOP)
        return net_stream_send(t, d, &m->host, flags);
    int64_t result = blocking_call(t, SYS_sendmsg, d->host, (long)&m->host, flags, 0, 0, 0);
    return result == -EINTR ? SYS_RESTART : result;
}

static int64_t send_one(struct thread *t, struct descriptor *d, const struct msghdr *guest, int flags)
{
    const struct guest_socket *s = d->file->data;
    struct message *m = net_message_new();
    int error = 0;

    if (m == NULL)
        return -ENOMEM;
    if (guest->msg_name != NULL && guest->msg_namelen > 0) {
        error = net_copy_address(&m->name, (uint64_t)(uintptr_t)guest->msg_name, guest->msg_namelen);
        if (error == 0)
            error = find_peer(t, s, m, guest->msg_namelen);
    }
    if (error == 0)
        error = net_message_vector(m, (uint64_t)(uintptr_t)guest->msg_iov, guest->msg_iovlen);
    if (error == 0)
        error = copy_control(t, m, d, (uint64_t)(uintptr_t)guest->msg_control, guest->msg_controllen);
    int64_t result = error != 0 ? error : send_parts(t, d, m, flags);
    net_message_free(m);
    return result;
}

SYSCALL(sendmsg)
{
    struct msghdr guest;
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    int64_t result = copy_in(&guest, c->arg[1], sizeof guest) != 0 ? -EFAULT : send_one(t, d, &guest, arg_int(c, 2));
    descriptor_put(d);
    return result;
}

/* The most frequent ones need no message made. */
static int64_t send_plain(struct thread *t, struct descriptor *d, const struct call *c)
{
    void *data = guest_buffer(c->arg[1], c->arg[2]);

    if (data == NULL && c->arg[2] > 0)
        return -EFAULT;
    const struct guest_socket *s = d->file->data;
    if (s->place == SOCKET_LOOP)
        return net_stream_send(t, d, &(struct msghdr){.msg_iov = &(struct iovec){data, c->arg[2]}, .msg_iovlen = 1},
                               arg_int(c, 3));
    int64_t result = blocking_call(t, SYS_sendto, d->host, (long)data, (long)c->arg[2], arg_int(c, 3), 0, 0);
    return result == -EINTR ? SYS_RESTART : result;
}

static int64_t send_named(struct thread *t, struct descriptor *d, const struct call *c)
{
    struct message *m = net_message_new();
    int error = m == NULL ? -ENOMEM : 0;

    if (error != 0)
        return error;
    if (c->arg[4] != 0)
        error = net_copy_address(&m->name, c->arg[4], (uint32_t)c->arg[5]);
    if (error == 0 && c->arg[4] != 0)
        error = find_peer(t, d->file->data, m, (socklen_t)c->arg[5]);
    m->vector[0] = (struct iovec){guest_buffer(c->arg[1], c->arg[2]), c->arg[2]};
    m->host.msg_iov = m->vector;
    m->host.msg_iovlen = 1;
    if (error == 0 && m->vector[0].iov_base == NULL && c->arg[2] > 0)
        error = -EFAULT;
    int64_t result = error != 0 ? error : send_parts(t, d, m, arg_int(c, 3));
    net_message_free(m);
    return result;
}

SYSCALL(sendto)
{
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    bool plain = c->arg[4] == 0 && net_plain(d->file->data);
    int64_t result = plain ? send_plain(t, d, c) : send_named(t, d, c);
    descriptor_put(d);
    return result;
}

SYSCALL(sendmmsg)
{
    uint32_t count = (uint32_t)c->arg[2] < MESSAGES_LIMIT ? (uint32_t)c->arg[2] : MESSAGES_LIMIT, sent = 0;
    int error;
    int64_t result = 0;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    while (sent < count) {
        struct mmsghdr guest;
        uint64_t at = c->arg[1] + sent * sizeof guest;
        result = copy_in(&guest, at, sizeof guest) != 0 ? -EFAULT : send_one(t, d, &guest.msg_hdr, arg_int(c, 3));
        uint32_t bytes = (uint32_t)result;
        if (result < 0 || copy_out(at + offsetof(struct mmsghdr, msg_len), &bytes, sizeof bytes) != 0)
            break;
        sent++;
    }
    descriptor_put(d);
    return sent > 0 ? (int64_t)sent : result;
}
