/* The heap: the only header through which the rest of the VM reaches the collector.
 *
 * Rules that keep a generational, mostly-copying backend possible:
 *  - stores of references into objects and statics go through gc_store_ref / gc_cas_ref / gc_copy_refs;
 *  - an address is never an identity (hashes live in the header);
 *  - C code holds plain references only in locals (stacks are scanned conservatively) or in registered root
 *    slots; nothing in malloc'ed memory outside the registered tables;
 *  - arrays handed to system calls or JNI critical sections are pinned with gc_pin / gc_unpin;
 *  - layouts are described by gc_layout_*, never by a backend's descriptor.
 *
 * Functions that allocate may collect; they return NULL when the heap is exhausted after every soft reference
 * was cleared (the caller throws OutOfMemoryError).  No lock that a root visitor needs may be held while
 * allocating.  Sizes are bytes unless a name says otherwise. */
#ifndef CLOISTER_GC_GC_H
#define CLOISTER_GC_GC_H

#include "gc/object.h"

#include <stdio.h>

/* ---- life cycle ------------------------------------------------------------------------------------------ */

struct gc_options {
    size_t initial_heap;      /* -Xms */
    size_t maximum_heap;      /* -Xmx */
    int64_t soft_ms_per_mb;   /* soft references live this long per free MiB (default 1000) */
    int markers;              /* parallel markers; 0: one per processor */
    bool torture;             /* collect at (almost) every allocation */
};

/* A thread's allocation state, embedded in struct thread.  Private to gc/ except through the functions here. */
#define GC_SIZE_CLASSES 17 /* cells of 16, 32, ... 256 bytes; index = size / 16 */
#define GC_LISTS (GC_SIZE_CLASSES + 10) /* and of 336, ... 2048 (gc/alloc.c) */
struct gc_thread {
    void *free_objects[GC_LISTS]; /* zeroed cells linked through word 0; descriptor-marked kind */
    void *free_atomic[GC_LISTS];  /* cells for primitive arrays */
    uint64_t allocated_bytes;            /* counted when a batch is taken */
    struct gc_thread *next, *prev;       /* the collector's list of attached threads */
};

bool gc_init(const struct gc_options *options); /* once per process; false: sentence printed to stderr */

/* The calling pthread must be attached before it touches the heap and detached before it exits. */
/* `stack_base`: the address behind everything on its C stack that may ever hold references; NULL: the collector
 * finds it. false: out of memory. */
bool gc_thread_attach(struct gc_thread *self, void *stack_base);
void gc_thread_detach(struct gc_thread *self);

/* ---- layout ---------------------------------------------------------------------------------------------- */

/* Offsets of the reference fields (all superclasses' included), ascending.  For a Reference subclass
 * (kind != NONE) the caller leaves `referent` and `discovered` out of ref_offsets.  false: out of memory. */
bool gc_layout_object(struct gc_layout *layout, uint32_t instance_size, const uint32_t *ref_offsets, size_t nrefs,
                      enum gc_reference_kind kind);
void gc_layout_array(struct gc_layout *layout, bool elements_are_references, uint8_t element_shift);

/* Byte offsets within java.lang.ref.Reference (and SoftReference.timestamp; the clock is a static's address). */
void gc_set_reference_offsets(uint32_t referent, uint32_t queue, uint32_t next, uint32_t discovered,
                              uint32_t soft_timestamp);
void gc_set_soft_clock(int64_t *clock_ms);

/* ---- allocation ------------------------------------------------------------------------------------------ */

struct object *gc_alloc_object_slow(struct gc_thread *self, struct gc_layout *layout);
struct object *gc_alloc_array(struct gc_thread *self, struct gc_layout *layout, uint32_t length);
/* An object that no backend will ever move (class mirrors). */
struct object *gc_alloc_pinned(struct gc_thread *self, struct gc_layout *layout);
/* Shallow copy with a fresh lock word; handles hidden referents. */
struct object *gc_clone(struct gc_thread *self, struct object *original);

/* Pop order (gc/ scans these lists with threads stopped at any instruction): store the list head before the
 * class word.  See docs/heap.md. */
static inline struct object *gc_alloc_object(struct gc_thread *self, struct gc_layout *layout)
{
    uint32_t index = (layout->instance_size + 15) >> 4;
    if (__builtin_expect(layout->alloc_slow | (index >= GC_SIZE_CLASSES), 0))
        return gc_alloc_object_slow(self, layout);
    void **cell = self->free_objects[index];
    if (__builtin_expect(cell == NULL, 0))
        return gc_alloc_object_slow(self, layout);
    *(void *volatile *)&self->free_objects[index] = *cell;
    struct object *o = (struct object *)cell;
    *(struct gc_layout *volatile *)&o->layout = layout;
    atomic_store_explicit(&o->lock, OBJECT_LOCK_INITIAL, memory_order_relaxed);
    return o;
}

/* ---- access ---------------------------------------------------------------------------------------------- */

static inline struct object *gc_load_ref(const struct object *o, size_t offset)
{
    return *(struct object *volatile *)object_at(o, offset);
}

static inline void gc_store_ref(struct object *o, size_t offset, struct object *value)
{
    *(struct object *volatile *)object_at(o, offset) = value;
}

static inline struct object *gc_load_ref_volatile(const struct object *o, size_t offset)
{
    return __atomic_load_n((struct object **)object_at(o, offset), __ATOMIC_SEQ_CST);
}

static inline void gc_store_ref_volatile(struct object *o, size_t offset, struct object *value)
{
    __atomic_store_n((struct object **)object_at(o, offset), value, __ATOMIC_SEQ_CST);
}

