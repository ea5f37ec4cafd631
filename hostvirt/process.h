/* Guest processes and their families.
 *
 * A monitor process runs one guest process (struct process); only between vfork (or posix_spawn) and exec a second one
 * shares its address space.  fork copies the monitor.  All monitors of one isolate are a family: they share one page
 * (struct family) with the table of virtual process ids and the limits that count for all of them.
 *
 * struct monitor holds what is one per monitor process; every thread reaches it through its process. */
#ifndef HOSTVIRT_PROCESS_H
#define HOSTVIRT_PROCESS_H

#include "hostvirt/loopback.h"
#include "hostvirt/memory.h"
#include "hostvirt/policy.h"
#include "hostvirt/statistics.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

struct thread;
struct descriptors;
struct locks;
struct monitor;

#define FAMILY_PROCESSES 1024
#define FIRST_PID 1
#define WATCH_SIGNAL (SIGRTMIN + 4) /* of the host: limits.c's.  Both are blocked in every thread and read by one */
#define MAIL_SIGNAL (SIGRTMIN + 2) /* of the host: the monitor has mail, or should look at its children */
#define SIGNAL_COUNT 64
#define PATCH_SITES 1024 /* counters of calls; a power of two */

enum process_state { PROCESS_FREE, PROCESS_RUNNING, PROCESS_STOPPED, PROCESS_ZOMBIE };

/* One row of the family's table.  Signals to another monitor's process go through `mail`, then the monitor is
 * kicked. */
struct family_process {
    _Atomic int state; /* enum process_state */
    int pid, parent, group, session;
    pid_t host;        /* the monitor's process on the host; not a thread of it */
    int status;        /* as wait4 reports it, when a zombie */
    bool status_reported; /* the stop or continuation was waited for */
    struct rusage usage;  /* of a zombie */
    _Atomic uint64_t committed; /* bytes, and threads: what of the family's is its own (family_account.c) */
    _Atomic unsigned threads;
    unsigned mail_count;
    siginfo_t mail[16];
};

/* What a process shows of itself to the others of its family (family_shown.c); at the index of its row.  Under
 * family->lock. */
struct family_shown {
    uint64_t start; /* ns, host CLOCK_MONOTONIC */
    char name[16];  /* of its first thread */
    uint32_t program_bytes, arguments_bytes;
    char program[PATH_MAX];
    char arguments[4096]; /* NUL-separated, cut */
};

/* A file without a name that a monitor of the family holds: a memfd, shared anonymous memory. */
#define SHARED_ENTRIES 2048
struct shared_memory {
    uint64_t inode, bytes;
    uint16_t row; /* of the family's table */
};

struct family {
    pthread_mutex_t lock; /* process-shared, robust */
    _Atomic int next_id;  /* of processes and threads */
    _Atomic uint64_t committed; /* bytes, all address spaces */
    _Atomic uint64_t disk_written;
    _Atomic uint64_t cpu_time;  /* ns of those that ended */
    _Atomic unsigned threads;
    _Atomic int change;   /* futex word: counts changes of states (wait4) */
    _Atomic int broken_limit;    /* enum limit of limits.h: why everything ends; 0: nothing yet */
    _Atomic uint64_t rate_second, rate_count; /* system calls of the current second */
    _Atomic int foreground; /* virtual process group of the terminal (TIOCSPGRP); 0: the first process's */
    pid_t first;          /* the first monitor's process on the host: when it is gone, the others end */
    _Atomic unsigned rows; /* of `processes` that were ever used: the others are not looked at */
    uint64_t memory_limit, disk_limit; /* bytes; disk_limit 0: none */
    uint64_t clone_number; /* 0 in the original */
    uint64_t abstract_names; /* drawn at random: tells its abstract socket names from others' (net_unix.c) */
    uint64_t rights_key[2]; /* drawn at random, seen by monitors only: of sockets that travel (net_rights.c) */
    _Atomic unsigned abstract_next; /* the next that bind(2) tries of its own */
    _Atomic int report_state; /* futex word: what is wanted of the monitor of `report_pid` (control_report.c) */
    _Atomic int report_pid;
    char report[64 << 10];    /* its answer, a JSON text */
    struct family_process processes[FAMILY_PROCESSES];
    unsigned shared_count; /* under lock, as what follows (limits_shared.c) */
    struct shared_memory shared[SHARED_ENTRIES];
    struct loopback loopback; /* has a lock of its own */
    struct family_shown shown[FAMILY_PROCESSES]; /* last: pages that nobody touches until as many run */
};

/* rt_sigaction's table; shared by the threads of a process. */
struct action {
    uint64_t handler, flags, restorer, mask;
};

struct pending_signal {
    struct pending_signal *next;
    siginfo_t info;
};

struct signal_queue {
    uint64_t set; /* bit n-1: signal n has an entry */
    struct pending_signal *first, **last;
    unsigned length; /* bounded: RLIMIT_SIGPENDING shown to guests */
};

/* What fork copies and CLONE_FS shares: never shared between processes here, so plain. */
struct directories {
    char *working; /* guest path, normalised */
    unsigned umask;
};

