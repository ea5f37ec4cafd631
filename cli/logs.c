/* cloister logs: what a detached isolate has printed on its terminal. */
#include "cli/cli.h"

#include "hostvirt/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_AGAIN 100000000 /* ns */

struct logs_flags {
    bool follow;
};

FLAG_SETTER(set_follow, logs_flags, follow)

static const struct option_row options[] = {
    {"follow", NULL, "goes on until the isolate ends", set_follow, false},
    END_OF_OPTIONS,
};

/* From `at` to the end; the terminal's carriage returns are left out.  The new place, or -1. */
static off_t print_from(int log, off_t at)
{
    char from[8192], to[8192];
    ssize_t n;

    while ((n = pread(log, from, sizeof from, at)) > 0) {
        size_t used = 0;
        for (ssize_t i = 0; i < n; i++)
            if (from[i] != '\r')
                to[used++] = from[i];
        if (fwrite(to, 1, used, stdout) != used)
            return -1;
        at += n;
    }
    return fflush(stdout) == 0 ? at : -1;
}

static int follow(int folder, const char *name, int log, off_t at)
{
    while (at >= 0) {
        bool runs = control_is_there(folder, name);
        at = print_from(log, at); /* after the look: what came before its end is shown */
        if (!runs)
            break;
        nanosleep(&(struct timespec){0, LOOK_AGAIN}, NULL);
    }
    return at >= 0 ? 0 : 1;
}

int cli_logs(int argc, char **argv)
{
    struct logs_flags flags = {0};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    char reason[512] = "", file[96];
    int first, status;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    const char *name = argv[first];
    if (!control_name_valid(name))
        return cli_error("'%.64s' is no name of an isolate", name);
    int folder = control_open_folder(reason, sizeof reason);
    if (folder < 0) {
        cli_error("%s", reason);
        return 1;
    }
    snprintf(file, sizeof file, "%.64s.log", name);
    int log = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (log < 0) {
        if (errno == ENOENT)
            cli_error("no output of '%s' is kept: only isolates started with --detach have that", name);
        else
            cli_error("cannot read the output of '%s': %s", name, strerror(errno));
        return 1;
    }
    off_t at = lseek(log, 0, SEEK_DATA); /* what was given back is a hole (control_terminal.c) */
    at = print_from(log, at >= 0 ? at : 0);
    status = flags.follow ? follow(folder, name, log, at) : at >= 0 ? 0 : 1;
    close(log);
    close(folder);
    return status;
}
