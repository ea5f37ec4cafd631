/* Threads that do nothing but read CLOCK_MONOTONIC, so that nearly every snapshot finds one in the middle of a reading:
 * in a clone, too, none may see it go back.  The original reads for ever, a clone for half a second.
 * Exit status 0: all is well. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "include/cloister/hypercall.h"

#define THREADS 4

static atomic_bool stop;
static atomic_llong worst; /* ns by which it went back */

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void *look(void *unused)
{
    int64_t last = now_ns();

    while (!stop) {
        int64_t now = now_ns();
        if (last - now > worst)
            worst = last - now;
        last = now;
    }
    return unused;
}

static bool is_clone(void)
{
    struct cloister_info info;

    return syscall(CLOISTER_CALL_INFO, &info, sizeof info) == sizeof info && info.clone_number != 0;
}

int main(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, look, NULL);
    while (!is_clone())
        usleep(50000);
    usleep(500000);
    stop = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    if (worst != 0)
        printf("CLOCK_MONOTONIC went back by %lld us\n", worst / 1000);
    return worst != 0;
}
