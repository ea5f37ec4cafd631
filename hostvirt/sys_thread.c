/* Calls about threads: starting and ending them, their ids, names and segment bases. */
#include "hostvirt/process_file.h"
#include "hostvirt/syscall.h"
#include "hostvirt/thread_private.h"

#include <linux/sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CANONICAL_END 0x800000000000ull
#define SIGNAL_MASK 0xffull /* CSIGNAL: the low byte of clone's flags */

#define NAMESPACES                                                                                                     \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |       \
     CLONE_NEWTIME)
/* What a thread shares with its process, and what Linux wants of the flags (clone(2)). */
#define THREAD_SHARES (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND)
#define KNOWN_FLAGS                                                                                                    \
    (THREAD_SHARES | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |          \
     CLONE_CHILD_CLEARTID | CLONE_VFORK | CLONE_DETACHED | CLONE_IO | CLONE_PARENT | CLONE_CLEAR_SIGHAND | CLONE_PIDFD)

struct clone_request {
    uint64_t flags, stack, parent_tid, child_tid, tls;
    int exit_signal;
    uint64_t pidfd; /* where its number goes, with CLONE_PIDFD */
};

SYSCALL(gettid)
{
    return t->tid;
}

SYSCALL(sched_yield)
{
    syscall(SYS_sched_yield);
    return 0;
}

SYSCALL(set_tid_address)
{
    t->clear_tid = c->arg[0];
    return t->tid;
}

SYSCALL(exit)
{
    struct process *p = t->process;

    pthread_mutex_lock(&p->lock);
    /* The status of a process that ends with its last thread is its first thread's (wait(2)). */
    if (t->tid == p->pid && !p->exiting)
        p->exit_status = (arg_int(c, 0) & 0xff) << 8;
    t->exiting = true;
    pthread_mutex_unlock(&p->lock);
    return SYS_NO_RESULT;
}

/* ---- new threads ------------------------------------------------------------------------------------------------ */

static int64_t new_thread(struct thread *t, const struct clone_request *r)
{
    struct process *p = t->process;
    struct thread *child;
    int error = p->monitor->family->threads < p->limits[RLIMIT_NPROC].rlim_cur ? thread_complete_state(t) : -EAGAIN;

    if (error == 0)
        error = thread_new(p, &child);
    if (error != 0)
        return -EAGAIN;
    child->cpu = t->cpu;
    child->cpu.regs.rax = 0;
    if (r->stack != 0)
        child->cpu.regs.rsp = r->stack;
    if (r->flags & CLONE_SETTLS)
        child->cpu.fs_base = r->tls;
    child->blocked = t->blocked;
    memcpy(child->name, t->name, sizeof child->name);
    if (r->flags & CLONE_CHILD_CLEARTID)
        child->clear_tid = r->child_tid;
    int tid = child->tid;
    /* Bad addresses are the guest's own loss: Linux does not look at these results either. */
    if (r->flags & CLONE_PARENT_SETTID)
        copy_out(r->parent_tid, &tid, sizeof tid);
    if (r->flags & CLONE_CHILD_SETTID)
        copy_out(r->child_tid, &tid, sizeof tid);
    error = thread_start(child); /* from here on the child may have ended */
    if (error != 0) {
        thread_discard(child);
        return -EAGAIN;
    }
    return tid;
}

/* The descriptor is made when the process is there; who cannot have it has a child all the same (clone(2) would undo
 * it), and is told so by the number -1. */
static int64_t new_process(struct thread *t, const struct clone_request *r)
{
    int none = -1;
    uint64_t flags = r->flags & ~(uint64_t)CLONE_PIDFD;

    if ((r->flags & CLONE_PIDFD) && copy_out(r->pidfd, &none, sizeof none) != 0)
        return -EFAULT;
    int64_t pid = process_clone(t, flags, r->stack, r->parent_tid, r->child_tid, r->tls, r->exit_signal);
    if (pid > 0 && (r->flags & CLONE_PIDFD)) {
        int64_t number = process_file_open(t, (int)pid, 0);
        int given = number < 0 ? -1 : (int)number;
        copy_out(r->pidfd, &given, sizeof given);
    }
    return pid;
}

