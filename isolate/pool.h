/* A pool of clones that answer calls: each call gets one that stands at its snapshot, which is put back there
 * afterwards while the next call already has another.  Safe for many threads. */
#ifndef ISOLATE_POOL_H
#define ISOLATE_POOL_H

#include "isolate/invoke.h"

#include <jansson.h>
#include <stdbool.h>

#define POOL_MOST 1024 /* clones */

struct pool;

struct pool_options {
    const char *program;              /* or a snapshot of one that waits for calls: as `cloister zygote` takes it */
    const char *name;                 /* of the zygote; clones are NAME-1, NAME-2, ... */
    const char *const *options;       /* of clones, as `cloister zygote` takes them; ends with NULL */
    const char *monitor;              /* the command that monitors run */
    unsigned size;                    /* clones, 1 ... POOL_MOST */
    unsigned queue;                   /* calls that may wait for one; more are refused */
    bool receipts;                    /* answers have one */
    bool keep;                        /* clones are not put back: what one call leaves the next one finds */
};

/* Starts the clones and returns when the first one is ready.  The options' texts stay the caller's as long as the
 * pool. */
int pool_open(struct pool **out, const struct pool_options *options, char *reason, size_t bytes);
/* Ends the clones. */
void pool_close(struct pool *p);
/* As invoke, within so many milliseconds in all (not 0).  -EBUSY: too many calls wait; -ETIMEDOUT: no clone became
 * free, or no answer came, and then the clone is replaced; -EPIPE: the clone ended before it had answered, as the
 * sentence says. */
int pool_call(struct pool *p, int message, unsigned milliseconds, struct answer *out, char *reason, size_t bytes);
/* Counts a call that was refused before it came to the pool. */
void pool_refused(struct pool *p);
/* Clones by their state, and calls by their outcome. */
json_t *pool_statistics(struct pool *p);

#endif
