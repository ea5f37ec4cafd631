/* What CPUID shows to guests: the features that ring 3 can use, and nothing that names the host's topology, its
 * kernel's features, or state that is not saved (AMX tiles, protection keys, shadow stacks).
 * Sources: Intel SDM 2A CPUID; AMD APM 3 appendix E; System V x86-64 psABI 3.1.1 (levels). */
#include "hostvirt/platform.h"

#include <cpuid.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define BIT(n) (1u << (n))

_Static_assert(offsetof(struct cpuid_table, entries) == sizeof(struct kvm_cpuid2), "KVM's layout");

enum { XCR0_X87 = 1, XCR0_SSE = 2, XCR0_AVX = 4, XCR0_AVX512 = 0xe0 };

enum reg { EAX, EBX, ECX, EDX };

/* One word of feature bits: which of them guests may see with each baseline.  Words not listed are not shown. */
struct feature_word {
    uint32_t function, index;
    enum reg reg;
    uint32_t shown[3];  /* by enum cpu_baseline */
    uint32_t needed[3]; /* what the baseline promises */
};

/* Leaf 1 ECX */
#define V2_1_ECX (BIT(0) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(23) | BIT(31)) /* SSE3..4.2, CX16, POPCNT; VM */
#define V3_1_ECX (V2_1_ECX | BIT(12) | BIT(22) | BIT(26) | BIT(27) | BIT(28) | BIT(29)) /* FMA MOVBE XSAVE AVX F16C */
#define HOST_1_ECX (V3_1_ECX | BIT(1) | BIT(25) | BIT(30)) /* PCLMUL AES RDRAND */
/* Leaf 1 EDX: FPU DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2 */
#define ALL_1_EDX 0x078bfbfdu
/* Leaf 7.0 */
#define V3_7_EBX (BIT(3) | BIT(5) | BIT(8)) /* BMI1 AVX2 BMI2 */
#define HOST_7_EBX                                                                                                     \
    (V3_7_EBX | BIT(0) | BIT(9) | BIT(16) | BIT(17) | BIT(18) | BIT(19) | BIT(21) | BIT(23) | BIT(24) | BIT(26) |     \
     BIT(27) | BIT(28) | BIT(29) | BIT(30) | BIT(31)) /* FSGSBASE ERMS AVX512* RDSEED ADX CLFLUSHOPT CLWB SHA */
#define HOST_7_ECX                                                                                                     \
    (BIT(0) | BIT(1) | BIT(6) | BIT(8) | BIT(9) | BIT(10) | BIT(11) | BIT(12) | BIT(14) | BIT(27) | BIT(28))
#define HOST_7_EDX (BIT(2) | BIT(3) | BIT(4) | BIT(8) | BIT(14) | BIT(23))
#define HOST_71_EAX (BIT(0) | BIT(1) | BIT(2) | BIT(4) | BIT(5) | BIT(7) | BIT(10) | BIT(11) | BIT(12) | BIT(23))
#define HOST_71_EDX (BIT(4) | BIT(5) | BIT(10))
/* Leaf 80000001H */
#define V2_EXT_ECX BIT(0)              /* LAHF */
#define V3_EXT_ECX (V2_EXT_ECX | BIT(5)) /* LZCNT */
#define HOST_EXT_ECX (V3_EXT_ECX | BIT(6) | BIT(7) | BIT(8) | BIT(11) | BIT(16) | BIT(21) | BIT(22))
#define V2_EXT_EDX (BIT(11) | BIT(20) | BIT(29)) /* SYSCALL NX LM */
#define AMD_EXT_EDX 0x0183f3fdu /* AMD repeats leaf 1's bits here */
#define OLD_EXT_EDX (V2_EXT_EDX | AMD_EXT_EDX)
#define HOST_EXT_EDX (OLD_EXT_EDX | BIT(22) | BIT(25) | BIT(27)) /* MMXEXT FXSR_OPT RDTSCP */

/* Columns: BASELINE_HOST, V2, V3.  OSXSAVE (leaf 1 ECX 27) is KVM's own to set; VM (31) is never promised. */
static const struct feature_word words[] = {
    {1, 0, ECX, {HOST_1_ECX, V2_1_ECX, V3_1_ECX}, {0, V2_1_ECX & ~BIT(31), V3_1_ECX & ~(BIT(31) | BIT(27))}},
    {1, 0, EDX, {ALL_1_EDX, ALL_1_EDX, ALL_1_EDX}, {0, 0, 0}},
    {7, 0, EBX, {HOST_7_EBX, 0, V3_7_EBX}, {0, 0, V3_7_EBX}},
    {7, 0, ECX, {HOST_7_ECX, 0, 0}, {0, 0, 0}},
    {7, 0, EDX, {HOST_7_EDX, 0, 0}, {0, 0, 0}},
    {7, 1, EAX, {HOST_71_EAX, 0, 0}, {0, 0, 0}},
    {7, 1, EDX, {HOST_71_EDX, 0, 0}, {0, 0, 0}},
    {0x80000001, 0, ECX, {HOST_EXT_ECX, V2_EXT_ECX, V3_EXT_ECX}, {0, V2_EXT_ECX, V3_EXT_ECX}},
    {0x80000001, 0, EDX, {HOST_EXT_EDX, OLD_EXT_EDX, OLD_EXT_EDX}, {0, V2_EXT_EDX, V2_EXT_EDX}},
};

