/* cloister events: what has happened to an isolate: starts, pauses, saves, its own notes. */
#include "cli/cli.h"

#include "hostvirt/control.h"

#include <stdio.h>
#include <time.h>

#define LOOK_AGAIN 200000000 /* ns */

struct events_flags {
    bool json, follow;
};

FLAG_SETTER(set_json, events_flags, json)
FLAG_SETTER(set_follow, events_flags, follow)

static const struct option_row options[] = {
    {"follow", NULL, "goes on until the isolate ends", set_follow, false},
    JSON_OPTION(set_json),
    END_OF_OPTIONS,
};

static void print_text(const json_t *list)
{
    const json_t *e;
    size_t i;

    json_array_foreach(list, i, e)
    {
        double when = json_real_value(json_object_get(e, "time"));
        time_t seconds = (time_t)when;
        struct tm local;
        char text[32];
        strftime(text, sizeof text, "%F %T", localtime_r(&seconds, &local));
        printf("%s.%03d  %-10s %s\n", text, (int)((when - (double)seconds) * 1000), cli_string(e, "kind"),
               cli_string(e, "text"));
    }
    fflush(stdout);
}

/* The last sequence number seen. */
static json_int_t print(const json_t *list, bool json, json_int_t after)
{
    size_t count = json_array_size(list);

    if (json && (count > 0 || after == 0))
        cli_print_json(list);
    else if (!json)
        print_text(list);
    return count > 0 ? cli_integer(json_array_get(list, count - 1), "sequence") : after;
}

int cli_events(int argc, char **argv)
{
    struct events_flags flags = {0};
    const struct option_set sets[] = {{options, &flags}, {NULL, NULL}};
    char reason[512];
    int first, status;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    json_t *answer = cli_ask(argv[first], json_pack("{s:s}", "request", "events"), &status);
    if (answer == NULL)
        return status;
    json_int_t after = print(json_object_get(answer, "events"), flags.json, 0);
    json_decref(answer);
    while (flags.follow) {
        nanosleep(&(struct timespec){0, LOOK_AGAIN}, NULL);
        json_t *request = json_pack("{s:s, s:I}", "request", "events", "after", after);
        int error = control_request(argv[first], request, &answer, reason, sizeof reason);
        json_decref(request);
        if (error != 0)
            break; /* it has ended */
        after = print(json_object_get(answer, "events"), flags.json, after);
        json_decref(answer);
    }
    return 0;
}
