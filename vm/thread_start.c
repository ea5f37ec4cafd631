/* Starting threads, and what a Java thread does when it ends. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm/call.h"
#include "vm/dump.h"
#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/no_memory.h"
#include "vm/safepoint.h"
#include "vm/string.h"
#include "vm/thread_private.h"

enum { MINIMUM_C_STACK = 256 << 10, EXIT_ATTEMPTS = 3 };

struct start {
    struct thread *t;
    void (*entry)(struct thread *t, void *arg);
    void *arg;
};

/* The kernel's name of the thread: what top and debuggers show. */
static void set_native_name(struct thread *t)
{
    struct object *name = t->java_thread != NULL ? gc_load_ref(t->java_thread, t->vm->known.Thread_name) : NULL;
    char *text = name != NULL ? string_to_utf8(name) : NULL;
    if (text != NULL) {
        size_t length = strnlen(text, sizeof t->name - 1);
        memcpy(t->name, text, length);
        t->name[length] = '\0';
        free(text);
    }
    char kernel_name[16] = "";
    memcpy(kernel_name, t->name, sizeof kernel_name - 1);
    pthread_setname_np(pthread_self(), kernel_name);
}

static void *thread_main(void *p)
{
    struct start start = *(struct start *)p;
    struct thread *t = start.t;
    free(p);
    if (!thread_bind_current(t, __builtin_frame_address(0)))
        no_memory_for("the collector's record of a thread"); /* it has one left for the next thread: gc/limit.c */
    thread_enter_java(t);
    set_native_name(t);
    start.entry(t, start.arg);
    thread_java_exit(t);
    thread_detach_current(t);
    return NULL;
}

static bool make_pthread(struct thread *t, struct start *start, size_t c_stack)
{
    pthread_attr_t attributes;
    pthread_t pthread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (c_stack < MINIMUM_C_STACK)
        c_stack = MINIMUM_C_STACK;
    int error = pthread_attr_setstacksize(&attributes, (c_stack + page - 1) & ~(page - 1));
    if (error == 0)
        error = pthread_create(&pthread, &attributes, thread_main, start);
    pthread_attr_destroy(&attributes);
    if (error != 0)
        LOG(OS_THREAD, WARNING,
            "Failed to start thread with pthread_create (%s) for attributes: stacksize: %zuk, detached.",
            error == EAGAIN ? "EAGAIN" : strerror(error), c_stack >> 10);
    return error == 0;
}

bool thread_start(struct vm *vm, struct object *java_thread, size_t stack_size, void (*entry)(struct thread *, void *),
                  void *arg)
{
    struct wellknown *k = &vm->known;
    bool daemon = java_thread == NULL || object_get_byte(java_thread, k->Thread_daemon) != 0;
    struct start *start = malloc(sizeof *start);
    struct thread *t = start != NULL ? thread_make(vm, java_thread, daemon, stack_size) : NULL;
    if (t == NULL) {
        free(start);
        return false;
    }
    *start = (struct start){t, entry, arg};
    if (java_thread != NULL) {
        object_set_int(java_thread, k->Thread_threadStatus, STATUS_RUNNABLE);
        object_set_long(java_thread, k->Thread_eetop, (int64_t)(uintptr_t)t);
    }
    size_t c_stack = stack_size > vm->options.c_stack_size ? stack_size : vm->options.c_stack_size;
    if (make_pthread(t, start, c_stack))
        return true;
    if (java_thread != NULL) {
        object_set_long(java_thread, k->Thread_eetop, 0);
        object_set_int(java_thread, k->Thread_threadStatus, STATUS_NEW);
    }
    thread_destroy(t);
    free(start);
    return false;
}

/* Thread.stop came before the start: the thread ends at once. */
static bool is_stillborn(const struct thread *t)
{
    return object_get_byte(t->java_thread, t->vm->known.Thread_stillborn) != 0;
}

static void run_java_thread(struct thread *t, void *arg)
{
    if (is_stillborn(t))
        return;
    java_call_virtualv(t, t->vm->known.Thread_run, NULL, t->java_thread);
}

void thread_start_java(struct thread *t, struct object *java_thread)
{
    struct wellknown *k = &t->vm->known;
    monitor_enter(t, java_thread);
    if (exception_pending(t))
        return;
    bool started = object_get_long(java_thread, k->Thread_eetop) != 0 ||
                   object_get_int(java_thread, k->Thread_threadStatus) != STATUS_NEW;
    int64_t wanted = object_get_long(java_thread, k->Thread_stackSize);
    size_t stack = wanted <= 0 ? 0 : (uint64_t)wanted > (SIZE_MAX >> 16) ? SIZE_MAX >> 16 : (size_t)wanted;
    bool ok = !started && thread_start(t->vm, java_thread, stack, run_java_thread, NULL);
    monitor_exit(t, java_thread);
    if (started)
        exception_throw(t, "java/lang/IllegalThreadStateException", NULL);
    else if (!ok)
        exception_throw_out_of_memory(
            t, "unable to create native thread: possibly out of memory or process/resource limits "
               "reached");
}

/* ---- the end --------------------------------------------------------------------------------------------- */

/* HotSpot's words for a handler of uncaught exceptions that throws itself. */
static void report_handler_failure(struct thread *t)
{
    struct object *thrown = t->exception;
    char class_name[512], name[512];
    exception_clear(t);
    class_external_name(object_class(thrown), class_name, sizeof class_name);
    dprintf(STDERR_FILENO, "\nException: %s thrown from the UncaughtExceptionHandler in thread \"%s\"\n", class_name,
            dump_thread_name(t, name, sizeof name));
}

static void dispatch_uncaught(struct thread *t)
{
    if (!exception_pending(t))
        return;
    struct object *thrown = t->exception;
    exception_clear(t);
    java_call_virtualv(t, t->vm->known.Thread_dispatchUncaughtException, NULL, t->java_thread, thrown);
    if (exception_pending(t))
        report_handler_failure(t);
}

/* Thread.exit() leaves the thread group; join() waits on the Thread until eetop is 0. */
static void leave_java_side(struct thread *t)
{
    struct wellknown *k = &t->vm->known;
    struct object *java_thread = t->java_thread;
    for (int i = 0; i < EXIT_ATTEMPTS && gc_load_ref(java_thread, k->Thread_group) != NULL; i++) {
        java_callv(t, k->Thread_exit, NULL, java_thread);
        exception_clear(t);
    }
    monitor_enter(t, java_thread);
    exception_clear(t);
    object_set_int(java_thread, k->Thread_threadStatus, STATUS_TERMINATED);
    pthread_mutex_lock(&t->vm->threads_lock); /* thread_from_java's callers hold it while they use the pointer */
    object_set_long(java_thread, k->Thread_eetop, 0);
    t->java_exited = true;
    pthread_mutex_unlock(&t->vm->threads_lock);
    if (monitor_is_held(t, java_thread)) {
        monitor_notify(t, java_thread, true);
        exception_clear(t);
        monitor_exit(t, java_thread);
    }
    exception_clear(t);
}

void thread_java_exit(struct thread *t)
{
    if (t->java_thread == NULL || t->java_exited)
        return;
    dispatch_uncaught(t);
    leave_java_side(t);
}
