/* Writing a snapshot's file: page data first, in pieces of CHUNK_BYTES with a checksum each; then the sections, the
 * table, and the header last, so that a file without an end is none. */
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#define CHUNK_PAGES (CHUNK_BYTES / PAGE_BYTES)
#define BRIDGE_PAGES 64 /* gaps up to this become holes of the file: one host mapping less for each clone */
#define ZSTD_LEVEL 3

struct page_writer {
    int host;
    bool compress;
    const struct snapshot *parent;
    int error;
    uint8_t *chunk;                 /* CHUNK_BYTES, being filled */
    size_t filled;                  /* pages */
    bool data[CHUNK_PAGES];         /* which of them are not holes */
    uint64_t place;                 /* pages appended so far */
    uint64_t at;                    /* end of what is written, from DATA_OFFSET */
    struct hash *hashes;            /* of the complete chunks */
    uint64_t *frames;               /* their compressed sizes */
    size_t chunks, chunk_room;
    struct saved_run *runs;
    size_t count, room;
    ZSTD_CCtx *zstd;
    uint8_t *packed;
    struct snapshot_section sections[SECTION_KINDS];
    uint32_t section_count;
};

int writer_new(struct page_writer **out, int host, bool compress, const struct snapshot *parent)
{
    struct page_writer *w = calloc(1, sizeof *w);

    if (w == NULL)
        return -ENOMEM;
    w->host = host;
    w->compress = compress;
    w->parent = parent;
    w->chunk = malloc(CHUNK_BYTES);
    w->zstd = compress ? ZSTD_createCCtx() : NULL;
    w->packed = compress ? malloc(ZSTD_compressBound(CHUNK_BYTES)) : NULL;
    if (w->chunk == NULL || (compress && (w->zstd == NULL || w->packed == NULL))) {
        writer_free(w);
        return -ENOMEM;
    }
    *out = w;
    return 0;
}

void writer_free(struct page_writer *w)
{
    if (w == NULL)
        return;
    ZSTD_freeCCtx(w->zstd);
    free(w->packed);
    free(w->chunk);
    free(w->hashes);
    free(w->frames);
    free(w->runs);
    free(w);
}

int writer_error(const struct page_writer *w)
{
    return w->error;
}

static void write_at(struct page_writer *w, const void *from, size_t bytes, uint64_t offset)
{
    size_t done = 0;

    while (done < bytes && w->error == 0) {
        ssize_t put = pwrite(w->host, (const char *)from + done, bytes - done, (off_t)(offset + done));
        if (put < 0 && errno != EINTR)
            w->error = -errno;
        done += put > 0 ? (size_t)put : 0;
    }
}

static bool chunk_room(struct page_writer *w)
{
    if (w->chunks < w->chunk_room)
        return true;
    size_t room = w->chunk_room != 0 ? 2 * w->chunk_room : 64;
    struct hash *hashes = reallocarray(w->hashes, room, sizeof *hashes);
    if (hashes != NULL)
        w->hashes = hashes;
    uint64_t *frames = reallocarray(w->frames, room, sizeof *frames);
    if (frames != NULL)
        w->frames = frames;
    if (hashes == NULL || frames == NULL) {
        w->error = -ENOMEM;
        return false;
    }
    w->chunk_room = room;
    return true;
}

/* Runs of pages that are not holes. */
static void write_pages(struct page_writer *w)
{
    for (size_t i = 0; i < w->filled;) {
        size_t end = i;
        while (end < w->filled && w->data[end])
            end++;
        if (end > i)
            write_at(w, w->chunk + i * PAGE_BYTES, (end - i) * PAGE_BYTES, DATA_OFFSET + w->at + i * PAGE_BYTES);
        i = end > i ? end : i + 1;
    }
    w->at += w->filled * PAGE_BYTES;
}

static void flush_chunk(struct page_writer *w)
{
    size_t bytes = w->filled * PAGE_BYTES;

    if (bytes == 0 || w->error != 0 || !chunk_room(w))
        return;
    w->hashes[w->chunks] = hash_of(w->chunk, bytes);
    if (w->compress) {
        size_t packed = ZSTD_compressCCtx(w->zstd, w->packed, ZSTD_compressBound(CHUNK_BYTES), w->chunk, bytes,
                                          ZSTD_LEVEL);
        if (ZSTD_isError(packed)) {
            w->error = -ENOMEM; /* the bound leaves it no other reason */
            return;
        }
        write_at(w, w->packed, packed, DATA_OFFSET + w->at);
        w->frames[w->chunks] = packed;
        w->at += packed;
    } else {
        write_pages(w);
    }
    w->chunks++;
    w->filled = 0;
}

/* One page appended; NULL: a hole. */
static void append(struct page_writer *w, const uint8_t *page)
{
    uint8_t *to = w->chunk + w->filled * PAGE_BYTES;

    if (page != NULL)
        memcpy(to, page, PAGE_BYTES);
    else
        memset(to, 0, PAGE_BYTES);
    w->data[w->filled++] = page != NULL;
    w->place++;
    if (w->filled == CHUNK_PAGES)
        flush_chunk(w);
}

static struct saved_run *last_run(struct page_writer *w)
{
    return w->count > 0 ? &w->runs[w->count - 1] : NULL;
}

