/* The shared page of an isolate's processes: virtual pids, parents, states, and signals between monitors. */
#include "hostvirt/clock.h"
#include "hostvirt/file.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/identity.h"
#include "hostvirt/process_file.h"
#include "hostvirt/process.h"

#include <errno.h>
#include <linux/futex.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ID_END (1 << 30) /* ids are used again only after that many */
#define ID_SECOND_ROUND 300

void shared_mutex_init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

int family_new(struct family **out, const struct policy *p)
{
    struct family *f = mmap(NULL, sizeof *f, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (f == MAP_FAILED)
        return -errno;
    shared_mutex_init(&f->lock);
    shared_mutex_init(&f->loopback.lock);
    f->next_id = FIRST_PID;
    f->memory_limit = p->memory;
    f->disk_limit = p->disk_written;
    f->first = getpid();
    if (getrandom(&f->abstract_names, sizeof f->abstract_names, 0) != (ssize_t)sizeof f->abstract_names ||
        getrandom(f->rights_key, sizeof f->rights_key, 0) != (ssize_t)sizeof f->rights_key) {
        munmap(f, sizeof *f);
        return -EIO;
    }
    *out = f;
    return 0;
}

unsigned family_running(const struct family *f)
{
    unsigned count = 0;

    for (unsigned i = 0; i < f->rows; i++)
        count += f->processes[i].state == PROCESS_RUNNING || f->processes[i].state == PROCESS_STOPPED;
    return count;
}

/* Nobody sleeps longer than this for the lock without looking: the kernel wakes one waiter, and when that one is killed
 * before it runs and a third process has taken the lock meanwhile, nobody knows of the others (robust futexes of Linux:
 * the bit in the futex that tells of waiters went with the one woken). */
#define LOOK_AT_LOCK 10000000u /* ns */

void shared_mutex_lock(pthread_mutex_t *mutex)
{
    int error = pthread_mutex_trylock(mutex);

    while (error == EBUSY || error == ETIMEDOUT) {
        struct timespec until = timespec_of(clock_host() + LOOK_AT_LOCK);
        error = pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until);
    }
    /* A monitor killed while it held the lock leaves rows of which at worst one is half written: its own. */
    if (error == EOWNERDEAD)
        pthread_mutex_consistent(mutex);
}

void family_lock(struct family *f)
{
    shared_mutex_lock(&f->lock);
}

void family_unlock(struct family *f)
{
    pthread_mutex_unlock(&f->lock);
}

int family_new_id(struct family *f)
{
    for (;;) {
        int id = f->next_id++;
        if (id >= ID_END) {
            f->next_id = ID_SECOND_ROUND;
            continue;
        }
        bool used = false;
        for (unsigned i = 0; i < f->rows && !used; i++)
            used = f->processes[i].state != PROCESS_FREE &&
                   (f->processes[i].pid == id || f->processes[i].group == id || f->processes[i].session == id);
        if (!used)
            return id;
    }
}

struct family_process *family_find(struct family *f, int pid)
{
    for (unsigned i = 0; i < f->rows; i++)
        if (f->processes[i].state != PROCESS_FREE && f->processes[i].pid == pid)
            return &f->processes[i];
    return NULL;
}

struct family_process *family_add(struct family *f, const struct family_process *parent, int pid, pid_t host)
{
    for (unsigned i = 0; i < FAMILY_PROCESSES; i++) {
        struct family_process *row = &f->processes[i];
        if (row->state != PROCESS_FREE)
            continue;
        if (f->rows <= i)
            f->rows = i + 1;
        memset(row, 0, sizeof *row);
        row->pid = pid;
        row->parent = parent != NULL ? parent->pid : 0;
        row->group = parent != NULL ? parent->group : pid;
        row->session = parent != NULL ? parent->session : pid;
        row->host = host;
        row->state = PROCESS_RUNNING;
        family_show_child(f, row, parent);
        return row;
    }
    return NULL;
}

