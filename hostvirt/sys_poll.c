/* Waiting for descriptors: poll and select in their forms (poll(2), select(2)).  The guest's array is copied once; its
 * numbers become host descriptors, which are held while the call waits. */
#include "hostvirt/clock.h"
#include "hostvirt/file.h"
#include "hostvirt/syscall.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct waiting {
    struct pollfd *host;             /* what the host polls; fd -1 where the guest's was bad */
    struct descriptor **descriptors; /* held; NULL entries */
    unsigned count, bad;             /* bad: guest descriptors that are not open */
};

static int waiting_new(struct waiting *w, unsigned count)
{
    *w = (struct waiting){calloc(count + 1, sizeof *w->host), calloc(count + 1, sizeof *w->descriptors), count, 0};
    return w->host != NULL && w->descriptors != NULL ? 0 : -ENOMEM;
}

static void waiting_free(struct waiting *w)
{
    for (unsigned i = 0; w->descriptors != NULL && i < w->count; i++)
        if (w->descriptors[i] != NULL)
            descriptor_put(w->descriptors[i]);
    free(w->descriptors);
    free(w->host);
}

/* Entry i waits for `events` on the guest's descriptor; a negative one is passed over, as poll does. */
static void waiting_set(struct waiting *w, struct process *p, unsigned i, int guest, short events)
{
    w->host[i] = (struct pollfd){-1, events, 0};
    if (guest < 0)
        return;
    w->descriptors[i] = descriptor_get(p, guest);
    if (w->descriptors[i] == NULL) {
        w->host[i].revents = POLLNVAL;
        w->bad++;
    } else {
        w->host[i].fd = w->descriptors[i]->host;
    }
}

/* Waits until the deadline (0: for ever; 1: not at all).  The number of ready entries, bad ones counted. */
static int64_t waiting_wait(struct thread *t, struct waiting *w, uint64_t deadline)
{
    unsigned bad = w->bad;
    struct timespec rest = {0, 0}, *timeout = deadline == 0 && bad == 0 ? NULL : &rest;

    if (deadline > 1 && bad == 0) {
        uint64_t now = clock_host();
        rest = timespec_of(deadline > now ? deadline - now : 0);
    }
    long ready = blocking_call(t, SYS_ppoll, (long)w->host, w->count, (long)timeout, 0, KERNEL_MASK_BYTES, 0);
    if (ready == -EINTR && (bad > 0 || deadline == 1)) {
        /* Nothing was to be waited for: the answer is there whatever interrupts. */
        ready = syscall(SYS_ppoll, w->host, w->count, &rest, NULL, KERNEL_MASK_BYTES);
        if (ready < 0)
            return -errno;
    }
    if (ready == -EINTR)
        return deadline == 0 ? SYS_RESTART_NOHAND : SYS_RESTART_TIMED;
    if (ready < 0)
        return ready;
    return ready + bad;
}

/* A deadline from a guest's time-out: 0 for ever, 1 not at all. */
static uint64_t deadline_of(struct thread *t, const struct timespec *timeout)
{
    if (timeout == NULL)
        return 0;
    if (timeout->tv_sec == 0 && timeout->tv_nsec == 0 && !t->restarting)
        return 1;
    return thread_deadline(t, timeout);
}

/* ---- poll ------------------------------------------------------------------------------------------------------ */

static int64_t do_poll(struct thread *t, uint64_t array, uint32_t count, const struct timespec *timeout)
{
    struct process *p = t->process;
    struct waiting w;
    struct pollfd *guest;

    if (count > p->limits[RLIMIT_NOFILE].rlim_cur || count > 1u << 20)
        return -EINVAL;
    guest = calloc(count + 1, sizeof *guest);
    int64_t result = waiting_new(&w, count);
    if (guest == NULL)
        result = -ENOMEM;
    if (result == 0 && copy_in(guest, array, count * sizeof *guest) != 0)
        result = -EFAULT;
    for (uint32_t i = 0; result == 0 && i < count; i++)
        waiting_set(&w, p, i, guest[i].fd, guest[i].events);
    if (result == 0)
        result = waiting_wait(t, &w, deadline_of(t, timeout));
    if (result >= 0) {
        for (uint32_t i = 0; i < count; i++)
            guest[i].revents = guest[i].fd >= 0 && w.descriptors[i] == NULL ? POLLNVAL : w.host[i].revents;
        if (copy_out(array, guest, count * sizeof *guest) != 0)
            result = -EFAULT;
    }
    waiting_free(&w);
    free(guest);
    return result;
}

SYSCALL(poll)
{
    int ms = arg_int(c, 2);
    struct timespec timeout = {ms / 1000, ms % 1000 * 1000000l};

    return do_poll(t, c->arg[0], (uint32_t)c->arg[1], ms < 0 ? NULL : &timeout);
}

SYSCALL(ppoll)
{
    struct timespec timeout;

    if (c->arg[2] != 0 && copy_in(&timeout, c->arg[2], sizeof timeout) != 0)
        return -EFAULT;
    if (c->arg[2] != 0 && !timespec_valid(&timeout))
        return -EINVAL;
    int error = signal_take_mask(t, c->arg[3], c->arg[4]);
    if (error != 0)
        return error;
    return do_poll(t, c->arg[0], (uint32_t)c->arg[1], c->arg[2] != 0 ? &timeout : NULL);
}

/* ---- select ---------------------------------------------------------------------------------------------------- */

/* What the three sets stand for in poll's terms (Linux, fs/select.c's documentation in select(2)). */
static const struct {
    short wait, ready;
} set_events[3] = {
    {POLLIN | POLLRDNORM | POLLRDBAND, POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR},
    {POLLOUT | POLLWRNORM | POLLWRBAND, POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR},
    {POLLPRI, POLLPRI},
};

