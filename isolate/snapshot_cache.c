/* The folder of snapshots: names, records, and why none fits. */
#include "isolate/snapshot_cache.h"
#include "isolate/user_folder.h"

#define OPENSSL_SUPPRESS_DEPRECATED
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PURPOSE "snapshots of warm programs"
#define FILE_END ".snapshot"
#define RECORD_END ".json"

struct snapshot_cache {
    int folder;
    char *path;
};

/* ---- keys -------------------------------------------------------------------------------------------------------- */

void snapshot_key_free(struct snapshot_key *k)
{
    free(k->name), free(k->options);
    k->name = k->options = NULL;
}

void snapshot_key_hash(const struct snapshot_key *k, char hash[SNAPSHOT_HASH_TEXT])
{
    const char *const fields[] = {k->program, k->options, k->build, k->jdk, k->cpu, k->point};
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX context;

    SHA256_Init(&context);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        SHA256_Update(&context, fields[i], strlen(fields[i]) + 1);
    SHA256_Final(digest, &context);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hash + 2 * i, 3, "%02x", digest[i]);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

int snapshot_cache_open(struct snapshot_cache **out, char *reason, size_t bytes)
{
    struct snapshot_cache *c = calloc(1, sizeof *c);

    *out = NULL;
    if (c == NULL) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    c->folder = user_folder_open("snapshots", PURPOSE, &c->path, reason, bytes);
    int error = c->folder < 0 ? c->folder : 0;
    if (error != 0)
        free(c);
    else
        *out = c;
    return error;
}

void snapshot_cache_close(struct snapshot_cache *c)
{
    if (c == NULL)
        return;
    close(c->folder);
    free(c->path);
    free(c);
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

/* The first field in which a record differs from the key; NULL: none, its file is missing. */
static const char *difference(const json_t *record, const struct snapshot_key *k, const char **was, const char **is)
{
    const struct {
        const char *field, *value, *text;
    } rows[] = {
        {"build", k->build, "is of another build of the VM"},
        {"jdk", k->jdk, "is of another JDK"},
        {"cpu", k->cpu, "is of another processor"},
        {"options", k->options, "was saved with other options"},
        {"point", k->point, "was saved at another point"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        *was = json_string_value(json_object_get(record, rows[i].field));
        *is = rows[i].value;
        if (*was != NULL && strcmp(*was, *is) != 0)
            return rows[i].text;
    }
    return NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length > tail && strcmp(text + length - tail, end) == 0;
}

static json_t *read_record(const struct snapshot_cache *c, const char *name)
{
    int file = openat(c->folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    json_t *record = file >= 0 ? json_loadfd(file, 0, NULL) : NULL;

    if (file >= 0)
        close(file);
    return record;
}

static void explain(const struct snapshot_cache *c, const struct snapshot_key *k, char *why, size_t bytes)
{
    DIR *all = opendir(c->path);
    struct dirent *e;
    const char *was, *is, *text = NULL;

    if (bytes == 0)
        return;
    snprintf(why, bytes, "there is no snapshot of it");
    while (all != NULL && text == NULL && (e = readdir(all)) != NULL) {
        json_t *record = ends_with(e->d_name, RECORD_END) ? read_record(c, e->d_name) : NULL;
        const char *program = json_string_value(json_object_get(record, "program"));
        if (program != NULL && strcmp(program, k->program) == 0 && (text = difference(record, k, &was, &is)) != NULL)
            snprintf(why, bytes, "its snapshot %s: %.150s, here %.150s", text, was, is);
        json_decref(record);
    }
    if (all != NULL)
        closedir(all);
}

int snapshot_cache_find(struct snapshot_cache *c, const struct snapshot_key *key, char path[PATH_MAX], char *why,
                        size_t bytes)
{
    char hash[SNAPSHOT_HASH_TEXT];

    snapshot_key_hash(key, hash);
    int length = snprintf(path, PATH_MAX, "%s/%s" FILE_END, c->path, hash);
    if (length < PATH_MAX && faccessat(c->folder, strrchr(path, '/') + 1, R_OK, 0) == 0)
        return 0;
    explain(c, key, why, bytes);
    return -ENOENT;
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

int snapshot_cache_begin(struct snapshot_cache *c, const struct snapshot_key *key, char path[PATH_MAX], char *reason,
                         size_t bytes)
{
    char hash[SNAPSHOT_HASH_TEXT];

    snapshot_key_hash(key, hash);
    if (faccessat(c->folder, ".", W_OK, 0) != 0)
        return user_folder_cannot(PURPOSE, "write to", c->path, -errno, reason, bytes);
    if (snprintf(path, PATH_MAX, "%s/%s" FILE_END, c->path, hash) < PATH_MAX)
        return 0;
    return user_folder_cannot(PURPOSE, "write to", c->path, -ENAMETOOLONG, reason, bytes);
}

static json_t *make_record(const struct snapshot_key *k, const json_t *more, const struct stat *status)
{
    json_t *record = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "name", k->name, "program", k->program,
                               "point", k->point, "options", k->options, "build", k->build, "jdk", k->jdk, "cpu",
                               k->cpu, "bytes", (json_int_t)status->st_blocks * 512, "made", (json_int_t)time(NULL));

    if (record != NULL && more != NULL)
        json_object_update(record, (json_t *)(uintptr_t)more);
    return record;
}

int snapshot_cache_commit(struct snapshot_cache *c, const struct snapshot_key *key, const json_t *more,
                          char path[PATH_MAX], char *reason, size_t bytes)
{
    char hash[SNAPSHOT_HASH_TEXT], name[SNAPSHOT_HASH_TEXT + 8], fresh[SNAPSHOT_HASH_TEXT + 32];
    struct stat status;

    if (stat(path, &status) != 0)
        return user_folder_cannot(PURPOSE, "find", path, -errno, reason, bytes);
    snapshot_key_hash(key, hash);
    snprintf(name, sizeof name, "%s" RECORD_END, hash);
    snprintf(fresh, sizeof fresh, ".%.32s.%d.new", hash, (int)getpid());
    json_t *record = make_record(key, more, &status);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    int file = record != NULL ? openat(c->folder, fresh, flags, 0600) : -1;
    int error = record == NULL ? -ENOMEM : file < 0 ? -errno : 0;
    if (error == 0 && json_dumpfd(record, file, JSON_INDENT(2) | JSON_ENSURE_ASCII) != 0)
        error = -EIO;
    if (file >= 0 && close(file) != 0 && error == 0)
        error = -errno;
    if (error == 0 && renameat(c->folder, fresh, c->folder, name) != 0)
        error = -errno;
    if (error != 0)
        unlinkat(c->folder, fresh, 0);
    json_decref(record);
    return error == 0 ? 0 : user_folder_cannot(PURPOSE, "write to", c->path, error, reason, bytes);
}