static int64_t clone_checked(struct thread *t, const struct clone_request *r)
{
    uint64_t flags = r->flags;

    if (flags & NAMESPACES)
        return -EPERM;
    if ((flags & ~(uint64_t)KNOWN_FLAGS) != 0 || ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM)) ||
        ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND)) ||
        ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND)))
        return -EINVAL;
    if ((flags & CLONE_SETTLS) && r->tls >= CANONICAL_END)
        return -EPERM;
    if (!(flags & CLONE_THREAD))
        return new_process(t, r);
    /* Threads with descriptors or directories of their own would need tables of their own. */
    if ((flags & THREAD_SHARES) != THREAD_SHARES || (flags & (CLONE_VFORK | CLONE_CLEAR_SIGHAND | CLONE_PIDFD)))
        return -EINVAL;
    return new_thread(t, r);
}

SYSCALL(clone)
{
    struct clone_request r = {.flags = (uint32_t)c->arg[0] & ~SIGNAL_MASK, .stack = c->arg[1], .parent_tid = c->arg[2],
                              .child_tid = c->arg[3], .tls = c->arg[4],
                              .exit_signal = (int)(c->arg[0] & SIGNAL_MASK), .pidfd = c->arg[2]};

    if (r.exit_signal > SIGNAL_COUNT ||
        ((r.flags & CLONE_PIDFD) && (r.flags & (CLONE_PARENT_SETTID | CLONE_DETACHED)))) /* one argument for both */
        return -EINVAL;
    return clone_checked(t, &r);
}

/* Copies the structure; bytes that this monitor does not know must be zero (clone3(2): E2BIG). */
static int read_clone_args(uint64_t address, uint64_t bytes, struct clone_args *out)
{
    uint8_t more[64];

    if (bytes > 4096)
        return -E2BIG;
    if (bytes < CLONE_ARGS_SIZE_VER0)
        return -EINVAL;
    memset(out, 0, sizeof *out);
    if (copy_in(out, address, bytes < sizeof *out ? bytes : sizeof *out) != 0)
        return -EFAULT;
    for (uint64_t at = sizeof *out; at < bytes; at += sizeof more) {
        size_t part = bytes - at < sizeof more ? bytes - at : sizeof more;
        if (copy_in(more, address + at, part) != 0)
            return -EFAULT;
        for (size_t i = 0; i < part; i++)
            if (more[i] != 0)
                return -E2BIG;
    }
    return 0;
}

SYSCALL(clone3)
{
    struct clone_args a;
    int error = read_clone_args(c->arg[0], c->arg[1], &a);

    if (error != 0)
        return error;
    /* `cgroup` counts only with a flag that is refused. */
    if (a.set_tid != 0 || a.set_tid_size != 0 || (a.flags & SIGNAL_MASK) != 0 ||
        (a.flags & CLONE_DETACHED) || a.exit_signal > SIGNAL_COUNT || (a.stack == 0) != (a.stack_size == 0) ||
        ((a.flags & (CLONE_THREAD | CLONE_PARENT)) && a.exit_signal != 0))
        return -EINVAL;
    if (a.stack != 0 && !guest_range_valid(a.stack, a.stack_size))
        return -EINVAL;
    const struct clone_request r = {a.flags, a.stack != 0 ? a.stack + a.stack_size : 0, a.parent_tid, a.child_tid,
                                    a.tls, (int)a.exit_signal, a.pidfd};
    return clone_checked(t, &r);
}

/* ---- arch_prctl, prctl ------------------------------------------------------------------------------------------ */

/* asm/prctl.h */
enum { SET_GS = 0x1001, SET_FS = 0x1002, GET_FS = 0x1003, GET_GS = 0x1004, GET_CPUID = 0x1011 };

