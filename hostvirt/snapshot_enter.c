/* The moment from which time passes for a restored guest: its clock goes on where it stood, what was waiting waits for
 * the rest of its time. */
#include "hostvirt/clock.h"
#include "hostvirt/event.h"
#include "hostvirt/guestsignal_private.h"
#include "hostvirt/snapshot_private.h"
#include "hostvirt/memory.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/timer.h"
#include "hostvirt/vdso.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* What was left of a timer; of one for a time of day what is left now. */
static struct itimerspec rest_of(const struct builder *b, uint64_t rest, uint64_t interval, bool absolute)
{
    struct timespec now;

    if (absolute && rest != 0 && clock_gettime(CLOCK_REALTIME, &now) == 0) {
        int64_t left = (int64_t)rest - ((int64_t)timespec_ns(&now) - b->s->process.realtime);
        rest = left > 0 ? (uint64_t)left : 1;
    }
    return (struct itimerspec){.it_value = timespec_of(rest), .it_interval = timespec_of(interval)};
}

/* A clock that names a thread's processor time is found by the thread's host id, which it has only when it runs: such a
 * timer is left out when its thread has not started. */
static int build_timer(struct builder *b, const struct saved_timer *saved)
{
    struct itimerspec rest = rest_of(b, saved->rest, saved->interval, saved->absolute);
    struct guest_timer *g;
    int error = timer_make(b->p, saved->clock, saved->notify, &g);

    if (error == -EINVAL && saved->clock < 0)
        return 0;
    if (error != 0)
        return build_fail(b, error, "cannot make the guest's timers again: %s", strerror(-error));
    g->id = saved->id;
    g->signal = saved->signal;
    g->tid = saved->tid;
    g->value = saved->value;
    g->overrun = saved->overrun;
    g->last_overrun = saved->last_overrun;
    pthread_mutex_lock(&b->p->lock);
    timer_add(b->p, g);
    pthread_mutex_unlock(&b->p->lock);
    error = saved->rest != 0 ? timer_arm(g, 0, &rest, NULL) : 0;
    g->absolute = saved->absolute;
    return error != 0 ? build_fail(b, error, "cannot arm the guest's timers: %s", strerror(-error)) : 0;
}

/* One that had expired and was not read is readable at once; its next expiration is then an interval away. */
static int arm_descriptor(struct builder *b, const struct saved_descriptor *e)
{
    const struct saved_description *d = &b->s->descriptors.descriptions[e->description];
    struct descriptor *here = d->kind == FILE_TIMER ? descriptor_get(b->p, e->number) : NULL;

    if (here == NULL)
        return 0;
    struct itimerspec rest = d->expired ? rest_of(b, 1, d->interval, false)
                                        : rest_of(b, d->rest, d->interval, d->absolute);
    int error = timerfd_settime(here->host, 0, &rest, NULL) != 0 ? -errno : 0;
    event_timer_set(here->file->data, here->host, &rest);
    descriptor_put(here);
    return error != 0 ? build_fail(b, error, "cannot arm the guest's timers: %s", strerror(-error)) : 0;
}

int build_timers(struct builder *b)
{
    int error = 0;

    for (size_t i = 0; i < b->s->process.timer_count && error == 0; i++)
        error = build_timer(b, &b->s->process.timers[i]);
    for (size_t i = 0; i < b->s->descriptors.count && error == 0; i++)
        error = arm_descriptor(b, &b->s->descriptors.table[i]);
    return error;
}

/* ---- threads ----------------------------------------------------------------------------------------------------- */

struct start {
    struct process *process;
    size_t count;
    struct thread *threads[];
};

/* None of them can end before it has run, so the list stays good. */
static void *start_others(void *argument)
{
    struct start *s = argument;

    for (size_t i = 0; i < s->count; i++)
        if (thread_start(s->threads[i]) != 0) {
            /* What cannot run cannot leave either: the process is not to wait for it. */
            fprintf(stderr, "cloister: no host thread can be had for a thread of the isolate\n");
            _exit(128 + SIGKILL);
        }
    free(s);
    return NULL;
}

/* Beside the first one, not before it: on another processor that costs it nothing. */
static bool start_beside(struct start *s)
{
    pthread_attr_t attributes;
    pthread_t host;

    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    int error = s->count > 1 ? pthread_create(&host, &attributes, start_others, s) : EAGAIN;
    pthread_attr_destroy(&attributes);
    return error == 0;
}

/* The one that asked for the CHECKPOINT, else the main one. */
static struct thread *first_thread(struct monitor *m)
{
    const struct saved_state *s = &m->snapshots->from->state;
    struct thread *first = m->process->threads;

    for (size_t i = 0; i < s->thread_count; i++)
        if (s->threads[i].asked)
            first = thread_find(m->process, s->threads[i].tid);
    return first;
}

struct thread *snapshot_start_threads(struct monitor *m)
{
    struct process *p = m->process;
    struct thread *first = p->threads;

    if (m->snapshots == NULL || m->snapshots->from == NULL)
        return first;
    if (m->snapshots->first != NULL)
        return m->snapshots->first;
    if (first->next == NULL)
        return first;
    first = first_thread(m);
    struct start *others = malloc(sizeof *others + p->thread_count * sizeof others->threads[0]);
    if (others == NULL) {
        process_exit_group(p, SIGKILL);
        return first;
    }
    *others = (struct start){.process = p};
    for (struct thread *t = p->threads; t != NULL; t = t->next)
        if (t != first)
            others->threads[others->count++] = t;
    if (!start_beside(others))
        start_others(others);
    return first;
}

int snapshot_park_threads(struct monitor *m)
{
    struct thread *first = first_thread(m);
    int error = 0;

    for (struct thread *t = m->process->threads; t != NULL && error == 0; t = t->next)
        if (t != first)
            error = thread_start(t);
    if (error == 0)
        m->snapshots->first = first;
    return error;
}

/* The pages that a thread needs before it can do anything: its stack's and its thread area's. */
static void populate(const struct thread *t)
{
    const uint64_t addresses[] = {t->cpu.regs.rsp, t->cpu.fs_base};

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        if (guest_range_valid(addresses[i], 1))
            madvise((void *)(uintptr_t)page_down(addresses[i]), PAGE_BYTES, MADV_POPULATE_WRITE);
}

int snapshot_warm(struct monitor *m)
{
    struct thread *t = m->snapshots->first;

    if (t->rewound) /* one that waits in a call leaves the vCPU to the thread that wakes first */
        return 0;
    populate(t);
    return thread_take_vcpu(t);
}

int snapshot_enter(struct monitor *m, char *reason, size_t bytes)
{
    struct builder b = {.m = m, .p = m->process, .snapshot = m->snapshots->from,
                        .s = &m->snapshots->from->state, .reason = reason, .reason_bytes = bytes};
    uint64_t now = clock_host();

    m->clock_offset = b.s->process.monotonic - now;
    vdso_update(m);
    pthread_mutex_lock(&m->process->lock);
    for (struct thread *t = m->process->threads; t != NULL; t = t->next) {
        t->deadline = t->restarting && t->deadline != 0 ? now + t->deadline : 0;
        t->wanted = 1; /* whatever is pending is looked at before anything else */
    }
    pthread_mutex_unlock(&m->process->lock);
    if (m->signal_thread != 0) /* inherited dispositions are not for a guest that had its own */
        signal_mirror_terminal(m->process);
    signal_tell_watches(m->process);
    return build_timers(&b);
}