/* Where leaves come from.  On hardware that is what KVM supports.  A software KVM runs ring 3 on the processor itself
 * and lists next to nothing, so there it is the processor: each leaf is asked once (CPUID traps where the host is a
 * guest itself, at microseconds each). */
struct source {
    bool host;
    struct cpuid_table known;
};

static uint32_t *word_of(struct kvm_cpuid_entry2 *e, enum reg reg)
{
    return reg == EAX ? &e->eax : reg == EBX ? &e->ebx : reg == ECX ? &e->ecx : &e->edx;
}

static struct kvm_cpuid_entry2 leaf(struct source *s, uint32_t function, uint32_t index)
{
    struct kvm_cpuid_entry2 e = {.function = function, .index = index};
    for (unsigned i = 0; i < s->known.head.nent; i++)
        if (s->known.entries[i].function == function && s->known.entries[i].index == index)
            return s->known.entries[i];
    if (!s->host)
        return e;
    __cpuid_count(function, index, e.eax, e.ebx, e.ecx, e.edx);
    if (s->known.head.nent < CPUID_ENTRIES)
        s->known.entries[s->known.head.nent++] = e;
    return e;
}

static struct kvm_cpuid_entry2 *add(struct platform *p, struct kvm_cpuid_entry2 e, bool indexed)
{
    struct kvm_cpuid_entry2 *to = &p->cpuid.entries[p->cpuid.head.nent++];
    *to = e;
    to->flags = indexed ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0;
    memset(to->padding, 0, sizeof to->padding);
    return to;
}

/* A leaf of feature words: each kept as far as the table says, the rest 0. */
static int add_features(struct platform *p, struct source *s, uint32_t function, uint32_t index,
                        enum cpu_baseline baseline, struct kvm_cpuid_entry2 **out)
{
    struct kvm_cpuid_entry2 e = leaf(s, function, index), shown = {.function = function, .index = index};
    if (function != 7)
        shown.eax = e.eax; /* leaf 1 and 80000001H: family, model, stepping */
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const struct feature_word *w = &words[i];
        if (w->function != function || w->index != index)
            continue;
        uint32_t has = *word_of(&e, w->reg);
        if ((has & w->needed[baseline]) != w->needed[baseline])
            return -ENOTSUP;
        *word_of(&shown, w->reg) = has & w->shown[baseline];
    }
    *out = add(p, shown, function == 7);
    return 0;
}

/* Cache leaves (4 and 8000001DH) without how many processors share a cache. */
static void add_caches(struct platform *p, struct source *s, uint32_t function)
{
    for (uint32_t i = 0; i < 8; i++) {
        struct kvm_cpuid_entry2 e = leaf(s, function, i);
        if ((e.eax & 31) == 0)
            break;
        e.eax &= 0x3fff;
        add(p, e, true);
    }
    add(p, (struct kvm_cpuid_entry2){.function = function, .index = 8}, true);
}

/* Leaf DH: the standard-format area of p->features (SDM 1 13.2); of its instructions those of ring 3. */
static void add_xsave(struct platform *p, struct source *s, enum cpu_baseline baseline)
{
    uint32_t bytes = 512 + 64;
    struct kvm_cpuid_entry2 *head =
        add(p, (struct kvm_cpuid_entry2){.function = 0xd, .eax = (uint32_t)p->features}, true);
    struct kvm_cpuid_entry2 one = {.function = 0xd, .index = 1};
    if (baseline == BASELINE_HOST)
        one.eax = leaf(s, 0xd, 1).eax & 7; /* XSAVEOPT, XSAVEC, XGETBV with ECX=1 */
    add(p, one, true);
    for (uint32_t i = 2; i < 32; i++) {
        if (!(p->features & BIT(i)))
            continue;
        struct kvm_cpuid_entry2 e = leaf(s, 0xd, i);
        if (e.eax + e.ebx > bytes)
            bytes = e.eax + e.ebx;
        e.edx = 0;
        add(p, e, true);
    }
    head->ebx = head->ecx = bytes;
    p->xsave_bytes = bytes;
}

static uint64_t choose_features(struct source *s, enum cpu_baseline baseline)
{
    uint64_t host = leaf(s, 1, 0).ecx & BIT(26) ? leaf(s, 0xd, 0).eax : XCR0_X87 | XCR0_SSE;
    uint64_t features = XCR0_X87 | XCR0_SSE;
    if (baseline != BASELINE_V2 && (host & XCR0_AVX))
        features |= XCR0_AVX;
    if (baseline == BASELINE_HOST && (features & XCR0_AVX) && (host & XCR0_AVX512) == XCR0_AVX512)
        features |= XCR0_AVX512;
    return features;
}

