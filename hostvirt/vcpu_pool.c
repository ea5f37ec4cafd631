/* vCPUs outside of their runs: creation, the pool, and the state that moves between threads and vCPUs.
 * KVM never destroys a vCPU while its VM lives, so those that are free wait for the next thread. */
#include "hostvirt/vm_private.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MSR_STAR = 0xc0000081, MSR_LSTAR = 0xc0000082, MSR_SYSCALL_MASK = 0xc0000084, MSR_FS_BASE = 0xc0000100,
       MSR_GS_BASE = 0xc0000101 };
#define SYSCALL_MASK 0x257fd5 /* flags that `syscall` clears: as Linux (arch/x86/kernel/cpu/common.c) */
#define EFER 0xd01            /* SCE, LME, LMA, NXE */
#define CR0 0x80050033        /* PG, AM, WP, NE, ET, MP, PE */

/* XSAVE area (SDM 1 13.4) */
enum { XSAVE_MXCSR = 24, XSAVE_MXCSR_MASK = 28, XSAVE_HEADER = 512, XSAVE_HEADER_BYTES = 64 };
#define MXCSR_DEFAULT_MASK 0xffbfu
#define MXCSR_INITIAL 0x1f80u

/* Laid out as struct kvm_msrs. */
struct msr_list {
    uint32_t count, padding;
    struct kvm_msr_entry entries[4];
};
_Static_assert(offsetof(struct msr_list, entries) == sizeof(struct kvm_msrs), "KVM's layout");

static struct kvm_segment segment(unsigned selector, unsigned type, unsigned privilege, bool code)
{
    return (struct kvm_segment){.limit = 0xffffffff, .selector = (uint16_t)selector, .type = (uint8_t)type,
                                .present = 1, .dpl = (uint8_t)privilege, .db = !code, .s = 1, .l = code, .g = 1};
}

int vcpu_reset_segments(struct vcpu *v)
{
    struct kvm_sregs s;
    if (ioctl(v->fd, KVM_GET_SREGS, &s) != 0)
        return -errno;
    s.cr0 = CR0;
    s.cr3 = SYSTEM_PHYSICAL + SYSTEM_ROOT;
    s.cr4 = v->vm->cr4;
    s.efer = EFER;
    uint64_t fs = s.fs.base, gs = s.gs.base;
    s.cs = segment(SELECTOR_USER_CODE, 11, 3, true);
    s.ss = segment(SELECTOR_USER_DATA, 3, 3, false);
    s.ds = s.es = s.fs = s.gs = segment(0, 3, 3, false);
    s.fs.base = fs;
    s.gs.base = gs;
    s.gdt.base = SYSTEM_BASE + SYSTEM_DESCRIPTORS + GDT_OFFSET;
    s.gdt.limit = GDT_BYTES - 1;
    s.idt.base = SYSTEM_BASE + SYSTEM_DESCRIPTORS + IDT_OFFSET;
    s.idt.limit = IDT_VECTORS * 16 - 1;
    s.tr = (struct kvm_segment){.base = block_address(v->index), .limit = TASK_BYTES + BITMAP_BYTES - 1,
                                .selector = SELECTOR_TASK, .type = 11, .present = 1};
    memset(s.interrupt_bitmap, 0, sizeof s.interrupt_bitmap);
    if (ioctl(v->fd, KVM_SET_SREGS, &s) != 0)
        return -errno;
    v->place = PLACE_RING3;
    return 0;
}

static int set_msrs(struct vcpu *v, const struct kvm_msr_entry *entries, unsigned count)
{
    struct msr_list m = {.count = count};
    memcpy(m.entries, entries, count * sizeof *entries);
    int done = ioctl(v->fd, KVM_SET_MSRS, &m);
    return done < 0 ? -errno : done < (int)count ? -EINVAL : 0;
}

