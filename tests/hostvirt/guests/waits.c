/* Ways to wait that are files or locks of the kernel's: signalfd, pidfds, priority-inheriting and robust locks,
 * futex_waitv.  Prints the same inside an isolate and outside. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 2000
#define IS_PIDFD 3 /* P_PIDFD of waitid(2) */

static void show(const char *what, long value)
{
    printf("%s: %ld%s%s\n", what, value, value < 0 ? " " : "", value < 0 ? strerrorname_np(errno) : "");
    fflush(stdout);
}

static int ready(int fd, int ms)
{
    struct pollfd p = {fd, POLLIN, 0};
    return poll(&p, 1, ms) == 1 && (p.revents & POLLIN) != 0;
}

/* ---- signalfd ---- */

static void signals(void)
{
    struct signalfd_siginfo got[4];
    struct epoll_event event = {.events = EPOLLIN};
    union sigval value = {.sival_int = 42};
    int status, ends[2], e = epoll_create1(0);
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    epoll_ctl(e, EPOLL_CTL_ADD, fd, &event);
    show("nothing pending", read(fd, got, sizeof got));
    show("not ready", epoll_wait(e, &event, 1, 0));
    kill(getpid(), SIGUSR1);
    sigqueue(getpid(), SIGRTMIN, value);
    sigqueue(getpid(), SIGRTMIN, value);
    show("ready", epoll_wait(e, &event, 1, 1000));
    show("too short", read(fd, got, sizeof got[0] - 1));
    show("one", read(fd, got, sizeof got[0] + 5));
    show("its number", got[0].ssi_signo);
    show("from here", (pid_t)got[0].ssi_pid == getpid() && got[0].ssi_code == SI_USER);
    show("still ready", ready(fd, 0));
    show("two more", read(fd, got, sizeof got));
    show("value", got[1].ssi_int);
    show("empty", ready(fd, 0));
    if (fork() == 0)
        _exit(kill(getpid(), SIGUSR1) == 0 && ready(fd, 1000) ? 7 : 8); /* its own, not its parent's */
    wait(&status);
    show("child", WEXITSTATUS(status));
    show("its end", read(fd, got, sizeof got) == sizeof got[0] && got[0].ssi_signo == SIGCHLD ? got[0].ssi_status : -1);
    sigdelset(&set, SIGUSR1);
    show("another mask", signalfd(fd, &set, 0) == fd);
    kill(getpid(), SIGUSR1);
    show("not of the mask", ready(fd, 0));
    fcntl(fd, F_SETFL, 0);
    if (pipe(ends) != 0 || fork() == 0) {
        close(ends[1]);
        usleep(50000);
        sigqueue(getppid(), SIGRTMIN, value);
        _exit((int)read(ends[0], got, 1)); /* its end is a signal, too */
    }
    show("waited", read(fd, got, sizeof got[0]) == sizeof got[0] && (int)got[0].ssi_signo == SIGRTMIN);
    close(ends[1]);
    wait(NULL);
    close(fd);
}

/* ---- pidfds ---- */

