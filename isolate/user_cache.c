/* The user's caches as one list. */
#include "isolate/user_cache.h"
#include "hostvirt/snapshot.h"
#include "isolate/user_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PURPOSE "snapshots and images"
#define LIMIT_FILE "limit"
enum { STALE = 3600 /* s: nobody saves or unpacks that long */ };

static const struct {
    const char *name, *folder, *end; /* of the entries' own names, behind the 64 digits */
    mode_t type;
} kinds[CACHED_KINDS] = {
    [CACHED_SNAPSHOT] = {"snapshot", "snapshots", ".snapshot", S_IFREG},
    [CACHED_IMAGE] = {"image", "images", "", S_IFDIR},
};

struct user_cache {
    int root; /* locked */
    int folders[CACHED_KINDS];
    char *paths[CACHED_KINDS];
    struct cached *list;
    size_t count, room;
};

const char *cached_kind_name(enum cached_kind kind)
{
    return kinds[kind].name;
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

static uint64_t folder_bytes(int in, const char *name)
{
    int fd = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *e;
    struct stat s;
    uint64_t sum = 0;

    if (folder == NULL && fd >= 0)
        close(fd);
    while (folder != NULL && (e = readdir(folder)) != NULL)
        if (fstatat(fd, e->d_name, &s, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(s.st_mode))
            sum += (uint64_t)s.st_blocks * 512;
    if (folder != NULL)
        closedir(folder);
    return sum;
}

/* A parent's name as records have it: its file's. */
static void take_parent(struct cached *e)
{
    const char *parent = json_string_value(json_object_get(e->record, "parent"));

    if (parent != NULL && strspn(parent, "0123456789abcdef") == CACHED_NAME - 1)
        snprintf(e->parent, sizeof e->parent, "%.64s", parent);
}

static int add(struct user_cache *c, enum cached_kind kind, const char *file, const struct stat *s)
{
    struct stat record;
    struct cached e = {.kind = kind, .made = s->st_mtime, .used = s->st_mtime,
                       .used_ns = s->st_mtim.tv_nsec};

    if (c->count == c->room) {
        size_t room = c->room != 0 ? 2 * c->room : 64;
        struct cached *list = reallocarray(c->list, room, sizeof *list);
        if (list == NULL)
            return -ENOMEM;
        c->list = list;
        c->room = room;
    }
    snprintf(e.name, sizeof e.name, "%.64s", file);
    e.bytes = S_ISDIR(s->st_mode) ? folder_bytes(c->folders[kind], file) : (uint64_t)s->st_blocks * 512;
    e.record = user_folder_record(c->folders[kind], e.name, &record);
    if (e.record != NULL) {
        json_t *made = json_object_get(e.record, "made");
        e.made = json_is_integer(made) ? json_integer_value(made) : e.made;
        e.used = record.st_mtime;
        e.used_ns = record.st_mtim.tv_nsec;
        take_parent(&e);
    }
    c->list[c->count++] = e;
    return 0;
}

/* Names beginning with a dot are those of what is being made. */
static void remove_stale(struct user_cache *c, enum cached_kind kind, const char *name, const struct stat *s)
{
    if (name[0] == '.' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && s->st_mtime + STALE < time(NULL))
        user_folder_remove(c->folders[kind], name);
}

static int look(struct user_cache *c, enum cached_kind kind)
{
    DIR *all = opendir(c->paths[kind]);
    struct dirent *e;
    struct stat s;
    int error = all == NULL ? -errno : 0;

    while (error == 0 && (e = readdir(all)) != NULL) {
        if (fstatat(c->folders[kind], e->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        remove_stale(c, kind, e->d_name, &s);
        if (strspn(e->d_name, "0123456789abcdef") == CACHED_NAME - 1 && (s.st_mode & S_IFMT) == kinds[kind].type &&
            strcmp(e->d_name + CACHED_NAME - 1, kinds[kind].end) == 0)
            error = add(c, kind, e->d_name, &s);
    }
    if (all != NULL)
        closedir(all);
    return error;
}

static void forget(struct user_cache *c)
{
    for (size_t i = 0; i < c->count; i++)
        json_decref(c->list[i].record);
    c->count = 0;
}

static int by_use(const void *a, const void *b)
{
    const struct cached *x = a, *y = b;

    return x->used != y->used ? (x->used < y->used) - (x->used > y->used)
                              : (x->used_ns < y->used_ns) - (x->used_ns > y->used_ns);
}

const struct cached *user_cache_list(struct user_cache *c, size_t *count)
{
    forget(c);
    for (int kind = 0; kind < CACHED_KINDS; kind++)
        if (look(c, kind) != 0)
            break; /* what was found so far is true */
    if (c->count > 1)
        qsort(c->list, c->count, sizeof *c->list, by_use);
    *count = c->count;
    return c->list;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

int user_cache_open(struct user_cache **out, char *reason, size_t bytes)
{
    struct user_cache *c = calloc(1, sizeof *c);
    char *path = NULL;

    *out = NULL;
    if (c == NULL) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    for (int kind = 0; kind < CACHED_KINDS; kind++)
        c->folders[kind] = -1;
    c->root = user_folder_open(".", PURPOSE, &path, reason, bytes);
    int error = c->root < 0 ? c->root : 0;
    if (error == 0 && flock(c->root, LOCK_EX) != 0)
        error = user_folder_cannot(PURPOSE, "lock", path, -errno, reason, bytes);
    for (int kind = 0; kind < CACHED_KINDS && error == 0; kind++) {
        c->folders[kind] = user_folder_open(kinds[kind].folder, PURPOSE, &c->paths[kind], reason, bytes);
        error = c->folders[kind] < 0 ? c->folders[kind] : 0;
    }
    free(path);
    if (error != 0)
        user_cache_close(c);
    else
        *out = c;
    return error;
}

void user_cache_close(struct user_cache *c)
{
    if (c == NULL)
        return;
    forget(c);
    for (int kind = 0; kind < CACHED_KINDS; kind++) {
        if (c->folders[kind] >= 0)
            close(c->folders[kind]);
        free(c->paths[kind]);
    }
    if (c->root >= 0)
        close(c->root);
    free(c->list);
    free(c);
}

/* ---- the limit --------------------------------------------------------------------------------------------------- */

uint64_t user_cache_limit(const struct user_cache *c)
{
    int file = openat(c->root, LIMIT_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    char text[32] = "";
    ssize_t n = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    char *end = text;
    unsigned long long limit = n > 0 ? strtoull(text, &end, 10) : 0;

    if (file >= 0)
        close(file);
    return end > text && (*end == '\n' || *end == '\0') && limit != 0 ? limit : USER_CACHE_LIMIT;
}

int user_cache_set_limit(struct user_cache *c, uint64_t limit, char *reason, size_t bytes)
{
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    int file = openat(c->root, LIMIT_FILE ".new", flags, 0600);
    bool good = file >= 0 && dprintf(file, "%llu\n", (unsigned long long)limit) > 0;

    if (file >= 0)
        good = close(file) == 0 && good;
    if (good && renameat(c->root, LIMIT_FILE ".new", c->root, LIMIT_FILE) == 0)
        return user_cache_trim(c, NULL, reason, bytes);
    return user_folder_cannot(PURPOSE, "write", LIMIT_FILE, -errno, reason, bytes);
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

/* Somebody who is built on it. */
static const struct cached *child_of(const struct user_cache *c, const struct cached *e)
{
    for (size_t i = 0; i < c->count; i++)
        if (e->kind == CACHED_SNAPSHOT && strcmp(c->list[i].parent, e->name) == 0)
            return &c->list[i];
    return NULL;
}

/* An image's folder with its lock, which nobody shares then: isolates find its jars by name as long as they run.  A
 * snapshot's file is found once.  -EAGAIN: somebody has it; other errors: there is no folder to lock. */
static int hold(const struct user_cache *c, const struct cached *e, const char *file)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = e->kind == CACHED_IMAGE ? openat(c->folders[e->kind], file, flags) : -1;

    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd < 0 ? -ENOENT : fd;
    close(fd);
    return -EAGAIN;
}

int user_cache_remove(struct user_cache *c, const struct cached *e, char *reason, size_t bytes)
{
    const struct cached *child = child_of(c, e);
    char file[CACHED_NAME + 16];

    if (child != NULL) {
        snprintf(reason, bytes, "the snapshot %.12s is built on %.12s: remove that one first, or both by one command",
                 child->name, e->name);
        return -EBUSY;
    }
    snprintf(file, sizeof file, "%s%s", e->name, kinds[e->kind].end);
    int held = hold(c, e, file);
    if (held == -EAGAIN) {
        snprintf(reason, bytes, "the image %.12s is in use by an isolate", e->name);
        return held;
    }
    int error = user_folder_remove(c->folders[e->kind], file);
    if (held >= 0)
        close(held);
    if (error != 0)
        return user_folder_cannot(PURPOSE, "remove", file, error, reason, bytes);
    user_folder_remove_record(c->folders[e->kind], e->name);
    struct cached *at = &c->list[e - c->list];
    json_decref(at->record);
    memmove(at, at + 1, (size_t)(&c->list[c->count] - (at + 1)) * sizeof *at);
    c->count--;
    return 0;
}

static uint64_t total(const struct user_cache *c)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < c->count; i++)
        sum += c->list[i].bytes;
    return sum;
}

int user_cache_trim(struct user_cache *c, const char *keep, char *reason, size_t bytes)
{
    const uint64_t limit = user_cache_limit(c);
    size_t count;

    user_cache_list(c, &count);
    for (size_t i = c->count; i-- > 0 && total(c) > limit;) {
        const struct cached *e = &c->list[i];
        if ((keep != NULL && strcmp(e->name, keep) == 0) || child_of(c, e) != NULL)
            continue;
        int error = user_cache_remove(c, e, reason, bytes);
        if (error != 0 && error != -EBUSY && error != -EAGAIN)
            return error;
        if (error == 0)
            i = c->count; /* what it was built on may go now */
    }
    if (total(c) <= limit)
        return 0;
    snprintf(reason, bytes,
             "it takes %llu MiB, and the caches' limit is %llu MiB: cloister cache limit SIZE sets another",
             (unsigned long long)(total(c) >> 20), (unsigned long long)(limit >> 20));
    return -EFBIG;
}

/* ---- checking ---------------------------------------------------------------------------------------------------- */

static int verify_snapshot(const struct user_cache *c, const struct cached *e, char *reason, size_t bytes)
{
    char path[PATH_MAX];
    struct snapshot *s = NULL;

    snprintf(path, sizeof path, "%s/%s%s", c->paths[e->kind], e->name, kinds[e->kind].end);
    int error = snapshot_open(&s, path, reason, bytes);
    if (error == 0)
        error = snapshot_verify(s, reason, bytes);
    snapshot_close(s);
    size_t length = strlen(reason);
    if (error != 0)
        snprintf(reason + length, bytes - length, "; 'cloister cache rm %.12s' removes it", e->name);
    return error;
}

int user_cache_verify(struct user_cache *c, const struct cached *e, char *reason, size_t bytes)
{
    char file[CACHED_NAME + 16];

    snprintf(file, sizeof file, "%s%s", e->name, kinds[e->kind].end);
    if (!user_folder_owns(c->folders[e->kind], file)) {
        snprintf(reason, bytes, "%s/%s is open to other users: remove it (cloister cache rm %.12s)", c->paths[e->kind],
                 file, e->name);
        return -EPERM;
    }
    if (e->record == NULL) {
        snprintf(reason, bytes, "%s/%s has no record: remove it (cloister cache rm %.12s)", c->paths[e->kind], file,
                 e->name);
        return -EINVAL;
    }
    return e->kind == CACHED_SNAPSHOT ? verify_snapshot(c, e, reason, bytes) : 0;
}
