/* A clone put back to its snapshot in place.  What costs least is done for each part: pages that were written are
 * copied back where they stay mapped, mappings that differ are made anew, what is equal is left alone. */
#include "hostvirt/calls.h"
#include "hostvirt/checkpoint.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/clock.h"
#include "hostvirt/memory_private.h"
#include "hostvirt/snapshot_private.h"
#include "hostvirt/snapshot_reset.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/timer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 5 /* s until threads that are to leave have left */

/* ---- threads ----------------------------------------------------------------------------------------------------- */

static bool wanted_thread(const struct saved_state *s, int tid)
{
    for (size_t i = 0; i < s->thread_count; i++)
        if (s->threads[i].tid == tid)
            return true;
    return false;
}

/* Threads of the snapshot that have ended since are made again, to be started last. */
static int add_threads(struct builder *b)
{
    for (size_t i = 0; i < b->s->thread_count; i++) {
        pthread_mutex_lock(&b->p->lock);
        struct thread *t = thread_find(b->p, b->s->threads[i].tid);
        pthread_mutex_unlock(&b->p->lock);
        int error = t == NULL ? thread_new(b->p, &t) : 0;
        if (error != 0)
            return build_fail(b, error, "cannot make a thread again that has ended: %s", strerror(-error));
        t->tid = b->s->threads[i].tid;
        if (b->thread == NULL)
            b->thread = t;
    }
    return 0;
}

/* Threads that have come since leave without touching the guest's memory. */
static int remove_threads(struct builder *b)
{
    struct process *p = b->p;
    struct timespec until;
    int error = 0;

    clock_gettime(CLOCK_REALTIME, &until); /* what the condition was made for */
    until.tv_sec += PATIENCE;
    pthread_mutex_lock(&p->lock);
    for (struct thread *t = p->threads; t != NULL; t = t->next)
        if (!wanted_thread(b->s, t->tid)) {
            t->clear_tid = t->robust_list = 0;
            t->exiting = true;
            thread_attend(t);
        }
    while (p->thread_count > b->s->thread_count && error == 0)
        error = pthread_cond_timedwait(&p->thread_ended, &p->lock, &until);
    pthread_mutex_unlock(&p->lock);
    return error != 0 ? build_fail(b, -ETIMEDOUT, "threads that the snapshot does not have do not end") : 0;
}

static int put_threads(struct builder *b)
{
    uint64_t now = clock_host();

    for (size_t i = 0; i < b->s->thread_count; i++) {
        pthread_mutex_lock(&b->p->lock);
        struct thread *t = thread_find(b->p, b->s->threads[i].tid);
        pthread_mutex_unlock(&b->p->lock);
        int error = build_thread(b, t, &b->s->threads[i]);
        if (error != 0)
            return error;
        t->deadline = t->restarting && t->deadline != 0 ? now + t->deadline : 0;
        t->wanted = 1;
    }
    b->m->family->next_id = b->s->process.next_id;
    return 0;
}

/* Those that were made again stop at once, as all do until checkpoint_resume. */
static int start_threads(struct builder *b)
{
    for (size_t i = 0; i < b->s->thread_count; i++) {
        pthread_mutex_lock(&b->p->lock);
        struct thread *t = thread_find(b->p, b->s->threads[i].tid);
        pthread_mutex_unlock(&b->p->lock);
        int error = t->host_tid == 0 ? thread_start(t) : 0;
        if (error != 0)
            return build_fail(b, error, "cannot start a thread again: %s", strerror(-error));
    }
    return 0;
}

/* Threads that were made again and will not start: nobody else would end them. */
static void drop_unstarted(struct process *p)
{
    struct thread *t;

    do {
        pthread_mutex_lock(&p->lock);
        for (t = p->threads; t != NULL && t->host_tid != 0; t = t->next)
            ;
        pthread_mutex_unlock(&p->lock);
        if (t != NULL)
            thread_discard(t);
    } while (t != NULL);
}

/* ---- mappings ---------------------------------------------------------------------------------------------------- */

enum change { KEEP, UNMAP, PROTECT, REBUILD };

struct step {
    uint64_t start, end;
    enum change action;
    int prot;
    size_t want; /* index of the saved mapping: REBUILD */
};

struct plan {
    struct step *steps;
    size_t count, room;
};

static enum change compare(struct builder *b, const struct mapping *c, const struct saved_mapping *w, uint64_t at)
{
    const struct mapped_file *file = w->file >= 0 ? b->files[w->file] : NULL;
    bool restored = build_has_pages(b, w);

