/* Between the files of snapshots. */
#ifndef HOSTVIRT_SNAPSHOT_PRIVATE_H
#define HOSTVIRT_SNAPSHOT_PRIVATE_H

#include "hostvirt/snapshot.h"
#include "hostvirt/snapshot_state.h"

#include <sys/stat.h>

/* ---- an opened file (snapshot_file.c) ---- */

struct snapshot {
    int host;          /* the file, read-only */
    char *path;        /* as it was opened: parents are looked for beside it */
    struct snapshot_header header;
    struct snapshot_section sections[SECTION_KINDS]; /* by kind; bytes 0: not there */
    struct saved_state state;
    struct saved_run *runs;    /* in the state's arena */
    size_t run_count;
    struct hash *chunks;       /* malloc'ed */
    size_t chunk_count;
    uint64_t *frames;          /* compressed: where each starts, and the end of the last */
    char *parent_name, *parent_path; /* in the arena */
    struct hash parent_identity;
    struct snapshot *parent;   /* owned */
    struct snapshot *layers[LAYER_LIMIT]; /* itself, its parent, ... */
    unsigned layer_count;
    int data;                  /* what has the pages at DATA_OFFSET: host, or an unpacked copy; -1: not yet */
    pthread_mutex_t lock;      /* of `data` */
};

/* The descriptor of a layer's pages (they start at DATA_OFFSET); unpacks a compressed file first.  Negative errno with
 * a sentence. */
int snapshot_data(struct snapshot *s, unsigned layer, char *reason, size_t bytes);
/* The path of a layer's file that has been cut off since it was opened: what was mapped from it is lost.  NULL:
 * none. */
const char *snapshot_cut(const struct snapshot *s);
/* Reads pages of a layer.  0, -EIO when the file is shorter than it was. */
int snapshot_read(struct snapshot *s, unsigned layer, uint64_t place, void *to, size_t pages);
/* The run that holds the page at `start` of a space, or the first above it; run_count: none. */
size_t snapshot_find_run(const struct snapshot *s, uint32_t space, uint64_t start);

/* For a guest that has been made and does not run yet: the pages that clones write, as the file's hint has them, become
 * its own (snapshot_hint.c). */
void snapshot_use_hint(const struct snapshot *s, struct memory *memory);
/* Before that: asks for the windows of these pages and of where the guest's threads are, while the VM is being made.
 * Errors are told by vm_ready, or by who needs the window. */
void snapshot_windows_ahead(const struct snapshot *s, struct vm *vm);

/* ---- writing one (snapshot_write.c) ---- */

struct page_writer;

/* Pages go to `host`, which is empty, writable and readable.  Errors are kept until the end. */
int writer_new(struct page_writer **out, int host, bool compress, const struct snapshot *parent);
void writer_free(struct page_writer *w);
void writer_pages(struct page_writer *w, uint32_t space, uint64_t start, const uint8_t *pages, size_t count);
/* Pages of an ancestor of the new file; layer 1 is the parent. */
void writer_reference(struct page_writer *w, uint32_t space, uint64_t start, unsigned layer, uint64_t place);
/* Pages of zeros up to `start`, so that one run goes on, when the last one ends closely before it. */
void writer_bridge(struct page_writer *w, uint32_t space, uint64_t from, uint64_t start);
int writer_error(const struct page_writer *w);
/* Everything else, and the header last.  The new file's identity in *identity. */
int writer_finish(struct page_writer *w, struct saved_state *s, bool self_contained, struct hash *identity);

/* ---- which pages (snapshot_pages.c) ---- */

bool page_is_zero(const uint8_t *page); /* aligned to 8 */

struct page_ranges {
    struct page_range *list; /* sorted, not touching each other after ranges_settle */
    size_t count, room;
};

int ranges_add(struct page_ranges *r, uint64_t start, uint64_t end);
void ranges_settle(struct page_ranges *r);
void ranges_free(struct page_ranges *r);

