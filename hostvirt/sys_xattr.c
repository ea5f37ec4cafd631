/* Extended attributes: those of the "user." namespace, of files below mounts.  The others mean something to the host
 * (capabilities of programs, access lists, labels) and are neither shown nor set.  A file is opened for the call, which
 * asks for the same rights as these attributes do (xattr(7)): reading to get and list them, writing to change them. */
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#define USER_PREFIX "user."

static int64_t host_result(long result)
{
    return result < 0 ? -errno : result;
}

/* ---- which file: *host is a descriptor of it for this call, owned ------------------------------------------ */

/* Only files and folders have attributes of users (xattr(7)). */
static int check_type(mode_t mode, bool change)
{
    return S_ISREG(mode) || S_ISDIR(mode) ? 0 : change ? -EPERM : -ENODATA;
}

/* A folder cannot be opened for writing: the host checks that right when the call is made. */
static int flags_for(bool folder, bool change)
{
    return (change && !folder ? O_WRONLY : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
}

static int target_path(struct thread *t, uint64_t path, int how, bool change, int *host)
{
    struct place pl;
    int error = place_find(t, AT_FDCWD, path, how, &pl);
    if (error)
        return error;
    mode_t mode = pl.status.st_mode;
    error = !pl.mount ? -EOPNOTSUPP : change ? place_check_writable(&pl) : 0;
    if (!error)
        error = check_type(mode, change);
    if (!error) {
        *host = pl.held ? fcntl(pl.held->host, F_DUPFD_CLOEXEC, 3)
                        : openat(pl.parent, pl.name, flags_for(S_ISDIR(mode), change));
        error = *host < 0 ? -errno : 0;
    }
    place_release(&pl);
    return error;
}

static int target_descriptor(struct thread *t, int number, bool change, int *host)
{
    struct stat st;
    struct descriptor *d = descriptor_get(t->process, number);
    if (!d)
        return -EBADF;
    const struct file *f = d->file;
    int error = f->kind == FILE_PATH ? -EBADF : !f->mount ? -EOPNOTSUPP : descriptor_stat(t->process, d, &st);
    if (!error && change && f->mount->kind == MOUNT_READ_ONLY)
        error = -EROFS;
    if (!error)
        error = check_type(st.st_mode, change);
    if (!error) {
        *host = fcntl(d->host, F_DUPFD_CLOEXEC, 3);
        error = *host < 0 ? -errno : 0;
    }
    descriptor_put(d);
    return error;
}

/* The first argument of a call's three forms: path, path of a link itself, descriptor. */
enum form { FORM_PATH, FORM_LINK, FORM_DESCRIPTOR };

static int find_target(struct thread *t, const struct call *c, enum form form, bool change, int *host)
{
    return form == FORM_DESCRIPTOR ? target_descriptor(t, arg_int(c, 0), change, host)
                                   : target_path(t, c->arg[0], form == FORM_PATH ? PLACE_FOLLOW : 0, change, host);
}

/* ---- the calls --------------------------------------------------------------------------------------------------- */

/* Copies a name: 0, or what the call answers for one of another namespace. */
static int take_name(uint64_t from, bool change, char name[XATTR_NAME_MAX + 1])
{
    long length = copy_string(name, from, XATTR_NAME_MAX + 1);
    if (length <= 0 || length == -ENAMETOOLONG)
        return length == -EFAULT ? -EFAULT : -ERANGE;
    if (strncmp(name, USER_PREFIX, strlen(USER_PREFIX)) == 0)
        return length == (long)strlen(USER_PREFIX) ? -EINVAL : 0;
    return strncmp(name, "trusted.", 8) == 0 ? (change ? -EPERM : -ENODATA) : -EOPNOTSUPP;
}

static int64_t change(struct monitor *m, int host, const char *name, const void *value, size_t bytes, int flags)
{
    int64_t result = file_reserve(m, bytes);
    if (result)
        return result;
    result = host_result(fsetxattr(host, name, value, bytes, flags));
    if (result)
        file_unreserve(m, bytes);
    return result;
}

static int64_t set(struct thread *t, const struct call *c, enum form form)
{
    char name[XATTR_NAME_MAX + 1];
    int host;
    int flags = arg_int(c, 4);
    if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
        return -EINVAL;
    if (c->arg[3] > XATTR_SIZE_MAX)
        return -E2BIG;
    int64_t result = take_name(c->arg[1], true, name);
    uint8_t *value = result ? NULL : malloc(c->arg[3] + 1);
    if (!result)
        result = value ? copy_in(value, c->arg[2], c->arg[3]) : -ENOMEM;
    if (!result)
        result = find_target(t, c, form, true, &host);
    if (!result) {
        result = change(t->process->monitor, host, name, value, c->arg[3], flags);
        close(host);
    }
    free(value);
    return result;
}

static int64_t get(struct thread *t, const struct call *c, enum form form)
{
    char name[XATTR_NAME_MAX + 1];
    int host;
    size_t room = c->arg[3] < XATTR_SIZE_MAX ? c->arg[3] : XATTR_SIZE_MAX;
    int64_t result = take_name(c->arg[1], false, name);
    uint8_t *value = result ? NULL : malloc(room + 1);
    if (!result)
        result = value ? find_target(t, c, form, false, &host) : -ENOMEM;
    if (!result) {
        result = host_result(fgetxattr(host, name, value, room));
        close(host);
        if (result > 0 && room > 0 && copy_out(c->arg[2], value, (size_t)result) != 0)
            result = -EFAULT;
    }
    free(value);
    return result;
}

/* Keeps the names of users' attributes: what their list takes. */
static size_t keep_user_names(char *names, size_t bytes)
{
    size_t kept = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        length = strlen(names + at) + 1;
        if (strncmp(names + at, USER_PREFIX, strlen(USER_PREFIX)) == 0) {
            memmove(names + kept, names + at, length);
            kept += length;
        }
    }
    return kept;
}

