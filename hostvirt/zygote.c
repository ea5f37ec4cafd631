/* The zygote's loop: requests, standbys that get ready or end, what the next clone needs (zygote.h). */
#include "hostvirt/clock.h"
#include "hostvirt/vcpu.h"
#include "hostvirt/wall.h"
#include "hostvirt/zygote_private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS_AT_ONCE 64         /* of clones: the file with them is asked seldom */
#define AFTER_REQUEST 2000000ull   /* ns that a clone has to itself before anything is done ahead */
#define AFTER_FAILURE 1000000000ull/* ns */
#define FIRST_PATIENCE 10000       /* ms for the first standby */

/* ---- children ---------------------------------------------------------------------------------------------------- */

static int next_number(struct zygote *z, uint64_t *number, char *reason, size_t bytes)
{
    int error = 0;

    if (z->numbers == 0 && (error = control_clone_numbers(NUMBERS_AT_ONCE, &z->next_number, reason, bytes)) == 0)
        z->numbers = NUMBERS_AT_ONCE;
    if (error != 0)
        return error;
    z->numbers--;
    *number = z->next_number++;
    return 0;
}

static int cannot_fork(int error, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "the zygote cannot start a clone: %s%s", strerror(error),
             error == EAGAIN   ? "; there are as many processes as the user may have (ulimit -u, cgroup pids.max)"
             : error == EMFILE ? "; it has as many descriptors as it may have (ulimit -n)"
             : error == ENOMEM ? "; the machine's memory is used up"
                               : "");
    return -error;
}

/* What the next child gets, made ahead when nobody waits for anything: scratch folders of its own and the rules of its
 * wall. */
static int prepare_next(struct zygote *z, char *reason, size_t bytes)
{
    const int keep[] = {z->folder, -1};
    int error = z->scratch_given ? policy_fresh_scratch(z->policy, reason, bytes) : 0;

    if (error != 0)
        return error;
    z->scratch_given = false;
    int rules = z->rules != -1 ? z->rules : wall_rules(z->policy, keep, false, reason, bytes);
    z->rules = rules >= 0 || rules == WALL_NO_RULES ? rules : -1;
    return z->rules == -1 ? rules : 0;
}

static void given_to_child(struct zygote *z)
{
    if (z->rules >= 0)
        close(z->rules);
    z->rules = -1;
    policy_leave_scratch(z->policy);
    z->scratch_given = true;
}

pid_t zygote_fork(struct zygote *z, const struct handover *now, int passed[CONTROL_PASSED], char *reason, size_t bytes)
{
    int ends[2] = {-1, -1};
    uint64_t number;
    int error = prepare_next(z, reason, bytes);

    if (error != 0)
        return error;
    if ((error = next_number(z, &number, reason, bytes)) != 0)
        return error;
    if (now == NULL && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return cannot_fork(errno, reason, bytes);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (ends[0] >= 0)
            close(ends[0]);
        zygote_child(z, ends[1], number, now, passed);
    }
    if (ends[1] >= 0)
        close(ends[1]);
    if (child < 0) {
        error = errno;
        if (ends[0] >= 0)
            close(ends[0]);
        return cannot_fork(error, reason, bytes);
    }
    if (now == NULL)
        z->seats[z->count++] = (struct seat){.pid = child, .channel = ends[0]};
    given_to_child(z);
    return child;
}

void zygote_drop_seat(struct zygote *z, unsigned index)
{
    if (z->seats[index].channel >= 0)
        close(z->seats[index].channel);
    z->seats[index] = z->seats[--z->count];
}

static void remove_socket(const struct zygote *z, pid_t pid)
{
    char file[48];

    snprintf(file, sizeof file, CONTROL_STANDBY ".sock", (int)pid);
    unlinkat(z->folder, file, 0);
}