/* Pages of [start, end) that are the process's own: present or swapped out, and no file's. */
int pages_own(int pagemap, uint64_t start, uint64_t end, struct page_ranges *out);
/* The parts of the guest's address space where the host has one of the snapshot's files mapped. */
int pages_of_layers(struct snapshot *s, struct page_ranges *out);

/* ---- what a monitor keeps for snapshots: monitor->snapshots ---- */

struct checkpoint_request;

struct snapshots {
    pthread_mutex_t lock;
    int pagemap;             /* /proc/self/pagemap, opened before the wall closes */
    int maps;                /* /proc/self/maps */
    struct snapshot *from;   /* what the guest was restored from; the caller's; NULL: nothing */
    struct file **files;     /* what restore made, by the index of the description: reset keeps what is still there */
    int *objects;            /* memory objects, by index; -1: not made */
    struct mapped_file **mapped; /* by saved_file, a reference each; NULL: not made */
    struct page_ranges hot;  /* pages that were dirty at the last reset */
    struct thread *first;    /* of a standby: what snapshot_start_threads returns, the others having been started */
    struct checkpoint_request *request; /* a save that waits for the guest's CHECKPOINT; NULL */
};

/* Makes it when it is not there. */
int snapshots_get(struct monitor *m, struct snapshots **out);

/* ---- saving ---- */

struct collector {
    struct monitor *m;
    struct saved_state *s;
    const struct save_options *options;
    struct thread *asked;       /* the thread inside CHECKPOINT, or NULL */
    uint64_t moment; /* host CLOCK_MONOTONIC ns: when the guest's clock was read, which all rests count from */
    char *reason;
    size_t reason_bytes;
    struct object_source {      /* by object: where its contents are read from */
        uint64_t device, inode;
        int host;               /* a duplicate, owned */
    } *sources;
    size_t source_room;
    const struct mapped_file **mapped; /* by saved_file: what it was made of */
};

