/* Inflated monitors: entry queue, wait set, notification (JVMS 2.11.10, JLS 17.2).
 *
 * A thread that unlocks sets owner to 0 and wakes the head of the entry queue, which tries again; a running thread may
 * get in between, so throughput does not depend on wake-up latency.  Waiters stay in one queue or the other until they
 * own the monitor: notify moves a waiter to the entry queue without waking it. */
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "vm/exception.h"
#include "vm/monitor_private.h"
#include "vm/safepoint.h"
#include "vm/thread_private.h"
#include "vm/vm.h"

enum { SPIN_TURNS = 60 };

static void append(struct waiter_queue *queue, struct waiter *w)
{
    w->next = NULL;
    w->previous = queue->tail;
    if (queue->tail != NULL)
        queue->tail->next = w;
    else
        queue->head = w;
    queue->tail = w;
}

static void unlink_waiter(struct waiter_queue *queue, struct waiter *w)
{
    if (w->previous != NULL)
        w->previous->next = w->next;
    else
        queue->head = w->next;
    if (w->next != NULL)
        w->next->previous = w->previous;
    else
        queue->tail = w->previous;
}

static void start_entering(struct monitor *m, struct waiter *w)
{
    w->place = WAITER_ENTERING;
    append(&m->entering, w);
    atomic_fetch_add(&m->entering_count, 1);
}

static void wake(struct waiter *w)
{
    pthread_mutex_lock(&w->t->park_mutex);
    w->wake = true;
    pthread_cond_broadcast(&w->t->park_cond);
    pthread_mutex_unlock(&w->t->park_mutex);
}

/* Until woken; an interrupt ends it too when `interruptible`.  Consumes the wake-up. */
static void block(struct waiter *w, const struct timespec *deadline, bool interruptible)
{
    struct thread *t = w->t;
    pthread_mutex_lock(&t->park_mutex);
    while (!w->wake && !(interruptible && t->interrupt_wake) && park_wait(t, deadline))
        ;
    w->wake = false;
    pthread_mutex_unlock(&t->park_mutex);
}

static bool try_own(struct thread *t, struct monitor *m)
{
    uint32_t nobody = 0;
    if (atomic_load_explicit(&m->owner, memory_order_relaxed) != 0 ||
        !atomic_compare_exchange_strong(&m->owner, &nobody, t->id))
        return false;
    m->entries = 1;
    return true;
}

bool fat_try_enter(struct thread *t, struct monitor *m)
{
    if (atomic_load_explicit(&m->owner, memory_order_relaxed) == t->id) {
        m->entries++;
        return true;
    }
    return try_own(t, m);
}

/* Called with m->mutex held and w in the entry queue; returns without the mutex, as the owner. */
static void acquire_queued(struct monitor *m, struct waiter *w)
{
    while (!try_own(w->t, m)) {
        pthread_mutex_unlock(&m->mutex);
        block(w, NULL, false);
        pthread_mutex_lock(&m->mutex);
    }
    unlink_waiter(&m->entering, w);
    atomic_fetch_sub(&m->entering_count, 1);
    w->place = WAITER_NOWHERE;
    pthread_mutex_unlock(&m->mutex);
}

static bool spin(struct thread *t, struct monitor *m)
{
    for (int i = 0; i < SPIN_TURNS; i++) {
        if (try_own(t, m))
            return true;
        for (int pause = 0; pause < 8; pause++)
            __builtin_ia32_pause();
        safepoint_poll(t);
    }
    return false;
}

void fat_enter(struct thread *t, struct monitor *m, struct object *o)
{
    if (fat_try_enter(t, m) || spin(t, m))
        return;
    struct waiter w = {.t = t};
    t->blocked_object = o;
    atomic_store(&t->blocked_on, m);
    thread_set_java_status(t, STATUS_BLOCKED);
    t->blocked_count++;
    thread_leave_java(t, THREAD_BLOCKED);
    pthread_mutex_lock(&m->mutex);
    start_entering(m, &w);
    acquire_queued(m, &w);
    thread_enter_java(t);
    thread_set_java_status(t, STATUS_RUNNABLE);
    atomic_store(&t->blocked_on, NULL);
    t->blocked_object = NULL;
}

static void release(struct monitor *m)
{
    atomic_store(&m->owner, 0); /* before the count is read: see start_entering and try_own */
    if (atomic_load(&m->entering_count) == 0)
        return;
    pthread_mutex_lock(&m->mutex);
    if (m->entering.head != NULL && atomic_load(&m->owner) == 0)
        wake(m->entering.head);
    pthread_mutex_unlock(&m->mutex);
}

void fat_exit(struct monitor *m)
{
    if (m->entries > 1)
        m->entries--;
    else
        release(m);
}

/* ---- wait and notify ------------------------------------------------------------------------------------- */

static void wait_in_set(struct thread *t, struct monitor *m, struct waiter *w, const struct timespec *deadline)
{
    thread_leave_java(t, THREAD_BLOCKED);
    pthread_mutex_lock(&m->mutex);
    w->place = WAITER_WAITING;
    append(&m->waiting, w);
    pthread_mutex_unlock(&m->mutex);
    release(m);
    block(w, deadline, true);
    pthread_mutex_lock(&m->mutex);
    if (w->place == WAITER_WAITING) { /* timed out or interrupted */
        unlink_waiter(&m->waiting, w);
        start_entering(m, w);
    }
    acquire_queued(m, w);
    thread_enter_java(t);
}

static bool throw_if_interrupted(struct thread *t)
{
    if (!thread_java_interrupted(t))
        return false;
    thread_clear_interrupted(t);
    exception_throw(t, "java/lang/InterruptedException", NULL);
    return true;
}

bool fat_wait(struct thread *t, struct monitor *m, struct object *o, int64_t millis)
{
    thread_arm_interrupt(t);
    if (throw_if_interrupted(t))
        return false;
    struct timespec deadline;
    if (millis > 0)
        deadline = park_deadline(millis > INT64_MAX / 1000000 ? INT64_MAX : millis * 1000000);
    struct waiter w = {.t = t};
    uint32_t entries = m->entries;
    t->blocked_object = o;
    atomic_store(&t->blocked_on, m);
    thread_set_java_status(t, millis > 0 ? STATUS_TIMED_WAITING : STATUS_WAITING);
    t->waited_count++;
    wait_in_set(t, m, &w, millis > 0 ? &deadline : NULL);
    m->entries = entries;
    thread_set_java_status(t, STATUS_RUNNABLE);
    atomic_store(&t->blocked_on, NULL);
    t->blocked_object = NULL;
    return w.notified || !throw_if_interrupted(t);
}

/* By the owner, with the mutex held. */
static void move_to_entry(struct monitor *m, struct waiter *w)
{
    unlink_waiter(&m->waiting, w);
    w->notified = true;
    thread_set_java_status(w->t, STATUS_BLOCKED); /* it competes for the monitor from now on */
    start_entering(m, w);
}

void fat_notify(struct monitor *m, bool all)
{
    pthread_mutex_lock(&m->mutex);
    while (m->waiting.head != NULL) {
        move_to_entry(m, m->waiting.head);
        if (!all)
            break;
    }
    pthread_mutex_unlock(&m->mutex);
}
