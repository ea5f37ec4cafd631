/* Signal frames: what Linux programs rely on in their layout, and that nothing a guest writes into one gives it more
 * than ring 3 has. */
#include "hostvirt/guestsignal_frame.h"
#include "hostvirt/guestsignal_private.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/uaccess.h"
#include "runner.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define FEATURES 7ull /* x87, SSE, AVX */
#define XSAVE_BYTES 832u
#define STACK_BYTES 65536u
#define CODE (GUEST_ARENA + 0x123456)

static struct monitor monitor;
static struct process process;
static struct thread *thread;
static struct statistics statistics;
static uint8_t *stack; /* guest memory */

static void set_up(void)
{
    ck_assert_int_eq(uaccess_init(), 0);
    memset(&monitor, 0, sizeof monitor);
    memset(&process, 0, sizeof process);
    monitor.platform.features = FEATURES;
    monitor.platform.xsave_bytes = XSAVE_BYTES;
    monitor.statistics = &statistics;
    monitor.process = &process;
    process.monitor = &monitor;
    process.pending.last = &process.pending.first;
    pthread_mutex_init(&process.lock, NULL);
    thread = aligned_alloc(64, (sizeof *thread + 63) & ~(size_t)63);
    ck_assert_ptr_nonnull(thread);
    memset(thread, 0, sizeof *thread);
    thread->process = &process;
    thread->pending.last = &thread->pending.first;
    thread->alternate.ss_flags = SS_DISABLE;
    process.threads = thread;
    process.thread_count = 1;
    stack = mmap((void *)GUEST_ARENA, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                 0);
    ck_assert_ptr_eq(stack, (void *)GUEST_ARENA);
    for (unsigned i = 0; i < XSAVE_BYTES; i++)
        thread->cpu.xsave[i] = (uint8_t)(i * 7);
    *(uint32_t *)(thread->cpu.xsave + 24) = 0x1f80;
    memset(thread->cpu.xsave + 512, 0, 64);
    thread->cpu.xsave[512] = FEATURES;
    __u64 *r = (__u64 *)&thread->cpu.regs;
    for (unsigned i = 0; i < 16; i++)
        r[i] = 0x1111111111111111ull * (i + 1);
    thread->cpu.regs.rsp = GUEST_ARENA + STACK_BYTES - 1000;
    thread->cpu.regs.rip = CODE;
    thread->cpu.regs.rflags = 0x246;
}

static const struct action handler = {.handler = GUEST_ARENA + 0x777, .flags = SA_SIGINFO | SA_RESTORER_FLAG,
                                      .restorer = GUEST_ARENA + 0x888, .mask = 0};

static struct frame *build(const struct action *a)
{
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_USER};

    ck_assert_int_eq(frame_build(thread, &info, a, 0x5500), 0);
    return (struct frame *)(uintptr_t)thread->cpu.regs.rsp;
}

/* The restorer has been returned to: the stack pointer is 8 above the frame. */
static int give_back(void)
{
    thread->cpu.regs.rsp += 8;
    return frame_return(thread);
}

/* Offsets as programs see them: HotSpot, libunwind and Go read contexts by these numbers. */
START_TEST(layout)
{
    const struct frame *f = build(&handler);

    ck_assert_uint_eq(thread->cpu.regs.rsp % 16, 8);
    ck_assert_uint_eq(thread->cpu.regs.rdi, SIGUSR1);
    ck_assert_uint_eq(thread->cpu.regs.rsi, thread->cpu.regs.rsp + 8 + 304);
    ck_assert_uint_eq(thread->cpu.regs.rdx, thread->cpu.regs.rsp + 8);
    ck_assert_uint_eq(thread->cpu.regs.rip, handler.handler);
    ck_assert_uint_eq(f->restorer, handler.restorer);
    ck_assert_uint_eq(f->context.flags, 7);
    ck_assert_uint_eq(offsetof(struct frame_context, registers), 40);
    ck_assert_uint_eq(f->context.registers[16], CODE);
    ck_assert_uint_eq(f->context.cs, 0x33);
    ck_assert_uint_eq(f->context.ss, 0x2b);
    ck_assert_uint_eq(f->context.mask, 0x5500);
    ck_assert_uint_eq(f->context.xsave % 64, 0);
    /* The red zone below the interrupted stack pointer is left alone. */
    ck_assert_uint_le(f->context.xsave + XSAVE_BYTES + 4, GUEST_ARENA + STACK_BYTES - 1000 - 128);
    const uint8_t *area = (const uint8_t *)(uintptr_t)f->context.xsave;
    ck_assert_uint_eq(*(const uint32_t *)(area + 464), 0x46505853);
    ck_assert_uint_eq(*(const uint32_t *)(area + 468), XSAVE_BYTES + 4);
    ck_assert_uint_eq(*(const uint64_t *)(area + 472), FEATURES);
    ck_assert_uint_eq(*(const uint32_t *)(area + 480), XSAVE_BYTES);
    ck_assert_uint_eq(*(const uint32_t *)(area + XSAVE_BYTES), 0x46505845);
}
END_TEST

