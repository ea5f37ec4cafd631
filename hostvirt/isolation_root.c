/* The private root of --isolation=process: a memory file system that holds nothing but the policy's mounts, a /dev of
 * six devices and a read-only /proc of the new pid namespace.  mount_namespaces(7), move_mount(2), mount_setattr(2):
 * Linux 5.12.  A host path is bound only after its device and inode were compared with what the policy opened. */
#include "hostvirt/isolation_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define BASE "/tmp" /* any folder: it is covered by the new root until the old one is gone */

struct root {
    const struct policy *policy;
    const struct mount **sorted; /* by the length of their places: outer ones first */
    int *trees;                  /* in the same order: detached copies of the host's trees; -1: scratch */
    int fd;                      /* the new root's */
    char *reason;
    size_t bytes;
};

static int failed(struct root *r, const char *what, const char *place, int error)
{
    snprintf(r->reason, r->bytes, "--isolation=process cannot %s %.200s: %s", what, place, strerror(-error));
    return error;
}

static int by_length(const void *a, const void *b)
{
    const struct mount *const *x = a, *const *y = b;
    size_t i = strlen((*x)->guest), k = strlen((*y)->guest);

    return i < k ? -1 : i > k;
}

/* A detached copy of the tree at `path`, which must be the file that `known` names (-1: any). */
static int copy_tree(const char *path, int known, bool writable, bool device)
{
    struct stat now, then;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NOSUID | (device ? 0 : MOUNT_ATTR_NODEV) |
                                                (writable ? 0 : MOUNT_ATTR_RDONLY)};
    int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

    if (tree < 0)
        return -errno;
    int error = mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0 ? -errno : 0;
    if (error == 0 && known >= 0 && (fstat(tree, &now) != 0 || fstat(known, &then) != 0))
        error = -errno;
    if (error == 0 && known >= 0 && (now.st_dev != then.st_dev || now.st_ino != then.st_ino))
        error = -ESTALE; /* something else is there since the policy was made */
    if (error == 0)
        return tree;
    close(tree);
    return error;
}

static int copy_trees(struct root *r)
{
    struct stat st;

    for (size_t i = 0; i < r->policy->mount_count; i++) {
        const struct mount *m = r->sorted[i];
        r->trees[i] = -1;
        if (m->kind == MOUNT_SCRATCH)
            continue;
        bool device = fstat(m->root, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode));
        r->trees[i] = copy_tree(m->host, m->root, m->kind == MOUNT_WRITABLE, device);
        if (r->trees[i] < 0)
            return failed(r, "show", m->host, r->trees[i]);
    }
    return 0;
}

/* A memory file system of its own, not attached to anything. */
static int memory_tree(uint64_t limit, const char *mode)
{
    char size[32];
    int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);

    if (fs < 0)
        return -errno;
    snprintf(size, sizeof size, "%llu", (unsigned long long)limit);
    int tree = -1;
    if (fsconfig(fs, FSCONFIG_SET_STRING, "size", size, 0) == 0 &&
        fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0) == 0 &&
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        tree = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    int error = tree < 0 ? -errno : 0;
    close(fs);
    return error != 0 ? error : tree;
}

/* Opens a place below the new root, never leaving it. */
static int open_place(const struct root *r, const char *guest)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, r->fd, guest, &how, sizeof how);

    return fd < 0 ? -errno : fd;
}

/* True when files of the host cover the path: what is missing there cannot be made.  Scratch space is our own. */
static bool covered(const struct root *r, size_t before, const char *guest)
{
    bool host = false;

    for (size_t i = 0; i < before; i++) { /* inner ones come later */
        size_t n = strlen(r->sorted[i]->guest);
        if (n == 1 || (strncmp(guest, r->sorted[i]->guest, n) == 0 && guest[n] == '/'))
            host = r->sorted[i]->kind != MOUNT_SCRATCH;
    }
    return host;
}

