/* Stopping all threads of a process at a point where their state is complete in memory, and letting them go on.
 * A blocked call is rewound to its `syscall` instruction (with its deadline kept) unless it has moved data. */
#ifndef HOSTVIRT_CHECKPOINT_H
#define HOSTVIRT_CHECKPOINT_H

#include "hostvirt/thread.h"

/* Stops every thread but the caller's (when the caller is a guest thread).  Then each has t->parked, its vCPU given
 * back and t->cpu complete.  -EBUSY between vfork and exec; -ETIMEDOUT after 5 s with none stopped any longer by this.
 * Several may stop a process at a time: it goes on when each has resumed it. */
int checkpoint_stop(struct monitor *m, struct thread *self);
void checkpoint_resume(struct monitor *m);
/* While stopped threads and what they own are looked at or changed: an end of the process (a limit, a request to kill
 * it) waits for the release, so that nothing is freed.  Who holds for long looks at process->exiting.  -ESRCH when the
 * process is ending already. */
int checkpoint_hold(struct monitor *m);
void checkpoint_release(struct monitor *m);
/* Called by thread_loop when monitor->stop_request is set: parks until checkpoint_resume. */
void checkpoint_park(struct thread *t);

#endif
