/* The keys of a policy: one table (config_options.c) for the options of `cloister run` and its relatives, for
 * configuration files and for their documentation. */
#ifndef HOSTVIRT_CONFIG_H
#define HOSTVIRT_CONFIG_H

#include "hostvirt/policy.h"

/* One option: `set` gets the value (NULL for a flag).  0, or a negative errno with a sentence in `reason`. */
struct option_row {
    const char *name;  /* without "--" */
    const char *value; /* its name in the help; NULL: a flag */
    const char *help;
    int (*set)(void *to, const char *value, char *reason, size_t bytes);
    bool many;         /* may be given more than once; a list in a configuration file */
};

/* Rows whose `to` is a struct policy; ends with a null name. */
extern const struct option_row policy_options[];

/* Takes an option that was given, in place of its row's `set`. */
typedef int option_take(void *to, const struct option_row *row, const char *value, char *reason, size_t bytes);

/* The row of policy_options with that name; NULL: none. */
const struct option_row *config_find(const char *name);

/* Reads a configuration file (YAML: cloister.conf(5)) into the policy, as if each key had been given as an option at
 * this place.  Negative errno with a sentence that names the file, the line where it is known, the key and the right
 * form. */
int config_load(struct policy *p, const char *path, char *reason, size_t bytes);
/* The same with each key handed to `take`. */
int config_read(option_take *take, void *to, const char *path, char *reason, size_t bytes);
/* config_load for a text of `length` bytes and a terminator behind them; `path` is what errors call it. */
int config_load_text(struct policy *p, const char *path, const char *text, size_t length, char *reason, size_t bytes);

#endif
