/* cloister stat: what isolates have used and done. */
#include "cli/cli.h"

#include <stdio.h>

static int stat_one(const char *name, void *flags, json_t *list)
{
    int status = 0;
    json_t *answer = cli_ask(name, json_pack("{s:s}", "request", "stat"), &status);

    if (answer == NULL)
        return status;
    json_object_del(answer, "ok");
    json_object_set_new(answer, "resident", json_integer((json_int_t)cli_resident((int)cli_integer(answer, "pid"))));
    if (!*(const bool *)flags) {
        if (json_array_size(list) > 0)
            putchar('\n');
        cli_print_statistics(stdout, answer, true);
    }
    json_array_append_new(list, answer);
    return 0;
}

int cli_stat(int argc, char **argv)
{
    bool json = false;

    return cli_each(argc, argv, &(struct each){cli_json_option, &json, &json, stat_one, NULL});
}
