/* cloister run: this process becomes the monitor of the program's isolate, so that exit status, signals, standard
 * streams and job control are those of the program itself. */
#include "cli/cli.h"
#include "hostvirt/control.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/limits.h"
#include "hostvirt/wall.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A word without a slash is looked for along the isolate's PATH, on this machine: that is where its mounts come from. */
static char *find_program(const struct policy *p, const char *program)
{
    const char *path = "/usr/local/bin:/usr/bin:/bin";
    char *found = NULL;

    if (strchr(program, '/') != NULL)
        return program[0] == '/' ? strdup(program) : realpath(program, NULL);
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

/* The program itself is shown to the isolate where no mount shows it: the user named it. */
static int show_program(struct policy *p, const char *program, char *reason, size_t bytes)
{
    for (size_t i = 0; i < p->mount_count; i++) {
        size_t length = strlen(p->mounts[i].guest);
        if (strcmp(p->mounts[i].guest, "/") == 0 ||
            (strncmp(p->mounts[i].guest, program, length) == 0 && (program[length] == '/' || program[length] == '\0')))
            return 0;
    }
    static const char *const base[] = {"/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/"};
    for (size_t i = 0; p->system_base && i < sizeof base / sizeof base[0]; i++)
        if (strncmp(program, base[i], strlen(base[i])) == 0)
            return 0;
    return policy_add_mount(p, MOUNT_READ_ONLY, program, reason, bytes);
}

/* Ends as the guest ended: a signal that killed it kills this process, too. */
static int end_like(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(WTERMSIG(status), SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    raise(WTERMSIG(status));
    return 128 + WTERMSIG(status);
}

static int run_in_vm(struct policy *p, const char *program, char **argv)
{
    static struct monitor m; /* one per process: see the_monitor */
    char reason[512] = "";

    if (monitor_start(&m, p, program, argv, reason, sizeof reason) != 0 ||
        control_start(&m, reason, sizeof reason) != 0) {
        cli_error("%s", reason);
        return EXIT_NOT_RUN;
    }
    int error = signal_forward_host(&m);
    if (error == 0)
        error = limits_start(&m);
    if (error != 0) {
        cli_error("cannot start the isolate: %s", strerror(-error));
        return EXIT_NOT_RUN;
    }
    static const int keep[] = {0, 1, 2, -1};
    if (wall_prepare(p, keep, reason, sizeof reason) != 0 || wall_close(p, reason, sizeof reason) != 0) {
        cli_error("%s", reason);
        return EXIT_NOT_RUN;
    }
    int status = monitor_run(&m);
    limits_stop(&m);
    control_stop(&m);
    if (limits_reason(&m) != NULL)
        cli_error("%s", limits_reason(&m));
    return end_like(status);
}

int cli_run(int argc, char **argv)
{
    struct policy policy;
    char reason[512] = "";
    bool helped;
    int status;

    policy_init(&policy);
    int first = cli_options(cli_find("run"), policy_options, &policy, argc, argv, &helped);
    if (helped || first < 0)
        return helped ? 0 : EXIT_USAGE;
    if (first >= argc)
        return cli_error("run needs a program; 'cloister run --help' shows how");
    char *program = find_program(&policy, argv[first]);
    if (program == NULL) {
        cli_error("cannot find %s: %s", argv[first], strerror(errno));
        return EXIT_NOT_FOUND;
    }
    if (show_program(&policy, program, reason, sizeof reason) != 0 ||
        policy_prepare(&policy, reason, sizeof reason) != 0)
        return cli_error("%s", reason);
    if (policy.isolation == ISOLATION_VM) {
        status = run_in_vm(&policy, program, argv + first);
    } else if (process_isolation_run(&policy, program, argv + first, &status, reason, sizeof reason) == 0) {
        status = end_like(status);
    } else {
        cli_error("%s", reason);
        status = EXIT_NOT_RUN;
    }
    free(program);
    policy_free(&policy);
    return status;
}
