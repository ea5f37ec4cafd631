/* The wall's first phase: everything that set-up needed and the guest's life does not is given up.  capabilities(7),
 * prctl(2), seccomp(2). */
#include "hostvirt/wall_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int failed(const char *what, char *reason, size_t bytes)
{
    int error = errno;

    snprintf(reason, bytes, "cannot build the monitor's wall: %s: %s", what, strerror(error));
    return error != 0 ? -error : -EIO;
}

static bool kept(const int *keep, int fd)
{
    for (size_t i = 0; keep != NULL && keep[i] >= 0; i++)
        if (keep[i] == fd)
            return true;
    return false;
}

static int highest(const int *keep)
{
    int most = 2;

    for (size_t i = 0; keep != NULL && keep[i] >= 0; i++)
        most = keep[i] > most ? keep[i] : most;
    return most;
}

/* close_range(2) is of Linux 5.9; before it one by one. */
static void close_from(unsigned first, unsigned limit)
{
    if (syscall(SYS_close_range, first, ~0u, 0) == 0)
        return;
    for (unsigned fd = first; fd < limit; fd++)
        close((int)fd);
}

/* A standard stream that is closed must not become another file of the monitor's: an O_PATH descriptor, which reads and
 * writes nothing, holds its number, and descriptors_standard knows it by that. */
static int hold_streams(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/", O_PATH | O_CLOEXEC) != fd)
            return -1;
    return 0;
}

int wall_begin(const int *keep, char *reason, size_t bytes)
{
    struct rlimit files;
    int last = highest(keep);

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return failed("the limit of descriptors", reason, bytes);
    for (int fd = 3; fd < last; fd++)
        if (!kept(keep, fd))
            close(fd);
    close_from((unsigned)last + 1, (unsigned)(files.rlim_max > 1u << 20 ? 1u << 20 : files.rlim_max));
    if (hold_streams() != 0)
        return failed("the standard streams", reason, bytes);
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        return failed("the limit of descriptors", reason, bytes);
    return 0;
}

/* The bounding set and the secure bits can only be changed with CAP_SETPCAP; who has not got it has nothing to drop
 * there that no_new_privs would not cover: no program is ever executed. */
int wall_drop_bounds(char *reason, size_t bytes)
{
    const int bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
                     SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

    if (prctl(PR_GET_SECUREBITS, 0, 0, 0, 0) == bits)
        return 0; /* done before a fork: the bits come last, and what is locked or dropped stays so */
    cap_t own = cap_get_proc();
    cap_flag_value_t may = CAP_CLEAR;
    int error = own == NULL ? -1 : cap_get_flag(own, CAP_SETPCAP, CAP_EFFECTIVE, &may);
    cap_free(own);
    if (error != 0)
        return failed("capabilities", reason, bytes);
    if (may != CAP_SET)
        return 0;
    cap_value_t c = 0;
    while (cap_drop_bound(c) == 0)
        c++;
    if (c == 0 || errno != EINVAL) /* EINVAL: there are no more */
        return failed("the bounding set of capabilities", reason, bytes);
    return prctl(PR_SET_SECUREBITS, (unsigned long)bits, 0, 0, 0) == 0 ? 0 : failed("secure bits", reason, bytes);
}

int wall_drop_privileges(char *reason, size_t bytes)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failed("no_new_privs", reason, bytes);
    int error = wall_drop_bounds(reason, bytes);
    if (error != 0)
        return error;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 && errno != EINVAL) /* EINVAL: before 4.3 */
        return failed("ambient capabilities", reason, bytes);
    cap_t none = cap_init();
    error = none == NULL ? -1 : cap_set_proc(none);
    cap_free(none);
    return error == 0 ? 0 : failed("dropping capabilities", reason, bytes);
}

int wall_rules(const struct policy *p, const int *keep, bool names_scoped, char *reason, size_t bytes)
{
    return wall_landlock_rules(p, keep, names_scoped ? LANDLOCK_SCOPED_MONITOR : LANDLOCK_MONITOR, reason, bytes);
}

static int give_up(char *reason, size_t bytes)
{
    const struct rlimit none = {0, 0};

    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return failed("core dumps", reason, bytes);
    /* Other processes of the user cannot read or trace it (ptrace(2)); /proc/self/fd stays usable by the process. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return failed("not dumpable", reason, bytes);
    return wall_drop_privileges(reason, bytes);
}

int wall_prepare(int rules, char *reason, size_t bytes)
{
    int error = give_up(reason, bytes);

    if (error == 0)
        return wall_landlock_enter(rules, reason, bytes);
    if (rules >= 0)
        close(rules);
    return error;
}
