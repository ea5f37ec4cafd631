/* The life of a guest process: made, started, ended. */
#include "hostvirt/process.h"
#include "hostvirt/calls.h"
#include "hostvirt/exec.h"
#include "hostvirt/file.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/limits.h"
#include "hostvirt/path.h"
#include "hostvirt/process_private.h"
#include "hostvirt/snapshot.h"
#include "hostvirt/clock.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAMILY_END 5000000000ull /* ns that killed processes have to end */
#define USUAL_DESCRIPTORS 256    /* that a monitor and its guest have without waiting for room */

/* One per process of the host: the handlers of faults and kicks have no argument to find it by. */
struct monitor *the_monitor;

/* What Linux shows a user's process; what counts is enforced by the policy, not by these. */
static void default_limits(struct process *p, const struct policy *policy)
{
    for (unsigned i = 0; i < sizeof p->limits / sizeof p->limits[0]; i++)
        p->limits[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    p->limits[RLIMIT_STACK] = (struct rlimit){8 << 20, RLIM_INFINITY};
    p->limits[RLIMIT_CORE] = (struct rlimit){0, 0};
    p->limits[RLIMIT_NOFILE] = (struct rlimit){policy->descriptors, policy->descriptors};
    p->limits[RLIMIT_NPROC] = (struct rlimit){policy->threads, policy->threads};
    p->limits[RLIMIT_SIGPENDING] = (struct rlimit){4096, 4096};
    p->limits[RLIMIT_MEMLOCK] = (struct rlimit){8 << 20, 8 << 20};
    p->limits[RLIMIT_MSGQUEUE] = (struct rlimit){0, 0};
    p->limits[RLIMIT_NICE] = p->limits[RLIMIT_RTPRIO] = (struct rlimit){0, 0};
}

struct process *process_new(struct monitor *m)
{
    struct process *p = calloc(1, sizeof *p);

    if (p == NULL)
        return NULL;
    p->monitor = m;
    p->references = 1;
    p->exit_signal = SIGCHLD;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->thread_ended, NULL);
    p->pending.last = &p->pending.first;
    p->start_time = clock_guest(m);
    pthread_mutex_lock(&m->lock);
    p->next = m->processes;
    m->processes = p;
    pthread_mutex_unlock(&m->lock);
    return p;
}

struct descriptors *process_exchange_descriptors(struct process *p, struct descriptors *d)
{
    pthread_mutex_lock(&p->monitor->lock);
    struct descriptors *before = p->descriptors;
    p->descriptors = d;
    pthread_mutex_unlock(&p->monitor->lock);
    return before;
}

void process_get(struct process *p)
{
    p->references++;
}

