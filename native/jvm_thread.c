/* JVM_* functions of java.lang.Thread. */
#include "native/jvm.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "native/direct.h"
#include "native/handles.h"
#include "vm/exception.h"
#include "vm/exception_private.h"
#include "vm/monitor.h"
#include "vm/object.h"
#include "vm/safepoint.h"
#include "vm/string.h"
#include "vm/vm.h"

JNIEXPORT jobject JNICALL JVM_CurrentThread(JNIEnv *env, jclass unused)
{
    VM_ENTRY(env);
    jobject result = handle_local(t, t->java_thread);
    VM_LEAVE();
    return result;
}

JNIEXPORT void JNICALL JVM_StartThread(JNIEnv *env, jobject thread)
{
    VM_ENTRY(env);
    thread_start_java(t, handle_get(thread));
    VM_LEAVE();
}

/* As on HotSpot without -XX:ThreadPriorityPolicy: Java's priorities do not become the system's. */
JNIEXPORT void JNICALL JVM_SetThreadPriority(JNIEnv *env, jobject thread, jint priority)
{
    VM_ENTRY(env);
    object_set_int(handle_get(thread), t->vm->known.Thread_priority, priority);
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_Yield(JNIEnv *env, jclass unused)
{
    sched_yield(); /* in THREAD_NATIVE, which counts as stopped */
}

JNIEXPORT void JNICALL JVM_Sleep(JNIEnv *env, jclass unused, jlong millis)
{
    VM_ENTRY(env);
    if (millis < 0)
        exception_throw(t, "java/lang/IllegalArgumentException", "timeout value is negative");
    else
        thread_sleep(t, millis > INT64_MAX / 1000000 ? INT64_MAX : millis * 1000000);
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_Interrupt(JNIEnv *env, jobject thread)
{
    VM_ENTRY(env);
    struct object *java_thread = handle_get(thread);
    threads_lock(t);
    struct thread *target = thread_from_java(java_thread);
    if (target != NULL)
        thread_interrupt(target);
    threads_unlock(t);
    VM_LEAVE();
}

JNIEXPORT jboolean JNICALL JVM_HoldsLock(JNIEnv *env, jclass unused, jobject object)
{
    VM_ENTRY(env);
    struct object *o = handle_get(object);
    jboolean held = JNI_FALSE;
    if (o == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        held = monitor_is_held(t, o);
    VM_LEAVE();
    return held;
}

/* The kernel's name can be given by the thread itself only, as on HotSpot for Linux. */
JNIEXPORT void JNICALL JVM_SetNativeThreadName(JNIEnv *env, jobject thread, jstring name)
{
    VM_ENTRY(env);
    struct object *java_thread = handle_get(thread), *text = handle_get(name);
    if (java_thread == t->java_thread && text != NULL) {
        char *utf8 = string_to_utf8(text);
        if (utf8 != NULL && strlen(utf8) > 15)
            utf8[15] = '\0';
        if (utf8 != NULL)
            pthread_setname_np(pthread_self(), utf8);
        free(utf8);
    }
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_StopThread(JNIEnv *env, jobject thread, jobject throwable)
{
    VM_ENTRY(env);
    if (throwable == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        thread_stop(t, handle_get(thread), handle_get(throwable));
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_SuspendThread(JNIEnv *env, jobject thread)
{
    VM_ENTRY(env);
    thread_suspend(t, handle_get(thread));
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_ResumeThread(JNIEnv *env, jobject thread)
{
    VM_ENTRY(env);
    thread_resume(t, handle_get(thread));
    VM_LEAVE();
}

/* ---- all threads ----------------------------------------------------------------------------------------- */

static bool is_visible(const struct thread *t)
{
    return t->java_thread != NULL && !t->java_exited;
}

/* Stores the live Threads, oldest first; the number found, which may exceed the array's length. */
static uint32_t store_threads(struct thread *t, struct object *array)
{
    uint32_t count = 0, room = array_length(array);
    threads_lock(t);
    for (struct thread *other = t->vm->threads; other != NULL; other = other->next)
        count += is_visible(other);
    uint32_t at = count;
    for (struct thread *other = t->vm->threads; other != NULL && count <= room; other = other->next)
        if (is_visible(other))
            gc_store_element(array, --at, other->java_thread);
    threads_unlock(t);
    return count;
}

static struct object *live_threads(struct thread *t)
{
    struct class *c = t->vm->hooks.array_class_of(t, t->vm->known.Thread);
    while (c != NULL) {
        uint32_t expected = (uint32_t)thread_live_count(t->vm);
        struct object *array = array_new(t, c, (int32_t)expected);
        if (array == NULL)
            return NULL;
        if (store_threads(t, array) == expected)
            return array; /* else one came or went meanwhile */
    }
    return NULL;
}

JNIEXPORT jobjectArray JNICALL JVM_GetAllThreads(JNIEnv *env, jclass unused)
{
    VM_ENTRY(env);
    jobject result = handle_local(t, live_threads(t));
    VM_LEAVE();
    return result;
}

/* ---- stacks of other threads ----------------------------------------------------------------------------- */

struct taken_stack { int64_t *entries; size_t count; bool alive; };

static void take_stack(struct thread *target, struct taken_stack *out)
{
    if (target == NULL)
        return;
    struct frame *top = thread_top_frame(target);
    out->alive = true;
    out->count = backtrace_collect(top, true, NULL, 0);
    out->entries = malloc((out->count + 1) * sizeof *out->entries);
    if (out->entries == NULL)
        out->count = 0;
    else
        backtrace_collect(top, true, out->entries, out->count + 1);
}

/* Nothing allocates in the heap while the threads are stopped. */
static void take_stacks(struct thread *t, struct object *threads, struct taken_stack *out)
{
    uint32_t count = array_length(threads);
    safepoint_begin(t, "ThreadDump");
    for (uint32_t i = 0; i < count; i++) {
        struct object *java_thread = gc_load_element(threads, i);
        if (java_thread != NULL)
            take_stack(thread_from_java(java_thread), &out[i]);
    }
    safepoint_end(t);
}

static struct object *elements_of(struct thread *t, struct class *array_class, const struct taken_stack *taken)
{
    struct object *elements = array_new(t, array_class, (int32_t)taken->count);
    for (size_t i = 0; elements != NULL && i < taken->count; i++) {
        struct object *element = object_new(t, t->vm->known.StackTraceElement);
        if (element == NULL)
            return NULL;
        gc_store_element(elements, (uint32_t)i, element);
        stack_trace_element_fill(t, element, backtrace_method(taken->entries[i]), backtrace_bci(taken->entries[i]));
        if (exception_pending(t))
            return NULL;
    }
    return elements;
}

static struct object *dump_threads(struct thread *t, struct object *threads)
{
    uint32_t count = array_length(threads);
    struct class *one = t->vm->hooks.array_class_of(t, t->vm->known.StackTraceElement);
    struct class *all = one != NULL ? t->vm->hooks.array_class_of(t, one) : NULL;
    if (all == NULL || !t->vm->hooks.initialize_class(t, t->vm->known.StackTraceElement))
        return NULL;
    struct object *result = array_new(t, all, (int32_t)count);
    if (result == NULL)
        return NULL;
    struct taken_stack *taken = calloc(count, sizeof *taken);
    if (taken == NULL) {
        exception_throw_out_of_memory(t, "stack traces of all threads");
        return NULL;
    }
    take_stacks(t, threads, taken);
    for (uint32_t i = 0; i < count; i++) {
        if (taken[i].alive && !exception_pending(t))
            gc_store_element(result, i, elements_of(t, one, &taken[i]));
        free(taken[i].entries);
    }
    free(taken);
    return exception_pending(t) ? NULL : result;
}

JNIEXPORT jobjectArray JNICALL JVM_DumpThreads(JNIEnv *env, jclass unused, jobjectArray threads)
{
    VM_ENTRY(env);
    struct object *array = handle_get(threads), *result = NULL;
    if (array == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else if (array_length(array) == 0)
        exception_throw(t, "java/lang/IllegalArgumentException", NULL);
    else
        result = dump_threads(t, array);
    jobject handle = handle_local(t, result);
    VM_LEAVE();
    return handle;
}