struct process {
    struct monitor *monitor;
    struct process *next;      /* of the monitor: the main one and vfork's children.  Under monitor->lock */
    _Atomic unsigned references; /* its own until it ends, and those of who signals or watches it meanwhile */
    struct family_process *entry; /* its row; pids are read there */
    int pid;
    struct memory *memory;
    struct descriptors *descriptors; /* file.h */
    struct directories directories;
    pthread_mutex_t lock;      /* below: threads, actions, pending signals, timers.  Order: lock, then memory->lock;
                                * the descriptor table's own lock is a leaf */
    pthread_cond_t thread_ended; /* with lock: a thread has left the list (exec waits for the others) */
    struct thread *threads;    /* linked by thread->next */
    unsigned thread_count;
    struct action actions[SIGNAL_COUNT];
    struct signal_queue pending;
    struct signal_watch *watches; /* signalfd (guestsignal.h) */
    _Atomic int stopped;       /* futex word: the signal that stopped it (job control), 0: it runs */
    struct rlimit limits[16];
    char *program;             /* guest path of the executable: /proc/self/exe */
    char *arguments, *environment; /* NUL-separated, as /proc/self/cmdline and environ show them */
    size_t arguments_bytes, environment_bytes;
    uint64_t program_break;
    struct vfork *vfork;       /* the parent's wait, until exec or exit; NULL otherwise */
    bool moved;                /* went on in a monitor of its own (exec after vfork): ends here without a trace */
    int exit_signal;           /* to the parent; 0: none */
    int question_signal;       /* tells it that a question waits (calls.h); 0: it answers none.  Under lock */
    atomic_bool exiting;       /* exit_group: every thread leaves at its next kick */
    int exit_status;           /* as wait4 reports it */
    struct guest_timer *timers;/* timer_create, setitimer, alarm (sys_timer.c) */
    uint64_t start_time;       /* ns, guest's monotonic clock */
    struct rusage children;    /* waited for */
};

struct monitor {
    const struct policy *policy;
    struct platform platform;
    struct family *family;     /* shared mapping */
    pthread_mutex_t lock;      /* the list of processes; before any process->lock */
    struct process *processes; /* all of this monitor */
    struct process *process;   /* the main one */
    bool forked;               /* a copy made by fork: it ends with its guest process */
    _Atomic int ended;         /* futex word: 1 when the main process has ended */
    _Atomic uint64_t killed; /* when the main process was killed, ns, host CLOCK_MONOTONIC; 0: it was not (limits.c) */
    struct statistics *statistics; /* shared mapping: stat(1) of other processes reads it */
    uint64_t clock_offset;     /* guest's CLOCK_MONOTONIC = host's + offset (wraps): clones continue, never jump back */
    cpu_set_t processors;      /* of the host: those that the guest's threads may use (limits.c) */
    uint64_t vdso;             /* guest address, 0: none */
    struct vdso_data *vdso_data; /* the monitor's view of its clock page (shared by the family) */
    int vdso_file;             /* memfd: clock page, then the vDSO's image */
    uint64_t started;          /* ns, host CLOCK_MONOTONIC at the monitor's main */
    bool has_strangers;        /* host children from before it was a monitor (`sleep 9 & exec cloister run`) */
    struct limits *limits;     /* the watching thread's own (limits.c) */
    struct control *control;   /* the answering thread's own (control.c); NULL: nobody can ask */
    _Atomic int stop_request;  /* futex word: how many want threads to park at their next kick (checkpoint.h) */
    _Atomic int parks;         /* futex word: counts threads that parked */
    _Atomic int holds;         /* who keeps parked threads from leaving when the process ends (checkpoint.h) */
    _Atomic unsigned vcpu_waiters; /* threads that found every vCPU taken: those about to block give theirs back */
    _Atomic int vcpu_returns;  /* futex word: counts vCPUs given back while somebody waited */
    _Atomic pid_t signal_thread; /* of the host: receives its signals and the guest's timers (guestsignal_host.c) */
    _Atomic unsigned patch_attempts; /* system-call sites looked at for patching */
    _Atomic uint8_t site_calls[PATCH_SITES]; /* by a hash of the site: calls since it was last looked at */
    struct cache *cache;       /* the workload cache; NULL: none */
    _Atomic int gate;          /* futex word; 1: the threads of a standby wait (monitor.h) */
    void (*exited)(struct monitor *m); /* called at the first exit of the guest, once; NULL: nobody waits for it */
    struct calls *calls;       /* messages for the guest (calls.h) */
    struct process_file *process_files; /* pidfds that this monitor must tell (process_file.h).  Under lock */
    pthread_mutex_t network_lock; /* what sockets are bound and connected to (net.h); before the loopback's own lock */
    bool names_scoped;           /* wall_scope_names was called */
    struct vm *vm;               /* the first process's, until that is made */
    int rules;                   /* made ahead by a zygote (wall_rules); 0: none */
    int loopback_store[2];       /* host descriptors that the family shares (loopback.h); 0: not made yet */
    struct locks *locks;         /* of files, that this host process holds (lock.h) */
    struct snapshots *snapshots; /* what saving and resetting keep (snapshot_private.h); NULL: nothing yet */
};

