/* Kicks: the handler of KICK_SIGNAL, and host calls that it interrupts without a race (interrupt.S). */
#include "hostvirt/thread.h"

#include <errno.h>
#include <signal.h>
#include <ucontext.h>

/* interrupt.S */
long interruptible_call(const _Atomic int *wanted, long number, long a, long b, long c, long d, long e, long f);
extern const char interruptible_check[], interruptible_enter[], interruptible_exit[];

long blocking_call(struct thread *t, long number, long a, long b, long c, long d, long e, long f)
{
    return interruptible_call(&t->wanted, number, a, b, c, d, e, f);
}

/* Whoever kicks has set `wanted` before.  RIP at the `syscall` instruction: it has not run, or the kernel rewound it
 * (ERESTARTNOINTR) and it has done nothing; behind it: its result stands.  Async-signal-safe; keeps errno. */
static void kick_handler(int number, siginfo_t *info, void *context)
{
    ucontext_t *state = context;
    uintptr_t rip = (uintptr_t)state->uc_mcontext.gregs[REG_RIP];
    if (rip >= (uintptr_t)interruptible_check && rip <= (uintptr_t)interruptible_enter)
        state->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)interruptible_exit;
    struct thread *t = current_thread;
    if (t != NULL && t->vcpu != NULL)
        vcpu_kick(t->vcpu);
}

int kick_init(void)
{
    /* No SA_RESTART: a blocking call that the kick finds in the kernel has to come back with EINTR. */
    struct sigaction action = {.sa_sigaction = kick_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    if (sigaction(KICK_SIGNAL, &action, NULL) != 0)
        return -errno;
    sigset_t kick;
    sigemptyset(&kick);
    sigaddset(&kick, KICK_SIGNAL);
    return -pthread_sigmask(SIG_UNBLOCK, &kick, NULL);
}
