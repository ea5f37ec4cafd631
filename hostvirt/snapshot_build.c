/* Parts that restoring and resetting share: memory objects, mapped files, mappings, threads. */
#include "hostvirt/exec.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/memory_private.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define COPY_PAGES 64

int build_fail(struct builder *b, int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(b->reason, b->reason_bytes, format, arguments);
    va_end(arguments);
    return error;
}

int build_no_memory(struct builder *b)
{
    return build_fail(b, -ENOMEM, "cannot make the guest from its snapshot: out of memory");
}

int builder_start(struct builder *b)
{
    struct snapshots *kept = b->m->snapshots;

    b->s = &b->snapshot->state;
    b->streams[0] = b->streams[1] = b->streams[2] = -1;
    if (kept->mapped == NULL)
        kept->mapped = calloc(b->s->memory.file_count + 1, sizeof *kept->mapped);
    if (kept->objects == NULL) {
        kept->objects = malloc((b->s->memory.object_count + 1) * sizeof *kept->objects);
        for (size_t i = 0; i < b->s->memory.object_count && kept->objects != NULL; i++)
            kept->objects[i] = -1;
    }
    b->files = kept->mapped;
    b->objects = kept->objects;
    return b->files == NULL || b->objects == NULL ? build_no_memory(b) : 0;
}

/* What one end of a couple had closed is closed again, now that everything in flight is there. */
static void finish_couple(const struct couple *c)
{
    for (int i = 0; i < 2; i++)
        if (!c->pipe && c->used == 2 && c->closed[i])
            shutdown(c->ends[!i], SHUT_WR);
    for (int i = 0; i < 2; i++)
        if (c->ends[i] >= 0)
            close(c->ends[i]);
}

void builder_end(struct builder *b)
{
    for (size_t i = 0; i < b->couple_count; i++)
        finish_couple(&b->couples[i]);
    free(b->couples);
    for (int i = 0; i < 3; i++)
        if (b->streams[i] >= 0)
            close(b->streams[i]);
}

/* ---- memory objects ---------------------------------------------------------------------------------------------- */

static int fill_run(struct builder *b, const struct saved_run *r, int host, uint64_t most)
{
    uint8_t *pages = malloc(COPY_PAGES * PAGE_BYTES);
    int error = pages == NULL ? -ENOMEM : 0;

    for (uint64_t done = 0; done < r->pages && error == 0;) {
        uint64_t count = r->pages - done < COPY_PAGES ? r->pages - done : COPY_PAGES, at = r->start + done * PAGE_BYTES;
        uint64_t bytes = at >= most ? 0 : most - at < count * PAGE_BYTES ? most - at : count * PAGE_BYTES;
        error = snapshot_read(b->snapshot, r->layer, r->place + done, pages, count);
        ssize_t put = error == 0 ? pwrite(host, pages, bytes, (off_t)at) : 0;
        if (error == 0 && put != (ssize_t)bytes)
            error = put < 0 ? -errno : -ENOSPC;
        done += count;
    }
    free(pages);
    return error;
}

int build_fill(struct builder *b, int object, int host)
{
    const struct snapshot *s = b->snapshot;
    uint64_t bytes = b->s->memory.objects[object].bytes;
    uint32_t space = (uint32_t)object + 1;
    int error = ftruncate(host, (off_t)bytes) != 0 ? -errno : 0;

    for (size_t i = snapshot_find_run(s, space, 0); i < s->run_count && s->runs[i].space == space && error == 0; i++)
        error = fill_run(b, &s->runs[i], host, bytes);
    return error;
}

