/* System calls on processes: fork and vfork, the end, waiting, process groups and sessions. */
#include "hostvirt/file.h"
#include "hostvirt/identity.h"
#include "hostvirt/process_file.h"
#include "hostvirt/syscall.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

SYSCALL(fork)
{
    return process_clone(t, 0, 0, 0, 0, 0, SIGCHLD);
}

SYSCALL(vfork)
{
    return process_clone(t, CLONE_VM | CLONE_VFORK, 0, 0, 0, 0, SIGCHLD);
}

/* A SIGKILL that another monitor's process sent before this call decides the status: its mail may still wait for the
 * signal thread, which a busy machine lets run late. */
SYSCALL(exit_group)
{
    if (t->process->entry->mail_count != 0)
        family_take_mail(t->process);
    process_exit_group(t->process, (arg_int(c, 0) & 0xff) << 8);
    return SYS_NO_RESULT;
}

/* ---- waiting ------------------------------------------------------------------------------------------------- */

struct waited {
    int pid, status;
    struct rusage usage;
};

static bool waits_for(const struct process *p, const struct family_process *row, int pid)
{
    if (row->state == PROCESS_FREE || row->parent != p->pid || row->pid == p->pid)
        return false;
    return pid == -1 || (pid > 0 && row->pid == pid) || (pid == 0 && row->group == p->entry->group) ||
           (pid < -1 && row->group == -pid);
}

/* What a child has to report, by wait's options; false when nothing. */
static bool reportable(const struct family_process *row, int options)
{
    if (row->state == PROCESS_ZOMBIE)
        return options & WEXITED;
    if (row->status_reported || row->status == 0)
        return false;
    return row->state == PROCESS_STOPPED ? (options & WSTOPPED) != 0 : (options & WCONTINUED) != 0;
}

static void add_usage(struct rusage *to, const struct rusage *from)
{
    timeradd(&to->ru_utime, &from->ru_utime, &to->ru_utime);
    timeradd(&to->ru_stime, &from->ru_stime, &to->ru_stime);
    to->ru_minflt += from->ru_minflt;
    to->ru_majflt += from->ru_majflt;
    if (from->ru_maxrss > to->ru_maxrss)
        to->ru_maxrss = from->ru_maxrss;
}

/* 1 with *out filled when a child reported, 0 when none has yet, -ECHILD when there is none to wait for. */
static int look(struct process *p, int pid, int options, struct waited *out)
{
    struct family *f = p->monitor->family;
    int result = -ECHILD;

    family_lock(f);
    for (unsigned i = 0; i < f->rows && result != 1; i++) {
        struct family_process *row = &f->processes[i];
        if (!waits_for(p, row, pid))
            continue;
        result = 0;
        if (!reportable(row, options))
            continue;
        result = 1;
        *out = (struct waited){row->pid, row->status, row->usage};
        if (options & WNOWAIT)
            continue;
        row->status_reported = true;
        if (row->state == PROCESS_ZOMBIE) {
            add_usage(&p->children, &row->usage);
            row->state = PROCESS_FREE;
        }
    }
    family_unlock(f);
    return result;
}

/* Waits for a child: 1, 0 (WNOHANG), or a negative result. */
static int64_t wait_for(struct thread *t, int pid, int options, struct waited *out)
{
    struct family *f = t->process->monitor->family;

    for (;;) {
        int before = f->change;
        int found = look(t->process, pid, options, out);
        if (found == 1)
            family_take_mail(t->process); /* its SIGCHLD, which Linux sends before it lets anybody wait */
        if (found != 0 || (options & WNOHANG))
            return found;
        long error = blocking_call(t, SYS_futex, (long)&f->change, FUTEX_WAIT, before, 0, 0, 0);
        if (error == -EINTR)
            return SYS_RESTART;
    }
}

SYSCALL(wait4)
{
    int options = arg_int(c, 2);
    struct waited child;

    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE))
        return -EINVAL;
    if (arg_int(c, 0) == INT32_MIN)
        return -ESRCH;
    int64_t found = wait_for(t, arg_int(c, 0), options | WEXITED, &child);
    if (found != 1)
        return found;
    if (c->arg[1] != 0 && copy_out(c->arg[1], &child.status, sizeof child.status) != 0)
        return -EFAULT;
    if (c->arg[3] != 0 && copy_out(c->arg[3], &child.usage, sizeof child.usage) != 0)
        return -EFAULT;
    return child.pid;
}

