/* Guest signals: queues, sending and masks (signal(7), sigaction(2); the order of things follows Linux's
 * kernel/signal.c in effect).  What becomes of each before guest code runs again: guestsignal_deliver.c. */
#include "hostvirt/guestsignal.h"
#include "hostvirt/guestsignal_private.h"
#include "hostvirt/snapshot.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/timer.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define QUEUE_LIMIT 16384 /* whatever RLIMIT_SIGPENDING says */

#define SET_SYNCHRONOUS                                                                                                \
    (bit_of(SIGSEGV) | bit_of(SIGBUS) | bit_of(SIGILL) | bit_of(SIGTRAP) | bit_of(SIGFPE) | bit_of(SIGSYS))

static uint64_t handler_of(const struct process *p, int number)
{
    return p->actions[number - 1].handler;
}

bool signal_ignored(const struct process *p, int number)
{
    uint64_t handler = handler_of(p, number);

    return handler == (uint64_t)(uintptr_t)SIG_IGN ||
           (handler == (uint64_t)(uintptr_t)SIG_DFL && (bit_of(number) & SET_IGNORED) != 0);
}

/* ---- queues (under process->lock) ------------------------------------------------------------------------------- */

static void recount(struct signal_queue *q)
{
    q->set = 0;
    for (const struct pending_signal *s = q->first; s != NULL; s = s->next)
        q->set |= bit_of(s->info.si_signo);
}

static unsigned queue_limit(const struct process *p)
{
    rlim_t limit = p->limits[RLIMIT_SIGPENDING].rlim_cur;

    return limit < QUEUE_LIMIT ? (unsigned)limit : QUEUE_LIMIT;
}

/* Standard signals once and always (there are 31); of the others as many as the limit allows. */
static int enqueue(struct process *p, struct signal_queue *q, const siginfo_t *info)
{
    if (info->si_signo < SIGRTMIN_GUEST) {
        if (q->set & bit_of(info->si_signo))
            return 0;
    } else if (q->length >= queue_limit(p)) {
        return -EAGAIN;
    }
    struct pending_signal *s = malloc(sizeof *s);
    if (s == NULL)
        return -EAGAIN;
    s->next = NULL;
    s->info = *info;
    *q->last = s;
    q->last = &s->next;
    q->length++;
    q->set |= bit_of(info->si_signo);
    return 0;
}

bool signal_dequeue(struct process *p, struct signal_queue *q, uint64_t set, siginfo_t *info)
{
    uint64_t ready = q->set & set;

    if (ready == 0)
        return false;
    if (ready & SET_SYNCHRONOUS)
        ready &= SET_SYNCHRONOUS;
    int number = __builtin_ctzll(ready) + 1;
    for (struct pending_signal **link = &q->first; *link != NULL; link = &(*link)->next) {
        struct pending_signal *s = *link;
        if (s->info.si_signo != number)
            continue;
        *link = s->next;
        if (s->next == NULL)
            q->last = link;
        q->length--;
        *info = s->info;
        free(s);
        recount(q);
        if (info->si_code == SI_TIMER)
            timer_signal_taken(p, info);
        return true;
    }
    return false;
}

static void drop(struct signal_queue *q, uint64_t set)
{
    if ((q->set & set) == 0)
        return;
    struct pending_signal **link = &q->first;
    while (*link != NULL) {
        struct pending_signal *s = *link;
        if (set & bit_of(s->info.si_signo)) {
            *link = s->next;
            q->length--;
            free(s);
        } else {
            link = &s->next;
        }
    }
    q->last = link;
    recount(q);
}

void signal_queue_free(struct signal_queue *q)
{
    if (q->last == NULL)
        q->last = &q->first;
    drop(q, ~(uint64_t)0);
}

