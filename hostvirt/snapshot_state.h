/* What a snapshot says of an isolate, but for its pages: plain structures between the guest's own (thread.h, file.h,
 * memory.h) and the file.  Saving fills one in and writes it; opening reads and checks one; restoring and resetting
 * build the guest from it.  Everything hangs from its arena. */
#ifndef HOSTVIRT_SNAPSHOT_STATE_H
#define HOSTVIRT_SNAPSHOT_STATE_H

#include "hostvirt/event.h"
#include "hostvirt/file.h"
#include "hostvirt/net.h"
#include "hostvirt/snapshot_format.h"
#include "hostvirt/thread.h"

#include <limits.h>

#define STATE_TEXT (2 * PATH_MAX) /* longest path or name */
#define STATE_TIME_MOST (INT64_MAX / 2) /* ns: whoever waits longer than that, waits that long */

/* ---- the processor (snapshot_machine.c) ---- */

#define MACHINE_WORDS 9 /* of CPUID, in the order of snapshot_machine.c's table */
#define MACHINE_COMPONENTS 8

struct saved_machine {
    bool software; /* saved under a software KVM */
    uint32_t words[MACHINE_WORDS];
    uint64_t features; /* XCR0 */
    uint32_t xsave_bytes;
    uint32_t offsets[MACHINE_COMPONENTS], sizes[MACHINE_COMPONENTS]; /* of XSAVE components 0.. in standard format */
    uint32_t tsc_khz;
};

/* ---- policy: facts that `inspect` shows; a restore's policy comes from whoever restores ---- */

struct saved_mount {
    uint8_t kind;
    char *host, *guest; /* host: "" for scratch */
};

struct saved_endpoint {
    char *name;
    uint16_t port, guest_port;
    int type;
    bool listen;
};

struct saved_policy {
    char *name, *hostname, *title;
    uint8_t baseline;
    uint64_t memory, cpu_time, wall_time, disk_written;
    uint32_t cpus, threads, descriptors, syscall_rate;
    bool fork, system_base;
    struct saved_mount *mounts;
    size_t mount_count;
    struct saved_endpoint *endpoints;
    size_t endpoint_count;
};

/* ---- the process ---- */

struct saved_signals {
    siginfo_t *list;
    size_t count;
};

struct saved_zombie { /* a child that ended and was not waited for */
    int pid, parent, group, session, status;
    struct rusage usage;
};

struct saved_timer {
    int id, clock, notify, signal, tid;
    uint64_t value;
    int64_t overrun;
    int last_overrun;
    uint64_t rest, interval; /* ns; rest 0: not armed */
    bool absolute;           /* rest until a time of day */
};

struct saved_process {
    int pid, parent, group, session, next_id, foreground, stopped, exit_signal, question_signal;
    uint64_t clone_number;
    uint64_t monotonic;  /* guest's CLOCK_MONOTONIC when it was saved, ns */
    int64_t realtime;
    uint64_t start_time, vdso, cpu_time, disk_written;
    char *working, *program;
    char *label; /* of who had it saved, for who opens it: never looked at here */
    uint32_t umask;
    uint8_t *arguments, *environment;
    size_t arguments_bytes, environment_bytes;
    struct action actions[SIGNAL_COUNT];
    struct rlimit limits[16];
    struct rusage children;
    struct saved_signals pending;
    struct saved_zombie *zombies;
    size_t zombie_count;
    struct saved_timer *timers;
    size_t timer_count;
};

struct saved_thread {
    int tid;
    struct kvm_regs regs;
    uint64_t fs_base, gs_base;
    uint8_t *xsave;
    size_t xsave_bytes;
    uint64_t blocked, saved_blocked;
    bool restore_blocked;
    struct saved_signals pending;
    uint64_t stack_address, stack_bytes;
    int stack_flags;
    uint64_t clear_tid, robust_list;
    char name[16];
    bool restarting, rewound;
    uint64_t rest; /* of the interrupted call's time-out, ns; 0: none */
    uint64_t fault_trap, fault_error, fault_address;
    uint64_t cpu_time;
    struct scheduling scheduling;
    bool asked;    /* it is inside CHECKPOINT: its result is the clone's number */
};

/* ---- memory ---- */

/* Memory that no file holds: shared anonymous, memfd, files that were deleted while open, files of scratch mounts. */
struct saved_object {
    uint64_t bytes;
    uint32_t seals;
};

struct saved_identity {
    uint64_t device, inode, bytes;
    int64_t seconds, nanoseconds;                 /* of its last modification */
    int64_t changed_seconds, changed_nanoseconds; /* st_ctim: no call can set it */
    bool settled;        /* the times were old enough when it was saved to tell any later change */
    bool hashed;         /* `content` is there: not of what the guest may write, and of no file above 1 GiB */
    struct hash content;
};

