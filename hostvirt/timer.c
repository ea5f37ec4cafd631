/* The guest's timers on top of the host's (timer.h): the host kernel keeps the time, counts expirations that nobody
 * took and measures processor time; this file keeps what the guest is told. */
#include "hostvirt/timer.h"
#include "hostvirt/clock.h"
#include "hostvirt/guestsignal_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Numbers of timers of this monitor: one per process because the host's signals carry nothing but this number. */
static _Atomic int next_key;

/* A clock made of an id (clock.c): the process's own, or one of its threads'. */
static int dynamic_clock(struct process *p, clockid_t clock, clockid_t *host)
{
    int id = ~(clock >> 3), error = -EINVAL;

    if ((clock & 3) == 3)
        return -EINVAL;
    if ((clock & 4) == 0) {
        *host = (clockid_t)(~0u << 3) | (clock & 3);
        return id == 0 || id == p->pid ? 0 : -EINVAL;
    }
    pthread_mutex_lock(&p->lock);
    const struct thread *t = id == 0 ? current_thread : thread_find(p, id);
    if (t != NULL && t->host_tid != 0)
        error = -pthread_getcpuclockid(t->host, host);
    pthread_mutex_unlock(&p->lock);
    return error;
}

static int host_clock(struct process *p, clockid_t clock, clockid_t *host)
{
    if (clock < 0)
        return dynamic_clock(p, clock, host);
    if (clock == CLOCK_THREAD_CPUTIME_ID)
        return -pthread_getcpuclockid(pthread_self(), host);
    *host = clock;
    return clock_check_wait(clock);
}

int timer_make(struct process *p, clockid_t clock, int notify, struct guest_timer **out)
{
    struct monitor *m = p->monitor;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    clockid_t host;
    int error = host_clock(p, clock, &host);

    if (error != 0)
        return error;
    /* A child between vfork and exec shares its monitor, whose signals are its parent's. */
    if (p != m->process || m->signal_thread == 0)
        return -EAGAIN;
    struct guest_timer *g = calloc(1, sizeof *g);
    if (g == NULL)
        return -ENOMEM;
    g->id = TIMER_NEW_ID;
    g->key = next_key++;
    g->clock = clock;
    g->notify = notify;
    if (notify != SIGEV_NONE) {
        event.sigev_notify = SIGEV_THREAD_ID;
        event.sigev_signo = TIMER_SIGNAL;
        event.sigev_value.sival_int = g->key;
        event._sigev_un._tid = m->signal_thread;
    }
    if (syscall(SYS_timer_create, host, &event, &g->host) != 0) {
        error = -errno;
        free(g);
        return error == -EAGAIN || error == -ENOMEM ? error : -EINVAL;
    }
    *out = g;
    return 0;
}

struct guest_timer *timer_find(struct process *p, int id)
{
    struct guest_timer *g = p->timers;

    while (g != NULL && g->id != id)
        g = g->next;
    return g;
}

void timer_add(struct process *p, struct guest_timer *g)
{
    if (g->id == TIMER_NEW_ID) {
        int id = 0;
        while (timer_find(p, id) != NULL)
            id++;
        g->id = id;
    }
    g->next = p->timers;
    p->timers = g;
}

int timer_rest(const struct guest_timer *g, struct itimerspec *out)
{
    return syscall(SYS_timer_gettime, g->host, out) == 0 ? 0 : -errno;
}

int timer_arm(struct guest_timer *g, int flags, const struct itimerspec *when, struct itimerspec *old)
{
    if (syscall(SYS_timer_settime, g->host, flags, when, old) != 0)
        return -errno;
    bool armed = (when->it_value.tv_sec | when->it_value.tv_nsec) != 0;
    g->once = armed && g->notify != SIGEV_NONE && (when->it_interval.tv_sec | when->it_interval.tv_nsec) == 0;
    g->absolute = armed && (flags & TIMER_ABSTIME) != 0 && (g->clock == CLOCK_REALTIME || g->clock == CLOCK_TAI);
    return 0;
}

void timer_discard(struct guest_timer *g)
{
    syscall(SYS_timer_delete, g->host);
    free(g);
}

static void delete_timers(struct process *p, bool all)
{
    pthread_mutex_lock(&p->lock);
    struct guest_timer **link = &p->timers;
    while (*link != NULL) {
        struct guest_timer *g = *link;
        if (all || g->id >= 0) {
            *link = g->next;
            timer_discard(g);
        } else {
            link = &g->next;
        }
    }
    pthread_mutex_unlock(&p->lock);
}

void timers_delete_created(struct process *p)
{
    delete_timers(p, false);
}

void timers_free(struct process *p)
{
    delete_timers(p, true);
}

/* ---- expirations ------------------------------------------------------------------------------------------------ */

static void queue_signal(struct process *p, struct guest_timer *g)
{
    siginfo_t info = {.si_signo = g->signal, .si_code = g->id >= 0 ? SI_TIMER : SI_KERNEL};
    struct thread *t = NULL;

    if (g->id >= 0) {
        info.si_timerid = g->id;
        memcpy(&info.si_value, &g->value, sizeof g->value);
    }
    if (g->tid != 0 && (t = thread_find(p, g->tid)) == NULL)
        return; /* its thread has ended */
    /* A full queue loses the expiration's signal; Linux reserves one, but allows no more timers than signals either. */
    if (g->signal != SIGKILL && g->signal != SIGCONT)
        signal_send_locked(p, t, &info);
}

void timer_expired(struct monitor *m, int key, int overrun)
{
    struct process *p = m->process;
    int other = 0;

    pthread_mutex_lock(&p->lock);
    for (struct guest_timer *g = p->timers; g != NULL; g = g->next) {
        if (g->key != key)
            continue;
        g->once = false;
        const struct thread *t = g->tid != 0 ? thread_find(p, g->tid) : NULL;
        if (g->id >= 0 && signal_timer_pending(t != NULL ? &t->pending : &p->pending, g->id)) {
            g->overrun += 1 + (int64_t)overrun;
        } else {
            g->overrun = overrun;
            queue_signal(p, g);
        }
        other = g->signal == SIGKILL || g->signal == SIGCONT ? g->signal : 0;
        break;
    }
    pthread_mutex_unlock(&p->lock);
    /* These two do more than wait in a queue, and cannot be sent with the lock held. */
    if (other != 0)
        signal_process(p, &(siginfo_t){.si_signo = other, .si_code = SI_TIMER, .si_timerid = -1});
}

void timer_signal_taken(struct process *p, siginfo_t *info)
{
    struct guest_timer *g = info->si_timerid >= 0 ? timer_find(p, info->si_timerid) : NULL;

    if (g == NULL)
        return; /* deleted since, or a siginfo that rt_sigqueueinfo made */
    g->last_overrun = g->overrun < INT_MAX ? (int)g->overrun : INT_MAX;
    g->overrun = 0;
    info->si_overrun = g->last_overrun;
}