static void announce(struct family *f)
{
    f->change++;
    syscall(SYS_futex, &f->change, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Leaves a signal for another monitor's process; standard signals only once.  Under family->lock. */
static int post(struct family_process *row, const siginfo_t *info)
{
    if (info->si_signo != 0) {
        for (unsigned i = 0; i < row->mail_count; i++)
            if (row->mail[i].si_signo == info->si_signo && info->si_signo < 32)
                return 0;
        if (row->mail_count == sizeof row->mail / sizeof row->mail[0])
            return -EAGAIN;
        row->mail[row->mail_count++] = *info;
    }
    int error = kill(row->host, info->si_signo != 0 ? MAIL_SIGNAL : 0) == 0 ? 0 : -ESRCH;
    if (info->si_signo == SIGCONT || info->si_signo == SIGKILL) /* a stopped guest's monitor is stopped itself */
        kill(row->host, SIGCONT);
    return error;
}

/* The process of this monitor with that pid, with a reference, or NULL. */
static struct process *local_process(struct monitor *m, int pid)
{
    struct process *p;

    pthread_mutex_lock(&m->lock);
    for (p = m->processes; p != NULL && p->pid != pid; p = p->next)
        ;
    if (p != NULL)
        process_get(p);
    pthread_mutex_unlock(&m->lock);
    return p;
}

void family_report(struct process *p, enum process_state state, int status, int signal)
{
    struct family *f = p->monitor->family;
    siginfo_t info = {.si_signo = signal};

    family_lock(f);
    bool over = p->entry->pid != p->pid || (p->entry->state != PROCESS_RUNNING && p->entry->state != PROCESS_STOPPED);
    if (over && state != PROCESS_ZOMBIE) { /* its end was told already, and the row may be another's by now */
        family_unlock(f);
        return;
    }
    struct family_process *parent = family_find(f, p->entry->parent);
    p->entry->status = status;
    p->entry->status_reported = false;
    if (state == PROCESS_ZOMBIE)
        getrusage(RUSAGE_SELF, &p->entry->usage);
    p->entry->state = state;
    info.si_pid = p->pid;
    info.si_uid = GUEST_ID;
    info.si_status = WIFEXITED(status) ? WEXITSTATUS(status) : WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status);
    info.si_code = state == PROCESS_STOPPED   ? CLD_STOPPED
                   : state == PROCESS_RUNNING ? CLD_CONTINUED
                   : WIFEXITED(status)        ? CLD_EXITED
                                              : CLD_KILLED;
    int parent_pid = parent != NULL ? parent->pid : 0;
    bool local = parent != NULL && parent->host == getpid();
    if (parent != NULL && !local && signal != 0)
        post(parent, &info);
    family_unlock(f);
    struct process *here = local ? local_process(p->monitor, parent_pid) : NULL;
    if (here != NULL && signal != 0)
        signal_process(here, &info);
    if (here != NULL)
        process_put(here);
    announce(f);
    process_files_look(p->monitor);
}

/* One process that a signal is for: here directly, elsewhere by mail.  Under family->lock; *here, with a reference, is
 * signalled by the caller when the lock is free. */
static int direct(struct thread *t, struct family_process *row, const siginfo_t *info, struct process **here)
{
    *here = NULL;
    if (row->state == PROCESS_ZOMBIE)
        return 0;
    if (row->host == getpid()) {
        *here = local_process(t->process->monitor, row->pid);
        return 0;
    }
    return post(row, info);
}

static bool meant(const struct thread *t, const struct family_process *row, int pid)
{
    if (row->state == PROCESS_FREE)
        return false;
    if (pid > 0)
        return row->pid == pid;
    if (pid == 0)
        return row->group == t->process->entry->group;
    if (pid == -1)
        return row->pid != FIRST_PID && row->pid != t->process->pid;
    return row->group == -pid;
}

int family_signal(struct thread *t, int pid, const siginfo_t *info)
{
    struct family *f = t->process->monitor->family;
    struct process *here[FAMILY_PROCESSES]; /* of this monitor: the main one, and those that share its memory */
    unsigned count = 0;
    int found = 0, error = 0;

    if (pid == INT_MIN)
        return -ESRCH;
    family_lock(f);
    for (unsigned i = 0; i < f->rows; i++) {
        struct family_process *row = &f->processes[i];
        if (!meant(t, row, pid))
            continue;
        found = 1;
        struct process *local;
        int result = direct(t, row, info, &local);
        error = result != 0 ? result : error;
        if (local != NULL)
            here[count++] = local;
    }
    family_unlock(f);
    for (unsigned i = 0; i < count; i++) {
        if (info->si_signo != 0)
            error = signal_process(here[i], info);
        process_put(here[i]);
    }
    return found ? error : -ESRCH;
}

void family_take_mail(struct process *p)
{
    struct family *f = p->monitor->family;
    siginfo_t mail[sizeof p->entry->mail / sizeof p->entry->mail[0]];

    family_lock(f);
    unsigned count = p->entry->mail_count <= sizeof mail / sizeof mail[0] ? p->entry->mail_count : 0;
    memcpy(mail, p->entry->mail, count * sizeof mail[0]);
    p->entry->mail_count = 0;
    family_unlock(f);
    for (unsigned i = 0; i < count; i++)
        signal_process(p, &mail[i]);
}

/* Children of a process that ends belong to the first one from then on. */
void family_give_children(struct family *f, int pid)
{
    for (unsigned i = 0; i < f->rows; i++)
        if (f->processes[i].state != PROCESS_FREE && f->processes[i].parent == pid)
            f->processes[i].parent = FIRST_PID;
}

/* The monitor of a process went without a report: killed from outside, or by its own fault.  Whoever waits for the
 * process learns of it, and what it had is given back.  Under family->lock; the parent, when it runs here, with a
 * reference, is for the caller to signal. */
static struct process *lost(struct monitor *m, struct family_process *row, int status, siginfo_t *info)
{
    struct family *f = m->family;

    row->status = WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL;
    row->status_reported = false;
    row->state = PROCESS_ZOMBIE;
    family_settle(f, row);
    family_give_children(f, row->pid);
    *info = (siginfo_t){.si_signo = SIGCHLD, .si_code = CLD_KILLED};
    info->si_uid = GUEST_ID;
    info->si_pid = row->pid;
    info->si_status = row->status;
    struct family_process *parent = family_find(f, row->parent);
    if (parent == NULL || parent->state == PROCESS_ZOMBIE)
        return NULL;
    if (parent->host == getpid())
        return local_process(m, parent->pid);
    post(parent, info);
    return NULL;
}

/* The row of a monitor that has ended, if it has told nothing. */
static struct family_process *untold(struct family *f, pid_t host)
{
    for (unsigned i = 0; i < f->rows; i++) {
        struct family_process *row = &f->processes[i];
        if (row->host == host && (row->state == PROCESS_RUNNING || row->state == PROCESS_STOPPED))
            return row;
    }
    return NULL;
}

static bool look_for_lost(struct monitor *m, pid_t host, int status)
{
    struct process *parent = NULL;
    siginfo_t info;

    family_lock(m->family);
    struct family_process *row = untold(m->family, host);
    if (row != NULL)
        parent = lost(m, row, status, &info);
    family_unlock(m->family);
    if (parent != NULL) {
        signal_process(parent, &info);
        process_put(parent);
    }
    if (row != NULL)
        announce(m->family);
    return row != NULL;
}

void family_reap(struct monitor *m)
{
    int status;
    pid_t host;

    while ((host = waitpid(-1, &status, WNOHANG)) > 0)
        while (look_for_lost(m, host, status)) /* a child of vfork has been there, too */
            ;
    process_files_look(m);
}
