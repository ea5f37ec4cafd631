/* --isolation=process and --isolation=none: the program as a child of this process, for machines without KVM.  What a
 * kind cannot enforce is refused by the option's name; nothing is weakened silently (docs/threat-model.md). */
#include "hostvirt/cgroup.h"
#include "hostvirt/isolation_private.h"
#include "hostvirt/relay.h"
#include "hostvirt/wall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY 100000000ull  /* ns between two looks, far from the limits */
#define LOOK_SHORTEST 1000000ull /* ns */
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

struct run {
    const struct policy *policy;
    pid_t child;        /* the namespaces' first process, or the program itself (none) */
    int link;           /* to the first process; -1 (none) */
    struct relay *relay;/* NULL: the program has no network but its own */
    int proc;           /* the isolate's /proc */
    pid_t root;         /* isolation_look's */
    int signals;
    uint64_t started; /* ns */
    const char *broken; /* why it was ended by a limit: a sentence; NULL */
    int status;
    bool ended;
    sigset_t before;    /* the mask that this process was started with: the program's, too */
    char *reason;
    size_t bytes;
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

static int refuse(const struct policy *p, const char *option, const char *why, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "%s needs --isolation=vm: --isolation=%s %s", option,
             p->isolation == ISOLATION_NONE ? "none" : "process", why);
    return -ENOTSUP;
}

/* The system's base and the program itself are there in any case. */
static const struct mount *unkept_mount(const struct policy *p, const char *program)
{
    for (size_t i = 0; i < p->mount_count; i++) {
        const struct mount *m = &p->mounts[i];
        bool same = m->host != NULL && strcmp(m->host, m->guest) == 0;
        if (m->base || (m->file && strcmp(m->guest, program) == 0) || (m->kind == MOUNT_WRITABLE && same))
            continue;
        return m;
    }
    return NULL;
}

static int check_none(const struct policy *p, const char *program, char *reason, size_t bytes)
{
    static const char *const options[] = {
        [MOUNT_READ_ONLY] = "--read-only", [MOUNT_WRITABLE] = "--writable", [MOUNT_SCRATCH] = "--scratch"};
    const struct mount *m = unkept_mount(p, program);
    const char *why = "runs the program with the rights of its user";

    if (m != NULL)
        return refuse(p, options[m->kind],
                      "shows the program this machine's files as they are (or --isolation=process)", reason, bytes);
    if (p->hostname != NULL)
        return refuse(p, "--hostname", why, reason, bytes);
    return 0;
}

static int check(const struct policy *p, const char *program, char *reason, size_t bytes)
{
    bool none = p->isolation == ISOLATION_NONE;

    if (none && p->listen_count + p->connect_count > 0)
        return refuse(p, p->listen_count > 0 ? "--listen" : "--connect",
                      "does not limit the network (or --isolation=process)", reason, bytes);
    if (p->disk_written != 0)
        return refuse(p, "--disk", "does not see what is written", reason, bytes);
    if (p->syscall_rate != 0)
        return refuse(p, "--syscall-rate", "does not see system calls", reason, bytes);
    if (p->baseline != BASELINE_HOST)
        return refuse(p, "--cpu-baseline", "shows the program this machine's processor", reason, bytes);
    if (p->cache != NULL)
        return refuse(p, "--cache", "cannot answer calls of the program", reason, bytes);
    if (p->trace_exits || p->statistics)
        return refuse(p, p->trace_exits ? "--trace-exits" : "--stat", "does not see system calls", reason, bytes);
    if (none && !p->fork)
        return refuse(p, "--no-fork", "does not see system calls (or --isolation=process)", reason, bytes);
    return none ? check_none(p, program, reason, bytes) : 0;
}

/* ---- the namespaces ---------------------------------------------------------------------------------------------- */

static int write_map(pid_t child, const char *file, const char *text)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)child, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t done = fd >= 0 ? write(fd, text, strlen(text)) : -1;
    int error = done == (ssize_t)strlen(text) ? 0 : -errno;
    if (fd >= 0)
        close(fd);
    return error;
}

/* The user is the same one inside, alone (user_namespaces(7)). */
static int map_user(pid_t child)
{
    char users[64], groups[64];

    snprintf(users, sizeof users, "%u %u 1\n", (unsigned)geteuid(), (unsigned)geteuid());
    snprintf(groups, sizeof groups, "%u %u 1\n", (unsigned)getegid(), (unsigned)getegid());
    int error = write_map(child, "setgroups", "deny");
    if (error == 0)
        error = write_map(child, "uid_map", users);
    return error == 0 ? write_map(child, "gid_map", groups) : error;
}

