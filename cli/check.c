/* cloister check: what this machine offers.  The exit status is 0 when --isolation=vm runs here, else 1. */
#include "cli/cli.h"

#include "hostvirt/check.h"

#include <stdio.h>
#include <stdlib.h>

static void print_json(const struct check_report *report)
{
    json_t *list = json_array(), *out = json_pack("{s:b, s:s}", "usable", report->usable, "reason", report->reason);

    for (size_t i = 0; i < report->count; i++) {
        const struct check_finding *f = &report->findings[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:s, s:s?, s:s?}", "name", f->name, "state",
                                              check_state_name(f->state), "required", f->required, "value", f->value,
                                              "cost", f->cost, "feature_off", f->feature));
    }
    json_object_set_new(out, "findings", list);
    cli_print_json(out);
    json_decref(out);
}

static void print_text(const struct check_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct check_finding *f = &report->findings[i];
        printf("%-9s %-24s %s\n", check_state_name(f->state), f->name, f->value);
        if (f->state == CHECK_MISSING && f->cost != NULL)
            printf("%-9s %-24s costs: %s\n", "", "", f->cost);
        if (f->state == CHECK_MISSING && f->feature != NULL)
            printf("%-9s %-24s off: %s\n", "", "", f->feature);
    }
    if (report->usable)
        puts("\nIsolates run here.");
    else
        printf("\nIsolates do not run here: %s\n", report->reason);
}

int cli_check(int argc, char **argv)
{
    bool json = false;
    const struct option_set sets[] = {{cli_json_option, &json}, {NULL, NULL}};
    struct check_report *report;
    int first, status;

    if (!cli_options(sets, argc, argv, 0, 0, &first, &status))
        return status;
    report = calloc(1, sizeof *report);
    if (report == NULL)
        return cli_error("out of memory");
    int error = check_run(report);
    if (json)
        print_json(report);
    else
        print_text(report);
    free(report);
    return error == 0 ? 0 : 1;
}
