/* What options take from the machine: processors, memory (cgroup limits included), and the place of the JDK. */
#include <dlfcn.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "vm/options_private.h"

/* First line of a file below the calling process's cgroup v2 folder, or of the root's; false when unreadable. */
static bool cgroup_line(const char *file, char *line, size_t size)
{
    char path[PATH_MAX] = "/sys/fs/cgroup", group[PATH_MAX];
    FILE *f = fopen("/proc/self/cgroup", "re");
    if (f != NULL) {
        if (fscanf(f, "0::%4000[^\n]", group) == 1 && strcmp(group, "/") != 0)
            snprintf(path, sizeof path, "/sys/fs/cgroup%.4000s", group);
        fclose(f);
    }
    strncat(path, "/", sizeof path - strlen(path) - 1);
    strncat(path, file, sizeof path - strlen(path) - 1);
    f = fopen(path, "re");
    if (f == NULL)
        return false;
    bool ok = fgets(line, (int)size, f) != NULL;
    fclose(f);
    return ok;
}

/* Processors that the cgroup's quota allows, 0: no quota. */
static int read_processor_quota(void)
{
    char line[128];
    long long quota, period;
    if (!cgroup_line("cpu.max", line, sizeof line) || sscanf(line, "%lld %lld", &quota, &period) != 2 || quota <= 0 ||
        period <= 0)
        return 0;
    return (int)((quota + period - 1) / period);
}

/* Programs ask in loops, and the quota can change while they run: it is read again after 20 ms, as HotSpot does.  One
 * per process, as the cgroup is. */
static int processor_quota(void)
{
    static _Atomic int64_t read_at = INT64_MIN;
    static _Atomic int quota;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    int64_t ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000, last = atomic_load(&read_at);
    if (last == INT64_MIN || ms - last > 20) {
        atomic_store(&quota, read_processor_quota());
        atomic_store(&read_at, ms);
    }
    return atomic_load(&quota);
}

int options_processor_count(const struct options *o)
{
    cpu_set_t set;
    if (o->active_processors > 0)
        return o->active_processors;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
    int quota = o->use_container_support ? processor_quota() : 0;
    if (quota > 0 && quota < count)
        count = quota;
    return count < 1 ? 1 : count;
}

/* Container-aware, in bytes. */
static uint64_t physical_memory(const struct options *o)
{
    uint64_t memory = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    char line[128];
    unsigned long long limit;
    if (o->use_container_support && cgroup_line("memory.max", line, sizeof line) && sscanf(line, "%llu", &limit) == 1 &&
        limit < memory)
        memory = limit;
    return memory;
}

static bool is_java_home(const char *path)
{
    char probe[PATH_MAX];
    if (snprintf(probe, sizeof probe, "%s/lib/modules", path) >= (int)sizeof probe)
        return false;
    return access(probe, R_OK) == 0;
}

/* Strips `levels` components of `path` in place and says whether the rest is a JAVA_HOME. */
static bool home_above(char *path, int levels)
{
    while (levels-- > 0) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return false;
        *slash = '\0';
    }
    return is_java_home(path);
}

static bool home_of_loaded_library(char *path, const char *suffix, int levels)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    char line[PATH_MAX + 128];
    bool found = false;
    if (maps == NULL)
        return false;
    while (!found && fgets(line, sizeof line, maps) != NULL) {
        char *at = strchr(line, '/');
        size_t n = at != NULL ? strcspn(at, "\n") : 0, s = strlen(suffix);
        if (n < s || strncmp(at + n - s, suffix, s) != 0 || n >= PATH_MAX)
            continue;
        memcpy(path, at, n);
        path[n] = '\0';
        found = home_above(path, levels);
    }
    fclose(maps);
    return found;
}

char *options_find_java_home(void)
{
    char path[PATH_MAX];
    Dl_info info;
    /* <home>/lib/server/libjvm.so */
    if (dladdr((void *)options_find_java_home, &info) != 0 && realpath(info.dli_fname, path) != NULL &&
        home_above(path, 3))
        return options_copy(path);
    /* -XXaltjvm: <home>/bin/java, then <home>/lib/libjli.so as mapped */
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n > 0) {
        path[n] = '\0';
        if (home_above(path, 2))
            return options_copy(path);
    }
    if (home_of_loaded_library(path, "/lib/libjli.so", 2))
        return options_copy(path);
    const char *environment = getenv("JAVA_HOME");
    return environment != NULL && is_java_home(environment) ? options_copy(environment) : NULL;
}

enum { LEAST_HEAP = 8 << 20 }; /* when a percentage of the memory is less, as in HotSpot */

void options_ergonomics(struct options *o, double ram_percent, double initial_percent)
{
    uint64_t memory = physical_memory(o);
    if (o->heap_maximum == 0) {
        o->heap_maximum = (size_t)((double)memory * ram_percent / 100);
        if (o->heap_maximum < LEAST_HEAP)
            o->heap_maximum = LEAST_HEAP;
        if (o->heap_initial > o->heap_maximum)
            o->heap_maximum = o->heap_initial;
    }
    if (o->heap_initial == 0) {
        o->heap_initial = (size_t)((double)memory * initial_percent / 100);
        if (o->heap_initial > o->heap_maximum)
            o->heap_initial = o->heap_maximum;
    }
}
