/* `cloister check`: one row for each thing asked, with what its absence costs. */
#include "hostvirt/check.h"
#include "hostvirt/cgroup.h"

#include "hostvirt/platform.h"

#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

struct inquiry {
    const struct platform *platform; /* NULL: KVM cannot be used */
    char *value;                     /* of check_finding */
    size_t bytes;
};

struct row {
    const char *name;
    bool required;
    enum check_state (*ask)(struct inquiry *q);
    const char *cost, *feature;
};

static enum check_state answer(struct inquiry *q, bool found, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum check_state answer(struct inquiry *q, bool found, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(q->value, q->bytes, format, arguments);
    va_end(arguments);
    return found ? CHECK_FOUND : CHECK_MISSING;
}

/* The first line of a small file of the kernel's, without its newline; false when it cannot be read. */
static bool read_line(const char *path, char *to, size_t bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, to, bytes - 1);
    close(fd);
    if (length < 0)
        return false;
    to[length] = '\0';
    to[strcspn(to, "\n")] = '\0';
    return true;
}

static bool parameter_on(const char *path)
{
    char text[16];
    return read_line(path, text, sizeof text) && (text[0] == 'Y' || text[0] == '1');
}

static bool cpuid_bit(uint32_t function, uint32_t index, unsigned reg, unsigned bit)
{
    unsigned r[4];
    if (!__get_cpuid_count(function, index, &r[0], &r[1], &r[2], &r[3]))
        return false;
    return r[reg] >> bit & 1;
}

/* True when KVM has the extension; the platform is there in all rows but the first. */
static int extension(const struct inquiry *q, long number)
{
    int result = q->platform == NULL ? 0 : ioctl(q->platform->kvm, KVM_CHECK_EXTENSION, number);
    return result < 0 ? 0 : result;
}

static enum check_state unknown(struct inquiry *q)
{
    return answer(q, false, "unknown without /dev/kvm");
}

static enum check_state ask_processor(struct inquiry *q)
{
    char name[49] = "", *start = name;
    uint32_t words[12];

    for (unsigned i = 0; i < 3; i++)
        if (!__get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2], &words[4 * i + 3]))
            return answer(q, true, "%ld without a name", sysconf(_SC_NPROCESSORS_ONLN));
    memcpy(name, words, sizeof words);
    start += strspn(start, " ");
    return answer(q, true, "%ld of %s", sysconf(_SC_NPROCESSORS_ONLN), start);
}

static enum check_state ask_kernel(struct inquiry *q)
{
    struct utsname u;

    return uname(&u) == 0 ? answer(q, true, "%s %s", u.sysname, u.release) : answer(q, false, "unknown");
}

static enum check_state ask_kvm(struct inquiry *q)
{
    if (q->platform == NULL)
        return answer(q, false, "not usable");
    int vcpus = extension(q, KVM_CAP_MAX_VCPUS), slots = extension(q, KVM_CAP_NR_MEMSLOTS);
    return answer(q, true, "/dev/kvm, %d vCPUs and %d memory slots per VM", vcpus, slots);
}

static enum check_state ask_hardware(struct inquiry *q)
{
    bool vmx = cpuid_bit(1, 0, 2, 5), svm = cpuid_bit(0x80000001, 0, 2, 2);
    if (q->platform != NULL && q->platform->software)
        return answer(q, false, "software KVM (kvm_pvm)");
    return answer(q, vmx || svm, "%s", vmx ? "VT-x" : svm ? "SVM" : "neither VT-x nor SVM");
}

static enum check_state ask_paging(struct inquiry *q)
{
    bool ept = parameter_on("/sys/module/kvm_intel/parameters/ept");
    bool npt = parameter_on("/sys/module/kvm_amd/parameters/npt");
    return answer(q, ept || npt, "%s", ept ? "EPT" : npt ? "NPT" : "shadow paging");
}

