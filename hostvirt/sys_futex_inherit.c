/* The futex operations of locks with priority inheritance (futex(2), FUTEX_LOCK_PI...), and futex_waitv(2).
 *
 * Their words hold the owner's thread id, which is virtual here, so that the host's own operations cannot be used: the
 * monitor keeps the words as Linux does and sleeps and wakes with plain futexes.  Priorities are not inherited: a
 * guest's threads have all the same. */
#include "hostvirt/clock.h"
#include "hostvirt/sys_futex.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define WAITV_MOST 128u /* FUTEX_WAITV_MAX */
#define WAITV_FLAGS 130u /* FUTEX2_SIZE_U32 | FUTEX2_PRIVATE */
#define WAITV_U32 2u

struct limit { /* of a wait: absolute, by the host's clock that the operation names */
    bool limited;
    int clock; /* FUTEX_CLOCK_REALTIME or 0 */
    struct timespec until;
};

static int take_limit(struct thread *t, uint64_t address, bool realtime, struct limit *l)
{
    uint64_t deadline;

    *l = (struct limit){.limited = address != 0, .clock = realtime ? FUTEX_CLOCK_REALTIME : 0};
    if (!l->limited)
        return 0;
    if (copy_in(&l->until, address, sizeof l->until) != 0)
        return -EFAULT;
    if (!timespec_valid(&l->until))
        return -EINVAL;
    if (realtime)
        return 0;
    int error = clock_to_host_deadline(t->process->monitor, CLOCK_MONOTONIC, &l->until, &deadline);
    l->until = timespec_of(deadline);
    return error;
}

static long wait_word(struct thread *t, uint64_t address, int private, uint32_t value, const struct limit *l)
{
    return blocking_call(t, SYS_futex, (long)address, FUTEX_WAIT_BITSET | private | l->clock, (long)value,
                         l->limited ? (long)&l->until : 0, 0, (long)FUTEX_BITSET_MATCH_ANY);
}

static bool lives(struct thread *t, uint32_t tid)
{
    struct process *p = t->process;
    struct family *f = p->monitor->family;

    pthread_mutex_lock(&p->lock);
    bool found = thread_find(p, (int)tid) != NULL;
    pthread_mutex_unlock(&p->lock);
    if (found || f->rows < 2)
        return found;
    return true; /* perhaps a thread of another process that shares the word: only its own monitor knows */
}

/* ---- locking ----------------------------------------------------------------------------------------------------- */

/* One try: 1 when the lock is the thread's, 0 with *value what to wait for, or a negative errno. */
static int try_lock(struct thread *t, uint64_t address, bool waited, bool wait, uint32_t *value)
{
    uint32_t seen, wanted;
    int error = load_word(address, value);

    while (error == 0) {
        uint32_t owner = *value & FUTEX_TID_MASK;
        if (owner == (uint32_t)t->tid)
            return -EDEADLK;
        if (owner != 0 && !lives(t, owner))
            return -ESRCH;
        if (owner != 0 && !wait)
            return -EAGAIN;
        /* Who has slept may not be the only one: the bit makes its unlock look for others. */
        wanted = owner == 0 ? (*value & (FUTEX_OWNER_DIED | FUTEX_WAITERS)) | (uint32_t)t->tid |
                                  (waited ? FUTEX_WAITERS : 0)
                            : *value | FUTEX_WAITERS;
        error = exchange_word(address, *value, wanted, &seen);
        if (error == 0 && seen == *value) {
            *value = wanted;
            return owner == 0;
        }
        *value = seen;
    }
    return error;
}

static int64_t lock(struct thread *t, uint64_t address, int private, const struct limit *l)
{
    bool waited = t->restarting;
    uint32_t value;

    for (;;) {
        int got = try_lock(t, address, waited, true, &value);
        if (got != 0)
            return got == 1 ? 0 : got;
        long result = wait_word(t, address, private, value, l);
        waited = true;
        if (result == -EINTR)
            return SYS_RESTART; /* for ever: Linux goes on after a handler, too */
        if (result < 0 && result != -EAGAIN)
            return result;
    }
}

static int64_t unlock(struct thread *t, uint64_t address, int private)
{
    uint32_t value, seen;
    int error = load_word(address, &value);

    while (error == 0) {
        if ((value & FUTEX_TID_MASK) != (uint32_t)t->tid)
            return -EPERM;
        error = exchange_word(address, value, 0, &seen);
        if (error == 0 && seen == value)
            break;
        value = seen;
    }
    if (error != 0)
        return error;
    long woken = syscall(SYS_futex, address, FUTEX_WAKE | private, 1, NULL, NULL, 0);
    return woken < 0 ? -errno : 0;
}

