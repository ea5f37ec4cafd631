/* The guest's clocks.  CLOCK_MONOTONIC and BOOTTIME are the host's plus monitor->clock_offset, so that they go on
 * where they were after a restore; CLOCK_REALTIME is the host's.  Times in ns. */
#ifndef HOSTVIRT_CLOCK_H
#define HOSTVIRT_CLOCK_H

#include "hostvirt/process.h"

#include <time.h>

uint64_t clock_host(void);                         /* CLOCK_MONOTONIC of the host */
uint64_t clock_host_process(pid_t process);        /* processor time of a host process; 0: it is gone */
uint64_t clock_guest(const struct monitor *m);     /* CLOCK_MONOTONIC of the guest */
/* Guest's absolute time on a guest clock -> host CLOCK_MONOTONIC deadline.  -EINVAL for unknown clocks. */
int clock_to_host_deadline(const struct monitor *m, clockid_t clock, const struct timespec *guest, uint64_t *deadline);
/* May a thread or a timer wait for a system-wide clock?  0; -EOPNOTSUPP: it can only be read; -EPERM: it wakes the
 * machine (CAP_WAKE_ALARM); -EINVAL: there is none.  Clocks of single threads and processes: CLOCK_PROCESS_CPUTIME_ID
 * only. */
int clock_check_wait(clockid_t clock);
int clock_read(struct thread *t, clockid_t clock, struct timespec *out); /* clock_gettime(2), CPU clocks too */

static inline struct timespec timespec_of(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
}

static inline bool timespec_valid(const struct timespec *t)
{
    return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < 1000000000;
}

/* Saturates. */
static inline uint64_t timespec_ns(const struct timespec *t)
{
    return (uint64_t)t->tv_sec > 9000000000ull ? 9000000000000000000ull
                                               : (uint64_t)t->tv_sec * 1000000000u + (uint64_t)t->tv_nsec;
}

#endif
