/* Names: making, removing, renaming and linking them, and looking at links and rights. */
#include "hostvirt/path_private.h"
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int64_t host_result(long result)
{
    return result < 0 ? -errno : result;
}

/* ---- rights ------------------------------------------------------------------------------------------------------ */

static int64_t access_mode(const struct stat *st, int mode)
{
    unsigned given = st->st_uid == GUEST_ID ? (st->st_mode >> 6) & 7 : st->st_mode & 7;
    return (mode & ~(int)given) & 7 ? -EACCES : 0;
}

static int64_t access_place(struct thread *t, struct place *pl, int mode)
{
    struct stat st;
    int error = place_stat(t->process, pl, &st);
    if (error)
        return error;
    bool plain = S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
    if ((mode & W_OK) && plain && pl->mount && pl->mount->kind == MOUNT_READ_ONLY)
        return -EROFS; /* asking is no attempt: not counted */
    if (mode == F_OK)
        return 0;
    if (!pl->mount)
        return access_mode(&st, mode);
    if (pl->held)
        return host_result(syscall(SYS_faccessat2, pl->held->host, "", mode, AT_EACCESS | AT_EMPTY_PATH));
    return host_result(syscall(SYS_faccessat2, pl->parent, pl->name, mode, AT_EACCESS | AT_SYMLINK_NOFOLLOW));
}

