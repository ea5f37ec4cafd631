/* The texts of emulated files about one process (proc(5)); those about the system are in procfs_system.c. */
#include "hostvirt/clock.h"
#include "hostvirt/file.h"
#include "hostvirt/identity.h"
#include "hostvirt/procfs_private.h"
#include "hostvirt/thread.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static long put(const char *text, char *to, size_t size)
{
    size_t length = strlen(text);

    if (length > size)
        length = size;
    memcpy(to, text, length);
    return (long)length;
}

/* ---- memory ---------------------------------------------------------------------------------------------------- */

static const char *mapping_name(struct process *p, const struct mapping *m)
{
    if (m->stack)
        return "[stack]";
    if (m->start >= p->memory->break_start && m->end <= p->memory->break_end && m->file == NULL)
        return "[heap]";
    return m->file != NULL && m->file->path[0] != '\0' ? m->file->path : "";
}

/* Neighbours that differ only in the monitor's own book-keeping are one line, as the kernel merges them. */
static bool continues(const struct mapping *a, const struct mapping *b)
{
    return a->end == b->start && a->prot == b->prot && a->shared == b->shared && a->kind == b->kind &&
           a->file == b->file && a->stack == b->stack &&
           (a->file == NULL || a->offset + (a->end - a->start) == b->offset);
}

static void put_mapping(FILE *out, struct process *p, const struct mapping *m, uint64_t end)
{
    const char *name = mapping_name(p, m);
    bool file = m->kind == MAPPING_FILE && m->file != NULL;
    int width = fprintf(out, "%08lx-%08lx %c%c%c%c %08lx %s %lu", m->start, end, m->prot & PROT_READ ? 'r' : '-',
                        m->prot & PROT_WRITE ? 'w' : '-', m->prot & PROT_EXEC ? 'x' : '-', m->shared ? 's' : 'p',
                        file ? m->offset : 0, file ? "08:01" : "00:00", file ? (unsigned long)m->file->inode : 0);

    if (name[0] != '\0')
        fprintf(out, "%*s%s", width < 73 ? 73 - width : 1, "", name);
    fputc('\n', out);
}

static void put_size(FILE *out, const char *name, uint64_t bytes)
{
    fprintf(out, "%-16s%8lu kB\n", name, (unsigned long)(bytes >> 10));
}

static void put_use(FILE *out, uint64_t bytes)
{
    static const char *const none[] = {"Shared_Clean:", "Shared_Dirty:", "Private_Clean:", "Referenced:", "Anonymous:",
                                       "LazyFree:", "AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:", "Swap:",
                                       "SwapPss:", "Locked:"};

    put_size(out, "Rss:", bytes);
    put_size(out, "Pss:", bytes);
    put_size(out, "Private_Dirty:", bytes);
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        put_size(out, none[i], 0);
}

static void put_maps(FILE *out, struct process *p, bool details)
{
    struct memory *m = p->memory;

    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < m->count; i++) {
        const struct mapping *first = &m->list[i];
        while (i + 1 < m->count && continues(&m->list[i], &m->list[i + 1]))
            i++;
        put_mapping(out, p, first, m->list[i].end);
        if (details) {
            put_size(out, "Size:", m->list[i].end - first->start);
            put_size(out, "KernelPageSize:", PAGE_BYTES);
            put_size(out, "MMUPageSize:", PAGE_BYTES);
            put_use(out, first->charged ? m->list[i].end - first->start : 0);
        }
    }
    pthread_mutex_unlock(&m->lock);
}

void text_maps(FILE *out, struct process *p, int number)
{
    put_maps(out, p, false);
}

void text_smaps(FILE *out, struct process *p, int number)
{
    put_maps(out, p, true);
}

void text_smaps_rollup(FILE *out, struct process *p, int number)
{
    fprintf(out, "%08lx-%08lx ---p 00000000 00:00 0%*s[rollup]\n", GUEST_ARENA, GUEST_HIGH, 27, "");
    put_use(out, p->memory->committed);
}

static uint64_t virtual_bytes(struct process *p)
{
    uint64_t sum = 0;

    pthread_mutex_lock(&p->memory->lock);
    for (size_t i = 0; i < p->memory->count; i++)
        sum += p->memory->list[i].end - p->memory->list[i].start;
    pthread_mutex_unlock(&p->memory->lock);
    return sum;
}

void text_statm(FILE *out, struct process *p, int number)
{
    uint64_t used = p->memory->committed / PAGE_BYTES;

    fprintf(out, "%lu %lu 0 0 0 %lu 0\n", virtual_bytes(p) / PAGE_BYTES, used, used);
}

/* ---- the process and its threads ------------------------------------------------------------------------------- */

static const struct thread *first_thread(const struct process *p, int tid)
{
    const struct thread *t = p->threads;

    while (t != NULL && t->next != NULL && t->tid != tid)
        t = t->next;
    return t;
}