static int64_t list(struct thread *t, const struct call *c, enum form form)
{
    int host;
    char *names = malloc(XATTR_LIST_MAX);
    int64_t result = names ? find_target(t, c, form, false, &host) : -ENOMEM;
    if (result == -ENODATA) { /* devices and links have none */
        result = 0;
    } else if (!result) {
        result = host_result(flistxattr(host, names, XATTR_LIST_MAX));
        close(host);
    }
    if (result > 0)
        result = (int64_t)keep_user_names(names, (size_t)result);
    if (result > 0 && c->arg[2] != 0)
        result = (uint64_t)result > c->arg[2] ? -ERANGE : copy_out(c->arg[1], names, (size_t)result) ? -EFAULT : result;
    free(names);
    return result;
}

static int64_t take_away(struct thread *t, const struct call *c, enum form form)
{
    char name[XATTR_NAME_MAX + 1];
    int host;
    int64_t result = take_name(c->arg[1], true, name);
    if (!result)
        result = find_target(t, c, form, true, &host);
    if (result)
        return result;
    result = host_result(fremovexattr(host, name));
    close(host);
    return result;
}

#define FORMS(work, by_path, by_link, by_descriptor)                                                                   \
    SYSCALL(by_path)                                                                                                   \
    {                                                                                                                  \
        return work(t, c, FORM_PATH);                                                                                  \
    }                                                                                                                  \
    SYSCALL(by_link)                                                                                                   \
    {                                                                                                                  \
        return work(t, c, FORM_LINK);                                                                                  \
    }                                                                                                                  \
    SYSCALL(by_descriptor)                                                                                             \
    {                                                                                                                  \
        return work(t, c, FORM_DESCRIPTOR);                                                                            \
    }

FORMS(set, setxattr, lsetxattr, fsetxattr)
FORMS(get, getxattr, lgetxattr, fgetxattr)
FORMS(list, listxattr, llistxattr, flistxattr)
FORMS(take_away, removexattr, lremovexattr, fremovexattr)
