/* The zygote: a process that has opened and checked a snapshot, prepared the policy for its clones and opened KVM, and
 * forks a monitor for each clone that is asked for.  Ahead of requests it keeps standbys: monitors in which all is made
 * (VM, memory, descriptors, threads, socket, wall) and which wait right before their guest's first instruction.
 *
 *      client ---- request, its standard streams ----> zygote ---- the same and the connection ----> standby
 *         <------------------------- answer; at the end the status ---------------------------------
 *
 * It is one thread that answers on the socket NAME.sock as isolates do (control.h):
 *   {"request": "clone", "name": NAME, "detach": BOOL, "timed": BOOL, "asked": NS} with the descriptors 0, 1, 2 unless
 *   "detach"; answered by the clone: {"ok": true, "name", "pid", "clone_number"} and, when "timed", after its first
 *   exit and with "times".  Unless "detach" the connection stays: a line {"status": N} (as wait4 reports it) tells the
 *   clone's end, and a client that closes it ends the clone, as the end of `cloister clone FILE` would.
 *   ping, stat, stop, kill: of the zygote itself.  Standbys end with it at once; clones go on. */
#ifndef HOSTVIRT_ZYGOTE_H
#define HOSTVIRT_ZYGOTE_H

#include "hostvirt/policy.h"

#include <jansson.h>

struct snapshot;
struct zygote;

#define ZYGOTE_STANDBYS_MOST 1024

/* Steps of a clone in their order: name in the answer's "steps" (with _ns), what people read.  The time of a step is
 * that since the one before it; steps that a standby had behind it when it was asked for are not shown. */
#define CLONE_STEPS(STEP)                                                                                              \
    STEP(request, "the request to the zygote")                                                                         \
    STEP(fork, "a process")                                                                                            \
    STEP(restore, "virtual machine, memory, descriptors")                                                              \
    STEP(enclose, "name, threads, wall")                                                                               \
    STEP(warm, "virtual processor, first pages")                                                                       \
    STEP(name, "the name of the clone") \
    STEP(take, "the request to the standby") \
    STEP(enter, "streams, clocks")                                                                               \
    STEP(exit, "the guest to its first exit")

enum clone_step {
#define STEP(name, text) STEP_##name,
    CLONE_STEPS(STEP)
#undef STEP
        STEPS
};

/* Takes policy (prepared; its name is the zygote's) and snapshot as long as it lives; opens KVM, takes the name, and
 * makes one standby, so that what would keep clones from starting is told now.  `private`: a descriptor of the caller's
 * that no child may keep open, -1: none.  Negative errno with a sentence. */
int zygote_open(struct zygote **out, struct policy *policy, struct snapshot *snapshot, unsigned standbys, int private,
                char *reason, size_t bytes);
const char *zygote_name(const struct zygote *z); /* valid as long as it */
/* Answers until it is told to end, by a request, SIGTERM or SIGINT. */
void zygote_serve(struct zygote *z);
void zygote_close(struct zygote *z); /* ends the standbys; NULL is allowed */

/* ---- from outside (zygote_client.c) ---- */

struct zygote_request {
    const char *name;      /* of the clone; NULL: isolate-PID */
    const int *standard;   /* three descriptors; NULL: detached, with a terminal of its own */
    bool timed;
};

/* Asks the zygote `name` for a clone.  *answer, the caller's, as above; the connection, to be closed by the caller, or
 * a negative errno with a sentence. */
int zygote_clone(const char *name, const struct zygote_request *r, json_t **answer, char *reason, size_t bytes);
/* Waits for the end of a clone whose connection this is, at most `milliseconds` (negative: for ever).  -ETIMEDOUT;
 * *status as wait4 reports it, SIGKILL's when the clone was killed.  *end, when not NULL: the whole line, the caller's;
 * NULL when there was none. */
int zygote_wait(int connection, int milliseconds, int *status, json_t **end);

#endif
