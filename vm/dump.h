/* Thread dumps in HotSpot's layout. */
#ifndef CLOISTER_VM_DUMP_H
#define CLOISTER_VM_DUMP_H

#include "vm/thread.h"

/* "Full thread dump ..." of all threads to stdout, with deadlocks, at a safepoint of its own.  t in THREAD_JAVA. */
void dump_all_threads(struct thread *t);
void dump_all_threads_to(struct thread *t, int fd);
/* dump_deadlock.c; at a safepoint. */
void dump_deadlocks(struct vm *vm, int fd);
/* The Java thread's name, else the one the VM gave it; returns buffer. */
const char *dump_thread_name(struct thread *t, char *buffer, size_t size);
/* Threads of a deadlock, by Java threads: for management.  At a safepoint: fills out[] with cycles found, returns their
 * number; a thread that waits for `owner` through a monitor or (with `synchronizers`) an ownable synchronizer. */
size_t deadlocked_threads(struct vm *vm, bool synchronizers, struct thread **out, size_t maximum);

#endif
