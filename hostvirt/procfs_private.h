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

#endif
