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

static int stop_one(const char *name, void *flags, json_t *list)
{
    const struct stop_flags *f = flags;
    int status = 0;

    json_decref(cli_ask(name, json_pack("{s:s, s:I}", "request", "stop", "grace_ms", (json_int_t)(f->grace / 1000000)),
                        &status));
    return status;
}

static int wait_for_end(const char *name, void *flags)
{
    const struct stop_flags *f = flags;

    return cli_wait_for_end(name, f->grace + CLI_PATIENCE) ? 0 : 1;
}

int cli_stop(int argc, char **argv)
{
    struct stop_flags flags = {.grace = 10000000000ull};

    return cli_each(argc, argv, &(struct each){options, &flags, NULL, stop_one, wait_for_end});
}
