/* What is saved of a stopped guest's memory: the list of mappings, what they are made of, and the pages that nothing
 * but the guest holds. */
#include "hostvirt/memory_private.h"
#include "hostvirt/path.h"
#include "hostvirt/snapshot_private.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define STAGE_PAGES 64
#define NEAR_PAGES 9 /* between two pages of our own: eight of the parent's */

/* ---- mapped files ------------------------------------------------------------------------------------------------ */

bool collect_reachable(struct collector *c, const char *path, const struct stat *file)
{
    struct stat found;
    struct place place;

    if (path[0] != '/' || place_find_text(c->m->process, AT_FDCWD, path, 0, &place) != 0)
        return false;
    bool same = place.mount != NULL && place.parent >= 0 && place.exists &&
                fstatat(place.parent, place.name, &found, AT_SYMLINK_NOFOLLOW) == 0 && found.st_dev == file->st_dev &&
                found.st_ino == file->st_ino;
    place_release(&place);
    return same;
}

static bool mapped_shared(const struct memory *m, const struct mapped_file *f)
{
    for (size_t i = 0; i < m->count; i++)
        if (m->list[i].file == f && m->list[i].shared)
            return true;
    return false;
}

static int collect_file(struct collector *c, const struct mapping *mapping, struct saved_file *out)
{
    const struct mapped_file *f = mapping->file;
    struct stat status;

    *out = (struct saved_file){.object = -1, .path = arena_text(&c->s->arena, f->path)};
    out->vdso = mapping->kind == MAPPING_SPECIAL;
    out->identity = (struct saved_identity){.device = f->device, .inode = f->inode, .bytes = (uint64_t)f->bytes,
                                            .seconds = f->modified.tv_sec, .nanoseconds = f->modified.tv_nsec};
    if (out->path == NULL)
        return collect_no_memory(c);
    if (out->vdso)
        return 0;
    if (f->host < 0) { /* all its pages came from a snapshot */
        out->stored = true;
        return 0;
    }
    if (fstat(f->host, &status) != 0)
        return collect_fail(c, -errno, "cannot look at the mapped file %s: %s", f->path, strerror(errno));
    collect_identity(&out->identity, &status);
    out->writable = (fcntl(f->host, F_GETFL) & O_ACCMODE) == O_RDWR;
    if (status.st_nlink == 0) { /* memory objects, and files deleted since */
        out->object = collect_object(c, f->host);
        return out->object < 0 ? out->object : 0;
    }
    bool shared = mapped_shared(c->m->process->memory, f);
    bool wanted = c->options->self_contained && !out->writable;
    if (!wanted && collect_reachable(c, f->path, &status))
        return out->writable ? 0 : collect_content(c, f->host, f->path, &out->identity);
    if (shared && !out->writable) { /* nobody in the isolate can write to it: a copy does */
        out->object = collect_object(c, f->host);
        return out->object < 0 ? out->object : 0;
    }
    out->stored = !shared;
    if (shared)
        return collect_fail(c, -ENOTSUP, "cannot save the isolate: it shares the file %s, whose name now leads to "
                            "something else", f->path);
    return 0;
}

static int file_index(struct collector *c, const struct mapping *mapping)
{
    struct saved_memory *m = &c->s->memory;

    for (size_t i = m->file_count; i-- > 0;)
        if (c->mapped[i] == mapping->file)
            return (int)i;
    int error = collect_file(c, mapping, &m->files[m->file_count]);
    if (error != 0)
        return error;
    c->mapped[m->file_count] = mapping->file;
    return (int)m->file_count++;
}

