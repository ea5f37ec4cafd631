/* -Xmx: charged exactly for large arrays, nearly so for small ones, and given back in full.  At the limit allocation
 * fails instead of ending the process. */
#include "heap_fixture.h"
#include "runner.h"

enum { MAXIMUM = 32 * MB, MOST = 400000 };

/* A root slot with the array that holds what fill() made.  Not a linked list: one stale word on the stack would keep
 * all of it. */
static struct object **directory;

static void make_directory(void)
{
    directory = gc_roots_new(1);
    gc_store_root(directory, gc_alloc_array(&heap.thread, &heap.refs, MOST));
}

static void start(void)
{
    heap_start_with(8 * MB, MAXIMUM, false);
    make_directory();
}

/* Makes byte arrays until the heap is full, and says how many there were. */
static __attribute__((noinline)) size_t fill(uint32_t length)
{
    for (uint32_t n = 0; n < MOST; n++) {
        struct object *o = gc_alloc_array(&heap.thread, &heap.bytes, length);
        if (o == NULL)
            return n;
        gc_store_element(*directory, n, o);
    }
    return MOST;
}

static __attribute__((noinline)) void drop(void)
{
    for (uint32_t i = 0; i < MOST; i++)
        gc_store_element(*directory, i, NULL);
    gc_wipe_dead_stack();
}

static void check_figures(void)
{
    struct gc_statistics s;
    gc_statistics(&s);
    ck_assert_uint_eq(s.maximum, MAXIMUM);
    ck_assert_uint_le(s.used, s.committed);
    ck_assert_uint_le(s.committed, s.maximum);
}

/* The directory takes 3 MiB: between 28 and 29 MiB are left for arrays of 1 MiB, round after round. */
START_TEST(large_arrays)
{
    start();
    for (int round = 0; round < 6; round++) {
        size_t n = fill(MB - 64);
        ck_assert_msg(n == 28 || n == 27, "round %d: %zu arrays", round, n);
        check_figures();
        drop();
        n = fill(100 * 1000);
        ck_assert_msg(n >= 280 && n <= 300, "round %d: %zu arrays of 100,000 bytes", round, n);
        drop();
    }
}
END_TEST

/* Whatever the sizes, at least two thirds of -Xmx and at most 8/7 of it. */
START_TEST(small_arrays)
{
    static const uint32_t lengths[] = {100, 240, 300, 500, 700, 1000, 1024, 2000};
    start();
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t bytes = fill(lengths[i]) * lengths[i];
        ck_assert_msg(bytes >= 20 * MB && bytes <= 37 * MB, "%zu bytes in arrays of %u", bytes, lengths[i]);
        check_figures();
        drop();
        ck_assert_ptr_nonnull(gc_alloc_array(&heap.thread, &heap.bytes, 20 * MB)); /* in spite of the fragments */
    }
}
END_TEST

/* At the limit allocation fails instead of ending the process, soft references go first, and memory comes back. */
START_TEST(exhaustion)
{
    heap_start_with(64 * MB, MAXIMUM, false);
    struct object **soft = gc_roots_new(1);
    heap_new_reference(soft, &heap.soft, heap_new_node(&heap.thread, NULL, NULL));
    ck_assert_ptr_null(gc_alloc_array(&heap.thread, &heap.bytes, 32 * MB));
    ck_assert_ptr_nonnull(heap_referent_of(*soft)); /* hopeless sizes do not clear anything */
    make_directory();
    for (int round = 0; round < 5; round++) {
        for (uint32_t length = 100; length < 2 * MB; length *= 7) {
            size_t bytes = fill(length) * length;
            ck_assert_msg(bytes > 16 * MB && bytes < 44 * MB, "%zu bytes of arrays of %u", bytes, length);
            ck_assert_ptr_null(heap_referent_of(*soft));
            drop();
            struct object *large = gc_alloc_array(&heap.thread, &heap.bytes, 4 * MB);
            ck_assert_msg(large != NULL, "round %d, arrays of %u", round, length);
        }
    }
}
END_TEST

/* System.gc() gives memory back, and the figures are ordered as java.lang.management demands. */
START_TEST(returning_memory)
{
    heap_start();
    struct object **roots = gc_roots_new(1);
    for (int i = 0; i < 100; i++) {
        struct object *o = heap_new_node(&heap.thread, roots[0], gc_alloc_array(&heap.thread, &heap.bytes, MB));
        gc_store_root(roots, o);
    }
    struct gc_statistics before, after;
    gc_statistics(&before);
    gc_store_root(roots, NULL);
    gc_wipe_dead_stack();
    gc_collect(GC_CAUSE_SYSTEM_GC);
    gc_statistics(&after);
    ck_assert_uint_ge(before.committed, 100 * MB);
    ck_assert_uint_le(after.committed, 60 * MB);
    ck_assert_uint_eq(after.system_collections, 1);
    ck_assert(after.used <= after.committed && after.committed <= after.maximum);
    ck_assert_uint_lt(after.used, before.used);
}
END_TEST

TEST_MAIN("gc limits", NULL, 120, TEST(large_arrays), TEST(small_arrays), TEST(exhaustion), TEST(returning_memory))
