/* The descriptor table: numbers of the guest, each with a host descriptor of its own.
 *
 * An entry is freed by its last user, so a call that is blocked on a descriptor keeps it open while another thread
 * closes the number, as Linux does.  The table's lock is a leaf: nothing is closed or freed under it. */
#include "hostvirt/limits.h"
#include "hostvirt/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct slot {
    struct descriptor *entry; /* NULL: free */
    bool close_on_exec;
};

struct descriptors {
    pthread_mutex_t lock;
    unsigned limit; /* numbers are below it */
    unsigned room;
    unsigned lowest; /* no free number is below it */
    struct slot *slots;
};

int descriptors_new(struct descriptors **out, unsigned limit)
{
    struct descriptors *d = calloc(1, sizeof *d);
    if (!d)
        return -ENOMEM;
    pthread_mutex_init(&d->lock, NULL);
    d->limit = limit;
    *out = d;
    return 0;
}

void descriptors_release(struct descriptors *d)
{
    if (!d)
        return;
    for (unsigned i = 0; i < d->room; i++)
        if (d->slots[i].entry)
            descriptor_put(d->slots[i].entry);
    pthread_mutex_destroy(&d->lock);
    free(d->slots);
    free(d);
}

/* The copy shares the entries: a second host descriptor of the same description would gain nothing, and closing it
 * would drop the POSIX locks that the other process holds (fcntl(2): they belong to the host's process). */
int descriptors_copy(const struct descriptors *from, struct descriptors **out)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)&from->lock;
    struct descriptors *d;
    int error = descriptors_new(&d, from->limit);
    if (error)
        return error;
    pthread_mutex_lock(lock);
    d->room = from->room;
    d->lowest = from->lowest;
    d->slots = calloc(from->room ? from->room : 1, sizeof *d->slots);
    if (d->slots && from->room) {
        memcpy(d->slots, from->slots, from->room * sizeof *d->slots);
        for (unsigned i = 0; i < d->room; i++)
            if (d->slots[i].entry)
                atomic_fetch_add(&d->slots[i].entry->references, 1);
    }
    pthread_mutex_unlock(lock);
    if (!d->slots) {
        d->room = 0;
        descriptors_release(d);
        return -ENOMEM;
    }
    *out = d;
    return 0;
}

void descriptors_close_on_exec(struct descriptors *d)
{
    for (unsigned i = 0;; i++) {
        struct descriptor *closed = NULL;
        pthread_mutex_lock(&d->lock);
        if (i >= d->room) {
            pthread_mutex_unlock(&d->lock);
            return;
        }
        if (d->slots[i].entry && d->slots[i].close_on_exec) {
            closed = d->slots[i].entry;
            d->slots[i] = (struct slot){NULL, false};
            if (i < d->lowest)
                d->lowest = i;
        }
        pthread_mutex_unlock(&d->lock);
        if (closed)
            descriptor_put(closed);
    }
}

struct file *file_new(enum file_kind kind, int flags, char *path)
{
    struct file *f = path ? calloc(1, sizeof *f) : NULL;
    if (!f) {
        free(path);
        return NULL;
    }
    atomic_init(&f->references, 1);
    f->kind = kind;
    f->flags = flags;
    f->path = path;
    return f;
}

void file_release(struct file *f)
{
    if (!f || atomic_fetch_sub(&f->references, 1) != 1)
        return;
    if (f->destroy)
        f->destroy(f->data);
    lock_list_free(&f->locks);
    free(f->path);
    free(f);
}

void descriptor_put(struct descriptor *d)
{
    if (!d || atomic_fetch_sub(&d->references, 1) != 1)
        return;
    if (d->host >= 0)
        lock_close(d->host);
    file_release(d->file);
    free(d);
}

static struct descriptor *entry_new(int host, struct file *f)
{
    struct descriptor *e = f ? malloc(sizeof *e) : NULL;
    if (!e) {
        if (host >= 0)
            close(host);
        file_release(f);
        return NULL;
    }
    atomic_init(&e->references, 1);
    e->host = host;
    limits_saw_descriptor(host);
    e->file = f;
    return e;
}

/* The number below which descriptors must be: RLIMIT_NOFILE as the guest set it, never above the policy's. */
static unsigned number_limit(const struct process *p, const struct descriptors *d)
{
    rlim_t own = p->limits[RLIMIT_NOFILE].rlim_cur;
    return own < d->limit ? (unsigned)own : d->limit;
}

