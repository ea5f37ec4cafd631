/* /proc/PID of the other processes of the family: what each shows of itself (family_shown.c).  The process's own is
 * made from itself (procfs_text.c).  Sizes of memory are not shown: they read as 0, as a kernel thread's. */
#include "hostvirt/clock.h"
#include "hostvirt/procfs_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct other {
    struct family_process row;
    struct family_shown shown;
};

/* From malloc: its record is too large for a thread's stack.  NULL: it is gone, or there is no memory. */
static struct other *find_other(struct process *p, int pid)
{
    struct other *o = malloc(sizeof *o);

    if (o != NULL && !family_look(p, pid, &o->row, &o->shown)) {
        free(o);
        o = NULL;
    }
    return o;
}

/* Whether it runs just now only its own monitor could tell. */
static char state_letter(const struct other *o)
{
    return o->row.state == PROCESS_ZOMBIE ? 'Z' : o->row.state == PROCESS_STOPPED ? 'T' : 'S';
}

static uint64_t used_ticks(const struct other *o)
{
    struct timespec cpu = {0};
    clockid_t clock;

    if (o->row.state == PROCESS_ZOMBIE)
        return (uint64_t)(o->row.usage.ru_utime.tv_sec + o->row.usage.ru_stime.tv_sec) * 100 +
               (uint64_t)(o->row.usage.ru_utime.tv_usec + o->row.usage.ru_stime.tv_usec) / 10000;
    if (clock_getcpuclockid(o->row.host, &clock) != 0 || clock_gettime(clock, &cpu) != 0)
        return 0; /* it has ended meanwhile */
    return timespec_ns(&cpu) / 10000000;
}

static void describe(const struct process *p, const struct other *o, struct process_figures *out)
{
    uint64_t start = o->shown.start;

    *out = (struct process_figures){
        .process = o->row.pid, .thread = o->row.pid, .parent = o->row.parent, .group = o->row.group,
        .session = o->row.session, .state = state_letter(o), .umask = -1, .threads = 1, .ticks = used_ticks(o),
        .start = start > p->monitor->started ? (start - p->monitor->started) / 10000000 : 0,
    };
    memcpy(out->name, o->shown.name, sizeof out->name);
}

void text_other_stat(FILE *out, struct process *p, int number)
{
    struct other *o = find_other(p, number);
    struct process_figures figures;

    if (o == NULL)
        return;
    describe(p, o, &figures);
    procfs_put_stat(out, &figures);
    free(o);
}

void text_other_statm(FILE *out, struct process *p, int number)
{
    fputs("0 0 0 0 0 0 0\n", out);
}

void text_other_status(FILE *out, struct process *p, int number)
{
    struct other *o = find_other(p, number);
    struct process_figures figures;

    if (o == NULL)
        return;
    describe(p, o, &figures);
    procfs_put_identity(out, &figures);
    fprintf(out, "Threads:\t%u\nNoNewPrivs:\t1\nSeccomp:\t0\n", figures.threads);
    free(o);
}

void text_other_comm(FILE *out, struct process *p, int number)
{
    struct other *o = find_other(p, number);

    if (o != NULL)
        fprintf(out, "%s\n", o->shown.name);
    free(o);
}

void text_other_cmdline(FILE *out, struct process *p, int number)
{
    struct other *o = find_other(p, number);

    if (o != NULL && o->row.state != PROCESS_ZOMBIE)
        fwrite(o->shown.arguments, 1, o->shown.arguments_bytes, out);
    free(o);
}

long link_other_exe(struct process *p, int number, char *to, size_t size)
{
    struct other *o = find_other(p, number);
    long length = -ENOENT;

    if (o != NULL && o->row.state != PROCESS_ZOMBIE && o->shown.program_bytes > 0) {
        length = (long)(o->shown.program_bytes < size ? o->shown.program_bytes : size);
        memcpy(to, o->shown.program, (size_t)length);
    }
    free(o);
    return length;
}
