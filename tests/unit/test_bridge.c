/* The bridge to native code: every class of argument and result, in registers and beyond them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "native/bridge.h"
#include "native/handles.h"
#include "runner.h"
#include "vm/symbol.h"
#include "vm/thread_private.h"

static struct vm vm;
static struct thread *t;
static struct loader loader;
static struct class owner = {.loader = &loader};
static struct object *mirror; /* only its address and value are looked at */
static union slot java_stack[4096];
static char fake_object[2][32];
static struct frame caller;

static void setup(void)
{
    t = calloc(1, sizeof *t);
    t->vm = &vm;
    t->stack_base = java_stack;
    t->stack_end = t->stack_limit = java_stack + 4096;
    t->frame = &caller;
    loader.arena = arena_new();
    mirror = (struct object *)fake_object[0];
    owner.mirror = &mirror;
    ck_assert(handle_stack_map(&t->handles));
}

/* A method of the given shape; its arguments go to java_stack[8 ..]. */
static struct method *method(const char *descriptor, bool is_static, void *function)
{
    struct method *m = calloc(1, sizeof *m);
    m->owner = &owner;
    m->name = symbol_intern_cstr("m");
    m->descriptor = symbol_intern_cstr(descriptor);
    m->access_flags = ACC_NATIVE | (is_static ? ACC_STATIC : 0);
    m->arg_slots = !is_static;
    for (const char *p = descriptor + 1; *p != ')'; p++) {
        bool array = *p == '[';
        while (*p == '[')
            p++;
        m->arg_slots = (uint16_t)(m->arg_slots + (!array && (*p == 'J' || *p == 'D') ? 2 : 1));
        m->arg_count++;
        if (*p == 'L')
            p = strchr(p, ';');
    }
    m->return_type = strchr(descriptor, ')')[1];
    m->native_function = function;
    m->entry = bridge_prepare(m);
    return m;
}

static union slot *args(void)
{
    return &java_stack[8];
}

static union slot call(struct method *m)
{
    m->entry(t, m, args());
    ck_assert_ptr_eq(t->frame, &caller);
    ck_assert_int_eq(atomic_load(&t->state), THREAD_JAVA);
    ck_assert_uint_eq(t->handles.top, 0);
    ck_assert_uint_eq(t->handles.frame_base, 0);
    return args()[0];
}

/* ---- natives ------------------------------------------------------------------------------------------------- */

static jint add3(JNIEnv *env, jclass c, jint a, jlong b, jint d)
{
    ck_assert_ptr_eq(env, t);
    ck_assert_ptr_eq(c, &mirror);
    ck_assert_int_eq(atomic_load(&t->state), THREAD_NATIVE);
    ck_assert(t->frame->flags & FRAME_NATIVE);
    ck_assert_ptr_eq(t->frame->previous, &caller);
    handle_local(t, mirror); /* ends with the call */
    return (jint)(a + b + d);
}

static jboolean truth(JNIEnv *env, jobject self)
{
    ck_assert_ptr_eq(self, &args()[0]);
    return 0x80;
}

static jint negative_bytes(JNIEnv *env, jobject self, jbyte b, jshort s, jchar c, jboolean z)
{
    return b == -1 && s == -2 && c == 0xfffd && z == 1;
}

static jbyte minus_one(JNIEnv *env, jclass c) { return -1; }
static jchar last_char(JNIEnv *env, jclass c) { return 0xffff; }
static jlong long_value(JNIEnv *env, jclass c) { return INT64_C(0x123456789abcdef0); }
static jfloat half(JNIEnv *env, jclass c, jfloat f) { return f / 2; }
static jdouble mixed(JNIEnv *env, jobject self, jint i, jdouble d, jlong j, jfloat f) { return i + d + (jdouble)j + f; }
static jobject same(JNIEnv *env, jclass c, jobject o) { return o; }
static void nothing(JNIEnv *env, jclass c) {}

