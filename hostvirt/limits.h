/* Limits that need a watch: processor time, wall time, memory in use, rate of system calls.  One watching thread per
 * monitor sleeps until the next limit could be reached. */
#ifndef HOSTVIRT_LIMITS_H
#define HOSTVIRT_LIMITS_H

#include "hostvirt/process.h"

enum limit { LIMIT_NONE, LIMIT_CPU_TIME, LIMIT_WALL_TIME, LIMIT_MEMORY };

/* Before the wall: opens what lies behind it. */
int limits_prepare(struct monitor *m);
/* The watching thread; also keeps the monitor to as many processors as the policy gives. */
int limits_start(struct monitor *m);
/* A memfd has grown by a call, or may grow by being touched: `bytes` of it want to be looked at. */
void limits_memory_grew(struct monitor *m, uint64_t bytes);
/* A descriptor of the host that may hold memory of the guest's has this number. */
void limits_saw_descriptor(int host);
/* Wakes the thread that watches. */
void limits_look(struct monitor *m);
/* The guest has ended: its limits are looked at no more.  Nobody waits for the thread, which ends with the process:
 * until then the policy and the monitor stay as they are. */
void limits_stop(struct monitor *m);
/* Why the isolate was ended by a limit, or NULL: a sentence. */
const char *limits_reason(const struct monitor *m);
bool limits_call_allowed(struct monitor *m); /* the rate of system calls: waits when it is exceeded */

#endif
