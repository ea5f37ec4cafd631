/* What the files of the thread module share among themselves. */
#ifndef CLOISTER_VM_THREAD_PRIVATE_H
#define CLOISTER_VM_THREAD_PRIVATE_H

#include <time.h>

#include "vm/object.h"
#include "vm/thread.h"
#include "vm/vm.h"

/* Make a thread that does not run yet: Java stack, handle stack, id; entered in the list.  NULL: out of memory. */
struct thread *thread_make(struct vm *vm, struct object *java_thread, bool daemon, size_t java_stack);
void thread_destroy(struct thread *t);    /* leaves the list and frees everything */
/* The calling pthread becomes t: bounds of its C stack, collector.  `above`: an address behind every frame of it that
 * may hold references, for when the system cannot tell; NULL for stacks of others.  false: out of memory. */
bool thread_bind_current(struct thread *t, char *above);

static inline bool thread_java_interrupted(const struct thread *t)
{
    return t->java_thread != NULL && object_get_byte(t->java_thread, t->vm->known.Thread_interrupted) != 0;
}

static inline void thread_clear_interrupted(struct thread *t)
{
    if (t->java_thread != NULL)
        object_set_byte(t->java_thread, t->vm->known.Thread_interrupted, 0);
}

/* handle_stack.c.  false: out of memory. */
bool handle_stack_map(struct handle_stack *h);
void handle_stack_unmap(struct handle_stack *h);

/* Absolute CLOCK_MONOTONIC deadline `ns` from now, saturated. */
struct timespec park_deadline(int64_t ns);
/* Waits on t->park_cond with park_mutex held; deadline NULL: forever.  false: the deadline has passed. */
bool park_wait(struct thread *t, const struct timespec *deadline);
void thread_arm_interrupt(struct thread *t);

/* Under threads_lock: a new thread must notice a safepoint in progress. */
void safepoint_thread_added(struct thread *t);

#endif
