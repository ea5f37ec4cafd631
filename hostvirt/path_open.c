/* Opening what a place names.  Everything is opened by openat2 on (parent, name) without following links, and what was
 * opened is looked at again: between the look-up and the opening a guest may have put something else there. */
#include "hostvirt/path_private.h"
#include "hostvirt/syscall.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The flags that reach the host.  O_ASYNC would send signals to the monitor, O_NOCTTY keeps its terminal as it is. */
#define FLAGS_PASSED (O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | O_DIRECT | \
                      O_DIRECTORY | O_NOATIME | O_PATH | O_TMPFILE)
#define FLAGS_OF_PATH (O_PATH | O_DIRECTORY)

static bool wants_write(int flags)
{
    return (flags & O_ACCMODE) != O_RDONLY;
}

static bool is_tmpfile(int flags)
{
    return (flags & O_TMPFILE) == O_TMPFILE;
}

/* A single file of the policy that is one of the harmless memory devices (null(4), random(4)). */
static bool device_granted(const struct mount *m, const struct stat *st)
{
    unsigned n = minor(st->st_rdev);
    return m->file && S_ISCHR(st->st_mode) && major(st->st_rdev) == 1 && (n == 3 || n == 5 || (n >= 7 && n <= 9));
}

/* What may be opened below a mount: 0, or why not. */
static int check_type(const struct mount *m, const struct stat *st, int flags)
{
    if (flags & O_PATH)
        return 0;
    switch (st->st_mode & S_IFMT) {
    case S_IFREG:
    case S_IFDIR:
    case S_IFIFO:
        return 0;
    case S_IFLNK:
        return -ELOOP;
    case S_IFSOCK:
        return -ENXIO;
    default:
        if (device_granted(m, st))
            return 0;
        path_denied();
        return -EACCES;
    }
}

/* Files of read-only mounts are not written.  Linux lets FIFOs be, which here would reach the host's programs; devices
 * are those that the policy names (device_granted). */
static bool is_written(const struct stat *st)
{
    return S_ISREG(st->st_mode) || S_ISFIFO(st->st_mode);
}

/* open(2)'s errors that are known before the host is asked. */
static int check_flags(const struct place *pl, int flags)
{
    if (flags & O_PATH)
        return !pl->exists ? -ENOENT : (flags & O_DIRECTORY) && !S_ISDIR(pl->status.st_mode) ? -ENOTDIR : 0;
    if (is_tmpfile(flags)) {
        if (!wants_write(flags))
            return -EINVAL;
        return !pl->exists ? -ENOENT : !S_ISDIR(pl->status.st_mode) ? -ENOTDIR : place_check_writable(pl);
    }
    if (!pl->exists) {
        if (!(flags & O_CREAT))
            return -ENOENT;
        return pl->slash ? -EISDIR : (flags & O_DIRECTORY) ? -EINVAL : place_check_writable(pl);
    }
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    if (S_ISDIR(pl->status.st_mode))
        return wants_write(flags) || (flags & (O_CREAT | O_TRUNC)) ? -EISDIR : 0;
    if (flags & O_DIRECTORY)
        return -ENOTDIR;
    return pl->mount && is_written(&pl->status) && (wants_write(flags) || (flags & O_TRUNC)) ? place_check_writable(pl)
                                                                                             : 0;
}

static struct file *file_of(const struct place *pl, enum file_kind kind, int flags)
{
    struct file *f = file_new(kind, flags & ~O_CLOEXEC, strdup(pl->path));
    if (f)
        f->mount = pl->mount;
    return f;
}

/* Gives `host` (taken over) and a file object for it to the caller. */
static int opened(const struct place *pl, enum file_kind kind, int flags, int host, int *to, struct file **file)
{
    if (host < 0)
        return host;
    *file = file_of(pl, kind, flags);
    if (!*file) {
        lock_close_own(host);
        return -ENOMEM;
    }
    *to = host;
    return 0;
}

/* ---- host files -------------------------------------------------------------------------------------------------- */

static enum file_kind kind_of(const struct stat *st, int flags)
{
    if (flags & O_PATH)
        return FILE_PATH;
    if (S_ISDIR(st->st_mode))
        return FILE_DIRECTORY;
    if (S_ISCHR(st->st_mode))
        return minor(st->st_rdev) == 3 ? FILE_NULL : minor(st->st_rdev) == 5 ? FILE_ZERO
               : minor(st->st_rdev) == 7 ? FILE_FULL : FILE_RANDOM;
    return S_ISFIFO(st->st_mode) ? FILE_FIFO : FILE_REGULAR;
}