struct saved_file {  /* of mappings */
    int object;      /* index, or -1: found by its path */
    bool stored;     /* private mappings' pages are all in the snapshot: the file is not needed */
    bool vdso, writable;
    struct saved_identity identity;
    char *path;
};

struct saved_mapping {
    uint64_t start, end, offset;
    int file; /* index, or -1 */
    uint8_t prot, kind;
    bool shared, charged, no_fork, wipe, stack, huge, lazy;
};

struct saved_memory {
    uint64_t break_start, break_end, break_limit, place;
    struct saved_object *objects;
    size_t object_count;
    struct saved_file *files;
    size_t file_count;
    struct saved_mapping *mappings;
    size_t mapping_count;
};

/* ---- descriptors ---- */

struct saved_option { /* of a socket */
    int level, name;
    uint8_t *value;
    size_t bytes;
};

struct saved_message { /* bytes in flight: one for streams and pipes, one each for datagrams */
    uint8_t *bytes;
    size_t count;
};

struct saved_socket {
    struct guest_socket facts; /* family, type, protocol, listening, backlog, names, reset */
    uint64_t pair;             /* both ends of a socketpair have the same number; 0: none */
    bool input_closed;         /* the other end has shut its writing down, or is gone */
    struct saved_option *options;
    size_t option_count;
};

struct saved_lock {
    uint8_t owner; /* enum lock_owner; LOCK_WHOLE: the range means nothing */
    struct lock_range range;
};

struct saved_description {
    uint8_t kind;       /* enum file_kind */
    int flags;          /* as opened */
    int status;         /* as fcntl(F_GETFL) shows them now */
    bool writable;
    int owner;
    char *path;
    int object;         /* FILE_MEMORY, deleted files: index, or -1 */
    int64_t position;
    struct saved_identity identity; /* FILE_REGULAR */
    struct saved_lock *locks; /* of files: those of the process are with one description that can take them */
    size_t lock_count;
    uint64_t listing;   /* folders that mounts add to; UINT64_MAX: an ordinary one */
    int standard;       /* FILE_STANDARD: 0, 1, 2 */
    uint64_t pipe;      /* both ends of a pipe have the same number */
    uint32_t capacity;
    struct saved_message *messages; /* FILE_PIPE (at the reading end), FILE_SOCKET, FILE_TEXT (its contents) */
    size_t message_count;
    uint64_t counter;   /* FILE_EVENT */
    bool semaphore;
    int clock;          /* FILE_TIMER */
    uint64_t rest, interval;
    bool absolute, expired;
    uint64_t mask;      /* FILE_SIGNAL */
    struct saved_socket socket;
    struct event_interest *interests; /* FILE_EPOLL */
    size_t interest_count;
    struct event_watch *watches;      /* FILE_INOTIFY */
    size_t watch_count;
};

struct saved_descriptor {
    int number;
    bool close_on_exec;
    uint32_t description;
};

struct saved_descriptors {
    struct saved_description *descriptions;
    size_t description_count;
    struct saved_descriptor *table;
    size_t count;
};

/* ---- contents of scratch mounts ---- */

struct saved_entry {
    char *path;     /* relative to the mount */
    uint32_t mode;  /* type and rights */
    int object;     /* regular files: index */
    char *target;   /* symbolic links */
    int64_t seconds, nanoseconds;
};

struct saved_scratch {
    char *guest;    /* of the mount */
    struct saved_entry *entries;
    size_t count;
};

struct saved_state {
    struct arena arena;
    struct saved_machine machine;
    struct saved_policy policy;
    struct saved_process process;
    struct saved_thread *threads;
    size_t thread_count;
    struct saved_memory memory;
    struct saved_descriptors descriptors;
    struct saved_scratch *scratch;
    size_t scratch_count;
};

/* Writes or reads one section (those up to SECTION_SCRATCH). */
void code_state(struct codec *c, struct saved_state *s, enum section_kind kind);
/* NULL, or what in a state that was read cannot be; also asked of one that is to be saved. */
const char *state_check(const struct saved_state *s);
/* The same for the page index, against the mappings and objects; `bytes` of each layer's data. */
const char *runs_check(const struct saved_state *s, const struct saved_run *runs, size_t count, const uint64_t *bytes,
                       unsigned layers);
void code_runs(struct codec *c, struct saved_run **runs, size_t *count);
void state_free(struct saved_state *s);

/* snapshot_machine.c: what the guest of this platform may have seen of its processor. */
void machine_describe(struct saved_machine *out, const struct platform *p);
/* 0, or -ENOTSUP with a sentence that names the missing features. */
int machine_compare(const struct saved_machine *saved, const struct saved_machine *here, char *reason, size_t bytes);

#endif
