/* cloister rm: removes what isolates that ended have left in the runtime folder: their output and their last status. */
#include "cli/cli.h"

#include "hostvirt/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct rm_flags {
    bool force;
};

FLAG_SETTER(set_force, rm_flags, force)

static const struct option_row options[] = {
    {"force", NULL, "kills it first when it runs", set_force, false},
    END_OF_OPTIONS,
};

static bool kill_first(const char *name)
{
    char ignored[512];

    control_kill(name, ignored, sizeof ignored); /* it may be ending already: the looks tell */
    return cli_wait_for_end(name, CLI_PATIENCE);
}

/* What it has left.  A file that cannot be removed is an error; one that is not there is none. */
static int remove_files(int folder, const char *name, bool *any)
{
    static const char *const suffixes[] = {".sock", ".log", ".end"};
    char file[96];
    int status = 0;

    *any = false;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(file, sizeof file, "%.64s%s", name, suffixes[i]);
        if (unlinkat(folder, file, 0) == 0) {
            *any = true;
        } else if (errno != ENOENT) {
            cli_error("cannot remove %s from the runtime folder: %s", file, strerror(errno));
            status = 1;
        }
    }
    return status;
}

static int remove_from(int folder, const char *name, bool force)
{
    bool any;

    if (control_is_there(folder, name) && force) {
        if (!kill_first(name))
            return 1;
    } else if (control_is_there(folder, name)) {
        cli_error("'%s' is running; 'cloister stop %s' ends it, --force kills it", name, name);
        return 1;
    }
    int status = remove_files(folder, name, &any);
    if (status == 0 && !any && !force) {
        cli_error("there is nothing left of an isolate '%s'; 'cloister ps --all' lists them", name);
        status = 1;
    }
    return status;
}

static int remove_one(const char *name, void *flags, json_t *list)
{
    const struct rm_flags *f = flags;
    char reason[512] = "";

    if (!control_name_valid(name))
        return cli_error("'%.64s' is no name of an isolate", name);
    int folder = control_open_folder(reason, sizeof reason);
    if (folder < 0) {
        cli_error("%s", reason);
        return 1;
    }
    int status = remove_from(folder, name, f->force);
    close(folder);
    return status;
}

int cli_rm(int argc, char **argv)
{
    struct rm_flags flags = {0};

    return cli_each(argc, argv, &(struct each){options, &flags, NULL, remove_one, NULL});
}
