/* A heap without a VM, for the tests of gc/. */
#include "heap_fixture.h"

struct heap_fixture heap; /* Check runs each test in a process of its own, and a process has one heap */

static void make_layouts(void)
{
    static const uint32_t fields[] = {16, 24}, links[] = {QUEUE, NEXT};
    uint32_t many[200];
    for (uint32_t i = 0; i < 200; i++)
        many[i] = 16 + 8 * i;
    gc_layout_object(&heap.plain, 24, NULL, 0, GC_REF_NONE);
    gc_layout_object(&heap.node, 40, fields, 2, GC_REF_NONE);
    gc_layout_object(&heap.wide, 16 + 8 * 200, many, 100, GC_REF_NONE); /* references beyond what a bitmap reaches */
    gc_layout_array(&heap.bytes, false, 0);
    gc_layout_array(&heap.refs, true, 3);
    gc_layout_object(&heap.soft, 56, links, 2, GC_REF_SOFT);
    gc_layout_object(&heap.weak, 48, links, 2, GC_REF_WEAK);
    gc_layout_object(&heap.final, 48, links, 2, GC_REF_FINAL);
    gc_layout_object(&heap.phantom, 48, links, 2, GC_REF_PHANTOM);
    gc_set_reference_offsets(REFERENT, QUEUE, NEXT, DISCOVERED, TIMESTAMP);
    gc_set_soft_clock(&heap.soft_clock);
}

void heap_start_with(size_t initial, size_t maximum, bool torture)
{
    struct gc_options options = {.initial_heap = initial, .maximum_heap = maximum, .soft_ms_per_mb = 1000,
                                 .torture = torture};
    ck_assert(gc_init(&options));
    ck_assert(gc_thread_attach(&heap.thread, NULL));
    make_layouts();
}

void heap_start(void)
{
    heap_start_with(64 * MB, 256 * MB, false);
}

/* Not inlined, as below: a test's own frame must not hold addresses of what shall die. */
__attribute__((noinline)) struct object *heap_new_node(struct gc_thread *t, struct object *a, struct object *b)
{
    struct object *o = gc_alloc_object(t, &heap.node);
    ck_assert_ptr_nonnull(o);
    gc_store_ref(o, 16, a);
    gc_store_ref(o, 24, b);
    return o;
}

__attribute__((noinline)) void heap_fill_tree(struct object **slot, int depth)
{
    struct object *o = heap_new_node(&heap.thread, NULL, NULL);
    gc_store_root(slot, o);
    if (depth == 0)
        return;
    struct object **pair = gc_roots_new(2);
    heap_fill_tree(&pair[0], depth - 1);
    heap_fill_tree(&pair[1], depth - 1);
    gc_store_ref(o, 16, pair[0]);
    gc_store_ref(o, 24, pair[1]);
    gc_roots_free(pair, 2);
}

size_t heap_count_tree(struct object *o)
{
    if (o == NULL)
        return 0;
    ck_assert_ptr_eq(o->layout, &heap.node);
    return 1 + heap_count_tree(gc_load_ref(o, 16)) + heap_count_tree(gc_load_ref(o, 24));
}

__attribute__((noinline)) void heap_new_reference(struct object **slot, struct gc_layout *kind, struct object *referent)
{
    struct object *r = gc_alloc_object(&heap.thread, kind);
    gc_store_ref(r, REFERENT, referent);
    if (kind == &heap.soft)
        *(int64_t *)object_at(r, TIMESTAMP) = heap.soft_clock;
    gc_store_root(slot, r);
}

struct object *heap_referent_of(struct object *reference)
{
    return gc_ref_get(reference, REFERENT);
}

size_t heap_take_pending(void)
{
    size_t n = 0;
    for (struct object *r = gc_take_pending(); r != NULL; n++) {
        struct object *next = gc_load_ref(r, DISCOVERED);
        gc_store_ref(r, DISCOVERED, NULL);
        r = next;
    }
    return n;
}
