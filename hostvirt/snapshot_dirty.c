/* Pages that a clone has written, put back.  The host's page tables tell which: the others still are the snapshot's
 * file, or were never touched.
 *
 * Copying a page back keeps it mapped for the guest: about half a microsecond.  Dropping it is not dearer by itself and
 * gives the memory back, but costs the guest a fault of 5 us or more at its next use (2,048 pages under a software KVM:
 * 1.0 ms to copy; 0.7 ms to drop and 10.7 ms of faults).  So pages are copied while there are few; of many, those
 * that were written before the last reset, too. */
#include "hostvirt/memory_private.h"
#include "hostvirt/snapshot_reset.h"
#include "hostvirt/vm_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COPY_ALL 4096   /* pages */
#define COPY_MOST 16384 /* pages that stay the clone's own over resets: 64 MiB */

struct dirty {
    struct builder *b;
    struct reset_report *report;
    struct page_ranges pages;
    bool copy_all, copy_none;
    size_t hot;               /* index in the last reset's ranges: they are looked up in order */
    uint64_t drop_start, drop_end; /* collected, to be dropped by one call */
    uint8_t original[PAGE_BYTES];
    int error;
};

static uint64_t pages_in(const struct page_ranges *r)
{
    uint64_t pages = 0;

    for (size_t i = 0; i < r->count; i++)
        pages += (r->list[i].end - r->list[i].start) / PAGE_BYTES;
    return pages;
}

static void drop_collected(struct dirty *d)
{
    if (d->drop_end > d->drop_start &&
        madvise((void *)(uintptr_t)d->drop_start, d->drop_end - d->drop_start, MADV_DONTNEED) != 0 && d->error == 0)
        d->error = build_fail(d->b, -errno, "cannot drop pages that the guest has written: %s", strerror(errno));
    d->drop_start = d->drop_end = 0;
}

static void drop(struct dirty *d, uint64_t start, uint64_t end)
{
    d->report->dropped += (end - start) / PAGE_BYTES;
    if (d->drop_end != start) {
        drop_collected(d);
        d->drop_start = start;
    }
    d->drop_end = end;
}

static bool was_hot(struct dirty *d, uint64_t page)
{
    const struct page_ranges *last = &d->b->m->snapshots->hot;

    while (d->hot < last->count && last->list[d->hot].end <= page)
        d->hot++;
    return d->hot < last->count && last->list[d->hot].start <= page;
}

/* ---- code -------------------------------------------------------------------------------------------------------- */

/* Rewritten system-call sites are the monitor's doing, not the guest's, and would be rewritten again. */
static bool only_patched(const uint8_t *page, const uint8_t *original)
{
    static const uint8_t was[2] = {0x0f, 0x05}, is[2] = {0xe6, PORT_PATCHED};

    for (size_t i = 0; i < PAGE_BYTES; i++) {
        if (page[i] == original[i])
            continue;
        size_t site = i > 0 && memcmp(original + i - 1, was, 2) == 0 ? i - 1 : i;
        if (site + 2 > PAGE_BYTES || memcmp(original + site, was, 2) != 0 || memcmp(page + site, is, 2) != 0)
            return false;
        i = site + 1;
    }
    return true;
}

static bool read_original(struct dirty *d, const struct mapping *m, const struct saved_run *r, uint64_t page)
{
    if (r != NULL)
        return snapshot_read(d->b->snapshot, r->layer, r->place + (page - r->start) / PAGE_BYTES, d->original, 1) == 0;
    if (m->file == NULL || m->file->host < 0)
        return false;
    ssize_t got = pread(m->file->host, d->original, PAGE_BYTES, (off_t)(m->offset + (page - m->start)));
    if (got < 0)
        return false;
    memset(d->original + got, 0, PAGE_BYTES - (size_t)got);
    return true;
}

