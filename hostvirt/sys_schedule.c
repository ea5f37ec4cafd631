/* Processors and scheduling.  A guest thread is a thread of the host, whose own answer is the truth: a mask, a nice
 * value or SCHED_BATCH takes effect.  Which of the host's processors these are does not show: the guest counts those
 * that its monitor has from 0.  The wall lets a thread of the monitor change only itself (wall_calls.def), so changes
 * of another thread are left for it in thread->scheduling, as is what a snapshot has kept of a thread. */
#include "hostvirt/identity.h"
#include "hostvirt/syscall.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* sched_setattr(2); linux/sched/types.h and this C library's sched.h exclude each other. */
struct sched_attr {
    uint32_t size, sched_policy;
    uint64_t sched_flags;
    int32_t sched_nice;
    uint32_t sched_priority;
    uint64_t sched_runtime, sched_deadline, sched_period;
};

#define NICE_ZERO 20 /* the raw call's scale is 20 - nice (getpriority(2)) */

/* ---- changes ----------------------------------------------------------------------------------------------------- */

/* Of the calling thread of the host.  0 or -errno. */
static int apply(const struct scheduling *s)
{
    struct sched_attr attributes;

    if (s->set_processors && sched_setaffinity(0, sizeof s->processors, &s->processors) != 0)
        return -errno;
    if (!s->set_policy && !s->set_nice)
        return 0;
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0)
        return -errno;
    attributes.sched_flags = 0;
    if (s->set_policy)
        attributes.sched_policy = (uint32_t)s->policy;
    if (s->set_nice)
        attributes.sched_nice = s->nice;
    return syscall(SYS_sched_setattr, 0, &attributes, 0) == 0 ? 0 : -errno;
}

/* The host's processor that the guest's one with this number is. */
static unsigned host_processor(const struct monitor *m, unsigned number)
{
    unsigned count = (unsigned)CPU_COUNT(&m->processors), host = 0;

    for (number = count != 0 ? number % count : 0; host < CPU_SETSIZE - 1; host++)
        if (CPU_ISSET(host, &m->processors) && number-- == 0)
            break;
    return host;
}

static unsigned shown_processors(const struct monitor *m)
{
    return m->policy->cpus < CPU_SETSIZE ? m->policy->cpus : CPU_SETSIZE;
}

/* The monitor's own threads are never reniced: what they have is what the guest started from. */
static int own_nice(const struct monitor *m)
{
    return getpriority(PRIO_PROCESS, (id_t)m->signal_thread);
}

void schedule_describe(const struct thread *t, struct scheduling *out)
{
    const struct monitor *m = t->process->monitor;
    cpu_set_t own;

    *out = (struct scheduling){.saved = true};
    if (t->host_tid == 0 || sched_getaffinity(t->host_tid, sizeof own, &own) != 0)
        return;
    out->policy = sched_getscheduler(t->host_tid);
    out->nice = getpriority(PRIO_PROCESS, (id_t)t->host_tid) - own_nice(m);
    out->set_policy = out->policy == SCHED_BATCH || out->policy == SCHED_IDLE;
    out->set_nice = out->nice > 0;
    out->set_processors = !CPU_EQUAL(&own, &m->processors);
    for (unsigned i = 0; i < shown_processors(m) && out->set_processors; i++)
        if (CPU_ISSET(host_processor(m, i), &own))
            CPU_SET(i, &out->processors);
}

void schedule_put(struct thread *t, const struct scheduling *saved)
{
    const struct monitor *m = t->process->monitor;
    struct scheduling now;

    schedule_describe(t, &now);
    t->scheduling = (struct scheduling){0};
    if (saved->set_processors || saved->set_policy || saved->set_nice)
        t->scheduling = *saved;
    if (now.set_processors && !saved->set_processors) {
        t->scheduling = *saved;
        t->scheduling.set_processors = true;
        for (unsigned i = 0; i < shown_processors(m); i++)
            CPU_SET(i, &t->scheduling.processors);
    }
    if (now.set_policy && !saved->set_policy) {
        t->scheduling.saved = t->scheduling.set_policy = true;
        t->scheduling.policy = SCHED_OTHER;
    }
}

