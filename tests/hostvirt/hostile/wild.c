/* Privileged instructions, raw ports, every interrupt number, wild jumps, wild selectors: each in a child, which dies
 * of a signal or goes on, but never hangs, never sees the monitor and never ends the monitor. */
#include "hostile.h"

#include <setjmp.h>

static unsigned char *code; /* a page that can be written and run */

static void run_bytes(const unsigned char *bytes, size_t count)
{
    memcpy(code, bytes, count);
    memset(code + count, 0xc3, 16); /* ret */
    ((void (*)(void))(uintptr_t)code)();
}

struct sequence {
    const char *name;
    unsigned char bytes[16];
    unsigned char count;
    bool harmless; /* may go on without a signal */
};

#define SEQUENCE(name, harmless, ...) {name, {__VA_ARGS__}, sizeof((unsigned char[]){__VA_ARGS__}), harmless}

static const struct sequence sequences[] = {
    SEQUENCE("hlt", false, 0xf4),
    SEQUENCE("cli", false, 0xfa),
    SEQUENCE("sti", false, 0xfb),
    SEQUENCE("in al, dx", false, 0xec),
    SEQUENCE("ins", false, 0x6c),
    SEQUENCE("outs", false, 0x6e),
    SEQUENCE("clts", false, 0x0f, 0x06),
    SEQUENCE("invd", false, 0x0f, 0x08),
    SEQUENCE("wbinvd", false, 0x0f, 0x09),
    SEQUENCE("rdmsr", false, 0x0f, 0x32),
    SEQUENCE("wrmsr", false, 0x0f, 0x30),
    SEQUENCE("mov rax, cr0", false, 0x0f, 0x20, 0xc0),
    SEQUENCE("mov rax, cr3", false, 0x0f, 0x20, 0xd8),
    SEQUENCE("mov cr0, rax", false, 0x0f, 0x22, 0xc0),
    SEQUENCE("mov cr3, rax", false, 0x0f, 0x22, 0xd8),
    SEQUENCE("mov cr4, rax", false, 0x0f, 0x22, 0xe0),
    SEQUENCE("mov rax, dr7", false, 0x0f, 0x21, 0xf8),
    SEQUENCE("mov dr7, rax", false, 0x0f, 0x23, 0xf8),
    SEQUENCE("lgdt [rsp]", false, 0x0f, 0x01, 0x14, 0x24),
    SEQUENCE("lidt [rsp]", false, 0x0f, 0x01, 0x1c, 0x24),
    SEQUENCE("lmsw ax", false, 0x0f, 0x01, 0xf0),
    SEQUENCE("lldt ax", false, 0x0f, 0x00, 0xd0),
    SEQUENCE("ltr ax", false, 0x0f, 0x00, 0xd8),
    SEQUENCE("invlpg [rsp]", false, 0x0f, 0x01, 0x3c, 0x24),
    SEQUENCE("invpcid", false, 0x66, 0x0f, 0x38, 0x82, 0x04, 0x24),
    SEQUENCE("swapgs", false, 0x0f, 0x01, 0xf8),
    SEQUENCE("xsetbv", false, 0x31, 0xc9, 0x0f, 0x01, 0xd1),
    SEQUENCE("sysret", false, 0x0f, 0x07),
    SEQUENCE("sysretq", false, 0x48, 0x0f, 0x07),
    SEQUENCE("sysexit", false, 0x0f, 0x35),
    SEQUENCE("monitor", false, 0x0f, 0x01, 0xc8),
    SEQUENCE("mwait", false, 0x0f, 0x01, 0xc9),
    SEQUENCE("rsm", false, 0x0f, 0xaa),
    SEQUENCE("getsec", false, 0x0f, 0x37),
    SEQUENCE("vmxoff", false, 0x0f, 0x01, 0xc4),
    SEQUENCE("vmlaunch", false, 0x0f, 0x01, 0xc2),
    SEQUENCE("vmrun", false, 0x0f, 0x01, 0xd8),
    SEQUENCE("stgi", false, 0x0f, 0x01, 0xdc),
    SEQUENCE("ud2", false, 0x0f, 0x0b),
    SEQUENCE("icebp", false, 0xf1),
    SEQUENCE("int3", false, 0xcc),
    SEQUENCE("sysenter", true, 0x0f, 0x34),
    SEQUENCE("vmcall", true, 0x0f, 0x01, 0xc1),
    SEQUENCE("vmmcall", true, 0x0f, 0x01, 0xd9),
    SEQUENCE("vmfunc", true, 0x0f, 0x01, 0xd4),
    SEQUENCE("rdpmc", true, 0x0f, 0x33),
    SEQUENCE("cpuid 0x40000000", true, 0x53, 0xb8, 0, 0, 0, 0x40, 0x0f, 0xa2, 0x5b),
    SEQUENCE("sgdt", true, 0x48, 0x83, 0xec, 0x18, 0x0f, 0x01, 0x04, 0x24, 0x48, 0x83, 0xc4, 0x18),
    SEQUENCE("sidt", true, 0x48, 0x83, 0xec, 0x18, 0x0f, 0x01, 0x0c, 0x24, 0x48, 0x83, 0xc4, 0x18),
    SEQUENCE("smsw", true, 0x0f, 0x01, 0xe0),
    SEQUENCE("str", true, 0x0f, 0x00, 0xc8),
    SEQUENCE("xgetbv", true, 0x31, 0xc9, 0x0f, 0x01, 0xd0),
    SEQUENCE("popf with everything", true, 0x68, 0xff, 0xfe, 0x7f, 0x00, 0x9d), /* all but TF */
    SEQUENCE("popf with NT and IOPL 3", true, 0x68, 0x02, 0x70, 0x00, 0x00, 0x9d),
    SEQUENCE("std, then a call", true, 0xfd, 0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xfc),
    SEQUENCE("trap flag over a call", true, 0x9c, 0x81, 0x0c, 0x24, 0, 1, 0, 0, 0x9d, 0xb8, 39, 0, 0, 0, 0x0f, 0x05),
    SEQUENCE("lock nop", false, 0xf0, 0x90),
    SEQUENCE("int 0x80", true, 0xb8, 20, 0, 0, 0, 0xcd, 0x80),
};

