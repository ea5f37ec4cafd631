/* Thread dumps: SIGQUIT's and jcmd's "Full thread dump", in HotSpot's layout. */
#include "vm/dump.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/object.h"
#include "vm/options.h"
#include "vm/safepoint.h"
#include "vm/string.h"
#include "vm/vm.h"

enum { LOCKS_SHOWN = 64 };

static int32_t java_status(const struct thread *t)
{
    return t->java_thread != NULL ? object_get_int(t->java_thread, t->vm->known.Thread_threadStatus) : STATUS_RUNNABLE;
}

static const char *state_text(int32_t status)
{
    switch (status) {
    case STATUS_NEW: return "NEW";
    case STATUS_RUNNABLE: return "RUNNABLE";
    case STATUS_SLEEPING: return "TIMED_WAITING (sleeping)";
    case STATUS_WAITING: return "WAITING (on object monitor)";
    case STATUS_TIMED_WAITING: return "TIMED_WAITING (on object monitor)";
    case STATUS_PARKED: return "WAITING (parking)";
    case STATUS_PARKED_TIMED: return "TIMED_WAITING (parking)";
    case STATUS_BLOCKED: return "BLOCKED (on object monitor)";
    case STATUS_TERMINATED: return "TERMINATED";
    default: return "UNKNOWN";
    }
}

static const char *activity(const struct thread *t, int32_t status)
{
    switch (status) {
    case STATUS_BLOCKED: return "waiting for monitor entry";
    case STATUS_WAITING:
    case STATUS_TIMED_WAITING: return "in Object.wait()";
    case STATUS_SLEEPING:
    case STATUS_PARKED:
    case STATUS_PARKED_TIMED: return "waiting on condition";
    default: return t->init_class != NULL ? "in Object.wait()" : "runnable";
    }
}

const char *dump_thread_name(struct thread *t, char *buffer, size_t size)
{
    struct object *name = t->java_thread != NULL ? gc_load_ref(t->java_thread, t->vm->known.Thread_name) : NULL;
    char *text = name != NULL ? string_to_utf8(name) : NULL;
    snprintf(buffer, size, "%s", text != NULL ? text : t->name);
    free(text);
    return buffer;
}

