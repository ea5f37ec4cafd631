/* A snapshot's file: docs/snapshot-format.md tells the same at more length.
 *
 *      0            header, HEADER_BYTES; its last 16 bytes are the hash of those before
 *      4096         page data: pages one after the other, in the order of the page index; or zstd frames of them
 *      data end     sections, each on a multiple of 8
 *      table        one entry for each section
 *
 * Hashes are XXH3-128 as XXH128_canonicalFromHash writes them. */
#ifndef HOSTVIRT_SNAPSHOT_FORMAT_H
#define HOSTVIRT_SNAPSHOT_FORMAT_H

#include "hostvirt/snapshot_codec.h"

#define SNAPSHOT_MAGIC "CloisterSnap\r\n\x1a\n"
#define MAGIC_BYTES 16
#define HEADER_BYTES 4096ul
#define DATA_OFFSET HEADER_BYTES
#define CHUNK_BYTES (2ul << 20) /* of page data: what one hash, and one zstd frame, is for */
#define HASH_BYTES 16

/* Three axes: how the file is built, what the state's sections hold, and what guests see of the monitor (layout of the
 * address space, the vDSO's data page, hypercalls).  A reader takes only what it knows. */
enum { VERSION_CONTAINER = 1, VERSION_STATE = 9, VERSION_GUEST = 2 };

enum { HEADER_COMPRESSED = 1, HEADER_SELF_CONTAINED = 2, HEADER_HAS_PARENT = 4, HEADER_FLAGS = 7 };

enum section_kind {
    SECTION_MACHINE = 1, SECTION_POLICY, SECTION_PROCESS, SECTION_THREADS, SECTION_FILES, SECTION_MAPPINGS,
    SECTION_DESCRIPTORS, SECTION_SCRATCH, SECTION_PAGES, SECTION_CHUNKS, SECTION_PARENT,
    SECTION_FRAMES, /* not part of the identity: compressing changes nothing else */
    SECTION_KINDS
};

#define SECTION_BYTES_LIMIT (1ul << 30)
#define LAYER_LIMIT 16              /* files that a snapshot may be made of */
#define DATA_BYTES_LIMIT (1ul << 42)

struct hash {
    uint8_t bytes[HASH_BYTES];
};

struct snapshot_header {
    uint16_t container, state, guest, flags;
    uint64_t file_bytes, data_bytes; /* data_bytes: of pages, as if not compressed */
    uint64_t table_offset;
    uint32_t sections;
    int64_t created;                 /* s since the epoch */
    struct hash table;               /* of the section table */
    struct hash identity;            /* of the sections' hashes: names the snapshot, compressed or not */
};

struct snapshot_section {
    uint32_t kind;
    uint64_t offset, bytes;
    struct hash hash;
};

/* Consecutive pages.  Space 0 is guest memory; space n is the memory object n - 1 (its pages from 0).  Layer 0 is this
 * file, n its nth ancestor; `place` counts pages from the start of that file's data. */
struct saved_run {
    uint32_t space, layer;
    uint64_t start; /* bytes: guest address, or offset in the object */
    uint64_t pages, place;
};

struct hash hash_of(const void *bytes, size_t count);
bool hash_equal(const struct hash *a, const struct hash *b);
void hash_text(const struct hash *h, char text[2 * HASH_BYTES + 1]);

/* HEADER_BYTES with the hash. */
void header_write(const struct snapshot_header *h, uint8_t page[HEADER_BYTES]);
/* False with what is wrong: it is none, was altered, or is of a version that names its axis. */
bool header_read(struct snapshot_header *h, const uint8_t page[HEADER_BYTES], char *why, size_t bytes);
#define SECTION_ENTRY_BYTES (4 + 8 + 8 + HASH_BYTES)
void code_section(struct codec *c, struct snapshot_section *s);
/* What a snapshot is called by its children: the hash of the hashes of its sections but the frames'. */
struct hash identity_of(const struct snapshot_section *sections, size_t count);

#endif
