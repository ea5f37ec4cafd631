/* Descriptors made again by their recipes, and put right in a table that is in use. */
#include "hostvirt/path_private.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define STATUS_FLAGS (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME) /* what fcntl(2) can set */
#define NOT_AGAIN (O_CREAT | O_EXCL | O_TRUNC | O_NOFOLLOW | (O_TMPFILE & ~O_DIRECTORY))

/* ---- files by their paths ---------------------------------------------------------------------------------------- */

/* Never waits: what the snapshot knows as a file may have become a FIFO that nobody has open. */
int build_open(struct builder *b, const char *path, int flags, const struct saved_identity *check, int *host,
               struct file **file)
{
    struct place place;
    int error = place_find_text(b->p, AT_FDCWD, path, 0, &place);

    if (error == 0) {
        error = place_open(b->thread, &place, (flags & ~NOT_AGAIN) | O_NONBLOCK, 0, host, file);
        place_release(&place);
    }
    if (error != 0)
        return build_fail(b, error, "the snapshot's guest uses %s, which cannot be opened here: %s (--trust gives "
                          "what the file names, --read-only and --writable what they say)", path, strerror(-error));
    (*file)->flags = flags; /* as the guest opened it */
    if (check == NULL || identity_matches(check, *host))
        return 0;
    close(*host);
    file_release(*file);
    return build_fail(b, -ESTALE, "%s is not the file that the snapshot's guest uses: it has changed since; a snapshot "
                      "saved with --self-contained needs no files of programs", path);
}

/* What the guest may write may have grown since; what it only reads must be the same. */
static int open_by_path(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    bool writes = (d->flags & O_ACCMODE) != O_RDONLY, fifo = d->kind == FILE_FIFO;
    const struct saved_identity *check = d->kind == FILE_REGULAR && !writes ? &d->identity : NULL;
    int flags = (d->flags & ~STATUS_FLAGS) | (d->status & (O_NOATIME | O_DIRECT)) | (fifo ? O_NONBLOCK : 0);
    int error = build_open(b, d->path, d->kind == FILE_REGULAR ? flags & ~O_DIRECTORY : flags, check, host, file);

    if (error != 0 || (*file)->kind == d->kind)
        return error;
    close(*host);
    file_release(*file);
    return build_fail(b, -ESTALE, "%s is not what it was when the snapshot was made: a file, a folder or a FIFO has "
                      "become something else", d->path);
}

static struct file *file_like(const struct saved_description *d)
{
    struct file *f = file_new((enum file_kind)d->kind, d->flags, strdup(d->path));

    if (f == NULL)
        return NULL;
    f->writable = d->writable;
    f->standard = d->standard;
    return f;
}

/* The two calls that make a description of something new: `*host` is one or an error of the host's. */
int build_finish(struct builder *b, const struct saved_description *d, int *host, struct file **file, void *data,
                  void (*destroy)(void *))
{
    int error = *host < 0 ? -errno : 0;

    if (error != 0)
        return build_fail(b, error, "cannot make %s again: %s", d->path, strerror(-error));
    *file = file_like(d);
    if (*file == NULL) {
        close(*host);
        return build_no_memory(b);
    }
    (*file)->data = data;
    (*file)->destroy = destroy;
    return 0;
}

/* A description of its own where the host lets us, so that two of one object have two positions. */
static int reopen_object(int object, int status)
{
    char name[32];

    snprintf(name, sizeof name, "/proc/self/fd/%d", object);
    int host = open(name, (status & O_ACCMODE) | O_CLOEXEC);
    return host >= 0 ? host : fcntl(object, F_DUPFD_CLOEXEC, 3);
}

static int open_object(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    int object = build_object(b, d->object);

    if (object < 0)
        return object;
    *host = reopen_object(object, d->status);
    return build_finish(b, d, host, file, NULL, NULL);
}

