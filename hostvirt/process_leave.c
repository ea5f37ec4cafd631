/* exec's first half: a process leaves its old program.  Its other threads end; a child of vfork leaves its parent's
 * memory: the monitor is copied, and the copy lives on as the child. */
#include "hostvirt/clock.h"
#include "hostvirt/file.h"
#include "hostvirt/process_freeze.h"
#include "hostvirt/process_private.h"
#include "hostvirt/thread_private.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SHARERS_LEAVE 3000000000ull /* ns that who shares the memory has to leave it */

static void single_thread(struct thread *t)
{
    struct process *p = t->process;

    pthread_mutex_lock(&p->lock);
    for (struct thread *other = p->threads; other != NULL; other = other->next)
        if (other != t) {
            other->exiting = true;
            thread_attend(other);
        }
    while (p->thread_count > 1 && !p->exiting)
        pthread_cond_wait(&p->thread_ended, &p->lock);
    pthread_mutex_unlock(&p->lock);
    t->tid = p->pid; /* whichever thread called: it is the process's first from now on (execve(2)) */
}

/* In the copy: the parent's process and memory are given up, the child gets an address space of its own. */
static int split_off(struct thread *t)
{
    struct process *p = t->process;
    struct monitor *m = p->monitor;
    struct memory *shared = p->memory;
    struct vm *old = shared->vm, *vm;
    int error;

    thaw_copy(p);
    for (struct process *other = m->processes, *next; other != NULL; other = next) {
        next = other->next;
        if (other == p)
            continue;
        process_forget_threads(other, NULL);
        if (other->descriptors == NULL)
            continue;
        descriptors_thaw(other->descriptors);
        descriptors_release(other->descriptors); /* this copy's descriptors: the parent keeps its own */
    }
    p->vfork = NULL;
    family_add_thread(m->family, p->entry); /* the thread that goes on here; where it came from, one ends */
    if ((error = vm_new(&vm, &m->platform, false)) != 0)
        return error;
    /* The shared address space is unmapped here; its charge stays with the parent. */
    shared->committed = 0;
    shared->references = 1;
    memory_release(shared);
    vm_free(old);
    if ((error = memory_new(&p->memory, vm, m->family)) != 0)
        return error;
    p->memory->owner = p->entry;
    return process_become_monitor(m, p, t);
}

static int leave_vfork(struct thread *t)
{
    struct process *p = t->process;
    struct monitor *m = p->monitor;

    if (loopback_prepare(m) != 0)
        return -ENOMEM;
    freeze_sharers(p);
    pid_t host = fork();
    if (host == 0) {
        if (split_off(t) == 0)
            return 0;
        family_give_thread(m->family, p->entry, p->pid);
        family_report(p, PROCESS_ZOMBIE, SIGKILL, p->exit_signal);
        _exit(1);
    }
    thaw_sharers(p);
    if (host < 0)
        return -ENOMEM;
    process_announce_host(m, p->entry, host);
    p->moved = true;
    t->exiting = true;
    atomic_store(&t->wanted, 1);
    return 0;
}

/* The monitor's own process cannot leave it: the monitor would be without one.  Whoever shares its memory (a child of
 * clone with CLONE_VM; those of vfork hold their parent) mostly ends or starts a program soon.  -EAGAIN: the process is
 * to end itself, or somebody stays: a new program cannot be put there (Linux would give it memory of its own). */
static int wait_for_sharers(struct process *p)
{
    const struct timespec pause = {0, 1000000};
    const uint64_t end = clock_host() + SHARERS_LEAVE;

    while (memory_is_shared(p->memory)) {
        if (p->exiting)
            return -EAGAIN;
        if (clock_host() >= end) {
            fprintf(stderr, "cloister: process %d cannot start a program while another shares its memory (clone with "
                    "CLONE_VM, not CLONE_VFORK): let that end first, or use fork\n", p->pid);
            return -EAGAIN;
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

int process_leave_program(struct thread *t)
{
    struct process *p = t->process;
    bool stays = p == p->monitor->process;

    /* Twice: who is refused keeps its threads, and they could make another sharer until they end. */
    if (stays && wait_for_sharers(p) != 0)
        return -EAGAIN;
    single_thread(t);
    if (stays)
        return wait_for_sharers(p);
    if (memory_is_shared(p->memory))
        return leave_vfork(t);
    vfork_done(p->vfork);
    p->vfork = NULL;
    return 0;
}