static bool is_patched_code(struct dirty *d, const struct mapping *m, const struct saved_run *r, uint64_t page)
{
    return (m->prot & (PROT_EXEC | PROT_WRITE)) == PROT_EXEC && read_original(d, m, r, page) &&
           only_patched((const uint8_t *)(uintptr_t)page, d->original);
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

/* [start, end) lies in one mapping and in one run, or in none. */
static void copy_back(struct dirty *d, const struct saved_run *r, uint64_t start, uint64_t end)
{
    void *at = (void *)(uintptr_t)start;
    size_t pages = (end - start) / PAGE_BYTES;

    d->report->copied += pages;
    if (r == NULL)
        memset(at, 0, end - start);
    else if (snapshot_read(d->b->snapshot, r->layer, r->place + (start - r->start) / PAGE_BYTES, at, pages) != 0 &&
             d->error == 0)
        d->error = build_fail(d->b, -EIO, "cannot read the snapshot's pages: is the file still whole?");
}

static bool can_copy(const struct mapping *m, const struct saved_run *r)
{
    return (m->prot & PROT_WRITE) != 0 && (r != NULL || m->kind == MAPPING_ANONYMOUS);
}

/* The pages of one mapping and one run (or none) that are treated alike go together. */
static void reset_piece(struct dirty *d, const struct mapping *m, const struct saved_run *r, uint64_t start,
                        uint64_t end)
{
    bool copyable = can_copy(m, r) && !d->copy_none;

    if (copyable && d->copy_all) {
        copy_back(d, r, start, end);
        return;
    }
    uint64_t copied = start; /* up to here; hot pages beyond it wait to be copied together */
    for (uint64_t page = start; page < end; page += PAGE_BYTES) {
        if (copyable && d->report->copied < COPY_MOST && was_hot(d, page))
            continue;
        if (copied < page)
            copy_back(d, r, copied, page);
        copied = page + PAGE_BYTES;
        if (!is_patched_code(d, m, r, page))
            drop(d, page, page + PAGE_BYTES);
    }
    if (copied < end)
        copy_back(d, r, copied, end);
}

static void reset_range(struct dirty *d, uint64_t start, uint64_t end)
{
    struct memory *memory = d->b->p->memory;
    const struct snapshot *s = d->b->snapshot;

    while (start < end && d->error == 0) {
        const struct mapping *m = memory_find(memory, start);
        if (m == NULL || m->start >= end)
            return;
        if (start < m->start)
            start = m->start;
        uint64_t to = m->end < end ? m->end : end;
        size_t i = snapshot_find_run(s, 0, start);
        const struct saved_run *r = i < s->run_count && s->runs[i].space == 0 ? &s->runs[i] : NULL;
        if (r != NULL && r->start > start) {
            to = r->start < to ? r->start : to;
            r = NULL;
        } else if (r != NULL && r->start + r->pages * PAGE_BYTES < to) {
            to = r->start + r->pages * PAGE_BYTES;
        }
        if (!m->shared)
            reset_piece(d, m, r, start, to);
        start = to;
    }
}

int reset_pages(struct builder *b, struct reset_report *report)
{
    struct snapshots *kept = b->m->snapshots;
    struct dirty d = {.b = b, .report = report};
    int error = pages_own(kept->pagemap, GUEST_LOW, GUEST_HIGH, &d.pages);

    if (error != 0) {
        ranges_free(&d.pages);
        return build_fail(b, error, "cannot find out which pages the guest has written: %s", strerror(-error));
    }
    report->dirty = pages_in(&d.pages);
    d.copy_none = report->how == RESET_DROP;
    d.copy_all = report->how == RESET_COPY || (report->how == RESET_AUTOMATIC && report->dirty <= COPY_ALL);
    for (size_t i = 0; i < d.pages.count && d.error == 0; i++)
        reset_range(&d, d.pages.list[i].start, d.pages.list[i].end);
    drop_collected(&d);
    ranges_free(&kept->hot);
    kept->hot = d.pages;
    return d.error;
}
