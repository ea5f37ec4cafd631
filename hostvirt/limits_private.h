/* Between the files of the limits. */
#ifndef HOSTVIRT_LIMITS_PRIVATE_H
#define HOSTVIRT_LIMITS_PRIVATE_H

#include "hostvirt/limits.h"

/* Bytes in memory without a name of the whole family (limits_shared.c): what this monitor holds is looked at now, what
 * the others hold is what they have last seen.  *growing: some of it can grow by being touched. */
uint64_t limits_shared_memory(struct monitor *m, bool *growing);

#endif
