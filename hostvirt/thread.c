/* Guest threads: made, started, found, ended, and sharing vCPUs when there are fewer of these than of threads. */
#include "hostvirt/thread.h"
#include "hostvirt/calls.h"
#include "hostvirt/clock.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/monitor.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/timer.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOST_STACK (256u << 10) /* of a guest thread's host thread: handlers keep paths and vectors of a page or two */
#define WAIT_FOR_VCPU 1000000u  /* ns until a thread that waits for a vCPU asks another for its own */

/* One per host thread: the kick and fault handlers have no other way to it. */
__thread struct thread *current_thread;

int thread_new(struct process *p, struct thread **out)
{
    struct monitor *m = p->monitor;

    if (!family_take_thread(m->family, p->entry, m->policy->threads))
        return -EAGAIN;
    struct thread *t = aligned_alloc(64, (sizeof *t + 63) & ~(size_t)63);
    if (t == NULL) {
        family_give_thread(m->family, p->entry, p->pid);
        return -ENOMEM;
    }
    memset(t, 0, sizeof *t);
    t->process = p;
    t->pending.last = &t->pending.first;
    t->alternate.ss_flags = SS_DISABLE;
    /* Vector state as Linux starts programs (SDM 1, 13.4): x87 control word, MXCSR, both marked as present. */
    *(uint16_t *)t->cpu.xsave = 0x37f;
    *(uint32_t *)(t->cpu.xsave + 24) = 0x1f80;
    *(uint64_t *)(t->cpu.xsave + 512) = 3;
    t->tid = family_new_id(m->family);
    pthread_mutex_lock(&p->lock);
    struct thread **link = &p->threads;
    while (*link != NULL)
        link = &(*link)->next;
    *link = t;
    p->thread_count++;
    pthread_mutex_unlock(&p->lock);
    COUNT(m->statistics, threads);
    *out = t;
    return 0;
}

/* `m` is given because t's process may be gone by then. */
static void free_thread(struct monitor *m, struct thread *t)
{
    signal_queue_free(&t->pending);
    atomic_fetch_sub_explicit(&m->statistics->threads, 1, memory_order_relaxed);
    free(t);
}

void thread_unlink(struct thread *t, bool *last)
{
    struct process *p = t->process;

    pthread_mutex_lock(&p->lock);
    for (struct thread **link = &p->threads; *link != NULL; link = &(*link)->next)
        if (*link == t) {
            *link = t->next;
            break;
        }
    *last = --p->thread_count == 0;
    family_give_thread(p->monitor->family, p->entry, p->pid); /* under the lock: a reset counts the list anew */
    t->exiting = true; /* takes no signals any more */
    t->host_tid = 0;
    signal_retarget(p, p->pending.set);
    pthread_cond_broadcast(&p->thread_ended);
    pthread_mutex_unlock(&p->lock);
}

void thread_discard(struct thread *t)
{
    struct monitor *m = t->process->monitor;
    bool last;

    thread_unlink(t, &last);
    free_thread(m, t);
}

static void *host_thread(void *argument)
{
    struct thread *t = argument;

    monitor_wait_at_gate(t->process->monitor);
    thread_loop(t);
    return NULL;
}

int thread_start(struct thread *t)
{
    pthread_attr_t attributes;
    pthread_t host;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, HOST_STACK);
    int error = pthread_create(&host, &attributes, host_thread, t);
    pthread_attr_destroy(&attributes);
    return -error;
}

void thread_begin(struct thread *t)
{
    sigset_t kick;

    current_thread = t;
    pthread_mutex_lock(&t->process->lock);
    t->host = pthread_self();
    t->host_tid = gettid();
    pthread_mutex_unlock(&t->process->lock);
    sigemptyset(&kick);
    sigaddset(&kick, KICK_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &kick, NULL);
}

void thread_end(struct thread *t)
{
    struct process *p = t->process;
    struct monitor *m = p->monitor;
    bool last;

    thread_release_vcpu(t);
    calls_abandon(t);
    if (!p->moved) {
        robust_list_walk(t);
        thread_clear_tid(t);
    }
    thread_unlink(t, &last);
    current_thread = NULL;
    free_thread(m, t);
    if (last) {
        timers_free(p);
        process_ended(p);
    }
}

