/* cloister stat: what isolates have used and done. */
#include "cli/cli.h"

#include <stdio.h>

struct stat_flags {
    bool json;
};

FLAG_SETTER(set_json, stat_flags, json)

static const struct option_row options[] = {JSON_OPTION(set_json), END_OF_OPTIONS};

int cli_stat(int argc, char **argv)
{
    struct stat_flags flags = {0};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status))
        return status;
    json_t *list = json_array();
    status = 0;
    for (int i = first; i < argc; i++) {
        json_t *answer = cli_ask(argv[i], json_pack("{s:s}", "request", "stat"), &status);
        if (answer == NULL)
            continue;
        json_object_del(answer, "ok");
        json_object_set_new(answer, "resident",
                            json_integer((json_int_t)cli_resident((int)cli_integer(answer, "pid"))));
        if (!flags.json) {
            if (json_array_size(list) > 0)
                putchar('\n');
            cli_print_statistics(stdout, answer, true);
        }
        json_array_append_new(list, answer);
    }
    if (flags.json)
        cli_print_json(list);
    json_decref(list);
    return status;
}
