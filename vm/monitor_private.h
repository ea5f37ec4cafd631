/* Inflated monitors: one record of the monitor table for each object whose lock word no longer holds everything. */
#ifndef CLOISTER_VM_MONITOR_PRIVATE_H
#define CLOISTER_VM_MONITOR_PRIVATE_H

#include "vm/monitor.h"

#define LOCK_HASHED 0xa0000000u     /* top bits 101: array with a hash */
#define LOCK_HASH_MASK 0x1fffffffu
#define LOCK_INFLATED 0xc0000000u   /* top bits 11 */
#define LOCK_INDEX_MASK 0x3fffffffu

static inline bool lock_is_thin(uint32_t word) { return (word & LOCK_KIND_MASK) == LOCK_THIN_UNLOCKED; }
static inline bool lock_is_hashed(uint32_t word) { return (word & LOCK_KIND_MASK) == LOCK_HASHED; }
static inline bool lock_is_inflated(uint32_t word) { return (word & LOCK_INFLATED) == LOCK_INFLATED; }

enum waiter_place { WAITER_NOWHERE, WAITER_ENTERING, WAITER_WAITING };

/* One blocked thread, on its C stack; linked under the monitor's mutex.  `wake` is under the thread's park_mutex. */
struct waiter {
    struct thread *t;
    struct waiter *next, *previous;
    enum waiter_place place;
    bool notified, wake;
};

struct waiter_queue { struct waiter *head, *tail; };

enum monitor_use { MONITOR_FREE, MONITOR_USED, MONITOR_DEAD /* its object died: to be swept */ };

struct monitor {
    _Atomic uint32_t owner;          /* thread id, 0: unlocked */
    uint32_t entries;                /* the owner's */
    uint32_t hash;                   /* of an array; 0: not taken */
    uint32_t index;
    struct object *object;           /* weak: cleared by the collector's visitor */
    pthread_mutex_t mutex;           /* queues; held for a few instructions, never over a state change */
    struct waiter_queue entering, waiting;
    _Atomic uint32_t entering_count; /* read without the mutex by the thread that unlocks */
    enum monitor_use use;
    struct monitor *next_free;
};

/* monitor_table.c */
struct monitor *monitor_new(struct thread *t, struct object *o); /* NULL: OutOfMemoryError pending */
void monitor_release(struct thread *t, struct monitor *m);       /* never published */
struct monitor *monitor_at(struct vm *vm, uint32_t index);
static inline struct monitor *monitor_of_word(struct vm *vm, uint32_t word)
{
    return monitor_at(vm, word & LOCK_INDEX_MASK);
}

/* monitor_fat.c */
void fat_enter(struct thread *t, struct monitor *m, struct object *o);
bool fat_try_enter(struct thread *t, struct monitor *m);
void fat_exit(struct monitor *m);                                /* by the owner */
bool fat_wait(struct thread *t, struct monitor *m, struct object *o, int64_t millis);
void fat_notify(struct monitor *m, bool all);

#endif
