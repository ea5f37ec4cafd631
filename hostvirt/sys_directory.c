/* Reading folders and the working directory.
 *
 * A folder of the host is listed by the host's kernel, straight into guest memory, unless mounts or emulated trees add
 * names to it; then the monitor filters the host's list and appends those.  Cookies (d_off) of a completed listing:
 * the host's own, then LISTING_EXTRA + i.  Of an emulated one: 0 and 1 for the dots, EMULATED_BASE + the emulator's. */
#include "hostvirt/path_private.h"
#include "hostvirt/sys_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EMULATED_BASE (1ll << 40)
#define CHUNK 8192 /* of the host's list at a time */

struct listing *listing_new(void)
{
    struct listing *l = calloc(1, sizeof *l);
    if (l)
        pthread_mutex_init(&l->lock, NULL);
    return l;
}

void listing_free(void *listing)
{
    struct listing *l = listing;
    if (!l)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* Forks do not wait for whoever reads a folder: it may be one of a file server that does not answer. */
void listings_thaw(struct process *p)
{
    for (int n = descriptor_next(p, 0); n >= 0; n = descriptor_next(p, n + 1)) {
        struct descriptor *d = descriptor_get(p, n);
        struct listing *l =
            d != NULL && (d->file->kind == FILE_DIRECTORY || d->file->kind == FILE_LISTING) ? d->file->data : NULL;
        if (l != NULL)
            pthread_mutex_init(&l->lock, NULL);
        descriptor_put(d);
    }
}

struct entry {
    uint64_t inode;
    int64_t next; /* cookie of the entry after this one */
    unsigned char type;
    const char *name;
};

/* Records being written to guest memory.  Each is copied out at once: a fault ends the listing before it. */
struct writer {
    uint64_t to, room, used;
    bool old; /* getdents: the type is the record's last byte */
};

struct old_dirent {
    unsigned long d_ino, d_off;
    unsigned short d_reclen;
    char d_name[];
};

/* 1 written, 0 no room, -EFAULT, -EINVAL when not even the first fits. */
static int write_entry(struct writer *w, const struct entry *e)
{
    union {
        struct dirent64 now;
        struct old_dirent old;
        char bytes[sizeof(struct dirent64) + 16];
    } r;
    size_t n = strlen(e->name);
    size_t head = w->old ? offsetof(struct old_dirent, d_name) : offsetof(struct dirent64, d_name);
    size_t bytes = (head + n + 1 + (w->old ? 1 : 0) + 7) & ~7ul;
    if (bytes > w->room - w->used)
        return w->used ? 0 : -EINVAL;
    memset(&r, 0, bytes);
    if (w->old) {
        r.old.d_ino = e->inode;
        r.old.d_off = (unsigned long)e->next;
        r.old.d_reclen = (unsigned short)bytes;
        r.bytes[bytes - 1] = (char)e->type;
    } else {
        r.now.d_ino = e->inode;
        r.now.d_off = e->next;
        r.now.d_reclen = (unsigned short)bytes;
        r.now.d_type = e->type;
    }
    memcpy(r.bytes + head, e->name, n + 1);
    int error = copy_out(w->to + w->used, &r, bytes);
    if (error)
        return error;
    w->used += bytes;
    return 1;
}

/* ---- what mounts and the emulator add ---------------------------------------------------------------------------- */

struct added {
    struct child *list;
    int count;
};

static bool is_added(const struct added *a, const char *name)
{
    for (int i = 0; i < a->count; i++)
        if (strcmp(a->list[i].name, name) == 0)
            return true;
    return false;
}

/* Appends the added names from l->position on.  Entries carry the inode that stat shows. */
static int list_added(struct process *p, const char *path, const struct added *a, struct listing *l, struct writer *w)
{
    char whole[PATH_MAX];
    struct emulated e;
    struct stat st;
    int64_t i = l->position >= (uint64_t)LISTING_EXTRA ? (int64_t)l->position - LISTING_EXTRA : 0;
    for (; i < a->count; i++) {
        const struct child *c = &a->list[i];
        if (snprintf(whole, sizeof whole, "%s/%s", strcmp(path, "/") ? path : "", c->name) >= (int)sizeof whole)
            continue;
        bool generated = path_emulated(p, whole) && procfs_find(p, whole, &e) && e.kind != EMULATED_NONE;
        if (generated && path_emulated(p, path))
            continue; /* the emulator lists it itself */
        const struct mount *m = mount_at(p->monitor->policy, whole);
        if (generated)
            stat_emulated(&e, whole, &st);
        else if (!m || fstat(m->root, &st) != 0)
            stat_folder(whole, &st);
        unsigned char type = c->folder ? DT_DIR : DT_REG;
        int result = write_entry(w, &(struct entry){st.st_ino, LISTING_EXTRA + i + 1, type, c->name});
        if (result <= 0)
            return result;
        l->position = (uint64_t)(LISTING_EXTRA + i + 1);
    }
    return 0;
}

/* ---- emulated folders -------------------------------------------------------------------------------------------- */

static int list_dots(const char *path, struct listing *l, struct writer *w)
{
    static const char *const names[2] = {".", ".."};
    struct stat st;
    stat_folder(path, &st);
    while (l->position < 2) {
        int result = write_entry(w, &(struct entry){st.st_ino, (int64_t)l->position + 1, DT_DIR, names[l->position]});
        if (result <= 0)
            return result;
        l->position++;
    }
    return 1;
}

static int list_emulated(struct process *p, const char *path, struct listing *l, struct writer *w)
{
    struct emulated e;
    char name[256];
    unsigned char type;
    uint64_t inode;
    if (l->position >= (uint64_t)LISTING_EXTRA || !path_emulated(p, path) ||
        !procfs_find(p, path, &e) || e.kind != EMULATED_FOLDER)
        return 1;
    uint64_t next = l->position >= (uint64_t)EMULATED_BASE ? l->position - (uint64_t)EMULATED_BASE : 0;
    while (procfs_entry(p, path, &e, &next, name, &type, &inode)) {
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
            int result = write_entry(w, &(struct entry){inode, EMULATED_BASE + (int64_t)next, type, name});
            if (result <= 0)
                return result;
        }
        l->position = (uint64_t)EMULATED_BASE + next;
    }
    return 1;
}

