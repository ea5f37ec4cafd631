/* Between image.c (what an image holds) and image_cache.c (its jars as files). */
#ifndef ISOLATE_IMAGE_PRIVATE_H
#define ISOLATE_IMAGE_PRIVATE_H

#include "isolate/archive.h"
#include "isolate/image.h"

#define DIGEST_BYTES 32 /* SHA-256 */

struct image_jar {
    struct archive_entry entry;
    uint8_t digest[DIGEST_BYTES]; /* when `hashed` */
};

struct image {
    char *path;
    struct archive *archive;
    struct manifest manifest;
    struct image_jar *jars; /* in the order of the class path */
    bool hashed;
    char key[IMAGE_KEY_TEXT];
    char *folder; /* after image_unpack */
    int hold;     /* the same, with a shared lock while it is in use: it is not removed meanwhile; -1: none */
};

/* Whether an entry would unpack to more than is left of what an image may, or to suspiciously much (image.c). */
bool image_swells(const struct archive_entry *e, uint64_t used);

#endif
