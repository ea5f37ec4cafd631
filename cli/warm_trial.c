/* What a clone writes before its program does anything. */
#include "cli/warm_trial.h"

#include "hostvirt/control.h"
#include "hostvirt/snapshot.h"
#include "isolate/message.h"
#include "isolate/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RANGES 4096
#define PAGE 4096ul

/* The monitor's process: its standard error, which stays its own, is the pipe. */
static int body(struct start *s, const char *path, int call, int to)
{
    char reason[512];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(to, STDERR_FILENO) < 0)
        return EXIT_NOT_RUN;
    free(s->policy.name);
    s->policy.name = NULL;
    s->detach = false;
    s->trial = true;
    s->snapshot = NULL;
    s->messages[0] = call >= 0 ? call : message_trial();
    s->messages[1] = call >= 0 ? message_trial() : -1;
    if (policy_fresh_scratch(&s->policy, reason, sizeof reason) != 0 ||
        snapshot_open(&s->snapshot, path, reason, sizeof reason) != 0 ||
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
        if (sscanf(line, "written %lx %lu %511[^\n]", &start, &pages, place) != 3)
            continue; /* the program's, or an error: then nothing else comes */
        count(out, place, pages);
        if (n < RANGES)
            list[n++] = (struct page_range){start, start + pages * PAGE};
    }
    return n;
}

int warm_trial(struct start *s, const char *path, int call, unsigned milliseconds, struct trial *out)
{
    struct page_range *list = calloc(RANGES, sizeof *list);
    int ends[2], status = -1;

    *out = (struct trial){0};
    if (list == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        free(list);
        return -ENOMEM;
    }
    pid_t monitor = start_fork();
    if (monitor == 0) {
        close(ends[0]);
        s->policy.wall_time = milliseconds * 1000000ull;
        _exit(body(s, path, call, ends[1]));
    }
    close(ends[1]);
    FILE *from = fdopen(ends[0], "re");
    size_t n = from != NULL ? read_ranges(from, list, out) : 0;
    if (from != NULL)
        fclose(from);
    else
        close(ends[0]);
    while (monitor > 0 && waitpid(monitor, &status, 0) < 0 && errno == EINTR)
        ;
    bool good = monitor > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && n > 0;
    if (good)
        snapshot_set_hint(path, list, n); /* a file system without attributes: without the hint */
    free(list);
    return good ? 0 : -ECHILD;
}
