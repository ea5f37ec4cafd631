/* Threads: the list, ids, stacks, attaching and detaching, and what the collector scans of each thread. */
#include "vm/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vm/crash.h"
#include "vm/exception.h"
#include "vm/safepoint.h"
#include "vm/string.h"
#include "vm/thread_private.h"
#include "vm/vm.h"

enum {
    MINIMUM_JAVA_STACK = 128 << 10,
    OVERFLOW_ZONE = 32 << 10,       /* of the Java stack, for what runs after a StackOverflowError was found */
    C_STACK_MARGIN = 128 << 10,     /* C stack that VM functions and signal-free library code may use below the limit */
};

/* Per process: the current thread of each pthread, and the key that detaches pthreads that exit attached. */
__thread struct thread *thread_current_pointer __attribute__((tls_model("initial-exec")));
static pthread_key_t exit_key;
static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;

static size_t page_round(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) & ~(page - 1);
}

static uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- what the collector sees ----------------------------------------------------------------------------- */

static void visit_thread(struct thread *t)
{
    struct frame *innermost = t->frame;
    if (innermost != NULL)
        gc_push_range(t->stack_base, frame_scan_limit(innermost));
    if (t->handles.slots != NULL)
        gc_push_range(t->handles.slots, t->handles.slots + t->handles.top);
    gc_push_range(&t->exception, &t->exception + 1);
    gc_push_range(&t->java_thread, &t->java_thread + 1);
    gc_push(atomic_load_explicit(&t->stop_exception, memory_order_relaxed));
    gc_push_range(&t->blocked_object, &t->blocked_object + 1);
}

/* Runs with the world stopped anywhere, perhaps inside link() or unlink(): each leaves the forward chain whole at every
 * instruction. */
static void visit_threads(void *arg)
{
    struct vm *vm = arg;
    for (struct thread *t = vm->threads; t != NULL; t = t->next)
        visit_thread(t);
}

/* ---- the list -------------------------------------------------------------------------------------------- */

static uint32_t take_id(struct vm *vm)
{
    size_t words = ARRAY_COUNT(vm->thread_ids);
    for (size_t i = 0; i < words; i++) {
        size_t word = (vm->thread_id_hint + i) % words;
        uint64_t used = vm->thread_ids[word] | (word == 0); /* id 0 means "no owner" in lock words */
        if (used == UINT64_MAX)
            continue;
        uint32_t bit = (uint32_t)__builtin_ctzll(~used);
        vm->thread_ids[word] |= 1ull << bit;
        vm->thread_id_hint = (uint32_t)word;
        return (uint32_t)word * 64 + bit;
    }
    return 0;
}

static void release_id(struct vm *vm, uint32_t id)
{
    if (id != 0)
        vm->thread_ids[id / 64] &= ~(1ull << id % 64);
}

static bool link_thread(struct thread *t)
{
    struct vm *vm = t->vm;
    pthread_mutex_lock(&vm->threads_lock);
    t->id = take_id(vm);
    bool ok = t->id != 0;
    if (ok) {
        t->next = vm->threads;
        if (vm->threads != NULL)
            vm->threads->previous = t;
        __atomic_store_n(&vm->threads, t, __ATOMIC_RELEASE);
        t->in_list = true;
        t->counted_daemon = t->daemon;
        vm->thread_count++;
        vm->daemon_count += t->daemon;
        vm->threads_started++;
        if (vm->thread_count > vm->threads_peak)
            vm->threads_peak = vm->thread_count;
        safepoint_thread_added(t);
    }
    pthread_mutex_unlock(&vm->threads_lock);
    return ok;
}

static void unlink_thread(struct thread *t)
{
    struct vm *vm = t->vm;
    pthread_mutex_lock(&vm->threads_lock);
    if (t->in_list) {
        if (t->next != NULL)
            t->next->previous = t->previous;
        __atomic_store_n(t->previous != NULL ? &t->previous->next : &vm->threads, t->next, __ATOMIC_RELEASE);
        t->in_list = false;
        vm->thread_count--;
        vm->daemon_count -= t->counted_daemon;
    }
    release_id(vm, t->id);
    pthread_cond_broadcast(&vm->threads_changed);
    pthread_mutex_unlock(&vm->threads_lock);
}

