/* libcloister: isolates from C programs.  An isolate is a program in a virtual machine of its own; its monitor is a
 * process, the command `cloister`, which this library starts and asks.  docs: cloister(1), cloister-run(1).
 *
 * Handles are opaque, there is no global state, and nothing here ends the calling process.  A handle may be used by one
 * thread at a time, different handles by different threads; a zygote may be cloned by many threads at once.
 *
 * Functions return 0 or more, or a negative errno and then, where they take one, a sentence in `reason` (512 bytes are
 * enough; NULL when it is not wanted). */
#ifndef CLOISTER_H
#define CLOISTER_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cloister; /* a running isolate, or one that ended and was not freed */

/* What is started.  Members that are NULL are left at their defaults. */
struct cloister_start {
    const char *const *arguments; /* the program, as `cloister run` names it, and its arguments; ends with NULL */
    const char *snapshot;         /* instead of a program: a file to go on from */
    const char *name;             /* for `cloister ps` and the like; default: isolate- and a number */
    const char *const *options;   /* as `cloister run` takes them: "--memory=64M", ...; ends with NULL */
    const int *standard;          /* three descriptors for the guest's 0, 1, 2; -1: /dev/null; default: the caller's */
    const char *monitor;          /* the command; default: $CLOISTER_MONITOR, else found beside the library */
};

/* Starts an isolate and returns when its guest runs.  The caller frees *out. */
int cloister_start(struct cloister **out, const struct cloister_start *what, char *reason, size_t bytes);
/* Frees the handle; an isolate that still runs is killed. */
void cloister_free(struct cloister *c);

/* A zygote: a process that keeps a snapshot ready for clones (cloister-zygote(1)). */
struct cloister_zygote;

struct cloister_zygote_start {
    const char *snapshot;         /* a saved isolate; or a program with a handler (an image), whose snapshot is found
                                     or, with "--warm" among the options, made */
    const char *name;             /* default: zygote- and a number */
    unsigned standbys;            /* clones that are kept ready to start; their memory is in use meanwhile */
    const char *const *options;   /* of every clone, as `cloister zygote` takes them; ends with NULL */
    const int *standard;          /* as in struct cloister_start, of the zygote itself; default: it prints nothing */
    const char *monitor;          /* as in struct cloister_start */
};

/* Returns when it has made a first clone for a trial: what would keep clones from starting is told now.  The caller
 * frees *out; that ends the zygote and not its clones. */
int cloister_zygote_start(struct cloister_zygote **out, const struct cloister_zygote_start *what, char *reason,
                          size_t bytes);
void cloister_zygote_free(struct cloister_zygote *z);
const char *cloister_zygote_name(const struct cloister_zygote *z); /* valid as long as the handle */
/* Starts a clone: an isolate like any other, the caller's to free.  `name` NULL: isolate- and a number; `standard` as
 * in struct cloister_start.  It ends with the calling process. */
int cloister_clone(struct cloister **out, struct cloister_zygote *z, const char *name, const int *standard,
                   char *reason, size_t bytes);

const char *cloister_name(const struct cloister *c); /* valid as long as the handle */
int cloister_pid(const struct cloister *c);          /* of the monitor */

/* Waits for the end, at most `milliseconds` (negative: for ever).  *status as wait(2) gives it; -ETIMEDOUT. */
int cloister_wait(struct cloister *c, int milliseconds, int *status);
/* SIGTERM for the guest, and after the grace time its end.  Does not wait. */
int cloister_stop(struct cloister *c, int grace_milliseconds, char *reason, size_t bytes);
int cloister_kill(struct cloister *c, char *reason, size_t bytes);
int cloister_pause(struct cloister *c, char *reason, size_t bytes);
int cloister_resume(struct cloister *c, char *reason, size_t bytes);
/* Saves it to a file; it goes on.  The file is whole or not there. */
int cloister_save(struct cloister *c, const char *file, char *reason, size_t bytes);
/* Puts one that was started from a snapshot back to it. */
int cloister_reset(struct cloister *c, char *reason, size_t bytes);

/* ---- calls of Java programs (cloister-call(1)) ---- */

/* How a call went.  All of these are answers, with a text in `data` for all but the first. */
enum cloister_status {
    CLOISTER_ANSWER,    /* the handler's result */
    CLOISTER_EXCEPTION, /* the handler threw: the Java stack trace */
    CLOISTER_REFUSED,   /* it was not made, or has no result: no such handler, arguments that do not fit, a result too
                           large */
    CLOISTER_ENDED,     /* the isolate has ended: by which limit, signal or status */
    CLOISTER_LATE,      /* no answer in time; the program still works on it: reset or free the isolate */
};

struct cloister_message {
    const char *handler; /* CLASS.METHOD; NULL: the program's own */
    int json;            /* 1: data are the arguments as JSON, the answer is the result as JSON; 0: bytes both ways */
    const void *data;
    size_t bytes;        /* at most 64 MiB */
};

struct cloister_answer {
    enum cloister_status status;
    char *data;          /* with a zero byte behind it; until cloister_answer_free */
    size_t bytes;
};

/* Calls a handler of the Java program in the isolate and waits for the answer, at most so long (0: for ever).  0 with
 * an answer, or a negative errno with a sentence and without one: -EMSGSIZE, -ENOMEM, ... */
int cloister_call(struct cloister *c, const struct cloister_message *message, unsigned milliseconds,
                  struct cloister_answer *answer, char *reason, size_t bytes);
void cloister_answer_free(struct cloister_answer *answer); /* leaves an empty one */

/* ---- figures ---- */

/* What it has used and done: JSON as `cloister stat --json` prints it, for the caller to free(). */
int cloister_statistics(struct cloister *c, char **json, char *reason, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
