/* The natives of cloister.isolate.internal.Hypercalls: what a guest may ask of its monitor, and what the VM does at a
 * checkpoint.  Outside of an isolate the kernel answers ENOSYS to all of the calls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "classloader/loading.h"
#include "gc/gc.h"
#include "include/cloister/hypercall.h"
#include "interpreter/interpreter.h"
#include "native/anticipate.h"
#include "native/handles.h"
#include "native/natives.h"
#include "native/reflection.h"
#include "native/renewal.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/safepoint.h"
#include "vm/string.h"

enum { FIRST_MESSAGE = 16 * 1024, LARGEST_MESSAGE = 64 * 1024 * 1024 }; /* bytes */

/* A hypercall's result, or a negative errno. */
static long hypercall(long number, long a, long b, long c, long d, long e)
{
    long result = syscall(number, a, b, c, d, e);
    return result < 0 ? -errno : result;
}

/* ---- bytes ----------------------------------------------------------------------------------------------- */

/* A copy of a byte[] for the monitor to read, malloc'ed; NULL: OutOfMemoryError pending, or null was given. */
static void *copy_of(JNIEnv *env, jbyteArray array, jint offset, jint length)
{
    if (array == NULL)
        return NULL;
    void *copy = malloc((size_t)length + 1);
    if (copy == NULL) {
        VM_ENTRY(env);
        exception_throw_out_of_memory(t, "Java heap space");
        VM_LEAVE();
        return NULL;
    }
    (*env)->GetByteArrayRegion(env, array, offset, length, copy);
    return copy;
}

static jbyteArray array_of(JNIEnv *env, const void *bytes, long length)
{
    jbyteArray array = (*env)->NewByteArray(env, (jsize)length);
    if (array != NULL)
        (*env)->SetByteArrayRegion(env, array, 0, (jsize)length, bytes);
    return array;
}

static bool equals(JNIEnv *env, jbyteArray array, const void *bytes, long length)
{
    VM_ENTRY(env);
    const struct object *o = handle_get(array);
    bool same = o != NULL && array_length(o) == (size_t)length && memcmp(array_data(o), bytes, (size_t)length) == 0;
    VM_LEAVE();
    return same;
}

/* Makes a call that fills a buffer of its caller's, with larger ones until the answer fits: `before` are its
 * arguments before the buffer, `count` of them (0 or 2).  An answer that equals `expected` (or NULL) is that very
 * array. NULL without an exception: the call failed. */
static jbyteArray receive(JNIEnv *env, long number, const long *before, int count, jbyteArray expected)
{
    for (size_t room = FIRST_MESSAGE; room <= LARGEST_MESSAGE; room *= 4) {
        char *buffer = malloc(room);
        if (buffer == NULL)
            break;
        long n = count == 0 ? hypercall(number, (long)buffer, (long)room, 0, 0, 0)
                            : hypercall(number, before[0], before[1], (long)buffer, (long)room, 0);
        jbyteArray array = n < 0 ? NULL : equals(env, expected, buffer, n) ? expected : array_of(env, buffer, n);
        free(buffer);
        if (n != -EMSGSIZE)
            return array;
    }
    VM_ENTRY(env);
    exception_throw_out_of_memory(t, "a message of the monitor's is too large");
    VM_LEAVE();
    return NULL;
}

/* ---- what the monitor knows -------------------------------------------------------------------------------- */

static jstring JNICALL isolate_info(JNIEnv *env, jclass ignored, jlongArray figures)
{
    struct cloister_info info = {0};
    if (hypercall(CLOISTER_CALL_INFO, (long)&info, sizeof info, 0, 0, 0) < 0)
        return NULL;
    const jlong values[] = {(jlong)info.clone_number, (jlong)info.memory_limit, (jlong)info.cpus,
                            (info.flags & CLOISTER_INFO_CHECKPOINT_WANTED) != 0,
                            (info.flags & CLOISTER_INFO_CACHE) != 0};
    (*env)->SetLongArrayRegion(env, figures, 0, ARRAY_COUNT(values), values);
    info.name[sizeof info.name - 1] = '\0';
    return (*env)->NewStringUTF(env, info.name);
}

static jint JNICALL isolate_note(JNIEnv *env, jclass ignored, jbyteArray text)
{
    jsize length = (*env)->GetArrayLength(env, text);
    void *copy = copy_of(env, text, 0, length);
    long result = copy != NULL ? hypercall(CLOISTER_CALL_NOTE, (long)copy, length, 0, 0, 0) : -ENOMEM;
    free(copy);
    return (jint)result;
}

/* ---- calls and the cache ----------------------------------------------------------------------------------- */

