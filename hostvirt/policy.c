/* The policy of an isolate: defaults, values as users write them, and the checks that only the whole shows. */
#include "hostvirt/cache.h"
#include "hostvirt/policy_private.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define DEFAULT_MEMORY (1ull << 30)
#define DEFAULT_THREADS 4096
#define DEFAULT_DESCRIPTORS 1024
#define PATH_VARIABLE "PATH=/usr/local/bin:/usr/bin:/bin"

/* Bytes, swap space included: more than that can never be in use. */
static uint64_t machine_memory(void)
{
    struct sysinfo info;

    return sysinfo(&info) == 0 ? ((uint64_t)info.totalram + info.totalswap) * info.mem_unit : UINT64_MAX;
}

/* Those that this process may run on: nproc(1)'s number. */
static unsigned usable_processors(void)
{
    cpu_set_t set;
    long online = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);

    return online > 0 ? (unsigned)online : 1;
}

void policy_init(struct policy *p)
{
    uint64_t memory = machine_memory();

    *p = (struct policy){
        .isolation = ISOLATION_VM,
        .baseline = BASELINE_HOST,
        .memory = memory < DEFAULT_MEMORY ? memory : DEFAULT_MEMORY,
        .cpus = usable_processors(),
        .threads = DEFAULT_THREADS,
        .descriptors = DEFAULT_DESCRIPTORS,
        .fork = true,
        .system_base = true,
        .scratch = -1, .held = -1,
    };
}

void policy_free(struct policy *p)
{
    for (size_t i = 0; i < p->mount_count; i++) {
        if (p->mounts[i].root >= 0)
            close(p->mounts[i].root);
        free(p->mounts[i].host);
        free(p->mounts[i].guest);
    }
    for (size_t i = 0; i < p->listen_count; i++)
        free(p->listens[i].name);
    for (size_t i = 0; i < p->connect_count; i++)
        free(p->connects[i].name);
    for (char **e = p->environment; e != NULL && *e != NULL; e++)
        free(*e);
    policy_scratch_remove(p);
    if (p->held >= 0)
        close(p->held);
    free(p->mounts), free(p->listens), free(p->connects), free(p->environment);
    free(p->name), free(p->hostname), free(p->title), free(p->directory), free(p->cache), free(p->cgroup);
    memset(p, 0, sizeof *p);
    p->held = -1;
}

int policy_no_memory(char *reason, size_t bytes)
{
    snprintf(reason, bytes, "out of memory");
    return -ENOMEM;
}

/* ---- sizes and durations ----------------------------------------------------------------------------------------- */

struct unit {
    const char *suffix;
    uint64_t factor;
};

static int parse_scaled(uint64_t *to, const char *value, const struct unit *units, const char *what, const char *form,
                        char *reason, size_t bytes)
{
    char *end;

    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (isdigit((unsigned char)value[0]) && errno == 0)
        for (const struct unit *u = units; u->suffix != NULL; u++)
            if (strcasecmp(end, u->suffix) == 0 && number <= UINT64_MAX / 2 / u->factor) {
                *to = number * u->factor;
                return 0;
            }
    snprintf(reason, bytes, "'%.64s' is no %s; write it as %s", value, what, form);
    return -EINVAL;
}

int policy_set_size(uint64_t *to, const char *value, char *reason, size_t bytes)
{
    static const struct unit units[] = {
        {"", 1},           {"K", 1ull << 10}, {"KiB", 1ull << 10}, {"M", 1ull << 20}, {"MiB", 1ull << 20},
        {"G", 1ull << 30}, {"GiB", 1ull << 30}, {"T", 1ull << 40}, {NULL, 0},
    };

    return parse_scaled(to, value, units, "size", "512M, 2G or a number of bytes", reason, bytes);
}

int policy_set_duration(uint64_t *ns, const char *value, char *reason, size_t bytes)
{
    static const uint64_t second = 1000000000ull;
    const struct unit units[] = {
        {"", second},       {"us", 1000},          {"ms", 1000000},      {"s", second},
        {"m", 60 * second}, {"min", 60 * second}, {"h", 3600 * second}, {NULL, 0},
    };

    return parse_scaled(ns, value, units, "duration", "250ms, 10s, 5m or 1h", reason, bytes);
}

