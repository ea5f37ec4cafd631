/* What vm.c, pagetable.c, vcpu.c and vcpu_pool.c share: the VM, its windows, its system area. */
#ifndef HOSTVIRT_VM_PRIVATE_H
#define HOSTVIRT_VM_PRIVATE_H

#include "hostvirt/layout.h"
#include "hostvirt/vcpu.h"

#include <pthread.h>

/* The system area, by its pages.  The first four and what follows SYSTEM_TABLES are page tables; guests' page tables
 * show only the three parts between, at SYSTEM_BASE + their offset.
 *
 *      page 0      1           2         3         4            5           6 .. 37           38 ..
 *      root        pointers    folder    table     descriptors  ring 3's    a block for each  tables of the
 *                  (these three show this area)    and stubs    stub        vCPU              guest's part */
enum {
    SYSTEM_ROOT = 0x0000,
    SYSTEM_POINTERS = 0x1000,
    SYSTEM_FOLDER = 0x2000,
    SYSTEM_TABLE = 0x3000,
    SYSTEM_DESCRIPTORS = 0x4000,
    SYSTEM_USER_STUB = 0x5000,
    SYSTEM_BLOCKS = 0x6000,
    BLOCK_BYTES = 512,
    SYSTEM_TABLES = SYSTEM_BLOCKS + VCPU_LIMIT * BLOCK_BYTES,
    SYSTEM_FIRST_CHUNK = 1 << 20, /* given to KVM at start: the cost of a slot grows with its size */
};

/* The page of descriptors and stubs. */
enum {
    GDT_OFFSET = 0,
    GDT_BYTES = 7 * 8,
    IDT_OFFSET = 0x100,
    IDT_VECTORS = 32,
    STUBS_OFFSET = 0x400, /* of exceptions: `out` with the vector's port */
    STUB_BYTES = 16,
    IRET_OFFSET = 0x600,
    SYSRET_OFFSET = 0x640, /* `syscall` enters here on processors that change to ring 0 */
    OUT_BYTES = 2,
};

/* A vCPU's block: task state (SDM 3A 8.7) with the bitmap of ports; the exception stack ends at its end. */
enum {
    TASK_BYTES = 104,
    TASK_RSP0 = 4,
    TASK_IST1 = 36,
    TASK_BITMAP = 102,
    BITMAP_BYTES = 18, /* ports 0 .. 0x8f and the byte of ones behind the last one */
};

/* Ports.  Ring 3 may use the first two, and only where `syscall` stays in ring 3. */
enum { PORT_SYSCALL = 0x80, PORT_PATCHED = 0x81, PORT_EXCEPTION = 0xa0 };

/* Selectors as Linux has them (arch/x86/include/asm/segment.h): programs see them in signal frames. */
enum { SELECTOR_KERNEL_CODE = 0x10, SELECTOR_KERNEL_DATA = 0x18, SELECTOR_USER_DATA = 0x2b, SELECTOR_USER_CODE = 0x33,
       SELECTOR_TASK = 0x40 };

/* A window: its guest-physical place follows from its index and never changes, so that a guest address never changes
 * its guest-physical one.  A page table stays with its granule, too: KVM keeps shadows of page
 * tables by their guest-physical address, and is not told when the monitor writes to one. */
struct window {
    uint64_t start;
    uint32_t tables[WINDOW_BYTES / GRANULE_BYTES]; /* offset in the system area, 0: none yet */
};

enum { RING_UNKNOWN = -1, SLOTS_WAITING = 96 };

/* A piece of the monitor's memory that becomes guest-physical memory. */
struct slot {
    uint64_t physical;
    void *memory;
    uint64_t bytes;
};

struct vm {
    struct platform *platform;
    int fd; /* this and slots: the maker's until it has ended */
    uint8_t *system;       /* SYSTEM_SIZE, then window_of, then windows: one reservation */
    uint16_t *window_of;   /* by guest address / WINDOW_BYTES: index + 1, 0: none */
    struct window *windows;