/* The block: task state with both ways to the exception stack, and the bitmap of ports (a set bit forbids). */
static void write_block(struct vcpu *v)
{
    uint64_t top = block_address(v->index) + BLOCK_BYTES;
    uint16_t bitmap = TASK_BYTES;
    memset(v->block, 0, BLOCK_BYTES);
    memcpy(v->block + TASK_RSP0, &top, sizeof top);
    memcpy(v->block + TASK_IST1, &top, sizeof top);
    memcpy(v->block + TASK_BITMAP, &bitmap, sizeof bitmap);
    memset(v->block + TASK_BYTES, 0xff, BITMAP_BYTES);
    if (v->vm->platform->software) /* where `syscall` stays in ring 3 its stub does, too */
        v->block[TASK_BYTES + PORT_SYSCALL / 8] &= (uint8_t)~(1u << PORT_SYSCALL % 8 | 1u << PORT_PATCHED % 8);
}

static int configure(struct vcpu *v)
{
    const struct vm *vm = v->vm;
    if (ioctl(v->fd, KVM_SET_CPUID2, &vm->platform->cpuid) != 0)
        return -errno;
    write_block(v);
    int error = vcpu_reset_segments(v);
    if (error != 0)
        return error;
    const struct kvm_msr_entry msrs[] = {
        {.index = MSR_STAR, .data = (uint64_t)SELECTOR_KERNEL_CODE << 32 | (uint64_t)(SELECTOR_USER_CODE - 16) << 48},
        {.index = MSR_LSTAR, .data = vm->platform->software ? USER_STUB_ADDRESS : SYSRET_ADDRESS},
        {.index = MSR_SYSCALL_MASK, .data = SYSCALL_MASK},
    };
    error = set_msrs(v, msrs, 3);
    if (error != 0 || !(vm->cr4 & 0x40000))
        return error;
    struct kvm_xcrs x = {.nr_xcrs = 1, .xcrs = {{.xcr = 0, .value = vm->platform->features}}};
    return ioctl(v->fd, KVM_SET_XCRS, &x) != 0 ? -errno : 0;
}

static void destroy(struct vcpu *v)
{
    if (v->run != NULL)
        munmap(v->run, v->vm->platform->run_bytes);
    if (v->fd >= 0)
        close(v->fd);
    free(v);
}