static int list_own(struct process *p, struct file *f, const struct added *a, struct writer *w)
{
    struct listing *l = f->data;
    int result = list_dots(f->path, l, w);
    if (result > 0)
        result = list_emulated(p, f->path, l, w);
    return result > 0 ? list_added(p, f->path, a, l, w) : result;
}

/* ---- host folders that are completed ----------------------------------------------------------------------------- */

/* Writes what fits of a chunk of the host's list; the host's position is set back to the first that did not. */
static int list_chunk(struct descriptor *d, const char *chunk, long bytes, const struct added *a, struct writer *w)
{
    struct listing *l = d->file->data;
    for (long at = 0; at < bytes;) {
        const struct dirent64 *h = (const struct dirent64 *)(chunk + at);
        int64_t next = h->d_off < LISTING_EXTRA ? h->d_off : LISTING_EXTRA; /* ext4's last cookie is INT64_MAX */
        int result = 1;
        if (!is_added(a, h->d_name))
            result = write_entry(w, &(struct entry){h->d_ino, next, h->d_type, h->d_name});
        if (result <= 0) {
            if (lseek(d->host, (off_t)l->position, SEEK_SET) < 0 && result == 0)
                return -errno;
            return result;
        }
        l->position = (uint64_t)next;
        at += h->d_reclen;
    }
    return 1;
}

static int list_host(struct process *p, struct descriptor *d, const struct added *a, struct writer *w)
{
    struct listing *l = d->file->data;
    _Alignas(8) char chunk[CHUNK];
    while (l->position < (uint64_t)LISTING_EXTRA) {
        long n = syscall(SYS_getdents64, d->host, chunk, sizeof chunk);
        if (n < 0)
            return w->used ? 0 : -errno;
        if (n == 0) {
            l->position = (uint64_t)LISTING_EXTRA;
            break;
        }
        int result = list_chunk(d, chunk, n, a, w);
        if (result <= 0)
            return result;
    }
    return list_added(p, d->file->path, a, l, w);
}

