/* Safepoints: every thread in THREAD_JAVA stops at its next poll; threads elsewhere cannot come back until the end.
 * Suspension of single threads (Thread.suspend) works in the same way.
 * The stores and loads of the two sides (state, poll) are ordered by membarrier(2) on the requester's side, so that
 * the frequent side needs no fence. */
#include "vm/safepoint.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vm/log.h"
#include "vm/thread_private.h"
#include "vm/vm.h"

/* One per process, like the VM: the safepoint in progress. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool active;              /* under lock; also read under threads_lock by threads that join */
    struct thread *owner;     /* runs while active; NULL: an unattached thread */
    bool use_membarrier, barrier_ready;
    char *fallback_page;
    int64_t start_ns;
} safepoint = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Without membarrier: taking a right away from a touched page interrupts every CPU that runs this process. */
static void prepare_barrier(void)
{
    if (safepoint.barrier_ready)
        return;
    safepoint.barrier_ready = true;
    safepoint.use_membarrier = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    if (safepoint.use_membarrier)
        return;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        vm_fatal("no membarrier(2) and no page for its replacement");
    safepoint.fallback_page = p;
}

/* While the process has one thread registration costs nothing; later it waits for all processors, 10 ms and more.  The
 * launcher loads this library before it starts a thread. */
__attribute__((constructor)) static void prepare_barrier_early(void)
{
    if (__libc_single_threaded)
        prepare_barrier();
}

static void barrier(void)
{
    if (safepoint.use_membarrier && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
        return;
    if (safepoint.fallback_page == NULL)
        vm_fatal("membarrier(2) failed after its registration");
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    mprotect(safepoint.fallback_page, page, PROT_READ | PROT_WRITE);
    *(volatile char *)safepoint.fallback_page = 1;
    mprotect(safepoint.fallback_page, page, PROT_READ);
}

static bool thread_runs_java(struct thread *t)
{
    return atomic_load_explicit(&t->state, memory_order_acquire) == THREAD_JAVA;
}

static void set_polls(struct vm *vm, const struct thread *self, bool active)
{
    pthread_mutex_lock(&vm->threads_lock);
    for (struct thread *t = vm->threads; t != NULL; t = t->next)
        if (active && t != self)
            atomic_fetch_or(&t->poll, POLL_SAFEPOINT);
        else if (!active)
            atomic_fetch_and(&t->poll, ~POLL_SAFEPOINT);
    pthread_mutex_unlock(&vm->threads_lock);
}

/* The lock is dropped between looks: a thread in THREAD_JAVA may need it to reach its poll. */
static bool all_stopped(struct vm *vm, const struct thread *self)
{
    bool stopped = true;
    pthread_mutex_lock(&vm->threads_lock);
    for (struct thread *t = vm->threads; t != NULL && stopped; t = t->next)
        stopped = t == self || !thread_runs_java(t);
    pthread_mutex_unlock(&vm->threads_lock);
    return stopped;
}

static void wait_until_stopped(struct vm *vm, const struct thread *self)
{
    const struct timespec pause = {.tv_nsec = 20000};
    for (unsigned turn = 0; !all_stopped(vm, self); turn++) {
        if (turn < 10)
            sched_yield();
        else
            nanosleep(&pause, NULL);
    }
}

/* Others may want one at the same time: the caller counts as stopped while it waits for its turn. */
static void take_turn(struct thread *t)
{
    if (t != NULL)
        thread_leave_java(t, THREAD_BLOCKED);
    pthread_mutex_lock(&safepoint.lock);
    while (safepoint.active)
        pthread_cond_wait(&safepoint.changed, &safepoint.lock);
    safepoint.active = true;
    safepoint.owner = t;
    pthread_mutex_unlock(&safepoint.lock);
    if (t != NULL) /* its poll may still be set by the last one: the slow path lets the owner pass */
        thread_enter_java(t);
}

void safepoint_begin(struct thread *t, const char *reason)
{
    struct vm *vm = vm_instance();
    take_turn(t);
    safepoint.start_ns = monotonic_ns();
    prepare_barrier();
    set_polls(vm, t, true);
    barrier();
    wait_until_stopped(vm, t);
    atomic_fetch_add(&vm->safepoints, 1);
    LOG(SAFEPOINT, INFO, "Safepoint \"%s\", reaching safepoint: %lld ns", reason,
        (long long)(monotonic_ns() - safepoint.start_ns));
}

void safepoint_end(struct thread *t)
{
    struct vm *vm = vm_instance();
    pthread_mutex_lock(&safepoint.lock);
    safepoint.active = false;
    safepoint.owner = NULL;
    set_polls(vm, NULL, false);
    pthread_cond_broadcast(&safepoint.changed);
    pthread_mutex_unlock(&safepoint.lock);
}

void safepoint_poll_slow(struct thread *t)
{
    do {
        atomic_store_explicit(&t->state, THREAD_BLOCKED, memory_order_release);
        pthread_mutex_lock(&safepoint.lock);
        while ((safepoint.active || t->suspended) && safepoint.owner != t)
            pthread_cond_wait(&safepoint.changed, &safepoint.lock);
        bool mine = safepoint.active;
        pthread_mutex_unlock(&safepoint.lock);
        atomic_store_explicit(&t->state, THREAD_JAVA, memory_order_relaxed);
        atomic_signal_fence(memory_order_seq_cst);
        if (mine)
            return;
    } while ((atomic_load_explicit(&t->poll, memory_order_relaxed) & (POLL_SAFEPOINT | POLL_SUSPEND)) != 0);
}

/* The requester sets `active` before it walks the list under threads_lock: either it finds t, or t finds `active`. */
void safepoint_thread_added(struct thread *t)
{
    if (__atomic_load_n(&safepoint.active, __ATOMIC_SEQ_CST))
        atomic_fetch_or(&t->poll, POLL_SAFEPOINT);
}

/* ---- suspension ------------------------------------------------------------------------------------------ */

/* The thread of java_thread while it lives; both locks, the safepoint's first, are held then. */
static struct thread *lock_target(struct object *java_thread)
{
    pthread_mutex_lock(&safepoint.lock);
    pthread_mutex_lock(&vm_instance()->threads_lock);
    return thread_from_java(java_thread);
}

static void unlock_target(void)
{
    pthread_mutex_unlock(&vm_instance()->threads_lock);
    pthread_mutex_unlock(&safepoint.lock);
}

/* Is there still a suspended thread that may be running Java code? */
static bool runs_on(struct object *java_thread)
{
    struct thread *target = lock_target(java_thread);
    bool runs = target != NULL && target->suspended && thread_runs_java(target);
    unlock_target();
    return runs;
}

void thread_suspend(struct thread *t, struct object *java_thread)
{
    const struct timespec pause = {.tv_nsec = 20000};
    thread_leave_java(t, THREAD_BLOCKED);
    struct thread *target = lock_target(java_thread);
    if (target != NULL) {
        target->suspended = true;
        atomic_fetch_or(&target->poll, POLL_SUSPEND);
        prepare_barrier();
        barrier();
    }
    unlock_target();
    while (target != t && runs_on(java_thread))
        nanosleep(&pause, NULL);
    thread_enter_java(t); /* where the caller waits if it suspended itself */
}

void thread_resume(struct thread *t, struct object *java_thread)
{
    thread_leave_java(t, THREAD_BLOCKED);
    struct thread *target = lock_target(java_thread);
    if (target != NULL) {
        target->suspended = false;
        atomic_fetch_and(&target->poll, ~POLL_SUSPEND);
        pthread_cond_broadcast(&safepoint.changed);
    }
    unlock_target();
    thread_enter_java(t);
}
