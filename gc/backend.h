/* Private to gc/: what its files share, and the only place that includes libgc's headers.
 * libgc's own <gc/gc.h> is reached through <gc/gc_mark.h>, because ours has the same name. */
#ifndef CLOISTER_GC_BACKEND_H
#define CLOISTER_GC_BACKEND_H

#define GC_THREADS
#define GC_NO_THREAD_REDIRECTS
#include <gc/gc_gcj.h>
#include <gc/gc_inline.h>
#include <gc/gc_mark.h>

#include <pthread.h>

#include "gc/gc.h"

enum { GRANULE = 16, KIND_ATOMIC = 0, MIB = 1 << 20 };

/* The heap.  One per process, since libgc is. */
struct gc_heap {
    size_t maximum;                    /* -Xmx, bytes */
    size_t least_interval;             /* bytes allocated between two collections, at least */
    bool torture;                      /* every allocation takes the slow path and counts towards a collection */
    uint32_t torture_interval;         /* collect at every so many allocations */
    _Atomic uint32_t torture_ticks;
    struct gc_thread *threads;         /* attached threads; changed under libgc's allocation lock */
    uint64_t retired_bytes;            /* allocated by detached threads; same lock */
};
extern struct gc_heap gc_heap;

_Noreturn void gc_fatal(const char *sentence);
/* Reserves address space that costs memory only where it is touched; halves the size until it fits. */
void *gc_reserve(size_t *bytes, size_t least);
void *gc_try_reserve(size_t *bytes, size_t least); /* NULL where gc_reserve ends the process */

/* ---- layout.c: how an object's references are found ------------------------------------------------------- */

/* Descriptor of a class that a bitmap cannot describe: the environment of the mark procedure points to one. */
struct gc_ref_table {
    uint8_t reference_kind; /* enum gc_reference_kind */
    uint32_t count;
    uint32_t offsets[];
};
#define GC_ENV_REF_ARRAY 1 /* environment of reference arrays; never the address of a table */

struct GC_ms_entry *gc_mark_proc(GC_word *address, struct GC_ms_entry *top, struct GC_ms_entry *limit, GC_word env);
/* Calls visit for each reference slot that marking follows, without a Reference's referent and discovered. */
void gc_each_reference(struct object *o, void (*visit)(struct object *target));

/* The test for an object among cells: word 1 of a free cell never has the top bit of the lock half. */
static inline bool gc_cell_is_object(const struct object *o)
{
    return o->layout != NULL && (atomic_load_explicit(&((struct object *)o)->lock, memory_order_relaxed) >> 31) != 0;
}

void *gc_drop_cells(void *list); /* alloc.c */

/* Bytes that the object itself takes, without the rounding of its cell. */
static inline size_t gc_object_size(const struct object *o)
{
    const struct gc_layout *layout = o->layout;
    if (layout->kind == GC_KIND_OBJECT)
        return layout->instance_size;
    return ARRAY_DATA_OFFSET + ((size_t)array_length(o) << layout->element_shift);
}

/* ---- limit.c: -Xmx ----------------------------------------------------------------------------------------- */

enum { GC_LARGE_OBJECT = 64 * 1024 }; /* from this size on an object is charged exactly */

void gc_limit_init(size_t maximum);
size_t gc_used_bytes(void);                 /* what counts against -Xmx */
bool gc_limit_admits(size_t size);          /* is there room for one more object of that size? */
bool gc_limit_extend(size_t size);          /* lets libgc's heap grow for it; false: it is as large as it may be */
int gc_limit_register_thread(const struct GC_stack_base *base);
void gc_limit_add_large(struct object *o);  /* a new object, complete */
void gc_limit_forget_dead(void);            /* world stopped, marking complete */

/* ---- roots.c ---------------------------------------------------------------------------------------------- */

void gc_roots_init(void);

/* ---- references.c, trace.c: called with the world stopped -------------------------------------------------- */

void gc_references_init(const struct gc_options *options);
void gc_references_begin(bool clear_soft); /* before marking */
void gc_references_finish(void);           /* after marking: clears, keeps what is finalizable, visits weak tables */
void gc_references_wake(void);             /* world running again */
/* A marked Reference was met.  True: its referent is to be followed as a strong one. */
bool gc_reference_met(struct object *reference, enum gc_reference_kind kind);
struct object *gc_reference_referent(const struct object *reference);
struct object *gc_reference_link(const struct object *reference); /* `discovered` */
struct object *gc_pending_head(void);

void gc_trace_init(void);
void gc_trace_from(struct object *o); /* marks o and everything reachable from it */
void gc_trace_release(void);

/* ---- stats.c, walk.c -------------------------------------------------------------------------------------- */

void gc_stats_init(void);
void gc_walk_marked(void);            /* in MARK_END: runs the walk that this thread asked for, if any */

#endif
