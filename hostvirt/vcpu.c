/* Running guest code: what is loaded before an entry, and what an exit means.
 *
 *      kvm_pvm     `syscall` stays in ring 3 in the stub at LSTAR, whose `out` exits; the next entry is right behind
 *                  the instruction.  Sites rewritten to `out` exit directly.  But where it emulates an instruction
 *                  (after an `iretq`, or with a stack pointer that is no address) `syscall` enters ring 0: only the
 *                  code segment tells, at each exit.
 *      VT-x, SVM   `syscall` enters the stub in ring 0, whose `out` exits; `sysretq` behind it returns.
 *      both        an exception enters its stub in ring 0, whose `out` exits; the next entry is an `iretq` with a frame
 *                  written by the monitor, so that it may lead anywhere.
 *
 * Everything in state->regs is the guest's to choose: selectors never are, flags are masked, and an address that cannot
 * be an instruction's is a fault before KVM sees it. */
#include "hostvirt/vm_private.h"

#include "hostvirt/uaccess.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

/* CF PF AF ZF SF TF DF OF NT RF AC ID: what ring 3 can change with popf or sigreturn. */
#define FLAGS_USER 0x254dd5ull
#define FLAGS_FIXED 0x202ull /* interrupts stay enabled, bit 1 is always set */
#define FLAGS_RESUME 0x10000ull
#define FLAGS_STUB 0x2ull

#define LOWER_HALF 0x800000000000ull

enum { VECTOR_INVALID_OPCODE = 6, VECTOR_DOUBLE_FAULT = 8, VECTOR_PROTECTION = 13, VECTOR_PAGE = 14 };
enum { FAULT_PRESENT = 1, FAULT_WRITE = 2, FAULT_USER = 4, FAULT_FETCH = 0x10 };

#define RETRY_LIMIT 64

