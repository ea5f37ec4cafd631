/* pidfd_open(2) and its kin.  A process that has a monitor of its own is watched by the host's pidfd of that monitor;
 * one that lives in this monitor (itself, a child between vfork and exec) by an eventfd, which process_files_look makes
 * readable: after a process here has ended, and after children of the monitor have. */
#include "hostvirt/process_file.h"
#include "hostvirt/identity.h"
#include "hostvirt/syscall.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PIDFD_NONBLOCK
#define PIDFD_NONBLOCK O_NONBLOCK
#endif

static void free_process_file(void *data)
{
    struct process_file *kept = data;
    struct monitor *m = kept->monitor;

    pthread_mutex_lock(&m->lock);
    for (struct process_file **link = &m->process_files; *link != NULL; link = &(*link)->next)
        if (*link == kept) {
            *link = kept->next;
            break;
        }
    pthread_mutex_unlock(&m->lock);
    if (kept->told >= 0)
        close(kept->told);
    free(kept);
}

static int64_t never(struct thread *t, struct descriptor *d, struct iovec *parts, int count)
{
    (void)t, (void)d, (void)parts, (void)count;
    return -EINVAL;
}

static bool ended(struct family *f, int pid)
{
    family_lock(f);
    const struct family_process *row = family_find(f, pid);
    bool over = row == NULL || row->state == PROCESS_ZOMBIE;
    family_unlock(f);
    return over;
}

void process_files_look(struct monitor *m)
{
    const uint64_t one = 1;

    pthread_mutex_lock(&m->lock);
    for (struct process_file *k = m->process_files; k != NULL; k = k->next)
        if (!k->over && ended(m->family, k->pid))
            k->over = write(k->told, &one, sizeof one) == sizeof one;
    pthread_mutex_unlock(&m->lock);
}

static void watch(struct process_file *kept)
{
    struct monitor *m = kept->monitor;

    pthread_mutex_lock(&m->lock);
    kept->next = m->process_files;
    m->process_files = kept;
    pthread_mutex_unlock(&m->lock);
    process_files_look(m); /* it may be over already */
}

/* The host descriptor for the process of a row: -ESRCH, the host's error. */
static int host_of(struct monitor *m, int pid, bool *here)
{
    struct family *f = m->family;

    family_lock(f);
    const struct family_process *row = family_find(f, pid);
    pid_t host = row != NULL ? row->host : 0; /* 0: an ended child that a snapshot has kept */
    *here = row == NULL || row->state == PROCESS_ZOMBIE || host == getpid();
    int made = *here ? -1 : (int)syscall(SYS_pidfd_open, host, 0), error = *here || made >= 0 ? 0 : errno;
    family_unlock(f);
    if (row == NULL)
        return -ESRCH;
    if (error == ESRCH)
        *here = true; /* its monitor has gone this moment */
    else if (error != 0)
        return -error;
    if (*here)
        made = eventfd(0, EFD_CLOEXEC);
    return made < 0 ? -errno : made;
}

int64_t process_file_open(struct thread *t, int pid, int flags)
{
    bool here = false;
    struct monitor *m = t->process->monitor;
    int host = host_of(m, pid, &here), told = -1;
    if (host >= 0 && here && (told = fcntl(host, F_DUPFD_CLOEXEC, 3)) < 0) {
        int error = -errno;
        close(host);
        return error;
    }
    struct process_file *kept = host < 0 ? NULL : calloc(1, sizeof *kept);
    struct file *f =
        kept == NULL ? NULL : file_new(FILE_PROCESS, O_RDWR | (flags & O_NONBLOCK), strdup("anon_inode:[pidfd]"));

    if (f == NULL) {
        free(kept);
        if (host >= 0)
            close(host);
        if (told >= 0)
            close(told);
        return host < 0 ? host : -ENOMEM;
    }
    *kept = (struct process_file){.monitor = m, .pid = pid, .told = told};
    f->data = kept;
    f->destroy = free_process_file;
    f->read = f->write = never;
    if (here)
        watch(kept);
    return descriptor_install(t->process, host, f, true, 0);
}

int process_file_pid(struct thread *t, int number, bool *nonblock)
{
    struct descriptor *d = descriptor_get(t->process, number);
    int pid = -EBADF;

    if (d != NULL && d->file->kind == FILE_PROCESS) {
        pid = ((const struct process_file *)d->file->data)->pid;
        *nonblock = (d->file->flags & O_NONBLOCK) != 0;
    }
    descriptor_put(d);
    return pid;
}

/* The process whose folder of /proc a descriptor stands for, which pidfd_send_signal(2) takes, too; or -EBADF. */
static int folder_pid(struct thread *t, int number)
{
    static const char tree[] = "/proc/";
    struct descriptor *d = descriptor_get(t->process, number);
    int pid = -EBADF;

    if (d != NULL && d->file->kind == FILE_LISTING && strncmp(d->file->path, tree, sizeof tree - 1) == 0) {
        const char *name = d->file->path + sizeof tree - 1;
        char *end;
        unsigned long of = strtoul(name, &end, 10);

        if (strcmp(name, "self") == 0)
            pid = t->process->pid;
        else if (*name >= '1' && *name <= '9' && *end == 0 && of <= INT_MAX)
            pid = (int)of;
    }
    descriptor_put(d);
    return pid;
}

SYSCALL(pidfd_open)
{
    int pid = arg_int(c, 0), flags = arg_int(c, 1);

    if (pid <= 0 || (flags & ~PIDFD_NONBLOCK))
        return -EINVAL;
    return process_file_open(t, pid, flags);
}

SYSCALL(pidfd_send_signal)
{
    siginfo_t info = {0};
    bool nonblock;
    int pid = process_file_pid(t, arg_int(c, 0), &nonblock), number = arg_int(c, 1);

    if (pid == -EBADF)
        pid = folder_pid(t, arg_int(c, 0));
    if (pid < 0)
        return pid;
    if (c->arg[3] != 0 || number < 0 || number > SIGNAL_COUNT)
        return -EINVAL;
    if (c->arg[2] != 0) {
        if (copy_in(&info, c->arg[2], sizeof info) != 0)
            return -EFAULT;
        if (info.si_signo != number)
            return -EINVAL;
        if ((info.si_code >= 0 || info.si_code == SI_TKILL) && pid != t->process->pid)
            return -EPERM; /* it would look as if the kernel had sent it */
    } else {
        info = (siginfo_t){.si_signo = number, .si_code = SI_USER};
        info.si_pid = t->process->pid;
        info.si_uid = GUEST_ID;
    }
    return family_signal(t, pid, &info);
}
