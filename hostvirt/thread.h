/* A guest thread: a thread of the host that holds a vCPU while it runs guest code.
 *
 * Interrupting one (a signal for it, a checkpoint, the end of its process) is a kick: thread_kick() raises
 * KICK_SIGNAL on its host thread.  Its handler makes KVM_RUN return, makes a blocking host call return -EINTR, and does
 * so without a race: blocking_call() is a piece of assembly whose last check and `syscall` the handler knows
 * (interrupt.S).  After any kick the thread looks at `wanted` before it does anything else. */
#ifndef HOSTVIRT_THREAD_H
#define HOSTVIRT_THREAD_H

#include "hostvirt/process.h"
#include "hostvirt/vcpu.h"

#include <sched.h>

#define KICK_SIGNAL (SIGRTMIN + 1) /* of the host; guests' signals never are host signals */

/* A change of a thread's scheduling (sys_schedule.c); in terms of the host, but for what comes from a snapshot. */
struct scheduling {
    bool set_processors, set_policy, set_nice;
    bool saved; /* by a snapshot: processors as the guest numbers them, nice beyond the monitor's own */
    int policy, nice;
    cpu_set_t processors;
};

struct thread {
    struct process *process;
    struct thread *next;
    int tid;               /* virtual */
    pid_t host_tid;
    pthread_t host;
    struct vcpu *vcpu;     /* NULL while parked for long */
    struct cpu_state cpu;
    _Atomic int wanted;    /* not 0: attend to signals, checkpoint or exit before guest code runs or a call blocks */

    /* signals: under process->lock, except `blocked`, which only the thread itself writes */
    uint64_t blocked;
    uint64_t saved_blocked;  /* rt_sigsuspend, ppoll...: put back after the handler's frame is built */
    bool restore_blocked;
    struct signal_queue pending;
    stack_t alternate;       /* ss_flags SS_DISABLE when none */

    struct scheduling scheduling; /* asked for by other threads; under process->lock */

    uint64_t clear_tid;      /* guest address, 0: none */
    uint64_t robust_list;
    char name[16];
    bool exiting;            /* this thread alone */

    /* a call that a kick interrupted before it had a result and that is made again (SYS_RESTART...) */
    bool restarting;
    bool rewound;            /* stands at the `syscall` of a call to be made again: that needs no vCPU */
    uint64_t deadline;       /* host CLOCK_MONOTONIC ns of its time-out; 0: none */
    uint64_t awaited;        /* rt_sigtimedwait: signals that wake it although they are blocked */
    uint64_t fault_trap, fault_error, fault_address; /* of the last fault: what signal frames show */
    uint64_t unpatchable;    /* the last system-call site that could not be patched */

    uint64_t cpu_time_base;  /* ns used before a restore */
    _Atomic bool parked;     /* at a checkpoint: cpu holds everything */
};

extern __thread struct thread *current_thread; /* for the kick and fault handlers */

/* Results of handlers that a guest never sees: like Linux's own -ERESTART... codes.  After a kick without a signal
 * handler all run the call again; with a handler: */
#define SYS_RESTART (-512)        /* again when SA_RESTART, else -EINTR (ERESTARTSYS) */
#define SYS_RESTART_ALWAYS (-513) /* again: of calls that signals never end (ERESTARTNOINTR) */
#define SYS_RESTART_NOHAND (-514) /* -EINTR (ERESTARTNOHAND) */
#define SYS_RESTART_TIMED (-516)  /* -EINTR; made again with t->deadline (ERESTART_RESTARTBLOCK) */
#define SYS_NO_RESULT (-600)      /* the handler has set the registers itself (rt_sigreturn, execve) */
static inline bool thread_call_restarts(int64_t result)
{
    return result == SYS_RESTART || result == SYS_RESTART_ALWAYS || result == SYS_RESTART_NOHAND ||
           result == SYS_RESTART_TIMED;
}

/* Installs the handler of KICK_SIGNAL; once per monitor. */
int kick_init(void);
/* Makes a host system call that may block.  The result or -errno; -EINTR when `wanted` is or becomes not 0. */
long blocking_call(struct thread *t, long number, long a, long b, long c, long d, long e, long f);

/* A new thread of `p`, not started: registers and masks are the caller's to fill.  -EAGAIN at the family's limit. */
int thread_new(struct process *p, struct thread **out);
int thread_start(struct thread *t); /* gives it a host thread that runs thread_loop */
/* Runs guest code until the thread ends; the main thread of a process calls it on its own host thread. */
void thread_loop(struct thread *t);
void thread_kick(struct thread *t);
/* Makes t->wanted true and kicks it when it is another thread. */
void thread_attend(struct thread *t);
struct thread *thread_find(struct process *p, int tid); /* under process->lock */
/* Applies t->scheduling; on its own host thread. */
void schedule_as_asked(struct thread *t);
/* What a stopped thread has been given, for a snapshot; threads that have not begun have nothing of their own. */
void schedule_describe(const struct thread *t, struct scheduling *out);
/* Leaves it for a thread of a clone, or of a reset, which may have something else by now.  Under process->lock. */
void schedule_put(struct thread *t, const struct scheduling *saved);

/* Gets vector state and segment bases out of the vCPU, so that t->cpu is complete and can be copied. */
int thread_complete_state(struct thread *t);
/* Gives the vCPU back; t->cpu is complete then.  thread_loop takes one again. */
void thread_release_vcpu(struct thread *t);
/* Sleeps until the deadline (0: for ever).  -ETIMEDOUT, or -EINTR when kicked. */
int thread_sleep(struct thread *t, uint64_t deadline);

/* The deadline of a timed call: the one kept from before a restart, or now + timeout. */
uint64_t thread_deadline(struct thread *t, const struct timespec *timeout);

#endif
