/* The report of a fatal fault. */
#ifndef CLOISTER_VM_CRASH_REPORT_H
#define CLOISTER_VM_CRASH_REPORT_H

#include <signal.h>

#include "vm/base.h"

void crash_expand_pid(char *out, size_t size, const char *pattern); /* %p: the process, %%: % */
void crash_report_init(struct vm *vm);   /* composes what cannot be found out inside a signal handler */
/* Writes hs_err_pid<pid>.log and HotSpot's message on stdout.  Only async-signal-safe work; may be entered again. */
void crash_report(int number, const siginfo_t *info, const void *context);
uintptr_t crash_pc(const void *context);

#endif
