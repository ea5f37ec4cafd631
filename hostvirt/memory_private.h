/* Between the files of the memory layer.  Everything here is called under memory->lock. */
#ifndef HOSTVIRT_MEMORY_PRIVATE_H
#define HOSTVIRT_MEMORY_PRIVATE_H

#include "hostvirt/memory.h"
#include "hostvirt/process.h"
#include "hostvirt/vcpu.h"

#define LAZY_BYTES (1ull << 30)     /* larger mappings get their windows when they are touched */
#define TOUCH_BYTES (256ull << 10)  /* those up to this size are populated at once (memory_worth_touching) */
#define TOUCH_FILE_BYTES (64ull << 10) /* private writable ones of files: the data of programs and libraries */
#define RIGHTS_ALL (PT_READ | PT_WRITE | PT_EXECUTE)

/* ---- the list (memory_list.c) ---- */

/* The index of the mapping that holds `address` or of the first above it; m->count when there is none. */
size_t memory_index(const struct memory *m, uint64_t address);
/* Makes room for `extra` more entries, so that what follows cannot fail; -ENOMEM at MAPPING_LIMIT. */
int memory_reserve(struct memory *m, size_t extra);
/* Splits the mapping that has `address` inside; needs one reserved entry when there is one. */
void memory_split(struct memory *m, uint64_t address);
/* Takes [start, end) out of the list, with its charge and file references; needs one reserved entry for each end that
 * lies inside of a mapping. */
void memory_drop(struct memory *m, uint64_t start, uint64_t end);
/* Puts a mapping (with its reference to the file) where the list has nothing; needs one reserved entry. */
void memory_insert(struct memory *m, const struct mapping *piece);
/* Joins neighbours that differ in nothing, from `start` to `end` and across both. */
void memory_merge(struct memory *m, uint64_t start, uint64_t end);

/* Against the family's limit: -ENOMEM beyond it. */
int memory_charge(struct memory *m, uint64_t bytes);
/* Nobody sees what is written through a shared mapping: when `bytes` of `piece` become writable they count as written.
 * How many were counted (0: none needs to be), or -ENOSPC. */
int64_t memory_charge_disk(struct memory *m, const struct mapping *piece, int prot, uint64_t bytes);
void memory_uncharge_disk(struct memory *m, int64_t counted); /* of a mapping that failed */
void memory_uncharge(struct memory *m, uint64_t bytes);

/* ---- places (memory_place.c) ---- */

/* The one check of a guest's range: page-aligned start, not empty, no overflow, inside the guest's part.  *end is its
 * end rounded up to pages.  -EINVAL; -ENOMEM for ranges that leave the guest's part. */
int memory_range(uint64_t address, uint64_t bytes, uint64_t *end);
bool memory_is_free(const struct memory *m, uint64_t start, uint64_t end);
/* The lowest free range in [low, high); 0: none. */
uint64_t memory_search(const struct memory *m, uint64_t bytes, uint64_t alignment, uint64_t low, uint64_t high);
/* Where a mapping goes that asked for no fixed address: at the hint when that is free, else packed.  0: no room. */
uint64_t memory_place(struct memory *m, uint64_t hint, uint64_t bytes, uint64_t alignment, bool low);
/* Ranges below `address` became free or are taken: keeps m->place at or below the lowest free page of the arena. */
void memory_freed(struct memory *m, uint64_t address);

/* ---- changes of host mappings and page tables (memory_change.c) ---- */

unsigned memory_rights(int prot); /* PT_* of a mapping: on x86 what can be written or executed can be read */
int memory_host_prot(int prot);   /* PROT_* of the monitor's own mapping: never PROT_EXEC */

/* Takes from the page tables what [start, end) has beyond `keep`.  On failure they are as before. */
int memory_lose(struct memory *m, uint64_t start, uint64_t end, unsigned keep);
/* Gives the page tables what the list says again, after a change that failed; what cannot be is made inaccessible. */
void memory_reinstate(struct memory *m, uint64_t start, uint64_t end);
/* The way out when a change can neither be finished nor undone: the mapping stays without any rights. */
void memory_revoke(struct memory *m, struct mapping *mapping);
/* Gives the page tables the rights of a mapping whose host mapping is in place (nothing yet when it is lazy). */
int memory_gain(struct memory *m, const struct mapping *piece);
/* Replaces whatever is in the piece's range by it: host mapping, list, page tables.  Takes the file reference over on
 * success; the charge is the caller's.  Needs three reserved entries. */
int memory_install(struct memory *m, const struct mapping *piece, int host_fd);
int memory_unmap_locked(struct memory *m, uint64_t start, uint64_t end);
/* The host's mapping of a piece, and the advice that goes with it. */
int memory_host_map(const struct mapping *piece, int host_fd);
/* What of private memory that its owner is about to fill is worth populating: a first touch by the guest costs an exit
 * per page, one by the host a fifth of that.  Nothing when all is 0. */
struct touch {
    struct {
        uint64_t start, bytes;
    } parts[2];
};

/* For memory that the guest has just got: all of it when it is little, or when the program has so much already that it
 * hardly grows by it, should it not be used.  From a granule on huge pages do better: then its ends, by the same rule.
 * Under the lock. */
struct touch memory_worth_touching(const struct memory *m, uint64_t start, uint64_t bytes);
/* Advice only.  Not under the lock. */
void memory_touch(const struct touch *t);
/* Populates a range that may be large (advice: MADV_POPULATE_READ or _WRITE), by pieces: the host does not answer a
 * kick inside of one, and what ends the guest, a limit perhaps, must not wait for terabytes.  -EINTR when kicked,
 * -errno. Not under the lock: the range stays the guest's whatever becomes of it. */
int memory_populate(uint64_t start, uint64_t end, int advice);

#endif