/* Name and tid of a thread, copied under the lock. */
static void thread_name(struct process *p, int tid, char name[16])
{
    pthread_mutex_lock(&p->lock);
    const struct thread *t = first_thread(p, tid);
    memcpy(name, t != NULL ? t->name : "", t != NULL ? 16 : 1);
    pthread_mutex_unlock(&p->lock);
    name[15] = '\0';
}

void procfs_put_stat(FILE *out, const struct process_figures *f)
{
    fprintf(out,
            "%d (%s) %c %d %d %d 0 -1 4194304 0 0 0 0 %lu 0 %lu 0 20 0 %u 0 %lu %lu %lu %lu 0 0 0 0 0 0 0 0 0 0 0 0 17 "
            "0 0 0 0 0 0 %lu %lu %lu 0 0 0 0 0\n",
            f->thread, f->name, f->state, f->parent, f->group, f->session, f->ticks, f->child_ticks, f->threads,
            f->start, f->space, f->committed / PAGE_BYTES, UINT64_MAX, f->heap, f->heap, f->heap);
}

static void describe(struct process *p, int tid, struct process_figures *out)
{
    const struct family_process *row = p->entry;
    const struct timeval *child = &p->children.ru_utime;
    struct timespec cpu;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    *out = (struct process_figures){
        .process = p->pid, .thread = tid, .parent = row->parent, .group = row->group, .session = row->session,
        .umask = (int)p->directories.umask, .state = 'R', .threads = p->thread_count,
        .ticks = timespec_ns(&cpu) / 10000000,
        .child_ticks = (uint64_t)child->tv_sec * 100 + (uint64_t)child->tv_usec / 10000,
        .start = family_start(p) / 10000000, .space = virtual_bytes(p), .committed = p->memory->committed,
        .heap = p->memory->break_start,
    };
    thread_name(p, tid, out->name);
}

static void put_stat(FILE *out, struct process *p, int tid)
{
    struct process_figures figures;

    describe(p, tid, &figures);
    procfs_put_stat(out, &figures);
}

void text_stat(FILE *out, struct process *p, int number)
{
    put_stat(out, p, p->pid);
}

void text_task_stat(FILE *out, struct process *p, int number)
{
    put_stat(out, p, number);
}

static void signal_sets(struct process *p, uint64_t *ignored, uint64_t *caught)
{
    *ignored = *caught = 0;
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        if (p->actions[i].handler == 1)
            *ignored |= 1ull << i;
        else if (p->actions[i].handler != 0)
            *caught |= 1ull << i;
    }
}

void procfs_put_identity(FILE *out, const struct process_figures *f)
{
    const char *state = f->state == 'R'   ? "R (running)"
                        : f->state == 'T' ? "T (stopped)"
                        : f->state == 'Z' ? "Z (zombie)"
                                          : "S (sleeping)";

    fprintf(out, "Name:\t%s\n", f->name);
    if (f->umask >= 0)
        fprintf(out, "Umask:\t%04o\n", (unsigned)f->umask);
    fprintf(out, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", state, f->process,
            f->thread, f->parent);
    fprintf(out,
            "Uid:\t%d\t%d\t%d\t%d\nGid:\t%d\t%d\t%d\t%d\nFDSize:\t256\nGroups:\t%d\nNStgid:\t%d\nNSpid:\t%d\n",
            GUEST_ID, GUEST_ID, GUEST_ID, GUEST_ID, GUEST_ID, GUEST_ID, GUEST_ID, GUEST_ID, GUEST_ID, f->process,
            f->thread);
}

static void put_status(FILE *out, struct process *p, int tid)
{
    struct process_figures figures;
    uint64_t ignored, caught;
    unsigned cpus = p->monitor->policy->cpus;

    describe(p, tid, &figures);
    signal_sets(p, &ignored, &caught);
    procfs_put_identity(out, &figures);
    uint64_t size = figures.space >> 10, used = figures.committed >> 10;
    fprintf(
        out,
        "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t       0 kB\nVmPin:\t       0 kB\nVmHWM:\t%8lu kB\n"
        "VmRSS:\t%8lu kB\nRssAnon:\t%8lu kB\nRssFile:\t       0 kB\nRssShmem:\t       0 kB\nVmData:\t%8lu kB\n"
        "VmStk:\t    8192 kB\nVmExe:\t       4 kB\nVmLib:\t       0 kB\nVmPTE:\t       0 kB\nVmSwap:\t       0 kB\n",
        size, size, used, used, used, used);
    fprintf(out, "Threads:\t%u\nSigQ:\t0/4096\nSigPnd:\t%016x\nShdPnd:\t%016lx\nSigBlk:\t%016x\nSigIgn:\t%016lx\n"
                 "SigCgt:\t%016lx\nCapInh:\t%016x\nCapPrm:\t%016x\nCapEff:\t%016x\nCapBnd:\t%016x\nCapAmb:\t%016x\n"
                 "NoNewPrivs:\t1\nSeccomp:\t0\n",
            figures.threads, 0, p->pending.set, 0, ignored, caught, 0, 0, 0, 0, 0);
    fprintf(out, "Cpus_allowed:\t%lx\nCpus_allowed_list:\t0%s", cpus >= 64 ? ~0ul : (1ul << cpus) - 1,
            cpus > 1 ? "-" : "");
    if (cpus > 1)
        fprintf(out, "%u", cpus - 1);
    fputs("\nMems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n",
          out);
}

