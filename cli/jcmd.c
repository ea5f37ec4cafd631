/* cloister jcmd, heap: what a Java program's VM says of itself, without the program's help. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_QUESTION = 1024 };

struct jcmd_flags {
    unsigned milliseconds;
};

static int set_timeout(void *to, const char *value, char *reason, size_t bytes)
{
    return cli_milliseconds(&((struct jcmd_flags *)to)->milliseconds, value, reason, bytes);
}

static const struct option_row options[] = {
    {"timeout", "DURATION", "gives up after that much time (10s)", set_timeout, false},
    END_OF_OPTIONS,
};

/* The words with blanks between them; false: the error is printed. */
static bool join(char to[LONGEST_QUESTION], char *const *words, int count)
{
    size_t length = 0;

    for (int i = 0; i < count && length < LONGEST_QUESTION; i++)
        length += (size_t)snprintf(to + length, LONGEST_QUESTION - length, "%s%s", i > 0 ? " " : "", words[i]);
    if (length >= LONGEST_QUESTION)
        cli_error("the command is longer than %d bytes", LONGEST_QUESTION - 1);
    return length < LONGEST_QUESTION;
}

static int ask(const char *name, const char *question, unsigned milliseconds)
{
    char reason[512] = "";
    int status;

    if (cli_question(name, question, milliseconds, reason, sizeof reason, &status) != 0)
        cli_error("%s", reason);
    return status;
}

int cli_jcmd(int argc, char **argv)
{
    struct jcmd_flags flags = {.milliseconds = CLI_QUESTION_MS};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    char question[LONGEST_QUESTION] = "help";
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_PROGRAM, &first, &status))
        return status;
    if (argc - first > 1 && !join(question, argv + first + 1, argc - first - 1))
        return EXIT_USAGE;
    return ask(argv[first], question, flags.milliseconds);
}

int cli_heap(int argc, char **argv)
{
    struct jcmd_flags flags = {.milliseconds = CLI_QUESTION_MS};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    int first, status;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    status = ask(argv[first], "GC.heap_info", flags.milliseconds);
    return status != 0 ? status : ask(argv[first], "GC.class_histogram", flags.milliseconds);
}
