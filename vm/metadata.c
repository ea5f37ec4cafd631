/* The memory of classes, code and symbols: its pages, its limit, and the reserve for when the system has no more. */
#include "vm/metadata.h"

#include <pthread.h>
#include <sys/mman.h>

#include "vm/exception.h"
#include "vm/vm.h"

enum { RESERVE = 2 << 20, SMALL_WORK = RESERVE / 2 };

/* One per process, as symbols are.  `left` is changed under the lock; the first reserve is part of the library, so that
 * it costs neither a mapping nor, untouched, memory. */
static char first_reserve[RESERVE] __attribute__((aligned(16)));
static struct {
    pthread_mutex_t lock;
    char *free;
    _Atomic size_t left;
    _Atomic ptrdiff_t taken; /* by arenas, in bytes */
} metadata = {.lock = PTHREAD_MUTEX_INITIALIZER, .free = first_reserve, .left = RESERVE};

void *metadata_map(size_t bytes)
{
    /* Populated: who asks for pages will use all of them, and a fault per page costs more than its clearing. */
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void *metadata_from_reserve(size_t bytes)
{
    void *p = NULL;
    bytes = (bytes + 15) & ~(size_t)15;
    pthread_mutex_lock(&metadata.lock);
    size_t left = atomic_load_explicit(&metadata.left, memory_order_relaxed);
    if (bytes <= left) {
        p = metadata.free;
        metadata.free += bytes;
        atomic_store_explicit(&metadata.left, left - bytes, memory_order_relaxed);
    }
    pthread_mutex_unlock(&metadata.lock);
    return p;
}

void metadata_count(ptrdiff_t bytes)
{
    atomic_fetch_add_explicit(&metadata.taken, bytes, memory_order_relaxed);
}

/* What is left of the old reserve is lost: less than one, and only when memory had run out. */
static void refill(void)
{
    void *fresh = mmap(NULL, RESERVE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh == MAP_FAILED)
        return;
    pthread_mutex_lock(&metadata.lock);
    bool wanted = atomic_load_explicit(&metadata.left, memory_order_relaxed) < RESERVE;
    if (wanted) {
        metadata.free = fresh;
        atomic_store_explicit(&metadata.left, RESERVE, memory_order_relaxed);
    }
    pthread_mutex_unlock(&metadata.lock);
    if (!wanted)
        munmap(fresh, RESERVE);
}

static bool system_has(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p != MAP_FAILED && munmap(p, bytes) == 0;
}

static bool reserve_is_enough(enum metadata_use use)
{
    static const size_t needed[] = {
        [METADATA_PROGRAM] = RESERVE, [METADATA_LIBRARY] = RESERVE / 4, [METADATA_CODE] = RESERVE / 8};
    if (LIKELY(atomic_load_explicit(&metadata.left, memory_order_relaxed) == RESERVE))
        return true;
    refill();
    return atomic_load_explicit(&metadata.left, memory_order_relaxed) >= needed[use];
}

/* Classes of the library and code may lie above the limit by an eighth: it is the program that is to notice. */
static bool limit_admits(const struct options *o, enum metadata_use use, size_t bytes)
{
    size_t limit = o->max_metaspace;
    if (limit == 0)
        return true;
    if (use != METADATA_PROGRAM)
        limit += limit / 8;
    size_t taken = (size_t)atomic_load_explicit(&metadata.taken, memory_order_relaxed);
    return bytes <= limit && taken <= limit - bytes;
}

bool metadata_admit(struct thread *t, enum metadata_use use, size_t bytes)
{
    if (LIKELY(limit_admits(&t->vm->options, use, bytes) && reserve_is_enough(use) && gc_roots_spare() &&
               (bytes <= SMALL_WORK || system_has(bytes))))
        return true;
    exception_throw_out_of_memory(t, "Metaspace");
    return false;
}
