/* For all hostile guests: children whose end is looked at, deterministic random numbers.  A guest prints "ok" at its
 * end when nothing was answered that must not be; how its children die is their own affair. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GUEST_HIGH 0x400000000000ul /* the guest's part ends here (hostvirt/layout.h) */

static uint64_t random_state = 1;

static inline uint64_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static inline double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Runs `act` in a child that has nothing of ours to break; kills it after `patience` seconds.  Its status, or -1 when
 * it had to be killed. */
static inline int in_child(void (*act)(uint64_t), uint64_t argument, double patience)
{
    pid_t pid = fork();
    int status;
    if (pid < 0)
        return -2;
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        for (int fd = 0; fd < 3; fd++)
            dup2(null, fd);
        act(argument);
        _exit(0);
    }
    double end = seconds() + patience;
    for (;;) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            return status;
        if (got < 0 && errno != EINTR)
            return -3;
        if (seconds() > end) {
            kill(pid, SIGKILL);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
            return -1;
        }
        usleep(2000);
    }
}

static inline void say(const char *text)
{
    fflush(stdout);
    if (write(1, text, strlen(text)) < 0)
        _exit(9);
}

#endif
