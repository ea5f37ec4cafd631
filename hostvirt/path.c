/* Resolving guest paths: a walk through the guest's own tree, name by name.
 *
 * `at` is always a path without links, so its parent is a matter of text, and what it is (below which mount, emulated,
 * only a holder of mount points) is a matter of text, too.  Host files are only reached from a mount's root descriptor
 * or a folder found from it, one name at a time without following links, or by openat2 beneath it.
 *
 * Most paths have no links but in their last name: walk_jump() (path_jump.c) opens the folder of the last name at once,
 * and only when the host says that there is a link on the way (ELOOP) are the names walked one by one. */
#include "hostvirt/path_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINK_LIMIT 40 /* path_resolution(7) */

void walk_leave(struct walk *w)
{
    if (w->folder >= 0)
        close(w->folder);
    w->folder = -1;
    w->mount = NULL;
}

/* at + "/" + name into `to`. */
static int path_join(char to[PATH_MAX], const char *at, const char *name, size_t length)
{
    size_t n = strcmp(at, "/") == 0 ? 0 : strlen(at);
    if (n + 1 + length + 1 > PATH_MAX)
        return -ENAMETOOLONG;
    memmove(to, at, n);
    to[n] = '/';
    memcpy(to + n + 1, name, length);
    to[n + 1 + length] = 0;
    return 0;
}

int walk_enter(struct walk *w, const char *path)
{
    walk_leave(w);
    if (path != w->at)
        snprintf(w->at, sizeof w->at, "%s", path);
    if (path_emulated(w->process, w->at))
        return 0;
    const struct mount *m = mount_covering(w->policy, w->at);
    if (!m)
        return 0; /* walk_name() says whether anything is below */
    if (m->file)
        return -ENOTDIR;
    int folder = host_open_beneath(m->root, mount_relative(m, w->at), O_PATH | O_DIRECTORY);
    if (folder < 0)
        return mount_below(w->policy, w->at) ? 0 : folder;
    w->folder = folder;
    w->mount = m;
    return 0;
}

/* Puts a link's text before what is left.  `after` points into w->rest. */
static int walk_link(struct walk *w, const char *text, const char *after)
{
    size_t n = strlen(text), left = strlen(after);
    if (++w->links > LINK_LIMIT)
        return -ELOOP;
    if (n == 0)
        return -ENOENT;
    if (n + left + 1 > sizeof w->rest)
        return -ENAMETOOLONG;
    memmove(w->rest + n, after, left + 1);
    memcpy(w->rest, text, n);
    return text[0] == '/' ? walk_enter(w, "/") : 0;
}

/* The descriptor that a link of /proc/self/fd (of this process) names: with a reference, or NULL. */
static struct descriptor *link_descriptor(const struct process *p, const char *path)
{
    const char *number = strrchr(path, '/') + 1;
    char *end;
    long n = strtol(number, &end, 10);
    if (strncmp(path, "/proc/", 6) != 0 || number - path < 4 || strncmp(number - 4, "/fd/", 4) != 0)
        return NULL;
    if (*number < '0' || *number > '9' || *end || n > INT_MAX)
        return NULL;
    char own[16];
    size_t length = (size_t)snprintf(own, sizeof own, "%d", p->pid);
    const char *id = path + 6;
    size_t given = strcspn(id, "/");
    bool self = (given == length && memcmp(id, own, length) == 0) || (given == 4 && memcmp(id, "self", 4) == 0) ||
                (given == 11 && memcmp(id, "thread-self", 11) == 0);
    return self ? descriptor_get((struct process *)p, (int)n) : NULL;
}

/* The walk ends at a folder itself. */
static int finish_folder(struct walk *w, struct place *out)
{
    strcpy(out->name, ".");
    strcpy(out->path, w->at);
    out->exists = true;
    out->mount = w->mount;
    out->parent = w->folder;
    w->folder = -1;
    if (out->parent >= 0)
        return fstat(out->parent, &out->status) == 0 ? 0 : -errno;
    struct emulated e;
    if (path_emulated(w->process, w->at) && procfs_find(w->process, w->at, &e) && e.kind != EMULATED_NONE)
        stat_emulated(&e, w->at, &out->status);
    else
        stat_folder(w->at, &out->status);
    return 0;
}

