/* Programs that start right behind a vfork whose child has just left, or while a process shares the memory: a process that
 * is its monitor's first must not lose it. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 150 };

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

int main(void)
{
    int good = 0, status;

    for (int i = 0; i < ROUNDS; i++)
        good += round_of_vfork(i);
    printf("%d of %d\n", good, ROUNDS);
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
