/* The jars of images as files: a folder for each image below $XDG_CACHE_HOME/cloister/images, named by its key.  Made
 * under another name and renamed, so that it is there whole or not at all; compared with the image at each use. */
#include "isolate/image_private.h"
#include "isolate/user_cache.h"
#include "isolate/user_folder.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NEW_PREFIX ".new-"
enum { BLOCK = 64 << 10 };

const char *image_file_name(const struct image *i, size_t entry)
{
    return i->manifest.class_path.items[entry] + strlen(IMAGE_LIB); /* manifest_parse has checked it */
}

static int cannot(const char *what, const char *path, int error, char *reason, size_t bytes)
{
    return user_folder_cannot("the jars of images", what, path, error, reason, bytes);
}

/* ---- one image's ---------------------------------------------------------------------------------------------- */

static bool same_content(int file, const uint8_t digest[DIGEST_BYTES])
{
    uint8_t block[BLOCK], found[DIGEST_BYTES];
    SHA256_CTX context;
    ssize_t n;

    SHA256_Init(&context);
    while ((n = read(file, block, sizeof block)) > 0)
        SHA256_Update(&context, block, (size_t)n);
    SHA256_Final(found, &context);
    return n == 0 && memcmp(found, digest, DIGEST_BYTES) == 0;
}

bool image_folder_safe(int folder)
{
    struct stat status;

    return fstat(folder, &status) == 0 && status.st_uid == geteuid() && (status.st_mode & 077) == 0;
}

bool image_file_safe(const struct stat *file)
{
    return S_ISREG(file->st_mode) && file->st_uid == geteuid() && (file->st_mode & 022) == 0;
}