/* The addresses where the program may listen, and the link to the inside of its network. */
static int open_network(struct run *r, int network[2])
{
    const struct policy *p = r->policy;

    network[0] = network[1] = -1;
    if (p->listen_count + p->connect_count == 0)
        return 0;
    int error = relay_open(&r->relay, p, r->reason, r->bytes);
    if (error == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, network) != 0)
        error = -errno;
    return error;
}

/* When the first process cannot set its side up it says so itself: wait_for_end hears it. */
static int start_relay(struct run *r, int network)
{
    int error = relay_start(r->relay, network, r->reason, r->bytes);

    if (error != -EPIPE)
        return error;
    r->reason[0] = '\0';
    return 0;
}

/* As root without a user namespace, else with one. */
static int start_first(struct run *r, const char *program, char *const argv[])
{
    int pair[2], network[2];
    bool mapped = false;
    int error = open_network(r, network);

    if (error != 0)
        return error;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return -errno;
    long child = syscall(SYS_clone, (long)(NAMESPACES | SIGCHLD), 0l, 0l, 0l, 0l);
    if (child < 0 && errno == EPERM) {
        mapped = true;
        child = syscall(SYS_clone, (long)(NAMESPACES | CLONE_NEWUSER | SIGCHLD), 0l, 0l, 0l, 0l);
    }
    if (child == 0) {
        close(pair[0]);
        isolation_first(r->policy, program, argv, &r->before, pair[1], network[1]);
    }
    error = child < 0 ? -errno : 0;
    close(pair[1]);
    if (network[1] >= 0)
        close(network[1]);
    if (error != 0) {
        close(pair[0]);
        snprintf(r->reason, r->bytes, "--isolation=process needs namespaces, which this system does not give: %s (are "
                 "user namespaces switched off for users?)", strerror(-error));
        return error;
    }
    r->child = (pid_t)child;
    r->link = pair[0];
    const struct isolation_message go = {.word = WORD_GO};
    if (mapped && (error = map_user(r->child)) != 0)
        snprintf(r->reason, r->bytes, "cannot map the user into its namespace: %s", strerror(-error));
    else if (write(r->link, &go, sizeof go) != sizeof go)
        error = -EPIPE;
    return error != 0 || r->relay == NULL ? error : start_relay(r, network[0]);
}

/* An ordinary child.  Its failure to start comes through a pipe that exec closes. */
static int start_plain(struct run *r, const char *program, char *const argv[])
{
    struct isolation_message m;
    int pair[2];
    pid_t parent = getpid();

    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 || pipe2(pair, O_CLOEXEC) != 0)
        return -errno;
    r->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    r->root = parent;
    r->child = r->proc < 0 ? -1 : fork();
    if (r->child == 0) {
        m = (struct isolation_message){.word = WORD_FAILED};
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && getppid() == parent)
            m.status = isolation_exec(r->policy, program, argv, &r->before, m.reason, sizeof m.reason);
        _exit(write(pair[1], &m, sizeof m) == sizeof m ? 127 : 126);
    }
    int error = r->child < 0 ? -errno : 0;
    close(pair[1]);
    if (error == 0 && read(pair[0], &m, sizeof m) == sizeof m) {
        snprintf(r->reason, r->bytes, "%s", m.reason);
        waitpid(r->child, NULL, 0);
        error = m.status != 0 ? m.status : -ECHILD;
    }
    close(pair[0]);
    return error;
}

/* ---- limits ------------------------------------------------------------------------------------------------------ */

static void end_all(struct run *r, const char *why)
{
    struct isolation_use use;

    if (r->broken != NULL)
        return;
    r->broken = why;
    kill(r->child, SIGKILL);
    for (int i = 0; r->root != 0 && i < 100; i++) { /* none: again while new ones appear */
        if (isolation_look(r->proc, r->root, true, &use) != 0 || use.threads == 0)
            break;
    }
}

/* ns until the next look; UINT64_MAX: no limit is set that needs one. */
static uint64_t look(struct run *r)
{
    const struct policy *p = r->policy;
    struct isolation_use use;
    uint64_t now = now_ns(), end = p->wall_time != 0 ? r->started + p->wall_time : UINT64_MAX, sleep = LOOK_EVERY;

    if (now >= end)
        end_all(r, "the isolate was ended: its time is over (--wall-time)");
    if (r->broken != NULL || r->proc < 0)
        return LOOK_EVERY;
    if (isolation_look(r->proc, r->root, false, &use) == 0) {
        if (p->cpu_time != 0 && use.cpu_time >= p->cpu_time)
            end_all(r, "the isolate was ended: it has used up its processor time (--cpu-time)");
        else if (p->cpu_time != 0 && (p->cpu_time - use.cpu_time) / p->cpus < sleep)
            sleep = (p->cpu_time - use.cpu_time) / p->cpus;
        if (use.memory > p->memory)
            end_all(r, "the isolate was ended: it used more memory than it may (--memory)");
        if (use.threads > p->threads)
            end_all(r, "the isolate was ended: it had more threads than it may (--threads)");
    }
    if (end - now < sleep)
        sleep = end - now;
    return sleep < LOOK_SHORTEST ? LOOK_SHORTEST : sleep;
}

