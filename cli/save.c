/* cloister save: an isolate saved to a file.  This process opens the file and names it when it is complete: a monitor
 * behind its wall could do neither. */
#include "cli/save.h"

#include "hostvirt/control.h"
#include "hostvirt/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct save_flags {
    struct save_options options;
    bool json, checkpoint;
};

FLAG_SETTER(set_json, save_flags, json)
FLAG_SETTER(set_checkpoint, save_flags, checkpoint)
FLAG_SETTER(set_compress, save_flags, options.compress)
FLAG_SETTER(set_self_contained, save_flags, options.self_contained)

static int set_parent(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct save_flags *)to)->options.parent = value;
    return 0;
}

static const struct option_row options[] = {
    {"checkpoint", NULL, "waits until the program asks for it (include/cloister/hypercall.h)", set_checkpoint, false},
    {"compress", NULL, "packs it, for transport: it is unpacked before it runs", set_compress, false},
    {"parent", "FILE", "writes only what differs from that snapshot", set_parent, false},
    {"self-contained", NULL, "puts the programs' own files in, for machines that lack them", set_self_contained, false},
    JSON_OPTION(set_json),
    END_OF_OPTIONS,
};

json_t *cli_save_to(const char *name, const char *path, const struct save_options *o, bool checkpoint, char *reason,
                    size_t bytes)
{
    struct snapshot_target target;
    int files[2] = {-1, -1};
    json_t *answer = NULL, *request;
    int error = snapshot_target_open(&target, path, reason, bytes);

    if (error != 0)
        return NULL;
    files[0] = target.host;
    if (o->parent != NULL && (files[1] = open(o->parent, O_RDONLY | O_CLOEXEC)) < 0) {
        snprintf(reason, bytes, "cannot open %.200s: %s", o->parent, strerror(errno));
        snapshot_target_abandon(&target);
        return NULL;
    }
    request = json_pack("{s:s, s:s, s:b, s:b, s:b, s:b, s:s?, s:s?}", "request", "save", "path", path, "checkpoint",
                        checkpoint, "compress", o->compress, "self_contained", o->self_contained, "last", o->last,
                        "parent", o->parent, "label", o->label);
    if (request == NULL) {
        snprintf(reason, bytes, "'%.200s' is no text in UTF-8", path);
        error = -EINVAL;
    } else {
        error = control_request_with(name, request, files, files[1] >= 0 ? 2 : 1, &answer, reason, bytes);
    }
    json_decref(request);
    if (files[1] >= 0)
        close(files[1]);
    if (error != 0)
        snapshot_target_abandon(&target);
    else
        error = snapshot_target_commit(&target, reason, bytes);
    if (error == 0)
        return answer;
    json_decref(answer);
    return NULL;
}

int cli_save(int argc, char **argv)
{
    struct save_flags flags = {0};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    char reason[512] = "", time[CLI_TEXT];
    int first, status;

    if (!cli_options(sets, argc, argv, 2, 2, &first, &status))
        return status;
    json_t *answer = cli_save_to(argv[first], argv[first + 1], &flags.options, flags.checkpoint, reason, sizeof reason);
    if (answer == NULL) {
        cli_error("%s", reason);
        return 1;
    }
    if (flags.json)
        cli_print_json(answer);
    else
        printf("%s: saved in %s\n", argv[first + 1], cli_duration(time, (uint64_t)cli_integer(answer, "time_ns")));
    json_decref(answer);
    return 0;
}
