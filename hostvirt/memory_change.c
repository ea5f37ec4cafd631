/* Changes of host mappings and page tables together, in the order that memory.h gives, and their undoing. */
#include "hostvirt/memory_private.h"
#include "hostvirt/thread.h"

#include <errno.h>
#include <sys/mman.h>

#define TOUCH_SHARE 8 /* of what a program has committed, the part that is populated before it is used */
#define POPULATE_BYTES (16ull << 20) /* at once: some milliseconds */

unsigned memory_rights(int prot)
{
    return (prot != PROT_NONE ? (unsigned)PT_READ : 0) | (prot & PROT_WRITE ? (unsigned)PT_WRITE : 0) |
           (prot & PROT_EXEC ? (unsigned)PT_EXECUTE : 0);
}

int memory_host_prot(int prot)
{
    return (prot != PROT_NONE ? PROT_READ : 0) | (prot & PROT_WRITE);
}

/* A lazy mapping has page-table entries only in windows that exist, and must not make new ones. */
static int set_rights(struct memory *m, uint64_t start, uint64_t end, unsigned rights, bool lazy)
{
    if (!lazy)
        return vm_map(m->vm, start, end - start, rights);
    if ((end - start) / WINDOW_BYTES < vm_window_count(m->vm)) {
        for (uint64_t from = start, to; from < end; from = to) {
            to = (from & ~(WINDOW_BYTES - 1)) + WINDOW_BYTES;
            to = to < end ? to : end;
            int error = vm_has_window(m->vm, from) ? vm_map(m->vm, from, to - from, rights) : 0;
            if (error != 0)
                return error;
        }
        return 0;
    }
    for (unsigned i = 0; i < vm_window_count(m->vm); i++) {
        uint64_t window = vm_window(m->vm, i);
        uint64_t from = window > start ? window : start;
        uint64_t to = window + WINDOW_BYTES < end ? window + WINDOW_BYTES : end;
        int error = from < to ? vm_map(m->vm, from, to - from, rights) : 0;
        if (error != 0)
            return error;
    }
    return 0;
}

int memory_lose(struct memory *m, uint64_t start, uint64_t end, unsigned keep)
{
    for (size_t i = memory_index(m, start); i < m->count && m->list[i].start < end; i++) {
        const struct mapping *mapping = &m->list[i];
        unsigned rights = memory_rights(mapping->prot);
        if ((rights & ~keep) == 0)
            continue;
        uint64_t from = mapping->start > start ? mapping->start : start;
        uint64_t to = mapping->end < end ? mapping->end : end;
        int error = set_rights(m, from, to, rights & keep, mapping->lazy);
        if (error != 0) {
            memory_reinstate(m, start, to);
            return error;
        }
    }
    return 0;
}

void memory_revoke(struct memory *m, struct mapping *mapping)
{
    uint64_t bytes = mapping->end - mapping->start;
    if (set_rights(m, mapping->start, mapping->end, 0, mapping->lazy) == 0 &&
        mprotect((void *)(uintptr_t)mapping->start, bytes, PROT_NONE) == 0)
        mapping->prot = PROT_NONE;
}

/* Page tables that exist already were only narrowed, so giving the rights back needs no memory. */
void memory_reinstate(struct memory *m, uint64_t start, uint64_t end)
{
    for (size_t i = memory_index(m, start); i < m->count && m->list[i].start < end; i++) {
        struct mapping *mapping = &m->list[i];
        unsigned rights = memory_rights(mapping->prot);
        uint64_t from = mapping->start > start ? mapping->start : start;
        uint64_t to = mapping->end < end ? mapping->end : end;
        if (rights != 0 && set_rights(m, from, to, rights, mapping->lazy) != 0)
            memory_revoke(m, mapping);
    }
}

int memory_gain(struct memory *m, const struct mapping *piece)
{
    unsigned rights = memory_rights(piece->prot);
    return rights == 0 ? 0 : set_rights(m, piece->start, piece->end, rights, piece->lazy);
}

/* MAP_NORESERVE always: the family's account decides, not the host's overcommit rules (and the host's mappings differ
 * in one flag less, so that more of them join). */
int memory_host_map(const struct mapping *piece, int host_fd)
{
    void *at = (void *)(uintptr_t)piece->start;
    size_t bytes = piece->end - piece->start;
    int flags = MAP_FIXED | MAP_NORESERVE | (piece->shared ? MAP_SHARED : MAP_PRIVATE);
    if (piece->kind == MAPPING_ANONYMOUS) {
        flags |= MAP_ANONYMOUS;
        host_fd = -1;
    }
    if (mmap(at, bytes, memory_host_prot(piece->prot), flags, host_fd, (off_t)piece->offset) != at)
        return -errno;
    if (piece->huge)
        madvise(at, bytes, MADV_HUGEPAGE); /* EINVAL on a host without huge pages: slower, else the same */
    if ((piece->no_fork && madvise(at, bytes, MADV_DONTFORK) != 0) ||
        (piece->wipe && !piece->restored && madvise(at, bytes, MADV_WIPEONFORK) != 0)) {
        int error = -errno;
        munmap(at, bytes);
        return error;
    }
    return 0;
}