/* Everything comes back that went in. */
START_TEST(round_trip)
{
    struct kvm_regs before = thread->cpu.regs;
    uint8_t vectors[XSAVE_BYTES];

    memcpy(vectors, thread->cpu.xsave, sizeof vectors);
    build(&handler);
    memset(thread->cpu.xsave, 0xee, XSAVE_BYTES);
    ck_assert_int_eq(give_back(), 0);
    ck_assert_mem_eq(&before, &thread->cpu.regs, sizeof before);
    ck_assert_uint_eq(thread->blocked, 0x5500 & ~(1ull << (SIGKILL - 1)));
    ck_assert_mem_eq(vectors, thread->cpu.xsave, 464);
    ck_assert_mem_eq(vectors + 576, thread->cpu.xsave + 576, XSAVE_BYTES - 576);
}
END_TEST

/* Of RFLAGS only the user's bits are taken: no interrupt flag, I/O privilege, nested task, virtual-8086 mode. */
START_TEST(flags_are_masked)
{
    build(&handler)->context.rflags = ~0ull;
    ck_assert_int_eq(give_back(), 0);
    ck_assert_uint_eq(thread->cpu.regs.rflags, 0x246 | 0x50dd5);
    ck_assert_uint_eq(thread->cpu.regs.rflags & 0x3a7000, 0);
}
END_TEST

struct forgery {
    const char *what;
    void (*make)(struct frame *f);
};

static uint8_t *area_of(struct frame *f)
{
    return (uint8_t *)(uintptr_t)f->context.xsave;
}

static void kernel_code(struct frame *f) { f->context.cs = 0x10; }
static void old_code(struct frame *f) { f->context.cs = 0x23; }
static void not_canonical(struct frame *f) { f->context.registers[16] = 0x8000000000000000ull; }
static void above_user(struct frame *f) { f->context.registers[16] = 0x800000000000ull; }
static void unknown_component(struct frame *f) { area_of(f)[514] = 2; /* bit 17: AMX */ }
static void compact_format(struct frame *f) { area_of(f)[527] = 0x80; }
static void reserved_header(struct frame *f) { area_of(f)[570] = 1; }
static void reserved_mxcsr(struct frame *f) { area_of(f)[27] = 1; }
static void missing_area(struct frame *f) { f->context.xsave = 0x1000; }
static void monitors_area(struct frame *f) { f->context.xsave = (uint64_t)(uintptr_t)&monitor; }

static const struct forgery forgeries[] = {
    {"code segment of ring 0", kernel_code},       {"32-bit code segment", old_code},
    {"address that is not canonical", not_canonical}, {"first address beyond ring 3's", above_user},
    {"vector component that does not exist", unknown_component}, {"compact XSAVE format", compact_format},
    {"reserved bytes of the XSAVE header", reserved_header}, {"reserved bits of MXCSR", reserved_mxcsr},
    {"vector state that is not mapped", missing_area}, {"vector state in the monitor", monitors_area},
};

START_TEST(forged_frames_are_refused)
{
    struct frame *f = build(&handler);

    forgeries[_i].make(f);
    thread->cpu.regs.rsp += 8;
    struct kvm_regs before = thread->cpu.regs;
    ck_assert_msg(frame_return(thread) == -EFAULT, "%s was taken", forgeries[_i].what);
    ck_assert_mem_eq(&before, &thread->cpu.regs, sizeof before);
}
END_TEST

/* Without the magic numbers only x87 and SSE come from the frame, the rest is initial. */
START_TEST(legacy_state)
{
    struct frame *f = build(&handler);

    memset(area_of(f) + 464, 0, 4);
    ck_assert_int_eq(give_back(), 0);
    ck_assert_uint_eq(thread->cpu.xsave[512], 3);
    ck_assert_uint_eq(thread->cpu.xsave[600], 0);
    ck_assert_uint_eq(thread->cpu.xsave[160], (uint8_t)(160 * 7));
}
END_TEST

/* A frame goes to the alternate stack when asked, and is refused where it does not fit or cannot be written. */
START_TEST(stacks)
{
    struct action a = handler;
    siginfo_t info = {.si_signo = SIGUSR1};

    a.flags |= SA_ONSTACK;
    ck_assert_int_eq(frame_set_alternate(thread, &(stack_t){.ss_sp = stack, .ss_size = 2047}), -ENOMEM);
    ck_assert_int_eq(frame_set_alternate(thread, &(stack_t){.ss_sp = stack, .ss_size = 8192, .ss_flags = 77}), -EINVAL);
    ck_assert_int_eq(frame_set_alternate(thread, &(stack_t){.ss_sp = stack, .ss_size = 8192}), 0);
    build(&a);
    ck_assert_uint_lt(thread->cpu.regs.rsp, GUEST_ARENA + 8192);
    ck_assert(frame_on_alternate(thread));
    ck_assert_int_eq(frame_set_alternate(thread, &(stack_t){.ss_flags = SS_DISABLE}), -EPERM);
    uint64_t first = thread->cpu.regs.rsp;
    build(&a); /* nested: below the first, on the same stack */
    ck_assert_uint_lt(thread->cpu.regs.rsp, first);
    thread->cpu.regs.rsp = GUEST_ARENA + 512;
    ck_assert_int_eq(frame_build(thread, &info, &a, 0), -EFAULT);
    thread->alternate = (stack_t){.ss_flags = SS_DISABLE};
    const uint64_t bad[] = {0, 64, GUEST_ARENA - 64, ~0ull, GUEST_HIGH + 4096, (uint64_t)(uintptr_t)&info};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        thread->cpu.regs.rsp = bad[i];
        ck_assert_int_eq(frame_build(thread, &info, &handler, 0), -EFAULT);
        ck_assert_uint_eq(thread->cpu.regs.rip, handler.handler); /* of the last good one: registers are as before */
    }
}
END_TEST

