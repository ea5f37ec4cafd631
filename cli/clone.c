/* cloister clone --zygote: clones that a zygote starts.  In the foreground this process stands for them: it lends them
 * its standard streams, passes on its signals, and ends as they end. */
#include "cli/monitor.h"

#include "hostvirt/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COPIES_MAX 100000

struct clone {
    const char *zygote;
    char *name;
    unsigned copies;
    bool detach, times, json;
    json_t *list;         /* answers, with --json */
    struct pollfd *links; /* connections; the last is the descriptor of signals */
    int *processes;       /* pidfds */
};

FLAG_SETTER(set_detach, clone, detach)
FLAG_SETTER(set_times, clone, times)
FLAG_SETTER(set_json, clone, json)

static int set_zygote(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct clone *)to)->zygote = value;
    return 0;
}

static int set_name(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct clone *)to)->name = (char *)(uintptr_t)value;
    return 0;
}

static int set_copies(void *to, const char *value, char *reason, size_t bytes)
{
    return cli_number(&((struct clone *)to)->copies, COPIES_MAX, value, reason, bytes);
}

static const struct option_row options[] = {
    {"zygote", "NAME", "which zygote (cloister ps lists them)", set_zygote, false},
    {"copies", "N", "how many (1); also -n N", set_copies, false},
    {"n", "N", NULL, set_copies, false},
    {"name", "NAME", "of the clone; with several NAME-1, NAME-2, ...", set_name, false},
    {"detach", NULL, "runs them in the background and prints their names; see console and logs", set_detach, false},
    {"times", NULL, "prints how long each step took, up to the guest's first exit", set_times, false},
    {"json", NULL, "prints the zygote's answers as JSON", set_json, false},
    END_OF_OPTIONS,
};

/* ---- what is printed --------------------------------------------------------------------------------------------- */

static void print_times(FILE *to, const json_t *answer)
{
    static const struct {
        const char *key, *text;
    } rows[] = {
#define STEP(name, text) {#name "_ns", text},
        CLONE_STEPS(STEP)
#undef STEP
    };
    const json_t *times = json_object_get(answer, "times"), *steps = json_object_get(times, "steps");
    double total = (double)cli_integer(times, "total_ns");

    fprintf(to, "%s, %s: %.3f ms\n", cli_string(answer, "name"),
            json_is_true(json_object_get(times, "standby")) ? "from a standby" : "without a standby", total / 1e6);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double ns = (double)cli_integer(steps, rows[i].key);
        if (ns > 0)
            fprintf(to, "  %-38s %8.3f ms %5.1f %%\n", rows[i].text, ns / 1e6, 100 * ns / total);
    }
}

/* Standard output is the clones' when they run in the foreground. */
static void show(struct clone *c, json_t *answer)
{
    FILE *to = c->detach ? stdout : stderr;

    json_object_del(answer, "ok");
    if (c->json)
        json_array_append(c->list, answer);
    else if (c->times)
        print_times(to, answer);
    else if (c->detach)
        puts(cli_string(answer, "name"));
}