#define CACHE_DEFAULT (64ull << 20)

int policy_set_cache(struct policy *p, const char *value, char *reason, size_t bytes)
{
    const char *colon = strrchr(value, ':');
    uint64_t size = CACHE_DEFAULT;
    int error = colon != NULL ? policy_set_size(&size, colon + 1, reason, bytes) : 0;

    if (error == 0 && (size < CACHE_SMALLEST || colon == value || value[0] == '\0')) {
        snprintf(reason, bytes, "'%s' is no cache: name a folder and, behind a colon, a size of 64K or more", value);
        error = -EINVAL;
    }
    if (error != 0)
        return error;
    free(p->cache);
    p->cache = colon != NULL ? strndup(value, (size_t)(colon - value)) : strdup(value);
    p->cache_size = size;
    return p->cache != NULL ? 0 : -ENOMEM;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int check_numbers(const struct policy *p, char *reason, size_t bytes)
{
    bool few = p->cpus > 0 && p->cpus <= usable_processors();
    long all = few ? p->cpus : sysconf(_SC_NPROCESSORS_CONF); /* which reads files */
    uint64_t memory = machine_memory();

    if (p->memory < 4ull << 20)
        snprintf(reason, bytes, "a memory limit below 4 MiB leaves no room for a program");
    else if (p->memory > memory)
        snprintf(reason, bytes, "%llu MiB of memory were asked for; this machine has %llu MiB, swap space included",
                 (unsigned long long)(p->memory >> 20), (unsigned long long)(memory >> 20));
    else if (p->cpus == 0 || (all > 0 && p->cpus > (unsigned)all))
        snprintf(reason, bytes, "%u processors were asked for; this machine has %ld", p->cpus, all);
    else if (p->descriptors < 3 || p->descriptors > 1048576)
        snprintf(reason, bytes, "the limit of descriptors must be between 3 and 1048576");
    else if (p->threads == 0)
        snprintf(reason, bytes, "the limit of threads must be at least 1");
    else if (p->name != NULL && (p->name[0] == '\0' || p->name[0] == '.' || strlen(p->name) > 64 ||
                                 strspn(p->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") !=
                                     strlen(p->name)))
        snprintf(reason, bytes, "'%.64s' is no name for an isolate: letters, digits, '.', '_' and '-', at most 64",
                 p->name);
    else
        return 0;
    return -EINVAL;
}

/* Programs find each other by PATH; the rest of an environment is the user's to give. */
static int default_environment(struct policy *p)
{
    size_t count = 0;

    for (; p->environment != NULL && p->environment[count] != NULL; count++)
        if (strncmp(p->environment[count], "PATH=", 5) == 0)
            return 0;
    char **longer = reallocarray(p->environment, count + 2, sizeof *longer);
    if (longer == NULL)
        return -ENOMEM;
    p->environment = longer;
    longer[count] = strdup(PATH_VARIABLE);
    longer[count + 1] = NULL;
    return longer[count] != NULL ? 0 : -ENOMEM;
}

/* The caller's working directory where the isolate has it, so that relative names mean the same. */
static int default_directory(struct policy *p)
{
    char *here = p->directory == NULL ? getcwd(NULL, 0) : NULL;

    if (here != NULL)
        p->directory = policy_guest_path(p, here);
    free(here);
    return 0;
}

int policy_prepare(struct policy *p, char *reason, size_t bytes)
{
    int error = check_numbers(p, reason, bytes);

    if (error == 0)
        error = policy_add_base(p, reason, bytes);
    if (error == 0 && (default_environment(p) != 0 || default_directory(p) != 0))
        return policy_no_memory(reason, bytes);
    if (error == 0)
        error = policy_open_mounts(p, reason, bytes);
    for (size_t i = 0; error == 0 && i < p->listen_count; i++)
        error = policy_resolve_own(&p->listens[i], reason, bytes);
    for (size_t i = 0; error == 0 && i < p->connect_count; i++)
        error = policy_resolve(&p->connects[i], reason, bytes);
    return error;
}
