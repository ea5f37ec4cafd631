/* JVM_ functions behind java.lang.System and Runtime: clocks, memory, identity, the process and its arguments. */
#include <stdlib.h>
#include <time.h>

#include "interpreter/interpreter.h"
#include "native/handles.h"
#include "native/jvm.h"
#include "native/references_private.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/object.h"
#include "vm/safepoint.h"
#include "vm/string.h"
#include "vm/vm.h"

enum { NANOSECONDS_PER_SECOND = 1000000000, NANOSECONDS_PER_MILLISECOND = 1000000, MILLISECONDS_PER_SECOND = 1000 };

/* ---- clocks ---------------------------------------------------------------------------------------------- */

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * NANOSECONDS_PER_SECOND + now.tv_nsec;
}

JNIEXPORT jlong JNICALL JVM_CurrentTimeMillis(JNIEnv *env, jclass ignored)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (jlong)now.tv_sec * MILLISECONDS_PER_SECOND + now.tv_nsec / NANOSECONDS_PER_MILLISECOND;
}

JNIEXPORT jlong JNICALL JVM_NanoTime(JNIEnv *env, jclass ignored)
{
    return monotonic_ns();
}

/* Nanoseconds since the epoch relative to offset seconds; -1 when the two are 2^32 seconds or more apart. */
JNIEXPORT jlong JNICALL JVM_GetNanoTimeAdjustment(JNIEnv *env, jclass ignored, jlong offset_seconds)
{
    const jlong limit = (jlong)1 << 32;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    jlong difference;
    if (__builtin_sub_overflow((jlong)now.tv_sec, offset_seconds, &difference) || difference >= limit ||
        difference <= -limit)
        return -1;
    return difference * NANOSECONDS_PER_SECOND + now.tv_nsec;
}

/* ---- memory ---------------------------------------------------------------------------------------------- */

JNIEXPORT jlong JNICALL JVM_FreeMemory(void)
{
    struct gc_statistics s;
    gc_statistics(&s);
    return s.committed > s.used ? (jlong)(s.committed - s.used) : 0;
}

JNIEXPORT jlong JNICALL JVM_TotalMemory(void)
{
    struct gc_statistics s;
    gc_statistics(&s);
    return (jlong)s.committed;
}

JNIEXPORT jlong JNICALL JVM_MaxMemory(void)
{
    struct gc_statistics s;
    gc_statistics(&s);
    return (jlong)s.maximum;
}

JNIEXPORT void JNICALL JVM_GC(void)
{
    struct thread *t = thread_current();
    if (t->vm->options.disable_explicit_gc)
        return;
    thread_enter_java(t);
    interpreter_clear_dead_slots(t);
    gc_collect(GC_CAUSE_SYSTEM_GC);
    VM_LEAVE();
}

/* Milliseconds since every object was last looked at.  All collections are full; before the first, since start. */
JNIEXPORT jlong JNICALL JVM_MaxObjectInspectionAge(void)
{
    return (monotonic_ns() - references_last_collection_ns()) / NANOSECONDS_PER_MILLISECOND;
}

/* ---- process --------------------------------------------------------------------------------------------- */

/* Nothing of the VM needs to know before Runtime.halt. */
JNIEXPORT void JNICALL JVM_BeforeHalt(void)
{
}

JNIEXPORT void JNICALL JVM_Halt(jint code)
{
    vm_exit(vm_instance(), code);
}

JNIEXPORT jint JNICALL JVM_ActiveProcessorCount(void)
{
    return options_processor_count(&vm_instance()->options);
}

JNIEXPORT jboolean JNICALL JVM_SupportsCX8(void)
{
    return JNI_TRUE; /* x86-64 has an 8-byte compare and swap */
}

JNIEXPORT jboolean JNICALL JVM_IsUseContainerSupport(void)
{
    return vm_instance()->options.use_container_support;
}