/* A clone may have fewer processors than its original: of none of those that it had a thread may use all. */
static void translate(const struct monitor *m, struct scheduling *s)
{
    const cpu_set_t numbers = s->processors;

    CPU_ZERO(&s->processors);
    for (unsigned i = 0; i < shown_processors(m); i++)
        if (CPU_ISSET(i, &numbers))
            CPU_SET(host_processor(m, i), &s->processors);
    s->set_processors = s->set_processors && CPU_COUNT(&s->processors) != 0;
    s->nice += own_nice(m);
}

void schedule_as_asked(struct thread *t)
{
    struct process *p = t->process;

    pthread_mutex_lock(&p->lock);
    struct scheduling s = t->scheduling;
    t->scheduling = (struct scheduling){0};
    pthread_mutex_unlock(&p->lock);
    if (s.saved)
        translate(p->monitor, &s);
    apply(&s); /* whoever asked has its answer: what could be refused was checked then */
}

static bool in_family(const struct thread *t, int pid)
{
    struct family *f = t->process->monitor->family;

    family_lock(f);
    bool found = family_find(f, pid) != NULL;
    family_unlock(f);
    return found;
}

/* Leaves the change for another thread of the process. */
static int64_t leave(struct thread *t, int tid, const struct scheduling *s)
{
    struct process *p = t->process;

    pthread_mutex_lock(&p->lock);
    struct thread *other = thread_find(p, tid);
    if (other != NULL) {
        struct scheduling *to = &other->scheduling;
        if (s->set_processors) {
            to->set_processors = true;
            to->processors = s->processors;
        }
        if (s->set_policy) {
            to->set_policy = true;
            to->policy = s->policy;
        }
        if (s->set_nice) {
            to->set_nice = true;
            to->nice = s->nice;
        }
        thread_attend(other);
    }
    pthread_mutex_unlock(&p->lock);
    return other != NULL ? 0 : in_family(t, tid) ? -EPERM : -ESRCH; /* other processes are other monitors' */
}

static int64_t change(struct thread *t, int tid, const struct scheduling *s)
{
    return tid == 0 || tid == t->tid ? apply(s) : leave(t, tid, s);
}

/* The host's thread behind a thread of the process or a process of the family; -ESRCH. */
static pid_t host_thread(struct thread *t, int tid)
{
    struct process *p = t->process;
    struct family *f = p->monitor->family;

    if (tid == 0 || tid == t->tid)
        return t->host_tid;
    pthread_mutex_lock(&p->lock);
    const struct thread *other = thread_find(p, tid);
    pid_t host = other != NULL ? other->host_tid : -ESRCH;
    pthread_mutex_unlock(&p->lock);
    if (host != -ESRCH)
        return host;
    family_lock(f);
    const struct family_process *row = family_find(f, tid);
    if (row != NULL && row->state != PROCESS_ZOMBIE)
        host = row->host;
    family_unlock(f);
    return host;
}

/* ---- processors -------------------------------------------------------------------------------------------------- */

SYSCALL(sched_getaffinity)
{
    const struct monitor *m = t->process->monitor;
    unsigned cpus = shown_processors(m);
    size_t bytes = (cpus + 63) / 64 * 8;
    pid_t host = host_thread(t, arg_int(c, 0));
    uint8_t mask[CPU_SETSIZE / 8] = {0};
    cpu_set_t own;

    if (host < 0)
        return host;
    if ((uint32_t)c->arg[1] < bytes || c->arg[1] % 8 != 0)
        return -EINVAL;
    if (sched_getaffinity(host, sizeof own, &own) != 0)
        return -ESRCH;
    for (unsigned i = 0; i < cpus; i++)
        if (CPU_ISSET(host_processor(m, i), &own))
            mask[i / 8] |= (uint8_t)(1u << i % 8);
    return copy_out(c->arg[2], mask, bytes) != 0 ? -EFAULT : (int64_t)bytes;
}