/* Some file systems lie about nothing but the race: the same checks again, on what is open now. */
static int check_opened(const struct place *pl, int host, int flags, struct stat *st)
{
    struct stat granted;
    if (fstat(host, st) != 0)
        return -errno;
    int error = check_type(pl->mount, st, flags);
    if (!error && is_written(st) && !(flags & O_PATH) && wants_write(flags))
        error = place_check_writable(pl);
    if (!error && pl->mount->file &&
        (fstat(pl->mount->root, &granted) != 0 || granted.st_dev != st->st_dev || granted.st_ino != st->st_ino))
        error = -ENOENT;
    return error;
}

/* Opening may block (FIFOs, network file systems), so it is made interruptible when a thread asks for it. */
static int open_below(struct thread *t, const struct place *pl, int flags, mode_t mode)
{
    struct open_how how = {.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS};
    int passed = flags & (flags & O_PATH ? FLAGS_OF_PATH : FLAGS_PASSED);
    if (is_tmpfile(flags))
        passed &= ~O_CREAT;
    how.flags = (uint64_t)(passed | O_NOFOLLOW | O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY));
    if (passed & O_CREAT || is_tmpfile(passed))
        how.mode = mode;
    for (unsigned i = 0;;) {
        long host = t ? blocking_call(t, SYS_openat2, pl->parent, (long)pl->name, (long)&how, sizeof how, 0, 0)
                      : syscall(SYS_openat2, pl->parent, pl->name, &how, sizeof how);
        if (!t && host < 0)
            host = -errno;
        if (host == -EINTR && t)
            return pl->exists && S_ISFIFO(pl->status.st_mode) ? SYS_RESTART : SYS_RESTART_ALWAYS;
        if (host != -EINTR && (host != -EAGAIN || ++i == OPEN_RETRIES)) /* a file with a lease says so for long */
            return (int)host;
    }
}