int build_object(struct builder *b, int object)
{
    if (b->objects[object] >= 0)
        return b->objects[object];
    int host = memfd_create("cloister-guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int error = host < 0 ? -errno : build_fill(b, object, host);
    uint32_t seals = b->s->memory.objects[object].seals;
    if (error == 0 && seals != 0 && fcntl(host, F_ADD_SEALS, seals) != 0)
        error = -errno;
    if (error == 0)
        return b->objects[object] = host;
    if (host >= 0)
        close(host);
    return build_fail(b, error, "cannot make shared memory of %llu bytes again: %s",
                      (unsigned long long)b->s->memory.objects[object].bytes, strerror(-error));
}

/* ---- mapped files ------------------------------------------------------------------------------------------------ */

/* Without a file of its own: its pages are the snapshot's. */
static struct mapped_file *stored_file(const struct saved_file *saved)
{
    size_t length = strlen(saved->path) + 1;
    struct mapped_file *f = calloc(1, sizeof *f + length);

    if (f == NULL)
        return NULL;
    f->references = 1;
    f->host = -1;
    memcpy(f->path, saved->path, length);
    return f;
}

static int open_mapped(struct builder *b, const struct saved_file *saved, struct mapped_file **out)
{
    struct file *file = NULL;
    int host, error = 0;

    if (saved->object >= 0)
        host = fcntl(error = build_object(b, saved->object), F_DUPFD_CLOEXEC, 3);
    else if (saved->vdso)
        host = fcntl(b->m->vdso_file, F_DUPFD_CLOEXEC, 3);
    else
        error = build_open(b, saved->path, saved->writable ? O_RDWR : O_RDONLY,
                           saved->writable ? NULL : &saved->identity, &host, &file);
    if (error < 0)
        return error;
    *out = host >= 0 ? mapped_file_new(host, saved->path) : NULL;
    if (*out != NULL)
        (*out)->counted = file != NULL && file->writable;
    if (host >= 0)
        close(host);
    file_release(file);
    return *out == NULL ? build_no_memory(b) : 0;
}

int build_file(struct builder *b, int index, struct mapped_file **out)
{
    const struct saved_file *saved = &b->s->memory.files[index];
    int error = 0;

    if (b->files[index] == NULL && !saved->stored)
        error = open_mapped(b, saved, &b->files[index]);
    else if (b->files[index] == NULL && (b->files[index] = stored_file(saved)) == NULL)
        error = build_no_memory(b);
    if (error != 0)
        return error;
    struct mapped_file *f = b->files[index];
    f->device = saved->identity.device;
    f->inode = saved->identity.inode;
    f->bytes = (off_t)saved->identity.bytes;
    f->modified = (struct timespec){saved->identity.seconds, saved->identity.nanoseconds};
    *out = f;
    return 0;
}

/* ---- mappings ---------------------------------------------------------------------------------------------------- */

/* Behind the end of any file: what a stored file's mapping is where the snapshot has no page (SIGBUS, as behind the end
 * of the file itself). */
#define BEYOND (1ll << 50)

static int map_base(struct builder *b, struct mapping *piece, const struct saved_file *f)
{
    uint64_t offset = piece->offset;
    int host = piece->file != NULL ? piece->file->host : -1;

    if (f != NULL && f->stored) {
        host = snapshot_data(b->snapshot, 0, b->reason, b->reason_bytes);
        piece->offset = BEYOND;
    }
    int error = memory_host_map(piece, host);
    piece->offset = offset;
    return error;
}

/* The runs of [start, end) over it, or instead of it when one covers all. */
static int map_runs(struct builder *b, struct mapping *piece, const struct saved_file *f)
{
    struct snapshot *s = b->snapshot;
    size_t i = snapshot_find_run(s, 0, piece->start);
    bool whole = i < s->run_count && s->runs[i].space == 0 && s->runs[i].start <= piece->start &&
                 s->runs[i].start + s->runs[i].pages * PAGE_BYTES >= piece->end && !piece->no_fork;
    int error = whole ? 0 : map_base(b, piece, f), prot = memory_host_prot(piece->prot);

    for (; i < s->run_count && s->runs[i].space == 0 && s->runs[i].start < piece->end && error == 0; i++) {
        const struct saved_run *r = &s->runs[i];
        uint64_t end = r->start + r->pages * PAGE_BYTES, from = r->start > piece->start ? r->start : piece->start;
        uint64_t to = end < piece->end ? end : piece->end;
        int data = snapshot_data(s, r->layer, b->reason, b->reason_bytes);
        void *at = (void *)(uintptr_t)from;
        off_t offset = (off_t)(DATA_OFFSET + r->place * PAGE_BYTES + (from - r->start));
        if (data < 0)
            return data;
        if (mmap(at, to - from, prot, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, data, offset) != at ||
            (piece->no_fork && madvise(at, to - from, MADV_DONTFORK) != 0))
            error = -errno;
    }
    return error;
}

bool build_has_pages(const struct builder *b, const struct saved_mapping *saved)
{
    const struct snapshot *s = b->snapshot;
    size_t i = saved->shared ? s->run_count : snapshot_find_run(s, 0, saved->start);

    return i < s->run_count && s->runs[i].space == 0 && s->runs[i].start < saved->end;
}

int build_mapping(struct builder *b, const struct saved_mapping *saved, uint64_t start, uint64_t end)
{
    struct memory *m = b->p->memory;
    const struct saved_file *f = saved->file >= 0 ? &b->s->memory.files[saved->file] : NULL;
    struct mapping piece = {
        .start = start, .end = end, .prot = saved->prot, .kind = saved->kind, .shared = saved->shared,
        .charged = saved->charged, .no_fork = saved->no_fork, .wipe = saved->wipe, .stack = saved->stack,
        .huge = saved->huge, .lazy = true, .restored = build_has_pages(b, saved),
        .offset = f != NULL ? saved->offset + (start - saved->start) : 0,
    };
    int error = f != NULL ? build_file(b, saved->file, &piece.file) : 0;

    if (error != 0)
        return error;
    if (piece.charged && memory_charge(m, end - start) != 0)
        return build_fail(b, -ENOMEM, "the snapshot's guest needs more memory than --memory allows");
    error = piece.shared ? memory_host_map(&piece, piece.file->host) : map_runs(b, &piece, f);
    if (error == 0)
        error = memory_gain(m, &piece);
    if (error != 0) {
        if (piece.charged)
            memory_uncharge(m, end - start);
        return build_fail(b, error, "cannot map the snapshot's memory at 0x%llx: %s", (unsigned long long)start,
                          strerror(-error));
    }
    if (piece.file != NULL)
        piece.file->references++;
    memory_insert(m, &piece);
    return 0;
}

/* ---- process and threads ----------------------------------------------------------------------------------------- */

static int build_signals(struct builder *b, struct signal_queue *q, const struct saved_signals *saved)
{
    signal_queue_free(q);
    for (size_t i = 0; i < saved->count; i++) {
        struct pending_signal *s = calloc(1, sizeof *s);
        if (s == NULL)
            return build_no_memory(b);
        s->info = saved->list[i];
        *q->last = s;
        q->last = &s->next;
        q->length++;
        q->set |= 1ull << (s->info.si_signo - 1);
    }
    return 0;
}

/* What a signal handler or the guest itself may have put there is the vCPU's to refuse (vcpu.c); what only the monitor
 * writes was checked when the file was opened. */
int build_thread(struct builder *b, struct thread *t, const struct saved_thread *saved)
{
    const uint64_t never = 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1);

    memset(&t->cpu, 0, sizeof t->cpu);
    t->cpu.regs = saved->regs;
    t->cpu.fs_base = saved->fs_base;
    t->cpu.gs_base = saved->gs_base;
    memcpy(t->cpu.xsave, saved->xsave, saved->xsave_bytes);
    t->blocked = saved->blocked & ~never;
    t->saved_blocked = saved->saved_blocked & ~never;
    t->restore_blocked = saved->restore_blocked;
    t->alternate = (stack_t){.ss_sp = (void *)(uintptr_t)saved->stack_address, .ss_size = saved->stack_bytes,
                             .ss_flags = saved->stack_flags};
    t->clear_tid = saved->clear_tid;
    t->robust_list = saved->robust_list;
    memcpy(t->name, saved->name, sizeof t->name);
    t->restarting = saved->restarting;
    t->rewound = saved->rewound && !saved->asked;
    t->deadline = saved->rest; /* made a point in time when the guest is entered */
    t->awaited = 0;
    t->fault_trap = saved->fault_trap;
    t->fault_error = saved->fault_error;
    t->fault_address = saved->fault_address;
    t->unpatchable = 0;
    if (saved->asked)
        t->cpu.regs.rax = b->m->family->clone_number;
    pthread_mutex_lock(&b->p->lock);
    schedule_put(t, &saved->scheduling); /* taken when the thread looks at what is wanted of it, first of all */
    int error = build_signals(b, &t->pending, &saved->pending);
    pthread_mutex_unlock(&b->p->lock);
    return error;
}

