/* Sending and receiving: messages, their vectors, and descriptors that travel in them (unix(7), SCM_RIGHTS).
 * Headers and vectors are copied once; the data stays in guest memory, which the host's call checks itself. */
#include "hostvirt/clock.h"
#include "hostvirt/net.h"
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define CONTROL_BYTES 4096
#define RIGHTS_LIMIT 253 /* SCM_MAX_FD */
#define MESSAGES_LIMIT 1024

struct message {
    struct msghdr host;
    struct iovec vector[8], *longer; /* longer: malloc'ed for more pieces */
    struct sockaddr_storage name;
    struct net_address address;
    char control[CONTROL_BYTES] __attribute__((aligned(8)));
    struct descriptor *travelling[RIGHTS_LIMIT];
    unsigned travellers;
    bool named;      /* for a datagram inside: to `name` */
    int hops, class; /* of it, -1: as the socket's options say */
    struct loop_head head; /* of one that was received */
};

static void message_free(struct message *m)
{
    for (unsigned i = 0; i < m->travellers; i++)
        descriptor_put(m->travelling[i]);
    net_address_release(&m->address);
    free(m->longer);
}

static int copy_vector(struct message *m, uint64_t from, uint64_t count)
{
    uint64_t sum = 0;

    if (count > IOV_MAX)
        return -EMSGSIZE;
    m->host.msg_iov = m->vector;
    if (count > sizeof m->vector / sizeof m->vector[0])
        m->host.msg_iov = m->longer = calloc(count, sizeof *m->longer);
    if (m->host.msg_iov == NULL)
        return -ENOMEM;
    if (copy_in(m->host.msg_iov, from, count * sizeof(struct iovec)) != 0)
        return -EFAULT;
    m->host.msg_iovlen = count;
    for (uint64_t i = 0; i < count; i++) {
        const struct iovec *v = &m->host.msg_iov[i];
        sum += v->iov_len;
        if (v->iov_len > SSIZE_MAX || sum > SSIZE_MAX)
            return -EINVAL;
        if (v->iov_len > 0 && guest_buffer((uint64_t)(uintptr_t)v->iov_base, v->iov_len) == NULL)
            return -EFAULT;
    }
    return 0;
}

/* ---- sending --------------------------------------------------------------------------------------------------- */

/* Guest descriptors in a control message become the host's. */
static int translate_rights(struct thread *t, struct message *m, struct cmsghdr *part)
{
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

static int copy_control(struct thread *t, struct message *m, const struct guest_socket *s, uint64_t from, uint64_t bytes)
{
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
                        ? translate_rights(t, m, part)
                    : part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_CREDENTIALS ? -EPERM
                                                                                           : take_choice(s, m, part);
        if (error != 0)
            return error;
    }
    return 0;
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

static struct message *message_new(void)
{
    struct message *m = calloc(1, sizeof *m);

    if (m != NULL) {
        m->address.folder = -1;
        m->hops = m->class = -1;
    }
    return m;
}

static int64_t send_one(struct thread *t, struct descriptor *d, const struct msghdr *guest, int flags)
{
    const struct guest_socket *s = d->file->data;
    struct message *m = message_new();
    int error = 0;

    if (m == NULL)
        return -ENOMEM;
    if (guest->msg_name != NULL && guest->msg_namelen > 0) {
        error = net_copy_address(&m->name, (uint64_t)(uintptr_t)guest->msg_name, guest->msg_namelen);
        if (error == 0)
            error = find_peer(t, s, m, guest->msg_namelen);
    }
    if (error == 0)
        error = copy_vector(m, (uint64_t)(uintptr_t)guest->msg_iov, guest->msg_iovlen);
    if (error == 0)
        error = copy_control(t, m, s, (uint64_t)(uintptr_t)guest->msg_control, guest->msg_controllen);
    int64_t result = error != 0 ? error : send_parts(t, d, m, flags);
    message_free(m);
    free(m);
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
    struct message *m = message_new();
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
    message_free(m);
    free(m);
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

/* ---- receiving ------------------------------------------------------------------------------------------------- */

/* Host descriptors that arrived become the guest's, in place. */
static void install_rights(struct thread *t, struct cmsghdr *part, bool close_on_exec)
{
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    int *numbers = (int *)CMSG_DATA(part);

    for (size_t i = 0; i < count; i++) {
        int host;
        memcpy(&host, numbers + i, sizeof host);
        struct file *f = net_describe(t->process->monitor, host);
        int guest = -EACCES;
        if (f != NULL)
            guest = descriptor_install(t->process, host, f, close_on_exec, 0);
        else
            close(host);
        memcpy(numbers + i, &guest, sizeof guest);
    }
}

/* Rights and timestamps go on to the guest; what names the host's processes does not. */
static int give_control(struct thread *t, struct message *m, const struct msghdr *guest, int flags, uint64_t *given)
{
    uint64_t to = (uint64_t)(uintptr_t)guest->msg_control;

    *given = 0;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&m->host); part != NULL; part = CMSG_NXTHDR(&m->host, part)) {
        bool rights = part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS;
        if (rights)
            install_rights(t, part, (flags & MSG_CMSG_CLOEXEC) != 0);
        else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type != SCM_TIMESTAMP)
            continue;
        size_t room = CMSG_ALIGN(part->cmsg_len);
        uint64_t left = guest->msg_controllen - *given;
        if (part->cmsg_len > left) { /* cut, as Linux does (put_cmsg) */
            m->host.msg_flags |= MSG_CTRUNC;
            part->cmsg_len = left;
        }
        if (left < sizeof *part)
            break;
        if (copy_out(to + *given, part, part->cmsg_len) != 0)
            return -EFAULT;
        *given += room <= left ? room : part->cmsg_len;
        if ((m->host.msg_flags & MSG_CTRUNC) && part->cmsg_len == left)
            break; /* CMSG_NXTHDR would go by the cut length */
    }
    return 0;
}

