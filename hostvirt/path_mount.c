/* Which mount a guest path belongs to.  Mounts may nest; the longest one counts, and the folders above a mount point
 * are always folders, whatever the host has there. */
#include "hostvirt/path_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char *const emulated_trees[] = {"/proc", "/sys", "/dev"};
#define EMULATED_TREES (sizeof emulated_trees / sizeof *emulated_trees)
#define ETC "/etc" /* a folder in any case: some of its files are the emulator's */

bool path_within(const char *path, const char *below)
{
    size_t n = strlen(below);
    if (n == 1)
        return true; /* "/" */
    return strncmp(path, below, n) == 0 && (path[n] == 0 || path[n] == '/');
}

const struct mount *mount_covering(const struct policy *p, const char *path)
{
    const struct mount *best = NULL;
    size_t length = 0;
    for (size_t i = 0; i < p->mount_count; i++) {
        const struct mount *m = &p->mounts[i];
        size_t n = strlen(m->guest);
        if (n > length && path_within(path, m->guest)) {
            best = m;
            length = n;
        }
    }
    return best;
}

const struct mount *mount_at(const struct policy *p, const char *path)
{
    for (size_t i = 0; i < p->mount_count; i++)
        if (strcmp(p->mounts[i].guest, path) == 0)
            return &p->mounts[i];
    return NULL;
}

bool mount_below(const struct policy *p, const char *path)
{
    if (strcmp(path, ETC) == 0)
        return true; /* the emulator's passwd, hosts... */
    for (size_t i = 0; i < p->mount_count; i++)
        if (path_within(p->mounts[i].guest, path) && strcmp(p->mounts[i].guest, path) != 0)
            return true;
    return false;
}

/* Files of /etc are generated unless something is mounted at or below it that has them. */
static bool etc_emulated(struct process *p, const char *path)
{
    const struct mount *m = mount_covering(p->monitor->policy, path);
    struct emulated e;
    return !(m && path_within(m->guest, ETC)) && procfs_find(p, path, &e) && e.kind != EMULATED_NONE;
}

bool path_emulated(struct process *p, const char *path)
{
    for (size_t i = 0; i < EMULATED_TREES; i++) {
        if (!path_within(path, emulated_trees[i]))
            continue;
        const struct mount *m = mount_covering(p->monitor->policy, path);
        return !m || strlen(m->guest) <= strlen(emulated_trees[i]);
    }
    return strncmp(path, ETC "/", sizeof ETC) == 0 && etc_emulated(p, path);
}

const char *mount_relative(const struct mount *m, const char *path)
{
    size_t n = strlen(m->guest);
    const char *rest = n == 1 ? path + 1 : path + n + (path[n] == '/');
    return *rest ? rest : ".";
}

/* The first component of `guest` below the folder `path`: its length, 0 when it is not below. */
static size_t component_below(const char *path, const char *guest, const char **start)
{
    if (!path_within(guest, path))
        return 0;
    const char *rest = guest + (strcmp(path, "/") == 0 ? 0 : strlen(path));
    if (*rest != '/')
        return 0;
    *start = rest + 1;
    return strcspn(rest + 1, "/");
}

struct children {
    struct child *list;
    size_t count, room;
};

static int child_add(struct children *c, const char *name, size_t length, bool folder)
{
    for (size_t i = 0; i < c->count; i++)
        if (strncmp(c->list[i].name, name, length) == 0 && c->list[i].name[length] == 0)
            return 0;
    if (length == 0 || length > NAME_MAX)
        return 0;
    if (c->count == c->room) {
        size_t room = c->room ? 2 * c->room : 8;
        struct child *list = realloc(c->list, room * sizeof *list);
        if (!list)
            return -ENOMEM;
        c->list = list;
        c->room = room;
    }
    struct child *new = &c->list[c->count++];
    memcpy(new->name, name, length);
    new->name[length] = 0;
    new->folder = folder;
    return 0;
}

/* "/" has the emulated trees, /etc the generated files. */
static int children_emulated(struct process *p, const char *path, struct children *c)
{
    struct emulated e = {.kind = EMULATED_NONE};
    const struct mount *m = mount_covering(p->monitor->policy, path);
    char name[256], whole[sizeof ETC + 256];
    unsigned char type;
    uint64_t inode, next = 0;
    int error = 0;
    if (strcmp(path, "/") == 0) {
        for (size_t i = 0; i < EMULATED_TREES && !error; i++)
            error = child_add(c, emulated_trees[i] + 1, strlen(emulated_trees[i] + 1), true);
        return error ? error : child_add(c, &ETC[1], strlen(ETC) - 1, true);
    }
    if (strcmp(path, ETC) != 0 || (m && path_within(m->guest, ETC)))
        return 0;
    while (!error && procfs_entry(p, path, &e, &next, name, &type, &inode)) {
        snprintf(whole, sizeof whole, ETC "/%s", name);
        if (path_emulated(p, whole)) /* no mount is there */
            error = child_add(c, name, strlen(name), false);
    }
    return error;
}

