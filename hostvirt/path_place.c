/* Places that guest paths name: where the walk starts (path.c has its steps), and what it found. */
#include "hostvirt/path_private.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int place_hold(struct process *p, struct descriptor *d, struct place *out)
{
    out->held = d;
    out->mount = d->file->mount;
    out->exists = true;
    strcpy(out->name, ".");
    snprintf(out->path, sizeof out->path, "%s", d->file->path);
    return descriptor_stat(p, d, &out->status);
}

/* Stands at a folder that a descriptor names. */
static int walk_from_descriptor(struct walk *w, struct descriptor *d)
{
    struct stat st;
    int error = descriptor_stat(w->process, d, &st);
    if (error)
        return error;
    if (!S_ISDIR(st.st_mode) || d->file->path[0] != '/')
        return -ENOTDIR;
    snprintf(w->at, sizeof w->at, "%s", d->file->path);
    if (!d->file->mount)
        return 0;
    w->folder = fcntl(d->host, F_DUPFD_CLOEXEC, 3);
    w->mount = d->file->mount;
    return w->folder < 0 ? -errno : 0;
}

/* Where a path starts: "/", a descriptor's folder or the working directory; then the short way when there is one. */
static int walk_start(struct walk *w, int dirfd, const char *path)
{
    struct process *p = w->process;
    char base[PATH_MAX] = "/";
    strcpy(w->rest, path);
    if (path[0] == '/') {
        if (walk_jump_up(w, path) == 0)
            return 0;
    } else if (dirfd == AT_FDCWD) {
        pthread_mutex_lock(&p->lock);
        if (p->directories.working)
            snprintf(base, sizeof base, "%s", p->directories.working);
        pthread_mutex_unlock(&p->lock);
    } else {
        struct descriptor *d = descriptor_get(p, dirfd);
        int error = d ? walk_from_descriptor(w, d) : -EBADF;
        descriptor_put(d);
        if (error)
            return error;
        strcpy(base, w->at);
        error = walk_jump(w, base, w->folder, w->mount, path);
        return error < 0 ? error : 0;
    }
    int error = walk_jump(w, base, -1, NULL, path);
    if (error == 1)
        error = walk_enter(w, base);
    if (error != -ELOOP)
        return error;
    /* the policy's first working directory may have links in its path */
    if ((size_t)snprintf(w->rest, sizeof w->rest, "%s/%s", base, path) >= sizeof w->rest)
        return -ENAMETOOLONG;
    return walk_enter(w, "/");
}

static int place_find_empty(struct process *p, int dirfd, struct place *out)
{
    if (dirfd == AT_FDCWD)
        return place_find_text(p, dirfd, ".", 0, out);
    struct descriptor *d = descriptor_get(p, dirfd);
    if (!d)
        return -EBADF;
    int error = place_hold(p, d, out);
    if (error)
        place_release(out);
    return error;
}

int place_find_text(struct process *p, int dirfd, const char *path, int how, struct place *out)
{
    out->parent = -1;
    out->held = NULL;
    out->mount = NULL;
    out->exists = false;
    out->path[0] = 0;
    size_t n = strnlen(path, PATH_MAX);
    if (n == 0)
        return how & PLACE_EMPTY ? place_find_empty(p, dirfd, out) : -ENOENT;
    if (n == PATH_MAX)
        return -ENAMETOOLONG;
    out->slash = path[n - 1] == '/';
    struct walk *w = malloc(sizeof *w);
    if (!w)
        return -ENOMEM;
    w->process = p; /* one by one: clearing the buffers would cost more than the walk */
    w->policy = p->monitor->policy;
    w->how = how;
    w->links = 0;
    w->folder = -1;
    w->mount = NULL;
    strcpy(w->at, "/");
    int error = walk_start(w, dirfd, path);
    if (!error)
        error = walk_run(w, out);
    walk_leave(w);
    free(w);
    if (error)
        place_release(out);
    return error;
}

int place_find(struct thread *t, int dirfd, uint64_t path, int how, struct place *out)
{
    char text[PATH_MAX];
    out->parent = -1;
    out->held = NULL;
    long n = copy_string(text, path, sizeof text);
    return n < 0 ? (int)n : place_find_text(t->process, dirfd, text, how, out);
}

void place_release(struct place *pl)
{
    if (pl->parent >= 0)
        close(pl->parent);
    descriptor_put(pl->held);
    pl->parent = -1;
    pl->held = NULL;
}

int place_check_writable(const struct place *pl)
{
    if (pl->mount && pl->mount->kind != MOUNT_READ_ONLY)
        return 0;
    path_denied();
    return -EROFS;
}
