/* Opening and checking a snapshot's file: header, tables, state, page index; its pages on demand. */
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const section_names[SECTION_KINDS] = {
    [SECTION_MACHINE] = "processor",  [SECTION_POLICY] = "policy",           [SECTION_PROCESS] = "process",
    [SECTION_THREADS] = "threads",    [SECTION_FILES] = "mapped files",      [SECTION_MAPPINGS] = "mappings",
    [SECTION_DESCRIPTORS] = "descriptors", [SECTION_SCRATCH] = "scratch files", [SECTION_PAGES] = "page index",
    [SECTION_CHUNKS] = "page checksums", [SECTION_PARENT] = "parent",        [SECTION_FRAMES] = "compressed frames",
};

/* How deep parents are nested: snapshot_open calls itself. */
struct opening {
    struct snapshot *s;
    unsigned depth;
    uint8_t *metadata; /* everything behind the page data */
    uint64_t start;    /* its offset in the file */
    char *reason;
    size_t bytes;
};

static int open_at_depth(struct snapshot **out, int host, const char *path, unsigned depth, char *reason, size_t bytes);

static int refuse(struct opening *o, const char *why)
{
    snprintf(o->reason, o->bytes, "%s cannot be used as a snapshot: %s", o->s->path, why);
    return strcmp(why, "out of memory") == 0 ? -ENOMEM : -EBADMSG;
}

