/* Snapshots inside of images. */
#include "isolate/image_layer.h"
#include "isolate/image_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = SNAPSHOT_HASH_TEXT + 32, HOLE = 4096 };

static void name_layer(const struct snapshot_key *key, char name[NAME_BYTES])
{
    char hash[SNAPSHOT_HASH_TEXT];

    snapshot_key_hash(key, hash);
    snprintf(name, NAME_BYTES, IMAGE_WARM "%s.snapshot", hash);
}

int image_layer_add(const char *path, const struct snapshot_key *key, const char *file, char *reason, size_t bytes)
{
    char name[NAME_BYTES];

    name_layer(key, name);
    return archive_add(path, &(struct archive_source){.name = name, .file = file}, reason, bytes);
}

/* ---- unpacking --------------------------------------------------------------------------------------------------- */

struct unpacked {
    int file;
    off_t size;
};

/* Zeros become holes, as they were. */
static int take_block(void *to, const void *block, size_t length)
{
    static const char zeros[HOLE];
    struct unpacked *u = to;

    for (size_t done = 0; done < length;) {
        size_t part = length - done < HOLE ? length - done : HOLE;
        const char *from = (const char *)block + done;
        ssize_t n = (ssize_t)part;
        if (memcmp(from, zeros, part) != 0)
            n = pwrite(u->file, from, part, u->size);
        if (n < 0 && errno != EINTR)
            return -errno;
        u->size += n > 0 ? n : 0;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int unpack(struct image *i, const struct archive_entry *e, const char *path, char *reason, size_t bytes)
{
    struct unpacked u = {.file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    int error = u.file < 0 ? -errno : 0;

    reason[0] = '\0';
    if (error == 0)
        error = archive_read(i->archive, e, take_block, &u, reason, bytes);
    if (error == 0 && ftruncate(u.file, u.size) != 0)
        error = -errno;
    if (u.file >= 0 && close(u.file) != 0 && error == 0)
        error = -errno;
    if (error != 0 && reason[0] == '\0')
        snprintf(reason, bytes, "cannot unpack the snapshot of %.200s to %.200s: %s", i->path, path, strerror(-error));
    return error;
}

/* The same key, for this file alone: as it is now, and nobody can set the time of its change. */
static int own_key(const struct image *i, const struct snapshot_key *key, struct snapshot_key *own)
{
    struct stat s;

    *own = *key;
    own->options = NULL;
    if (stat(i->path, &s) != 0)
        return -errno;
    int length = asprintf(&own->options, "%s (snapshot of the image %llx:%llx, %lld.%09ld)", key->options,
                          (unsigned long long)s.st_dev, (unsigned long long)s.st_ino, (long long)s.st_ctim.tv_sec,
                          s.st_ctim.tv_nsec);
    return length < 0 ? -ENOMEM : 0;
}

static int enter(struct image *i, struct snapshot_cache *c, const char *name, const struct snapshot_key *own,
                 char path[PATH_MAX], char *reason, size_t bytes)
{
    struct archive_entry e;
    int error = i->archive == NULL ? archive_open(&i->archive, i->path, reason, bytes) : 0; /* so far it was known */

    if (error != 0)
        return error;
    if (!archive_find(i->archive, name, &e))
        return -ENOENT;
    if (image_swells(&e, 0)) {
        snprintf(reason, bytes, "%.200s: %.100s would unpack to %llu MiB: it is not used", i->path, name,
                 (unsigned long long)(e.size >> 20));
        return -EFBIG;
    }
    error = snapshot_cache_begin(c, own, path, reason, bytes);
    if (error == 0 && (error = unpack(i, &e, path, reason, bytes)) != 0)
        unlink(path);
    return error == 0 ? snapshot_cache_commit(c, own, NULL, path, reason, bytes) : error;
}

int image_layer_find(struct image *i, struct snapshot_cache *c, const struct snapshot_key *key, char path[PATH_MAX],
                     char *reason, size_t bytes)
{
    char name[NAME_BYTES];
    struct snapshot_key own;

    name_layer(key, name);
    if (!texts_have(&i->layers, name))
        return -ENOENT;
    int error = own_key(i, key, &own);
    if (error != 0)
        snprintf(reason, bytes, "cannot look at %.200s: %s", i->path, strerror(-error));
    else if ((error = snapshot_cache_find(c, &own, path, NULL, 0)) == -ENOENT)
        error = enter(i, c, name, &own, path, reason, bytes);
    else if (error != 0)
        error = snapshot_cache_find(c, &own, path, reason, bytes); /* once more, to hear why */
    free(own.options);
    return error;
}
