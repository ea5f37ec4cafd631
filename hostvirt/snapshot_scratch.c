/* The contents of scratch mounts: they live and end with the isolate, so a snapshot has them whole. */
#include "hostvirt/snapshot_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MOST 64
#define ENTRIES_MOST 262144

/* ---- saving ------------------------------------------------------------------------------------------------------ */

struct entries {
    struct saved_entry *list; /* malloc'ed; its texts are the arena's */
    size_t count, room;
};

static int add_file(struct collector *c, struct saved_entry *e, int folder, const char *name)
{
    int host = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (host < 0)
        return collect_fail(c, -errno, "cannot read the scratch file %s: %s", e->path, strerror(errno));
    e->object = collect_object(c, host);
    lock_close_own(host);
    return e->object < 0 ? e->object : 0;
}

static int add_link(struct collector *c, struct saved_entry *e, int folder, const char *name)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(folder, name, target, sizeof target - 1);

    if (length < 0)
        return collect_fail(c, -errno, "cannot read the scratch file %s: %s", e->path, strerror(errno));
    target[length] = '\0';
    e->target = arena_text(&c->s->arena, target);
    return e->target == NULL ? collect_no_memory(c) : 0;
}

static int add_entry(struct collector *c, struct entries *all, int folder, const char *below, const char *name,
                     const struct stat *status)
{
    char path[PATH_MAX];

    if (all->count == all->room) {
        size_t room = all->room != 0 ? 2 * all->room : 64;
        struct saved_entry *list = reallocarray(all->list, room, sizeof *list);
        if (list == NULL)
            return collect_no_memory(c);
        all->list = list;
        all->room = room;
    }
    if (all->count == ENTRIES_MOST ||
        (size_t)snprintf(path, sizeof path, "%s%s%s", below, below[0] != '\0' ? "/" : "", name) >= sizeof path)
        return collect_fail(c, -E2BIG, "cannot save the isolate: its scratch mounts hold too much");
    struct saved_entry *e = &all->list[all->count++];
    *e = (struct saved_entry){.path = arena_text(&c->s->arena, path), .mode = status->st_mode, .object = -1,
                              .target = arena_text(&c->s->arena, ""), .seconds = status->st_mtim.tv_sec,
                              .nanoseconds = status->st_mtim.tv_nsec};
    if (e->path == NULL || e->target == NULL)
        return collect_no_memory(c);
    if (S_ISREG(status->st_mode))
        return add_file(c, e, folder, name);
    return S_ISLNK(status->st_mode) ? add_link(c, e, folder, name) : 0;
}

