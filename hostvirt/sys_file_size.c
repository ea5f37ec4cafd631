/* Positions, sizes and what is on the disk: lseek, truncate, fallocate, fsync, statfs and advice. */
#include "hostvirt/limits.h"
#include "hostvirt/path_private.h"
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* ---- position ---------------------------------------------------------------------------------------------------- */

/* A folder whose listing the monitor completes: names that the host has come first and have the host's cookies, the
 * others have cookies from LISTING_EXTRA on. */
static int64_t seek_listing(struct descriptor *d, int64_t offset, int whence)
{
    struct listing *l = d->file->data;
    int64_t result = -EINVAL;
    pthread_mutex_lock(&l->lock);
    if (whence == SEEK_CUR && offset == 0)
        result = (int64_t)l->position;
    else if (whence == SEEK_SET && offset >= 0)
        result = d->file->kind == FILE_LISTING || offset >= LISTING_EXTRA || lseek(d->host, offset, SEEK_SET) >= 0
                     ? offset
                     : -errno;
    if (result >= 0)
        l->position = (uint64_t)result;
    pthread_mutex_unlock(&l->lock);
    return result;
}

static int64_t seek_host(struct descriptor *d, int64_t offset, int whence)
{
    off_t result = lseek(d->host, offset, whence);
    return result < 0 ? -errno : result;
}

SYSCALL(lseek)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    const struct file *f = d->file;
    bool listed = (f->kind == FILE_LISTING || f->kind == FILE_DIRECTORY) && f->data;
    int64_t offset = (int64_t)c->arg[1];
    int whence = arg_int(c, 2);
    int64_t result = f->kind == FILE_PATH ? -EBADF
                     : listed             ? seek_listing(d, offset, whence)
                                          : seek_host(d, offset, whence);
    descriptor_put(d);
    return result;
}

/* ---- size -------------------------------------------------------------------------------------------------------- */

static int64_t set_size(struct thread *t, struct descriptor *d, int64_t bytes)
{
    int error = file_check_write(d->file);
    if (error)
        return error == -EBADF && d->file->kind != FILE_PATH ? -EINVAL : error;
    if (bytes < 0)
        return -EINVAL;
    if (d->file->kind == FILE_TEXT)
        return 0;
    error = file_check_size(t, (uint64_t)bytes);
    if (error)
        return error;
    int64_t result = file_call(t, d, SYS_ftruncate, bytes, 0, 0, 0, 0);
    if (d->file->kind == FILE_MEMORY && result == 0)
        limits_memory_grew(t->process->monitor, (uint64_t)bytes);
    return result;
}

SYSCALL(ftruncate)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = set_size(t, d, (int64_t)c->arg[1]);
    descriptor_put(d);
    return result;
}

SYSCALL(truncate)
{
    struct place pl;
    struct file *file;
    int host;
    int64_t bytes = (int64_t)c->arg[1];
    if (bytes < 0)
        return -EINVAL;
    int64_t result = place_find(t, AT_FDCWD, c->arg[0], PLACE_FOLLOW, &pl);
    if (result)
        return result;
    if (S_ISDIR(pl.status.st_mode))
        result = -EISDIR;
    else if (!S_ISREG(pl.status.st_mode))
        result = -EINVAL;
    else
        result = place_open(t, &pl, O_WRONLY | O_NONBLOCK, 0, &host, &file);
    place_release(&pl);
    if (result)
        return result;
    result = file_check_size(t, (uint64_t)bytes);
    if (!result && ftruncate(host, bytes) != 0)
        result = -errno;
    close(host);
    file_release(file);
    return result;
}

/* What FALLOC_FL modes but the plain ones do (collapse, insert, unshare) is refused as a file system may. */
SYSCALL(fallocate)
{
    int mode = arg_int(c, 1);
    int64_t offset = (int64_t)c->arg[2], length = (int64_t)c->arg[3], end;
    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
        return -EOPNOTSUPP;
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = file_check_write(d->file);
    if (!result && (offset < 0 || length <= 0))
        result = -EINVAL;
    if (!result && d->file->kind == FILE_TEXT)
        result = -ENODEV;
    if (!result && __builtin_add_overflow(offset, length, &end))
        result = -EFBIG;
    if (!result && !(mode & FALLOC_FL_KEEP_SIZE))
        result = file_check_size(t, (uint64_t)end);
    struct monitor *m = t->process->monitor;
    if (!result && d->file->kind == FILE_MEMORY && !(mode & FALLOC_FL_PUNCH_HOLE) &&
        (uint64_t)length > m->family->memory_limit)
        result = -ENOSPC; /* as a file system of that size would */
    bool counted = !result && d->file->writable && !(mode & FALLOC_FL_PUNCH_HOLE);
    if (counted)
        result = file_reserve(m, (uint64_t)length);
    bool reserved = counted && !result;
    if (!result)
        result = file_call(t, d, SYS_fallocate, mode, offset, length, 0, 0);
    if (reserved && result)
        file_unreserve(m, (uint64_t)length);
    if (d->file->kind == FILE_MEMORY)
        limits_memory_grew(m, (uint64_t)length);
    descriptor_put(d);
    return result;
}

/* ---- to the disk ------------------------------------------------------------------------------------------------- */

static int64_t sync_one(struct thread *t, int number, long call)
{
    struct descriptor *d = descriptor_get(t->process, number);
    if (!d)
        return -EBADF;
    int64_t result = d->file->kind == FILE_PATH      ? -EBADF
                     : d->file->kind == FILE_LISTING ? -EINVAL
                                                     : file_call(t, d, call, 0, 0, 0, 0, 0);
    descriptor_put(d);
    return result;
}

