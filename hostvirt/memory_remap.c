/* mremap and brk: mappings that grow, shrink and move. */
#include "hostvirt/memory_private.h"

#include <errno.h>
#include <sys/mman.h>

/* Moves pages of the host from one free-standing range to another.  A mapping of the guest's may be several of the
 * host's, which older kernels do not move at once (EFAULT): then by halves.  On failure everything is back. */
static int move_host(uint64_t from, uint64_t to, uint64_t bytes)
{
    void *target = (void *)(uintptr_t)to;
    if (mremap((void *)(uintptr_t)from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target)
        return 0;
    if (errno != EFAULT || bytes == PAGE_BYTES)
        return -errno;
    uint64_t half = page_up(bytes / 2);
    int error = move_host(from, to, half);
    if (error == 0 && (error = move_host(from + half, to + half, bytes - half)) != 0)
        move_host(to, from, half);
    return error;
}

/* [start, start+bytes) lies in one mapping and the target is free. */
static int move(struct memory *m, uint64_t start, uint64_t bytes, uint64_t to)
{
    int error = memory_lose(m, start, start + bytes, 0);
    if (error != 0)
        return error;
    if ((error = move_host(start, to, bytes)) != 0) {
        memory_reinstate(m, start, start + bytes);
        return error;
    }
    memory_split(m, start);
    memory_split(m, start + bytes);
    struct mapping moved = m->list[memory_index(m, start)];
    moved.start = to;
    moved.end = to + bytes;
    m->moved = m->moved || moved.restored;
    if ((error = memory_gain(m, &moved)) != 0) {
        /* The host has just had room for this the other way round. */
        if (move_host(to, start, bytes) == 0)
            memory_reinstate(m, start, start + bytes);
        else {
            munmap((void *)(uintptr_t)to, bytes);
            memory_drop(m, start, start + bytes);
        }
        memory_merge(m, start, start + bytes);
        return error;
    }
    /* Charge and file reference move with it: taken a second time here, given back by the drop. */
    if (moved.file != NULL)
        moved.file->references++;
    if (moved.charged) {
        m->committed += bytes;
        family_add_memory(m->family, m->owner, bytes);
    }
    memory_drop(m, start, start + bytes);
    memory_insert(m, &moved);
    return 0;
}

/* The part that a mapping grows by, made of the same: [start, end) follows the mapping in its file. */
static int grow(struct memory *m, const struct mapping *mapping, uint64_t start, uint64_t end)
{
    struct mapping piece = *mapping;
    uint64_t bytes = end - start;
    int host_fd = piece.file != NULL ? piece.file->host : -1;
    if (piece.kind == MAPPING_SPECIAL)
        return -EFAULT;
    if (piece.kind != MAPPING_ANONYMOUS) {
        if (host_fd < 0)
            return -ENOMEM; /* its pages came from a snapshot, and it has no file to grow into */
        piece.offset += piece.end - piece.start;
        if (piece.offset > INT64_MAX - bytes)
            return -EINVAL;
    }
    piece.start = start;
    piece.end = end;
    piece.restored = false;
    int64_t disk = memory_charge_disk(m, &piece, piece.prot, bytes);
    if (disk < 0)
        return (int)disk;
    if (piece.charged && memory_charge(m, bytes) != 0)
        return -ENOMEM;
    if (piece.file != NULL)
        piece.file->references++;
    int error = memory_install(m, &piece, host_fd);
    if (error != 0) {
        if (piece.charged)
            memory_uncharge(m, bytes);
        memory_uncharge_disk(m, disk);
        if (piece.file != NULL)
            mapped_file_release(piece.file);
    }
    return error;
}

struct resize {
    uint64_t start, old_bytes, new_bytes, target;
    bool may_move, fixed;
};

/* To r->target (free); growth comes first, because it is what fails. */
static int64_t move_and_grow(struct memory *m, const struct resize *r)
{
    uint64_t keep = r->old_bytes < r->new_bytes ? r->old_bytes : r->new_bytes;
    if (keep < r->new_bytes) {
        struct mapping part = *memory_find(m, r->start);
        part.end = r->start + r->old_bytes;
        if (part.kind != MAPPING_ANONYMOUS)
            part.offset += r->start - part.start;
        part.start = r->start;
        int error = grow(m, &part, r->target + keep, r->target + r->new_bytes);
        if (error != 0)
            return error;
    }
    int error = move(m, r->start, keep, r->target);
    if (error != 0 && keep < r->new_bytes)
        memory_unmap_locked(m, r->target + keep, r->target + r->new_bytes);
    return error != 0 ? error : (int64_t)r->target;
}

static int64_t resize_locked(struct memory *m, struct resize *r)
{
    uint64_t end = r->start + r->old_bytes;
    struct mapping *mapping = memory_find(m, r->start);
    int error;
    if (mapping == NULL || mapping->start > r->start)
        return -EFAULT;
    if ((error = memory_reserve(m, 5)) != 0)
        return error;
    if (r->fixed && (error = memory_unmap_locked(m, r->target, r->target + r->new_bytes)) != 0)
        return error;
    if (r->old_bytes > r->new_bytes) {
        if ((error = memory_unmap_locked(m, r->start + r->new_bytes, end)) != 0)
            return error;
        end = r->start + r->new_bytes;
        r->old_bytes = r->new_bytes;
    }
    if (!r->fixed && r->old_bytes == r->new_bytes)
        return (int64_t)r->start;
    mapping = memory_find(m, r->start);
    if (end > mapping->end || mapping->kind == MAPPING_SPECIAL)
        return -EFAULT;
    if ((error = memory_reserve(m, 5)) != 0)
        return error;
    mapping = memory_find(m, r->start);
    if (r->fixed)
        return move_and_grow(m, r);
    uint64_t new_end = r->start + r->new_bytes;
    if (end == mapping->end && new_end <= GUEST_HIGH && memory_is_free(m, end, new_end)) {
        struct mapping part = *mapping;
        error = grow(m, &part, end, new_end);
        return error != 0 ? error : (int64_t)r->start;
    }
    if (!r->may_move)
        return -ENOMEM;
    r->target = memory_place(m, 0, r->new_bytes, mapping->huge ? GRANULE_BYTES : PAGE_BYTES, false);
    if (r->target == 0)
        return -ENOMEM;
    int64_t result = move_and_grow(m, r);
    if (result < 0)
        memory_freed(m, r->target);
    return result;
}

int64_t memory_remap(struct memory *m, uint64_t address, uint64_t old_bytes, uint64_t new_bytes, int flags,
                     uint64_t new_address)
{
    struct resize r = {.start = address, .target = new_address, .may_move = flags & MREMAP_MAYMOVE,
                       .fixed = flags & MREMAP_FIXED};
    uint64_t end, new_end;
    if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) != 0 || (r.fixed && !r.may_move))
        return -EINVAL;
    if (address % PAGE_BYTES != 0 || old_bytes == 0 || new_bytes == 0)
        return -EINVAL;
    if (memory_range(address, old_bytes, &end) != 0)
        return -EFAULT;
    if (new_bytes > GUEST_HIGH - GUEST_LOW)
        return r.fixed ? -EINVAL : -ENOMEM;
    r.old_bytes = end - address;
    r.new_bytes = page_up(new_bytes);
    if (r.fixed && (memory_range(new_address, new_bytes, &new_end) != 0 || (new_address < end && address < new_end)))
        return -EINVAL;
    pthread_mutex_lock(&m->lock);
    int64_t result = resize_locked(m, &r);
    pthread_mutex_unlock(&m->lock);
    return result;
}