static jbyteArray JNICALL isolate_next_call(JNIEnv *env, jclass ignored, jbyteArray expected, jboolean rehearsal)
{
    if (rehearsal)
        return expected;
    struct thread *t = (struct thread *)env;
    struct gc_statistics s;
    jbyteArray message = receive(env, CLOISTER_CALL_NEXT_CALL, NULL, 0, expected);
    gc_statistics(&s);
    t->call_allocated = s.allocated;
    t->call_collections = s.collections;
    return message;
}

static jint JNICALL isolate_reply(JNIEnv *env, jclass ignored, jint status, jbyteArray data, jint offset, jint length)
{
    void *copy = copy_of(env, data, offset, length);
    if (copy == NULL || (*env)->ExceptionCheck(env)) {
        free(copy);
        return -ENOMEM;
    }
    const struct thread *t = (const struct thread *)env;
    struct gc_statistics s;
    gc_statistics(&s);
    long result = hypercall(CLOISTER_CALL_REPLY, status, (long)copy, length, (long)(s.allocated - t->call_allocated),
                            (long)(s.collections - t->call_collections));
    free(copy);
    return (jint)result;
}

static jbyteArray JNICALL isolate_cache_get(JNIEnv *env, jclass ignored, jbyteArray key)
{
    jsize length = (*env)->GetArrayLength(env, key);
    void *copy = copy_of(env, key, 0, length);
    if (copy == NULL)
        return NULL;
    jbyteArray value = receive(env, CLOISTER_CALL_CACHE_GET, (long[]){(long)copy, length}, 2, NULL);
    free(copy);
    return value;
}

static jint JNICALL isolate_cache_put(JNIEnv *env, jclass ignored, jbyteArray key, jbyteArray value, jint seconds)
{
    jsize key_length = (*env)->GetArrayLength(env, key),
          length = value != NULL ? (*env)->GetArrayLength(env, value) : 0;
    void *key_copy = copy_of(env, key, 0, key_length), *copy = copy_of(env, value, 0, length);
    long result = key_copy == NULL || (value != NULL && copy == NULL)
                      ? -ENOMEM
                      : hypercall(CLOISTER_CALL_CACHE_PUT, (long)key_copy, key_length, (long)copy, length, seconds);
    free(key_copy);
    free(copy);
    return (jint)result;
}

/* ---- the checkpoint ---------------------------------------------------------------------------------------- */

static void throw_not_renewed(struct thread *t)
{
    exception_throw(t, "java/lang/InternalError", "getrandom failed: errno %d", errno);
}

static void JNICALL isolate_renew(JNIEnv *env, jclass ignored, jobjectArray owners, jlongArray offsets,
                                  jbyteArray kinds)
{
    VM_ENTRY(env);
    if (!renewal_apply(handle_get(owners), handle_get(offsets), handle_get(kinds)))
        throw_not_renewed(t);
    VM_LEAVE();
}

/* What is saved is what a collection left, with every thread at a safepoint: no lock of the VM's is held half-way. */
static jlong JNICALL isolate_checkpoint(JNIEnv *env, jclass ignored, jobjectArray owners, jlongArray offsets,
                                        jbyteArray kinds)
{
    VM_ENTRY(env);
    interpreter_clear_dead_slots(t);
    gc_collect(GC_CAUSE_SYSTEM_GC);
    safepoint_begin(t, "checkpoint");
    long result = hypercall(CLOISTER_CALL_CHECKPOINT, 0, 0, 0, 0, 0);
    bool renewed = result <= 0 || renewal_apply(handle_get(owners), handle_get(offsets), handle_get(kinds));
    safepoint_end(t);
    if (!renewed)
        throw_not_renewed(t);
    VM_LEAVE();
    return result;
}

static jlong JNICALL isolate_offset(JNIEnv *env, jclass ignored, jobject field)
{
    const struct field *f = (const struct field *)(*env)->FromReflectedField(env, field);
    return f != NULL ? reflect_field_offset(f) : 0;
}

/* Instances of one class, found by walking the heap. */
struct instances {
    const struct class *of;
    struct object **roots; /* `capacity` of them */
    size_t capacity, count;
};

/* World stopped. */
static void visit_object(struct object *o, size_t cell_size, void *arg)
{
    struct instances *found = arg;
    if (!class_is_subtype(object_class(o), found->of))
        return;
    if (found->count < found->capacity)
        gc_store_root(&found->roots[found->count], o);
    found->count++;
}

static jobjectArray JNICALL isolate_instances(JNIEnv *env, jclass ignored, jclass type)
{
    VM_ENTRY(env);
    struct instances found = {.of = class_of_handle(type), .capacity = 64};
    for (;;) {
        found.roots = gc_roots_new(found.capacity);
        found.count = 0;
        gc_walk_heap(visit_object, &found);
        if (found.count <= found.capacity)
            break;
        gc_roots_free(found.roots, found.capacity);
        found.capacity = found.count * 2;
    }
    struct object *array = array_new_of(t, t->vm->known.Object, (int32_t)found.count);
    for (size_t i = 0; array != NULL && i < found.count; i++)
        gc_store_element(array, (uint32_t)i, found.roots[i]);
    gc_roots_free(found.roots, found.capacity);
    jobjectArray result = handle_local(t, array);
    VM_LEAVE();
    return result;
}

