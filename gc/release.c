/* Giving free memory back to the system: the pages of libgc's free blocks, and of malloc's, right after a collection
 * or when the program rests.  libgc itself gives a block back only when it was free for more than one collection.  A
 * free block's header says how long the block is, and nothing is kept in its pages, which libgc clears before it
 * uses them. */
#include "gc/backend.h"

#include <malloc.h>
#include <sys/mman.h>

enum {
    BLOCK = 4096,
    WORTH_A_CALL = 4 * BLOCK,
    WORTH_A_TRIM = MIB,
    KEPT_ON_TOP = 128 * 1024, /* malloc's own measure: the next allocations need no system call */
};

/* The block that begins at p: its length, and whether it is free; 0: none begins here (a gap between heap sections). */
static size_t block_at(char *p, bool *is_free)
{
    if (!GC_is_heap_ptr(p))
        return 0;
    void *base = GC_base(p);
    *is_free = base == NULL;
    size_t size = GC_size(*is_free ? p : base);
    if (!*is_free)
        size = size > BLOCK / 2 ? size : BLOCK; /* small objects share one */
    return (size + BLOCK - 1) & ~(size_t)(BLOCK - 1);
}

/* With libgc's allocation lock: no block is taken or freed meanwhile. */
static void *release(void *unused)
{
    char *end = GC_greatest_plausible_heap_addr;
    char *p = (char *)(((uintptr_t)GC_least_plausible_heap_addr + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1));
    (void)unused;
    while (p < end) {
        bool is_free = false;
        size_t size = block_at(p, &is_free);
        if (is_free && size >= WORTH_A_CALL)
            madvise(p, size, MADV_DONTNEED); /* refused: the memory stays here */
        p += size > 0 ? size : BLOCK;
    }
    return NULL;
}

/* What native code has freed (zlib, direct buffers, JNI libraries) stays with malloc, in each thread's arena.  A
 * trim gives all its free pages back, those of the last time again, with a system call per piece: so only when there
 * are more. */
static void trim_malloc(void)
{
    static _Atomic size_t kept; /* free bytes when last looked at: one malloc per process */
    size_t unused = mallinfo2().fordblks, before = atomic_load_explicit(&kept, memory_order_relaxed);
    if (unused > before && unused - before >= WORTH_A_TRIM)
        malloc_trim(KEPT_ON_TOP);
    else if (unused >= before)
        return;
    atomic_store_explicit(&kept, unused, memory_order_relaxed);
}

void gc_release_memory(void)
{
    GC_call_with_alloc_lock(release, NULL);
    trim_malloc();
}