static double cpu_ms(const struct thread *t)
{
    clockid_t clock;
    struct timespec used;
    if (pthread_getcpuclockid(t->pthread, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return 0;
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static double elapsed_s(const struct thread *t)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec - t->cpu_start_ns) / 1e9;
}

/* ---- frames ---------------------------------------------------------------------------------------------- */

static void print_lock(int fd, const char *what, const struct object *o, const struct vm *vm)
{
    char name[1024];
    if (o == NULL) {
        dprintf(fd, "\t- %s <no object reference available>\n", what);
        return;
    }
    const struct class *c = object_class(o);
    if (c == vm->known.Class) {
        class_external_name(class_from_mirror(o), name, sizeof name);
        dprintf(fd, "\t- %s <0x%016lx> (a java.lang.Class for %s)\n", what, (unsigned long)o, name);
        return;
    }
    class_external_name(c, name, sizeof name);
    dprintf(fd, "\t- %s <0x%016lx> (a %s)\n", what, (unsigned long)o, name);
}

static void print_frame(int fd, const struct frame *f)
{
    const struct method *m = f->method;
    const struct class *c = m->owner;
    char name[1024];
    class_external_name(c, name, sizeof name);
    dprintf(fd, "\tat %s.%s(", name, m->name->bytes);
    if (c->module != NULL && c->module->name != NULL) {
        const struct symbol *version = c->module->version;
        dprintf(fd, "%s%s%s/", c->module->name->bytes, version != NULL ? "@" : "",
                version != NULL ? version->bytes : "");
    }
    int32_t line = method_is_native(m) ? -2 : method_line_number(m, (uint32_t)frame_bci(f));
    const struct symbol *source = c->attributes.source_file;
    if (line == -2)
        dprintf(fd, "Native Method)\n");
    else if (source == NULL)
        dprintf(fd, "Unknown Source)\n");
    else if (line == -1)
        dprintf(fd, "%s)\n", source->bytes);
    else
        dprintf(fd, "%s:%d)\n", source->bytes, line);
}

/* What the innermost frame waits for. */
static void print_wait(struct thread *t, int fd, int32_t status)
{
    struct vm *vm = t->vm;
    if (status == STATUS_PARKED || status == STATUS_PARKED_TIMED) {
        struct object *blocker = gc_load_ref(t->java_thread, vm->known.Thread_parkBlocker);
        if (blocker != NULL)
            print_lock(fd, "parking to wait for ", blocker, vm);
    } else if (status == STATUS_WAITING || status == STATUS_TIMED_WAITING) {
        print_lock(fd, "waiting on", t->blocked_object, vm);
    } else if (t->init_class != NULL) {
        char name[1024];
        class_external_name(t->init_class, name, sizeof name);
        dprintf(fd, "\t- waiting on the Class initialization monitor for %s\n", name);
    }
}

static bool is_object_wait(const struct frame *f, const struct vm *vm)
{
    return f->method->owner == vm->known.Object && strcmp(f->method->name->bytes, "wait") == 0;
}

static void print_frame_locks(struct thread *t, const struct frame *f, int fd, bool innermost, int32_t status)
{
    struct object *locks[LOCKS_SHOWN];
    size_t count = t->vm->hooks.frame_locks != NULL ? t->vm->hooks.frame_locks(f, locks, LOCKS_SHOWN) : 0;
    if (innermost && status == STATUS_BLOCKED)
        print_lock(fd, is_object_wait(f, t->vm) ? "waiting to re-lock in wait()" : "waiting to lock", t->blocked_object,
                   t->vm);
    for (size_t i = 0; i < count; i++)
        print_lock(fd, "locked", locks[i], t->vm);
    if (f->lock != NULL)
        print_lock(fd, "locked", f->lock, t->vm);
}

void thread_print_stack(struct thread *t, int fd)
{
    int32_t status = java_status(t);
    bool innermost = true;
    for (struct frame *f = thread_top_frame(t); f != NULL; f = frame_caller(f)) {
        print_frame(fd, f);
        if (innermost)
            print_wait(t, fd, status);
        print_frame_locks(t, f, fd, innermost, status);
        innermost = false;
    }
}

/* ---- threads --------------------------------------------------------------------------------------------- */

static void print_thread(struct thread *t, int fd)
{
    struct wellknown *k = &t->vm->known;
    int32_t status = java_status(t);
    char name[512];
    if (t->java_thread == NULL) {
        dprintf(fd, "\"%s\" os_prio=0 cpu=%.2fms elapsed=%.2fs tid=0x%016lx nid=0x%x %s  \n\n", t->name, cpu_ms(t),
                elapsed_s(t), (unsigned long)t, (unsigned)t->tid, activity(t, status));
        return;
    }
    struct frame *top = thread_top_frame(t);
    dprintf(fd, "\"%s\" #%ld %sprio=%d os_prio=0 cpu=%.2fms elapsed=%.2fs tid=0x%016lx nid=0x%x %s  [0x%016lx]\n",
            dump_thread_name(t, name, sizeof name), (long)object_get_long(t->java_thread, k->Thread_tid),
            object_get_byte(t->java_thread, k->Thread_daemon) != 0 ? "daemon " : "",
            object_get_int(t->java_thread, k->Thread_priority), cpu_ms(t), elapsed_s(t), (unsigned long)t,
            (unsigned)t->tid, activity(t, status), (unsigned long)top & ~0xffful);
    dprintf(fd, "   java.lang.Thread.State: %s\n", state_text(status));
    thread_print_stack(t, fd);
    dprintf(fd, "\n");
}

static void print_header(struct vm *vm, int fd)
{
    char when[32];
    struct tm local;
    time_t now = time(NULL);
    localtime_r(&now, &local);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
    const char *name = options_property(&vm->options, "java.vm.name"),
               *version = options_property(&vm->options, "java.vm.version"),
               *info = options_property(&vm->options, "java.vm.info");
    dprintf(fd, "%s\nFull thread dump %s (%s %s):\n\n", when, name != NULL ? name : "Cloister VM",
            version != NULL ? version : "", info != NULL ? info : "interpreted mode");
}

/* Oldest first, as the list's tail is the main thread. */
static void print_threads(struct vm *vm, int fd)
{
    struct thread *last = NULL;
    uint32_t count = 0;
    pthread_mutex_lock(&vm->threads_lock);
    for (struct thread *t = vm->threads; t != NULL; t = t->next) {
        last = t;
        count += t->java_thread != NULL;
    }
    dprintf(fd, "Threads class SMR info:\n_java_thread_list=0x%016lx, length=%u, elements={\n",
            (unsigned long)&vm->threads, count);
    const char *separator = "";
    for (struct thread *t = last; t != NULL; t = t->previous)
        if (t->java_thread != NULL) {
            dprintf(fd, "%s0x%016lx", separator, (unsigned long)t);
            separator = ", ";
        }
    dprintf(fd, "\n}\n\n");
    for (struct thread *t = last; t != NULL; t = t->previous)
        if (!t->java_exited)
            print_thread(t, fd);
    pthread_mutex_unlock(&vm->threads_lock);
}

void dump_threads_to(struct thread *t, int fd)
{
    struct vm *vm = t->vm;
    safepoint_begin(t, "PrintThreads");
    print_header(vm, fd);
    print_threads(vm, fd);
    dump_deadlocks(vm, fd);
    safepoint_end(t);
}

void dump_all_threads(struct thread *t)
{
    FILE *out = options_output(&t->vm->options);
    fflush(out);
    dump_threads_to(t, fileno(out));
}
