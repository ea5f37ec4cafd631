/* The texts of emulated files about the system: the isolate's own limits and figures. */
#include "hostvirt/cgroup.h"
#include "hostvirt/clock.h"
#include "hostvirt/identity.h"
#include "hostvirt/procfs_private.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

void text_meminfo(FILE *out, struct process *p, int number)
{
    uint64_t total = guest_memory_total(p->monitor) >> 10, left = total - (guest_memory_used(p->monitor) >> 10);
    const struct {
        const char *name;
        uint64_t kib;
    } lines[] = {
        {"MemTotal", total}, {"MemFree", left},  {"MemAvailable", left},        {"Buffers", 0},
        {"Cached", 0},       {"SwapCached", 0},  {"Active", total - left},      {"Inactive", 0},
        {"SwapTotal", 0},    {"SwapFree", 0},    {"Dirty", 0},                  {"Writeback", 0},
        {"AnonPages", total - left},             {"Mapped", 0},                 {"Shmem", 0},
        {"Slab", 0},         {"SReclaimable", 0},{"CommitLimit", total},        {"Committed_AS", total - left},
        {"VmallocTotal", 34359738367},           {"VmallocUsed", 0},            {"AnonHugePages", 0},
        {"Hugepagesize", 2048},
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        fprintf(out, "%s:%*lu kB\n", lines[i].name, (int)(23 - strlen(lines[i].name)), lines[i].kib);
}

/* The names of the feature bits that programs look for (x86/cpufeatures.h's spelling). */
static void put_flags(FILE *out, const struct platform *platform)
{
    static const struct {
        uint32_t leaf;
        char reg;
        int bit;
        const char *name;
    } bits[] = {
        {1, 'd', 0, "fpu"},     {1, 'd', 4, "tsc"},     {1, 'd', 8, "cx8"},     {1, 'd', 15, "cmov"},
        {1, 'd', 19, "clflush"},{1, 'd', 23, "mmx"},    {1, 'd', 24, "fxsr"},   {1, 'd', 25, "sse"},
        {1, 'd', 26, "sse2"},   {1, 'd', 28, "ht"},     {1, 'c', 0, "pni"},     {1, 'c', 1, "pclmulqdq"},
        {1, 'c', 9, "ssse3"},   {1, 'c', 12, "fma"},    {1, 'c', 13, "cx16"},   {1, 'c', 19, "sse4_1"},
        {1, 'c', 20, "sse4_2"}, {1, 'c', 22, "movbe"},  {1, 'c', 23, "popcnt"}, {1, 'c', 25, "aes"},
        {1, 'c', 26, "xsave"},  {1, 'c', 28, "avx"},    {1, 'c', 29, "f16c"},   {1, 'c', 30, "rdrand"},
        {7, 'b', 3, "bmi1"},    {7, 'b', 5, "avx2"},    {7, 'b', 8, "bmi2"},    {7, 'b', 9, "erms"},
        {7, 'b', 16, "avx512f"},{7, 'b', 17, "avx512dq"},{7, 'b', 18, "rdseed"},{7, 'b', 19, "adx"},
        {7, 'b', 28, "avx512cd"},{7, 'b', 29, "sha_ni"},{7, 'b', 30, "avx512bw"},{7, 'b', 31, "avx512vl"},
        {0x80000001, 'd', 11, "syscall"}, {0x80000001, 'd', 20, "nx"}, {0x80000001, 'd', 27, "rdtscp"},
        {0x80000001, 'd', 29, "lm"},      {0x80000001, 'c', 5, "abm"},
    };

    fputs("flags\t\t:", out);
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++)
        for (unsigned k = 0; k < platform->cpuid.head.nent; k++) {
            const struct kvm_cpuid_entry2 *e = &platform->cpuid.entries[k];
            uint32_t value = bits[i].reg == 'b' ? e->ebx : bits[i].reg == 'c' ? e->ecx : e->edx;
            if (e->function == bits[i].leaf && e->index == 0 && (value >> bits[i].bit & 1))
                fprintf(out, " %s", bits[i].name);
        }
    fputs("\n", out);
}

static void vendor_of(const struct platform *platform, char vendor[13])
{
    memset(vendor, 0, 13);
    for (unsigned k = 0; k < platform->cpuid.head.nent; k++) {
        const struct kvm_cpuid_entry2 *e = &platform->cpuid.entries[k];
        if (e->function == 0) {
            memcpy(vendor, &e->ebx, 4);
            memcpy(vendor + 4, &e->edx, 4);
            memcpy(vendor + 8, &e->ecx, 4);
        }
    }
}

