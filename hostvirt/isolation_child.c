/* The first process of the namespaces: builds the root, gives up what it needed for that, starts the program as its
 * child (the first process of a pid namespace itself would not die of signals: pid_namespaces(7)), passes signals on
 * and collects what is orphaned. */
#include "hostvirt/exec.h"
#include "hostvirt/isolation_private.h"
#include "hostvirt/relay.h"
#include "hostvirt/wall_private.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the program ------------------------------------------------------------------------------------------------- */

static int set_limits(const struct policy *p)
{
    const struct {
        int what;
        rlim_t value;
    } limits[] = {{RLIMIT_CORE, 0}, {RLIMIT_NOFILE, p->descriptors}, {RLIMIT_DATA, p->memory}};

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit now, wanted = {limits[i].value, limits[i].value};
        if (getrlimit(limits[i].what, &now) != 0)
            return -errno;
        if (wanted.rlim_max > now.rlim_max)
            wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
        if (setrlimit(limits[i].what, &wanted) != 0)
            return -errno;
    }
    return 0;
}

static int keep_to_processors(unsigned cpus)
{
    cpu_set_t allowed, chosen;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return -errno;
    CPU_ZERO(&chosen);
    for (unsigned i = 0; i < CPU_SETSIZE && (unsigned)CPU_COUNT(&chosen) < cpus; i++)
        if (CPU_ISSET(i, &allowed))
            CPU_SET(i, &chosen);
    return sched_setaffinity(0, sizeof chosen, &chosen) == 0 ? 0 : -errno;
}

static void exec_reason(const struct policy *p, const char *program, int error, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "cannot start %.200s: %s", program, exec_refusal(error, p->isolation != ISOLATION_NONE));
}

int isolation_exec(const struct policy *p, const char *program, char *const argv[], const sigset_t *before,
                   char *reason, size_t bytes)
{
    const char *directory = p->directory != NULL ? p->directory : p->isolation == ISOLATION_NONE ? NULL : "/";
    int error = set_limits(p);

    if (error == 0)
        error = keep_to_processors(p->cpus);
    if (error != 0) {
        snprintf(reason, bytes, "cannot set the program's limits: %s", strerror(-error));
        return error;
    }
    if (directory != NULL && chdir(directory) != 0) {
        error = -errno;
        snprintf(reason, bytes, "cannot start in %.200s: %s", directory, strerror(-error));
        return error;
    }
    sigprocmask(SIG_SETMASK, before, NULL);
    execve(program, argv, p->environment);
    error = -errno;
    exec_reason(p, program, error, reason, bytes);
    return error;
}

/* ---- the first process ------------------------------------------------------------------------------------------- */

static void tell(int link, int word, int status, int fd, const char *reason)
{
    struct isolation_message m = {.word = word, .status = status};
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {&m, sizeof m};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    if (reason != NULL)
        snprintf(m.reason, sizeof m.reason, "%s", reason);
    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    while (sendmsg(link, &message, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

static _Noreturn void give_up(int link, const char *reason)
{
    tell(link, WORD_FAILED, 0, -1, reason);
    _exit(1);
}

/* The parent has written the maps of the user namespace, if there is one, and is still there. */
static void wait_for_parent(int link)
{
    struct isolation_message m;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || read(link, &m, sizeof m) != sizeof m || m.word != WORD_GO)
        _exit(1);
}

static void start_program(const struct policy *p, const char *program, char *const argv[], const sigset_t *before,
                          int link, pid_t *child)
{
    char reason[400];

    *child = fork();
    if (*child < 0) {
        snprintf(reason, sizeof reason, "cannot make the program's process: %s", strerror(errno));
        give_up(link, reason);
    }
    if (*child != 0)
        return;
    if (wall_deny_list(p->fork, reason, sizeof reason) == 0)
        isolation_exec(p, program, argv, before, reason, sizeof reason);
    give_up(link, reason);
}

/* Every child that ended or changed.  True when the program itself has ended. */
static bool collect(int link, pid_t program)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
        if (pid != program)
            continue;
        if (WIFSTOPPED(status))
            tell(link, WORD_STOPPED, status, -1, NULL);
        else if (WIFCONTINUED(status))
            tell(link, WORD_CONTINUED, status, -1, NULL);
        else {
            tell(link, WORD_ENDED, status, -1, NULL);
            return true;
        }
    }
    return false;
}

/* Signals from the parent are passed on: they come from no process of this namespace.  The terminal's reach the program
 * by its process group. */
static void take_signal(int signals, int link, pid_t program)
{
    struct signalfd_siginfo info;

    if (read(signals, &info, sizeof info) != sizeof info)
        return;
    if (info.ssi_signo == SIGCHLD) {
        if (collect(link, program))
            _exit(0); /* all others of the namespace end with the first */
    } else if (info.ssi_code == SI_USER && info.ssi_pid == 0) {
        kill(program, (int)info.ssi_signo);
    }
}

static _Noreturn void serve(int link, int network, pid_t program, int signals)
{
    struct pollfd polled[2] = {{signals, POLLIN, 0}, {network, POLLIN, 0}};

    for (;;) {
        if (poll(polled, 2, -1) < 0)
            continue;
        if (polled[1].revents != 0 && !relay_serve_inside(network))
            polled[1].fd = -1;
        if (polled[0].revents != 0)
            take_signal(signals, link, program);
    }
}

_Noreturn void isolation_first(const struct policy *p, const char *program, char *const argv[], const sigset_t *before,
                               int link, int network)
{
    const char *host = p->hostname != NULL ? p->hostname : p->name != NULL ? p->name : "isolate";
    char reason[400] = "";
    sigset_t all;
    int proc = -1, signals;
    pid_t child;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    wait_for_parent(link);
    if (sethostname(host, strlen(host)) != 0)
        give_up(link, "--isolation=process cannot set the isolate's host name");
    if ((signals = signalfd(-1, &all, SFD_CLOEXEC)) < 0)
        give_up(link, "--isolation=process cannot wait for signals");
    if (relay_prepare_inside(p, network, reason, sizeof reason) != 0 ||
        isolation_root(p, &proc, reason, sizeof reason) != 0)
        give_up(link, reason);
    tell(link, WORD_READY, 0, proc, NULL);
    close(proc);
    umask(022);
    if (wall_drop_privileges(reason, sizeof reason) != 0 ||
        wall_landlock(p, LANDLOCK_PROGRAM, reason, sizeof reason) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        give_up(link, reason);
    start_program(p, program, argv, before, link, &child);
    serve(link, network, child, signals);
}
