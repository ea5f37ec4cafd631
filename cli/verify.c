/* cloister verify and inspect: snapshots, and images, as files. */
#include "cli/cli.h"

#include "hostvirt/plain_text.h"
#include "hostvirt/snapshot.h"
#include "isolate/image.h"
#include "isolate/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

static int inspect_image(const char *file, FILE *to, bool json, char *reason, size_t bytes)
{
    struct image *i;
    int error = image_open(&i, file, reason, bytes);

    if (error == 0)
        error = image_inspect(i, to, json, reason, bytes);
    image_close(i);
    return error;
}

static int inspect_snapshot(const char *file, FILE *to, bool json, char *reason, size_t bytes)
{
    struct snapshot *s = NULL;
    int error = snapshot_open(&s, file, reason, bytes);

    if (error == -EBADMSG)
        snprintf(reason + strlen(reason), bytes - strlen(reason), " (and it is no program image)");
    if (error == 0 && (error = snapshot_inspect(s, to, json)) != 0)
        snprintf(reason, bytes, "cannot describe %.200s: %s", file, strerror(-error));
    snapshot_close(s);
    return error;
}

/* All of it at once, and plain: files come from anywhere. */
int cli_inspect(int argc, char **argv)
{
    bool json = false;
    const struct option_set sets[] = {{cli_json_option, &json}, {NULL, NULL}};
    char reason[512] = "out of memory", *text = NULL;
    size_t length = 0;
    int first, status, error = -ENOMEM;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    if (access(argv[first], R_OK) != 0) {
        cli_error("cannot open %s: %s", argv[first], strerror(errno));
        return 1;
    }
    FILE *to = open_memstream(&text, &length);
    if (to != NULL)
        error = (program_is(argv[first]) ? inspect_image : inspect_snapshot)(argv[first], to, json, reason,
                                                                             sizeof reason);
    if (to != NULL && fclose(to) != 0 && error == 0)
        error = -ENOMEM;
    if (error != 0)
        cli_error("%s", reason);
    else
        plain_text(text, length, "\n\t", 0);
    if (error == 0)
        fwrite(text, 1, length, stdout);
    free(text);
    return error == 0 ? 0 : 1;
}
