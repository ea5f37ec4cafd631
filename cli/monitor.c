/* Becoming a monitor, and ending as the guest ended. */
#include "cli/monitor.h"

#include "hostvirt/cache.h"
#include "hostvirt/calls.h"
#include "hostvirt/control.h"
#include "hostvirt/limits.h"
#include "hostvirt/monitor.h"
#include "hostvirt/snapshot.h"
#include "hostvirt/wall.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- options ----------------------------------------------------------------------------------------------------- */

FLAG_SETTER(set_detach, start, detach)
FLAG_SETTER(set_bound, start, bound)

static int set_notify(void *to, const char *value, char *reason, size_t bytes)
{
    unsigned number;
    int error = cli_number(&number, 1 << 20, value, reason, bytes);

    if (error == 0)
        ((struct start *)to)->notify = (int)number;
    return error;
}

static int set_config(void *to, const char *value, char *reason, size_t bytes)
{
    return config_load(&((struct start *)to)->policy, value, reason, bytes);
}

const struct option_row config_options[] = {
    {"config", "FILE", "takes options from a file (cloister.conf(5)); those behind it count more", set_config, true},
    END_OF_OPTIONS,
};

const struct option_row start_options[] = {
    {"detach", NULL, "runs it in the background and prints its name; see console and logs", set_detach, false},
    {"bound", NULL, NULL, set_bound, false}, /* ends with the thread that started it: clones of a pool */
    {"notify", "DESCRIPTOR", NULL, set_notify, false}, /* libcloister's */
    END_OF_OPTIONS,
};

void start_init(struct start *s)
{
    *s = (struct start){.notify = -1, .messages = {-1, -1}, .call = {-1, -1, -1, false}};
    policy_init(&s->policy);
}

void start_free(struct start *s)
{
    snapshot_close(s->snapshot);
    for (unsigned i = 0; i < 2; i++)
        if (s->messages[i] >= 0)
            close(s->messages[i]);
    free(s->program);
    policy_free(&s->policy);
}

/* A control group that is named and not used: nobody would see that it is none before a share is asked for, too. */
static bool cgroup_is_one(const struct policy *p, char *reason, size_t bytes)
{
    bool used = p->cpu_weight != 0 || p->cpu_max != 0; /* whoever joins it says what is wrong (cgroup.h) */
    int folder = p->cgroup != NULL && !used ? open(p->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

    if (p->cgroup == NULL || used)
        return true;
    bool is = folder >= 0 && faccessat(folder, "cgroup.controllers", F_OK, 0) == 0;
    if (folder < 0)
        snprintf(reason, bytes, "cannot open the cgroup '%.200s': %s; name one with --cgroup, or leave it out",
                 p->cgroup, strerror(errno));
    else if (!is)
        snprintf(reason, bytes, "%.200s is no cgroup of version 2; name one with --cgroup, or leave it out", p->cgroup);
    if (folder >= 0)
        close(folder);
    return is;
}

bool start_begin(const struct start *s)
{
    char reason[512] = "";
    const int keep[] = {s->notify, -1};

    if (s->bound)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (cgroup_is_one(&s->policy, reason, sizeof reason) && wall_begin(keep, reason, sizeof reason) == 0)
        return true;
    start_failed(s, EXIT_NOT_RUN, reason);
    return false;
}

pid_t start_fork(void)
{
    pid_t parent = getpid();

    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) /* it has ended meanwhile: nobody would be told */
            _exit(EXIT_NOT_RUN);
    }
    return child;
}

/* ---- who waits for the start ------------------------------------------------------------------------------------- */

void start_tell(const struct start *s, const char *word, const char *text)
{
    char line[640];
    int length = snprintf(line, sizeof line, "%s %.600s\n", word, text);

    if (s->notify >= 0 && write(s->notify, line, (size_t)length) != length)
        return; /* nobody waits any more: the isolate runs all the same */
}

void start_hear(int from, char *line, size_t bytes)
{
    size_t used = 0;
    ssize_t n;

    line[0] = '\0';
    while (used < bytes - 1 && strchr(line, '\n') == NULL &&
           ((n = read(from, line + used, bytes - 1 - used)) > 0 || (n < 0 && errno == EINTR))) {
        used += n > 0 ? (size_t)n : 0;
        line[used] = '\0';
    }
    line[strcspn(line, "\n")] = '\0';
}

const char *start_heard_name(const char *line, char *reason, size_t bytes)
{
    if (strncmp(line, "ok ", 3) == 0)
        return line + 3;
    snprintf(reason, bytes, "%s",
             strncmp(line, "error ", 6) == 0 ? line + 6 : "the isolate ended before it had started");
    return NULL;
}

int start_failed(const struct start *s, int status, const char *reason)
{
    if (s->notify >= 0)
        start_tell(s, "error", reason); /* who is told says it, where it wants to */
    else
        cli_error("%s", reason);
    return status;
}

