/* Start-up: from JNI_CreateJavaVM's arguments to a VM whose main thread can run Java.
 * The order of steps is the class library's; each step is one row of a table. */
#include "native/boot.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "classloader/linking.h"
#include "classloader/loading.h"
#include "interpreter/interpreter.h"
#include "native/boot_private.h"
#include "native/handles.h"
#include "native/natives.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/object.h"
#include "vm/safepoint.h"
#include "vm/string.h"
#include "vm/symbol.h"
#include "vm/vm.h"

enum { THREAD_NORMAL_PRIORITY = 5 }; /* Thread.NORM_PRIORITY */

static bool initialize_all(struct thread *t, struct class *const *classes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!initialize_class(t, classes[i]))
            return false;
    return true;
}

static bool boot_class_initialized(struct thread *t, const char *name)
{
    struct class *c = t->vm->hooks.find_boot_class(t, name);
    return c != NULL && initialize_class(t, c);
}

/* ---- steps ----------------------------------------------------------------------------------------------- */

static bool load_library_classes(struct thread *t)
{
    return wellknown_load_classes(t) && loading_fix_mirrors(t);
}

static bool open_native_libraries(struct thread *t)
{
    struct vm *vm = t->vm;
    natives_init(vm);
    if (native_libjava(vm) == NULL)
        return false;
    references_init(vm);
    return true;
}

static bool initialize_basics(struct thread *t)
{
    struct wellknown *k = &t->vm->known;
    struct class *const first[] = {k->Object, k->String, k->System, k->Class, k->ThreadGroup, k->Thread};
    return initialize_all(t, first, ARRAY_COUNT(first));
}

/* The main thread's object must answer currentThread(), getPriority() and isDaemon() before its constructor runs. */
static bool make_main_thread(struct thread *t)
{
    struct vm *vm = t->vm;
    struct wellknown *k = &vm->known;
    vm->system_thread_group = gc_roots_new(1);
    vm->main_thread_group = gc_roots_new(1);
    struct object *system = object_new(t, k->ThreadGroup);
    if (system == NULL || !java_callv(t, k->ThreadGroup_init_system, NULL, system))
        return false;
    gc_store_root(vm->system_thread_group, system);
    struct object *name = string_new_utf8(t, "main");
    struct object *group = object_new(t, k->ThreadGroup);
    if (name == NULL || group == NULL || !java_callv(t, k->ThreadGroup_init, NULL, group, system, name))
        return false;
    gc_store_root(vm->main_thread_group, group);
    struct object *thread = object_new(t, k->Thread);
    if (thread == NULL)
        return false;
    t->java_thread = thread;
    object_set_long(thread, k->Thread_eetop, (int64_t)(uintptr_t)t);
    object_set_int(thread, k->Thread_priority, THREAD_NORMAL_PRIORITY);
    if (!java_callv(t, k->Thread_init, NULL, thread, group, name))
        return false;
    object_set_int(thread, k->Thread_threadStatus, STATUS_RUNNABLE);
    return true;
}

/* The initializer of UnsafeConstants zeroes its fields: values go in afterwards. */
static bool inject_unsafe_constants(struct thread *t)
{
    struct wellknown *k = &t->vm->known;
    if (!initialize_class(t, k->UnsafeConstants))
        return false;
    *(int32_t *)k->UnsafeConstants_ADDRESS_SIZE0 = (int32_t)sizeof(void *);
    *(int32_t *)k->UnsafeConstants_PAGE_SIZE = (int32_t)sysconf(_SC_PAGESIZE);
    *(int8_t *)k->UnsafeConstants_BIG_ENDIAN = false;
    *(int8_t *)k->UnsafeConstants_UNALIGNED_ACCESS = true;
    *(int32_t *)k->UnsafeConstants_DATA_CACHE_LINE_FLUSH_SIZE = 0;
    return true;
}

static bool initialize_core(struct thread *t)
{
    struct wellknown *k = &t->vm->known;
    struct class *const rest[] = {k->ReflectMethod, k->Finalizer};
    return initialize_class(t, k->Module) && inject_unsafe_constants(t) && initialize_all(t, rest, ARRAY_COUNT(rest));
}

static bool phase_1(struct thread *t)
{
    return java_callv(t, t->vm->known.System_initPhase1, NULL);
}

static bool prepare_exceptions(struct thread *t)
{
    static const char *const thrown[] = {
        "java/lang/OutOfMemoryError", "java/lang/NullPointerException", "java/lang/ClassCastException",
        "java/lang/ArrayStoreException", "java/lang/ArithmeticException", "java/lang/StackOverflowError",
        "java/lang/IllegalMonitorStateException", "java/lang/IllegalArgumentException",
    };
    for (size_t i = 0; i < ARRAY_COUNT(thrown); i++)
        if (!boot_class_initialized(t, thrown[i]))
            return false;
    return exceptions_init(t);
}

static bool start_service_threads(struct thread *t)
{
    return t->vm->options.reduced_signals || signals_start_dispatcher(t);
}