static int open_text(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    *host = memfd_create("emulated", MFD_CLOEXEC);
    if (*host >= 0 && d->message_count == 1 &&
        pwrite(*host, d->messages[0].bytes, d->messages[0].count, 0) != (ssize_t)d->messages[0].count) {
        close(*host);
        return build_fail(b, -ENOMEM, "cannot make %s again", d->path);
    }
    return build_finish(b, d, host, file, NULL, NULL);
}

static int open_standard(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    int given = b->streams[d->standard];

    *host = given >= 0 ? fcntl(given, F_DUPFD_CLOEXEC, 3) : file_device_open(FILE_NULL);
    return build_finish(b, d, host, file, NULL, NULL);
}

static int open_terminal(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    for (int i = 0; i < 3; i++)
        if (b->streams[i] >= 0 && isatty(b->streams[i])) {
            *host = fcntl(b->streams[i], F_DUPFD_CLOEXEC, 3);
            return build_finish(b, d, host, file, NULL, NULL);
        }
    *host = file_device_open(FILE_NULL); /* the resumer has none: as after a hang-up */
    return build_finish(b, d, host, file, NULL, NULL);
}

/* ---- pipes ------------------------------------------------------------------------------------------------------- */

static int fill_pipe(struct builder *b, const struct saved_description *d, int writing)
{
    int flags = fcntl(writing, F_GETFL);

    fcntl(writing, F_SETFL, flags | O_NONBLOCK);
    ssize_t put = write(writing, d->messages[0].bytes, d->messages[0].count);
    fcntl(writing, F_SETFL, flags);
    return put == (ssize_t)d->messages[0].count
               ? 0 : build_fail(b, -EIO, "cannot put back what a pipe held: %s", strerror(errno));
}

static int open_pipe(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    struct couple *c = build_couple(b, d->pipe, true);
    int error = 0, end = (d->status & O_ACCMODE) == O_WRONLY;

    if (c == NULL)
        return build_no_memory(b);
    if (c->ends[0] < 0) {
        if (pipe2(c->ends, O_CLOEXEC) != 0)
            return build_fail(b, -errno, "cannot make a pipe: %s", strerror(errno));
        fcntl(c->ends[0], F_SETPIPE_SZ, (int)d->capacity);
    }
    if (end == 0 && d->message_count == 1)
        error = fill_pipe(b, d, c->ends[1]);
    if (error != 0)
        return error;
    *host = fcntl(c->ends[end], F_DUPFD_CLOEXEC, 3);
    return build_finish(b, d, host, file, NULL, NULL);
}

/* Both ends of a FIFO must be open for either to be: ours is held until all are.  Bytes go in when nobody else's are
 * there. */
