/* Calls about signals: actions, masks, waiting for signals, sending them. */
#include "hostvirt/clock.h"
#include "hostvirt/guestsignal_frame.h"
#include "hostvirt/guestsignal_private.h"
#include "hostvirt/syscall.h"

#include <limits.h>
#include <string.h>
#include <sys/syscall.h>

#define GUEST_UID 1000

/* Flags that Linux knows; others are dropped, so that programs can find out which are supported (sigaction(2)). */
#define ACTION_FLAGS                                                                                                   \
    ((uint64_t)(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER) |                     \
     (uint32_t)SA_RESETHAND | SA_RESTORER_FLAG | 0x800u /* SA_EXPOSE_TAGBITS */)

static bool signal_number(int number)
{
    return number >= 1 && number <= SIGNAL_COUNT;
}

/* A set of signals as calls pass it, with its size. */
static int read_set(uint64_t address, uint64_t bytes, uint64_t *set)
{
    if (bytes != sizeof *set)
        return -EINVAL;
    return copy_in(set, address, sizeof *set);
}

SYSCALL(rt_sigaction)
{
    int number = arg_int(c, 0);
    struct { uint64_t handler, flags, restorer, mask; } user; /* the kernel's struct sigaction */
    struct action new, old;

    if (c->arg[3] != sizeof(uint64_t))
        return -EINVAL;
    if (c->arg[1] != 0 && copy_in(&user, c->arg[1], sizeof user) != 0)
        return -EFAULT;
    if (!signal_number(number) || (c->arg[1] != 0 && (number == SIGKILL || number == SIGSTOP)))
        return -EINVAL;
    if (c->arg[1] != 0)
        new = (struct action){user.handler, user.flags & ACTION_FLAGS, user.restorer, user.mask};
    signal_set_action(t->process, number, c->arg[1] != 0 ? &new : NULL, &old);
    if (c->arg[2] == 0)
        return 0;
    memset(&user, 0, sizeof user);
    user.handler = old.handler;
    user.flags = old.flags;
    user.restorer = old.restorer;
    user.mask = old.mask;
    return copy_out(c->arg[2], &user, sizeof user);
}

SYSCALL(rt_sigprocmask)
{
    uint64_t set, old = t->blocked;

    if (c->arg[3] != sizeof set)
        return -EINVAL;
    if (c->arg[1] != 0) {
        if (copy_in(&set, c->arg[1], sizeof set) != 0)
            return -EFAULT;
        switch (arg_int(c, 0)) {
        case SIG_BLOCK:
            set |= old;
            break;
        case SIG_UNBLOCK:
            set = old & ~set;
            break;
        case SIG_SETMASK:
            break;
        default:
            return -EINVAL;
        }
        if ((set ^ old) & ~(bit_of(SIGKILL) | bit_of(SIGSTOP)))
            signal_set_blocked(t, set);
    }
    return c->arg[2] != 0 ? copy_out(c->arg[2], &old, sizeof old) : 0;
}

SYSCALL(rt_sigreturn)
{
    if (frame_return(t) != 0)
        signal_force(t, SIGSEGV, SI_KERNEL, 0, 0, 0);
    return SYS_NO_RESULT;
}

SYSCALL(rt_sigpending)
{
    uint64_t set = signal_pending_set(t) & t->blocked;

    if (c->arg[1] > sizeof set)
        return -EINVAL;
    return copy_out(c->arg[0], &set, c->arg[1]);
}

SYSCALL(sigaltstack)
{
    stack_t new, old = t->alternate;

    memset((char *)&old + sizeof(void *) + sizeof(int), 0, sizeof(int)); /* its padding */
    if (frame_on_alternate(t))
        old.ss_flags |= SS_ONSTACK;
    if (c->arg[0] != 0) {
        if (copy_in(&new, c->arg[0], sizeof new) != 0)
            return -EFAULT;
        int error = frame_set_alternate(t, &new);
        if (error != 0)
            return error;
    }
    return c->arg[1] != 0 ? copy_out(c->arg[1], &old, sizeof old) : 0;
}

/* ---- waiting ---------------------------------------------------------------------------------------------------- */

SYSCALL(pause)
{
    thread_sleep(t, 0);
    return SYS_RESTART_NOHAND;
}

SYSCALL(rt_sigsuspend)
{
    uint64_t set;
    int error = read_set(c->arg[0], c->arg[1], &set);

    if (error != 0)
        return error;
    signal_swap_blocked(t, set);
    thread_sleep(t, 0);
    return SYS_RESTART_NOHAND;
}

