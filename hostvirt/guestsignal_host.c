/* The monitor's signal thread: takes the host's signals and passes them on to the guest, the family's mail, and the
 * expirations of the guest's timers.  No guest thread ever has one of these signals unblocked. */
#include "hostvirt/control.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/guestsignal_private.h"
#include "hostvirt/timer.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STACK_BYTES (128u << 10)

static const int forwarded[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT, SIGUSR1, SIGUSR2,
                                SIGALRM, SIGCONT, SIGWINCH, SIGTSTP, SIGPIPE};

static void signal_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < sizeof forwarded / sizeof forwarded[0]; i++)
        sigaddset(set, forwarded[i]);
    sigaddset(set, SIGCHLD);
    sigaddset(set, MAIL_SIGNAL);
    sigaddset(set, TIMER_SIGNAL);
}

/* The guest learns that a signal came, not from which process of the host (as from outside of a pid namespace). */
static void forward(struct monitor *m, int number, int code)
{
    siginfo_t info = {.si_signo = number, .si_code = code == SI_KERNEL ? SI_KERNEL : SI_USER};

    signal_process(m->process, &info);
}

/* Children of vfork take their mail themselves: they may end while this thread looks at them. */
static void take_mail(struct monitor *m)
{
    family_reap(m);
    family_take_mail(m->process);
    control_report(m);
    pthread_mutex_lock(&m->lock);
    for (struct process *p = m->processes; p != NULL; p = p->next) {
        if (p == m->process)
            continue;
        pthread_mutex_lock(&p->lock);
        for (struct thread *t = p->threads; t != NULL; t = t->next)
            thread_attend(t);
        pthread_mutex_unlock(&p->lock);
    }
    pthread_mutex_unlock(&m->lock);
}

static void *signal_thread_main(void *argument)
{
    struct monitor *m = argument;
    sigset_t set;
    siginfo_t info;

    m->signal_thread = gettid();
    syscall(SYS_futex, &m->signal_thread, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
    signal_set(&set);
    for (;;) {
        int number = sigwaitinfo(&set, &info);
        if (number < 0)
            continue;
        if (number == TIMER_SIGNAL)
            timer_expired(m, info.si_int, info.si_overrun);
        else if (number == MAIL_SIGNAL && info.si_code == SI_QUEUE)
            forward(m, info.si_int, SI_KERNEL);
        else if (number == MAIL_SIGNAL || number == SIGCHLD)
            take_mail(m);
        else
            forward(m, number, info.si_code);
    }
    return NULL;
}

/* What the monitor was started with ignored (nohup(1), background jobs of simple shells), its guest ignores, too. */
static void inherit_ignored(struct process *p)
{
    struct sigaction action;

    pthread_mutex_lock(&p->lock);
    for (int number = 1; number < SIGRTMIN_GUEST; number++)
        if (number != SIGKILL && number != SIGSTOP && sigaction(number, NULL, &action) == 0 &&
            action.sa_handler == SIG_IGN && p->actions[number - 1].handler == (uint64_t)(uintptr_t)SIG_DFL)
            p->actions[number - 1].handler = (uint64_t)(uintptr_t)SIG_IGN;
    pthread_mutex_unlock(&p->lock);
}

int signal_forward_host(struct monitor *m)
{
    pthread_attr_t attributes;
    pthread_t host;
    sigset_t set;

    if (m->forked) {
        /* The only thread of a new copy (the family has counted it, process_fork.c): nobody waits for it, nothing is
         * stopped, and its times begin at zero. */
        COUNT(m->statistics, threads);
        m->vcpu_waiters = 0;
        m->process->stopped = 0;
        for (struct thread *t = m->process->threads; t != NULL; t = t->next)
            t->cpu_time_base = 0;
    } else {
        inherit_ignored(m->process);
    }
    m->signal_thread = 0;
    signal_set(&set);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0)
        return -error;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    /* KICK_SIGNAL is only ever sent to guest threads by their ids; everything else stays blocked here. */
    error = pthread_create(&host, &attributes, signal_thread_main, m);
    pthread_attr_destroy(&attributes);
    signal_mirror_terminal(m->process);
    return -error;
}

void signal_forward_wait(struct monitor *m)
{
    while (m->signal_thread == 0)
        syscall(SYS_futex, &m->signal_thread, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0);
}

/* ---- the terminal's SIGTTIN and SIGTTOU ------------------------------------------------------------------------- */

/* On the thread whose call the terminal refused.  Async-signal-safe. */
static void terminal_handler(int number)
{
    int saved = errno;
    pid_t target = the_monitor->signal_thread;
    siginfo_t info = {.si_signo = MAIL_SIGNAL, .si_code = SI_QUEUE};

    info.si_pid = getpid();
    info.si_value.sival_int = number;
    syscall(SYS_rt_tgsigqueueinfo, getpid(), target, MAIL_SIGNAL, &info);
    errno = saved;
}

void signal_mirror_terminal(struct process *p)
{
    static const int numbers[] = {SIGTTIN, SIGTTOU};

    if (p != p->monitor->process || p->monitor->signal_thread == 0)
        return;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t handler = p->actions[numbers[i] - 1].handler;
        struct sigaction action = {.sa_handler = handler == (uint64_t)(uintptr_t)SIG_DFL   ? SIG_DFL
                                                 : handler == (uint64_t)(uintptr_t)SIG_IGN ? SIG_IGN
                                                                                           : terminal_handler};
        sigemptyset(&action.sa_mask);
        sigaction(numbers[i], &action, NULL);
    }
}
