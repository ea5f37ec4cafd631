/* The invocation interface: creating and destroying the VM, attaching and detaching threads. */
#include "native/boot.h"
#include "native/jni_private.h"
#include "native/jvm.h"

#include <limits.h>
#include <stdio.h>

#include "vm/symbol.h"

/* C stack of the launcher's main thread when -Xss does not say otherwise.  Java frames do not live on it, but class
 * initialization and calls from native code do; it takes memory only as far as it is used. */
enum { MAIN_C_STACK = 8 << 20 };
enum { NORMAL_PRIORITY = 5 }; /* Thread.NORM_PRIORITY */

enum life { NOT_CREATED, CREATING, CREATED, ENDED };
/* One per process, as JNI allows one VM per process and never a second one after the first. */
static _Atomic int life = NOT_CREATED;

/* JVM_IsSupportedJNIVersion knows 1.1 too, but 1.1 has argument structures of its own. */
static bool is_jni_version(jint version)
{
    return version != JNI_VERSION_1_1 && JVM_IsSupportedJNIVersion(version);
}

/* ---- creation -------------------------------------------------------------------------------------------- */

/* What JNI 1.1 called JDK1_1InitArgs, as far as the launcher reads it. */
struct init_args_1_1 {
    jint version;
    char **properties;
    jint check_source, native_stack_size, java_stack_size;
};

JNIEXPORT jint JNICALL JNI_GetDefaultJavaVMInitArgs(void *args)
{
    struct init_args_1_1 *a = args;
    if (a->version == JNI_VERSION_1_1) { /* the launcher asks for the stack size of its main thread this way */
        a->version = JNI_VERSION_1_2;
        a->java_stack_size = MAIN_C_STACK;
        return JNI_OK;
    }
    return is_jni_version(a->version) ? JNI_OK : JNI_ERR;
}

JNIEXPORT jint JNICALL JNI_CreateJavaVM(JavaVM **vm_out, void **env_out, void *args)
{
    int expected = NOT_CREATED;
    struct vm *vm;
    struct thread *t;
    if (args == NULL || !is_jni_version(((JavaVMInitArgs *)args)->version))
        return JNI_EVERSION;
    if (!atomic_compare_exchange_strong(&life, &expected, CREATING))
        return expected == ENDED ? JNI_ERR : JNI_EEXIST;
    jint result = boot_create_vm(args, &vm, &t);
    if (result != JNI_OK) {
        atomic_store(&life, ENDED); /* what was set up is not undone: there is no second attempt in this process */
        return result;
    }
    *vm_out = (JavaVM *)vm;
    *env_out = t;
    atomic_store(&life, CREATED);
    return JNI_OK;
}

JNIEXPORT jint JNICALL JNI_GetCreatedJavaVMs(JavaVM **buffer, jsize size, jsize *count)
{
    bool created = atomic_load(&life) == CREATED;
    if (count != NULL)
        *count = created;
    if (created && size > 0 && buffer != NULL)
        buffer[0] = (JavaVM *)vm_instance();
    return JNI_OK;
}

/* ---- attaching ------------------------------------------------------------------------------------------- */

static void make_daemon(struct thread *t)
{
    pthread_mutex_lock(&t->vm->threads_lock);
    t->daemon = t->counted_daemon = true;
    t->vm->daemon_count++;
    pthread_mutex_unlock(&t->vm->threads_lock);
}

/* Thread(ThreadGroup, String), or Thread(ThreadGroup, Runnable), which makes a name up. */
static bool run_thread_constructor(struct thread *t, struct object *group, const char *name)
{
    struct wellknown *k = &t->vm->known;
    if (name != NULL) {
        struct object *text = string_new_utf8(t, name);
        return text != NULL && java_callv(t, k->Thread_init, NULL, t->java_thread, group, text);
    }
    struct symbol *descriptor = symbol_intern_cstr("(Ljava/lang/ThreadGroup;Ljava/lang/Runnable;)V");
    struct method *constructor = class_find_declared_method(k->Thread, sym_init, descriptor);
    return constructor != NULL && java_callv(t, constructor, NULL, t->java_thread, group, (struct object *)NULL);
}

/* The thread must answer currentThread() and getPriority() while its constructor runs: it is its own parent. */
static bool make_java_thread(struct thread *t, struct object *group, const char *name, bool daemon)
{
    struct wellknown *k = &t->vm->known;
    struct object *o = object_new(t, k->Thread);
    if (o == NULL)
        return false;
    t->java_thread = o;
    object_set_long(o, k->Thread_eetop, (int64_t)(uintptr_t)t);
    object_set_int(o, k->Thread_priority, NORMAL_PRIORITY);
    if (!run_thread_constructor(t, group, name))
        return false;
    object_set_byte(o, k->Thread_daemon, daemon); /* after the constructor, which initializes the field */
    if (!java_callv(t, k->ThreadGroup_add, NULL, group, o))
        return false;
    object_set_int(o, k->Thread_threadStatus, STATUS_RUNNABLE);
    return true;
}