SYSCALL(sched_setaffinity)
{
    const struct monitor *m = t->process->monitor;
    struct scheduling s = {.set_processors = true};
    uint8_t mask[CPU_SETSIZE / 8] = {0};
    size_t bytes = (uint32_t)c->arg[1] < sizeof mask ? (uint32_t)c->arg[1] : sizeof mask;

    if (copy_in(mask, c->arg[2], bytes) != 0)
        return -EFAULT;
    for (unsigned i = 0; i < shown_processors(m); i++)
        if (mask[i / 8] & 1u << i % 8)
            CPU_SET(host_processor(m, i), &s.processors);
    pid_t host = host_thread(t, arg_int(c, 0));
    if (host < 0)
        return host;
    return CPU_COUNT(&s.processors) != 0 ? change(t, arg_int(c, 0), &s) : -EINVAL;
}

SYSCALL(getcpu)
{
    const struct monitor *m = t->process->monitor;
    const uint32_t zero = 0;
    int host = sched_getcpu();
    uint32_t number = 0;

    for (unsigned i = 0; i < shown_processors(m) && host >= 0; i++)
        if (host_processor(m, i) == (unsigned)host) {
            number = i;
            break;
        }
    if ((c->arg[0] != 0 && copy_out(c->arg[0], &number, sizeof number) != 0) ||
        (c->arg[1] != 0 && copy_out(c->arg[1], &zero, sizeof zero) != 0))
        return -EFAULT;
    return 0;
}

/* ---- policies ---------------------------------------------------------------------------------------------------- */

static int64_t policy_of(pid_t host)
{
    struct sched_attr attributes;

    if (host < 0)
        return host;
    return syscall(SYS_sched_getattr, host, &attributes, sizeof attributes, 0) == 0 ? (int64_t)attributes.sched_policy
                                                                                    : -ESRCH;
}

SYSCALL(sched_getscheduler)
{
    return arg_int(c, 0) < 0 ? -EINVAL : policy_of(host_thread(t, arg_int(c, 0)));
}

SYSCALL(sched_setscheduler)
{
    struct scheduling s = {.set_policy = true, .policy = arg_int(c, 1) & ~SCHED_RESET_ON_FORK};
    int priority;

    if (arg_int(c, 0) < 0 || arg_int(c, 1) < 0 || c->arg[2] == 0)
        return -EINVAL;
    if (copy_in(&priority, c->arg[2], sizeof priority) != 0)
        return -EFAULT;
    pid_t host = host_thread(t, arg_int(c, 0));
    if (host < 0)
        return host;
    if (s.policy == SCHED_FIFO || s.policy == SCHED_RR)
        return priority >= 1 && priority <= 99 ? -EPERM : -EINVAL;
    if ((s.policy != SCHED_OTHER && s.policy != SCHED_BATCH && s.policy != SCHED_IDLE) || priority != 0)
        return -EINVAL;
    return change(t, arg_int(c, 0), &s);
}

SYSCALL(sched_getparam)
{
    const int priority = 0;
    pid_t host = host_thread(t, arg_int(c, 0));

    if (arg_int(c, 0) < 0 || c->arg[1] == 0)
        return -EINVAL;
    return host < 0 ? host : copy_out(c->arg[1], &priority, sizeof priority);
}

SYSCALL(sched_setparam)
{
    int priority;
    pid_t host = host_thread(t, arg_int(c, 0));

    if (arg_int(c, 0) < 0 || c->arg[1] == 0)
        return -EINVAL;
    if (copy_in(&priority, c->arg[1], sizeof priority) != 0)
        return -EFAULT;
    return host < 0 ? host : priority == 0 ? 0 : -EINVAL;
}

