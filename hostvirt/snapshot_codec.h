/* Numbers and texts of snapshots, little-endian, one after the other.  One function describes a structure for both
 * directions: it writes what it is given or fills in what it reads.  Nothing is read beyond the bytes that are there;
 * the first thing that is wrong is kept as a sentence, and everything after it does nothing. */
#ifndef HOSTVIRT_SNAPSHOT_CODEC_H
#define HOSTVIRT_SNAPSHOT_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory that is freed at once: what a snapshot's state is made of. */
struct arena {
    struct arena_piece *pieces;
};

void *arena_take(struct arena *a, size_t bytes); /* zeroed; NULL: no memory */
char *arena_text(struct arena *a, const char *text);
void arena_free(struct arena *a);

struct codec {
    bool writing;
    uint8_t *data;       /* writing: grown as needed, freed by the owner */
    size_t used, bytes;  /* next byte; bytes to read, or room */
    struct arena *arena; /* for what is read */
    const char *wrong;   /* NULL: nothing so far */
};

void codec_fail(struct codec *c, const char *why);

void codec_u8(struct codec *c, uint8_t *v);
void codec_u16(struct codec *c, uint16_t *v);
void codec_u32(struct codec *c, uint32_t *v);
void codec_u64(struct codec *c, uint64_t *v);
void codec_int(struct codec *c, int *v);
void codec_i64(struct codec *c, int64_t *v);
void codec_bool(struct codec *c, bool *v);
void codec_raw(struct codec *c, void *bytes, size_t count);
/* A length and that many bytes; `most` bounds it. */
void codec_blob(struct codec *c, uint8_t **bytes, size_t *count, size_t most);
/* The same with a terminator added, and none inside; never NULL. */
void codec_text(struct codec *c, char **text, size_t most);
/* The length of a list whose elements are `element` bytes here and at least `least` in the file; `list` is made when
 * reading.  True when its elements follow. */
bool codec_list(struct codec *c, void *list, size_t *count, size_t element, size_t least, size_t most);

#endif
