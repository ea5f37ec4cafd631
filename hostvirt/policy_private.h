/* Between the files of the policy. */
#ifndef HOSTVIRT_POLICY_PRIVATE_H
#define HOSTVIRT_POLICY_PRIVATE_H

#include "hostvirt/policy.h"

int policy_no_memory(char *reason, size_t bytes); /* -ENOMEM, with the sentence */
int policy_add_base(struct policy *p, char *reason, size_t bytes); /* nothing when base=none; idempotent */
int policy_open_mounts(struct policy *p, char *reason, size_t bytes);
int policy_resolve(struct endpoint *e, char *reason, size_t bytes);
int policy_resolve_own(struct endpoint *e, char *reason, size_t bytes); /* to addresses of this machine */

/* The folder in memory that holds the scratch mounts' folders (policy_scratch.c): made at the first call.  An
 * O_PATH descriptor of the folder for mount `index`, or a negative errno. */
int policy_scratch_folder(struct policy *p, size_t index);

#endif