/* Makes the folders above `guest` and, at it, a folder or an empty file. */
static int make_place(const struct root *r, const char *guest, bool file)
{
    char path[PATH_MAX];

    if ((size_t)snprintf(path, sizeof path, "%s", guest + 1) >= sizeof path)
        return -ENAMETOOLONG;
    for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(r->fd, path, 0755) != 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    if (!file)
        return mkdirat(r->fd, path, 0755) == 0 || errno == EEXIST ? 0 : -errno;
    int fd = openat(r->fd, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

static int attach(const struct root *r, int tree, const char *guest)
{
    int place = open_place(r, guest);

    if (place < 0)
        return place;
    int error = move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0 ? -errno : 0;
    close(place);
    return error;
}

static int attach_mounts(struct root *r)
{
    for (size_t i = 0; i < r->policy->mount_count; i++) {
        const struct mount *m = r->sorted[i];
        int error = 0;
        if (strcmp(m->guest, "/") == 0)
            continue; /* is the root */
        if (m->kind == MOUNT_SCRATCH && (r->trees[i] = memory_tree(r->policy->memory, "1777")) < 0)
            return failed(r, "make scratch space for", m->guest, r->trees[i]);
        if (!covered(r, i, m->guest))
            error = make_place(r, m->guest, m->file);
        if (error == 0)
            error = attach(r, r->trees[i], m->guest);
        if (error != 0)
            return failed(r, "mount at", m->guest, error);
    }
    return 0;
}

/* ---- /dev, /proc and the files of /etc that programs expect ------------------------------------------------------ */

static int add_devices(struct root *r)
{
    static const char *const names[] = {"null", "zero", "full", "random", "urandom", "tty"};
    static const char *const links[][2] = {{"/proc/self/fd", "dev/fd"}, {"/proc/self/fd/0", "dev/stdin"},
                                           {"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
                                           {"pts/ptmx", "dev/ptmx"}};
    char path[32];
    int error = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0] && error == 0; i++) {
        snprintf(path, sizeof path, "/dev/%s", names[i]);
        int tree = copy_tree(path, -1, true, true);
        if (tree == -ENOENT)
            continue;
        error = tree < 0 ? tree : make_place(r, path, true);
        if (error == 0)
            error = attach(r, tree, path);
        if (tree >= 0)
            close(tree);
    }
    for (size_t i = 0; i < sizeof links / sizeof links[0] && error == 0; i++)
        error = symlinkat(links[i][0], r->fd, links[i][1]) == 0 || errno == EEXIST ? 0 : -errno;
    return error == 0 ? 0 : failed(r, "make", "/dev", error);
}

static int write_file(struct root *r, const char *guest, const char *text)
{
    for (size_t i = 0; i < r->policy->mount_count; i++)
        if (strcmp(r->policy->mounts[i].guest, guest) == 0 || strcmp(r->policy->mounts[i].guest, "/etc") == 0)
            return 0; /* the user's own */
    int error = make_place(r, guest, true);
    int fd = error == 0 ? openat(r->fd, guest + 1, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW) : error;
    if (fd < 0)
        return error != 0 ? error : -errno;
    size_t length = strlen(text);
    error = write(fd, text, length) == (ssize_t)length ? 0 : -EIO;
    close(fd);
    return error;
}

static int add_etc(struct root *r)
{
    const char *host = r->policy->hostname != NULL ? r->policy->hostname : r->policy->name;
    char passwd[256], group[128], hostname[128], *hosts = NULL;
    size_t hosts_bytes;
    FILE *text = open_memstream(&hosts, &hosts_bytes);

    host = host != NULL ? host : "isolate";
    snprintf(passwd, sizeof passwd, "user:x:%u:%u:user:/:/bin/sh\n", (unsigned)geteuid(), (unsigned)getegid());
    snprintf(group, sizeof group, "user:x:%u:\n", (unsigned)getegid());
    snprintf(hostname, sizeof hostname, "%.100s\n", host);
    if (text == NULL)
        return failed(r, "write into", "/etc", -errno);
    fprintf(text, "127.0.0.1\tlocalhost %.100s\n", host);
    policy_write_names(r->policy, text);
    if (fclose(text) != 0)
        return failed(r, "write into", "/etc", -errno);
    const char *const files[][2] = {{"/etc/passwd", passwd}, {"/etc/group", group}, {"/etc/hostname", hostname},
                                    {"/etc/hosts", hosts}};
    int error = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && error == 0; i++)
        error = write_file(r, files[i][0], files[i][1]);
    free(hosts);
    return error == 0 ? 0 : failed(r, "write into", "/etc", error);
}