static jint overflow(JNIEnv *env, jclass c, jint a, jint b, jint d, jint e, jint f, jlong g, jobject o, jobject null,
                     jbyte h)
{
    ck_assert_ptr_null(null);
    ck_assert_ptr_eq(handle_get(o), mirror);
    return a + 10 * b + 100 * d + 1000 * e + 10000 * f + (jint)(100000 * g) + 1000000 * h;
}

static jfloat ten_floats(JNIEnv *env, jclass c, jfloat a, jfloat b, jint i, jfloat d, jfloat e, jfloat f, jfloat g,
                         jfloat h, jfloat k, jfloat l, jdouble m, jint j)
{
    return a + 2 * b + 3 * d + 4 * e + 5 * f + 6 * g + 7 * h + 8 * k + 9 * l + (jfloat)(10 * m) + (jfloat)(i + j);
}

static jlong many(JNIEnv *env, jclass c, jlong a0, jlong a1, jlong a2, jlong a3, jlong a4, jlong a5, jlong a6, jlong
                  a7, jlong a8, jlong a9, jlong b0, jlong b1, jlong b2, jlong b3, jlong b4, jlong b5, jlong b6, jlong
                  b7, jlong b8, jlong b9, jlong d0, jlong d1, jlong d2, jlong d3, jlong d4, jlong d5, jlong d6, jlong
                  d7, jlong d8, jlong d9, jlong e0, jlong e1, jlong e2, jlong e3, jlong e4, jlong e5, jlong e6, jlong
                  e7, jlong e8, jlong e9)
{
    return e9 + (a0 + e9) + (a4 - a4) + (d5 + a5 - e0);
}

/* ---- tests --------------------------------------------------------------------------------------------------- */

START_TEST(integers_in_registers)
{
    struct method *m = method("(IJI)I", true, add3);
    args()[0] = (union slot){.j = INT64_C(0x7777777700000001)}; /* the upper half of an int's slot is undefined */
    args()[1].j = 20;
    args()[3].i = 300;
    ck_assert_int_eq(call(m).i, 321);
}
END_TEST

START_TEST(small_types)
{
    args()[0].a = mirror;
    ck_assert_int_eq(call(method("()Z", false, truth)).i, 1);
    ck_assert_int_eq(call(method("()B", true, minus_one)).i, -1);
    ck_assert_int_eq(call(method("()C", true, last_char)).i, 0xffff);
    ck_assert_int_eq(call(method("()J", true, long_value)).j, INT64_C(0x123456789abcdef0));
    args()[0].a = mirror;
    args()[1].i = -1;
    args()[2].i = -2;
    args()[3].i = 0xfffd;
    args()[4].i = 1;
    ck_assert_int_eq(call(method("(BSCZ)I", false, negative_bytes)).i, 1);
}
END_TEST

START_TEST(references)
{
    struct method *m = method("(Ljava/lang/Object;)Ljava/lang/Object;", true, same);
    args()[0].a = mirror;
    ck_assert_ptr_eq(call(m).a, mirror);
    args()[0].a = NULL;
    ck_assert_ptr_null(call(m).a);
    ck_assert_ptr_null(call(method("([[I)[J", true, same)).a);
}
END_TEST

START_TEST(void_leaves_the_slot_alone)
{
    args()[0].j = 42;
    struct method *m = method("(J)V", true, nothing);
    ck_assert_int_eq(call(m).j, 42);
}
END_TEST

START_TEST(floating_point)
{
    args()[0].f = 5;
    ck_assert(call(method("(F)F", true, half)).f == 2.5f);
    args()[1].i = 1;
    args()[2].d = 0.5;
    args()[4].j = 100;
    args()[6].f = 0.25f;
    ck_assert(call(method("(IDJF)D", false, mixed)).d == 101.75);
}
END_TEST

