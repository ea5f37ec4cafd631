/* Between sys_futex.c and sys_futex_inherit.c. */
#ifndef HOSTVIRT_SYS_FUTEX_H
#define HOSTVIRT_SYS_FUTEX_H

#include "hostvirt/syscall.h"

#include <linux/futex.h>

#ifndef FUTEX_LOCK_PI2 /* Linux 5.14: newer than some headers */
#define FUTEX_LOCK_PI2 13
#endif

/* An operation with priority inheritance on the word c->arg[0], which lies in the guest's part; -ENOSYS: it is none. */
int64_t futex_inherit(struct thread *t, const struct call *c, int command, int private, bool realtime);

#endif
