/* What marking starts from, apart from C stacks: blocks of root slots, visitors, and the threads' free cells. */
#include "gc/backend.h"

#include <string.h>

enum {
    CHUNK_LIMIT = 64,
    FIRST_CHUNK_SLOTS = 8 * 1024,
    LARGEST_CHUNK_SLOTS = 1024 * 1024,
    EXACT_SIZES = 64,            /* freed blocks of fewer slots are recycled for the same size */
    VISITOR_LIMIT = 32,
    SPARE_SLOTS = 4 * 1024,      /* for who cannot fail, when the system refuses memory */
    FEW_SLOTS = 512,
};

/* Slots of a chunk beyond `used` were never handed out.  A chunk never moves or shrinks. */
struct chunk {
    struct object **base;
    _Atomic size_t used;
    size_t capacity;
};

/* A freed block: its link lies in the slots themselves, where the collector may read it, because the address of a root
 * slot is not that of an object.  The same holds for the small number in the second slot of large blocks. */
struct free_block {
    struct free_block *next;
    size_t count;
};

struct visitor {
    gc_root_visitor visit;
    void *arg;
};

/* One per process, as the heap.  The mutex guards changes; the collector reads with every thread stopped, so chunks and
 * visitors are complete before the counts that show them. */
static struct {
    pthread_mutex_t lock;
    struct chunk chunks[CHUNK_LIMIT];
    _Atomic size_t chunk_count;
    struct free_block *free[EXACT_SIZES], *free_large;
    struct visitor visitors[VISITOR_LIMIT];
    _Atomic size_t visitor_count;
    struct object *spare[SPARE_SLOTS];
    bool spare_used;
    _Atomic bool scarce;         /* the system refused memory the last time */
    GC_push_other_roots_proc push_stacks; /* libgc's own: pushes every thread's C stack */
} roots = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Cells on our lists are unknown to libgc; unmarked ones would be reclaimed and handed out a second time. */
static void mark_free_cells(void *list)
{
    for (void **cell = list; cell != NULL; cell = *cell)
        GC_set_mark_bit(cell);
}

/* World stopped at arbitrary instructions; runs again when the mark stack overflowed. */
static void GC_CALLBACK push_roots(void)
{
    if (roots.push_stacks != NULL)
        roots.push_stacks();
    for (struct gc_thread *t = gc_heap.threads; t != NULL; t = t->next)
        for (size_t i = 0; i < GC_LISTS; i++) {
            mark_free_cells(t->free_objects[i]);
            mark_free_cells(t->free_atomic[i]);
        }
    size_t chunks = atomic_load_explicit(&roots.chunk_count, memory_order_acquire);
    for (size_t i = 0; i < chunks; i++) {
        size_t used = atomic_load_explicit(&roots.chunks[i].used, memory_order_acquire);
        if (used != 0) /* eagerly: GC_push_all aborts on a full mark stack */
            GC_push_all_eager(roots.chunks[i].base, roots.chunks[i].base + used);
    }
    gc_push(gc_pending_head());
    size_t visitors = atomic_load_explicit(&roots.visitor_count, memory_order_acquire);
    for (size_t i = 0; i < visitors; i++)
        roots.visitors[i].visit(roots.visitors[i].arg);
}

void gc_roots_init(void)
{
    roots.push_stacks = GC_get_push_other_roots();
    GC_set_push_other_roots(push_roots);
}

void gc_push_range(const void *from, const void *to)
{
    if (from < to)
        GC_push_all_eager((void *)from, (void *)to);
}

void gc_push(struct object *o)
{
    if (o != NULL)
        GC_push_all_eager(&o, &o + 1);
}

void gc_add_root_visitor(const char *name, gc_root_visitor visit, void *arg)
{
    (void)name;
    pthread_mutex_lock(&roots.lock);
    size_t n = atomic_load(&roots.visitor_count);
    if (n == VISITOR_LIMIT)
        gc_fatal("too many kinds of roots are registered with the collector");
    roots.visitors[n] = (struct visitor){visit, arg};
    atomic_store_explicit(&roots.visitor_count, n + 1, memory_order_release);
    pthread_mutex_unlock(&roots.lock);
}

