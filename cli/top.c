/* cloister top: the isolates and what they use, again and again. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct top_flags {
    bool json;
    unsigned count;
    uint64_t delay; /* ns */
};

FLAG_SETTER(set_json, top_flags, json)

static int set_count(void *to, const char *value, char *reason, size_t bytes)
{
    return cli_number(&((struct top_flags *)to)->count, 1000000000, value, reason, bytes);
}

static int set_delay(void *to, const char *value, char *reason, size_t bytes)
{
    return policy_set_duration(&((struct top_flags *)to)->delay, value, reason, bytes);
}

static const struct option_row options[] = {
    {"count", "N", "how often, then it ends (for ever)", set_count, false},
    {"delay", "DURATION", "time between two looks (2s)", set_delay, false},
    JSON_OPTION(set_json),
    END_OF_OPTIONS,
};

static const json_t *same_isolate(const json_t *list, const json_t *one)
{
    const json_t *row;
    size_t i;

    json_array_foreach(list, i, row) if (cli_integer(row, "pid") == cli_integer(one, "pid")) return row;
    return NULL;
}

static json_int_t exits(const json_t *one)
{
    const json_t *e = json_object_get(one, "exits");

    return cli_integer(e, "syscall") + cli_integer(e, "patched") + cli_integer(e, "exception") +
           cli_integer(e, "kick") + cli_integer(e, "fault");
}

/* Since the look before, or since the start. */
static void add_rates(json_t *now, const json_t *before)
{
    json_t *row;
    size_t i;

    json_array_foreach(now, i, row)
    {
        const json_t *old = same_isolate(before, row);
        double seconds = (double)(cli_integer(row, "uptime_ns") - cli_integer(old, "uptime_ns")) / 1e9;
        double cpu = (double)(cli_integer(row, "cpu_time_ns") - cli_integer(old, "cpu_time_ns")) / 1e9;
        double count = (double)(exits(row) - exits(old));
        json_object_set_new(row, "cpu_percent", json_real(seconds > 0 ? 100 * cpu / seconds : 0));
        json_object_set_new(row, "exits_per_second", json_real(seconds > 0 ? count / seconds : 0));
    }
}

static int by_cpu(const void *a, const void *b)
{
    double x = json_real_value(json_object_get(*(json_t *const *)a, "cpu_percent"));
    double y = json_real_value(json_object_get(*(json_t *const *)b, "cpu_percent"));

    return (x < y) - (x > y);
}

static void print_isolate(const json_t *row)
{
    const json_t *denied = json_object_get(row, "denied");
    char memory[CLI_TEXT];
    int column = printf(
        "%-16s %7lld %-7s %5.1f %10s %7.0f %6lld %7lld ", cli_string(row, "name"), (long long)cli_integer(row, "pid"),
        cli_string(row, "state"), json_real_value(json_object_get(row, "cpu_percent")),
        cli_size(memory, (uint64_t)cli_integer(row, "resident")),
        json_real_value(json_object_get(row, "exits_per_second")),
        (long long)(cli_integer(denied, "files") + cli_integer(denied, "network") + cli_integer(denied, "calls")),
        (long long)cli_integer(row, "threads"));
    int length;
    const char *program = cli_program_text(row, column, &length);

    printf("%.*s\n", length, program);
}

static void print_text(const json_t *list)
{
    size_t count = json_array_size(list);
    const json_t **rows = calloc(count + 1, sizeof *rows);

    for (size_t i = 0; rows != NULL && i < count; i++)
        rows[i] = json_array_get(list, i);
    if (rows != NULL)
        qsort(rows, count, sizeof *rows, by_cpu);
    if (isatty(STDOUT_FILENO))
        fputs("\033[H\033[2J", stdout);
    printf("%-16s %7s %-7s %5s %10s %7s %6s %7s %s\n", "NAME", "PID", "STATE", "CPU%", "MEMORY", "EXITS/s", "DENIED",
           "THREADS", "PROGRAM");
    for (size_t i = 0; rows != NULL && i < count; i++)
        print_isolate(rows[i]);
    fflush(stdout);
    free(rows);
}

int cli_top(int argc, char **argv)
{
    struct top_flags flags = {.delay = 2000000000};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    int first, status;
    json_t *before = NULL;

    if (!cli_options(sets, argc, argv, 0, 0, &first, &status))
        return status;
    status = 0;
    for (unsigned i = 0; flags.count == 0 || i < flags.count; i++) {
        if (i > 0)
            nanosleep(&(struct timespec){(time_t)(flags.delay / 1000000000), (long)(flags.delay % 1000000000)}, NULL);
        json_t *now = cli_running();
        if (now == NULL) {
            status = 1;
            break;
        }
        add_rates(now, before);
        if (flags.json)
            cli_print_json(now);
        else
            print_text(now);
        json_decref(before);
        before = now;
    }
    json_decref(before);
    return status;
}
