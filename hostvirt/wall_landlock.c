/* Landlock by the policy's mounts and ports: files that no mount shows cannot be opened, made, removed or renamed, no
 * other port is bound or connected to, and no process outside of the family is signalled.  Source: Linux
 * Documentation/userspace-api/landlock.rst; the numbers below are of newer kernels than the oldest headers. */
#include "hostvirt/wall_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct landlock_ruleset_attr as of ABI 6; the kernel takes a prefix of it. */
struct ruleset {
    uint64_t files; /* ABI 1 */
    uint64_t net;   /* ABI 4 */
    uint64_t scoped;/* ABI 6 */
};

struct port_rule { /* struct landlock_net_port_attr */
    uint64_t allowed, port;
};

#define FS_TRUNCATE (1ull << 14)  /* ABI 3 */
#define FS_IOCTL_DEV (1ull << 15) /* ABI 5 */
#define NET_BIND_TCP (1ull << 0)
#define NET_CONNECT_TCP (1ull << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define SCOPE_SIGNAL (1ull << 1)
#define RULE_NET_PORT 2

#define READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
/* Devices are never made. */
#define WRITE                                                                                                          \
    (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                 \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                       \
     LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE)
#define EVERYTHING                                                                                                     \
    (READ | WRITE | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK |       \
     FS_IOCTL_DEV)
#define OF_FILES                                                                                                       \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | FS_TRUNCATE |        \
     FS_IOCTL_DEV)

static struct ruleset handled_by(int abi)
{
    struct ruleset r = {EVERYTHING, 0, 0};

    if (abi < 2)
        r.files &= ~LANDLOCK_ACCESS_FS_REFER; /* ABI 1 denies links and renames between folders in any case */
    if (abi < 3)
        r.files &= ~FS_TRUNCATE;
    if (abi < 5)
        r.files &= ~FS_IOCTL_DEV;
    if (abi >= 4)
        r.net = NET_BIND_TCP | NET_CONNECT_TCP;
    if (abi >= 6)
        r.scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
    return r;
}

