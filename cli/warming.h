/* Starting an isolate to bring it to a point, save it there and end it. */
#ifndef CLI_WARMING_H
#define CLI_WARMING_H

#include "cli/monitor.h"
#include "isolate/warm.h"

#include <pthread.h>
#include <sys/types.h>

struct warming {
    struct start *start;         /* what runs; with a prepared policy, whose scratch folders are used up */
    const struct warm_point *at;
    struct warm_input input;     /* `monitor` is filled in */
    const char *path;            /* where the snapshot goes */
    const char *parent;          /* the snapshot that it is built on; NULL */
    const char *label;           /* what it carries (snapshot_key_label); NULL */
    json_t *saved;               /* what the isolate said of its save; the caller's */
    /* while it runs */
    pid_t monitor;
    bool ended;
    char *name;
    char refusal[512];
};

/* Negative errno with a sentence; -ECHILD: it did not start.  What was at `path` stays then. */
int warming_save(struct warming *w, char *reason, size_t bytes);

#endif
