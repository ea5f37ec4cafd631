/* The options that say what an isolate may do: the same for run, restore and clone, and in configuration files. */
#include "hostvirt/cgroup.h"
#include "hostvirt/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int set_text(char **to, const char *value, char *reason, size_t bytes)
{
    free(*to);
    *to = strdup(value);
    if (*to == NULL)
        snprintf(reason, bytes, "out of memory");
    return *to != NULL ? 0 : -ENOMEM;
}

static int set_number(unsigned *to, const char *value, char *reason, size_t bytes)
{
    char *end;
    unsigned long number = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || number > 1u << 30) {
        snprintf(reason, bytes, "'%.64s' is no number", value);
        return -EINVAL;
    }
    *to = (unsigned)number;
    return 0;
}

/* A word of a short list, by its place in it. */
static int set_word(int *to, const char *const *words, const char *value, char *reason, size_t bytes)
{
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], value) == 0) {
            *to = i;
            return 0;
        }
    int used = snprintf(reason, bytes, "'%.64s' is not one of", value);
    for (int i = 0; words[i] != NULL && used > 0 && (size_t)used < bytes; i++)
        used += snprintf(reason + used, bytes - (size_t)used, " %s", words[i]);
    return -EINVAL;
}

#define SETTER(name) static int set_##name(void *to, const char *value, char *reason, size_t bytes)

SETTER(isolation)
{
    static const char *const words[] = {"vm", "process", "none", NULL};
    int word, error = set_word(&word, words, value, reason, bytes);

    if (error == 0)
        ((struct policy *)to)->isolation = (enum isolation)word;
    return error;
}

SETTER(baseline)
{
    static const char *const words[] = {"host", "x86-64-v2", "x86-64-v3", NULL};
    int word, error = set_word(&word, words, value, reason, bytes);

    if (error == 0)
        ((struct policy *)to)->baseline = (enum cpu_baseline)word;
    return error;
}

SETTER(base)
{
    static const char *const words[] = {"none", "system", NULL};
    int word, error = set_word(&word, words, value, reason, bytes);

    if (error == 0)
        ((struct policy *)to)->system_base = word;
    return error;
}

SETTER(memory)
{
    return policy_set_size(&((struct policy *)to)->memory, value, reason, bytes);
}

/* Inside the policy 0 stands for no limit: nobody who writes it means that. */
static int no_zero(int error, uint64_t limit, char *reason, size_t bytes)
{
    if (error == 0 && limit == 0) {
        snprintf(reason, bytes, "a limit of 0 leaves nothing to run with; without the option there is no limit");
        return -EINVAL;
    }
    return error;
}

SETTER(disk)
{
    uint64_t limit = 0;
    int error = policy_set_size(&limit, value, reason, bytes);

    ((struct policy *)to)->disk_written = limit;
    return no_zero(error, limit, reason, bytes);
}

SETTER(cpus)
{
    return set_number(&((struct policy *)to)->cpus, value, reason, bytes);
}

SETTER(threads)
{
    return set_number(&((struct policy *)to)->threads, value, reason, bytes);
}

SETTER(descriptors)
{
    return set_number(&((struct policy *)to)->descriptors, value, reason, bytes);
}

SETTER(rate)
{
    unsigned limit = 0;
    int error = set_number(&limit, value, reason, bytes);

    ((struct policy *)to)->syscall_rate = limit;
    return no_zero(error, limit, reason, bytes);
}

SETTER(cpu_time)
{
    uint64_t limit = 0;
    int error = policy_set_duration(&limit, value, reason, bytes);

    ((struct policy *)to)->cpu_time = limit;
    return no_zero(error, limit, reason, bytes);
}

/* A number from 1 to `most`, with `unit` behind it (may be ""). */
static int set_share(unsigned *to, unsigned most, const char *unit, const char *value, char *reason, size_t bytes)
{
    char *end;
    unsigned long number = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || strcmp(end, unit) != 0 || number == 0 || number > most) {
        snprintf(reason, bytes, "'%.64s' is not from 1%s to %u%s", value, unit, most, unit);
        return -EINVAL;
    }
    *to = (unsigned)number;
    return 0;
}

SETTER(cpu_weight)
{
    return set_share(&((struct policy *)to)->cpu_weight, CGROUP_WEIGHT_MOST, "", value, reason, bytes);
}

SETTER(cpu_max)
{
    return set_share(&((struct policy *)to)->cpu_max, 1000000, "%", value, reason, bytes);
}

SETTER(cgroup)
{
    return set_text(&((struct policy *)to)->cgroup, value, reason, bytes);
}

SETTER(wall_time)
{
    uint64_t limit = 0;
    int error = policy_set_duration(&limit, value, reason, bytes);

    ((struct policy *)to)->wall_time = limit;
    return no_zero(error, limit, reason, bytes);
}

SETTER(read_only)
{
    return policy_add_mount(to, MOUNT_READ_ONLY, value, reason, bytes);
}

SETTER(writable)
{
    return policy_add_mount(to, MOUNT_WRITABLE, value, reason, bytes);
}

