/* The page of clock parameters in front of the vDSO: written by the monitor (vdso.c of hostvirt), read by guests, which
 * cannot write it.  Two sets of them: `sequence` says by its lowest bit which one holds, and changes with every set, so
 * that a reader never waits for a writer, which may have been stopped or killed; it reads again when it has changed. */
#ifndef HOSTVIRT_VDSO_DATA_H
#define HOSTVIRT_VDSO_DATA_H

#include <stdint.h>

struct vdso_times {
    uint64_t counter;    /* time-stamp counter at which both times below held */
    uint64_t monotonic;  /* guest's CLOCK_MONOTONIC, ns */
    uint64_t realtime;   /* CLOCK_REALTIME, ns since the epoch */
    uint64_t multiplier; /* ns per 2^32 ticks */
};

struct vdso_data {
    /* 0: the processor's counter does not serve; every clock is asked by a system call.  Else it starts from the
     * counter itself: a guest that was saved while it read must not find its number again on the page of a clone. */
    uint64_t sequence;
    uint64_t writer;     /* time-stamp counter when one began; 0: none */
    struct vdso_times times[2];
    uint32_t processors; /* that getcpu may name */
};

/* The load fence keeps the counter's reading behind the reads of the page's sequence (SDM 2B, RDTSC). */
static inline uint64_t vdso_counter(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return low | (uint64_t)high << 32;
}

static inline uint64_t vdso_elapsed(const volatile struct vdso_times *t, uint64_t counter)
{
    uint64_t ticks = counter - t->counter;

    if ((int64_t)ticks < 0) /* another processor's counter, a little behind */
        ticks = 0;
    return (uint64_t)(((unsigned __int128)ticks * t->multiplier) >> 32);
}

/* ns of CLOCK_MONOTONIC, or of CLOCK_REALTIME; 0 when the page cannot be used. */
static inline uint64_t vdso_time(const volatile struct vdso_data *d, int realtime)
{
    uint64_t sequence, ns;

    do {
        sequence = __atomic_load_n(&d->sequence, __ATOMIC_ACQUIRE);
        if (sequence == 0)
            return 0;
        const volatile struct vdso_times *t = &d->times[sequence & 1];
        ns = (realtime ? t->realtime : t->monotonic) + vdso_elapsed(t, vdso_counter());
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
    } while (d->sequence != sequence);
    return ns;
}

#endif
