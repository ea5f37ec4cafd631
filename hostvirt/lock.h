/* Locks of files (fcntl(2), flock(2)).  The host's own locks do the work: POSIX locks belong to the monitor's process,
 * of which there is one for each process of the guest's, the others to an open description.  What is held is written
 * down beside them, for two reasons: a process loses all its POSIX locks of a file when it closes any descriptor of it,
 * and the monitor has descriptors of its own that the guest knows nothing of (mappings); and snapshots keep locks. */
#ifndef HOSTVIRT_LOCK_H
#define HOSTVIRT_LOCK_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>

struct descriptor;
struct locks;
struct thread;

#define LOCK_RANGES_MOST 16384 /* of one file and owner */

struct lock_range {
    int64_t start, end; /* bytes, both inclusive; INT64_MAX: however far the file may grow */
    short type;         /* F_RDLCK, F_WRLCK */
};

/* Sorted, none touching another of its type. */
struct lock_list {
    struct lock_range *list;
    size_t count, room;
};

/* The range becomes `type` (F_UNLCK: free), as fcntl would do it.  -ENOLCK: too many; nothing is changed. */
int lock_list_set(struct lock_list *l, short type, int64_t start, int64_t end);
void lock_list_free(struct lock_list *l);

/* The POSIX locks that the monitor's process holds; one per monitor (host process).  NULL: no memory. */
struct locks *locks_new(void);
/* Around the host's fork(), so that the copy is whole; in the copy locks_forget follows: POSIX locks stay with the
 * parent. */
void locks_freeze(struct locks *l);
void locks_thaw(struct locks *l);
void locks_forget(struct locks *l);

/* F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW with the guest's `lock`; the result as for the guest. */
int64_t lock_record(struct thread *t, struct descriptor *d, int command, struct flock *lock);
/* flock(2). */
int64_t lock_whole(struct thread *t, struct descriptor *d, int operation);

/* Closes a descriptor of the guest's: its POSIX locks of the file go. */
void lock_close(int host);
/* Closes a descriptor that is the monitor's own: while the guest has locks of the file, it stays open. */
void lock_close_own(int host);

/* For snapshots: the POSIX locks of the file behind a host descriptor are given to `each`; its error ends it. */
int lock_walk(int host, int (*each)(void *context, const struct lock_range *range), void *context);
/* Gives up everything that is held of the file, by the process and by the description. */
void lock_drop(struct descriptor *d);
/* Takes a lock of a snapshot's: `owner` as in struct saved_lock.  -EAGAIN: somebody else has it. */
enum lock_owner { LOCK_POSIX, LOCK_DESCRIPTION, LOCK_WHOLE, LOCK_OWNERS };
int lock_take(struct descriptor *d, enum lock_owner owner, const struct lock_range *range);

#endif
