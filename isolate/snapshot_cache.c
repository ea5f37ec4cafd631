/* The folder of snapshots: names, records, and why none fits. */
#include "isolate/snapshot_cache.h"
#include "hostvirt/snapshot.h"
#include "isolate/user_cache.h"
#include "isolate/text.h"
#include "isolate/user_folder.h"
#include "isolate/warm.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PURPOSE "snapshots of warm programs"
#define FILE_END ".snapshot"

struct snapshot_cache {
    int folder;
    char *path;
};

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

static void explain(const struct snapshot_cache *c, const struct snapshot_key *k, char *why, size_t bytes)
{
    const char *was, *is, *text = NULL;
    struct dirent *e;

    if (bytes == 0)
        return;
    DIR *all = opendir(c->path);
    snprintf(why, bytes, "there is no snapshot of it");
    while (all != NULL && text == NULL && (e = readdir(all)) != NULL) {
        size_t length = strlen(e->d_name);
        if (!ends_with(e->d_name, USER_RECORD))
            continue;
        e->d_name[length - strlen(USER_RECORD)] = '\0';
        json_t *record = user_folder_record(c->folder, e->d_name, NULL);
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
    const char *name = strrchr(path, '/') + 1;
    if (length >= PATH_MAX || faccessat(c->folder, name, R_OK, AT_SYMLINK_NOFOLLOW) != 0) {
        explain(c, key, why, bytes);
        return -ENOENT;
    }
    if (!user_folder_owns(c->folder, name)) { /* it holds memory, and becomes memory */
        snprintf(why, bytes, "%.300s is not this user's alone: remove it (cloister cache rm %.12s)", path, hash);
        return -EPERM;
    }
    user_folder_used(c->folder, hash);
    return 0;
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

int snapshot_cache_begin(struct snapshot_cache *c, const struct snapshot_key *key, char path[PATH_MAX], char *reason,
                         size_t bytes)
{
    char hash[SNAPSHOT_HASH_TEXT];

    snapshot_key_hash(key, hash);
    if (faccessat(c->folder, ".", W_OK, 0) != 0)
        return user_folder_cannot(PURPOSE, "write to", c->path, -errno, reason, bytes);
    if (snprintf(path, PATH_MAX, "%s/.%s.%d.new", c->path, hash, (int)getpid()) < PATH_MAX)
        return 0;
    return user_folder_cannot(PURPOSE, "write to", c->path, -ENAMETOOLONG, reason, bytes);
}

static json_t *make_record(const struct snapshot_key *k, const json_t *more, const struct stat *status)
{
    json_t *record = snapshot_key_record(k);

    json_object_set_new(record, "bytes", json_integer((json_int_t)status->st_blocks * 512));
    json_object_set_new(record, "made", json_integer((json_int_t)time(NULL)));
    if (record != NULL && more != NULL)
        json_object_update(record, (json_t *)(uintptr_t)more);
    return record;
}

/* Every page, before anybody relies on it. */
static int verify(const char *path, char *reason, size_t bytes)
{
    struct snapshot *s = NULL;
    int error = snapshot_open(&s, path, reason, bytes);

    if (error == 0)
        error = snapshot_verify(s, reason, bytes);
    snapshot_close(s);
    return error;
}

/* Others may be built on the one that stands: then a second one, made at the same time, is dropped. */
static bool stands(const struct snapshot_cache *c, const struct snapshot_key *key, const char *hash, const char *path)
{
    json_t *record = strcmp(key->point, WARM_RUNTIME) == 0 ? user_folder_record(c->folder, hash, NULL) : NULL;
    char ignored[256];

    json_decref(record);
    return record != NULL && verify(path, ignored, sizeof ignored) == 0;
}

/* The new file takes the name, or makes way for the one that has it; *path is that. */
static int take_name(struct snapshot_cache *c, const struct snapshot_key *key, const char *hash, char path[PATH_MAX],
                     char *reason, size_t bytes)
{
    char fresh[PATH_MAX];

    snprintf(fresh, sizeof fresh, "%s", path);
    int error = verify(fresh, reason, bytes);
    if (error != 0)
        return error;
    snprintf(path, PATH_MAX, "%s/%s" FILE_END, c->path, hash); /* shorter than before */
    if (stands(c, key, hash, path))
        unlink(fresh);
    else if (rename(fresh, path) != 0)
        return user_folder_cannot(PURPOSE, "write to", c->path, -errno, reason, bytes);
    return 0;
}

/* Under the caches' lock: what it is built on cannot go meanwhile, and is looked at by verify. */
static int enter(struct snapshot_cache *c, const struct snapshot_key *key, const json_t *more, const char *hash,
                 char path[PATH_MAX], char *reason, size_t bytes)
{
    struct stat status;
    int error = take_name(c, key, hash, path, reason, bytes);

    if (error != 0)
        return error;
    if (stat(path, &status) != 0)
        return user_folder_cannot(PURPOSE, "find", path, -errno, reason, bytes);
    json_t *record = make_record(key, more, &status);
    error = record != NULL ? user_folder_write_record(c->folder, hash, record) : -ENOMEM;
    json_decref(record);
    return error == 0 ? 0 : user_folder_cannot(PURPOSE, "write to", c->path, error, reason, bytes);
}

int snapshot_cache_commit(struct snapshot_cache *c, const struct snapshot_key *key, const json_t *more,
                          char path[PATH_MAX], char *reason, size_t bytes)
{
    char hash[SNAPSHOT_HASH_TEXT], ignored[256];
    struct user_cache *all;
    int error = user_cache_open(&all, reason, bytes);

    if (error != 0) {
        unlink(path);
        return error;
    }
    snapshot_key_hash(key, hash);
    error = enter(c, key, more, hash, path, reason, bytes);
    if (error == 0)
        error = user_cache_trim(all, hash, reason, bytes);
    if (error != 0) { /* what does not enter does not stay */
        unlink(path);
        user_folder_remove_record(c->folder, hash);
        user_cache_trim(all, NULL, ignored, sizeof ignored);
    }
    user_cache_close(all);
    return error;
}
