/* The guest's page tables and memory slots (Intel SDM 3A 4.5, 4-level paging).
 *
 * Shadow paging and TLBs keep what they have read.  A right that is gained is found at the next fault; one that is lost
 * is lost when the host's mapping changes after the page tables (KVM drops its entries then), which is the caller's
 * part.  The right to execute alone is the exception: the host's mapping does not tell it, so losing only that may
 * take effect late.  It guards the guest against itself and nothing else.
 *
 * Tables, once linked, stay where they are, so that vm_rights() can walk without a lock. */
#include "hostvirt/vm_private.h"

#include <errno.h>

enum { ENTRY_PRESENT = 1, ENTRY_WRITE = 2, ENTRY_USER = 4, ENTRY_ACCESSED = 0x20, ENTRY_DIRTY = 0x40,
       ENTRY_LARGE = 0x80 };
#define ENTRY_NO_EXECUTE (1ull << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000ull
#define ENTRY_LINK (ENTRY_PRESENT | ENTRY_WRITE | ENTRY_USER | ENTRY_ACCESSED)

#define TABLE_ENTRIES 512
#define GRANULES_PER_WINDOW (WINDOW_BYTES / GRANULE_BYTES)

/* Below 4 GiB lie the local APIC and, on old Intel processors, pages of KVM's own: no windows there. */
#define HOLE_START 0xfe000000ull
#define HOLE_END 0x100000000ull
#define HOLE_WINDOW ((HOLE_START - WINDOWS_PHYSICAL) / WINDOW_BYTES)
#define HOLE_WINDOWS ((HOLE_END - HOLE_START) / WINDOW_BYTES)
_Static_assert((HOLE_START - WINDOWS_PHYSICAL) % WINDOW_BYTES == 0 && HOLE_END % WINDOW_BYTES == 0,
               "the hole is whole windows");

static uint64_t window_physical(unsigned index)
{
    return WINDOWS_PHYSICAL + (index + (index >= HOLE_WINDOW ? HOLE_WINDOWS : 0)) * WINDOW_BYTES;
}

uint64_t vm_address_of(const struct vm *vm, uint64_t physical)
{
    if (physical < WINDOWS_PHYSICAL)
        return 0;
    uint64_t place = (physical - WINDOWS_PHYSICAL) / WINDOW_BYTES;
    if (physical >= HOLE_START && physical < HOLE_END)
        return 0;
    place -= physical >= HOLE_END ? HOLE_WINDOWS : 0;
    if (place >= vm_window_count(vm))
        return 0;
    return vm->windows[place].start + physical % WINDOW_BYTES;
}

static uint64_t load(const uint64_t *entry)
{
    return __atomic_load_n(entry, __ATOMIC_ACQUIRE);
}

static void store(uint64_t *entry, uint64_t value)
{
    __atomic_store_n(entry, value, __ATOMIC_RELEASE); /* what it links to is complete */
}

static uint64_t *table_at(const struct vm *vm, uint64_t entry)
{
    return (uint64_t *)(vm->system + (entry & ENTRY_ADDRESS));
}

/* Index in the table of a level: 4 root .. 1 pages. */
static unsigned index_of(uint64_t address, unsigned level)
{
    return address >> (12 + 9 * (level - 1)) & (TABLE_ENTRIES - 1);
}

void pagetable_start(struct vm *vm)
{
    uint64_t *table = (uint64_t *)(vm->system + SYSTEM_TABLE);
    const uint64_t common = ENTRY_PRESENT | ENTRY_ACCESSED | ENTRY_DIRTY;
    table[SYSTEM_DESCRIPTORS / PAGE_BYTES] = SYSTEM_DESCRIPTORS | common;
    if (vm->platform->software)
        table[SYSTEM_USER_STUB / PAGE_BYTES] = SYSTEM_USER_STUB | common | ENTRY_USER;
    for (uint64_t page = SYSTEM_BLOCKS; page < SYSTEM_TABLES; page += PAGE_BYTES)
        table[page / PAGE_BYTES] = page | common | ENTRY_WRITE | ENTRY_NO_EXECUTE;
    ((uint64_t *)(vm->system + SYSTEM_FOLDER))[index_of(SYSTEM_BASE, 2)] = SYSTEM_TABLE | ENTRY_LINK;
    ((uint64_t *)(vm->system + SYSTEM_POINTERS))[index_of(SYSTEM_BASE, 3)] = SYSTEM_FOLDER | ENTRY_LINK;
    ((uint64_t *)(vm->system + SYSTEM_ROOT))[index_of(SYSTEM_BASE, 4)] = SYSTEM_POINTERS | ENTRY_LINK;
}

/* A zeroed page of the system area for a table: its offset, or 0.  Chunks given to KVM double what it has. */
static uint32_t new_table(struct vm *vm)
{
    if (vm->system_used == vm->system_given) {
        uint64_t bytes = vm->system_given < SYSTEM_SIZE / 16 ? vm->system_given : SYSTEM_SIZE / 16;
        if (vm->system_given + bytes > SYSTEM_SIZE ||
            vm_add_slot(vm, SYSTEM_PHYSICAL + vm->system_given, vm->system + vm->system_given, bytes) != 0)
            return 0;
        vm->system_given += bytes;
    }
    uint32_t offset = (uint32_t)vm->system_used;
    vm->system_used += PAGE_BYTES;
    return offset;
}