static enum check_state ask_tags(struct inquiry *q)
{
    bool vpid = parameter_on("/sys/module/kvm_intel/parameters/vpid");
    bool asid = access("/sys/module/kvm_amd", F_OK) == 0; /* every SVM has them */
    return answer(q, vpid || asid, "%s", vpid ? "VPID" : asid ? "ASID" : "no tagged TLB");
}

static enum check_state ask_nested(struct inquiry *q)
{
    bool guest = cpuid_bit(1, 0, 2, 31);
    return answer(q, !guest, "%s", guest ? "this machine is a virtual machine itself" : "not nested");
}

static enum check_state ask_tsc(struct inquiry *q)
{
    bool invariant = cpuid_bit(0x80000007, 0, 3, 8);
    uint32_t khz = q->platform == NULL ? 0 : platform_rate(q->platform);
    if (q->platform == NULL)
        return unknown(q);
    const char *kind = invariant ? "invariant TSC" : "TSC that changes its rate";
    return answer(q, invariant && khz != 0, "%s, %u kHz", kind, khz);
}

static enum check_state ask_vectors(struct inquiry *q)
{
    uint64_t features = q->platform == NULL ? 0 : q->platform->features;
    if (q->platform == NULL)
        return unknown(q);
    bool avx2 = (features & 4) && cpuid_bit(7, 0, 1, 5);
    const char *level = features & 0xe0 ? "AVX-512" : avx2 ? "AVX2" : features & 4 ? "AVX" : "SSE";
    return answer(q, avx2, "%s", level);
}

static enum check_state ask_cpuid(struct inquiry *q)
{
    if (q->platform == NULL)
        return unknown(q);
    return answer(q, q->platform->cpuid_exact, "%s",
                  q->platform->cpuid_exact ? "guests see what they may use" : "guests see the processor's own");
}

static enum check_state ask_sync_regs(struct inquiry *q)
{
    if (q->platform == NULL)
        return unknown(q);
    return answer(q, q->platform->sync_regs, "%s", q->platform->sync_regs ? "registers in shared memory" : "by calls");
}

static enum check_state ask_dirty_log(struct inquiry *q)
{
    if (q->platform == NULL)
        return unknown(q);
    bool manual = extension(q, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2), ring = extension(q, KVM_CAP_DIRTY_LOG_RING);
    return answer(q, manual || ring, "bitmap%s%s", manual ? ", cleared by parts" : "", ring ? ", ring" : "");
}

static enum check_state ask_huge_pages(struct inquiry *q)
{
    char text[64];
    if (!read_line("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof text))
        return answer(q, false, "no transparent huge pages");
    const char *mode = strstr(text, "[always]")    ? "always"
                       : strstr(text, "[madvise]") ? "on request (madvise)"
                                                   : "switched off";
    return answer(q, strstr(text, "[never]") == NULL, "transparent, %s", mode);
}

static enum check_state ask_nodes(struct inquiry *q)
{
    DIR *folder = opendir("/sys/devices/system/node");
    unsigned nodes = 0;
    for (struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;)
        nodes += strncmp(e->d_name, "node", 4) == 0 && e->d_name[4] >= '0' && e->d_name[4] <= '9';
    if (folder != NULL)
        closedir(folder);
    if (nodes == 0)
        nodes = 1; /* a kernel without NUMA */
    return answer(q, true, "%u node%s", nodes, nodes == 1 ? "" : "s");
}

static enum check_state ask_cgroup(struct inquiry *q)
{
    char text[256];
    bool there = cgroup_offered(text, sizeof text);

    return answer(q, there, "%.200s", text);
}

static enum check_state ask_landlock(struct inquiry *q)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0)
        return answer(q, false, "%s", errno == EOPNOTSUPP ? "switched off at boot" : "not in this kernel");
    return answer(q, true, "version %ld", version);
}

static enum check_state ask_seccomp(struct inquiry *q)
{
    uint32_t action = SECCOMP_RET_KILL_PROCESS;
    bool found = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
    return answer(q, found, "%s", found ? "filters" : "not in this kernel");
}

