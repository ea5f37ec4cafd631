/* What counts against the limits of a family: committed memory and threads.  The row of each process says what of the
 * totals is its own, because a monitor that is killed gives nothing back: who finds that it is gone does.
 *
 * One that is killed between the two steps of a call here has what that one call was about counted for good, never the
 * other way round: totals do not sink below what there is. */
#include "hostvirt/process.h"

bool family_take_memory(struct family *f, struct family_process *owner, uint64_t bytes)
{
    uint64_t now = atomic_load_explicit(&f->committed, memory_order_relaxed);

    do {
        if (bytes > f->memory_limit || now > f->memory_limit - bytes)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&f->committed, &now, now + bytes, memory_order_relaxed,
                                                    memory_order_relaxed));
    if (owner != NULL)
        atomic_fetch_add_explicit(&owner->committed, bytes, memory_order_relaxed);
    return true;
}

void family_add_memory(struct family *f, struct family_process *owner, uint64_t bytes)
{
    atomic_fetch_add_explicit(&f->committed, bytes, memory_order_relaxed);
    if (owner != NULL)
        atomic_fetch_add_explicit(&owner->committed, bytes, memory_order_relaxed);
}

void family_give_memory(struct family *f, struct family_process *owner, uint64_t bytes)
{
    if (owner != NULL)
        atomic_fetch_sub_explicit(&owner->committed, bytes, memory_order_relaxed);
    atomic_fetch_sub_explicit(&f->committed, bytes, memory_order_relaxed);
}

bool family_take_thread(struct family *f, struct family_process *owner, unsigned limit)
{
    if (atomic_fetch_add(&f->threads, 1) >= limit) {
        atomic_fetch_sub(&f->threads, 1);
        return false;
    }
    if (owner != NULL)
        atomic_fetch_add(&owner->threads, 1);
    return true;
}

void family_add_thread(struct family *f, struct family_process *owner)
{
    atomic_fetch_add(&f->threads, 1);
    if (owner != NULL)
        atomic_fetch_add(&owner->threads, 1);
}

/* A thread that has left its process for a monitor of its own (vfork, exec) may end here after that process has ended:
 * then its row is settled, or another's. */
void family_give_thread(struct family *f, struct family_process *owner, int pid)
{
    if (owner != NULL && owner->pid == pid) {
        unsigned now = atomic_load(&owner->threads);
        while (now > 0 && !atomic_compare_exchange_weak(&owner->threads, &now, now - 1))
            ;
        if (now == 0)
            return;
    }
    atomic_fetch_sub(&f->threads, 1);
}

void family_settle(struct family *f, struct family_process *owner)
{
    atomic_fetch_sub(&f->threads, atomic_exchange(&owner->threads, 0));
    atomic_fetch_sub(&f->committed, atomic_exchange(&owner->committed, 0));
}
