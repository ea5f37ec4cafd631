/* Between the files of the wall and of process isolation. */
#ifndef HOSTVIRT_WALL_PRIVATE_H
#define HOSTVIRT_WALL_PRIVATE_H

#include "hostvirt/wall.h"

/* no_new_privs, and no capability in any set, for the calling thread and what it makes. */
int wall_drop_privileges(char *reason, size_t bytes);

enum landlock_use {
    LANDLOCK_MONITOR, /* paths by the mounts; no path is ever executed */
    LANDLOCK_SCOPED_MONITOR, /* the same after wall_scope_names, whose layer has the abstract names */
    LANDLOCK_PROGRAM, /* the same for a program that runs directly: executes what its mounts show */
};

/* The rules of the policy's mounts and ports; from folders among `keep` (ends with -1, may be NULL) files may be
 * removed.  A descriptor, WALL_NO_RULES where the kernel has no Landlock (the other layers stand; `cloister check` says
 * so), or a negative errno with a sentence. */
int wall_landlock_rules(const struct policy *p, const int *keep, enum landlock_use use, char *reason, size_t bytes);
/* Confines the calling thread and what it makes to them; closes the descriptor.  An error of the rules is returned. */
int wall_landlock_enter(int rules, char *reason, size_t bytes);
/* Both at once, with no other folder. */
int wall_landlock(const struct policy *p, enum landlock_use use, char *reason, size_t bytes);

/* Loads a filter that denies what a program under --isolation=process has no business with; new processes, too, unless
 * `fork`. */
int wall_deny_list(bool fork, char *reason, size_t bytes);

#endif