/* Signals that are waited for are not to be missed between the look and the sleep: `awaited` makes whoever sends one
 * kick this thread, although it blocks them. */
static void await(struct thread *t, uint64_t set)
{
    pthread_mutex_lock(&t->process->lock);
    t->awaited = set;
    pthread_mutex_unlock(&t->process->lock);
}

SYSCALL(rt_sigtimedwait)
{
    uint64_t set, deadline = 0;
    struct timespec timeout;
    siginfo_t info;
    int error = read_set(c->arg[0], c->arg[3], &set);

    if (error != 0)
        return error;
    if (c->arg[2] != 0) {
        if (copy_in(&timeout, c->arg[2], sizeof timeout) != 0)
            return -EFAULT;
        if (!timespec_valid(&timeout))
            return -EINVAL;
        deadline = thread_deadline(t, &timeout);
    }
    set &= ~(bit_of(SIGKILL) | bit_of(SIGSTOP));
    await(t, set);
    bool taken = signal_take(t, set, &info);
    int slept = 0;
    if (!taken) {
        slept = thread_sleep(t, deadline);
        taken = signal_take(t, set, &info);
    }
    await(t, 0);
    if (taken) {
        if (c->arg[1] != 0 && copy_out(c->arg[1], &info, sizeof info) != 0)
            return -EFAULT;
        return info.si_signo;
    }
    if (slept == -ETIMEDOUT)
        return -EAGAIN;
    return deadline != 0 ? SYS_RESTART_TIMED : SYS_RESTART_NOHAND;
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

static siginfo_t own_info(struct thread *t, int number, int code)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_signo = number;
    info.si_code = code;
    info.si_pid = t->process->pid;
    info.si_uid = GUEST_UID;
    return info;
}

SYSCALL(kill)
{
    int number = arg_int(c, 1);

    if (number < 0 || number > SIGNAL_COUNT)
        return -EINVAL;
    siginfo_t info = own_info(t, number, SI_USER);
    return family_signal(t, arg_int(c, 0), &info);
}

/* To one thread.  Those of other processes are not told apart: their first thread stands for the process. */
static int64_t send_to_thread(struct thread *t, int group, int tid, const siginfo_t *info)
{
    struct process *p = t->process;

    if (tid <= 0 || info->si_signo < 0 || info->si_signo > SIGNAL_COUNT)
        return -EINVAL;
    if (group == p->pid || group == 0) {
        pthread_mutex_lock(&p->lock);
        bool known = thread_find(p, tid) != NULL;
        pthread_mutex_unlock(&p->lock);
        if (known)
            return info->si_signo == 0 ? 0 : signal_tid(p, tid, info);
        if (group != 0)
            return -ESRCH;
    }
    if (group != 0 && group != tid)
        return -ESRCH;
    return family_signal(t, tid, info);
}

SYSCALL(tkill)
{
    siginfo_t info = own_info(t, arg_int(c, 1), SI_TKILL);

    return send_to_thread(t, 0, arg_int(c, 0), &info);
}

SYSCALL(tgkill)
{
    siginfo_t info = own_info(t, arg_int(c, 2), SI_TKILL);

    if (arg_int(c, 0) <= 0)
        return -EINVAL;
    return send_to_thread(t, arg_int(c, 0), arg_int(c, 1), &info);
}

/* A siginfo of the guest's making; only to itself may it look like the kernel's own (rt_sigqueueinfo(2)). */
static int read_info(struct thread *t, uint64_t address, int target, int number, siginfo_t *info)
{
    if (number < 0 || number > SIGNAL_COUNT)
        return -EINVAL;
    if (copy_in(info, address, sizeof *info) != 0)
        return -EFAULT;
    info->si_signo = number;
    if ((info->si_code >= 0 || info->si_code == SI_TKILL) && target != t->process->pid)
        return -EPERM;
    return 0;
}

SYSCALL(rt_sigqueueinfo)
{
    siginfo_t info;
    int target = arg_int(c, 0), error = read_info(t, c->arg[2], target, arg_int(c, 1), &info);

    if (error != 0)
        return error;
    return target <= 0 ? -ESRCH : family_signal(t, target, &info);
}

SYSCALL(rt_tgsigqueueinfo)
{
    siginfo_t info;
    int group = arg_int(c, 0), error = read_info(t, c->arg[3], group, arg_int(c, 2), &info);

    if (error != 0)
        return error;
    if (group <= 0)
        return -EINVAL;
    return send_to_thread(t, group, arg_int(c, 1), &info);
}