/* ---- the parent's life ------------------------------------------------------------------------------------------- */

/* The program was stopped, this process stops, too; whoever continues it continues the program. */
static void stop_along(struct run *r)
{
    kill(getpid(), SIGSTOP);
    kill(r->child, SIGCONT);
}

static void take_message(struct run *r)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct isolation_message m;
    struct iovec part = {&m, sizeof m};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t got = recvmsg(r->link, &message, MSG_CMSG_CLOEXEC);

    if (got != sizeof m) { /* the first process is gone: killed, by a limit or from outside */
        if (got == 0 || (got < 0 && errno != EINTR)) {
            r->ended = true;
            r->status = SIGKILL;
        }
        return;
    }
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (m.word == WORD_READY && c != NULL && c->cmsg_type == SCM_RIGHTS)
        memcpy(&r->proc, CMSG_DATA(c), sizeof r->proc);
    m.reason[sizeof m.reason - 1] = '\0';
    if (m.word == WORD_FAILED)
        snprintf(r->reason, r->bytes, "%s", m.reason);
    else if (m.word == WORD_STOPPED)
        stop_along(r);
    if (m.word == WORD_ENDED || m.word == WORD_FAILED) {
        r->status = m.status;
        r->ended = true;
    }
}

/* none: this process is the parent itself, and of what its descendants leave behind. */
static void collect(struct run *r)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (pid != r->child)
            continue;
        if (WIFSTOPPED(status)) {
            stop_along(r);
        } else {
            r->status = status;
            r->ended = true;
        }
    }
}

/* What somebody sent to this process is meant for the program; what the terminal sent, the program has got itself. */
static void take_signal(struct run *r)
{
    struct signalfd_siginfo info;

    if (read(r->signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGCHLD) {
        if (r->link < 0)
            collect(r);
    } else if (info.ssi_code == SI_USER || info.ssi_code == SI_QUEUE || info.ssi_code == SI_TKILL) {
        kill(r->child, (int)info.ssi_signo);
    }
}

static void wait_for_end(struct run *r)
{
    while (!r->ended) {
        struct pollfd polled[2] = {{r->signals, POLLIN, 0}, {r->link, POLLIN, 0}};
        uint64_t sleep = look(r);
        struct timespec timeout = {(time_t)(sleep / 1000000000u), (long)(sleep % 1000000000u)};
        if (ppoll(polled, 2, &timeout, NULL) <= 0)
            continue;
        if (polled[1].revents != 0)
            take_message(r);
        if (polled[0].revents != 0)
            take_signal(r);
    }
}

static void finish(struct run *r)
{
    relay_close(r->relay);
    if (r->child > 0 && r->link >= 0) {
        kill(r->child, SIGKILL); /* the first process, when it has not ended by itself: the namespace ends with it */
        while (waitpid(r->child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    const int own[] = {r->link, r->proc, r->signals};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] >= 0)
            close(own[i]);
    sigprocmask(SIG_SETMASK, &r->before, NULL);
}

int process_isolation_run(const struct policy *p, const char *program, char *const argv[], int *status, char *reason,
                          size_t bytes)
{
    struct run r = {.policy = p, .link = -1, .proc = -1, .signals = -1, .reason = reason, .bytes = bytes};
    sigset_t mine;
    int error = check(p, program, reason, bytes);

    if (error == 0)
        error = cgroup_join(p, reason, bytes);

    if (error != 0)
        return error;
    reason[0] = '\0';
    sigfillset(&mine);
    const int left[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        sigdelset(&mine, left[i]);
    sigprocmask(SIG_BLOCK, &mine, &r.before);
    r.started = now_ns();
    r.signals = signalfd(-1, &mine, SFD_CLOEXEC | SFD_NONBLOCK);
    error = r.signals < 0                   ? -errno
            : p->isolation == ISOLATION_NONE ? start_plain(&r, program, argv)
                                             : start_first(&r, program, argv);
    if (error == 0)
        wait_for_end(&r);
    finish(&r);
    if (error == 0 && r.reason[0] != '\0')
        error = -ENOEXEC; /* the first process could not start the program and said why */
    if (error != 0 && reason[0] == '\0')
        snprintf(reason, bytes, "cannot start %.200s: %s", program, strerror(-error));
    if (error == 0 && r.broken != NULL)
        fprintf(stderr, "cloister: %s\n", r.broken);
    *status = r.status;
    return error;
}