/* Who sent what was received, as the guest knows it. */
static void set_name(const struct thread *t, struct message *m, const struct guest_socket *s)
{
    if (s->family == AF_UNIX && m->host.msg_namelen > sizeof(sa_family_t))
        m->host.msg_namelen = sizeof(sa_family_t); /* the host's name for it says nothing to the guest */
    if (s->place == SOCKET_LINK)
        m->host.msg_namelen = net_link_name(t, false, &m->name);
    else if (s->place == SOCKET_LOOP)
        m->host.msg_namelen = s->type == SOCK_DGRAM ? loop_to_name(&m->head.from, s->family, &m->name) : 0;
}

/* Gives the guest what arrived with the data: name, control messages, flags, into its header at `at`. */
static int give_header(struct thread *t, struct message *m, const struct msghdr *guest, uint64_t at, int flags)
{
    uint64_t control;
    int error = give_control(t, m, guest, flags, &control);
    uint32_t name = m->host.msg_namelen;

    if (error == 0 && guest->msg_name != NULL)
        error = copy_out((uint64_t)(uintptr_t)guest->msg_name, &m->name, name < guest->msg_namelen ? name : guest->msg_namelen);
    if (error == 0)
        error = copy_out(at + offsetof(struct msghdr, msg_namelen), &name, sizeof name);
    if (error == 0)
        error = copy_out(at + offsetof(struct msghdr, msg_controllen), &control, sizeof control);
    if (error == 0)
        error = copy_out(at + offsetof(struct msghdr, msg_flags), &m->host.msg_flags, sizeof m->host.msg_flags);
    return error;
}

/* Receives into m->host's parts, by whatever way the socket has; sets its name, control messages and flags. */
static int64_t receive_parts(struct thread *t, struct descriptor *d, struct message *m, int flags)
{
    const struct guest_socket *s = d->file->data;
    int64_t result;

    if (s->place != SOCKET_HOST && s->place != SOCKET_LINK && s->type == SOCK_DGRAM) {
        result = net_datagram_receive(t, d, m->host.msg_iov, m->host.msg_iovlen, flags, &m->head, &m->host.msg_flags);
        if (result >= 0)
            m->host.msg_controllen = net_datagram_control(s, &m->head, m->control, sizeof m->control);
    } else if (net_plain(s) || s->place == SOCKET_LINK) {
        m->host.msg_name = &m->name;
        m->host.msg_namelen = sizeof m->name;
        result = blocking_call(t, SYS_recvmsg, d->host, (long)&m->host, flags | MSG_CMSG_CLOEXEC, 0, 0, 0);
    } else {
        result = -ENOTCONN;
    }
    if (result >= 0)
        set_name(t, m, s);
    if ((flags & MSG_CMSG_CLOEXEC) == 0)
        m->host.msg_flags &= ~MSG_CMSG_CLOEXEC;
    return result == -EINTR ? SYS_RESTART : result;
}