/* Folders before what they hold.  Takes `folder` over. */
static int walk(struct collector *c, struct entries *all, int folder, const char *below, unsigned depth)
{
    DIR *list = fdopendir(folder);
    int error = 0;

    if (list == NULL) {
        error = collect_fail(c, -errno, "cannot list a scratch folder: %s", strerror(errno));
        close(folder);
        return error;
    }
    for (const struct dirent *d = readdir(list); d != NULL && error == 0; d = readdir(list)) {
        struct stat status;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
            fstatat(folder, d->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        error = add_entry(c, all, folder, below, d->d_name, &status);
        if (error != 0 || !S_ISDIR(status.st_mode))
            continue;
        int inner = -1;
        if (depth < DEPTH_MOST)
            inner = openat(folder, d->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        error = inner < 0 ? collect_fail(c, -E2BIG, "cannot save a scratch folder: it is nested too deeply, or closed")
                          : walk(c, all, inner, all->list[all->count - 1].path, depth + 1);
    }
    closedir(list);
    return error;
}

int collect_scratch(struct collector *c)
{
    const struct policy *p = c->m->policy;

    c->s->scratch = arena_take(&c->s->arena, p->mount_count * sizeof *c->s->scratch);
    if (c->s->scratch == NULL)
        return collect_no_memory(c);
    for (size_t i = 0; i < p->mount_count; i++) {
        struct entries all = {0};
        if (p->mounts[i].kind != MOUNT_SCRATCH)
            continue;
        struct saved_scratch *s = &c->s->scratch[c->s->scratch_count++];
        s->guest = arena_text(&c->s->arena, p->mounts[i].guest);
        int folder = openat(p->mounts[i].root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int error = folder < 0 ? collect_fail(c, -errno, "cannot list the scratch folder %s: %s", p->mounts[i].guest,
                                              strerror(errno))
                               : walk(c, &all, folder, "", 0);
        s->entries = arena_take(&c->s->arena, all.count * sizeof *s->entries);
        if (error == 0 && (s->entries == NULL || s->guest == NULL))
            error = collect_no_memory(c);
        if (error == 0 && all.count > 0)
            memcpy(s->entries, all.list, all.count * sizeof *s->entries);
        s->count = all.count;
        free(all.list);
        if (error != 0)
            return error;
    }
    return 0;
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

/* Opens the folder that holds an entry, name by name: a path of the file never leaves the mount, and a link that the
 * guest has put in the way is not followed.  Its last name is in *name. */
static int parent_of(int root, const char *path, const char **name)
{
    char part[NAME_MAX + 1];
    int folder = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (const char *slash; folder >= 0 && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        int inner = openat(folder, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(folder);
        folder = inner;
    }
    *name = path;
    return folder < 0 ? -errno : folder;
}

static int make_file(struct builder *b, int folder, const char *name, const struct saved_entry *e)
{
    int host = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

    if (host < 0)
        return -errno;
    int error = ftruncate(host, 0) != 0 ? -errno : 0;
    if (error == 0 && e->object >= 0)
        error = build_fill(b, e->object, host);
    lock_close_own(host);
    return error;
}

/* What has the name may be something else: the guest's, or another entry of the same file.  Looked at before anything
 * follows it. */
static bool is_there(int folder, const char *name, uint32_t mode)
{
    struct stat status;

    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && (status.st_mode & S_IFMT) == (mode & S_IFMT);
}

static int make_entry(struct builder *b, int folder, const char *name, const struct saved_entry *e)
{
    const struct timespec times[2] = {{e->seconds, e->nanoseconds}, {e->seconds, e->nanoseconds}};
    int error = 0;

    switch (e->mode & S_IFMT) {
    case S_IFDIR:
        error = mkdirat(folder, name, 0700) != 0 && errno != EEXIST ? -errno : 0;
        break;
    case S_IFREG:
        error = make_file(b, folder, name, e);
        break;
    case S_IFLNK:
        error = symlinkat(e->target, folder, name) != 0 && errno != EEXIST ? -errno : 0;
        break;
    case S_IFIFO:
        error = mkfifoat(folder, name, 0600) != 0 && errno != EEXIST ? -errno : 0;
        break;
    default:
        return 0; /* a socket: its name comes back with its listener */
    }
    if (error == 0 && !is_there(folder, name, e->mode))
        error = -EEXIST;
    if (error == 0 && !S_ISLNK(e->mode) && !S_ISDIR(e->mode) && fchmodat(folder, name, e->mode & 01777, 0) != 0)
        error = -errno;
    utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW);
    return error;
}

/* Rights and times of folders last: what is made inside changes them. */
static void finish_folders(int root, const struct saved_scratch *s)
{
    for (size_t i = s->count; i-- > 0;) {
        const struct saved_entry *e = &s->entries[i];
        const struct timespec times[2] = {{e->seconds, e->nanoseconds}, {e->seconds, e->nanoseconds}};
        const char *name;
        int folder = S_ISDIR(e->mode) ? parent_of(root, e->path, &name) : -1;
        if (folder < 0)
            continue;
        if (is_there(folder, name, e->mode)) {
            fchmodat(folder, name, e->mode & 01777, 0);
            utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW);
        }
        close(folder);
    }
}

/* A snapshot's entries in the order of their paths, to look them up by: thousands of files are no more than that many
 * look-ups. */
struct by_path {
    const struct saved_entry **list; /* NULL: nothing of the mount is in the snapshot */
    size_t count;
};

static int compare_paths(const void *a, const void *b)
{
    return strcmp((*(const struct saved_entry *const *)a)->path, (*(const struct saved_entry *const *)b)->path);
}

static int sort_by_path(const struct saved_scratch *s, struct by_path *sorted)
{
    sorted->count = s->count;
    sorted->list = calloc(s->count + 1, sizeof *sorted->list);
    if (sorted->list == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < s->count; i++)
        sorted->list[i] = &s->entries[i];
    qsort(sorted->list, s->count, sizeof *sorted->list, compare_paths);
    return 0;
}

static const struct saved_entry *entry_of(const struct by_path *all, const char *path)
{
    const struct saved_entry wanted = {.path = (char *)path}, *key = &wanted;
    const struct saved_entry **found = NULL;

    if (all->count != 0)
        found = bsearch(&key, all->list, all->count, sizeof *all->list, compare_paths);
    return found != NULL ? *found : NULL;
}

/* Removes what the snapshot has not, or has as something else.  Takes `folder` over. */
static void clear(int folder, const char *below, const struct by_path *all, unsigned depth)
{
    DIR *list = fdopendir(folder);
    char path[PATH_MAX];

    if (list == NULL) {
        close(folder);
        return;
    }
    for (const struct dirent *d = readdir(list); d != NULL; d = readdir(list)) {
        struct stat status;
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
            fstatat(folder, d->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            (size_t)snprintf(path, sizeof path, "%s%s%s", below, below[0] != '\0' ? "/" : "", d->d_name) >= sizeof path)
            continue;
        const struct saved_entry *e = entry_of(all, path);
        bool keep = e != NULL && (e->mode & S_IFMT) == (status.st_mode & S_IFMT) && !S_ISLNK(status.st_mode);
        if (S_ISDIR(status.st_mode) && depth < 2 * DEPTH_MOST) {
            fchmodat(folder, d->d_name, 0700, 0);
            int inner = openat(folder, d->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (inner >= 0)
                clear(inner, path, keep ? all : &(struct by_path){0}, depth + 1);
        }
        if (!keep)
            unlinkat(folder, d->d_name, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0);
    }
    closedir(list);
}

static int clear_mount(int root, const struct saved_scratch *s)
{
    struct by_path all;
    int error = sort_by_path(s, &all), folder = -1;

    if (error == 0)
        folder = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0)
        clear(folder, "", &all, 0);
    free(all.list);
    return error;
}

static int build_mount(struct builder *b, int root, const struct saved_scratch *s, bool again)
{
    int error = again ? clear_mount(root, s) : 0;

    for (size_t i = 0; i < s->count && error == 0; i++) {
        const char *name;
        int folder = parent_of(root, s->entries[i].path, &name);
        error = folder < 0 ? folder : make_entry(b, folder, name, &s->entries[i]);
        if (folder >= 0)
            close(folder);
    }
    if (error != 0)
        return build_fail(b, error, "cannot make the files of the scratch mount %s: %s", s->guest, strerror(-error));
    finish_folders(root, s);
    return 0;
}

int build_scratch(struct builder *b, bool again)
{
    const struct policy *p = b->m->policy;
    int error = 0;

    for (size_t i = 0; i < b->s->scratch_count && error == 0; i++) {
        const struct saved_scratch *s = &b->s->scratch[i];
        const struct mount *found = NULL;
        for (size_t k = 0; k < p->mount_count && found == NULL; k++)
            if (p->mounts[k].kind == MOUNT_SCRATCH && strcmp(p->mounts[k].guest, s->guest) == 0)
                found = &p->mounts[k];
        if (found != NULL)
            error = build_mount(b, found->root, s, again);
        else if (s->count > 0)
            error = build_fail(b, -ENOENT, "the snapshot's guest has files at %s: restore it with --scratch %s",
                               s->guest, s->guest);
    }
    return error;
}