/* A sentence; returns `error`. */
int collect_fail(struct collector *c, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
int collect_no_memory(struct collector *c);
int collect_ended(struct collector *c); /* -ESRCH: the guest's process ends while it is saved */
/* The index of the object behind a host descriptor, a new one when it is not known yet.  Negative errno. */
int collect_object(struct collector *c, int host);
void collect_identity(struct saved_identity *i, const struct stat *status); /* snapshot_identity.c */
/* Adds what its content is, for a file that a restore is to find unchanged. */
int collect_content(struct collector *c, int host, const char *path, struct saved_identity *i);
/* Whether an opened file is the one that was saved, or has the same content. */
bool identity_matches(const struct saved_identity *was, int host);
/* Whether the guest's path still leads to this very file, so that a restore finds it there. */
bool collect_reachable(struct collector *c, const char *path, const struct stat *file);

/* What was left of a time-out at `moment`, from what is left of it now, ns.  0 stays 0. */
uint64_t collect_rest(const struct collector *c, uint64_t left);
uint64_t collect_time(uint64_t ns); /* as it is saved: "for ever" comes in many lengths */
int collect_process(struct collector *c);     /* snapshot_collect.c: policy, process, threads */
int collect_memory(struct collector *c);      /* snapshot_memory.c */
int collect_descriptors(struct collector *c); /* snapshot_descriptors.c */
int collect_locks(struct collector *c, const struct descriptor *d, struct saved_description *out); /* _locks.c */
int collect_socket(struct collector *c, struct descriptor *d, struct saved_description *out); /* snapshot_socket.c */
int collect_scratch(struct collector *c);     /* snapshot_scratch.c */
int collect_pages(struct collector *c, struct page_writer *w, struct snapshot *parent); /* snapshot_memory.c */

/* ---- restoring and resetting ---- */

/* Two ends made together, of which each belongs to another description; ours are closed at the end. */
struct couple {
    uint64_t id;
    bool pipe;
    int ends[2];  /* pipe: reading, writing; sockets: in the order they come */
    unsigned used;/* sockets: ends given away */
    bool closed[2]; /* sockets: what end i would read has ended */
};

struct builder {
    struct monitor *m;
    struct process *p;
    struct snapshot *snapshot;
    struct saved_state *s;      /* the snapshot's */
    struct thread *thread;      /* in whose name files are opened */
    int *objects;               /* by object: a memfd with its contents; -1: not made yet.  The monitor's (snapshots) */
    struct mapped_file **files; /* by saved_file; NULL: not made yet.  The monitor's (snapshots) */
    struct couple *couples;
    size_t couple_count;
    int streams[3];             /* the resumer's standard streams, owned; -1: closed, or not known any more */
    char *reason;
    size_t reason_bytes;
};

int build_fail(struct builder *b, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
int build_no_memory(struct builder *b);
int builder_start(struct builder *b);
void builder_end(struct builder *b);
/* The memfd of an object, filled on first use. */
int build_object(struct builder *b, int object);
/* Writes an object's contents into an empty file. */
int build_fill(struct builder *b, int object, int host);
/* Opens the file at a guest path.  `check`: NULL, or what it must be like. */
int build_open(struct builder *b, const char *path, int flags, const struct saved_identity *check, int *host,
               struct file **file);
/* The mapped file of an index, without a reference for the caller. */
int build_file(struct builder *b, int index, struct mapped_file **out);
/* One part of a mapping: host memory with the snapshot's pages, list, page tables.  Under memory->lock, the range being
 * free and three entries reserved. */
int build_mapping(struct builder *b, const struct saved_mapping *saved, uint64_t start, uint64_t end);
/* Whether pages of the snapshot lie over the mapping: then all of its pieces are `restored`. */
bool build_has_pages(const struct builder *b, const struct saved_mapping *saved);
/* Registers, masks, signals: everything of a thread but its number and its place in the list. */
int build_thread(struct builder *b, struct thread *t, const struct saved_thread *saved);
/* snapshot_children.c: ended children in the family's table; -EAGAIN: it is full.  Under family->lock. */
int build_zombies(struct builder *b);
int reset_children(struct builder *b);     /* ends what runs beside the guest's first process, then the same */
int build_process(struct builder *b);      /* actions, limits, pending signals, names */
int build_descriptors(struct builder *b);  /* snapshot_reopen.c: into an empty table */
int reset_descriptors(struct builder *b);  /* the same for a table that is in use */
/* Completes a description whose host descriptor has been made (negative: why not is in errno): its file, which takes
 * `data` over.  snapshot_reopen.c. */
int build_finish(struct builder *b, const struct saved_description *d, int *host, struct file **file, void *data,
                 void (*destroy)(void *));
/* snapshot_events.c: recipes of descriptors for events. */
int build_counter(struct builder *b, const struct saved_description *d, int *host, struct file **file);
int build_timer_descriptor(struct builder *b, const struct saved_description *d, int *host, struct file **file);
int build_set(struct builder *b, const struct saved_description *d, int *host, struct file **file);
int build_signal_file(struct builder *b, const struct saved_description *d, int *host, struct file **file);
int build_watches(struct builder *b, const struct saved_description *d, int *host, struct file **file);
/* What an epoll set watches, when everything else is there. */
int build_interests(struct builder *b, const struct saved_description *d, int number);
int build_locks(struct builder *b, const struct saved_description *d, int number); /* snapshot_locks.c */
int build_socket(struct builder *b, const struct saved_description *d, int *host, struct file **file);
struct couple *build_couple(struct builder *b, uint64_t id, bool pipe); /* the one with that id, or a new one */
int build_scratch(struct builder *b, bool again); /* snapshot_scratch.c; again: what is there is put right */
int build_timers(struct builder *b);       /* snapshot_enter.c */

#endif