    if (c->kind != w->kind || c->shared != w->shared || c->no_fork != w->no_fork || c->wipe != w->wipe ||
        c->stack != w->stack || c->file != file || c->restored != restored ||
        (restored && b->p->memory->moved) || (w->charged && !c->charged))
        return REBUILD;
    if (file != NULL && c->offset + (at - c->start) != w->offset + (at - w->start))
        return REBUILD;
    return c->prot != w->prot ? PROTECT : KEEP;
}

static int add_step(struct plan *p, const struct step *step)
{
    struct step *last = p->count > 0 ? &p->steps[p->count - 1] : NULL;

    if (last != NULL && last->end == step->start && last->action == step->action && step->action == UNMAP) {
        last->end = step->end;
        return 0;
    }
    if (p->count == p->room) {
        size_t room = p->room != 0 ? 2 * p->room : 64;
        struct step *steps = reallocarray(p->steps, room, sizeof *steps);
        if (steps == NULL)
            return -ENOMEM;
        p->steps = steps;
        p->room = room;
    }
    p->steps[p->count++] = *step;
    return 0;
}

static uint64_t lower(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* What has to be done to the list of mappings, from the lowest address to the highest. */
static int make_plan(struct builder *b, struct plan *plan)
{
    const struct memory *m = b->p->memory;
    const struct saved_memory *saved = &b->s->memory;
    size_t i = 0, j = 0;
    int error = 0;

    for (uint64_t at = 0; (i < m->count || j < saved->mapping_count) && error == 0;) {
        const struct mapping *c = i < m->count ? &m->list[i] : NULL;
        const struct saved_mapping *w = j < saved->mapping_count ? &saved->mappings[j] : NULL;
        uint64_t end = UINT64_MAX;
        end = c != NULL ? lower(end, c->start > at ? c->start : c->end) : end;
        end = w != NULL ? lower(end, w->start > at ? w->start : w->end) : end;
        bool have = c != NULL && c->start <= at, want = w != NULL && w->start <= at;
        struct step step = {at, end, KEEP, want ? w->prot : 0, j};
        if (have && want)
            step.action = compare(b, c, w, at);
        else if (have || want)
            step.action = have ? UNMAP : REBUILD;
        if (step.action != KEEP)
            error = add_step(plan, &step);
        at = end;
        i += c != NULL && c->end <= at;
        j += w != NULL && w->end <= at;
    }
    return error;
}

static int rebuild(struct builder *b, const struct step *step)
{
    struct memory *m = b->p->memory;

    pthread_mutex_lock(&m->lock);
    int error = memory_unmap_locked(m, step->start, step->end);
    if (error == 0)
        error = memory_reserve(m, 3);
    error = error != 0 ? build_fail(b, error, "cannot unmap what the snapshot does not have: %s", strerror(-error))
                       : build_mapping(b, &b->s->memory.mappings[step->want], step->start, step->end);
    pthread_mutex_unlock(&m->lock);
    return error;
}

static int carry_out(struct builder *b, const struct plan *plan, struct reset_report *report)
{
    struct memory *m = b->p->memory;
    int error = 0;

    /* What is not wanted first: its charge may be needed. */
    for (size_t i = 0; i < plan->count && error == 0; i++)
        if (plan->steps[i].action == UNMAP)
            error = memory_unmap(m, plan->steps[i].start, plan->steps[i].end - plan->steps[i].start);
    for (size_t i = 0; i < plan->count && error == 0; i++)
        if (plan->steps[i].action == PROTECT)
            error = memory_protect(m, plan->steps[i].start, plan->steps[i].end - plan->steps[i].start,
                                   plan->steps[i].prot);
    if (error != 0)
        return build_fail(b, error, "cannot change the guest's mappings back: %s", strerror(-error));
    for (size_t i = 0; i < plan->count && error == 0; i++)
        if (plan->steps[i].action == REBUILD) {
            report->rebuilt += plan->steps[i].end - plan->steps[i].start;
            error = rebuild(b, &plan->steps[i]);
        }
    return error;
}

/* mprotect has made memory writable that was not charged, and it is not any more. */
static void settle_charges(struct builder *b)
{
    struct memory *m = b->p->memory;
    const struct saved_memory *saved = &b->s->memory;
    size_t j = 0;

    for (size_t i = 0; i < m->count; i++) {
        struct mapping *c = &m->list[i];
        while (j < saved->mapping_count && saved->mappings[j].end <= c->start)
            j++;
        const struct saved_mapping *w = j < saved->mapping_count ? &saved->mappings[j] : NULL;
        if (c->charged && w != NULL && w->start <= c->start && w->end >= c->end && !w->charged) {
            memory_uncharge(m, c->end - c->start);
            c->charged = false;
        }
    }
    memory_merge(m, 0, GUEST_HIGH);
}

/* Memory that is shared by name: rewritten where it is, so that descriptors and mappings still mean the same object.
 * One that the guest has sealed since is made anew. */
static int reset_objects(struct builder *b)
{
    for (size_t i = 0; i < b->s->memory.object_count; i++) {
        int host = b->objects[i];
        if (host < 0 || (fcntl(host, F_GET_SEALS) == (int)b->s->memory.objects[i].seals &&
                         (b->s->memory.objects[i].seals & F_SEAL_WRITE)))
            continue;
        if (ftruncate(host, 0) == 0 && build_fill(b, (int)i, host) == 0 &&
            fcntl(host, F_GET_SEALS) == (int)b->s->memory.objects[i].seals)
            continue;
        close(host);
        b->objects[i] = -1;
        pthread_mutex_lock(&b->p->memory->lock);
        for (size_t f = 0; f < b->s->memory.file_count; f++)
            if (b->s->memory.files[f].object == (int)i && b->files[f] != NULL) {
                mapped_file_release(b->files[f]);
                b->files[f] = NULL;
            }
        pthread_mutex_unlock(&b->p->memory->lock);
    }
    return 0;
}

static int reset_memory(struct builder *b, struct reset_report *report)
{
    struct memory *m = b->p->memory;
    struct plan plan = {0};
    int error = reset_objects(b);

    for (size_t i = 0; i < b->s->memory.file_count && error == 0; i++) {
        struct mapped_file *file;
        error = b->files[i] == NULL ? build_file(b, (int)i, &file) : 0;
    }
    if (error != 0)
        return error;
    pthread_mutex_lock(&m->lock);
    error = make_plan(b, &plan);
    pthread_mutex_unlock(&m->lock);
    error = error != 0 ? build_no_memory(b) : carry_out(b, &plan, report);
    free(plan.steps);
    if (error != 0)
        return error;
    pthread_mutex_lock(&m->lock);
    if (memory_reserve(m, 3) == 0)
        settle_charges(b);
    m->moved = false;
    m->break_start = b->s->memory.break_start;
    m->break_end = b->s->memory.break_end;
    m->break_limit = b->s->memory.break_limit;
    m->place = b->s->memory.place;
    error = reset_pages(b, report);
    pthread_mutex_unlock(&m->lock);
    b->m->vdso = b->s->process.vdso;
    return error;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static int put_everything(struct builder *b, struct reset_report *report)
{
    int error = reset_children(b);

    if (error == 0 && (error = add_threads(b)) == 0 && (error = remove_threads(b)) == 0 &&
        (error = build_scratch(b, true)) == 0)
        error = reset_memory(b, report);
    if (error == 0)
        error = reset_descriptors(b);
    if (error == 0)
        error = build_process(b);
    if (error != 0)
        return error;
    b->m->family->disk_written = 0; /* as in a new clone */
    timers_free(b->p);
    error = build_timers(b);
    return error == 0 ? put_threads(b) : error;
}

static int reset_everything(struct builder *b, struct reset_report *report)
{
    int error = put_everything(b, report);

    if (error != 0) {
        drop_unstarted(b->p);
        return error;
    }
    signal_tell_watches(b->p);
    return start_threads(b);
}

int snapshot_reset_report(struct monitor *m, struct snapshot *s, struct reset_report *report, char *reason,
                          size_t bytes)
{
    struct builder b = {.m = m, .p = m->process, .snapshot = s, .reason = reason, .reason_bytes = bytes};
    struct snapshots *kept = m->snapshots;
    uint64_t begin = clock_host();
    int error;

    if (kept == NULL || kept->from != s)
        return build_fail(&b, -EINVAL, "the isolate was not started from this snapshot, to which it could be reset");
    if (m->ended || checkpoint_hold(m) != 0)
        return build_fail(&b, -ESRCH, "the isolate's program has ended");
    pthread_mutex_lock(&kept->lock);
    error = builder_start(&b);
    if (error == 0)
        error = reset_everything(&b, report);
    builder_end(&b);
    pthread_mutex_unlock(&kept->lock);
    if (error != 0) /* half a guest must not run */
        process_exit_group(m->process, SIGKILL);
    else
        calls_put_back(m);
    checkpoint_release(m);
    report->ns = clock_host() - begin;
    return error;
}

int snapshot_reset(struct monitor *m, struct snapshot *s, char *reason, size_t bytes)
{
    struct reset_report report = {.how = RESET_AUTOMATIC};

    return snapshot_reset_report(m, s, &report, reason, bytes);
}
