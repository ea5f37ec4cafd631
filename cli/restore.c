/* cloister restore and clone: isolates that go on from a snapshot. */
#include "cli/java.h"

#include "hostvirt/control.h"
#include "hostvirt/snapshot.h"
#include "isolate/archive.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COPIES_MAX 100000

struct restore {
    struct start start;
    const struct option_row *own; /* the command's */
    bool verify, trust;
    unsigned copies;
};

FLAG_SETTER(set_verify, restore, verify)
FLAG_SETTER(set_trust, restore, trust)

static int set_copies(void *to, const char *value, char *reason, size_t bytes)
{
    return cli_number(&((struct restore *)to)->copies, COPIES_MAX, value, reason, bytes);
}



static const struct option_row restore_options[] = {
    {"trust", NULL, "gives it the mounts and addresses that the file names, without options for them", set_trust,
     false},
    {"verify", NULL, "checks every page first", set_verify, false},
    END_OF_OPTIONS,
};

/* With --zygote other options are taken (clone.c); these rows are here to be shown. */
static int set_with_zygote(void *to, const char *value, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "goes with --zygote NAME only");
    return -EINVAL;
}

static const struct option_row clone_options[] = {
    {"zygote", "NAME", "from a zygote, which has the file and the policy: then only -n, --name, --detach, --times and "
     "--json are options", set_with_zygote, false},
    {"times", NULL, "with --zygote: prints how long each step took, up to the guest's first exit", set_with_zygote,
     false},
    {"json", NULL, "with --zygote: prints its answers as JSON", set_with_zygote, false},
    {"copies", "N", "how many (1); also -n N", set_copies, false},
    {"n", "N", NULL, set_copies, false},
    {"trust", NULL, "gives them the mounts and addresses that the file names, without options for them", set_trust,
     false},
    {"verify", NULL, "checks every page first", set_verify, false},
    END_OF_OPTIONS,
};

static char *name_of_copy(const char *name, unsigned index)
{
    char *text = NULL;

    return name != NULL && asprintf(&text, "%s-%u", name, index) < 0 ? NULL : text;
}

/* One copy in a process of its own, with that mask of signals, which in the foreground ends with this one.  Its
 * process; -1 when it failed, and the error is printed. */
static pid_t start_copy(struct restore *r, unsigned index, const sigset_t *mask)
{
    struct start *s = &r->start;
    char reason[512];

    fflush(NULL);
    pid_t child = s->detach ? fork() : start_fork();
    if (child == 0) {
        sigprocmask(SIG_SETMASK, mask, NULL);
        char *name = name_of_copy(s->policy.name, index + 1);
        free(s->policy.name);
        s->policy.name = name;
        s->clone_number += index;
        s->policy.scratch_folder = NULL; /* the first process removes its own */
        if (policy_fresh_scratch(&s->policy, reason, sizeof reason) != 0)
            exit(start_failed(s, EXIT_NOT_RUN, reason));
        if (policy_shift_listens(&s->policy, index, reason, sizeof reason) != 0)
            exit(start_failed(s, EXIT_USAGE, reason));
        exit(start_monitor(s));
    }
    if (child < 0)
        cli_error("cannot start a copy: %s", strerror(errno));
    return child;
}

/* Copies that have ended: the first status that is not 0. */
static int reap(pid_t *copies, unsigned count, unsigned *left, int result)
{
    int status;
    pid_t ended;

    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
        int one = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        result = result != 0 ? result : one;
        for (unsigned i = 0; i < count; i++)
            if (copies[i] == ended) {
                copies[i] = 0;
                --*left;
            }
    }
    return result;
}

/* Waits for all copies, and passes on what is sent to this process: signals of the terminal reach them, too. */
static int wait_for_copies(pid_t *copies, unsigned count, const sigset_t *signals)
{
    unsigned left = count;
    int result = reap(copies, count, &left, 0);
    siginfo_t info;

    while (left > 0) {
        if (sigwaitinfo(signals, &info) < 0)
            continue;
        for (unsigned i = 0; info.si_signo != SIGCHLD && info.si_code <= 0 && i < count; i++)
            if (copies[i] > 0)
                kill(copies[i], info.si_signo);
        result = reap(copies, count, &left, result);
    }
    return result;
}