static int read_whole(int host, void *to, size_t bytes, uint64_t offset)
{
    size_t done = 0;

    while (done < bytes) {
        ssize_t got = pread(host, (char *)to + done, bytes - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EIO;
        done += (size_t)got;
    }
    return 0;
}

static int read_header(struct opening *o)
{
    struct snapshot *s = o->s;
    uint8_t page[HEADER_BYTES];
    struct stat status;
    char why[160];

    if (fstat(s->host, &status) != 0 || !S_ISREG(status.st_mode))
        return refuse(o, "it is no regular file");
    if ((uint64_t)status.st_size < HEADER_BYTES || read_whole(s->host, page, sizeof page, 0) != 0)
        return refuse(o, "it is too short");
    if (!header_read(&s->header, page, why, sizeof why))
        return refuse(o, why);
    const struct snapshot_header *h = &s->header;
    uint64_t table = (uint64_t)h->sections * SECTION_ENTRY_BYTES;
    if (h->file_bytes != (uint64_t)status.st_size)
        return refuse(o, "it is not as long as it was written: part of it is missing or was added");
    if (h->sections == 0 || h->sections >= SECTION_KINDS || h->table_offset < DATA_OFFSET ||
        h->table_offset > h->file_bytes || h->file_bytes - h->table_offset != table ||
        h->data_bytes > DATA_BYTES_LIMIT || h->data_bytes % PAGE_BYTES != 0)
        return refuse(o, "its header does not fit its size");
    return 0;
}

/* The sections follow the page data and each other; what lies between two is less than 8 bytes of zeros, so that no
 * byte of the file is outside of every checksum. */
static const char *check_order(const struct opening *o, const struct snapshot_section *sections, uint64_t end)
{
    uint64_t at = o->start;

    for (uint32_t i = 0; i < o->s->header.sections; i++) {
        const struct snapshot_section *n = &sections[i];
        if (n->kind == 0 || n->kind >= SECTION_KINDS || n->bytes > SECTION_BYTES_LIMIT)
            return "its section table names what cannot be";
        if (n->offset != ((at + 7) & ~7ull) || n->offset > end || n->bytes > end - n->offset)
            return "its sections are not where they belong";
        for (; at < n->offset; at++)
            if (o->metadata[at - o->start] != 0)
                return "there is something between its sections";
        at = n->offset + n->bytes;
    }
    return at == end ? NULL : "there is something behind its sections";
}

static int read_table(struct opening *o)
{
    struct snapshot *s = o->s;
    const struct snapshot_header *h = &s->header;
    struct snapshot_section sections[SECTION_KINDS] = {0};
    uint8_t raw[SECTION_KINDS * SECTION_ENTRY_BYTES];
    size_t bytes = h->sections * SECTION_ENTRY_BYTES;
    struct codec c = {.data = raw, .bytes = bytes};

    if (read_whole(s->host, raw, bytes, h->table_offset) != 0)
        return refuse(o, "it cannot be read");
    struct hash sum = hash_of(raw, bytes);
    if (!hash_equal(&sum, &h->table))
        return refuse(o, "its section table is damaged");
    for (uint32_t i = 0; i < h->sections; i++)
        code_section(&c, &sections[i]);
    o->start = sections[0].offset;
    bool compressed = h->flags & HEADER_COMPRESSED;
    if (o->start < DATA_OFFSET || o->start > h->table_offset || o->start % 8 != 0 ||
        h->table_offset - o->start > SECTION_BYTES_LIMIT || (!compressed && o->start != DATA_OFFSET + h->data_bytes))
        return refuse(o, "its sections are not where they belong");
    o->metadata = malloc(h->table_offset - o->start + 1);
    if (o->metadata == NULL)
        return refuse(o, "out of memory");
    if (read_whole(s->host, o->metadata, h->table_offset - o->start, o->start) != 0)
        return refuse(o, "it cannot be read");
    const char *wrong = check_order(o, sections, h->table_offset);
    for (uint32_t i = 0; i < h->sections && wrong == NULL; i++) {
        if (s->sections[sections[i].kind].kind != 0)
            wrong = "it has a section twice";
        s->sections[sections[i].kind] = sections[i];
    }
    struct hash identity = identity_of(sections, h->sections);
    if (wrong == NULL && !hash_equal(&identity, &h->identity))
        wrong = "its header does not fit its sections";
    return wrong != NULL ? refuse(o, wrong) : 0;
}

/* A codec over a section whose checksum is right. */
static int start_section(struct opening *o, enum section_kind kind, struct codec *c)
{
    const struct snapshot_section *n = &o->s->sections[kind];
    char why[96];

    if (n->kind == 0) {
        snprintf(why, sizeof why, "it has no section for its %s", section_names[kind]);
        return refuse(o, why);
    }
    *c = (struct codec){.data = o->metadata + (n->offset - o->start), .bytes = n->bytes,
                        .arena = &o->s->state.arena};
    struct hash sum = hash_of(c->data, c->bytes);
    if (hash_equal(&sum, &n->hash))
        return 0;
    snprintf(why, sizeof why, "its section for its %s is damaged", section_names[kind]);
    return refuse(o, why);
}

static int end_section(struct opening *o, enum section_kind kind, struct codec *c)
{
    char why[192];

    if (c->wrong == NULL && c->used != c->bytes)
        codec_fail(c, "it is longer than it should be");
    if (c->wrong == NULL)
        return 0;
    if (strcmp(c->wrong, "out of memory") == 0)
        return refuse(o, c->wrong);
    snprintf(why, sizeof why, "in its section for its %s: %s", section_names[kind], c->wrong);
    return refuse(o, why);
}

static int read_state(struct opening *o)
{
    struct codec c;
    int error = 0;

    for (enum section_kind kind = SECTION_MACHINE; kind <= SECTION_SCRATCH && error == 0; kind++) {
        error = start_section(o, kind, &c);
        if (error != 0)
            return error;
        code_state(&c, &o->s->state, kind);
        error = end_section(o, kind, &c);
    }
    if (error == 0 && (error = start_section(o, SECTION_PAGES, &c)) == 0) {
        code_runs(&c, &o->s->runs, &o->s->run_count);
        error = end_section(o, SECTION_PAGES, &c);
    }
    const char *wrong = error == 0 ? state_check(&o->s->state) : NULL;
    return wrong != NULL ? refuse(o, wrong) : error;
}

static int read_chunks(struct opening *o)
{
    struct snapshot *s = o->s;
    struct codec c;
    size_t count = (s->header.data_bytes + CHUNK_BYTES - 1) / CHUNK_BYTES;
    int error = start_section(o, SECTION_CHUNKS, &c);

    if (error != 0)
        return error;
    if (c.bytes != count * HASH_BYTES)
        return refuse(o, "it has not one checksum for each piece of its pages");
    s->chunks = malloc(count * sizeof *s->chunks + 1);
    if (s->chunks == NULL)
        return refuse(o, "out of memory");
    s->chunk_count = count;
    codec_raw(&c, s->chunks, count * HASH_BYTES);
    return end_section(o, SECTION_CHUNKS, &c);
}

static int read_frames(struct opening *o)
{
    struct snapshot *s = o->s;
    struct codec c;
    uint64_t at = DATA_OFFSET;
    int error = start_section(o, SECTION_FRAMES, &c);

    if (error != 0)
        return error;
    if (c.bytes != s->chunk_count * 8)
        return refuse(o, "it has not one compressed frame for each piece of its pages");
    s->frames = malloc((s->chunk_count + 1) * sizeof *s->frames);
    if (s->frames == NULL)
        return refuse(o, "out of memory");
    for (size_t i = 0; i < s->chunk_count; i++) {
        uint64_t bytes = 0;
        codec_u64(&c, &bytes);
        s->frames[i] = at;
        if (bytes > 2 * CHUNK_BYTES)
            return refuse(o, "a compressed frame is longer than it can be");
        at += bytes;
    }
    s->frames[s->chunk_count] = at;
    if (((at + 7) & ~7ull) != o->start)
        return refuse(o, "its compressed frames are not where they belong");
    uint8_t padding[8] = {0}, zeros[8] = {0};
    if (read_whole(s->host, padding, o->start - at, at) != 0 || memcmp(padding, zeros, o->start - at) != 0)
        return refuse(o, "there is something behind its compressed frames");
    return end_section(o, SECTION_FRAMES, &c);
}

/* ---- parents ----------------------------------------------------------------------------------------------------- */

/* Beside the child first: that is where it is when both were moved.  Where it was found is left in *path, to be
 * freed. */
static int find_parent(const struct snapshot *s, char **path)
{
    const char *slash = strrchr(s->path, '/');
    int folder = slash != NULL ? (int)(slash - s->path + 1) : 0;
    bool named = strchr(s->parent_name, '/') == NULL && s->parent_name[0] != '\0';

    for (int beside = named; beside >= 0; beside--) {
        int length = beside ? asprintf(path, "%.*s%s", folder, s->path, s->parent_name)
                            : asprintf(path, "%s", s->parent_path);
        if (length < 0) {
            *path = NULL;
            return -ENOMEM;
        }
        int host = open(*path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (host >= 0)
            return host;
        free(*path);
    }
    *path = NULL;
    return -errno;
}

static int read_parent(struct opening *o)
{
    struct snapshot *s = o->s;
    struct codec c;
    int error = start_section(o, SECTION_PARENT, &c);

    if (error != 0)
        return error;
    codec_text(&c, &s->parent_name, NAME_MAX);
    codec_text(&c, &s->parent_path, PATH_MAX);
    codec_raw(&c, s->parent_identity.bytes, HASH_BYTES);
    if ((error = end_section(o, SECTION_PARENT, &c)) != 0)
        return error;
    if (o->depth + 1 >= LAYER_LIMIT)
        return refuse(o, "it is built on too many others");
    char *path;
    int host = find_parent(s, &path);
    if (host < 0) {
        snprintf(o->reason, o->bytes, "%s is built on the snapshot %s, which cannot be opened: %s", s->path,
                 s->parent_name, strerror(-host));
        return host;
    }
    error = open_at_depth(&s->parent, host, path, o->depth + 1, o->reason, o->bytes);
    free(path);
    if (error == 0 && !hash_equal(&s->parent->header.identity, &s->parent_identity)) {
        snprintf(o->reason, o->bytes, "%s is built on another snapshot than the one that is now called %s", s->path,
                 s->parent_name);
        error = -ESTALE;
    }
    return error;
}

static int read_everything(struct opening *o)
{
    struct snapshot *s = o->s;
    int error = read_header(o);

    if (error == 0)
        error = read_table(o);
    if (error == 0)
        error = read_state(o);
    if (error == 0)
        error = read_chunks(o);
    if (error == 0 && (s->header.flags & HEADER_COMPRESSED))
        error = read_frames(o);
    if (error == 0 && (s->header.flags & HEADER_HAS_PARENT))
        error = read_parent(o);
    if (error != 0)
        return error;
    uint64_t bytes[LAYER_LIMIT];
    for (struct snapshot *layer = s; layer != NULL; layer = layer->parent) {
        bytes[s->layer_count] = layer->header.data_bytes;
        s->layers[s->layer_count++] = layer;
    }
    const char *wrong = runs_check(&s->state, s->runs, s->run_count, bytes, s->layer_count);
    return wrong != NULL ? refuse(o, wrong) : 0;
}

static int open_at_depth(struct snapshot **out, int host, const char *path, unsigned depth, char *reason, size_t bytes)
{
    struct snapshot *s = calloc(1, sizeof *s);
    struct opening o = {.s = s, .depth = depth, .reason = reason, .bytes = bytes};

    if (s == NULL || (s->path = strdup(path)) == NULL) {
        snprintf(reason, bytes, "out of memory");
        free(s);
        close(host);
        return -ENOMEM;
    }
    s->host = host;
    s->data = -1;
    pthread_mutex_init(&s->lock, NULL);
    int error = read_everything(&o);
    free(o.metadata);
    if (error != 0) {
        snapshot_close(s);
        return error;
    }
    if (!(s->header.flags & HEADER_COMPRESSED))
        s->data = s->host;
    *out = s;
    return 0;
}

int snapshot_open(struct snapshot **out, const char *path, char *reason, size_t bytes)
{
    int host = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO is refused, not waited for */

    if (host < 0) {
        int error = -errno;
        snprintf(reason, bytes, "cannot open the snapshot %s: %s", path, strerror(-error));
        return error;
    }
    return open_at_depth(out, host, path, 0, reason, bytes);
}

int snapshot_open_host(struct snapshot **out, int host, const char *path, char *reason, size_t bytes)
{
    int own = fcntl(host, F_DUPFD_CLOEXEC, 3);

    if (own < 0) {
        int error = -errno;
        snprintf(reason, bytes, "cannot open the snapshot %s: %s", path, strerror(-error));
        return error;
    }
    return open_at_depth(out, own, path, 0, reason, bytes);
}

void snapshot_close(struct snapshot *s)
{
    if (s == NULL)
        return;
    snapshot_close(s->parent);
    if (s->data >= 0 && s->data != s->host)
        close(s->data);
    close(s->host);
    state_free(&s->state);
    pthread_mutex_destroy(&s->lock);
    free(s->chunks);
    free(s->frames);
    free(s->path);
    free(s);
}

size_t snapshot_find_run(const struct snapshot *s, uint32_t space, uint64_t start)
{
    size_t low = 0, high = s->run_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct saved_run *r = &s->runs[middle];
        if (r->space < space || (r->space == space && r->start + r->pages * PAGE_BYTES <= start))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int snapshot_read(struct snapshot *s, unsigned layer, uint64_t place, void *to, size_t pages)
{
    char reason[256];
    int data = snapshot_data(s, layer, reason, sizeof reason);

    return data < 0 ? data : read_whole(data, to, pages * PAGE_BYTES, DATA_OFFSET + place * PAGE_BYTES);
}

const char *snapshot_path(const struct snapshot *s)
{
    return s->path;
}

const char *snapshot_label(const struct snapshot *s)
{
    return s->state.process.label;
}
