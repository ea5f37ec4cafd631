/* Thread dumps in HotSpot's layout. */
#ifndef CLOISTER_VM_DUMP_H
#define CLOISTER_VM_DUMP_H

#include "vm/thread.h"

/* "Full thread dump ..." of all threads to stdout, with deadlocks, at a safepoint of its own.  t in THREAD_JAVA. */
void dump_all_threads(struct thread *t);
void dump_threads_to(struct thread *t, int fd); /* the same; fd must not make the VM wait */
/* dump_deadlock.c; at a safepoint. */
void dump_deadlocks(struct vm *vm, int fd);
/* The Java thread's name, else the one the VM gave it; returns buffer. */
const char *dump_thread_name(struct thread *t, char *buffer, size_t size);

#endif
