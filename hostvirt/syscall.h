/* The system calls that guests may make: one row each in syscalls.def, a named handler each. */
#ifndef HOSTVIRT_SYSCALL_H
#define HOSTVIRT_SYSCALL_H

#include "hostvirt/guestsignal.h"
#include "hostvirt/thread.h"
#include "hostvirt/uaccess.h"

#include <errno.h>

struct call {
    uint64_t number;
    uint64_t arg[6];
};

/* Returns the call's result as the kernel would: a value or a negative errno, or one of thread.h's SYS_... */
typedef int64_t syscall_handler(struct thread *t, const struct call *c);

/* What a call reaches: for the policy's sake, statistics and `cloister syscalls`. */
enum syscall_class { CLASS_FILE, CLASS_DIRECTORY, CLASS_MEMORY, CLASS_THREAD, CLASS_PROCESS, CLASS_SIGNAL, CLASS_TIME,
                     CLASS_NETWORK, CLASS_INFO, CLASS_REFUSED };

#define SYSCALL_TABLE_SIZE 512

struct syscall_row {
    const char *name;
    syscall_handler *handler;
    enum syscall_class class;
    const char *arguments; /* kinds, one letter each: d descriptor, p path, a address, n size, i int, f flags, t time */
    int answer;            /* handler NULL: refused with this negative errno, and counted */
};

extern const struct syscall_row syscall_table[SYSCALL_TABLE_SIZE];

/* Looks the call up, counts it, runs the handler.  Unknown numbers: -ENOSYS. */
int64_t syscall_dispatch(struct thread *t, const struct call *c);

#define SYSCALL(name) int64_t sys_##name(struct thread *t, const struct call *c)

/* int arguments arrive with dirty upper halves; Linux looks at the lower only. */
static inline int arg_int(const struct call *c, int i)
{
    return (int)(uint32_t)c->arg[i];
}

/* Prototypes of all handlers, from the table. */
#define ROW(number, name, class, arguments) SYSCALL(name);
#define REFUSED(number, name, error)
#include "hostvirt/syscalls.def"
#undef ROW
#undef REFUSED

#endif
