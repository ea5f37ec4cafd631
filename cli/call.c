/* cloister call: one call of a handler in an isolate: standard input is the message, standard output the answer. */
#include "cli/cli.h"
#include "hostvirt/calls.h"
#include "isolate/invoke.h"
#include "isolate/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Exit statuses: the handler's exception, a call that was refused, and time that ran out (as timeout(1)). */
enum { STATUS_EXCEPTION = 1, STATUS_REFUSED = 2, STATUS_LATE = 124 };

struct call_flags {
    const char *handler;
    unsigned milliseconds;
    bool json, receipt;
};

FLAG_SETTER(set_json, call_flags, json)
FLAG_SETTER(set_receipt, call_flags, receipt)

static int set_class(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct call_flags *)to)->handler = value;
    return 0;
}

static int set_timeout(void *to, const char *value, char *reason, size_t bytes)
{
    return cli_milliseconds(&((struct call_flags *)to)->milliseconds, value, reason, bytes);
}

static const struct option_row options[] = {
    {"class", "C.METHOD", "calls this handler instead of the program's own", set_class, false},
    {"json", NULL, "the message is the arguments as JSON, the answer the result as JSON", set_json, false},
    {"receipt", NULL, "prints what the call cost on standard error, as a line of JSON", set_receipt, false},
    {"timeout", "DURATION", "gives up after that much time (250ms, 30s, 5m)", set_timeout, false},
    END_OF_OPTIONS,
};

/* To standard output, or for what is no result to standard error. */
static int print_answer(const struct answer *a)
{
    char block[64 << 10];
    FILE *to = a->status == ANSWER_OK ? stdout : stderr;
    ssize_t n;

    for (off_t at = 0; (n = pread(a->file, block, sizeof block, at)) > 0; at += n)
        if (fwrite(block, 1, (size_t)n, to) != (size_t)n)
            break;
    if (n < 0 || fflush(to) != 0 || ferror(to)) {
        cli_error("cannot write the answer: %s", strerror(errno));
        return EXIT_NOT_RUN;
    }
    if (a->status == ANSWER_REFUSED)
        fputc('\n', to);
    return a->status == ANSWER_OK ? 0 : a->status == ANSWER_EXCEPTION ? STATUS_EXCEPTION : STATUS_REFUSED;
}

int cli_call(int argc, char **argv)
{
    struct call_flags flags = {.handler = ""};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    char reason[512] = "";
    struct answer answer;
    int first, status;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    int message = message_call(flags.handler, flags.json);
    int error = message < 0 ? message : message_append_all(message, STDIN_FILENO);
    if (error != 0) {
        if (error == -EMSGSIZE)
            cli_error("the message is larger than %u MiB", CALL_LONGEST >> 20);
        else
            cli_error("cannot read the message from standard input: %s", strerror(-error));
        return EXIT_NOT_RUN;
    }
    error = invoke(argv[first], message, flags.milliseconds, flags.receipt, &answer, reason, sizeof reason);
    close(message);
    if (error != 0) {
        cli_error("%s", reason);
        return error == -ETIMEDOUT ? STATUS_LATE : error == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
    }
    status = print_answer(&answer);
    if (answer.receipt != NULL && json_dumpf(answer.receipt, stderr, JSON_COMPACT) == 0)
        fputc('\n', stderr);
    answer_free(&answer);
    return status;
}
