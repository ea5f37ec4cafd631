/* cloister fork: a copy of a running isolate, in the background, under the same policy.  The original stands still
 * while it is saved to a file of the runtime folder, which has no name any more once the copy has opened it. */
#include "cli/monitor.h"
#include "cli/save.h"

#include "hostvirt/control.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int start_copy(struct start *s, const char *file, const char *name)
{
    char reason[512] = "";

    s->detach = true;
    int error = snapshot_open(&s->snapshot, file, reason, sizeof reason);
    unlink(file);
    if (error == 0)
        error = snapshot_policy(s->snapshot, &s->policy, reason, sizeof reason);
    if (error != 0)
        return start_failed(s, EXIT_NOT_RUN, reason);
    free(s->policy.name);
    s->policy.name = strdup(name);
    if (start_clone_numbers(1, &s->clone_number, reason, sizeof reason) != 0)
        return start_failed(s, EXIT_NOT_RUN, reason);
    if (s->policy.name == NULL || policy_prepare(&s->policy, reason, sizeof reason) != 0)
        return start_failed(s, EXIT_NOT_RUN, reason);
    return start_monitor(s);
}

int cli_fork(int argc, char **argv)
{
    const struct option_set sets[] = {{NULL, NULL}};
    const struct save_options plain = {0};
    char folder[PATH_MAX], file[PATH_MAX + 32], reason[512] = "";
    struct start s;
    int first, status;

    if (!cli_options(sets, argc, argv, 2, 2, &first, &status))
        return status;
    start_init(&s);
    if (!start_begin(&s))
        return EXIT_NOT_RUN;
    if (!control_name_valid(argv[first + 1]))
        return cli_error("'%.64s' is no name for an isolate", argv[first + 1]);
    if (control_folder(folder, sizeof folder) != 0)
        return cli_error("the runtime folder cannot be used");
    snprintf(file, sizeof file, "%s/.fork-%d", folder, (int)getpid());
    json_t *answer = cli_save_to(argv[first], file, &plain, false, reason, sizeof reason);
    if (answer == NULL) {
        cli_error("%s", reason);
        status = 1;
    } else {
        status = start_copy(&s, file, argv[first + 1]);
    }
    json_decref(answer);
    start_free(&s);
    return status;
}
