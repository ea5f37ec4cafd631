/* Between the zygote and its children. */
#ifndef HOSTVIRT_ZYGOTE_PRIVATE_H
#define HOSTVIRT_ZYGOTE_PRIVATE_H

#include "hostvirt/control_private.h"
#include "hostvirt/platform.h"
#include "hostvirt/zygote.h"

/* What a clone is told.  Its descriptors travel in this order: the connection, then standard streams or, detached, the
 * files for its output and its end. */
struct handover {
    char name[80];         /* of the clone's socket already, when a standby takes it; else as asked for, "": none */
    bool detached, timed;
    uint64_t asked, received; /* ns, host CLOCK_MONOTONIC */
    uint64_t sent;
};

/* A standby as the zygote sees it. */
struct seat {
    pid_t pid;
    int channel; /* SOCK_SEQPACKET: a word when it is ready or a sentence when it fails; then the handover */
    bool ready;
};

struct zygote {
    struct policy *policy;
    struct snapshot *snapshot;
    struct platform platform;
    char name[80];
    int folder, listener, signals; /* signals: signalfd */
    int private;                   /* the caller's, closed in children; -1: none */
    sigset_t mask;                 /* of signals, as it was: children have it again */
    struct seat *seats;            /* room for `wanted` + 1 */
    unsigned wanted, count;
    struct arrivals arrivals;      /* requests that are not whole yet */
    uint64_t next_number, numbers; /* of clones: the next, how many are left */
    uint64_t started;              /* ns, host CLOCK_MONOTONIC */
    uint64_t ahead_at;             /* nothing is made ahead before: clones have the processors for themselves */
    uint64_t clones, from_standbys, running;
    bool scratch_given;            /* the policy's scratch folders are the last child's still */
    int rules;                     /* of the next child's wall (wall_rules); -1: not made yet */
    bool ending;
    char failure[512];             /* why the last standby, or what it needs, could not be made; "": it could */
};

#define READY_WORD "ready"

/* zygote_standby.c.  In a forked child; does not return.  `now` with its descriptors: starts this clone; NULL: a
 * standby, which waits for a handover on `channel`. */
_Noreturn void zygote_child(struct zygote *z, int channel, uint64_t clone_number, const struct handover *now,
                            int passed[CONTROL_PASSED]);
/* zygote_answer.c: one request, which it takes over with its connection and descriptors. */
void zygote_answer(struct zygote *z, const struct arrival *from, json_t *request);
/* zygote.c: forks; the zygote's pid, or a negative errno with a sentence. */
pid_t zygote_fork(struct zygote *z, const struct handover *now, int passed[CONTROL_PASSED], char *reason, size_t bytes);
void zygote_drop_seat(struct zygote *z, unsigned index);

#endif
