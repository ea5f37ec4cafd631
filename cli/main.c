/* cloister: finds the sub-command and runs it. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct command commands[] = {
#define COMMAND(name, usage, summary, examples) {#name, cli_##name, usage, summary, examples},
#include "cli/commands.def"
#undef COMMAND
    {NULL, NULL, NULL, NULL, NULL},
};

int cli_error(const char *format, ...)
{
    va_list arguments;

    fputs("cloister: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return EXIT_USAGE;
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
    fputs("usage: cloister COMMAND [OPTIONS] ...\n\nRuns programs in virtual machines of their own.\n\nCommands:\n",
          to);
    for (const struct command *c = commands; c->name != NULL; c++)
        fprintf(to, "  %-10s %s\n", c->name, c->summary);
    fputs("\n'cloister COMMAND --help' shows a command's options.\n\n"
          "Examples:\n"
          "  cloister run /bin/echo hello\n"
          "  cloister run --read-only . --memory 256M -- python3 script.py\n"
          "  cloister run --listen 127.0.0.1:8080 --writable ./data:/data ./server\n",
          to);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        const struct command *c = argc > 2 ? cli_find(argv[2]) : NULL;
        if (c != NULL)
            return c->run(2, (char *[]){argv[2], "--help", NULL});
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
