/* cloister verify and inspect: snapshots as files. */
#include "cli/cli.h"

#include "hostvirt/snapshot.h"

#include <stdio.h>

struct inspect_flags {
    bool json;
};

FLAG_SETTER(set_json, inspect_flags, json)

static const struct option_row options[] = {JSON_OPTION(set_json), END_OF_OPTIONS};

int cli_verify(int argc, char **argv)
{
    const struct option_set sets[] = {{NULL, NULL}};
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status))
        return status;
    status = 0;
    for (int i = first; i < argc; i++) {
        struct snapshot *s = NULL;
        char reason[512] = "";
        int error = snapshot_open(&s, argv[i], reason, sizeof reason);
        if (error == 0)
            error = snapshot_verify(s, reason, sizeof reason);
        if (error != 0) {
            cli_error("%s", reason);
            status = 1;
        } else {
            printf("%s: whole\n", argv[i]);
        }
        snapshot_close(s);
    }
    return status;
}

int cli_inspect(int argc, char **argv)
{
    struct inspect_flags flags = {0};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    struct snapshot *s = NULL;
    char reason[512] = "";
    int first, status;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    if (snapshot_open(&s, argv[first], reason, sizeof reason) != 0) {
        cli_error("%s", reason);
        return 1;
    }
    status = snapshot_inspect(s, stdout, flags.json) == 0 ? 0 : 1;
    snapshot_close(s);
    return status;
}
