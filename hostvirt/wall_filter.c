/* The wall's second phase: a seccomp filter that lets pass what wall/calls.def lists.  The build has compiled it
 * (wall/compile.c).  Calls without conditions on arguments are answered from the kernel's bitmap, without the
 * filter. */
#include "hostvirt/wall_private.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include WALL_FILTER /* WALL_PROGRAM, WALL_PROGRAM_REACH, WALL_FIRST_SIGNAL */

int wall_close(const struct policy *p, char *reason, size_t bytes)
{
    static const struct sock_filter inside[] = {WALL_PROGRAM}, reaching[] = {WALL_PROGRAM_REACH};
    const struct sock_fprog program = p->listen_count + p->connect_count == 0
        ? (struct sock_fprog){sizeof inside / sizeof inside[0], (struct sock_filter *)inside}
        : (struct sock_fprog){sizeof reaching / sizeof reaching[0], (struct sock_filter *)reaching};
    int error = 0;

    if (SIGRTMIN != WALL_FIRST_SIGNAL) {
        snprintf(reason, bytes,
                 "this machine's C library numbers signals otherwise than the one that cloister was built "
                 "with: build it here");
        return -ENOTSUP;
    }
    /* TSYNC: a positive result is the thread that could not get the filter. */
    long result = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* what a filter asks of those without privileges */
    if (result == 0)
        result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (result != 0)
        error = result > 0 ? -ESRCH : -errno;
    if (error != 0)
        snprintf(reason, bytes, "cannot load the monitor's filter of system calls (seccomp): %s", strerror(-error));
    return error;
}
