/* The filter of --isolation=process: a program that runs directly may ask its kernel for everything but what this list
 * denies: new namespaces and mounts, other processes' memory, the kernel's own administration, and parts of the kernel
 * that ordinary programs do without.  Denied calls fail as if the kernel had refused them. */
#include "hostvirt/wall_private.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define NAMESPACE_FLAGS                                                                                                \
    {CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET}

static const int denied[] = {
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(move_mount),
    SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr), SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise), SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp), SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key),
    SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(modify_ldt), SCMP_SYS(reboot), SCMP_SYS(swapon),
    SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(quotactl_fd), SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname), SCMP_SYS(open_by_handle_at), SCMP_SYS(name_to_handle_at), SCMP_SYS(syslog),
    SCMP_SYS(lookup_dcookie), SCMP_SYS(fanotify_init), SCMP_SYS(vhangup), SCMP_SYS(uselib), SCMP_SYS(nfsservctl),
};

/* Programs have an older way for each of them. */
static const int absent[] = {SCMP_SYS(clone3), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
                             SCMP_SYS(io_uring_register)};

static int deny(scmp_filter_ctx filter, int error, int call)
{
    return call == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), call, 0);
}

static int deny_value(scmp_filter_ctx filter, int error, int call, unsigned argument, uint64_t mask, uint64_t value)
{
    struct scmp_arg_cmp condition = {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};

    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(error), call, 1, &condition);
}

static int deny_arguments(scmp_filter_ctx filter)
{
    static const uint64_t flags[] = NAMESPACE_FLAGS;
    /* Words put into the terminal's mouth; the kernel looks at 32 bits of the request. */
    static const uint64_t requests[] = {TIOCSTI, TIOCLINUX, TIOCSETD, TIOCCONS};
    int error = 0;

    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && error == 0; i++)
        error = deny_value(filter, EPERM, SCMP_SYS(clone), 0, flags[i], flags[i]);
    for (size_t i = 0; i < sizeof requests / sizeof requests[0] && error == 0; i++)
        error = deny_value(filter, EPERM, SCMP_SYS(ioctl), 1, UINT32_MAX, requests[i]);
    /* Beside Unix, IPv4, IPv6 and netlink: vsock leaves the namespace, the others are seldom used code. */
    for (uint64_t family = 0; family < AF_MAX && error == 0; family++)
        if (family != AF_UNIX && family != AF_INET && family != AF_INET6 && family != AF_NETLINK)
            error = deny_value(filter, EAFNOSUPPORT, SCMP_SYS(socket), 0, UINT32_MAX, family);
    return error;
}

/* New threads stay allowed. */
static int deny_processes(scmp_filter_ctx filter)
{
    int error = deny_value(filter, EPERM, SCMP_SYS(clone), 0, CLONE_THREAD, 0);

    if (error == 0)
        error = deny(filter, EPERM, SCMP_SYS(fork));
    return error == 0 ? deny(filter, EPERM, SCMP_SYS(vfork)) : error;
}

int wall_deny_list(bool fork, char *reason, size_t bytes)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int error = filter == NULL ? -ENOMEM : seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

    for (size_t i = 0; i < sizeof denied / sizeof denied[0] && error == 0; i++)
        error = deny(filter, EPERM, denied[i]);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0] && error == 0; i++)
        error = deny(filter, ENOSYS, absent[i]);
    if (error == 0)
        error = deny_arguments(filter);
    if (error == 0 && !fork)
        error = deny_processes(filter);
    if (error == 0)
        error = seccomp_load(filter);
    if (filter != NULL)
        seccomp_release(filter);
    if (error != 0)
        snprintf(reason, bytes, "cannot load the program's filter of system calls (seccomp): %s", strerror(-error));
    return error;
}
