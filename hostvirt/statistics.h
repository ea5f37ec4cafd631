/* What is counted while a guest runs, in memory shared with `cloister stat`: written with relaxed atomics. */
#ifndef HOSTVIRT_STATISTICS_H
#define HOSTVIRT_STATISTICS_H

#include <stdatomic.h>
#include <stdint.h>

#define STATISTICS_CALLS 512

struct call_statistics {
    _Atomic uint64_t count, denied, time; /* ns inside the handler */
};

struct statistics {
    _Atomic uint64_t exits_syscall, exits_patched, exits_exception, exits_kick, exits_fault, signals;
    _Atomic uint64_t pages_committed, windows, threads, vcpus;
    _Atomic uint64_t denied_files, denied_network;
    struct call_statistics calls[STATISTICS_CALLS];
    struct call_statistics unknown;
};

#define COUNT(statistics, member) atomic_fetch_add_explicit(&(statistics)->member, 1, memory_order_relaxed)

#endif
