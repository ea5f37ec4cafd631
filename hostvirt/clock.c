/* The guest's clocks over the host's (clock_gettime(2)): monotonic ones shifted by the monitor's offset, processor
 * time of threads and of the process with what was used before a restore. */
#include "hostvirt/clock.h"
#include "hostvirt/thread.h"
#include "hostvirt/vdso.h"

#include <errno.h>

#define NEVER 9000000000000000000ull /* ns; what timespec_ns saturates at */

static uint64_t host_time(clockid_t clock)
{
    struct timespec now;

    /* Only clocks that exist are asked for. */
    return clock_gettime(clock, &now) == 0 ? timespec_ns(&now) : 0;
}

uint64_t clock_host(void)
{
    return host_time(CLOCK_MONOTONIC);
}

/* clock_getcpuclockid(3); include/linux/posix-timers.h: ~pid above three bits, of which 2 says that the clock counts
 * what the scheduler does. */
uint64_t clock_host_process(pid_t process)
{
    return host_time((clockid_t)(~(unsigned)process << 3 | 2));
}

uint64_t clock_guest(const struct monitor *m)
{
    return clock_host() + m->clock_offset;
}

/* What the guest reads as `clock` now.  -EINVAL for clocks that are not the system's.  All monotonic ones are one, as
 * in the vDSO: the host's others run at rates and in steps of their own, by which they could go back over a restore. */
static int system_time(const struct monitor *m, clockid_t clock, uint64_t *ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
        *ns = host_time(clock);
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
    case CLOCK_BOOTTIME_ALARM:
        *ns = vdso_monotonic(m);
        return 0;
    case CLOCK_REALTIME_ALARM:
        *ns = host_time(CLOCK_REALTIME);
        return 0;
    default:
        return -EINVAL;
    }
}

int clock_check_wait(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
    case CLOCK_PROCESS_CPUTIME_ID:
        return 0;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_REALTIME_COARSE:
        return -EOPNOTSUPP;
    case CLOCK_REALTIME_ALARM:
    case CLOCK_BOOTTIME_ALARM:
        return -EPERM;
    default:
        return -EINVAL;
    }
}

int clock_to_host_deadline(const struct monitor *m, clockid_t clock, const struct timespec *guest, uint64_t *deadline)
{
    uint64_t now, host = clock_host(), until = timespec_ns(guest);
    int error = system_time(m, clock, &now);

    if (error != 0)
        return error;
    uint64_t rest = until > now ? until - now : 0;
    *deadline = rest < NEVER - host ? host + rest : NEVER;
    return 0;
}

/* CLOCK_THREAD_CPUTIME_ID of a thread, with what it used before a restore.  Under process->lock for other threads. */
static int thread_time(struct thread *t, struct timespec *out)
{
    clockid_t clock = CLOCK_THREAD_CPUTIME_ID;
    struct timespec now;

    if (t != current_thread && pthread_getcpuclockid(t->host, &clock) != 0)
        return -EINVAL;
    if (clock_gettime(clock, &now) != 0)
        return -EINVAL;
    *out = timespec_of(timespec_ns(&now) + t->cpu_time_base);
    return 0;
}

/* While a timer of processor time is armed, as limits.c has one, the kernel answers for the process what it has added
 * up at its ticks; being asked for this thread's own clock makes it add that up, too. */
static void process_time(struct process *p, struct timespec *out)
{
    host_time(CLOCK_THREAD_CPUTIME_ID);
    uint64_t ns = host_time(CLOCK_PROCESS_CPUTIME_ID);

    pthread_mutex_lock(&p->lock);
    for (struct thread *t = p->threads; t != NULL; t = t->next)
        ns += t->cpu_time_base;
    pthread_mutex_unlock(&p->lock);
    *out = timespec_of(ns);
}

/* Clocks made of a process or thread id (clock_getcpuclockid(3), include/linux/posix-timers.h): ~id in the upper bits,
 * bit 2 set for a thread, bits 1-0 the kind (3: a descriptor's clock, which guests do not have). */
static int dynamic_time(struct thread *t, clockid_t clock, struct timespec *out)
{
    struct process *p = t->process;
    int id = ~(clock >> 3), error = -EINVAL;

    if ((clock & 3) == 3)
        return -EINVAL;
    if ((clock & 4) == 0) {
        if (id != 0 && id != p->pid)
            return -EINVAL;
        process_time(p, out);
        return 0;
    }
    if (id == 0 || id == t->tid)
        return thread_time(t, out);
    pthread_mutex_lock(&p->lock);
    struct thread *other = thread_find(p, id);
    if (other != NULL && other->host_tid != 0)
        error = thread_time(other, out);
    pthread_mutex_unlock(&p->lock);
    return error;
}

int clock_read(struct thread *t, clockid_t clock, struct timespec *out)
{
    uint64_t ns;

    if (clock < 0)
        return dynamic_time(t, clock, out);
    if (clock == CLOCK_THREAD_CPUTIME_ID)
        return thread_time(t, out);
    if (clock == CLOCK_PROCESS_CPUTIME_ID) {
        process_time(t->process, out);
        return 0;
    }
    int error = system_time(t->process->monitor, clock, &ns);
    if (error == 0)
        *out = timespec_of(ns);
    return error;
}
