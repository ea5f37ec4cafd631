/* Busy for ever, and ignoring every signal: stamps FILE CLOCK THREADS LIMIT writes the time into a shared file again
 * and again, so that who watches can tell when it was stopped.  CLOCK: wall or cpu.  The file, in words of 64 bits:
 * each thread's last time, from word 64 each thread's CLOCK_MONOTONIC then, in word 128 CLOCK_MONOTONIC when CLOCK was
 * first seen past LIMIT ns. */
#include "hostile.h"

#include <pthread.h>
#include <stdatomic.h>

static _Atomic uint64_t *stamps;
static clockid_t which;
static uint64_t limit;

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *stamp(void *slot)
{
    for (;;) {
        uint64_t now = read_clock(which), wall = read_clock(CLOCK_MONOTONIC), none = 0;
        stamps[(uintptr_t)slot] = now;
        stamps[64 + (uintptr_t)slot] = wall;
        if (now > limit && stamps[128] == 0)
            atomic_compare_exchange_strong(&stamps[128], &none, wall);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int fd = open(argv[1], O_RDWR);
    unsigned threads = (unsigned)atoi(argv[3]);
    sigset_t all;
    pthread_t t;

    limit = strtoull(argv[4], NULL, 10);
    which = strcmp(argv[2], "cpu") == 0 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC;
    stamps = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (stamps == MAP_FAILED)
        return 1;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (uintptr_t i = 1; i < threads; i++)
        pthread_create(&t, NULL, stamp, (void *)i);
    stamp(NULL);
}
