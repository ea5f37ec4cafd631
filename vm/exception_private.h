/* What the files about exceptions share among themselves. */
#ifndef CLOISTER_VM_EXCEPTION_PRIVATE_H
#define CLOISTER_VM_EXCEPTION_PRIVATE_H

#include "vm/exception.h"
#include "vm/vm.h"

/* -XX:OnOutOfMemoryError, HeapDumpOnOutOfMemoryError (once), CrashOnOutOfMemoryError, ExitOnOutOfMemoryError. */
void out_of_memory_actions(struct thread *t, const char *why);

/* A backtrace is a long[]: the method's address (47 bits) above 16 bits of bytecode index; classes are never unloaded.
 * The sign bit of the first entry tells that hidden frames above it were left out. */
enum { BACKTRACE_NATIVE = 0xffff };
#define BACKTRACE_HIDDEN_TOP INT64_MIN
static inline struct method *backtrace_method(int64_t entry) { return (struct method *)((uint64_t)entry << 1 >> 17); }
static inline int32_t backtrace_bci(int64_t entry)
{
    int32_t bci = (int32_t)(entry & 0xffff);
    return bci == BACKTRACE_NATIVE ? -2 : bci;
}
/* Entries of the frames from f outward into out[], at most `maximum` (0: no limit); returns their number.  out NULL:
 * counts. Throwables leave hidden frames out, traces of threads show them. */
size_t backtrace_collect(struct frame *f, bool show_hidden, int64_t *out, size_t maximum);

#endif
