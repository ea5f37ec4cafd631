/* Busy loops that ignore every signal: spin KIND, with threads, with children, in blocked signal handlers. */
#include "hostile.h"

#include <pthread.h>

static void *spin(void *argument)
{
    for (;;)
        __asm__ volatile("");
    return argument;
}

static void again(int number)
{
    spin(NULL);
}

int main(int argc, char **argv)
{
    sigset_t all;
    pthread_t t;

    for (int number = 1; number <= 64; number++)
        signal(number, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    if (strcmp(argv[1], "threads") == 0)
        for (int i = 0; i < 4; i++)
            pthread_create(&t, NULL, spin, NULL);
    if (strcmp(argv[1], "children") == 0)
        for (int i = 0; i < 3; i++)
            if (fork() == 0)
                spin(NULL);
    if (strcmp(argv[1], "handler") == 0) {
        sigprocmask(SIG_UNBLOCK, &all, NULL);
        signal(SIGALRM, again);
        alarm(1);
    }
    if (strcmp(argv[1], "calls") == 0)
        for (;;)
            syscall(SYS_getppid);
    if (strcmp(argv[1], "sleep") == 0)
        for (;;)
            sleep(1000);
    if (strcmp(argv[1], "forks") == 0)
        for (;;)
            if (fork() == 0)
                _exit(0);
    spin(NULL);
}
