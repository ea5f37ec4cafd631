/* cloister stop: SIGTERM for the guest, and SIGKILL after a grace time; waits until the isolate is gone. */
#include "cli/cli.h"

struct stop_flags {
    uint64_t grace; /* ns */
};

static int set_grace(void *to, const char *value, char *reason, size_t bytes)
{
    return policy_set_duration(&((struct stop_flags *)to)->grace, value, reason, bytes);
}

static const struct option_row options[] = {
    {"grace", "DURATION", "time that it has to obey (10s)", set_grace, false},
    END_OF_OPTIONS,
};

int cli_stop(int argc, char **argv)
{
    struct stop_flags flags = {.grace = 10000000000ull};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_ANY, &first, &status))
        return status;
    status = 0;
    for (int i = first; i < argc; i++)
        json_decref(cli_ask(argv[i],
                            json_pack("{s:s, s:I}", "request", "stop", "grace_ms", (json_int_t)(flags.grace / 1000000)),
                            &status));
    for (int i = first; i < argc && status == 0; i++)
        if (!cli_wait_for_end(argv[i], flags.grace + CLI_PATIENCE))
            status = 1;
    return status;
}