/* ---- condition variables ----------------------------------------------------------------------------------------- */

/* FUTEX_WAIT_REQUEUE_PI: waits at the first word, and has the lock of the second when it returns 0. */
static int64_t wait_requeue(struct thread *t, const struct call *c, int private, const struct limit *l)
{
    long result = wait_word(t, c->arg[0], private, (uint32_t)c->arg[2], l);

    if (result == -EINTR)
        return -EAGAIN; /* a wake-up for nothing, which its callers expect */
    if (result < 0)
        return result;
    result = lock(t, c->arg[4], private, l);
    return result == SYS_RESTART ? -EAGAIN : result; /* the first word has changed: it would not wait there again */
}

/* FUTEX_CMP_REQUEUE_PI: those who are to be requeued are woken and queue at the lock themselves. */
static int64_t cmp_requeue(const struct call *c, int private)
{
    uint64_t more = (uint32_t)c->arg[3];
    int64_t count = 1 + (more < INT_MAX ? (int64_t)more : INT_MAX - 1);

    if ((uint32_t)c->arg[2] != 1)
        return -EINVAL;
    long woken = syscall(SYS_futex, c->arg[0], FUTEX_CMP_REQUEUE | private, count, 0l, c->arg[4], (uint32_t)c->arg[5]);
    return woken < 0 ? -errno : woken;
}

int64_t futex_inherit(struct thread *t, const struct call *c, int command, int private, bool realtime)
{
    struct limit l;
    uint32_t value;
    int error;

    if (c->arg[0] % sizeof(uint32_t) != 0)
        return -EINVAL;
    switch (command) {
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
        error = take_limit(t, c->arg[3], command == FUTEX_LOCK_PI || realtime, &l);
        return error != 0 ? error : lock(t, c->arg[0], private, &l);
    case FUTEX_TRYLOCK_PI:
        error = try_lock(t, c->arg[0], false, false, &value);
        return error == 1 ? 0 : error;
    case FUTEX_UNLOCK_PI:
        return unlock(t, c->arg[0], private);
    case FUTEX_WAIT_REQUEUE_PI:
        if (!guest_range_valid(c->arg[4], sizeof value) || c->arg[4] % sizeof value != 0)
            return -EFAULT;
        error = take_limit(t, c->arg[3], realtime, &l);
        return error != 0 ? error : wait_requeue(t, c, private, &l);
    case FUTEX_CMP_REQUEUE_PI:
        return guest_range_valid(c->arg[4], sizeof value) ? cmp_requeue(c, private) : -EFAULT;
    default:
        return -ENOSYS;
    }
}

/* ---- several words ----------------------------------------------------------------------------------------------- */

struct waiter { /* struct futex_waitv, linux/futex.h since 5.16 */
    uint64_t value, address;
    uint32_t flags, reserved;
};

SYSCALL(futex_waitv)
{
    uint32_t count = (uint32_t)c->arg[1];
    struct waiter waiters[WAITV_MOST];
    int clock = arg_int(c, 4);
    struct limit l = {.limited = false};

    if (count == 0 || count > WAITV_MOST || c->arg[2] != 0 ||
        (c->arg[3] != 0 && clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME))
        return -EINVAL;
    if (copy_in(waiters, c->arg[0], count * sizeof waiters[0]) != 0)
        return -EFAULT;
    for (uint32_t i = 0; i < count; i++) {
        if ((waiters[i].flags & ~WAITV_FLAGS) != 0 || (waiters[i].flags & WAITV_FLAGS & 3) != WAITV_U32 ||
            waiters[i].reserved != 0 || waiters[i].address % sizeof(uint32_t) != 0)
            return -EINVAL;
        if (!guest_range_valid(waiters[i].address, sizeof(uint32_t)))
            return -EFAULT;
    }
    int error = take_limit(t, c->arg[3], clock == CLOCK_REALTIME, &l);
    if (error != 0)
        return error;
    long result =
        blocking_call(t, SYS_futex_waitv, (long)waiters, (long)count, 0, l.limited ? (long)&l.until : 0, clock, 0);
    return result == -EINTR ? SYS_RESTART : result;
}
