/* Guest descriptors: a table per process; each entry owns a host descriptor of its own, so that reading, positions,
 * locks, polling and sharing over fork are the host kernel's work.  What the guest may open is decided in path.h and
 * net.h; what is emulated (files of /proc and /sys) is text in a memfd: a host descriptor, too. */
#ifndef HOSTVIRT_FILE_H
#define HOSTVIRT_FILE_H

#include "hostvirt/lock.h"
#include "hostvirt/thread.h"

enum file_kind {
    FILE_REGULAR, FILE_DIRECTORY, FILE_PATH /* O_PATH */, FILE_PIPE, FILE_FIFO, FILE_SOCKET, FILE_EVENT, FILE_TIMER,
    FILE_SIGNAL, FILE_EPOLL, FILE_INOTIFY, FILE_TEXT /* generated */, FILE_LISTING /* generated directory */,
    FILE_NULL, FILE_ZERO, FILE_FULL, FILE_RANDOM, FILE_STANDARD /* given at start: 0, 1, 2 */, FILE_MEMORY /* memfd */,
    FILE_PROCESS /* pidfd */, FILE_TERMINAL, FILE_KINDS
};

struct file;
struct descriptor;
struct iovec;
typedef int64_t file_mover(struct thread *t, struct descriptor *d, struct iovec *parts, int count);

/* One open description, shared by dup'ed descriptors.  Kind-specific parts hang from `data`, freed by `destroy`. */
struct file {
    atomic_uint references;
    enum file_kind kind;
    int flags;         /* O_ACCMODE and creation flags as opened */
    bool writable;     /* counts towards the limit of bytes written */
    char *path;        /* guest path, or "pipe:[7]" as /proc/self/fd shows; never NULL */
    const struct mount *mount; /* what it was opened below; NULL: nothing of the host's files */
    int owner;         /* F_SETOWN: a virtual pid (or -group); only remembered, SIGIO is never sent */
    struct lock_list locks; /* of this description (F_OFD_SETLK) */
    int whole_lock;    /* flock(2): LOCK_SH, LOCK_EX; 0 or LOCK_UN: none */
    int standard;      /* FILE_STANDARD: which of the streams 0, 1, 2 it was given as (snapshots) */
    atomic_bool watched; /* an epoll set had it once: descriptor_replace looks for them */
    /* Reading and writing where the host descriptor's own would not do; parts are checked, their memory is the guest's.
     * NULL: the host's calls. */
    file_mover *read, *write;
    void *data;
    void (*destroy)(void *data);
};

/* An entry of the table.  References keep a host descriptor open while a call uses it. */
struct descriptor {
    atomic_uint references;
    int host;
    struct file *file;
};

/* Kinds whose host descriptor is not what the guest opened: mode, status and rights come from the file object. */
static inline bool file_kind_emulated(enum file_kind kind)
{
    return kind == FILE_TEXT || kind == FILE_LISTING || kind == FILE_NULL || kind == FILE_ZERO || kind == FILE_FULL ||
           kind == FILE_RANDOM || kind == FILE_TERMINAL;
}

struct descriptors; /* the table */

int descriptors_new(struct descriptors **out, unsigned limit);
void descriptors_release(struct descriptors *d);                             /* closes all */
int descriptors_copy(const struct descriptors *from, struct descriptors **out); /* dups every host descriptor: vfork */
void descriptors_close_on_exec(struct descriptors *d);
/* Around the host's fork(): no other thread is inside the table, so that the copy is whole. */
void descriptors_freeze(struct descriptors *d);
void descriptors_thaw(struct descriptors *d);

/* A file object; takes `path` (malloc'ed) over.  NULL: no memory. */
struct file *file_new(enum file_kind kind, int flags, char *path);
void file_release(struct file *f);

/* Installs host descriptor + file at the lowest free number >= from (takes both over, also on failure).  The number, or
 * -EMFILE, -ENOMEM. */
int descriptor_install(struct process *p, int host, struct file *f, bool close_on_exec, int from);
/* 0, or -EMFILE: no number is free just now. */
int descriptor_room(struct process *p);
/* The entry with a reference, or NULL (EBADF).  descriptor_put drops it. */
struct descriptor *descriptor_get(struct process *p, int number);
void descriptor_put(struct descriptor *d);
int descriptor_close(struct process *p, int number);
int descriptor_dup(struct process *p, int number, int from, bool close_on_exec);      /* F_DUPFD */
int descriptor_dup_to(struct process *p, int number, int target, bool close_on_exec); /* dup2, dup3 */
/* Makes another host descriptor what all numbers of the open description stand for, with its status flags; epoll sets
 * go on watching them.  `host` stays the caller's.  0 or the host's error. */
int descriptor_replace(struct process *p, struct descriptor *d, int host);
/* The lowest open number >= from, or -1: for listings and snapshots. */
int descriptor_next(struct process *p, int from);
int descriptor_flags(struct process *p, int number);                 /* FD_CLOEXEC or 0, -EBADF */
int descriptor_set_flags(struct process *p, int number, int flags);

/* Standard streams 0, 1, 2 of the monitor become the guest's; the monitor's own 0 and 1 are /dev/null afterwards. */
int descriptors_standard(struct process *p);

/* Opens the host's /dev/null, zero and full, which guests get duplicates of, and clears the monitor's umask.  Called
 * before the wall, which must keep these descriptors.  Idempotent. */
int file_devices(int keep[3]);
/* A duplicate of one of them for FILE_NULL, FILE_ZERO, FILE_FULL (FILE_RANDOM: of null; reads never reach it). */
int file_device_open(enum file_kind kind);

#endif