void text_status(FILE *out, struct process *p, int number)
{
    put_status(out, p, p->pid);
}

void text_task_status(FILE *out, struct process *p, int number)
{
    put_status(out, p, number);
}

void text_comm(FILE *out, struct process *p, int number)
{
    text_task_comm(out, p, p->pid);
}

void text_task_comm(FILE *out, struct process *p, int number)
{
    char name[16];

    thread_name(p, number, name);
    fprintf(out, "%s\n", name);
}

void text_cmdline(FILE *out, struct process *p, int number)
{
    fwrite(p->arguments, 1, p->arguments_bytes, out);
}

void text_environ(FILE *out, struct process *p, int number)
{
    fwrite(p->environment, 1, p->environment_bytes, out);
}

void text_nothing(FILE *out, struct process *p, int number)
{
}

void text_limits(FILE *out, struct process *p, int number)
{
    static const struct {
        int which;
        const char *name, *unit;
    } lines[] = {
        {RLIMIT_CPU, "Max cpu time", "seconds"},        {RLIMIT_FSIZE, "Max file size", "bytes"},
        {RLIMIT_DATA, "Max data size", "bytes"},        {RLIMIT_STACK, "Max stack size", "bytes"},
        {RLIMIT_CORE, "Max core file size", "bytes"},   {RLIMIT_RSS, "Max resident set", "bytes"},
        {RLIMIT_NPROC, "Max processes", "processes"},   {RLIMIT_NOFILE, "Max open files", "files"},
        {RLIMIT_MEMLOCK, "Max locked memory", "bytes"}, {RLIMIT_AS, "Max address space", "bytes"},
        {RLIMIT_LOCKS, "Max file locks", "locks"},      {RLIMIT_SIGPENDING, "Max pending signals", "signals"},
        {RLIMIT_MSGQUEUE, "Max msgqueue size", "bytes"},{RLIMIT_NICE, "Max nice priority", ""},
        {RLIMIT_RTPRIO, "Max realtime priority", ""},   {RLIMIT_RTTIME, "Max realtime timeout", "us"},
    };

    fprintf(out, "%-26s%-21s%-21s%s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        const struct rlimit *l = &p->limits[lines[i].which];
        char text[2][24] = {"unlimited", "unlimited"};
        if (l->rlim_cur != RLIM_INFINITY)
            snprintf(text[0], sizeof text[0], "%lu", l->rlim_cur);
        if (l->rlim_max != RLIM_INFINITY)
            snprintf(text[1], sizeof text[1], "%lu", l->rlim_max);
        fprintf(out, "%-26s%-21s%-21s%s\n", lines[i].name, text[0], text[1], lines[i].unit);
    }
}

void text_fdinfo(FILE *out, struct process *p, int number)
{
    struct descriptor *d = descriptor_get(p, number);

    if (d == NULL)
        return;
    off_t position = lseek(d->host, 0, SEEK_CUR);
    fprintf(out, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t1\n", position < 0 ? 0L : (long)position, (unsigned)d->file->flags);
    descriptor_put(d);
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

long link_exe(struct process *p, int number, char *to, size_t size)
{
    return put(p->program != NULL ? p->program : "/", to, size);
}

long link_cwd(struct process *p, int number, char *to, size_t size)
{
    pthread_mutex_lock(&p->lock);
    long length = put(p->directories.working, to, size);
    pthread_mutex_unlock(&p->lock);
    return length;
}

long link_root(struct process *p, int number, char *to, size_t size)
{
    return put("/", to, size);
}

long link_fd(struct process *p, int number, char *to, size_t size)
{
    struct descriptor *d = descriptor_get(p, number);
    long length = d != NULL ? put(d->file->path, to, size) : -ENOENT;

    if (d != NULL)
        descriptor_put(d);
    return length;
}

long link_thread_self(struct process *p, int number, char *to, size_t size)
{
    char text[64];

    snprintf(text, sizeof text, "%d/task/%d", p->pid, current_thread != NULL ? current_thread->tid : p->pid);
    return put(text, to, size);
}

long link_self_mounts(struct process *p, int number, char *to, size_t size)
{
    return put("self/mounts", to, size);
}

long link_dev_fd(struct process *p, int number, char *to, size_t size)
{
    return put("/proc/self/fd", to, size);
}

long link_dev_stdin(struct process *p, int number, char *to, size_t size)
{
    return put("/proc/self/fd/0", to, size);
}

long link_dev_stdout(struct process *p, int number, char *to, size_t size)
{
    return put("/proc/self/fd/1", to, size);
}

long link_dev_stderr(struct process *p, int number, char *to, size_t size)
{
    return put("/proc/self/fd/2", to, size);
}
