/* Asking the machine, once per process, what its KVM offers; CPUID for guests is in platform_cpuid.c.
 * Source: Linux Documentation/virt/kvm/api.rst. */
#include "hostvirt/platform.h"

#include <asm/prctl.h>
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KVM_API 12 /* the only version since Linux 2.6.22 */

struct requirement {
    long extension;
    const char *name;
};

static const struct requirement requirements[] = {
    {KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY"},
    {KVM_CAP_SYNC_MMU, "KVM_CAP_SYNC_MMU"}, /* mprotect and munmap of the host are seen by guests */
    {KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"},
    {KVM_CAP_VCPU_EVENTS, "KVM_CAP_VCPU_EVENTS"},
    {KVM_CAP_XSAVE, "KVM_CAP_XSAVE"},
    {KVM_CAP_XCRS, "KVM_CAP_XCRS"},
};

static int open_device(char *reason, size_t bytes)
{
    int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm >= 0)
        return kvm;
    int error = errno;
    switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        snprintf(reason, bytes, "there is no usable /dev/kvm: turn on virtualization in the firmware and load "
                                "kvm_intel or kvm_amd; cloister run --isolation=process does without it");
        return -ENODEV;
    case EACCES:
    case EPERM:
        snprintf(reason, bytes, "no permission to open /dev/kvm: add the user to its group (usually kvm) and log "
                                "in again; cloister run --isolation=process does without it");
        return -EACCES;
    default:
        snprintf(reason, bytes, "cannot open /dev/kvm: %s", strerror(error));
        return -error;
    }
}

static int check_requirements(const struct platform *p, char *reason, size_t bytes)
{
    int version = ioctl(p->kvm, KVM_GET_API_VERSION, 0);
    if (version != KVM_API) {
        snprintf(reason, bytes, "this kernel's KVM has interface version %d, but %d is needed: update the kernel",
                 version, KVM_API);
        return -ENOTSUP;
    }
    for (size_t i = 0; i < sizeof requirements / sizeof requirements[0]; i++) {
        if (ioctl(p->kvm, KVM_CHECK_EXTENSION, requirements[i].extension) > 0)
            continue;
        snprintf(reason, bytes, "this kernel's KVM lacks %s: Linux 5.4 or newer is needed", requirements[i].name);
        return -ENOTSUP;
    }
    return 0;
}

/* kvm_pvm is the only KVM without hardware below it; only one of KVM's vendor modules can be in use at a time. */
static bool software_kvm(void)
{
    unsigned a, b, c, d;
    __cpuid(1, a, b, c, d);
    bool vmx = c & (1u << 5);
    bool svm = __get_cpuid(0x80000001, &a, &b, &c, &d) && (c & (1u << 2));
    if (!vmx && !svm)
        return true;
    return access("/sys/module/kvm_pvm", F_OK) == 0 && access("/sys/module/kvm_intel", F_OK) != 0 &&
           access("/sys/module/kvm_amd", F_OK) != 0;
}

/* VT-x always traps CPUID and SVM's KVM does; a software KVM needs the processor's CPUID faulting, which arch_prctl(2)
 * tells: switching it off, as it is, succeeds only where it exists. */
static bool traps_cpuid(bool software)
{
    return !software || syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1) == 0;
}

/* CPUID leaf 15H where it is filled in (SDM 3B 19.7.3). */
static uint32_t tsc_khz_of_cpuid(void)
{
    unsigned denominator, numerator, crystal, d;
    if (!__get_cpuid_count(0x15, 0, &denominator, &numerator, &crystal, &d) || denominator == 0 || crystal == 0)
        return 0;
    return (uint32_t)((uint64_t)crystal * numerator / denominator / 1000);
}

static int new_vm(int kvm)
{
    int vm;
    do
        vm = ioctl(kvm, KVM_CREATE_VM, 0);
    while (vm < 0 && errno == EINTR); /* a signal that arrives during creation */
    return vm < 0 ? -errno : vm;
}

/* The kernel knows the rate best, but tells it only of a VM; older kernels: only of a vCPU, for which there is a VM of
 * its own, because a vCPU's number is used up once. */
static uint32_t rate_of(int kvm, int vm)
{
    int khz = ioctl(vm, KVM_GET_TSC_KHZ, 0);
    if (khz <= 0)
        khz = (int)tsc_khz_of_cpuid();
    if (khz > 0)
        return (uint32_t)khz;
    int other = new_vm(kvm), vcpu = other < 0 ? -1 : ioctl(other, KVM_CREATE_VCPU, 0);
    khz = vcpu < 0 ? 0 : ioctl(vcpu, KVM_GET_TSC_KHZ, 0);
    if (vcpu >= 0)
        close(vcpu);
    if (other >= 0)
        close(other);
    return khz > 0 ? (uint32_t)khz : 0;
}

int platform_open(struct platform *p, enum cpu_baseline baseline, char *reason, size_t reason_bytes)
{
    memset(p, 0, sizeof *p);
    p->kvm = open_device(reason, reason_bytes);
    if (p->kvm < 0)
        return p->kvm;
    int error = check_requirements(p, reason, reason_bytes);
    if (error == 0) {
        int bytes = ioctl(p->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
        p->run_bytes = bytes > 0 ? (size_t)bytes : 0;
        p->software = software_kvm();
        p->cpuid_exact = traps_cpuid(p->software);
        const int wanted = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
        p->sync_regs = (ioctl(p->kvm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS) & wanted) == wanted;
        if (p->run_bytes < sizeof(struct kvm_run)) {
            snprintf(reason, reason_bytes, "KVM gives no usable page for a vCPU: update the kernel");
            error = -ENOTSUP;
        }
    }
    if (error == 0)
        error = platform_cpuid(p, baseline, reason, reason_bytes);
    if (error != 0)
        platform_close(p);
    return error;
}

int platform_create_vm(struct platform *p)
{
    int vm = new_vm(p->kvm);
    if (vm >= 0 && platform_rate(p) == 0)
        __atomic_store_n(&p->tsc_khz, rate_of(p->kvm, vm), __ATOMIC_RELAXED);
    return vm;
}

int platform_try(struct platform *p, char *reason, size_t reason_bytes)
{
    int vm = platform_create_vm(p);
    if (vm < 0) {
        snprintf(reason, reason_bytes, "KVM cannot create a virtual machine: %s", strerror(-vm));
        return vm;
    }
    close(vm);
    return 0;
}

void platform_close(struct platform *p)
{
    if (p->kvm >= 0)
        close(p->kvm);
    p->kvm = -1;
}
