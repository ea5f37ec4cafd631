/* The system calls on memory. */
#include "hostvirt/file.h"
#include "hostvirt/memory_private.h"
#include "hostvirt/syscall.h"

#include <fcntl.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MFD_EXEC /* Linux 6.3 */
#define MFD_NOEXEC_SEAL 8u
#define MFD_EXEC 16u
#endif

/* What of a descriptor can be mapped: regular files and memory objects; /dev/zero stands for anonymous memory. */
enum mappable { MAPPABLE_NOT, MAPPABLE_FILE, MAPPABLE_ZERO };

static enum mappable mappable(const struct descriptor *d)
{
    struct stat status;
    switch (d->file->kind) {
    case FILE_ZERO:
        return MAPPABLE_ZERO;
    case FILE_REGULAR:
    case FILE_MEMORY:
    case FILE_STANDARD:
        return fstat(d->host, &status) == 0 && S_ISREG(status.st_mode) ? MAPPABLE_FILE : MAPPABLE_NOT;
    default:
        return MAPPABLE_NOT;
    }
}

static int64_t map_file(struct thread *t, struct descriptor *d, const struct call *c, int prot, int flags)
{
    struct memory *m = t->process->memory;
    if (d->file->kind == FILE_PATH)
        return -EBADF;
    switch (mappable(d)) {
    case MAPPABLE_ZERO:
        return memory_map(m, c->arg[0], c->arg[1], prot, flags | MAP_ANONYMOUS, NULL, -1, 0);
    case MAPPABLE_NOT:
        return -ENODEV;
    default:
        break;
    }
    struct mapped_file *file = mapped_file_new(d->host, d->file->path);
    if (file == NULL)
        return -ENOMEM;
    file->counted = d->file->writable;
    int64_t result = memory_map(m, c->arg[0], c->arg[1], prot, flags, file, d->host, c->arg[5]);
    if (result < 0)
        mapped_file_release(file);
    if (result == -ENOSPC)
        COUNT(t->process->monitor->statistics, denied_files);
    return result;
}

SYSCALL(mmap)
{
    int prot = arg_int(c, 2), flags = arg_int(c, 3);
    if (c->arg[5] % PAGE_BYTES != 0)
        return -EINVAL;
    if (flags & MAP_ANONYMOUS)
        return memory_map(t->process->memory, c->arg[0], c->arg[1], prot, flags, NULL, -1, 0);
    struct descriptor *d = descriptor_get(t->process, arg_int(c, 4));
    if (d == NULL)
        return -EBADF;
    int64_t result = map_file(t, d, c, prot, flags);
    descriptor_put(d);
    return result;
}

SYSCALL(munmap)
{
    return memory_unmap(t->process->memory, c->arg[0], c->arg[1]);
}

SYSCALL(mprotect)
{
    return memory_protect(t->process->memory, c->arg[0], c->arg[1], arg_int(c, 2));
}

SYSCALL(mremap)
{
    return memory_remap(t->process->memory, c->arg[0], c->arg[1], c->arg[2], arg_int(c, 3), c->arg[4]);
}

SYSCALL(brk)
{
    return memory_break(t->process->memory, c->arg[0]);
}

/* Populating a large range is interrupted by a kick; it goes on where it was when it is made again. */
SYSCALL(madvise)
{
    int result = memory_advise(t->process->memory, c->arg[0], c->arg[1], arg_int(c, 2));
    return result == -EINTR ? SYS_RESTART_ALWAYS : result;
}

/* 0, or -ENOMEM when a page of the range is not mapped. */
static int check_mapped(struct memory *m, uint64_t start, uint64_t end)
{
    int error = 0;
    pthread_mutex_lock(&m->lock);
    while (start < end && error == 0) {
        const struct mapping *mapping = memory_find(m, start);
        if (mapping == NULL || mapping->start > start)
            error = -ENOMEM;
        else
            start = mapping->end;
    }
    pthread_mutex_unlock(&m->lock);
    return error;
}

SYSCALL(msync)
{
    int flags = arg_int(c, 2);
    uint64_t end;
    if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) != 0 || (flags & MS_ASYNC && flags & MS_SYNC) ||
        c->arg[0] % PAGE_BYTES != 0)
        return -EINVAL;
    if (c->arg[1] == 0)
        return 0;
    int error = memory_range(c->arg[0], c->arg[1], &end);
    if (error != 0)
        return error;
    long result = blocking_call(t, SYS_msync, (long)c->arg[0], (long)(end - c->arg[0]), flags, 0, 0, 0);
    return result == -EINTR ? SYS_RESTART_ALWAYS : result;
}

