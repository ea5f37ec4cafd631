/* Memory that no page table needs to show: memfds and shared anonymous mappings, which on the host are files without a
 * name.  Every one that lives is held by a descriptor of some monitor of the family: each monitor adds up its own and
 * notes them in the family's page, where those that several hold count once.  (One that travels between two sockets is
 * not seen meanwhile: docs/threat-model.md.) */
#include "hostvirt/limits_private.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK 512 /* st_blocks' unit */

/* The highest number of a descriptor that can hold such memory.  One per process, as descriptors are. */
static _Atomic int highest;

void limits_saw_descriptor(int host)
{
    int seen = atomic_load_explicit(&highest, memory_order_relaxed);

    while (host > seen && !atomic_compare_exchange_weak_explicit(&highest, &seen, host, memory_order_relaxed,
                                                                 memory_order_relaxed))
        ;
}

static int by_inode(const void *a, const void *b)
{
    const struct shared_memory *x = a, *y = b;

    return x->inode != y->inode ? (x->inode < y->inode ? -1 : 1) : x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

/* Asks no file system's server: one that does not answer must not keep limits from being looked at. */
static bool look_at(int fd, struct statx *st)
{
    return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, st) == 0;
}

/* What this monitor holds, without doubles; their number.  More than there is room for go into the last entry. */
static unsigned collect(const struct monitor *m, struct shared_memory *list, unsigned room, bool *growing)
{
    uint16_t row = (uint16_t)(m->process->entry - m->family->processes);
    int last = atomic_load_explicit(&highest, memory_order_relaxed);
    struct statx st, own;
    unsigned count = 0, kept = 0;

    if (!look_at(m->vdso_file, &own))
        return 0;
    for (int fd = 3; fd <= last; fd++) {
        if (!look_at(fd, &st) || st.stx_dev_major != own.stx_dev_major || st.stx_dev_minor != own.stx_dev_minor ||
            !S_ISREG(st.stx_mode) || st.stx_ino == own.stx_ino)
            continue;
        *growing |= st.stx_size > st.stx_blocks * BLOCK;
        if (st.stx_blocks == 0)
            continue;
        if (count < room)
            list[count++] = (struct shared_memory){st.stx_ino, st.stx_blocks * BLOCK, row};
        else
            list[room - 1].bytes += st.stx_blocks * BLOCK;
    }
    qsort(list, count, sizeof *list, by_inode);
    for (unsigned i = 0; i < count; i++)
        if (i + 1 == count || list[i + 1].inode != list[i].inode)
            list[kept++] = list[i];
    return kept;
}

/* Replaces this monitor's entries, drops those of monitors that have ended, adds all up. */
static uint64_t publish(struct family *f, uint16_t row, const struct shared_memory *own, unsigned count,
                        struct shared_memory *copy)
{
    unsigned kept = 0;
    uint64_t total = 0;

    family_lock(f);
    for (unsigned i = 0; i < f->shared_count && i < SHARED_ENTRIES; i++) {
        const struct shared_memory *e = &f->shared[i];
        int state = f->processes[e->row].state;
        if (e->row != row && (state == PROCESS_RUNNING || state == PROCESS_STOPPED))
            f->shared[kept++] = *e;
    }
    for (unsigned i = 0; i < count; i++) {
        if (kept < SHARED_ENTRIES)
            f->shared[kept++] = own[i];
        else
            f->shared[SHARED_ENTRIES - 1].bytes += own[i].bytes;
    }
    f->shared_count = kept;
    memcpy(copy, f->shared, kept * sizeof *copy);
    family_unlock(f);
    qsort(copy, kept, sizeof *copy, by_inode);
    for (unsigned i = 0; i < kept; i++)
        if (i + 1 == kept || copy[i + 1].inode != copy[i].inode)
            total += copy[i].bytes;
    return total;
}

uint64_t limits_shared_memory(struct monitor *m, bool *growing)
{
    uint16_t row = (uint16_t)(m->process->entry - m->family->processes);
    struct shared_memory *lists = malloc(2 * SHARED_ENTRIES * sizeof *lists);

    *growing = lists == NULL; /* then the next look comes soon */
    if (lists == NULL)
        return 0;
    unsigned count = collect(m, lists, SHARED_ENTRIES, growing);
    uint64_t total = publish(m->family, row, lists, count, lists + SHARED_ENTRIES);
    free(lists);
    return total;
}
