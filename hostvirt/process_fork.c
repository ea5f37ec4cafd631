/* New processes.  fork copies the monitor: its private mappings are the copy of the guest's memory.  A child of vfork
 * (and of posix_spawn) is a thread of the same VM until it starts a program (process_leave.c). */
#include "hostvirt/event.h"
#include "hostvirt/process_freeze.h"
#include "hostvirt/file.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/limits.h"
#include "hostvirt/process_private.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void vfork_done(struct vfork *v)
{
    if (v == NULL)
        return;
    v->done = 1;
    syscall(SYS_futex, &v->done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    if (atomic_fetch_sub(&v->references, 1) == 1)
        free(v);
}

/* Nothing interrupts this wait but the end of the parent itself (vfork(2)). */
static void vfork_wait(struct process *parent, struct vfork *v)
{
    const struct timespec look = {0, 50000000};

    while (v->done == 0 && !parent->exiting)
        syscall(SYS_futex, &v->done, FUTEX_WAIT_PRIVATE, 0, &look, NULL, 0);
    if (atomic_fetch_sub(&v->references, 1) == 1)
        free(v);
}

/* What a child has of its parent beside memory and descriptors. */
static int copy_common(struct process *child, const struct process *parent)
{
    memcpy(child->actions, parent->actions, sizeof child->actions);
    memcpy(child->limits, parent->limits, sizeof child->limits);
    child->directories.umask = parent->directories.umask;
    child->directories.working = strdup(parent->directories.working);
    child->program = parent->program != NULL ? strdup(parent->program) : NULL;
    child->arguments = malloc(parent->arguments_bytes + 1);
    child->environment = malloc(parent->environment_bytes + 1);
    if (child->directories.working == NULL || child->arguments == NULL || child->environment == NULL)
        return -ENOMEM;
    memcpy(child->arguments, parent->arguments, child->arguments_bytes = parent->arguments_bytes);
    memcpy(child->environment, parent->environment, child->environment_bytes = parent->environment_bytes);
    return 0;
}

/* A row for the child of the thread's process; -EAGAIN when the table is used up. */
static int take_row(const struct thread *t, struct family_process **row)
{
    const struct process *parent = t->process;
    struct family *f = parent->monitor->family;
    int error = 0;

    family_lock(f);
    int pid = family_new_id(f);
    *row = family_add(f, parent->entry, pid, getpid());
    if (*row == NULL)
        error = -EAGAIN;
    else
        memcpy(f->shown[*row - f->processes].name, t->name, sizeof t->name);
    family_unlock(f);
    return error;
}

static void drop_row(struct family *f, struct family_process *row)
{
    family_lock(f);
    family_settle(f, row);
    row->state = PROCESS_FREE;
    family_unlock(f);
}

/* The child's first registers: those of the parent's call with result 0. */
static void child_registers(struct thread *child, const struct thread *parent, uint64_t flags, uint64_t stack,
                            uint64_t tls)
{
    child->cpu = parent->cpu;
    child->cpu.regs.rax = 0;
    if (stack != 0)
        child->cpu.regs.rsp = stack;
    if (flags & CLONE_SETTLS)
        child->cpu.fs_base = tls;
    child->blocked = parent->blocked;
    memcpy(child->name, parent->name, sizeof child->name);
}

/* ---- children in the same VM --------------------------------------------------------------------------------- */

static int start_sharing(struct process *child, struct thread *parent, uint64_t flags, uint64_t stack,
                         uint64_t child_tid, uint64_t tls)
{
    struct thread *t;
    int error = thread_new(child, &t);

    if (error != 0)
        return error;
    t->tid = child->pid;
    child_registers(t, parent, flags, stack, tls);
    if (flags & CLONE_CHILD_CLEARTID)
        t->clear_tid = child_tid;
    if (flags & CLONE_CHILD_SETTID)
        copy_out(child_tid, &child->pid, sizeof(int)); /* a bad address is the child's own loss, as in Linux */
    if (!(stack != 0 && !(flags & CLONE_VFORK)))
        t->alternate = parent->alternate;
    if ((error = thread_start(t)) != 0)
        thread_discard(t);
    return error;
}

static int64_t clone_sharing(struct thread *t, uint64_t flags, uint64_t stack, uint64_t child_tid, uint64_t tls,
                             int exit_signal)
{
    struct process *parent = t->process;
    struct monitor *m = parent->monitor;
    struct process *child = process_new(m);
    struct descriptors *copy;
    struct vfork *v = flags & CLONE_VFORK ? calloc(1, sizeof *v) : NULL;
    int error = child == NULL || (v == NULL && (flags & CLONE_VFORK)) ? -ENOMEM : take_row(t, &child->entry);

    if (error != 0) {
        if (child != NULL)
            process_free(child);
        free(v);
        return error;
    }
    int pid = child->pid = child->entry->pid;
    child->exit_signal = exit_signal;
    pthread_mutex_lock(&parent->memory->lock);
    parent->memory->references++;
    pthread_mutex_unlock(&parent->memory->lock);
    child->memory = parent->memory;
    if (v != NULL) {
        v->references = 2;
        child->vfork = v;
    }
    error = copy_common(child, parent);
    if (error == 0 && (error = descriptors_copy(parent->descriptors, &copy)) == 0)
        process_exchange_descriptors(child, copy);
    if (error == 0)
        error = start_sharing(child, t, flags, stack, child_tid, tls);
    if (error != 0) {
        drop_row(m->family, child->entry);
        process_free(child);
        free(v);
        return error;
    }
    if (v != NULL)
        vfork_wait(parent, v);
    return pid;
}

/* ---- children in a monitor of their own ---------------------------------------------------------------------- */

void process_forget_threads(struct process *p, struct thread *keep)
{
    for (struct thread *t = p->threads, *next; t != NULL; t = next) {
        next = t->next;
        if (t != keep) {
            signal_queue_free(&t->pending);
            free(t);
        }
    }
    p->threads = keep;
    p->thread_count = keep != NULL ? 1 : 0;
    if (keep != NULL)
        keep->next = NULL;
}

int process_become_monitor(struct monitor *m, struct process *p, struct thread *t)
{
    m->forked = true;
    m->ended = 0;
    m->killed = 0;
    m->stop_request = 0;
    m->holds = 0;
    m->process = m->processes = p;
    p->next = NULL;
    t->host = pthread_self();
    t->host_tid = (pid_t)syscall(SYS_gettid);
    t->vcpu = NULL;
    family_lock(m->family);
    bool known = p->entry->state != PROCESS_FREE && p->entry->pid == p->pid;
    if (known)
        p->entry->host = getpid();
    family_unlock(m->family);
    if (!known)
        _exit(128 + SIGKILL); /* a reset has ended the family before it knew of this one */
    int error = event_signals_forked(p);
    if (error == 0)
        error = signal_forward_host(m);
    if (error != 0)
        return error;
    signal_forward_wait(m);
    error = limits_prepare(m);
    return error == 0 ? limits_start(m) : error;
}

/* The child side of fork: a new VM over the copied memory. */
static int become_child(struct thread *t, struct family_process *row)
{
    struct process *p = t->process;
    struct vm *old = p->memory->vm, *vm;

    thaw_copy(p);
    process_forget_threads(p, t);
    p->entry = row;
    p->pid = t->tid = row->pid;
    p->vfork = NULL;
    p->timers = NULL;
    memset(&p->children, 0, sizeof p->children);
    signal_queue_free(&p->pending);
    signal_queue_free(&t->pending);
    p->memory->references = 1;
    int error = vm_new(&vm, &p->monitor->platform, false);
    if (error != 0)
        return error;
    error = memory_adopt(p->memory, vm, row);
    vm_free(old);
    if (error == 0)
        error = process_become_monitor(p->monitor, p, t);
    if (error != 0)
        memory_give_back(p->memory);
    return error;
}

void process_announce_host(struct monitor *m, struct family_process *row, pid_t host)
{
    family_lock(m->family);
    row->host = host;
    bool late = m->ended != 0;
    family_unlock(m->family);
    if (late)
        kill(host, SIGKILL);
}

static int64_t clone_copying(struct thread *t, uint64_t flags, uint64_t stack, uint64_t child_tid, uint64_t tls,
                             int exit_signal)
{
    struct process *p = t->process;
    struct family_process *row;
    struct family *f = p->monitor->family;
    int error = take_row(t, &row);

    if (error != 0)
        return error;
    error = family_take_thread(f, row, p->monitor->policy->threads) ? loopback_prepare(p->monitor) : -EAGAIN;
    if (error != 0) {
        drop_row(f, row);
        return error;
    }
    freeze_process(p);
    if (!memory_may_fork(p->memory)) {
        thaw_process(p);
        drop_row(f, row);
        return -ENOMEM;
    }
    pid_t host = fork();
    if (host != 0) {
        thaw_process(p);
        if (host < 0) {
            error = -errno;
            drop_row(f, row);
            return error == -ENOMEM ? -ENOMEM : -EAGAIN;
        }
        process_announce_host(p->monitor, row, host);
        return row->pid;
    }
    p->exit_signal = exit_signal;
    if (become_child(t, row) != 0) {
        p->exit_status = SIGKILL;
        family_give_thread(f, row, row->pid);
        family_report(p, PROCESS_ZOMBIE, SIGKILL, exit_signal);
        _exit(1);
    }
    if (stack != 0)
        t->cpu.regs.rsp = stack;
    if (flags & CLONE_SETTLS)
        t->cpu.fs_base = tls;
    t->clear_tid = flags & CLONE_CHILD_CLEARTID ? child_tid : 0;
    t->robust_list = 0;
    if (flags & CLONE_CHILD_SETTID)
        copy_out(child_tid, &p->pid, sizeof(int));
    return 0;
}

int64_t process_clone(struct thread *t, uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t child_tid,
                      uint64_t tls, int exit_signal)
{
    const struct policy *policy = t->process->monitor->policy;
    struct family *f = t->process->monitor->family;
    int64_t pid;

    if (!policy->fork)
        return -EPERM;
    if (f->threads >= policy->threads || f->threads >= t->process->limits[RLIMIT_NPROC].rlim_cur)
        return -EAGAIN;
    /* The copy starts from memory: everything that the vCPU holds goes there first. */
    if (t->vcpu != NULL) {
        if (vcpu_load_xsave(t->vcpu, &t->cpu) != 0 || vcpu_load_bases(t->vcpu, &t->cpu) != 0)
            return -EAGAIN;
    }
    if (flags & CLONE_VM)
        pid = clone_sharing(t, flags, stack, child_tid, tls, exit_signal);
    else
        pid = clone_copying(t, flags, stack, child_tid, tls, exit_signal);
    if (pid > 0 && (flags & CLONE_PARENT_SETTID))
        copy_out(parent_tid, &(int){(int)pid}, sizeof(int));
    return pid;
}
