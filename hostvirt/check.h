/* What `cloister check` reports: what processor, kernel and KVM offer, what each missing thing costs, and which feature
 * it turns off.  Nothing is changed or kept; takes a few milliseconds. */
#ifndef HOSTVIRT_CHECK_H
#define HOSTVIRT_CHECK_H

#include <stdbool.h>
#include <stddef.h>

enum check_state {
    CHECK_FOUND,
    CHECK_MISSING,
    CHECK_NOT_USED, /* Cloister has no use for it, whether it is there or not */
};

struct check_finding {
    const char *name;
    enum check_state state;
    bool required;       /* without it --isolation=vm does not run */
    char value[128];     /* what was found, in words */
    const char *cost;    /* when missing: what that costs; NULL otherwise */
    const char *feature; /* when missing: which feature is off, NULL: none is */
};

#define CHECK_LIMIT 32

struct check_report {
    bool usable;      /* --isolation=vm runs here */
    char reason[256]; /* why not, and what to do; empty when usable */
    size_t count;
    struct check_finding findings[CHECK_LIMIT];
};

/* Fills the report.  0 when isolates can run here, else the negative errno of platform_open() or -ENOTSUP. */
int check_run(struct check_report *report);
const char *check_state_name(enum check_state state); /* "found", "missing", "not used" */

#endif
