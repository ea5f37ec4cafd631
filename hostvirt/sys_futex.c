/* futex(2), and what the kernel does with futexes when a thread ends: the robust list and the word of
 * CLONE_CHILD_CLEARTID.  Guest addresses are addresses of the monitor, so that the host's futexes do the work: private
 * ones within this monitor, shared ones by the page behind the address, over all monitors of a family. */
#include "hostvirt/clock.h"
#include "hostvirt/sys_futex.h"
#include "hostvirt/thread_private.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROBUST_LIMIT 2048 /* of entries that are looked at: ROBUST_LIST_LIMIT of linux/futex.h */

static bool word_address(uint64_t address)
{
    return guest_range_valid(address, sizeof(uint32_t));
}

/* FUTEX_WAIT and FUTEX_WAIT_BITSET: FUTEX_WAIT with a time-out becomes absolute, so that it can be made again. */
static int64_t futex_wait(struct thread *t, const struct call *c, int command, int private, bool realtime)
{
    struct timespec time, until;
    uint64_t deadline = 0;
    bool limited = c->arg[3] != 0, bitset = command == FUTEX_WAIT_BITSET;
    int operation = FUTEX_WAIT_BITSET | private;

    if (limited) {
        if (copy_in(&time, c->arg[3], sizeof time) != 0)
            return -EFAULT;
        if (!timespec_valid(&time))
            return -EINVAL;
        if (bitset && realtime) {
            operation |= FUTEX_CLOCK_REALTIME; /* the host's own clock: follows when it is set */
            until = time;
        } else {
            if (!bitset)
                deadline = thread_deadline(t, &time);
            else
                clock_to_host_deadline(t->process->monitor, CLOCK_MONOTONIC, &time, &deadline);
            until = timespec_of(deadline);
        }
    }
    long result = blocking_call(t, SYS_futex, (long)c->arg[0], operation, (long)(uint32_t)c->arg[2],
                                limited ? (long)&until : 0, 0,
                                bitset ? (long)(uint32_t)c->arg[5] : (long)FUTEX_BITSET_MATCH_ANY);
    if (result != -EINTR)
        return result;
    /* Interrupted for a handler: again only without a time-out (syscalls(7) of restarts: futex(2), EINTR). */
    return !limited ? SYS_RESTART : bitset ? SYS_RESTART_NOHAND : SYS_RESTART_TIMED;
}

static int64_t futex_other(const struct call *c, int operation)
{
    long result = syscall(SYS_futex, c->arg[0], operation, (uint32_t)c->arg[2], c->arg[3], c->arg[4],
                          (uint32_t)c->arg[5]);

    return result < 0 ? -errno : result;
}

SYSCALL(futex)
{
    int operation = arg_int(c, 1), command = operation & FUTEX_CMD_MASK, private = operation & FUTEX_PRIVATE_FLAG;
    bool realtime = (operation & FUTEX_CLOCK_REALTIME) != 0;

    if (realtime && command != FUTEX_WAIT_BITSET && command != FUTEX_WAIT_REQUEUE_PI && command != FUTEX_LOCK_PI2)
        return -ENOSYS;
    if (!word_address(c->arg[0]))
        return -EFAULT;
    switch (command) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return futex_wait(t, c, command, private, realtime);
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        return futex_other(c, operation);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_WAKE_OP:
        return word_address(c->arg[4]) ? futex_other(c, operation) : -EFAULT;
    default:
        return futex_inherit(t, c, command, private, realtime);
    }
}

/* ---- robust lists ----------------------------------------------------------------------------------------------- */

SYSCALL(set_robust_list)
{
    if (c->arg[1] != 3 * sizeof(uint64_t))
        return -EINVAL;
    t->robust_list = c->arg[0];
    return 0;
}

SYSCALL(get_robust_list)
{
    struct process *p = t->process;
    const uint64_t bytes = 3 * sizeof(uint64_t);
    int tid = arg_int(c, 0);
    uint64_t head = 0;

    pthread_mutex_lock(&p->lock);
    const struct thread *found = tid == 0 ? t : thread_find(p, tid);
    if (found != NULL)
        head = found->robust_list;
    pthread_mutex_unlock(&p->lock);
    if (found == NULL)
        return -ESRCH;
    if (copy_out(c->arg[2], &bytes, sizeof bytes) != 0 || copy_out(c->arg[1], &head, sizeof head) != 0)
        return -EFAULT;
    return 0;
}

static void wake_one(uint64_t address)
{
    syscall(SYS_futex, address, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* The lock at `address`, held or about to be taken by t: marked as its dead owner's, one waiter woken. */
static int owner_died(struct thread *t, uint64_t address, bool pending)
{
    uint32_t value, seen;

    if (!word_address(address) || load_word(address, &value) != 0)
        return -EFAULT;
    for (;;) {
        /* Unlocked, but the waiter that was to be woken has not been: the thread died in between (robust futex ABI). */
        if (pending && value == 0) {
            wake_one(address);
            return 0;
        }
        if ((value & FUTEX_TID_MASK) != (uint32_t)t->tid)
            return 0;
        if (exchange_word(address, value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &seen) != 0)
            return -EFAULT;
        if (seen == value)
            break;
        value = seen;
    }
    if (value & FUTEX_WAITERS)
        wake_one(address);
    return 0;
}

void robust_list_walk(struct thread *t)
{
    struct { uint64_t next, offset, pending; } head;
    uint64_t list = t->robust_list, entry;

    t->robust_list = 0;
    if (list == 0 || copy_in(&head, list, sizeof head) != 0)
        return;
    /* Bit 0 of an entry says that its lock is of the priority-inheriting kind. */
    uint64_t pending = head.pending & ~1ull;
    entry = head.next;
    for (unsigned i = 0; i < ROBUST_LIMIT && (entry & ~1ull) != list; i++) {
        uint64_t at = entry & ~1ull, next;
        bool more = copy_in(&next, at, sizeof next) == 0; /* before the lock is given away with its memory */
        if (at != pending && owner_died(t, at + head.offset, false) != 0)
            return;
        if (!more)
            return;
        entry = next;
    }
    if (pending != 0)
        owner_died(t, pending + head.offset, true);
}

void thread_clear_tid(struct thread *t)
{
    const uint32_t zero = 0;
    uint64_t address = t->clear_tid;

    t->clear_tid = 0;
    if (address != 0 && word_address(address) && copy_out(address, &zero, sizeof zero) == 0)
        wake_one(address);
}
