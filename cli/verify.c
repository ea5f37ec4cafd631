/* cloister verify and inspect: snapshots, and images, as files. */
#include "cli/cli.h"

#include "hostvirt/snapshot.h"
#include "isolate/archive.h"
#include "isolate/image.h"

#include <stdio.h>

struct json_flag {
    bool json;
};

FLAG_SETTER(set_json, json_flag, json)

static const struct option_row options[] = {JSON_OPTION(set_json), END_OF_OPTIONS};

static int verify_one(const char *file, char *reason, size_t bytes)
{
    struct snapshot *s = NULL;
    int error = snapshot_open(&s, file, reason, bytes);

    if (error == 0)
        error = snapshot_verify(s, reason, bytes);
    snapshot_close(s);
    return error;
}

int cli_verify(int argc, char **argv)
{
    struct json_flag flags = {0};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    json_t *list = json_array();
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status)) {
        json_decref(list);
        return status;
    }
    status = 0;
    for (int i = first; i < argc; i++) {
        char reason[512] = "";
        int error = verify_one(argv[i], reason, sizeof reason);
        json_array_append_new(list, json_pack("{s:s, s:b, s:s*}", "file", argv[i], "whole", error == 0, "error",
                                              error != 0 ? reason : NULL));
        if (error != 0)
            cli_error("%s", reason);
        else if (!flags.json)
            printf("%s: whole\n", argv[i]);
        status = error != 0 ? 1 : status;
    }
    if (flags.json)
        cli_print_json(list);
    json_decref(list);
    return status;
}

static int inspect_image(const char *file, bool json)
{
    struct image *i;
    char reason[512] = "";
    int error = image_open(&i, file, reason, sizeof reason);

    if (error == 0)
        error = image_inspect(i, stdout, json, reason, sizeof reason);
    image_close(i);
    if (error != 0)
        cli_error("%s", reason);
    return error == 0 ? 0 : 1;
}

int cli_inspect(int argc, char **argv)
{
    struct json_flag flags = {0};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    struct snapshot *s = NULL;
    char reason[512] = "";
    int first, status;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    if (archive_begins(argv[first]))
        return inspect_image(argv[first], flags.json);
    if (snapshot_open(&s, argv[first], reason, sizeof reason) != 0) {
        cli_error("%s", reason);
        return 1;
    }
    status = snapshot_inspect(s, stdout, flags.json) == 0 ? 0 : 1;
    snapshot_close(s);
    return status;
}