static int open_fifo(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    struct couple *c = build_couple(b, d->pipe, true);
    struct saved_description both = *d;
    int waiting = 0;

    if (c == NULL)
        return build_no_memory(b);
    if (c->ends[0] < 0) {
        struct file *held;
        both.flags = O_RDWR;
        int error = open_by_path(b, &both, &c->ends[0], &held);
        if (error != 0) {
            c->ends[0] = -1;
            return error;
        }
        file_release(held);
    }
    if (d->message_count == 1 && ioctl(c->ends[0], FIONREAD, &waiting) == 0 && waiting == 0) {
        int error = fill_pipe(b, d, c->ends[0]);
        if (error != 0)
            return error;
    }
    return open_by_path(b, d, host, file);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static int make(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    switch (d->kind) {
    case FILE_REGULAR:
        return d->object >= 0 ? open_object(b, d, host, file) : open_by_path(b, d, host, file);
    case FILE_DIRECTORY:
    case FILE_LISTING:
    case FILE_PATH:
        return open_by_path(b, d, host, file);
    case FILE_MEMORY:
        return open_object(b, d, host, file);
    case FILE_PIPE:
        return open_pipe(b, d, host, file);
    case FILE_FIFO:
        return open_fifo(b, d, host, file);
    case FILE_SOCKET:
        return build_socket(b, d, host, file);
    case FILE_EVENT:
        return build_counter(b, d, host, file);
    case FILE_TIMER:
        return build_timer_descriptor(b, d, host, file);
    case FILE_SIGNAL:
        return build_signal_file(b, d, host, file);
    case FILE_EPOLL:
        return build_set(b, d, host, file);
    case FILE_INOTIFY:
        return build_watches(b, d, host, file);
    case FILE_TEXT:
        return open_text(b, d, host, file);
    case FILE_STANDARD:
        return open_standard(b, d, host, file);
    case FILE_TERMINAL:
        return open_terminal(b, d, host, file);
    case FILE_NULL:
    case FILE_ZERO:
    case FILE_FULL:
    case FILE_RANDOM:
        *host = file_device_open((enum file_kind)d->kind);
        return build_finish(b, d, host, file, NULL, NULL);
    default:
        return build_fail(b, -ENOTSUP, "the snapshot has a descriptor of a kind that this version does not know");
    }
}

/* Positions and flags: also of what was kept over a reset. */
static void put_right(const struct saved_description *d, int host, struct file *f)
{
    struct listing *l = f->data;

    f->owner = d->owner;
    switch (d->kind) {
    case FILE_DIRECTORY:
    case FILE_LISTING:
        if (l != NULL && d->listing != UINT64_MAX)
            l->position = d->listing;
        lseek(host, d->position, SEEK_SET);
        break;
    case FILE_REGULAR:
    case FILE_MEMORY:
    case FILE_TEXT:
        lseek(host, d->position, SEEK_SET);
        break;
    case FILE_STANDARD:
    case FILE_TERMINAL:
    case FILE_PATH:
        return; /* not the guest's alone */
    default:
        break;
    }
    fcntl(host, F_SETFL, (fcntl(host, F_GETFL) & ~STATUS_FLAGS) | (d->status & STATUS_FLAGS));
}

static int make_description(struct builder *b, size_t index, const struct saved_descriptor *entry)
{
    const struct saved_description *d = &b->s->descriptors.descriptions[index];
    struct snapshots *kept = b->m->snapshots;
    struct file *file;
    int host, error = make(b, d, &host, &file);

    if (error != 0)
        return error;
    put_right(d, host, file);
    atomic_fetch_add(&file->references, 1);
    file_release(kept->files[index]);
    kept->files[index] = file;
    int number = descriptor_install(b->p, host, file, entry->close_on_exec, entry->number);
    if (number == entry->number)
        return 0;
    if (number >= 0)
        descriptor_close(b->p, number);
    return build_fail(b, -EMFILE, "the snapshot's guest has descriptor %d open: allow more descriptors", entry->number);
}

/* `have` tells for each description the number that has it already, or -1. */
static int fill_table(struct builder *b, int *have)
{
    const struct saved_descriptors *all = &b->s->descriptors;
    int error = 0;

    for (size_t i = 0; i < all->count && error == 0; i++) {
        const struct saved_descriptor *e = &all->table[i];
        struct descriptor *there = descriptor_get(b->p, e->number);
        if (there != NULL) {
            descriptor_put(there);
            descriptor_set_flags(b->p, e->number, e->close_on_exec ? FD_CLOEXEC : 0);
        } else if (have[e->description] < 0) {
            error = make_description(b, e->description, e);
            have[e->description] = e->number;
        } else if (descriptor_dup_to(b->p, have[e->description], e->number, e->close_on_exec) != e->number) {
            error = build_fail(b, -EMFILE, "the snapshot's guest has descriptor %d open: allow more descriptors",
                               e->number);
        }
    }
    for (size_t i = 0; i < all->description_count && error == 0; i++)
        if (all->descriptions[i].kind == FILE_EPOLL && have[i] >= 0)
            error = build_interests(b, &all->descriptions[i], have[i]);
    /* Last: closing any descriptor of a file gives up the process's locks of it. */
    for (size_t i = 0; i < all->description_count && error == 0; i++)
        if (have[i] >= 0)
            error = build_locks(b, &all->descriptions[i], have[i]);
    return error;
}

static int *no_numbers(size_t count)
{
    int *have = malloc((count + 1) * sizeof *have);

    for (size_t i = 0; i < count && have != NULL; i++)
        have[i] = -1;
    return have;
}

/* The numbers that the resumer's streams have at first (descriptors_standard) are for the snapshot's. */
static void take_streams(struct builder *b)
{
    for (int i = 0; i < 3; i++) {
        struct descriptor *d = descriptor_get(b->p, i);
        if (d != NULL)
            b->streams[i] = fcntl(d->host, F_DUPFD_CLOEXEC, 3);
        descriptor_put(d);
        descriptor_close(b->p, i);
    }
}

int build_descriptors(struct builder *b)
{
    const struct saved_descriptors *all = &b->s->descriptors;
    struct snapshots *kept = b->m->snapshots;
    int *have = no_numbers(all->description_count);

    kept->files = calloc(all->description_count + 1, sizeof *kept->files);
    if (have == NULL || kept->files == NULL) {
        free(have);
        return build_no_memory(b);
    }
    take_streams(b);
    int error = fill_table(b, have);
    free(have);
    return error;
}

/* ---- reset ------------------------------------------------------------------------------------------------------- */

/* Kinds without contents of their own: what is still there need not be made again. */
static bool keeps(const struct saved_description *d)
{
    switch (d->kind) {
    case FILE_REGULAR:
        return d->object < 0;
    case FILE_SOCKET:
        return d->socket.facts.listening && d->socket.facts.place == SOCKET_HOST;
    case FILE_DIRECTORY:
    case FILE_LISTING:
    case FILE_PATH:
    case FILE_TEXT:
    case FILE_STANDARD:
    case FILE_TERMINAL:
    case FILE_NULL:
    case FILE_ZERO:
    case FILE_FULL:
    case FILE_RANDOM:
        return true;
    default:
        return false;
    }
}

/* Closes every number that is not as the snapshot has it; tells in `have` who has the others. */
static void close_strangers(struct builder *b, int *have)
{
    const struct saved_descriptors *all = &b->s->descriptors;
    struct snapshots *kept = b->m->snapshots;
    size_t i = 0;

    for (int n = descriptor_next(b->p, 0); n >= 0; n = descriptor_next(b->p, n + 1)) {
        struct descriptor *d = descriptor_get(b->p, n);
        while (i < all->count && all->table[i].number < n)
            i++;
        bool known = d != NULL && i < all->count && all->table[i].number == n;
        uint32_t index = known ? all->table[i].description : 0;
        bool same = known && kept->files[index] == d->file && keeps(&all->descriptions[index]);
        if (same && have[index] < 0) {
            have[index] = n;
            put_right(&all->descriptions[index], d->host, d->file);
            if (d->file->kind == FILE_REGULAR)
                lock_drop(d); /* those of the snapshot are taken again when the table is complete */
        }
        if (d != NULL && d->file->kind == FILE_STANDARD && b->streams[d->file->standard] < 0)
            b->streams[d->file->standard] = fcntl(d->host, F_DUPFD_CLOEXEC, 3);
        descriptor_put(d);
        if (!same)
            descriptor_close(b->p, n);
    }
    /* What is made anew may need what the old one has: its address. */
    for (size_t k = 0; k < all->description_count; k++)
        if (have[k] < 0) {
            file_release(kept->files[k]);
            kept->files[k] = NULL;
        }
}

int reset_descriptors(struct builder *b)
{
    int *have = no_numbers(b->s->descriptors.description_count);

    if (have == NULL)
        return build_no_memory(b);
    close_strangers(b, have);
    int error = fill_table(b, have);
    free(have);
    return error;
}