/* The walk ends at `name` in the folder w stands at; `next` is its path. */
static void finish_name(struct walk *w, struct place *out, const char *next, const char *name, bool exists)
{
    strcpy(out->path, next);
    strcpy(out->name, name);
    out->mount = w->mount;
    out->parent = w->folder;
    out->exists = exists;
    w->folder = -1;
}

struct component {
    char name[NAME_MAX + 1];
    char next[PATH_MAX]; /* w->at + "/" + name */
    const char *after;   /* what follows in w->rest, with its slashes */
    bool last, slash;    /* the last one; a slash follows it */
};

enum { WALK_GO_ON = 1, WALK_DONE = 2 };

/* Whether a link that is found at `c` is to be followed. */
static bool follows(const struct walk *w, const struct component *c)
{
    return !c->last || (w->how & PLACE_FOLLOW) || (c->slash && !(w->how & PLACE_LAST));
}

/* A name where neither the host nor the emulator has one: a folder on the way to a mount point, or what is to be
 * made. */
static int step_nothing(struct walk *w, const struct component *c, struct place *out)
{
    if (mount_below(w->policy, c->next)) {
        strcpy(w->at, c->next);
        return WALK_GO_ON;
    }
    if (!c->last || !(w->how & PLACE_CREATE))
        return -ENOENT;
    finish_name(w, out, c->next, c->name, false);
    return WALK_DONE;
}

/* A name below /proc, /sys or /dev. */
static int step_emulated(struct walk *w, const struct component *c, struct place *out)
{
    struct emulated e;
    if (!procfs_find(w->process, c->next, &e) || e.kind == EMULATED_NONE) {
        walk_leave(w);
        return step_nothing(w, c, out);
    }
    if (e.kind == EMULATED_FOLDER) {
        walk_leave(w);
        strcpy(w->at, c->next);
        return WALK_GO_ON;
    }
    if (e.kind == EMULATED_LINK && follows(w, c)) {
        struct descriptor *d = link_descriptor(w->process, c->next);
        if (d && c->last && !c->slash) {
            walk_leave(w);
            int error = place_hold(w->process, d, out);
            return error ? error : WALK_DONE;
        }
        descriptor_put(d);
        char text[PATH_MAX];
        long n = procfs_link(w->process, c->next, &e, text, sizeof text - 1);
        if (n < 0)
            return (int)n;
        text[n] = 0;
        int error = walk_link(w, text, c->after);
        return error ? error : WALK_GO_ON;
    }
    if (!c->last || (c->slash && !(w->how & PLACE_LAST)))
        return -ENOTDIR;
    walk_leave(w);
    finish_name(w, out, c->next, c->name, true);
    stat_emulated(&e, c->next, &out->status);
    return WALK_DONE;
}

/* A mount point. */
static int step_mount(struct walk *w, const struct component *c, const struct mount *m, struct place *out)
{
    if (!m->file) {
        int error = walk_enter(w, c->next);
        return error ? error : WALK_GO_ON;
    }
    if (!c->last || (c->slash && !(w->how & PLACE_LAST)))
        return -ENOTDIR;
    char name[NAME_MAX + 1];
    int folder = mount_file_parent(m, name);
    if (folder < 0)
        return folder;
    walk_leave(w);
    w->folder = folder;
    w->mount = m;
    finish_name(w, out, c->next, name, true);
    return fstat(m->root, &out->status) == 0 ? WALK_DONE : -errno;
}

