/* Between the parts of the path module: which mount a guest path belongs to, and how the host's files are reached. */
#ifndef HOSTVIRT_PATH_PRIVATE_H
#define HOSTVIRT_PATH_PRIVATE_H

#include "hostvirt/path.h"
#include "hostvirt/procfs.h"

#define OPEN_RETRIES 64 /* openat2(2): EAGAIN when a rename raced with ".." */

/* ---- mounts (path_mount.c); paths are normalised guest paths ----------------------------------------------------- */

/* True when `path` is `below` or lies below it. */
bool path_within(const char *path, const char *below);
/* The mount whose files `path` names, or NULL. */
const struct mount *mount_covering(const struct policy *p, const char *path);
/* The mount at exactly this path, or NULL. */
const struct mount *mount_at(const struct policy *p, const char *path);
/* True when a mount or a generated file lies below the path, not at it: it is a folder in any case. */
bool mount_below(const struct policy *p, const char *path);
/* True for what the monitor itself answers: /proc, /sys, /dev and what is below them, and the generated files of /etc;
 * but for mounts below them. */
bool path_emulated(struct process *p, const char *path);
/* The part of `path` below the mount, "." for the mount itself. */
const char *mount_relative(const struct mount *m, const char *path);
/* The names that mounts and the emulator put into the folder `path`, whatever the host has there: their number and a
 * list to free, or -ENOMEM. */
struct child {
    char name[NAME_MAX + 1];
    bool folder;
};
int path_children(struct process *p, const char *path, struct child **out);
/* The folder that holds the file of a single-file mount, as an O_PATH descriptor, and its name there. */
int mount_file_parent(const struct mount *m, char name[NAME_MAX + 1]);
/* 0 or -EACCES: a host file that is found below a mount but lies on another file system of the host is refused when
 * that is one of the kernel's own interfaces (proc, sysfs, ...). */
int mount_check_device(const struct policy *p, const struct mount *m, int parent, const char *name,
                       const struct stat *st);
dev_t mount_device(const struct policy *p, const struct mount *m); /* the host's number for the mount's root */

/* ---- the host's part --------------------------------------------------------------------------------------------- */

/* openat2 beneath `folder` without following any link; retries what a racing rename spoils. */
int host_open_beneath(int folder, const char *relative, int flags);

/* ---- the walk (path.c, path_jump.c, path_place.c) ---------------------------------------------------------------- */

struct walk {
    struct process *process;
    const struct policy *policy;
    int how;
    int links;
    int folder;                /* O_PATH descriptor of `at`, owned; -1: emulated or only mount points */
    const struct mount *mount; /* that `folder` lies in */
    char at[PATH_MAX];
    char rest[2 * PATH_MAX];   /* what is still to be walked */
};

void walk_leave(struct walk *w); /* stands nowhere */
/* Stands at `path` (normalised, without links), a folder.  `path` may be w->at. */
int walk_enter(struct walk *w, const char *path);
/* Walks w->rest from where w stands. */
int walk_run(struct walk *w, struct place *out);
/* What a held descriptor is, as a place, which takes over the reference. */
int place_hold(struct process *p, struct descriptor *d, struct place *out);
/* Both make w stand at the folder of the last name and w->rest that name: 0; 1: not possible, walk name by name; or an
 * error that is the path's.  walk_jump: base + "/" + text; `folder` is a descriptor of `base` in `m`, or -1. */
int walk_jump(struct walk *w, const char *base, int folder, const struct mount *m, const char *text);
int walk_jump_up(struct walk *w, const char *text);

/* ---- opening (path_open_held.c) ---------------------------------------------------------------------------------- */

/* place_open for a place that is a held descriptor. */
int place_open_held(struct thread *t, struct descriptor *d, int flags, int *to, struct file **file);

/* ---- stat as guests see it (path_stat.c) ------------------------------------------------------------------------- */

void stat_virtual(const struct process *p, const struct mount *m, struct stat *st);
void stat_emulated(const struct emulated *e, const char *path, struct stat *st);
void stat_folder(const char *path, struct stat *st); /* one that only holds mount points */

/* Where the reading of a folder stands that lists more than the host has there (sys_directory.c). */
struct listing {
    pthread_mutex_t lock;
    uint64_t position;
};
#define LISTING_EXTRA (INT64_MAX - (1 << 20)) /* cookie of the first name that mounts add to a folder */
struct listing *listing_new(void);
void listing_free(void *listing);
void listings_thaw(struct process *p); /* in the copy of a monitor, where nobody reads them */

void path_denied(void); /* counts a refusal by the policy */

#endif
