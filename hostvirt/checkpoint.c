/* Stopping and continuing all threads of a process (checkpoint.h). */
#include "hostvirt/checkpoint.h"
#include "hostvirt/clock.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE 5000000000ull /* ns until a checkpoint is given up */
#define LOOK_AGAIN 10000000u   /* ns between two looks at threads that have not parked: a new one may have come */

static void wait_word(_Atomic int *word, int seen, uint64_t ns)
{
    struct timespec patience = timespec_of(ns);

    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, ns != 0 ? &patience : NULL, NULL, 0);
}

static void wake_word(_Atomic int *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Kicks those that have not parked; true when there are none. */
static bool all_parked(struct process *p, struct thread *self)
{
    bool all = true;

    pthread_mutex_lock(&p->lock);
    for (struct thread *t = p->threads; t != NULL; t = t->next)
        if (t != self && !t->parked) {
            all = false;
            thread_attend(t);
        }
    pthread_mutex_unlock(&p->lock);
    return all;
}

int checkpoint_stop(struct monitor *m, struct thread *self)
{
    uint64_t deadline = clock_host() + PATIENCE;

    /* A child of vfork that has not started its program runs in the parent's memory: there is no state to save. */
    if (memory_is_shared(m->process->memory))
        return -EBUSY;
    if (self != NULL)
        thread_release_vcpu(self);
    m->stop_request++;
    for (;;) {
        int seen = m->parks;
        if (all_parked(m->process, self))
            break;
        if (m->process->exiting || clock_host() > deadline) {
            checkpoint_resume(m);
            return -ETIMEDOUT;
        }
        wait_word(&m->parks, seen, LOOK_AGAIN);
    }
    /* vfork may have begun between the look and the stop: its parent waits inside a call and has not parked, so that
     * this is not reached before its end. */
    return 0;
}

void checkpoint_resume(struct monitor *m)
{
    if (--m->stop_request == 0)
        wake_word(&m->stop_request);
}

/* What ends a park: leaving is decided under process->lock, as looking is (all_parked).  A thread that has seen the end
 * of one stop, and not yet left, either takes part in the next one or is not counted as parked by it. */
static bool leaves(struct thread *t)
{
    struct process *p = t->process;
    struct monitor *m = p->monitor;

    pthread_mutex_lock(&p->lock);
    bool leaves = m->stop_request == 0 || t->exiting || (p->exiting && m->holds == 0);
    if (leaves)
        t->parked = false;
    pthread_mutex_unlock(&p->lock);
    return leaves;
}

void checkpoint_park(struct thread *t)
{
    struct process *p = t->process;
    struct monitor *m = p->monitor;

    if (p != m->process)
        return; /* a child of vfork: checkpoint_stop waits for its exec or refuses */
    thread_release_vcpu(t);
    t->parked = true;
    m->parks++;
    wake_word(&m->parks);
    for (;;) {
        t->wanted = 0; /* before the looks at what may have set it: a kick ends the wait */
        int seen = m->stop_request;
        if (leaves(t))
            break;
        if (seen != 0)
            blocking_call(t, SYS_futex, (long)&m->stop_request, FUTEX_WAIT_PRIVATE, seen, 0, 0, 0);
    }
    t->wanted = 1; /* whatever came meanwhile is looked at again */
}

int checkpoint_hold(struct monitor *m)
{
    m->holds++; /* then the look: a thread that left without seeing the hold had seen the end */
    if (!m->process->exiting)
        return 0;
    checkpoint_release(m);
    return -ESRCH;
}

void checkpoint_release(struct monitor *m)
{
    struct process *p = m->process;

    if (--m->holds == 0 && p->exiting)
        process_exit_group(p, p->exit_status); /* told again to those that the hold has kept */
}
