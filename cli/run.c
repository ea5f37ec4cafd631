/* cloister run: this process becomes the monitor of the program's isolate, so that exit status, signals, standard
 * streams and job control are those of the program itself. */
#include "cli/java.h"

#include "hostvirt/wall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

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
    while (*path != '\0' && *program != '\0') {
        size_t length = strcspn(path, ":");
        if (asprintf(&found, "%.*s/%s", (int)length, path, program) < 0)
            return NULL;
        if (is_file(found) && access(found, X_OK) == 0)
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

/* With everything in the policy, which is prepared. */
static int start(struct start *s, char **argv)
{
    s->argv = argv;
    return s->policy.isolation == ISOLATION_VM ? start_monitor(s) : run_as_child(s);
}

static int run(struct start *s, char **argv)
{
    char reason[512] = "";
    char *program = find_program(&s->policy, argv[0]);

    if (program == NULL) {
        bool here = errno == ENOENT && is_file(argv[0]);
        int length = snprintf(reason, sizeof reason, "cannot find %.200s: %s",
                              *argv[0] != '\0' ? argv[0] : "a program without a name", strerror(errno));
        if (here)
            snprintf(reason + length, sizeof reason - (size_t)length,
                     " along PATH; the one in this folder is ./%.200s", argv[0]);
        return start_failed(s, EXIT_NOT_FOUND, reason);
    }
    int error = policy_show_program(&s->policy, program, &s->program, reason, sizeof reason);
    free(program);
    if (error != 0)
        return start_failed(s, error == -ENOENT ? EXIT_NOT_FOUND : EXIT_USAGE, reason);
    if (policy_prepare(&s->policy, reason, sizeof reason) != 0)
        return start_failed(s, EXIT_USAGE, reason);
    return start(s, argv);
}

/* Whether the first word names a Java program: by options, or by a file that is one.  A word without a slash is first
 * looked for as a program. */
static bool is_java(const struct start *s, const struct java_run *java, const char *word)
{
    char *program = NULL;

    if (java_named(java))
        return true;
    if (!program_is(word))
        return false;
    if (strchr(word, '/') == NULL)
        program = find_program(&s->policy, word);
    free(program);
    return program == NULL;
}

static int run_java(const struct option_set *sets, struct start *s, struct java_run *java, int first, int argc,
                    char **argv)
{
    struct texts command = {0};
    int status = java_prepare(sets, s, java, first, argc, argv, &command);

    if (status == 0)
        java_warm(s, java, argc, argv);
    program_free(&java->program); /* the monitor inherits no open archive */
    if (status == 0)
        status = start(s, command.items);
    texts_free(&command);
    return status;
}

int cli_run(int argc, char **argv)
{
    struct start s;
    struct java_run java = {0};
    int first, status;

    start_init(&s);
    const struct option_set sets[] = {
        {policy_options, &s.policy}, {config_options, &s}, {start_options, &s}, {java_options, &java}, {NULL, NULL}};
    if (cli_options(sets, argc, argv, 1, CLI_PROGRAM, &first, &status)) {
        if (!start_begin(&s))
            status = EXIT_NOT_RUN;
        else if (is_java(&s, &java, argv[first]))
            status = run_java(sets, &s, &java, first, argc, argv);
        else if (java_unused(&java))
            status = run(&s, argv + first);
        else
            status = start_failed(&s, EXIT_USAGE,
                                  "--java-options, --handler, --trust, --cold, --warm and --explain are for Java "
                                  "programs");
    } else {
        start_unread(&s, status);
    }
    java_free(&java);
    start_free(&s);
    return status;
}