static jclass JNICALL isolate_initialized(JNIEnv *env, jclass ignored, jobject loader, jstring name)
{
    VM_ENTRY(env);
    char *utf = string_to_utf8(handle_get(name));
    struct loader *l = loader_of(t, handle_get(loader));
    struct class *c = NULL;
    if (utf != NULL && l != NULL) {
        for (char *p = utf; *p != '\0'; p++)
            if (*p == '.')
                *p = '/';
        c = find_loaded_class(l, symbol_intern_cstr(utf));
    }
    free(utf);
    jclass result = c != NULL && class_is_initialized(c) ? handle_class(t, c) : NULL;
    VM_LEAVE();
    return result;
}

static void JNICALL isolate_open(JNIEnv *env, jclass self, jobject module, jstring package)
{
    jclass modules = (*env)->FindClass(env, "java/lang/Module");
    jclass classes = (*env)->FindClass(env, "java/lang/Class");
    if (modules == NULL || classes == NULL)
        return;
    jmethodID get_module = (*env)->GetMethodID(env, classes, "getModule", "()Ljava/lang/Module;");
    jmethodID open = (*env)->GetMethodID(env, modules, "implAddOpens", "(Ljava/lang/String;Ljava/lang/Module;)V");
    if (get_module == NULL || open == NULL)
        return;
    jobject to = (*env)->CallObjectMethod(env, self, get_module);
    if (to != NULL)
        (*env)->CallVoidMethod(env, module, open, package, to);
}

static void JNICALL isolate_anticipate(JNIEnv *env, jclass ignored, jclass type)
{
    VM_ENTRY(env);
    anticipate(t, class_of_handle(type));
    VM_LEAVE();
}

static void JNICALL isolate_call_main(JNIEnv *env, jclass ignored, jclass owner, jobjectArray arguments)
{
    jmethodID main = (*env)->GetStaticMethodID(env, owner, "main", "([Ljava/lang/String;)V");
    if (main != NULL)
        (*env)->CallStaticVoidMethod(env, owner, main, arguments);
}

/* DestroyJavaVM without its change of threads, which costs a clone more pages than a small main does. */
static void JNICALL isolate_end_if_last(JNIEnv *env, jclass ignored, jboolean rehearsal)
{
    VM_ENTRY(env);
    if (!rehearsal && thread_is_last(t)) {
        java_callv(t, t->vm->known.Shutdown_shutdown, NULL);
        exception_clear(t);
        thread_leave_java(t, THREAD_NATIVE);
        vm_exit(t->vm, 0);
    }
    VM_LEAVE();
}

static void JNICALL isolate_halt(JNIEnv *env, jclass ignored)
{
    vm_exit(thread_of(env)->vm, 0);
}

static const struct vm_native isolate_methods[] = {
    {"info", "([J)Ljava/lang/String;", isolate_info, NULL},
    {"checkpoint", "([Ljava/lang/Object;[J[B)J", isolate_checkpoint, NULL},
    {"renew", "([Ljava/lang/Object;[J[B)V", isolate_renew, NULL},
    {"offset", "(Ljava/lang/reflect/Field;)J", isolate_offset, NULL},
    {"nextCall", "([BZ)[B", isolate_next_call, NULL},
    {"reply", "(I[BII)I", isolate_reply, NULL},
    {"cacheGet", "([B)[B", isolate_cache_get, NULL},
    {"cachePut", "([B[BI)I", isolate_cache_put, NULL},
    {"note", "([B)I", isolate_note, NULL},
    {"instances", "(Ljava/lang/Class;)[Ljava/lang/Object;", isolate_instances, NULL},
    {"initialized", "(Ljava/lang/ClassLoader;Ljava/lang/String;)Ljava/lang/Class;", isolate_initialized, NULL},
    {"anticipate", "(Ljava/lang/Class;)V", isolate_anticipate, NULL},
    {"callMain", "(Ljava/lang/Class;[Ljava/lang/String;)V", isolate_call_main, NULL},
    {"halt", "()V", isolate_halt, NULL},
    {"endIfLast", "(Z)V", isolate_end_if_last, NULL},
    {"open", "(Ljava/lang/Module;Ljava/lang/String;)V", isolate_open, NULL},
};

const struct vm_native_class natives_isolate = {
    "cloister/isolate/internal/Hypercalls", isolate_methods, ARRAY_COUNT(isolate_methods),
};
