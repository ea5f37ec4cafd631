/* A guest made from a snapshot: a VM, an address space whose pages are the file's until they are written, descriptors
 * by recipe, threads that have not started. */
#include "hostvirt/clock.h"
#include "hostvirt/memory_private.h"
#include "hostvirt/process_private.h"
#include "hostvirt/snapshot_private.h"
#include "hostvirt/thread_private.h"
#include "hostvirt/vdso.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int check_machine(struct monitor *m, struct snapshot *s, char *reason, size_t bytes)
{
    struct saved_machine here;

    machine_describe(&here, &m->platform);
    return machine_compare(&s->state.machine, &here, reason, bytes);
}

/* The family's rows as they were: this process, and its ended children. */
static int build_family(struct builder *b)
{
    const struct saved_process *saved = &b->s->process;
    struct family *f = b->m->family;
    int error = 0;

    family_lock(f);
    f->next_id = saved->next_id;
    f->foreground = saved->foreground;
    b->p->entry = b->p->memory->owner = family_add(f, NULL, saved->pid, getpid());
    if (b->p->entry != NULL) {
        b->p->entry->parent = saved->parent;
        b->p->entry->group = saved->group;
        b->p->entry->session = saved->session;
        if (saved->stopped != 0)
            b->p->entry->state = PROCESS_STOPPED;
    } else {
        error = -EAGAIN;
    }
    if (error == 0)
        error = build_zombies(b);
    family_unlock(f);
    return error != 0 ? build_fail(b, error, "cannot make the guest's process: the table is full") : 0;
}

static int make_process(struct builder *b)
{
    struct monitor *m = b->m;
    struct process *p = process_new(m);
    int error = p == NULL ? -ENOMEM : memory_new(&p->memory, m->vm, m->family);

    if (error == 0) {
        m->vm = NULL;
        b->p = m->process = p;
        p->pid = b->s->process.pid;
        p->limits[RLIMIT_NOFILE] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY}; /* its own come with build_process */
        p->directories.umask = b->s->process.umask;
        p->directories.working = strdup(b->s->process.working);
        error = p->directories.working == NULL ? -ENOMEM : descriptors_new(&p->descriptors, m->policy->descriptors);
    }
    if (error == 0)
        error = descriptors_standard(p);
    return error != 0 ? build_fail(b, error, "cannot make the guest's process: %s", strerror(-error)) : build_family(b);
}

static int make_threads(struct builder *b)
{
    for (size_t i = 0; i < b->s->thread_count; i++) {
        struct thread *t;
        int error = thread_new(b->p, &t);
        if (error != 0)
            return build_fail(b, error, "the snapshot's guest has %zu threads: %s", b->s->thread_count,
                              error == -EAGAIN ? "the policy allows fewer" : strerror(-error));
        t->tid = b->s->threads[i].tid;
        t->cpu_time_base = b->s->threads[i].cpu_time;
        error = build_thread(b, t, &b->s->threads[i]);
        if (error != 0)
            return error;
        if (b->thread == NULL)
            b->thread = t;
    }
    b->m->family->next_id = b->s->process.next_id;
    return 0;
}

static int build_memory(struct builder *b)
{
    struct memory *m = b->p->memory;
    const struct saved_memory *saved = &b->s->memory;
    int error = vdso_make(b->m);

    if (error != 0)
        return build_fail(b, error, "cannot make the guest's clock page: %s", strerror(-error));
    /* Files are opened first: that asks the table of descriptors and the mounts, whose locks come before memory's. */
    for (size_t i = 0; i < saved->file_count && error == 0; i++) {
        struct mapped_file *file;
        error = build_file(b, (int)i, &file);
    }
    if (error != 0)
        return error;
    pthread_mutex_lock(&m->lock);
    if (memory_reserve(m, saved->mapping_count + 3) != 0)
        error = build_no_memory(b);
    for (size_t i = 0; i < saved->mapping_count && error == 0; i++)
        error = build_mapping(b, &saved->mappings[i], saved->mappings[i].start, saved->mappings[i].end);
    m->break_start = saved->break_start;
    m->break_end = saved->break_end;
    m->break_limit = saved->break_limit;
    m->place = saved->place;
    pthread_mutex_unlock(&m->lock);
    b->m->vdso = b->s->process.vdso;
    return error;
}

static int build_everything(struct builder *b)
{
    int error = make_process(b);

    if (error == 0)
        error = make_threads(b);
    if (error == 0)
        error = build_scratch(b, false);
    if (error == 0)
        error = build_memory(b);
    if (error == 0)
        error = build_descriptors(b);
    return error == 0 ? build_process(b) : error;
}

int snapshot_restore(struct monitor *m, struct snapshot *s, const struct policy *p, uint64_t clone_number,
                     char *reason, size_t bytes)
{
    struct builder b = {.m = m, .snapshot = s, .reason = reason, .reason_bytes = bytes};
    struct snapshots *kept;
    int error = monitor_init(m, p, reason, bytes);

    if (error == 0)
        snapshot_windows_ahead(s, m->vm);
    if (error == 0)
        error = check_machine(m, s, reason, bytes);
    /* All layers' pages now: unpacking may take long and needs rights that the wall takes. */
    for (unsigned i = 0; i < s->layer_count && error == 0; i++) {
        int data = snapshot_data(s, i, reason, bytes);
        error = data < 0 ? data : 0;
    }
    if (error != 0)
        return error;
    if ((error = snapshots_get(m, &kept)) != 0) {
        snprintf(reason, bytes, "cannot prepare the monitor for snapshots: %s", strerror(-error));
        return error;
    }
    kept->from = s;
    m->family->clone_number = clone_number;
    error = builder_start(&b);
    if (error == 0)
        error = build_everything(&b);
    if (error == 0)
        snapshot_use_hint(s, b.p->memory);
    builder_end(&b);
    return error;
}

bool snapshot_lost(struct monitor *m)
{
    const char *path = m->snapshots != NULL ? snapshot_cut(m->snapshots->from) : NULL;

    if (path == NULL)
        return false;
    if (!m->process->exiting)
        fprintf(stderr, "cloister: the isolate is ended: its snapshot %s has been cut off while it ran\n", path);
    process_exit_group(m->process, SIGKILL);
    return true;
}

void snapshot_renumber(struct monitor *m, uint64_t clone_number)
{
    const struct saved_state *s = &m->snapshots->from->state;

    m->family->clone_number = clone_number;
    for (size_t i = 0; i < s->thread_count; i++) {
        struct thread *t = s->threads[i].asked ? thread_find(m->process, s->threads[i].tid) : NULL;
        if (t != NULL)
            t->cpu.regs.rax = clone_number;
    }
}
