/* hostvirt's vCPUs: system calls, exceptions, kicks, the pool and the state that moves between them.  Without /dev/kvm
 * each test says that it was skipped. */
#include "hv_fixture.h"

GUEST(code_registers, "mov $0x1111, %ebx\n mov $0x2222, %r12d\n mov $7, %eax\n syscall\n add %rbx, %r12\n syscall");
GUEST(code_spin, "1: incq (%rdi)\n jmp 1b");
GUEST(code_jump, "jmp *%rdi");
GUEST(code_divide, "xor %ecx, %ecx\n mov $1, %eax\n xor %edx, %edx\n div %ecx");
GUEST(code_undefined, "nop\n ud2");
GUEST(code_noncanonical, "mov $0x8000000000000000, %rax\n mov (%rax), %rax");
GUEST(code_out, "out %al, $0xa3");
GUEST(code_out_wide, "out %eax, $0x80");
GUEST(code_in, "in $0x80, %al");
GUEST(code_patched, "out %al, $0x81\n nop");
GUEST(code_hlt, "hlt");
GUEST(code_cli, "cli");
GUEST(code_wrmsr, "wrmsr");
GUEST(code_page_tables, "mov %rax, %cr3");
GUEST(code_breakpoint, "int3");
GUEST(code_ring, "syscall\n mov %cs, %ebx\n syscall");
GUEST(code_vectors, "vmovdqu (%rdi), %ymm5\n syscall\n vmovdqu %ymm5, 32(%rdi)\n syscall");
GUEST(code_bases, "mov %fs:8, %rax\n mov %gs:8, %rbx\n syscall");
GUEST(code_sum, "1: add %rdi, %rbx\n mov %rbx, (%rsi)\n syscall\n jmp 1b");

/* What a system call shows and keeps of the registers; the same at a rewritten site. */
START_TEST(system_calls)
{
    if (!start())
        return;
    for (int round = 0; round < 3; round++) {
        expect_call(round == 0 ? RUN(code_call) : run(), CODE + 7);
        ck_assert_uint_eq(state.regs.rax, 39);
        ck_assert_uint_eq(state.regs.rsp, STACK);
    }
    expect_call(RUN(code_registers), CODE + 18);
    state.regs.rax = 1234;
    state.regs.rdx = ~0ull;
    expect_call(run(), CODE + 23);
    ck_assert_uint_eq(state.regs.r12, 0x3333);
    ck_assert_uint_eq(state.regs.rax, 1234);
    ck_assert_uint_eq(state.regs.rdx, ~0ull);

    LOAD(code_call);
    bool patched = vm_patch_site(vm, CODE + 5);
    ck_assert_int_eq(patched, platform.software);
    ck_assert(!vm_patch_site(vm, CODE)); /* no system call there */
    for (int round = 0; round < 3; round++) {
        struct guest_exit e = run();
        expect_call(e, CODE + 7);
        ck_assert_uint_eq(e.detail, patched);
    }
}
END_TEST

struct exception_row {
    const uint8_t *code, *end;
    unsigned vector, offset; /* of rip */
};

#define ROW(code, vector, offset) {code, code##_end, vector, offset}
static const struct exception_row exceptions[] = {
    ROW(code_divide, 0, 9),  ROW(code_undefined, 6, 1), ROW(code_noncanonical, 13, 10), ROW(code_out, 13, 0),
    ROW(code_hlt, 13, 0),    ROW(code_cli, 13, 0),      ROW(code_wrmsr, 13, 0),         ROW(code_page_tables, 13, 0),
    ROW(code_in, 13, 0),     ROW(code_out_wide, 13, 0), ROW(code_breakpoint, 3, 1),
};
#undef ROW