static enum check_state ask_namespaces(struct inquiry *q)
{
    char text[32];
    bool there = access("/proc/self/ns/user", F_OK) == 0;
    bool allowed = !read_line("/proc/sys/user/max_user_namespaces", text, sizeof text) || strtol(text, NULL, 10) > 0;
    const char *value = !there ? "not in this kernel" : allowed ? "there" : "switched off (user.max_user_namespaces)";
    return answer(q, there && allowed, "%s", value);
}

static enum check_state ask_not_used(struct inquiry *q)
{
    answer(q, true, "guests get no devices");
    return CHECK_NOT_USED;
}

static const struct row rows[] = {
    {"Processors", false, ask_processor, NULL, NULL},
    {"Kernel", false, ask_kernel, NULL, NULL},
    {"KVM", true, ask_kvm, "no virtual machines", "--isolation=vm"},
    {"VT-x or SVM", false, ask_hardware,
     "an exit costs 15 to 30 us, not 1 to 2; the boundary is software: for tests, not for strangers' code", NULL},
    {"EPT or NPT", false, ask_paging, "first touches of pages and changes of rights cost about 10 times more", NULL},
    {"VPID or ASID", false, ask_tags, "each exit empties the TLB", NULL},
    {"Not nested", false, ask_nested, "exits and page faults cost several times more", NULL},
    {"TSC", false, ask_tsc, "each reading of a clock is a system call", "clocks without an exit (vDSO)"},
    {"AVX2", false, ask_vectors, "programs fall back to narrower instructions", "--cpu-baseline x86-64-v3"},
    {"CPUID control", false, ask_cpuid, "snapshots only start on machines with the same features", "--cpu-baseline"},
    {"Shared registers", false, ask_sync_regs, "two more calls for each exit", NULL},
    {"Dirty logging", false, ask_dirty_log, "dirty pages are found by reading the process's page map", NULL},
    {"Huge pages", false, ask_huge_pages, "heaps take a page fault for each 4 KiB and more TLB misses", NULL},
    {"NUMA nodes", false, ask_nodes, NULL, NULL},
    {"cgroup v2", false, ask_cgroup, "processor time is limited as a total and by whole processors, not as a share",
     "--cpu-weight, --cpu-max"},
    {"Landlock", false, ask_landlock, "one layer less around a monitor that was broken into", NULL},
    {"seccomp", true, ask_seccomp, "nothing would hold a monitor that was broken into", "--isolation=vm and process"},
    {"User namespaces", false, ask_namespaces, "only a privileged user can separate processes", "--isolation=process"},
    {"IOMMU", false, ask_not_used, NULL, NULL},
    {"SR-IOV", false, ask_not_used, NULL, NULL},
};

_Static_assert(sizeof rows / sizeof rows[0] <= CHECK_LIMIT, "check_report's findings");

int check_run(struct check_report *report)
{
    struct platform platform;
    memset(report, 0, sizeof *report);
    int error = platform_open(&platform, BASELINE_HOST, report->reason, sizeof report->reason);
    if (error == 0 && (error = platform_try(&platform, report->reason, sizeof report->reason)) != 0)
        platform_close(&platform);
    report->usable = error == 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        struct check_finding *f = &report->findings[report->count++];
        struct inquiry q = {error == 0 ? &platform : NULL, f->value, sizeof f->value};
        f->name = row->name;
        f->required = row->required;
        f->state = row->ask(&q);
        f->cost = f->state == CHECK_MISSING ? row->cost : NULL;
        f->feature = f->state == CHECK_MISSING ? row->feature : NULL;
        if (!f->required || f->state != CHECK_MISSING || !report->usable)
            continue;
        report->usable = false;
        snprintf(report->reason, sizeof report->reason, "%s is missing: %s", f->name, f->value);
    }
    if (error == 0)
        platform_close(&platform);
    return error != 0 ? error : report->usable ? 0 : -ENOTSUP;
}

const char *check_state_name(enum check_state state)
{
    return state == CHECK_FOUND ? "found" : state == CHECK_MISSING ? "missing" : "not used";
}