int path_children(struct process *p, const char *path, struct child **out)
{
    const struct policy *policy = p->monitor->policy;
    struct children c = {NULL, 0, 0};
    const char *name = NULL;
    int error = children_emulated(p, path, &c);
    for (size_t i = 0; i < policy->mount_count && !error; i++) {
        size_t length = component_below(path, policy->mounts[i].guest, &name);
        if (length)
            error = child_add(&c, name, length, name[length] != 0 || !policy->mounts[i].file);
    }
    if (error) {
        free(c.list);
        return error;
    }
    *out = c.list;
    return (int)c.count;
}

/* The host path of a single file is resolved anew, because a descriptor of the file itself cannot be opened again
 * without /proc.  That it is still the file of the policy is checked by device and inode: a guest that may write to
 * the folder could have put something else there. */
int mount_file_parent(const struct mount *m, char name[NAME_MAX + 1])
{
    char real[PATH_MAX];
    struct stat now, granted;
    if (!realpath(m->host, real))
        return -errno;
    char *slash = strrchr(real, '/');
    if (strlen(slash + 1) > NAME_MAX || !slash[1])
        return -ENOENT;
    strcpy(name, slash + 1);
    slash[slash == real] = 0;
    int folder = open(real, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    if (fstatat(folder, name, &now, AT_SYMLINK_NOFOLLOW) != 0 || fstat(m->root, &granted) != 0 ||
        now.st_dev != granted.st_dev || now.st_ino != granted.st_ino) {
        close(folder);
        return -ENOENT;
    }
    return folder;
}

static bool kernel_interface(const struct statfs *fs)
{
    switch ((unsigned long)fs->f_type) {
    case PROC_SUPER_MAGIC:
    case SYSFS_MAGIC:
    case DEBUGFS_MAGIC:
    case TRACEFS_MAGIC:
    case SECURITYFS_MAGIC:
    case CGROUP_SUPER_MAGIC:
    case CGROUP2_SUPER_MAGIC:
    case DEVPTS_SUPER_MAGIC:
    case BPF_FS_MAGIC:
    case EFIVARFS_MAGIC:
    case SELINUX_MAGIC:
    case SMACK_MAGIC:
    case BINFMTFS_MAGIC:
    case NSFS_MAGIC:
    case PIPEFS_MAGIC:
    case SOCKFS_MAGIC:
    case 0x62656570ul: /* configfs (fs/configfs/mount.c) */
    case 0x65735543ul: /* fusectl (fs/fuse/control.c) */
    case 0x19800202ul: /* mqueue (ipc/mqueue.c) */
    case 0x6165676cul: /* pstore (linux/magic.h) */
        return true;
    default:
        return false;
    }
}

/* Device numbers of the mounts' roots, asked once: they never change while a root is open.  0: not asked yet.  One per
 * monitor process, like the policy whose mounts they belong to. */
#define DEVICES_KEPT 64
static _Atomic dev_t root_devices[DEVICES_KEPT];

dev_t mount_device(const struct policy *p, const struct mount *m)
{
    struct stat root;
    size_t i = (size_t)(m - p->mounts);
    dev_t known = i < DEVICES_KEPT ? atomic_load_explicit(&root_devices[i], memory_order_relaxed) : 0;
    if (known)
        return known;
    if (fstat(m->root, &root) != 0)
        return 0; /* equal to no file's */
    if (i < DEVICES_KEPT)
        atomic_store_explicit(&root_devices[i], root.st_dev, memory_order_relaxed);
    return root.st_dev;
}

int mount_check_device(const struct policy *p, const struct mount *m, int parent, const char *name,
                       const struct stat *st)
{
    struct statfs fs;
    if (st->st_dev == mount_device(p, m))
        return 0;
    int host = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (host < 0)
        return -errno;
    int error = fstatfs(host, &fs) != 0 ? -errno : kernel_interface(&fs) ? -EACCES : 0;
    close(host);
    if (error == -EACCES)
        path_denied();
    return error;
}

int host_open_beneath(int folder, const char *relative, int flags)
{
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC),
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS};
    for (int i = 0; i < OPEN_RETRIES; i++) {
        long host = syscall(SYS_openat2, folder, relative, &how, sizeof how);
        if (host >= 0)
            return (int)host;
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
    }
    return -EAGAIN;
}

void path_denied(void)
{
    if (the_monitor && the_monitor->statistics)
        COUNT(the_monitor->statistics, denied_files);
}
