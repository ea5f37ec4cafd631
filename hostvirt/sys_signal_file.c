/* signalfd(2): an eventfd of the host that is readable while a signal of the mask may be pending (guestsignal.h), and
 * reads that take the signals themselves. */
#include "hostvirt/event.h"
#include "hostvirt/syscall.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define AT_ONCE 16 /* signals that one read takes */
#define NEVER (1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1))

/* The eventfd is emptied, and filled again when more is pending; who else reads meanwhile finds nothing and waits. */
static void settle(struct thread *t, int host, uint64_t mask)
{
    uint64_t count = 1;
    struct iovec v = {&count, sizeof count};

    ssize_t emptied = preadv2(host, &v, 1, -1, RWF_NOWAIT); /* or it was empty */
    count = 1;
    if (emptied != 0 && (signal_pending_set(t) & mask) != 0 && write(host, &count, sizeof count) < 0)
        return; /* full: readable it is */
}

static void fill(const siginfo_t *from, struct signalfd_siginfo *to)
{
    *to = (struct signalfd_siginfo){
        .ssi_signo = (uint32_t)from->si_signo, .ssi_errno = from->si_errno, .ssi_code = from->si_code,
        .ssi_pid = (uint32_t)from->si_pid, .ssi_uid = from->si_uid};
    if (from->si_signo == SIGCHLD) {
        to->ssi_status = from->si_status;
        to->ssi_utime = (uint64_t)from->si_utime;
        to->ssi_stime = (uint64_t)from->si_stime;
    } else if (from->si_code == SI_TIMER) {
        to->ssi_pid = to->ssi_uid = 0;
        to->ssi_tid = (uint32_t)from->si_timerid;
        to->ssi_overrun = (uint32_t)from->si_overrun;
    }
    if (from->si_code < 0) { /* sigqueue(3), timers */
        to->ssi_int = from->si_int;
        to->ssi_ptr = (uint64_t)(uintptr_t)from->si_ptr;
    }
}

/* Bytes, over the guest's parts. */
static int scatter(const struct iovec *parts, int count, const char *from, size_t bytes)
{
    for (int i = 0; i < count && bytes > 0; i++) {
        size_t part = parts[i].iov_len < bytes ? parts[i].iov_len : bytes;
        if (copy_out((uint64_t)(uintptr_t)parts[i].iov_base, from, part) != 0)
            return -EFAULT;
        from += part;
        bytes -= part;
    }
    return 0;
}

static int64_t read_signals(struct thread *t, struct descriptor *d, struct iovec *parts, int count)
{
    const struct event_signals *kept = d->file->data;
    struct signalfd_siginfo got[AT_ONCE];
    struct pollfd readable = {d->host, POLLIN, 0};
    uint64_t room = 0;
    unsigned taken = 0;
    siginfo_t info;

    for (int i = 0; i < count; i++)
        room += parts[i].iov_len < sizeof got ? parts[i].iov_len : sizeof got;
    if (room < sizeof got[0])
        return -EINVAL;
    for (;;) {
        uint64_t mask = kept->watch.mask;
        while (taken < AT_ONCE && (taken + 1) * sizeof got[0] <= room && signal_take(t, mask, &info))
            fill(&info, &got[taken++]);
        settle(t, d->host, mask);
        if (taken > 0)
            break;
        if (fcntl(d->host, F_GETFL) & O_NONBLOCK)
            return -EAGAIN;
        if (blocking_call(t, SYS_ppoll, (long)&readable, 1, 0, 0, KERNEL_MASK_BYTES, 0) == -EINTR)
            return SYS_RESTART;
    }
    return scatter(parts, count, (const char *)got, taken * sizeof got[0]) != 0 ? -EFAULT
                                                                               : (int64_t)(taken * sizeof got[0]);
}

static int64_t write_never(struct thread *t, struct descriptor *d, struct iovec *parts, int count)
{
    (void)t, (void)d, (void)parts, (void)count;
    return -EINVAL;
}