    /* under the address space's lock */
    uint64_t system_used, system_given; /* bytes of the system area handed out, and known to KVM */
    uint32_t slots;
    _Atomic unsigned window_count;

    /* Where `syscall` leads to: 0; 3 (it stays in ring 3, at least where the processor itself runs it); RING_UNKNOWN
     * until the first one of a software KVM. */
    _Atomic int syscall_ring;
    uint64_t cr4;

    _Atomic bool made;
    int error;                    /* why there is no VM */
    pthread_t maker;
    pthread_mutex_t make_lock;    /* who waits for the maker */
    pthread_mutex_t waiting_lock; /* the next three; a leaf */
    bool making;                  /* the thread is there, and nobody has joined it */
    unsigned waiting_count;
    struct slot waiting[SLOTS_WAITING];

    pthread_mutex_t pool_lock; /* the rest; a leaf */
    struct vcpu *vcpus[VCPU_LIMIT];
    struct vcpu *free;
    unsigned vcpu_count;
};

/* Where a vCPU is between two runs. */
enum vcpu_place {
    PLACE_RING3,   /* in guest code: registers are loaded as they are */
    PLACE_SYSRET,  /* in ring 0 behind the system call's `out`: `sysretq` follows */
    PLACE_RING0,   /* in another stub: return by `iretq` */
    PLACE_UNKNOWN, /* KVM could not go on: segment registers are set anew */
};

struct vcpu {
    struct vm *vm;
    struct vcpu *next_free;
    int fd;
    unsigned index;
    struct kvm_run *run;
    uint8_t *block;       /* in the monitor */
    enum vcpu_place place;
    uint64_t stub_rip;    /* PLACE_SYSRET: where KVM completes the `out` */
    uint64_t retry_address; /* of page faults that the page tables do not explain */
    unsigned retries;
    struct kvm_regs own_regs; /* used where KVM has no KVM_CAP_SYNC_REGS */
    struct kvm_sregs own_sregs;
};

static inline uint64_t block_address(unsigned index)
{
    return SYSTEM_BASE + SYSTEM_BLOCKS + (uint64_t)index * BLOCK_BYTES;
}

static inline uint64_t stub_address(unsigned vector)
{
    return SYSTEM_BASE + SYSTEM_DESCRIPTORS + STUBS_OFFSET + vector * STUB_BYTES;
}

#define IRET_ADDRESS (SYSTEM_BASE + SYSTEM_DESCRIPTORS + IRET_OFFSET)
#define SYSRET_ADDRESS (SYSTEM_BASE + SYSTEM_DESCRIPTORS + SYSRET_OFFSET)
#define USER_STUB_ADDRESS (SYSTEM_BASE + SYSTEM_USER_STUB)

/* pagetable.c: shows the system area's parts to ring 0, and the stub to ring 3 where `syscall` stays there. */
void pagetable_start(struct vm *vm);
/* Guest-physical to guest address, or 0 when it is no window's. */
uint64_t vm_address_of(const struct vm *vm, uint64_t physical);

/* vm_make.c: makes KVM's part of a VM whose system area is written, or starts that (then vm_ready tells its error). */
int vm_make(struct vm *vm, bool beside);
/* Makes a piece of the monitor's memory guest-physical memory; while the VM is being made, later. */
int vm_add_slot(struct vm *vm, uint64_t physical, void *memory, uint64_t bytes);

/* vcpu_pool.c: puts segment registers into ring 3's state. */
int vcpu_reset_segments(struct vcpu *v);
/* The first vCPU, with its first run behind it. */
int vcpu_pool_start(struct vm *vm);
void vcpu_pool_free(struct vm *vm);
/* vcpu_warm.c: runs a vCPU through a stub of the monitor's: what KVM builds at a VM's first run is there then.  Nothing
 * where that stub is not the guest's to run. */
int vcpu_warm(struct vcpu *v);

#endif
