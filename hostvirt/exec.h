/* Loading programs: ELF files (static, static-pie, dynamic through their own interpreter), scripts (#!), the start
 * stack with its auxiliary vector, and the vDSO. */
#ifndef HOSTVIRT_EXEC_H
#define HOSTVIRT_EXEC_H

#include "hostvirt/thread.h"

/* What a program is started with; strings are the monitor's own copies. */
struct image {
    const char *path;   /* guest path */
    char *const *argv;
    char *const *envp;
};

/* Replaces the address space of t's process by the program and sets t's registers to its entry.  Before anything is
 * given up the file is read and checked: -ENOENT, -EACCES, -ENOEXEC, -ENOMEM, -E2BIG, -ELOOP leave the old program
 * running.  Later failures end the process by SIGKILL, as Linux does. */
int exec_load(struct thread *t, const struct image *image);
/* Why a program was not started, by a negative errno; `own_files`: it sees others than the host's. */
const char *exec_refusal(int error, bool own_files);

#endif