/* The bases are the vCPU's while the thread holds one: ring 3 may have changed them (WRFSBASE). */
static int load_bases(struct thread *t)
{
    return t->vcpu != NULL ? vcpu_load_bases(t->vcpu, &t->cpu) : 0;
}

SYSCALL(arch_prctl)
{
    int option = arg_int(c, 0);
    uint64_t *base = option == SET_GS || option == GET_GS ? &t->cpu.gs_base : &t->cpu.fs_base;

    switch (option) {
    case SET_FS:
    case SET_GS:
        if (c->arg[1] >= CANONICAL_END)
            return -EPERM;
        if (load_bases(t) != 0)
            return -EPERM;
        *base = c->arg[1];
        return t->vcpu != NULL && vcpu_store_bases(t->vcpu, &t->cpu) != 0 ? -EPERM : 0;
    case GET_FS:
    case GET_GS:
        if (load_bases(t) != 0)
            return -EPERM;
        return copy_out(c->arg[1], base, sizeof *base);
    case GET_CPUID:
        return 1; /* the instruction may be used */
    default:
        return -EINVAL; /* shadow stacks, permission for AMX: not there */
    }
}

SYSCALL(prctl)
{
    int zero = 0, one = 1;
    char name[sizeof t->name] = {0};

    switch (arg_int(c, 0)) {
    case PR_SET_NAME:
        if (copy_string(name, c->arg[1], sizeof name) == -EFAULT)
            return -EFAULT;
        name[sizeof name - 1] = '\0';
        memcpy(t->name, name, sizeof name);
        if (t->tid == t->process->pid)
            family_show_name(t->process, name);
        return 0;
    case PR_GET_NAME:
        return copy_out(c->arg[1], t->name, sizeof t->name);
    case PR_GET_DUMPABLE:
        return 0;
    case PR_SET_DUMPABLE:
        return c->arg[1] <= 1 ? 0 : -EINVAL;
    case PR_GET_PDEATHSIG:
        return copy_out(c->arg[1], &zero, sizeof zero);
    case PR_SET_PDEATHSIG: /* the family ends with its first process anyway */
        return c->arg[1] <= SIGNAL_COUNT ? 0 : -EINVAL;
    case PR_GET_KEEPCAPS:
    case PR_GET_TIMING:
    case PR_GET_SECCOMP:
    case PR_GET_CHILD_SUBREAPER:
    case PR_GET_THP_DISABLE:
        return arg_int(c, 0) == PR_GET_CHILD_SUBREAPER ? copy_out(c->arg[1], &zero, sizeof zero) : 0;
    case PR_SET_KEEPCAPS:
    case PR_SET_TIMERSLACK:
    case PR_SET_CHILD_SUBREAPER:
    case PR_SET_THP_DISABLE:
        return 0;
    case PR_GET_TIMERSLACK:
        return 50000;
    case PR_SET_NO_NEW_PRIVS:
        return c->arg[1] == 1 && c->arg[2] == 0 && c->arg[3] == 0 && c->arg[4] == 0 ? 0 : -EINVAL;
    case PR_GET_NO_NEW_PRIVS: /* as the monitor itself (wall.h) */
        return 1;
    case PR_CAPBSET_READ: /* no capability is there */
        return c->arg[1] <= 40 ? 0 : -EINVAL;
    case PR_CAPBSET_DROP:
        return -EPERM;
    case PR_GET_TSC:
        return copy_out(c->arg[1], &one, sizeof one); /* PR_TSC_ENABLE */
    case PR_SET_TSC:
        return c->arg[1] == PR_TSC_ENABLE ? 0 : -EINVAL;
    case PR_GET_TID_ADDRESS:
        return copy_out(c->arg[1], &t->clear_tid, sizeof t->clear_tid);
    case PR_SET_VMA: /* names of anonymous mappings: shown nowhere */
        return c->arg[1] == PR_SET_VMA_ANON_NAME ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}
