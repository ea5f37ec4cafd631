/* What a state that came from a file must be before anything is made of it.  Files are hostile: every index, range and
 * order that restoring relies on is looked at here, once. */
#include "hostvirt/snapshot_state.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>

#define ID_END (1 << 30)          /* of process and thread ids (family.c) */
#define OBJECT_MOST (1ull << 42)

static bool absolute(const char *path)
{
    return path[0] == '/';
}

static bool good_id(int id)
{
    return id > 0 && id < ID_END;
}

static bool canonical(uint64_t address)
{
    return address >> 47 == 0 || address >> 47 == 0x1ffff;
}

static bool good_object(const struct saved_state *s, int object)
{
    return object >= -1 && object < (int)s->memory.object_count;
}

static const char *check_process(const struct saved_process *p)
{
    if (!good_id(p->pid) || p->next_id < 1 || p->next_id > ID_END || p->group < 0 || p->session < 0 || p->parent < 0)
        return "a process number is out of range";
    const int signals[] = {p->stopped, p->exit_signal, p->question_signal};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (signals[i] < 0 || signals[i] > SIGNAL_COUNT)
            return "a signal number is out of range";
    if (!absolute(p->working) || p->umask > 0777)
        return "the working directory or the file mode mask cannot be";
    if (p->monotonic > STATE_TIME_MOST || p->realtime < 0 || p->realtime > STATE_TIME_MOST)
        return "its clock is out of range";
    for (size_t i = 0; i < p->zombie_count; i++)
        if (!good_id(p->zombies[i].pid) || p->zombies[i].pid == p->pid)
            return "the number of an ended child is out of range";
    for (size_t i = 0; i < p->timer_count; i++) {
        const struct saved_timer *t = &p->timers[i];
        if (t->signal < 0 || t->signal > SIGNAL_COUNT || t->rest > STATE_TIME_MOST ||
            t->interval > STATE_TIME_MOST || t->tid < 0)
            return "a timer is out of range";
        if (t->signal == 0 && t->notify != SIGEV_NONE)
            return "a timer sends a signal and does not say which";
    }
    return NULL;
}

static int compare_int(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;

    return x < y ? -1 : x > y;
}

static const char *check_ids(const struct saved_thread *threads, size_t count)
{
    int *ids = calloc(count, sizeof *ids);
    const char *wrong = ids == NULL ? "out of memory" : NULL;

    for (size_t i = 0; i < count && wrong == NULL; i++)
        ids[i] = threads[i].tid;
    if (wrong == NULL)
        qsort(ids, count, sizeof *ids, compare_int);
    for (size_t i = 1; i < count && wrong == NULL; i++)
        if (ids[i] == ids[i - 1])
            wrong = "two threads have the same number";
    free(ids);
    return wrong;
}

static const char *check_threads(const struct saved_thread *threads, size_t count)
{
    unsigned asked = 0;

    if (count == 0)
        return "it has no thread";
    for (size_t i = 0; i < count; i++) {
        const struct saved_thread *t = &threads[i];
        if (!good_id(t->tid))
            return "a thread's number is out of range";
        if (t->xsave_bytes < 576 || memchr(t->name, 0, sizeof t->name) == NULL)
            return "a thread's vector state or name is cut off";
        if (!canonical(t->fs_base) || !canonical(t->gs_base))
            return "a segment base is no address";
        if (t->rest > STATE_TIME_MOST || t->cpu_time > STATE_TIME_MOST)
            return "a thread's time is out of range";
        asked += t->asked;
    }
    return asked > 1 ? "more than one thread has asked for it" : check_ids(threads, count);
}

/* ---- memory ------------------------------------------------------------------------------------------------------ */

static const char *check_files(const struct saved_state *s)
{
    const struct saved_memory *m = &s->memory;

    for (size_t i = 0; i < m->object_count; i++)
        if (m->objects[i].bytes > OBJECT_MOST)
            return "a memory object is too large";
    for (size_t i = 0; i < m->file_count; i++) {
        const struct saved_file *f = &m->files[i];
        if (!good_object(s, f->object))
            return "a mapped file has no such object";
        if (f->vdso + f->stored + (f->object >= 0) > 1)
            return "a mapped file is two things at once";
        if (f->object < 0 && !f->vdso && !f->stored && !absolute(f->path))
            return "a mapped file has no path";
    }
    return NULL;
}

