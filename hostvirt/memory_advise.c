/* madvise: what changes the meaning of memory is done, what is only advice is accepted, what would reach the host
 * (merging pages, punching holes, poisoning) is refused. */
#include "hostvirt/memory_private.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24 /* asm-generic/mman-common.h */
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

static int host_advise(const struct mapping *mapping, int advice)
{
    return madvise((void *)(uintptr_t)mapping->start, mapping->end - mapping->start, advice) != 0 ? -errno : 0;
}

/* Private anonymous memory reads as zeros afterwards, a file's as the file.  Where the host has a snapshot's file below
 * it, dropping the guest's copy would bring that file's page back: such memory is mapped anew. */
static int drop_pages(struct mapping *mapping)
{
    bool whole =
        mapping->kind == MAPPING_FILE && mapping->file->host < 0; /* the snapshot is all there is of the file */
    if (!mapping->restored || mapping->kind == MAPPING_SPECIAL || whole)
        return host_advise(mapping, MADV_DONTNEED);
    mapping->restored = false;
    int error = memory_host_map(mapping, mapping->kind == MAPPING_FILE ? mapping->file->host : -1);
    if (error != 0)
        mapping->restored = true;
    return error;
}

static int free_pages(const struct mapping *mapping)
{
    if (mapping->kind != MAPPING_ANONYMOUS)
        return -EINVAL;
    return mapping->restored ? 0 : host_advise(mapping, MADV_FREE); /* whoever frees may find the old contents */
}

static int set_huge(struct mapping *mapping, bool huge)
{
    if (mapping->kind != MAPPING_ANONYMOUS || mapping->restored)
        return 0;
    int error = host_advise(mapping, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    if (error == 0)
        mapping->huge = huge;
    return error == -EINVAL ? 0 : error; /* a host without huge pages */
}

static int set_no_fork(struct mapping *mapping, bool no_fork)
{
    int error = host_advise(mapping, no_fork ? MADV_DONTFORK : MADV_DOFORK);
    if (error == 0)
        mapping->no_fork = no_fork;
    return error;
}

/* The host refuses the mark for what a snapshot's file lies below: there the copy wipes it itself (memory_adopt). */
static int set_wipe(struct mapping *mapping, bool wipe)
{
    if (mapping->kind != MAPPING_ANONYMOUS)
        return -EINVAL;
    int error = mapping->restored ? 0 : host_advise(mapping, wipe ? MADV_WIPEONFORK : MADV_KEEPONFORK);
    if (error == 0)
        mapping->wipe = wipe;
    return error;
}

/* One whole mapping. */
static int advise_mapping(struct mapping *mapping, int advice)
{
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
        return drop_pages(mapping);
    case MADV_FREE:
        return free_pages(mapping);
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
        return set_huge(mapping, advice == MADV_HUGEPAGE);
    case MADV_DONTFORK:
    case MADV_DOFORK:
        return set_no_fork(mapping, advice == MADV_DONTFORK);
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
        return set_wipe(mapping, advice == MADV_WIPEONFORK);
    default:
        return 0;
    }
}

enum treatment { REFUSE, DENY, ACCEPT, SPLIT /* changes attributes of mappings */, POPULATE };

static enum treatment treatment_of(int advice)
{
    switch (advice) {
    case MADV_DONTNEED:
    case MADV_DONTNEED_LOCKED:
    case MADV_FREE:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTFORK:
    case MADV_DOFORK:
    case MADV_WIPEONFORK:
    case MADV_KEEPONFORK:
        return SPLIT;
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
        return ACCEPT;
    case MADV_POPULATE_READ:
    case MADV_POPULATE_WRITE:
        return POPULATE;
    case MADV_HWPOISON:
    case MADV_SOFT_OFFLINE:
        return DENY;
    default:
        return REFUSE;
    }
}

/* Mapping after mapping; holes are passed over and make the result ENOMEM (madvise(2)). */
static int advise_locked(struct memory *m, uint64_t start, uint64_t end, int advice)
{
    bool split = treatment_of(advice) == SPLIT, hole = false;
    int error = split ? memory_reserve(m, 2) : 0;
    for (uint64_t at = start; at < end && error == 0;) {
        size_t i = memory_index(m, at);
        if (i == m->count || m->list[i].start > at)
            hole = true;
        if (i == m->count || m->list[i].start >= end)
            break;
        uint64_t from = m->list[i].start > at ? m->list[i].start : at;
        uint64_t to = m->list[i].end < end ? m->list[i].end : end;
        if (split) {
            memory_split(m, from);
            memory_split(m, to);
            error = advise_mapping(&m->list[memory_index(m, from)], advice);
        }
        at = to;
    }
    memory_merge(m, start, end);
    return error == 0 && hole ? -ENOMEM : error;
}

int memory_advise(struct memory *m, uint64_t address, uint64_t bytes, int advice)
{
    enum treatment treatment = treatment_of(advice);
    uint64_t end;
    if (treatment == REFUSE || treatment == DENY)
        return treatment == DENY ? -EPERM : -EINVAL;
    if (address % PAGE_BYTES != 0 || bytes > UINT64_MAX - PAGE_BYTES)
        return -EINVAL;
    if (bytes == 0)
        return 0;
    int error = memory_range(address, bytes, &end);
    if (error != 0)
        return error;
    pthread_mutex_lock(&m->lock);
    error = advise_locked(m, address, end, advice);
    pthread_mutex_unlock(&m->lock);
    return error == 0 && treatment == POPULATE ? memory_populate(address, end, advice) : error;
}
