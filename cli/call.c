/* cloister call: one call of a handler: standard input is the message, standard output the answer. */
#include "cli/call.h"

#include "hostvirt/calls.h"
#include "isolate/message.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REMINDER = 3 }; /* s: who sees nothing for longer is told that it waits */

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

const struct option_row call_options[] = {
    {"class", "C.METHOD", "calls this handler instead of the program's own", set_class, false},
    {"json", NULL, "the message is the arguments as JSON, the answer the result as JSON", set_json, false},
    {"receipt", NULL, "prints what the call cost on standard error, as a line of JSON", set_receipt, false},
    {"timeout", "DURATION", "gives up after that much time (250ms, 30s, 5m)", set_timeout, false},
    END_OF_OPTIONS,
};

static void remind(int signal)
{
    static const char text[] = "cloister: no answer yet; --timeout DURATION gives up after that much time\n";

    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        return; /* nobody sees it */
}

int call_message(const struct call_flags *f)
{
    int message = message_call(f->handler, f->json);
    int error = message < 0 ? message : message_append_all(message, STDIN_FILENO);

    if (error == 0 && f->milliseconds == 0 && isatty(STDERR_FILENO)) {
        signal(SIGALRM, remind); /* calls that it interrupts go on */
        alarm(REMINDER);
    }
    if (error == 0)
        return message;
    if (error == -EMSGSIZE)
        cli_error("the message is larger than %u MiB", CALL_LONGEST >> 20);
    else
        cli_error("cannot read the message from standard input: %s", strerror(-error));
    if (message >= 0)
        close(message);
    return -EXIT_NOT_RUN;
}

/* To standard output, or for what is no result to standard error.  Bytes are the handler's; JSON ends a line where
 * people read it. */
static int print_answer(const struct answer *a, bool json)
{
    if (!cli_print_file(a->status == ANSWER_OK ? stdout : stderr, a->file, false))
        return EXIT_NOT_RUN;
    if (a->status == ANSWER_REFUSED)
        fputc('\n', stderr);
    else if (a->status == ANSWER_OK && json && isatty(STDOUT_FILENO))
        putchar('\n');
    return a->status == ANSWER_OK ? 0 : a->status == ANSWER_EXCEPTION ? STATUS_EXCEPTION : STATUS_REFUSED;
}

int call_print(const struct call_flags *f, int error, struct answer *answer, const char *reason)
{
    if (error != 0) {
        cli_error("%s", reason);
        return cli_status_of(error);
    }
    int status = print_answer(answer, f->json);
    if (answer->receipt != NULL && json_dumpf(answer->receipt, stderr, JSON_COMPACT) == 0)
        fputc('\n', stderr);
    answer_free(answer);
    return status;
}

static int call_isolate(const struct call_flags *f, const char *name)
{
    char reason[512] = "";
    struct answer answer;
    int message = call_message(f);

    if (message < 0)
        return -message;
    int error = invoke(name, message, f->milliseconds, f->receipt, &answer, reason, sizeof reason);
    close(message);
    return call_print(f, error, &answer, reason);
}

int cli_call(int argc, char **argv)
{
    struct call_flags f = {.handler = ""};
    int first, status;

    start_init(&f.start);
    const struct option_set sets[] = {
        {call_options, &f}, {java_options, &f.java}, {policy_options, &f.start.policy}, {NULL, NULL}};
    const struct option_set plain[] = {{call_options, &f}, {NULL, NULL}};
    if (cli_options(sets, argc, argv, 1, 1, &first, &status)) {
        bool program = java_named(&f.java) || program_is(argv[first]);
        f.java.callee = f.handler[0] != '\0' ? f.handler : NULL;
        if (program)
            status = call_program(&f, sets, first, argc, argv);
        else if (cli_options(plain, argc, argv, 1, 1, &first, &status)) /* the others are programs' */
            status = call_isolate(&f, argv[first]);
    }
    java_free(&f.java);
    start_free(&f.start);
    return status;
}
