/* Signal frames on x86-64, as Linux lays them out (measured on 6.18; asm/sigcontext.h, asm/ucontext.h):
 *
 *      interrupted stack pointer - 128 (red zone), or the top of the alternate stack
 *        vector state: XSAVE area of platform->xsave_bytes, 64-aligned, and 4 bytes of magic behind it
 *        struct frame: return address, ucontext, siginfo; 8 below a multiple of 16
 *      stack pointer of the handler
 *
 * A frame is guest memory: what comes back from it is checked as if an attacker had written it. */
#include "hostvirt/guestsignal_frame.h"
#include "hostvirt/guestsignal_private.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define RED_ZONE 128
#define USER_END 0x800000000000ull /* above it addresses are not canonical, or not of ring 3 */
#define SELECTOR_CODE 0x33
#define SELECTOR_STACK 0x2b

/* RFLAGS that a frame may set: AC OF DF TF SF ZF AF PF CF RF. */
#define FLAGS_RESTORED 0x50dd5ull
#define FLAG_TRAP 0x100ull
#define FLAG_DIRECTION 0x400ull
#define FLAG_RESUME 0x10000ull

#define MXCSR_MASK 0xffffu
#define XSTATE_X87_SSE 3ull
#define LEGACY_BYTES 512
#define SOFTWARE_BYTES_AT 464
#define MAGIC1 0x46505853u
#define MAGIC2 0x46505845u

/* struct _fpx_sw_bytes */
struct software_bytes {
    uint32_t magic, extended_bytes;
    uint64_t features;
    uint32_t state_bytes, padding[7];
};

_Static_assert(sizeof(struct software_bytes) == 48, "bytes 464 to 511 of the legacy area");
_Static_assert(offsetof(struct frame, context) == 8 && sizeof(struct frame_context) == 304, "measured layout");
_Static_assert(sizeof(struct frame) == 440 && sizeof(siginfo_t) == 128, "measured layout");

static bool on_alternate(const struct thread *t, uint64_t stack_pointer)
{
    uint64_t base = (uint64_t)(uintptr_t)t->alternate.ss_sp;

    /* Like Linux, with SS_AUTODISARM the thread never counts as being on it (sigaltstack(2)). */
    if (t->alternate.ss_flags & (SS_DISABLE | SS_AUTODISARM_FLAG))
        return false;
    return stack_pointer > base && stack_pointer - base <= t->alternate.ss_size;
}

bool frame_on_alternate(const struct thread *t)
{
    return on_alternate(t, t->cpu.regs.rsp);
}

/* ---- vector state ----------------------------------------------------------------------------------------------- */

void frame_make_xsave(uint8_t *area, uint64_t features, uint32_t bytes)
{
    struct software_bytes software = {.magic = MAGIC1, .extended_bytes = bytes + sizeof(uint32_t),
                                      .features = features, .state_bytes = bytes};
    uint64_t present;

    memcpy(area + SOFTWARE_BYTES_AT, &software, sizeof software);
    memcpy(&present, area + LEGACY_BYTES, sizeof present);
    present = (present & features) | XSTATE_X87_SSE;
    memset(area + LEGACY_BYTES, 0, 64);
    memcpy(area + LEGACY_BYTES, &present, sizeof present);
}

int frame_check_xsave(uint8_t *area, uint64_t features)
{
    uint64_t header[8];
    uint32_t mxcsr;

    memcpy(header, area + LEGACY_BYTES, sizeof header);
    memcpy(&mxcsr, area + 24, sizeof mxcsr);
    /* What XRSTOR would fault on (SDM 1, 13.8): unknown components, the compact format, reserved bits. */
    if ((header[0] & ~features) != 0 || (mxcsr & ~MXCSR_MASK) != 0)
        return -EFAULT;
    for (unsigned i = 1; i < 8; i++)
        if (header[i] != 0)
            return -EFAULT;
    return 0;
}

/* The state of a thread that has used neither: what Linux gives when a frame has none. */
static void initial_xsave(uint8_t *area)
{
    const uint16_t control = 0x37f;
    const uint32_t mxcsr = 0x1f80;

    memset(area, 0, XSAVE_AREA_BYTES);
    memcpy(area, &control, sizeof control);
    memcpy(area + 24, &mxcsr, sizeof mxcsr);
    area[LEGACY_BYTES] = XSTATE_X87_SSE;
}

