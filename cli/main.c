/* cloister: finds the sub-command and runs it. */
#include "cli/cli.h"

#include "hostvirt/plain_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct command commands[] = {
#define COMMAND(name, usage, summary, examples) {#name, cli_##name, usage, summary, examples},
#include "cli/commands.def"
#undef COMMAND
    {NULL, NULL, NULL, NULL, NULL},
};

/* The last sentence of cli_error; a process runs one command. */
static char last_error[1024];

int cli_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(last_error, sizeof last_error, format, arguments);
    va_end(arguments);
    plain_text(last_error, strlen(last_error), "\n\t", 0);
    fprintf(stderr, "cloister: %s\n", last_error);
    return EXIT_USAGE;
}

const char *cli_last_error(void)
{
    return last_error;
}

const struct command *cli_find(const char *name)
{
    for (const struct command *c = commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

static void help(FILE *to)
{
    fputs("usage: cloister COMMAND [OPTIONS] ...\n\n"
          "Runs Linux and Java programs, each in a virtual machine of its own, and saves, copies and resets them.\n\n"
          "Commands:\n",
          to);
    for (const struct command *c = commands; c->name != NULL; c++)
        fprintf(to, "  %-10s %s\n", c->name, c->summary);
    fputs("\n'cloister COMMAND --help' shows a command's options and examples.\n\n"
          "Examples:\n"
          "  cloister run -- python3 -c 'print(6 * 7)'\n"
          "  cloister run --name counter -- perl -e '$|=1; while (1) { print ++$n, \"\\n\"; sleep 1 }' &\n"
          "  cloister save counter counter.snapshot\n"
          "  cloister clone -n 3 counter.snapshot\n"
          "  cloister run app.jar 1 2\n",
          to);
}

/* What was to be printed and could not be makes a failure of a success. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "cloister: cannot write all of the output: %s\n", strerror(errno));
    return status != 0 ? status : EXIT_FAILURE;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        const struct command *c = argc > 2 ? cli_find(argv[2]) : NULL;
        if (c != NULL)
            return c->run(2, (char *[]){argv[2], "--help", NULL});
        if (argc > 2)
            return cli_error("no command '%s'; 'cloister --help' lists them", argv[2]);
        help(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("cloister " CLOISTER_VERSION);
        return 0;
    }
    const struct command *c = cli_find(argv[1]);
    if (c == NULL)
        return cli_error("no command '%s'; 'cloister --help' lists them", argv[1]);
    return c->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    return finish(dispatch(argc, argv));
}