/* Lengthens the last run by a page or begins another. */
static void index_page(struct page_writer *w, uint32_t space, uint64_t start, unsigned layer, uint64_t place)
{
    struct saved_run *last = last_run(w);

    if (last != NULL && last->space == space && last->layer == layer &&
        last->start + last->pages * PAGE_BYTES == start && last->place + last->pages == place) {
        last->pages++;
        return;
    }
    if (w->count == w->room) {
        size_t room = w->room != 0 ? 2 * w->room : 256;
        struct saved_run *runs = reallocarray(w->runs, room, sizeof *runs);
        if (runs == NULL) {
            w->error = -ENOMEM;
            return;
        }
        w->runs = runs;
        w->room = room;
    }
    w->runs[w->count++] = (struct saved_run){space, layer, start, 1, place};
}

void writer_pages(struct page_writer *w, uint32_t space, uint64_t start, const uint8_t *pages, size_t count)
{
    for (size_t i = 0; i < count && w->error == 0; i++) {
        index_page(w, space, start + i * PAGE_BYTES, 0, w->place);
        append(w, pages + i * PAGE_BYTES);
    }
}

void writer_reference(struct page_writer *w, uint32_t space, uint64_t start, unsigned layer, uint64_t place)
{
    if (w->error == 0)
        index_page(w, space, start, layer, place);
}

void writer_bridge(struct page_writer *w, uint32_t space, uint64_t from, uint64_t start)
{
    const struct saved_run *last = last_run(w);

    if (last == NULL || last->space != space || last->layer != 0 || last->place + last->pages != w->place)
        return;
    uint64_t end = last->start + last->pages * PAGE_BYTES;
    if (end < from || end >= start || start - end > BRIDGE_PAGES * PAGE_BYTES)
        return;
    for (; end < start && w->error == 0; end += PAGE_BYTES) {
        index_page(w, space, end, 0, w->place);
        append(w, NULL);
    }
}

/* ---- sections ---------------------------------------------------------------------------------------------------- */

static void add_section(struct page_writer *w, enum section_kind kind, struct codec *c)
{
    static const uint8_t zeros[8];

    if (c->wrong != NULL)
        w->error = w->error != 0 ? w->error : strcmp(c->wrong, "out of memory") == 0 ? -ENOMEM : -EFBIG;
    uint64_t offset = (DATA_OFFSET + w->at + 7) & ~7ull;
    write_at(w, zeros, offset - DATA_OFFSET - w->at, DATA_OFFSET + w->at);
    write_at(w, c->data, c->used, offset);
    w->sections[w->section_count++] =
        (struct snapshot_section){kind, offset, c->used, hash_of(c->used > 0 ? c->data : zeros, c->used)};
    w->at = offset + c->used - DATA_OFFSET;
    free(c->data);
}

static void add_parent(struct page_writer *w)
{
    struct codec c = {.writing = true};
    const char *slash = strrchr(w->parent->path, '/');
    char *name = (char *)(slash != NULL ? slash + 1 : w->parent->path);
    char *path = realpath(w->parent->path, NULL), *kept = path != NULL ? path : w->parent->path;
    struct hash identity = w->parent->header.identity;

    codec_text(&c, &name, NAME_MAX);
    codec_text(&c, &kept, PATH_MAX);
    codec_raw(&c, identity.bytes, HASH_BYTES);
    add_section(w, SECTION_PARENT, &c);
    free(path);
}

static void add_tables(struct page_writer *w)
{
    struct codec pages = {.writing = true}, chunks = {.writing = true}, frames = {.writing = true};

    code_runs(&pages, &w->runs, &w->count);
    add_section(w, SECTION_PAGES, &pages);
    codec_raw(&chunks, w->hashes, w->chunks * sizeof *w->hashes);
    add_section(w, SECTION_CHUNKS, &chunks);
    if (w->parent != NULL)
        add_parent(w);
    if (!w->compress)
        return;
    for (size_t i = 0; i < w->chunks; i++)
        codec_u64(&frames, &w->frames[i]);
    add_section(w, SECTION_FRAMES, &frames);
}

int writer_finish(struct page_writer *w, struct saved_state *s, bool self_contained, struct hash *identity)
{
    uint8_t page[HEADER_BYTES];
    struct codec table = {.writing = true};

    flush_chunk(w);
    for (enum section_kind kind = SECTION_MACHINE; kind <= SECTION_SCRATCH; kind++) {
        struct codec c = {.writing = true};
        code_state(&c, s, kind);
        add_section(w, kind, &c);
    }
    add_tables(w);
    for (uint32_t i = 0; i < w->section_count; i++)
        code_section(&table, &w->sections[i]);
    if (table.wrong != NULL && w->error == 0)
        w->error = -ENOMEM;
    if (w->error != 0) {
        free(table.data);
        return w->error;
    }
    struct snapshot_header h = {
        .container = VERSION_CONTAINER, .state = VERSION_STATE, .guest = VERSION_GUEST,
        .flags = (uint16_t)((w->compress ? HEADER_COMPRESSED : 0) | (self_contained ? HEADER_SELF_CONTAINED : 0) |
                            (w->parent != NULL ? HEADER_HAS_PARENT : 0)),
        .data_bytes = w->place * PAGE_BYTES, .table_offset = DATA_OFFSET + w->at,
        .file_bytes = DATA_OFFSET + w->at + table.used, .sections = w->section_count, .created = time(NULL),
        .table = hash_of(table.data, table.used), .identity = identity_of(w->sections, w->section_count),
    };
    write_at(w, table.data, table.used, h.table_offset);
    free(table.data);
    header_write(&h, page);
    write_at(w, page, sizeof page, 0);
    *identity = h.identity;
    return w->error;
}