/* Reads the area at `address` into `area`, checked.  Without the magics only the legacy part counts. */
static int read_xsave(const struct platform *p, uint64_t address, uint8_t *area)
{
    struct software_bytes software;
    uint32_t magic2 = 0;

    initial_xsave(area);
    if (address == 0)
        return 0;
    if (copy_in(area, address, LEGACY_BYTES) != 0)
        return -EFAULT;
    memcpy(&software, area + SOFTWARE_BYTES_AT, sizeof software);
    memset(area + SOFTWARE_BYTES_AT, 0, sizeof software);
    bool extended = software.magic == MAGIC1 && software.state_bytes >= LEGACY_BYTES + 64 &&
                    software.state_bytes <= p->xsave_bytes && software.state_bytes <= software.extended_bytes &&
                    software.state_bytes <= XSAVE_AREA_BYTES &&
                    copy_in(&magic2, address + software.state_bytes, sizeof magic2) == 0 && magic2 == MAGIC2;
    if (extended) {
        if (copy_in(area + LEGACY_BYTES, address + LEGACY_BYTES, software.state_bytes - LEGACY_BYTES) != 0)
            return -EFAULT;
        /* Components that the frame does not speak of get their initial state. */
        uint64_t present;
        memcpy(&present, area + LEGACY_BYTES, sizeof present);
        present &= software.features | ~p->features; /* those that do not exist are left for the check */
        memcpy(area + LEGACY_BYTES, &present, sizeof present);
    }
    return frame_check_xsave(area, p->features);
}

static int write_xsave(struct thread *t, uint64_t address)
{
    const struct platform *p = &t->process->monitor->platform;
    const uint32_t magic2 = MAGIC2;

    if (t->vcpu != NULL && vcpu_load_xsave(t->vcpu, &t->cpu) != 0)
        return -EFAULT;
    frame_make_xsave(t->cpu.xsave, p->features, p->xsave_bytes);
    if (copy_out(address, t->cpu.xsave, p->xsave_bytes) != 0)
        return -EFAULT;
    return copy_out(address + p->xsave_bytes, &magic2, sizeof magic2);
}

/* ---- general state ---------------------------------------------------------------------------------------------- */

void frame_save_registers(struct frame_context *c, const struct kvm_regs *r)
{
    const __u64 values[FRAME_REGISTERS] = {r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rdi,
                                           r->rsi, r->rbp, r->rbx, r->rdx, r->rax, r->rcx, r->rsp, r->rip};

    memcpy(c->registers, values, sizeof values);
    c->rflags = r->rflags;
    c->cs = SELECTOR_CODE;
    c->ss = SELECTOR_STACK;
}

int frame_restore_registers(struct kvm_regs *r, const struct frame_context *c)
{
    __u64 *const to[FRAME_REGISTERS] = {&r->r8,  &r->r9,  &r->r10, &r->r11, &r->r12, &r->r13, &r->r14, &r->r15, &r->rdi,
                                        &r->rsi, &r->rbp, &r->rbx, &r->rdx, &r->rax, &r->rcx, &r->rsp, &r->rip};

    /* The selectors are ring 3's own; a frame that asks for others (32-bit code, tables of its own) is refused. */
    if ((c->cs | 3) != SELECTOR_CODE || c->registers[FRAME_REGISTERS - 1] >= USER_END)
        return -EFAULT;
    for (unsigned i = 0; i < FRAME_REGISTERS; i++)
        *to[i] = c->registers[i];
    r->rflags = (r->rflags & ~FLAGS_RESTORED) | (c->rflags & FLAGS_RESTORED);
    return 0;
}