static int64_t list(struct thread *t, struct descriptor *d, uint64_t to, uint64_t bytes, bool old)
{
    struct file *f = d->file;
    if (f->kind == FILE_PATH)
        return -EBADF;
    if (f->kind != FILE_DIRECTORY && f->kind != FILE_LISTING)
        return -ENOTDIR;
    if (!guest_range_valid(to, bytes))
        return -EFAULT;
    if (!f->data)
        return file_call(t, d, old ? SYS_getdents : SYS_getdents64, (long)to, (long)bytes, 0, 0, 0);
    struct listing *l = f->data;
    struct writer w = {to, bytes, 0, old};
    struct added added = {NULL, 0};
    added.count = path_children(t->process, f->path, &added.list);
    if (added.count < 0)
        return added.count;
    pthread_mutex_lock(&l->lock);
    int result = f->kind == FILE_LISTING ? list_own(t->process, f, &added, &w)
                                         : list_host(t->process, d, &added, &w);
    pthread_mutex_unlock(&l->lock);
    free(added.list);
    return w.used ? (int64_t)w.used : result < 0 ? result : 0;
}

static int64_t list_number(struct thread *t, const struct call *c, bool old)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = list(t, d, c->arg[1], (uint32_t)c->arg[2], old);
    descriptor_put(d);
    return result;
}

SYSCALL(getdents)
{
    return list_number(t, c, true);
}

SYSCALL(getdents64)
{
    return list_number(t, c, false);
}

/* ---- working directory ------------------------------------------------------------------------------------------- */

SYSCALL(getcwd)
{
    struct process *p = t->process;
    struct place pl;
    char path[PATH_MAX] = "/";
    int error = place_find_text(p, AT_FDCWD, ".", 0, &pl);
    if (error == -ENOTDIR)
        error = -ENOENT;
    if (error)
        return error; /* removed */
    place_release(&pl);
    pthread_mutex_lock(&p->lock);
    if (p->directories.working)
        snprintf(path, sizeof path, "%s", p->directories.working);
    pthread_mutex_unlock(&p->lock);
    size_t bytes = strlen(path) + 1;
    if (bytes > c->arg[1])
        return -ERANGE;
    error = copy_out(c->arg[0], path, bytes);
    return error ? error : (int64_t)bytes;
}

static int set_working(struct process *p, const char *path)
{
    char *copy = strdup(path);
    if (!copy)
        return -ENOMEM;
    pthread_mutex_lock(&p->lock);
    char *old = p->directories.working;
    p->directories.working = copy;
    pthread_mutex_unlock(&p->lock);
    free(old);
    return 0;
}

SYSCALL(chdir)
{
    struct place pl;
    int error = place_find(t, AT_FDCWD, c->arg[0], PLACE_FOLLOW, &pl);
    if (error)
        return error;
    if (!S_ISDIR(pl.status.st_mode))
        error = -ENOTDIR;
    else if (pl.parent >= 0 && syscall(SYS_faccessat2, pl.parent, pl.name, X_OK, AT_EACCESS) != 0)
        error = -errno;
    if (!error)
        error = set_working(t->process, pl.path);
    place_release(&pl);
    return error;
}

SYSCALL(fchdir)
{
    struct stat st;
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int error = descriptor_stat(t->process, d, &st);
    if (!error && (!S_ISDIR(st.st_mode) || d->file->path[0] != '/' || d->file->kind == FILE_STANDARD))
        error = -ENOTDIR;
    if (!error && d->file->mount && syscall(SYS_faccessat2, d->host, "", X_OK, AT_EACCESS | AT_EMPTY_PATH) != 0)
        error = -errno;
    if (!error)
        error = set_working(t->process, d->file->path);
    descriptor_put(d);
    return error;
}
