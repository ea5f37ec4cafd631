/* KVM's part of a new VM, at a start by a thread of its own: creating it, creating its first vCPU and running that once
 * takes KVM as long as everything else that a start has to do, and waits for nothing of that. */
#include "hostvirt/vm_private.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>

#define MAKER_STACK (64u << 10)

static int add_slot(struct vm *vm, const struct slot *s)
{
    struct kvm_userspace_memory_region region = {
        .slot = vm->slots,
        .guest_phys_addr = s->physical,
        .memory_size = s->bytes,
        .userspace_addr = (uint64_t)(uintptr_t)s->memory,
    };
    int result;
    do
        result = ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
    while (result != 0 && errno == EINTR);
    if (result != 0)
        return errno == EINVAL ? -ENOMEM : -errno; /* EINVAL: no slots left */
    vm->slots++;
    return 0;
}

static int make(struct vm *vm)
{
    vm->fd = platform_create_vm(vm->platform);
    return vm->fd < 0 ? vm->fd : add_slot(vm, &(struct slot){SYSTEM_PHYSICAL, vm->system, SYSTEM_FIRST_CHUNK});
}

static int add_waiting(struct vm *vm)
{
    int error = 0;

    pthread_mutex_lock(&vm->waiting_lock);
    for (unsigned i = 0; i < vm->waiting_count && error == 0; i++)
        error = add_slot(vm, &vm->waiting[i]);
    vm->waiting_count = 0;
    pthread_mutex_unlock(&vm->waiting_lock);
    return error;
}

/* A slot costs KVM least before there is a vCPU. */
static void *maker(void *argument)
{
    struct vm *vm = argument;

    vm->error = make(vm);
    if (vm->error == 0)
        vm->error = add_waiting(vm);
    if (vm->error == 0)
        vm->error = vcpu_pool_start(vm);
    return NULL;
}

/* The guest's signals and its host's are for other threads. */
static int start_maker(struct vm *vm)
{
    pthread_attr_t attributes;
    sigset_t all;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, MAKER_STACK);
    pthread_attr_setsigmask_np(&attributes, &all);
    int error = pthread_create(&vm->maker, &attributes, maker, vm);
    pthread_attr_destroy(&attributes);
    return error;
}

int vm_make(struct vm *vm, bool beside)
{
    pthread_mutex_init(&vm->make_lock, NULL);
    pthread_mutex_init(&vm->waiting_lock, NULL);
    vm->making = beside && start_maker(vm) == 0; /* no more threads for this user: as well without */
    if (!vm->making)
        vm->error = make(vm);
    atomic_init(&vm->made, !vm->making);
    return vm->making ? 0 : vm->error;
}

/* Under make_lock. */
static void finish(struct vm *vm)
{
    pthread_join(vm->maker, NULL);
    pthread_mutex_lock(&vm->waiting_lock);
    vm->making = false; /* from here on nothing is put off */
    pthread_mutex_unlock(&vm->waiting_lock);
    if (vm->error == 0)
        vm->error = add_waiting(vm);
    atomic_store_explicit(&vm->made, true, memory_order_release);
}

int vm_ready(struct vm *vm)
{
    if (!atomic_load_explicit(&vm->made, memory_order_acquire)) {
        pthread_mutex_lock(&vm->make_lock);
        if (vm->making)
            finish(vm);
        pthread_mutex_unlock(&vm->make_lock);
    }
    return vm->error;
}

/* What the guest's memory needs while KVM is at work comes when there is a VM. */
static bool put_off(struct vm *vm, const struct slot *s)
{
    pthread_mutex_lock(&vm->waiting_lock);
    bool waits = vm->making && vm->waiting_count < SLOTS_WAITING;
    if (waits)
        vm->waiting[vm->waiting_count++] = *s;
    pthread_mutex_unlock(&vm->waiting_lock);
    return waits;
}

int vm_add_slot(struct vm *vm, uint64_t physical, void *memory, uint64_t bytes)
{
    const struct slot s = {physical, memory, bytes};

    if (!atomic_load_explicit(&vm->made, memory_order_acquire) && put_off(vm, &s))
        return 0;
    int error = vm_ready(vm);
    return error == 0 ? add_slot(vm, &s) : error;
}
