/* Snapshots: an isolate of one process saved to a file and started from it.  docs/snapshot-format.md describes the
 * file; snapshot_format.h its structures.  Nothing of a file is trusted before it is checked: header, tables, bounds
 * and checksums before the guest runs; pages by snapshot_verify.  Page tables are never saved: they are rebuilt from
 * the list of mappings. */
#ifndef HOSTVIRT_SNAPSHOT_H
#define HOSTVIRT_SNAPSHOT_H

#include "hostvirt/process.h"

#include <stdio.h>

struct snapshot; /* an opened, checked file */

#define SAVE_LABEL_MOST 4000

struct save_options {
    bool compress;        /* zstd, for transport: such a file is unpacked before it runs */
    bool self_contained;  /* file pages too */
    bool last;            /* at a CHECKPOINT: once it is saved the program ends, as if killed, without going on */
    const char *parent;   /* a snapshot to build on: only pages that differ are written; NULL */
    const char *label;    /* kept with it for snapshot_label, at most SAVE_LABEL_MOST bytes; NULL: none */
    struct snapshot *base;/* the same, opened already (by somebody with more rights); NULL: `parent` is opened */
};

/* Opens what saving needs and the wall forbids later (/proc/self/pagemap and maps).  `keep` gets the descriptors that
 * the wall must leave open, those of the restored snapshot's files among them; their number, or a negative errno. */
int snapshot_prepare(struct monitor *m, int *keep, size_t room);

/* The guest's pages that are in memory: mapped from files (the snapshot's too) or never written, and its own.  Negative
 * errno: not known. */
int snapshot_count_pages(const struct monitor *m, uint64_t *files, uint64_t *own);

/* ---- saving ---------------------------------------------------------------------------------------------------- */

/* A file that takes its name only when it is complete.  The monitor behind its wall writes to a descriptor that
 * somebody else has opened. */
struct snapshot_target {
    int host;       /* to write to */
    int folder;
    char *path;     /* as the user gave it */
    const char *name; /* that it will have in `folder`: the path's last part */
    char *temporary;/* that it has now; NULL: none yet (O_TMPFILE) */
};

int snapshot_target_open(struct snapshot_target *t, const char *path, char *reason, size_t bytes);
int snapshot_target_commit(struct snapshot_target *t, char *reason, size_t bytes); /* synced, then renamed; closes */
void snapshot_target_abandon(struct snapshot_target *t);

/* Saves a stopped process (checkpoint_stop) to `path`: written beside it, synced, renamed.  0 or negative errno with a
 * sentence; the old file stays whole then. */
int snapshot_save(struct monitor *m, const char *path, const struct save_options *o, char *reason, size_t bytes);
/* The same into an empty file opened for reading and writing.  `asked`: the guest thread that is inside CHECKPOINT. */
int snapshot_save_to(struct monitor *m, int host, const struct save_options *o, struct thread *asked, char *reason,
                     size_t bytes);
/* For a running isolate: waits until its guest asks for a CHECKPOINT and saves it there.  -ETIMEDOUT after `patience`
 * ns (0: for ever), -ESRCH when the guest ends, -EBUSY when another save waits already. */
int snapshot_save_at_checkpoint(struct monitor *m, int host, const struct save_options *o, uint64_t patience,
                                char *reason, size_t bytes);
/* The hypercall on the guest's thread: true when a save was waiting and has been done or has failed. */
bool snapshot_checkpoint(struct thread *t);
bool snapshot_checkpoint_wanted(struct monitor *m); /* is a save waiting for it? */

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* Opens and checks everything but the pages. */
int snapshot_open(struct snapshot **out, const char *path, char *reason, size_t bytes);
/* The same for a descriptor (kept by the caller); its parents are looked for beside `path`. */
int snapshot_open_host(struct snapshot **out, int host, const char *path, char *reason, size_t bytes);
void snapshot_close(struct snapshot *s);
const char *snapshot_path(const struct snapshot *s); /* as it was opened; valid as long as it */
const char *snapshot_label(const struct snapshot *s); /* as the save was given it, or ""; untrusted; the same */
int snapshot_verify(struct snapshot *s, char *reason, size_t bytes); /* all pages, and those of its parents */
int snapshot_inspect(struct snapshot *s, FILE *to, bool json);
/* Its limits, mounts and endpoints as the policy that it was saved under had them, as a start for the restore's own.
 * A file is only as trustworthy as who wrote it: the command shows or asks before it mounts what a file names. */
