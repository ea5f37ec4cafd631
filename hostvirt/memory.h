/* A guest's address space: the list of its mappings, what they are made of, and the calls that change them.
 * One lock (memory->lock) orders all changes; page tables (vcpu.h) and host mappings change together under it.
 *
 * Invariant: for every page of the guest's part, host protection (read, write) == mapping's protection == page-table
 * rights.  Execution is in the page tables only: no guest page is executable in the monitor.
 * Order of a change: rights gained: host mapping, then page tables; rights lost: page tables, then host mapping.
 * While a change is under way, and in `lazy` mappings until they are touched, page tables may give less than the list
 * says: memory_fault() sorts such faults out. */
#ifndef HOSTVIRT_MEMORY_H
#define HOSTVIRT_MEMORY_H

#include "hostvirt/layout.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct vm;
struct family;

#define MAPPING_LIMIT 60000 /* below the host's vm.max_map_count of 65530, which guests are shown */

enum mapping_kind { MAPPING_ANONYMOUS, MAPPING_FILE, MAPPING_SHARED_ANONYMOUS, MAPPING_SPECIAL /* vDSO, its data */ };

/* What a file mapping is made of: shared by the pieces of a split mapping; path and identity serve /proc/self/maps
 * and snapshots.  The descriptor is the monitor's own (the guest's may be closed). */
struct mapped_file {
    unsigned references; /* under memory->lock */
    int host;            /* descriptor in the monitor, or -1 after restore when the pages came from the snapshot */
    dev_t device;
    ino_t inode;
    off_t bytes;                /* size and time when it was mapped: restore compares */
    struct timespec modified;
    bool counted;               /* what is written to it counts towards the family's limit of disk (file.h) */
    char path[];                /* as the guest sees it */
};

struct mapping {
    uint64_t start, end; /* page-aligned */
    uint64_t offset;     /* of `start` in the file or shared object, bytes */
    struct mapped_file *file; /* MAPPING_FILE and MAPPING_SHARED_ANONYMOUS (a memfd) */
    uint8_t prot;        /* PROT_* as asked */
    uint8_t kind;
    bool shared;         /* MAP_SHARED */
    bool charged;        /* counted in memory->committed: private and writable once (or shared anonymous), not mapped
                          * writable with MAP_NORESERVE */
    bool no_fork;        /* MADV_DONTFORK */
    bool wipe;           /* MADV_WIPEONFORK.  The host's mapping has the mark, too, unless it is `restored` */
    bool stack;          /* the initial stack: shown as [stack] */
    bool huge;           /* private anonymous and advised MADV_HUGEPAGE on the host */
    bool lazy;           /* so large, or restored: its windows are made when they are first touched (memory_fault) */
    bool restored;       /* anonymous, but the host has pages of a snapshot file below it: to drop pages, map anew */
};

struct memory {
    pthread_mutex_t lock;
    struct vm *vm;
    struct family *family;    /* whose limit the committed bytes count against (process.h), */
    struct family_process *owner; /* and in whose row they are noted; NULL: its process has none yet */
    struct mapping *list;     /* sorted by start, not overlapping */
    size_t count, room;
    uint64_t break_start, break_end; /* brk(2) */
    uint64_t break_limit;
    uint64_t committed;       /* bytes */
    uint64_t place;           /* where the search for a free range begins */
    unsigned references;      /* processes that run in it (vfork shares) */
    bool moved;               /* mremap has moved a `restored` mapping: a reset cannot tell them apart any more */
};

int memory_new(struct memory **out, struct vm *vm, struct family *family);
void memory_release(struct memory *m); /* drops a reference; the last unmaps everything and returns the charge */
bool memory_is_shared(struct memory *m); /* by several processes: between vfork and exec */
/* A forked monitor ends: its charge goes back to the family; the mappings go with the process. */
void memory_give_back(struct memory *m);
/* Whether the limit leaves room for a copy: fork's ENOMEM belongs to the parent.  Under m->lock. */
bool memory_may_fork(const struct memory *m);
/* Empties the address space for exec: everything unmapped; the VM and its windows stay. */
int memory_clear(struct memory *m);
/* In a forked monitor: gives the copy a new VM, maps everything again in it and charges the copy to `owner` (NULL: no
 * row yet); MADV_DONTFORK's mappings are gone.  Makes the lock anew (the parent held it over fork(), or nobody did):
 * not locked afterwards. */
int memory_adopt(struct memory *m, struct vm *vm, struct family_process *owner);

/* mmap(2).  `file` describes fd's file for MAPPING_FILE (its reference is taken over on success); host_fd and offset as
 * for mmap.  Without MAP_ANONYMOUS and with `file` NULL, host_fd is an object of the monitor's own (MAPPING_SPECIAL).
 * MAP_FIXED outside the guest's part: -ENOMEM, below GUEST_LOW -EPERM.  Returns the address or a negative errno. */
int64_t memory_map(struct memory *m, uint64_t address, uint64_t bytes, int prot, int flags, struct mapped_file *file,
                   int host_fd, uint64_t offset);
int memory_unmap(struct memory *m, uint64_t address, uint64_t bytes);
int memory_protect(struct memory *m, uint64_t address, uint64_t bytes, int prot);
int64_t memory_remap(struct memory *m, uint64_t address, uint64_t old_bytes, uint64_t new_bytes, int flags,
                     uint64_t new_address);
int memory_advise(struct memory *m, uint64_t address, uint64_t bytes, int advice);
int64_t memory_break(struct memory *m, uint64_t address);

/* A page fault of guest code; `access` is one of PT_READ, PT_WRITE, PT_EXECUTE (vcpu.h).  0: allowed (by now), run the
 * guest again; SEGV_MAPERR or SEGV_ACCERR: the si_code of its SIGSEGV; negative: no memory for it, SIGBUS. */
int memory_fault(struct memory *m, uint64_t address, unsigned access);
/* Does ahead what the first touches of [start, end) would have done, whole windows at a time; advice only. */
void memory_open(struct memory *m, uint64_t start, uint64_t end);

/* The mapping that holds `address`, or the first above it (NULL: none).  Under the lock. */
struct mapping *memory_find(struct memory *m, uint64_t address);

struct mapped_file *mapped_file_new(int host_fd, const char *guest_path); /* keeps its own dup of the descriptor */
void mapped_file_release(struct mapped_file *f);

#endif
