/* The collector alone: threads that allocate while others collect, attach and detach. */
#include <pthread.h>
#include <unistd.h>

#include "heap_fixture.h"
#include "runner.h"

struct worker {
    struct gc_thread gc;
    int seed, bad;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    ck_assert(gc_thread_attach(&w->gc, NULL));
    struct object **roots = gc_roots_new(512);
    for (int i = 0; i < 600000; i++) {
        int slot = (int)(((unsigned)i * 2654435761u + (unsigned)w->seed) % 512);
        struct object *old = roots[slot];
        if (old != NULL && (old->layout != &heap.node || gc_load_ref(old, 16)->layout != &heap.bytes ||
                            *(int *)array_data(gc_load_ref(old, 16)) != slot + w->seed ||
                            array_length(gc_load_ref(old, 24)) != (uint32_t)slot % 50))
            w->bad++;
        struct object *data = gc_alloc_array(&w->gc, &heap.bytes, (uint32_t)(4 + i % 90));
        *(int *)array_data(data) = slot + w->seed;
        struct object *o = heap_new_node(&w->gc, data, gc_alloc_array(&w->gc, &heap.refs, (uint32_t)slot % 50));
        gc_store_root(&roots[slot], o);
    }
    gc_roots_free(roots, 512);
    gc_thread_detach(&w->gc);
    return NULL;
}

/* Threads stopped at any instruction of the allocation path; collections forced from a third one. */
START_TEST(threads)
{
    heap_start_with(64 * MB, 64 * MB, false);
    struct worker workers[3] = {{.seed = 1}, {.seed = 100000}, {.seed = 777}};
    pthread_t ids[3];
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(pthread_create(&ids[i], NULL, work, &workers[i]), 0);
    for (int i = 0; i < 200; i++) {
        gc_collect(GC_CAUSE_DIAGNOSTIC);
        usleep(1000);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(ids[i], NULL);
        ck_assert_int_eq(workers[i].bad, 0);
    }
    struct gc_statistics s;
    gc_statistics(&s);
    ck_assert_uint_ge(s.collections, 200);
    ck_assert_uint_gt(s.allocated, 3u * 600000 * 64);
}
END_TEST

static void *run_elsewhere(void *arg)
{
    heap_start();
    struct object **roots = gc_roots_new(1);
    heap_fill_tree(&roots[0], 10);
    for (int i = 0; i < 3; i++)
        gc_collect(GC_CAUSE_DIAGNOSTIC);
    ck_assert_uint_eq(heap_count_tree(roots[0]), (1 << 11) - 1);
    gc_thread_detach(&heap.thread);
    return NULL;
}

/* The launcher starts the VM in a thread that is not the process's first, which then ends; the first may attach
 * later. */
START_TEST(started_elsewhere)
{
    pthread_t id;
    static struct gc_thread first;
    pthread_create(&id, NULL, run_elsewhere, NULL);
    pthread_join(id, NULL);
    ck_assert(gc_thread_attach(&first, NULL));
    for (int i = 0; i < 200000; i++)
        heap_new_node(&first, NULL, NULL);
    gc_collect(GC_CAUSE_DIAGNOSTIC);
    gc_thread_detach(&first);
}
END_TEST

TEST_MAIN("gc threads", NULL, 120, TEST(threads), TEST(started_elsewhere))