/* A name that is a folder of the host. */
static int step_folder(struct walk *w, const struct component *c)
{
    int folder = openat(w->folder, c->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return errno == ELOOP ? -ENOTDIR : -errno; /* became a link meanwhile */
    close(w->folder);
    w->folder = folder;
    strcpy(w->at, c->next);
    return WALK_GO_ON;
}

/* A name in a folder of the host. */
static int step_host(struct walk *w, const struct component *c, struct place *out)
{
    struct stat st;
    bool holder = mount_below(w->policy, c->next); /* above a mount point: a folder in any case */
    if (fstatat(w->folder, c->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        int error = -errno;
        if (holder && error == -ENOENT) {
            walk_leave(w);
            strcpy(w->at, c->next);
            return WALK_GO_ON;
        }
        if (error != -ENOENT || !c->last || !(w->how & PLACE_CREATE))
            return error;
        error = fstat(w->folder, &st) != 0 ? -errno
                                           : mount_check_device(w->policy, w->mount, w->folder, ".", &st);
        if (error)
            return error;
        finish_name(w, out, c->next, c->name, false);
        return WALK_DONE;
    }
    int error = mount_check_device(w->policy, w->mount, w->folder, c->name, &st);
    if (error)
        return error;
    if (holder && !S_ISDIR(st.st_mode)) {
        walk_leave(w);
        strcpy(w->at, c->next);
        return WALK_GO_ON;
    }
    if (S_ISLNK(st.st_mode) && follows(w, c)) {
        char text[PATH_MAX];
        ssize_t n = readlinkat(w->folder, c->name, text, sizeof text - 1);
        if (n < 0)
            return errno == EINVAL ? -ENOENT : -errno; /* is no link any longer */
        text[n] = 0;
        error = walk_link(w, text, c->after);
        return error ? error : WALK_GO_ON;
    }
    if (!c->last)
        return S_ISDIR(st.st_mode) ? step_folder(w, c) : -ENOTDIR;
    if (c->slash && !S_ISDIR(st.st_mode) && !(w->how & PLACE_LAST))
        return -ENOTDIR;
    finish_name(w, out, c->next, c->name, true);
    out->status = st;
    return WALK_DONE;
}

/* Takes the next name of *from (in w->rest) into `c`: 1, 0 when none is left, or -ENAMETOOLONG. */
static int walk_take(struct component *c, const char **from)
{
    const char *s = *from + strspn(*from, "/");
    size_t n = strcspn(s, "/");
    if (n == 0)
        return 0;
    if (n > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(c->name, s, n);
    c->name[n] = 0;
    c->after = s + n;
    c->slash = *c->after != 0;
    c->last = c->after[strspn(c->after, "/")] == 0;
    *from = c->after;
    return 1;
}

/* ".." from a path without links. */
static int walk_up(struct walk *w)
{
    char *slash = strrchr(w->at, '/');
    slash[slash == w->at] = 0;
    return walk_enter(w, w->at);
}

static int walk_name(struct walk *w, struct component *c, struct place *out)
{
    int error = path_join(c->next, w->at, c->name, strlen(c->name));
    if (error)
        return error;
    const struct mount *m = mount_at(w->policy, c->next);
    bool emulated = path_emulated(w->process, c->next);
    if (m && !emulated)
        return step_mount(w, c, m, out);
    if (emulated)
        return step_emulated(w, c, out);
    if (w->folder >= 0)
        return step_host(w, c, out);
    return step_nothing(w, c, out);
}

int walk_run(struct walk *w, struct place *out)
{
    struct component c;
    const char *from = w->rest;
    for (;;) {
        int result = walk_take(&c, &from);
        if (result < 0)
            return result;
        if (result == 0)
            return finish_folder(w, out);
        if (strcmp(c.name, ".") == 0)
            continue;
        if (strcmp(c.name, "..") == 0) {
            result = walk_up(w);
            if (result)
                return result;
            continue;
        }
        int links = w->links;
        result = walk_name(w, &c, out);
        if (result < 0)
            return result;
        if (result == WALK_DONE)
            return 0;
        if (w->links != links) { /* w->rest begins with the link's text now */
            result = walk_jump(w, w->at, w->folder, w->mount, w->rest);
            if (result < 0)
                return result;
            from = w->rest;
        }
    }
}
