/* The virtual machine and its virtual processors: everything that talks to KVM while a guest runs.
 * Sources: Linux Documentation/virt/kvm/api.rst; Intel SDM 3A chapters 4 (paging), 6 (interrupts), 2B (SYSCALL).
 *
 * Guest code always runs in ring 3.  `syscall` enters a stub that leaves the VM by `out`; exceptions reach stubs in
 * ring 0 that do the same.  Whatever the backend does, the monitor sees a normalised user state (struct cpu_state). */
#ifndef HOSTVIRT_VCPU_H
#define HOSTVIRT_VCPU_H

#include "hostvirt/platform.h"

#include <linux/kvm.h>
#include <stdatomic.h>

#define XSAVE_AREA_BYTES 4096

struct vm;
struct vcpu;

/* A guest thread's registers while no vCPU holds them, and between two entries.  After an exit `regs` is ring 3's own
 * state: for a system call rip is behind the instruction and rcx, r11 hold what Linux leaves there. */
struct cpu_state {
    struct kvm_regs regs;
    uint64_t fs_base, gs_base; /* valid when the thread holds no vCPU; vcpu_load_bases() reads them from one */
    uint8_t xsave[XSAVE_AREA_BYTES] __attribute__((aligned(64))); /* the same; standard format */
};

enum exit_kind {
    EXIT_SYSCALL,   /* regs.rax: number */
    EXIT_EXCEPTION, /* vector, error, address (CR2 for page faults) */
    EXIT_KICKED,    /* vcpu_kick() or a signal of the host: nothing of the guest's */
    EXIT_HOST_FAULT,/* guest page tables allowed an access that the host's memory did not: retry or SIGBUS */
    EXIT_FAILED,    /* KVM could not go on: `detail` says why; the guest dies */
};

struct guest_exit {
    enum exit_kind kind;
    uint8_t vector;
    uint32_t detail; /* EXIT_FAILED: KVM's exit reason, EXIT_SYSCALL: 1 when it came from a patched site */
    uint64_t error;
    uint64_t address;
};

/* A VM with its system area; no windows yet.  The caller keeps `p`.  `beside`: KVM's part, and the first vCPU, are made
 * beside the caller, by a thread that has ended when vm_ready returns.  An error of KVM's is then told there, and by
 * whatever needs the VM.  Negative errno. */
int vm_new(struct vm **out, struct platform *p, bool beside);
int vm_ready(struct vm *vm);
void vm_free(struct vm *vm);

/* ---- guest memory: page tables and slots (pagetable.c).  Callers hold the address space's lock ---------------- */

enum { PT_READ = 1, PT_WRITE = 2, PT_EXECUTE = 4 };

/* Makes [start, start+bytes) accessible with `rights` (PT_*, 0: not at all); adds the windows and their slots.
 * Host protections must be changed by the caller: before this when rights are gained, after it when they are lost
 * (KVM drops its shadow entries when the host's mapping changes).  Page-aligned.  -ENOMEM when windows, page-table
 * memory or KVM's memory is used up (then no right was gained). */
int vm_map(struct vm *vm, uint64_t start, uint64_t bytes, unsigned rights);
/* The rights that the page tables give at an address. */
unsigned vm_rights(const struct vm *vm, uint64_t address);
/* Windows in use (for statistics and snapshots): index i covers vm_window(vm, i) .. + WINDOW_BYTES. */
unsigned vm_window_count(const struct vm *vm);
uint64_t vm_window(const struct vm *vm, unsigned index);
bool vm_has_window(const struct vm *vm, uint64_t address);
/* Makes those that are not there yet of `count` windows from `start` on, with as few memory slots as it can; nothing
 * gets a right by that.  Under the address space's lock, as vm_map; its errors. */
int vm_add_windows(struct vm *vm, uint64_t start, unsigned count);

/* ---- vCPUs ----------------------------------------------------------------------------------------------------- */

/* Binds a free vCPU (creating one when none is free and fewer than VCPU_LIMIT exist) and loads `state`.  -EAGAIN when
 * all are in use.  vcpu_give_back stores registers, XSAVE and segment bases into `state`. */
int vcpu_take(struct vm *vm, struct vcpu **out, const struct cpu_state *state);
void vcpu_give_back(struct vcpu *v, struct cpu_state *state);

/* Runs the guest from state->regs until an exit; state->regs is then its new state.  Called only by the thread that
 * took the vCPU. */
void vcpu_run(struct vcpu *v, struct cpu_state *state, struct guest_exit *e);
/* Makes the running or next vcpu_run return EXIT_KICKED; called from a signal handler of the vCPU's own thread. */
void vcpu_kick(struct vcpu *v);

/* Reads or writes the floating-point and vector state, and FS/GS base, of a thread that holds a vCPU. */
int vcpu_load_xsave(struct vcpu *v, struct cpu_state *state);
int vcpu_store_xsave(struct vcpu *v, const struct cpu_state *state);
int vcpu_load_bases(struct vcpu *v, struct cpu_state *state);
int vcpu_store_bases(struct vcpu *v, const struct cpu_state *state);

/* Rewrites the `syscall` at `address` (its 2 bytes) to the direct exit where the backend gains by it; the caller has
 * checked that the page is private and holds the lock of the address space.  True when done. */
bool vm_patch_site(struct vm *vm, uint64_t address);

#endif
