/* Commands that do the same with each name or file they are given. */
#include "cli/cli.h"

int cli_each(int argc, char **argv, const struct each *e)
{
    const struct option_set sets[] = {{e->rows, e->flags}, {NULL, NULL}};
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status))
        return status;
    json_t *list = json_array();
    status = 0;
    for (int i = first; i < argc; i++) {
        int one = e->one(argv[i], e->flags, list);
        if (one != 0)
            argv[i] = NULL; /* nothing to be waited for */
        status = status != 0 ? status : one;
    }
    for (int i = first; i < argc && e->then != NULL; i++) {
        int one = argv[i] != NULL ? e->then(argv[i], e->flags) : 0;
        status = status != 0 ? status : one;
    }
    if (e->json != NULL && *e->json)
        cli_print_json(list);
    json_decref(list);
    return status;
}
