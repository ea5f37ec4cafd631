/* A clone that is started for a trial, to see which pages each clone writes. */
#ifndef CLI_WARM_TRIAL_H
#define CLI_WARM_TRIAL_H

#include "cli/monitor.h"
#include "isolate/warm.h"

#define TRIAL_CAUSES 8

struct trial {
    unsigned long pages;
    struct {
        const char *name; /* "stacks" */
        unsigned long pages;
    } causes[TRIAL_CAUSES];
};

/* What is tried. */
struct trying {
    struct start *start;         /* with a prepared policy, as for warming_save */
    const char *path;            /* the snapshot, which gets its hint */
    const struct warm_point *at; /* it ends by itself, or is asked (warm_again) and ended */
    int call;                    /* what it ends behind: a handler's message; -1: none */
    struct warm_input input;     /* `monitor` is filled in */
};

/* Starts a clone of the snapshot, which ends without calling main, behind a call, or when it rests.  Negative errno:
 * nothing is known, or the clone has not ended in time. */
int warm_trial(struct trying *t, struct trial *out);
/* `what`: when it writes them. */
void warm_trial_print(const struct trial *t, const char *what, FILE *to);

#endif