int collect_memory(struct collector *c)
{
    struct memory *m = c->m->process->memory;
    struct saved_memory *out = &c->s->memory;

    out->break_start = m->break_start;
    out->break_end = m->break_end;
    out->break_limit = m->break_limit;
    out->place = m->place;
    out->mappings = arena_take(&c->s->arena, m->count * sizeof *out->mappings);
    out->files = arena_take(&c->s->arena, m->count * sizeof *out->files);
    c->mapped = calloc(m->count + 1, sizeof *c->mapped);
    if (out->mappings == NULL || out->files == NULL || c->mapped == NULL)
        return collect_no_memory(c);
    for (size_t i = 0; i < m->count; i++) {
        const struct mapping *from = &m->list[i];
        int file = from->file != NULL ? file_index(c, from) : -1;
        if (file < -1)
            return file;
        out->mappings[out->mapping_count++] = (struct saved_mapping){
            .start = from->start, .end = from->end, .offset = from->kind == MAPPING_ANONYMOUS ? 0 : from->offset,
            .file = file, .prot = from->prot, .kind = from->kind, .shared = from->shared, .charged = from->charged,
            .no_fork = from->no_fork, .wipe = from->wipe, .stack = from->stack, .huge = from->huge, .lazy = from->lazy,
        };
    }
    return 0;
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

struct page_copy {
    struct collector *c;
    struct page_writer *w;
    struct snapshot *parent;
    struct page_ranges layers;  /* where the host has the restored snapshot's files mapped */
    uint8_t *stage;             /* STAGE_PAGES */
    uint8_t *compare;           /* one page */
};

/* Where a page comes from: pages of zeros are left out where nothing else would show, what the parent has is named. */
struct origin {
    enum { ORIGIN_NONE, ORIGIN_PARENT, ORIGIN_OWN } kind;
    uint32_t layer; /* of the parent's page */
    uint64_t place;
};

static bool in_parent(struct page_copy *p, uint32_t space, uint64_t start, const uint8_t *page, struct origin *out)
{
    if (p->parent == NULL)
        return false;
    size_t i = snapshot_find_run(p->parent, space, start);
    if (i == p->parent->run_count)
        return false;
    const struct saved_run *r = &p->parent->runs[i];
    if (r->space != space || r->start > start || r->layer + 1 >= LAYER_LIMIT)
        return false;
    *out = (struct origin){ORIGIN_PARENT, r->layer + 1, r->place + (start - r->start) / PAGE_BYTES};
    return snapshot_read(p->parent, r->layer, out->place, p->compare, 1) == 0 &&
           memcmp(p->compare, page, PAGE_BYTES) == 0;
}

/* A few pages of the parent's between two of our own become our own: each part that is mapped alone costs every restore
 * about as much as copying eight pages. */
static void join_near(struct origin *list, size_t count)
{
    size_t last = SIZE_MAX; /* our last page, with nothing but the parent's behind it */

    for (size_t i = 0; i < count; i++) {
        if (list[i].kind == ORIGIN_NONE)
            last = SIZE_MAX;
        if (list[i].kind != ORIGIN_OWN)
            continue;
        for (size_t k = last; last != SIZE_MAX && i - last <= NEAR_PAGES && ++k < i;)
            list[k].kind = ORIGIN_OWN;
        last = i;
    }
}

/* Where zeros lie on both sides, too: our own pages on the other sides of these are reached through holes. */
static void join_lone(struct origin *list, size_t count)
{
    for (size_t i = 0, end; i < count; i = end + 1) {
        for (end = i; end < count && list[end].kind == ORIGIN_PARENT;)
            end++;
        if (i == 0 || end == count || end - i >= NEAR_PAGES)
            continue; /* it may go on beyond the list */
        for (size_t k = i; k < end; k++)
            list[k].kind = ORIGIN_OWN;
    }
}

static void put_pages(struct page_copy *p, uint32_t space, uint64_t from, uint64_t start, const uint8_t *pages,
                      size_t count, bool zeros)
{
    struct origin list[STAGE_PAGES];

    for (size_t i = 0; i < count; i++) {
        const uint8_t *page = pages + i * PAGE_BYTES;
        list[i].kind = ORIGIN_NONE;
        if (!(zeros && page_is_zero(page)) && !in_parent(p, space, start + i * PAGE_BYTES, page, &list[i]))
            list[i].kind = ORIGIN_OWN;
    }
    join_near(list, count);
    if (zeros)
        join_lone(list, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t at = start + i * PAGE_BYTES;
        if (list[i].kind == ORIGIN_PARENT)
            writer_reference(p->w, space, at, list[i].layer, list[i].place);
        if (list[i].kind != ORIGIN_OWN)
            continue;
        if (zeros)
            writer_bridge(p->w, space, from, at);
        writer_pages(p->w, space, at, pages + i * PAGE_BYTES, 1);
    }
}

/* Guest pages by the copy that survives what cannot be read: the end of a file, a snapshot's file cut off. */
static int copy_range(struct page_copy *p, const struct mapping *m, uint64_t start, uint64_t end)
{
    bool zeros = m->kind == MAPPING_ANONYMOUS;

    while (start < end && writer_error(p->w) == 0) {
        if (p->c->m->process->exiting) /* whoever kills it is not to wait for the rest */
            return collect_ended(p->c);
        size_t count = (end - start) / PAGE_BYTES < STAGE_PAGES ? (end - start) / PAGE_BYTES : STAGE_PAGES;
        if (copy_in(p->stage, start, count * PAGE_BYTES) != 0) {
            count = 1;
            if (copy_in(p->stage, start, PAGE_BYTES) != 0) {
                if (m->kind == MAPPING_ANONYMOUS)
                    return collect_fail(p->c, -EIO, "cannot read the isolate's memory at 0x%llx: is the snapshot that "
                                        "it was started from still whole?", (unsigned long long)start);
                start += PAGE_BYTES; /* behind the end of its file */
                continue;
            }
        }
        put_pages(p, 0, m->start, start, p->stage, count, zeros);
        start += count * PAGE_BYTES;
    }
    return 0;
}

/* The pages of one private mapping that a restore cannot have from elsewhere. */
static int mapping_ranges(struct page_copy *p, const struct mapping *m, const struct saved_mapping *saved,
                          struct page_ranges *out)
{
    const struct saved_file *f = saved->file >= 0 ? &p->c->s->memory.files[saved->file] : NULL;

    if (f != NULL && (f->stored || f->vdso))
        return ranges_add(out, m->start, m->end);
    int error = pages_own(p->c->m->snapshots->pagemap, m->start, m->end, out);
    for (size_t i = 0; i < p->layers.count && error == 0 && m->restored; i++) {
        const struct page_range *r = &p->layers.list[i];
        uint64_t start = r->start > m->start ? r->start : m->start, end = r->end < m->end ? r->end : m->end;
        if (start < end)
            error = ranges_add(out, start, end);
    }
    ranges_settle(out);
    return error;
}

static int copy_mapping(struct page_copy *p, const struct mapping *m, const struct saved_mapping *saved)
{
    struct page_ranges ranges = {0};
    void *at = (void *)(uintptr_t)m->start;
    bool hidden = m->prot == PROT_NONE;
    int error = mapping_ranges(p, m, saved, &ranges);

    if (error != 0)
        collect_fail(p->c, error, "cannot find out which pages the isolate has written: %s", strerror(-error));
    /* The guest's page tables give no right to it, and its threads have stopped. */
    if (error == 0 && hidden && ranges.count > 0 && mprotect(at, m->end - m->start, PROT_READ) != 0)
        error = collect_fail(p->c, -errno, "cannot read the isolate's memory: %s", strerror(errno));
    for (size_t i = 0; i < ranges.count && error == 0; i++)
        error = copy_range(p, m, ranges.list[i].start, ranges.list[i].end);
    if (hidden && ranges.count > 0)
        mprotect(at, m->end - m->start, PROT_NONE);
    ranges_free(&ranges);
    return error;
}

/* The contents of a memory object, by the parts that its file system has. */
static int copy_object(struct page_copy *p, size_t index)
{
    int host = p->c->sources[index].host;
    off_t bytes = (off_t)p->c->s->memory.objects[index].bytes, at = 0, position = lseek(host, 0, SEEK_CUR);
    uint32_t space = (uint32_t)index + 1;
    int error = 0;

    while (at < bytes && error == 0 && writer_error(p->w) == 0) {
        off_t start = lseek(host, at, SEEK_DATA), end = start < 0 ? bytes : lseek(host, start, SEEK_HOLE);
        if (start < 0 && errno == ENXIO)
            break;
        if (start < 0 || end < 0)
            start = at, end = bytes;
        start = (off_t)page_down((uint64_t)start);
        at = (off_t)page_up((uint64_t)end);
        while (start < at && error == 0) {
            size_t wanted = (size_t)(at - start) < STAGE_PAGES * PAGE_BYTES ? (size_t)(at - start)
                                                                          : STAGE_PAGES * PAGE_BYTES;
            ssize_t got = pread(host, p->stage, wanted, start);
            if (got <= 0) {
                error = got < 0 ? -errno : 0;
                break;
            }
            size_t whole = page_up((uint64_t)got);
            memset(p->stage + got, 0, whole - (size_t)got);
            put_pages(p, space, 0, (uint64_t)start, p->stage, whole / PAGE_BYTES, true);
            start += (off_t)whole;
        }
    }
    lseek(host, position, SEEK_SET); /* a duplicate shares its position with the guest's descriptor */
    return error != 0 ? collect_fail(p->c, error, "cannot read a file of the isolate: %s", strerror(-error)) : 0;
}

static int copy_everything(struct page_copy *p)
{
    struct memory *m = p->c->m->process->memory;
    struct saved_memory *saved = &p->c->s->memory;
    int error = 0;

    for (size_t i = 0; i < m->count && error == 0; i++)
        if (!m->list[i].shared)
            error = copy_mapping(p, &m->list[i], &saved->mappings[i]);
    for (size_t i = 0; i < saved->object_count && error == 0; i++)
        error = copy_object(p, i);
    return error;
}

int collect_pages(struct collector *c, struct page_writer *w, struct snapshot *parent)
{
    struct page_copy p = {.c = c, .w = w, .parent = parent, .stage = malloc(STAGE_PAGES * PAGE_BYTES),
                          .compare = malloc(PAGE_BYTES)};
    int error = p.stage == NULL || p.compare == NULL ? collect_no_memory(c) : 0;

    if (error == 0 && c->m->snapshots->from != NULL &&
        (error = pages_of_layers(c->m->snapshots->from, &p.layers)) != 0)
        collect_fail(c, error, "cannot find out where the snapshot is mapped that the isolate was started from: %s",
                     strerror(-error));
    if (error == 0)
        error = copy_everything(&p);
    ranges_free(&p.layers);
    free(p.stage);
    free(p.compare);
    return error;
}
