/* cloister pause, resume, kill, reset: one request to each isolate that is named. */
#include "cli/cli.h"
#include "hostvirt/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* `flags`: the request's name. */
static int ask(const char *name, void *flags, json_t *list)
{
    int status = 0;

    json_decref(cli_ask(name, json_pack("{s:s}", "request", (const char *)flags), &status));
    return status;
}

int cli_pause(int argc, char **argv)
{
    return cli_each(argc, argv, &(struct each){.flags = "pause", .one = ask});
}

int cli_resume(int argc, char **argv)
{
    return cli_each(argc, argv, &(struct each){.flags = "resume", .one = ask});
}

static int wait_for_end(const char *name, void *flags)
{
    return cli_wait_for_end(name, CLI_PATIENCE) ? 0 : 1;
}

static int kill_one(const char *name, void *flags, json_t *list)
{
    char reason[512];

    if (control_kill(name, reason, sizeof reason) == 0)
        return 0;
    cli_error("%s", reason);
    return 1;
}

/* Those that were reached are gone when it returns: their names are free, `rm` finds what they left. */
int cli_kill(int argc, char **argv)
{
    return cli_each(argc, argv, &(struct each){.one = kill_one, .then = wait_for_end});
}

struct reset_flags {
    bool json;
    const char *pages;
};

FLAG_SETTER(set_json, reset_flags, json)

static int set_pages(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct reset_flags *)to)->pages = value;
    if (strcmp(value, "copy") == 0 || strcmp(value, "drop") == 0)
        return 0;
    snprintf(reason, bytes, "'%.64s' is neither copy nor drop", value);
    return -EINVAL;
}

static const struct option_row reset_options[] = {
    {"pages", "copy|drop", "copies all pages back that were written, or drops all (what costs less)", set_pages, false},
    JSON_OPTION(set_json),
    END_OF_OPTIONS,
};

static int reset_one(const char *name, void *flags, json_t *list)
{
    const struct reset_flags *f = flags;
    int status = 0;
    json_t *answer = cli_ask(name, json_pack("{s:s, s:s*}", "request", "reset", "pages", f->pages), &status);

    if (answer == NULL)
        return status;
    json_object_del(answer, "ok");
    json_object_set_new(answer, "name", json_string(name));
    json_array_append_new(list, answer);
    return status;
}

int cli_reset(int argc, char **argv)
{
    struct reset_flags flags = {0};

    return cli_each(argc, argv, &(struct each){reset_options, &flags, &flags.json, reset_one, NULL});
}
