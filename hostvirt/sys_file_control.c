/* fcntl and flock. */
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PIPE_LIMIT (1 << 20)     /* pipe-max-size as guests are shown it */
#define LARGE_FILE 0100000       /* O_LARGEFILE: glibc defines it as 0; the kernel shows it for every opened file */
#define F_SETSIG_LINUX 10        /* bits/fcntl-linux.h */
#define F_GETSIG_LINUX 11

/* Flags that F_SETFL may change; O_ASYNC is taken and ignored: SIGIO would reach the monitor. */
#define FLAGS_SETTABLE (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)
#define FLAGS_OF_HOST (FLAGS_SETTABLE | O_ACCMODE | O_SYNC | O_DSYNC | O_PATH)

static bool opened_by_name(const struct file *f)
{
    return f->path[0] == '/' && f->kind != FILE_STANDARD;
}

static int64_t get_flags(const struct descriptor *d)
{
    const struct file *f = d->file;
    int host = fcntl(d->host, F_GETFL);
    if (host < 0)
        return -errno;
    if (f->kind == FILE_PATH)
        return (f->flags & (O_DIRECTORY | O_NOFOLLOW)) | O_PATH;
    int flags = host & FLAGS_OF_HOST;
    if (file_kind_emulated(f->kind))
        flags = (flags & ~O_ACCMODE) | (f->flags & O_ACCMODE);
    if (opened_by_name(f))
        flags |= LARGE_FILE | (f->flags & (O_DIRECTORY | O_NOFOLLOW | O_TMPFILE));
    return flags;
}

static int64_t set_flags(const struct descriptor *d, int flags)
{
    if (d->file->kind == FILE_PATH)
        return -EBADF;
    int host = fcntl(d->host, F_GETFL);
    if (host < 0)
        return -errno;
    int wanted = (host & ~(FLAGS_SETTABLE | O_ASYNC)) | (flags & FLAGS_SETTABLE);
    return fcntl(d->host, F_SETFL, wanted) == 0 ? 0 : -errno;
}

/* The virtual pid of a process that holds a lock; 0 as Linux shows holders outside a reader's pid namespace. */
static pid_t lock_holder(struct thread *t, pid_t host)
{
    struct family *f = t->process->monitor->family;
    pid_t found = 0;
    if (host <= 0)
        return host; /* -1: a lock of a description */
    family_lock(f);
    for (int i = 0; i < (int)f->rows && !found; i++)
        if (f->processes[i].state != PROCESS_FREE && f->processes[i].host == host)
            found = f->processes[i].pid;
    family_unlock(f);
    return found;
}

static int64_t record_lock(struct thread *t, struct descriptor *d, int command, uint64_t address)
{
    struct flock lock;
    if (d->file->kind == FILE_PATH)
        return -EBADF;
    int error = copy_in(&lock, address, sizeof lock);
    if (error)
        return error;
    if (command != F_GETLK && command != F_OFD_GETLK)
        return lock_record(t, d, command, &lock);
    if (fcntl(d->host, command, &lock) != 0)
        return -errno;
    if (lock.l_type != F_UNLCK)
        lock.l_pid = lock_holder(t, lock.l_pid);
    return copy_out(address, &lock, sizeof lock);
}

/* Owners of SIGIO are remembered for F_GETOWN; the signal is never sent. */
static int64_t set_owner(struct thread *t, const struct descriptor *d, int owner)
{
    int group = t->process->entry ? t->process->entry->group : t->process->pid;
    if (owner != 0 && owner != t->process->pid && owner != -group)
        return -EPERM;
    d->file->owner = owner;
    return 0;
}

static int64_t pipe_size(const struct descriptor *d, int command, int size)
{
    if (d->file->kind != FILE_PIPE && d->file->kind != FILE_FIFO)
        return -EBADF;
    if (command == F_SETPIPE_SZ && size > PIPE_LIMIT)
        return -EPERM;
    int result = fcntl(d->host, command, size);
    return result < 0 ? -errno : result;
}

static int64_t seals(const struct descriptor *d, int command, int value)
{
    if (d->file->kind != FILE_MEMORY)
        return -EINVAL;
    int result = fcntl(d->host, command, value);
    return result < 0 ? -errno : result;
}

/* Commands on an open description; those on the number itself are in sys_fcntl. */
static int64_t control(struct thread *t, struct descriptor *d, int command, const struct call *c)
{
    switch (command) {
    case F_GETFL:
        return get_flags(d);
    case F_SETFL:
        return set_flags(d, arg_int(c, 2));
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_GETLK:
    case F_OFD_SETLK:
    case F_OFD_SETLKW:
        return record_lock(t, d, command, c->arg[2]);
    case F_SETOWN:
        return set_owner(t, d, arg_int(c, 2));
    case F_GETOWN:
        return d->file->owner;
    case F_GETSIG_LINUX:
        return 0;
    case F_SETSIG_LINUX:
        return arg_int(c, 2) < 0 || arg_int(c, 2) > SIGNAL_COUNT ? -EINVAL : 0;
    case F_SETPIPE_SZ:
    case F_GETPIPE_SZ:
        return pipe_size(d, command, arg_int(c, 2));
    case F_ADD_SEALS:
    case F_GET_SEALS:
        return seals(d, command, arg_int(c, 2));
    default: /* leases, directory notification, hints and what is not known */
        return -EINVAL;
    }
}

SYSCALL(fcntl)
{
    struct process *p = t->process;
    int number = arg_int(c, 0), command = arg_int(c, 1);
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return descriptor_dup(p, number, arg_int(c, 2), command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return descriptor_flags(p, number);
    case F_SETFD:
        return descriptor_set_flags(p, number, arg_int(c, 2));
    default:
        break;
    }
    struct descriptor *d = descriptor_get(p, number);
    if (!d)
        return -EBADF;
    int64_t result = control(t, d, command, c);
    descriptor_put(d);
    return result;
}

SYSCALL(flock)
{
    int operation = arg_int(c, 1);
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 0));
    if (!d)
        return -EBADF;
    int64_t result = d->file->kind == FILE_PATH ? -EBADF : lock_whole(t, d, operation);
    descriptor_put(d);
    return result;
}