static void fill_siginfo(const struct waited *child, siginfo_t *info)
{
    int status = child->status;

    memset(info, 0, sizeof *info);
    info->si_signo = SIGCHLD;
    info->si_pid = child->pid;
    info->si_uid = GUEST_ID;
    if (WIFEXITED(status)) {
        info->si_code = CLD_EXITED;
        info->si_status = WEXITSTATUS(status);
    } else if (WIFSTOPPED(status)) {
        info->si_code = CLD_STOPPED;
        info->si_status = WSTOPSIG(status);
    } else if (WIFCONTINUED(status)) {
        info->si_code = CLD_CONTINUED;
        info->si_status = SIGCONT;
    } else {
        info->si_code = CLD_KILLED;
        info->si_status = WTERMSIG(status);
    }
}

SYSCALL(waitid)
{
    int id = arg_int(c, 1), options = arg_int(c, 3), pid;
    bool nonblock = false;
    struct waited child;
    siginfo_t info;

    if ((options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE)) ||
        !(options & (WEXITED | WSTOPPED | WCONTINUED)))
        return -EINVAL;
    switch (arg_int(c, 0)) {
    case P_ALL:
        pid = -1;
        break;
    case P_PID:
        pid = id;
        break;
    case P_PGID:
        pid = id == 0 ? 0 : -id;
        break;
    case P_PIDFD:
        pid = process_file_pid(t, id, &nonblock);
        break;
    default:
        return -EINVAL;
    }
    if (arg_int(c, 0) == P_PIDFD && pid < 0)
        return pid;
    if (arg_int(c, 0) != P_ALL && (id < 0 || (id == 0 && arg_int(c, 0) == P_PID)))
        return -EINVAL;
    int64_t found = wait_for(t, pid, options | (nonblock ? WNOHANG : 0), &child);
    if (found < 0)
        return found;
    if (found == 0 && nonblock && !(options & WNOHANG))
        return -EAGAIN;
    if (found == 1)
        fill_siginfo(&child, &info);
    else
        memset(&info, 0, sizeof info);
    if (c->arg[2] != 0 && copy_out(c->arg[2], &info, sizeof info) != 0)
        return -EFAULT;
    if (c->arg[4] != 0 && found == 1 && copy_out(c->arg[4], &child.usage, sizeof child.usage) != 0)
        return -EFAULT;
    return 0;
}

/* ---- ids ----------------------------------------------------------------------------------------------------- */

SYSCALL(getpid)
{
    return t->process->pid;
}

SYSCALL(getppid)
{
    return t->process->entry->parent;
}

/* A process of the family that the caller may ask about; 0 is the caller itself. */
static struct family_process *find_row(struct thread *t, int pid)
{
    return pid == 0 ? t->process->entry : family_find(t->process->monitor->family, pid);
}

static int64_t ask_row(struct thread *t, int pid, bool session)
{
    struct family *f = t->process->monitor->family;

    family_lock(f);
    const struct family_process *row = pid < 0 ? NULL : find_row(t, pid);
    int64_t result = row == NULL ? -ESRCH : session ? row->session : row->group;
    family_unlock(f);
    return result;
}

SYSCALL(getpgid)
{
    return ask_row(t, arg_int(c, 0), false);
}

SYSCALL(getpgrp)
{
    return ask_row(t, 0, false);
}

SYSCALL(getsid)
{
    return ask_row(t, arg_int(c, 0), true);
}

static bool group_in_session(struct family *f, int group, int session)
{
    for (unsigned i = 0; i < f->rows; i++)
        if (f->processes[i].state != PROCESS_FREE && f->processes[i].group == group &&
            f->processes[i].session == session)
            return true;
    return false;
}

/* setpgid(2).  (Linux also answers EACCES once a child has called exec; shells do not depend on it.) */
static int change_group(struct thread *t, int pid, int group)
{
    struct family *f = t->process->monitor->family;
    struct family_process *row = find_row(t, pid), *own = t->process->entry;

    if (row == NULL || (row != own && row->parent != own->pid))
        return -ESRCH;
    if (row->session != own->session || row->session == row->pid)
        return -EPERM;
    if (group == 0)
        group = row->pid;
    if (group != row->pid && !group_in_session(f, group, own->session))
        return -EPERM;
    row->group = group;
    return 0;
}

SYSCALL(setpgid)
{
    struct family *f = t->process->monitor->family;

    if (arg_int(c, 1) < 0)
        return -EINVAL;
    if (arg_int(c, 0) < 0)
        return -ESRCH;
    family_lock(f);
    int error = change_group(t, arg_int(c, 0), arg_int(c, 1));
    family_unlock(f);
    return error;
}

SYSCALL(setsid)
{
    struct family *f = t->process->monitor->family;
    struct family_process *own = t->process->entry;
    int64_t result = own->pid;

    family_lock(f);
    for (unsigned i = 0; i < f->rows; i++)
        if (f->processes[i].state != PROCESS_FREE && f->processes[i].group == own->pid)
            result = -EPERM;
    if (result > 0)
        own->group = own->session = own->pid;
    family_unlock(f);
    return result;
}