static struct window *window_at(const struct vm *vm, uint64_t address)
{
    unsigned number = vm->window_of[address / WINDOW_BYTES];
    return number == 0 ? NULL : &vm->windows[number - 1];
}

bool vm_has_window(const struct vm *vm, uint64_t address)
{
    return window_at(vm, address) != NULL;
}

/* Windows one behind the other, of which none is there; they share a slot, because KVM's work for a slot is more than
 * for its pages. */
static int add_windows(struct vm *vm, uint64_t start, unsigned count)
{
    unsigned index = atomic_load_explicit(&vm->window_count, memory_order_relaxed);
    if (count > WINDOW_LIMIT - index)
        return -ENOMEM;
    int error = vm_add_slot(vm, window_physical(index), (void *)(uintptr_t)start, count * WINDOW_BYTES);
    if (error != 0)
        return error;
    for (unsigned i = 0; i < count; i++) {
        vm->windows[index + i].start = start + i * WINDOW_BYTES;
        vm->window_of[start / WINDOW_BYTES + i] = (uint16_t)(index + i + 1);
    }
    atomic_store_explicit(&vm->window_count, index + count, memory_order_release);
    return 0;
}

int vm_add_windows(struct vm *vm, uint64_t start, unsigned count)
{
    for (unsigned done = 0, part; done < count; done += part) {
        unsigned index = atomic_load_explicit(&vm->window_count, memory_order_relaxed);
        uint64_t from = start + done * WINDOW_BYTES;
        part = 1;
        if (vm_has_window(vm, from))
            continue;
        while (done + part < count && !vm_has_window(vm, from + part * WINDOW_BYTES) && index + part != HOLE_WINDOW)
            part++; /* what shares a slot lies together in guest-physical memory, too */
        int error = add_windows(vm, from, part);
        if (error != 0)
            return error == -EFAULT ? error : -ENOMEM;
    }
    return 0;
}

/* The entry of a granule in its folder (level 2).  With `make` the tables above it are added; NULL: no memory, or not
 * there. */
static uint64_t *granule_entry(struct vm *vm, uint64_t address, bool make)
{
    uint64_t *table = (uint64_t *)(vm->system + SYSTEM_ROOT);
    for (unsigned level = 4; level > 2; level--) {
        uint64_t *entry = &table[index_of(address, level)];
        uint64_t value = load(entry);
        if (!(value & ENTRY_PRESENT)) {
            uint32_t page = make ? new_table(vm) : 0;
            if (page == 0)
                return NULL;
            value = page | ENTRY_LINK;
            store(entry, value);
        }
        table = table_at(vm, value);
    }
    return &table[index_of(address, 2)];
}

static uint64_t physical_of(const struct vm *vm, uint64_t address)
{
    unsigned index = vm->window_of[address / WINDOW_BYTES] - 1u;
    return window_physical(index) + address % WINDOW_BYTES;
}

/* Accessed and dirty bits are set ahead: nothing reads them, and the processor need not write to the tables. */
static uint64_t entry_flags(unsigned rights)
{
    if (rights == 0)
        return 0;
    uint64_t flags = ENTRY_PRESENT | ENTRY_USER | ENTRY_ACCESSED | ENTRY_DIRTY;
    if (rights & PT_WRITE)
        flags |= ENTRY_WRITE;
    return rights & PT_EXECUTE ? flags : flags | ENTRY_NO_EXECUTE;
}

static uint64_t page_entry(const struct vm *vm, uint64_t address, uint64_t flags)
{
    return flags == 0 ? 0 : physical_of(vm, address) | flags;
}

static bool is_table(uint64_t entry)
{
    return (entry & (ENTRY_PRESENT | ENTRY_LARGE)) == ENTRY_PRESENT;
}

/* Whether every page of a table carries these flags, so that one large entry says the same. */
static bool uniform(const struct vm *vm, const uint64_t *table, uint64_t granule, uint64_t flags)
{
    uint64_t physical = physical_of(vm, granule);
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        if (table[i] != ((physical + i * PAGE_BYTES) | flags))
            return false;
    return true;
}

/* Puts the granule's table in place of its present entry (large, or none), saying the same.  Only after prepare(). */
static uint64_t *split(struct vm *vm, uint64_t *entry, uint64_t granule)
{
    uint32_t offset = window_at(vm, granule)->tables[granule % WINDOW_BYTES / GRANULE_BYTES];
    uint64_t *table = (uint64_t *)(vm->system + offset), old = load(entry);
    uint64_t flags = old & ~(ENTRY_ADDRESS | ENTRY_LARGE);
    for (unsigned i = 0; i < TABLE_ENTRIES; i++)
        store(&table[i], page_entry(vm, granule + i * PAGE_BYTES, flags));
    store(entry, offset | ENTRY_LINK);
    return table;
}