/* Every mapped page is said to be resident: the host's page cache is nothing that a guest may look at. */
SYSCALL(mincore)
{
    uint64_t end;
    unsigned char resident[512];
    if (c->arg[0] % PAGE_BYTES != 0)
        return -EINVAL;
    if (c->arg[1] == 0)
        return 0;
    int error = memory_range(c->arg[0], c->arg[1], &end);
    if (error == 0)
        error = check_mapped(t->process->memory, c->arg[0], end);
    if (error != 0)
        return error;
    memset(resident, 1, sizeof resident);
    uint64_t pages = (end - c->arg[0]) / PAGE_BYTES;
    for (uint64_t done = 0; done < pages; done += sizeof resident) {
        size_t part = pages - done < sizeof resident ? (size_t)(pages - done) : sizeof resident;
        if (copy_out(c->arg[2] + done, resident, part) != 0)
            return -EFAULT;
    }
    return 0;
}

/* Locked memory is a wish that the host does not grant to guests: the range is checked, nothing is pinned. */
static int64_t lock_range(struct thread *t, uint64_t address, uint64_t bytes)
{
    uint64_t start = page_down(address), slack = address - start, end;
    if (bytes > UINT64_MAX - slack - PAGE_BYTES)
        return -EINVAL;
    if (bytes == 0)
        return 0;
    int error = memory_range(start, bytes + slack, &end);
    return error != 0 ? error : check_mapped(t->process->memory, start, end);
}

SYSCALL(mlock)
{
    return lock_range(t, c->arg[0], c->arg[1]);
}

SYSCALL(munlock)
{
    return lock_range(t, c->arg[0], c->arg[1]);
}

SYSCALL(mlock2)
{
    return (arg_int(c, 2) & ~MLOCK_ONFAULT) != 0 ? -EINVAL : lock_range(t, c->arg[0], c->arg[1]);
}

SYSCALL(mlockall)
{
    int flags = arg_int(c, 0);
    bool known = (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) == 0;
    return known && (flags & (MCL_CURRENT | MCL_FUTURE)) != 0 ? 0 : -EINVAL;
}

SYSCALL(munlockall)
{
    return 0;
}

/* Guest threads are threads of the monitor: the host's interrupt to the processors that run them ends guest mode, too,
 * and is the barrier.  Not offered: what concerns other processes, restartable sequences, and synchronising cores. */
SYSCALL(membarrier)
{
    const int offered = MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    int command = arg_int(c, 0);
    if (arg_int(c, 1) != 0)
        return -EINVAL;
    if (command == MEMBARRIER_CMD_QUERY) {
        long known = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
        return known < 0 ? -errno : known & offered;
    }
    if (command != MEMBARRIER_CMD_PRIVATE_EXPEDITED && command != MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
        return -EINVAL;
    long result = syscall(SYS_membarrier, command, 0, 0);
    /* A clone of a guest that has registered runs in a monitor that has not. */
    if (result < 0 && errno == EPERM &&
        syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0)
        result = syscall(SYS_membarrier, command, 0, 0);
    return result < 0 ? -errno : result;
}

#define MEMORY_NAME 249 /* bytes of a memfd's name that Linux takes (memfd_create(2)) */

SYSCALL(memfd_create)
{
    char name[MEMORY_NAME + 1];
    unsigned flags = (unsigned)arg_int(c, 1);
    if ((flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC)) != 0 ||
        (flags & MFD_EXEC && flags & MFD_NOEXEC_SEAL))
        return -EINVAL; /* among them MFD_HUGETLB: no pool of huge pages */
    long length = copy_string(name, c->arg[0], sizeof name);
    if (length < 0)
        return length == -ENAMETOOLONG ? -EINVAL : length;
    int host = memfd_create("cloister-guest", flags | MFD_CLOEXEC);
    if (host < 0)
        return -errno;
    char *path = NULL;
    if (asprintf(&path, "/memfd:%s (deleted)", name) < 0) {
        close(host);
        return -ENOMEM;
    }
    struct file *file = file_new(FILE_MEMORY, O_RDWR, path);
    if (file == NULL) {
        close(host);
        return -ENOMEM;
    }
    return descriptor_install(t->process, host, file, (flags & MFD_CLOEXEC) != 0, 0);
}
