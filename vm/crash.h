/* Faults of native code: the error report, and handing faults on to an embedder's handlers. */
#ifndef CLOISTER_VM_CRASH_H
#define CLOISTER_VM_CRASH_H

#include <signal.h>

#include "vm/thread.h"

void crash_init(struct vm *vm);             /* installs the handlers of SIGSEGV, SIGBUS, SIGFPE, SIGILL; once */
void crash_ignore_signal(int number); /* a handler that does nothing (SIGPIPE): not inherited by exec, unlike SIG_IGN */
/* Gives the calling thread a stack for these handlers: `area` of `size` bytes. */
void crash_use_stack(void *area, size_t size);
void crash_drop_stack(void *area);           /* before the area is unmapped */
enum { CRASH_STACK_SIZE = 64 << 10 };

#endif
