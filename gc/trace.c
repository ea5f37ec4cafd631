/* A small marker of our own, used with the world stopped after libgc's has finished: it keeps what finalizable objects
 * reach.  Its stack grows by mremap, since malloc's lock may be held by a stopped thread. */
#include "gc/backend.h"

#include <sys/mman.h>

enum { INITIAL_BYTES = 64 * 1024, LEAST_BYTES = 4096 };

/* One per process, as the heap; used by the collecting thread only. */
static struct {
    struct object **entries;
    size_t count, capacity;
    size_t least_bytes;
    bool overflowed; /* something was marked but not followed */
} stack;

void gc_trace_init(void)
{
    size_t bytes = INITIAL_BYTES;
    stack.entries = gc_reserve(&bytes, LEAST_BYTES);
    stack.capacity = bytes / sizeof(struct object *);
    stack.least_bytes = bytes;
}

static bool grow(void)
{
    size_t bytes = stack.capacity * sizeof(struct object *);
    void *p = mremap(stack.entries, bytes, bytes * 2, MREMAP_MAYMOVE);
    if (p == MAP_FAILED)
        return false;
    stack.entries = p;
    stack.capacity *= 2;
    return true;
}

static void mark(struct object *o)
{
    if (o == NULL || GC_is_marked(o))
        return;
    GC_set_mark_bit(o);
    if (stack.count == stack.capacity && !grow()) {
        stack.overflowed = true;
        return;
    }
    stack.entries[stack.count++] = o;
}

static void follow(struct object *o)
{
    enum gc_reference_kind kind = (enum gc_reference_kind)o->layout->reference_kind;
    gc_each_reference(o, mark);
    if (kind == GC_REF_NONE)
        return;
    mark(gc_reference_link(o));
    if (gc_reference_met(o, kind))
        mark(gc_reference_referent(o));
}

static void drain(void)
{
    while (stack.count != 0)
        follow(stack.entries[--stack.count]);
}

/* What was marked without being followed is not known by name: every marked object is followed again.  Marked cells
 * that are not objects (libgc's, free ones) have nothing to follow. */
static void GC_CALLBACK follow_again(void *cell, size_t bytes, void *unused)
{
    (void)bytes;
    (void)unused;
    struct object *o = cell;
    if (bytes < OBJECT_HEADER_SIZE || !gc_cell_is_object(o) || GC_base(o->layout) != NULL)
        return;
    follow(o);
    drain();
}

void gc_trace_from(struct object *o)
{
    mark(o);
    drain();
    while (stack.overflowed) {
        stack.overflowed = false;
        GC_enumerate_reachable_objects_inner(follow_again, NULL);
    }
}

/* Gives the memory of an unusually deep trace back. */
void gc_trace_release(void)
{
    size_t bytes = stack.capacity * sizeof(struct object *);
    if (bytes == stack.least_bytes)
        return;
    void *p = mremap(stack.entries, bytes, stack.least_bytes, 0);
    if (p == MAP_FAILED)
        return; /* keeping it is harmless */
    stack.entries = p;
    stack.capacity = stack.least_bytes / sizeof(struct object *);
}
