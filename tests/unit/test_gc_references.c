/* The collector alone: what it clears and when, what it queues for Java, and what only a finalizer keeps. */
#include "heap_fixture.h"
#include "runner.h"

/* Addresses that must not keep anything alive are stored inverted. */
#define HIDE(o) (~(uintptr_t)(o))
#define SEEK(h) ((struct object *)~(h))

static void wake(void *arg)
{
    ++*(int *)arg;
}

static __attribute__((noinline)) void weak_setup(struct object **roots, int n, struct object **keep)
{
    for (int i = 0; i < n; i++) {
        struct object *o = heap_new_node(&heap.thread, NULL, NULL);
        if (i % 2)
            gc_store_root(&keep[i], o);
        heap_new_reference(&roots[i], &heap.weak, o);
    }
}

/* Weak references to garbage are cleared and queued, each once; the others are untouched. */
START_TEST(weak_references)
{
    enum { N = 10000 };
    heap_start();
    int wakes = 0;
    gc_set_pending_hook(wake, &wakes);
    struct object **roots = gc_roots_new(N), **keep = gc_roots_new(N);
    weak_setup(roots, N, keep);
    gc_wipe_dead_stack();
    gc_collect(GC_CAUSE_DIAGNOSTIC);
    int cleared = 0;
    for (int i = 0; i < N; i++) {
        if (i % 2)
            ck_assert_ptr_eq(heap_referent_of(roots[i]), keep[i]);
        else
            cleared += heap_referent_of(roots[i]) == NULL;
    }
    ck_assert_int_ge(cleared, N / 2 - 20); /* a stale stack word may keep a few */
    ck_assert_int_eq(wakes, 1);
    ck_assert(gc_has_pending());
    gc_collect(GC_CAUSE_DIAGNOSTIC); /* the pending list is itself a root */
    ck_assert_uint_ge(heap_take_pending(), (size_t)cleared);
    ck_assert(!gc_has_pending());
}
END_TEST

static __attribute__((noinline)) void soft_setup(struct object **roots)
{
    heap_new_reference(&roots[0], &heap.soft, heap_new_node(&heap.thread, NULL, NULL));
    heap_new_reference(&roots[1], &heap.soft, heap_new_node(&heap.thread, NULL, NULL));
}

/* A soft reference outlives collections while it is young enough for the free memory, and not the last ditch. */
START_TEST(soft_references)
{
    heap_start();
    struct object **roots = gc_roots_new(2);
    soft_setup(roots);
    gc_wipe_dead_stack();
    *(int64_t *)object_at(roots[1], TIMESTAMP) = heap.soft_clock - (int64_t)1000 * 1000 * 1000;
    gc_collect(GC_CAUSE_DIAGNOSTIC);
    ck_assert_uint_eq(heap_count_tree(heap_referent_of(roots[0])), 1);
    ck_assert_ptr_null(heap_referent_of(roots[1]));
    gc_collect(GC_CAUSE_LAST_DITCH);
    ck_assert_ptr_null(heap_referent_of(roots[0]));
    ck_assert_uint_eq(heap_take_pending(), 2);
}
END_TEST

/* roots: 0 weak to X, 1 final to X, 2 phantom to X, 3 weak to Y; X -> Y, X -> a weak reference (not a root) to Z and to
 * nobody else. */
static __attribute__((noinline)) void finalizable_setup(struct object **roots, uintptr_t *inner)
{
    struct object *y = heap_new_node(&heap.thread, NULL, NULL);
    struct object *w = gc_alloc_object(&heap.thread, &heap.weak);
    gc_store_ref(w, REFERENT, heap_new_node(&heap.thread, NULL, NULL));
    struct object *x = heap_new_node(&heap.thread, y, w);
    *inner = HIDE(w);
    heap_new_reference(&roots[0], &heap.weak, x);
    heap_new_reference(&roots[1], &heap.final, x);
    heap_new_reference(&roots[2], &heap.phantom, x);
    heap_new_reference(&roots[3], &heap.weak, y);
}

/* Java's order: weak cleared at once (what the finalizable reaches too), finalizable kept whole and queued once,
 * phantom cleared only when it is really gone. */
