/* Program images: opening, checking, naming by content. */
#include "isolate/image_private.h"
#include "isolate/text.h"

#define OPENSSL_SUPPRESS_DEPRECATED /* the plain functions: linked statically, without OpenSSL's start-up */
#include <errno.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What an archive may unpack to.  Deflate makes at most 1032 bytes of one; jars, packed themselves, hardly any. */
enum { MANIFEST_MOST = 1 << 20, ENTRIES_MOST = 65536, RATIO_MOST = 200 };
#define RATIO_FROM (16ull << 20) /* bytes: below that no harm is done */
#define UNPACKED_MOST (4ull << 30)

/* ---- opening -------------------------------------------------------------------------------------------------- */

static bool leads_out(const char *name)
{
    for (const char *part = name; part != NULL; part = strchr(part, '/'), part = part != NULL ? part + 1 : NULL)
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    return name[0] == '/' || strchr(name, '\\') != NULL;
}

/* Every name, also of entries that are not used: an archive that means harm is none. */
static int check_names(struct image *i, char *reason, size_t bytes)
{
    struct archive_entry e;
    uint64_t count = archive_count(i->archive);

    if (count > ENTRIES_MOST) {
        snprintf(reason, bytes, "%.200s has more than %d entries", i->path, ENTRIES_MOST);
        return -E2BIG;
    }
    for (uint64_t k = 0; k < count; k++) {
        int error = archive_entry(i->archive, k, &e, reason, bytes);
        if (error != 0)
            return error;
        if (strncmp(e.name, IMAGE_WARM, strlen(IMAGE_WARM)) == 0 && !texts_add(&i->layers, strdup(e.name)))
            return no_memory(reason, bytes);
        if (leads_out(e.name)) {
            snprintf(reason, bytes, "%.200s has an entry '%.100s' that leads out of it: it is not used", i->path,
                     e.name);
            return -EINVAL;
        }
    }
    return 0;
}

static int read_manifest(struct image *i, char *reason, size_t bytes)
{
    struct archive_entry e;
    char *text = NULL, why[400] = "";
    size_t length;

    if (!archive_find(i->archive, MANIFEST_NAME, &e)) {
        snprintf(reason, bytes, "%.200s is no image: it has no " MANIFEST_NAME "; cloister build makes images of jars",
                 i->path);
        return -ENOMEDIUM;
    }
    int error = archive_text(i->archive, &e, MANIFEST_MOST, &text, &length, reason, bytes);
    if (error != 0)
        return error;
    error = manifest_parse(&i->manifest, text, length, why, sizeof why);
    if (error != 0)
        snprintf(reason, bytes, "%.200s: " MANIFEST_NAME ": %s", i->path, why);
    free(text);
    return error;
}

bool image_swells(const struct archive_entry *e, uint64_t used)
{
    return e->size > UNPACKED_MOST - used || (e->size > RATIO_FROM && e->size / RATIO_MOST > e->packed);
}

static int find_jars(struct image *i, char *reason, size_t bytes)
{
    const struct texts *names = &i->manifest.class_path;
    uint64_t sum = 0;

    i->jars = calloc(names->count, sizeof *i->jars);
    if (i->jars == NULL)
        return no_memory(reason, bytes);
    for (size_t k = 0; k < names->count; k++) {
        struct archive_entry *e = &i->jars[k].entry;
        if (!archive_find(i->archive, names->items[k], e)) {
            snprintf(reason, bytes,
                     "%.200s lacks %.150s, which its " MANIFEST_NAME " names: add it (zip %.100s) or build "
                     "the image again",
                     i->path, names->items[k], i->path);
            return -EINVAL;
        }
        if (image_swells(e, sum)) {
            snprintf(reason, bytes, "%.200s: %.150s would unpack to %llu MiB: it is not used", i->path, e->name,
                     (unsigned long long)(e->size >> 20));
            return -EFBIG;
        }
        sum += e->size;
    }
    return 0;
}

int image_open(struct image **out, const char *path, char *reason, size_t bytes)
{
    struct image *i = calloc(1, sizeof *i);

    *out = NULL;
    if (i == NULL || (i->path = strdup(path)) == NULL) {
        free(i);
        return no_memory(reason, bytes);
    }
    i->hold = -1;
    if (stat(path, &i->opened) != 0) /* says archive_open, better */
        i->opened = (struct stat){0};
    int error = archive_open(&i->archive, path, reason, bytes);
    if (error == 0)
        error = check_names(i, reason, bytes);
    if (error == 0)
        error = read_manifest(i, reason, bytes);
    if (error == 0)
        error = find_jars(i, reason, bytes);
    if (error != 0)
        image_close(i);
    else
        *out = i;
    return error;
}

void image_close(struct image *i)
{
    if (i == NULL)
        return;
    archive_close(i->archive);
    manifest_free(&i->manifest);
    texts_free(&i->layers);
    if (i->hold >= 0)
        close(i->hold);
    free(i->jars), free(i->folder), free(i->path);
    free(i);
}

const struct manifest *image_manifest(const struct image *i)
{
    return &i->manifest;
}

const char *image_path(const struct image *i)
{
    return i->path;
}

uint64_t image_jar_size(const struct image *i, size_t entry)
{
    return i->jars[entry].entry.size;
}

/* ---- the key -------------------------------------------------------------------------------------------------- */

static int hash_block(void *to, const void *block, size_t length)
{
    SHA256_Update(to, block, length);
    return 0;
}

/* Of the manifest as it is understood, so that its layout makes no difference, and of each jar's digest. */
static int hash(struct image *i, char *reason, size_t bytes)
{
    char *text = manifest_text(&i->manifest);
    uint8_t digest[DIGEST_BYTES];
    SHA256_CTX whole, one;
    int error = 0;

    if (text == NULL)
        return no_memory(reason, bytes);
    SHA256_Init(&whole);
    SHA256_Update(&whole, text, strlen(text) + 1);
    free(text);
    for (size_t k = 0; k < i->manifest.class_path.count && error == 0; k++) {
        SHA256_Init(&one);
        error = archive_read(i->archive, &i->jars[k].entry, hash_block, &one, reason, bytes);
        SHA256_Final(i->jars[k].digest, &one);
        SHA256_Update(&whole, i->jars[k].digest, DIGEST_BYTES);
    }
    SHA256_Final(digest, &whole);
    digest_text(digest, i->key);
    i->hashed = error == 0;
    return error;
}

int image_key(struct image *i, char key[IMAGE_KEY_TEXT], char *reason, size_t bytes)
{
    int error = i->hashed ? 0 : hash(i, reason, bytes);

    if (error == 0)
        memcpy(key, i->key, IMAGE_KEY_TEXT);
    return error;
}