void process_put(struct process *p)
{
    if (--p->references != 0)
        return;
    signal_queue_free(&p->pending);
    free(p->directories.working);
    free(p->program);
    free(p->arguments);
    free(p->environment);
    pthread_cond_destroy(&p->thread_ended);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void process_free(struct process *p)
{
    struct monitor *m = p->monitor;

    pthread_mutex_lock(&m->lock);
    for (struct process **link = &m->processes; *link != NULL; link = &(*link)->next)
        if (*link == p) {
            *link = p->next;
            break;
        }
    pthread_mutex_unlock(&m->lock);
    if (p->descriptors != NULL)
        descriptors_release(p->descriptors);
    if (p->memory != NULL)
        memory_release(p->memory);
    process_put(p);
}

/* The kernel gives the guest's whole part away at once only when nothing is in it: cheaper than reading a list. */
static bool place_is_free(void)
{
    void *low = (void *)GUEST_LOW;
    size_t bytes = GUEST_HIGH - GUEST_LOW;
    void *at = mmap(low, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

    if (at != MAP_FAILED)
        munmap(at, bytes);
    return at == low;
}

/* The monitor lives above the guest's part: nothing of its own may lie inside (layout.h). */
static int check_own_place(char *reason, size_t bytes)
{
    FILE *maps = place_is_free() ? NULL : fopen("/proc/self/maps", "re");
    char line[512];
    int error = 0;

    while (maps != NULL && error == 0 && fgets(line, sizeof line, maps) != NULL) {
        unsigned long start = strtoul(line, NULL, 16);
        if (start < GUEST_HIGH && !sanitizer_owns(start, PAGE_BYTES)) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(reason, bytes, "the monitor's own memory lies where the guest's belongs (%s): it must be a "
                     "position-independent program, started without a changed address-space layout", line);
            error = -EADDRINUSE;
        }
    }
    if (maps != NULL)
        fclose(maps);
    return error;
}

static int shared_statistics(struct monitor *m)
{
    m->statistics = mmap(NULL, sizeof *m->statistics, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return m->statistics == MAP_FAILED ? -errno : 0;
}

/* Before any thread is made: all inherit it. */
static void block_own_signals(void)
{
    sigset_t own;

    sigemptyset(&own);
    sigaddset(&own, MAIL_SIGNAL);
    sigaddset(&own, WATCH_SIGNAL);
    pthread_sigmask(SIG_BLOCK, &own, NULL);
}

/* A process of several threads whose table of descriptors grows waits for all processors (expand_fdtable in Linux's
 * fs/file.c: a grace period of RCU, several ms): it is made large enough while there is one thread. */
static void grow_descriptor_table(void)
{
    int high = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, USUAL_DESCRIPTORS - 1);

    if (high >= 0)
        close(high);
}

int monitor_init(struct monitor *m, const struct policy *p, char *reason, size_t bytes)
{
    int error = check_own_place(reason, bytes);

    if (error != 0)
        return error;
    m->policy = p;
    m->started = clock_host();
    m->has_strangers = waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOHANG | WNOWAIT) == 0;
    pthread_mutex_init(&m->lock, NULL);
    pthread_mutex_init(&m->network_lock, NULL);
    the_monitor = m;
    block_own_signals();
    /* For guests' membarrier(2): free while the process has one thread, 10 ms and more later.  Without it (an old
     * kernel) the guest's own call fails. */
    syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
    grow_descriptor_table();
    error = m->platform.run_bytes == 0 ? platform_open(&m->platform, p->baseline, reason, bytes) : 0;
    if (error != 0)
        return error;
    if ((error = vm_new(&m->vm, &m->platform, true)) != 0 || (error = shared_statistics(m)) != 0 ||
        (error = family_new(&m->family, p)) != 0 || (error = uaccess_init()) != 0 || (error = kick_init()) != 0 ||
        (error = (m->calls = calls_new()) != NULL ? 0 : -ENOMEM) != 0 ||
        (error = (m->locks = locks_new()) != NULL ? 0 : -ENOMEM) != 0)
        snprintf(reason, bytes, "cannot set up the monitor: %s", strerror(-error));
    return error;
}

/* The first process, with an empty address space, and its row in the family. */
static int make_first(struct monitor *m, struct thread **first)
{
    struct process *p = process_new(m);
    int error = p == NULL ? -ENOMEM : memory_new(&p->memory, m->vm, m->family);

    if (error != 0)
        return error;
    m->vm = NULL;
    m->process = p;
    default_limits(p, m->policy);
    p->directories.umask = 022;
    p->directories.working = strdup("/");
    family_lock(m->family);
    p->pid = family_new_id(m->family);
    p->entry = p->memory->owner = family_add(m->family, NULL, p->pid, getpid());
    family_unlock(m->family);
    if (p->directories.working == NULL || p->entry == NULL)
        return -ENOMEM;
    if ((error = descriptors_new(&p->descriptors, m->policy->descriptors)) != 0 ||
        (error = descriptors_standard(p)) != 0)
        return error;
    if ((error = thread_new(p, first)) == 0)
        (*first)->tid = p->pid;
    return error;
}

/* As chdir(2) has it. */
static int enter_directory(struct process *p, const char *path)
{
    struct place place;
    int error = place_find_text(p, AT_FDCWD, path, PLACE_FOLLOW, &place);

    if (error != 0)
        return error;
    char *working = S_ISDIR(place.status.st_mode) ? strdup(place.path) : NULL;
    error = !S_ISDIR(place.status.st_mode) ? -ENOTDIR : working == NULL ? -ENOMEM : 0;
    place_release(&place);
    if (error != 0)
        return error;
    free(p->directories.working);
    p->directories.working = working;
    return 0;
}

int monitor_start(struct monitor *m, const struct policy *p, const char *program, char *const argv[], char *reason,
                  size_t bytes)
{
    struct thread *t;
    int error = monitor_init(m, p, reason, bytes);

    if (error != 0)
        return error;
    if ((error = make_first(m, &t)) != 0) {
        snprintf(reason, bytes, "cannot make the guest's process: %s", strerror(-error));
        return error;
    }
    if (p->directory != NULL && (error = enter_directory(m->process, p->directory)) != 0) {
        snprintf(reason, bytes, "cannot start in %.200s: %s", p->directory,
                 error == -ENOENT ? "no such folder in the isolate (see --read-only)" : strerror(-error));
        return -ENOTDIR; /* -ENOENT is for the program */
    }
    struct image image = {program, argv, p->environment};
    if ((error = exec_load(t, &image)) != 0)
        snprintf(reason, bytes, "cannot start %s: %s", program, exec_refusal(error, true));
    return error;
}

