/* The virtual machine: its creation, the system area with its descriptor tables and stubs, and the rewriting of
 * system-call instructions.  Sources: Intel SDM 3A 3.4.5 (descriptors), 6.14 (IDT), 8.7 (task state). */
#include "hostvirt/uaccess.h"
#include "hostvirt/vm_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define WINDOW_OF_BYTES (GUEST_HIGH / WINDOW_BYTES * sizeof(uint16_t))
#define WINDOWS_BYTES (WINDOW_LIMIT * sizeof(struct window))
#define RESERVATION (SYSTEM_SIZE + WINDOW_OF_BYTES + WINDOWS_BYTES)

_Static_assert(WINDOW_LIMIT < UINT16_MAX, "window_of holds index + 1");
_Static_assert(SYSTEM_FIRST_CHUNK > SYSTEM_TABLES, "the first chunk holds everything but the guest's tables");

/* Segment descriptors with their accessed bits set: the page is read-only even to ring 0. */
static void write_gdt(uint8_t *page)
{
    static const uint64_t descriptors[] = {
        [SELECTOR_KERNEL_CODE / 8] = 0x00af9b000000ffffull,
        [SELECTOR_KERNEL_DATA / 8] = 0x00cf93000000ffffull,
        [SELECTOR_USER_DATA / 8] = 0x00cff3000000ffffull,
        [SELECTOR_USER_CODE / 8] = 0x00affb000000ffffull, /* 64-bit code only: no 32-bit segment to jump to */
    };
    _Static_assert(sizeof descriptors == GDT_BYTES, "the GDT's limit");
    memcpy(page + GDT_OFFSET, descriptors, sizeof descriptors);
}

static void write_idt(uint8_t *page)
{
    uint64_t *idt = (uint64_t *)(page + IDT_OFFSET);
    for (unsigned vector = 0; vector < IDT_VECTORS; vector++) {
        uint64_t stub = stub_address(vector);
        uint64_t access = vector == 3 || vector == 4 ? 0xee : 0x8e; /* int3 and into may be used by ring 3 */
        idt[2 * vector] = (stub & 0xffff) | ((uint64_t)SELECTOR_KERNEL_CODE << 16) | (1ull << 32) /* IST 1 */ |
                          (access << 40) | ((stub >> 16 & 0xffff) << 48);
        idt[2 * vector + 1] = stub >> 32;
    }
}

/* `out %al, $port` is two bytes, as `syscall` is, and needs one bit of the bitmap. */
static void write_out(uint8_t *at, unsigned port)
{
    at[0] = 0xe6;
    at[1] = (uint8_t)port;
}

static void write_stubs(struct vm *vm)
{
    static const uint8_t iretq[] = {0x48, 0xcf}, sysretq[] = {0x48, 0x0f, 0x07};
    uint8_t *page = vm->system + SYSTEM_DESCRIPTORS, *user = vm->system + SYSTEM_USER_STUB;
    memset(page + STUBS_OFFSET, 0xcc, PAGE_BYTES - STUBS_OFFSET);
    for (unsigned vector = 0; vector < IDT_VECTORS; vector++)
        write_out(page + STUBS_OFFSET + vector * STUB_BYTES, PORT_EXCEPTION + vector);
    memcpy(page + IRET_OFFSET, iretq, sizeof iretq);
    write_out(page + SYSRET_OFFSET, PORT_SYSCALL);
    memcpy(page + SYSRET_OFFSET + OUT_BYTES, sysretq, sizeof sysretq);
    if (!vm->platform->software)
        return;
    memset(user, 0xcc, PAGE_BYTES);
    write_out(user, PORT_SYSCALL);
    memcpy(user + OUT_BYTES, sysretq, sizeof sysretq);
}

