/* What stat shows, and changing rights, owners and times. */
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452 /* Linux 6.6 */
#endif

static int64_t host_result(long result)
{
    return result < 0 ? -errno : result;
}

/* Finds `path` as the AT_ flags say. */
static int find(struct thread *t, int dirfd, uint64_t path, int flags, struct place *pl)
{
    int how = (flags & AT_SYMLINK_NOFOLLOW ? 0 : PLACE_FOLLOW) | (flags & AT_EMPTY_PATH ? PLACE_EMPTY : 0);
    return place_find(t, dirfd, path, how, pl);
}

/* ---- stat -------------------------------------------------------------------------------------------------------- */

static int stat_path(struct thread *t, int dirfd, uint64_t path, int flags, struct stat *st)
{
    struct place pl;
    /* fstat(fd) of newer C libraries: newfstatat(fd, "", AT_EMPTY_PATH), and statx with a null path (Linux 6.11) */
    if (path == 0 && (flags & AT_EMPTY_PATH) && dirfd >= 0) {
        struct descriptor *d = descriptor_get(t->process, dirfd);
        int error = d ? descriptor_stat(t->process, d, st) : -EBADF;
        descriptor_put(d);
        return error;
    }
    int error = find(t, dirfd, path, flags, &pl);
    if (error)
        return error;
    error = place_stat(t->process, &pl, st);
    place_release(&pl);
    return error;
}

static int64_t stat_common(struct thread *t, int dirfd, uint64_t path, int flags, uint64_t to)
{
    struct stat st;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
        return -EINVAL;
    int error = stat_path(t, dirfd, path, flags, &st);
    return error ? error : copy_out(to, &st, sizeof st); /* glibc's struct stat is the kernel's on x86-64 */
}

SYSCALL(stat)
{
    return stat_common(t, AT_FDCWD, c->arg[0], 0, c->arg[1]);
}

SYSCALL(lstat)
{
    return stat_common(t, AT_FDCWD, c->arg[0], AT_SYMLINK_NOFOLLOW, c->arg[1]);
}

SYSCALL(newfstatat)
{
    return stat_common(t, arg_int(c, 0), c->arg[1], arg_int(c, 3), c->arg[2]);
}

SYSCALL(fstat)
{
    struct stat st;
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int error = descriptor_stat(t->process, d, &st);
    descriptor_put(d);
    return error ? error : copy_out(c->arg[1], &st, sizeof st);
}

static struct statx_timestamp stamp(struct timespec ts)
{
    return (struct statx_timestamp){.tv_sec = ts.tv_sec, .tv_nsec = (uint32_t)ts.tv_nsec};
}

