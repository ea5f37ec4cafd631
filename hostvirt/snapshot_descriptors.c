/* What is saved of a stopped process's descriptors: for each open description the recipe by which a restore makes one
 * like it.  Nothing that the guest could notice is changed: pipes are copied by tee(2), counters are written back. */
#include "hostvirt/event.h"
#include "hostvirt/clock.h"
#include "hostvirt/path_private.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TEXT_MOST (16u << 20)
#define SEMAPHORE_MOST 65536 /* a semaphore's counter is only read one by one */

static const char *const kind_names[FILE_KINDS] = {
    [FILE_PROCESS] = "another process (pidfd)",
};

static int refuse(struct collector *c, int number, const char *what)
{
    return collect_fail(c, -ENOTSUP, "cannot save the isolate: its descriptor %d is for %s, which cannot be saved",
                        number, what);
}

static int add_message(struct collector *c, struct saved_description *d, const void *bytes, size_t count)
{
    d->messages = arena_take(&c->s->arena, sizeof *d->messages);
    if (d->messages == NULL || (d->messages->bytes = arena_take(&c->s->arena, count + 1)) == NULL)
        return collect_no_memory(c);
    memcpy(d->messages->bytes, bytes, count);
    d->messages->count = count;
    d->message_count = 1;
    return 0;
}

/* ---- pipes ------------------------------------------------------------------------------------------------------- */

