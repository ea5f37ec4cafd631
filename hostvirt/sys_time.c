/* Clocks and sleeping: nanosleep(2), clock_nanosleep(2), clock_gettime(2), gettimeofday(2), time(2), times(2). */
#include "hostvirt/clock.h"
#include "hostvirt/syscall.h"
#include "hostvirt/timer.h"
#include "hostvirt/vdso.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>

#define TICKS_PER_SECOND 100u /* AT_CLKTCK */

/* Sleeps to the deadline; interrupted, writes what is left to `rest` when that is not 0. */
static int64_t sleep_to(struct thread *t, uint64_t deadline, uint64_t rest)
{
    if (thread_sleep(t, deadline) == -ETIMEDOUT)
        return 0;
    uint64_t now = clock_host();
    if (now >= deadline)
        return 0;
    struct timespec left = timespec_of(deadline - now);
    if (rest != 0 && copy_out(rest, &left, sizeof left) != 0)
        return -EFAULT;
    return SYS_RESTART_TIMED;
}

SYSCALL(nanosleep)
{
    struct timespec request;

    if (copy_in(&request, c->arg[0], sizeof request) != 0)
        return -EFAULT;
    if (!timespec_valid(&request))
        return -EINVAL;
    return sleep_to(t, thread_deadline(t, &request), c->arg[1]);
}

/* Sleeping on a clock of the host itself, until an absolute time of that clock. */
static int64_t sleep_on_clock(struct thread *t, clockid_t clock, const struct timespec *until)
{
    long result = blocking_call(t, SYS_clock_nanosleep, clock, TIMER_ABSTIME, (long)until, 0, 0, 0);

    return result == -EINTR ? SYS_RESTART_NOHAND : result;
}

/* Processor time of the process.  A relative sleep is turned into an absolute one once and kept over restarts. */
static int64_t sleep_on_cpu_time(struct thread *t, int flags, const struct timespec *request)
{
    struct timespec guest, host;
    int error = clock_read(t, CLOCK_PROCESS_CPUTIME_ID, &guest);

    if (error != 0 || clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &host) != 0)
        return -EINVAL;
    uint64_t shift = timespec_ns(&guest) - timespec_ns(&host), until = timespec_ns(request);
    if (!(flags & TIMER_ABSTIME)) {
        until = t->restarting && t->deadline != 0 ? t->deadline : until + timespec_ns(&guest);
        t->deadline = until;
    }
    host = timespec_of(until > shift ? until - shift : 0);
    int64_t result = sleep_on_clock(t, CLOCK_PROCESS_CPUTIME_ID, &host);
    return result == SYS_RESTART_NOHAND && !(flags & TIMER_ABSTIME) ? SYS_RESTART_TIMED : result;
}

SYSCALL(clock_nanosleep)
{
    int clock = arg_int(c, 0), flags = arg_int(c, 1);
    struct timespec request;
    uint64_t deadline;

    if (clock == CLOCK_OF_PROCESS)
        clock = CLOCK_PROCESS_CPUTIME_ID;
    int error = clock_check_wait(clock);
    if (error != 0)
        return error;
    if (copy_in(&request, c->arg[2], sizeof request) != 0)
        return -EFAULT;
    if (!timespec_valid(&request))
        return -EINVAL;
    if (clock == CLOCK_PROCESS_CPUTIME_ID)
        return sleep_on_cpu_time(t, flags, &request);
    if (!(flags & TIMER_ABSTIME))
        return sleep_to(t, thread_deadline(t, &request), c->arg[3]);
    if (clock == CLOCK_REALTIME || clock == CLOCK_TAI)
        return sleep_on_clock(t, clock, &request); /* the host's own: follows when the clock is set */
    error = clock_to_host_deadline(t->process->monitor, clock, &request, &deadline);
    if (error != 0)
        return error;
    struct timespec until = timespec_of(deadline);
    return sleep_on_clock(t, CLOCK_MONOTONIC, &until);
}

SYSCALL(clock_gettime)
{
    struct timespec now;
    int error = clock_read(t, arg_int(c, 0), &now);

    return error != 0 ? error : copy_out(c->arg[1], &now, sizeof now);
}

SYSCALL(clock_getres)
{
    int clock = arg_int(c, 0);
    struct timespec value = {0, 1};
    int error = clock_read(t, clock, &(struct timespec){0});

    if (error != 0)
        return error;
    if (clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE)
        clock_getres(clock, &value);
    return c->arg[1] != 0 ? copy_out(c->arg[1], &value, sizeof value) : 0;
}

SYSCALL(gettimeofday)
{
    const struct timezone zone = {0};
    struct timespec now;

    clock_read(t, CLOCK_REALTIME, &now);
    struct timeval value = {now.tv_sec, now.tv_nsec / 1000};
    if (c->arg[0] != 0 && copy_out(c->arg[0], &value, sizeof value) != 0)
        return -EFAULT;
    return c->arg[1] != 0 ? copy_out(c->arg[1], &zone, sizeof zone) : 0;
}

SYSCALL(time)
{
    struct timespec now;

    clock_read(t, CLOCK_REALTIME, &now);
    if (c->arg[0] != 0 && copy_out(c->arg[0], &now.tv_sec, sizeof now.tv_sec) != 0)
        return -EFAULT;
    return now.tv_sec;
}

static clock_t ticks(const struct timeval *v)
{
    return v->tv_sec * (clock_t)TICKS_PER_SECOND + v->tv_usec / (clock_t)(1000000u / TICKS_PER_SECOND);
}

SYSCALL(times)
{
    struct process *p = t->process;
    struct rusage own, children;

    getrusage(RUSAGE_SELF, &own);
    pthread_mutex_lock(&p->lock);
    children = p->children;
    pthread_mutex_unlock(&p->lock);
    struct tms value = {ticks(&own.ru_utime), ticks(&own.ru_stime), ticks(&children.ru_utime),
                        ticks(&children.ru_stime)};
    if (c->arg[0] != 0 && copy_out(c->arg[0], &value, sizeof value) != 0)
        return -EFAULT;
    return (int64_t)(vdso_monotonic(p->monitor) / (1000000000u / TICKS_PER_SECOND));
}
