/* Opening the links of /proc/self/fd: what a descriptor of the guest's holds, once more. */
#include "hostvirt/path_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The same description again when the access asked for is part of the one it was opened with. */
static int share_description(struct descriptor *d, int flags, int *to, struct file **file)
{
    int given = d->file->flags & O_ACCMODE, asked = flags & O_ACCMODE;
    if (given != O_RDWR && given != asked)
        return -EACCES;
    int host = fcntl(d->host, F_DUPFD_CLOEXEC, 3);
    if (host < 0)
        return -errno;
    if ((flags & O_TRUNC) && asked != O_RDONLY && ftruncate(host, 0) != 0 && errno != EINVAL) {
        int error = -errno;
        lock_close_own(host);
        return error;
    }
    atomic_fetch_add(&d->file->references, 1);
    *to = host;
    *file = d->file;
    return 0;
}

/* A file of a mount or the emulator is opened by its name, with all checks, when that still names it. */
static int reopen_by_name(struct thread *t, struct descriptor *d, int flags, int *to, struct file **file)
{
    struct place pl;
    struct stat is, was;
    int error = place_find_text(t->process, AT_FDCWD, d->file->path, 0, &pl);
    if (error)
        return error;
    error = place_stat(t->process, &pl, &is);
    if (!error)
        error = descriptor_stat(t->process, d, &was);
    if (!error && (is.st_dev != was.st_dev || is.st_ino != was.st_ino || pl.held))
        error = -ENOENT;
    if (!error)
        error = place_open(t, &pl, flags & ~(O_CREAT | O_EXCL), 0, to, file);
    place_release(&pl);
    return error;
}

/* O_PATH of a description: it names the file and gives no access. */
static int name_description(struct descriptor *d, int flags, int *to, struct file **file)
{
    int host = fcntl(d->host, F_DUPFD_CLOEXEC, 3);
    if (host < 0)
        return -errno;
    *file = file_new(FILE_PATH, flags & ~O_CLOEXEC, strdup(d->file->path));
    if (!*file) {
        lock_close_own(host);
        return -ENOMEM;
    }
    (*file)->mount = d->file->mount;
    *to = host;
    return 0;
}

int place_open_held(struct thread *t, struct descriptor *d, int flags, int *to, struct file **file)
{
    int error = -ENOENT;
    if (flags & O_PATH)
        return name_description(d, flags, to, file);
    switch (d->file->kind) {
    case FILE_REGULAR:
    case FILE_DIRECTORY:
    case FILE_FIFO:
    case FILE_PATH:
    case FILE_LISTING:
    case FILE_NULL:
    case FILE_ZERO:
    case FILE_FULL:
    case FILE_RANDOM:
    case FILE_TEXT:
        error = reopen_by_name(t, d, flags, to, file);
        if (error != -ENOENT && error != -ENOTDIR)
            return error;
        return d->file->kind == FILE_PATH ? -ENOENT : share_description(d, flags, to, file);
    case FILE_PIPE:
    case FILE_STANDARD:
    case FILE_TERMINAL:
    case FILE_MEMORY:
        return share_description(d, flags, to, file);
    default:
        return -ENXIO; /* as Linux answers for sockets and anonymous inodes */
    }
}
