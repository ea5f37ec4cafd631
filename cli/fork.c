/* cloister fork: a copy of a running isolate, in the background, under the same policy.  The original stands still
 * while it is saved to a file of the runtime folder, which has no name any more once the copy has opened it. */
#include "cli/monitor.h"
#include "cli/save.h"

#include "hostvirt/control.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int set_listen(void *to, const char *value, char *reason, size_t bytes)
{
    return policy_add_listen(to, value, reason, bytes);
}

static const struct option_row options[] = {
    {"listen", "HOST:PORT:GUESTPORT", "where the copy listens instead: the original keeps its addresses", set_listen,
     true},
    END_OF_OPTIONS,
};

/* What the original had, and on top of it the options. */
static int copy_policy(struct start *s, int argc, char **argv, char *reason, size_t bytes)
{
    const struct option_set sets[] = {{options, &s->policy}, {NULL, NULL}};
    int first, status;

    policy_free(&s->policy);
    policy_init(&s->policy);
    int error = snapshot_policy(s->snapshot, &s->policy, reason, bytes);
    size_t listens = s->policy.listen_count;
    if (error != 0)
        return error;
    if (!cli_options(sets, argc, argv, 2, 2, &first, &status))
        return -EINVAL;
    policy_replace_listens(&s->policy, listens);
    free(s->policy.name);
    s->policy.name = strdup(argv[first + 1]);
    return s->policy.name != NULL ? policy_prepare(&s->policy, reason, bytes) : -ENOMEM;
}

static int start_copy(struct start *s, int argc, char **argv, const char *file)
{
    char reason[512] = "out of memory";

    s->detach = true;
    int error = snapshot_open(&s->snapshot, file, reason, sizeof reason);
    unlink(file);
    if (error == 0)
        error = copy_policy(s, argc, argv, reason, sizeof reason);
    if (error == 0)
        error = control_clone_numbers(1, &s->clone_number, reason, sizeof reason);
    return error != 0 ? start_failed(s, EXIT_NOT_RUN, reason) : start_monitor(s);
}

/* Before the original is stopped for nothing.  (Another one may still take the name: then the start says so.)  0, or
 * the exit status with the error printed. */
static int check_name(const char *name)
{
    char reason[512] = "";

    if (!control_name_valid(name))
        return cli_error("'%.64s' is no name for an isolate: letters, digits, '.', '_' and '-', at most 64", name);
    int folder = control_open_folder(reason, sizeof reason);
    if (folder >= 0 && control_is_there(folder, name))
        snprintf(reason, sizeof reason, "an isolate '%s' is running already; choose another name", name);
    if (folder >= 0)
        close(folder);
    if (reason[0] == '\0')
        return 0;
    cli_error("%s", reason);
    return EXIT_NOT_RUN;
}

int cli_fork(int argc, char **argv)
{
    struct start s;
    const struct option_set sets[] = {{options, &s.policy}, {NULL, NULL}};
    const struct save_options plain = {0};
    char folder[PATH_MAX], file[PATH_MAX + 32], reason[512] = "";
    int first, status;

    start_init(&s);
    if (!cli_options(sets, argc, argv, 2, 2, &first, &status))
        return status;
    if (!start_begin(&s))
        return EXIT_NOT_RUN;
    if ((status = check_name(argv[first + 1])) != 0)
        return status;
    if (control_folder(folder, sizeof folder) != 0)
        return cli_error("the runtime folder cannot be used");
    snprintf(file, sizeof file, "%s/.fork-%d", folder, (int)getpid());
    json_t *answer = cli_save_to(argv[first], file, &plain, false, reason, sizeof reason);
    if (answer == NULL) {
        cli_error("%s", reason);
        status = 1;
    } else {
        status = start_copy(&s, argc, argv, file);
    }
    json_decref(answer);
    start_free(&s);
    return status;
}