static int64_t priority_bound(int kind, int realtime)
{
    switch (kind) {
    case SCHED_OTHER:
    case SCHED_BATCH:
    case SCHED_IDLE:
        return 0;
    case SCHED_FIFO:
    case SCHED_RR:
        return realtime;
    default:
        return -EINVAL;
    }
}

SYSCALL(sched_get_priority_max)
{
    return priority_bound(arg_int(c, 0), 99);
}

SYSCALL(sched_get_priority_min)
{
    return priority_bound(arg_int(c, 0), 1);
}

SYSCALL(sched_rr_get_interval)
{
    const struct timespec none = {0, 0};
    pid_t host = host_thread(t, arg_int(c, 0));

    if (arg_int(c, 0) < 0)
        return -EINVAL;
    return host < 0 ? host : copy_out(c->arg[1], &none, sizeof none);
}

/* ---- nice values ------------------------------------------------------------------------------------------------- */

static bool row_matches(const struct thread *t, const struct family_process *row, int kind, int who)
{
    if (row->state == PROCESS_FREE || row->state == PROCESS_ZOMBIE)
        return false;
    switch (kind) {
    case PRIO_PROCESS:
        return row->pid == who;
    case PRIO_PGRP:
        return row->group == (who != 0 ? who : t->process->entry->group);
    default:
        return who == 0 || who == GUEST_ID;
    }
}

/* The lowest nice value among the processes that are named: PRIO_PROCESS may name a thread, too. */
SYSCALL(getpriority)
{
    struct family *f = t->process->monitor->family;
    int kind = arg_int(c, 0), who = arg_int(c, 1), lowest = NICE_ZERO;

    if (kind < PRIO_PROCESS || kind > PRIO_USER)
        return -EINVAL;
    if (kind == PRIO_PROCESS) {
        pid_t host = host_thread(t, who);
        return host < 0 ? host : NICE_ZERO - getpriority(PRIO_PROCESS, (id_t)host);
    }
    family_lock(f);
    for (unsigned i = 0; i < f->rows; i++)
        if (row_matches(t, &f->processes[i], kind, who)) {
            int nice = getpriority(PRIO_PROCESS, (id_t)f->processes[i].host);
            lowest = nice < lowest ? nice : lowest;
        }
    family_unlock(f);
    return lowest < NICE_ZERO ? NICE_ZERO - lowest : -ESRCH;
}

/* Groups and users: when they name this process alone. */
static int64_t sole_member(const struct thread *t, int kind, int who)
{
    struct family *f = t->process->monitor->family;
    bool own = false, others = false;

    family_lock(f);
    for (unsigned i = 0; i < f->rows; i++)
        if (row_matches(t, &f->processes[i], kind, who)) {
            own |= f->processes[i].pid == t->process->pid;
            others |= f->processes[i].pid != t->process->pid;
        }
    family_unlock(f);
    return others ? -EPERM : own ? t->process->pid : -ESRCH;
}

SYSCALL(setpriority)
{
    int kind = arg_int(c, 0), nice = arg_int(c, 2);
    struct scheduling s = {.set_nice = true, .nice = nice < -20 ? -20 : nice > 19 ? 19 : nice};

    if (kind < PRIO_PROCESS || kind > PRIO_USER)
        return -EINVAL;
    int64_t tid = kind == PRIO_PROCESS ? arg_int(c, 1) : sole_member(t, kind, arg_int(c, 1));
    if (tid < 0)
        return kind == PRIO_PROCESS ? -ESRCH : tid;
    pid_t host = host_thread(t, (int)tid);
    if (host < 0)
        return host;
    if (s.nice < getpriority(PRIO_PROCESS, (id_t)host)) /* without CAP_SYS_NICE only up (setpriority(2)) */
        return -EACCES;
    return change(t, (int)tid, &s);
}
