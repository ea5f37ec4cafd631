/* Object locks and identity hashes, in the header's 32-bit lock word:
 *
 *   1 1 iiiiii iiiiiiii iiiiiiii iiiiiiii   inflated: 30-bit index into the monitor table
 *   1 0 1 hhhhh hhhhhhhh hhhhhhhh hhhhhhhh  array with an identity hash (29 bits), unlocked
 *   1 0 0 0 rrrr rrrrrttt tttttttt tttttttt thin: owner's thread id (15 bits low, 0: unlocked), recursion above it
 *
 * Non-arrays keep their hash in the header's low half, so hashing them never inflates.
 * The exact split is private to vm/monitor.c and the inline fast paths below. */
#ifndef CLOISTER_VM_MONITOR_H
#define CLOISTER_VM_MONITOR_H

#include "vm/thread.h"

#define LOCK_THIN_UNLOCKED 0x80000000u
#define LOCK_OWNER_MASK 0x00007fffu
#define LOCK_RECURSION_ONE 0x00008000u
#define LOCK_RECURSION_MASK 0x0fff8000u
#define LOCK_KIND_MASK 0xe0000000u /* top three bits: 100 thin, 101 hashed array, 11x inflated */

void monitor_enter_slow(struct thread *t, struct object *o); /* OutOfMemoryError pending when it fails */
bool monitor_exit_slow(struct thread *t, struct object *o);  /* false: IllegalMonitorStateException pending */

static inline void monitor_enter(struct thread *t, struct object *o)
{
    uint32_t expected = LOCK_THIN_UNLOCKED;
    if (LIKELY(atomic_compare_exchange_strong_explicit(&o->lock, &expected, LOCK_THIN_UNLOCKED | t->id,
                                                       memory_order_acquire, memory_order_relaxed)))
        return;
    monitor_enter_slow(t, o);
}

static inline bool monitor_exit(struct thread *t, struct object *o)
{
    uint32_t expected = LOCK_THIN_UNLOCKED | t->id;
    if (LIKELY(atomic_compare_exchange_strong_explicit(&o->lock, &expected, LOCK_THIN_UNLOCKED, memory_order_release,
                                                       memory_order_relaxed)))
        return true;
    return monitor_exit_slow(t, o);
}

bool monitor_is_held(struct thread *t, struct object *o);
/* Object.wait(millis, nanos rounded by Java): 0 forever.  false: exception pending (IllegalMonitorState, Interrupted).
 */
bool monitor_wait(struct thread *t, struct object *o, int64_t millis);
bool monitor_notify(struct thread *t, struct object *o, bool all); /* false: IllegalMonitorStateException pending */
int32_t object_identity_hash(struct object *o);                   /* 1 .. 2^31-1, stable */

/* For dumps and management: the owner of o's lock and its entry count; waiters.  At a safepoint only. */
struct thread *monitor_owner(struct vm *vm, struct object *o, uint32_t *entries);
void monitors_init(struct vm *vm); /* registers the weak visitor that recycles records of dead objects */

#endif