/* Each exception twice (the second from where the first left the vCPU), then a system call with other registers. */
START_TEST(exceptions_by_vector)
{
    const struct exception_row *row = &exceptions[_i];
    if (!start())
        return;
    for (int round = 0; round < 2; round++) {
        load_code(row->code, row->end);
        struct guest_exit e = run();
        while (e.kind == EXIT_KICKED)
            e = run();
        expect_exception(e, row->vector, CODE + row->offset);
        ck_assert_uint_eq(state.regs.rsp, STACK);
    }
    struct guest_exit e = RUN(code_call);
    while (e.kind == EXIT_KICKED)
        e = run();
    expect_call(e, CODE + 7);
}
END_TEST

/* The system area, addresses above the guest's, and addresses that are none: jumps, loads, and entries by registers. */
START_TEST(foreign_addresses)
{
    static const uint64_t addresses[] = {
        SYSTEM_BASE, SYSTEM_BASE + SYSTEM_DESCRIPTORS, IRET_ADDRESS, SYSRET_ADDRESS, SYSTEM_BASE + SYSTEM_BLOCKS,
        USER_STUB_ADDRESS + OUT_BYTES, SYSTEM_BASE + SYSTEM_TABLES, GUEST_HIGH + SYSTEM_SIZE, 0x7ffffffff000, 0,
        0x800000000000, 0x8000000000000000, 0xffff7fffffffffff, 0xffff800000000000, 0xffffffff80000000,
        0xffffffffff600000, 0xfffffffffffffff0,
    };
    if (!start())
        return;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        LOAD(code_jump);
        state.regs.rdi = addresses[i];
        ck_assert_int_eq(run().kind, EXIT_EXCEPTION);
        LOAD(code_call);
        state.regs.rip = addresses[i];
        ck_assert_int_eq(run().kind, EXIT_EXCEPTION);
        ck_assert_uint_eq(state.regs.rip, addresses[i]);
        struct guest_exit e = access_page(true, addresses[i]);
        ck_assert_int_eq(e.kind, EXIT_EXCEPTION);
        expect_call(RUN(code_call), CODE + 7);
    }
}
END_TEST

/* No flag that a guest asks for may reach ring 0's. */
START_TEST(hostile_registers)
{
    if (!start())
        return;
    LOAD(code_call);
    memset(&state.regs, 0xff, sizeof state.regs);
    state.regs.rip = CODE;
    struct guest_exit e = run();
    ck_assert_int_eq(e.kind, EXIT_EXCEPTION); /* the trap flag */
    ck_assert_uint_eq(e.vector, 1);
    ck_assert_uint_eq(state.regs.rflags & 0x1a3000, 0); /* IOPL, VM, VIF, VIP */
    LOAD(code_patched);
    e = run();
    if (platform.software)
        expect_call(e, CODE + 2);
    else
        ck_assert_int_eq(e.kind, EXIT_SYSCALL); /* a site rewritten elsewhere */
    LOAD(code_jump);
    state.regs.rdi = USER_STUB_ADDRESS;
    state.regs.rcx = 0x8000000000000000;
    state.regs.r11 = ~0ull;
    if (run().kind == EXIT_SYSCALL) {
        ck_assert_uint_eq(state.regs.rflags & 0x1a3000, 0);
        expect_exception(run(), 13, 0x8000000000000000);
    }
}
END_TEST

/* A software KVM emulates what follows an `iretq` when the stack pointer is no address, and its emulated `syscall`
 * enters ring 0 though the processor's own does not: guest code must be back in ring 3 behind it. */
START_TEST(system_calls_return_to_ring_3)
{
    if (!start())
        return;
    for (int round = 0; round < 50; round++) {
        expect_exception(RUN(code_undefined), 6, CODE + 1);
        LOAD(code_ring);
        state.regs.rsp = 0xed45ef8a746ede58 + (uint64_t)round;
        expect_call(run(), CODE + 2);
        expect_call(run(), CODE + 6);
        ck_assert_uint_eq(state.regs.rbx, SELECTOR_USER_CODE);
    }
}
END_TEST

static void kick_handler(int number)
{
    (void)number;
    vcpu_kick(vcpu);
}

struct kicker {
    pthread_t target;
    _Atomic bool stop;
    unsigned pause; /* us */
    bool once;
};

