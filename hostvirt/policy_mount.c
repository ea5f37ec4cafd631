/* What an isolate sees of this machine's files: mounts as users write them, the system's own, and which guest path
 * leads to a host path. */
#include "hostvirt/policy_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Removes doubled and trailing slashes and "."; false for relative paths and those with "..". */
static bool normalise(char *path)
{
    char *to = path;

    if (path[0] != '/')
        return false;
    for (const char *from = path; *from != '\0';) {
        from += strspn(from, "/");
        size_t length = strcspn(from, "/");
        if (length == 2 && from[0] == '.' && from[1] == '.')
            return false;
        if (length > 0 && !(length == 1 && from[0] == '.')) {
            *to++ = '/';
            memmove(to, from, length);
            to += length;
        }
        from += length;
    }
    if (to == path)
        *to++ = '/';
    *to = '\0';
    return true;
}

static int add_mount(struct policy *p, enum mount_kind kind, char *host, char *guest, char *reason, size_t bytes)
{
    for (size_t i = 0; guest != NULL && i < p->mount_count; i++)
        if (strcmp(p->mounts[i].guest, guest) == 0) {
            snprintf(reason, bytes, "two mounts at %.200s", guest);
            free(host), free(guest);
            return -EINVAL;
        }
    struct mount *mounts = reallocarray(p->mounts, p->mount_count + 1, sizeof *mounts);
    if (mounts == NULL || guest == NULL || (kind != MOUNT_SCRATCH && host == NULL)) {
        p->mounts = mounts != NULL ? mounts : p->mounts;
        free(host), free(guest);
        return policy_no_memory(reason, bytes);
    }
    p->mounts = mounts;
    p->mounts[p->mount_count++] = (struct mount){.kind = kind, .host = host, .guest = guest, .root = -1};
    return 0;
}

int policy_add_mount(struct policy *p, enum mount_kind kind, const char *value, char *reason, size_t bytes)
{
    char *host = NULL, *guest;
    const char *at = strrchr(value, ':');

    if (kind == MOUNT_SCRATCH) {
        guest = strdup(value);
    } else {
        char *named = at != NULL && at[1] == '/' ? strndup(value, (size_t)(at - value)) : strdup(value);
        host = named != NULL ? realpath(named, NULL) : NULL;
        if (host == NULL) {
            snprintf(reason, bytes, "cannot mount %.200s: %s", named != NULL ? named : value, strerror(errno));
            free(named);
            return -EINVAL;
        }
        guest = at != NULL && at[1] == '/' ? strdup(at + 1) : named[0] == '/' ? strdup(named) : strdup(host);
        free(named);
    }
    if (guest != NULL && !normalise(guest)) {
        snprintf(reason, bytes, "'%.200s' is no place in the isolate: write an absolute path without '..'", guest);
        free(host), free(guest);
        return -EINVAL;
    }
    return add_mount(p, kind, host, guest, reason, bytes);
}

/* What ordinary programs need of a system and what holds no secret. */
static int add_system_base(struct policy *p, char *reason, size_t bytes)
{
    static const char *const paths[] = {
        "/usr",
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/etc/ld.so.cache",
        "/etc/ld.so.conf",
        "/etc/ld.so.conf.d",
        "/etc/alternatives",
        "/etc/localtime",
        "/etc/timezone",
        "/etc/nsswitch.conf",
        "/etc/services",
        "/etc/protocols",
        "/etc/ssl/certs",
        "/etc/ssl/openssl.cnf",
        "/etc/ca-certificates",
        "/etc/mime.types",
        "/etc/java-17-openjdk",
        "/etc/java-21-openjdk",
        "/etc/java-25-openjdk",
        "/etc/perl",
        "/etc/python3",
        "/etc/terminfo",
        "/etc/inputrc",
        "/etc/gai.conf",
        "/etc/host.conf",
        "/etc/locale.alias",
        "/etc/default/locale",
        "/etc/fonts",
    };

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        bool given = false;
        for (size_t k = 0; k < p->mount_count; k++)
            given |= strcmp(p->mounts[k].guest, paths[i]) == 0 || strcmp(p->mounts[k].guest, "/") == 0;
        if (given || access(paths[i], F_OK) != 0)
            continue; /* given by the user, or not on this system */
        int error = add_mount(p, MOUNT_READ_ONLY, strdup(paths[i]), strdup(paths[i]), reason, bytes);
        if (error != 0)
            return error;
    }
    return 0;
}

static int add_scratch_base(struct policy *p, char *reason, size_t bytes)
{
    static const char *const paths[] = {"/tmp", "/dev/shm"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        bool given = false;
        for (size_t k = 0; k < p->mount_count; k++)
            given |= strcmp(p->mounts[k].guest, paths[i]) == 0 || strcmp(p->mounts[k].guest, "/") == 0;
        int error = given ? 0 : add_mount(p, MOUNT_SCRATCH, NULL, strdup(paths[i]), reason, bytes);
        if (error != 0)
            return error;
    }
    return 0;
}

int policy_add_base(struct policy *p, char *reason, size_t bytes)
{
    size_t given = p->mount_count;
    int error = p->system_base ? add_system_base(p, reason, bytes) : 0;

    if (error == 0 && p->system_base)
        error = add_scratch_base(p, reason, bytes);
    for (size_t i = given; i < p->mount_count; i++)
        p->mounts[i].base = true;
    return error;
}

