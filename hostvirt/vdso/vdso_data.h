/* The page of clock parameters in front of the vDSO: written by the monitor (vdso.c of hostvirt), read by guests.
 * A reader takes `sequence`, waits while it is odd, reads, and starts again when it has changed. */
#ifndef HOSTVIRT_VDSO_DATA_H
#define HOSTVIRT_VDSO_DATA_H

#include <stdint.h>

struct vdso_data {
    uint32_t sequence;
    uint32_t usable;     /* 0: the processor's counter does not serve; every clock is asked by a system call */
    uint64_t counter;    /* time-stamp counter at which both times below held */
    uint64_t monotonic;  /* guest's CLOCK_MONOTONIC, ns */
    uint64_t realtime;   /* CLOCK_REALTIME, ns since the epoch */
    uint64_t multiplier; /* ns per 2^32 ticks */
    uint32_t processors; /* that getcpu may name */
};

#endif
