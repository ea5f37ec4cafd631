/* Which windows a clone has used and which pages it has written when it ended, and the hint that is made of it: an
 * extended attribute of the snapshot's file.  Clones that begin with these pages as their own are spared a fault or two
 * for each, and with the windows an exit and a memory slot that is made while vCPUs run.  A hint is only that: what is
 * wrong with it costs time, and a file without one is whole. */
#include "hostvirt/memory_private.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/xattr.h>

#define ATTRIBUTE "user.cloister.written"
#define HINT_BYTES 4000 /* what file systems take in any case */
#define NEAR (2 * PAGE_BYTES) /* ranges closer than that are one when there are too many */
#define HINT_PAGES 4096       /* 16 MiB: more is copied by whoever writes it */
#define WINDOWS_AHEAD 64      /* others come when they are needed */

/* A range: the number of its first page, and below that of its pages.  None: the window from there on. */
typedef uint64_t hint;
#define HINTS (HINT_BYTES / sizeof(hint))
#define COUNT_BITS 16
#define COUNT_MOST ((1u << COUNT_BITS) - 1)

/* ---- what was written -------------------------------------------------------------------------------------------- */

static bool is_stack(const struct monitor *m, const struct mapping *mapping)
{
    const struct saved_state *s = &m->snapshots->from->state;

    for (size_t i = 0; i < s->thread_count; i++)
        if (s->threads[i].regs.rsp >= mapping->start && s->threads[i].regs.rsp < mapping->end)
            return true;
    return mapping->stack;
}

static void print_range(struct monitor *m, FILE *to, uint64_t start, uint64_t end)
{
    struct memory *memory = m->process->memory;

    while (start < end) {
        const struct mapping *mapping = memory_find(memory, start);
        if (mapping == NULL || mapping->start >= end)
            return;
        start = mapping->start > start ? mapping->start : start;
        uint64_t until = mapping->end < end ? mapping->end : end;
        const char *name = mapping->kind == MAPPING_FILE && mapping->file != NULL ? mapping->file->path
                           : is_stack(m, mapping)                                 ? "[stack]"
                           : start < memory->break_end && until > memory->break_start ? "[heap]"
                                                                                      : "[anonymous]";
        fprintf(to, "written %llx %llu %s\n", (unsigned long long)start,
                (unsigned long long)((until - start) / PAGE_BYTES), name);
        start = until;
    }
}

static void print_windows(const struct vm *vm, FILE *to)
{
    for (unsigned i = 0; i < vm_window_count(vm); i++)
        fprintf(to, "window %llx\n", (unsigned long long)vm_window(vm, i));
}

void snapshot_print_used(struct monitor *m, FILE *to)
{
    struct page_ranges pages = {0};

    if (m->snapshots == NULL || m->snapshots->from == NULL)
        return;
    if (pages_own(m->snapshots->pagemap, GUEST_LOW, GUEST_HIGH, &pages) != 0)
        pages.count = 0; /* then there is no hint */
    pthread_mutex_lock(&m->process->memory->lock);
    print_windows(m->process->memory->vm, to);
    for (size_t i = 0; i < pages.count; i++)
        print_range(m, to, pages.list[i].start, pages.list[i].end);
    pthread_mutex_unlock(&m->process->memory->lock);
    fflush(to);
    ranges_free(&pages);
}

/* ---- the hint ---------------------------------------------------------------------------------------------------- */

static hint make_hint(uint64_t start, uint64_t end)
{
    uint64_t pages = (end - start) / PAGE_BYTES;

    return start / PAGE_BYTES << COUNT_BITS | (pages < COUNT_MOST ? pages : COUNT_MOST);
}

int snapshot_set_hint(const char *path, const struct page_range *list, size_t count)
{
    const uint64_t near = count > HINTS ? NEAR : 0;
    hint hints[HINTS];
    size_t n = 0;

    for (size_t i = 0; i < count && n < HINTS;) {
        uint64_t start = list[i].start, end = list[i].end;
        while (++i < count && end > start && list[i].start >= end && list[i].start - end <= near)
            end = list[i].end;
        hints[n++] = make_hint(start, end);
    }
    return setxattr(path, ATTRIBUTE, hints, n * sizeof hints[0], 0) != 0 ? -errno : 0;
}

