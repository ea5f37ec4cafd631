/* Between image.c (what an image holds) and image_cache.c (its jars as files). */
#ifndef ISOLATE_IMAGE_PRIVATE_H
#define ISOLATE_IMAGE_PRIVATE_H

#include "isolate/archive.h"
#include "isolate/content.h"
#include "isolate/image.h"

#include <sys/stat.h>


struct image_jar {
    struct archive_entry entry;
    uint8_t digest[DIGEST_BYTES]; /* when `hashed` by reading it */
    struct stat file;             /* of the one in the cache, taken before that was compared */
};

struct image {
    char *path;
    struct archive *archive; /* NULL: what is in it was known */
    struct stat opened;      /* of the file, taken before it was read */
    struct manifest manifest;
    struct image_jar *jars; /* in the order of the class path */
    struct texts layers; /* names of the snapshots that it brings along (image_layer.c) */
    bool hashed;
    char key[IMAGE_KEY_TEXT];
    char *folder; /* after image_unpack */
    int hold;     /* the same, with a shared lock while it is in use: it is not removed meanwhile; -1: none */
};

/* Whether an entry would unpack to more than is left of what an image may, or to suspiciously much (image.c). */
bool image_swells(const struct archive_entry *e, uint64_t used);

/* In the cache's folder of the image (image_cache.c). */
const char *image_file_name(const struct image *i, size_t entry);
bool image_folder_safe(int folder);            /* nobody else can put a file there */
bool image_file_safe(const struct stat *file); /* nobody else can write it */

#endif