void text_cpuinfo(FILE *out, struct process *p, int number)
{
    const struct monitor *m = p->monitor;
    char vendor[13];

    vendor_of(&m->platform, vendor);
    for (unsigned i = 0; i < m->policy->cpus; i++) {
        fprintf(out,
                "processor\t: %u\nvendor_id\t: %s\ncpu family\t: 6\nmodel\t\t: 0\nmodel name\t: Virtual processor\n"
                "stepping\t: 0\ncpu MHz\t\t: %u.000\ncache size\t: 0 KB\nphysical id\t: 0\nsiblings\t: %u\ncore "
                "id\t\t: %u\n"
                "cpu cores\t: %u\napicid\t\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: 13\nwp\t\t: yes\n",
                i, vendor, platform_rate(&m->platform) / 1000, m->policy->cpus, i, m->policy->cpus, i);
        put_flags(out, &m->platform);
        fprintf(
            out,
            "bogomips\t: %u.00\nclflush size\t: 64\ncache_alignment\t: 64\naddress sizes\t: 46 bits physical, 48 bits "
            "virtual\npower management:\n\n",
            platform_rate(&m->platform) / 500);
    }
}

static uint64_t used_ticks(void)
{
    struct timespec cpu;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    return timespec_ns(&cpu) / 10000000;
}

static uint64_t uptime_ns(const struct monitor *m)
{
    return clock_host() - m->started;
}

void text_system_stat(FILE *out, struct process *p, int number)
{
    const struct monitor *m = p->monitor;
    unsigned cpus = m->policy->cpus;
    uint64_t used = used_ticks(), all = uptime_ns(m) / 10000000 * cpus, idle = all > used ? all - used : 0;

    fprintf(out, "cpu  %lu 0 0 %lu 0 0 0 0 0 0\n", used, idle);
    for (unsigned i = 0; i < cpus; i++)
        fprintf(out, "cpu%u %lu 0 0 %lu 0 0 0 0 0 0\n", i, used / cpus, idle / cpus);
    fprintf(out, "intr 0\nctxt 0\nbtime %ld\nprocesses %d\nprocs_running 1\nprocs_blocked 0\nsoftirq 0\n",
            (long)time(NULL) - (long)(uptime_ns(m) / 1000000000), m->family->next_id);
}

void text_uptime(FILE *out, struct process *p, int number)
{
    uint64_t ms = uptime_ns(p->monitor) / 10000000;

    fprintf(out, "%lu.%02lu %lu.%02lu\n", ms / 100, ms % 100, ms / 100 * p->monitor->policy->cpus, ms % 100);
}

void text_version(FILE *out, struct process *p, int number)
{
    fputs("Linux version " GUEST_KERNEL " (cloister) " GUEST_KERNEL_VERSION "\n", out);
}

void text_osrelease(FILE *out, struct process *p, int number)
{
    fputs(GUEST_KERNEL "\n", out);
}

void text_kernel_version(FILE *out, struct process *p, int number)
{
    fputs(GUEST_KERNEL_VERSION "\n", out);
}

void text_hostname(FILE *out, struct process *p, int number)
{
    char name[GUEST_HOSTNAME_BYTES];

    fprintf(out, "%s\n", guest_hostname(p->monitor, name));
}