static int allow_below(int rules, const struct ruleset *handled, int folder, uint64_t rights)
{
    struct landlock_path_beneath_attr rule = {.parent_fd = folder};
    struct stat st;

    if (fstat(folder, &st) != 0)
        return -errno;
    if (!S_ISDIR(st.st_mode))
        rights &= OF_FILES;
    rule.allowed_access = rights & handled->files;
    if (syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
        return 0;
    return errno == EBADFD ? 0 : -errno; /* inside of the kernel's own file systems (a memfd): never restricted */
}

static int allow_path(int rules, const struct ruleset *handled, const char *path, uint64_t rights)
{
    int host = open(path, O_PATH | O_CLOEXEC);
    if (host < 0)
        return errno == ENOENT ? 0 : -errno;
    int error = allow_below(rules, handled, host, rights);
    close(host);
    return error;
}

/* Rights add up: what lies read-only inside a writable mount is kept read-only by the monitor alone. */
static int allow_mounts(int rules, const struct ruleset *handled, const struct policy *p, enum landlock_use use)
{
    int error = 0;

    for (size_t i = 0; i < p->mount_count && error == 0; i++) {
        const struct mount *m = &p->mounts[i];
        uint64_t rights = m->kind == MOUNT_READ_ONLY ? READ : READ | WRITE;
        if (use == LANDLOCK_PROGRAM) /* in its private root, where the places are the isolate's */
            error = allow_path(rules, handled, m->guest, rights | LANDLOCK_ACCESS_FS_EXECUTE);
        else if (m->root >= 0)
            error = allow_below(rules, handled, m->root, rights);
    }
    return error;
}

static int allow_removal(int rules, const struct ruleset *handled, const int *keep)
{
    struct stat st;
    int error = 0;

    for (size_t i = 0; keep != NULL && keep[i] >= 0 && error == 0; i++)
        if (keep[i] > 2 && fstat(keep[i], &st) == 0 && S_ISDIR(st.st_mode))
            error = allow_below(rules, handled, keep[i], LANDLOCK_ACCESS_FS_REMOVE_FILE);
    return error;
}

static int allow_port(int rules, uint16_t port, uint64_t what)
{
    struct port_rule rule = {what, port};

    return syscall(SYS_landlock_add_rule, rules, RULE_NET_PORT, &rule, 0) == 0 ? 0 : -errno;
}

/* A guest connects to its own listeners, too. */
static int allow_ports(int rules, const struct policy *p)
{
    int error = 0;

    for (size_t i = 0; i < p->listen_count && error == 0; i++)
        if (p->listens[i].type == SOCK_STREAM)
            error = allow_port(rules, p->listens[i].port, NET_BIND_TCP | NET_CONNECT_TCP);
    for (size_t i = 0; i < p->connect_count && error == 0; i++)
        if (p->connects[i].type == SOCK_STREAM)
            error = allow_port(rules, p->connects[i].port, NET_CONNECT_TCP);
    return error;
}

/* What a program that runs directly has beside its mounts (isolation_root.c). */
static int allow_program_places(int rules, const struct ruleset *handled)
{
    static const struct {
        const char *path;
        uint64_t rights;
    } places[] = {
        {"/proc", READ},
        {"/etc", READ},
        {"/dev", READ | LANDLOCK_ACCESS_FS_WRITE_FILE | FS_TRUNCATE | FS_IOCTL_DEV},
        {"/", LANDLOCK_ACCESS_FS_READ_DIR},
    };
    int error = 0;

    for (size_t i = 0; i < sizeof places / sizeof places[0] && error == 0; i++)
        error = allow_path(rules, handled, places[i].path, places[i].rights);
    return error;
}

int wall_scope_names(char *reason, size_t bytes)
{
    const struct ruleset names = {.scoped = SCOPE_ABSTRACT_UNIX_SOCKET};
    int error = 0;

    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 6)
        return 0; /* no version of Landlock that knows of names */
    int rules = (int)syscall(SYS_landlock_create_ruleset, &names, sizeof names, 0);
    if (rules < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        error = -errno;
    if (rules >= 0)
        close(rules);
    if (error != 0)
        snprintf(reason, bytes, "cannot confine the monitor to its own socket names (Landlock): %s", strerror(-error));
    return error;
}

static int fill_rules(int rules, const struct ruleset *handled, const struct policy *p, const int *keep,
                      enum landlock_use use)
{
    int error = allow_mounts(rules, handled, p, use);

    if (error == 0)
        error = allow_removal(rules, handled, keep);
    if (error == 0 && handled->net != 0)
        error = allow_ports(rules, p);
    if (error == 0 && use == LANDLOCK_PROGRAM)
        error = allow_program_places(rules, handled);
    return error;
}

static int cannot_confine(int error, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "cannot confine the monitor to its files (Landlock): %s", strerror(-error));
    return error;
}

int wall_landlock_rules(const struct policy *p, const int *keep, enum landlock_use use, char *reason, size_t bytes)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1)
        return WALL_NO_RULES; /* not built in or not started: the other layers stand */
    struct ruleset handled = handled_by((int)abi);
    if (use == LANDLOCK_PROGRAM)
        handled.net = 0; /* it has a network of its own (relay.h) */
    if (use == LANDLOCK_SCOPED_MONITOR)
        handled.scoped &= ~SCOPE_ABSTRACT_UNIX_SOCKET;
    size_t known = abi >= 6 ? sizeof handled : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, known, 0); /* close-on-exec */
    int error = rules < 0 ? -errno : fill_rules(rules, &handled, p, keep, use);

    if (error == 0)
        return rules;
    if (rules >= 0)
        close(rules);
    return cannot_confine(error, reason, bytes);
}

int wall_landlock_enter(int rules, char *reason, size_t bytes)
{
    if (rules < 0)
        return rules == WALL_NO_RULES ? 0 : rules;
    int error = syscall(SYS_landlock_restrict_self, rules, 0) != 0 ? -errno : 0;

    close(rules);
    return error != 0 ? cannot_confine(error, reason, bytes) : 0;
}

int wall_landlock(const struct policy *p, enum landlock_use use, char *reason, size_t bytes)
{
    int rules = wall_landlock_rules(p, NULL, use, reason, bytes);

    return wall_landlock_enter(rules, reason, bytes);
}