static int64_t receive_one(struct thread *t, struct descriptor *d, uint64_t at, int flags)
{
    struct msghdr guest;
    struct message *m = message_new();

    if (m == NULL)
        return -ENOMEM;
    int64_t result = copy_in(&guest, at, sizeof guest);
    if (result == 0)
        result = copy_vector(m, (uint64_t)(uintptr_t)guest.msg_iov, guest.msg_iovlen);
    if (result == 0) {
        m->host.msg_control = m->control;
        m->host.msg_controllen = guest.msg_controllen < sizeof m->control ? guest.msg_controllen : sizeof m->control;
        result = receive_parts(t, d, m, flags);
    }
    if (result >= 0) {
        int error = give_header(t, m, &guest, at, flags);
        result = error != 0 ? error : result;
    }
    message_free(m);
    free(m);
    return result;
}

SYSCALL(recvmsg)
{
    int error;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);

    if (d == NULL)
        return error;
    int64_t result = receive_one(t, d, c->arg[1], arg_int(c, 2));
    descriptor_put(d);
    return result;
}

static int64_t receive_plain(struct thread *t, const struct descriptor *d, const struct call *c)
{
    long result = blocking_call(t, SYS_recvfrom, d->host, (long)c->arg[1], (long)c->arg[2], arg_int(c, 3), 0, 0);

    return result == -EINTR ? SYS_RESTART : result;
}

static int64_t receive_named(struct thread *t, struct descriptor *d, const struct call *c)
{
    struct message *m = message_new();

    if (m == NULL)
        return -ENOMEM;
    m->vector[0] = (struct iovec){(void *)(uintptr_t)c->arg[1], c->arg[2]};
    m->host.msg_iov = m->vector;
    m->host.msg_iovlen = 1;
    int64_t result = receive_parts(t, d, m, arg_int(c, 3));
    if (result >= 0 && c->arg[4] != 0) {
        int error = net_give_address(&m->name, m->host.msg_namelen, c->arg[4], c->arg[5]);
        result = error != 0 ? error : result;
    }
    message_free(m);
    free(m);
    return result;
}

SYSCALL(recvfrom)
{
    int error;

    if (guest_buffer(c->arg[1], c->arg[2]) == NULL && c->arg[2] > 0)
        return -EFAULT;
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);
    if (d == NULL)
        return error;
    bool plain = c->arg[4] == 0 && net_plain(d->file->data);
    int64_t result = plain ? receive_plain(t, d, c) : receive_named(t, d, c);
    descriptor_put(d);
    return result;
}

/* The time-out is looked at between messages only, as Linux does (recvmmsg(2), BUGS). */
SYSCALL(recvmmsg)
{
    uint32_t count = (uint32_t)c->arg[2] < MESSAGES_LIMIT ? (uint32_t)c->arg[2] : MESSAGES_LIMIT, got = 0;
    int error, flags = arg_int(c, 3);
    struct timespec timeout;
    uint64_t end = 0;
    int64_t result = 0;

    if (c->arg[4] != 0) {
        if (copy_in(&timeout, c->arg[4], sizeof timeout) != 0)
            return -EFAULT;
        if (!timespec_valid(&timeout))
            return -EINVAL;
        end = clock_host() + timespec_ns(&timeout);
    }
    struct descriptor *d = net_socket(t, arg_int(c, 0), &error);
    if (d == NULL)
        return error;
    while (got < count && (end == 0 || clock_host() < end || got == 0)) {
        uint64_t at = c->arg[1] + got * sizeof(struct mmsghdr);
        result = receive_one(t, d, at, (flags & ~MSG_WAITFORONE) | (got > 0 && (flags & MSG_WAITFORONE) ? MSG_DONTWAIT : 0));
        uint32_t bytes = (uint32_t)result;
        if (result < 0 || copy_out(at + offsetof(struct mmsghdr, msg_len), &bytes, sizeof bytes) != 0)
            break;
        got++;
    }
    descriptor_put(d);
    return got > 0 ? (int64_t)got : result;
}
