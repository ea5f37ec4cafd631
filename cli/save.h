/* Saving a running isolate from outside: for save and fork. */
#ifndef CLI_SAVE_H
#define CLI_SAVE_H

#include "cli/cli.h"
#include "hostvirt/snapshot.h"

/* The isolate's answer, or NULL with a sentence.  `checkpoint`: when the guest asks for it. */
json_t *cli_save_to(const char *name, const char *path, const struct save_options *o, bool checkpoint, char *reason,
                    size_t bytes);

#endif