static void free_signals(void *data)
{
    struct event_signals *kept = data;

    signal_unwatch(kept->process, &kept->watch);
    process_put(kept->process);
    close(kept->watch.host);
    free(kept);
}

/* The watch has a descriptor of its own, which outlives the guest's while a signal is on its way. */
struct file *event_signals_new(struct process *p, uint64_t mask, int host, char *path)
{
    struct event_signals *kept = calloc(1, sizeof *kept);
    struct file *f = kept != NULL ? file_new(FILE_SIGNAL, O_RDWR, path) : NULL;

    if (kept != NULL)
        kept->watch = (struct signal_watch){.mask = mask & ~NEVER, .host = fcntl(host, F_DUPFD_CLOEXEC, 3)};
    if (f == NULL || kept->watch.host < 0) {
        if (kept == NULL)
            free(path);
        if (kept != NULL && kept->watch.host >= 0)
            close(kept->watch.host);
        free(kept);
        file_release(f);
        return NULL;
    }
    process_get(p);
    kept->process = p;
    f->data = kept;
    f->destroy = free_signals;
    f->read = read_signals;
    f->write = write_never;
    signal_watch(p, &kept->watch);
    return f;
}

static int separate(struct process *p, struct descriptor *d)
{
    const struct event_signals *kept = d->file->data;
    int host = eventfd(0, EFD_CLOEXEC), error = host < 0 ? -errno : descriptor_replace(p, d, host);

    if (error == 0 && dup3(host, kept->watch.host, O_CLOEXEC) < 0)
        error = -errno;
    if (host >= 0)
        close(host);
    return error;
}

/* A copy of the process has signals of its own: its signalfds must not wake the original's. */
int event_signals_forked(struct process *p)
{
    int error = 0;

    for (int n = descriptor_next(p, 0); n >= 0 && error == 0; n = descriptor_next(p, n + 1)) {
        struct descriptor *d = descriptor_get(p, n);
        if (d != NULL && d->file->kind == FILE_SIGNAL)
            error = separate(p, d);
        descriptor_put(d);
    }
    return error;
}

static int64_t make(struct thread *t, uint64_t mask, int flags)
{
    int host = eventfd(0, EFD_CLOEXEC | (flags & SFD_NONBLOCK ? EFD_NONBLOCK : 0));
    struct file *f = host < 0 ? NULL : event_signals_new(t->process, mask, host, strdup("anon_inode:[signalfd]"));

    if (f == NULL) {
        int error = host < 0 ? -errno : -ENOMEM;
        if (host >= 0)
            close(host);
        return error;
    }
    return descriptor_install(t->process, host, f, (flags & SFD_CLOEXEC) != 0, 0);
}

static int64_t change(struct thread *t, int number, uint64_t mask)
{
    struct descriptor *d = descriptor_get(t->process, number);

    if (d == NULL)
        return -EBADF;
    struct event_signals *kept = d->file->kind == FILE_SIGNAL ? d->file->data : NULL;
    if (kept != NULL) {
        signal_unwatch(kept->process, &kept->watch);
        kept->watch.mask = mask & ~NEVER;
        settle(t, d->host, kept->watch.mask);
        signal_watch(kept->process, &kept->watch);
    }
    descriptor_put(d);
    return kept != NULL ? number : -EINVAL;
}

static int64_t signal_file(struct thread *t, const struct call *c, int flags)
{
    uint64_t mask;

    if (c->arg[2] != KERNEL_MASK_BYTES || (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK)))
        return -EINVAL;
    if (copy_in(&mask, c->arg[1], sizeof mask) != 0)
        return -EFAULT;
    return arg_int(c, 0) == -1 ? make(t, mask, flags) : change(t, arg_int(c, 0), mask);
}

SYSCALL(signalfd4)
{
    return signal_file(t, c, arg_int(c, 3));
}

SYSCALL(signalfd)
{
    return signal_file(t, c, 0);
}