static int open_mount(struct policy *p, size_t i, char *reason, size_t bytes)
{
    struct mount *m = &p->mounts[i];
    struct stat status;

    m->root = m->kind == MOUNT_SCRATCH ? policy_scratch_folder(p, i) : open(m->host, O_PATH | O_CLOEXEC);
    int error = m->root >= 0 ? 0 : m->kind == MOUNT_SCRATCH ? m->root : -errno;
    if (error == 0 && fstat(m->root, &status) != 0)
        error = -errno;
    if (error == 0) {
        m->file = !S_ISDIR(status.st_mode);
        return 0;
    }
    snprintf(reason, bytes, "cannot mount %.200s at %.200s: %s", m->host != NULL ? m->host : "scratch space", m->guest,
             strerror(-error));
    m->root = m->root >= 0 ? m->root : -1;
    return error;
}

void policy_leave_scratch(struct policy *p)
{
    free(p->scratch_folder);
    p->scratch_folder = NULL;
}

int policy_fresh_scratch(struct policy *p, char *reason, size_t bytes)
{
    int error = 0;

    if (p->scratch >= 0)
        close(p->scratch);
    p->scratch = -1;
    policy_leave_scratch(p);
    for (size_t i = 0; i < p->mount_count && error == 0; i++) {
        if (p->mounts[i].kind != MOUNT_SCRATCH)
            continue;
        close(p->mounts[i].root);
        error = open_mount(p, i, reason, bytes);
    }
    return error;
}

int policy_open_mounts(struct policy *p, char *reason, size_t bytes)
{
    int error = 0;

    for (size_t i = 0; error == 0 && i < p->mount_count; i++)
        error = open_mount(p, i, reason, bytes);
    return error;
}

/* ---- host paths and guest paths ---------------------------------------------------------------------------------- */

/* What follows `folder` in `path`: "" for itself, "/..." below it, NULL when it is elsewhere. */
static const char *rest_below(const char *path, const char *folder)
{
    size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);

    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0') ? path + length : NULL;
}

/* The mount that a guest path belongs to: the longest one. */
static const struct mount *covering(const struct policy *p, const char *guest)
{
    const struct mount *best = NULL;

    for (size_t i = 0; i < p->mount_count; i++)
        if (rest_below(guest, p->mounts[i].guest) != NULL &&
            (best == NULL || strlen(p->mounts[i].guest) > strlen(best->guest)))
            best = &p->mounts[i];
    return best;
}

static char *join(const char *folder, const char *rest)
{
    char *path;

    if (strcmp(folder, "/") == 0 && *rest != '\0')
        folder = "";
    return asprintf(&path, "%s%s", folder, rest) < 0 ? NULL : path;
}

char *policy_guest_path(const struct policy *p, const char *host)
{
    char *best = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < p->mount_count; i++) {
        const struct mount *m = &p->mounts[i];
        const char *rest = m->host != NULL ? rest_below(host, m->host) : NULL;
        char *guest = rest != NULL ? join(m->guest, rest) : NULL;
        bool visible = guest != NULL && covering(p, guest) == m;
        bool same = visible && strcmp(guest, host) == 0; /* by its own name rather than by another one */
        if (visible && (same || best == NULL || strlen(m->host) > longest)) {
            free(best);
            best = guest;
            longest = strlen(m->host);
        } else {
            free(guest);
        }
        if (same)
            break;
    }
    return best;
}

/* A path of the isolate, as the user named it, that leads to a file of this machine. */
static bool is_guest_path(const struct policy *p, const char *path)
{
    const struct mount *m = path[0] == '/' ? covering(p, path) : NULL;
    char *host = m != NULL && m->host != NULL ? join(m->host, rest_below(path, m->guest)) : NULL;
    bool there = host != NULL && access(host, F_OK) == 0;

    free(host);
    return there;
}

/* The host path of a file, its folder's links followed, its own last name kept. */
static char *host_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    char *real = folder != NULL ? realpath(folder, NULL) : NULL, *whole = NULL;

    if (real != NULL &&
        asprintf(&whole, "%s/%s", strcmp(real, "/") == 0 ? "" : real, slash != NULL ? slash + 1 : path) < 0)
        whole = NULL;
    free(folder);
    free(real);
    return whole;
}

int policy_show_program(struct policy *p, const char *program, char **guest, char *reason, size_t bytes)
{
    int error = policy_add_base(p, reason, bytes);

    *guest = NULL;
    if (error != 0)
        return error;
    if (is_guest_path(p, program)) {
        *guest = strdup(program);
        return *guest != NULL ? 0 : policy_no_memory(reason, bytes);
    }
    char *host = host_path(program);
    if (host == NULL || access(host, F_OK) != 0) {
        error = -errno;
        snprintf(reason, bytes, "cannot find %.200s: %s", program, strerror(-error));
        free(host);
        return error;
    }
    *guest = policy_guest_path(p, host);
    if (*guest == NULL) {
        error = policy_add_mount(p, MOUNT_READ_ONLY, host, reason, bytes);
        if (error == 0) {
            *guest = host;
            return 0;
        }
    }
    free(host);
    return error;
}