/* Control-register bits may only be set for what CPUID shows. */
static uint64_t choose_cr4(const struct platform *p)
{
    uint64_t cr4 = 0x20 | 0x200 | 0x400; /* PAE, OSFXSR, OSXMMEXCPT */
    for (unsigned i = 0; i < p->cpuid.head.nent; i++) {
        const struct kvm_cpuid_entry2 *e = &p->cpuid.entries[i];
        if (e->function == 1 && (e->ecx & (1u << 26)))
            cr4 |= 0x40000; /* OSXSAVE */
        if (e->function == 7 && e->index == 0 && (e->ebx & 1))
            cr4 |= 0x10000; /* FSGSBASE */
    }
    return cr4;
}

static int reserve_system(struct vm *vm)
{
    vm->system = mmap(NULL, RESERVATION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (vm->system == MAP_FAILED) {
        vm->system = NULL;
        return -ENOMEM;
    }
    madvise(vm->system, RESERVATION, MADV_NOHUGEPAGE); /* a few pages of it are used; ENOSYS without huge pages */
    /* One call instead of a fault for each page; older kernels (before 5.14) take the faults. */
    madvise(vm->system, SYSTEM_BLOCKS + PAGE_BYTES, MADV_POPULATE_WRITE);
    vm->window_of = (uint16_t *)(vm->system + SYSTEM_SIZE);
    vm->windows = (struct window *)(vm->system + SYSTEM_SIZE + WINDOW_OF_BYTES);
    return 0;
}

int vm_new(struct vm **out, struct platform *p, bool beside)
{
    struct vm *vm = calloc(1, sizeof *vm);
    if (vm == NULL)
        return -ENOMEM;
    vm->platform = p;
    vm->fd = -1;
    vm->cr4 = choose_cr4(p);
    vm->system_used = SYSTEM_TABLES;
    vm->system_given = SYSTEM_FIRST_CHUNK;
    pthread_mutex_init(&vm->pool_lock, NULL);
    atomic_init(&vm->syscall_ring, p->software ? RING_UNKNOWN : 0);
    int error = reserve_system(vm);
    if (error != 0) {
        free(vm);
        return error;
    }
    write_gdt(vm->system + SYSTEM_DESCRIPTORS);
    write_idt(vm->system + SYSTEM_DESCRIPTORS);
    write_stubs(vm);
    pagetable_start(vm);
    error = vm_make(vm, beside);
    if (error != 0) {
        vm_free(vm);
        return error;
    }
    *out = vm;
    return 0;
}

/* Takes no lock: a forked monitor frees its parent's VM, whose locks may be held by threads that it has not got.  That
 * one was ready: its guest ran. */
void vm_free(struct vm *vm)
{
    if (vm->making)
        pthread_join(vm->maker, NULL);
    vcpu_pool_free(vm);
    if (vm->fd >= 0)
        close(vm->fd);
    if (vm->system != NULL)
        munmap(vm->system, RESERVATION);
    free(vm);
}

/* The file behind the page may be cut off by another thread at any moment: only uaccess.h touches it. */
static bool patch(uint64_t address)
{
    static const uint8_t call[] = {0x0f, 0x05}; /* syscall */
    const uint16_t out = 0xe6 | PORT_PATCHED << 8;
    uint8_t found[sizeof call];

    return copy_in(found, address, sizeof found) == 0 && memcmp(found, call, sizeof call) == 0 &&
           store_half(address, out) == 0;
}

bool vm_patch_site(struct vm *vm, uint64_t address)
{
    unsigned rights = vm_rights(vm, address);
    if (atomic_load_explicit(&vm->syscall_ring, memory_order_relaxed) != 3 || !guest_range_valid(address, 2) ||
        (address & 63) == 63 || !(rights & PT_EXECUTE))
        return false; /* no gain, or not one atomic store */
    void *page = (void *)(uintptr_t)page_down(address);
    bool writable = rights & PT_WRITE;
    if (!writable && mprotect(page, PAGE_BYTES, PROT_READ | PROT_WRITE) != 0)
        return false;
    bool done = patch(address);
    if (!writable)
        mprotect(page, PAGE_BYTES, PROT_READ);
    return done;
}