size_t thread_live_count(struct vm *vm)
{
    size_t count = 0;
    pthread_mutex_lock(&vm->threads_lock);
    for (struct thread *t = vm->threads; t != NULL; t = t->next)
        count += t->java_thread != NULL && !t->java_exited;
    pthread_mutex_unlock(&vm->threads_lock);
    return count;
}

static bool others_live(const struct thread *self)
{
    for (struct thread *t = self->vm->threads; t != NULL; t = t->next)
        if (t != self && !t->daemon && t->java_thread != NULL)
            return true;
    return false;
}

bool thread_is_last(struct thread *t)
{
    struct vm *vm = t->vm;
    pthread_mutex_lock(&vm->threads_lock);
    bool last = !others_live(t);
    pthread_mutex_unlock(&vm->threads_lock);
    return last;
}

void thread_wait_for_others(struct thread *t)
{
    struct vm *vm = t->vm;
    thread_leave_java(t, THREAD_BLOCKED);
    pthread_mutex_lock(&vm->threads_lock);
    while (others_live(t))
        pthread_cond_wait(&vm->threads_changed, &vm->threads_lock);
    pthread_mutex_unlock(&vm->threads_lock);
    thread_enter_java(t);
}

/* ---- stacks ---------------------------------------------------------------------------------------------- */

/* The Java stack takes memory only where it is touched; a page without access ends it, and behind that lies the stack
 * for handlers of faults. */
static bool map_java_stack(struct thread *t, size_t size)
{
    if (size < MINIMUM_JAVA_STACK)
        size = MINIMUM_JAVA_STACK;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size = page_round(size);
    char *base = mmap(NULL, size + page + CRASH_STACK_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return false;
    if (mprotect(base + size, page, PROT_NONE) != 0) {
        munmap(base, size + page + CRASH_STACK_SIZE);
        return false;
    }
    t->stack_base = (union slot *)base;
    t->stack_end = (union slot *)(base + size);
    t->stack_limit = (union slot *)(base + size - OVERFLOW_ZONE);
    return true;
}

static void *crash_stack(const struct thread *t)
{
    return (char *)t->stack_end + sysconf(_SC_PAGESIZE);
}

static void unmap_java_stack(struct thread *t)
{
    if (t->stack_base != NULL)
        munmap(t->stack_base, (size_t)((char *)crash_stack(t) + CRASH_STACK_SIZE - (char *)t->stack_base));
}

/* `above` is behind all frames that the VM makes on a stack that it has started itself; NULL: another one's stack.
 * false: nobody knows where the stack ends. */
static bool find_c_stack(struct thread *t, char *above)
{
    pthread_attr_t attributes;
    void *low = NULL;
    size_t size = 0, guard = 0;
    char *here = __builtin_frame_address(0);
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
        pthread_attr_getstack(&attributes, &low, &size);
        pthread_attr_getguardsize(&attributes, &guard);
        pthread_attr_destroy(&attributes);
    }
    bool known = size != 0;
    if (!known) { /* no memory, no /proc: assume what is left of a small stack */
        size = (size_t)256 << 10;
        low = (above != NULL ? above : here) - size;
        guard = 0;
    }
    size_t margin = size / 4 < C_STACK_MARGIN ? size / 4 : C_STACK_MARGIN;
    t->c_stack_base = (char *)low + size;
    t->c_stack_limit = (char *)low + guard + margin;
    return known || above != NULL;
}

bool thread_ensure_stack(struct thread *t, size_t slots)
{
    if (LIKELY(!thread_c_stack_low(t)) && LIKELY(slots <= (size_t)(t->stack_end - t->stack_base)) &&
        LIKELY(thread_stack_top(t) + slots <= t->stack_limit))
        return true;
    exception_throw_stack_overflow(t);
    return false;
}

