/* stat as guests see it: device numbers are the isolate's own (one per mount), owners are the guest's user, root or
 * the overflow user, and emulated files have fixed values. */
#include "hostvirt/path_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEVICE_EMULATED makedev(0, 4)
#define DEVICE_PIPE makedev(0, 13)
#define DEVICE_MOUNTS 16 /* major number of the first mount's */

static void owner_virtual(struct stat *st)
{
    st->st_uid = st->st_uid == geteuid() ? GUEST_ID : st->st_uid == 0 ? 0 : GUEST_OVERFLOW;
    st->st_gid = st->st_gid == getegid() ? GUEST_ID : st->st_gid == 0 ? 0 : GUEST_OVERFLOW;
}

/* (device, inode) must stay an identity: other file systems below a mount get minor numbers of their own. */
void stat_virtual(const struct process *p, const struct mount *m, struct stat *st)
{
    owner_virtual(st);
    if (!m) {
        st->st_dev = DEVICE_PIPE;
        return;
    }
    unsigned minor_number = 0;
    if (mount_device(p->monitor->policy, m) != st->st_dev)
        minor_number = 1 + (unsigned)((st->st_dev * 0x9e3779b97f4a7c15ull) >> 48);
    st->st_dev = makedev(DEVICE_MOUNTS + (unsigned)(m - p->monitor->policy->mounts), minor_number);
    st->st_mode &= ~(mode_t)(S_ISUID | S_ISGID);
}

static void stat_base(struct stat *st)
{
    struct timespec start = {0, 0};
    memset(st, 0, sizeof *st);
    clock_gettime(CLOCK_REALTIME, &start);
    start.tv_nsec = 0;
    st->st_dev = DEVICE_EMULATED;
    st->st_nlink = 1;
    st->st_blksize = 4096;
    st->st_atim = st->st_mtim = st->st_ctim = start;
}

static dev_t device_number(enum file_kind kind, const char *path)
{
    switch (kind) {
    case FILE_NULL:
        return makedev(1, 3);
    case FILE_ZERO:
        return makedev(1, 5);
    case FILE_FULL:
        return makedev(1, 7);
    case FILE_RANDOM:
        return makedev(1, strstr(path, "urandom") ? 9 : 8);
    default:
        return makedev(5, 0); /* /dev/tty */
    }
}

void stat_emulated(const struct emulated *e, const char *path, struct stat *st)
{
    stat_base(st);
    st->st_mode = e->mode;
    st->st_ino = e->inode;
    if (S_ISDIR(e->mode))
        st->st_nlink = 2;
    if (e->kind == EMULATED_DEVICE)
        st->st_rdev = device_number(e->device, path);
    if (strncmp(path, "/proc/", 6) == 0 && path[6] >= '0' && path[6] <= '9')
        st->st_uid = st->st_gid = GUEST_ID;
}

void stat_folder(const char *path, struct stat *st)
{
    uint64_t hash = 1469598103934665603ull; /* FNV-1a: an inode number that stays */
    for (const char *s = path; *s; s++)
        hash = (hash ^ (uint8_t)*s) * 1099511628211ull;
    stat_base(st);
    st->st_mode = S_IFDIR | 0555;
    st->st_ino = strcmp(path, "/") == 0 ? 1 : (hash >> 16) | 1ull << 47;
    st->st_nlink = 2;
}

int place_stat(struct process *p, struct place *pl, struct stat *out)
{
    if (pl->held)
        return descriptor_stat(p, pl->held, out);
    if (!pl->exists)
        return -ENOENT;
    *out = pl->status;
    if (pl->mount)
        stat_virtual(p, pl->mount, out);
    return 0;
}

/* Emulated files are found again by their path: what is a memfd on the host is a file of /proc to the guest. */
static bool stat_by_path(struct process *p, const struct file *f, struct stat *out)
{
    struct emulated e;
    if (f->path[0] != '/')
        return false;
    if (path_emulated(p, f->path)) {
        if (!procfs_find(p, f->path, &e) || e.kind == EMULATED_NONE)
            return false;
        stat_emulated(&e, f->path, out);
        return true;
    }
    if (f->kind != FILE_LISTING && f->kind != FILE_PATH)
        return false;
    stat_folder(f->path, out);
    return true;
}

int descriptor_stat(struct process *p, struct descriptor *d, struct stat *out)
{
    struct file *f = d->file;
    /* A terminal among the standard streams is /dev/tty to the guest, in its path and in its identity: ttyname(3). */
    bool by_path = file_kind_emulated(f->kind) || (f->kind == FILE_PATH && !f->mount) ||
                   (f->kind == FILE_STANDARD && strcmp(f->path, "/dev/tty") == 0);
    if (by_path && stat_by_path(p, f, out))
        return 0;
    if (fstat(d->host, out) != 0)
        return -errno;
    stat_virtual(p, f->mount, out);
    return 0;
}
