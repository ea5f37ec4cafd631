/* Receiving messages, and the descriptors that arrive in them (unix(7), SCM_RIGHTS).  Headers and vectors are copied
 * once; the data goes into guest memory, which the host's call checks itself. */
#include "hostvirt/clock.h"
#include "hostvirt/net_message.h"
#include "hostvirt/sys_file.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What came in a control message of rights, from the entry `from` on, as descriptors of the host. */
static void close_rights(const struct cmsghdr *part, size_t from)
{
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t i = from; i < count; i++) {
        int host;
        memcpy(&host, CMSG_DATA(part) + i * sizeof host, sizeof host);
        close(host);
    }
}

/* Host descriptors that arrived become the guest's, in place, up to the first that cannot: the rest is cut, as Linux
 * does it.  How many there are then. */
static size_t install_rights(struct thread *t, struct message *m, const struct cmsghdr *part, bool close_on_exec)
{
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t i = 0; i < count; i++) {
        int host;
        memcpy(&host, CMSG_DATA(part) + i * sizeof host, sizeof host);
        struct file *f = net_rights_file(t, m, i, host);
        if (f == NULL) {
            close_rights(part, i);
            return i;
        }
        int guest = descriptor_install(t->process, host, f, close_on_exec, 0);
        if (guest < 0) {
            close_rights(part, i + 1);
            return i;
        }
        memcpy((char *)CMSG_DATA(part) + i * sizeof guest, &guest, sizeof guest);
    }
    return count;
}

/* The guest will not hear of them. */
static void uninstall_rights(struct thread *t, const struct cmsghdr *part)
{
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

    for (size_t i = 0; i < count; i++) {
        int guest;
        memcpy(&guest, CMSG_DATA(part) + i * sizeof guest, sizeof guest);
        descriptor_close(t->process, guest);
    }
}

/* What the guest has no room for is closed; the host was given more room than the guest's (net_rights.c). */
static void cut_rights(struct cmsghdr *part, uint64_t room)
{
    size_t most = room > CMSG_LEN(0) ? (room - CMSG_LEN(0)) / sizeof(int) : 0;

    if (part->cmsg_len <= CMSG_LEN(most * sizeof(int)))
        return;
    close_rights(part, most);
    part->cmsg_len = CMSG_LEN(most * sizeof(int));
}

/* Rights, but for those that strangers send; shortens the message to what the guest, with `room` bytes, has got. */
static void take_rights(struct thread *t, int socket, struct message *m, struct cmsghdr *part, int flags, uint64_t room)
{
    net_rights_unpack(t, m, part);
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int), taken = 0;

    cut_rights(part, room);
    if (net_rights_stay(t->process->monitor, socket, NULL))
        taken = install_rights(t, m, part, (flags & MSG_CMSG_CLOEXEC) != 0);
    else
        close_rights(part, 0);
    if (taken < count)
        m->host.msg_flags |= MSG_CTRUNC;
    part->cmsg_len = CMSG_LEN(taken * sizeof(int));
}

/* Rights and timestamps go on to the guest; what names the host's processes does not. */
static int give_control(struct thread *t, int socket, struct message *m, const struct msghdr *guest, int flags,
                        uint64_t *given)
{
    uint64_t to = (uint64_t)(uintptr_t)guest->msg_control;
    int error = 0;

    *given = 0;
    /* To the end even without room: descriptors that the guest does not get are closed. */
    for (struct cmsghdr *part = CMSG_FIRSTHDR(&m->host), *next; part != NULL; part = next) {
        bool rights = part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS;
        uint64_t left = error == 0 ? guest->msg_controllen - *given : 0;
        next = CMSG_NXTHDR(&m->host, part); /* by the length that it has now */
        if (rights)
            take_rights(t, socket, m, part, flags, left);
        else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type != SCM_TIMESTAMP)
            continue;
        if (rights && part->cmsg_len == CMSG_LEN(0))
            continue;
        size_t room = CMSG_ALIGN(part->cmsg_len);
        if (part->cmsg_len > left) { /* cut as Linux does (put_cmsg) */
            m->host.msg_flags |= MSG_CTRUNC;
            part->cmsg_len = left;
        }
        if (left < sizeof *part)
            continue;
        if (copy_out(to + *given, part, part->cmsg_len) != 0) {
            if (rights)
                uninstall_rights(t, part);
            error = -EFAULT;
            continue;
        }
        *given += room <= left ? room : part->cmsg_len;
    }
    return error;
}

/* Who sent what was received, as the guest knows it. */
static void set_name(const struct thread *t, struct message *m, const struct guest_socket *s)
{
    if (s->family == AF_UNIX && m->host.msg_namelen > sizeof(sa_family_t))
        m->host.msg_namelen = net_unix_name(t->process->monitor->family, &m->name, m->host.msg_namelen);
    if (s->place == SOCKET_LINK)
        m->host.msg_namelen = net_link_name(t, false, &m->name);
    else if (s->place == SOCKET_LOOP)
        m->host.msg_namelen = s->type == SOCK_DGRAM ? loop_to_name(&m->head.from, s->family, &m->name) : 0;
}

/* Gives the guest what arrived with the data: name, control messages, flags, into its header at `at`. */
static int give_header(struct thread *t, int socket, struct message *m, const struct msghdr *guest, uint64_t at,
                       int flags)
{
    uint64_t control;
    int error = give_control(t, socket, m, guest, flags, &control);
    uint32_t name = m->host.msg_namelen;

    uint32_t room = name < guest->msg_namelen ? name : guest->msg_namelen;
    if (error == 0 && guest->msg_name != NULL)
        error = copy_out((uint64_t)(uintptr_t)guest->msg_name, &m->name, room);
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
    struct message *m = net_message_new();

    if (m == NULL)
        return -ENOMEM;
    int64_t result = copy_in(&guest, at, sizeof guest);
    if (result == 0)
        result = net_message_vector(m, (uint64_t)(uintptr_t)guest.msg_iov, guest.msg_iovlen);
    if (result == 0) {
        m->host.msg_control = m->control;
        m->host.msg_controllen = sizeof m->control; /* what the guest has no room for is cut in give_control */
        result = receive_parts(t, d, m, flags);
    }
    if (result >= 0) {
        int error = give_header(t, d->host, m, &guest, at, flags);
        result = error != 0 ? error : result;
    }
    net_message_free(m);
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
    struct message *m = net_message_new();

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
    net_message_free(m);
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
        int rest = got > 0 && (flags & MSG_WAITFORONE) ? MSG_DONTWAIT : 0;
        result = receive_one(t, d, at, (flags & ~MSG_WAITFORONE) | rest);
        uint32_t bytes = (uint32_t)result;
        if (result < 0 || copy_out(at + offsetof(struct mmsghdr, msg_len), &bytes, sizeof bytes) != 0)
            break;
        got++;
    }
    descriptor_put(d);
    return got > 0 ? (int64_t)got : result;
}