/* The heap above break_start; -ENOMEM leaves it as it is. */
static int move_break(struct memory *m, uint64_t address, struct touch *touch)
{
    uint64_t old = page_up(m->break_end), new = page_up(address);
    uint64_t limit = m->break_limit != 0 ? m->break_limit : GUEST_HIGH;
    if (address < m->break_start || address > limit || new > GUEST_HIGH)
        return -ENOMEM;
    if (new < old)
        return memory_unmap_locked(m, new, old);
    if (new == old)
        return 0;
    struct mapping piece = {.start = old, .end = new, .kind = MAPPING_ANONYMOUS, .prot = PROT_READ | PROT_WRITE,
                            .charged = true};
    if (!memory_is_free(m, old, new) || memory_reserve(m, 3) != 0 || memory_charge(m, new - old) != 0)
        return -ENOMEM;
    piece.lazy = new - old > LAZY_BYTES;
    piece.huge = new - old >= GRANULE_BYTES;
    int error = memory_install(m, &piece, -1);
    if (error != 0)
        memory_uncharge(m, new - old);
    else
        *touch = memory_worth_touching(m, old, new - old);
    return error;
}

int64_t memory_break(struct memory *m, uint64_t address)
{
    struct touch touch = {0};
    pthread_mutex_lock(&m->lock);
    if (m->break_start != 0 && move_break(m, address, &touch) == 0)
        m->break_end = address;
    int64_t result = (int64_t)m->break_end;
    pthread_mutex_unlock(&m->lock);
    memory_touch(&touch);
    return result;
}
