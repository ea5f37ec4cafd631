/* Scratch space: memory that vanishes with the monitor, however that ends.  A tmpfs that is mounted nowhere and lives
 * by its descriptor (fsmount(2)); without the privilege for it, the same from a short-lived child in a user namespace
 * of its own; where that is forbidden, too, a folder of /dev/shm whose lock says that it is in use. */
#include "hostvirt/policy_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FALLBACK "/dev/shm"
#define FALLBACK_TRIES 8
#define FILES_LIMIT "131072" /* each costs about a KiB of the kernel's memory, which no other limit counts */

/* ---- a tmpfs of one's own ---------------------------------------------------------------------------------------- */

static int configure(int fs, uint64_t bytes)
{
    char size[32];

    snprintf(size, sizeof size, "%llu", (unsigned long long)bytes);
    if (fsconfig(fs, FSCONFIG_SET_STRING, "size", size, 0) != 0 ||
        fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", FILES_LIMIT, 0) != 0 ||
        fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) != 0 ||
        fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
        return -errno;
    return 0;
}

static int detached_tmpfs(uint64_t bytes)
{
    int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
    int error = fs < 0 ? -errno : configure(fs, bytes);
    int mount = error == 0 ? fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV) : error;

    if (error == 0 && mount < 0)
        mount = -errno;
    if (fs >= 0)
        close(fs);
    return mount;
}

static int send_descriptor(int s, int fd)
{
    char byte = 0;
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&m);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(s, &m, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

static int receive_descriptor(int s)
{
    char byte;
    int fd = -EPERM;
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};

    if (recvmsg(s, &m, MSG_CMSG_CLOEXEC) != 1)
        return -EPERM;
    struct cmsghdr *header = CMSG_FIRSTHDR(&m);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

static bool write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return good;
}

/* In the child: user and group are the same inside and outside, so that the monitor owns what it makes there. */
static int tmpfs_of_namespace(uint64_t bytes, uid_t user, gid_t group)
{
    char map[64];

    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return -errno;
    snprintf(map, sizeof map, "%u %u 1", user, user);
    if (!write_text("/proc/self/uid_map", map) || !write_text("/proc/self/setgroups", "deny"))
        return -EPERM;
    snprintf(map, sizeof map, "%u %u 1", group, group);
    return write_text("/proc/self/gid_map", map) ? detached_tmpfs(bytes) : -EPERM;
}

static int tmpfs_by_child(uint64_t bytes)
{
    uid_t user = geteuid();
    gid_t group = getegid();
    int pair[2], fd, status;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -errno;
    pid_t child = fork();
    if (child == 0) {
        fd = tmpfs_of_namespace(bytes, user, group);
        _exit(fd >= 0 && send_descriptor(pair[1], fd) == 0 ? 0 : 1);
    }
    close(pair[1]);
    fd = child < 0 ? -errno : receive_descriptor(pair[0]);
    close(pair[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return fd;
}

/* ---- a folder of /dev/shm ---------------------------------------------------------------------------------------- */

static void empty_folder(int folder)
{
    DIR *listing = fdopendir(folder); /* takes it over */

    for (struct dirent *e; listing != NULL && (e = readdir(listing)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || unlinkat(dirfd(listing), e->d_name, 0) == 0)
            continue;
        fchmodat(dirfd(listing), e->d_name, 0700, 0); /* the guest may have taken its own right to enter */
        int below = openat(dirfd(listing), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0)
            empty_folder(below);
        unlinkat(dirfd(listing), e->d_name, AT_REMOVEDIR);
    }
    if (listing != NULL)
        closedir(listing);
    else
        close(folder);
}

static int open_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void remove_folder(const char *path)
{
    int folder = open_folder(path);

    if (folder >= 0)
        empty_folder(folder);
    rmdir(path);
}

/* Those of monitors that were killed: nobody holds their lock. */
static void remove_left_over(const char *prefix)
{
    DIR *listing = opendir(FALLBACK);
    struct stat status;
    char path[300];

    for (struct dirent *e; listing != NULL && (e = readdir(listing)) != NULL;) {
        if (strncmp(e->d_name, prefix, strlen(prefix)) != 0)
            continue;
        snprintf(path, sizeof path, FALLBACK "/%s", e->d_name);
        int folder = open_folder(path);
        if (folder < 0)
            continue;
        if (fstat(folder, &status) == 0 && status.st_uid == geteuid() && flock(folder, LOCK_EX | LOCK_NB) == 0)
            remove_folder(path);
        close(folder);
    }
    if (listing != NULL)
        closedir(listing);
}

static int shared_memory_folder(struct policy *p)
{
    char prefix[40], path[80];
    struct stat status;

    snprintf(prefix, sizeof prefix, "cloister-%u-", (unsigned)geteuid());
    remove_left_over(prefix);
    for (unsigned i = 0; i < FALLBACK_TRIES; i++) {
        snprintf(path, sizeof path, FALLBACK "/%sXXXXXX", prefix);
        int folder = mkdtemp(path) != NULL ? open_folder(path) : -1;
        if (folder < 0)
            return -errno;
        /* Another start may have taken it for a left-over before the lock. */
        if (flock(folder, LOCK_SH) == 0 && fstat(folder, &status) == 0 && status.st_nlink > 0) {
            p->scratch_folder = strdup(path);
            return p->scratch_folder != NULL ? folder : -ENOMEM;
        }
        close(folder);
    }
    return -EAGAIN;
}

/* ---- what the policy uses ---------------------------------------------------------------------------------------- */

static int scratch_space(struct policy *p)
{
    int fd = detached_tmpfs(p->memory);

    if (fd < 0)
        fd = tmpfs_by_child(p->memory);
    return fd >= 0 ? fd : shared_memory_folder(p);
}

int policy_scratch_folder(struct policy *p, size_t index)
{
    char name[24];

    if (p->scratch < 0) {
        int space = scratch_space(p);
        if (space < 0)
            return space;
        p->scratch = space;
    }
    snprintf(name, sizeof name, "%zu", index);
    if (mkdirat(p->scratch, name, 0700) != 0 && errno != EEXIST)
        return -errno;
    int folder = openat(p->scratch, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return -errno;
    return fchmodat(p->scratch, name, 01777, 0) == 0 ? folder : -errno; /* as /tmp; only the monitor gets here */
}

void policy_scratch_remove(struct policy *p)
{
    if (p->scratch >= 0)
        close(p->scratch);
    if (p->scratch_folder != NULL)
        remove_folder(p->scratch_folder);
    free(p->scratch_folder);
    p->scratch = -1;
    p->scratch_folder = NULL;
}