static bool initialize_method_handles(struct thread *t)
{
    struct wellknown *k = &t->vm->known;
    struct class *const c[] = {k->MethodHandle, k->ResolvedMethodName, k->MemberName, k->MethodHandleNatives};
    return initialize_all(t, c, ARRAY_COUNT(c));
}

/* initPhase2(to standard error, with a trace) prints its own reason and returns non-zero when the module graph cannot
 * be built. */
static bool phase_2(struct thread *t)
{
    union slot result;
    if (!java_callv(t, t->vm->known.System_initPhase2, &result, 0, 0))
        return false;
    if (result.i != 0)
        vm_exit(t->vm, 1);
    t->vm->init_level = 2;
    return true;
}

static bool phase_3(struct thread *t)
{
    if (!java_callv(t, t->vm->known.System_initPhase3, NULL))
        return false;
    t->vm->init_level = 4;
    return true;
}

static const struct step {
    const char *name; /* for -Xlog:startuptime */
    bool (*run)(struct thread *t);
} steps[] = {
    {"boot loader", loading_init},
    {"library classes", load_library_classes},
    {"native libraries", open_native_libraries},
    {"basic classes", initialize_basics},
    {"main thread", make_main_thread},
    {"core classes", initialize_core},
    {"phase 1", phase_1},
    {"exceptions", prepare_exceptions},
    {"service threads", start_service_threads},
    {"method handles", initialize_method_handles},
    {"phase 2: modules", phase_2},
    {"phase 3: system class loader", phase_3},
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static bool run_steps(struct thread *t)
{
    for (size_t i = 0; i < ARRAY_COUNT(steps); i++) {
        int64_t start = now_ns(CLOCK_MONOTONIC);
        bool ok = steps[i].run(t);
        LOG(STARTUPTIME, INFO, "%s, %.3f ms", steps[i].name, (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e6);
        if (ok && !exception_pending(t))
            continue;
        printf("Error occurred during initialization of VM\n");
        if (!exception_pending(t))
            printf("%s failed\n", steps[i].name);
        fflush(stdout);
        if (exception_pending(t))
            exception_print(t, t->exception, STDOUT_FILENO);
        return false;
    }
    return true;
}

/* ---- before the first thread ----------------------------------------------------------------------------- */

static bool check_java_home(struct options *o)
{
    o->java_home = options_find_java_home();
    if (o->java_home == NULL) {
        fprintf(stderr, "Error occurred during initialization of VM\n"
                        "No JDK found: neither beside libjvm.so, nor beside the launcher, nor in $JAVA_HOME is there a "
                        "lib/modules (install openjdk-17-jre-headless)\n");
        return false;
    }
    return boot_check_release(o->java_home);
}

static bool start_heap(const struct vm *vm)
{
    const struct options *o = &vm->options;
    const struct gc_options heap = {
        .initial_heap = o->heap_initial,
        .maximum_heap = o->heap_maximum,
        .soft_ms_per_mb = o->soft_ms_per_mb,
        .markers = options_processor_count(o),
        .torture = o->torture,
    };
    return gc_init(&heap);
}

static void init_locks(struct vm *vm)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&vm->threads_lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&vm->threads_changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static jint give_up(struct vm *vm)
{
    vm_set_instance(NULL);
    return JNI_ERR;
}

jint boot_create_vm(const JavaVMInitArgs *args, struct vm **vm_out, struct thread **t_out)
{
    struct vm *vm = calloc(1, sizeof *vm);
    if (vm == NULL) {
        fprintf(stderr, "Error occurred during initialization of VM\nThe system has no memory left\n");
        return JNI_ENOMEM;
    }
    vm->start_ns = now_ns(CLOCK_MONOTONIC);
    vm->start_ms = now_ns(CLOCK_REALTIME) / 1000000;
    jint parsed = options_parse(&vm->options, args);
    if (parsed != JNI_OK)
        return parsed;
    if (!check_java_home(&vm->options))
        return JNI_ERR;
    boot_derive_properties(&vm->options);
    init_locks(vm);
    vm_set_instance(vm);
    symbols_init();
    if (!start_heap(vm))
        return give_up(vm);
    gclog_init(vm);
    interpreter_init(vm);
    strings_init(vm);
    monitors_init(vm);
    handles_init(vm);
    signals_init(vm);
    struct thread *t = thread_attach_current(vm, 0);
    if (t == NULL) {
        fprintf(stderr, "Error occurred during initialization of VM\nOut of memory for the main thread's stack\n");
        return give_up(vm);
    }
    vm->main_thread = t;
    if (!run_steps(t))
        vm_exit(vm, 1);
    vm->initialized = true;
    LOG(STARTUPTIME, INFO, "VM created, %.3f ms", (double)(now_ns(CLOCK_MONOTONIC) - vm->start_ns) / 1e6);
    *vm_out = vm;
    *t_out = t;
    thread_leave_java(t, THREAD_NATIVE);
    return JNI_OK;
}
