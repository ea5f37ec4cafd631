/* What `cloister stat` and the end of `cloister run --stat` print. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_MAX 600

static int by_time(const void *a, const void *b)
{
    json_int_t x = cli_integer(*(json_t *const *)a, "time_ns"), y = cli_integer(*(json_t *const *)b, "time_ns");

    return (x < y) - (x > y);
}

static void print_calls(FILE *to, const json_t *calls)
{
    const json_t *sorted[CALLS_MAX];
    size_t count = json_array_size(calls) < CALLS_MAX ? json_array_size(calls) : CALLS_MAX;
    char total[CLI_TEXT], each[CLI_TEXT];

    for (size_t i = 0; i < count; i++)
        sorted[i] = json_array_get(calls, i);
    qsort(sorted, count, sizeof sorted[0], by_time);
    fprintf(to, "\n%-22s %10s %12s %12s %10s\n", "system call", "count", "time", "each", "refused");
    for (size_t i = 0; i < count; i++) {
        uint64_t n = (uint64_t)cli_integer(sorted[i], "count"), time = (uint64_t)cli_integer(sorted[i], "time_ns");
        fprintf(to, "%-22s %10llu %12s %12s %10lld\n", cli_string(sorted[i], "name"), (unsigned long long)n,
                cli_duration(total, time), cli_duration(each, n != 0 ? time / n : 0),
                (long long)cli_integer(sorted[i], "denied"));
    }
}

static void print_zygote(FILE *to, const json_t *s)
{
    char a[CLI_TEXT], b[CLI_TEXT];

    fprintf(to, "%-12s %s, a zygote, process %lld\n", "name", cli_string(s, "name"), (long long)cli_integer(s, "pid"));
    fprintf(to, "%-12s %s\n", "snapshot", cli_string(s, "program"));
    fprintf(to, "%-12s %s, %s of processor time\n", "time", cli_duration(a, (uint64_t)cli_integer(s, "uptime_ns")),
            cli_duration(b, (uint64_t)cli_integer(s, "cpu_time_ns")));
    fprintf(to, "%-12s %lld made, %lld of them from standbys; %lld running\n", "clones",
            (long long)cli_integer(s, "clones"), (long long)cli_integer(s, "clones_from_standbys"),
            (long long)cli_integer(s, "clones_running"));
    fprintf(to, "%-12s %lld ready of %lld\n", "standbys", (long long)cli_integer(s, "standbys"),
            (long long)cli_integer(s, "standbys_wanted"));
    if (cli_string(s, "failure")[0] != '\0')
        fprintf(to, "%-12s %s\n", "failure", cli_string(s, "failure"));
}

void cli_print_statistics(FILE *to, const json_t *s, bool calls)
{
    const json_t *memory = json_object_get(s, "memory"), *exits = json_object_get(s, "exits");
    const json_t *denied = json_object_get(s, "denied");
    char a[CLI_TEXT], b[CLI_TEXT], c[CLI_TEXT], d[CLI_TEXT];
    uint64_t resident = (uint64_t)cli_integer(s, "resident");

    if (strcmp(cli_string(s, "state"), "zygote") == 0) {
        print_zygote(to, s);
        return;
    }
    fprintf(to, "%-12s %s, %s, process %lld\n", "name", cli_string(s, "name"), cli_string(s, "state"),
            (long long)cli_integer(s, "pid"));
    fprintf(to, "%-12s %s\n", "program", cli_string(s, "program"));
    if (cli_string(s, "title")[0] != '\0')
        fprintf(to, "%-12s %s\n", "title", cli_string(s, "title"));
    if (cli_integer(s, "clone_number") != 0)
        fprintf(to, "%-12s %lld\n", "clone", (long long)cli_integer(s, "clone_number"));
    fprintf(to, "%-12s %s, %s of processor time\n", "time", cli_duration(a, (uint64_t)cli_integer(s, "uptime_ns")),
            cli_duration(b, (uint64_t)cli_integer(s, "cpu_time_ns")));
    fprintf(to, "%-12s %lld, with %s on %s\n", "processes", (long long)cli_integer(s, "processes"),
            cli_count(a, cli_integer(s, "threads"), "thread"),
            cli_count(b, cli_integer(s, "vcpus"), "virtual processor"));
    fprintf(to, "%-12s %s committed of %s", "memory", cli_size(a, (uint64_t)cli_integer(memory, "committed")),
            cli_size(b, (uint64_t)cli_integer(memory, "limit")));
    if (resident != 0)
        fprintf(to, ", %s resident", cli_size(c, resident));
    fprintf(to, "\n%-12s %s written to files\n", "disk", cli_size(a, (uint64_t)cli_integer(s, "disk_written")));
    fprintf(to, "%-12s %s (%lld from patched sites), %s, %s, %s\n", "exits",
            cli_count(a, cli_integer(exits, "syscall") + cli_integer(exits, "patched"), "system call"),
            (long long)cli_integer(exits, "patched"), cli_count(b, cli_integer(exits, "exception"), "exception"),
            cli_count(c, cli_integer(exits, "kick"), "kick"), cli_count(d, cli_integer(exits, "fault"), "host fault"));
    fprintf(to, "%-12s %lld\n", "signals", (long long)cli_integer(s, "signals"));
    fprintf(to, "%-12s files %lld, network %lld, system calls %lld\n", "denied",
            (long long)cli_integer(denied, "files"), (long long)cli_integer(denied, "network"),
            (long long)cli_integer(denied, "calls"));
    if (calls)
        print_calls(to, json_object_get(s, "calls"));
}
