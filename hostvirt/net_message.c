/* Messages that guests send and receive: their making, their vectors, their end. */
#include "hostvirt/net_message.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

struct message *net_message_new(void)
{
    struct message *m = calloc(1, sizeof *m);

    if (m != NULL) {
        m->address.folder = -1;
        m->hops = m->class = -1;
    }
    return m;
}

void net_message_free(struct message *m)
{
    for (unsigned i = 0; i < m->travellers; i++)
        descriptor_put(m->travelling[i]);
    for (unsigned i = 0; i < m->extras; i++)
        if (m->extra[i] >= 0)
            close(m->extra[i]);
    free(m->note);
    net_address_release(&m->address);
    free(m->longer);
    free(m);
}

int net_message_vector(struct message *m, uint64_t from, uint64_t count)
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