/* After a MAP_FIXED mapping of the host failed: what it had taken away already is gone for the guest, too (mmap(2)
 * promises no more); the rest gets its rights back. */
static void after_failed_map(struct memory *m, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at < end;) {
        size_t i = memory_index(m, at);
        if (i == m->count || m->list[i].start >= end)
            break;
        uint64_t from = m->list[i].start > start ? m->list[i].start : start;
        uint64_t to = m->list[i].end < end ? m->list[i].end : end;
        /* msync fails with ENOMEM when pages are unmapped, and MS_ASYNC does nothing else (msync(2)). */
        if (msync((void *)(uintptr_t)from, to - from, MS_ASYNC) == 0)
            memory_reinstate(m, from, to);
        else if (munmap((void *)(uintptr_t)from, to - from) == 0)
            memory_drop(m, from, to);
        at = to;
    }
}

int memory_install(struct memory *m, const struct mapping *piece, int host_fd)
{
    uint64_t start = piece->start, end = piece->end;
    int error = memory_lose(m, start, end, memory_rights(piece->prot));
    if (error != 0)
        return error;
    if ((error = memory_host_map(piece, host_fd)) != 0) {
        after_failed_map(m, start, end);
        return error;
    }
    memory_drop(m, start, end);
    if ((error = memory_gain(m, piece)) != 0) {
        /* Rights that the old mappings shared with this one are still there; windows that do not exist have none. */
        set_rights(m, start, end, 0, true);
        munmap((void *)(uintptr_t)start, end - start);
        return error;
    }
    memory_insert(m, piece);
    return 0;
}

static bool cuts_mapping(struct memory *m, uint64_t address)
{
    const struct mapping *mapping = memory_find(m, address);
    return mapping != NULL && mapping->start < address;
}

/* Runs of adjacent mappings, one host call each: what lies between is not looked at.  A hole in one mapping makes three
 * of it before the middle one goes; without cuts it needs no room, and succeeds where the limit is reached. */
int memory_unmap_locked(struct memory *m, uint64_t start, uint64_t end)
{
    size_t cuts = (size_t)cuts_mapping(m, start) + cuts_mapping(m, end);
    int error = cuts > 0 ? memory_reserve(m, cuts) : 0;
    if (error == 0)
        error = memory_lose(m, start, end, 0);
    if (error != 0)
        return error;
    for (uint64_t at = start; at < end;) {
        size_t i = memory_index(m, at);
        if (i == m->count || m->list[i].start >= end)
            break;
        uint64_t from = m->list[i].start > at ? m->list[i].start : at, to = m->list[i].end;
        while (++i < m->count && m->list[i].start == to && to < end)
            to = m->list[i].end;
        at = to < end ? to : end;
        if (munmap((void *)(uintptr_t)from, at - from) != 0) {
            error = -errno;
            memory_reinstate(m, from, end);
            return error;
        }
        memory_drop(m, from, at);
    }
    return 0;
}

static bool worth_touching(const struct memory *m, uint64_t bytes)
{
    return bytes <= TOUCH_BYTES || (bytes < GRANULE_BYTES && bytes <= m->committed / TOUCH_SHARE);
}

struct touch memory_worth_touching(const struct memory *m, uint64_t start, uint64_t bytes)
{
    uint64_t end = start + bytes;
    uint64_t first = (start + GRANULE_BYTES - 1) & ~(GRANULE_BYTES - 1), last = end & ~(GRANULE_BYTES - 1);
    struct touch t = {{{start, bytes}}};
    if (first < last)
        t = (struct touch){{{start, first - start}, {last, end - last}}};
    for (unsigned i = 0; i < 2; i++)
        if (!worth_touching(m, t.parts[i].bytes))
            t.parts[i].bytes = 0;
    return t;
}

void memory_touch(const struct touch *t)
{
    int error = errno;
    for (unsigned i = 0; i < 2; i++) /* by now it may be another's: still the guest's */
        if (t->parts[i].bytes != 0)
            madvise((void *)(uintptr_t)t->parts[i].start, t->parts[i].bytes, MADV_POPULATE_WRITE);
    errno = error;
}

int memory_populate(uint64_t start, uint64_t end, int advice)
{
    for (uint64_t at = start, part; at < end; at += part) {
        part = end - at < POPULATE_BYTES ? end - at : POPULATE_BYTES;
        if (current_thread != NULL && current_thread->wanted)
            return -EINTR;
        if (madvise((void *)(uintptr_t)at, part, advice) != 0)
            return -errno;
    }
    return 0;
}
