/* Busy for ever, and ignoring every signal: stamps FILE CLOCK THREADS writes the time into a shared file again and
 * again, so that who watches can tell when it was stopped.  CLOCK: wall or cpu. */
#include "hostile.h"

#include <pthread.h>

static _Atomic uint64_t *stamps;
static clockid_t which;

static void *stamp(void *slot)
{
    struct timespec now;

    for (;;) {
        clock_gettime(which, &now);
        stamps[(uintptr_t)slot] = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int fd = open(argv[1], O_RDWR);
    unsigned threads = (unsigned)atoi(argv[3]);
    sigset_t all;
    pthread_t t;

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