void start_unread(const struct start *s, int status)
{
    if (status != 0)
        start_tell(s, "error", cli_last_error());
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

int start_end_like(int status)
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

static void print_end(json_t *statistics)
{
    if (statistics == NULL)
        return;
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        json_object_set_new(statistics, "resident", json_integer((json_int_t)usage.ru_maxrss * 1024));
    json_object_set_new(statistics, "state", json_string("ended"));
    cli_print_statistics(stderr, statistics, true);
    json_decref(statistics);
}

/* ---- the monitor ------------------------------------------------------------------------------------------------- */

/* What waits for the program when it begins; a call comes last. */
static int bring_messages(struct monitor *m, struct start *s, char *reason, size_t bytes)
{
    int error = 0;

    for (unsigned i = 0; i < 2 && error == 0; i++)
        if (s->messages[i] >= 0 && (error = calls_put(m, s->messages[i])) != 0)
            snprintf(reason, bytes, "no memory for the program's arguments");
    return error == 0 && s->call.connection >= 0 ? calls_bring(m, &s->call, reason, bytes) : error;
}

static int make_guest(struct monitor *m, struct start *s, char *reason, size_t bytes)
{
    int error = s->snapshot != NULL
                    ? snapshot_restore(m, s->snapshot, &s->policy, s->clone_number, reason, bytes)
                    : monitor_start(m, &s->policy, s->program, s->argv, reason, bytes);

    return error == 0 ? bring_messages(m, s, reason, bytes) : error;
}

/* A snapshot that cannot be restored here is none: the program starts without.  Returns when it cannot. */
static void start_again(struct start *s, const char *reason)
{
    if (s->explain)
        cli_error("cold: %s", reason);
    policy_free(&s->policy);
    execv("/proc/self/exe", s->again);
}

static int run_monitor(struct start *s, int terminal)
{
    static struct monitor m; /* one per process: see the_monitor */
    char reason[512] = "";
    mallopt(M_ARENA_MAX, 1); /* its threads are many and allocate little: an arena each costs pages and time */
    int error = make_guest(&m, s, reason, sizeof reason);
    bool missing = error == -ENOENT && s->snapshot == NULL; /* the program */

    if (error != 0 && s->again != NULL && !s->detach)
        start_again(s, reason);
    if (error == 0 && s->policy.cache != NULL)
        error = cache_open(&m.cache, s->policy.cache, s->policy.cache_size, reason, sizeof reason);
    if (error == 0)
        error = monitor_enclose(&m, terminal, s->notify, false, reason, sizeof reason);
    if (error == 0 && s->snapshot != NULL)
        error = snapshot_enter(&m, reason, sizeof reason);
    if (error != 0) {
        control_stop(&m);
        return start_failed(s, missing ? EXIT_NOT_FOUND : EXIT_NOT_RUN, reason);
    }
    start_tell(s, "ok", control_name(&m));
    if (s->notify >= 0)
        close(s->notify);
    int status = monitor_run(&m);
    if (s->trial)
        snapshot_print_used(&m, stderr);
    limits_stop(&m);
    json_t *statistics = s->policy.statistics ? control_statistics(m.control) : NULL;
    control_set_status(&m, status);
    control_stop(&m);
    if (limits_reason(&m) != NULL)
        cli_error("%s", limits_reason(&m));
    print_end(statistics);
    cache_close(m.cache);
    policy_scratch_remove(&s->policy);
    exit(start_end_like(status)); /* not back to who frees the policy: the watch of the limits may still read it */
}

/* ---- in the background ------------------------------------------------------------------------------------------- */

/* The isolate of a terminal of its own. */
static int background(struct start *s)
{
    char reason[128];

    setsid();
    int terminal = monitor_terminal();
    if (terminal < 0) {
        snprintf(reason, sizeof reason, "cannot make a terminal for it: %s", strerror(-terminal));
        return start_failed(s, EXIT_NOT_RUN, reason);
    }
    return run_monitor(s, terminal);
}

/* What the monitor in the background said of its start. */
static int report_start(struct start *s, int from)
{
    char line[700] = "";
    size_t used = 0;
    ssize_t n;

    while (used < sizeof line - 1 && ((n = read(from, line + used, sizeof line - 1 - used)) > 0 ||
                                      (n < 0 && errno == EINTR)))
        used += n > 0 ? (size_t)n : 0;
    bool good = strncmp(line, "ok ", 3) == 0;
    const char *text = line + (good ? 3 : strncmp(line, "error ", 6) == 0 ? 6 : 0);
    if (!good && s->again != NULL) {
        line[strcspn(line, "\n")] = '\0';
        start_again(s, text);
    }
    if (s->notify >= 0 && write(s->notify, line, used) != (ssize_t)used)
        return EXIT_NOT_RUN;
    line[strcspn(line, "\n")] = '\0';
    if (good) {
        if (s->notify < 0)
            puts(text);
        return 0;
    }
    cli_error("%s", text > line ? text : "the isolate ended before it had started");
    return EXIT_NOT_RUN;
}

int start_detached(struct start *s, int (*body)(struct start *s))
{
    int pipe_ends[2];

    if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
        cli_error("cannot start it in the background: %s", strerror(errno));
        return EXIT_NOT_RUN;
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(pipe_ends[0]);
        if (s->notify >= 0)
            close(s->notify);
        s->notify = pipe_ends[1];
        _exit(body(s));
    }
    close(pipe_ends[1]);
    if (child < 0) {
        cli_error("cannot start it in the background: %s", strerror(errno));
        return EXIT_NOT_RUN;
    }
    int status = report_start(s, pipe_ends[0]);
    close(pipe_ends[0]);
    /* The folder in /dev/shm that a scratch mount may have is the monitor's from here on. */
    free(s->policy.scratch_folder);
    s->policy.scratch_folder = NULL;
    return status;
}

int start_monitor(struct start *s)
{
    return s->detach ? start_detached(s, background) : run_monitor(s, -1);
}
