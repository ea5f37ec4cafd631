/* Locks of files: see lock.h. */
#include "hostvirt/lock.h"
#include "hostvirt/file.h"
#include "hostvirt/sys_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct locked_file {
    struct locked_file *next;
    dev_t device;
    ino_t inode;
    struct lock_list ranges;
    int *kept; /* descriptors of the monitor's that wait to be closed */
    size_t kept_count;
};

struct locks {
    pthread_mutex_t lock; /* a leaf */
    struct locked_file *files;
    _Atomic size_t count; /* of files: most closes look no further */
};

/* ---- ranges ------------------------------------------------------------------------------------------------------ */

static void put(struct lock_list *l, int64_t start, int64_t end, short type)
{
    struct lock_range *last = l->count > 0 ? &l->list[l->count - 1] : NULL;

    if (start > end)
        return;
    if (last != NULL && last->type == type && last->end + 1 == start)
        last->end = end;
    else
        l->list[l->count++] = (struct lock_range){start, end, type};
}

int lock_list_set(struct lock_list *l, short type, int64_t start, int64_t end)
{
    struct lock_list new = {malloc((l->count + 3) * sizeof *new.list), 0, l->count + 3};
    bool placed = type == F_UNLCK;

    if (new.list == NULL || l->count + 3 > LOCK_RANGES_MOST) {
        free(new.list);
        return -ENOLCK;
    }
    for (size_t i = 0; i < l->count; i++) {
        const struct lock_range *r = &l->list[i];
        if (!placed && r->end >= start) { /* all that lies before has its place */
            put(&new, r->start, start - 1 < r->end ? start - 1 : r->end, r->type);
            put(&new, start, end, type);
            placed = true;
        } else if (r->start < start) {
            put(&new, r->start, r->end < start ? r->end : start - 1, r->type);
        }
        if (r->end > end)
            put(&new, r->start > end ? r->start : end + 1, r->end, r->type);
    }
    if (!placed)
        put(&new, start, end, type);
    free(l->list);
    *l = new;
    return 0;
}

void lock_list_free(struct lock_list *l)
{
    free(l->list);
    *l = (struct lock_list){0};
}

/* ---- what the process holds -------------------------------------------------------------------------------------- */

struct locks *locks_new(void)
{
    struct locks *l = calloc(1, sizeof *l);

    if (l != NULL)
        pthread_mutex_init(&l->lock, NULL);
    return l;
}

static struct locked_file **find(struct locks *l, const struct stat *status)
{
    struct locked_file **link = &l->files;

    while (*link != NULL && ((*link)->device != status->st_dev || (*link)->inode != status->st_ino))
        link = &(*link)->next;
    return link;
}

/* Under the lock. */
static void remove_file(struct locks *l, struct locked_file **link)
{
    struct locked_file *f = *link;

    *link = f->next;
    l->count--;
    for (size_t i = 0; i < f->kept_count; i++)
        close(f->kept[i]);
    free(f->kept);
    lock_list_free(&f->ranges);
    free(f);
}

void locks_freeze(struct locks *l)
{
    pthread_mutex_lock(&l->lock);
}

void locks_thaw(struct locks *l)
{
    pthread_mutex_unlock(&l->lock);
}

void locks_forget(struct locks *l)
{
    while (l->files != NULL)
        remove_file(l, &l->files);
}

/* Writes down what the host has granted.  -ENOLCK: no room. */
static int note(struct locks *l, const struct stat *status, const struct lock_range *r)
{
    struct locked_file **link = find(l, status);
    int error = 0;

    if (*link == NULL && r->type != F_UNLCK) {
        struct locked_file *f = calloc(1, sizeof *f);
        if (f == NULL)
            return -ENOLCK;
        *f = (struct locked_file){.next = l->files, .device = status->st_dev, .inode = status->st_ino};
        l->files = f;
        link = &l->files;
        l->count++;
    }
    if (*link != NULL)
        error = lock_list_set(&(*link)->ranges, r->type, r->start, r->end);
    if (*link != NULL && (*link)->ranges.count == 0)
        remove_file(l, link);
    return error;
}

void lock_close(int host)
{
    struct locks *l = the_monitor != NULL ? the_monitor->locks : NULL;
    struct stat status;

    if (l != NULL && l->count > 0 && fstat(host, &status) == 0) {
        pthread_mutex_lock(&l->lock);
        struct locked_file **link = find(l, &status);
        if (*link != NULL)
            remove_file(l, link);
        pthread_mutex_unlock(&l->lock);
    }
    close(host);
}

void lock_close_own(int host)
{
    struct locks *l = the_monitor != NULL ? the_monitor->locks : NULL;
    struct stat status;
    bool kept = false;

    if (l != NULL && l->count > 0 && fstat(host, &status) == 0) {
        pthread_mutex_lock(&l->lock);
        struct locked_file *f = *find(l, &status);
        int *list = f != NULL ? reallocarray(f->kept, f->kept_count + 1, sizeof *list) : NULL;
        if (list != NULL) {
            f->kept = list;
            f->kept[f->kept_count++] = host;
            kept = true;
        }
        pthread_mutex_unlock(&l->lock);
    }
    if (!kept)
        close(host);
}