/* The leaf that says how many follow it, at most up to `most`; how many the processor has. */
static uint32_t add_head(struct platform *p, struct source *s, uint32_t function, uint32_t most)
{
    struct kvm_cpuid_entry2 head = leaf(s, function, 0);
    uint32_t last = head.eax;
    head.eax = last < most ? last : most;
    add(p, head, false);
    return last;
}

static int add_basic(struct platform *p, struct source *s, enum cpu_baseline baseline)
{
    struct kvm_cpuid_entry2 *e;
    uint32_t last = add_head(p, s, 0, 0x16);
    int error = add_features(p, s, 1, 0, baseline, &e);
    if (error != 0)
        return error;
    bool xsave = e->ecx & BIT(26);
    e->ebx = leaf(s, 1, 0).ebx & 0xff00; /* the line size of CLFLUSH; no brand, no APIC number, one processor */
    if (last >= 2 && p->cpuid_exact)
        add(p, leaf(s, 2, 0), false);
    if (last >= 4 && p->cpuid_exact)
        add_caches(p, s, 4);
    if (last >= 7) {
        uint32_t subleaves = leaf(s, 7, 0).eax >= 1;
        error = add_features(p, s, 7, 0, baseline, &e);
        if (error != 0)
            return error;
        e->eax = subleaves;
        if (subleaves && (error = add_features(p, s, 7, 1, baseline, &e)) != 0)
            return error;
    }
    if (last >= 0xd && xsave)
        add_xsave(p, s, baseline);
    else
        p->xsave_bytes = 512 + 64;
    for (uint32_t i = 0x15; p->cpuid_exact && i <= 0x16 && i <= last; i++)
        add(p, leaf(s, i, 0), false); /* clock rates */
    /* Out-of-range leaves would show the last basic one; programs look here for a hypervisor's name: "Cloister". */
    struct kvm_cpuid_entry2 name = {.function = 0x40000000, .eax = 0x40000000, .ebx = 0x696f6c43, .ecx = 0x72657473};
    add(p, name, false);
    return 0;
}

static int add_extended(struct platform *p, struct source *s, enum cpu_baseline baseline)
{
    struct kvm_cpuid_entry2 *e;
    uint32_t last = add_head(p, s, 0x80000000, 0x8000001e);
    int error = add_features(p, s, 0x80000001, 0, baseline, &e);
    if (error != 0)
        return error;
    for (uint32_t i = 0x80000002; p->cpuid_exact && i <= 0x80000006 && i <= last; i++)
        add(p, leaf(s, i, 0), false); /* name, caches */
    if (last >= 0x80000007) {
        struct kvm_cpuid_entry2 power = leaf(s, 0x80000007, 0);
        add(p, (struct kvm_cpuid_entry2){.function = 0x80000007, .edx = power.edx & BIT(8)}, false); /* invariant TSC */
    }
    if (last >= 0x80000008) {
        struct kvm_cpuid_entry2 sizes = leaf(s, 0x80000008, 0);
        uint32_t shown = baseline == BASELINE_HOST ? BIT(0) | BIT(2) : 0; /* CLZERO, XSAVEERPTR */
        sizes.eax &= 0xffff;
        sizes.ebx &= shown;
        sizes.ecx = sizes.edx = 0; /* how many cores */
        add(p, sizes, false);
    }
    if (p->cpuid_exact && last >= 0x8000001d && (leaf(s, 0x80000001, 0).ecx & BIT(22))) {
        add_caches(p, s, 0x8000001d);
        add(p, (struct kvm_cpuid_entry2){.function = 0x8000001e}, false); /* one processor, one node */
    }
    return 0;
}

int platform_cpuid(struct platform *p, enum cpu_baseline baseline, char *reason, size_t reason_bytes)
{
    struct source s;
    s.host = p->software;
    s.known.head.nent = s.host ? 0 : CPUID_ENTRIES;
    if (!s.host && ioctl(p->kvm, KVM_GET_SUPPORTED_CPUID, &s.known) != 0) {
        int error = -errno;
        snprintf(reason, reason_bytes, "KVM does not say what processor it offers: %s", strerror(-error));
        return error;
    }
    if (!p->cpuid_exact && baseline != BASELINE_HOST) {
        snprintf(reason, reason_bytes, "this machine cannot hide processor features from guests: --cpu-baseline needs "
                                       "VT-x or SVM, or CPUID faulting");
        return -ENOTSUP;
    }
    p->cpuid.head.nent = 0;
    p->features = choose_features(&s, baseline);
    int error = add_basic(p, &s, baseline);
    if (error == 0)
        error = add_extended(p, &s, baseline);
    if (error != 0)
        snprintf(reason, reason_bytes, "this processor is below the baseline x86-64-v%d: choose a lower one with "
                                       "--cpu-baseline", baseline == BASELINE_V2 ? 2 : 3);
    if (error == 0 && p->xsave_bytes > 4096) {
        snprintf(reason, reason_bytes, "this processor's vector state of %u bytes is larger than KVM_GET_XSAVE gives",
                 p->xsave_bytes);
        error = -ENOTSUP;
    }
    return error;
}