void thread_kick(struct thread *t)
{
    pid_t host = t->host_tid;

    if (host != 0)
        tgkill(getpid(), host, KICK_SIGNAL);
}

void thread_attend(struct thread *t)
{
    t->wanted = 1;
    if (t != current_thread)
        thread_kick(t);
}

struct thread *thread_find(struct process *p, int tid)
{
    struct thread *t = p->threads;

    while (t != NULL && t->tid != tid)
        t = t->next;
    return t;
}

uint64_t thread_deadline(struct thread *t, const struct timespec *timeout)
{
    if (timeout == NULL)
        return 0;
    if (t->restarting && t->deadline != 0)
        return t->deadline;
    uint64_t now = clock_host(), rest = timespec_ns(timeout);
    t->deadline = rest < INT64_MAX - now ? now + rest : INT64_MAX;
    return t->deadline;
}

int thread_sleep(struct thread *t, uint64_t deadline)
{
    struct timespec until = timespec_of(deadline != 0 ? deadline : INT64_MAX);
    long result = blocking_call(t, SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, (long)&until, 0, 0, 0);

    return result == 0 ? -ETIMEDOUT : (int)result;
}

/* ---- vCPUs ----------------------------------------------------------------------------------------------------- */

int thread_complete_state(struct thread *t)
{
    if (t->vcpu == NULL)
        return 0;
    int error = vcpu_load_xsave(t->vcpu, &t->cpu);
    return error != 0 ? error : vcpu_load_bases(t->vcpu, &t->cpu);
}

void thread_release_vcpu(struct thread *t)
{
    struct monitor *m = t->process->monitor;
    struct vcpu *v = t->vcpu;

    if (v == NULL)
        return;
    t->vcpu = NULL; /* first: a kick must not reach a vCPU that another thread has by then */
    atomic_signal_fence(memory_order_seq_cst);
    vcpu_give_back(v, &t->cpu);
    atomic_fetch_sub_explicit(&m->statistics->vcpus, 1, memory_order_relaxed);
    if (m->vcpu_waiters != 0) {
        m->vcpu_returns++;
        syscall(SYS_futex, &m->vcpu_returns, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}

/* A thread of p that holds a vCPU, the `skip`th of them; NULL when there are fewer, which `skip` is reduced by.  Under
 * p->lock. */
static struct thread *holder(struct process *p, const struct thread *not, uint64_t *skip)
{
    for (struct thread *t = p->threads; t != NULL; t = t->next)
        if (t != not && __atomic_load_n(&t->vcpu, __ATOMIC_RELAXED) != NULL && (*skip)-- == 0)
            return t;
    return NULL;
}

/* Asks a thread that holds a vCPU to share it; the time chooses which, so that all take turns. */
static void ask_for_vcpu(struct thread *t)
{
    struct monitor *m = t->process->monitor;
    uint64_t skip = clock_host() / 1000 % VCPU_LIMIT;

    pthread_mutex_lock(&m->lock);
    for (struct process *p = m->processes; p != NULL; p = p->next) {
        pthread_mutex_lock(&p->lock);
        struct thread *other = holder(p, t, &skip);
        if (other != NULL)
            thread_attend(other);
        pthread_mutex_unlock(&p->lock);
        if (other != NULL)
            break;
    }
    pthread_mutex_unlock(&m->lock);
}

int thread_take_vcpu(struct thread *t)
{
    struct monitor *m = t->process->monitor;
    struct vcpu *v;
    int error = vcpu_take(t->process->memory->vm, &v, &t->cpu);

    if (error == -EAGAIN) {
        m->vcpu_waiters++;
        for (;;) {
            int seen = m->vcpu_returns;
            error = vcpu_take(t->process->memory->vm, &v, &t->cpu);
            if (error != -EAGAIN)
                break;
            struct timespec patience = timespec_of(WAIT_FOR_VCPU);
            long result = blocking_call(t, SYS_futex, (long)&m->vcpu_returns, FUTEX_WAIT_PRIVATE, seen,
                                        (long)&patience, 0, 0);
            if (result == -EINTR && t->wanted) {
                error = -EINTR;
                break;
            }
            if (result == -ETIMEDOUT)
                ask_for_vcpu(t);
        }
        m->vcpu_waiters--;
    }
    if (error == 0) {
        COUNT(m->statistics, vcpus);
        t->vcpu = v;
    }
    return error;
}
