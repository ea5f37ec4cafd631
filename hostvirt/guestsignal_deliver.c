/* What becomes of a guest's signals before its code runs again: handlers, default actions, stopping, and whether the
 * call that a signal interrupted is made once more (signal(7)). */
#include "hostvirt/checkpoint.h"
#include "hostvirt/guestsignal_private.h"
#include "hostvirt/snapshot.h"
#include "hostvirt/thread_private.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Gives the call its result.  `handler`: the action of the handler that runs before it is seen, or NULL. */
static void finish_call(struct thread *t, struct interrupted_call *c, const struct action *handler)
{
    struct kvm_regs *r = &t->cpu.regs;
    bool again;

    if (!c->in_call)
        return;
    c->in_call = false;
    switch (c->result) {
    case SYS_RESTART:
        again = handler == NULL || (handler->flags & SA_RESTART) != 0;
        break;
    case SYS_RESTART_ALWAYS:
        again = true;
        break;
    case SYS_RESTART_NOHAND:
    case SYS_RESTART_TIMED:
        again = handler == NULL;
        break;
    default:
        again = false;
    }
    bool over = c->result != SYS_RESTART_ALWAYS; /* it was not begun: what comes now comes before it */
    t->restarting = again && over && c->result != SYS_RESTART;
    t->rewound = again && over;
    if (again)
        r->rip -= 2; /* `syscall` and what a site is patched to are both two bytes; rax holds the number still */
    else if (thread_call_restarts(c->result))
        r->rax = (uint64_t)-EINTR;
    else if (c->result != SYS_NO_RESULT)
        r->rax = (uint64_t)c->result;
}

static bool interrupted(const struct interrupted_call *c)
{
    return c->in_call && (thread_call_restarts(c->result) || c->result == -EINTR);
}

static void restore_mask(struct thread *t)
{
    if (t->restore_blocked) {
        t->restore_blocked = false;
        signal_set_blocked(t, t->saved_blocked);
    }
}

/* Waits for SIGCONT (or the end of the process, or a checkpoint, which a stopped process has no objection to). */
static void stay_stopped(struct thread *t, struct interrupted_call *c)
{
    struct process *p = t->process;
    struct monitor *m = p->monitor;

    for (;;) {
        t->wanted = 0; /* before the looks at what may have set it */
        if (p != m->process)
            family_take_mail(p); /* SIGCONT for a child of vfork comes so */
        int seen = p->stopped;
        if (seen == 0 || p->exiting || t->exiting)
            return;
        if (m->stop_request != 0) {
            finish_call(t, c, NULL); /* a snapshot has complete registers */
            checkpoint_park(t);
            continue;
        }
        thread_release_vcpu(t);
        blocking_call(t, SYS_futex, (long)&p->stopped, FUTEX_WAIT_PRIVATE, seen, 0, 0, 0);
    }
}

/* The default action of SIGSTOP and its like: all threads stay where they are next.  The first monitor of a family
 * stops itself, too, so that the shell that started it sees a stopped job, when the signal came from there or from the
 * process itself; SIGCONT of the host comes back to the guest. */
static void stop(struct thread *t, const siginfo_t *info, struct interrupted_call *c)
{
    struct process *p = t->process;
    int number = info->si_signo;

    pthread_mutex_lock(&p->lock);
    bool first = p->stopped == 0;
    if (first)
        p->stopped = number;
    for (struct thread *other = p->threads; other != NULL && first; other = other->next)
        if (other != t)
            thread_attend(other);
    pthread_mutex_unlock(&p->lock);
    if (first) {
        family_report(p, PROCESS_STOPPED, number << 8 | 0x7f, SIGCHLD);
        if (!p->monitor->forked && p == p->monitor->process && (info->si_pid == 0 || info->si_pid == p->pid))
            kill(getpid(), SIGSTOP);
    }
    stay_stopped(t, c);
}

/* The next signal that this thread takes, with its action; SA_RESETHAND has its effect here.  False: none. */
static bool next_signal(struct thread *t, siginfo_t *info, struct action *action)
{
    struct process *p = t->process;
    bool taken;

    pthread_mutex_lock(&p->lock);
    taken = signal_dequeue(p, &t->pending, ~t->blocked, info) || signal_dequeue(p, &p->pending, ~t->blocked, info);
    if (taken) {
        struct action *a = &p->actions[info->si_signo - 1];
        *action = *a;
        if ((a->flags & SA_RESETHAND) != 0 && a->handler > (uint64_t)(uintptr_t)SIG_IGN)
            a->handler = (uint64_t)(uintptr_t)SIG_DFL;
    }
    pthread_mutex_unlock(&p->lock);
    return taken;
}

/* Builds the frame; the handler's mask holds from then on. */
static void run_handler(struct thread *t, const siginfo_t *info, const struct action *a, struct interrupted_call *c)
{
    uint64_t before = t->restore_blocked ? t->saved_blocked : t->blocked;

    if (!c->in_call && (t->restarting || (t->rewound && (a->flags & SA_RESTART) == 0))) {
        /* Rewound for a checkpoint and not made again yet: to the guest it is the call that the signal interrupts. */
        t->cpu.regs.rip += 2;
        t->cpu.regs.rax = (uint64_t)-EINTR;
    }
    finish_call(t, c, a);
    t->restarting = false;
    t->restore_blocked = false;
    if (frame_build(t, info, a, before) != 0) {
        signal_set_blocked(t, before);
        if (info->si_signo == SIGSEGV && !snapshot_lost(t->process->monitor))
            process_exit_group(t->process, SIGSEGV); /* its own handler cannot be reached */
        else
            signal_force(t, SIGSEGV, SI_KERNEL, 0, 0, 0);
        return;
    }
    uint64_t mask = t->blocked | a->mask;
    if ((a->flags & SA_NODEFER) == 0)
        mask |= bit_of(info->si_signo);
    signal_set_blocked(t, mask);
}

void signal_deliver(struct thread *t, bool in_call, int64_t result)
{
    struct process *p = t->process;
    struct interrupted_call c = {in_call, result};
    struct action a;
    siginfo_t info;

    if (!interrupted(&c))
        restore_mask(t); /* ppoll and its like have ended by themselves */
    for (;;) {
        if (p->stopped != 0)
            stay_stopped(t, &c);
        if (p->exiting || t->exiting || !next_signal(t, &info, &a))
            break;
        int number = info.si_signo;
        if (a.handler > (uint64_t)(uintptr_t)SIG_IGN) {
            run_handler(t, &info, &a, &c);
            continue; /* more of them stack up, the last one runs first: as Linux does it */
        }
        if (a.handler == (uint64_t)(uintptr_t)SIG_IGN || (bit_of(number) & SET_IGNORED) != 0)
            continue;
        if (bit_of(number) & SET_STOP) {
            stop(t, &info, &c);
            continue;
        }
        process_exit_group(p, number);
    }
    finish_call(t, &c, NULL);
    restore_mask(t);
}