/* The word of a standby that is ready, or its last: then it keeps its seat until it is reaped. */
static void hear_seat(struct zygote *z, unsigned index)
{
    struct seat *s = &z->seats[index];
    char word[sizeof z->failure];
    ssize_t got = recv(s->channel, word, sizeof word - 1, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    word[got > 0 ? got : 0] = '\0';
    s->ready = strcmp(word, READY_WORD) == 0;
    if (s->ready) {
        z->failure[0] = '\0';
        return;
    }
    snprintf(z->failure, sizeof z->failure, "%s", got > 0 ? word : "a standby was ended from outside");
    z->ahead_at = clock_host() + AFTER_FAILURE;
    remove_socket(z, s->pid);
    close(s->channel);
    s->channel = -1;
}

static void reap(struct zygote *z)
{
    pid_t child;

    while ((child = waitpid(-1, NULL, WNOHANG)) > 0) {
        unsigned i = 0;
        while (i < z->count && z->seats[i].pid != child)
            i++;
        if (i == z->count) {
            z->running--;
            continue;
        }
        if (z->seats[i].channel >= 0)
            hear_seat(z, i); /* its end of the channel is closed */
        zygote_drop_seat(z, i);
    }
}

static void take_signals(struct zygote *z)
{
    struct signalfd_siginfo info;

    while (read(z->signals, &info, sizeof info) == sizeof info)
        if (info.ssi_signo != SIGCHLD)
            z->ending = true;
    reap(z);
}

/* ---- the loop ---------------------------------------------------------------------------------------------------- */

static bool standby_is_made(const struct zygote *z)
{
    for (unsigned i = 0; i < z->count; i++)
        if (!z->seats[i].ready)
            return true;
    return false;
}

/* What is done ahead: a standby, one at a time, or what the next child gets.  Milliseconds until it may be tried again;
 * -1: nothing is missing, or a standby is being made. */
static int work_ahead(struct zygote *z)
{
    uint64_t now = clock_host();
    bool standby = z->count < z->wanted;

    if (z->ending || (!standby && z->rules != -1) || standby_is_made(z))
        return -1;
    if (now < z->ahead_at)
        return (int)((z->ahead_at - now) / 1000000u) + 1;
    if (standby ? zygote_fork(z, NULL, NULL, z->failure, sizeof z->failure) >= 0
                : prepare_next(z, z->failure, sizeof z->failure) == 0)
        return -1;
    z->ahead_at = now + AFTER_FAILURE;
    return (int)(AFTER_FAILURE / 1000000u);
}

static void accept_one(struct zygote *z)
{
    arrivals_accept(&z->arrivals, z->listener);
    z->ahead_at = clock_host() + AFTER_REQUEST; /* its request is about to come */
}

static void answer(void *of, const struct arrival *from, json_t *request)
{
    struct zygote *z = of;

    zygote_answer(z, from, request);
    z->ahead_at = clock_host() + AFTER_REQUEST;
}

static void turn(struct zygote *z, struct pollfd *polled, int timeout)
{
    unsigned count = z->count;
    int patience = arrivals_patience(&z->arrivals);

    polled[0] = (struct pollfd){z->listener, POLLIN, 0};
    polled[1] = (struct pollfd){z->signals, POLLIN, 0};
    for (unsigned i = 0; i < count; i++)
        polled[2 + i] = (struct pollfd){z->seats[i].channel, POLLIN, 0};
    arrivals_poll(&z->arrivals, polled + 2 + count);
    if (timeout < 0 || (patience >= 0 && patience < timeout))
        timeout = patience;
    if (poll(polled, 2 + count + z->arrivals.count, timeout) <= 0)
        return;
    for (unsigned i = 0; i < count; i++)
        if (polled[2 + i].revents != 0)
            hear_seat(z, i);
    if (polled[1].revents != 0)
        take_signals(z);
    arrivals_take(&z->arrivals, polled + 2 + count, answer, z);
    if (polled[0].revents != 0)
        accept_one(z);
}

void zygote_serve(struct zygote *z)
{
    struct pollfd *polled = calloc(z->wanted + 3 + ARRIVALS_MOST, sizeof *polled);

    while (polled != NULL && !z->ending)
        turn(z, polled, work_ahead(z));
    free(polled);
}

/* ---- start and end ----------------------------------------------------------------------------------------------- */

/* A rehearsal of all later clones; it stays when standbys are wanted. */
static int first_standby(struct zygote *z, char *reason, size_t bytes)
{
    pid_t child = zygote_fork(z, NULL, NULL, reason, bytes);

    if (child < 0)
        return child;
    struct pollfd polled = {z->seats[0].channel, POLLIN, 0};
    int heard = poll(&polled, 1, FIRST_PATIENCE);
    if (heard > 0)
        hear_seat(z, 0);
    if (z->count == 1 && z->seats[0].ready) {
        if (z->wanted == 0) {
            kill(child, SIGKILL);
            zygote_drop_seat(z, 0);
            waitpid(child, NULL, 0);
            remove_socket(z, child);
        }
        return 0;
    }
    snprintf(reason, bytes, "%s", heard == 0 ? "no clone can be made: it takes longer than 10 seconds" : z->failure);
    return -ECANCELED;
}

static int take_signal_descriptor(struct zygote *z)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    int error = -pthread_sigmask(SIG_BLOCK, &set, &z->mask);
    z->signals = error == 0 ? signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK) : -1;
    return error == 0 && z->signals < 0 ? -errno : error;
}