static const char *check_mapping(const struct saved_memory *m, const struct saved_mapping *p, uint64_t before)
{
    if (p->start < before || p->start % PAGE_BYTES != 0 || p->end % PAGE_BYTES != 0 || p->end <= p->start ||
        !guest_range_valid(p->start, p->end - p->start))
        return "a mapping lies where none can be";
    if ((p->prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) != 0 || p->kind > MAPPING_SPECIAL)
        return "a mapping has unknown rights or kind";
    if (p->file < -1 || p->file >= (int)m->file_count || (p->file == -1) != (p->kind == MAPPING_ANONYMOUS))
        return "a mapping's file does not fit its kind";
    if (p->offset % PAGE_BYTES != 0 || p->offset > OBJECT_MOST || p->end - p->start > INT64_MAX - p->offset)
        return "a mapping's offset is out of range";
    if (p->kind == MAPPING_ANONYMOUS)
        return p->shared || p->offset != 0 ? "an anonymous mapping is shared or has an offset" : NULL;
    if (p->wipe)
        return "a mapping of a file is to be wiped in children";
    const struct saved_file *f = &m->files[p->file];
    if (f->vdso != (p->kind == MAPPING_SPECIAL) || (p->kind == MAPPING_SHARED_ANONYMOUS && f->object < 0))
        return "a mapping's file is of the wrong kind";
    if (p->kind == MAPPING_SHARED_ANONYMOUS && !p->shared)
        return "shared memory is mapped privately";
    if (f->vdso && (p->prot & PROT_WRITE) != 0 && p->shared)
        return "the clock page is writable";
    return f->stored && p->shared ? "a shared mapping's file is left out" : NULL;
}

static const char *check_memory(const struct saved_state *s)
{
    const struct saved_memory *m = &s->memory;
    const char *wrong = check_files(s);
    uint64_t before = 0;

    for (size_t i = 0; i < m->mapping_count && wrong == NULL; i++) {
        wrong = check_mapping(m, &m->mappings[i], before);
        before = m->mappings[i].end;
    }
    if (wrong != NULL)
        return wrong;
    if (m->break_start > m->break_end || m->break_end > GUEST_HIGH || m->break_limit > GUEST_HIGH ||
        (m->break_start != 0 && m->break_start < GUEST_LOW)) /* 0: brk(2) changes nothing */
        return "the program break is out of range";
    return m->place < GUEST_ARENA || m->place > GUEST_HIGH ? "the place of the next mapping is out of range" : NULL;
}

/* True when private mappings, one after the other, cover [start, end). */
static bool private_everywhere(const struct saved_memory *m, uint64_t start, uint64_t end)
{
    size_t low = 0, high = m->mapping_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->mappings[middle].end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < m->mapping_count && m->mappings[low].start <= start && !m->mappings[low].shared; low++) {
        start = m->mappings[low].end;
        if (start >= end)
            return true;
    }
    return false;
}

const char *runs_check(const struct saved_state *s, const struct saved_run *runs, size_t count, const uint64_t *bytes,
                       unsigned layers)
{
    uint32_t space = 0;
    uint64_t before = 0;

    for (size_t i = 0; i < count; i++) {
        const struct saved_run *r = &runs[i];
        if (r->space < space || r->space > s->memory.object_count)
            return "the page index is out of order";
        if (r->space > space)
            before = 0;
        if (r->layer >= layers || r->pages == 0 || r->pages > OBJECT_MOST / PAGE_BYTES ||
            r->place > bytes[r->layer] / PAGE_BYTES || r->pages > bytes[r->layer] / PAGE_BYTES - r->place)
            return "the page index points outside of the page data";
        if (r->start < before || r->start % PAGE_BYTES != 0 || r->start > OBJECT_MOST * 16)
            return "the page index is out of order";
        before = r->start + r->pages * PAGE_BYTES;
        space = r->space;
        if (space == 0) {
            if (!private_everywhere(&s->memory, r->start, before))
                return "the page index has pages where no private mapping is";
        } else if (before > page_up(s->memory.objects[space - 1].bytes)) {
            return "the page index has pages behind the end of a memory object";
        }
    }
    return NULL;
}

