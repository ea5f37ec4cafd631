/* JNI references without a VM: local frames, holes, global and weak references, and what kind each is. */
#include <stdlib.h>

#include "gc/gc.h"
#include "native/handles.h"
#include "runner.h"
#include "vm/thread_private.h"
#include "vm/vm.h"

static struct vm vm;
static struct thread *t;
static struct gc_layout plain;
static union slot java_stack[64];

static void setup(void)
{
    const struct gc_options options = {.initial_heap = 4 << 20, .maximum_heap = 64 << 20, .markers = 1};
    ck_assert(gc_init(&options));
    t = calloc(1, sizeof *t);
    ck_assert(gc_thread_attach(&t->gc, NULL));
    gc_layout_object(&plain, 24, NULL, 0, GC_REF_NONE);
    handles_init(&vm);
    t->vm = &vm;
    t->stack_base = java_stack;
    t->stack_end = java_stack + 64;
    ck_assert(handle_stack_map(&t->handles));
}

static struct object *make(void)
{
    return gc_alloc_object(&t->gc, &plain);
}

START_TEST(local_references_are_stable_and_distinct)
{
    struct object *o = make();
    jobject refs[1000];
    for (int i = 0; i < 1000; i++)
        refs[i] = handle_local(t, o);
    for (int i = 1; i < 1000; i++)
        ck_assert_ptr_ne(refs[i], refs[i - 1]);
    ck_assert_ptr_eq(handle_get(refs[0]), o);
    ck_assert_ptr_eq(handle_get(refs[999]), o);
    ck_assert_ptr_null(handle_local(t, NULL));
    ck_assert_ptr_null(handle_get(NULL));
}
END_TEST

START_TEST(deleting_in_any_order_stays_bounded)
{
    struct object *o = make();
    jobject previous = handle_local(t, o);
    for (int i = 0; i < 300000; i++) { /* never the newest: the stack cannot simply shrink */
        jobject next = handle_local(t, o);
        ck_assert_ptr_nonnull(next);
        handle_delete_local(t, previous);
        previous = next;
    }
    ck_assert_uint_lt(t->handles.top, 1000);
    ck_assert_ptr_eq(handle_get(previous), o);
}
END_TEST

START_TEST(deleting_twice_is_harmless)
{
    struct object *o = make();
    jobject a = handle_local(t, o), b = handle_local(t, o);
    handle_delete_local(t, a);
    handle_delete_local(t, a);
    ck_assert_uint_eq(t->handles.free_count, 1);
    ck_assert_int_eq(handle_type(t, a), JNIInvalidRefType);
    handle_delete_local(t, b);
    ck_assert_int_eq(handle_type(t, b), JNIInvalidRefType);
    ck_assert_uint_eq(t->handles.top, 1);
}
END_TEST

START_TEST(frames_nest)
{
    struct object *o = make();
    jobject outer = handle_local(t, o);
    uint32_t top = t->handles.top;
    uint32_t first = handles_push_frame(t, 16);
    for (int i = 0; i < 100; i++)
        handle_local(t, o);
    uint32_t second = handles_push_frame(t, 16);
    jobject inner = handle_local(t, o);
    ck_assert_int_eq(handle_type(t, inner), JNILocalRefType);
    handles_pop_frame(t, second);
    ck_assert_int_eq(handle_type(t, inner), JNIInvalidRefType);
    ck_assert_uint_eq(t->handles.frame_base, first + 1);
    handles_pop_frame(t, first);
    ck_assert_uint_eq(t->handles.top, top);
    ck_assert_uint_eq(t->handles.frame_base, 0);
    ck_assert_ptr_eq(handle_get(outer), o);
}
END_TEST

START_TEST(arguments_are_local_references)
{
    java_stack[3].a = make();
    jobject argument = (jobject)&java_stack[3];
    ck_assert_int_eq(handle_type(t, argument), JNILocalRefType);
    handle_delete_local(t, argument);
    ck_assert_ptr_null(java_stack[3].a);
}
END_TEST

START_TEST(global_references_survive_and_are_reused)
{
    jobject refs[500];
    for (int i = 0; i < 500; i++)
        refs[i] = handle_global(t, make());
    gc_collect(GC_CAUSE_SYSTEM_GC);
    for (int i = 0; i < 500; i++) {
        ck_assert_ptr_eq(handle_get(refs[i])->layout, &plain);
        ck_assert_int_eq(handle_type(t, refs[i]), JNIGlobalRefType);
    }
    handle_delete_global(t, refs[77]);
    ck_assert_int_eq(handle_type(t, refs[77]), JNIInvalidRefType);
    handle_delete_global(t, refs[77]);
    bool reused = false;
    for (int i = 0; i < 500 && !reused; i++)
        reused = handle_global(t, make()) == refs[77];
    ck_assert(reused);
    ck_assert_ptr_null(handle_global(t, NULL));
}
END_TEST

static __attribute__((noinline)) void make_weaks(jweak *refs, int count)
{
    for (int i = 0; i < count; i++)
        refs[i] = handle_weak(t, make());
}

START_TEST(weak_references_are_cleared)
{
    enum { COUNT = 1000 };
    static jweak refs[COUNT];
    int alive = 0;
    struct object *kept = make();
    jweak strong = handle_weak(t, kept);
    jobject global = handle_global(t, kept);
    make_weaks(refs, COUNT);
    gc_collect(GC_CAUSE_SYSTEM_GC);
    for (int i = 0; i < COUNT; i++) {
        alive += handle_get(refs[i]) != NULL;
        ck_assert_int_eq(handle_type(t, refs[i]), JNIWeakGlobalRefType);
    }
    ck_assert_int_lt(alive, COUNT / 4); /* stacks are scanned conservatively: a few may look alive */
    ck_assert_ptr_eq(handle_get(strong), handle_get(global));
    handle_delete_weak(t, strong);
    ck_assert_int_eq(handle_type(t, strong), JNIInvalidRefType);
}
END_TEST

START_TEST(any_address_may_be_asked_for)
{
    static struct object *not_a_reference;
    ck_assert_int_eq(handle_type(t, NULL), JNIInvalidRefType);
    ck_assert_int_eq(handle_type(t, (jobject)(uintptr_t)0x1000), JNIInvalidRefType);
    ck_assert_int_eq(handle_type(t, (jobject)(uintptr_t)0x1001), JNIInvalidRefType);
    ck_assert_int_eq(handle_type(t, (jobject)&not_a_reference), JNIInvalidRefType);
}
END_TEST

TEST_MAIN("handles", setup, 20, TEST(local_references_are_stable_and_distinct),
          TEST(deleting_in_any_order_stays_bounded), TEST(deleting_twice_is_harmless), TEST(frames_nest),
          TEST(arguments_are_local_references), TEST(global_references_survive_and_are_reused),
          TEST(weak_references_are_cleared), TEST(any_address_may_be_asked_for))