/* ---- calls ------------------------------------------------------------------------------------------------------- */

/* The range as absolute offsets (fcntl(2), advisory record locking).  -EINVAL, -EOVERFLOW. */
static int range_of(const struct descriptor *d, const struct flock *lock, struct lock_range *out)
{
    struct stat status;
    int64_t base = 0;

    if (lock->l_type != F_RDLCK && lock->l_type != F_WRLCK && lock->l_type != F_UNLCK)
        return -EINVAL;
    if (lock->l_whence == SEEK_CUR && (base = lseek(d->host, 0, SEEK_CUR)) < 0)
        base = 0;
    else if (lock->l_whence == SEEK_END)
        base = fstat(d->host, &status) == 0 ? status.st_size : 0;
    else if (lock->l_whence != SEEK_SET && lock->l_whence != SEEK_CUR)
        return -EINVAL;
    out->type = lock->l_type;
    if (__builtin_add_overflow(base, lock->l_start, &out->start))
        return -EOVERFLOW;
    if (lock->l_len == 0)
        out->end = INT64_MAX;
    else if (__builtin_add_overflow(out->start, lock->l_len > 0 ? lock->l_len - 1 : -1, &out->end))
        return -EOVERFLOW;
    if (lock->l_len < 0 && __builtin_add_overflow(out->start, lock->l_len, &out->start))
        return -EINVAL;
    return out->start < 0 ? -EINVAL : 0;
}

static struct flock as_flock(const struct lock_range *r)
{
    return (struct flock){.l_type = r->type, .l_whence = SEEK_SET, .l_start = r->start,
                          .l_len = r->end == INT64_MAX ? 0 : r->end - r->start + 1};
}

static int note_for(struct descriptor *d, bool posix, const struct lock_range *r)
{
    struct locks *l = the_monitor->locks;
    struct stat status;

    if (posix && fstat(d->host, &status) != 0)
        return -ENOLCK;
    pthread_mutex_lock(&l->lock);
    int error = posix ? note(l, &status, r) : lock_list_set(&d->file->locks, r->type, r->start, r->end);
    pthread_mutex_unlock(&l->lock);
    return error;
}

int64_t lock_record(struct thread *t, struct descriptor *d, int command, struct flock *lock)
{
    bool posix = command == F_SETLK || command == F_SETLKW;
    struct lock_range r;
    int error = range_of(d, lock, &r);

    if (error != 0)
        return error;
    if (!posix && lock->l_pid != 0)
        return -EINVAL;
    struct flock absolute = as_flock(&r);
    int64_t result;
    if (command == F_SETLKW || command == F_OFD_SETLKW)
        result = file_call_blocking(t, SYS_fcntl, d->host, command, (long)&absolute, 0, 0, 0);
    else
        result = fcntl(d->host, command, &absolute) != 0 ? -errno : 0;
    if (result != 0 || note_for(d, posix, &r) == 0)
        return result;
    absolute.l_type = F_UNLCK; /* what cannot be written down cannot be kept */
    fcntl(d->host, posix ? F_SETLK : F_OFD_SETLK, &absolute);
    return -ENOLCK;
}

int64_t lock_whole(struct thread *t, struct descriptor *d, int operation)
{
    int64_t result = file_call_blocking(t, SYS_flock, d->host, operation, 0, 0, 0, 0);

    if (result == 0)
        d->file->whole_lock = operation & ~LOCK_NB;
    return result;
}

/* ---- snapshots --------------------------------------------------------------------------------------------------- */

int lock_walk(int host, int (*each)(void *context, const struct lock_range *range), void *context)
{
    struct locks *l = the_monitor->locks;
    struct stat status;
    int error = 0;

    if (l->count == 0 || fstat(host, &status) != 0)
        return 0;
    pthread_mutex_lock(&l->lock);
    const struct locked_file *f = *find(l, &status);
    for (size_t i = 0; f != NULL && i < f->ranges.count && error == 0; i++)
        error = each(context, &f->ranges.list[i]);
    pthread_mutex_unlock(&l->lock);
    return error;
}

void lock_drop(struct descriptor *d)
{
    const struct lock_range all = {0, INT64_MAX, F_UNLCK};
    struct flock everything = as_flock(&all);

    if (fcntl(d->host, F_SETLK, &everything) == 0)
        note_for(d, true, &all);
    if (d->file->locks.count > 0 && fcntl(d->host, F_OFD_SETLK, &everything) == 0)
        note_for(d, false, &all);
    if (d->file->whole_lock != 0 && flock(d->host, LOCK_UN) == 0)
        d->file->whole_lock = 0;
}

int lock_take(struct descriptor *d, enum lock_owner owner, const struct lock_range *range)
{
    struct flock lock = as_flock(range);

    if (owner == LOCK_WHOLE) {
        int operation = range->type == F_WRLCK ? LOCK_EX : LOCK_SH;
        if (flock(d->host, operation | LOCK_NB) != 0)
            return -errno;
        d->file->whole_lock = operation;
        return 0;
    }
    if (fcntl(d->host, owner == LOCK_POSIX ? F_SETLK : F_OFD_SETLK, &lock) != 0)
        return errno == EACCES ? -EAGAIN : -errno;
    return note_for(d, owner == LOCK_POSIX, range);
}
