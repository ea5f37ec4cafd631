/* Safepoints and state changes.  A safepoint stops every thread in THREAD_JAVA at its next poll; the collector does not
 * need it (it stops threads by signals at any instruction), thread dumps, deoptimization and CHECKPOINT do.
 * Never request one while holding a mutex; allocating inside one is forbidden. */
#ifndef CLOISTER_VM_SAFEPOINT_H
#define CLOISTER_VM_SAFEPOINT_H

#include "vm/thread.h"

void safepoint_begin(struct thread *t, const char *reason); /* t: the caller, or NULL for an unattached VM thread */
void safepoint_end(struct thread *t);
void safepoint_poll_slow(struct thread *t);                 /* blocks while a safepoint or a suspension lasts */
/* Thread.suspend and resume.  suspend returns when the target runs no Java code any more; it goes on in native code. */
void thread_suspend(struct thread *t, struct object *java_thread);
void thread_resume(struct thread *t, struct object *java_thread);
static inline void safepoint_poll(struct thread *t)
{
    if (UNLIKELY(atomic_load_explicit(&t->poll, memory_order_relaxed)))
        safepoint_poll_slow(t);
}

/* JAVA -> state that counts as stopped, and back.  The requester uses membarrier(2), so these need no fence. */
static inline void thread_leave_java(struct thread *t, enum thread_state to)
{
    atomic_store_explicit(&t->state, to, memory_order_release);
}
static inline void thread_enter_java(struct thread *t)
{
    atomic_store_explicit(&t->state, THREAD_JAVA, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst);
    if (UNLIKELY(atomic_load_explicit(&t->poll, memory_order_relaxed)))
        safepoint_poll_slow(t);
}

#endif