/* ---- objects --------------------------------------------------------------------------------------------- */

JNIEXPORT jint JNICALL JVM_IHashCode(JNIEnv *env, jobject ref)
{
    if (ref == NULL)
        return 0;
    VM_RETURN(env, object_identity_hash(handle_get(ref)));
}

JNIEXPORT jstring JNICALL JVM_InternString(JNIEnv *env, jstring ref)
{
    if (ref == NULL)
        return NULL;
    VM_RETURN(env, handle_local(t, string_intern(t, handle_get(ref))));
}

JNIEXPORT void JNICALL JVM_ArrayCopy(JNIEnv *env, jclass ignored, jobject from, jint from_index, jobject to,
                                     jint to_index, jint count)
{
    VM_ENTRY(env);
    if (from == NULL || to == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        array_copy(t, handle_get(from), from_index, handle_get(to), to_index, count); /* false: exception pending */
    VM_LEAVE();
}

/* ---- arguments ------------------------------------------------------------------------------------------- */

static struct object *argument_strings(struct thread *t)
{
    const struct options *o = &t->vm->options;
    struct object *strings = array_new_of(t, t->vm->known.String, (int32_t)o->argument_count);
    for (size_t i = 0; strings != NULL && i < o->argument_count; i++) {
        struct object *s = string_new_utf8(t, o->arguments[i]);
        if (s == NULL)
            return NULL;
        gc_store_element(strings, (uint32_t)i, s);
    }
    return strings;
}

JNIEXPORT jobjectArray JNICALL JVM_GetVmArguments(JNIEnv *env)
{
    VM_RETURN(env, handle_local(t, argument_strings(t)));
}

/* All VM arguments, separated by blanks; malloc'ed. */
static char *joined_arguments(const struct options *o)
{
    size_t length = 1;
    for (size_t i = 0; i < o->argument_count; i++)
        length += strlen(o->arguments[i]) + 1;
    char *text = malloc(length), *p = text;
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < o->argument_count; i++) {
        if (i > 0)
            *p++ = ' ';
        p = stpcpy(p, o->arguments[i]);
    }
    *p = '\0';
    return text;
}

static bool put_property(struct thread *t, struct object *properties, struct method *put, const char *key,
                         const char *value)
{
    struct object *k = string_new_utf8(t, key);
    struct object *v = k == NULL ? NULL : string_new_utf8(t, value);
    union slot ignored;
    return v != NULL && java_call_virtualv(t, put, &ignored, properties, k, v);
}

/* What attach and jcmd show: sun.java.command, sun.jvm.flags and sun.jvm.args. */
static bool fill_agent_properties(struct thread *t, struct object *properties)
{
    const struct options *o = &t->vm->options;
    struct symbol *descriptor = symbol_intern_cstr("(Ljava/lang/Object;Ljava/lang/Object;)Ljava/lang/Object;");
    struct method *put = class_find_method(object_class(properties), symbol_intern_cstr("put"), descriptor);
    if (put == NULL) {
        exception_throw(t, "java/lang/IllegalArgumentException", "agent properties need a java.util.Properties");
        return false;
    }
    char *arguments = joined_arguments(o);
    if (arguments == NULL) {
        exception_throw_out_of_memory(t, "native memory for agent properties");
        return false;
    }
    const char *command = options_property(o, "sun.java.command");
    bool ok = put_property(t, properties, put, "sun.java.command", command != NULL ? command : "") &&
              put_property(t, properties, put, "sun.jvm.flags", "") &&
              put_property(t, properties, put, "sun.jvm.args", arguments);
    free(arguments);
    return ok;
}

JNIEXPORT jobject JNICALL JVM_InitAgentProperties(JNIEnv *env, jobject properties)
{
    VM_ENTRY(env);
    bool ok = false;
    if (properties == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        ok = fill_agent_properties(t, handle_get(properties));
    VM_LEAVE();
    return ok ? properties : NULL;
}
