/* Where boot classes come from: --patch-module entries, lib/modules, then -Xbootclasspath/a jars and folders (libzip).
 */
#ifndef CLOISTER_CLASSLOADER_BOOTPATH_H
#define CLOISTER_CLASSLOADER_BOOTPATH_H

#include "vm/options.h"

struct bootpath;
struct bootpath *bootpath_open(const struct options *o, const char **error);
void bootpath_close(struct bootpath *b);
struct bootpath_class {
    const uint8_t *bytes;
    size_t length;
    bool mapped;                         /* true: lives as long as the process; false: malloc'ed, caller frees */
    bool patched_or_appended;            /* checks are not skipped for these */
    char module[256];                    /* "" for appended entries */
    char location[1024];                 /* "jrt:/java.base" or the path of the jar or folder */
};
/* 1 found, 0 absent, -1 unreadable (*error: one sentence). Thread-safe. */
int bootpath_find(struct bootpath *b, const char *class_name, struct bootpath_class *out, const char **error);

#endif
