/* The Java half of `cloister run`: images, jars, class paths. */
#ifndef CLI_JAVA_H
#define CLI_JAVA_H

#include "cli/monitor.h"
#include "isolate/program.h"
#include "isolate/warm.h"

struct java_run {
    const char *class_path;
    bool jar, trust;
    const char *handler;    /* answers calls instead of what the program names; NULL: none */
    const char *callee;     /* the same, of programs that name none */
    struct texts options;   /* for java */
    struct policy operator; /* the options alone, without an image's defaults; once `prepared` */
    bool prepared;
    bool cold, explain, fill;    /* of snapshots: not used; why they are used or not; made when there are none */
    const struct warm_point *at; /* cloister warm: where it is to be saved; NULL: `run` */
    struct program program;      /* after java_prepare */
    struct texts arguments;      /* of main; the same */
};

extern const struct option_row java_options[]; /* `to` is a struct java_run */

/* Whether options say that a Java program is to run; whether none was given that only such programs have use for. */
bool java_named(const struct java_run *j);
bool java_unused(const struct java_run *j);
/* Reads the command line, whose first word is argv[first], once more over the program's defaults, mounts the program
 * and prepares the policy.  0: s->program is set, *command is to be run; else the exit status, and the error is
 * printed. */
int java_prepare(const struct option_set *sets, struct start *s, struct java_run *j, int first, int argc, char **argv,
                 struct texts *command);
/* Of a snapshot for that point (a key of warm.h).  Negative errno with a sentence; to be freed in any case. */
int java_key(const struct java_run *j, const struct start *s, const char *point, struct snapshot_key *out, char *reason,
             size_t bytes);
void java_free(struct java_run *j);

/* The message for a VM that has no program yet, and a clone's number. */
int java_send_program(const struct java_run *j, struct start *s, char *reason, size_t bytes);
/* Lets `s` begin from a snapshot of the program, when there is one that fits and j->cold does not forbid it.  argv: the
 * whole command, for a start without it when it cannot be restored. */
void java_warm(struct start *s, struct java_run *j, int argc, char **argv);
/* For whoever starts a snapshot by itself: one that cloister warm has saved before main waits there for the words of a
 * run, which only that can give it.  -EINVAL with a sentence. */
int java_check_snapshot(const struct snapshot *s, const char *file, char *reason, size_t bytes);
/* The words that execute the command once more, with --cold; to be freed.  NULL: out of memory. */
char **java_cold(int argc, char **argv);
/* Opens the snapshot of a program with a handler from which many clones are to start: s->snapshot.  -ENOENT, ... with a
 * sentence when there is none, and j->fill does not let it be made. */
int java_warm_handler(struct start *s, struct java_run *j, int argc, char **argv, char *reason, size_t bytes);

#endif
