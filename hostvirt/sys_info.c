/* System calls that tell about the system and the process, or would change privileges.  All answers are the isolate's
 * own: nothing of the host shows through, nothing is passed on to it. */
#include "hostvirt/clock.h"
#include "hostvirt/identity.h"
#include "hostvirt/syscall.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

const char *guest_hostname(const struct monitor *m, char name[GUEST_HOSTNAME_BYTES])
{
    const char *given = m->policy->hostname != NULL ? m->policy->hostname : m->policy->name;
    uint64_t clone = m->family->clone_number;

    if (given == NULL && clone != 0)
        snprintf(name, GUEST_HOSTNAME_BYTES, "isolate-%llu", (unsigned long long)clone);
    else
        snprintf(name, GUEST_HOSTNAME_BYTES, "%.64s", given != NULL ? given : "isolate");
    return name;
}

uint64_t guest_memory_total(const struct monitor *m)
{
    return m->family->memory_limit;
}

uint64_t guest_memory_used(const struct monitor *m)
{
    uint64_t used = m->family->committed;

    return used < m->family->memory_limit ? used : m->family->memory_limit;
}

SYSCALL(uname)
{
    struct utsname name = {.sysname = "Linux", .release = GUEST_KERNEL, .version = GUEST_KERNEL_VERSION,
                           .machine = "x86_64", .domainname = "(none)"};

    guest_hostname(t->process->monitor, name.nodename);
    return copy_out(c->arg[0], &name, sizeof name);
}

static unsigned process_count(struct family *f)
{
    unsigned count = 0;

    for (unsigned i = 0; i < f->rows; i++)
        count += f->processes[i].state != PROCESS_FREE;
    return count;
}

SYSCALL(sysinfo)
{
    const struct monitor *m = t->process->monitor;
    uint64_t total = guest_memory_total(m);
    struct sysinfo info = {
        .uptime = (long)((clock_host() - m->started) / 1000000000u) + 1,
        .totalram = total,
        .freeram = total - guest_memory_used(m),
        .procs = (unsigned short)process_count(m->family),
        .mem_unit = 1,
    };

    return copy_out(c->arg[0], &info, sizeof info);
}

/* ---- identities: constant; a change to what is there already succeeds (setresuid(2)) ------------------------- */

SYSCALL(getuid)
{
    return GUEST_ID;
}

SYSCALL(geteuid)
{
    return GUEST_ID;
}

SYSCALL(getgid)
{
    return GUEST_ID;
}

SYSCALL(getegid)
{
    return GUEST_ID;
}

/* The first `count` arguments are ids; -1 leaves one unchanged where `keep`. */
static int64_t set_ids(const struct call *c, int count, bool keep)
{
    for (int i = 0; i < count; i++)
        if (arg_int(c, i) != GUEST_ID && !(keep && arg_int(c, i) == -1))
            return -EPERM;
    return 0;
}

SYSCALL(setuid)
{
    return set_ids(c, 1, false);
}

SYSCALL(setgid)
{
    return set_ids(c, 1, false);
}

SYSCALL(setreuid)
{
    return set_ids(c, 2, true);
}

SYSCALL(setregid)
{
    return set_ids(c, 2, true);
}

SYSCALL(setresuid)
{
    return set_ids(c, 3, true);
}

SYSCALL(setresgid)
{
    return set_ids(c, 3, true);
}

/* These two answer the old id, whatever happens (setfsuid(2)). */
SYSCALL(setfsuid)
{
    return GUEST_ID;
}

SYSCALL(setfsgid)
{
    return GUEST_ID;
}

static int64_t get_ids(const struct call *c)
{
    const uint32_t id = GUEST_ID;

    for (int i = 0; i < 3; i++)
        if (copy_out(c->arg[i], &id, sizeof id) != 0)
            return -EFAULT;
    return 0;
}

SYSCALL(getresuid)
{
    return get_ids(c);
}

SYSCALL(getresgid)
{
    return get_ids(c);
}

SYSCALL(getgroups)
{
    const uint32_t group = GUEST_ID;

    if (arg_int(c, 0) < 0)
        return -EINVAL;
    if (arg_int(c, 0) == 0)
        return 1;
    return copy_out(c->arg[1], &group, sizeof group) != 0 ? -EFAULT : 1;
}

SYSCALL(setgroups)
{
    uint32_t group;

    if (arg_int(c, 0) != 1)
        return -EPERM;
    if (copy_in(&group, c->arg[1], sizeof group) != 0)
        return -EFAULT;
    return group == GUEST_ID ? 0 : -EPERM;
}

