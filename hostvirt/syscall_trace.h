/* The lines of --trace-exits: one for each system call, like strace's (strace(1)), on the monitor's standard error. */
#ifndef HOSTVIRT_SYSCALL_TRACE_H
#define HOSTVIRT_SYSCALL_TRACE_H

#include "hostvirt/syscall.h"

/* Formats the call before it is made; trace_result writes the line.  `row` NULL: a number that is not in the table. */
void trace_call(struct thread *t, const struct call *c, const struct syscall_row *row);
void trace_result(struct thread *t, const struct call *c, const struct syscall_row *row, int64_t result);
/* Other exits: exceptions and signals that they become. */
void trace_exception(struct thread *t, const struct guest_exit *e);

#endif
