/* cloister stop: SIGTERM for the guest, and SIGKILL after a grace time; waits until the isolate is gone. */
#include "cli/cli.h"

#include "hostvirt/control.h"

#include <errno.h>

#include <string.h>
#include <time.h>
#include <unistd.h>

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

/* True when nobody answers to the name any more. */
static bool wait_for_end(const char *name, uint64_t patience)
{
    const uint64_t step = 5000000;
    char reason[512];

    for (uint64_t waited = 0; waited <= patience; waited += step) {
        json_t *request = json_pack("{s:s}", "request", "ping"), *answer = NULL;
        int error = control_request(name, request, &answer, reason, sizeof reason);
        json_decref(request);
        json_decref(answer);
        if (error == -ENOENT)
            return true;
        nanosleep(&(struct timespec){0, (long)step}, NULL);
    }
    return false;
}

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
        if (!wait_for_end(argv[i], flags.grace + 5000000000ull)) {
            cli_error("'%s' has not ended", argv[i]);
            status = 1;
        }
    return status;
}