/* The one monitor of this process: fault and kick handlers have no other way to it. */
extern struct monitor *the_monitor;

/* Opens KVM, unless m->platform was opened already (a zygote's), and makes what is one per isolate: family, statistics,
 * handlers.  For monitor_start and snapshot_restore. */
int monitor_init(struct monitor *m, const struct policy *p, char *reason, size_t bytes);
/* Makes the family, the first process and its address space; loads the program (exec.h).  argv and the policy's
 * environment are copied.  Negative errno with a sentence. */
int monitor_start(struct monitor *m, const struct policy *p, const char *program, char *const argv[], char *reason,
                  size_t bytes);
/* Runs the guest to its end.  Returns the status as wait4 reports it; all threads are gone then. */
int monitor_run(struct monitor *m);

/* A process is there as long as somebody has a reference, but without threads, memory and descriptors once it has
 * ended. */
void process_get(struct process *p);
void process_put(struct process *p);
/* Ends the process: all its threads leave; `status` as wait4 reports it. */
void process_exit_group(struct process *p, int status);
/* A thread ends: the thread layer takes it out of process->threads (under lock, then signals thread_ended) and, when it
 * was the last, calls process_ended on that thread.  In a forked monitor that does not return. */
void process_ended(struct process *p);
/* For exec: the other threads of t's process leave; a child of vfork goes on in a monitor of its own.  Returns 0 with t
 * alone, and in the old monitor of a vfork's child with process->moved set: there t ends. */
int process_leave_program(struct thread *t);
/* fork(2), vfork(2) and clone(2) without CLONE_THREAD.  Returns the child's pid in the parent, 0 in the child. */
int64_t process_clone(struct thread *t, uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t child_tid,
                      uint64_t tls, int exit_signal);
/* The family's shared page, with its first row taken by this monitor. */
int family_new(struct family **out, const struct policy *p);
/* Mutexes in pages that the family shares; they survive a holder that was killed. */
void shared_mutex_init(pthread_mutex_t *mutex);
void shared_mutex_lock(pthread_mutex_t *mutex);
unsigned family_running(const struct family *f); /* processes that run or are stopped */
void family_lock(struct family *f); /* survives a holder that was killed */
void family_unlock(struct family *f);
int family_new_id(struct family *f);
/* A free row for a child of `parent`, running on host process `host`; NULL: none left.  Under family->lock. */
struct family_process *family_add(struct family *f, const struct family_process *parent, int pid, pid_t host);
/* A process stopped, continued or ended: its row, its parent's wait and SIGCHLD. */
void family_report(struct process *p, enum process_state state, int status, int signal);

/* ---- what counts against the family's limits (family_account.c) ---- */

/* `owner` is the row of the process that has it; NULL: of one that has none yet.  false: the limit is reached. */
bool family_take_memory(struct family *f, struct family_process *owner, uint64_t bytes);
void family_add_memory(struct family *f, struct family_process *owner, uint64_t bytes); /* whatever the limit is */
void family_give_memory(struct family *f, struct family_process *owner, uint64_t bytes);
bool family_take_thread(struct family *f, struct family_process *owner, unsigned limit);
void family_add_thread(struct family *f, struct family_process *owner); /* whatever the limit is */
void family_give_thread(struct family *f, struct family_process *owner, int pid); /* pid: the thread's process */
/* Gives back all that a process had which is no more.  Under family->lock. */
void family_settle(struct family *f, struct family_process *owner);

/* ---- what processes show of themselves (family_shown.c) ---- */

/* A new row, of a child like its parent (NULL: none) until it says more.  Under family->lock. */
void family_show_child(struct family *f, const struct family_process *child, const struct family_process *parent);
void family_show(struct process *p, const char *name); /* it has a new program: that, its arguments, its name */
void family_show_name(struct process *p, const char *name);
void family_show_start(struct process *p, uint64_t start); /* ns, host CLOCK_MONOTONIC: of a restored one */
uint64_t family_start(const struct process *p); /* of its own start, ns since the first monitor's */
/* Copies the row and, unless NULL, the record of a process of p's family, p itself and zombies included; false: none
 * has that pid. */
bool family_look(const struct process *p, int pid, struct family_process *row, struct family_shown *shown);
int family_next(const struct process *p, int after); /* the next higher pid in use, -1: none */
/* The row of a pid, or NULL.  Under family->lock. */
struct family_process *family_find(struct family *f, int pid);
/* Sends a signal to every process that kill(2)'s pid names, from `t`.  0 or -ESRCH, -EPERM, -EINVAL. */
int family_signal(struct thread *t, int pid, const siginfo_t *info);
/* The host ended children of this monitor (its SIGCHLD): rows of those that could not report are made zombies. */
void family_reap(struct monitor *m);
/* Children of a process that ends belong to the first one from then on.  Under family->lock. */
void family_give_children(struct family *f, int pid);
/* Takes the signals that other monitors of the family mailed to this process. */
void family_take_mail(struct process *p);

#endif
