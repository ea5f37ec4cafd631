/* Object locks and identity hashes: the lock word's transitions (monitor.h shows the layouts).
 * Every change of a lock word is a compare-and-swap of the whole word, so any thread may inflate any lock. */
#include "vm/monitor.h"

#include "vm/exception.h"
#include "vm/monitor_private.h"
#include "vm/vm.h"

static uint32_t lock_word(const struct object *o)
{
    return atomic_load_explicit(&((struct object *)o)->lock, memory_order_acquire);
}

static bool swap_word(struct object *o, uint32_t from, uint32_t to)
{
    return atomic_compare_exchange_strong(&o->lock, &from, to);
}

static bool owns_thin(const struct thread *t, uint32_t word)
{
    return lock_is_thin(word) && (word & LOCK_OWNER_MASK) == t->id;
}

/* The monitor of o, made with the owner, count and hash that the lock word holds.  NULL: OutOfMemoryError pending. */
static struct monitor *inflate(struct thread *t, struct object *o)
{
    struct monitor *m = NULL;
    for (;;) {
        uint32_t word = lock_word(o);
        if (lock_is_inflated(word)) {
            if (m != NULL)
                monitor_release(t, m);
            return monitor_of_word(t->vm, word);
        }
        if (m == NULL && (m = monitor_new(t, o)) == NULL)
            return NULL;
        uint32_t owner = lock_is_thin(word) ? word & LOCK_OWNER_MASK : 0;
        atomic_store_explicit(&m->owner, owner, memory_order_relaxed);
        m->entries = owner != 0 ? (word & LOCK_RECURSION_MASK) / LOCK_RECURSION_ONE + 1 : 0;
        m->hash = lock_is_hashed(word) ? word & LOCK_HASH_MASK : 0;
        if (swap_word(o, word, LOCK_INFLATED | m->index)) {
            LOG(MONITOR, DEBUG, "Inflating object %p, monitor %u, type %s", (void *)o, m->index,
                object_class(o)->name->bytes);
            return m;
        }
    }
}

/* true: settled by the thin word.  false: the monitor must be inflated. */
static bool enter_thin(struct thread *t, struct object *o)
{
    for (;;) {
        uint32_t word = lock_word(o);
        if (!lock_is_thin(word))
            return false;
        if ((word & LOCK_OWNER_MASK) == 0) {
            if (swap_word(o, word, LOCK_THIN_UNLOCKED | t->id))
                return true;
        } else if ((word & LOCK_OWNER_MASK) != t->id || (word & LOCK_RECURSION_MASK) == LOCK_RECURSION_MASK) {
            return false;
        } else if (swap_word(o, word, word + LOCK_RECURSION_ONE)) {
            return true;
        }
    }
}

void monitor_enter_slow(struct thread *t, struct object *o)
{
    if (enter_thin(t, o))
        return;
    struct monitor *m = inflate(t, o);
    if (m != NULL)
        fat_enter(t, m, o);
}

static bool not_owner(struct thread *t)
{
    exception_throw(t, "java/lang/IllegalMonitorStateException", "current thread is not owner");
    return false;
}

bool monitor_exit_slow(struct thread *t, struct object *o)
{
    for (;;) {
        uint32_t word = lock_word(o);
        if (lock_is_inflated(word)) {
            struct monitor *m = monitor_of_word(t->vm, word);
            if (atomic_load_explicit(&m->owner, memory_order_relaxed) != t->id)
                return not_owner(t);
            fat_exit(m);
            return true;
        }
        if (!owns_thin(t, word))
            return not_owner(t);
        uint32_t next = (word & LOCK_RECURSION_MASK) != 0 ? word - LOCK_RECURSION_ONE : LOCK_THIN_UNLOCKED;
        if (swap_word(o, word, next))
            return true;
    }
}

bool monitor_is_held(struct thread *t, struct object *o)
{
    uint32_t word = lock_word(o);
    if (lock_is_inflated(word))
        return atomic_load_explicit(&monitor_of_word(t->vm, word)->owner, memory_order_relaxed) == t->id;
    return owns_thin(t, word);
}

bool monitor_wait(struct thread *t, struct object *o, int64_t millis)
{
    if (millis < 0) {
        exception_throw(t, "java/lang/IllegalArgumentException", "timeout value is negative");
        return false;
    }
    if (!monitor_is_held(t, o))
        return not_owner(t);
    struct monitor *m = inflate(t, o);
    return m != NULL && fat_wait(t, m, o, millis);
}

bool monitor_notify(struct thread *t, struct object *o, bool all)
{
    if (!monitor_is_held(t, o))
        return not_owner(t);
    uint32_t word = lock_word(o);
    if (lock_is_inflated(word)) /* whoever waits has inflated it */
        fat_notify(monitor_of_word(t->vm, word), all);
    return true;
}

static struct thread *thread_by_id(struct vm *vm, uint32_t id)
{
    for (struct thread *t = vm->threads; t != NULL; t = t->next)
        if (t->id == id)
            return t;
    return NULL;
}

struct thread *monitor_owner(struct vm *vm, struct object *o, uint32_t *entries)
{
    uint32_t word = lock_word(o), owner = 0, count = 0;
    if (lock_is_inflated(word)) {
        struct monitor *m = monitor_of_word(vm, word);
        owner = atomic_load(&m->owner);
        count = m->entries;
    } else if (lock_is_thin(word)) {
        owner = word & LOCK_OWNER_MASK;
        count = (word & LOCK_RECURSION_MASK) / LOCK_RECURSION_ONE + 1;
    }
    struct thread *t = owner != 0 ? thread_by_id(vm, owner) : NULL;
    if (entries != NULL)
        *entries = t != NULL ? count : 0;
    return t;
}

/* ---- identity hashes ------------------------------------------------------------------------------------- */

/* State of Marsaglia's xorshift, one per thread so that hashing is free of contention. */
static __thread uint32_t hash_state;

static uint32_t next_hash(struct thread *t, uint32_t mask)
{
    uint32_t x = hash_state != 0 ? hash_state : t->id * 0x9e3779b9u ^ (uint32_t)t->vm->start_ns;
    do {
        x = x != 0 ? x : 1;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
    } while ((x & mask) == 0);
    hash_state = x;
    return x & mask;
}

static int32_t array_identity_hash(struct thread *t, struct object *o)
{
    uint32_t fresh = next_hash(t, LOCK_HASH_MASK);
    for (;;) {
        uint32_t word = lock_word(o);
        if (lock_is_hashed(word))
            return (int32_t)(word & LOCK_HASH_MASK);
        if (word == LOCK_THIN_UNLOCKED) {
            if (swap_word(o, word, LOCK_HASHED | fresh))
                return (int32_t)fresh;
            continue;
        }
        struct monitor *m = inflate(t, o);
        if (m == NULL)
            return 0;
        uint32_t none = 0;
        if (__atomic_compare_exchange_n(&m->hash, &none, fresh, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            return (int32_t)fresh;
        return (int32_t)none;
    }
}

int32_t object_identity_hash(struct object *o)
{
    struct thread *t = thread_current();
    if (class_is_array(object_class(o)))
        return array_identity_hash(t, o);
    uint32_t hash = atomic_load_explicit(&o->length, memory_order_relaxed);
    if (hash != 0)
        return (int32_t)hash;
    uint32_t fresh = next_hash(t, INT32_MAX);
    return (int32_t)(atomic_compare_exchange_strong(&o->length, &hash, fresh) ? fresh : hash);
}
