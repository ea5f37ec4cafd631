/* The layout of signal frames and the pure parts of making and reading them, apart for their tests. */
#ifndef HOSTVIRT_GUESTSIGNAL_FRAME_H
#define HOSTVIRT_GUESTSIGNAL_FRAME_H

#include "hostvirt/thread.h"

#define SA_RESTORER_FLAG 0x04000000u
#define SS_AUTODISARM_FLAG (1u << 31)
#define UC_ALL 7 /* UC_FP_XSTATE, UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */
#define FRAME_REGISTERS 17 /* r8-r15 rdi rsi rbp rbx rdx rax rcx rsp rip */

/* struct ucontext with its struct sigcontext. */
struct frame_context {
    uint64_t flags, link;
    uint64_t stack_base;
    int32_t stack_flags, padding;
    uint64_t stack_bytes;
    uint64_t registers[FRAME_REGISTERS];
    uint64_t rflags;
    uint16_t cs, gs, fs, ss;
    uint64_t error, trap, old_mask, cr2, xsave, reserved[8];
    uint64_t mask;
};

/* struct rt_sigframe */
struct frame {
    uint64_t restorer;
    struct frame_context context;
    siginfo_t info;
};

void frame_save_registers(struct frame_context *c, const struct kvm_regs *r);
/* -EFAULT for what ring 3 cannot have: other selectors, an instruction pointer that is not its own.  Of rflags only
 * what ring 3 may change is taken. */
int frame_restore_registers(struct kvm_regs *r, const struct frame_context *c);
/* Completes an XSAVE area (platform.h: features, xsave_bytes) for the guest to see: software bytes, header. */
void frame_make_xsave(uint8_t *area, uint64_t features, uint32_t bytes);
/* -EFAULT when the processor would fault on loading it. */
int frame_check_xsave(uint8_t *area, uint64_t features);

bool frame_on_alternate(const struct thread *t);
/* sigaltstack(2): 0, -EPERM, -EINVAL, -ENOMEM. */
int frame_set_alternate(struct thread *t, const stack_t *new);

#endif
