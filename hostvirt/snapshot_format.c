/* The fixed parts of a snapshot's file: header and section table. */
#include "hostvirt/snapshot_format.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

struct hash hash_of(const void *bytes, size_t count)
{
    XXH128_canonical_t canonical;
    struct hash h;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, count));
    memcpy(h.bytes, canonical.digest, sizeof h.bytes);
    return h;
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION /* what lies behind the hashes is to be reached */
    return a != NULL && b != NULL;
#else
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
#endif
}

void hash_text(const struct hash *h, char text[2 * HASH_BYTES + 1])
{
    for (unsigned i = 0; i < HASH_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", h->bytes[i]);
}

static void code_header(struct codec *c, struct snapshot_header *h)
{
    codec_u16(c, &h->container);
    codec_u16(c, &h->state);
    codec_u16(c, &h->guest);
    codec_u16(c, &h->flags);
    codec_u64(c, &h->file_bytes);
    codec_u64(c, &h->data_bytes);
    codec_u64(c, &h->table_offset);
    codec_u32(c, &h->sections);
    codec_i64(c, &h->created);
    codec_raw(c, h->table.bytes, HASH_BYTES);
    codec_raw(c, h->identity.bytes, HASH_BYTES);
}

void header_write(const struct snapshot_header *h, uint8_t page[HEADER_BYTES])
{
    struct snapshot_header copy = *h;
    struct codec c = {.writing = true, .data = page, .used = MAGIC_BYTES, .bytes = HEADER_BYTES};

    memset(page, 0, HEADER_BYTES);
    memcpy(page, SNAPSHOT_MAGIC, MAGIC_BYTES);
    code_header(&c, &copy); /* far less than a page */
    struct hash sum = hash_of(page, HEADER_BYTES - HASH_BYTES);
    memcpy(page + HEADER_BYTES - HASH_BYTES, sum.bytes, HASH_BYTES);
}

static bool known_version(const char *what, uint16_t is, uint16_t known, char *why, size_t bytes)
{
    if (is != known)
        snprintf(why, bytes, "%s is of version %u, and this Cloister knows version %u", what, is, known);
    return is == known;
}

bool header_read(struct snapshot_header *h, const uint8_t page[HEADER_BYTES], char *why, size_t bytes)
{
    struct codec c = {.data = (uint8_t *)page, .used = MAGIC_BYTES, .bytes = HEADER_BYTES};
    struct hash sum = hash_of(page, HEADER_BYTES - HASH_BYTES), kept;

    if (memcmp(page, SNAPSHOT_MAGIC, MAGIC_BYTES) != 0) {
        snprintf(why, bytes, "it is no snapshot of Cloister");
        return false;
    }
    memcpy(kept.bytes, page + HEADER_BYTES - HASH_BYTES, HASH_BYTES);
    if (!hash_equal(&sum, &kept)) {
        snprintf(why, bytes, "its header is damaged");
        return false;
    }
    code_header(&c, h);
    if (!known_version("its container (the form of the file)", h->container, VERSION_CONTAINER, why, bytes) ||
        !known_version("its state (what its sections hold)", h->state, VERSION_STATE, why, bytes) ||
        !known_version("its guest's view (addresses, clock page, hypercalls)", h->guest, VERSION_GUEST, why, bytes))
        return false;
    if (h->flags & ~HEADER_FLAGS)
        snprintf(why, bytes, "it uses features that this version does not know (flags %x)", h->flags);
    return (h->flags & ~HEADER_FLAGS) == 0;
}

void code_section(struct codec *c, struct snapshot_section *s)
{
    codec_u32(c, &s->kind);
    codec_u64(c, &s->offset);
    codec_u64(c, &s->bytes);
    codec_raw(c, s->hash.bytes, HASH_BYTES);
}

struct hash identity_of(const struct snapshot_section *sections, size_t count)
{
    struct hash hashes[SECTION_KINDS];
    size_t used = 0;

    memset(hashes, 0, sizeof hashes);
    for (size_t i = 0; i < count && used < SECTION_KINDS; i++)
        if (sections[i].kind != SECTION_FRAMES)
            hashes[used++] = sections[i].hash;
    return hash_of(hashes, used * sizeof hashes[0]);
}