SYSCALL(fsync)
{
    return sync_one(t, arg_int(c, 0), SYS_fsync);
}

SYSCALL(fdatasync)
{
    return sync_one(t, arg_int(c, 0), SYS_fdatasync);
}

SYSCALL(syncfs)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    bool ours = d->file->mount && d->file->mount->kind != MOUNT_READ_ONLY; /* else nothing of this guest is unwritten */
    int64_t result = d->file->kind == FILE_PATH ? -EBADF : ours ? file_call(t, d, SYS_syncfs, 0, 0, 0, 0, 0) : 0;
    descriptor_put(d);
    return result;
}

/* Only the file systems that this guest may write to: the rest of the host is not its business. */
SYSCALL(sync)
{
    const struct policy *p = t->process->monitor->policy;
    for (size_t i = 0; i < p->mount_count; i++) {
        const struct mount *m = &p->mounts[i];
        if (m->kind != MOUNT_WRITABLE || m->file)
            continue;
        int folder = host_open_beneath(m->root, ".", O_RDONLY | O_DIRECTORY);
        if (folder < 0)
            continue; /* sync(2) always succeeds */
        int64_t result = file_call_blocking(t, SYS_syncfs, folder, 0, 0, 0, 0, 0);
        close(folder);
        if (result == SYS_RESTART)
            return SYS_RESTART_ALWAYS;
    }
    return 0;
}

SYSCALL(sync_file_range)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = d->file->kind == FILE_PATH
                         ? -EBADF
                         : file_call(t, d, SYS_sync_file_range, (long)c->arg[1], (long)c->arg[2], arg_int(c, 3), 0, 0);
    descriptor_put(d);
    return result;
}

/* ---- advice ------------------------------------------------------------------------------------------------------ */

SYSCALL(fadvise64)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = d->file->kind == FILE_PATH
                         ? -EBADF
                         : file_call(t, d, SYS_fadvise64, (long)c->arg[1], (long)c->arg[2], arg_int(c, 3), 0, 0);
    descriptor_put(d);
    return result;
}

SYSCALL(readahead)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = file_check_read(d->file);
    if (result == -EISDIR)
        result = -EINVAL;
    uint64_t bytes = c->arg[2] < (1u << 21) ? c->arg[2] : 1u << 21; /* a hint: not the host's whole page cache */
    if (!result)
        result = file_call(t, d, SYS_readahead, (long)c->arg[1], (long)bytes, 0, 0, 0);
    descriptor_put(d);
    return result;
}

/* ---- statfs ------------------------------------------------------------------------------------------------------ */

static long emulated_type(const char *path)
{
    if (path_within(path, "/sys/fs/cgroup"))
        return CGROUP2_SUPER_MAGIC;
    return path_within(path, "/proc") ? PROC_SUPER_MAGIC : path_within(path, "/sys") ? SYSFS_MAGIC : TMPFS_MAGIC;
}

static void statfs_emulated(const char *path, struct statfs *out)
{
    memset(out, 0, sizeof *out);
    out->f_type = emulated_type(path);
    out->f_bsize = out->f_frsize = 4096;
    out->f_namelen = NAME_MAX;
    out->f_flags = ST_RDONLY | ST_NOSUID | ST_NODEV | 0x20 /* ST_VALID: the flags are filled in */;
}

/* The guest's part of a disk is what its limit leaves; the host's identity number is not shown. */
static void statfs_virtual(struct thread *t, const struct mount *m, struct statfs *out)
{
    const struct monitor *monitor = t->process->monitor;
    uint64_t limit = monitor->policy->disk_written, used = atomic_load(&monitor->family->disk_written);
    memset(&out->f_fsid, 0, sizeof out->f_fsid);
    out->f_flags |= ST_NOSUID | ST_NODEV;
    if (!m || m->kind == MOUNT_READ_ONLY)
        out->f_flags |= ST_RDONLY;
    uint64_t left = limit > used ? (limit - used) / (uint64_t)out->f_bsize : 0;
    if (limit && out->f_bavail > left)
        out->f_bavail = out->f_bfree = left;
}

/* fstatfs on an O_PATH descriptor works since Linux 3.12. */
static int64_t statfs_out(struct thread *t, int host, const struct mount *m, const char *path, uint64_t to)
{
    struct statfs fs;
    if (host < 0) {
        statfs_emulated(path, &fs);
    } else {
        if (fstatfs(host, &fs) != 0)
            return -errno;
        statfs_virtual(t, m, &fs);
    }
    return copy_out(to, &fs, sizeof fs);
}

static int64_t statfs_descriptor(struct thread *t, const struct descriptor *d, uint64_t to)
{
    bool emulated = !d->file->mount && d->file->path[0] == '/';
    return statfs_out(t, emulated ? -1 : d->host, d->file->mount, d->file->path, to);
}

SYSCALL(statfs)
{
    struct place pl;
    int64_t result = place_find(t, AT_FDCWD, c->arg[0], PLACE_FOLLOW, &pl);
    if (result)
        return result;
    if (pl.held) {
        result = statfs_descriptor(t, pl.held, c->arg[1]);
    } else if (!pl.mount) {
        result = statfs_out(t, -1, NULL, pl.path, c->arg[1]);
    } else {
        int host = openat(pl.parent, pl.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        result = host < 0 ? -errno : statfs_out(t, host, pl.mount, pl.path, c->arg[1]);
        if (host >= 0)
            close(host);
    }
    place_release(&pl);
    return result;
}

SYSCALL(fstatfs)
{
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = statfs_descriptor(t, d, c->arg[1]);
    descriptor_put(d);
    return result;
}
