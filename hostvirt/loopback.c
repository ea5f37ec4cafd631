/* Bound addresses of a family and their queues.  Everything here is under the loopback's lock, which a killed monitor
 * gives back; at worst its own row is half written then, and its queue dead. */
#include "hostvirt/process.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define STORE_BYTES (1 << 20) /* asked for; the kernel cuts it to net.core.wmem_max, whose default holds 550 messages */

static struct loopback *take_lock(struct monitor *m)
{
    struct loopback *l = &m->family->loopback;

    shared_mutex_lock(&l->lock);
    return l;
}

static int prepare(struct monitor *m)
{
    const int bytes = STORE_BYTES;
    int store[2];

    if (m->loopback_store[0] != 0)
        return 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, store) != 0)
        return -errno;
    setsockopt(store[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    m->loopback_store[0] = store[0];
    m->loopback_store[1] = store[1];
    return 0;
}

int loopback_prepare(struct monitor *m)
{
    struct loopback *l = take_lock(m);
    int error = prepare(m);

    pthread_mutex_unlock(&l->lock);
    return error;
}

/* ---- the store --------------------------------------------------------------------------------------------------- */

union one_right { /* room for one descriptor in a control message */
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

static int store_put(struct monitor *m, struct loop_row *row, int queue)
{
    union one_right control = {.header = {CMSG_LEN(sizeof queue), SOL_SOCKET, SCM_RIGHTS}};
    struct iovec serial = {&row->serial, sizeof row->serial};
    struct msghdr message = {.msg_iov = &serial, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    struct loopback *l = &m->family->loopback;

    memcpy(CMSG_DATA(&control.header), &queue, sizeof queue);
    if (sendmsg(m->loopback_store[1], &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return -errno;
    row->position = l->stored++;
    return 0;
}

/* The store's next message: its descriptor; -EMFILE when the host has none left for it, -ENOENT without a message. */
static int store_get(struct monitor *m, int flags, uint32_t *serial)
{
    union one_right control = {{0}};
    struct iovec vector = {serial, sizeof *serial};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    int queue = -EMFILE;

    *serial = 0;
    if (recvmsg(m->loopback_store[0], &message, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof *serial)
        return -ENOENT;
    if (message.msg_controllen >= CMSG_LEN(sizeof queue) && control.header.cmsg_type == SCM_RIGHTS)
        memcpy(&queue, CMSG_DATA(&control.header), sizeof queue);
    return queue;
}

/* A duplicate of a row's end.  SO_PEEK_OFF counts bytes over messages, which are all of one length. */
static int store_peek(struct monitor *m, const struct loop_row *row)
{
    const int from = (int)(row->position * sizeof row->serial), none = -1;
    uint32_t serial = 0;
    int queue = -ENOENT;

    if (setsockopt(m->loopback_store[0], SOL_SOCKET, SO_PEEK_OFF, &from, sizeof from) == 0)
        queue = store_get(m, MSG_PEEK, &serial);
    setsockopt(m->loopback_store[0], SOL_SOCKET, SO_PEEK_OFF, &none, sizeof none);
    if (queue >= 0 && serial != row->serial) {
        close(queue);
        queue = -ENOENT;
    }
    return queue;
}

static bool dead(int queue)
{
    struct pollfd polled = {queue, 0, 0};

    return poll(&polled, 1, 0) == 1 && (polled.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* The end of a living row.  A dead row is freed: -ENOENT. */
static int row_queue(struct monitor *m, struct loop_row *row)
{
    int queue = store_peek(m, row);

    if (queue >= 0 && dead(queue)) {
        close(queue);
        queue = -ENOENT;
    }
    if (queue == -ENOENT)
        row->serial = 0;
    return queue;
}

/* Every message once around: those of living rows are put back. */
static void sweep(struct monitor *m)
{
    struct loopback *l = &m->family->loopback;
    uint32_t count = l->stored, serial;

    l->stored = 0;
    for (uint32_t i = 0; i < count; i++) {
        int queue = store_get(m, 0, &serial);
        struct loop_row *row = loop_table_serial(&l->table, serial);
        if (row != NULL && (queue < 0 || dead(queue) || store_put(m, row, queue) != 0))
            row->serial = 0;
        if (queue >= 0)
            close(queue);
    }
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static int check_conflicts(struct monitor *m, struct loop_table *table, const struct loop_row *wanted)
{
    struct loop_row *row;
    unsigned from = 0;

    while ((row = loop_table_conflict(table, wanted, &from)) != NULL) {
        int queue = row_queue(m, row);
        if (queue == -ENOENT)
            continue;
        if (queue >= 0)
            close(queue);
        return -EADDRINUSE;
    }
    return 0;
}

static int choose_port(struct monitor *m, struct loop_table *table, struct loop_row *row)
{
    row->address.port = loop_table_port(table, row);
    if (row->address.port == 0) {
        sweep(m);
        row->address.port = loop_table_port(table, row);
    }
    return row->address.port != 0 ? 0 : -EADDRINUSE;
}

/* The row's queue goes into the store and the row into the table. */
static int publish(struct monitor *m, struct loop_table *table, struct loop_row *row, int queue)
{
    struct loop_row *to = loop_table_free(table);

    if (to == NULL) {
        sweep(m);
        to = loop_table_free(table);
    }
    if (to == NULL)
        return -ENOBUFS;
    int error = store_put(m, row, queue);
    if (error == -EAGAIN) {
        sweep(m);
        error = store_put(m, row, queue);
    }
    if (error == 0)
        *to = *row;
    return error == -EAGAIN ? -ENOBUFS : error;
}

static int bind_locked(struct monitor *m, struct loopback *l, struct loop_row *row, int *queue)
{
    int ends[2], error = prepare(m);

    if (error == 0)
        error = row->address.port == 0 ? choose_port(m, &l->table, row) : check_conflicts(m, &l->table, row);
    if (error == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        error = -errno;
    if (error != 0)
        return error;
    if (++l->last_serial == 0)
        l->last_serial = 1;
    row->serial = l->last_serial;
    error = publish(m, &l->table, row, ends[1]);
    close(ends[1]);
    if (error != 0)
        close(ends[0]);
    else
        *queue = ends[0];
    return error;
}

int loopback_bind(struct monitor *m, struct loop_row *row, int *queue)
{
    struct loopback *l = take_lock(m);
    int error;

    row->serial = 0;
    error = bind_locked(m, l, row, queue);
    pthread_mutex_unlock(&l->lock);
    return error;
}

int loopback_listen(struct monitor *m, uint32_t serial)
{
    struct loopback *l = take_lock(m);
    struct loop_row *row = loop_table_serial(&l->table, serial);
    int error = row == NULL ? -EINVAL : 0;

    if (error == 0) {
        struct loop_row wanted = *row;
        wanted.flags |= LOOP_LISTENING;
        error = check_conflicts(m, &l->table, &wanted);
    }
    if (error == 0)
        row->flags |= LOOP_LISTENING;
    pthread_mutex_unlock(&l->lock);
    return error;
}

uint16_t loopback_port(struct monitor *m, const struct loop_row *wanted)
{
    struct loopback *l = take_lock(m);
    uint16_t port = loop_table_port(&l->table, wanted);

    pthread_mutex_unlock(&l->lock);
    return port;
}

int loopback_find(struct monitor *m, int type, const struct loop_address *to, struct loop_row *found)
{
    struct loopback *l = take_lock(m);
    struct loop_row *row;
    int queue = -ENOENT;

    while (queue == -ENOENT && (row = loop_table_find(&l->table, type, to)) != NULL) {
        *found = *row;
        queue = row_queue(m, row);
    }
    pthread_mutex_unlock(&l->lock);
    return queue == -ENOENT ? -ECONNREFUSED : queue;
}
