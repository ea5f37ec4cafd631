/* mprotect: guest page tables and host mappings change together. */
#include "hostvirt/memory_private.h"

#include <errno.h>
#include <sys/mman.h>

static int protect_host(const struct mapping *mapping, int prot)
{
    void *at = (void *)(uintptr_t)mapping->start;
    size_t bytes = mapping->end - mapping->start;
    int was = memory_host_prot(mapping->prot), now = memory_host_prot(prot);
    /* Only execution is lost: the host's mapping stays the same, but KVM forgets what it knows of a page's rights only
     * when the host's mapping changes.  Guest code that runs into the short time between waits at memory->lock. */
    bool unseen = was == now && mapping->prot & PROT_EXEC && !(prot & PROT_EXEC);
    if (unseen && mprotect(at, bytes, PROT_NONE) != 0)
        return -errno;
    if ((unseen || was != now) && mprotect(at, bytes, now) != 0)
        return -errno;
    return 0;
}

/* One whole mapping. */
static int protect_mapping(struct memory *m, struct mapping *mapping, int prot)
{
    uint64_t bytes = mapping->end - mapping->start;
    unsigned before = memory_rights(mapping->prot), after = memory_rights(prot);
    bool charge = prot & PROT_WRITE && !(mapping->prot & PROT_WRITE) && !mapping->charged && !mapping->shared &&
                  mapping->kind != MAPPING_SPECIAL;
    int64_t disk = mapping->prot & PROT_WRITE ? 0 : memory_charge_disk(m, mapping, prot, bytes);
    if (disk < 0)
        return (int)disk;
    if (charge && memory_charge(m, bytes) != 0)
        return -ENOMEM;
    int error = memory_lose(m, mapping->start, mapping->end, after);
    if (error == 0 && (error = protect_host(mapping, prot)) == 0) {
        struct mapping next = *mapping;
        next.prot = (uint8_t)prot;
        next.lazy = next.lazy || (before == 0 && bytes > LAZY_BYTES);
        next.charged = next.charged || charge;
        if ((after & ~before) == 0 || (error = memory_gain(m, &next)) == 0) {
            *mapping = next;
            return 0;
        }
    }
    if (charge)
        memory_uncharge(m, bytes);
    memory_uncharge_disk(m, disk);
    if (mprotect((void *)(uintptr_t)mapping->start, bytes, memory_host_prot(mapping->prot)) == 0)
        memory_reinstate(m, mapping->start, mapping->end);
    else
        memory_revoke(m, mapping);
    return error;
}

/* As Linux does: mapping after mapping, up to the first hole or failure; what is done by then stays. */
static int protect_locked(struct memory *m, uint64_t start, uint64_t end, int prot)
{
    int error = memory_reserve(m, 2);
    for (uint64_t at = start; at < end && error == 0;) {
        size_t i = memory_index(m, at);
        if (i == m->count || m->list[i].start > at) {
            error = -ENOMEM;
            break;
        }
        uint64_t to = m->list[i].end < end ? m->list[i].end : end;
        if (m->list[i].prot != prot) {
            memory_split(m, at);
            memory_split(m, to);
            error = protect_mapping(m, &m->list[memory_index(m, at)], prot);
        }
        at = to;
    }
    memory_merge(m, start, end);
    return error;
}

int memory_protect(struct memory *m, uint64_t address, uint64_t bytes, int prot)
{
    const int known = PROT_READ | PROT_WRITE | PROT_EXEC | 0x8 /* PROT_SEM: nothing on x86 */;
    uint64_t end;
    if (address % PAGE_BYTES != 0 || (prot & ~known) != 0) /* PROT_GROWSDOWN: no mapping here grows */
        return -EINVAL;
    if (bytes == 0)
        return 0;
    int error = memory_range(address, bytes, &end);
    if (error != 0)
        return error;
    prot &= PROT_READ | PROT_WRITE | PROT_EXEC;
    pthread_mutex_lock(&m->lock);
    const struct mapping *mapping = memory_find(m, address);
    struct touch touch = {0};
    /* A large reservation is a heap that is taken into use bit by bit; what else is large may be a thread's stack. */
    if (prot & PROT_WRITE && mapping != NULL && mapping->start <= address && mapping->prot == PROT_NONE &&
        mapping->kind == MAPPING_ANONYMOUS && (mapping->huge || end - address <= TOUCH_BYTES))
        touch = memory_worth_touching(m, address, end - address);
    error = protect_locked(m, address, end, prot);
    pthread_mutex_unlock(&m->lock);
    if (error == 0)
        memory_touch(&touch);
    return error;
}
