/* Threads that do nothing but read CLOCK_MONOTONIC, so that nearly every snapshot finds one in the middle of a reading:
 * in a clone, too, none may see it go back.
 *
 *      clockreads MILLISECONDS    0 when all is well */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS 4

static int64_t length_ns;

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void *look(void *unused)
{
    int64_t begin = now_ns(), last = begin, now = begin, back = 0;

    while (now - begin < length_ns) {
        now = now_ns();
        if (last - now > back)
            back = last - now;
        last = now;
    }
    if (back != 0)
        printf("CLOCK_MONOTONIC went back by %lld us\n", (long long)back / 1000);
    (void)unused;
    return back != 0 ? &length_ns : NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    void *bad;
    int failures = 0;

    length_ns = (argc > 1 ? atoll(argv[1]) : 1000) * 1000000;
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, look, NULL);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &bad);
        failures += bad != NULL;
    }
    puts(failures == 0 ? "steady" : "unsteady");
    return failures != 0;
}