SYSCALL(statx)
{
    struct stat st;
    struct statx x;
    int flags = arg_int(c, 2);
    int known = AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE;
    bool reserved = (uint32_t)c->arg[3] & STATX__RESERVED;
    if ((flags & ~known) || (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || reserved)
        return -EINVAL;
    int error = stat_path(t, arg_int(c, 0), c->arg[1], flags, &st);
    if (error)
        return error;
    memset(&x, 0, sizeof x);
    x.stx_mask = STATX_BASIC_STATS;
    x.stx_blksize = (uint32_t)st.st_blksize;
    x.stx_nlink = (uint32_t)st.st_nlink;
    x.stx_uid = st.st_uid;
    x.stx_gid = st.st_gid;
    x.stx_mode = (uint16_t)st.st_mode;
    x.stx_ino = st.st_ino;
    x.stx_size = (uint64_t)st.st_size;
    x.stx_blocks = (uint64_t)st.st_blocks;
    x.stx_atime = stamp(st.st_atim);
    x.stx_mtime = stamp(st.st_mtim);
    x.stx_ctime = stamp(st.st_ctim);
    x.stx_rdev_major = major(st.st_rdev);
    x.stx_rdev_minor = minor(st.st_rdev);
    x.stx_dev_major = major(st.st_dev);
    x.stx_dev_minor = minor(st.st_dev);
    return copy_out(c->arg[4], &x, sizeof x);
}

/* ---- rights ------------------------------------------------------------------------------------------------------ */

/* fchmodat2 does not follow links; before Linux 6.6 the file has to be opened for it. */
static int64_t chmod_host(int parent, const char *name, mode_t mode)
{
    if (syscall(SYS_fchmodat2, parent, name, mode, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    if (errno != ENOSYS && errno != EPERM)
        return -errno;
    int host = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (host < 0 && errno == EACCES)
        host = openat(parent, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (host < 0)
        return errno == ELOOP ? -EOPNOTSUPP : -errno;
    int64_t result = host_result(fchmod(host, mode));
    lock_close_own(host);
    return result;
}

static int64_t chmod_common(struct thread *t, int dirfd, uint64_t path, uint64_t mode)
{
    struct place pl;
    mode_t bits = (mode_t)mode & 0777; /* no setuid, setgid or sticky bits: they would mean something on the host */
    int64_t result = find(t, dirfd, path, 0, &pl);
    if (result)
        return result;
    bool device = S_ISCHR(pl.status.st_mode) || S_ISBLK(pl.status.st_mode);
    result = pl.mount && !device ? place_check_writable(&pl) : -EPERM;
    if (!result)
        result = pl.held ? host_result(fchmod(pl.held->host, bits)) : chmod_host(pl.parent, pl.name, bits);
    place_release(&pl);
    return result;
}

SYSCALL(chmod)
{
    return chmod_common(t, AT_FDCWD, c->arg[0], c->arg[1]);
}

SYSCALL(fchmodat)
{
    return chmod_common(t, arg_int(c, 0), c->arg[1], c->arg[2]);
}

/* What may be changed through a descriptor: files of writable mounts and memfds. */
static int check_changeable(const struct file *f)
{
    if (f->kind == FILE_PATH)
        return -EBADF;
    if (f->mount)
        return f->mount->kind == MOUNT_READ_ONLY ? -EROFS : 0;
    return f->kind == FILE_MEMORY ? 0 : -EPERM;
}

SYSCALL(fchmod)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = check_changeable(d->file);
    if (!result)
        result = host_result(fchmod(d->host, (mode_t)c->arg[1] & 0777));
    descriptor_put(d);
    return result;
}

/* ---- owners ------------------------------------------------------------------------------------------------------ */

/* A user without CAP_CHOWN may give a file of their own to themselves: nothing to do on the host. */
static int64_t chown_check(const struct stat *st, int read_only, uint32_t user, uint32_t group)
{
    if (read_only)
        return -EROFS;
    if (user == UINT32_MAX && group == UINT32_MAX)
        return 0;
    if (st->st_uid != GUEST_ID || (user != UINT32_MAX && user != GUEST_ID) ||
        (group != UINT32_MAX && group != GUEST_ID && group != st->st_gid))
        return -EPERM;
    return 0;
}

static int64_t chown_common(struct thread *t, int dirfd, uint64_t path, int flags, uint32_t user, uint32_t group)
{
    struct place pl;
    struct stat st;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    int64_t result = find(t, dirfd, path, flags, &pl);
    if (result)
        return result;
    result = place_stat(t->process, &pl, &st);
    if (!result)
        result = chown_check(&st, pl.mount && pl.mount->kind == MOUNT_READ_ONLY, user, group);
    place_release(&pl);
    return result;
}

SYSCALL(chown)
{
    return chown_common(t, AT_FDCWD, c->arg[0], 0, (uint32_t)c->arg[1], (uint32_t)c->arg[2]);
}

SYSCALL(lchown)
{
    return chown_common(t, AT_FDCWD, c->arg[0], AT_SYMLINK_NOFOLLOW, (uint32_t)c->arg[1], (uint32_t)c->arg[2]);
}

SYSCALL(fchownat)
{
    return chown_common(t, arg_int(c, 0), c->arg[1], arg_int(c, 4), (uint32_t)c->arg[2], (uint32_t)c->arg[3]);
}

SYSCALL(fchown)
{
    struct stat st;
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    const struct mount *m = d->file->mount;
    int64_t result = d->file->kind == FILE_PATH ? -EBADF : descriptor_stat(t->process, d, &st);
    if (!result)
        result = chown_check(&st, m && m->kind == MOUNT_READ_ONLY, (uint32_t)c->arg[1], (uint32_t)c->arg[2]);
    descriptor_put(d);
    return result;
}

/* ---- times ------------------------------------------------------------------------------------------------------- */

static int64_t set_times(const struct place *pl, const struct timespec times[2])
{
    if (!pl->mount)
        return -EPERM;
    int error = place_check_writable(pl);
    if (error)
        return error;
    if (pl->held)
        return host_result(syscall(SYS_utimensat, pl->held->host, "", times, AT_EMPTY_PATH));
    return host_result(utimensat(pl->parent, pl->name, times, AT_SYMLINK_NOFOLLOW));
}

/* utimensat(2) with a null path is futimens(3). */
static int64_t times_descriptor(struct thread *t, int number, const struct timespec times[2])
{
    struct descriptor *d = descriptor_get(t->process, number);
    if (!d)
        return -EBADF;
    int64_t result = check_changeable(d->file);
    if (!result)
        result = host_result(futimens(d->host, times));
    descriptor_put(d);
    return result;
}

/* `times` NULL: now. */
static int64_t times_common(struct thread *t, int dirfd, uint64_t path, const struct timespec *times, int flags)
{
    static const struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    struct place pl;
    if (!times)
        times = now;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if (path == 0 && dirfd != AT_FDCWD)
        return flags & AT_SYMLINK_NOFOLLOW ? -EINVAL : times_descriptor(t, dirfd, times);
    int64_t result = find(t, dirfd, path, flags, &pl);
    if (result)
        return result;
    result = set_times(&pl, times);
    place_release(&pl);
    return result;
}

SYSCALL(utimensat)
{
    struct timespec times[2];
    int error = c->arg[2] ? copy_in(times, c->arg[2], sizeof times) : 0;
    if (error)
        return error;
    if (c->arg[2] && times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT)
        return 0; /* not even the path is looked at */
    return times_common(t, arg_int(c, 0), c->arg[1], c->arg[2] ? times : NULL, arg_int(c, 3));
}

static int64_t times_micro(struct thread *t, int dirfd, uint64_t path, uint64_t from)
{
    struct timeval given[2];
    struct timespec times[2];
    if (!from)
        return times_common(t, dirfd, path, NULL, 0);
    int error = copy_in(given, from, sizeof given);
    if (error)
        return error;
    for (int i = 0; i < 2; i++) {
        if (given[i].tv_usec < 0 || given[i].tv_usec >= 1000000)
            return -EINVAL;
        times[i] = (struct timespec){given[i].tv_sec, given[i].tv_usec * 1000};
    }
    return times_common(t, dirfd, path, times, 0);
}

SYSCALL(utimes)
{
    return times_micro(t, AT_FDCWD, c->arg[0], c->arg[1]);
}

SYSCALL(futimesat)
{
    return times_micro(t, arg_int(c, 0), c->arg[1], c->arg[2]);
}

SYSCALL(utime)
{
    struct utimbuf given;
    if (!c->arg[1])
        return times_common(t, AT_FDCWD, c->arg[0], NULL, 0);
    int error = copy_in(&given, c->arg[1], sizeof given);
    struct timespec times[2] = {{given.actime, 0}, {given.modtime, 0}};
    return error ? error : times_common(t, AT_FDCWD, c->arg[0], times, 0);
}