/* openat2 with RESOLVE_NO_SYMLINKS refuses a link even for O_PATH | O_NOFOLLOW, which is how links are opened. */
static int open_link(const struct place *pl)
{
    int host = openat(pl->parent, pl->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return host < 0 ? -errno : host;
}

static int open_host(struct thread *t, struct place *pl, int flags, mode_t mode, int *to, struct file **file)
{
    struct stat st;
    int error = pl->exists && !is_tmpfile(flags) ? check_type(pl->mount, &pl->status, flags) : 0;
    if (error)
        return error;
    bool link = pl->exists && S_ISLNK(pl->status.st_mode);
    int host = link ? open_link(pl) : open_below(t, pl, flags, mode);
    if (host < 0)
        return host;
    error = check_opened(pl, host, flags, &st);
    if (error) {
        lock_close_own(host);
        return error;
    }
    error = opened(pl, kind_of(&st, flags), flags, host, to, file);
    if (!error)
        (*file)->writable = S_ISREG(st.st_mode) && !(flags & O_PATH) && wants_write(flags);
    return error;
}

/* ---- emulated files ---------------------------------------------------------------------------------------------- */

/* A host descriptor for what has no host file: a folder of the emulator, an O_PATH of something emulated. */
static int empty_descriptor(void)
{
    int host = memfd_create("emulated", MFD_CLOEXEC);
    return host < 0 ? -errno : host;
}

static int open_listing(struct place *pl, int flags, int *to, struct file **file)
{
    struct listing *listing = listing_new();
    int error = listing ? opened(pl, FILE_LISTING, flags, empty_descriptor(), to, file) : -ENOMEM;
    if (error) {
        listing_free(listing);
        return error;
    }
    (*file)->data = listing;
    (*file)->destroy = listing_free;
    return 0;
}

/* The terminal among the guest's standard streams. */
static int open_terminal(struct thread *t, int flags)
{
    for (int n = descriptor_next(t->process, 0); n >= 0; n = descriptor_next(t->process, n + 1)) {
        struct descriptor *d = descriptor_get(t->process, n);
        int host = -1;
        if (d && (d->file->kind == FILE_STANDARD || d->file->kind == FILE_TERMINAL) && isatty(d->host)) {
            int given = fcntl(d->host, F_GETFL) & O_ACCMODE;
            if (given == O_RDWR || given == (flags & O_ACCMODE))
                host = fcntl(d->host, F_DUPFD_CLOEXEC, 3);
        }
        descriptor_put(d);
        if (host >= 0)
            return host;
    }
    return -ENXIO;
}

static int open_device(struct thread *t, struct place *pl, enum file_kind kind, int flags, int *to, struct file **file)
{
    switch (kind) {
    case FILE_NULL:
    case FILE_ZERO:
    case FILE_FULL:
    case FILE_RANDOM:
        return opened(pl, kind, flags, file_device_open(kind), to, file);
    case FILE_STANDARD:
    case FILE_TERMINAL:
        return opened(pl, FILE_TERMINAL, flags, open_terminal(t, flags), to, file);
    default:
        path_denied();
        return -EACCES;
    }
}

static int check_emulated_mode(const struct emulated *e, const char *path, int flags)
{
    struct stat st;
    stat_emulated(e, path, &st);
    unsigned given = st.st_uid == GUEST_ID ? (st.st_mode >> 6) & 7 : st.st_mode & 7;
    unsigned asked = ((flags & O_ACCMODE) != O_WRONLY ? R_OK : 0) | (wants_write(flags) ? W_OK : 0);
    return asked & ~given ? -EACCES : 0;
}

static int open_emulated(struct thread *t, struct place *pl, int flags, int *to, struct file **file)
{
    struct process *p = t->process;
    struct emulated e = {.kind = EMULATED_NONE};
    bool known = path_emulated(p, pl->path) && procfs_find(p, pl->path, &e);
    if (flags & O_PATH)
        return opened(pl, FILE_PATH, flags, empty_descriptor(), to, file);
    if (S_ISDIR(pl->status.st_mode))
        return open_listing(pl, flags, to, file);
    int error = known ? check_emulated_mode(&e, pl->path, flags) : -ENOENT;
    if (error)
        return error;
    switch (e.kind) {
    case EMULATED_TEXT:
        return opened(pl, FILE_TEXT, flags, procfs_open(p, pl->path, &e, flags), to, file);
    case EMULATED_DEVICE:
        return open_device(t, pl, e.device, flags, to, file);
    case EMULATED_LINK:
        return -ELOOP;
    default:
        return -ENOENT;
    }
}

/* ---- entry points ------------------------------------------------------------------------------------------------ */

int place_open(struct thread *t, struct place *pl, int flags, mode_t mode, int *host, struct file **file)
{
    if ((flags & O_ACCMODE) == O_ACCMODE && !(flags & O_PATH))
        return -EINVAL;
    if (flags & O_PATH)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int error = check_flags(pl, flags);
    if (error)
        return error;
    if (pl->held)
        return place_open_held(t, pl->held, flags, host, file);
    if (!pl->mount)
        return open_emulated(t, pl, flags, host, file);
    mode_t masked = mode & 0777 & ~(mode_t)t->process->directories.umask;
    error = open_host(t, pl, flags, masked, host, file);
    if (error || (*file)->kind != FILE_DIRECTORY)
        return error;
    struct child *children = NULL;
    int count = path_children(t->process, pl->path, &children);
    free(children);
    if (count == 0)
        return 0; /* an ordinary folder: the host lists it */
    (*file)->data = count > 0 ? listing_new() : NULL;
    (*file)->destroy = listing_free;
    if ((*file)->data)
        return 0;
    lock_close_own(*host);
    file_release(*file);
    return -ENOMEM;
}

/* What O_PATH names, opened by its name when that still names it. */
static int program_named(struct process *p, struct descriptor *d, char resolved[PATH_MAX])
{
    struct stat is, was;
    int host = d->file->mount ? place_open_program(p, d->file->path, resolved) : -EACCES;
    if (host < 0)
        return host;
    if (fstat(host, &is) == 0 && fstat(d->host, &was) == 0 && is.st_dev == was.st_dev && is.st_ino == was.st_ino)
        return host;
    close(host);
    return -ENOENT;
}

/* The description behind /proc/self/fd/N, with or without a name by now: fexecve(3), execveat(2). */
static int program_held(struct process *p, struct descriptor *d, char resolved[PATH_MAX])
{
    if (d->file->kind == FILE_PATH)
        return program_named(p, d, resolved);
    if (d->file->kind != FILE_MEMORY && d->file->kind != FILE_REGULAR)
        return -EACCES;
    int host = fcntl(d->host, F_DUPFD_CLOEXEC, 3);
    return host < 0 ? -errno : host;
}

int place_open_program(struct process *p, const char *guest_path, char resolved[PATH_MAX])
{
    struct place pl;
    struct stat st;
    int error = place_find_text(p, AT_FDCWD, guest_path, PLACE_FOLLOW, &pl);
    if (error)
        return error;
    int host = -EACCES;
    if (pl.held)
        host = program_held(p, pl.held, resolved);
    else if (pl.mount && S_ISREG(pl.status.st_mode))
        host = syscall(SYS_faccessat2, pl.parent, pl.name, X_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) != 0
                   ? -errno
                   : open_below(NULL, &pl, O_RDONLY | O_NONBLOCK, 0);
    if (host >= 0) {
        error = fstat(host, &st) != 0 ? -errno : !S_ISREG(st.st_mode) ? -EACCES : 0;
        if (!error && !pl.held)
            error = check_opened(&pl, host, O_RDONLY, &st);
        if (error) {
            lock_close_own(host);
            host = error;
        }
    }
    if (host >= 0)
        strcpy(resolved, pl.path);
    place_release(&pl);
    return host;
}
