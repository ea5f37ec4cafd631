/* cloister stack: the threads of a program that knows to tell of them (a Java program's VM does); else registers and
 * frames of the threads of an isolate's processes, which stand still only while they are read. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>

struct stack_flags {
    bool json, machine, registers;
};

FLAG_SETTER(set_json, stack_flags, json)
FLAG_SETTER(set_machine, stack_flags, machine)
FLAG_SETTER(set_registers, stack_flags, registers)

static const struct option_row options[] = {
    {"machine", NULL, "shows the processor's view of a Java program also", set_machine, false},
    {"registers", NULL, "shows all registers (with the processor's view)", set_registers, false},
    JSON_OPTION(set_json),
    END_OF_OPTIONS,
};

static void print_registers(const json_t *registers)
{
    const char *name;
    json_t *value;
    unsigned column = 0;

    json_object_foreach((json_t *)(uintptr_t)registers, name, value) printf(
        "%s%-6s %016llx", column++ % 4 == 0 ? "\n    " : "  ", name, (unsigned long long)json_integer_value(value));
    putchar('\n');
}

static void print_thread(const json_t *thread, bool registers)
{
    const json_t *frames = json_object_get(thread, "frames"), *frame;
    size_t i;

    printf("thread %lld  %s\n", (long long)cli_integer(thread, "tid"), cli_string(thread, "name"));
    json_array_foreach(frames, i, frame)
    {
        printf("  #%-3zu %016llx", i, (unsigned long long)cli_integer(frame, "address"));
        if (json_object_get(frame, "file") != NULL)
            printf("  %s+0x%llx", cli_string(frame, "file"), (unsigned long long)cli_integer(frame, "offset"));
        putchar('\n');
    }
    if (registers)
        print_registers(json_object_get(thread, "registers"));
}

static void print_process(const json_t *process, bool registers)
{
    const json_t *error = json_object_get(process, "error"), *thread;
    size_t i;

    printf("process %lld%s%s\n", (long long)cli_integer(process, "pid"), error != NULL ? ": " : "",
           error != NULL ? json_string_value(error) : "");
    json_array_foreach(json_object_get(process, "threads"), i, thread) print_thread(thread, registers);
}

/* The program's own answer.  False: it gives none. */
static bool ask_program(const char *name, int *status)
{
    char reason[512] = "";
    int error = cli_question(name, "Thread.print", CLI_QUESTION_MS, reason, sizeof reason, status);

    if (error != 0 && error != -EIO)
        cli_error(error == -ENOENT ? "%s" : "%s; --machine shows its threads without its help", reason);
    return error != -EIO;
}

int cli_stack(int argc, char **argv)
{
    struct stack_flags flags = {0};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    const json_t *thread, *process;
    size_t i;
    int first, status;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    if (!flags.json && !flags.machine && !flags.registers && ask_program(argv[first], &status))
        return status;
    json_t *answer = cli_ask(argv[first], json_pack("{s:s}", "request", "threads"), &status);
    if (answer == NULL)
        return status;
    json_t *processes = json_object_get(answer, "processes");
    if (flags.json) {
        json_array_insert_new(processes, 0, json_pack("{s:O, s:O}", "pid", json_object_get(answer, "pid"), "threads",
                                                      json_object_get(answer, "threads")));
        cli_print_json(processes);
    } else {
        json_array_foreach(json_object_get(answer, "threads"), i, thread) print_thread(thread, flags.registers);
        json_array_foreach(processes, i, process) print_process(process, flags.registers);
    }
    json_decref(answer);
    return 0;
}
