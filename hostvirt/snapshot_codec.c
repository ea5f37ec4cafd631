/* See snapshot_codec.h. */
#include "hostvirt/snapshot_codec.h"

#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES (64u << 10)

struct arena_piece {
    struct arena_piece *next;
    size_t used, room;
    max_align_t bytes[];
};

void *arena_take(struct arena *a, size_t bytes)
{
    struct arena_piece *p = a->pieces;

    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
    if (p == NULL || bytes > p->room - p->used) {
        size_t room = bytes > PIECE_BYTES ? bytes : PIECE_BYTES;
        p = calloc(1, sizeof *p + room);
        if (p == NULL)
            return NULL;
        p->room = room;
        p->next = a->pieces;
        a->pieces = p;
    }
    void *taken = (uint8_t *)p->bytes + p->used;
    p->used += bytes;
    return taken;
}

char *arena_text(struct arena *a, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = arena_take(a, bytes);

    return copy != NULL ? memcpy(copy, text, bytes) : NULL;
}

void arena_free(struct arena *a)
{
    while (a->pieces != NULL) {
        struct arena_piece *next = a->pieces->next;
        free(a->pieces);
        a->pieces = next;
    }
}

void codec_fail(struct codec *c, const char *why)
{
    if (c->wrong == NULL)
        c->wrong = why;
}

static bool room_for(struct codec *c, size_t count)
{
    if (c->wrong != NULL)
        return false;
    if (count <= c->bytes - c->used)
        return true;
    if (!c->writing) {
        codec_fail(c, "it ends in the middle of a record");
        return false;
    }
    size_t room = c->bytes * 2 > c->used + count + 4096 ? c->bytes * 2 : c->used + count + 4096;
    uint8_t *data = realloc(c->data, room);
    if (data == NULL) {
        codec_fail(c, "out of memory");
        return false;
    }
    c->data = data;
    c->bytes = room;
    return true;
}

void codec_raw(struct codec *c, void *bytes, size_t count)
{
    if (!room_for(c, count)) {
        if (!c->writing)
            memset(bytes, 0, count);
        return;
    }
    if (count == 0)
        return;
    if (c->writing)
        memcpy(c->data + c->used, bytes, count);
    else
        memcpy(bytes, c->data + c->used, count);
    c->used += count;
}

/* The machine is little-endian, as the file is: snapshots are of x86-64 programs only. */
void codec_u8(struct codec *c, uint8_t *v)
{
    codec_raw(c, v, sizeof *v);
}

void codec_u16(struct codec *c, uint16_t *v)
{
    codec_raw(c, v, sizeof *v);
}

void codec_u32(struct codec *c, uint32_t *v)
{
    codec_raw(c, v, sizeof *v);
}

void codec_u64(struct codec *c, uint64_t *v)
{
    codec_raw(c, v, sizeof *v);
}

void codec_int(struct codec *c, int *v)
{
    codec_raw(c, v, sizeof(int32_t));
}

void codec_i64(struct codec *c, int64_t *v)
{
    codec_raw(c, v, sizeof *v);
}

void codec_bool(struct codec *c, bool *v)
{
    uint8_t byte = *v;

    codec_u8(c, &byte);
    if (byte > 1)
        codec_fail(c, "a flag is neither on nor off");
    *v = byte == 1;
}

void codec_blob(struct codec *c, uint8_t **bytes, size_t *count, size_t most)
{
    uint64_t length = *count;

    codec_u64(c, &length);
    if (length > most)
        codec_fail(c, "a text or block is longer than it may be");
    if (c->wrong == NULL && !c->writing) {
        if (length > c->bytes - c->used)
            codec_fail(c, "it ends in the middle of a text or block");
        else if ((*bytes = arena_take(c->arena, length + 1)) == NULL)
            codec_fail(c, "out of memory");
    }
    if (c->wrong == NULL)
        codec_raw(c, *bytes, length);
    if (!c->writing)
        *count = c->wrong == NULL ? length : 0;
}

void codec_text(struct codec *c, char **text, size_t most)
{
    uint8_t *bytes = (uint8_t *)*text;
    size_t count = c->writing && *text != NULL ? strlen(*text) : 0;

    codec_blob(c, &bytes, &count, most);
    if (c->writing)
        return;
    if (c->wrong == NULL && memchr(bytes, 0, count) != NULL)
        codec_fail(c, "a text has a zero byte inside");
    *text = c->wrong == NULL ? (char *)bytes : (char *)""; /* the arena's bytes end with a zero; "" is never written */
}

bool codec_list(struct codec *c, void *list, size_t *count, size_t element, size_t least, size_t most)
{
    uint64_t length = *count;
    void *made;

    codec_u64(c, &length);
    if (length > most)
        codec_fail(c, "a list is longer than it may be");
    if (c->wrong == NULL && !c->writing) {
        if (length > (c->bytes - c->used) / least)
            codec_fail(c, "a list is longer than its section");
        else if ((made = arena_take(c->arena, length * element)) == NULL)
            codec_fail(c, "out of memory");
        else
            memcpy(list, &made, sizeof made);
    }
    if (!c->writing)
        *count = c->wrong == NULL ? length : 0;
    return c->wrong == NULL;
}
