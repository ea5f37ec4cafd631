/* A clone that is started for a trial, to see which pages each clone writes in any case. */
#ifndef CLI_WARM_TRIAL_H
#define CLI_WARM_TRIAL_H

#include "cli/monitor.h"

#define TRIAL_CAUSES 8

struct trial {
    unsigned long pages;
    struct {
        const char *name; /* "stacks" */
        unsigned long pages;
    } causes[TRIAL_CAUSES];
};

/* Starts a clone of the snapshot of a main program, which ends without calling main; `s` with a prepared policy, as for
 * warming_save.  The snapshot gets its hint.  Negative errno: nothing is known. */
int warm_trial(struct start *s, const char *path, struct trial *out);
void warm_trial_print(const struct trial *t, FILE *to);

#endif