static void *kick(void *argument)
{
    struct kicker *k = argument;
    do {
        usleep(k->pause);
        pthread_kill(k->target, SIGUSR1);
    } while (!k->once && !k->stop);
    return NULL;
}

static pthread_t start_kicker(struct kicker *k)
{
    pthread_t thread;
    struct sigaction action = {.sa_handler = kick_handler};
    k->target = pthread_self();
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, kick, k), 0);
    return thread;
}

START_TEST(kicks)
{
    if (!start())
        return;
    struct kicker k = {.pause = 20000, .once = true};
    LOAD(code_spin);
    state.regs.rdi = DATA;
    for (int round = 0; round < 5; round++) {
        pthread_t thread = start_kicker(&k);
        ck_assert_int_eq(run().kind, EXIT_KICKED);
        ck_assert_uint_ge(state.regs.rip, CODE);
        ck_assert_uint_lt(state.regs.rip, CODE + 16);
        pthread_join(thread, NULL);
    }
    vcpu_kick(vcpu); /* before a run */
    ck_assert_int_eq(run().kind, EXIT_KICKED);
    expect_exception(RUN(code_undefined), 6, CODE + 1);
    vcpu_kick(vcpu); /* in ring 0 */
    ck_assert_int_eq(run().kind, EXIT_KICKED);
    ck_assert_uint_eq(state.regs.rip, CODE + 1);
    expect_exception(run(), 6, CODE + 1);
}
END_TEST

/* Kicks at every moment of system calls and faults, with other registers after each: nothing may be told of an
 * instruction that did not do it, no call may be lost or made twice. */
START_TEST(kicks_at_random_moments)
{
    if (!start())
        return;
    struct kicker k = {.pause = 20};
    pthread_t thread = start_kicker(&k);
    unsigned kicked = 0;
    struct guest_exit e;
    for (int i = 0; i < 3000; i++) {
        LOAD(code_undefined);
        while ((e = run()).kind == EXIT_KICKED) {
            kicked++;
            if (kicked % 2 == 0) { /* a signal handler, so to speak: it faults at an address of its own */
                struct kvm_regs kept = state.regs;
                state.regs.rip = 0x1000 + (uint64_t)i;
                while ((e = run()).kind == EXIT_KICKED)
                    kicked++;
                expect_exception(e, 14, 0x1000 + (uint64_t)i);
                ck_assert_uint_eq(e.address, 0x1000 + (uint64_t)i);
                state.regs = kept;
            }
        }
        expect_exception(e, 6, CODE + 1);
    }
    volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)DATA;
    LOAD(code_sum);
    state.regs.rdi = 3;
    state.regs.rsi = DATA;
    for (uint64_t i = 1; i < 20000; i++) {
        while ((e = run()).kind == EXIT_KICKED)
            kicked++;
        ck_assert_int_eq(e.kind, EXIT_SYSCALL);
        ck_assert_uint_eq(*word, 3 * i);
        ck_assert_uint_eq(state.regs.rbx, 3 * i);
    }
    k.stop = true;
    pthread_join(thread, NULL);
    ck_assert_uint_gt(kicked, 10);
}
END_TEST

