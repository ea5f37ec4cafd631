/* -Xmx: charged exactly for large arrays, nearly so for small ones, and given back in full.  Each test runs in a process of
 * its own (Check forks), since a process has one heap. */
#include <check.h>
#include <stdlib.h>

#include "gc/gc.h"

enum { MB = 1 << 20, MAXIMUM = 32 * MB, MOST = 400000 };

static struct gc_thread self;
static struct gc_layout bytes_layout, refs_layout;
static struct object **root; /* the array that holds what fill() made */

static void start(void)
{
    struct gc_options options = {.initial_heap = 8 * MB, .maximum_heap = MAXIMUM, .soft_ms_per_mb = 1000};
    ck_assert(gc_init(&options));
    gc_thread_attach(&self);
    gc_layout_array(&bytes_layout, false, 0);
    gc_layout_array(&refs_layout, true, 3);
    root = gc_roots_new(1);
    gc_store_root(root, gc_alloc_array(&self, &refs_layout, MOST));
}

static __attribute__((noinline)) size_t fill(uint32_t length)
{
    for (uint32_t n = 0; n < MOST; n++) {
        struct object *o = gc_alloc_array(&self, &bytes_layout, length);
        if (o == NULL)
            return n;
        gc_store_element(*root, n, o);
    }
    return MOST;
}

static __attribute__((noinline)) void drop(void)
{
    for (uint32_t i = 0; i < MOST; i++)
        gc_store_element(*root, i, NULL);
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
        ck_assert_ptr_nonnull(gc_alloc_array(&self, &bytes_layout, 20 * MB)); /* in spite of the fragments */
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gc limits");
    TCase *cases = tcase_create("limits");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, large_arrays);
    tcase_add_test(cases, small_arrays);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
