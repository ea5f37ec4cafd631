/* Between the files of the process layer. */
#ifndef HOSTVIRT_PROCESS_PRIVATE_H
#define HOSTVIRT_PROCESS_PRIVATE_H

#include "hostvirt/thread.h"

/* A process in the monitor's list, without memory, descriptors and threads.  NULL: no memory. */
struct process *process_new(struct monitor *m);
void process_free(struct process *p);
/* Gives a process its descriptor table, NULL when it ends; the one before.  Under the monitor's lock, which whoever
 * freezes the tables of all processes holds. */
struct descriptors *process_exchange_descriptors(struct process *p, struct descriptors *d);

/* The parent of a vfork waits on this word until the child has a program of its own or has ended. */
struct vfork {
    _Atomic int done;
    atomic_uint references;
};

/* Lets the parent that waits in vfork go on; NULL: none waits.  The child has given up its share of the memory before:
 * a parent that starts a program at once is alone in it. */
void vfork_done(struct vfork *v);

/* ---- a monitor copied by fork(2): process_fork.c, process_leave.c ---- */

/* In the copy, where one thread runs: all else that did in the original is forgotten.  NULL: that one, too. */
void process_forget_threads(struct process *p, struct thread *keep);
/* In the copy: it has one process, which ends with it, its own watching threads, and no clients.  0 or a negative
 * errno; does not return when a reset has ended the family meanwhile. */
int process_become_monitor(struct monitor *m, struct process *p, struct thread *t);
/* In the original: the copy is known from here on.  One that comes too late for the end of the first process, which
 * takes all that it knows along (monitor_run), is killed now. */
void process_announce_host(struct monitor *m, struct family_process *row, pid_t host);

#endif
