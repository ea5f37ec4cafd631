/* For measuring resets: asks for a CHECKPOINT, then writes to PAGES pages that it had written before and tells how long
 * that took, in microseconds.  Reset again and again it starts behind the CHECKPOINT each time.
 *
 *      dirty PAGES [STRIDE]    STRIDE pages from one to the next (1) */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "include/cloister/hypercall.h"

static long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000l + t.tv_nsec;
}

int main(int argc, char **argv)
{
    long pages = atol(argv[1]), stride = argc > 2 ? atol(argv[2]) : 1;
    char *memory = mmap(NULL, (size_t)(pages * stride) * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                        0);

    for (long i = 0; i < pages * stride; i++)
        memory[i * 4096] = 1;
    while (syscall(CLOISTER_CALL_CHECKPOINT) < 0 && errno == EAGAIN)
        usleep(1000);
    long begin = now();
    for (long i = 0; i < pages; i++)
        memory[i * stride * 4096]++;
    dprintf(1, "%.1f\n", (double)(now() - begin) / 1000);
    for (;;)
        pause();
}
