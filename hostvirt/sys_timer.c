/* timer_create(2) and its like, setitimer(2), alarm(2). */
#include "hostvirt/clock.h"
#include "hostvirt/guestsignal_private.h"
#include "hostvirt/syscall.h"
#include "hostvirt/timer.h"

#include <sys/syscall.h>
#include <unistd.h>

#define SHORTEST_INTERVAL 50000u /* ns: what is shorter would keep the signal thread busy with nothing else */

/* struct sigevent as the kernel reads it: 64 bytes. */
struct kernel_sigevent {
    uint64_t value;
    int32_t signal, notify, tid, padding[11];
};

static unsigned count_created(const struct process *p)
{
    unsigned count = 0;

    for (const struct guest_timer *g = p->timers; g != NULL; g = g->next)
        count += g->id >= 0;
    return count;
}

static int check_event(struct thread *t, const struct kernel_sigevent *event)
{
    switch (event->notify) {
    case SIGEV_NONE:
        return 0;
    case SIGEV_THREAD_ID:
        pthread_mutex_lock(&t->process->lock);
        bool known = thread_find(t->process, event->tid) != NULL;
        pthread_mutex_unlock(&t->process->lock);
        if (!known)
            return -EINVAL;
        break;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
        break;
    default:
        return -EINVAL;
    }
    return event->signal >= 1 && event->signal <= SIGNAL_COUNT ? 0 : -EINVAL;
}

SYSCALL(timer_create)
{
    struct process *p = t->process;
    struct kernel_sigevent event = {.signal = SIGALRM, .notify = SIGEV_SIGNAL};
    struct guest_timer *g;
    bool given = c->arg[1] != 0;

    if (given && copy_in(&event, c->arg[1], sizeof event) != 0)
        return -EFAULT;
    int error = check_event(t, &event);
    if (error == 0)
        error = timer_make(p, arg_int(c, 0), event.notify, &g);
    if (error != 0)
        return error;
    g->signal = event.notify != SIGEV_NONE ? event.signal : 0;
    g->tid = event.notify == SIGEV_THREAD_ID ? event.tid : 0;
    pthread_mutex_lock(&p->lock);
    bool full = count_created(p) >= TIMER_LIMIT;
    if (!full)
        timer_add(p, g);
    int id = g->id;
    g->value = given ? event.value : (uint64_t)id;
    pthread_mutex_unlock(&p->lock);
    if (full) {
        timer_discard(g);
        return -EAGAIN;
    }
    /* Nobody can have used the number yet; a guest that guessed it has only hurt itself. */
    return copy_out(c->arg[2], &id, sizeof id);
}

/* How far the guest's reading of a clock is ahead of the host's. */
static uint64_t clock_shift(struct thread *t, clockid_t clock)
{
    uint64_t shift = 0;

    if (clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME)
        return t->process->monitor->clock_offset;
    if (clock == CLOCK_THREAD_CPUTIME_ID)
        return t->cpu_time_base;
    if (clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_OF_PROCESS)
        for (const struct thread *other = t->process->threads; other != NULL; other = other->next)
            shift += other->cpu_time_base;
    return shift;
}

static void clamp_interval(struct itimerspec *s)
{
    if ((s->it_interval.tv_sec | s->it_interval.tv_nsec) != 0 && timespec_ns(&s->it_interval) < SHORTEST_INTERVAL)
        s->it_interval = timespec_of(SHORTEST_INTERVAL);
}

SYSCALL(timer_settime)
{
    struct process *p = t->process;
    struct itimerspec new, old = {0};
    int flags = arg_int(c, 1), error = 0;

    if (c->arg[2] == 0)
        return -EINVAL;
    if (copy_in(&new, c->arg[2], sizeof new) != 0)
        return -EFAULT;
    if (!timespec_valid(&new.it_value) || !timespec_valid(&new.it_interval))
        return -EINVAL;
    clamp_interval(&new);
    pthread_mutex_lock(&p->lock);
    struct guest_timer *g = arg_int(c, 0) >= 0 ? timer_find(p, arg_int(c, 0)) : NULL;
    if (g == NULL) {
        error = -EINVAL;
    } else {
        uint64_t shift = flags & TIMER_ABSTIME ? clock_shift(t, g->clock) : 0, until = timespec_ns(&new.it_value);
        if (until != 0 && shift != 0) {
            int64_t host = (int64_t)(until - shift);
            new.it_value = timespec_of(host > 0 ? (uint64_t)host : 1);
        }
        error = timer_arm(g, flags & TIMER_ABSTIME, &new, &old);
        g->overrun = 0;
    }
    pthread_mutex_unlock(&p->lock);
    if (error == 0 && c->arg[3] != 0)
        error = copy_out(c->arg[3], &old, sizeof old);
    return error;
}

SYSCALL(timer_gettime)
{
    struct process *p = t->process;
    struct itimerspec rest;

    pthread_mutex_lock(&p->lock);
    const struct guest_timer *g = arg_int(c, 0) >= 0 ? timer_find(p, arg_int(c, 0)) : NULL;
    int error = g == NULL ? -EINVAL : timer_rest(g, &rest);
    pthread_mutex_unlock(&p->lock);
    return error != 0 ? error : copy_out(c->arg[1], &rest, sizeof rest);
}

