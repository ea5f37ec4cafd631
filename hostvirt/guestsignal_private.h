/* Between the files of guest signals. */
#ifndef HOSTVIRT_GUESTSIGNAL_PRIVATE_H
#define HOSTVIRT_GUESTSIGNAL_PRIVATE_H

#include "hostvirt/guestsignal.h"

#define SIGRTMIN_GUEST 32 /* the kernel's; the C library keeps two of them for itself */

/* A call that has returned to thread_loop and has not given its result to the guest yet. */
struct interrupted_call {
    bool in_call;
    int64_t result;
};

static inline uint64_t bit_of(int number)
{
    return 1ull << (number - 1);
}

/* Their default actions. */
#define SET_STOP (bit_of(SIGSTOP) | bit_of(SIGTSTP) | bit_of(SIGTTIN) | bit_of(SIGTTOU))
#define SET_IGNORED (bit_of(SIGCHLD) | bit_of(SIGURG) | bit_of(SIGWINCH) | bit_of(SIGCONT))

bool signal_ignored(const struct process *p, int number); /* by action or by default */
/* Queues for t, or with t NULL for the process; not SIGKILL and SIGCONT.  Under process->lock. */
int signal_send_locked(struct process *p, struct thread *t, const siginfo_t *info);
/* Takes the first entry of the lowest signal of `set`; synchronous ones come before all others.  Under
 * process->lock. */
bool signal_dequeue(struct process *p, struct signal_queue *q, uint64_t set, siginfo_t *info);
bool signal_timer_pending(const struct signal_queue *q, int id); /* under process->lock */
/* sigaction(2) with a checked number; new and old may be NULL. */
void signal_set_action(struct process *p, int number, const struct action *new, struct action *old);
/* The host's dispositions of SIGTTIN and SIGTTOU follow the guest's: the host's terminal sends them to readers in the
 * background, and how it answers the read depends on them (guestsignal_host.c). */
void signal_mirror_terminal(struct process *p);

/* Saves the interrupted state on the guest's stack and sets the registers for the handler.  `blocked` is the mask that
 * sigreturn puts back.  -EFAULT: the frame cannot be written, registers are as before. */
int frame_build(struct thread *t, const siginfo_t *info, const struct action *a, uint64_t blocked);
/* rt_sigreturn(2): everything back from the frame at the stack pointer, after checks.  -EFAULT: it is not one. */
int frame_return(struct thread *t);

#endif
