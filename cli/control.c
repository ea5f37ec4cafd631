/* cloister pause, resume, kill, reset: one request to each isolate that is named. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* Those that were reached are gone when it returns: their names are free, `rm` finds what they left. */
int cli_kill(int argc, char **argv)
{
    const struct option_set sets[] = {{NULL, NULL}};
    int first, status, failed = 0;

    if (!cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status))
        return status;
    for (int i = first; i < argc; i++) {
        json_t *answer = cli_ask(argv[i], json_pack("{s:s}", "request", "kill"), &failed);
        if (answer == NULL)
            argv[i] = NULL;
        json_decref(answer);
    }
    for (int i = first; i < argc; i++)
        if (argv[i] != NULL && !cli_wait_for_end(argv[i], CLI_PATIENCE))
            failed = 1;
    return failed;
}

struct reset_flags {
    bool json;
    const char *pages;
};

FLAG_SETTER(set_json, reset_flags, json)

static int set_pages(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct reset_flags *)to)->pages = value;
    if (strcmp(value, "copy") == 0 || strcmp(value, "drop") == 0)
        return 0;
    snprintf(reason, bytes, "'%.64s' is neither copy nor drop", value);
    return -EINVAL;
}

static const struct option_row reset_options[] = {
    {"pages", "copy|drop", "copies all pages back that were written, or drops all (what costs less)", set_pages, false},
    JSON_OPTION(set_json),
    END_OF_OPTIONS,
};

int cli_reset(int argc, char **argv)
{
    struct reset_flags flags = {0};
    const struct option_set sets[] = {{reset_options, &flags}, {NULL, NULL}};
    json_t *list = json_array();
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status)) {
        json_decref(list);
        return status;
    }
    status = 0;
    for (int i = first; i < argc; i++) {
        json_t *answer = cli_ask(argv[i], json_pack("{s:s, s:s*}", "request", "reset", "pages", flags.pages), &status);
        if (answer == NULL)
            continue;
        json_object_del(answer, "ok");
        json_object_set_new(answer, "name", json_string(argv[i]));
        json_array_append_new(list, answer);
    }
    if (flags.json)
        cli_print_json(list);
    json_decref(list);
    return status;
}
