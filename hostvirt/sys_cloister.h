/* Calls of guests to Cloister itself. */
#ifndef HOSTVIRT_SYS_CLOISTER_H
#define HOSTVIRT_SYS_CLOISTER_H

#include "hostvirt/syscall.h"

/* Numbers from CLOISTER_CALL_FIRST on; results as for system calls. */
int64_t cloister_hypercall(struct thread *t, const struct call *c);

#endif
