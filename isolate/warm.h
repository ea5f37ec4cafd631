/* Bringing a program that cloister.isolate.internal.Start runs to the point where it is to be saved. */
#ifndef ISOLATE_WARM_H
#define ISOLATE_WARM_H

#include "hostvirt/policy.h"

#include <stdbool.h>
#include <stddef.h>

/* What snapshots are found by (struct snapshot_key): before main, with arguments and environment to come; a handler
 * that has answered calls; a program that runs, with those that it has. */
#define WARM_MAIN "main"
#define WARM_CALL "call"
#define WARM_RUNNING "running"
#define WARM_RUNTIME "runtime" /* the VM, without a program yet */

/* Points as people write them: cloister-warm(1) has the table. */
struct warm_point {
    const struct warm_row *row;
    const char *name; /* as it was written, the caller's: "call=50" */
    unsigned calls;   /* call=N */
    const char *text; /* request=TEXT, the caller's */
};

#define WARM_CALLS_MOST 1000000

int warm_point_parse(struct warm_point *to, const char *value, char *reason, size_t bytes);
extern const struct warm_point warm_at_main, warm_at_runtime;
const char *warm_point_key(const struct warm_point *at);      /* WARM_... */
/* When a clone that is started for a trial writes pages: "with its first call"; NULL: a clone would do what nobody has
 * asked for. */
const char *warm_point_trial(const struct warm_point *at);
bool warm_point_asks(const struct warm_point *at); /* that clone does not end by itself: warm_again is for it */
/* The value of the system property cloister.at. */
void warm_point_property(const struct warm_point *at, char *to, size_t bytes);
/* Whether a program without handler, or with one, can be saved there; -EINVAL with a sentence. */
int warm_point_check(const struct warm_point *at, bool handler, const struct policy *policy, char *reason,
                     size_t bytes);

struct warm_input {
    char *const *arguments, *const *environment; /* for main; each ends with NULL */
    const char *handler;                         /* for calls: C.METHOD; "": the program's own */
    bool json;
    int payload;                                 /* of each call: a file, from its beginning; -1: none */
    const struct policy *policy;                 /* for its addresses */
    int monitor;                                 /* the isolate's process */
    unsigned milliseconds;                       /* to wait at most: for each answer, and for the point */
};

/* Does what leads the running isolate there; another thread has its save wait for the checkpoint already, or will.
 * Negative errno with a sentence. */
int warm_drive(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
               size_t bytes);
/* Asks a clone for what comes first, and waits until it rests. */
int warm_again(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
               size_t bytes);

#endif
