/* The processor that a snapshot's guest was started on, and whether this one can take its place: a guest looks at CPUID
 * once and then uses what it has found (Intel SDM 2A, CPUID; SDM 1 13.4 for the XSAVE area). */
#include "hostvirt/snapshot_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { EAX, EBX, ECX, EDX };

static const struct {
    uint32_t function, index;
    unsigned reg;
} words[MACHINE_WORDS] = {
    {1, 0, ECX}, {1, 0, EDX}, {7, 0, EBX}, {7, 0, ECX}, {7, 0, EDX}, {7, 1, EAX}, {7, 1, EDX},
    {0x80000001, 0, ECX}, {0x80000001, 0, EDX},
};

/* As /proc/cpuinfo calls them. */
static const struct {
    uint8_t word, bit;
    const char *name;
} names[] = {
    {0, 0, "sse3"},       {0, 1, "pclmulqdq"},   {0, 9, "ssse3"},      {0, 12, "fma"},      {0, 13, "cx16"},
    {0, 19, "sse4_1"},    {0, 20, "sse4_2"},     {0, 22, "movbe"},     {0, 23, "popcnt"},   {0, 25, "aes"},
    {0, 26, "xsave"},     {0, 28, "avx"},        {0, 29, "f16c"},      {0, 30, "rdrand"},   {1, 8, "cx8"},
    {1, 15, "cmov"},      {1, 19, "clflush"},    {1, 23, "mmx"},       {1, 24, "fxsr"},     {1, 25, "sse"},
    {1, 26, "sse2"},      {2, 0, "fsgsbase"},    {2, 3, "bmi1"},       {2, 5, "avx2"},      {2, 8, "bmi2"},
    {2, 9, "erms"},       {2, 16, "avx512f"},    {2, 17, "avx512dq"},  {2, 18, "rdseed"},   {2, 19, "adx"},
    {2, 21, "avx512ifma"},{2, 23, "clflushopt"}, {2, 24, "clwb"},      {2, 26, "avx512pf"}, {2, 27, "avx512er"},
    {2, 28, "avx512cd"},  {2, 29, "sha_ni"},     {2, 30, "avx512bw"},  {2, 31, "avx512vl"}, {3, 1, "avx512vbmi"},
    {3, 6, "avx512_vbmi2"},{3, 8, "gfni"},       {3, 9, "vaes"},       {3, 10, "vpclmulqdq"},{3, 11, "avx512_vnni"},
    {3, 12, "avx512_bitalg"},{3, 14, "avx512_vpopcntdq"},{3, 22, "rdpid"},{3, 27, "movdiri"},{3, 28, "movdir64b"},
    {4, 2, "avx512_4vnniw"},{4, 3, "avx512_4fmaps"},{4, 4, "fsrm"},    {4, 8, "avx512_vp2intersect"},
    {4, 14, "serialize"}, {4, 23, "avx512_fp16"},{5, 0, "sha512"},     {5, 1, "sm3"},       {5, 2, "sm4"},
    {5, 4, "avx_vnni"},   {5, 5, "avx512_bf16"}, {5, 10, "fzrm"},      {5, 11, "fsrs"},     {5, 12, "fsrc"},
    {5, 23, "avx_ifma"},  {6, 4, "avx_vnni_int8"},{6, 5, "avx_ne_convert"},{6, 10, "avx_vnni_int16"},
    {7, 0, "lahf_lm"},    {7, 5, "abm"},         {7, 6, "sse4a"},      {7, 8, "3dnowprefetch"},{7, 11, "xop"},
    {7, 16, "fma4"},      {7, 21, "tbm"},        {8, 11, "syscall"},   {8, 20, "nx"},       {8, 27, "rdtscp"},
    {8, 29, "lm"},
};

static uint32_t word_of(const struct kvm_cpuid_entry2 *e, unsigned reg)
{
    return reg == EAX ? e->eax : reg == EBX ? e->ebx : reg == ECX ? e->ecx : e->edx;
}

void machine_describe(struct saved_machine *out, const struct platform *p)
{
    memset(out, 0, sizeof *out);
    out->software = p->software;
    for (unsigned i = 0; i < p->cpuid.head.nent; i++) {
        const struct kvm_cpuid_entry2 *e = &p->cpuid.entries[i];
        for (unsigned w = 0; w < MACHINE_WORDS; w++)
            if (e->function == words[w].function && e->index == words[w].index)
                out->words[w] = word_of(e, words[w].reg);
        if (e->function == 0xd && e->index >= 2 && e->index < MACHINE_COMPONENTS) {
            out->sizes[e->index] = e->eax;
            out->offsets[e->index] = e->ebx;
        }
    }
    out->features = p->features;
    out->xsave_bytes = p->xsave_bytes;
    out->tsc_khz = platform_rate(p);
}

static const char *name_of(unsigned word, unsigned bit, char buffer[48])
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].word == word && names[i].bit == bit)
            return names[i].name;
    snprintf(buffer, 48, "CPUID %x.%x %s bit %u", words[word].function, words[word].index,
             (const char *const[]){"EAX", "EBX", "ECX", "EDX"}[words[word].reg], bit);
    return buffer;
}

/* The features that are missing here, with commas; false when none is. */
static bool list_missing(const struct saved_machine *saved, const struct saved_machine *here, char *list, size_t bytes)
{
    const uint32_t set_by_kvm = 1u << 27 | 1u << 31; /* OSXSAVE and the hypervisor's bit in leaf 1 */
    size_t used = 0;
    bool any = false;

    for (unsigned w = 0; w < MACHINE_WORDS; w++) {
        uint32_t missing = saved->words[w] & ~here->words[w] & ~(w == 0 ? set_by_kvm : 0);
        for (unsigned bit = 0; bit < 32; bit++) {
            char buffer[48];
            if (!(missing >> bit & 1))
                continue;
            int length = snprintf(list + used, bytes - used, "%s%s", any ? ", " : "", name_of(w, bit, buffer));
            any = true;
            if (length > 0 && (size_t)length < bytes - used)
                used += (size_t)length;
            else
                list[used] = '\0';
        }
    }
    return any;
}

int machine_compare(const struct saved_machine *saved, const struct saved_machine *here, char *reason, size_t bytes)
{
    char missing[320] = "";

    if (list_missing(saved, here, missing, sizeof missing)) {
        snprintf(reason, bytes, "this processor lacks what the snapshot's guest may use: %s; a snapshot that travels "
                                "is made with --cpu-baseline x86-64-v2 or x86-64-v3", missing);
        return -ENOTSUP;
    }
    if (saved->features & ~here->features) {
        snprintf(reason, bytes, "this processor lacks vector state that the snapshot's guest uses (XCR0 %llx, here "
                                "%llx)", (unsigned long long)saved->features, (unsigned long long)here->features);
        return -ENOTSUP;
    }
    for (unsigned i = 2; i < MACHINE_COMPONENTS; i++)
        if (saved->features >> i & 1 && (saved->offsets[i] != here->offsets[i] || saved->sizes[i] != here->sizes[i])) {
            snprintf(reason, bytes, "this processor keeps its vector state in another form than the snapshot's "
                                    "(XSAVE component %u)", i);
            return -ENOTSUP;
        }
    return 0;
}
