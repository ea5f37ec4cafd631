/* A monitor between its guest and that guest's first instruction: name, threads, wall.  The same steps for programs
 * that are run, snapshots that are restored, and standbys, which wait behind them at a gate. */
#ifndef HOSTVIRT_MONITOR_H
#define HOSTVIRT_MONITOR_H

#include "hostvirt/process.h"

/* A terminal of its own becomes this process's standard streams and, after setsid(2), its controlling terminal.  The
 * master side, or a negative errno. */
int monitor_terminal(void);
/* After monitor_start or snapshot_restore: takes the isolate's name, builds the wall, starts the threads beside the
 * guest, closes the wall.  `terminal`: the master side of the guest's (taken over), -1: none; `kept`: a descriptor that
 * stays usable behind the wall, -1: none; `standby`: the guest's threads are started, too, and wait at
 * the gate.  Negative errno with a sentence; control_stop is the caller's. */
int monitor_enclose(struct monitor *m, int terminal, int kept, bool standby, char *reason, size_t bytes);

/* While m->gate is 1, threads beside the first one wait here before they do anything. */
void monitor_wait_at_gate(struct monitor *m);
/* Lets them pass; each wakes the next, so that this costs the caller one wake-up. */
void monitor_open_gate(struct monitor *m);

#endif