static int keep_bytes(char **to, size_t *bytes, const uint8_t *from, size_t count)
{
    char *copy = malloc(count + 1);

    if (copy == NULL)
        return -ENOMEM;
    if (count > 0)
        memcpy(copy, from, count);
    copy[count] = '\0';
    free(*to);
    *to = copy;
    *bytes = count;
    return 0;
}

/* To its family to be, as it was. */
static void show_process(struct builder *b)
{
    const char *name = "";

    for (size_t i = 0; i < b->s->thread_count; i++)
        if (b->s->threads[i].tid == b->p->pid)
            name = b->s->threads[i].name;
    family_show(b->p, name);
    family_show_start(b->p, b->p->start_time - b->m->clock_offset);
}

int build_process(struct builder *b)
{
    const struct saved_process *saved = &b->s->process;
    struct process *p = b->p;
    size_t ignored;

    if (keep_bytes(&p->arguments, &p->arguments_bytes, saved->arguments, saved->arguments_bytes) != 0 ||
        keep_bytes(&p->environment, &p->environment_bytes, saved->environment, saved->environment_bytes) != 0 ||
        keep_bytes(&p->program, &ignored, (const uint8_t *)saved->program, strlen(saved->program)) != 0 ||
        keep_bytes(&p->directories.working, &ignored, (const uint8_t *)saved->working, strlen(saved->working)) != 0)
        return build_no_memory(b);
    p->directories.umask = saved->umask;
    p->exit_signal = saved->exit_signal;
    p->start_time = saved->start_time;
    p->children = saved->children;
    p->stopped = saved->stopped;
    pthread_mutex_lock(&p->lock);
    p->question_signal = saved->question_signal;
    memcpy(p->actions, saved->actions, sizeof p->actions);
    memcpy(p->limits, saved->limits, sizeof p->limits);
    int error = build_signals(b, &p->pending, &saved->pending);
    pthread_mutex_unlock(&p->lock);
    show_process(b);
    return error;
}
