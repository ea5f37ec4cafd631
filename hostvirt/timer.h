/* The guest's interval timers: timer_create(2), setitimer(2), alarm(2).  Each is a timer of the host whose signal goes
 * to the monitor's signal thread (guestsignal_host.c), which queues the guest's. */
#ifndef HOSTVIRT_TIMER_H
#define HOSTVIRT_TIMER_H

#include "hostvirt/thread.h"

#include <limits.h>
#include <sys/time.h>
#include <time.h>

#define TIMER_SIGNAL (SIGRTMIN + 3) /* of the host; si_int is guest_timer.key */
#define TIMER_LIMIT 256             /* of one process */

#define TIMER_NEW_ID INT_MAX        /* for timer_add: choose one */

enum { TIMER_ITIMER_REAL = -1, TIMER_ITIMER_VIRTUAL = -2, TIMER_ITIMER_PROF = -3 }; /* `id` of the three of setitimer */

/* include/linux/posix-timers.h: clocks of the process's user time, of its user and system time, and of what
 * CLOCK_PROCESS_CPUTIME_ID measures (the C library asks for that by this number). */
#define CLOCK_OF_VIRTUAL (-7)
#define CLOCK_OF_PROF (-8)
#define CLOCK_OF_PROCESS (-6)

struct guest_timer {
    struct guest_timer *next; /* of process->timers, under process->lock */
    int id;                   /* the guest's; negative: one of setitimer's */
    int key;                  /* never the same twice in a monitor: late expirations of deleted timers find nothing */
    int host;                 /* the host kernel's timer id */
    clockid_t clock;          /* as the guest gave it */
    int notify;               /* SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD_ID */
    int signal;
    int tid;                  /* SIGEV_THREAD_ID: virtual */
    uint64_t value;           /* sigev_value */
    int64_t overrun;          /* expirations since its signal was queued */
    int last_overrun;         /* timer_getoverrun */
    bool once;                /* armed without an interval, and its expiration has not been seen */
    bool absolute;            /* armed for a time of day: a restore does not shift that */
};

/* Makes a timer and its host timer; not armed, not in the list (the caller fills it and calls timer_add).  0, -EAGAIN,
 * -EINVAL, -ENOMEM.  Without process->lock. */
int timer_make(struct process *p, clockid_t clock, int notify, struct guest_timer **out);
void timer_add(struct process *p, struct guest_timer *g); /* under process->lock; TIMER_NEW_ID: gives it one */
void timer_discard(struct guest_timer *g);                 /* one that is in no list */
struct guest_timer *timer_find(struct process *p, int id); /* under process->lock */
/* Rest until the next expiration and interval: also what snapshots keep. */
int timer_rest(const struct guest_timer *g, struct itimerspec *out);
/* Arms the host's timer with a rest, or with TIMER_ABSTIME for a time of the host's clock; `old` may be NULL. */
int timer_arm(struct guest_timer *g, int flags, const struct itimerspec *when, struct itimerspec *old);

void timer_expired(struct monitor *m, int key, int overrun); /* on the signal thread */
/* A signal of a timer is taken from the queue: fills in si_overrun.  Under process->lock. */
void timer_signal_taken(struct process *p, siginfo_t *info);
void timers_delete_created(struct process *p); /* for exec: those of timer_create; setitimer's stay */
void timers_free(struct process *p);           /* all, when the process ends */

#endif
