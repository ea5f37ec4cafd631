/* The collector alone: what allocation gives, what a collection keeps, and what a walk of the heap sees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "heap_fixture.h"
#include "runner.h"

static void check_fresh(struct object *o, struct gc_layout *layout, size_t payload)
{
    ck_assert_ptr_nonnull(o);
    ck_assert_ptr_eq(o->layout, layout);
    ck_assert_uint_eq(o->lock, OBJECT_LOCK_INITIAL);
    ck_assert_uint_eq((uintptr_t)o % 16, 0);
    const char *p = array_data(o);
    size_t i = 0;
    while (i < payload && p[i] == 0)
        i++;
    ck_assert_msg(i == payload, "byte %zu of %zu is not zero", i, payload);
    memset(array_data(o), 0x5a, payload); /* so that recycled memory is dirty */
}

/* Every path of allocation gives zeroed memory with a complete header. */
START_TEST(all_sizes)
{
    heap_start();
    for (int round = 0; round < 3; round++) {
        for (uint32_t n = 0; n < 5000; n += n < 600 ? 1 : 97)
            check_fresh(gc_alloc_array(&heap.thread, &heap.bytes, n), &heap.bytes, n);
        check_fresh(gc_alloc_array(&heap.thread, &heap.bytes, 3 * MB), &heap.bytes, 3 * MB);
        for (uint32_t n = 0; n < 700; n++) {
            struct object *a = gc_alloc_array(&heap.thread, &heap.refs, n);
            ck_assert_uint_eq(array_length(a), n);
            uint32_t i = 0;
            while (i < n && gc_load_element(a, i) == NULL)
                i++;
            ck_assert_uint_eq(i, n);
        }
        for (uint32_t size = 16; size < 4096; size += 8) {
            struct gc_layout *l = calloc(1, sizeof *l);
            gc_layout_object(l, size, NULL, 0, GC_REF_NONE);
            for (int i = 0; i < 20; i++)
                check_fresh(gc_alloc_object(&heap.thread, l), l, size - 16);
        }
        gc_collect(GC_CAUSE_DIAGNOSTIC);
    }
}
END_TEST

/* What hangs from root slots survives, through bitmaps, mark procedures, small and large arrays, and visitors. */
START_TEST(survival)
{
    heap_start();
    struct object **roots = gc_roots_new(4);
    heap_fill_tree(&roots[0], 12);
    roots[1] = gc_alloc_array(&heap.thread, &heap.refs, 20);
    roots[2] = gc_alloc_array(&heap.thread, &heap.refs, 20000);
    roots[3] = gc_alloc_object(&heap.thread, &heap.wide);
    for (uint32_t i = 0; i < 20000; i++) {
        gc_store_element(roots[2], i, heap_new_node(&heap.thread, NULL, NULL));
        if (i < 20)
            gc_store_element(roots[1], i, heap_new_node(&heap.thread, NULL, NULL));
        if (i < 100)
            gc_store_ref(roots[3], 16 + 8 * i, heap_new_node(&heap.thread, NULL, NULL));
    }
    for (int round = 0; round < 5; round++) {
        gc_collect(GC_CAUSE_DIAGNOSTIC);
        for (int i = 0; i < 100000; i++)
            heap_new_node(&heap.thread, NULL, NULL);
        ck_assert_uint_eq(heap_count_tree(roots[0]), (1 << 13) - 1);
        for (uint32_t i = 0; i < 20000; i++)
            ck_assert_uint_eq(heap_count_tree(gc_load_element(roots[2], i)), 1);
        for (uint32_t i = 0; i < 20; i++)
            ck_assert_uint_eq(heap_count_tree(gc_load_element(roots[1], i)), 1);
        for (uint32_t i = 0; i < 100; i++)
            ck_assert_uint_eq(heap_count_tree(gc_load_ref(roots[3], 16 + 8 * i)), 1);
    }
}
END_TEST