/* Where the frame goes; 0: the alternate stack that the thread is on is too small. */
static uint64_t place(const struct thread *t, const struct action *a, uint64_t *xsave)
{
    uint64_t sp = t->cpu.regs.rsp - RED_ZONE;
    bool nested = on_alternate(t, t->cpu.regs.rsp), enters = false;

    if ((a->flags & SA_ONSTACK) != 0 && !nested && (t->alternate.ss_flags & SS_DISABLE) == 0) {
        sp = (uint64_t)(uintptr_t)t->alternate.ss_sp + t->alternate.ss_size;
        enters = true;
    }
    *xsave = (sp - t->process->monitor->platform.xsave_bytes - sizeof(uint32_t)) & ~63ull;
    sp = ((*xsave - sizeof(struct frame)) & ~15ull) - 8;
    uint64_t base = (uint64_t)(uintptr_t)t->alternate.ss_sp;
    if ((nested || enters) && !(sp > base && sp - base <= t->alternate.ss_size))
        return 0;
    return sp;
}

int frame_build(struct thread *t, const siginfo_t *info, const struct action *a, uint64_t blocked)
{
    struct kvm_regs *r = &t->cpu.regs;
    struct frame f = {0};
    uint64_t xsave, sp = place(t, a, &xsave);

    if (sp == 0 || (a->flags & SA_RESTORER_FLAG) == 0 || a->handler >= USER_END)
        return -EFAULT;
    f.restorer = a->restorer;
    f.context.flags = UC_ALL;
    f.context.stack_base = (uint64_t)(uintptr_t)t->alternate.ss_sp;
    f.context.stack_flags = t->alternate.ss_flags;
    f.context.stack_bytes = t->alternate.ss_size;
    frame_save_registers(&f.context, r);
    f.context.error = t->fault_error;
    f.context.trap = t->fault_trap;
    f.context.cr2 = t->fault_address;
    f.context.old_mask = blocked;
    f.context.mask = blocked;
    f.context.xsave = xsave;
    memcpy(&f.info, info, sizeof f.info);
    if (write_xsave(t, xsave) != 0 || copy_out(sp, &f, sizeof f) != 0)
        return -EFAULT;
    if (t->alternate.ss_flags & SS_AUTODISARM_FLAG)
        t->alternate = (stack_t){.ss_flags = SS_DISABLE};
    t->rewound = false;
    r->rdi = (uint64_t)info->si_signo;
    r->rsi = sp + offsetof(struct frame, info);
    r->rdx = sp + offsetof(struct frame, context);
    r->rax = 0;
    r->rsp = sp;
    r->rip = a->handler;
    r->rflags &= ~(FLAG_DIRECTION | FLAG_TRAP | FLAG_RESUME);
    return 0;
}

int frame_set_alternate(struct thread *t, const stack_t *new)
{
    int mode = new->ss_flags & ~SS_AUTODISARM_FLAG;

    if (frame_on_alternate(t))
        return -EPERM;
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
        return -EINVAL;
    if (mode == SS_DISABLE) {
        t->alternate = (stack_t){.ss_flags = new->ss_flags};
        return 0;
    }
    if (new->ss_size < 2048) /* MINSIGSTKSZ of the kernel's interface, whatever the C library calls it now */
        return -ENOMEM;
    t->alternate = *new;
    t->alternate.ss_flags = new->ss_flags & (int)SS_AUTODISARM_FLAG;
    return 0;
}

int frame_return(struct thread *t)
{
    const struct platform *p = &t->process->monitor->platform;
    struct kvm_regs regs = t->cpu.regs;
    struct frame_context c;
    uint8_t xsave[XSAVE_AREA_BYTES] __attribute__((aligned(64)));

    /* The restorer has been popped: the context is where the stack pointer is now. */
    if (copy_in(&c, regs.rsp, sizeof c) != 0 || frame_restore_registers(&regs, &c) != 0 ||
        read_xsave(p, c.xsave, xsave) != 0)
        return -EFAULT;
    memcpy(t->cpu.xsave, xsave, sizeof xsave);
    if (t->vcpu != NULL && vcpu_store_xsave(t->vcpu, &t->cpu) != 0)
        return -EFAULT;
    t->cpu.regs = regs;
    signal_set_blocked(t, c.mask);
    /* As in Linux, a stack that cannot be set is no reason to stop. */
    frame_set_alternate(t, &(stack_t){.ss_sp = (void *)(uintptr_t)c.stack_base, /* NOLINT: never followed */
                                      .ss_flags = c.stack_flags, .ss_size = c.stack_bytes});
    return 0;
}