/* Leaves the new thread in THREAD_NATIVE. */
static jint attach(struct vm *vm, struct thread **out, const char *name, jobject group_ref, bool daemon)
{
    struct thread *t = thread_attach_current(vm, 0);
    if (t == NULL)
        return JNI_ENOMEM;
    t->attached = true;
    if (name != NULL)
        snprintf(t->name, sizeof t->name, "%s", name);
    if (daemon)
        make_daemon(t);
    struct object *group = group_ref != NULL ? handle_get(group_ref) : *vm->main_thread_group;
    if (!make_java_thread(t, group, name, daemon)) { /* no memory, or the group is destroyed */
        if (t->java_thread != NULL)
            object_set_long(t->java_thread, vm->known.Thread_eetop, 0);
        t->java_thread = NULL;
        thread_detach_current(t);
        return JNI_ERR;
    }
    thread_leave_java(t, THREAD_NATIVE);
    *out = t;
    return JNI_OK;
}

static jint attach_current(JavaVM *jvm, void **env, void *args, bool daemon)
{
    const JavaVMAttachArgs *a = args;
    struct thread *t = thread_current();
    jint result = JNI_OK;
    if (atomic_load(&life) != CREATED && t == NULL)
        return JNI_ERR;
    if (a != NULL && !is_jni_version(a->version))
        a = NULL; /* of a layout that this VM does not know; HotSpot attaches with the defaults too */
    if (t == NULL)
        result = attach((struct vm *)jvm, &t, a != NULL ? a->name : NULL, a != NULL ? a->group : NULL, daemon);
    if (result == JNI_OK)
        *env = t;
    return result;
}

static jint JNICALL attach_current_thread(JavaVM *jvm, void **env, void *args)
{
    return attach_current(jvm, env, args, false);
}

static jint JNICALL attach_current_thread_as_daemon(JavaVM *jvm, void **env, void *args)
{
    return attach_current(jvm, env, args, true);
}

/* An exception that is still pending is dispatched as uncaught: this is how the launcher reports main's. */
static jint JNICALL detach_current_thread(JavaVM *jvm)
{
    struct thread *t = thread_current();
    if (t == NULL)
        return JNI_OK;
    if (thread_top_frame(t) != NULL)
        return JNI_ERR; /* Java methods of this thread have not returned */
    thread_enter_java(t);
    thread_java_exit(t);
    jni_release_monitors(t);
    thread_detach_current(t);
    return JNI_OK;
}

static jint JNICALL get_env(JavaVM *jvm, void **env, jint version)
{
    struct thread *t = thread_current();
    *env = NULL;
    if (t == NULL || atomic_load(&life) == ENDED)
        return JNI_EDETACHED;
    if (!JVM_IsSupportedJNIVersion(version))
        return JNI_EVERSION; /* JVMTI (0x3000....) too: this VM has none */
    *env = t;
    return JNI_OK;
}

/* ---- the end --------------------------------------------------------------------------------------------- */

static jint JNICALL destroy_java_vm(JavaVM *jvm)
{
    struct vm *vm = (struct vm *)jvm;
    struct thread *t = thread_current();
    if (atomic_load(&life) != CREATED)
        return JNI_ERR;
    if (t == NULL && attach(vm, &t, "DestroyJavaVM", NULL, false) != JNI_OK)
        return JNI_ERR;
    thread_enter_java(t);
    thread_wait_for_others(t);
    exception_clear(t);
    java_callv(t, vm->known.Shutdown_shutdown, NULL);
    exception_clear(t); /* hooks run in threads of their own; nobody is left to see what the sequence itself throws */
    vm_before_exit(vm);
    atomic_store(&life, ENDED);
    atomic_store(&vm->exiting, true);
    t->java_exited = true; /* no Java code runs any more, not at this pthread's end either */
    /* Daemon threads stop for good: the process is about to run its exit handlers and must not change under them. */
    safepoint_begin(t, "Exit");
    thread_leave_java(t, THREAD_NATIVE);
    return JNI_OK;
}

const struct JNIInvokeInterface_ jni_invoke_functions = {
    .DestroyJavaVM = destroy_java_vm,
    .AttachCurrentThread = attach_current_thread,
    .DetachCurrentThread = detach_current_thread,
    .GetEnv = get_env,
    .AttachCurrentThreadAsDaemon = attach_current_thread_as_daemon,
};
