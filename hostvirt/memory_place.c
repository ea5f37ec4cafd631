/* Where mappings go: the check of ranges, and the search for free ones.  Placement packs from the bottom of the arena,
 * so that few windows (memory slots of KVM, layout.h) hold much. */
#include "hostvirt/memory_private.h"

#include <errno.h>

/* MAP_32BIT: Linux takes [1 GiB, 2 GiB), above programs at fixed addresses (mmap(2)). */
#define LOW_BASE 0x40000000ull
#define LOW_END 0x80000000ull

int memory_range(uint64_t address, uint64_t bytes, uint64_t *end)
{
    if (address % PAGE_BYTES != 0 || bytes == 0)
        return -EINVAL;
    if (bytes > GUEST_HIGH || !guest_range_valid(address, page_up(bytes)))
        return -ENOMEM;
    *end = address + page_up(bytes);
    return 0;
}

bool memory_is_free(const struct memory *m, uint64_t start, uint64_t end)
{
    size_t i = memory_index(m, start);
    return !sanitizer_owns(start, end - start) && (i == m->count || m->list[i].start >= end);
}

uint64_t memory_search(const struct memory *m, uint64_t bytes, uint64_t alignment, uint64_t low, uint64_t high)
{
    uint64_t at = (low + alignment - 1) & -alignment;
    for (size_t i = memory_index(m, at);; i++) {
        if (at > high || bytes > high - at)
            return 0;
        if (sanitizer_owns(at, bytes)) {
            at = (SANITIZER_END + alignment - 1) & -alignment;
            i = memory_index(m, at) - 1;
            continue;
        }
        if (i == m->count || m->list[i].start >= at + bytes)
            return at;
        at = (m->list[i].end + alignment - 1) & -alignment;
    }
}

uint64_t memory_place(struct memory *m, uint64_t hint, uint64_t bytes, uint64_t alignment, bool low)
{
    if (low)
        return memory_search(m, bytes, PAGE_BYTES, LOW_BASE, LOW_END);
    hint = hint > GUEST_HIGH ? 0 : page_up(hint);
    if (hint != 0 && guest_range_valid(hint, bytes) && memory_is_free(m, hint, hint + bytes))
        return hint;
    uint64_t at = memory_search(m, bytes, alignment, m->place, GUEST_HIGH);
    if (at == 0)
        at = memory_search(m, bytes, PAGE_BYTES, GUEST_LOW, GUEST_ARENA);
    else if (at == m->place)
        m->place = at + bytes;
    return at;
}

void memory_freed(struct memory *m, uint64_t address)
{
    if (address >= m->break_start && address < m->break_limit)
        return; /* that room is for brk(2) alone */
    if (address < m->place)
        m->place = address < GUEST_ARENA ? GUEST_ARENA : address;
}
