/* Between the files of the thread layer. */
#ifndef HOSTVIRT_THREAD_PRIVATE_H
#define HOSTVIRT_THREAD_PRIVATE_H

#include "hostvirt/thread.h"

/* The calling host thread is t's from now on, and can be kicked. */
void thread_begin(struct thread *t);
/* t ends: its locks and its word of CLONE_CHILD_CLEARTID are told, it leaves its process and is freed; the last thread
 * ends the process. */
void thread_end(struct thread *t);
/* Out of the process's list. */
void thread_unlink(struct thread *t, bool *last);
/* Frees one that never ran. */
void thread_discard(struct thread *t);
/* Binds a vCPU, waiting for one when all are taken.  -EINTR when kicked, other errors are KVM's. */
int thread_take_vcpu(struct thread *t);

/* set_robust_list(2): tells the waiters of the locks that t holds that their owner died (sys_futex.c). */
void robust_list_walk(struct thread *t);
/* set_tid_address(2), CLONE_CHILD_CLEARTID (sys_futex.c). */
void thread_clear_tid(struct thread *t);

/* Looks again at who takes a process's signals of `set`.  Under process->lock. */
void signal_retarget(struct process *p, uint64_t set);

/* The address that the instruction at regs->rip could not reach, found by trying its operands; 0: not found
 * (faultaddress.c). */
uint64_t fault_address(const struct kvm_regs *regs);

#endif