/* Whether the folder holds the image's jars, as this user's own files. */
static bool is_whole(struct image *i, int folder)
{
    bool whole = image_folder_safe(folder);

    for (size_t k = 0; k < i->manifest.class_path.count && whole; k++) {
        struct image_jar *jar = &i->jars[k];
        int file = openat(folder, image_file_name(i, k), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        whole = file >= 0 && fstat(file, &jar->file) == 0 && image_file_safe(&jar->file) &&
                (uint64_t)jar->file.st_size == jar->entry.size && same_content(file, jar->digest);
        if (file >= 0)
            close(file);
    }
    return whole;
}

static int write_block(void *to, const void *block, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = write(*(int *)to, (const char *)block + done, length - done);
        if (n < 0 && errno != EINTR)
            return -errno;
        done += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int unpack_jar(struct image *i, size_t entry, int folder, char *reason, size_t bytes)
{
    int file = openat(folder, image_file_name(i, entry), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);

    if (file < 0)
        return -errno;
    int error = archive_read(i->archive, &i->jars[entry].entry, write_block, &file, reason, bytes);
    return close(file) != 0 && error == 0 ? -errno : error;
}

/* Fills the new folder `name` and gives it the key's name, unless somebody else was faster. */
static int fill(struct image *i, int cache, const char *name, char *reason, size_t bytes)
{
    int folder = openat(cache, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = folder < 0 ? -errno : 0;

    for (size_t k = 0; k < i->manifest.class_path.count && error == 0; k++)
        error = unpack_jar(i, k, folder, reason, bytes);
    if (folder >= 0)
        close(folder);
    if (error == 0 && renameat(cache, name, cache, i->key) != 0 && errno != ENOTEMPTY && errno != EEXIST)
        error = -errno;
    return error;
}

static int unpack(struct image *i, const char *path, int cache, char *reason, size_t bytes)
{
    char *name = NULL;

    if (asprintf(&name, "%s/" NEW_PREFIX "XXXXXX", path) < 0)
        return cannot("write to", path, -ENOMEM, reason, bytes);
    int error = mkdtemp(name) == NULL ? -errno : 0;
    reason[0] = '\0';
    if (error == 0) {
        error = fill(i, cache, strrchr(name, '/') + 1, reason, bytes);
        user_folder_remove(cache, strrchr(name, '/') + 1); /* renamed: nothing is there */
    }
    if (error != 0 && reason[0] == '\0')
        cannot("write to", path, error, reason, bytes);
    free(name);
    return error;
}

/* Holds it from here on: locked before it is looked at, it is whole as long as it is held (user_cache_remove). */
static bool have(struct image *i, int cache)
{
    int folder = openat(cache, i->key, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    bool whole = folder >= 0 && flock(folder, LOCK_SH) == 0 && is_whole(i, folder);

    if (whole && i->hold < 0)
        i->hold = folder;
    else if (folder >= 0)
        close(folder);
    return whole;
}

int image_take_hold(struct image *i)
{
    int hold = i->hold;

    i->hold = -1;
    return hold;
}

/* A folder that is not what its name says makes way; isolates that use its files keep them. */
static int set_aside(const struct image *i, int cache)
{
    char away[64];

    snprintf(away, sizeof away, NEW_PREFIX "away-%d", (int)getpid());
    if (renameat(cache, i->key, cache, away) != 0)
        return errno == ENOENT ? 0 : -errno;
    user_folder_remove(cache, away);
    return 0;
}

static int make_anew(struct image *i, const char *path, int cache, char *reason, size_t bytes)
{
    int error = set_aside(i, cache);

    error = error != 0 ? cannot("write to", path, error, reason, bytes) : unpack(i, path, cache, reason, bytes);
    return error != 0 || have(i, cache) ? error : cannot("keep files in", path, -EIO, reason, bytes);
}

/* For people: what the folder is, and when it was used. */
static void note_use(const struct image *i, int cache)
{
    const char *slash = strrchr(i->path, '/');
    json_t *record = user_folder_record(cache, i->key, NULL);

    if (record == NULL) {
        record = json_pack("{s:s, s:I}", "name", slash != NULL ? slash + 1 : i->path, "made", (json_int_t)time(NULL));
        if (record != NULL)
            user_folder_write_record(cache, i->key, record); /* without it the folder's own time counts */
    } else {
        user_folder_used(cache, i->key);
    }
    json_decref(record);
}

/* Others make way when the caches are above their limit.  This image is needed, however large it is, and a cache that
 * cannot be made smaller now will be the next time. */
static void make_room(const struct image *i)
{
    struct user_cache *all;
    char ignored[512];

    if (user_cache_open(&all, ignored, sizeof ignored) != 0)
        return;
    user_cache_trim(all, i->key, ignored, sizeof ignored);
    user_cache_close(all);
}

int image_unpack(struct image *i, char *reason, size_t bytes)
{
    char key[IMAGE_KEY_TEXT], *path;
    bool made = false;
    int error = image_key(i, key, reason, bytes);

    if (error != 0 || i->archive == NULL) /* known: it is there */
        return error;
    int cache = user_folder_open("images", "the jars of images", &path, reason, bytes);
    error = cache < 0 ? cache : 0;
    if (error == 0 && !have(i, cache)) {
        flock(cache, LOCK_EX); /* else what another command has just made whole would be set aside */
        made = !have(i, cache);
        error = made ? make_anew(i, path, cache, reason, bytes) : 0;
    }
    if (error == 0)
        note_use(i, cache);
    if (cache >= 0)
        close(cache); /* and its lock: user_cache.h has one of its own */
    if (error == 0 && made)
        make_room(i);
    if (error == 0) {
        free(i->folder);
        i->folder = NULL;
        if (asprintf(&i->folder, "%s/%s", path, key) < 0) {
            i->folder = NULL;
            error = -ENOMEM;
            snprintf(reason, bytes, "out of memory");
        }
    }
    free(path);
    return error;
}

const char *image_folder(const struct image *i)
{
    return i->folder;
}

char *image_jar(const struct image *i, size_t entry)
{
    char *path;

    return asprintf(&path, "%s/%s", i->folder, image_file_name(i, entry)) < 0 ? NULL : path;
}
