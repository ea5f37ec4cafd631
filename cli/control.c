/* cloister pause, resume, kill, reset: one request to each isolate that is named. */
#include "cli/cli.h"

#include <stdio.h>

static int ask_all(int argc, char **argv, const char *request)
{
    const struct option_set sets[] = {{NULL, NULL}};
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status))
        return status;
    status = 0;
    for (int i = first; i < argc; i++)
        json_decref(cli_ask(argv[i], json_pack("{s:s}", "request", request), &status));
    return status;
}

int cli_pause(int argc, char **argv)
{
    return ask_all(argc, argv, "pause");
}

int cli_resume(int argc, char **argv)
{
    return ask_all(argc, argv, "resume");
}

int cli_kill(int argc, char **argv)
{
    return ask_all(argc, argv, "kill");
}

int cli_reset(int argc, char **argv)
{
    return ask_all(argc, argv, "reset");
}
