/* How much of -Xmx is taken.  libgc counts whole blocks only, and cannot compact: what lies between small cells is not
 * charged in full, while large objects, which leave no gaps, are known one by one and charged exactly. */
#include "gc/backend.h"

enum { SPARE_ENTRIES = 1024, PAGE = 4096, REGISTRATION_RESERVE = MIB };

/* One per process, as the heap.  Changed under libgc's allocation lock, which a collection holds. */
static struct {
    struct object **objects; /* the large ones that were alive at the last collection or came after it */
    size_t count, capacity;
    _Atomic size_t bytes;    /* theirs */
} large;

/* libgc's own limit, and how far it may be raised.  The mutex is no collector callback's. */
static struct {
    pthread_mutex_t lock;
    size_t now, most;
} libgc = {.lock = PTHREAD_MUTEX_INITIALIZER};

static size_t cell_bytes(size_t size)
{
    return (size + PAGE - 1) & ~(size_t)(PAGE - 1);
}

/* What an array takes, from its own header: the rounding of gc_alloc_array never crosses a page that the array itself
 * does not touch, except for the byte behind its elements. */
static size_t charge_of(const struct object *o)
{
    return cell_bytes(gc_object_size(o) + 1);
}

void gc_limit_init(size_t maximum)
{
    size_t bytes = (maximum / GC_LARGE_OBJECT + SPARE_ENTRIES) * sizeof(struct object *);
    large.objects = gc_reserve(&bytes, PAGE);
    large.capacity = bytes / sizeof(struct object *);
    libgc.now = maximum + maximum / 2 + 4 * MIB;
    libgc.most = 3 * maximum + 64 * MIB;
    GC_set_max_heap_size(libgc.now);
}

/* An eighth of the blocks with small cells is taken for gaps: free cells in blocks that others keep in use. */
size_t gc_used_bytes(void)
{
    size_t heap = GC_get_heap_size(), unused = GC_get_free_bytes();
    size_t exact = atomic_load_explicit(&large.bytes, memory_order_relaxed);
    size_t blocks = heap > unused ? heap - unused : 0;
    return blocks > exact ? exact + (blocks - exact) / 8 * 7 : blocks;
}

bool gc_limit_admits(size_t size)
{
    size_t charge = size >= GC_LARGE_OBJECT ? cell_bytes(size) : size;
    return charge <= gc_heap.maximum && gc_used_bytes() + charge <= gc_heap.maximum;
}

/* Free blocks that hold small cells in between, or lie where a stray word points, may be useless for a large object
 * although -Xmx has room for it: libgc may then take fresh memory. */
bool gc_limit_extend(size_t size)
{
    pthread_mutex_lock(&libgc.lock);
    size_t limit = libgc.now + 4 * size + MIB;
    if (limit > libgc.most)
        limit = libgc.most;
    bool more = limit > libgc.now;
    libgc.now = limit;
    GC_set_max_heap_size(limit);
    pthread_mutex_unlock(&libgc.lock);
    return more;
}

/* libgc aborts the process when it has no memory for its record of a new thread, so this one record may lie above the
 * limit. */
int gc_limit_register_thread(const struct GC_stack_base *base)
{
    GC_word mapped, unmapped;
    pthread_mutex_lock(&libgc.lock);
    GC_get_heap_usage_safe(&mapped, NULL, &unmapped, NULL, NULL);
    size_t heap = mapped + unmapped;
    GC_set_max_heap_size((heap > libgc.now ? heap : libgc.now) + REGISTRATION_RESERVE);
    int result = GC_register_my_thread(base);
    GC_set_max_heap_size(libgc.now);
    pthread_mutex_unlock(&libgc.lock);
    return result;
}

static void *remember(void *arg)
{
    struct object *o = arg;
    if (large.count < large.capacity) { /* if not, it counts like small ones */
        large.objects[large.count++] = o;
        atomic_fetch_add_explicit(&large.bytes, charge_of(o), memory_order_relaxed);
    }
    return NULL;
}

void gc_limit_add_large(struct object *o)
{
    GC_call_with_alloc_lock(remember, o);
}

/* World stopped, marking complete.  An object whose thread was stopped before it could add it is alive, and added
 * later. */
void gc_limit_forget_dead(void)
{
    size_t kept = 0, bytes = 0;
    for (size_t i = 0; i < large.count; i++)
        if (GC_is_marked(large.objects[i])) {
            large.objects[kept++] = large.objects[i];
            bytes += charge_of(large.objects[i]);
        }
    large.count = kept;
    atomic_store_explicit(&large.bytes, bytes, memory_order_relaxed);
}