static int open_process(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* A child that is killed and then sees the end of a pipe was killed, however late the signal comes to it. */
static bool killed_first(void)
{
    int ends[2], status = 0;
    char byte;

    if (pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        while (read(ends[0], &byte, 1) > 0)
            ;
        _exit(0);
    }
    close(ends[0]);
    usleep(1000);
    kill(child, SIGKILL);
    close(ends[1]);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

static void kills(void)
{
    int killed = 0;

    for (int i = 0; i < 100; i++)
        killed += killed_first();
    show("killed before they exited", killed);
}

static void processes(void)
{
    siginfo_t info = {0};
    pid_t child = fork();
    int pidfd = -1;

    if (child == 0) {
        pause();
        _exit(0);
    }
    int fd = open_process(child);
    show("closed on exec", fcntl(fd, F_GETFD));
    show("it lives", ready(fd, 0));
    show("itself", ready(open_process(getpid()), 0));
    show("signal 0", syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
    show("by its folder", syscall(SYS_pidfd_send_signal, open("/proc/self", O_RDONLY | O_DIRECTORY), 0, NULL, 0));
    show("a file of it", syscall(SYS_pidfd_send_signal, open("/proc/self/status", O_RDONLY), 0, NULL, 0));
    show("another folder", syscall(SYS_pidfd_send_signal, open("/proc", O_RDONLY | O_DIRECTORY), 0, NULL, 0));
    show("not ours", waitid(IS_PIDFD, (id_t)open_process(getpid()), &info, WEXITED));
    show("kill", syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
    show("it ends", ready(fd, 5000));
    show("waitid", waitid(IS_PIDFD, (id_t)fd, &info, WEXITED));
    show("by", info.si_status);
    show("gone", syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
    show("no read", read(fd, &info, 1));
    show("nobody", open_process(1 << 22));
    struct { uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls; } args = {
        .flags = 0x1000 /* CLONE_PIDFD */, .pidfd = (uintptr_t)&pidfd, .exit_signal = SIGCHLD};
    child = (pid_t)syscall(SYS_clone3, &args, sizeof args);
    if (child == 0)
        _exit(9);
    show("with the child", pidfd >= 0 && ready(pidfd, 5000));
    show("its status", waitid(IS_PIDFD, (id_t)pidfd, &info, WEXITED) == 0 ? info.si_status : -1);
    args.flags |= CLONE_VM | CLONE_VFORK;
    child = (pid_t)syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, NULL, NULL, 0);
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL);
        _exit(1);
    }
    fd = open_process(child);
    show("over an exec", ready(fd, 5000));
    show("its status", waitid(IS_PIDFD, (id_t)fd, &info, WEXITED) == 0 ? info.si_status : -1);
}

/* ---- locks ---- */

static pthread_mutex_t lock;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long counter;

static void *count_up(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        counter++;
        if (i % 64 == 0)
            sched_yield();
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

static void *keeps_it(void *unused)
{
    pthread_mutex_lock(&lock);
    return unused;
}

static void *waits(void *unused)
{
    pthread_mutex_lock(&lock);
    while (counter == 0)
        pthread_cond_wait(&condition, &lock);
    pthread_mutex_unlock(&lock);
    return unused;
}

static void *gives_up(void *unused)
{
    struct timespec soon;

    clock_gettime(CLOCK_REALTIME, &soon);
    show("taken", pthread_mutex_trylock(&lock));
    show("timed out", pthread_mutex_timedlock(&lock, &soon));
    return unused;
}

static void make_lock(int kind, int robust)
{
    pthread_mutexattr_t a;

    pthread_mutexattr_init(&a);
    pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
    pthread_mutexattr_settype(&a, kind);
    if (robust)
        pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&lock, &a);
}

static void locks(void)
{
    pthread_t threads[THREADS];

    make_lock(PTHREAD_MUTEX_NORMAL, 0);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, count_up, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    show("counted", counter);
    counter = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, waits, NULL);
    usleep(50000);
    pthread_mutex_lock(&lock);
    counter = 1;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    make_lock(PTHREAD_MUTEX_ERRORCHECK, 1);
    pthread_mutex_lock(&lock);
    show("twice", pthread_mutex_lock(&lock));
    pthread_mutex_unlock(&lock);
    show("not held", pthread_mutex_unlock(&lock));
    pthread_create(&threads[0], NULL, keeps_it, NULL);
    pthread_join(threads[0], NULL);
    show("its owner died", pthread_mutex_lock(&lock));
    show("mended", pthread_mutex_consistent(&lock));
    pthread_mutex_unlock(&lock);
    show("as new", pthread_mutex_lock(&lock));
    pthread_mutex_unlock(&lock);
    make_lock(PTHREAD_MUTEX_NORMAL, 0);
    pthread_mutex_lock(&lock);
    pthread_create(&threads[0], NULL, gives_up, NULL);
    pthread_join(threads[0], NULL);
    pthread_mutex_unlock(&lock);
}

/* ---- several words ---- */

static uint32_t words[2];

static void *wakes(void *unused)
{
    usleep(50000);
    __atomic_store_n(&words[1], 1, __ATOMIC_SEQ_CST);
    syscall(SYS_futex, &words[1], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return unused;
}

static void several(void)
{
    struct { uint64_t value, address; uint32_t flags, reserved; } two[2] = {
        {0, (uintptr_t)&words[0], 130, 0}, {0, (uintptr_t)&words[1], 130, 0}};
    struct timespec until;
    pthread_t t;

    clock_gettime(CLOCK_MONOTONIC, &until);
    show("timed out", syscall(449, two, 2, 0, &until, CLOCK_MONOTONIC));
    pthread_create(&t, NULL, wakes, NULL);
    until.tv_sec += 10;
    show("the second", syscall(449, two, 2, 0, &until, CLOCK_MONOTONIC));
    pthread_join(t, NULL);
    show("has changed", syscall(449, two, 2, 0, NULL, 0));
    two[0].flags = 1;
    show("of a wrong size", syscall(449, two, 2, 0, NULL, 0));
}

int main(void)
{
    signals();
    processes();
    kills();
    locks();
    several();
    return 0;
}