static int64_t access_common(struct thread *t, int dirfd, uint64_t path, int mode, int flags)
{
    struct place pl;
    if ((mode & ~(R_OK | W_OK | X_OK)) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
        return -EINVAL;
    int how = (flags & AT_SYMLINK_NOFOLLOW ? 0 : PLACE_FOLLOW) | (flags & AT_EMPTY_PATH ? PLACE_EMPTY : 0);
    int64_t result = place_find(t, dirfd, path, how, &pl);
    if (result)
        return result;
    result = access_place(t, &pl, mode);
    place_release(&pl);
    return result;
}

SYSCALL(access)
{
    return access_common(t, AT_FDCWD, c->arg[0], arg_int(c, 1), 0);
}

SYSCALL(faccessat)
{
    return access_common(t, arg_int(c, 0), c->arg[1], arg_int(c, 2), 0);
}

SYSCALL(faccessat2)
{
    return access_common(t, arg_int(c, 0), c->arg[1], arg_int(c, 2), arg_int(c, 3));
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

static int64_t read_link(struct thread *t, struct place *pl, char text[PATH_MAX])
{
    struct emulated e;
    if (!S_ISLNK(pl->status.st_mode))
        return -EINVAL;
    if (pl->held)
        return host_result(readlinkat(pl->held->host, "", text, PATH_MAX));
    if (pl->mount)
        return host_result(readlinkat(pl->parent, pl->name, text, PATH_MAX));
    if (!procfs_find(t->process, pl->path, &e) || e.kind != EMULATED_LINK)
        return -EINVAL;
    return procfs_link(t->process, pl->path, &e, text, PATH_MAX);
}

static int64_t readlink_common(struct thread *t, int dirfd, uint64_t path, uint64_t to, int size)
{
    char text[PATH_MAX];
    struct place pl;
    if (size <= 0)
        return -EINVAL;
    int64_t n = place_find(t, dirfd, path, PLACE_EMPTY, &pl);
    if (n)
        return n;
    n = read_link(t, &pl, text);
    place_release(&pl);
    if (n > size)
        n = size;
    int error = n > 0 ? copy_out(to, text, (size_t)n) : 0;
    return error ? error : n;
}

SYSCALL(readlink)
{
    return readlink_common(t, AT_FDCWD, c->arg[0], c->arg[1], arg_int(c, 2));
}

SYSCALL(readlinkat)
{
    return readlink_common(t, arg_int(c, 0), c->arg[1], c->arg[2], arg_int(c, 3));
}

/* A place for a new name: -EEXIST when it is taken, -EROFS where nothing may be made. */
static int place_new(struct thread *t, int dirfd, uint64_t path, struct place *pl)
{
    int error = place_find(t, dirfd, path, PLACE_CREATE | PLACE_LAST, pl);
    if (error)
        return error;
    error = pl->exists ? -EEXIST : place_check_writable(pl);
    if (error)
        place_release(pl);
    return error;
}

static int64_t symlink_common(struct thread *t, uint64_t target, int dirfd, uint64_t path)
{
    char text[PATH_MAX];
    struct place pl;
    long n = copy_string(text, target, sizeof text);
    if (n <= 0)
        return n ? n : -ENOENT;
    int64_t result = place_new(t, dirfd, path, &pl);
    if (result)
        return result;
    result = pl.slash ? -ENOENT : host_result(symlinkat(text, pl.parent, pl.name));
    place_release(&pl);
    return result;
}

SYSCALL(symlink)
{
    return symlink_common(t, c->arg[0], AT_FDCWD, c->arg[1]);
}

SYSCALL(symlinkat)
{
    return symlink_common(t, c->arg[0], arg_int(c, 1), c->arg[2]);
}

/* A mount point, or a folder above one: it stays where it is. */
static bool is_pinned(const struct thread *t, const struct place *pl)
{
    const struct policy *p = t->process->monitor->policy;
    return mount_at(p, pl->path) || mount_below(p, pl->path);
}

/* A hard link gives the file a second name in the same mount only; a file without a name (O_TMPFILE) gets its first. */
static int64_t link_places(const struct place *old, const struct place *new)
{
    if (!old->mount || old->mount != new->mount || old->mount->file)
        return -EXDEV;
    if (new->slash)
        return -ENOENT;
    if (S_ISDIR(old->status.st_mode))
        return -EPERM;
    if (old->held)
        return host_result(linkat(old->held->host, "", new->parent, new->name, AT_EMPTY_PATH));
    return host_result(linkat(old->parent, old->name, new->parent, new->name, 0));
}

static int64_t link_common(struct thread *t, int from, uint64_t old_path, int to, uint64_t new_path, int flags)
{
    struct place old, new;
    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int how = (flags & AT_SYMLINK_FOLLOW ? PLACE_FOLLOW : 0) | (flags & AT_EMPTY_PATH ? PLACE_EMPTY : 0);
    int64_t result = place_find(t, from, old_path, how, &old);
    if (result)
        return result;
    result = place_new(t, to, new_path, &new);
    if (!result) {
        result = link_places(&old, &new);
        place_release(&new);
    }
    place_release(&old);
    return result;
}

SYSCALL(link)
{
    return link_common(t, AT_FDCWD, c->arg[0], AT_FDCWD, c->arg[1], 0);
}

SYSCALL(linkat)
{
    return link_common(t, arg_int(c, 0), c->arg[1], arg_int(c, 2), c->arg[3], arg_int(c, 4));
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static mode_t masked(const struct thread *t, uint64_t mode)
{
    return (mode_t)mode & 0777 & ~(mode_t)t->process->directories.umask;
}

static int64_t mkdir_common(struct thread *t, int dirfd, uint64_t path, uint64_t mode)
{
    struct place pl;
    int64_t result = place_new(t, dirfd, path, &pl);
    if (result)
        return result;
    result = host_result(mkdirat(pl.parent, pl.name, masked(t, mode)));
    place_release(&pl);
    return result;
}

SYSCALL(mkdir)
{
    return mkdir_common(t, AT_FDCWD, c->arg[0], c->arg[1]);
}

SYSCALL(mkdirat)
{
    return mkdir_common(t, arg_int(c, 0), c->arg[1], c->arg[2]);
}

/* FIFOs and regular files; devices and socket names are refused as they are to users without CAP_MKNOD. */
static int64_t mknod_common(struct thread *t, int dirfd, uint64_t path, uint64_t mode)
{
    struct place pl;
    mode_t type = (mode_t)mode & S_IFMT;
    if (type == 0)
        type = S_IFREG;
    if (type != S_IFREG && type != S_IFIFO) {
        bool known = type == S_IFCHR || type == S_IFBLK || type == S_IFSOCK || type == S_IFDIR;
        if (known)
            COUNT(t->process->monitor->statistics, denied_files);
        return known ? -EPERM : -EINVAL;
    }
    int64_t result = place_new(t, dirfd, path, &pl);
    if (result)
        return result;
    result = pl.slash ? -ENOENT : host_result(mknodat(pl.parent, pl.name, type | masked(t, mode), 0));
    place_release(&pl);
    return result;
}

SYSCALL(mknod)
{
    return mknod_common(t, AT_FDCWD, c->arg[0], c->arg[1]);
}

SYSCALL(mknodat)
{
    return mknod_common(t, arg_int(c, 0), c->arg[1], c->arg[2]);
}

SYSCALL(umask)
{
    struct process *p = t->process;
    pthread_mutex_lock(&p->lock);
    unsigned old = p->directories.umask;
    p->directories.umask = (unsigned)arg_int(c, 0) & 0777;
    pthread_mutex_unlock(&p->lock);
    return old;
}

/* ---- removing ---------------------------------------------------------------------------------------------------- */

static int64_t remove_place(struct thread *t, const struct place *pl, bool folder)
{
    if (!folder && S_ISDIR(pl->status.st_mode))
        return -EISDIR;
    if (!S_ISDIR(pl->status.st_mode) && (folder || pl->slash))
        return -ENOTDIR;
    int error = place_check_writable(pl);
    if (error)
        return error;
    if (is_pinned(t, pl))
        return -EBUSY;
    return host_result(unlinkat(pl->parent, pl->name, folder ? AT_REMOVEDIR : 0));
}

static int64_t remove_common(struct thread *t, int dirfd, uint64_t path, bool folder)
{
    struct place pl;
    int64_t result = place_find(t, dirfd, path, PLACE_LAST, &pl);
    if (result)
        return result;
    result = remove_place(t, &pl, folder);
    place_release(&pl);
    return result;
}

SYSCALL(unlink)
{
    return remove_common(t, AT_FDCWD, c->arg[0], false);
}

SYSCALL(rmdir)
{
    return remove_common(t, AT_FDCWD, c->arg[0], true);
}

SYSCALL(unlinkat)
{
    int flags = arg_int(c, 2);
    if (flags & ~AT_REMOVEDIR)
        return -EINVAL;
    return remove_common(t, arg_int(c, 0), c->arg[1], (flags & AT_REMOVEDIR) != 0);
}

/* ---- renaming ---------------------------------------------------------------------------------------------------- */

/* The working directory's path follows a folder that is renamed (the host's kernel would know it by its inode). */
static void working_renamed(struct process *p, const char *old, const char *new)
{
    char *path = NULL;
    pthread_mutex_lock(&p->lock);
    char *working = p->directories.working;
    if (working && path_within(working, old) && asprintf(&path, "%s%s", new, working + strlen(old)) >= 0) {
        p->directories.working = path;
        free(working);
    }
    pthread_mutex_unlock(&p->lock);
}

static int64_t rename_places(struct thread *t, const struct place *old, const struct place *new, unsigned flags)
{
    bool folder = S_ISDIR(old->status.st_mode);
    if (strcmp(old->name, ".") == 0 || strcmp(new->name, ".") == 0 || is_pinned(t, old) || is_pinned(t, new))
        return -EBUSY;
    if (old->mount != new->mount)
        return -EXDEV;
    int error = place_check_writable(old);
    if (error)
        return error;
    if (!folder && (old->slash || (new->slash && !(flags & RENAME_EXCHANGE))))
        return -ENOTDIR;
    if (new->slash && new->exists && !S_ISDIR(new->status.st_mode))
        return -ENOTDIR;
    if (syscall(SYS_renameat2, old->parent, old->name, new->parent, new->name, flags) != 0)
        return -errno;
    if (folder)
        working_renamed(t->process, old->path, new->path);
    return 0;
}

static int64_t rename_common(struct thread *t, int from, uint64_t old_path, int to, uint64_t new_path, unsigned flags)
{
    struct place old, new;
    if ((flags & ~(unsigned)(RENAME_NOREPLACE | RENAME_EXCHANGE)) || flags == (RENAME_NOREPLACE | RENAME_EXCHANGE))
        return -EINVAL; /* RENAME_WHITEOUT makes a device */
    int64_t result = place_find(t, from, old_path, PLACE_LAST, &old);
    if (result)
        return result;
    result = place_find(t, to, new_path, PLACE_LAST | PLACE_CREATE, &new);
    if (!result) {
        result = rename_places(t, &old, &new, flags);
        place_release(&new);
    }
    place_release(&old);
    return result;
}

SYSCALL(rename)
{
    return rename_common(t, AT_FDCWD, c->arg[0], AT_FDCWD, c->arg[1], 0);
}

SYSCALL(renameat)
{
    return rename_common(t, arg_int(c, 0), c->arg[1], arg_int(c, 2), c->arg[3], 0);
}

SYSCALL(renameat2)
{
    return rename_common(t, arg_int(c, 0), c->arg[1], arg_int(c, 2), c->arg[3], (unsigned)arg_int(c, 4));
}