/* The processor's frame at the end of a block; below it the error code of the vectors that have one. */
struct frame {
    uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(TASK_BYTES + BITMAP_BYTES + 4 * sizeof(struct frame) < BLOCK_BYTES, "room for nested exceptions");

static struct frame *frame_of(struct vcpu *v)
{
    return (struct frame *)(v->block + BLOCK_BYTES) - 1;
}

static uint64_t frame_address(const struct vcpu *v)
{
    return block_address(v->index) + BLOCK_BYTES - sizeof(struct frame);
}

static uint64_t user_flags(uint64_t flags)
{
    return (flags & FLAGS_USER) | FLAGS_FIXED;
}

static bool has_error(unsigned vector)
{
    return 0x60227d00u >> vector & 1; /* 8, 10-14, 17, 21, 29, 30 (SDM 3A table 6-1, APM 2 8.2) */
}

static struct kvm_regs *loaded_regs(struct vcpu *v)
{
    return v->vm->platform->sync_regs ? &v->run->s.regs.regs : &v->own_regs;
}

/* ---- entry ------------------------------------------------------------------------------------------------------- */

static bool sysret_suffices(const struct kvm_regs *r)
{
    uint64_t flags = user_flags(r->rflags);
    return r->rcx == r->rip && user_flags(r->r11) == flags && !(flags & FLAGS_RESUME);
}

static int load_entry(struct vcpu *v, const struct kvm_regs *from)
{
    if (v->place == PLACE_UNKNOWN) {
        int error = vcpu_reset_segments(v);
        if (error != 0)
            return error;
    }
    struct kvm_regs *r = loaded_regs(v);
    *r = *from;
    r->rflags = user_flags(from->rflags);
    if (v->place == PLACE_SYSRET && sysret_suffices(from)) {
        r->r11 = r->rflags;
        r->rip = v->stub_rip;
        r->rflags = FLAGS_STUB;
    } else if (v->place != PLACE_RING3) {
        *frame_of(v) = (struct frame){from->rip, SELECTOR_USER_CODE, r->rflags, from->rsp, SELECTOR_USER_DATA};
        r->rip = IRET_ADDRESS;
        r->rsp = frame_address(v);
        r->rflags = FLAGS_STUB;
        v->place = PLACE_RING0;
    }
    if (v->vm->platform->sync_regs) {
        v->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
        return 0;
    }
    return ioctl(v->fd, KVM_SET_REGS, r) != 0 ? -errno : 0;
}

static struct guest_exit fault(unsigned vector, uint64_t error, uint64_t address)
{
    return (struct guest_exit){.kind = EXIT_EXCEPTION, .vector = (uint8_t)vector, .error = error, .address = address};
}

static struct guest_exit failed(struct vcpu *v, uint32_t detail)
{
    v->place = PLACE_UNKNOWN;
    return (struct guest_exit){.kind = EXIT_FAILED, .detail = detail};
}

/* Addresses that no instruction of a guest's can have: what the processor would raise at the jump. */
static bool entry_refused(const struct kvm_regs *r, struct guest_exit *e)
{
    if (r->rip < LOWER_HALF)
        return false;
    bool canonical = r->rip >= -LOWER_HALF;
    *e = canonical ? fault(VECTOR_PAGE, FAULT_USER | FAULT_FETCH, r->rip) : fault(VECTOR_PROTECTION, 0, 0);
    return true;
}

/* ---- exits ------------------------------------------------------------------------------------------------------- */

/* Segment registers after an exit.  NULL: KVM does not tell. */
static const struct kvm_sregs *segments(struct vcpu *v)
{
    if (v->run->kvm_valid_regs & KVM_SYNC_X86_SREGS)
        return &v->run->s.regs.sregs;
    return ioctl(v->fd, KVM_GET_SREGS, &v->own_sregs) == 0 ? &v->own_sregs : NULL;
}

/* Where a vCPU is whose rip is no stub's of ring 0, or in the stub that both rings may run.  Guest code that continues
 * as PLACE_RING3 keeps its segments, so it must be sure that they are ring 3's. */
static enum vcpu_place place_of(struct vcpu *v)
{
    if (!v->vm->platform->software)
        return PLACE_RING3; /* ring 0 has no other code than its stubs, and they are not ring 3's */
    const struct kvm_sregs *s = segments(v);
    if (s == NULL || (s->cs.selector & 3) == 0)
        return PLACE_RING0;
    return s->cs.selector == SELECTOR_USER_CODE ? PLACE_RING3 : PLACE_UNKNOWN;
}

/* A system call through the stub: rip and flags are where `syscall` put them. */
static struct guest_exit stub_exit(struct vcpu *v, struct cpu_state *state, const struct kvm_regs *raw)
{
    v->place = v->vm->platform->software ? place_of(v) : PLACE_SYSRET;
    if (v->place == PLACE_RING3 && atomic_load_explicit(&v->vm->syscall_ring, memory_order_relaxed) != 3)
        atomic_store_explicit(&v->vm->syscall_ring, 3, memory_order_relaxed);
    v->stub_rip = raw->rip;
    state->regs = *raw;
    state->regs.rip = raw->rcx;
    state->regs.rflags = user_flags(raw->r11);
    return (struct guest_exit){.kind = EXIT_SYSCALL};
}

/* A system call by `out` in guest code; rip is behind it. */
static struct guest_exit direct_exit(struct vcpu *v, struct cpu_state *state, const struct kvm_regs *raw)
{
    v->place = place_of(v);
    state->regs = *raw;
    state->regs.rflags = user_flags(raw->rflags) & ~FLAGS_RESUME;
    state->regs.rcx = raw->rip;
    state->regs.r11 = state->regs.rflags;
    return (struct guest_exit){.kind = EXIT_SYSCALL, .detail = 1};
}

/* True when the page tables allow what faulted: another thread has just changed them, or a TLB was behind. */
static bool retry_fault(struct vcpu *v, uint64_t address, uint64_t error)
{
    unsigned need = error & FAULT_FETCH ? PT_EXECUTE : error & FAULT_WRITE ? PT_WRITE : PT_READ;
    if (!(vm_rights(v->vm, address) & need)) {
        v->retries = 0;
        return false;
    }
    if (v->retry_address != address) {
        v->retry_address = address;
        v->retries = 0;
    }
    return ++v->retries <= RETRY_LIMIT; /* then it has another cause and is the guest's to see */
}

/* A site that a software KVM's monitor has rewritten, in memory restored on hardware: `out` is not allowed there. */
static bool foreign_patched_site(struct vcpu *v, const struct kvm_regs *r)
{
    uint8_t code[OUT_BYTES];
    return atomic_load_explicit(&v->vm->syscall_ring, memory_order_relaxed) == 0 &&
           copy_in(code, r->rip, sizeof code) == 0 && code[0] == 0xe6 && code[1] == PORT_PATCHED;
}

/* An exception's stub has exited.  False: run again, the fault is gone. */
static bool exception_exit(struct vcpu *v, struct cpu_state *state, const struct kvm_regs *raw, unsigned vector,
                           struct guest_exit *e)
{
    const struct frame *frame = frame_of(v);
    uint64_t error = has_error(vector) ? ((const uint64_t *)frame)[-1] : 0;
    v->place = PLACE_RING0;
    if (raw->rsp != frame_address(v) - (has_error(vector) ? 8 : 0) || (frame->cs & 3) != 3 ||
        vector == VECTOR_DOUBLE_FAULT) { /* in ring 0: nothing there may fault */
        *e = failed(v, KVM_EXIT_EXCEPTION);
        return true;
    }
    state->regs = *raw;
    state->regs.rip = frame->rip;
    state->regs.rsp = frame->rsp;
    state->regs.rflags = user_flags(frame->rflags);
    *e = fault(vector, error, 0);
    if (vector == VECTOR_PAGE) {
        const struct kvm_sregs *s = segments(v);
        if (s == NULL) {
            *e = failed(v, KVM_EXIT_EXCEPTION);
            return true;
        }
        e->address = s->cr2;
        return !retry_fault(v, e->address, error);
    }
    if (vector == VECTOR_PROTECTION && foreign_patched_site(v, &state->regs)) {
        state->regs.rip += OUT_BYTES;
        state->regs.rcx = state->regs.rip;
        state->regs.rflags &= ~FLAGS_RESUME;
        state->regs.r11 = state->regs.rflags;
        *e = (struct guest_exit){.kind = EXIT_SYSCALL, .detail = 1};
    }
    return true;
}

/* The vector whose stub holds this address, or -1. */
static int stub_vector(uint64_t rip)
{
    uint64_t offset = rip - stub_address(0);
    return offset < IDT_VECTORS * STUB_BYTES ? (int)(offset / STUB_BYTES) : -1;
}

/* An unfinished access of the device kind: KVM completes it at the next entry and would overwrite registers then. */
static void complete_access(struct vcpu *v)
{
    v->run->immediate_exit = 1; /* stays: a kick may have come, and one too many is harmless */
    if (v->vm->platform->sync_regs)
        v->run->kvm_dirty_regs = 0;
    if (ioctl(v->fd, KVM_RUN, 0) != 0 && errno != EINTR)
        v->place = PLACE_UNKNOWN;
}

/* False: run again. */
static bool port_exit(struct vcpu *v, struct cpu_state *state, const struct kvm_regs *raw, struct guest_exit *e)
{
    unsigned port = v->run->io.port;
    int vector = stub_vector(raw->rip);
    if (vector >= 0 && port == PORT_EXCEPTION + (unsigned)vector)
        return exception_exit(v, state, raw, (unsigned)vector, e);
    if (v->run->io.direction == KVM_EXIT_IO_OUT && (port == PORT_SYSCALL || port == PORT_PATCHED)) {
        uint64_t stub = v->vm->platform->software ? USER_STUB_ADDRESS : SYSRET_ADDRESS;
        bool in_stub = port == PORT_SYSCALL && raw->rip - stub <= OUT_BYTES;
        *e = in_stub ? stub_exit(v, state, raw) : direct_exit(v, state, raw);
        return true;
    }
    struct kvm_regs regs = *raw; /* the shared page changes */
    v->place = place_of(v);
    complete_access(v);
    state->regs = regs;
    state->regs.rflags = user_flags(regs.rflags);
    *e = fault(VECTOR_PROTECTION, 0, 0);
    return true;
}

/* An exception that KVM has found and not yet delivered: the instruction will raise it again, at its own address,
 * whatever the monitor does with the registers meanwhile. */
static void drop_pending_exception(struct vcpu *v)
{
    struct kvm_vcpu_events events;
    if (ioctl(v->fd, KVM_GET_VCPU_EVENTS, &events) != 0 || (!events.exception.injected && !events.exception.pending))
        return;
    memset(&events.exception, 0, sizeof events.exception);
    events.exception_has_payload = 0;
    events.flags &= KVM_VCPUEVENT_VALID_PAYLOAD;
    ioctl(v->fd, KVM_SET_VCPU_EVENTS, &events);
}

/* KVM_RUN ended without an exit of the guest's (a signal, or host memory was not there): the vCPU may be in a stub that
 * has not exited yet.  False: run again. */
static bool stopped(struct vcpu *v, struct cpu_state *state, const struct kvm_regs *raw, struct guest_exit *e)
{
    int vector = stub_vector(raw->rip);
    if (vector >= 0)
        return exception_exit(v, state, raw, (unsigned)vector, e);
    if ((raw->rip == USER_STUB_ADDRESS && v->vm->platform->software) || raw->rip == SYSRET_ADDRESS) {
        *e = stub_exit(v, state, raw);
        return true;
    }
    drop_pending_exception(v);
    if (raw->rip == IRET_ADDRESS) {
        v->place = PLACE_RING0; /* has not returned yet: state is as it was */
    } else if (raw->rip == SYSRET_ADDRESS + OUT_BYTES) {
        v->stub_rip = raw->rip; /* the same */
    } else {
        v->place = place_of(v);
        state->regs = *raw;
        state->regs.rflags = user_flags(raw->rflags);
    }
    return true;
}

static bool interrupted(struct vcpu *v, struct cpu_state *state, const struct kvm_regs *raw, struct guest_exit *e)
{
    *e = (struct guest_exit){.kind = EXIT_KICKED};
    bool finished = stopped(v, state, raw, e);
    if (finished && e->kind == EXIT_KICKED)
        __atomic_store_n(&v->run->immediate_exit, 0, __ATOMIC_RELAXED); /* otherwise the kick is told at the next run */
    return finished;
}

static bool host_fault(struct vcpu *v, struct cpu_state *state, const struct kvm_regs *raw, struct guest_exit *e)
{
    *e = (struct guest_exit){.kind = EXIT_HOST_FAULT};
#ifdef KVM_EXIT_MEMORY_FAULT
    if (v->run->exit_reason == KVM_EXIT_MEMORY_FAULT)
        e->address = vm_address_of(v->vm, v->run->memory_fault.gpa);
#endif
    return stopped(v, state, raw, e);
}

/* False: run again. */
static bool handle(struct vcpu *v, struct cpu_state *state, int error, struct guest_exit *e)
{
    struct kvm_regs *raw = loaded_regs(v);
    if (!v->vm->platform->sync_regs && ioctl(v->fd, KVM_GET_REGS, raw) != 0) {
        *e = failed(v, KVM_EXIT_INTERNAL_ERROR);
        return true;
    }
    if (error == EINTR || error == EAGAIN)
        return interrupted(v, state, raw, e);
    if (error == EFAULT)
        return host_fault(v, state, raw, e);
    if (error == 0 && v->run->exit_reason == KVM_EXIT_IO)
        return port_exit(v, state, raw, e);
    if (error == 0 && v->run->exit_reason == KVM_EXIT_INTR)
        return interrupted(v, state, raw, e);
    if (error == 0 && v->run->exit_reason == KVM_EXIT_MMIO) { /* cannot be: tables name memory of slots only */
        complete_access(v);
    }
    if (stub_vector(raw->rip) < 0 && raw->rip < GUEST_HIGH)
        state->regs = *raw; /* for the report of the guest's death */
    *e = failed(v, error == 0 ? v->run->exit_reason : KVM_EXIT_INTERNAL_ERROR);
    return true;
}

void vcpu_run(struct vcpu *v, struct cpu_state *state, struct guest_exit *e)
{
    for (;;) {
        if (entry_refused(&state->regs, e))
            return;
        if (load_entry(v, &state->regs) != 0) {
            *e = failed(v, KVM_EXIT_FAIL_ENTRY);
            return;
        }
        int error = ioctl(v->fd, KVM_RUN, 0) != 0 ? errno : 0;
        if (handle(v, state, error, e))
            return;
    }
}

void vcpu_kick(struct vcpu *v)
{
    __atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_RELAXED);
}