/* Freed blocks are handed out again, zeroed, and no longer keep anything alive. */
START_TEST(root_blocks)
{
    heap_start();
    struct object ***blocks = calloc(20000, sizeof *blocks);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 20000; i++) {
            size_t n = i % 100 + 1;
            blocks[i] = gc_roots_new(n);
            for (size_t j = 0; j < n; j++)
                ck_assert_ptr_null(blocks[i][j]);
            gc_store_root(&blocks[i][n - 1], heap_new_node(&heap.thread, NULL, NULL));
        }
        gc_collect(GC_CAUSE_DIAGNOSTIC);
        for (size_t i = 0; i < 20000; i++)
            ck_assert_uint_eq(heap_count_tree(blocks[i][i % 100]), 1);
        for (size_t i = 0; i < 20000; i++)
            gc_roots_free(blocks[i], i % 100 + 1);
    }
    free(blocks);
}
END_TEST

/* The trap of own lists: cells not yet popped must not be handed out a second time. */
START_TEST(list_cells)
{
    heap_start();
    struct object **roots = gc_roots_new(4000);
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 4000; i++) {
            gc_store_root(&roots[i], i % 2 ? heap_new_node(&heap.thread, NULL, NULL)
                                           : gc_alloc_array(&heap.thread, &heap.bytes, 20));
            if (i % 2 == 0)
                memset(array_data(roots[i]), i & 0xff, 20);
            if (i % 97 == 0)
                gc_collect(GC_CAUSE_DIAGNOSTIC); /* with lists partly used */
        }
        for (int i = 0; i < 4000; i++)
            for (int j = 1; j < 8 && i + j < 4000; j++)
                ck_assert_ptr_ne(roots[i], roots[i + j]);
        for (int i = 0; i < 4000; i++) {
            if (i % 2) {
                ck_assert_uint_eq(heap_count_tree(roots[i]), 1);
                continue;
            }
            ck_assert_ptr_eq(roots[i]->layout, &heap.bytes);
            for (int k = 0; k < 20; k++)
                if (((uint8_t *)array_data(roots[i]))[k] != (i & 0xff))
                    ck_abort_msg("array %d was overwritten", i);
        }
    }
}
END_TEST

struct census { size_t nodes, plains, bytes, refs, others; };

static void count_object(struct object *o, size_t cell, void *arg)
{
    struct census *c = arg;
    if (o->layout == &heap.node)
        c->nodes++;
    else if (o->layout == &heap.plain)
        c->plains++;
    else if (o->layout == &heap.bytes)
        c->bytes++;
    else if (o->layout == &heap.refs)
        c->refs++;
    else
        c->others++;
}

/* A walk sees the live objects, each once, and neither free cells nor libgc's own. */
START_TEST(walk)
{
    heap_start();
    struct object **roots = gc_roots_new(2);
    for (int round = 0; round < 3; round++) {
        gc_store_root(&roots[0], NULL);
        heap_fill_tree(&roots[0], 10);
        gc_store_root(&roots[1], gc_alloc_array(&heap.thread, &heap.refs, 1000));
        for (uint32_t i = 0; i < 1000; i++)
            gc_store_element(roots[1], i, gc_alloc_array(&heap.thread, &heap.bytes, i));
        for (int i = 0; i < 1000; i++)
            gc_alloc_object(&heap.thread, &heap.plain);
        gc_wipe_dead_stack();
        struct census c = {0};
        gc_walk_heap(count_object, &c);
        ck_assert_uint_ge(c.nodes, (1 << 11) - 1);
        ck_assert_uint_le(c.nodes, (1 << 11) + 20);
        ck_assert_uint_le(c.plains, 20);
        ck_assert_uint_ge(c.bytes, 1000);
        ck_assert_uint_le(c.bytes, 1010);
        ck_assert_uint_ge(c.refs, 1);
        ck_assert_uint_le(c.refs, 3);
        ck_assert_uint_eq(c.others, 0);
    }
    struct object *array = gc_load_element(roots[1], 500);
    ck_assert_ptr_eq(gc_object_base(array), array);
    ck_assert_ptr_null(gc_object_base(&array));
    ck_assert_ptr_null(gc_object_base(NULL));
}
END_TEST

