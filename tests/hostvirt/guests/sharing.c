/* Programs that start right behind a vfork whose child has just left, or while a process shares the memory: a process
 * that is its monitor's first must not lose it.  Signals for a child of vfork that ends just then: there is a moment
 * when it is found and gone before it is told.
 *
 *      sharing          how many of each went well
 *      sharing stays    starts a program beside a sharer that never leaves; status: the error of that */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 150, SIGNALLED = 3000, SHARERS = 12 };

/* The child of vfork starts a program or ends; its parent starts one at once (as busybox's timeout does). */
static int round_of_vfork(int number)
{
    int status = -1;
    pid_t middle = fork();

    if (middle == 0) {
        if (vfork() == 0) {
            if (number % 2 == 0)
                execl("/bin/true", "true", NULL);
            _exit(0);
        }
        execl("/bin/sh", "sh", "-c", "exit 5", NULL);
        _exit(1);
    }
    return waitpid(middle, &status, 0) == middle && WIFEXITED(status) && WEXITSTATUS(status) == 5;
}

static int sharer(void *argument)
{
    nanosleep(&(struct timespec){0, 200000000}, NULL);
    _exit(0);
}

static int stayer(void *argument)
{
    for (;;)
        pause();
}

static int start_beside_stayer(void)
{
    char *stack = malloc(65536);
    pid_t sharing = clone(stayer, stack + 65536, CLONE_VM | SIGCHLD, NULL);

    execl("/bin/true", "true", NULL);
    int error = errno;
    kill(sharing, SIGKILL);
    return waitpid(sharing, NULL, 0) == sharing ? error : 1;
}

static atomic_int child; /* that has not been waited for; -1: there will be none any more */

static void *signal_child(void *argument)
{
    for (int pid; (pid = child) >= 0;)
        if (pid != 0)
            kill(pid, SIGURG); /* which nobody minds */
    return argument;
}

static int signalled_children(void)
{
    pthread_t other;
    int ended = 0;

    pthread_create(&other, NULL, signal_child, NULL);
    for (int i = 0; i < SIGNALLED; i++) {
        pid_t pid = vfork();
        if (pid == 0) {
            child = getpid();
            _exit(0);
        }
        child = 0;
        ended += waitpid(pid, NULL, 0) == pid;
    }
    child = -1;
    pthread_join(other, NULL);
    return ended;
}

static int wait_for_end(void *argument)
{
    for (;;)
        pause();
    return argument != NULL;
}

/* A group of many that share one memory hears its signal to the last. */
static int group_ends(void)
{
    pid_t first = fork();
    int status = -1, ended = 0;

    if (first == 0) {
        setsid();
        for (int i = 0; i < SHARERS; i++)
            clone(wait_for_end, (char *)malloc(16384) + 16384, CLONE_VM | SIGCHLD, NULL);
        signal(SIGTERM, SIG_IGN);
        kill(0, SIGTERM);
        while (wait(&status) > 0)
            ended += WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM;
        _exit(ended);
    }
    return waitpid(first, &status, 0) == first ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
    int good = 0, status;

    if (argc > 1)
        return start_beside_stayer();
    for (int i = 0; i < ROUNDS; i++)
        good += round_of_vfork(i);
    printf("%d of %d, %d signalled\n", good, ROUNDS, signalled_children());
    printf("of a group %d of %d\n", group_ends(), SHARERS);
    fflush(stdout);
    pid_t middle = fork();
    if (middle == 0) {
        char *stack = malloc(65536);
        clone(sharer, stack + 65536, CLONE_VM | SIGCHLD, NULL);
        execl("/bin/sh", "sh", "-c", "exit 6", NULL);
        _exit(1);
    }
    waitpid(middle, &status, 0);
    printf("shared: %d\n", WEXITSTATUS(status));
    return 0;
}