static void put_uuid(FILE *out, const uint8_t b[16])
{
    fprintf(out, "%02x%02x%02x%02x-%02x%02x-4%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x\n", b[0], b[1], b[2], b[3],
            b[4], b[5], b[6] & 15, b[7], (b[8] & 0x3f) | 0x80, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

void text_uuid(FILE *out, struct process *p, int number)
{
    uint8_t bytes[16];

    if (getrandom(bytes, sizeof bytes, 0) == sizeof bytes)
        put_uuid(out, bytes);
}

/* One for the life of the isolate: made from its start, not from anything of the host. */
void text_boot_id(FILE *out, struct process *p, int number)
{
    uint64_t words[2] = {p->monitor->started * 0x9e3779b97f4a7c15ull,
                         (p->monitor->started ^ p->monitor->family->clone_number) * 0xc2b2ae3d27d4eb4full};
    uint8_t bytes[16];

    memcpy(bytes, words, sizeof bytes);
    put_uuid(out, bytes);
}

void text_cpu_list(FILE *out, struct process *p, int number)
{
    if (p->monitor->policy->cpus > 1)
        fprintf(out, "0-%u\n", p->monitor->policy->cpus - 1);
    else
        fputs("0\n", out);
}

void text_core_id(FILE *out, struct process *p, int number)
{
    fprintf(out, "%d\n", number);
}

void text_memory_max(FILE *out, struct process *p, int number)
{
    fprintf(out, "%lu\n", guest_memory_total(p->monitor));
}

void text_memory_current(FILE *out, struct process *p, int number)
{
    fprintf(out, "%lu\n", guest_memory_used(p->monitor));
}

void text_memory_stat(FILE *out, struct process *p, int number)
{
    fprintf(out, "anon %lu\nfile 0\nkernel 0\nshmem 0\ninactive_file 0\nactive_file 0\npgfault 0\npgmajfault 0\n",
            guest_memory_used(p->monitor));
}

void text_cpu_max(FILE *out, struct process *p, int number)
{
    const struct policy *y = p->monitor->policy;
    unsigned percent = y->cpu_max != 0 && y->cpu_max < y->cpus * 100 ? y->cpu_max : y->cpus * 100;

    fprintf(out, "%lu %d\n", (unsigned long)percent * CGROUP_PERIOD / 100, CGROUP_PERIOD);
}

void text_cpu_weight(FILE *out, struct process *p, int number)
{
    fprintf(out, "%u\n", p->monitor->policy->cpu_weight != 0 ? p->monitor->policy->cpu_weight : 100);
}

void text_cpu_stat(FILE *out, struct process *p, int number)
{
    uint64_t us = used_ticks() * 10000;

    fprintf(out, "usage_usec %lu\nuser_usec %lu\nsystem_usec 0\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n", us,
            us);
}

void text_pids_max(FILE *out, struct process *p, int number)
{
    fprintf(out, "%u\n", p->monitor->policy->threads);
}

void text_pids_current(FILE *out, struct process *p, int number)
{
    fprintf(out, "%u\n", p->monitor->family->threads);
}

static void put_mount(FILE *out, bool info, unsigned id, const char *at, const char *type, const char *options)
{
    if (info)
        fprintf(out, "%u %u 0:%u / %s %s - %s none %s\n", id + 20, id == 0 ? 1 : 20, id + 20, at, options, type,
                options);
    else
        fprintf(out, "none %s %s %s 0 0\n", at, type, options);
}

static void put_mounts(FILE *out, struct process *p, bool info)
{
    const struct policy *policy = p->monitor->policy;
    unsigned id = 0;

    put_mount(out, info, id++, "/", "tmpfs", "ro");
    put_mount(out, info, id++, "/proc", "proc", "ro");
    put_mount(out, info, id++, "/sys", "sysfs", "ro");
    put_mount(out, info, id++, "/sys/fs/cgroup", "cgroup2", "ro");
    for (size_t i = 0; i < policy->mount_count; i++) {
        const struct mount *m = &policy->mounts[i];
        if (strcmp(m->guest, "/") != 0)
            put_mount(out, info, id++, m->guest, m->kind == MOUNT_SCRATCH ? "tmpfs" : "ext4",
                      m->kind == MOUNT_READ_ONLY ? "ro" : "rw");
    }
}

void text_mounts(FILE *out, struct process *p, int number)
{
    put_mounts(out, p, false);
}

void text_mountinfo(FILE *out, struct process *p, int number)
{
    put_mounts(out, p, true);
}

void text_passwd(FILE *out, struct process *p, int number)
{
    fprintf(out, "root:x:0:0:root:/root:/bin/sh\nuser:x:%d:%d:user:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
            GUEST_ID, GUEST_ID);
}

void text_group(FILE *out, struct process *p, int number)
{
    fprintf(out, "root:x:0:\nuser:x:%d:\nnogroup:x:65534:\n", GUEST_ID);
}

/* The names that the policy allows to reach, as the monitor found them. */
void text_hosts(FILE *out, struct process *p, int number)
{
    const struct policy *policy = p->monitor->policy;

    char name[GUEST_HOSTNAME_BYTES];

    fprintf(out, "127.0.0.1\tlocalhost\n127.0.0.1\t%s\n", guest_hostname(p->monitor, name));
    policy_write_names(policy, out);
}
