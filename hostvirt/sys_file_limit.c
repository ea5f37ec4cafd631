/* What limits writing: RLIMIT_FSIZE and the policy's allowance of bytes written. */
#include "hostvirt/limits.h"
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

void file_signal_self(struct thread *t, int number)
{
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = number;
    info.si_code = SI_USER;
    info.si_pid = t->process->pid;
    info.si_uid = GUEST_ID;
    signal_thread(t, &info); /* a full queue loses it as Linux would */
}

static bool has_size(const struct file *f)
{
    return f->kind == FILE_REGULAR || f->kind == FILE_MEMORY;
}

int file_check_size(struct thread *t, uint64_t bytes)
{
    if (bytes <= t->process->limits[RLIMIT_FSIZE].rlim_cur)
        return 0;
    file_signal_self(t, SIGXFSZ);
    return -EFBIG;
}

static int limit_size(struct thread *t, const struct descriptor *d, uint64_t *bytes, int64_t offset)
{
    rlim_t limit = t->process->limits[RLIMIT_FSIZE].rlim_cur;
    struct stat st;
    if (limit == RLIM_INFINITY || !has_size(d->file) || *bytes == 0)
        return 0;
    int flags = fcntl(d->host, F_GETFL);
    if (flags >= 0 && (flags & O_APPEND) && fstat(d->host, &st) == 0)
        offset = st.st_size;
    else if (offset == WHOLE_POSITION)
        offset = lseek(d->host, 0, SEEK_CUR);
    if (offset < 0)
        return 0; /* the call itself will say */
    if ((uint64_t)offset >= limit) {
        file_signal_self(t, SIGXFSZ);
        return -EFBIG;
    }
    if (*bytes > limit - (uint64_t)offset)
        *bytes = limit - (uint64_t)offset;
    return 0;
}

/* Reserves up to *bytes of the family's allowance. */
static int limit_disk(struct thread *t, const struct file *f, uint64_t *bytes)
{
    struct monitor *m = t->process->monitor;
    uint64_t limit = m->policy->disk_written;
    if (!f->writable || *bytes == 0)
        return 0;
    uint64_t used = atomic_load(&m->family->disk_written), take;
    do {
        take = *bytes;
        if (limit && used >= limit)
            take = 0;
        else if (limit && take > limit - used)
            take = limit - used;
        if (take == 0) {
            COUNT(m->statistics, denied_files);
            return -ENOSPC;
        }
    } while (!atomic_compare_exchange_weak(&m->family->disk_written, &used, used + take));
    *bytes = take;
    return 0;
}

int file_reserve(struct monitor *m, uint64_t bytes)
{
    uint64_t limit = m->policy->disk_written, used = atomic_fetch_add(&m->family->disk_written, bytes);
    if (!limit || (used <= limit && bytes <= limit - used))
        return 0;
    file_unreserve(m, bytes);
    COUNT(m->statistics, denied_files);
    return -ENOSPC;
}

void file_unreserve(struct monitor *m, uint64_t bytes)
{
    atomic_fetch_sub(&m->family->disk_written, bytes);
}

/* What one call may write.  A memfd cannot grow by more than all memory, before limits.c looks at it. */
static uint64_t write_limit(struct thread *t, const struct file *f)
{
    uint64_t memory = t->process->monitor->family->memory_limit;
    return f->kind == FILE_MEMORY && memory < MOVE_LIMIT ? memory : MOVE_LIMIT;
}

int file_write_begin(struct thread *t, const struct descriptor *d, uint64_t *bytes, int64_t offset)
{
    uint64_t most = write_limit(t, d->file);
    if (*bytes > most)
        *bytes = most;
    int error = limit_size(t, d, bytes, offset);
    return error ? error : limit_disk(t, d->file, bytes);
}

void file_write_end(struct thread *t, const struct file *f, uint64_t reserved, int64_t result)
{
    uint64_t written = result > 0 ? (uint64_t)result : 0;
    if (f->kind == FILE_MEMORY && written != 0)
        limits_memory_grew(t->process->monitor, written);
    if (f->writable && written < reserved)
        atomic_fetch_sub(&t->process->monitor->family->disk_written, reserved - written);
    if (result == -EPIPE)
        file_signal_self(t, SIGPIPE);
}