/* The row of another process that has not ended, as far as is known. */
static bool is_other(const struct family_process *row)
{
    return row->state != PROCESS_FREE && row->state != PROCESS_ZOMBIE && row->host != getpid() && row->host > 0;
}

static void kill_family(struct family *f)
{
    family_lock(f); /* those forked meanwhile are known already, or see that it has ended */
    for (unsigned i = 0; i < f->rows; i++)
        if (is_other(&f->processes[i]))
            kill(f->processes[i].host, SIGKILL);
    family_unlock(f);
}

/* Whether the host's processes of the others are gone: those that have ended are reaped before. */
static bool family_is_gone(struct family *f)
{
    bool gone = true;

    family_lock(f);
    for (unsigned i = 0; i < f->rows && gone; i++) {
        const struct family_process *row = &f->processes[i];
        gone = row->state == PROCESS_FREE || row->host == getpid() || row->host <= 0 || kill(row->host, 0) != 0;
    }
    family_unlock(f);
    return gone;
}

/* Processor time of the others. */
static uint64_t used_by_family(struct family *f)
{
    uint64_t used = 0;

    family_lock(f);
    for (unsigned i = 0; i < f->rows; i++)
        if (is_other(&f->processes[i]))
            used += clock_host_process(f->processes[i].host);
    family_unlock(f);
    return used;
}

/* SIGKILL ends whatever runs; a process is left that the kernel does not let go, or has not taken down yet. */
static void tell_unended(bool moves)
{
    if (moves)
        fprintf(stderr, "cloister: a process of the isolate was killed and is still ending: this machine is very "
                        "busy\n");
    else
        fprintf(stderr, "cloister: a process of the isolate was killed and does not end: the kernel holds it in a "
                        "call, of a device or a file server perhaps\n");
}

/* The end of the first process is the end of its family, as of a pid namespace (pid_namespaces(7)). */
static void end_family(struct monitor *m)
{
    uint64_t look = clock_host() + FAMILY_END / 2, end = UINT64_MAX, used = 0;
    struct timespec pause = {0, 50000};
    pid_t ended;

    for (;;) {
        kill_family(m->family);
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0 || (ended < 0 && errno == EINTR))
            ;
        if (ended < 0 || (m->has_strangers && family_is_gone(m->family)))
            return;
        if (end == UINT64_MAX && clock_host() > look) {
            used = used_by_family(m->family);
            end = clock_host() + FAMILY_END / 2;
        }
        if (clock_host() > end) {
            tell_unended(used_by_family(m->family) != used);
            return;
        }
        nanosleep(&pause, NULL);
        if (pause.tv_nsec < 5000000)
            pause.tv_nsec *= 2;
    }
}

int monitor_run(struct monitor *m)
{
    struct process *p = m->process;
    struct thread *first = snapshot_start_threads(m); /* more than one after a restore */

    first->host = pthread_self();
    thread_loop(first);
    while (m->ended == 0)
        syscall(SYS_futex, &m->ended, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    int status = p->exit_status;
    end_family(m);
    return status;
}

void process_exit_group(struct process *p, int status)
{
    pthread_mutex_lock(&p->lock);
    if (!p->exiting) {
        p->exit_status = status;
        p->exiting = true;
    }
    for (struct thread *t = p->threads; t != NULL; t = t->next)
        thread_attend(t);
    pthread_mutex_unlock(&p->lock);
    uint64_t never = 0;
    if (status == SIGKILL && p == p->monitor->process &&
        atomic_compare_exchange_strong(&p->monitor->killed, &never, clock_host()))
        limits_look(p->monitor); /* a thread may be in a call of the host's that nothing but the monitor's end ends */
}

void process_ended(struct process *p)
{
    struct monitor *m = p->monitor;
    struct vfork *parent = p->vfork;

    p->vfork = NULL;
    if (p->moved) {
        process_free(p);
        vfork_done(parent);
        return;
    }
    family_lock(m->family);
    family_give_children(m->family, p->pid);
    family_unlock(m->family);
    /* Descriptors are closed before the end is told, so that the reader of a pipe sees both in this order. */
    descriptors_release(process_exchange_descriptors(p, NULL));
    if (p == m->process && m->forked)
        memory_give_back(p->memory); /* the host takes the memory itself; the family's account must know, too */
    family_report(p, PROCESS_ZOMBIE, p->exit_status, p->exit_signal);
    if (p != m->process) {
        process_free(p);
        vfork_done(parent);
    } else if (m->forked) {
        _exit(0);
    } else {
        m->ended = 1;
        syscall(SYS_futex, &m->ended, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
}