static void run_sequence(uint64_t i)
{
    run_bytes(sequences[i].bytes, sequences[i].count);
}

static void run_interrupt(uint64_t number)
{
    const unsigned char bytes[] = {0xcd, (unsigned char)number};
    run_bytes(bytes, sizeof bytes);
}

static void run_out(uint64_t port)
{
    const unsigned char bytes[] = {0x31, 0xc0, 0xb8, 0xff, 0xff, 0, 0, 0x66, 0xba, (unsigned char)port,
                                   (unsigned char)(port >> 8), 0xee};
    run_bytes(bytes, sizeof bytes);
}

static void run_in(uint64_t port)
{
    const unsigned char bytes[] = {0x66, 0xba, (unsigned char)port, (unsigned char)(port >> 8), 0xec};
    run_bytes(bytes, sizeof bytes);
}

static void run_selector(uint64_t selector)
{
    unsigned short s = (unsigned short)selector;
    __asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" : : "r"(s));
    struct {
        uint64_t offset;
        uint16_t selector;
    } __attribute__((packed)) far = {(uint64_t)(uintptr_t)code, s};
    memset(code, 0xc3, 16);
    __asm__ volatile("rex.w lcall *%0" : : "m"(far));
}

static void run_iret(uint64_t selector)
{
    __asm__ volatile("mov %%rsp, %%rcx; push %0; push %%rcx; pushf; push %1; lea 1f(%%rip), %%rax; push %%rax\n\t"
                     "iretq\n1:"
                     : : "r"((selector & ~7ul) + 8 + 3), "r"(selector) : "rax", "rcx", "memory");
}

static void run_jump(uint64_t address)
{
    ((void (*)(void))address)();
}

static void run_read(uint64_t address)
{
    *(volatile char *)address;
}

static void run_write(uint64_t address)
{
    *(volatile char *)address = 1;
}

static void run_stack(uint64_t address)
{
    __asm__ volatile("mov %0, %%rsp; push %%rax; ud2" : : "r"(address)); /* a signal without a stack for it */
}

/* A call with a wild stack, wild segment bases and a wild return address. */
static void run_call(uint64_t address)
{
    syscall(SYS_arch_prctl, 0x1001 /* ARCH_SET_GS */, address);
    __asm__ volatile("mov %0, %%rsp; mov $39, %%eax; syscall; ud2" : : "r"(address) : "rax", "rcx", "r11");
}

static int bad;

static void expect_death(const char *what, uint64_t n, void (*act)(uint64_t), uint64_t argument, bool harmless)
{
    int status = in_child(act, argument, 10);
    if (status == -1 || status < -1 || (!harmless && !(WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL))) {
        printf("%s %#lx: status %d\n", what, n, status);
        bad++;
    }
}

/* wild [software]: the word says that the KVM is one of software. */
int main(int argc, char **argv)
{
    bool software = argc > 1 && strcmp(argv[1], "software") == 0;
    static const uint64_t places[] = {
        0, 1, 0xfff, 0xffff, 0x7fff00000000, GUEST_HIGH - 1, GUEST_HIGH, GUEST_HIGH + 0x1000, GUEST_HIGH + 0x2000,
        GUEST_HIGH + 0x10000, GUEST_HIGH + 0x100000, 0x555555554000, 0x7ffff7fc1000, 0x7fffffffe000, 0x800000000000,
        0xffff800000000000, 0xffffffff81000000, 0xffffffffff600000, 0xfffffffffffff000, 0x4141414141414141,
    };

    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        return 2;
    for (unsigned i = 0; i < sizeof sequences / sizeof *sequences; i++)
        expect_death(sequences[i].name, i, run_sequence, i, sequences[i].harmless);
    for (unsigned i = 0; i < 256; i++) /* a software KVM passes over 0x1a, where a processor raises #GP */
        expect_death("int", i, run_interrupt, i, software && i == 0x1a);
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        expect_death("jump", places[i], run_jump, places[i], false);
        expect_death("read", places[i], run_read, places[i], false);
        expect_death("write", places[i], run_write, places[i], false);
        expect_death("stack", places[i], run_stack, places[i], false);
        expect_death("call", places[i], run_call, places[i], false);
    }
    for (unsigned port = 0; port < 0x10000; port += port < 0x110 ? 1 : 0xfff) {
        bool own = port == 0x80 || port == 0x81; /* the way of system calls itself: number 0xffff is none */
        expect_death("out", port, run_out, port, own);
        expect_death("in", port, run_in, port, own);
    }
    for (unsigned selector = 0; selector < 0x80; selector += selector < 0x40 ? 1 : 8) {
        expect_death("selector", selector, run_selector, selector, true);
        expect_death("iret", selector, run_iret, selector, true);
    }
    if (bad == 0)
        say("ok\n");
    return bad != 0;
}
