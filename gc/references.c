/* Soft, weak, final and phantom references, and weak tables: decided by us while the world is stopped, so that a
 * mutator has either loaded a referent before (and its stack keeps it alive) or reads null.  libgc's links are not
 * used. */
#include "gc/backend.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    LEAST_LIST_BYTES = 64 * 1024,
    RELEASE_ABOVE = 128 * 1024,      /* bytes of list given back to the system after a collection */
    WEAK_VISITOR_LIMIT = 32,
    SMALLEST_REFERENCE = 48,         /* bytes of heap that each listed Reference takes at least */
};

struct weak_visitor {
    gc_weak_visitor visit;
    void *arg;
};

/* One per process, as the heap.  `met` is reserved before any collection because nothing can be allocated in one;
 * markers append to it concurrently.  A Reference can be listed twice; whoever reads the list must not mind. */
static struct {
    uint32_t referent, next, discovered, timestamp; /* offsets; referent 0: not yet known */
    int64_t *clock;                                 /* SoftReference.clock, ms */
    int64_t soft_ms_per_mb;
    int64_t soft_limit_ms;                          /* of this collection: older soft references are cleared */
    bool clear_soft;                                /* all of them */
    struct object **met;
    size_t met_capacity;
    _Atomic size_t met_count;
    struct object *_Atomic pending;                 /* list through `discovered`; a root */
    bool grew;                                      /* pending became longer in this collection */
    void (*wake)(void *arg);
    void *wake_arg;
    pthread_mutex_t visitors_lock;
    struct weak_visitor visitors[WEAK_VISITOR_LIMIT];
    _Atomic size_t visitor_count;
} refs = {.visitors_lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void gc_references_init(const struct gc_options *options)
{
    size_t bytes = options->maximum_heap / SMALLEST_REFERENCE * sizeof(struct object *);
    if (bytes < LEAST_LIST_BYTES)
        bytes = LEAST_LIST_BYTES;
    refs.met = gc_reserve(&bytes, LEAST_LIST_BYTES);
    refs.met_capacity = bytes / sizeof(struct object *);
    refs.soft_ms_per_mb = options->soft_ms_per_mb;
}

void gc_set_reference_offsets(uint32_t referent, uint32_t queue, uint32_t next, uint32_t discovered,
                              uint32_t soft_timestamp)
{
    (void)queue; /* cleared references without a queue travel the pending list too: their handler is Java's */
    refs.next = next;
    refs.discovered = discovered;
    refs.timestamp = soft_timestamp;
    refs.referent = referent;
}

void gc_set_soft_clock(int64_t *clock_ms)
{
    *clock_ms = now_ms();
    refs.clock = clock_ms;
}

void gc_set_pending_hook(void (*wake)(void *arg), void *arg)
{
    refs.wake_arg = arg;
    refs.wake = wake;
}

void gc_add_weak_visitor(const char *name, gc_weak_visitor visit, void *arg)
{
    (void)name;
    pthread_mutex_lock(&refs.visitors_lock);
    size_t n = atomic_load(&refs.visitor_count);
    if (n == WEAK_VISITOR_LIMIT)
        gc_fatal("too many weak tables are registered with the collector");
    refs.visitors[n] = (struct weak_visitor){visit, arg};
    atomic_store_explicit(&refs.visitor_count, n + 1, memory_order_release);
    pthread_mutex_unlock(&refs.visitors_lock);
}

bool gc_is_live(const struct object *o)
{
    return o != NULL && GC_is_marked(o);
}

/* ---- the pending list ------------------------------------------------------------------------------------- */

struct object *gc_pending_head(void)
{
    return atomic_load_explicit(&refs.pending, memory_order_relaxed);
}

/* A collection cannot fall between reading and clearing the head unseen: the value is in a register by then. */
struct object *gc_take_pending(void)
{
    return atomic_exchange(&refs.pending, NULL);
}

bool gc_has_pending(void)
{
    return atomic_load(&refs.pending) != NULL;
}

static void add_pending(struct object *reference)
{
    gc_store_ref(reference, refs.discovered, gc_pending_head());
    atomic_store_explicit(&refs.pending, reference, memory_order_relaxed);
    refs.grew = true;
}

void gc_references_wake(void)
{
    if (refs.grew && refs.wake != NULL)
        refs.wake(refs.wake_arg);
    refs.grew = false;
}

/* ---- while marking ---------------------------------------------------------------------------------------- */

struct object *gc_reference_referent(const struct object *reference)
{
    return refs.referent != 0 ? gc_load_ref(reference, refs.referent) : NULL;
}

/* Only the pending list uses this field, and all of that list is alive: it is an ordinary reference. */
struct object *gc_reference_link(const struct object *reference)
{
    return refs.discovered != 0 ? gc_load_ref(reference, refs.discovered) : NULL;
}

/* The policy is HotSpot's: a soft reference stays while the time since its last use, counted to the last collection, is
 * at most so many ms for each free MiB of the maximal heap. */
void gc_references_begin(bool clear_soft)
{
    size_t used = gc_used_bytes();
    size_t free_mb = gc_heap.maximum > used ? (gc_heap.maximum - used) / MIB : 0;
    refs.soft_limit_ms = (int64_t)free_mb * refs.soft_ms_per_mb;
    refs.clear_soft = clear_soft;
    atomic_store(&refs.met_count, 0);
}

static bool keep_soft(const struct object *reference)
{
    if (refs.clear_soft)
        return false;
    if (refs.clock == NULL)
        return true;
    int64_t stamp = *(const int64_t *)object_at(reference, refs.timestamp);
    return *refs.clock - stamp <= refs.soft_limit_ms;
}

/* A FinalReference keeps its referent when it is handed to Java; `next` then tells that it is no longer active. */
static bool is_active_final(const struct object *reference)
{
    return gc_load_ref(reference, refs.next) == NULL;
}

bool gc_reference_met(struct object *reference, enum gc_reference_kind kind)
{
    struct object *referent = gc_reference_referent(reference);
    if (referent == NULL || GC_is_marked(referent))
        return false;
    if ((kind == GC_REF_SOFT && keep_soft(reference)) || (kind == GC_REF_FINAL && !is_active_final(reference)))
        return true;
    size_t slot = atomic_fetch_add_explicit(&refs.met_count, 1, memory_order_relaxed);
    if (slot >= refs.met_capacity)
        return true; /* no room to remember it: strong for this time */
    refs.met[slot] = reference;
    return false;
}

/* ---- after marking ---------------------------------------------------------------------------------------- */

static size_t met_count(void)
{
    size_t n = atomic_load_explicit(&refs.met_count, memory_order_relaxed);
    return n < refs.met_capacity ? n : refs.met_capacity;
}

static enum gc_reference_kind kind_of(const struct object *reference)
{
    return (enum gc_reference_kind)reference->layout->reference_kind;
}

static bool referent_died(const struct object *reference)
{
    struct object *referent = gc_reference_referent(reference);
    return referent != NULL && !GC_is_marked(referent);
}

/* Clears the listed references of the given kinds whose referents are dead.  A second entry of the same one finds
 * null. */
static void clear_dead(size_t from, unsigned kinds)
{
    for (size_t i = from, n = met_count(); i < n; i++) {
        struct object *reference = refs.met[i];
        if (!(kinds & 1u << kind_of(reference)) || !referent_died(reference))
            continue;
        gc_store_ref(reference, refs.referent, NULL);
        add_pending(reference);
    }
}

/* Hands the finalizable among the entries [from, to) to Java and keeps what they reach.  All are queued before any is
 * traced: an object that is finalizable itself must be queued even if another finalizable one reaches it. */
static void keep_finalizable_range(size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        struct object *reference = refs.met[i];
        if (kind_of(reference) != GC_REF_FINAL || !is_active_final(reference) || !referent_died(reference))
            continue;
        gc_store_ref(reference, refs.next, reference);
        add_pending(reference);
    }
    for (size_t i = from; i < to; i++)
        if (kind_of(refs.met[i]) == GC_REF_FINAL && !is_active_final(refs.met[i]))
            gc_trace_from(gc_reference_referent(refs.met[i]));
}

