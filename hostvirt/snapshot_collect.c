/* What is saved of a stopped process beside its memory and descriptors: policy facts, figures, signals, timers, ended
 * children, threads. */
#include "hostvirt/clock.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/snapshot_private.h"
#include "hostvirt/timer.h"
#include "hostvirt/vdso.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int collect_fail(struct collector *c, int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(c->reason, c->reason_bytes, format, arguments);
    va_end(arguments);
    return error;
}

int collect_no_memory(struct collector *c)
{
    return collect_fail(c, -ENOMEM, "cannot save the isolate: out of memory");
}

int collect_ended(struct collector *c)
{
    return collect_fail(c, -ESRCH, "the isolate's program has ended");
}

int collect_object(struct collector *c, int host)
{
    struct saved_memory *m = &c->s->memory;
    struct stat status;

    if (fstat(host, &status) != 0)
        return collect_fail(c, -errno, "cannot look at a memory file of the isolate: %s", strerror(errno));
    for (size_t i = 0; i < m->object_count; i++)
        if (c->sources[i].device == status.st_dev && c->sources[i].inode == status.st_ino)
            return (int)i;
    if (m->object_count == c->source_room) {
        size_t room = c->source_room != 0 ? 2 * c->source_room : 16;
        struct object_source *sources = reallocarray(c->sources, room, sizeof *sources);
        struct saved_object *objects = arena_take(&c->s->arena, room * sizeof *objects);
        if (sources != NULL)
            c->sources = sources;
        if (sources == NULL || objects == NULL)
            return collect_no_memory(c);
        if (m->object_count > 0)
            memcpy(objects, m->objects, m->object_count * sizeof *objects);
        m->objects = objects;
        c->source_room = room;
    }
    int own = fcntl(host, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
        return collect_fail(c, -errno, "cannot look at a memory file of the isolate: %s", strerror(errno));
    int seals = fcntl(host, F_GET_SEALS);
    m->objects[m->object_count] = (struct saved_object){(uint64_t)status.st_size, seals > 0 ? (uint32_t)seals : 0};
    c->sources[m->object_count] = (struct object_source){status.st_dev, status.st_ino, own};
    return (int)m->object_count++;
}

/* ---- policy ------------------------------------------------------------------------------------------------------ */

static char *keep(struct collector *c, const char *text)
{
    return arena_text(&c->s->arena, text != NULL ? text : "");
}

static int collect_mounts(struct collector *c, struct saved_policy *out, const struct policy *p)
{
    out->mounts = arena_take(&c->s->arena, p->mount_count * sizeof *out->mounts);
    out->endpoints = arena_take(&c->s->arena, (p->listen_count + p->connect_count) * sizeof *out->endpoints);
    if (out->mounts == NULL || out->endpoints == NULL)
        return collect_no_memory(c);
    for (size_t i = 0; i < p->mount_count; i++) {
        struct saved_mount *m = &out->mounts[out->mount_count++];
        *m = (struct saved_mount){(uint8_t)p->mounts[i].kind, keep(c, p->mounts[i].host), keep(c, p->mounts[i].guest)};
        if (m->host == NULL || m->guest == NULL)
            return collect_no_memory(c);
    }
    for (size_t i = 0; i < p->listen_count + p->connect_count; i++) {
        bool listen = i < p->listen_count;
        const struct endpoint *e = listen ? &p->listens[i] : &p->connects[i - p->listen_count];
        out->endpoints[out->endpoint_count++] =
            (struct saved_endpoint){keep(c, e->name), e->port, e->guest_port, e->type, listen};
        if (out->endpoints[i].name == NULL)
            return collect_no_memory(c);
    }
    return 0;
}

static int collect_policy(struct collector *c)
{
    const struct policy *p = c->m->policy;
    struct saved_policy *out = &c->s->policy;

    *out = (struct saved_policy){
        .name = keep(c, p->name), .hostname = keep(c, p->hostname), .title = keep(c, p->title),
        .baseline = (uint8_t)p->baseline,
        .memory = p->memory, .cpu_time = p->cpu_time, .wall_time = p->wall_time, .disk_written = p->disk_written,
        .cpus = p->cpus, .threads = p->threads, .descriptors = p->descriptors, .syscall_rate = p->syscall_rate,
        .fork = p->fork, .system_base = p->system_base,
    };
    if (out->name == NULL || out->hostname == NULL || out->title == NULL)
        return collect_no_memory(c);
    return collect_mounts(c, out, p);
}

/* ---- the process ------------------------------------------------------------------------------------------------- */

/* Under process->lock. */
static int collect_signals(struct collector *c, const struct signal_queue *q, struct saved_signals *out)
{
    out->list = arena_take(&c->s->arena, q->length * sizeof *out->list);
    if (out->list == NULL)
        return collect_no_memory(c);
    for (const struct pending_signal *s = q->first; s != NULL && out->count < q->length; s = s->next)
        out->list[out->count++] = s->info;
    return 0;
}

uint64_t collect_time(uint64_t ns)
{
    return ns < STATE_TIME_MOST ? ns : STATE_TIME_MOST;
}

static uint64_t rest_of(const struct timespec *t)
{
    return timespec_valid(t) ? collect_time(timespec_ns(t)) : 0;
}

uint64_t collect_rest(const struct collector *c, uint64_t left)
{
    return left != 0 ? collect_time(left + (clock_host() - c->moment)) : 0;
}

/* Whether a timer's clock goes on while the guest stands still. */
static bool runs_on(const struct guest_timer *g)
{
    return g->clock >= 0 && g->clock != CLOCK_PROCESS_CPUTIME_ID && g->clock != CLOCK_THREAD_CPUTIME_ID;
}

/* Under process->lock. */
static int collect_timers(struct collector *c, const struct process *p)
{
    struct saved_process *out = &c->s->process;
    size_t count = 0;

    for (const struct guest_timer *g = p->timers; g != NULL; g = g->next)
        count++;
    out->timers = arena_take(&c->s->arena, count * sizeof *out->timers);
    if (out->timers == NULL)
        return collect_no_memory(c);
    for (const struct guest_timer *g = p->timers; g != NULL; g = g->next) {
        struct itimerspec rest;
        int error = timer_rest(g, &rest);
        if (error != 0)
            return collect_fail(c, error, "cannot read a timer of the isolate: %s", strerror(-error));
        uint64_t left = rest_of(&rest.it_value);
        out->timers[out->timer_count++] = (struct saved_timer){
            .id = g->id, .clock = g->clock, .notify = g->notify, .signal = g->signal, .tid = g->tid, .value = g->value,
            .overrun = g->overrun, .last_overrun = g->last_overrun, .rest = runs_on(g) ? collect_rest(c, left) : left,
            .interval = rest_of(&rest.it_interval), .absolute = g->absolute,
        };
        if (g->once && out->timers[out->timer_count - 1].rest == 0)
            out->timers[out->timer_count - 1].rest = 1; /* expired, and its signal is on the way to the monitor */
    }
    return 0;
}

/* The family: nobody else may run; children that ended and were not waited for go along. */
static int collect_family(struct collector *c)
{
    struct family *f = c->m->family;
    const struct family_process *own = c->m->process->entry;
    struct saved_process *out = &c->s->process;
    int others = 0, one = 0;
    size_t zombies = 0;

    out->zombies = arena_take(&c->s->arena, FAMILY_PROCESSES * sizeof *out->zombies);
    if (out->zombies == NULL)
        return collect_no_memory(c);
    family_lock(f);
    for (unsigned i = 0; i < f->rows; i++) {
        const struct family_process *row = &f->processes[i];
        if (row == own || row->state == PROCESS_FREE)
            continue;
        if (row->state != PROCESS_ZOMBIE) {
            others++;
            one = row->pid;
            continue;
        }
        out->zombies[zombies++] = (struct saved_zombie){row->pid,     row->parent, row->group,
                                                        row->session, row->status, row->usage};
    }
    out->zombie_count = zombies;
    out->pid = own->pid;
    out->parent = own->parent;
    out->group = own->group;
    out->session = own->session;
    out->next_id = f->next_id;
    out->foreground = f->foreground;
    family_unlock(f);
    if (others > 0)
        return collect_fail(c, -EBUSY, "the isolate has %d more process%s (one is %d): only an isolate of one process "
                            "can be saved", others, others == 1 ? "" : "es", one);
    return 0;
}

static int collect_figures(struct collector *c)
{
    const struct process *p = c->m->process;
    struct saved_process *out = &c->s->process;
    struct timespec real;

    clock_gettime(CLOCK_REALTIME, &real);
    out->realtime = (int64_t)timespec_ns(&real);
    out->monotonic = vdso_monotonic(c->m);
    c->moment = clock_host();
    out->clone_number = c->m->family->clone_number;
    out->stopped = p->stopped;
    out->exit_signal = p->exit_signal;
    out->question_signal = p->question_signal;
    out->start_time = p->start_time;
    out->vdso = c->m->vdso;
    out->cpu_time = c->m->family->cpu_time;
    out->disk_written = c->m->family->disk_written;
    out->umask = p->directories.umask;
    out->working = keep(c, p->directories.working);
    out->program = keep(c, p->program);
    out->label = keep(c, c->options->label);
    out->arguments_bytes = p->arguments_bytes;
    out->environment_bytes = p->environment_bytes;
    out->arguments = arena_take(&c->s->arena, p->arguments_bytes + 1);
    out->environment = arena_take(&c->s->arena, p->environment_bytes + 1);
    if (out->working == NULL || out->program == NULL || out->label == NULL || out->arguments == NULL ||
        out->environment == NULL)
        return collect_no_memory(c);
    if (p->arguments_bytes > 0)
        memcpy(out->arguments, p->arguments, p->arguments_bytes);
    if (p->environment_bytes > 0)
        memcpy(out->environment, p->environment, p->environment_bytes);
    memcpy(out->limits, p->limits, sizeof out->limits);
    out->children = p->children;
    return 0;
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

static uint64_t thread_cpu_time(const struct thread *t)
{
    clockid_t clock;
    struct timespec used;

    if (t->host_tid == 0 || pthread_getcpuclockid(t->host, &clock) != 0 || clock_gettime(clock, &used) != 0)
        return t->cpu_time_base;
    return timespec_ns(&used) + t->cpu_time_base;
}

/* Under process->lock. */
static int collect_thread(struct collector *c, const struct thread *t, struct saved_thread *out)
{
    size_t bytes = c->m->platform.xsave_bytes;

    if (t->vcpu != NULL || (t != c->asked && !t->parked && t->host_tid != 0))
        return collect_fail(c, -EBUSY, "cannot save the isolate: its thread %d has not stopped", t->tid);
    *out = (struct saved_thread){
        .tid = t->tid, .regs = t->cpu.regs, .fs_base = t->cpu.fs_base, .gs_base = t->cpu.gs_base,
        .xsave_bytes = bytes < 576 ? 576 : bytes, .blocked = t->blocked, .saved_blocked = t->saved_blocked,
        .restore_blocked = t->restore_blocked, .stack_address = (uint64_t)(uintptr_t)t->alternate.ss_sp,
        .stack_bytes = t->alternate.ss_size, .stack_flags = t->alternate.ss_flags, .clear_tid = t->clear_tid,
        .robust_list = t->robust_list, .restarting = t->restarting, .rewound = t->rewound, .fault_trap = t->fault_trap,
        .fault_error = t->fault_error, .fault_address = t->fault_address, .cpu_time = thread_cpu_time(t),
        .asked = t == c->asked,
    };
    if (t->restarting && t->deadline != 0)
        out->rest = t->deadline > c->moment ? collect_time(t->deadline - c->moment) : 1;
    schedule_describe(t, &out->scheduling);
    memcpy(out->name, t->name, sizeof out->name);
    out->name[sizeof out->name - 1] = '\0';
    out->xsave = arena_take(&c->s->arena, out->xsave_bytes);
    if (out->xsave == NULL)
        return collect_no_memory(c);
    memcpy(out->xsave, t->cpu.xsave, out->xsave_bytes);
    return collect_signals(c, &t->pending, &out->pending);
}

/* Under process->lock. */
static int collect_threads(struct collector *c, struct process *p)
{
    int error = 0;

    c->s->threads = arena_take(&c->s->arena, p->thread_count * sizeof *c->s->threads);
    if (c->s->threads == NULL)
        return collect_no_memory(c);
    for (const struct thread *t = p->threads; t != NULL && error == 0; t = t->next)
        error = collect_thread(c, t, &c->s->threads[c->s->thread_count++]);
    return error;
}

int collect_process(struct collector *c)
{
    struct process *p = c->m->process;

    machine_describe(&c->s->machine, &c->m->platform);
    int error = collect_policy(c);
    if (error == 0)
        error = collect_family(c);
    if (error == 0)
        error = collect_figures(c);
    if (error != 0)
        return error;
    if (p->exiting || p->thread_count == 0)
        return collect_ended(c);
    pthread_mutex_lock(&p->lock);
    memcpy(c->s->process.actions, p->actions, sizeof p->actions);
    error = collect_signals(c, &p->pending, &c->s->process.pending);
    if (error == 0)
        error = collect_timers(c, p);
    if (error == 0)
        error = collect_threads(c, p);
    pthread_mutex_unlock(&p->lock);
    return error;
}
