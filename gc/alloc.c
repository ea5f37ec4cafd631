/* Allocation behind the inline path: batches of cells, larger objects, arrays, clones, and what happens at
 * the limit. */
#include "gc/backend.h"

#include <string.h>

enum {
    LARGEST_EXACT = (GC_SIZE_CLASSES - 1) * GRANULE, /* one list for each multiple of a granule up to here */
    LARGEST_LISTED = 2048,                           /* libgc puts at least two cells of this size into a block */
};

/* Cells above LARGEST_EXACT: the multiples of a granule of which 12, 10, 9, ... 2 fill a block of 4 KiB. */
static const uint16_t wide_sizes[GC_LISTS - GC_SIZE_CLASSES] = {336, 400, 448, 512, 576, 672, 816, 1024, 1360, 2048};
/* The list for a number of granules. */
static const uint8_t wide_lists[LARGEST_LISTED / GRANULE + 1] = {
    [17 ... 21] = 17, [22 ... 25] = 18, [26 ... 28] = 19, [29 ... 32] = 20, [33 ... 36] = 21,
    [37 ... 42] = 22, [43 ... 51] = 23, [52 ... 64] = 24, [65 ... 85] = 25, [86 ... 128] = 26,
};

/* Where a cell comes from and how libgc scans it. */
enum source {
    BY_CLASS,    /* through the class's descriptor: objects, small reference arrays */
    BY_WORD,     /* every word: large reference arrays */
    NOT_AT_ALL,  /* primitive arrays; memory is dirty */
};

/* Under libgc's allocation lock: from here on the cells are garbage.  Their links go first: a stray word on a stack may
 * keep a cell, and libgc would take what its link leads to for the cell's class when that is an object one day. */
void *gc_drop_cells(void *arg)
{
    void **list = arg;
    while (*list != NULL) {
        void **cell = *list;
        *list = *cell;
        *cell = NULL;
    }
    return NULL;
}

/* The list pointer itself is the result, so that no cell is ever unknown to push_roots: libgc stores it while a
 * collection cannot start.  Batches hold as many cells as a block has free.  A fresh block can exceed -Xmx: its cells
 * are then left to the next collection.  Blocks already in use are always welcome. */
static bool refill(struct gc_thread *self, void **list, size_t size, enum source source)
{
    size_t used = gc_used_bytes();
    GC_generic_malloc_many(size, source == BY_CLASS ? GC_gcj_kind : KIND_ATOMIC, list);
    size_t now_used = gc_used_bytes();
    if (__builtin_expect(now_used > gc_heap.maximum && now_used > used, 0)) {
        GC_call_with_alloc_lock(gc_drop_cells, list);
        return false;
    }
    size_t cells = 0;
    for (void **cell = *list; cell != NULL; cell = *cell, cells++)
        if (source == NOT_AT_ALL)
            cell[1] = NULL; /* a free cell must not look like an object (gc_cell_is_object) */
    self->allocated_bytes += cells * size;
    return cells != 0;
}

/* The order of the stores is the invariant of docs/heap.md: a thread can be stopped between any two of them. */
static struct object *pop(void **list, struct gc_layout *layout)
{
    void **cell = *list;
    *(void *volatile *)list = *cell;
    struct object *o = (struct object *)cell;
    *(struct gc_layout *volatile *)&o->layout = layout;
    return o;
}

static struct object *from_list(struct gc_thread *self, struct gc_layout *layout, size_t size, enum source source)
{
    size_t index = size / GRANULE;
    if (size > LARGEST_EXACT) {
        index = wide_lists[index];
        size = wide_sizes[index - GC_SIZE_CLASSES];
    }
    void **list = &(source == BY_CLASS ? self->free_objects : self->free_atomic)[index];
    if (*list == NULL && !refill(self, list, size, source))
        return NULL;
    return pop(list, layout);
}

static struct object *from_libgc(struct gc_thread *self, struct gc_layout *layout, size_t size, enum source source)
{
    struct object *o;
    if (!gc_limit_admits(size))
        return NULL;
    if (source == BY_CLASS) {
        o = GC_gcj_malloc(size, layout);
    } else {
        /* Not libgc's thread-local lists for primitive data: their free cells are marked and look like objects. */
        o = source == BY_WORD ? GC_malloc(size) : GC_malloc_kind_global(size, KIND_ATOMIC);
        if (o != NULL)
            *(struct gc_layout *volatile *)&o->layout = layout;
    }
    if (o != NULL)
        self->allocated_bytes += size;
    return o;
}

/* Reference arrays above LARGEST_EXACT are of another kind (layout.c). */
static struct object *attempt(struct gc_thread *self, struct gc_layout *layout, size_t size, enum source source)
{
    if (size <= LARGEST_LISTED && source != BY_WORD && !gc_heap.torture)
        return from_list(self, layout, size, source);
    return from_libgc(self, layout, size, source);
}

__attribute__((noinline)) void gc_wipe_dead_stack(void)
{
    _Alignas(uint64_t) volatile char zeros[16 * 1024];
    for (size_t i = 0; i < sizeof zeros; i += sizeof(uint64_t))
        *(volatile uint64_t *)(zeros + i) = 0;
}

static struct object *collect_and_attempt(struct gc_thread *self, struct gc_layout *layout, size_t size,
                                          enum source source, enum gc_cause cause)
{
    gc_collect(cause);
    struct object *o = attempt(self, layout, size, source);
    while (o == NULL && gc_limit_admits(size) && gc_limit_extend(size))
        o = attempt(self, layout, size, source);
    return o;
}

/* libgc gives up at its limit without collecting when it collected not long ago, so NULL means little by itself.  One
 * thread at a time goes through the ladder; the others find its result. */