SYSCALL(timer_getoverrun)
{
    struct process *p = t->process;

    pthread_mutex_lock(&p->lock);
    const struct guest_timer *g = arg_int(c, 0) >= 0 ? timer_find(p, arg_int(c, 0)) : NULL;
    int result = g == NULL ? -EINVAL : g->last_overrun;
    pthread_mutex_unlock(&p->lock);
    return result;
}

SYSCALL(timer_delete)
{
    struct process *p = t->process;
    struct guest_timer *found = NULL;

    pthread_mutex_lock(&p->lock);
    for (struct guest_timer **link = &p->timers; *link != NULL; link = &(*link)->next)
        if ((*link)->id == arg_int(c, 0) && (*link)->id >= 0) {
            found = *link;
            *link = found->next;
            break;
        }
    pthread_mutex_unlock(&p->lock);
    if (found != NULL)
        timer_discard(found);
    return found != NULL ? 0 : -EINVAL;
}

/* ---- setitimer, getitimer, alarm -------------------------------------------------------------------------------- */

static const struct {
    int id, signal;
    clockid_t clock;
} interval_timers[] = {
    [ITIMER_REAL] = {TIMER_ITIMER_REAL, SIGALRM, CLOCK_MONOTONIC},
    [ITIMER_VIRTUAL] = {TIMER_ITIMER_VIRTUAL, SIGVTALRM, CLOCK_OF_VIRTUAL},
    [ITIMER_PROF] = {TIMER_ITIMER_PROF, SIGPROF, CLOCK_OF_PROF},
};

static struct itimerval in_microseconds(const struct itimerspec *s)
{
    struct itimerval v = {{s->it_interval.tv_sec, s->it_interval.tv_nsec / 1000},
                          {s->it_value.tv_sec, s->it_value.tv_nsec / 1000}};

    /* Zero means disarmed: what is left of an armed timer is never that. */
    if (v.it_value.tv_sec == 0 && v.it_value.tv_usec == 0 && s->it_value.tv_nsec != 0)
        v.it_value.tv_usec = 1;
    return v;
}

static int get_interval(struct process *p, int which, struct itimerval *out)
{
    struct itimerspec rest = {0};
    int error = 0;

    pthread_mutex_lock(&p->lock);
    const struct guest_timer *g = timer_find(p, interval_timers[which].id);
    if (g != NULL)
        error = timer_rest(g, &rest);
    pthread_mutex_unlock(&p->lock);
    *out = in_microseconds(&rest);
    return error;
}

static int set_interval(struct process *p, int which, const struct itimerval *v)
{
    struct itimerspec s = {{v->it_interval.tv_sec, v->it_interval.tv_usec * 1000},
                           {v->it_value.tv_sec, v->it_value.tv_usec * 1000}};
    struct guest_timer *made = NULL;

    pthread_mutex_lock(&p->lock);
    struct guest_timer *g = timer_find(p, interval_timers[which].id);
    pthread_mutex_unlock(&p->lock);
    int error = 0;
    if (g == NULL && (s.it_value.tv_sec | s.it_value.tv_nsec) != 0) {
        error = timer_make(p, interval_timers[which].clock, SIGEV_SIGNAL, &made);
        if (error != 0)
            return error;
        made->id = interval_timers[which].id;
        made->signal = interval_timers[which].signal;
    }
    clamp_interval(&s);
    pthread_mutex_lock(&p->lock);
    g = timer_find(p, interval_timers[which].id);
    if (g == NULL && made != NULL) {
        timer_add(p, made);
        g = made;
        made = NULL;
    }
    if (g != NULL)
        error = timer_arm(g, 0, &s, NULL);
    pthread_mutex_unlock(&p->lock);
    if (made != NULL)
        timer_discard(made); /* another thread was faster */
    return error;
}

static bool interval_valid(const struct timeval *v)
{
    return v->tv_sec >= 0 && v->tv_usec >= 0 && v->tv_usec < 1000000;
}

SYSCALL(getitimer)
{
    int which = arg_int(c, 0);
    struct itimerval v;

    if (which < ITIMER_REAL || which > ITIMER_PROF)
        return -EINVAL;
    int error = get_interval(t->process, which, &v);
    return error != 0 ? error : copy_out(c->arg[1], &v, sizeof v);
}

SYSCALL(setitimer)
{
    int which = arg_int(c, 0);
    struct itimerval new = {0}, old;

    /* A null pointer disarms: an old mistake that Linux has kept (setitimer(2)). */
    if (c->arg[1] != 0 && copy_in(&new, c->arg[1], sizeof new) != 0)
        return -EFAULT;
    if (which < ITIMER_REAL || which > ITIMER_PROF || !interval_valid(&new.it_value) ||
        !interval_valid(&new.it_interval))
        return -EINVAL;
    int error = get_interval(t->process, which, &old);
    if (error == 0)
        error = set_interval(t->process, which, &new);
    if (error == 0 && c->arg[2] != 0)
        error = copy_out(c->arg[2], &old, sizeof old);
    return error;
}

SYSCALL(alarm)
{
    uint32_t seconds = (uint32_t)c->arg[0];
    const struct itimerval new = {.it_value = {seconds <= INT_MAX ? (time_t)seconds : INT_MAX, 0}};
    struct itimerval old;

    if (get_interval(t->process, ITIMER_REAL, &old) != 0 || set_interval(t->process, ITIMER_REAL, &new) != 0)
        return 0; /* alarm(2) has no errors */
    return old.it_value.tv_sec + (old.it_value.tv_usec >= 500000 || (old.it_value.tv_sec == 0 && old.it_value.tv_usec));
}