/* The trace may list further References, final ones among them. */
static void keep_finalizable(void)
{
    size_t from = 0;
    for (size_t to = met_count(); from < to; from = to, to = met_count())
        keep_finalizable_range(from, to);
}

static void visit_weak_tables(void)
{
    size_t n = atomic_load_explicit(&refs.visitor_count, memory_order_acquire);
    for (size_t i = 0; i < n; i++)
        refs.visitors[i].visit(refs.visitors[i].arg);
}

static void release_list(void)
{
    size_t bytes = met_count() * sizeof(struct object *);
    if (bytes > RELEASE_ABOVE)
        madvise(refs.met, bytes, MADV_DONTNEED);
}

/* Java's order: soft and weak ones first, all at once; then finalizable objects come back to life with what they reach;
 * phantom ones and the VM's weak tables see the result. */
void gc_references_finish(void)
{
    const unsigned weak = 1u << GC_REF_SOFT | 1u << GC_REF_WEAK;
    size_t marked_by_libgc = met_count();
    clear_dead(0, weak);
    keep_finalizable();
    clear_dead(marked_by_libgc, weak); /* those that only finalizable objects reach */
    clear_dead(0, 1u << GC_REF_PHANTOM);
    visit_weak_tables();
    gc_trace_release();
    release_list();
    if (refs.clock != NULL)
        *refs.clock = now_ms();
}
