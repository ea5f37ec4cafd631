/* libFuzzer target: the handlers of system calls.  An input is a little program: data for the guest's memory, and calls
 * with arguments that are numbers, addresses at edges, earlier results.  Whatever they are, a handler answers. */
#include "tests/fuzz/fuzz_guest.h"

#include "hostvirt/guestsignal.h"
#include "hostvirt/syscall.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define CALLS 48 /* of one input */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct input {
    const uint8_t *at, *end;
};

static uint64_t take(struct input *in, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes && in->at < in->end; i++)
        value |= (uint64_t)*in->at++ << (8 * i);
    return value;
}

static uint64_t take_argument(struct input *in, const int64_t *results)
{
    static const uint64_t edges[] = {
        UINT64_MAX, INT64_MAX, (uint64_t)INT64_MIN, UINT32_MAX, INT32_MAX, (uint64_t)INT32_MIN, GUEST_HIGH,
        GUEST_HIGH - 1, GUEST_HIGH - 8, GUEST_LOW, GUEST_LOW - 1, GUEST_ARENA, SCRATCH + SCRATCH_BYTES, PAGE_BYTES,
        0x7fffffffe000, 0xffffffffff600000, (uint64_t)-100 /* AT_FDCWD */, 1ull << 32,
    };
    uint8_t kind = (uint8_t)take(in, 1);

    switch (kind & 7) {
    case 0:
        return kind >> 3;
    case 1:
        return SCRATCH + (uint64_t)(kind >> 3) * 64;
    case 2:
        return SCRATCH + SCRATCH_BYTES - (kind >> 3);
    case 3:
        return edges[(kind >> 3) % (sizeof edges / sizeof *edges)];
    case 4:
        return (uint64_t)results[kind >> 4] + (kind & 8 ? PAGE_BYTES : 0);
    case 5:
        return SCRATCH_CONSTANT + (kind >> 3);
    case 6:
        return take(in, 1 + (kind >> 3) % 4);
    default:
        return take(in, 8);
    }
}

/* Data for the guest's memory: an address as arguments have it, a length, bytes. */
static void take_data(struct input *in, const int64_t *results)
{
    uint8_t buffer[256];
    uint64_t to = take_argument(in, results), bytes = take(in, 1);

    for (uint64_t i = 0; i < bytes; i++)
        buffer[i] = (uint8_t)take(in, 1);
    (void)copy_out(to, buffer, bytes); /* a bad address is the input's own affair */
}

/* A stopped process waits for somebody to continue it, and nobody is there. */
static bool would_stop(struct thread *t)
{
    const uint64_t stops = 1ull << (SIGSTOP - 1) | 1ull << (SIGTSTP - 1) | 1ull << (SIGTTIN - 1) |
                           1ull << (SIGTTOU - 1);
    return (signal_pending_set(t) & stops) != 0;
}

static int64_t make_call(struct thread *t, const struct call *c)
{
    int64_t result = syscall_dispatch(t, c);

    if (!would_stop(t))
        signal_deliver(t, true, result);
    t->process->exiting = t->exiting = false;
    t->wanted = guest_hurried();
    return result;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    guest_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct input in = {data, data + bytes};
    int64_t results[16] = {0};
    struct thread *t = guest_begin();

    guest_trace(take(&in, 1) & 1);
    for (unsigned i = 0; i < CALLS && in.at < in.end; i++) {
        struct call c = {.number = take(&in, 2)};
        if (c.number % 8 == 7) {
            take_data(&in, results);
            continue;
        }
        c.number >>= 3;
        for (unsigned k = 0; k < 6; k++)
            c.arg[k] = take_argument(&in, results);
        results[i % 16] = make_call(t, &c);
    }
    guest_end(t);
    return 0;
}