/* Returns the witnessed value; equal to `expected` on success.  Sequentially consistent. */
static inline struct object *gc_cas_ref(struct object *o, size_t offset, struct object *expected, struct object *value)
{
    __atomic_compare_exchange_n((struct object **)object_at(o, offset), &expected, value, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return expected;
}

static inline struct object *gc_swap_ref(struct object *o, size_t offset, struct object *value)
{
    return __atomic_exchange_n((struct object **)object_at(o, offset), value, __ATOMIC_SEQ_CST);
}

/* Statics and other registered root slots (`slot` points into a root block). */
static inline void gc_store_root(struct object **slot, struct object *value)
{
    __atomic_store_n(slot, value, __ATOMIC_RELEASE);
}

/* Elements of reference arrays: index scaled here. */
static inline struct object *gc_load_element(const struct object *array, uint32_t index)
{
    return gc_load_ref(array, ARRAY_DATA_OFFSET + (size_t)index * sizeof(struct object *));
}

static inline void gc_store_element(struct object *array, uint32_t index, struct object *value)
{
    gc_store_ref(array, ARRAY_DATA_OFFSET + (size_t)index * sizeof(struct object *), value);
}

/* Overlap-safe, each element copied atomically; no type check. */
void gc_copy_refs(struct object *to, size_t to_index, const struct object *from, size_t from_index, size_t count);

/* The referent of a Reference: a plain load, because clearing happens with the world stopped. */
static inline struct object *gc_ref_get(const struct object *reference, size_t referent_offset)
{
    return gc_load_ref(reference, referent_offset);
}

static inline void gc_pin(struct object *o) { (void)o; }   /* this backend never moves */
static inline void gc_unpin(struct object *o) { (void)o; }

/* ---- roots ----------------------------------------------------------------------------------------------- */

/* A zeroed block of `count` strong root slots, contiguous, scanned precisely.  Freed blocks are recycled. */
struct object **gc_roots_new(size_t count); /* never NULL: for few; from a small spare when the system has no memory */
struct object **gc_roots_try(size_t count); /* NULL: the system has no memory */
/* Is there room for the roots of one more class?  For who can fail, before it begins what cannot. */
bool gc_roots_spare(void);
void gc_roots_free(struct object **block, size_t count);

/* Strong roots that change shape: called once or more per collection with the world stopped at arbitrary
 * instructions; may only read and call gc_push_range (slots may hold any bit pattern: treated conservatively)
 * or gc_push (one object base or NULL). */
typedef void (*gc_root_visitor)(void *arg);
void gc_add_root_visitor(const char *name, gc_root_visitor visit, void *arg);
void gc_push_range(const void *from, const void *to);
void gc_push(struct object *o);

/* Weak tables (interned strings, weak globals, monitors): called with the world stopped once marking is complete,
 * after finalizable objects were kept alive; drop entries for which gc_is_live is false.  No allocation, no locks. */
typedef void (*gc_weak_visitor)(void *arg);
void gc_add_weak_visitor(const char *name, gc_weak_visitor visit, void *arg);
bool gc_is_live(const struct object *o);

/* ---- references ------------------------------------------------------------------------------------------ */

/* Head of the list of cleared or finalizable References linked through `discovered`; the list becomes empty. */
struct object *gc_take_pending(void);
bool gc_has_pending(void);
/* Called after the world was restarted when the pending list became non-empty: must not run Java or allocate. */
void gc_set_pending_hook(void (*wake)(void *arg), void *arg);

/* Clears the C stack below the caller's frame (16 KiB), where finished calls left addresses that later frames do not
 * overwrite: for the handler of an OutOfMemoryError, which wants the memory back. */
void gc_wipe_dead_stack(void);

/* ---- collecting, limits, figures ------------------------------------------------------------------------- */

enum gc_cause { GC_CAUSE_ALLOCATION, GC_CAUSE_SYSTEM_GC, GC_CAUSE_LAST_DITCH, GC_CAUSE_DIAGNOSTIC };
void gc_collect(enum gc_cause cause); /* full; returns memory to the system on SYSTEM_GC */

/* Gives the pages of free blocks and what malloc keeps back to the system; the collections of System.gc() do. */
void gc_release_memory(void);
/* The same when the program rests, after a collection if a quarter of the heap was taken since the last one. */
void gc_rest(void);
/* Called after a collection that an allocation made, with the collector's lock: may post a semaphore and nothing
 * else. */
void gc_set_collected_hook(void (*hook)(void));
/* A number that stays the same while no thread takes memory for objects and nothing is collected. */
uint64_t gc_activity(void);

struct gc_statistics {
    uint64_t collections, collection_ns, last_pause_ns, max_pause_ns;
    uint64_t system_collections;
    size_t used, committed, maximum;   /* now */
    size_t used_after_last, used_before_last;
    uint64_t allocated;                /* since start, all threads */
};
void gc_statistics(struct gc_statistics *out);
/* Called after each collection (world running, collecting thread): for -Xlog:gc and management. */
struct gc_event {
    enum gc_cause cause;
    uint64_t number, pause_ns, start_ns; /* start: CLOCK_MONOTONIC */
    size_t used_before, used_after, committed;
};
void gc_set_event_hook(void (*hook)(const struct gc_event *event, void *arg), void *arg);

/* World stopped; every live object after a full mark.  The visitor must not allocate or lock. */
void gc_walk_heap(void (*visit)(struct object *o, size_t cell_size, void *arg), void *arg);
/* The object that an arbitrary address points into, or NULL. */
struct object *gc_object_base(const void *address);

#endif