int snapshot_policy(struct snapshot *s, struct policy *out, char *reason, size_t bytes);

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* Pages that lie together. */
struct page_range {
    uint64_t start, end;
};

/* Of a restored guest that has ended: a line "window START" for each window that it has used (layout.h), and a
 * line "written START PAGES PLACE" for the pages that it has written, in their order; START in hexadecimal digits,
 * PLACE a file's path, [stack], [heap] (the program break) or [anonymous]. */
void snapshot_print_used(struct monitor *m, FILE *to);
/* Notes with the file which windows its clones use (empty ranges) and which pages they write: these have them from the
 * beginning.  Negative errno, where the file system keeps no attributes (-ENOTSUP): clones make do without. */
int snapshot_set_hint(const char *path, const struct page_range *list, size_t count);

/* Makes the guest of this monitor from the snapshot: memory mapped privately, descriptors by recipe, threads stopped
 * with their registers; monitor_run starts them.  The clone's number goes to the guest.  The snapshot stays open as
 * long as the guest runs.  Refuses the snapshots of other processors with the missing features named. */
int snapshot_restore(struct monitor *m, struct snapshot *s, const struct policy *p, uint64_t clone_number,
                     char *reason, size_t bytes);
/* After snapshot_restore and signal_forward_host, right before monitor_run: from here on time passes for the guest
 * (clocks, time-outs, timers).  A standby waits before this. */
int snapshot_enter(struct monitor *m, char *reason, size_t bytes);
/* Starts the threads of a restored guest but one, which the caller is to run: the one that asked for the CHECKPOINT,
 * else the main one.  Of any other guest: its one thread.  For monitor_run. */
struct thread *snapshot_start_threads(struct monitor *m);
/* When memory of the guest's cannot be reached: ends its process, with a sentence, when the reason is that a file of
 * its snapshot has been cut off.  True when it was. */
bool snapshot_lost(struct monitor *m);
/* For a standby, whose gate is closed (monitor.h): starts the host's threads of all its guest threads but the first,
 * before wall_close; gives that one its virtual processor and the pages that it needs at once, after wall_close.
 * Negative errno. */
int snapshot_park_threads(struct monitor *m);
int snapshot_warm(struct monitor *m);
/* Gives a restored guest that has not been entered other standard streams; a copy of each is made. */
int snapshot_streams(struct monitor *m, const int streams[3]);
/* Another number for a clone that has not been entered. */
void snapshot_renumber(struct monitor *m, uint64_t clone_number);

enum { RESET_AUTOMATIC, RESET_COPY, RESET_DROP }; /* what becomes of dirty pages: the last two for measurements */

struct reset_report {
    uint64_t dirty, copied, dropped; /* pages */
    uint64_t rebuilt;                /* bytes of mappings that had to be made anew */
    uint64_t ns;
    int how;                         /* in: RESET_... */
};

/* Puts a clone back to its snapshot in place; all threads are stopped (checkpoint_stop with no thread of the guest's as
 * the caller).  Dirty pages are copied back or dropped, children end.  When it fails the guest must not run on: its
 * process is ended. */
int snapshot_reset(struct monitor *m, struct snapshot *s, char *reason, size_t bytes);
int snapshot_reset_report(struct monitor *m, struct snapshot *s, struct reset_report *report, char *reason,
                          size_t bytes);

#endif
