/* cloister run: this process becomes the monitor of the program's isolate, so that exit status, signals, standard
 * streams and job control are those of the program itself. */
#include "cli/monitor.h"

#include "hostvirt/wall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A word without a slash is looked for along the isolate's PATH, on this machine: its mounts come from there. */
static char *find_program(const struct policy *p, const char *program)
{
    const char *path = "/usr/local/bin:/usr/bin:/bin";
    char *found = NULL;

    if (strchr(program, '/') != NULL)
        return strdup(program);
    for (char **e = p->environment; e != NULL && *e != NULL; e++)
        if (strncmp(*e, "PATH=", 5) == 0)
            path = *e + 5;
    while (*path != '\0') {
        size_t length = strcspn(path, ":");
        if (asprintf(&found, "%.*s/%s", (int)length, path, program) < 0)
            return NULL;
        if (access(found, X_OK) == 0)
            return found;
        free(found);
        found = NULL;
        path += length + (path[length] == ':');
    }
    errno = ENOENT;
    return NULL;
}

/* --isolation=process and none: a child under the same options, without a monitor. */
static int run_as_child(struct start *s)
{
    char reason[512] = "";
    int status;

    if (s->detach || s->policy.statistics || s->policy.trace_exits || s->notify >= 0)
        return start_failed(s, EXIT_USAGE, "--detach, --stat and --trace-exits need --isolation=vm");
    if (process_isolation_run(&s->policy, s->program, s->argv, &status, reason, sizeof reason) != 0)
        return start_failed(s, EXIT_NOT_RUN, reason);
    policy_free(&s->policy);
    return start_end_like(status);
}

static int run(struct start *s, char **argv)
{
    char reason[512] = "";

    if (!start_begin(s))
        return EXIT_NOT_RUN;
    char *program = find_program(&s->policy, argv[0]);
    if (program == NULL) {
        snprintf(reason, sizeof reason, "cannot find %.200s: %s", argv[0], strerror(errno));
        return start_failed(s, EXIT_NOT_FOUND, reason);
    }
    int error = policy_show_program(&s->policy, program, &s->program, reason, sizeof reason);
    free(program);
    if (error != 0)
        return start_failed(s, error == -ENOENT ? EXIT_NOT_FOUND : EXIT_USAGE, reason);
    if (policy_prepare(&s->policy, reason, sizeof reason) != 0)
        return start_failed(s, EXIT_USAGE, reason);
    s->argv = argv;
    return s->policy.isolation == ISOLATION_VM ? start_monitor(s) : run_as_child(s);
}

int cli_run(int argc, char **argv)
{
    struct start s;
    int first, status;

    start_init(&s);
    const struct option_set sets[] = {{policy_options, &s.policy}, {start_options, &s}, {NULL, NULL}};
    if (cli_options(sets, argc, argv, 1, CLI_PROGRAM, &first, &status))
        status = run(&s, argv + first);
    start_free(&s);
    return status;
}