START_TEST(beyond_the_registers)
{
    union slot *a = args();
    for (int i = 0; i < 5; i++)
        a[i].i = i + 1;
    a[5].j = 6;
    a[7].a = mirror;
    a[8].a = NULL;
    a[9].i = -1;
    ck_assert_int_eq(call(method("(IIIIIJLa;[[Lb;B)I", true, overflow)).i, 654321 - 1000000);
    const int floats[] = {0, 1, 3, 4, 5, 6, 7, 8, 9};
    for (size_t i = 0; i < ARRAY_COUNT(floats); i++)
        a[floats[i]].f = 1;
    a[2].i = 1000;
    a[10].d = 1;
    a[12].i = 5000;
    ck_assert(call(method("(FFIFFFFFFFDI)F", true, ten_floats)).f == 6055);
}
END_TEST

START_TEST(forty_longs)
{
    char descriptor[64] = "(";
    for (int i = 0; i < 40; i++)
        args()[2 * i].j = i * INT64_C(1000000007);
    memset(descriptor + 1, 'J', 40);
    snprintf(descriptor + 41, 8, ")J");
    ck_assert_int_eq(call(method(descriptor, true, many)).j, 39 * INT64_C(1000000007) * 2);
}
END_TEST

/* Shapes are cached: a method with the kinds of another one gets its description, one that differs gets its own. */
START_TEST(shapes_are_shared)
{
    struct method *m = method("(Ljava/lang/String;F[I)[D", true, nothing);
    ck_assert_ptr_eq(method("([JFLx;)Ly;", true, nothing)->native_bridge, m->native_bridge);
    struct method *of_instance = method("([JFLx;)Ly;", false, nothing);
    struct method *of_double = method("([JDLx;)Ly;", true, nothing);
    ck_assert_ptr_ne(of_instance->native_bridge, m->native_bridge);
    ck_assert_ptr_ne(of_double->native_bridge, m->native_bridge);
    ck_assert_ptr_ne(of_double->native_bridge, of_instance->native_bridge);
}
END_TEST

static void *prepare_many(void *results)
{
    struct method **methods = results;
    char descriptor[16];
    for (int i = 0; i < 64; i++) {
        snprintf(descriptor, sizeof descriptor, "(%c%c%cD)V", "IJFS"[i & 3], "IJFS"[i >> 2 & 3], "IJFS"[i >> 4]);
        methods[i] = method(descriptor, true, nothing);
    }
    return NULL;
}

/* Two threads that meet the same shapes at the same time end up with the same descriptions. */
START_TEST(shapes_are_shared_between_threads)
{
    pthread_t threads[4];
    static struct method *methods[4][64];
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, prepare_many, methods[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 64; i++)
        for (int j = 1; j < 4; j++)
            ck_assert_ptr_eq(methods[j][i]->native_bridge, methods[0][i]->native_bridge);
    for (int i = 0; i < 64; i++)
        for (int j = 0; j < i; j++)
            ck_assert_ptr_ne(methods[0][i]->native_bridge, methods[0][j]->native_bridge);
}
END_TEST

static jint four(JNIEnv *env, jclass c, jint a, jlong b, jobject o, jint d) { return a + d; }
static jint five(JNIEnv *env, jclass c, jint a, jlong b, jobject o, jint d, jint e) { return a + e; }

static double nanoseconds_per_call(struct method *m)
{
    enum { CALLS = 1000000 };
    struct timespec start, end;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
    for (int i = 0; i < CALLS; i++)
        m->entry(t, m, args());
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / CALLS;
}

/* Prints what a call costs on either path; the bound only catches a path that is wrong by an order of magnitude. */
START_TEST(costs)
{
    double direct = nanoseconds_per_call(method("(IJLa;I)I", true, four));
    double general = nanoseconds_per_call(method("(IJLa;II)I", true, five));
    printf("native call: %.1f ns directly, %.1f ns through libffi\n", direct, general);
    ck_assert(direct < 1000 && general < 2000);
}
END_TEST

TEST_MAIN("bridge", setup, 20, TEST(integers_in_registers), TEST(small_types), TEST(references),
          TEST(void_leaves_the_slot_alone), TEST(floating_point), TEST(beyond_the_registers), TEST(forty_longs),
          TEST(shapes_are_shared), TEST(shapes_are_shared_between_threads), TEST(costs))