static void drop_everywhere(struct process *p, uint64_t set)
{
    drop(&p->pending, set);
    for (struct thread *t = p->threads; t != NULL; t = t->next)
        drop(&t->pending, set);
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

static bool takes(const struct thread *t, uint64_t bit)
{
    return !t->exiting && ((t->blocked & ~t->awaited) & bit) == 0;
}

/* A thread that takes one of `set`: the calling one when it does, else the first in the list. */
void signal_retarget(struct process *p, uint64_t set)
{
    while (set != 0) {
        uint64_t bit = set & -set;
        struct thread *t = current_thread;
        set &= ~bit;
        if (t == NULL || t->process != p || !takes(t, bit))
            for (t = p->threads; t != NULL && !takes(t, bit); t = t->next)
                ;
        if (t != NULL)
            thread_attend(t);
    }
}

static void tell_watches(struct process *p, int number)
{
    const uint64_t one = 1;

    for (const struct signal_watch *w = p->watches; w != NULL; w = w->next)
        if (w->mask & bit_of(number)) {
            /* A counter at its limit is readable already, which is all that is wanted. */
            ssize_t written = write(w->host, &one, sizeof one);
            (void)written;
        }
}

/* What the mere sending of job-control signals does (signal(7)): they cancel each other, and SIGCONT lets a stopped
 * process go on even when it is blocked or ignored.  True when the process goes on. */
static bool job_control(struct process *p, int number)
{
    if (bit_of(number) & SET_STOP)
        drop_everywhere(p, bit_of(SIGCONT));
    if (number != SIGCONT)
        return false;
    drop_everywhere(p, SET_STOP);
    if (p->stopped == 0)
        return false;
    p->stopped = 0;
    syscall(SYS_futex, &p->stopped, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    return true;
}

/* A parent that does not care (SA_NOCLDSTOP) is told only of its children's ends. */
static bool unwanted_report(const struct process *p, const siginfo_t *info)
{
    return info->si_signo == SIGCHLD && (info->si_code == CLD_STOPPED || info->si_code == CLD_CONTINUED) &&
           (p->actions[SIGCHLD - 1].flags & SA_NOCLDSTOP) != 0;
}

int signal_send_locked(struct process *p, struct thread *t, const siginfo_t *info)
{
    int number = info->si_signo;
    /* An ignored signal is dropped, unless somebody may look for it: who blocks it, or waits for it. */
    bool wanted = !signal_ignored(p, number);

    for (struct thread *o = t != NULL ? t : p->threads; o != NULL && !wanted; o = t != NULL ? NULL : o->next)
        wanted = ((o->blocked | o->awaited) & bit_of(number)) != 0;
    if (!wanted || unwanted_report(p, info))
        return 0;
    int error = enqueue(p, t != NULL ? &t->pending : &p->pending, info);
    if (t == NULL)
        signal_retarget(p, bit_of(number));
    else if (takes(t, bit_of(number)))
        thread_attend(t);
    tell_watches(p, number);
    return error;
}

/* Queues for thread t, for the thread with a tid, or with neither for the process. */
static int send_signal(struct process *p, struct thread *t, int tid, const siginfo_t *info)
{
    int number = info->si_signo, error = -ESRCH;
    bool goes_on = false;

    if (number < 1 || number > SIGNAL_COUNT)
        return -EINVAL;
    pthread_mutex_lock(&p->lock);
    if (tid != 0)
        t = thread_find(p, tid);
    if ((t != NULL || tid == 0) && number != SIGKILL) {
        goes_on = job_control(p, number);
        error = signal_send_locked(p, t, info);
    }
    pthread_mutex_unlock(&p->lock);
    COUNT(p->monitor->statistics, signals);
    if (number == SIGKILL && (t != NULL || tid == 0)) {
        process_exit_group(p, SIGKILL);
        return 0;
    }
    if (goes_on)
        family_report(p, PROCESS_RUNNING, 0xffff, SIGCHLD);
    return error;
}

int signal_thread(struct thread *t, const siginfo_t *info)
{
    return send_signal(t->process, t, 0, info);
}

int signal_tid(struct process *p, int tid, const siginfo_t *info)
{
    return send_signal(p, NULL, tid, info);
}

int signal_process(struct process *p, const siginfo_t *info)
{
    return send_signal(p, NULL, 0, info);
}

bool signal_timer_pending(const struct signal_queue *q, int id)
{
    for (const struct pending_signal *s = q->first; s != NULL; s = s->next)
        if (s->info.si_code == SI_TIMER && s->info.si_timerid == id)
            return true;
    return false;
}

void signal_force(struct thread *t, int number, int code, uint64_t address, int trap, uint64_t error)
{
    struct process *p = t->process;
    siginfo_t info = {.si_signo = number, .si_code = code};

    /* Not the guest's fault when its snapshot's file has lost the page; its handler, if it has one, is not asked. */
    if ((number == SIGBUS || code == SI_KERNEL) && snapshot_lost(p->monitor))
        return;
    info.si_addr = (void *)(uintptr_t)address; /* NOLINT: a guest address, never followed */
    t->fault_trap = (uint64_t)trap;
    t->fault_error = error;
    if (trap == 14)
        t->fault_address = address;
    t->rewound = t->restarting = false; /* it is the instruction that the handler is to see, not a call */
    pthread_mutex_lock(&p->lock);
    struct action *a = &p->actions[number - 1];
    if ((t->blocked & bit_of(number)) != 0 || a->handler == (uint64_t)(uintptr_t)SIG_IGN) {
        a->handler = (uint64_t)(uintptr_t)SIG_DFL;
        t->blocked &= ~bit_of(number);
    }
    drop(&t->pending, bit_of(number));
    int failed = enqueue(p, &t->pending, &info);
    t->wanted = 1;
    pthread_mutex_unlock(&p->lock);
    if (failed != 0)
        process_exit_group(p, number);
}

/* ---- masks ------------------------------------------------------------------------------------------------------ */

void signal_set_blocked(struct thread *t, uint64_t mask)
{
    struct process *p = t->process;

    mask &= ~(bit_of(SIGKILL) | bit_of(SIGSTOP));
    pthread_mutex_lock(&p->lock);
    uint64_t newly = mask & ~t->blocked;
    t->blocked = mask;
    if ((t->pending.set | p->pending.set) & ~mask)
        t->wanted = 1;
    signal_retarget(p, p->pending.set & newly); /* who was to take them does not any more */
    pthread_mutex_unlock(&p->lock);
}

void signal_swap_blocked(struct thread *t, uint64_t mask)
{
    t->saved_blocked = t->blocked;
    t->restore_blocked = true;
    signal_set_blocked(t, mask);
}

int signal_take_mask(struct thread *t, uint64_t address, uint64_t bytes)
{
    uint64_t mask;

    if (address == 0)
        return 0;
    if (bytes != KERNEL_MASK_BYTES)
        return -EINVAL;
    if (copy_in(&mask, address, sizeof mask) != 0)
        return -EFAULT;
    signal_swap_blocked(t, mask);
    return 0;
}

uint64_t signal_pending_set(struct thread *t)
{
    struct process *p = t->process;

    pthread_mutex_lock(&p->lock);
    uint64_t set = t->pending.set | p->pending.set;
    pthread_mutex_unlock(&p->lock);
    return set;
}

bool signal_pending(struct thread *t)
{
    uint64_t set = signal_pending_set(t) & ~t->blocked;

    for (; set != 0; set &= set - 1)
        if (!signal_ignored(t->process, __builtin_ctzll(set) + 1))
            return true;
    return false;
}

bool signal_take(struct thread *t, uint64_t set, siginfo_t *info)
{
    struct process *p = t->process;

    pthread_mutex_lock(&p->lock);
    bool taken = signal_dequeue(p, &t->pending, set, info) || signal_dequeue(p, &p->pending, set, info);
    pthread_mutex_unlock(&p->lock);
    return taken;
}

void signal_tell_watches(struct process *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t pending = p->pending.set;
    for (const struct thread *t = p->threads; t != NULL; t = t->next)
        pending |= t->pending.set;
    for (; pending != 0 && p->watches != NULL; pending &= pending - 1)
        tell_watches(p, __builtin_ctzll(pending) + 1);
    pthread_mutex_unlock(&p->lock);
}

void signal_watch(struct process *p, struct signal_watch *w)
{
    pthread_mutex_lock(&p->lock);
    w->next = p->watches;
    p->watches = w;
    pthread_mutex_unlock(&p->lock);
    signal_tell_watches(p);
}

void signal_unwatch(struct process *p, struct signal_watch *w)
{
    pthread_mutex_lock(&p->lock);
    for (struct signal_watch **link = &p->watches; *link != NULL; link = &(*link)->next)
        if (*link == w) {
            *link = w->next;
            break;
        }
    pthread_mutex_unlock(&p->lock);
}

void signal_reset_for_exec(struct process *p)
{
    timers_delete_created(p);
    pthread_mutex_lock(&p->lock);
    for (unsigned i = 0; i < SIGNAL_COUNT; i++) {
        struct action *a = &p->actions[i];
        uint64_t handler = a->handler == (uint64_t)(uintptr_t)SIG_IGN ? a->handler : (uint64_t)(uintptr_t)SIG_DFL;
        *a = (struct action){.handler = handler};
    }
    p->question_signal = 0;
    pthread_mutex_unlock(&p->lock);
    signal_mirror_terminal(p);
}

void signal_set_action(struct process *p, int number, const struct action *new, struct action *old)
{
    pthread_mutex_lock(&p->lock);
    if (old != NULL)
        *old = p->actions[number - 1];
    if (new != NULL) {
        p->actions[number - 1] = *new;
        p->actions[number - 1].mask &= ~(bit_of(SIGKILL) | bit_of(SIGSTOP));
        if (signal_ignored(p, number))
            drop_everywhere(p, bit_of(number)); /* POSIX: also one that is pending and blocked */
    }
    pthread_mutex_unlock(&p->lock);
    if (new != NULL && (number == SIGTTIN || number == SIGTTOU))
        signal_mirror_terminal(p);
}