/* Large entries for what is readable and writable: heaps.  Everything else changes page by page. */
static bool large_wanted(unsigned rights)
{
    return (rights & (PT_READ | PT_WRITE)) == (PT_READ | PT_WRITE);
}

struct piece {
    uint64_t granule, start, end; /* the part of the granule that a call is about */
    bool whole;
};

static struct piece piece_at(uint64_t address, uint64_t end)
{
    uint64_t granule = address & ~(GRANULE_BYTES - 1);
    struct piece p = {.granule = granule, .start = address, .end = granule + GRANULE_BYTES};
    if (p.end > end)
        p.end = end;
    p.whole = p.end - p.start == GRANULE_BYTES;
    return p;
}

/* Gets everything that change() will need, so that it cannot fail half-way. */
static int prepare(struct vm *vm, const struct piece *p, unsigned rights)
{
    uint64_t *entry = granule_entry(vm, p->granule, rights != 0);
    if (entry == NULL)
        return rights != 0 ? -ENOMEM : 0;
    uint64_t value = load(entry);
    bool table_needed = !is_table(value) && !(p->whole && (rights == 0 || large_wanted(rights))) &&
                        !(rights == 0 && value == 0);
    if (!table_needed)
        return 0;
    uint32_t *table = &window_at(vm, p->granule)->tables[p->granule % WINDOW_BYTES / GRANULE_BYTES];
    if (*table == 0)
        *table = new_table(vm);
    return *table == 0 ? -ENOMEM : 0;
}

static void change(struct vm *vm, const struct piece *p, unsigned rights)
{
    uint64_t *entry = granule_entry(vm, p->granule, false);
    uint64_t flags = entry_flags(rights), value = entry == NULL ? 0 : load(entry);
    if (entry == NULL || (rights == 0 && value == 0))
        return;
    uint64_t *table = is_table(value) ? table_at(vm, value) : NULL;
    if (p->whole && !(rights != 0 && !large_wanted(rights))) {
        for (unsigned i = 0; table != NULL && i < TABLE_ENTRIES; i++) /* KVM may still read ahead in the old table */
            store(&table[i], page_entry(vm, p->granule + i * PAGE_BYTES, flags));
        store(entry, rights == 0 ? 0 : physical_of(vm, p->granule) | flags | ENTRY_LARGE);
        return;
    }
    if (value & ENTRY_LARGE && (value & ~(ENTRY_ADDRESS | ENTRY_LARGE)) == flags)
        return;
    if (table == NULL)
        table = split(vm, entry, p->granule);
    for (uint64_t a = p->start; a < p->end; a += PAGE_BYTES)
        store(&table[index_of(a, 1)], page_entry(vm, a, flags));
    if (large_wanted(rights) && uniform(vm, table, p->granule, flags))
        store(entry, physical_of(vm, p->granule) | flags | ENTRY_LARGE);
}

int vm_map(struct vm *vm, uint64_t start, uint64_t bytes, unsigned rights)
{
    uint64_t end = start + bytes, first = start & ~(WINDOW_BYTES - 1);
    if (((start | bytes) & (PAGE_BYTES - 1)) != 0 || !guest_range_valid(start, bytes))
        return -EINVAL;
    unsigned windows = rights == 0 ? 0 : (unsigned)((end - first + WINDOW_BYTES - 1) / WINDOW_BYTES);
    int added = vm_add_windows(vm, first, windows);
    if (added != 0)
        return added;
    for (uint64_t a = start; a < end; a = (a | (GRANULE_BYTES - 1)) + 1) {
        struct piece p = piece_at(a, end);
        int error = prepare(vm, &p, rights);
        if (error != 0)
            return error;
    }
    for (uint64_t a = start; a < end; a = (a | (GRANULE_BYTES - 1)) + 1) {
        struct piece p = piece_at(a, end);
        change(vm, &p, rights);
    }
    return 0;
}

unsigned vm_rights(const struct vm *vm, uint64_t address)
{
    if (address >= GUEST_HIGH)
        return 0;
    const uint64_t *table = (const uint64_t *)(vm->system + SYSTEM_ROOT);
    uint64_t value = 0;
    for (unsigned level = 4; level >= 1; level--) {
        value = load(&table[index_of(address, level)]);
        if (!(value & ENTRY_PRESENT))
            return 0;
        if (level == 2 && (value & ENTRY_LARGE))
            break;
        table = table_at(vm, value);
    }
    return PT_READ | (value & ENTRY_WRITE ? PT_WRITE : 0) | (value & ENTRY_NO_EXECUTE ? 0 : PT_EXECUTE);
}

unsigned vm_window_count(const struct vm *vm)
{
    return atomic_load_explicit(&vm->window_count, memory_order_acquire);
}

uint64_t vm_window(const struct vm *vm, unsigned index)
{
    return vm->windows[index].start;
}

_Static_assert(GRANULES_PER_WINDOW * GRANULE_BYTES == WINDOW_BYTES, "windows hold whole granules");
