/* Guest signals: sending, masks, and delivery by a frame on the guest's stack, as Linux on x86-64 builds it
 * (sigaction(2), sigaltstack(2); layout measured against the kernel, see guestsignal_frame.c). */
#ifndef HOSTVIRT_GUESTSIGNAL_H
#define HOSTVIRT_GUESTSIGNAL_H

#include "hostvirt/thread.h"

/* Queues a signal and kicks a thread that takes it.  Standard signals are not queued twice.  -EAGAIN: queue full. */
int signal_thread(struct thread *t, const siginfo_t *info);
int signal_process(struct process *p, const siginfo_t *info);
int signal_tid(struct process *p, int tid, const siginfo_t *info); /* the thread with a virtual tid; -ESRCH: none */

/* A fault of the thread's own: cannot be blocked or ignored; with either, the process ends. */
void signal_force(struct thread *t, int number, int code, uint64_t address, int trap, uint64_t error);

/* Called before every return to guest code: takes pending signals that are not blocked, builds frames or applies the
 * default action (end, stop, ignore).  `result` is the interrupted call's value when `in_call`. */
void signal_deliver(struct thread *t, bool in_call, int64_t result);

bool signal_pending(struct thread *t);            /* one that is neither blocked nor ignored */
void signal_set_blocked(struct thread *t, uint64_t mask); /* SIGKILL and SIGSTOP stay out */
/* For rt_sigsuspend, ppoll, epoll_pwait: the mask until the call returns or the handler's frame is built. */
void signal_swap_blocked(struct thread *t, uint64_t mask);
/* The same with the mask at a guest address (0: none), of `bytes` bytes.  0, -EINVAL, -EFAULT. */
#define KERNEL_MASK_BYTES 8 /* sizeof of the kernel's sigset */
int signal_take_mask(struct thread *t, uint64_t address, uint64_t bytes);
void signal_queue_free(struct signal_queue *q);
void signal_reset_for_exec(struct process *p);
/* Takes a pending signal of `set`, blocked or not (the thread's own first): rt_sigtimedwait, signalfd. */
bool signal_take(struct thread *t, uint64_t set, siginfo_t *info);
/* The signals pending for the thread and its process. */
uint64_t signal_pending_set(struct thread *t);

/* signalfd: `host`, an eventfd, is written to whenever a signal of `mask` becomes pending, so that it can be polled.
 * The owner takes signals with signal_take and drains the eventfd when nothing of the mask is pending. */
struct signal_watch {
    struct signal_watch *next;
    uint64_t mask;
    int host;
};
void signal_watch(struct process *p, struct signal_watch *w); /* w stays the caller's; writes at once when pending */
void signal_tell_watches(struct process *p); /* of what is pending: a restore has put it there */
void signal_unwatch(struct process *p, struct signal_watch *w);

/* Signals of the host that reach the monitor for its guest (SIGINT, SIGTERM, SIGWINCH...). */
/* One thread of the monitor waits for them, for MAIL_SIGNAL and SIGCHLD (family_reap, family_take_mail) and for the
 * guest's timers.  Called before other threads are started (they inherit its mask), and again in a forked monitor. */
int signal_forward_host(struct monitor *m);
void signal_forward_wait(struct monitor *m); /* until its thread has begun and can be sent signals */

#endif
