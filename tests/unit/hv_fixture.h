/* A virtual machine for the tests of hostvirt's lower half: one page of code, some data, one vCPU.  Everything is
 * static: each test file has its own. */
#ifndef CLOISTER_TESTS_HV_FIXTURE_H
#define CLOISTER_TESTS_HV_FIXTURE_H

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "hostvirt/layout.h"
#include "hostvirt/uaccess.h"
#include "hostvirt/vcpu.h"
#include "hostvirt/vm_private.h"
#include "runner.h"

#define CODE GUEST_ARENA
#define DATA (GUEST_ARENA + 0x10000)
#define DATA_BYTES 0x10000ull
#define STACK (DATA + DATA_BYTES)

/* Guest code, position-independent, linked into the test as bytes. */
#define GUEST(name, text)                                                                                              \
    extern const uint8_t name[], name##_end[];                                                                        \
    __asm__(".pushsection .rodata\n" #name ": " text "\n" #name "_end:\n.popsection")

GUEST(code_call, "1: mov $39, %eax\n syscall\n jmp 1b");
GUEST(code_load, "mov (%rdi), %rsi\n mov $1, %eax\n syscall");
GUEST(code_store, "movb $7, (%rdi)\n mov $1, %eax\n syscall");

static struct platform platform;
static struct vm *vm;
static struct vcpu *vcpu;
static struct cpu_state state;

static inline void map(uint64_t start, uint64_t bytes, int prot)
{
    void *at = mmap((void *)(uintptr_t)start, bytes, prot & (PROT_READ | PROT_WRITE),
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    ck_assert_ptr_eq(at, (void *)(uintptr_t)start);
    unsigned rights = (prot & PROT_READ ? PT_READ : 0) | (prot & PROT_WRITE ? PT_WRITE : 0) |
                      (prot & PROT_EXEC ? PT_EXECUTE : 0);
    ck_assert_int_eq(vm_map(vm, start, bytes, rights), 0);
}

/* As memory.c does it: lost rights first leave the page tables, gained ones come last. */
static inline void protect(uint64_t start, uint64_t bytes, unsigned rights)
{
    int prot = (rights & PT_READ ? PROT_READ : 0) | (rights & PT_WRITE ? PROT_WRITE : 0);
    bool gained = rights & PT_WRITE;
    if (!gained)
        ck_assert_int_eq(vm_map(vm, start, bytes, rights), 0);
    ck_assert_int_eq(mprotect((void *)(uintptr_t)start, bytes, prot), 0);
    if (gained)
        ck_assert_int_eq(vm_map(vm, start, bytes, rights), 0);
}

static inline bool start(void)
{
    char reason[256];
    if (platform_open(&platform, BASELINE_HOST, reason, sizeof reason) != 0) {
        fprintf(stderr, "SKIPPED: %s\n", reason);
        return false;
    }
    ck_assert_int_eq(uaccess_init(), 0);
    ck_assert_int_eq(vm_new(&vm, &platform, true), 0);
    map(CODE, PAGE_BYTES, PROT_READ | PROT_EXEC);
    map(DATA, DATA_BYTES, PROT_READ | PROT_WRITE);
    ck_assert_int_eq(vcpu_take(vm, &vcpu, &state), 0);
    return true;
}

static inline void load_code(const uint8_t *from, const uint8_t *end)
{
    void *page = (void *)(uintptr_t)CODE;
    ck_assert_int_eq(mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE), 0);
    memset(page, 0xcc, PAGE_BYTES);
    memcpy(page, from, (size_t)(end - from));
    ck_assert_int_eq(mprotect(page, PAGE_BYTES, PROT_READ), 0);
    memset(&state.regs, 0, sizeof state.regs);
    state.regs.rip = CODE;
    state.regs.rsp = STACK;
}

static inline struct guest_exit run(void)
{
    struct guest_exit e;
    vcpu_run(vcpu, &state, &e);
    return e;
}

#define LOAD(code) load_code(code, code##_end)
#define RUN(code) (LOAD(code), run())

static inline void expect_exception(struct guest_exit e, unsigned vector, uint64_t rip)
{
    ck_assert_int_eq(e.kind, EXIT_EXCEPTION);
    ck_assert_uint_eq(e.vector, vector);
    ck_assert_uint_eq(state.regs.rip, rip);
}

static inline void expect_call(struct guest_exit e, uint64_t rip)
{
    ck_assert_int_eq(e.kind, EXIT_SYSCALL);
    ck_assert_uint_eq(state.regs.rip, rip);
    ck_assert_uint_eq(state.regs.rcx, rip);
    ck_assert_uint_eq(state.regs.r11, state.regs.rflags);
}

static inline struct guest_exit access_page(bool store, uint64_t address)
{
    if (store)
        LOAD(code_store);
    else
        LOAD(code_load);
    state.regs.rdi = address;
    return run();
}

static inline void expect_fault(struct guest_exit e, uint64_t address, unsigned bits)
{
    expect_exception(e, 14, CODE);
    ck_assert_uint_eq(e.address, address);
    ck_assert_uint_eq(e.error & 0x16, bits | 4);
}

#endif