/* Vector state and segment bases go with the thread to another vCPU. */
START_TEST(state_moves_between_vcpus)
{
    if (!start())
        return;
    static struct cpu_state other;
    uint8_t *data = (uint8_t *)(uintptr_t)DATA;
    for (int i = 0; i < 32; i++)
        data[i] = (uint8_t)(i + 1);
    if (platform.features & 4) {
        LOAD(code_vectors);
        state.regs.rdi = DATA;
        ck_assert_int_eq(run().kind, EXIT_SYSCALL);
        struct vcpu *first = vcpu, *second;
        vcpu_give_back(vcpu, &state);
        ck_assert_int_eq(vcpu_take(vm, &second, &other), 0);
        ck_assert_ptr_eq(second, first);
        ck_assert_int_eq(vcpu_take(vm, &vcpu, &state), 0);
        ck_assert_ptr_ne(vcpu, first);
        ck_assert_int_eq(run().kind, EXIT_SYSCALL);
        ck_assert_mem_eq(data, data + 32, 32);
    }
    *(uint64_t *)(data + 0x1008) = 111;
    *(uint64_t *)(data + 0x2008) = 222;
    vcpu_give_back(vcpu, &state);
    state.fs_base = DATA + 0x1000;
    state.gs_base = DATA + 0x2000;
    ck_assert_int_eq(vcpu_take(vm, &vcpu, &state), 0);
    expect_call(RUN(code_bases), CODE + 20);
    ck_assert_uint_eq(state.regs.rax, 111);
    ck_assert_uint_eq(state.regs.rbx, 222);
    state.fs_base = 0x8000000000000000;
    ck_assert_int_eq(vcpu_store_bases(vcpu, &state), -EINVAL);
    memset(state.xsave, 0xff, sizeof state.xsave); /* a forged signal frame */
    ck_assert_int_eq(vcpu_store_xsave(vcpu, &state), 0);
    expect_call(RUN(code_call), CODE + 7);
}
END_TEST

#define WORKERS 300

struct worker {
    pthread_t thread;
    struct cpu_state *state;
    unsigned turns, waits;
    bool wrong;
};

static void *work(void *argument)
{
    struct worker *w = argument;
    uint64_t number = (uint64_t)(w->state->regs.rdi);
    for (uint64_t turn = 1; turn <= 4; turn++) {
        struct vcpu *v;
        int error;
        while ((error = vcpu_take(vm, &v, w->state)) == -EAGAIN) {
            w->waits++;
            usleep(1000);
        }
        if (error != 0) {
            fprintf(stderr, "vcpu_take: %s\n", strerror(-error));
            w->wrong = true;
            return NULL;
        }
        struct guest_exit e;
        vcpu_run(v, w->state, &e);
        w->wrong |= e.kind != EXIT_SYSCALL || w->state->regs.rbx != number * turn;
        usleep(2000);
        vcpu_give_back(v, w->state);
        w->turns++;
    }
    return NULL;
}

START_TEST(more_threads_than_vcpus)
{
    if (!start())
        return;
    LOAD(code_sum);
    static struct worker workers[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        struct worker *w = &workers[i];
        w->state = aligned_alloc(64, sizeof *w->state);
        ck_assert_ptr_nonnull(w->state);
        memset(w->state, 0, sizeof *w->state);
        w->state->regs.rip = CODE;
        w->state->regs.rdi = i + 1;
        w->state->regs.rsi = DATA + i * 8;
        ck_assert_int_eq(pthread_create(&w->thread, NULL, work, w), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        ck_assert_uint_eq(workers[i].turns, 4);
        ck_assert(!workers[i].wrong);
        ck_assert_uint_eq(((uint64_t *)(uintptr_t)DATA)[i], 4 * (i + 1));
        free(workers[i].state);
    }
    ck_assert_uint_le(vm->vcpu_count, VCPU_LIMIT);
}
END_TEST

START_TEST(all_vcpus_in_use)
{
    if (!start())
        return;
    static struct cpu_state other;
    struct vcpu *taken;
    for (unsigned i = 1; i < VCPU_LIMIT; i++)
        ck_assert_int_eq(vcpu_take(vm, &taken, &other), 0);
    ck_assert_int_eq(vcpu_take(vm, &taken, &other), -EAGAIN);
    vcpu_give_back(vcpu, &state);
    ck_assert_int_eq(vcpu_take(vm, &taken, &other), 0);
}
END_TEST

TEST_MAIN("hv_vcpu", NULL, 120, TEST(system_calls), TEST_EACH(exceptions_by_vector, exceptions),
          TEST(foreign_addresses), TEST(hostile_registers), TEST(system_calls_return_to_ring_3), TEST(kicks),
          TEST(kicks_at_random_moments), TEST(state_moves_between_vcpus), TEST(more_threads_than_vcpus),
          TEST(all_vcpus_in_use))
