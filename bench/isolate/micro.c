/* What one program costs inside and outside: lines "BENCH name value unit", the best of several rounds each, so that
 * what else runs on the machine counts little. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7
#define CALLS 3000
#define TOUCH_BYTES (64ul << 20)
#define LARGE_BYTES (256ul << 20)
#define HUGE_BYTES (2ul << 20)

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void report(const char *name, double best, const char *unit)
{
    printf("BENCH %s %.4g %s\n", name, best, unit);
}

static double calls_round(void)
{
    double begin = now();

    for (int i = 0; i < CALLS; i++)
        syscall(SYS_getppid);
    return (now() - begin) / CALLS;
}

static double clock_round(void)
{
    struct timespec t;
    double begin = now();

    for (int i = 0; i < CALLS * 10; i++)
        clock_gettime(CLOCK_MONOTONIC, &t);
    return (now() - begin) / (CALLS * 10);
}

/* Aligned, so that huge pages can be used: as heaps are. */
static char *take(size_t bytes)
{
    char *raw = mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (raw == MAP_FAILED)
        exit(1);
    char *memory = (char *)(((uintptr_t)raw + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1));
    madvise(memory, bytes, MADV_HUGEPAGE);
    return memory;
}

static double touch_round(void)
{
    char *memory = take(TOUCH_BYTES);
    double begin = now();

    for (size_t i = 0; i < TOUCH_BYTES; i += 4096)
        memory[i] = 1;
    double each = (now() - begin) / (TOUCH_BYTES / 4096);
    munmap(memory, TOUCH_BYTES);
    return each;
}

static uint64_t *large;

static double read_round(void)
{
    volatile uint64_t sum = 0;
    uint64_t a = 0, b = 0, c = 0, d = 0;
    double begin = now();

    for (size_t i = 0; i < LARGE_BYTES / 8; i += 4) {
        a += large[i];
        b += large[i + 1];
        c += large[i + 2];
        d += large[i + 3];
    }
    sum = a + b + c + d;
    (void)sum;
    return (now() - begin) / LARGE_BYTES; /* ns per byte */
}

/* One cache line leads to the next, in an order that no prefetcher guesses. */
static void make_chain(void)
{
    size_t lines = LARGE_BYTES / 64;
    uint64_t at = 0;

    for (size_t i = 0; i < lines; i++) {
        uint64_t next = (at * 1664525 + 1013904223) & (lines - 1);
        large[at * 8] = next * 8;
        at = next;
    }
}

static double chase_round(void)
{
    static volatile uint64_t last; /* or the compiler leaves the walk out */
    uint64_t at = 0;
    double begin = now();

    for (int i = 0; i < 200000; i++)
        at = large[at];
    last = at;
    return (now() - begin) / 200000;
}

static double compute_round(void)
{
    volatile double result = 0;
    double x = 1, begin = now();

    for (int i = 1; i < 3000000; i++)
        x = x * 1.0000001 + 1.0 / i;
    result = x;
    (void)result;
    return (now() - begin) / 1e6;
}

static double best(double (*round)(void))
{
    double least = round();

    for (int i = 1; i < ROUNDS; i++) {
        double one = round();
        least = one < least ? one : least;
    }
    return least;
}

int main(void)
{
    report("system call", best(calls_round) / 1e3, "us");
    report("clock_gettime", best(clock_round), "ns");
    report("first touch, 4 KiB of a heap", best(touch_round) / 1e3, "us");
    large = (uint64_t *)take(LARGE_BYTES);
    make_chain();
    report("random access, 256 MiB", best(chase_round), "ns");
    report("memory read", 1 / best(read_round), "GB/s");
    report("compute, 3 million divisions", best(compute_round), "ms");
    return 0;
}
