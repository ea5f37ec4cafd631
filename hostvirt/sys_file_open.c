/* Descriptors coming and going: open, close, dup and pipes. */
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t open_common(struct thread *t, int dirfd, uint64_t path, int flags, uint64_t mode)
{
    struct place pl;
    struct file *file;
    int host;
    int how = 0;
    if (flags & O_PATH)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    bool exclusive = (flags & O_CREAT) && (flags & O_EXCL);
    if (!(flags & O_NOFOLLOW) && !exclusive)
        how |= PLACE_FOLLOW;
    if ((flags & O_CREAT) && (flags & O_TMPFILE) != O_TMPFILE)
        how |= PLACE_CREATE;
    if (exclusive)
        how |= PLACE_LAST;
    int error = descriptor_room(t->process); /* before a file is made that nobody gets */
    if (!error)
        error = place_find(t, dirfd, path, how, &pl);
    if (error)
        return error;
    error = place_open(t, &pl, flags, (mode_t)mode & 07777, &host, &file);
    place_release(&pl);
    if (error)
        return error;
    return descriptor_install(t->process, host, file, (flags & O_CLOEXEC) != 0, 0);
}

SYSCALL(open)
{
    return open_common(t, AT_FDCWD, c->arg[0], arg_int(c, 1), c->arg[2]);
}

SYSCALL(openat)
{
    return open_common(t, arg_int(c, 0), c->arg[1], arg_int(c, 2), c->arg[3]);
}

SYSCALL(creat)
{
    return open_common(t, AT_FDCWD, c->arg[0], O_CREAT | O_WRONLY | O_TRUNC, c->arg[1]);
}

SYSCALL(close)
{
    return descriptor_close(t->process, arg_int(c, 0));
}

/* CLOSE_RANGE_UNSHARE has nothing to do: no two processes share a table. */
SYSCALL(close_range)
{
    struct process *p = t->process;
    uint32_t first = (uint32_t)c->arg[0], last = (uint32_t)c->arg[1], flags = (uint32_t)c->arg[2];
    if (first > last || (flags & ~(uint32_t)(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE)))
        return -EINVAL;
    if (first > INT_MAX)
        return 0;
    for (int n = descriptor_next(p, (int)first); n >= 0 && (uint32_t)n <= last; n = descriptor_next(p, n + 1)) {
        if (flags & CLOSE_RANGE_CLOEXEC)
            descriptor_set_flags(p, n, FD_CLOEXEC);
        else
            descriptor_close(p, n); /* EBADF: another thread was first */
    }
    return 0;
}

SYSCALL(dup)
{
    return descriptor_dup(t->process, arg_int(c, 0), 0, false);
}

SYSCALL(dup2)
{
    return descriptor_dup_to(t->process, arg_int(c, 0), arg_int(c, 1), false);
}

SYSCALL(dup3)
{
    int flags = arg_int(c, 2);
    if ((flags & ~O_CLOEXEC) || arg_int(c, 0) == arg_int(c, 1))
        return -EINVAL;
    return descriptor_dup_to(t->process, arg_int(c, 0), arg_int(c, 1), (flags & O_CLOEXEC) != 0);
}

static int install_end(struct process *p, int host, int access, int flags)
{
    struct stat st;
    char *path = NULL;
    if (fstat(host, &st) != 0 || asprintf(&path, "pipe:[%llu]", (unsigned long long)st.st_ino) < 0)
        path = NULL;
    struct file *f = file_new(FILE_PIPE, access | (flags & ~O_CLOEXEC), path);
    return descriptor_install(p, host, f, (flags & O_CLOEXEC) != 0, 0);
}

static int64_t pipe_common(struct thread *t, uint64_t to, int flags)
{
    struct process *p = t->process;
    int host[2], guest[2];
    if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return -EINVAL;
    if (pipe2(host, flags | O_CLOEXEC) != 0)
        return -errno;
    guest[0] = install_end(p, host[0], O_RDONLY, flags);
    if (guest[0] < 0) {
        close(host[1]);
        return guest[0];
    }
    guest[1] = install_end(p, host[1], O_WRONLY, flags);
    int error = guest[1] < 0 ? guest[1] : copy_out(to, guest, sizeof guest);
    if (error) {
        descriptor_close(p, guest[0]);
        if (guest[1] >= 0)
            descriptor_close(p, guest[1]);
    }
    return error;
}

SYSCALL(pipe)
{
    return pipe_common(t, c->arg[0], 0);
}

SYSCALL(pipe2)
{
    return pipe_common(t, c->arg[0], arg_int(c, 1));
}
