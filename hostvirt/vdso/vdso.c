/* The vDSO that guests get: clocks from the processor's time-stamp counter, without leaving the VM (vdso(7)).
 * A program of its own: one loadable segment, no relocations, no library.  Its data lie in the page before it. */
#include "vdso_data.h"

#include <stddef.h>

#define CALL_CLOCK_GETTIME 228
#define CALL_CLOCK_GETRES 229
#define CALL_GETCPU 309

enum { REALTIME = 0, MONOTONIC = 1, MONOTONIC_RAW = 4, REALTIME_COARSE = 5, MONOTONIC_COARSE = 6, BOOTTIME = 7 };

struct time_spec {
    long seconds, nanoseconds;
};
struct time_value {
    long seconds, microseconds;
};

extern const volatile struct vdso_data vdso_data __attribute__((visibility("hidden")));

int __vdso_clock_gettime(int clock, struct time_spec *to);
int __vdso_gettimeofday(struct time_value *to, void *zone);
long __vdso_time(long *to);
int __vdso_getcpu(unsigned *processor, unsigned *node, void *unused);
int __vdso_clock_getres(int clock, struct time_spec *to);

static long call3(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static inline uint64_t ns_of(int clock)
{
    switch (clock) {
    case REALTIME:
    case REALTIME_COARSE:
        return vdso_time(&vdso_data, 1);
    case MONOTONIC:
    case MONOTONIC_RAW:
    case MONOTONIC_COARSE:
    case BOOTTIME:
        return vdso_time(&vdso_data, 0);
    default:
        return 0;
    }
}

int __vdso_clock_gettime(int clock, struct time_spec *to)
{
    uint64_t ns = ns_of(clock);

    if (ns == 0)
        return (int)call3(CALL_CLOCK_GETTIME, clock, (long)to, 0);
    to->seconds = (long)(ns / 1000000000u);
    to->nanoseconds = (long)(ns % 1000000000u);
    return 0;
}

int __vdso_gettimeofday(struct time_value *to, void *zone)
{
    struct time_spec now;
    int result = __vdso_clock_gettime(REALTIME, &now);

    if (result == 0 && to != NULL) {
        to->seconds = now.seconds;
        to->microseconds = now.nanoseconds / 1000;
    }
    if (zone != NULL) /* a struct timezone of two ints: UTC, as Linux answers */
        ((int *)zone)[0] = ((int *)zone)[1] = 0;
    return result;
}

long __vdso_time(long *to)
{
    struct time_spec now;

    if (__vdso_clock_gettime(REALTIME, &now) != 0)
        return -1;
    if (to != NULL)
        *to = now.seconds;
    return now.seconds;
}

int __vdso_getcpu(unsigned *processor, unsigned *node, void *unused)
{
    (void)unused;
    if (vdso_data.processors > 1)
        return (int)call3(CALL_GETCPU, (long)processor, (long)node, 0);
    if (processor != NULL)
        *processor = 0;
    if (node != NULL)
        *node = 0;
    return 0;
}

int __vdso_clock_getres(int clock, struct time_spec *to)
{
    return (int)call3(CALL_CLOCK_GETRES, clock, (long)to, 0);
}
