/* The monitor's own wall: what it may still do when a guest has broken out of it (docs/threat-model.md).
 *
 * Order: wall_begin first of all; the policy, the monitor, its guest and its socket are made; wall_prepare while the
 * process has one thread, because Landlock and capabilities belong to threads and are inherited by those made later;
 * then the monitor's own threads (control_serve, signal_forward_host, limits_start); then wall_close, whose filter goes
 * to all threads at once; then the guest's first instruction.  Copies that fork makes inherit all of it. */
#ifndef HOSTVIRT_WALL_H
#define HOSTVIRT_WALL_H

#include "hostvirt/policy.h"

#include <errno.h>

/* Closes every descriptor that the process inherited but 0, 1, 2 and those of `keep` (ends with -1, may be NULL):
 * before anything is opened.  What of the first three is missing stays missing for the guest, and is not reused by the
 * monitor.  Raises the limit of descriptors to the hard limit: the guest's is kept by the monitor. */
int wall_begin(const int *keep, char *reason, size_t bytes);
/* no_new_privs, capabilities dropped, core dumps off, not dumpable, Landlock by the policy's mounts and ports.
 * `rules`: what wall_rules gave, which this takes over; an error of it is returned. */
int wall_prepare(int rules, char *reason, size_t bytes);
/* Landlock's rules for wall_prepare, which take the longest of it: whoever makes many monitors makes them ahead, for
 * one each, because scratch folders differ.  `keep` ends with -1: descriptors that go on being used beside the policy's
 * own (control_descriptors); from the folders among them files may still be removed: the monitor's own socket.  A
 * descriptor, WALL_NO_RULES where the kernel has no Landlock, or a negative errno with a sentence. */
int wall_rules(const struct policy *p, const int *keep, bool names_scoped, char *reason, size_t bytes);
#define WALL_NO_RULES (-ENOSYS)
/* Landlock tells abstract socket names within from those outside by when their sockets were made.  Who binds one before
 * wall_prepare and is to reach it behind the wall calls this first, once, with one thread, and says so to
 * wall_rules (`names_scoped`): from now on the process reaches names of sockets made later only.  Sets no_new_privs. */
int wall_scope_names(char *reason, size_t bytes);
/* The part of wall_prepare that takes nothing away but what programs to be executed could get: a process that makes
 * monitors by fork does it once for all of them. */
int wall_drop_bounds(char *reason, size_t bytes);
/* Phase two: the filter, for every thread of the process. */
int wall_close(const struct policy *p, char *reason, size_t bytes);

/* --isolation=process and none: runs the program as a child under the same options; its status as wait4 reports it. */
int process_isolation_run(const struct policy *p, const char *program, char *const argv[], int *status, char *reason,
                          size_t bytes);

#endif