static void print_list(const struct clone *c)
{
    FILE *to = c->detach ? stdout : stderr;

    json_dumpf(c->list, to, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    fputc('\n', to);
}

/* ---- the foreground ---------------------------------------------------------------------------------------------- */

static const int passed_on[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,  SIGUSR1,
                                SIGUSR2, SIGALRM, SIGCONT, SIGWINCH, SIGTSTP};

static int signal_descriptor(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof passed_on / sizeof passed_on[0]; i++)
        sigaddset(&set, passed_on[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Stopped from the keyboard, this process stops after its clones, and its shell goes on. */
static void pass_signal_on(struct clone *c, int from)
{
    struct signalfd_siginfo info;

    if (read(from, &info, sizeof info) != sizeof info)
        return;
    for (unsigned i = 0; i < c->copies; i++)
        if (c->processes[i] >= 0)
            syscall(SYS_pidfd_send_signal, c->processes[i], (int)info.ssi_signo, NULL, 0);
    if (info.ssi_signo == SIGTSTP)
        raise(SIGSTOP);
}

/* The process of an answer.  As long as the connection is open it is the clone and no later one of that number. */
static int open_process(int connection, const json_t *answer)
{
    int process = (int)syscall(SYS_pidfd_open, (pid_t)cli_integer(answer, "pid"), 0);
    char byte;

    if (process >= 0 && recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
        close(process);
        process = -1;
    }
    return process;
}

/* As a status of wait4, the first one of several that is not 0. */
static int wait_for_all(struct clone *c)
{
    unsigned left = 0;
    int result = 0;

    for (unsigned i = 0; i < c->copies; i++)
        left += c->links[i].fd >= 0;
    while (left > 0) {
        if (poll(c->links, c->copies + 1, -1) < 0)
            continue;
        if (c->links[c->copies].revents != 0)
            pass_signal_on(c, c->links[c->copies].fd);
        for (unsigned i = 0; i < c->copies; i++) {
            int status = 0;
            if (c->links[i].fd < 0 || c->links[i].revents == 0)
                continue;
            zygote_wait(c->links[i].fd, -1, &status, NULL);
            close(c->links[i].fd);
            c->links[i].fd = -1;
            close(c->processes[i]);
            c->processes[i] = -1;
            result = result != 0 ? result : status;
            left--;
        }
    }
    return result;
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

/* A stream that is closed here is /dev/null there. */
static void streams(int standard[3])
{
    for (int i = 0; i < 3; i++)
        standard[i] = fcntl(i, F_GETFD) >= 0 ? i : open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int start_one(struct clone *c, unsigned index, const int *standard)
{
    char name[96], reason[512] = "";
    struct zygote_request r = {.name = c->name, .standard = standard, .timed = c->times};
    json_t *answer;

    if (c->name != NULL && c->copies > 1) {
        snprintf(name, sizeof name, "%.80s-%u", c->name, index + 1);
        r.name = name;
    }
    int connection = zygote_clone(c->zygote, &r, &answer, reason, sizeof reason);
    if (connection < 0) {
        cli_error("%s", reason);
        return EXIT_NOT_RUN;
    }
    if (c->detach) {
        close(connection);
    } else {
        c->links[index].fd = connection;
        c->processes[index] = open_process(connection, answer);
    }
    show(c, answer);
    json_decref(answer);
    return 0;
}

static int run(struct clone *c)
{
    int standard[3], result = 0, status = 0;

    c->links = calloc(c->copies + 1, sizeof *c->links);
    c->processes = calloc(c->copies, sizeof *c->processes);
    c->list = json_array();
    if (c->links == NULL || c->processes == NULL || c->list == NULL)
        return cli_error("out of memory");
    for (unsigned i = 0; i <= c->copies; i++)
        c->links[i] = (struct pollfd){-1, POLLIN, 0};
    for (unsigned i = 0; i < c->copies; i++)
        c->processes[i] = -1;
    if (!c->detach) {
        streams(standard);
        c->links[c->copies].fd = signal_descriptor();
    }
    for (unsigned i = 0; i < c->copies && result == 0; i++)
        result = start_one(c, i, c->detach ? NULL : standard);
    if (!c->detach)
        status = wait_for_all(c);
    if (c->json)
        print_list(c);
    fflush(NULL);
    if (result != 0 || c->copies > 1)
        return result != 0 ? result : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return start_end_like(status);
}

int cli_clone_from_zygote(int argc, char **argv)
{
    struct clone c = {.copies = 1};
    const struct option_set sets[] = {{options, &c}, {NULL, NULL}};
    int first, status;

    if (!cli_options(sets, argc, argv, 0, 0, &first, &status))
        return status;
    status = run(&c);
    free(c.links);
    free(c.processes);
    json_decref(c.list);
    return status;
}