/* ---- life ------------------------------------------------------------------------------------------------ */

static void init_park(struct thread *t)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&t->park_mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&t->park_cond, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void free_thread(struct thread *t)
{
    handle_stack_unmap(&t->handles);
    unmap_java_stack(t);
    pthread_cond_destroy(&t->park_cond);
    pthread_mutex_destroy(&t->park_mutex);
    free(t);
}

struct thread *thread_make(struct vm *vm, struct object *java_thread, bool daemon, size_t java_stack)
{
    struct thread *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->vm = vm;
    t->jni = vm->jni_functions;
    t->java_thread = java_thread;
    t->daemon = daemon;
    atomic_store_explicit(&t->state, THREAD_BLOCKED, memory_order_relaxed);
    init_park(t);
    if (map_java_stack(t, java_stack != 0 ? java_stack : vm->options.java_stack_size) &&
        handle_stack_map(&t->handles) && link_thread(t))
        return t;
    free_thread(t);
    return NULL;
}

void thread_destroy(struct thread *t)
{
    unlink_thread(t);
    free_thread(t);
}

bool thread_bind_current(struct thread *t, char *above)
{
    t->pthread = pthread_self();
    t->tid = (int32_t)syscall(SYS_gettid);
    bool found = find_c_stack(t, above);
    t->cpu_start_ns = monotonic_ns();
    if (!gc_thread_attach(&t->gc, found ? t->c_stack_base : NULL))
        return false;
    crash_use_stack(crash_stack(t), CRASH_STACK_SIZE);
    thread_current_pointer = t;
    return true;
}

/* A pthread that ends while attached: JNI forbids it, but the collector would wait for it for ever. */
static void detach_at_exit(void *arg)
{
    struct thread *t = arg;
    if (thread_current() != t)
        return;
    thread_enter_java(t);
    thread_java_exit(t);
    thread_detach_current(t);
}

static void make_exit_key(void)
{
    pthread_key_create(&exit_key, detach_at_exit);
}

static void register_roots(struct vm *vm)
{
    pthread_mutex_lock(&vm->threads_lock);
    bool first = vm->threads_started == 0;
    pthread_mutex_unlock(&vm->threads_lock);
    if (first) /* the main thread, before any other exists */
        gc_add_root_visitor("threads", visit_threads, vm);
}

struct thread *thread_attach_current(struct vm *vm, size_t java_stack)
{
    pthread_once(&exit_key_once, make_exit_key);
    register_roots(vm);
    struct thread *t = thread_make(vm, NULL, false, java_stack); /* JNI sets daemon afterwards if asked to */
    if (t == NULL)
        return NULL;
    snprintf(t->name, sizeof t->name, "%s", vm->main_thread == NULL ? "main" : "attached");
    if (!thread_bind_current(t, NULL)) {
        thread_destroy(t);
        return NULL;
    }
    pthread_setspecific(exit_key, t);
    thread_enter_java(t);
    return t;
}

void thread_detach_current(struct thread *t)
{
    t->detaching = true;
    t->exception = NULL;
    atomic_store_explicit(&t->state, THREAD_TERMINATED, memory_order_release);
    unlink_thread(t);
    if (t->attached || pthread_getspecific(exit_key) == t)
        pthread_setspecific(exit_key, NULL);
    gc_thread_detach(&t->gc);
    crash_drop_stack(crash_stack(t));
    thread_current_pointer = NULL;
    free_thread(t);
}

/* ---- the Java side --------------------------------------------------------------------------------------- */

struct thread *thread_from_java(struct object *java_thread)
{
    struct vm *vm = vm_instance();
    return (struct thread *)(uintptr_t)object_get_long(java_thread, vm->known.Thread_eetop);
}

void thread_set_java_status(struct thread *t, enum java_thread_status status)
{
    if (t->java_thread != NULL)
        object_set_int(t->java_thread, t->vm->known.Thread_threadStatus, (int32_t)status);
}