SETTER(scratch)
{
    return policy_add_mount(to, MOUNT_SCRATCH, value, reason, bytes);
}

SETTER(listen)
{
    return policy_add_listen(to, value, reason, bytes);
}

SETTER(connect)
{
    return policy_add_connect(to, value, reason, bytes);
}

SETTER(hostname)
{
    return set_text(&((struct policy *)to)->hostname, value, reason, bytes);
}

SETTER(name)
{
    return set_text(&((struct policy *)to)->name, value, reason, bytes);
}

SETTER(directory)
{
    if (value[0] != '/') {
        snprintf(reason, bytes, "'%.200s' is not an absolute path in the isolate", value);
        return -EINVAL;
    }
    return set_text(&((struct policy *)to)->directory, value, reason, bytes);
}

static bool same_variable(const char *entry, const char *name, size_t length)
{
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* NAME=value, or NAME alone for the caller's own value. */
SETTER(env)
{
    struct policy *p = to;
    const char *own = strchr(value, '=') == NULL ? getenv(value) : NULL;
    size_t count = 0, length = strcspn(value, "=");
    char *text;

    if (length == 0) {
        snprintf(reason, bytes, "write NAME=value, or NAME for the value it has here");
        return -EINVAL;
    }
    if (value[length] == '\0' && own == NULL)
        return 0; /* not set here: not set there */
    while (p->environment != NULL && p->environment[count] != NULL &&
           !same_variable(p->environment[count], value, length))
        count++;
    bool known = p->environment != NULL && p->environment[count] != NULL;
    char **longer = known ? p->environment : reallocarray(p->environment, count + 2, sizeof *longer);
    if (longer != NULL)
        p->environment = longer;
    if (longer != NULL && !known)
        longer[count] = longer[count + 1] = NULL;
    if (longer == NULL || (own != NULL ? asprintf(&text, "%s=%s", value, own) : asprintf(&text, "%s", value)) < 0) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    free(longer[count]);
    longer[count] = text;
    return 0;
}

SETTER(no_fork)
{
    ((struct policy *)to)->fork = false;
    return 0;
}

SETTER(cache)
{
    return policy_set_cache(to, value, reason, bytes);
}

SETTER(trace)
{
    ((struct policy *)to)->trace_exits = true;
    return 0;
}

SETTER(stat)
{
    ((struct policy *)to)->statistics = true;
    return 0;
}

const struct option_row policy_options[] = {
    {"isolation", "vm|process|none", "what separates the program from this machine (vm)", set_isolation, false},
    {"memory", "SIZE", "memory that it may commit (1G)", set_memory, false},
    {"cpus", "N", "processors that it sees", set_cpus, false},
    {"cpu-time", "DURATION", "ends it after that much processor time", set_cpu_time, false},
    {"cpu-weight", "N", "its share of processors that all want, beside 100 of others (cgroup v2)", set_cpu_weight,
     false},
    {"cpu-max", "N%", "the most that it may have of one processor, or 250% of several (cgroup v2)", set_cpu_max, false},
    {"cgroup", "FOLDER", "control group below which its own is made for these two (this command's)", set_cgroup, false},
    {"wall-time", "DURATION", "ends it after that much time", set_wall_time, false},
    {"read-only", "PATH[:AT]", "shows it a file or folder of this machine", set_read_only, true},
    {"writable", "PATH[:AT]", "the same, and it may write there", set_writable, true},
    {"scratch", "AT", "an empty folder in memory, gone when it ends", set_scratch, true},
    {"base", "system|none", "whether it sees /usr and the like and has a /tmp (system)", set_base, false},
    {"env", "NAME[=VALUE]", "sets a variable of its environment, which has only PATH", set_env, true},
    {"directory", "PATH", "its first working directory (this one where it sees it, else /)", set_directory, false},
    {"listen", "HOST:PORT[:GUESTPORT]", "lets it accept connections there", set_listen, true},
    {"connect", "HOST:PORT[/udp]", "lets it connect there", set_connect, true},
    {"hostname", "NAME", "the host name that it sees", set_hostname, false},
    {"name", "NAME", "the isolate's name, for the other commands", set_name, false},
    {"threads", "N", "threads that it may have, all processes together (4096)", set_threads, false},
    {"descriptors", "N", "open files of a process (1024)", set_descriptors, false},
    {"disk", "SIZE", "bytes that it may write to files", set_disk, false},
    {"cache", "FOLDER[:SIZE]", "the workload cache of Java programs (64M), in a folder of this machine", set_cache,
     false},
    {"syscall-rate", "N", "system calls in a second", set_rate, false},
    {"no-fork", NULL, "forbids new processes", set_no_fork, false},
    {"cpu-baseline", "host|x86-64-v2|x86-64-v3", "processor that it sees (host): for snapshots that travel",
     set_baseline, false},
    {"trace-exits", NULL, "writes a line for every system call to standard error", set_trace, false},
    {"stat", NULL, "prints what was counted when it ends", set_stat, false},
    {NULL, NULL, NULL, NULL, false},
};