/* Pages of the snapshot in writable memory only: others would be the host's to make. */
static void own_pages(const struct snapshot *s, struct memory *memory, uint64_t start, uint64_t end)
{
    while (start < end) {
        size_t i = snapshot_find_run(s, 0, start);
        const struct saved_run *r = i < s->run_count && s->runs[i].space == 0 ? &s->runs[i] : NULL;
        if (r == NULL || r->start >= end)
            return;
        uint64_t from = r->start > start ? r->start : start, until = r->start + r->pages * PAGE_BYTES;
        const struct mapping *m = memory_find(memory, from);
        if (m == NULL)
            return;
        from = m->start > from ? m->start : from;
        until = until < m->end ? until : m->end;
        until = until < end ? until : end;
        if (until <= from)
            return;
        if ((m->prot & PROT_WRITE) != 0 && !m->shared)
            madvise((void *)(uintptr_t)from, until - from, MADV_POPULATE_WRITE);
        start = until;
    }
}

/* The ranges of a file's hint that can be a guest's; their number. */
static size_t read_hint(const struct snapshot *s, struct page_range ranges[HINTS])
{
    hint hints[HINTS];
    ssize_t bytes = fgetxattr(s->host, ATTRIBUTE, hints, sizeof hints);
    uint64_t left = HINT_PAGES;
    size_t n = 0;

    for (size_t i = 0; bytes > 0 && i < (size_t)bytes / sizeof hints[0]; i++) {
        uint64_t page = hints[i] >> COUNT_BITS, pages = hints[i] & COUNT_MOST;
        if (pages > left || !guest_range_valid(page * PAGE_BYTES, pages * PAGE_BYTES))
            break;
        left -= pages;
        ranges[n++] = (struct page_range){page * PAGE_BYTES, (page + pages) * PAGE_BYTES};
    }
    return n;
}

static bool is_window(const struct page_range *r)
{
    return r->start == r->end && r->start % WINDOW_BYTES == 0 && guest_range_valid(r->start, WINDOW_BYTES);
}

void snapshot_use_hint(const struct snapshot *s, struct memory *memory)
{
    struct page_range ranges[HINTS];
    size_t count = read_hint(s, ranges);

    for (size_t i = 0; i < count; i++)
        if (is_window(&ranges[i]))
            memory_open(memory, ranges[i].start, ranges[i].start + WINDOW_BYTES);
        else
            own_pages(s, memory, ranges[i].start, ranges[i].end);
}

/* ---- windows ----------------------------------------------------------------------------------------------------- */

/* In order, each once. */
struct window_list {
    uint64_t starts[WINDOWS_AHEAD];
    unsigned count;
};

static void list_window(struct window_list *l, uint64_t address)
{
    uint64_t start = address & ~(WINDOW_BYTES - 1);
    unsigned i = l->count;

    while (i > 0 && l->starts[i - 1] > start)
        i--;
    if (!guest_range_valid(start, WINDOW_BYTES) || l->count == WINDOWS_AHEAD || (i > 0 && l->starts[i - 1] == start))
        return;
    memmove(l->starts + i + 1, l->starts + i, (l->count - i) * sizeof l->starts[0]);
    l->starts[i] = start;
    l->count++;
}

void snapshot_windows_ahead(const struct snapshot *s, struct vm *vm)
{
    struct page_range ranges[HINTS];
    size_t count = read_hint(s, ranges);
    struct window_list l = {.count = 0};

    for (size_t i = 0; i < count; i++)
        list_window(&l, ranges[i].start);
    for (size_t i = 0; i < s->state.thread_count; i++) {
        const struct saved_thread *t = &s->state.threads[i];
        list_window(&l, t->regs.rip);
        list_window(&l, t->regs.rsp);
    }
    for (unsigned i = 0, together; i < l.count; i += together) {
        for (together = 1; i + together < l.count && l.starts[i + together] == l.starts[i] + together * WINDOW_BYTES;)
            together++;
        vm_add_windows(vm, l.starts[i], together);
    }
}