START_TEST(finalization_order)
{
    heap_start();
    struct object **roots = gc_roots_new(4);
    uintptr_t inner;
    finalizable_setup(roots, &inner);
    gc_wipe_dead_stack();
    gc_collect(GC_CAUSE_DIAGNOSTIC);
    ck_assert_ptr_null(heap_referent_of(roots[0]));
    ck_assert_ptr_null(heap_referent_of(roots[3]));
    struct object *x = heap_referent_of(roots[1]);
    ck_assert_ptr_nonnull(x);
    ck_assert_ptr_eq(gc_load_ref(roots[1], NEXT), roots[1]);
    ck_assert_ptr_eq(heap_referent_of(roots[2]), x);
    ck_assert_uint_eq(heap_count_tree(gc_load_ref(x, 16)), 1);
    ck_assert_ptr_eq(gc_load_ref(x, 24), SEEK(inner));
    ck_assert_ptr_null(heap_referent_of(SEEK(inner)));
    x = NULL;
    ck_assert_uint_eq(heap_take_pending(), 4); /* both weak, the inner weak, the final one */
    gc_collect(GC_CAUSE_DIAGNOSTIC);
    ck_assert_ptr_nonnull(heap_referent_of(roots[1])); /* inactive: an ordinary reference until Java clears it */
    ck_assert_uint_eq(heap_take_pending(), 0);
    gc_store_ref(roots[1], REFERENT, NULL);
    gc_wipe_dead_stack();
    gc_collect(GC_CAUSE_DIAGNOSTIC);
    ck_assert_ptr_null(heap_referent_of(roots[2]));
    ck_assert_uint_eq(heap_take_pending(), 1);
}
END_TEST

static __attribute__((noinline)) void long_list_setup(struct object **roots, int n)
{
    struct object *list = NULL;
    for (int i = 0; i < n; i++)
        list = heap_new_node(&heap.thread, list, gc_alloc_array(&heap.thread, &heap.refs, (uint32_t)(i % 40)));
    heap_new_reference(&roots[0], &heap.final, list);
    struct object *array = gc_alloc_array(&heap.thread, &heap.refs, (uint32_t)n);
    for (int i = 0; i < n; i++)
        gc_store_element(array, (uint32_t)i, heap_new_node(&heap.thread, NULL, NULL));
    heap_new_reference(&roots[1], &heap.final, array);
}

/* Our own marker follows deep and broad structures (its stack grows). */
START_TEST(finalizable_structures)
{
    enum { N = 100000 };
    heap_start();
    struct object **roots = gc_roots_new(2);
    long_list_setup(roots, N);
    gc_wipe_dead_stack();
    gc_collect(GC_CAUSE_DIAGNOSTIC);
    ck_assert_uint_eq(heap_take_pending(), 2);
    for (int i = 0; i < 3 * N; i++)
        heap_new_node(&heap.thread, NULL, NULL);
    int n = 0;
    for (struct object *o = heap_referent_of(roots[0]); o != NULL; o = gc_load_ref(o, 16), n++) {
        ck_assert_ptr_eq(o->layout, &heap.node);
        ck_assert_ptr_eq(gc_load_ref(o, 24)->layout, &heap.refs);
    }
    ck_assert_int_eq(n, N);
    for (uint32_t i = 0; i < N; i++)
        ck_assert_uint_eq(heap_count_tree(gc_load_element(heap_referent_of(roots[1]), i)), 1);
}
END_TEST

static uintptr_t weak_table[1000];
static int weak_visits;

static void drop_weak(void *arg)
{
    weak_visits++;
    for (int i = 0; i < 1000; i++)
        if (weak_table[i] != 0 && !gc_is_live(SEEK(weak_table[i])))
            weak_table[i] = 0;
}

static __attribute__((noinline)) void weak_table_setup(struct object **roots)
{
    for (int i = 0; i < 1000; i++) {
        struct object *o = heap_new_node(&heap.thread, NULL, NULL);
        weak_table[i] = HIDE(o);
        if (i < 500)
            gc_store_root(&roots[i], o);
    }
    heap_new_reference(&roots[500], &heap.final, SEEK(weak_table[999]));
}

/* Weak tables lose what is dead, and keep what only a finalizable object holds. */
START_TEST(weak_visitors)
{
    heap_start();
    gc_add_weak_visitor("test", drop_weak, NULL);
    struct object **roots = gc_roots_new(501);
    weak_table_setup(roots);
    gc_wipe_dead_stack();
    gc_collect(GC_CAUSE_DIAGNOSTIC);
    ck_assert_int_eq(weak_visits, 1);
    int dropped = 0;
    for (int i = 0; i < 500; i++)
        ck_assert_uint_ne(weak_table[i], 0);
    for (int i = 500; i < 999; i++)
        dropped += weak_table[i] == 0;
    ck_assert_int_ge(dropped, 480);
    ck_assert_uint_ne(weak_table[999], 0);
}
END_TEST

TEST_MAIN("gc references", NULL, 120, TEST(weak_references), TEST(soft_references), TEST(finalization_order),
          TEST(finalizable_structures), TEST(weak_visitors))
