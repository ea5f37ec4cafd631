/* The first run of a VM is the dearest: KVM makes the root of its page tables and loads everything.  Whoever makes the
 * VM has it behind him before the guest's. */
#include "hostvirt/vm_private.h"

#include <errno.h>
#include <sys/ioctl.h>

static int run(struct vcpu *v)
{
    int result = ioctl(v->fd, KVM_RUN, 0);

    return result != 0 && errno != EINTR ? -errno : 0;
}

int vcpu_warm(struct vcpu *v)
{
    const struct kvm_regs at_stub = {.rip = USER_STUB_ADDRESS, .rsp = USER_STUB_ADDRESS, .rflags = 0x202};

    if (!v->vm->platform->software) /* `syscall` and its stub are ring 0's there */
        return 0;
    if (v->vm->platform->sync_regs) {
        v->run->s.regs.regs = at_stub;
        v->run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
    } else if (ioctl(v->fd, KVM_SET_REGS, &at_stub) != 0) {
        return -errno;
    }
    int error = run(v); /* to the stub's `out` */
    v->run->immediate_exit = 1;
    if (error == 0)
        error = run(v); /* completes it, so that the next entry is anywhere */
    v->run->immediate_exit = 0;
    return error == 0 ? vcpu_reset_segments(v) : error;
}
