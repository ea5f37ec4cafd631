/* The files of /proc, /sys and /dev that programs look at, generated from the isolate's own figures: one row each in
 * procfs.def.  A file is text made at open; nothing of the host shows through. */
#ifndef HOSTVIRT_PROCFS_H
#define HOSTVIRT_PROCFS_H

#include "hostvirt/path.h"

/* What a path below /proc, /sys, /dev (normalised, "self" and own pid alike) is. */
enum emulated_kind { EMULATED_NONE, EMULATED_TEXT, EMULATED_FOLDER, EMULATED_LINK, EMULATED_DEVICE };

struct emulated {
    enum emulated_kind kind;
    mode_t mode;          /* type and rights, as stat shows them */
    uint64_t inode;
    enum file_kind device;/* EMULATED_DEVICE */
    const void *row;      /* private */
    int number;           /* private: descriptor of /proc/self/fd/N, thread of /proc/self/task/N, processor of cpuN */
};

/* True when the path is the emulator's business (then `out` says what; kind NONE: it does not exist). */
bool procfs_find(struct process *p, const char *path, struct emulated *out);
/* The text of a file in a memfd positioned at 0, or -errno.  Also accepted writes (oom_score_adj...): flags as open. */
int procfs_open(struct process *p, const char *path, const struct emulated *e, int flags);
/* A link's target (exe, cwd, fd/N): its length, cut to size. */
long procfs_link(struct process *p, const char *path, const struct emulated *e, char *to, size_t size);
/* A folder's entries, one call each; `next` starts at 0 and is advanced; false at the end. */
bool procfs_entry(struct process *p, const char *path, const struct emulated *e, uint64_t *next, char name[256],
                  unsigned char *type, uint64_t *inode);

#endif