/* Makes room for `number`.  Under the lock. */
static bool slots_grow(struct descriptors *d, unsigned number)
{
    if (number < d->room)
        return true;
    unsigned room = d->room ? d->room : 64;
    while (room <= number)
        room *= 2;
    struct slot *slots = realloc(d->slots, room * sizeof *slots);
    if (!slots)
        return false;
    memset(slots + d->room, 0, (room - d->room) * sizeof *slots);
    d->slots = slots;
    d->room = room;
    return true;
}

/* The lowest free number >= from, whether or not it is below the limit.  Under the lock. */
static unsigned free_number(struct descriptors *d, unsigned from)
{
    unsigned n = from > d->lowest ? from : d->lowest;
    while (n < d->room && d->slots[n].entry)
        n++;
    if (from <= d->lowest)
        d->lowest = n;
    return n;
}

int descriptor_room(struct process *p)
{
    struct descriptors *d = p->descriptors;
    pthread_mutex_lock(&d->lock);
    bool room = free_number(d, 0) < number_limit(p, d);
    pthread_mutex_unlock(&d->lock);
    return room ? 0 : -EMFILE;
}

/* Puts an entry at the lowest free number >= from; takes its reference over, also on failure. */
static int entry_place(struct process *p, struct descriptor *e, bool close_on_exec, int from)
{
    struct descriptors *d = p->descriptors;
    int result = -EMFILE;
    pthread_mutex_lock(&d->lock);
    unsigned n = free_number(d, (unsigned)from);
    if (n < number_limit(p, d)) {
        if (slots_grow(d, n)) {
            d->slots[n] = (struct slot){e, close_on_exec};
            result = (int)n;
        } else {
            result = -ENOMEM;
        }
    }
    pthread_mutex_unlock(&d->lock);
    if (result < 0)
        descriptor_put(e);
    return result;
}

int descriptor_install(struct process *p, int host, struct file *f, bool close_on_exec, int from)
{
    struct descriptor *e = entry_new(host, f);
    if (!e)
        return -ENOMEM;
    return entry_place(p, e, close_on_exec, from < 0 ? 0 : from);
}

struct descriptor *descriptor_get(struct process *p, int number)
{
    struct descriptors *d = p->descriptors;
    struct descriptor *e = NULL;
    pthread_mutex_lock(&d->lock);
    if (number >= 0 && (unsigned)number < d->room) {
        e = d->slots[number].entry;
        if (e)
            atomic_fetch_add(&e->references, 1);
    }
    pthread_mutex_unlock(&d->lock);
    return e;
}

int descriptor_close(struct process *p, int number)
{
    struct descriptors *d = p->descriptors;
    struct descriptor *e = NULL;
    pthread_mutex_lock(&d->lock);
    if (number >= 0 && (unsigned)number < d->room) {
        e = d->slots[number].entry;
        d->slots[number] = (struct slot){NULL, false};
        if (e && (unsigned)number < d->lowest)
            d->lowest = (unsigned)number;
    }
    pthread_mutex_unlock(&d->lock);
    if (!e)
        return -EBADF;
    descriptor_put(e);
    return 0;
}

/* A second host descriptor for the same description, so that each number has its own to poll and to close. */
static struct descriptor *entry_duplicate(const struct descriptor *e, int *error)
{
    int host = fcntl(e->host, F_DUPFD_CLOEXEC, 0);
    if (host < 0) {
        *error = -errno;
        return NULL;
    }
    atomic_fetch_add(&e->file->references, 1);
    struct descriptor *copy = entry_new(host, e->file);
    *error = copy ? 0 : -ENOMEM;
    return copy;
}

int descriptor_dup(struct process *p, int number, int from, bool close_on_exec)
{
    struct descriptor *e = descriptor_get(p, number);
    if (!e)
        return -EBADF;
    int error = from < 0 || (unsigned)from >= number_limit(p, p->descriptors) ? -EINVAL : 0;
    struct descriptor *copy = error ? NULL : entry_duplicate(e, &error);
    descriptor_put(e);
    return copy ? entry_place(p, copy, close_on_exec, from) : error;
}

int descriptor_dup_to(struct process *p, int number, int target, bool close_on_exec)
{
    struct descriptors *d = p->descriptors;
    struct descriptor *e = descriptor_get(p, number);
    if (!e)
        return -EBADF;
    int error = target < 0 || (unsigned)target >= number_limit(p, d) ? -EBADF : 0;
    if (error || target == number) {
        descriptor_put(e);
        return error ? error : target;
    }
    struct descriptor *copy = entry_duplicate(e, &error), *old = NULL;
    descriptor_put(e);
    if (!copy)
        return error;
    pthread_mutex_lock(&d->lock);
    if (slots_grow(d, (unsigned)target)) {
        old = d->slots[target].entry;
        d->slots[target] = (struct slot){copy, close_on_exec};
    } else {
        old = copy;
        error = -ENOMEM;
    }
    pthread_mutex_unlock(&d->lock);
    descriptor_put(old);
    return error ? error : target;
}