/* Clones copy everything but the lock; overlapping copies behave. */
START_TEST(clones_and_copies)
{
    heap_start();
    struct object **roots = gc_roots_new(2);
    for (uint32_t n = 0; n < 600; n++) {
        struct object *a = gc_alloc_array(&heap.thread, &heap.bytes, n);
        for (uint32_t i = 0; i < n; i++)
            ((uint8_t *)array_data(a))[i] = (uint8_t)(i * 7);
        atomic_store(&a->lock, OBJECT_LOCK_INITIAL | 5);
        struct object *b = gc_clone(&heap.thread, a);
        ck_assert_ptr_ne(a, b);
        ck_assert_uint_eq(array_length(b), n);
        ck_assert_uint_eq(b->lock, OBJECT_LOCK_INITIAL);
        ck_assert_int_eq(memcmp(array_data(a), array_data(b), n), 0);
    }
    struct object *a = roots[0] = gc_alloc_array(&heap.thread, &heap.refs, 100);
    for (uint32_t from = 0; from < 40; from++)
        for (uint32_t to = 0; to < 40; to++)
            for (uint32_t count = 0; count < 24; count++) {
                for (uint32_t i = 0; i < 100; i++)
                    gc_store_element(a, i, (struct object *)(uintptr_t)(i + 1));
                gc_copy_refs(a, to, a, from, count);
                uint32_t bad = 0;
                for (uint32_t i = 0; i < 100; i++) {
                    uintptr_t expect = i >= to && i < to + count ? i - to + from + 1 : i + 1;
                    bad += (uintptr_t)gc_load_element(a, i) != expect;
                }
                ck_assert_uint_eq(bad, 0);
            }
}
END_TEST

/* The hostile mode runs everything through the slow path and collects all the time. */
START_TEST(torture)
{
    setenv("CLOISTER_TORTURE_INTERVAL", "7", 1);
    setenv("GC_DONT_GC", "1", 1); /* a user's variable: hidden from libgc, kept for the program */
    heap_start_with(64 * MB, 64 * MB, true);
    ck_assert_str_eq(getenv("GC_DONT_GC"), "1");
    struct object **roots = gc_roots_new(1);
    heap_fill_tree(&roots[0], 9);
    ck_assert_uint_eq(heap_count_tree(roots[0]), (1 << 10) - 1);
    struct gc_statistics s;
    gc_statistics(&s);
    ck_assert_uint_ge(s.collections, 1023 / 7);
}
END_TEST

static int events;

static void on_event(const struct gc_event *event, void *arg)
{
    events++;
    ck_assert_uint_gt(event->pause_ns, 0);
    ck_assert_int_eq(event->cause, *(enum gc_cause *)arg);
}

/* The number that docs/heap.md promises; also that garbage alone causes few collections. */
START_TEST(speed)
{
    enum { N = 20 * 1000 * 1000 };
    static enum gc_cause cause = GC_CAUSE_ALLOCATION;
    heap_start_with(64 * MB, 1024 * (size_t)MB, false);
    gc_set_event_hook(on_event, &cause);
    double best = 1e9;
    for (int round = 0; round < 5; round++) {
        struct timespec from, to;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
        for (int i = 0; i < N / 5; i++)
            gc_alloc_object(&heap.thread, &heap.plain);
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
        double ns = ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / (N / 5);
        best = ns < best ? ns : best;
    }
    struct gc_statistics s;
    gc_statistics(&s);
    printf("24-byte objects: %.1f ns of CPU each, %lu collections for %d, committed %zu KiB, mean pause %lu us\n", best,
           (unsigned long)s.collections, N, s.committed / 1024,
           (unsigned long)(s.collections ? s.collection_ns / s.collections / 1000 : 0));
    ck_assert_int_eq(events, (int)s.collections);
    ck_assert_uint_le(s.collections, 150);
    ck_assert_uint_le(s.committed, 32 * MB);
}
END_TEST

TEST_MAIN("gc heap", NULL, 120, TEST(all_sizes), TEST(survival), TEST(root_blocks), TEST(list_cells), TEST(walk),
          TEST(clones_and_copies), TEST(torture), TEST(speed))
