/* From guest paths to host files, below what is mounted and nowhere else.
 *
 * A guest path is resolved by the monitor component by component in the guest's own tree (mounts, emulated /proc, /sys
 * and /dev, symbolic links relative to the guest's root), the host's part always through openat2(RESOLVE_BENEATH |
 * RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS) from a mount's root descriptor. */
#ifndef HOSTVIRT_PATH_H
#define HOSTVIRT_PATH_H

#include "hostvirt/file.h"
#include "hostvirt/identity.h"

#include <limits.h>
#include <sys/stat.h>

/* Where a path leads.  `parent` is an O_PATH descriptor of the folder that holds the last component (owned; closed by
 * place_release); `name` is that component, or "." for the folder itself.  Then openat(parent, name, O_NOFOLLOW...)
 * names the file without any further resolution. */
struct place {
    const struct mount *mount; /* NULL: emulated (procfs.h) or a folder that only holds mount points */
    int parent;
    char name[NAME_MAX + 1];
    char path[PATH_MAX];       /* normalised guest path */
    bool exists;               /* lstat of the last component succeeded; status is its answer */
    bool slash;                /* the path ended in '/' */
    struct descriptor *held;   /* what "" with PLACE_EMPTY or a link of /proc/self/fd names (parent: -1); or NULL */
    struct stat status;
};

enum { PLACE_FOLLOW = 1, /* resolve a symbolic link in the last component */
       PLACE_CREATE = 2, /* the last component need not exist */
       PLACE_EMPTY = 4,  /* AT_EMPTY_PATH: "" is dirfd itself */
       PLACE_LAST = 8    /* the last name itself even when '/' follows it: mkdir, rmdir, unlink, rename... */ };

#define GUEST_OVERFLOW 65534 /* owner shown for files of other users of the host */

/* Copies the path from guest memory and resolves it against dirfd (AT_FDCWD: the working directory).  0 or -ENOENT,
 * -ENOTDIR, -ELOOP, -ENAMETOOLONG, -EACCES, -EFAULT, -EBADF... */
int place_find(struct thread *t, int dirfd, uint64_t path, int how, struct place *out);
int place_find_text(struct process *p, int dirfd, const char *path, int how, struct place *out);
void place_release(struct place *pl);

/* -EROFS unless the place may be written. */
int place_check_writable(const struct place *pl);

/* Opens what a place names: a host descriptor and its file object.  flags as open(2). */
int place_open(struct thread *t, struct place *pl, int flags, mode_t mode, int *host, struct file **file);
/* stat of a place or a descriptor as the guest sees it: virtual device numbers and owners. */
int place_stat(struct process *p, struct place *pl, struct stat *out);
int descriptor_stat(struct process *p, struct descriptor *d, struct stat *out);

/* Host path -> descriptor for reading a program or library (exec, mmap by the monitor): open read-only. */
int place_open_program(struct process *p, const char *guest_path, char resolved[PATH_MAX]);

#endif
