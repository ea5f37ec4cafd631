/* What this machine's processor, kernel and KVM offer, found once per process.  `cloister check` prints it. */
#ifndef HOSTVIRT_PLATFORM_H
#define HOSTVIRT_PLATFORM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPUID_ENTRIES 256

struct platform {
    int kvm;              /* /dev/kvm, close-on-exec */
    size_t run_bytes;     /* of a vCPU's shared page */
    bool software;        /* a software KVM (kvm_pvm): no VT-x or SVM below it */
    bool cpuid_exact;     /* guests see `cpuid` below; else the processor's own leaves: nothing traps the instruction */
    bool sync_regs;       /* KVM_CAP_SYNC_REGS with general and segment registers */
    uint64_t features;    /* XCR0 that guests get: x87, SSE, AVX, AVX-512; never AMX, PKRU, CET */
    uint32_t xsave_bytes; /* standard-format area for `features` */
    uint32_t tsc_khz;     /* platform_rate() reads it */
    struct cpuid_table {
        struct {
            uint32_t nent, padding;
        } head; /* laid out as struct kvm_cpuid2 is */
        struct kvm_cpuid_entry2 entries[CPUID_ENTRIES];
    } cpuid; /* what guests see: the host's leaves less what is hidden (baselines narrow it) */
};

enum cpu_baseline { BASELINE_HOST, BASELINE_V2, BASELINE_V3 }; /* x86-64 psABI levels */

/* Opens /dev/kvm and asks it.  0, or a negative errno with a sentence in `reason`
 * (what is missing and what to do): -ENODEV no /dev/kvm, -EACCES no permission, -ENOTSUP too old. */
int platform_open(struct platform *p, enum cpu_baseline baseline, char *reason, size_t reason_bytes);
void platform_close(struct platform *p);
/* A new VM's descriptor, close-on-exec, or a negative errno.  KVM binds it to the address space of the caller. */
int platform_create_vm(struct platform *p);
/* Creates a VM and lets it go: whether KVM can, and the counter's rate.  0, or a negative errno with a sentence. */
int platform_try(struct platform *p, char *reason, size_t reason_bytes);
/* Of the time-stamp counter in kHz; 0: not known, as before the first VM, which may be made by another thread. */
static inline uint32_t platform_rate(const struct platform *p)
{
    return __atomic_load_n(&p->tsc_khz, __ATOMIC_RELAXED);
}

/* platform_cpuid.c: fills p->cpuid, features and xsave_bytes.  -ENOTSUP with a sentence: below the baseline. */
int platform_cpuid(struct platform *p, enum cpu_baseline baseline, char *reason, size_t reason_bytes);

#endif
