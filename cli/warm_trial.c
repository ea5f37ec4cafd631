/* What a clone writes before its program does anything, or with the first thing that it does. */
#include "cli/warm_trial.h"

#include "hostvirt/control.h"
#include "hostvirt/snapshot.h"
#include "isolate/message.h"
#include "isolate/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANGES 4096
#define PAGE 4096ul

/* The monitor's process: its standard error, which stays its own, is the pipe. */
static int body(const struct trying *t, int to, int notify)
{
    struct start *s = t->start;
    bool asked = warm_point_asks(t->at);
    char reason[512];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(to, STDERR_FILENO) < 0)
        return EXIT_NOT_RUN;
    free(s->policy.name);
    s->policy.name = NULL;
    s->policy.wall_time = t->input.milliseconds * 1000000ull;
    s->detach = false;
    s->notify = notify;
    s->trial = true;
    s->snapshot = NULL;
    s->messages[0] = asked ? -1 : t->call >= 0 ? t->call : message_trial();
    s->messages[1] = !asked && t->call >= 0 ? message_trial() : -1;
    if (policy_fresh_scratch(&s->policy, reason, sizeof reason) != 0 ||
        snapshot_open(&s->snapshot, t->path, reason, sizeof reason) != 0 ||
        control_clone_numbers(1, &s->clone_number, reason, sizeof reason) != 0)
        return EXIT_NOT_RUN;
    return start_monitor(s);
}

/* ---- causes ------------------------------------------------------------------------------------------------------ */

/* One of at most TRIAL_CAUSES texts. */
static const char *cause_of(const char *place)
{
    static const struct {
        const char *place, *cause;
    } rows[] = {
        {"[stack]", "stacks"},
        {"[heap]", "C library's memory"},
        {"[anonymous]", "Java heap, metadata and buffers"},
        {RUNTIME_PLACE "/lib/server/libjvm.so", "data of the VM"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].place, place) == 0)
            return rows[i].cause;
    return "data of libraries";
}

static void count(struct trial *t, const char *place, unsigned long pages)
{
    const char *cause = cause_of(place);
    size_t i = 0;

    while (t->causes[i].pages != 0 && t->causes[i].name != cause)
        i++;
    t->causes[i].name = cause;
    t->causes[i].pages += pages;
    t->pages += pages;
}

void warm_trial_print(const struct trial *t, const char *what, FILE *to)
{
    fprintf(to, "each start writes %lu pages %s:", t->pages, what);
    for (size_t i = 0; i < TRIAL_CAUSES && t->causes[i].pages != 0; i++)
        fprintf(to, "%s %lu %s", i > 0 ? "," : "", t->causes[i].pages, t->causes[i].name);
    fputc('\n', to);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static size_t read_ranges(FILE *from, struct page_range list[RANGES], struct trial *out)
{
    unsigned long start, pages;
    char line[600], place[512];
    size_t n = 0;

    while (fgets(line, sizeof line, from) != NULL) {
        pages = 0;
        if (sscanf(line, "written %lx %lu %511[^\n]", &start, &pages, place) == 3)
            count(out, place, pages);
        else if (sscanf(line, "window %lx", &start) != 1)
            continue; /* the program's, or an error: then nothing else comes */
        if (n < RANGES)
            list[n++] = (struct page_range){start, start + pages * PAGE};
    }
    return n;
}

/* Asks the clone, once it runs, and ends it, while its pipe is read. */
struct asking {
    struct trying *t;
    int heard; /* where its start is told */
    int error;
};

static void *ask(void *argument)
{
    struct asking *a = argument;
    char line[640], reason[512];
    const char *name;

    start_hear(a->heard, line, sizeof line);
    a->error = -ECHILD;
    if ((name = start_heard_name(line, reason, sizeof reason)) == NULL)
        return NULL;
    a->error = warm_again(name, a->t->at, &a->t->input, reason, sizeof reason);
    if (control_kill(name, reason, sizeof reason) != 0)
        kill(a->t->input.monitor, SIGKILL);
    return NULL;
}

static bool watch(struct trying *t, int output, int heard, struct page_range *list, size_t *n, struct trial *out)
{
    struct asking asking = {t, heard, 0};
    bool asks = warm_point_asks(t->at);
    pthread_t asker;
    int status = -1;

    if (asks && pthread_create(&asker, NULL, ask, &asking) != 0) {
        kill(t->input.monitor, SIGKILL);
        asks = false;
    }
    FILE *from = fdopen(output, "re");
    *n = from != NULL ? read_ranges(from, list, out) : 0;
    if (from != NULL)
        fclose(from);
    else
        close(output);
    if (asks)
        pthread_join(asker, NULL);
    while (waitpid(t->input.monitor, &status, 0) < 0 && errno == EINTR)
        ;
    if (warm_point_asks(t->at))
        return *n > 0 && asks && asking.error == 0;
    return *n > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int warm_trial(struct trying *t, struct trial *out)
{
    struct page_range *list = calloc(RANGES, sizeof *list);
    int output[2], told[2];
    bool good = false;
    size_t n = 0;

    *out = (struct trial){0};
    if (list == NULL || pipe2(output, O_CLOEXEC) != 0) {
        free(list);
        return -ENOMEM;
    }
    if (pipe2(told, O_CLOEXEC) != 0) {
        close(output[0]);
        close(output[1]);
        free(list);
        return -ENOMEM;
    }
    t->input.monitor = start_fork();
    if (t->input.monitor == 0) {
        close(output[0]);
        close(told[0]);
        _exit(body(t, output[1], told[1]));
    }
    close(output[1]);
    close(told[1]);
    if (t->input.monitor > 0)
        good = watch(t, output[0], told[0], list, &n, out);
    else
        close(output[0]);
    close(told[0]);
    if (good)
        snapshot_set_hint(t->path, list, n); /* a file system without attributes: without the hint */
    free(list);
    return good ? 0 : -ECHILD;
}
