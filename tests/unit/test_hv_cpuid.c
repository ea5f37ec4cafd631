/* What guests are told of the processor: a baseline hides everything above it, from instructions to the size of the
 * vector state, and a machine that cannot hide anything refuses by the option's name.  Asks the processor only:
 * needs no KVM. */
#include <errno.h>
#include <string.h>

#include "hostvirt/platform.h"
#include "runner.h"

enum { XCR0_SSE = 3, XCR0_AVX = 4 };

static struct platform p;
static char reason[256];

static void setup(void)
{
    memset(&p, 0, sizeof p);
    p.kvm = -1;
    p.software = true; /* the processor itself is the source */
    p.cpuid_exact = true;
    reason[0] = '\0';
}

static const struct kvm_cpuid_entry2 *leaf(uint32_t function, uint32_t index)
{
    static const struct kvm_cpuid_entry2 none;

    for (unsigned i = 0; i < p.cpuid.head.nent; i++)
        if (p.cpuid.entries[i].function == function && p.cpuid.entries[i].index == index)
            return &p.cpuid.entries[i];
    return &none;
}

static bool bit(uint32_t word, unsigned number)
{
    return word >> number & 1;
}

/* psABI for x86-64, table 3.1: v2 has SSE4.2 and POPCNT, v3 adds AVX2, BMI2, FMA, MOVBE. */
START_TEST(v2_shows_no_wider_vectors)
{
    ck_assert_int_eq(platform_cpuid(&p, BASELINE_V2, reason, sizeof reason), 0);
    ck_assert(bit(leaf(1, 0)->ecx, 20));
    ck_assert(bit(leaf(1, 0)->ecx, 23));
    ck_assert(!bit(leaf(1, 0)->ecx, 28)); /* AVX */
    ck_assert(!bit(leaf(1, 0)->ecx, 12)); /* FMA */
    ck_assert(!bit(leaf(7, 0)->ebx, 5));  /* AVX2 */
    ck_assert(!bit(leaf(7, 0)->ebx, 16)); /* AVX512F */
    ck_assert_uint_eq(p.features, XCR0_SSE);
    ck_assert_uint_eq(p.xsave_bytes, 512 + 64);
}
END_TEST

START_TEST(v3_shows_avx2_and_no_more)
{
    if (!__builtin_cpu_supports("x86-64-v3"))
        return;
    ck_assert_int_eq(platform_cpuid(&p, BASELINE_V3, reason, sizeof reason), 0);
    ck_assert(bit(leaf(1, 0)->ecx, 28));
    ck_assert(bit(leaf(7, 0)->ebx, 5));
    ck_assert(bit(leaf(7, 0)->ebx, 8)); /* BMI2 */
    ck_assert(!bit(leaf(7, 0)->ebx, 16));
    ck_assert_uint_eq(p.features, XCR0_SSE | XCR0_AVX);
    ck_assert_uint_eq(leaf(0xd, 0)->eax, p.features);
    ck_assert_uint_eq(leaf(0xd, 0)->ebx, p.xsave_bytes);
    ck_assert_uint_eq(p.xsave_bytes, 512 + 64 + 256);
}
END_TEST

START_TEST(no_baseline_shows_what_the_host_has)
{
    ck_assert_int_eq(platform_cpuid(&p, BASELINE_HOST, reason, sizeof reason), 0);
    ck_assert_uint_eq(bit(leaf(7, 0)->ebx, 5), (unsigned)!!__builtin_cpu_supports("avx2"));
    ck_assert_uint_eq(bit(leaf(7, 0)->ebx, 16), (unsigned)!!__builtin_cpu_supports("avx512f"));
    ck_assert(!bit(leaf(7, 0)->edx, 24)); /* AMX: KVM_GET_XSAVE does not hold its tiles */
    ck_assert_uint_eq(leaf(0x40000000, 0)->ebx, 0x696f6c43);
}
END_TEST

START_TEST(a_machine_that_cannot_hide_says_so)
{
    p.cpuid_exact = false;
    ck_assert_int_eq(platform_cpuid(&p, BASELINE_V2, reason, sizeof reason), -ENOTSUP);
    ck_assert(strstr(reason, "--cpu-baseline") != NULL);
    ck_assert_int_eq(platform_cpuid(&p, BASELINE_HOST, reason, sizeof reason), 0);
}
END_TEST

TEST_MAIN("hv_cpuid", setup, 20, TEST(v2_shows_no_wider_vectors), TEST(v3_shows_avx2_and_no_more),
          TEST(no_baseline_shows_what_the_host_has), TEST(a_machine_that_cannot_hide_says_so))
