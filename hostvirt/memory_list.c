/* The sorted list of a guest's mappings, and the account of what they commit. */
#include "hostvirt/limits.h"
#include "hostvirt/lock.h"
#include "hostvirt/memory_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

size_t memory_index(const struct memory *m, uint64_t address)
{
    size_t low = 0, high = m->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->list[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct mapping *memory_find(struct memory *m, uint64_t address)
{
    size_t i = memory_index(m, address);
    return i < m->count ? &m->list[i] : NULL;
}

int memory_reserve(struct memory *m, size_t extra)
{
    if (m->count + extra > MAPPING_LIMIT)
        return -ENOMEM;
    if (m->count + extra <= m->room)
        return 0;
    size_t room = m->room * 2 < m->count + extra + 32 ? m->count + extra + 32 : m->room * 2;
    struct mapping *list = reallocarray(m->list, room, sizeof *list);
    if (list == NULL)
        return -ENOMEM;
    m->list = list;
    m->room = room;
    return 0;
}

static bool has_offset(const struct mapping *mapping)
{
    return mapping->kind != MAPPING_ANONYMOUS;
}

static void open_gap(struct memory *m, size_t i)
{
    memmove(&m->list[i + 1], &m->list[i], (m->count - i) * sizeof *m->list);
    m->count++;
}

static void close_gap(struct memory *m, size_t i, size_t entries)
{
    memmove(&m->list[i], &m->list[i + entries], (m->count - i - entries) * sizeof *m->list);
    m->count -= entries;
}

void memory_split(struct memory *m, uint64_t address)
{
    size_t i = memory_index(m, address);
    if (i == m->count || m->list[i].start >= address)
        return;
    open_gap(m, i);
    struct mapping *lower = &m->list[i], *upper = &m->list[i + 1];
    if (has_offset(upper))
        upper->offset += address - upper->start;
    if (upper->file != NULL)
        upper->file->references++;
    upper->start = lower->end = address;
}

void memory_drop(struct memory *m, uint64_t start, uint64_t end)
{
    memory_split(m, start);
    memory_split(m, end);
    size_t first = memory_index(m, start), last = first;
    for (; last < m->count && m->list[last].start < end; last++) {
        struct mapping *mapping = &m->list[last];
        if (mapping->charged)
            memory_uncharge(m, mapping->end - mapping->start);
        if (mapping->file != NULL)
            mapped_file_release(mapping->file);
    }
    close_gap(m, first, last - first);
    memory_freed(m, start);
}

void memory_insert(struct memory *m, const struct mapping *piece)
{
    size_t i = memory_index(m, piece->start);
    open_gap(m, i);
    m->list[i] = *piece;
    memory_merge(m, piece->start, piece->end);
}

static bool joins(const struct mapping *a, const struct mapping *b)
{
    return a->end == b->start && a->kind == b->kind && a->file == b->file && a->prot == b->prot &&
           a->shared == b->shared && a->charged == b->charged && a->no_fork == b->no_fork && a->wipe == b->wipe &&
           a->stack == b->stack && a->huge == b->huge && a->lazy == b->lazy && a->restored == b->restored &&
           (!has_offset(a) || a->offset + (a->end - a->start) == b->offset);
}

void memory_merge(struct memory *m, uint64_t start, uint64_t end)
{
    size_t i = memory_index(m, start);
    if (i > 0)
        i--;
    while (i + 1 < m->count && m->list[i + 1].start <= end) {
        if (!joins(&m->list[i], &m->list[i + 1])) {
            i++;
            continue;
        }
        m->list[i].end = m->list[i + 1].end;
        if (m->list[i].file != NULL)
            mapped_file_release(m->list[i + 1].file);
        close_gap(m, i + 1, 1);
    }
}

int memory_charge(struct memory *m, uint64_t bytes)
{
    if (!family_take_memory(m->family, m->owner, bytes))
        return -ENOMEM;
    m->committed += bytes;
    return 0;
}

void memory_uncharge(struct memory *m, uint64_t bytes)
{
    family_give_memory(m->family, m->owner, bytes);
    m->committed -= bytes;
}

int64_t memory_charge_disk(struct memory *m, const struct mapping *piece, int prot, uint64_t bytes)
{
    struct family *family = m->family;
    uint64_t now = atomic_load_explicit(&family->disk_written, memory_order_relaxed);

    if (family->disk_limit == 0 || piece->kind != MAPPING_FILE || !piece->shared || !(prot & PROT_WRITE) ||
        !piece->file->counted)
        return 0;
    do {
        if (bytes > family->disk_limit || now > family->disk_limit - bytes)
            return -ENOSPC;
    } while (!atomic_compare_exchange_weak_explicit(&family->disk_written, &now, now + bytes, memory_order_relaxed,
                                                    memory_order_relaxed));
    return (int64_t)bytes;
}

void memory_uncharge_disk(struct memory *m, int64_t counted)
{
    if (counted > 0)
        atomic_fetch_sub_explicit(&m->family->disk_written, (uint64_t)counted, memory_order_relaxed);
}

struct mapped_file *mapped_file_new(int host_fd, const char *guest_path)
{
    struct stat status;
    if (fstat(host_fd, &status) != 0)
        return NULL;
    size_t length = strlen(guest_path) + 1;
    struct mapped_file *f = malloc(sizeof *f + length);
    if (f == NULL)
        return NULL;
    int host = fcntl(host_fd, F_DUPFD_CLOEXEC, 0);
    if (host < 0) {
        free(f);
        return NULL;
    }
    limits_saw_descriptor(host);
    *f = (struct mapped_file){.references = 1, .host = host, .device = status.st_dev, .inode = status.st_ino,
                              .bytes = status.st_size, .modified = status.st_mtim};
    memcpy(f->path, guest_path, length);
    return f;
}

void mapped_file_release(struct mapped_file *f)
{
    if (--f->references > 0)
        return;
    if (f->host >= 0)
        lock_close_own(f->host);
    free(f);
}