static struct object **begin_chunk(struct object **base, size_t capacity, size_t count)
{
    size_t n = atomic_load(&roots.chunk_count);
    struct chunk *c = &roots.chunks[n];
    c->base = base;
    c->capacity = capacity;
    atomic_store(&c->used, count);
    atomic_store_explicit(&roots.chunk_count, n + 1, memory_order_release);
    return base;
}

/* NULL: the system refuses even a small one. */
static struct object **add_chunk(size_t count)
{
    size_t n = atomic_load(&roots.chunk_count);
    if (n == CHUNK_LIMIT)
        return NULL;
    size_t capacity = FIRST_CHUNK_SLOTS;
    for (size_t i = 0; i < n && capacity < LARGEST_CHUNK_SLOTS; i++)
        capacity *= 2;
    if (capacity < count)
        capacity = count;
    size_t bytes = capacity * sizeof(struct object *);
    struct object **base = gc_try_reserve(&bytes, (count > FEW_SLOTS ? count : FEW_SLOTS) * sizeof(struct object *));
    atomic_store_explicit(&roots.scarce, base == NULL, memory_order_relaxed);
    return base == NULL ? NULL : begin_chunk(base, bytes / sizeof(struct object *), count);
}

static struct object **take_spare(size_t count)
{
    size_t n = atomic_load(&roots.chunk_count);
    if (roots.spare_used || count > SPARE_SLOTS || n == CHUNK_LIMIT)
        gc_fatal("the system has no memory left for another root of the heap");
    roots.spare_used = true;
    return begin_chunk(roots.spare, SPARE_SLOTS, count);
}

static struct chunk *last_chunk(void)
{
    size_t n = atomic_load(&roots.chunk_count);
    return n == 0 ? NULL : &roots.chunks[n - 1];
}

static size_t slots_left(const struct chunk *c)
{
    return c == NULL ? 0 : c->capacity - atomic_load(&c->used);
}

static struct object **carve(size_t count, bool may_fail)
{
    struct chunk *c = last_chunk();
    if (slots_left(c) >= count && !(may_fail && c->base == roots.spare)) {
        size_t used = atomic_load(&c->used);
        atomic_store_explicit(&c->used, used + count, memory_order_release);
        return c->base + used;
    }
    struct object **block = add_chunk(count);
    return block != NULL || may_fail ? block : take_spare(count);
}

bool gc_roots_spare(void)
{
    if (!atomic_load_explicit(&roots.scarce, memory_order_relaxed))
        return true;
    pthread_mutex_lock(&roots.lock);
    if (slots_left(last_chunk()) < FEW_SLOTS && atomic_load(&roots.chunk_count) + 1 < CHUNK_LIMIT)
        add_chunk(0);
    bool enough = slots_left(last_chunk()) >= FEW_SLOTS;
    pthread_mutex_unlock(&roots.lock);
    return enough;
}

static struct free_block *take_free(size_t count)
{
    struct free_block **link = count < EXACT_SIZES ? &roots.free[count] : &roots.free_large;
    while (count >= EXACT_SIZES && *link != NULL && (*link)->count != count)
        link = &(*link)->next;
    struct free_block *block = *link;
    if (block != NULL)
        *link = block->next;
    return block;
}

static struct object **new_block(size_t count, bool may_fail)
{
    if (count == 0)
        count = 1;
    pthread_mutex_lock(&roots.lock);
    struct object **block = (struct object **)take_free(count);
    if (block == NULL)
        block = carve(count, may_fail);
    else
        memset(block, 0, (count < 2 ? 1 : 2) * sizeof *block); /* the rest was zeroed when it was freed */
    pthread_mutex_unlock(&roots.lock);
    return block;
}

struct object **gc_roots_new(size_t count)
{
    return new_block(count, false);
}

struct object **gc_roots_try(size_t count)
{
    return new_block(count, true);
}

void gc_roots_free(struct object **block, size_t count)
{
    if (block == NULL)
        return;
    if (count == 0)
        count = 1;
    pthread_mutex_lock(&roots.lock);
    memset(block, 0, count * sizeof *block);
    struct free_block *freed = (struct free_block *)block;
    struct free_block **list = count < EXACT_SIZES ? &roots.free[count] : &roots.free_large;
    freed->next = *list;
    if (count >= EXACT_SIZES)
        freed->count = count;
    *list = freed;
    pthread_mutex_unlock(&roots.lock);
}
