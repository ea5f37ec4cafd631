/* The writers of emulated texts and links: one each that procfs.def names. */
#ifndef HOSTVIRT_PROCFS_PRIVATE_H
#define HOSTVIRT_PROCFS_PRIVATE_H

#include "hostvirt/process.h"

#include <stdio.h>

#define TEXT(path, mode, writer) void text_##writer(FILE *out, struct process *p, int number);
#define CONSTANT(path, mode, text)
#define LINK(path, target) long link_##target(struct process *p, int number, char *to, size_t size);
#define DEVICE(path, kind)
#define EMPTY(path)
#include "hostvirt/procfs.def"
#undef TEXT
#undef CONSTANT
#undef LINK
#undef DEVICE
#undef EMPTY

/* What /proc/PID/stat and status tell alike of a process or thread. */
struct process_figures {
    int process, thread, parent, group, session;
    int umask; /* -1: not told */
    char state; /* as in stat: R, S, T, Z */
    char name[16];
    unsigned threads;
    uint64_t ticks, child_ticks;      /* of CPU time, 1/100 s */
    uint64_t start;                   /* 1/100 s since the first monitor's */
    uint64_t space, committed, heap; /* bytes, bytes, address */
};

void procfs_put_stat(FILE *out, const struct process_figures *f);
void procfs_put_identity(FILE *out, const struct process_figures *f); /* status: down to the groups */

#endif