static int start_copies(struct restore *r)
{
    static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD};
    pid_t *copies = calloc(r->copies, sizeof *copies);
    unsigned started = 0;
    sigset_t signals, before;

    if (copies == NULL)
        return start_failed(&r->start, EXIT_NOT_RUN, "out of memory");
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
        sigaddset(&signals, passed_on[i]);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would not come */
    sigprocmask(SIG_BLOCK, &signals, &before);
    while (started < r->copies && (copies[started] = start_copy(r, started, &before)) >= 0)
        started++;
    int result = wait_for_copies(copies, started, &signals);
    free(copies);
    return started < r->copies ? EXIT_NOT_RUN : result;
}

/* Options count more than what the file says, so they are taken again on top of it. */
static int take_file_policy(struct restore *r, int argc, char **argv, char *reason, size_t bytes)
{
    struct start *s = &r->start;
    const struct option_set sets[] = {
        {r->own, r}, {policy_options, &s->policy}, {config_options, s}, {start_options, s}, {NULL, NULL}};
    int first, status;

    policy_free(&s->policy);
    policy_init(&s->policy);
    int error = snapshot_policy(s->snapshot, &s->policy, reason, bytes);
    size_t listens = s->policy.listen_count;
    if (error == 0 && !cli_options(sets, argc, argv, 1, 1, &first, &status))
        error = -EINVAL;
    policy_replace_listens(&s->policy, listens);
    return error;
}

static int restore(struct restore *r, int argc, char **argv, const char *file)
{
    struct start *s = &r->start;
    char reason[512] = "";

    if (!start_begin(s))
        return EXIT_NOT_RUN;
    if (s->policy.isolation != ISOLATION_VM)
        return start_failed(s, EXIT_USAGE, "snapshots run with --isolation=vm only: the others cannot save or clone");
    int error = snapshot_open(&s->snapshot, file, reason, sizeof reason);
    if (error != 0 && archive_begins(file))
        snprintf(reason, sizeof reason, "%.200s is a program and no snapshot: cloister run starts it", file);
    if (error == 0)
        error = java_check_snapshot(s->snapshot, file, reason, sizeof reason);
    if (error == 0 && r->verify)
        error = snapshot_verify(s->snapshot, reason, sizeof reason);
    if (error == 0 && r->trust)
        error = take_file_policy(r, argc, argv, reason, sizeof reason);
    if (error == 0)
        error = control_clone_numbers(r->copies, &s->clone_number, reason, sizeof reason);
    if (error != 0)
        return start_failed(s, EXIT_NOT_RUN, reason);
    if (policy_prepare(&s->policy, reason, sizeof reason) != 0)
        return start_failed(s, EXIT_USAGE, reason);
    return r->copies > 1 ? start_copies(r) : start_monitor(s);
}

static int command(int argc, char **argv, const struct option_row *own)
{
    struct restore r = {.copies = 1, .own = own};
    int first, status;

    start_init(&r.start);
    const struct option_set sets[] = {{own, &r},
                                      {policy_options, &r.start.policy},
                                      {config_options, &r.start},
                                      {start_options, &r.start},
                                      {NULL, NULL}};
    if (cli_options(sets, argc, argv, 1, 1, &first, &status))
        status = restore(&r, argc, argv, argv[first]);
    else
        start_unread(&r.start, status);
    start_free(&r.start);
    return status;
}

int cli_restore(int argc, char **argv)
{
    return command(argc, argv, restore_options);
}

/* The zygote has the file and the policy already: other options. */
static bool names_zygote(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--zygote") == 0 || strncmp(argv[i], "--zygote=", 9) == 0)
            return true;
    return false;
}

int cli_clone(int argc, char **argv)
{
    if (names_zygote(argc, argv))
        return cli_clone_from_zygote(argc, argv);
    return command(argc, argv, clone_options);
}
