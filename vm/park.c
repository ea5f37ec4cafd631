/* Blocking that a thread can be woken from: park, sleep, and the wait that monitors build on.  Everything waits on the
 * thread's own condition variable against CLOCK_MONOTONIC; deadlines are absolute, so that the collector's signals and
 * spurious wake-ups cost nothing but another turn. */
#include <errno.h>
#include <sched.h>
#include <time.h>

#include "vm/exception.h"
#include "vm/safepoint.h"
#include "vm/thread_private.h"

#define NS_PER_S 1000000000LL
#define LONGEST_WAIT_S 100000000LL /* three years; farther deadlines overflow some kernels' arithmetic */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

struct timespec park_deadline(int64_t ns)
{
    if (ns > LONGEST_WAIT_S * NS_PER_S)
        ns = LONGEST_WAIT_S * NS_PER_S;
    int64_t at = clock_ns(CLOCK_MONOTONIC) + (ns > 0 ? ns : 0);
    return (struct timespec){.tv_sec = at / NS_PER_S, .tv_nsec = at % NS_PER_S};
}

bool park_wait(struct thread *t, const struct timespec *deadline)
{
    if (deadline == NULL)
        return pthread_cond_wait(&t->park_cond, &t->park_mutex) == 0;
    return pthread_cond_timedwait(&t->park_cond, &t->park_mutex, deadline) != ETIMEDOUT;
}

/* Nanoseconds from now until an absolute time in milliseconds since 1970. */
static int64_t ns_until(int64_t millis)
{
    int64_t left;
    int64_t now_ms = clock_ns(CLOCK_REALTIME) / 1000000;
    if (__builtin_sub_overflow(millis, now_ms, &left) || left > LONGEST_WAIT_S * 1000)
        return millis < 0 ? 0 : LONGEST_WAIT_S * NS_PER_S;
    return left * 1000000;
}

static void wait_for_permit(struct thread *t, const struct timespec *deadline)
{
    thread_leave_java(t, THREAD_BLOCKED);
    pthread_mutex_lock(&t->park_mutex);
    if (!t->park_permit)
        park_wait(t, deadline); /* spurious returns are allowed by park's contract */
    t->park_permit = false;
    pthread_mutex_unlock(&t->park_mutex);
    thread_enter_java(t);
}

static bool take_permit(struct thread *t)
{
    pthread_mutex_lock(&t->park_mutex);
    bool had = t->park_permit;
    t->park_permit = false;
    pthread_mutex_unlock(&t->park_mutex);
    return had;
}

void thread_park(struct thread *t, bool absolute, int64_t time)
{
    if (take_permit(t) || thread_java_interrupted(t))
        return;
    bool forever = !absolute && time == 0;
    int64_t ns = absolute ? ns_until(time) : time;
    if (!forever && ns <= 0)
        return;
    thread_set_java_status(t, forever ? STATUS_PARKED : STATUS_PARKED_TIMED);
    t->waited_count++;
    if (forever) {
        wait_for_permit(t, NULL);
    } else {
        struct timespec deadline = park_deadline(ns);
        wait_for_permit(t, &deadline);
    }
    thread_set_java_status(t, STATUS_RUNNABLE);
}

void thread_unpark(struct thread *target)
{
    pthread_mutex_lock(&target->park_mutex);
    if (!target->park_permit) {
        target->park_permit = true;
        pthread_cond_signal(&target->park_cond);
    }
    pthread_mutex_unlock(&target->park_mutex);
}

/* Before the Java flag is looked at: an interrupt that comes later sets interrupt_wake again, so none is lost. */
void thread_arm_interrupt(struct thread *t)
{
    pthread_mutex_lock(&t->park_mutex);
    t->interrupt_wake = false;
    pthread_mutex_unlock(&t->park_mutex);
}

static bool throw_if_interrupted(struct thread *t)
{
    if (!thread_java_interrupted(t))
        return false;
    thread_clear_interrupted(t);
    exception_throw(t, "java/lang/InterruptedException", "sleep interrupted");
    return true;
}

static void sleep_until(struct thread *t, const struct timespec *deadline)
{
    thread_leave_java(t, THREAD_BLOCKED);
    pthread_mutex_lock(&t->park_mutex);
    while (!t->interrupt_wake && park_wait(t, deadline))
        ;
    pthread_mutex_unlock(&t->park_mutex);
    thread_enter_java(t);
}

bool thread_sleep(struct thread *t, int64_t ns)
{
    thread_arm_interrupt(t);
    if (throw_if_interrupted(t))
        return false;
    if (ns <= 0) {
        thread_leave_java(t, THREAD_BLOCKED);
        sched_yield();
        thread_enter_java(t);
        return true;
    }
    struct timespec deadline = park_deadline(ns);
    thread_set_java_status(t, STATUS_SLEEPING);
    t->waited_count++;
    sleep_until(t, &deadline);
    thread_set_java_status(t, STATUS_RUNNABLE);
    return !throw_if_interrupted(t);
}

void thread_interrupt(struct thread *target)
{
    pthread_mutex_lock(&target->park_mutex);
    target->interrupt_wake = true;
    target->park_permit = true;
    pthread_cond_broadcast(&target->park_cond);
    pthread_mutex_unlock(&target->park_mutex);
}