struct sets {
    unsigned count;  /* descriptors looked at */
    size_t bytes;    /* of one set, whole words */
    uint64_t *in[3]; /* NULL: not given */
};

static bool in_set(const uint64_t *set, unsigned i)
{
    return set != NULL && (set[i / 64] >> i % 64 & 1);
}

static int sets_copy(struct sets *s, struct process *p, int count, const uint64_t addresses[3])
{
    if (count < 0)
        return -EINVAL;
    uint64_t limit = p->limits[RLIMIT_NOFILE].rlim_cur;
    s->count = (unsigned)count < limit ? (unsigned)count : (unsigned)limit;
    s->bytes = (s->count + 63) / 64 * 8;
    for (int k = 0; k < 3; k++) {
        if (addresses[k] == 0)
            continue;
        s->in[k] = calloc(1, s->bytes + 8);
        if (s->in[k] == NULL)
            return -ENOMEM;
        if (copy_in(s->in[k], addresses[k], s->bytes) != 0)
            return -EFAULT;
    }
    return 0;
}

/* The sets as poll's entries; `which` names each entry's descriptor. */
static int sets_to_entries(const struct sets *s, struct process *p, struct waiting *w, unsigned *which)
{
    unsigned entries = 0;

    for (unsigned i = 0; i < s->count; i++) {
        short events = 0;
        for (int k = 0; k < 3; k++)
            events |= in_set(s->in[k], i) ? set_events[k].wait : 0;
        if (events == 0)
            continue;
        which[entries] = i;
        waiting_set(w, p, entries++, (int)i, events);
    }
    w->count = entries;
    return w->bad > 0 ? -EBADF : 0;
}

static int64_t entries_to_sets(struct sets *s, const struct waiting *w, const unsigned *which,
                               const uint64_t addresses[3])
{
    int64_t ready = 0;

    for (int k = 0; k < 3; k++) {
        if (s->in[k] == NULL)
            continue;
        uint64_t *out = calloc(1, s->bytes + 8);
        if (out == NULL)
            return -ENOMEM;
        for (unsigned e = 0; e < w->count; e++)
            if (in_set(s->in[k], which[e]) && (w->host[e].revents & set_events[k].ready)) {
                out[which[e] / 64] |= 1ull << which[e] % 64;
                ready++;
            }
        int error = copy_out(addresses[k], out, s->bytes);
        free(out);
        if (error != 0)
            return error;
    }
    return ready;
}

static int64_t do_select(struct thread *t, int count, const uint64_t addresses[3], const struct timespec *timeout)
{
    struct sets s = {0};
    struct waiting w = {0};
    unsigned *which = NULL;
    int64_t result = sets_copy(&s, t->process, count, addresses);

    if (result == 0)
        result = waiting_new(&w, s.count);
    if (result == 0 && (which = calloc(s.count + 1, sizeof *which)) == NULL)
        result = -ENOMEM;
    if (result == 0)
        result = sets_to_entries(&s, t->process, &w, which);
    if (result == 0)
        result = waiting_wait(t, &w, deadline_of(t, timeout));
    if (result >= 0)
        result = entries_to_sets(&s, &w, which, addresses);
    w.count = w.descriptors != NULL ? s.count : 0;
    waiting_free(&w);
    free(which);
    for (int k = 0; k < 3; k++)
        free(s.in[k]);
    return result;
}

/* What is left of the time-out, as Linux writes it back. */
static struct timespec rest_of(struct thread *t, const struct timespec *timeout)
{
    uint64_t now = clock_host();

    if (timeout->tv_sec == 0 && timeout->tv_nsec == 0)
        return *timeout;
    return timespec_of(t->deadline > now ? t->deadline - now : 0);
}

SYSCALL(select)
{
    struct timeval guest;
    struct timespec timeout, *limit = NULL;

    if (c->arg[4] != 0) {
        if (copy_in(&guest, c->arg[4], sizeof guest) != 0)
            return -EFAULT;
        if (guest.tv_sec < 0 || guest.tv_usec < 0)
            return -EINVAL;
        timeout = (struct timespec){guest.tv_sec + guest.tv_usec / 1000000, guest.tv_usec % 1000000 * 1000};
        limit = &timeout;
    }
    int64_t result = do_select(t, arg_int(c, 0), c->arg + 1, limit);
    if (limit != NULL && result >= 0) {
        struct timespec rest = rest_of(t, limit);
        guest = (struct timeval){rest.tv_sec, rest.tv_nsec / 1000};
        copy_out(c->arg[4], &guest, sizeof guest); /* a read-only time-out keeps its value, as in Linux */
    }
    return result;
}

SYSCALL(pselect6)
{
    struct timespec timeout, *limit = NULL;
    struct {
        uint64_t mask, bytes;
    } mask = {0, 0};

    if (c->arg[4] != 0) {
        if (copy_in(&timeout, c->arg[4], sizeof timeout) != 0)
            return -EFAULT;
        if (!timespec_valid(&timeout))
            return -EINVAL;
        limit = &timeout;
    }
    if (c->arg[5] != 0 && copy_in(&mask, c->arg[5], sizeof mask) != 0)
        return -EFAULT;
    int error = signal_take_mask(t, mask.mask, mask.bytes);
    if (error != 0)
        return error;
    int64_t result = do_select(t, arg_int(c, 0), c->arg + 1, limit);
    if (limit != NULL && result >= 0) {
        struct timespec rest = rest_of(t, limit);
        copy_out(c->arg[4], &rest, sizeof rest);
    }
    return result;
}
