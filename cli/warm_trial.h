/* A clone that is started for a trial, to see which pages each clone writes. */
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

/* Starts a clone of the snapshot, which ends without calling main, or behind the call of a handler (a message, -1:
 * none); `s` with a prepared policy, as for warming_save.  The snapshot gets its hint.  Negative errno: nothing is
 * known, or the clone has not ended after so many milliseconds. */
int warm_trial(struct start *s, const char *path, int call, unsigned milliseconds, struct trial *out);
/* `what`: when it writes them. */
void warm_trial_print(const struct trial *t, const char *what, FILE *to);

#endif