/* A handler without a restorer or outside of ring 3's addresses cannot be run. */
START_TEST(handlers)
{
    struct action a = handler;
    siginfo_t info = {.si_signo = SIGUSR1};

    a.flags &= ~(uint64_t)SA_RESTORER_FLAG;
    ck_assert_int_eq(frame_build(thread, &info, &a, 0), -EFAULT);
    a = handler;
    a.handler = 0xffff800000000000ull;
    ck_assert_int_eq(frame_build(thread, &info, &a, 0), -EFAULT);
}
END_TEST

/* Standard signals are pending once, real-time ones as often as they were sent, the lowest comes first. */
START_TEST(queues)
{
    siginfo_t info = {.si_signo = SIGRTMIN_GUEST + 5, .si_code = SI_QUEUE};

    process.limits[RLIMIT_SIGPENDING] = (struct rlimit){3, 3};
    signal_set_blocked(thread, ~0ull);
    ck_assert_uint_eq(thread->blocked & (bit_of(SIGKILL) | bit_of(SIGSTOP)), 0);
    for (int i = 0; i < 3; i++) {
        info.si_int = i;
        ck_assert_int_eq(signal_process(&process, &info), 0);
    }
    ck_assert_int_eq(signal_process(&process, &info), -EAGAIN);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(signal_process(&process, &(siginfo_t){.si_signo = SIGUSR2}), 0);
    ck_assert(!signal_pending(thread));
    ck_assert(signal_take(thread, ~0ull, &info));
    ck_assert_int_eq(info.si_signo, SIGUSR2);
    for (int i = 0; i < 3; i++) {
        ck_assert(signal_take(thread, ~0ull, &info));
        ck_assert_int_eq(info.si_signo, SIGRTMIN_GUEST + 5);
        ck_assert_int_eq(info.si_int, i);
    }
    ck_assert(!signal_take(thread, ~0ull, &info));
}
END_TEST

/* The instruction decoder finds which operand lies beyond the end of memory. */
START_TEST(fault_addresses)
{
    static const struct { uint8_t code[8]; uint64_t rax, rsi, rdi; unsigned expected; } rows[] = {
        {{0x8b, 0x18}, STACK_BYTES + 8, 0, 0, STACK_BYTES + 8},                /* mov (%rax), %ebx */
        {{0x89, 0x58, 0x10}, STACK_BYTES, 0, 0, STACK_BYTES + 16},             /* mov %ebx, 16(%rax) */
        {{0x48, 0x8b, 0x04, 0x30}, STACK_BYTES, 64, 0, STACK_BYTES + 64},      /* mov (%rax,%rsi), %rax */
        {{0xf3, 0xa4}, 0, GUEST_ARENA, GUEST_ARENA + STACK_BYTES, STACK_BYTES},/* rep movsb */
        {{0xc5, 0xfe, 0x6f, 0x00}, STACK_BYTES - 8, 0, 0, STACK_BYTES},        /* vmovdqu (%rax), %ymm0 */
        {{0x8b, 0x18}, 0, 0, 0, 0},                                            /* nothing out of reach */
    };

    munmap(stack + STACK_BYTES, 16 * PAGE_BYTES);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct kvm_regs r = {.rip = GUEST_ARENA, .rax = GUEST_ARENA + rows[i].rax, .rsi = rows[i].rsi,
                             .rdi = rows[i].rdi, .rsp = GUEST_ARENA + 4096};
        memcpy(stack, rows[i].code, sizeof rows[i].code);
        uint64_t expected = rows[i].expected != 0 ? GUEST_ARENA + rows[i].expected : 0;
        ck_assert_msg(fault_address(&r) == expected, "row %u: %#lx", i, (unsigned long)fault_address(&r));
    }
}
END_TEST

TEST_MAIN("hostvirt signals", set_up, 10, TEST(layout), TEST(round_trip), TEST(flags_are_masked),
          TEST_EACH(forged_frames_are_refused, forgeries), TEST(legacy_state), TEST(stacks), TEST(handlers),
          TEST(queues), TEST(fault_addresses))
