/* `cloister call`: of an isolate that runs (call.c), or in one of its own (call_program.c). */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include "cli/java.h"
#include "isolate/invoke.h"

/* Exit statuses: the handler's exception and a call that was refused. */
enum { STATUS_EXCEPTION = 1, STATUS_REFUSED = 2 };

struct call_flags {
    const char *handler;
    unsigned milliseconds; /* 0: for ever */
    bool json, receipt;
    struct start start;    /* of programs */
    struct java_run java;
};

extern const struct option_row call_options[]; /* `to` is a struct call_flags */

/* A memfd with the message that standard input gives, from when on a terminal is told that it takes long (SIGALRM: not
 * for a command that is executed instead); negative: the exit status, with the error printed. */
int call_message(const struct call_flags *f);
/* What a call has come to: the exit status.  `error` and `reason` are invoke's; takes a good answer over. */
int call_print(const struct call_flags *f, int error, struct answer *answer, const char *reason);

/* Calls the program that argv[first] names. */
int call_program(struct call_flags *f, const struct option_set *sets, int first, int argc, char **argv);

#endif