static struct object *recover(struct gc_thread *self, struct gc_layout *layout, size_t size, enum source source)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* no collector callback takes it */
    if (size > gc_heap.maximum)
        return NULL;
    pthread_mutex_lock(&lock);
    struct object *o = attempt(self, layout, size, source);
    if (o == NULL)
        o = collect_and_attempt(self, layout, size, source, GC_CAUSE_ALLOCATION);
    if (o == NULL) /* clears every soft reference that is not strongly held */
        o = collect_and_attempt(self, layout, size, source, GC_CAUSE_LAST_DITCH);
    pthread_mutex_unlock(&lock);
    return o;
}

#define TORTURE_HEAP_STEP (4u << 20) /* bytes */

static void torture(void)
{
    uint32_t tick = atomic_fetch_add_explicit(&gc_heap.torture_ticks, 1, memory_order_relaxed) + 1;
    /* A collection costs by the size of the heap: fuller ones get fewer, so that soak tests end, too. */
    uint32_t interval = gc_heap.torture_interval * (uint32_t)(1 + gc_used_bytes() / TORTURE_HEAP_STEP);
    if (tick % interval == 0)
        gc_collect(GC_CAUSE_ALLOCATION);
}

static struct object *allocate(struct gc_thread *self, struct gc_layout *layout, size_t size, enum source source)
{
    if (__builtin_expect(gc_heap.torture, 0))
        torture();
    struct object *o = attempt(self, layout, size, source);
    return __builtin_expect(o != NULL, 1) ? o : recover(self, layout, size, source);
}

static inline size_t round_up(size_t size)
{
    return (size + GRANULE - 1) & ~(size_t)(GRANULE - 1);
}

struct object *gc_alloc_object_slow(struct gc_thread *self, struct gc_layout *layout)
{
    struct object *o = allocate(self, layout, round_up(layout->instance_size), BY_CLASS);
    if (o != NULL)
        atomic_store_explicit(&o->lock, OBJECT_LOCK_INITIAL, memory_order_relaxed);
    return o;
}

/* Nothing moves here. */
struct object *gc_alloc_pinned(struct gc_thread *self, struct gc_layout *layout)
{
    return gc_alloc_object(self, layout);
}

/* One byte more than the elements need: C code may be left with nothing but the address behind the last element, which
 * keeps an object alive only if it is inside it. */
struct object *gc_alloc_array(struct gc_thread *self, struct gc_layout *layout, uint32_t length)
{
    size_t size = round_up(ARRAY_DATA_OFFSET + ((size_t)length << layout->element_shift) + 1);
    struct object *o;
    if (layout->kind == GC_KIND_PRIM_ARRAY) {
        o = allocate(self, layout, size, NOT_AT_ALL);
        if (o == NULL)
            return NULL;
        memset(array_data(o), 0, size - ARRAY_DATA_OFFSET);
    } else {
        o = allocate(self, layout, size, size <= LARGEST_EXACT ? BY_CLASS : BY_WORD);
        if (o == NULL)
            return NULL;
    }
    /* Elements are zero before the length lets the mark procedure look at them. */
    atomic_store_explicit(&o->length, length, memory_order_release);
    atomic_store_explicit(&o->lock, OBJECT_LOCK_INITIAL, memory_order_release);
    if (size >= GC_LARGE_OBJECT)
        gc_limit_add_large(o);
    return o;
}

struct object *gc_clone(struct gc_thread *self, struct object *original)
{
    struct gc_layout *layout = original->layout;
    struct object *copy;
    size_t bytes;
    if (layout->kind == GC_KIND_OBJECT) {
        copy = gc_alloc_object(self, layout);
        bytes = layout->instance_size - OBJECT_HEADER_SIZE;
    } else {
        uint32_t length = array_length(original);
        copy = gc_alloc_array(self, layout, length);
        bytes = (size_t)length << layout->element_shift;
    }
    if (copy == NULL)
        return NULL;
    size_t words = bytes / sizeof(void *);
    gc_copy_refs(copy, 0, original, 0, words); /* fields and elements alike begin behind the header */
    memcpy((char *)array_data(copy) + words * sizeof(void *), (char *)array_data(original) + words * sizeof(void *),
           bytes % sizeof(void *));
    return copy;
}

/* Two references at a time: a naturally aligned half of a vector store is written as a whole on x86-64 and AArch64. */
typedef uint64_t reference_pair __attribute__((vector_size(16), aligned(8), may_alias));

void gc_copy_refs(struct object *to, size_t to_index, const struct object *from, size_t from_index, size_t count)
{
    uint64_t *target = (uint64_t *)array_data(to) + to_index;
    const uint64_t *source = (const uint64_t *)array_data(from) + from_index;
    if (target <= source || target >= source + count) {
        size_t i = 0;
        for (; i + 4 <= count; i += 4) {
            reference_pair a = *(const reference_pair *)(source + i), b = *(const reference_pair *)(source + i + 2);
            *(volatile reference_pair *)(target + i) = a;
            *(volatile reference_pair *)(target + i + 2) = b;
        }
        for (; i < count; i++)
            *(volatile uint64_t *)(target + i) = source[i];
        return;
    }
    size_t i = count;
    for (; i >= 4; i -= 4) {
        reference_pair a = *(const reference_pair *)(source + i - 2), b = *(const reference_pair *)(source + i - 4);
        *(volatile reference_pair *)(target + i - 2) = a;
        *(volatile reference_pair *)(target + i - 4) = b;
    }
    for (; i > 0; i--)
        *(volatile uint64_t *)(target + i - 1) = source[i - 1];
}
