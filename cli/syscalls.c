/* cloister syscalls: the table of system calls, with an isolate's counts when one is named. */
#include "cli/cli.h"

#include "hostvirt/syscall.h"

#include <stdio.h>
#include <string.h>

static const char *const classes[] = {
    [CLASS_FILE] = "file",       [CLASS_DIRECTORY] = "directory", [CLASS_MEMORY] = "memory",
    [CLASS_THREAD] = "thread",   [CLASS_PROCESS] = "process",     [CLASS_SIGNAL] = "signal",
    [CLASS_TIME] = "time",       [CLASS_NETWORK] = "network",     [CLASS_INFO] = "info",
    [CLASS_REFUSED] = "refused",
};

static const json_t *counts_of(const json_t *calls, const char *name)
{
    const json_t *row;
    size_t i;

    json_array_foreach(calls, i, row) if (strcmp(cli_string(row, "name"), name) == 0) return row;
    return NULL;
}

static json_t *row_of(unsigned number, const json_t *calls)
{
    const struct syscall_row *row = &syscall_table[number];
    json_t *out = json_pack("{s:i, s:s, s:s}", "number", (int)number, "name", row->name, "class", classes[row->class]);

    if (row->handler == NULL)
        json_object_set_new(out, "answer", json_string(strerrorname_np(row->answer)));
    if (calls != NULL) {
        const json_t *counts = counts_of(calls, row->name);
        json_object_set_new(out, "count", json_integer(cli_integer(counts, "count")));
        json_object_set_new(out, "time_ns", json_integer(cli_integer(counts, "time_ns")));
    }
    return out;
}

static void print_text(const json_t *list, bool counts)
{
    const json_t *row;
    size_t i;

    printf("%6s  %-26s %-10s %s\n", "number", "name", "class", counts ? "     count         time" : "answer");
    json_array_foreach(list, i, row)
    {
        char time[CLI_TEXT];
        printf("%6lld  %-26s %-10s ", (long long)cli_integer(row, "number"), cli_string(row, "name"),
               cli_string(row, "class"));
        if (counts)
            printf("%10lld %12s\n", (long long)cli_integer(row, "count"),
                   cli_duration(time, (uint64_t)cli_integer(row, "time_ns")));
        else
            printf("%s\n", cli_string(row, "answer"));
    }
}

int cli_syscalls(int argc, char **argv)
{
    bool json = false;
    const struct option_set sets[] = {{cli_json_option, &json}, {NULL, NULL}};
    json_t *answer = NULL, *list = json_array();
    int first, status;

    if (!cli_options(sets, argc, argv, 0, 1, &first, &status)) {
        json_decref(list);
        return status;
    }
    if (first < argc && (answer = cli_ask(argv[first], json_pack("{s:s}", "request", "stat"), &status)) == NULL) {
        json_decref(list);
        return status;
    }
    for (unsigned i = 0; i < SYSCALL_TABLE_SIZE; i++)
        if (syscall_table[i].name != NULL)
            json_array_append_new(list, row_of(i, json_object_get(answer, "calls")));
    if (json)
        cli_print_json(list);
    else
        print_text(list, answer != NULL);
    json_decref(answer);
    json_decref(list);
    return 0;
}