SYSCALL(capget)
{
    struct __user_cap_header_struct header;
    struct __user_cap_data_struct none[2] = {0};

    if (copy_in(&header, c->arg[0], sizeof header) != 0)
        return -EFAULT;
    size_t count = header.version == _LINUX_CAPABILITY_VERSION_1 ? 1 : 2;
    if (header.version != _LINUX_CAPABILITY_VERSION_1 && header.version != _LINUX_CAPABILITY_VERSION_2 &&
        header.version != _LINUX_CAPABILITY_VERSION_3) {
        header.version = _LINUX_CAPABILITY_VERSION_3; /* how a program asks for the version */
        if (copy_out(c->arg[0], &header, sizeof header) != 0)
            return -EFAULT;
        return c->arg[1] == 0 ? 0 : -EINVAL;
    }
    return c->arg[1] != 0 && copy_out(c->arg[1], none, count * sizeof none[0]) != 0 ? -EFAULT : 0;
}

/* Giving up what one has not got succeeds (capset(2)). */
SYSCALL(capset)
{
    struct __user_cap_header_struct header;
    struct __user_cap_data_struct wanted[2] = {0};

    if (copy_in(&header, c->arg[0], sizeof header) != 0)
        return -EFAULT;
    if (header.version != _LINUX_CAPABILITY_VERSION_1 && header.version != _LINUX_CAPABILITY_VERSION_2 &&
        header.version != _LINUX_CAPABILITY_VERSION_3)
        return -EINVAL;
    size_t count = header.version == _LINUX_CAPABILITY_VERSION_1 ? 1 : 2;
    if (copy_in(wanted, c->arg[1], count * sizeof wanted[0]) != 0)
        return -EFAULT;
    if (header.pid != 0 && header.pid != t->tid)
        return -EPERM;
    for (size_t i = 0; i < count; i++)
        if ((wanted[i].effective | wanted[i].permitted | wanted[i].inheritable) != 0)
            return -EPERM;
    return 0;
}

/* ---- limits and usage ---------------------------------------------------------------------------------------- */

static int64_t change_limit(struct process *p, unsigned which, uint64_t from, uint64_t old)
{
    struct rlimit wanted, before;

    if (which >= sizeof p->limits / sizeof p->limits[0])
        return -EINVAL;
    if (from != 0 && copy_in(&wanted, from, sizeof wanted) != 0)
        return -EFAULT;
    if (from != 0 && wanted.rlim_cur > wanted.rlim_max)
        return -EINVAL;
    pthread_mutex_lock(&p->lock);
    before = p->limits[which];
    bool allowed = from == 0 || wanted.rlim_max <= before.rlim_max;
    if (from != 0 && allowed)
        p->limits[which] = wanted;
    pthread_mutex_unlock(&p->lock);
    if (!allowed)
        return -EPERM;
    return old != 0 && copy_out(old, &before, sizeof before) != 0 ? -EFAULT : 0;
}

SYSCALL(prlimit64)
{
    int pid = arg_int(c, 0);

    if (pid != 0 && pid != t->process->pid)
        return -ESRCH;
    return change_limit(t->process, (uint32_t)c->arg[1], c->arg[2], c->arg[3]);
}

SYSCALL(getrlimit)
{
    return c->arg[1] == 0 ? -EFAULT : change_limit(t->process, (uint32_t)c->arg[0], 0, c->arg[1]);
}

SYSCALL(setrlimit)
{
    return c->arg[1] == 0 ? -EFAULT : change_limit(t->process, (uint32_t)c->arg[0], c->arg[1], 0);
}

SYSCALL(getrusage)
{
    struct rusage usage;
    struct timespec cpu;

    switch (arg_int(c, 0)) {
    case RUSAGE_CHILDREN:
        usage = t->process->children;
        break;
    case RUSAGE_SELF:
        getrusage(RUSAGE_SELF, &usage);
        break;
    case RUSAGE_THREAD:
        getrusage(RUSAGE_THREAD, &usage);
        if (clock_read(t, CLOCK_THREAD_CPUTIME_ID, &cpu) == 0) { /* goes on over a restore */
            uint64_t system = (uint64_t)usage.ru_stime.tv_sec * 1000000 + (uint64_t)usage.ru_stime.tv_usec;
            uint64_t all = timespec_ns(&cpu) / 1000, user = all > system ? all - system : 0;
            usage.ru_utime = (struct timeval){(time_t)(user / 1000000), (suseconds_t)(user % 1000000)};
        }
        break;
    default:
        return -EINVAL;
    }
    return copy_out(c->arg[1], &usage, sizeof usage);
}

SYSCALL(getrandom)
{
    uint64_t wanted = c->arg[1] > INT32_MAX ? INT32_MAX : c->arg[1], done = 0;
    uint8_t bytes[256];

    if (arg_int(c, 2) & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
        return -EINVAL;
    while (done < wanted) {
        size_t piece = wanted - done < sizeof bytes ? wanted - done : sizeof bytes;
        if (getrandom(bytes, piece, 0) != (ssize_t)piece) /* never short below 256 bytes (getrandom(2)) */
            return done > 0 ? (int64_t)done : -EAGAIN;
        if (copy_out(c->arg[0] + done, bytes, piece) != 0)
            return done > 0 ? (int64_t)done : -EFAULT;
        done += piece;
        if (t->wanted && done >= sizeof bytes)
            break;
    }
    return (int64_t)done;
}