int descriptor_next(struct process *p, int from)
{
    struct descriptors *d = p->descriptors;
    int found = -1;
    pthread_mutex_lock(&d->lock);
    for (unsigned i = from < 0 ? 0 : (unsigned)from; i < d->room && found < 0; i++)
        if (d->slots[i].entry)
            found = (int)i;
    pthread_mutex_unlock(&d->lock);
    return found;
}

int descriptor_flags(struct process *p, int number)
{
    struct descriptors *d = p->descriptors;
    int flags = -EBADF;
    pthread_mutex_lock(&d->lock);
    if (number >= 0 && (unsigned)number < d->room && d->slots[number].entry)
        flags = d->slots[number].close_on_exec ? FD_CLOEXEC : 0;
    pthread_mutex_unlock(&d->lock);
    return flags;
}

int descriptor_set_flags(struct process *p, int number, int flags)
{
    struct descriptors *d = p->descriptors;
    int result = -EBADF;
    pthread_mutex_lock(&d->lock);
    if (number >= 0 && (unsigned)number < d->room && d->slots[number].entry) {
        d->slots[number].close_on_exec = (flags & FD_CLOEXEC) != 0;
        result = 0;
    }
    pthread_mutex_unlock(&d->lock);
    return result;
}

/* The lock is held over the host's fork, in whose copy the same thread gives it back. */
void descriptors_freeze(struct descriptors *d)
{
    pthread_mutex_lock(&d->lock);
}

void descriptors_thaw(struct descriptors *d)
{
    pthread_mutex_unlock(&d->lock);
}

/* ---- devices and standard streams -------------------------------------------------------------------------------- */

/* /dev/null, /dev/zero, /dev/full: opened before the wall closes the monitor off from paths, so one set per monitor
 * process (forked monitors inherit it). */
static int devices[3] = {-1, -1, -1};
static pthread_mutex_t devices_lock = PTHREAD_MUTEX_INITIALIZER;

int file_devices(int keep[3])
{
    static const char *const paths[3] = {"/dev/null", "/dev/zero", "/dev/full"};
    int error = 0;
    umask(0); /* modes are masked with the guest's own umask */
    pthread_mutex_lock(&devices_lock);
    for (int i = 0; i < 3 && !error; i++) {
        if (devices[i] < 0)
            devices[i] = open(paths[i], O_RDWR | O_CLOEXEC | O_NOCTTY);
        if (devices[i] < 0)
            error = -errno;
        if (keep)
            keep[i] = devices[i];
    }
    pthread_mutex_unlock(&devices_lock);
    return error;
}

int file_device_open(enum file_kind kind)
{
    int error = file_devices(NULL);
    if (error)
        return error;
    int host = fcntl(devices[kind == FILE_ZERO ? 1 : kind == FILE_FULL ? 2 : 0], F_DUPFD_CLOEXEC, 3);
    return host < 0 ? -errno : host;
}

/* What /proc/self/fd shows for a stream; a terminal is /dev/tty, the one terminal that a guest can name. */
static char *standard_path(int host, int number)
{
    static const char *const names[3] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
    struct stat st;
    char *path = NULL;
    if (isatty(host))
        return strdup("/dev/tty");
    if (fstat(host, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) {
        const char *kind = S_ISFIFO(st.st_mode) ? "pipe" : "socket";
        return asprintf(&path, "%s:[%llu]", kind, (unsigned long long)st.st_ino) < 0 ? NULL : path;
    }
    return strdup(names[number]);
}

/* The monitor gives its own 0 and 1 up: whoever waits for the end of a pipe must not wait for the monitor when the
 * guest has closed it.  Standard error stays, for the monitor's last sentence. */
int descriptors_standard(struct process *p)
{
    int error = file_devices(NULL);
    for (int number = 0; number < 3 && !error; number++) {
        int host = fcntl(number, F_DUPFD_CLOEXEC, 3);
        if (host < 0 && errno == EBADF)
            continue; /* closed for the guest, too */
        if (host < 0)
            return -errno;
        int flags = fcntl(host, F_GETFL);
        if (flags >= 0 && (flags & O_PATH)) { /* wall_begin: holds the number of a closed one */
            close(host);
            continue;
        }
        struct file *f = file_new(FILE_STANDARD, flags < 0 ? O_RDWR : flags, standard_path(host, number));
        if (f != NULL)
            f->standard = number;
        int installed = descriptor_install(p, host, f, false, number);
        if (installed < 0)
            error = installed;
        else if (number < 2 && dup2(devices[0], number) < 0)
            error = -errno;
    }
    return error;
}
