/* The Java half of `cloister run`: images, jars, class paths. */
#ifndef CLI_JAVA_H
#define CLI_JAVA_H

#include "cli/monitor.h"
#include "isolate/program.h"

struct java_run {
    const char *class_path;
    bool jar, trust;
    struct texts options;   /* for java */
    struct policy operator; /* the options alone, without an image's defaults; once `prepared` */
    bool prepared;
};

extern const struct option_row java_options[]; /* `to` is a struct java_run */

/* Whether options say that a Java program is to run; whether none was given that only such programs have use for. */
bool java_named(const struct java_run *j);
bool java_unused(const struct java_run *j);
/* Reads the command line, whose first word is argv[first], once more over the program's defaults, and mounts the
 * program.  0: s->program is set, *command is to be run after policy_prepare; else the exit status, and the error is
 * printed. */
int java_prepare(const struct option_set *sets, struct start *s, struct java_run *j, int first, int argc, char **argv,
                 struct texts *command);
void java_free(struct java_run *j);

#endif
