/* Tells when the machine itself was late: witness CPU PERIOD_US sleeps on that processor, PERIOD_US at a time, ahead of
 * everybody else (SCHED_FIFO), and prints "FROM TO" (CLOCK_MONOTONIC, ns) for each time that it woke a period or more
 * after it was due.  It says "ready" first; status 2: it may not go ahead of others, and knows nothing. */
#include "hostile.h"

#include <sched.h>
#include <sys/prctl.h>

static uint64_t ns(const struct timespec *t)
{
    return (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

int main(int argc, char **argv)
{
    const struct sched_param first = {.sched_priority = 50};
    const uint64_t period = argc == 3 ? strtoull(argv[2], NULL, 10) * 1000 : 0;
    struct timespec now;
    cpu_set_t only;

    CPU_ZERO(&only);
    CPU_SET((size_t)atoi(argv[1]), &only);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (period == 0 || sched_setaffinity(0, sizeof only, &only) != 0 ||
        sched_setscheduler(0, SCHED_FIFO, &first) != 0)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        uint64_t due = ns(&now) + period;
        const struct timespec until = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (ns(&now) >= due + period)
            printf("%llu %llu\n", (unsigned long long)due, (unsigned long long)ns(&now));
    }
}
