/* ELF files as programs: read, checked, and mapped (elf(5); System V gABI chapter 5).  Every number of a file is
 * untrusted. */
#ifndef HOSTVIRT_ELF_H
#define HOSTVIRT_ELF_H

#include "hostvirt/memory.h"

#include <elf.h>
#include <limits.h>

#define ELF_HEADERS_MAX 128

struct elf_file {
    int host; /* descriptor, owned */
    off_t bytes;
    bool fixed;               /* ET_EXEC: linked at its addresses */
    uint64_t entry;           /* as in the file */
    uint64_t low, high;       /* page-aligned span of the loadable segments, as in the file */
    uint64_t align;           /* largest alignment of a segment */
    uint64_t headers;         /* address of the program headers, as in the file; 0: not loaded */
    unsigned count;
    bool executable_stack;
    Elf64_Phdr segments[ELF_HEADERS_MAX];
    char interpreter[PATH_MAX]; /* "" when none */
    char path[PATH_MAX];        /* as the guest names it */
};

/* Reads and checks the headers.  Takes `host` over, also on failure.  -ENOEXEC for what is no program of this machine,
 * -EIO, -ENOMEM. */
int elf_open(struct elf_file *f, int host, const char *path);
void elf_close(struct elf_file *f);

/* Maps the segments at `base` + their addresses; the range is free.  Negative errno. */
int elf_map(const struct elf_file *f, struct memory *m, uint64_t base);

#endif
