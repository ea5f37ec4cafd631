/* cloister verify and inspect: snapshots, and images, as files. */
#include "cli/cli.h"

#include "hostvirt/snapshot.h"
#include "isolate/image.h"
#include "isolate/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int verify_one(const char *file, void *flags, json_t *list)
{
    const bool *json = flags;
    struct snapshot *s = NULL;
    char reason[512] = "";
    int error = snapshot_open(&s, file, reason, sizeof reason);

    if (error == 0)
        error = snapshot_verify(s, reason, sizeof reason);
    snapshot_close(s);
    json_array_append_new(list, json_pack("{s:s, s:b, s:s*}", "file", file, "whole", error == 0, "error",
                                          error != 0 ? reason : NULL));
    if (error != 0)
        cli_error("%s", reason);
    else if (!*json)
        printf("%s: whole\n", file);
    return error != 0;
}

int cli_verify(int argc, char **argv)
{
    bool json = false;

    return cli_each(argc, argv, &(struct each){cli_json_option, &json, &json, verify_one, NULL});
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
    bool json = false;
    const struct option_set sets[] = {{cli_json_option, &json}, {NULL, NULL}};
    struct snapshot *s = NULL;
    char reason[512] = "";
    int first, status;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    if (access(argv[first], R_OK) != 0) {
        cli_error("cannot open %s: %s", argv[first], strerror(errno));
        return 1;
    }
    if (program_is(argv[first]))
        return inspect_image(argv[first], json);
    if (snapshot_open(&s, argv[first], reason, sizeof reason) != 0) {
        cli_error("%s", reason);
        return 1;
    }
    status = snapshot_inspect(s, stdout, json) == 0 ? 0 : 1;
    snapshot_close(s);
    return status;
}