/* Of the new pid namespace, read-only: nothing of the host's kernel can be set through it. */
static int add_proc(struct root *r, int *proc)
{
    int fs = fsopen("proc", FSOPEN_CLOEXEC), tree = -1, error = 0;

    if (fs < 0 || fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) != 0 ||
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0 ||
        (tree = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
                                                 MOUNT_ATTR_RDONLY)) < 0)
        error = -errno;
    if (fs >= 0)
        close(fs);
    if (error == 0)
        error = make_place(r, "/proc", false);
    if (error == 0)
        error = attach(r, tree, "/proc");
    if (error != 0)
        return failed(r, "mount", "/proc (is another file system mounted over parts of it?)", error);
    *proc = tree;
    return 0;
}

static int add_terminals(struct root *r)
{
    int fs = fsopen("devpts", FSOPEN_CLOEXEC), tree = -1, error = 0;

    if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "ptmxmode", "0666", 0) != 0 ||
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0 ||
        (tree = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC)) < 0)
        error = -errno;
    if (fs >= 0)
        close(fs);
    if (error == 0)
        error = make_place(r, "/dev/pts", false);
    if (error == 0)
        error = attach(r, tree, "/dev/pts");
    if (tree >= 0)
        close(tree);
    return error == 0 ? 0 : failed(r, "mount", "/dev/pts", error);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* The new root becomes "/", the old one is let go of; then nothing outside of the mounts can be written. */
static int enter(struct root *r, bool own_tree)
{
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};

    if (fchdir(r->fd) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0 ||
        chdir("/") != 0)
        return failed(r, "enter", "its private root", -errno);
    if (!own_tree && mount_setattr(AT_FDCWD, "/", 0, &read_only, sizeof read_only) != 0)
        return failed(r, "protect", "its private root", -errno);
    return 0;
}

static int build(struct root *r, int *proc)
{
    bool own_tree = r->policy->mount_count > 0 && strcmp(r->sorted[0]->guest, "/") == 0;

    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return failed(r, "separate", "its mounts from the system's", -errno);
    int error = copy_trees(r);
    if (error != 0)
        return error;
    int tree = own_tree ? r->trees[0] : memory_tree(16u << 20, "0755");
    if (tree < 0)
        return failed(r, "make", "its private root", tree);
    if (move_mount(tree, "", AT_FDCWD, BASE, MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return failed(r, "mount its private root at", BASE, -errno);
    r->fd = tree;
    if (!own_tree) {
        error = make_place(r, "/dev", false);
        if (error == 0)
            error = add_devices(r);
        if (error == 0)
            error = add_terminals(r);
        if (error == 0)
            error = add_etc(r);
    }
    if (error == 0)
        error = add_proc(r, proc);
    if (error == 0)
        error = attach_mounts(r);
    return error != 0 ? error : enter(r, own_tree);
}

int isolation_root(const struct policy *p, int *proc, char *reason, size_t bytes)
{
    struct root r = {p, calloc(p->mount_count + 1, sizeof *r.sorted), calloc(p->mount_count + 1, sizeof *r.trees), -1,
                     reason, bytes};
    mode_t before = umask(0);

    if (r.sorted == NULL || r.trees == NULL) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    for (size_t i = 0; i < p->mount_count; i++)
        r.sorted[i] = &p->mounts[i];
    qsort(r.sorted, p->mount_count, sizeof *r.sorted, by_length);
    int error = build(&r, proc);
    for (size_t i = 0; i < p->mount_count; i++)
        if (r.trees[i] > 2)
            close(r.trees[i]);
    free(r.sorted);
    free(r.trees);
    umask(before);
    return error;
}