/* A VM of the zygote's own is of no use in children, because KVM ties VMs to address spaces.  But what making a first
 * one takes (the counter's rate, a thread's stack, names that the linker resolves at their use) they have then. */
static int open_kvm(struct zygote *z, char *reason, size_t bytes)
{
    struct vm *vm;
    int error = platform_open(&z->platform, z->policy->baseline, reason, bytes);

    if (error != 0)
        return error;
    if ((error = vm_new(&vm, &z->platform, true)) == 0) {
        error = vm_ready(vm);
        vm_free(vm);
    }
    if (error != 0)
        snprintf(reason, bytes, "KVM cannot make the virtual machine: %s; 'cloister check' tells what it can",
                 strerror(-error));
    return error;
}

static int take_name(struct zygote *z, char *reason, size_t bytes)
{
    if (z->policy->name != NULL)
        snprintf(z->name, sizeof z->name, "%s", z->policy->name);
    else
        snprintf(z->name, sizeof z->name, "zygote-%d", (int)getpid());
    z->folder = control_open_folder(reason, bytes);
    if (z->folder < 0)
        return z->folder;
    z->listener = control_listen(z->folder, z->name);
    if (z->listener >= 0)
        return 0;
    if (z->listener == -EADDRINUSE)
        snprintf(reason, bytes, "an isolate '%s' is running already; choose another name", z->name);
    else
        snprintf(reason, bytes, "cannot listen for requests: %s", strerror(-z->listener));
    return z->listener;
}

int zygote_open(struct zygote **out, struct policy *policy, struct snapshot *snapshot, unsigned standbys, int private,
                char *reason, size_t bytes)
{
    struct zygote *z = calloc(1, sizeof *z);
    int error;

    *out = NULL;
    snprintf(reason, bytes, "out of memory");
    if (z == NULL || (z->seats = calloc(standbys + 1, sizeof *z->seats)) == NULL) {
        free(z);
        return -ENOMEM;
    }
    *z = (struct zygote){.policy = policy,
                         .snapshot = snapshot,
                         .seats = z->seats,
                         .wanted = standbys,
                         .folder = -1,
                         .listener = -1,
                         .signals = -1,
                         .rules = -1,
                         .private = private,
                         .started = clock_host(),
                         .platform.kvm = -1};
    if ((error = open_kvm(z, reason, bytes)) == 0 && (error = wall_drop_bounds(reason, bytes)) == 0 &&
        (error = take_name(z, reason, bytes)) == 0) {
        if ((error = take_signal_descriptor(z)) != 0)
            snprintf(reason, bytes, "cannot wait for the zygote's children: %s", strerror(-error));
        else
            error = first_standby(z, reason, bytes);
    }
    if (error != 0) {
        zygote_close(z);
        return error;
    }
    z->private = -1; /* the caller may close it from here on */
    *out = z;
    return 0;
}

const char *zygote_name(const struct zygote *z)
{
    return z->name;
}

void zygote_close(struct zygote *z)
{
    char file[96];

    if (z == NULL)
        return;
    while (z->count > 0) {
        pid_t pid = z->seats[z->count - 1].pid;
        kill(pid, SIGKILL);
        zygote_drop_seat(z, z->count - 1);
        waitpid(pid, NULL, 0);
        remove_socket(z, pid);
    }
    if (z->listener >= 0) {
        snprintf(file, sizeof file, "%.70s.sock", z->name);
        unlinkat(z->folder, file, 0);
        close(z->listener);
    }
    arrivals_close(&z->arrivals);
    if (z->rules >= 0)
        close(z->rules);
    if (z->folder >= 0)
        close(z->folder);
    if (z->signals >= 0)
        close(z->signals);
    platform_close(&z->platform);
    free(z->seats);
    free(z);
}