static int create(struct vm *vm, unsigned index, struct vcpu **out)
{
    struct vcpu *v = calloc(1, sizeof *v);
    if (v == NULL)
        return -ENOMEM;
    v->vm = vm;
    v->index = index;
    v->block = vm->system + SYSTEM_BLOCKS + index * BLOCK_BYTES;
    v->fd = ioctl(vm->fd, KVM_CREATE_VCPU, index);
    int error = v->fd < 0 ? -errno : 0;
    if (error == 0) {
        v->run = mmap(NULL, vm->platform->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
        if (v->run == MAP_FAILED) {
            v->run = NULL;
            error = -ENOMEM;
        } else {
            error = configure(v);
        }
    }
    if (error != 0) {
        destroy(v);
        return error;
    }
    if (vm->platform->sync_regs) /* a software KVM has the segments at hand, and they are needed there (vcpu.c) */
        v->run->kvm_valid_regs = KVM_SYNC_X86_REGS | (vm->platform->software ? KVM_SYNC_X86_SREGS : 0);
    *out = v;
    return 0;
}

void vcpu_pool_free(struct vm *vm)
{
    for (unsigned i = 0; i < VCPU_LIMIT; i++)
        if (vm->vcpus[i] != NULL)
            destroy(vm->vcpus[i]);
}

/* A number for a new vCPU, or a negative errno.  A number whose creation failed is not tried again: KVM may hold it. */
static int reserve_index(struct vm *vm)
{
    return vm->vcpu_count == VCPU_LIMIT ? -EAGAIN : (int)vm->vcpu_count++;
}

static int create_reserved(struct vm *vm, int index, struct vcpu **out)
{
    int error = create(vm, (unsigned)index, out);
    if (error == 0) {
        pthread_mutex_lock(&vm->pool_lock);
        vm->vcpus[index] = *out;
        pthread_mutex_unlock(&vm->pool_lock);
    }
    /* KVM's own limit of vCPUs may be lower than ours. */
    return error == -EINVAL && index > 0 ? -EAGAIN : error;
}

static void put_free(struct vcpu *v)
{
    pthread_mutex_lock(&v->vm->pool_lock);
    v->next_free = v->vm->free;
    v->vm->free = v;
    pthread_mutex_unlock(&v->vm->pool_lock);
}

int vcpu_pool_start(struct vm *vm)
{
    struct vcpu *v;
    int error = create_reserved(vm, reserve_index(vm), &v);
    if (error != 0)
        return error;
    put_free(v);
    return vcpu_warm(v);
}

static int get(struct vm *vm, struct vcpu **out)
{
    int index = vm_ready(vm);
    if (index != 0)
        return index;
    pthread_mutex_lock(&vm->pool_lock);
    struct vcpu *v = vm->free;
    if (v != NULL)
        vm->free = v->next_free;
    else
        index = reserve_index(vm);
    pthread_mutex_unlock(&vm->pool_lock);
    if (v == NULL)
        return index < 0 ? index : create_reserved(vm, index, out);
    *out = v;
    return 0;
}

int vcpu_take(struct vm *vm, struct vcpu **out, const struct cpu_state *state)
{
    struct vcpu *v;
    int error = get(vm, &v);
    if (error != 0)
        return error;
    v->run->immediate_exit = 0;
    v->retries = 0;
    error = vcpu_store_bases(v, state);
    if (error == 0)
        error = vcpu_store_xsave(v, state);
    if (error != 0) {
        put_free(v);
        return error;
    }
    *out = v;
    return 0;
}

void vcpu_give_back(struct vcpu *v, struct cpu_state *state)
{
    vcpu_load_bases(v, state);
    vcpu_load_xsave(v, state);
    put_free(v);
}

int vcpu_load_xsave(struct vcpu *v, struct cpu_state *state)
{
    _Static_assert(sizeof(struct kvm_xsave) == XSAVE_AREA_BYTES, "KVM_GET_XSAVE's area");
    if (ioctl(v->fd, KVM_GET_XSAVE, state->xsave) != 0)
        return -errno;
    uint64_t components;
    memcpy(&components, state->xsave + XSAVE_HEADER, sizeof components);
    components &= v->vm->platform->features;
    memcpy(state->xsave + XSAVE_HEADER, &components, sizeof components);
    return 0;
}

/* The area may come from a guest's signal frame or from a file: what the processor would refuse is taken out. */
int vcpu_store_xsave(struct vcpu *v, const struct cpu_state *state)
{
    uint8_t area[XSAVE_AREA_BYTES] __attribute__((aligned(64)));
    memcpy(area, state->xsave, sizeof area);
    uint32_t mxcsr, mask;
    memcpy(&mxcsr, area + XSAVE_MXCSR, sizeof mxcsr);
    __builtin_ia32_fxsave(area); /* the processor's own mask of MXCSR's bits */
    memcpy(&mask, area + XSAVE_MXCSR_MASK, sizeof mask);
    memcpy(area, state->xsave, XSAVE_HEADER);
    mxcsr &= mask != 0 ? mask : MXCSR_DEFAULT_MASK;
    uint64_t components;
    memcpy(&components, area + XSAVE_HEADER, sizeof components);
    components &= v->vm->platform->features;
    if (!(components & 6)) /* neither SSE nor AVX state is there: an area of zeros is a new thread's */
        mxcsr = MXCSR_INITIAL;
    memcpy(area + XSAVE_MXCSR, &mxcsr, sizeof mxcsr);
    memset(area + XSAVE_HEADER, 0, XSAVE_HEADER_BYTES); /* standard format, no reserved bits */
    memcpy(area + XSAVE_HEADER, &components, sizeof components);
    return ioctl(v->fd, KVM_SET_XSAVE, area) != 0 ? -errno : 0;
}

int vcpu_load_bases(struct vcpu *v, struct cpu_state *state)
{
    struct msr_list m = {.count = 2, .entries = {{.index = MSR_FS_BASE}, {.index = MSR_GS_BASE}}};
    int done = ioctl(v->fd, KVM_GET_MSRS, &m);
    if (done != 2)
        return done < 0 ? -errno : -EIO;
    state->fs_base = m.entries[0].data;
    state->gs_base = m.entries[1].data;
    return 0;
}

int vcpu_store_bases(struct vcpu *v, const struct cpu_state *state)
{
    const struct kvm_msr_entry msrs[] = {
        {.index = MSR_FS_BASE, .data = state->fs_base},
        {.index = MSR_GS_BASE, .data = state->gs_base},
    };
    return set_msrs(v, msrs, 2);
}