/* ---- descriptors and files --------------------------------------------------------------------------------------- */

/* The names of other families were cut to a sockaddr_storage when they were read, and are not looked into. */
static bool good_name(const struct guest_socket *s)
{
    return s->family != AF_UNIX || s->bound_bytes <= sizeof(struct sockaddr_un);
}

static const char *check_description(const struct saved_state *s, const struct saved_description *d)
{
    if (d->kind >= FILE_KINDS || !good_object(s, d->object))
        return "a descriptor is of an unknown kind";
    bool by_path = d->kind == FILE_DIRECTORY || d->kind == FILE_PATH || d->kind == FILE_FIFO ||
                   d->kind == FILE_LISTING || (d->kind == FILE_REGULAR && d->object < 0);
    if (by_path && !absolute(d->path))
        return "a descriptor's file has no path";
    if (d->kind == FILE_MEMORY && d->object < 0)
        return "a memory file has no contents";
    if (d->kind == FILE_STANDARD && (d->standard < 0 || d->standard > 2))
        return "a standard stream has no such number";
    if (d->kind == FILE_SOCKET && !good_name(&d->socket.facts))
        return "a socket's name is too long";
    if ((d->kind == FILE_DIRECTORY || d->kind == FILE_LISTING) && d->listing > INT64_MAX && d->listing != UINT64_MAX)
        return "a position in a folder is out of range";
    if (d->capacity > (1u << 20) || d->rest > STATE_TIME_MOST || d->interval > STATE_TIME_MOST || d->position < 0)
        return "a descriptor's figures are out of range";
    return NULL;
}

static const char *check_descriptors(const struct saved_state *s)
{
    const struct saved_descriptors *d = &s->descriptors;
    const char *wrong = NULL;
    int before = -1;

    for (size_t i = 0; i < d->description_count && wrong == NULL; i++)
        wrong = check_description(s, &d->descriptions[i]);
    for (size_t i = 0; i < d->count && wrong == NULL; i++) {
        if (d->table[i].number <= before || d->table[i].description >= d->description_count)
            wrong = "the descriptor table is out of order";
        before = d->table[i].number;
    }
    return wrong;
}

/* A path below a mount: relative, and without a way out of it. */
static bool stays_below(const char *path)
{
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (length == 0 || (length == 1 && path[0] == '.') || (length == 2 && path[0] == '.' && path[1] == '.') ||
            length > NAME_MAX)
            return false;
        path += length;
        if (*path == '/' && *++path == '\0')
            return false;
    }
    return true;
}

static const char *check_scratch(const struct saved_state *s)
{
    for (size_t i = 0; i < s->scratch_count; i++) {
        const struct saved_scratch *scratch = &s->scratch[i];
        if (!absolute(scratch->guest))
            return "a scratch mount has no path";
        for (size_t k = 0; k < scratch->count; k++)
            if (scratch->entries[k].path[0] == '\0' || !stays_below(scratch->entries[k].path) ||
                !good_object(s, scratch->entries[k].object))
                return "a scratch mount holds a file that cannot be there";
    }
    return NULL;
}

const char *state_check(const struct saved_state *s)
{
    const char *wrong = check_process(&s->process);

    if (wrong == NULL)
        wrong = check_threads(s->threads, s->thread_count);
    if (wrong == NULL)
        wrong = check_memory(s);
    if (wrong == NULL)
        wrong = check_descriptors(s);
    if (wrong == NULL)
        wrong = check_scratch(s);
    for (size_t i = 0; i < s->policy.mount_count && wrong == NULL; i++)
        if (s->policy.mounts[i].kind > MOUNT_SCRATCH || !absolute(s->policy.mounts[i].guest))
            wrong = "the policy names a mount that cannot be";
    return wrong;
}
