/* A share of the processors: the isolate's processes in a control group of version 2 of their own (cgroups(7),
 * Documentation/admin-guide/cgroup-v2.rst in Linux), where this user may make one. */
#ifndef HOSTVIRT_CGROUP_H
#define HOSTVIRT_CGROUP_H

#include "hostvirt/policy.h"

#include <stddef.h>

#define CGROUP_WEIGHT_MOST 10000 /* of cpu.weight; 100 is usual */
#define CGROUP_PERIOD 100000     /* us, of cpu.max */

/* The folder of the control group that this process is in, as a path of this machine, malloc'ed.  `mounts` and `own`
 * are texts like /proc/self/mountinfo and /proc/self/cgroup.  NULL with a sentence: there is none, or no memory. */
char *cgroup_own(const char *mounts, const char *own, char *reason, size_t bytes);

/* Whether a group that can share processors may be made below the own one; what is there or missing, as a phrase. */
bool cgroup_offered(char *text, size_t bytes);

/* Moves this process, with its threads and the processes that it will make, to a new group below p->cgroup (NULL: the
 * own one) that has p->cpu_weight and p->cpu_max; nothing is done when neither is set.  The group outlives its last
 * process until the next isolate is started there.  Negative errno with a sentence. */
int cgroup_join(const struct policy *p, char *reason, size_t bytes);

#endif
