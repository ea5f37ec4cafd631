/* cloister ps: the isolates that run and, with --all, those that ended and left their output. */
#include "cli/cli.h"

#include "hostvirt/control.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 2000 /* ms, for all that do not answer; */
#define LEAST 100     /* and for each when it is used up */

/* What is left of the patience. */
static unsigned patience_left(const struct timespec *begin)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    long passed = (now.tv_sec - begin->tv_sec) * 1000 + (now.tv_nsec - begin->tv_nsec) / 1000000;
    return passed < PATIENCE - LEAST ? (unsigned)(PATIENCE - passed) : LEAST;
}

struct ps_flags {
    bool json, all;
};

FLAG_SETTER(set_json, ps_flags, json)
FLAG_SETTER(set_all, ps_flags, all)

static const struct option_row options[] = {
    {"all", NULL, "also isolates that ended and whose output is still there", set_all, false},
    JSON_OPTION(set_json),
    END_OF_OPTIONS,
};

json_t *cli_running(void)
{
    json_t *list = json_array(), *request = json_pack("{s:s}", "request", "stat");
    char **names, reason[512];
    struct timespec begin;
    size_t count;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (control_list(&names, &count, reason, sizeof reason) != 0) {
        cli_error("%s", reason);
        json_decref(list);
        json_decref(request);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        json_t *answer = NULL;
        int error = control_request_within(names[i], request, NULL, 0, patience_left(&begin), &answer, reason,
                                           sizeof reason);
        cli_add_way_out(error, names[i], reason, sizeof reason);
        if (error == -ETIMEDOUT || error == -EAGAIN)
            answer = json_pack("{s:s, s:s, s:s}", "name", names[i], "state", "silent", "why", reason);
        if (answer == NULL)
            continue; /* it has just ended */
        if (error == 0)
            json_object_set_new(answer, "resident",
                                json_integer((json_int_t)cli_resident((int)cli_integer(answer, "pid"))));
        json_object_del(answer, "ok");
        json_array_append_new(list, answer);
    }
    control_list_free(names, count);
    json_decref(request);
    return list;
}

/* NAME.end is empty while it runs and after a kill -9. */
static json_t *ended(int folder, const char *file, const json_t *running)
{
    char name[80], path[256];
    size_t i;
    const json_t *other;

    snprintf(name, sizeof name, "%.*s", (int)(strlen(file) - 4), file);
    json_array_foreach(running, i, other) if (strcmp(cli_string(other, "name"), name) == 0) return NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d/%.80s", folder, file);
    json_t *end = json_load_file(path, 0, NULL), *row = json_pack("{s:s, s:s}", "name", name, "state", "ended");
    json_object_set_new(row, "status",
                        end != NULL ? json_incref(json_object_get(end, "status")) : json_integer(SIGKILL));
    if (end != NULL)
        json_object_set_new(row, "ended", json_incref(json_object_get(end, "time")));
    json_decref(end);
    return row;
}

static int is_end_file(const struct dirent *e)
{
    size_t length = strlen(e->d_name);

    return length > 4 && length < 72 && strcmp(e->d_name + length - 4, ".end") == 0;
}

static void add_ended(json_t *list)
{
    char reason[512];
    struct dirent **files = NULL;
    int folder = control_open_folder(reason, sizeof reason);
    int count = folder >= 0 ? scandirat(folder, ".", &files, is_end_file, alphasort) : 0;
    json_t *running = json_copy(list);

    for (int i = 0; i < count; i++) {
        json_t *row = ended(folder, files[i]->d_name, running);
        if (row != NULL)
            json_array_append_new(list, row);
        free(files[i]);
    }
    free(files);
    json_decref(running);
    if (folder >= 0)
        close(folder);
}

static const char *end_text(char to[32], json_int_t status)
{
    if (WIFEXITED((int)status))
        snprintf(to, 32, "ended (%d)", WEXITSTATUS((int)status));
    else
        snprintf(to, 32, "killed (%s)", sigabbrev_np(WTERMSIG((int)status)));
    return to;
}

static void print_isolate(const json_t *row)
{
    char up[CLI_TEXT], cpu[CLI_TEXT], memory[CLI_TEXT];
    int column = printf("%-16s %7lld %-7s %8s %8s %10s %7lld ", cli_string(row, "name"),
                        (long long)cli_integer(row, "pid"), cli_string(row, "state"),
                        cli_duration(up, (uint64_t)cli_integer(row, "uptime_ns")),
                        cli_duration(cpu, (uint64_t)cli_integer(row, "cpu_time_ns")),
                        cli_size(memory, (uint64_t)cli_integer(row, "resident")),
                        (long long)cli_integer(row, "threads"));
    int length;
    const char *program = cli_program_text(row, column, &length);

    printf("%.*s\n", length, program);
}

/* Lines of 80 columns, but for long names, programs and reasons. */
static void print_text(const json_t *list)
{
    size_t i;
    const json_t *row;

    printf("%-16s %7s %-7s %8s %8s %10s %7s %s\n", "NAME", "PID", "STATE", "UP", "CPU", "MEMORY", "THREADS", "PROGRAM");
    json_array_foreach(list, i, row)
    {
        const char *name = cli_string(row, "name"), *state = cli_string(row, "state");
        char end[32];
        if (strcmp(state, "silent") == 0)
            printf("%-16s %7s %-7s %s\n", name, "-", state, cli_string(row, "why"));
        else if (strcmp(state, "ended") == 0)
            printf("%-16s %7s %s\n", name, "-", end_text(end, cli_integer(row, "status")));
        else
            print_isolate(row);
    }
}

int cli_ps(int argc, char **argv)
{
    struct ps_flags flags = {0};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    int first, status;

    if (!cli_options(sets, argc, argv, 0, 0, &first, &status))
        return status;
    json_t *list = cli_running();
    if (list == NULL)
        return 1;
    if (flags.all)
        add_ended(list);
    if (flags.json)
        cli_print_json(list);
    else
        print_text(list);
    json_decref(list);
    return 0;
}
