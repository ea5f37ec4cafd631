/* Forks and starts of programs while other threads change what the copy gets, too: epoll sets, watches, positions in
 * folders, pending signals beside a signalfd.  A copy that finds one of them locked, by a thread that it has not got,
 * stands still for ever. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 6, ROUNDS = 40, EVENTS = 32 };

static int set, watches, folder, events[EVENTS];
static atomic_int over;

static void change_set(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    for (int i = 0; i < EVENTS; i++)
        epoll_ctl(set, EPOLL_CTL_ADD, events[i], &event);
    for (int i = 0; i < EVENTS; i++)
        epoll_ctl(set, EPOLL_CTL_DEL, events[i], NULL);
}

static void change_watches(void)
{
    static const char *const paths[] = {"/usr", "/usr/bin", "/usr/lib"};

    for (int i = 0; i < 3; i++)
        inotify_rm_watch(watches, inotify_add_watch(watches, paths[i], IN_CREATE));
}

static void read_folder(void)
{
    char entries[4096];

    lseek(folder, 0, SEEK_SET);
    while (syscall(SYS_getdents64, folder, entries, sizeof entries) > 0)
        ;
}

static void send_signal(void)
{
    kill(getpid(), SIGUSR1);
}

static void *repeat(void *change)
{
    while (!over)
        ((void (*)(void))change)();
    return NULL;
}

static pid_t fork_changing(void (*change)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        change();
        _exit(0);
    }
    return pid;
}

static pid_t start_true(void)
{
    static char *const arguments[] = {"true", NULL};
    pid_t pid;

    return posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, NULL) == 0 ? pid : -1;
}

static void ignore(int number)
{
}

static void rounds(const char *name, void (*change)(void), int start)
{
    pthread_t threads[THREADS];
    int ended = 0;

    over = 0;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, repeat, change);
    for (int i = 0; i < ROUNDS; i++) {
        int status = -1;
        pid_t pid = start ? start_true() : fork_changing(change);
        ended += pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
    }
    over = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%s: %d of %d copies have ended\n", name, ended, ROUNDS);
}

int main(void)
{
    struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
    sigset_t mask;

    set = epoll_create1(EPOLL_CLOEXEC);
    watches = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* mounts add names to it */
    for (int i = 0; i < EVENTS; i++)
        events[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    signalfd(-1, &mask, SFD_CLOEXEC);
    sigaction(SIGUSR1, &action, NULL);
    rounds("epoll sets", change_set, 0);
    rounds("watches", change_watches, 0);
    rounds("folders", read_folder, 0);
    rounds("signals", send_signal, 1);
    return 0;
}