/* The bytes in a pipe, copied without taking them: tee to another pipe of the same size, and read from there. */
static int copy_pipe(struct collector *c, int host, int waiting, struct saved_description *out)
{
    int copy[2], size = fcntl(host, F_GETPIPE_SZ), error = 0;
    char *bytes = malloc((size_t)waiting);

    if (bytes == NULL)
        return collect_no_memory(c);
    if (pipe2(copy, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(bytes);
        return collect_fail(c, -errno, "cannot look into a pipe of the isolate: %s", strerror(errno));
    }
    ssize_t got = fcntl(copy[1], F_SETPIPE_SZ, size) < 0 ? -1 : tee(host, copy[1], (size_t)waiting, SPLICE_F_NONBLOCK);
    if (got == waiting)
        got = read(copy[0], bytes, (size_t)waiting);
    if (got == waiting)
        error = add_message(c, out, bytes, (size_t)waiting);
    else
        error = collect_fail(c, -EIO, "cannot copy what a pipe of the isolate holds: %s", strerror(errno));
    close(copy[0]);
    close(copy[1]);
    free(bytes);
    return error;
}

static int collect_pipe(struct collector *c, const struct descriptor *d, struct saved_description *out)
{
    struct stat status;
    int waiting = 0, size = fcntl(d->host, F_GETPIPE_SZ);

    if (fstat(d->host, &status) != 0 || size < 0)
        return collect_fail(c, -errno, "cannot look at a pipe of the isolate: %s", strerror(errno));
    out->pipe = (uint64_t)status.st_dev << 32 ^ status.st_ino; /* FIFOs may be of several file systems */
    out->capacity = (uint32_t)size;
    bool reads = (out->status & O_ACCMODE) != O_WRONLY;
    if (!reads || ioctl(d->host, FIONREAD, &waiting) != 0 || waiting <= 0)
        return 0;
    return copy_pipe(c, d->host, waiting, out);
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static int collect_regular(struct collector *c, const struct descriptor *d, struct saved_description *out)
{
    struct stat status;

    if (fstat(d->host, &status) != 0)
        return collect_fail(c, -errno, "cannot look at the open file %s: %s", out->path, strerror(errno));
    collect_identity(&out->identity, &status);
    int error = collect_locks(c, d, out);
    if (error != 0)
        return error;
    out->position = lseek(d->host, 0, SEEK_CUR);
    if (out->position < 0)
        out->position = 0;
    bool reads = (out->flags & O_ACCMODE) == O_RDONLY;
    if (d->file->kind == FILE_MEMORY || status.st_nlink == 0 || (c->options->self_contained && reads) ||
        !collect_reachable(c, out->path, &status)) {
        out->object = collect_object(c, d->host);
        return out->object < 0 ? out->object : 0;
    }
    return reads ? collect_content(c, d->host, out->path, &out->identity) : 0;
}

static int collect_folder(struct collector *c, int number, const struct descriptor *d, struct saved_description *out)
{
    const struct listing *l = d->file->data;

    out->listing = l != NULL ? l->position : UINT64_MAX;
    out->position = lseek(d->host, 0, SEEK_CUR);
    if (out->position < 0)
        out->position = 0;
    return out->path[0] == '/' ? 0 : refuse(c, number, "a folder that came through a socket");
}

static int collect_text(struct collector *c, const struct descriptor *d, struct saved_description *out)
{
    struct stat status;

    if (fstat(d->host, &status) != 0 || status.st_size > TEXT_MOST)
        return collect_fail(c, -EIO, "cannot read what %s says", out->path);
    char *bytes = malloc((size_t)status.st_size + 1);
    if (bytes == NULL)
        return collect_no_memory(c);
    ssize_t got = pread(d->host, bytes, (size_t)status.st_size, 0);
    int error = got < 0 ? collect_fail(c, -errno, "cannot read what %s says", out->path)
                        : add_message(c, out, bytes, (size_t)got);
    free(bytes);
    out->position = lseek(d->host, 0, SEEK_CUR);
    return error;
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static bool readable(int host)
{
    struct pollfd polled = {host, POLLIN, 0};

    return poll(&polled, 1, 0) == 1 && (polled.revents & POLLIN) != 0;
}

/* Reading takes the counter; it is put back at once, and no thread of the guest runs meanwhile. */
static int collect_counter(struct collector *c, int number, const struct descriptor *d, struct saved_description *out)
{
    const struct event_counter *kept = d->file->data;
    uint64_t one, total = 0;

    if (kept == NULL || strcmp(out->path, "anon_inode:[eventfd]") != 0)
        return refuse(c, number, "something that came through a socket");
    out->semaphore = kept->semaphore;
    while (readable(d->host) && total < SEMAPHORE_MOST && read(d->host, &one, sizeof one) == sizeof one) {
        total += one;
        if (!out->semaphore)
            break;
    }
    out->counter = total;
    bool more = out->semaphore && readable(d->host);
    if (total > 0 && write(d->host, &total, sizeof total) != sizeof total)
        return collect_fail(c, -EIO, "cannot put back the counter of descriptor %d: %s", number, strerror(errno));
    return more ? refuse(c, number, "a semaphore with a very large counter") : 0;
}

#define LATE 50000000 /* ns after which an expiration has surely been told */

/* A timer that is due at this very moment is told as one that is not armed, until the host has looked at it; on a busy
 * host that takes a while. */
static void settle_due(const struct event_timer *kept, int host, struct saved_description *out)
{
    struct pollfd polled = {host, POLLIN, 0};

    if (out->expired || out->rest != 0)
        return;
    if (kept->periodic) {
        out->rest = 1;
        return;
    }
    int64_t patience = kept->due != 0 ? LATE - (int64_t)(clock_host() - kept->due) : 0;
    if (patience > 0) /* or it was read already */
        out->expired = poll(&polled, 1, (int)(patience / 1000000) + 1) == 1;
}

static int collect_timerfd(struct collector *c, const struct descriptor *d, struct saved_description *out)
{
    const struct event_timer *kept = d->file->data;
    struct itimerspec rest;

    if (timerfd_gettime(d->host, &rest) != 0)
        return collect_fail(c, -errno, "cannot read a timer of the isolate: %s", strerror(errno));
    out->clock = kept->clock;
    out->rest = collect_rest(c, timespec_ns(&rest.it_value));
    out->interval = collect_time(timespec_ns(&rest.it_interval));
    out->absolute = kept->absolute;
    out->expired = readable(d->host);
    settle_due(kept, d->host, out);
    return 0;
}

/* Interests outlive their numbers in the list, not in the host's set: adding one tells whether it is there. */
static bool still_watched(int set, int host)
{
    struct epoll_event none = {0};

    if (epoll_ctl(set, EPOLL_CTL_ADD, host, &none) != 0)
        return errno == EEXIST;
    epoll_ctl(set, EPOLL_CTL_DEL, host, NULL);
    return false;
}

static int collect_set(struct collector *c, const struct descriptor *d, struct saved_description *out)
{
    struct event_set *set = d->file->data;

    pthread_mutex_lock(&set->lock);
    out->interests = arena_take(&c->s->arena, set->count * sizeof *out->interests);
    for (size_t i = 0; i < set->count && out->interests != NULL; i++) {
        struct descriptor *target = descriptor_get(c->m->process, set->interests[i].guest);
        if (target != NULL && still_watched(d->host, target->host))
            out->interests[out->interest_count++] = set->interests[i];
        descriptor_put(target);
    }
    pthread_mutex_unlock(&set->lock);
    return out->interests == NULL ? collect_no_memory(c) : 0;
}

static int compare_watches(const void *a, const void *b)
{
    int x = ((const struct event_watch *)a)->number, y = ((const struct event_watch *)b)->number;

    return x < y ? -1 : x > y;
}

/* Changes that were told and not read cannot be told again by the host. */
static int collect_watches(struct collector *c, int number, const struct descriptor *d, struct saved_description *out)
{
    struct event_watches *w = d->file->data;
    bool good = true;

    if (readable(d->host))
        return collect_fail(c, -EBUSY, "cannot save the isolate: its descriptor %d has told of changes of files "
                            "(inotify) that it has not read yet; try again", number);
    pthread_mutex_lock(&w->lock);
    out->watches = arena_take(&c->s->arena, w->count * sizeof *out->watches);
    for (size_t i = 0; i < w->count && out->watches != NULL && good; i++) {
        struct event_watch *to = &out->watches[out->watch_count++];
        *to = (struct event_watch){w->list[i].number, w->list[i].mask, arena_text(&c->s->arena, w->list[i].path)};
        good = to->path != NULL;
    }
    pthread_mutex_unlock(&w->lock);
    if (out->watches == NULL || !good)
        return collect_no_memory(c);
    if (out->watch_count > 1)
        qsort(out->watches, out->watch_count, sizeof *out->watches, compare_watches);
    return 0;
}

/* ---- one description --------------------------------------------------------------------------------------------- */

static int collect_kind(struct collector *c, int number, struct descriptor *d, struct saved_description *out)
{
    switch (d->file->kind) {
    case FILE_REGULAR:
    case FILE_MEMORY:
        return collect_regular(c, d, out);
    case FILE_DIRECTORY:
    case FILE_LISTING:
        return collect_folder(c, number, d, out);
    case FILE_PATH:
        return out->path[0] == '/' ? 0 : refuse(c, number, "a file that has no name");
    case FILE_PIPE:
    case FILE_FIFO:
        return collect_pipe(c, d, out);
    case FILE_SOCKET:
        return collect_socket(c, d, out);
    case FILE_EVENT:
        return collect_counter(c, number, d, out);
    case FILE_TIMER:
        return collect_timerfd(c, d, out);
    case FILE_EPOLL:
        return collect_set(c, d, out);
    case FILE_INOTIFY:
        return collect_watches(c, number, d, out);
    case FILE_TEXT:
        return collect_text(c, d, out);
    case FILE_SIGNAL:
        out->mask = ((const struct event_signals *)d->file->data)->watch.mask;
        return 0;
    case FILE_STANDARD:
        out->standard = d->file->standard;
        return strcmp(out->path, "anon_inode:[received]") != 0
                   ? 0 : refuse(c, number, "something that came through a socket");
    case FILE_NULL:
    case FILE_ZERO:
    case FILE_FULL:
    case FILE_RANDOM:
    case FILE_TERMINAL:
        return 0;
    default:
        return refuse(c, number, d->file->kind < FILE_KINDS && kind_names[d->file->kind] != NULL
                                     ? kind_names[d->file->kind] : "something unknown");
    }
}

static int collect_description(struct collector *c, int number, struct descriptor *d)
{
    struct saved_descriptors *all = &c->s->descriptors;
    struct saved_description *out = &all->descriptions[all->description_count];
    const struct file *f = d->file;
    int status = fcntl(d->host, F_GETFL);

    *out = (struct saved_description){.kind = (uint8_t)f->kind, .flags = f->flags, .status = status < 0 ? 0 : status,
                                      .writable = f->writable, .owner = f->owner, .object = -1,
                                      .listing = UINT64_MAX, .path = arena_text(&c->s->arena, f->path)};
    all->description_count++;
    return out->path == NULL ? collect_no_memory(c) : collect_kind(c, number, d, out);
}

/* Duplicates share their struct file, and so their description. */
static int collect_number(struct collector *c, int number, const struct file **files)
{
    struct saved_descriptors *all = &c->s->descriptors;
    struct descriptor *d = descriptor_get(c->m->process, number);
    size_t i = 0;

    if (d == NULL)
        return 0;
    while (i < all->description_count && files[i] != d->file)
        i++;
    int error = 0;
    if (i == all->description_count) {
        files[i] = d->file;
        error = collect_description(c, number, d);
    }
    all->table[all->count++] = (struct saved_descriptor){
        number, (descriptor_flags(c->m->process, number) & FD_CLOEXEC) != 0, (uint32_t)i};
    descriptor_put(d);
    return error;
}

int collect_descriptors(struct collector *c)
{
    struct process *p = c->m->process;
    struct saved_descriptors *all = &c->s->descriptors;
    size_t count = 0;
    int error = 0;

    for (int n = descriptor_next(p, 0); n >= 0; n = descriptor_next(p, n + 1))
        count++;
    const struct file **files = calloc(count + 1, sizeof *files);
    all->table = arena_take(&c->s->arena, count * sizeof *all->table);
    all->descriptions = arena_take(&c->s->arena, count * sizeof *all->descriptions);
    if (files == NULL || all->table == NULL || all->descriptions == NULL)
        error = collect_no_memory(c);
    for (int n = descriptor_next(p, 0); n >= 0 && error == 0; n = descriptor_next(p, n + 1))
        error = collect_number(c, n, files);
    free(files);
    return error;
}
