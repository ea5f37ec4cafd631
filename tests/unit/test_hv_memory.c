/* A guest's address space: random sequences of mmap, munmap, mprotect, mremap, madvise against a model of pages, where
 * the list, the host's own /proc/self/maps, the page tables and the contents must all say the same; and the rules that
 * random sequences do not reach.  With HV_MEMORY_STANDIN the page tables are an array that also fails at random. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostvirt/memory_private.h"
#include "hostvirt/uaccess.h"
#include "runner.h"

#define PAGES 1024u
#define BASE (GUEST_ARENA + (4ull << 30))
#define LIMIT (1ull << 30)

static struct memory *memory;
static struct family *family;
static struct vm *vm;
static bool injecting;

#ifdef HV_MEMORY_STANDIN

struct vm {
    unsigned char rights[PAGES];
};

static struct vm standin;
static uint64_t last_start, last_bytes; /* of the last vm_map outside the model */
static unsigned last_rights;

int vm_map(struct vm *v, uint64_t start, uint64_t bytes, unsigned rights)
{
    ck_assert(start % PAGE_BYTES == 0 && bytes % PAGE_BYTES == 0 && bytes > 0 && guest_range_valid(start, bytes));
    bool gained = false;
    for (uint64_t a = start; a < start + bytes && bytes <= PAGES * PAGE_BYTES; a += PAGE_BYTES)
        if (a >= BASE && a < BASE + PAGES * PAGE_BYTES)
            gained |= (rights & ~v->rights[(a - BASE) / PAGE_BYTES]) != 0;
    if (injecting && gained && rand() % 6 == 0)
        return -ENOMEM;
    for (uint64_t a = start; a < start + bytes && bytes <= PAGES * PAGE_BYTES; a += PAGE_BYTES)
        if (a >= BASE && a < BASE + PAGES * PAGE_BYTES)
            v->rights[(a - BASE) / PAGE_BYTES] = (unsigned char)rights;
    last_start = start;
    last_bytes = bytes;
    last_rights = rights;
    return 0;
}

unsigned vm_rights(const struct vm *v, uint64_t address)
{
    if (address >= BASE && address < BASE + PAGES * PAGE_BYTES)
        return v->rights[(address - BASE) / PAGE_BYTES];
    return address >= last_start && address - last_start < last_bytes ? last_rights : 0;
}

unsigned vm_window_count(const struct vm *v)
{
    return 1;
}

uint64_t vm_window(const struct vm *v, unsigned index)
{
    return BASE;
}

static bool start_vm(void)
{
    vm = &standin;
    return true;
}

#else

static struct platform platform;

static bool start_vm(void)
{
    char reason[256];
    if (platform_open(&platform, BASELINE_HOST, reason, sizeof reason) != 0) {
        fprintf(stderr, "not run: %s\n", reason);
        return false;
    }
    ck_assert_int_eq(vm_new(&vm, &platform, true), 0);
    return true;
}

#endif

static bool start(void)
{
    family = mmap(NULL, sizeof *family, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(family, MAP_FAILED);
    family->memory_limit = LIMIT;
    ck_assert_int_eq(uaccess_init(), 0);
    if (!start_vm())
        return false;
    ck_assert_int_eq(memory_new(&memory, vm, family), 0);
    return true;
}

static int64_t map(uint64_t address, uint64_t bytes, int prot, int flags)
{
    return memory_map(memory, address, bytes, prot, flags, NULL, -1, 0);
}

#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)
#define READ_WRITE (PROT_READ | PROT_WRITE)

/* ---- the model ---- */

struct page {
    bool mapped, unknown; /* unknown: contents cannot be told (beyond an object's end) */
    int prot, kind;
    uint64_t value; /* first word */
};

static struct page model[PAGES];
static unsigned char host[PAGES]; /* 0: not mapped, else 1 | prot << 1 */

static uint64_t address_of(unsigned page)
{
    return BASE + page * PAGE_BYTES;
}

static void read_host_maps(void)
{
    memset(host, 0, sizeof host);
    FILE *f = fopen("/proc/self/maps", "r");
    char line[512], rights[8];
    unsigned long from, to;
    while (fgets(line, sizeof line, f) != NULL) {
        ck_assert_int_eq(sscanf(line, "%lx-%lx %4s", &from, &to, rights), 3);
        if (to <= BASE || from >= BASE + PAGES * PAGE_BYTES)
            continue;
        ck_assert(rights[2] == '-'); /* never executable in the monitor */
        for (uint64_t a = from; a < to; a += PAGE_BYTES)
            if (a >= BASE && a < BASE + PAGES * PAGE_BYTES)
                host[(a - BASE) / PAGE_BYTES] =
                    (unsigned char)(1 | ((rights[0] == 'r' ? PROT_READ : 0) | (rights[1] == 'w' ? PROT_WRITE : 0)) << 1);
    }
    fclose(f);
}

/* The list is sorted and joined, agrees with host and page tables, and the account is its sum. */
static void check_agreement(void)
{
    uint64_t charged = 0;
    read_host_maps();
    static bool listed[PAGES];
    memset(listed, 0, sizeof listed);
    for (size_t i = 0; i < memory->count; i++) {
        const struct mapping *m = &memory->list[i];
        ck_assert(m->start < m->end && (i == 0 || memory->list[i - 1].end <= m->start));
        charged += m->charged ? m->end - m->start : 0;
        for (uint64_t a = m->start; a < m->end && a - BASE < PAGES * PAGE_BYTES; a += PAGE_BYTES) {
            unsigned page = (unsigned)((a - BASE) / PAGE_BYTES);
            listed[page] = true;
            ck_assert_msg(host[page] == (1 | memory_host_prot(m->prot) << 1), "page %u: host %x, list %x", page,
                          host[page], m->prot);
            ck_assert_msg(vm_rights(vm, a) == memory_rights(m->prot), "page %u: tables %x, list %x", page,
                          vm_rights(vm, a), m->prot);
        }
    }
    for (unsigned page = 0; page < PAGES; page++)
        if (!listed[page])
            ck_assert_msg(host[page] == 0 && vm_rights(vm, address_of(page)) == 0, "page %u: not in the list", page);
    ck_assert_uint_eq(charged, memory->committed);
    ck_assert_uint_eq(charged, family->committed);
}

static void check_model(void)
{
    check_agreement();
    for (unsigned page = 0; page < PAGES; page++) {
        const struct page *p = &model[page];
        const struct mapping *m = memory_find(memory, address_of(page));
        bool mapped = m != NULL && m->start <= address_of(page);
        ck_assert_msg(mapped == p->mapped, "page %u: mapped %d", page, mapped);
        if (!mapped)
            continue;
        ck_assert_msg(m->prot == p->prot && m->kind == p->kind, "page %u: prot %x, expected %x", page, m->prot, p->prot);
        uint64_t value;
        int error = copy_in(&value, address_of(page), sizeof value);
        if (p->prot == PROT_NONE)
            ck_assert_int_eq(error, -EFAULT);
        else if (!p->unknown) {
            ck_assert_int_eq(error, 0);
            ck_assert_msg(value == p->value, "page %u: %lx, expected %lx", page, (long)value, (long)p->value);
        }
    }
}

static unsigned below(unsigned n)
{
    return (unsigned)rand() % n;
}

static int some_prot(void)
{
    static const int prots[] = {PROT_NONE, PROT_READ, READ_WRITE, READ_WRITE, PROT_READ | PROT_EXEC, PROT_WRITE,
                                READ_WRITE | PROT_EXEC, PROT_EXEC};
    return prots[below(8)];
}

static int file_fd;
#define FILE_PAGES 64u

static void make_file(void)
{
    file_fd = memfd_create("test", MFD_CLOEXEC);
    for (uint64_t page = 0; page < FILE_PAGES; page++) {
        uint64_t value = 0xf11e0000 + page;
        ck_assert_int_eq(pwrite(file_fd, &value, sizeof value, (off_t)(page * PAGE_BYTES)), sizeof value);
    }
    ck_assert_int_eq(ftruncate(file_fd, FILE_PAGES * PAGE_BYTES), 0);
}

static void choose(unsigned *first, unsigned *count)
{
    *first = below(PAGES);
    *count = 1 + below(below(4) == 0 ? 200 : 12);
    if (*first + *count > PAGES)
        *count = PAGES - *first;
}

static int64_t step_map(void)
{
    unsigned first, count, offset = below(FILE_PAGES);
    int prot = some_prot(), how = below(3) == 0 ? MAP_FIXED_NOREPLACE : MAP_FIXED;
    unsigned kind = below(3);
    choose(&first, &count);
    bool taken = false;
    for (unsigned i = first; i < first + count; i++)
        taken |= model[i].mapped;
    int64_t result;
    if (kind == MAPPING_FILE) {
        struct mapped_file *file = mapped_file_new(file_fd, "/test/file");
        ck_assert_ptr_nonnull(file);
        result = memory_map(memory, address_of(first), count * PAGE_BYTES - below(PAGE_BYTES), prot, MAP_PRIVATE | how,
                            file, file_fd, offset * PAGE_BYTES);
        if (result < 0)
            mapped_file_release(file);
    } else
        result = map(address_of(first), count * PAGE_BYTES - below(PAGE_BYTES), prot,
                     how | (kind == MAPPING_ANONYMOUS ? ANONYMOUS : MAP_SHARED | MAP_ANONYMOUS));
    if (how == MAP_FIXED_NOREPLACE && taken) {
        ck_assert_int_eq(result, -EEXIST);
        return 0;
    }
    if (result < 0)
        return result;
    ck_assert_uint_eq((uint64_t)result, address_of(first));
    for (unsigned i = 0; i < count; i++)
        model[first + i] = (struct page){.mapped = true, .prot = prot, .kind = (int)kind,
                                         .unknown = kind == MAPPING_FILE && offset + i >= FILE_PAGES,
                                         .value = kind == MAPPING_FILE ? 0xf11e0000 + offset + i : 0};
    return 0;
}

static int64_t step_unmap(void)
{
    unsigned first, count;
    choose(&first, &count);
    int error = memory_unmap(memory, address_of(first), count * PAGE_BYTES);
    if (error == 0)
        memset(&model[first], 0, count * sizeof *model);
    return error;
}

static int64_t step_protect(void)
{
    unsigned first, count, i;
    int prot = some_prot();
    choose(&first, &count);
    int error = memory_protect(memory, address_of(first), count * PAGE_BYTES, prot);
    for (i = first; i < first + count && model[i].mapped; i++)
        ;
    if (injecting && error != 0)
        return error;
    ck_assert_int_eq(error, i < first + count ? -ENOMEM : 0);
    for (i = first; i < first + count && model[i].mapped; i++)
        model[i].prot = prot;
    return 0;
}

static int64_t step_write(void)
{
    unsigned page = below(PAGES);
    uint64_t value = (uint64_t)rand() << 20 | page;
    if (model[page].unknown)
        return 0; /* it may be a second view of a shared page */
    int error = copy_out(address_of(page), &value, sizeof value);
    bool allowed = model[page].mapped && model[page].prot & PROT_WRITE;
    ck_assert_int_eq(error, allowed ? 0 : -EFAULT);
    if (error == 0)
        model[page].value = value;
    return 0;
}

static int64_t step_drop(void)
{
    unsigned first, count;
    bool hole = false;
    choose(&first, &count);
    int error = memory_advise(memory, address_of(first), count * PAGE_BYTES, MADV_DONTNEED);
    for (unsigned i = first; i < first + count; i++) {
        struct page *p = &model[i];
        const struct mapping *m = memory_find(memory, address_of(i));
        hole |= !p->mapped;
        if (p->mapped && p->kind == MAPPING_ANONYMOUS)
            p->value = 0;
        else if (p->mapped && p->kind == MAPPING_FILE && !p->unknown)
            p->value = 0xf11e0000 + (m->offset + address_of(i) - m->start) / PAGE_BYTES;
    }
    if (!injecting)
        ck_assert_int_eq(error, hole ? -ENOMEM : 0);
    return injecting ? error : 0;
}

static int64_t step_advise(void)
{
    static const int advices[] = {MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTFORK, MADV_DOFORK, MADV_WILLNEED};
    unsigned first, count;
    choose(&first, &count);
    int error = memory_advise(memory, address_of(first), count * PAGE_BYTES, advices[below(5)]);
    ck_assert(error == 0 || error == -ENOMEM);
    return 0;
}

static int64_t step_remap(void)
{
    unsigned first, count, to, new_count;
    choose(&first, &count);
    choose(&to, &new_count);
    bool fixed = below(3) != 0;
    const struct mapping *m = memory_find(memory, address_of(first));
    bool mapped = m != NULL && m->start <= address_of(first);
    bool whole = mapped && m->end >= address_of(first + (count < new_count ? count : new_count));
    bool overlap = to < first + count && first < to + new_count;
    bool beyond = mapped && m->kind != MAPPING_ANONYMOUS;
    struct page sample = model[first];
    int64_t result = memory_remap(memory, address_of(first), count * PAGE_BYTES, new_count * PAGE_BYTES,
                                  fixed ? MREMAP_MAYMOVE | MREMAP_FIXED : 0, address_of(to));
    if (injecting)
        return result < 0 ? result : -1; /* the model is made anew */
    if (fixed && overlap) {
        ck_assert_int_eq(result, -EINVAL);
        return 0;
    }
    if (!mapped) {
        ck_assert_int_eq(result, -EFAULT);
        return 0;
    }
    unsigned keep = count < new_count ? count : new_count;
    if (fixed)
        memset(&model[to], 0, new_count * sizeof *model);
    if (count > new_count)
        memset(&model[first + new_count], 0, (count - new_count) * sizeof *model);
    if (result < 0) {
        ck_assert(!whole || (!fixed && new_count > count));
        return 0;
    }
    ck_assert(whole || (!fixed && count >= new_count));
    unsigned at = fixed ? to : first;
    ck_assert_uint_eq((uint64_t)result, address_of(at));
    struct page moved[PAGES];
    memcpy(moved, &model[first], keep * sizeof *model);
    if (fixed)
        memset(&model[first], 0, keep * sizeof *model);
    memcpy(&model[at], moved, keep * sizeof *model);
    for (unsigned i = keep; i < new_count && at + i < PAGES; i++) {
        model[at + i] = sample;
        model[at + i].value = 0;
        model[at + i].unknown = beyond;
    }
    if (sample.kind == MAPPING_FILE && !sample.unknown) /* growth goes on in the file */
        for (unsigned i = keep; i < new_count && at + i < PAGES; i++) {
            const struct mapping *grown = memory_find(memory, address_of(at + i));
            uint64_t page = (grown->offset + address_of(at + i) - grown->start) / PAGE_BYTES;
            model[at + i].unknown = page >= FILE_PAGES;
            model[at + i].value = 0xf11e0000 + page;
        }
    return 0;
}

/* After a failure that the model does not follow: what the list says, contents unknown. */
static void model_from_list(void)
{
    for (unsigned page = 0; page < PAGES; page++) {
        const struct mapping *m = memory_find(memory, address_of(page));
        bool mapped = m != NULL && m->start <= address_of(page);
        model[page] = (struct page){.mapped = mapped, .prot = mapped ? m->prot : 0, .kind = mapped ? m->kind : 0,
                                    .unknown = true};
    }
}

static int64_t step(void)
{
    unsigned what = below(20);
    if (what < 5)
        return step_map();
    if (what < 7)
        return step_unmap();
    if (what < 11)
        return step_protect();
    if (what < 14)
        return step_write();
    if (what < 15)
        return step_drop();
    return what < 16 ? step_advise() : step_remap();
}

static void run(unsigned seed, unsigned steps)
{
    srand(seed);
    for (unsigned i = 0; i < steps; i++) {
        int64_t result = step();
        if (result != 0) {
            ck_assert_msg(injecting, "step %u of seed %u: %ld", i, seed, (long)result);
            check_agreement();
            model_from_list();
        }
        if (i % 16 == 0)
            check_model();
        if (injecting && i % 64 == 0) {
            injecting = false; /* from time to time all is given back */
            ck_assert_int_eq(memory_clear(memory), 0);
            memset(model, 0, sizeof model);
            ck_assert_uint_eq(family->committed, 0);
            check_model();
            injecting = true;
        }
    }
    injecting = false;
    check_model();
    memory_release(memory);
    ck_assert_uint_eq(family->committed, 0);
}

static const unsigned seeds[] = {1, 2, 3, 4, 5, 6};

START_TEST(random_sequences_agree_with_the_model)
{
    if (!start())
        return;
    make_file();
    run(seeds[_i], 1200);
}
END_TEST

#ifdef HV_MEMORY_STANDIN
START_TEST(failed_page_tables_leave_everything_in_agreement)
{
    ck_assert(start());
    make_file();
    injecting = true;
    run(100 + seeds[_i], 1500);
}
END_TEST
#endif

/* ---- rules ---- */

START_TEST(ranges_are_checked)
{
    if (!start())
        return;
    const int fixed = ANONYMOUS | MAP_FIXED;
    ck_assert_int_eq(map(0, PAGE_BYTES, PROT_READ, fixed), -EPERM);
    ck_assert_int_eq(map(GUEST_LOW - PAGE_BYTES, PAGE_BYTES, PROT_READ, fixed), -EPERM);
    ck_assert_int_eq(map(GUEST_HIGH, PAGE_BYTES, PROT_READ, fixed), -ENOMEM);
    ck_assert_int_eq(map(GUEST_HIGH - PAGE_BYTES, 2 * PAGE_BYTES, PROT_READ, fixed), -ENOMEM);
    ck_assert_int_eq(map(-PAGE_BYTES, PAGE_BYTES, PROT_READ, fixed), -ENOMEM);
    ck_assert_int_eq(map(GUEST_LOW, UINT64_MAX, PROT_READ, fixed), -ENOMEM);
    ck_assert_int_eq(map(GUEST_LOW + 1, PAGE_BYTES, PROT_READ, fixed), -EINVAL);
    ck_assert_int_eq(map(0, 0, PROT_READ, ANONYMOUS), -EINVAL);
    ck_assert_int_eq(map(0, PAGE_BYTES, PROT_READ, MAP_ANONYMOUS), -EINVAL);
    ck_assert_int_eq(map(0, PAGE_BYTES, PROT_READ, ANONYMOUS | MAP_HUGETLB), -ENOMEM);
    ck_assert_int_eq(memory_unmap(memory, GUEST_HIGH - PAGE_BYTES, UINT64_MAX), -EINVAL);
    ck_assert_int_eq(memory_unmap(memory, 0, PAGE_BYTES), -EINVAL);
    ck_assert_int_eq(memory_unmap(memory, GUEST_LOW, 0), -EINVAL);
    ck_assert_int_eq(memory_unmap(memory, GUEST_LOW, SANITIZER_START - GUEST_LOW), 0);
    ck_assert_int_eq(memory_unmap(memory, SANITIZER_END, GUEST_HIGH - SANITIZER_END), 0);
    ck_assert_int_eq(memory_protect(memory, GUEST_LOW, PAGE_BYTES, PROT_READ), -ENOMEM);
    ck_assert_int_eq(memory_protect(memory, GUEST_LOW, PAGE_BYTES, PROT_GROWSDOWN), -EINVAL);
    ck_assert_int_eq(memory_protect(memory, GUEST_HIGH, PAGE_BYTES, PROT_READ), -ENOMEM);
    ck_assert_int_eq(memory_protect(memory, 0, 0, PROT_READ), 0);
    ck_assert_int_eq(memory_advise(memory, 0, 0, MADV_POPULATE_WRITE), 0);
    ck_assert_int_eq(memory_advise(memory, GUEST_LOW, PAGE_BYTES, MADV_REMOVE), -EINVAL);
    ck_assert_int_eq(memory_advise(memory, GUEST_LOW, PAGE_BYTES, MADV_DONTNEED), -ENOMEM);
    ck_assert_int_eq(memory_remap(memory, GUEST_LOW, PAGE_BYTES, UINT64_MAX, MREMAP_MAYMOVE, 0), -ENOMEM);
    ck_assert_int_eq(memory_remap(memory, GUEST_LOW, UINT64_MAX, PAGE_BYTES, 0, 0), -EFAULT);
    int64_t at = map(0, PAGE_BYTES, PROT_READ, ANONYMOUS);
    ck_assert_int_eq(memory_remap(memory, (uint64_t)at, 0, PAGE_BYTES, MREMAP_MAYMOVE, 0), -EINVAL);
    ck_assert_int_eq(memory_remap(memory, (uint64_t)at, PAGE_BYTES, PAGE_BYTES, 4 | MREMAP_MAYMOVE, 0), -EINVAL);
}
END_TEST

START_TEST(placement_is_packed_and_hints_are_kept)
{
    if (!start())
        return;
    ck_assert_int_eq(map(0, PAGE_BYTES, PROT_READ, ANONYMOUS), GUEST_ARENA);
    ck_assert_int_eq(map(0, 3 * PAGE_BYTES, PROT_READ, ANONYMOUS), GUEST_ARENA + PAGE_BYTES);
    int64_t large = map(0, 5 * GRANULE_BYTES, READ_WRITE, ANONYMOUS);
    ck_assert_int_eq(large, GUEST_ARENA + GRANULE_BYTES);
    ck_assert(memory_find(memory, (uint64_t)large)->huge);
    ck_assert_int_eq(map(0, PAGE_BYTES, PROT_READ, ANONYMOUS), GUEST_ARENA + 4 * PAGE_BYTES);
    ck_assert_int_eq(memory_unmap(memory, GUEST_ARENA, PAGE_BYTES), 0);
    ck_assert_int_eq(map(0, PAGE_BYTES, PROT_READ, ANONYMOUS), GUEST_ARENA);
    uint64_t hint = 0x180000000000ull;
    ck_assert_int_eq(map(hint + 1, PAGE_BYTES, PROT_READ, ANONYMOUS), (int64_t)(hint + PAGE_BYTES));
    ck_assert_int_ne(map(hint, 2 * PAGE_BYTES, PROT_READ, ANONYMOUS), (int64_t)hint);
    ck_assert_int_ne(map(GUEST_HIGH, PAGE_BYTES, PROT_READ, ANONYMOUS), (int64_t)GUEST_HIGH);
    int64_t low = map(0, PAGE_BYTES, READ_WRITE, ANONYMOUS | MAP_32BIT);
    ck_assert(low > 0 && low < 0x80000000);
    unsigned windows = vm_window_count(vm);
    int64_t reserved = map(0, 100ull << 30, PROT_NONE, ANONYMOUS | MAP_NORESERVE);
    ck_assert(reserved > 0);
    ck_assert_uint_eq(vm_window_count(vm), windows);
    ck_assert_int_eq(memory_protect(memory, (uint64_t)reserved, PAGE_BYTES, READ_WRITE), 0);
    ck_assert_uint_le(vm_window_count(vm), windows + 1);
    memory_release(memory);
}
END_TEST

START_TEST(commitment_is_limited)
{
    if (!start())
        return;
    int64_t at = map(0, LIMIT / 2, READ_WRITE, ANONYMOUS | MAP_STACK);
    ck_assert(at > 0);
    ck_assert_int_eq(map(0, LIMIT / 2 + PAGE_BYTES, READ_WRITE, ANONYMOUS), -ENOMEM);
    ck_assert_uint_eq(family->committed, LIMIT / 2);
    int64_t reserved = map(0, LIMIT, PROT_NONE, ANONYMOUS);
    ck_assert(reserved > 0);
    ck_assert_int_eq(memory_protect(memory, (uint64_t)reserved, LIMIT / 2 + PAGE_BYTES, READ_WRITE), -ENOMEM);
    ck_assert_int_eq(memory_protect(memory, (uint64_t)reserved, LIMIT / 4, READ_WRITE), 0);
    ck_assert_int_eq(memory_protect(memory, (uint64_t)reserved, LIMIT / 4, PROT_NONE), 0); /* still charged */
    ck_assert_uint_eq(family->committed, LIMIT / 2 + LIMIT / 4);
    ck_assert_int_eq(memory_protect(memory, (uint64_t)reserved, LIMIT / 4, READ_WRITE), 0);
    ck_assert_int_eq(memory_remap(memory, (uint64_t)at, LIMIT / 2, LIMIT, MREMAP_MAYMOVE, 0), -ENOMEM);
    ck_assert_int_eq(memory_unmap(memory, (uint64_t)reserved, LIMIT), 0);
    ck_assert_int_eq(map(0, LIMIT / 2, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS) > 0, 1);
    ck_assert_int_eq(map(0, PAGE_BYTES, READ_WRITE, ANONYMOUS), -ENOMEM);
    memory_release(memory);
    ck_assert_uint_eq(family->committed, 0);
}
END_TEST

START_TEST(the_break_moves)
{
    if (!start())
        return;
    uint64_t bottom = 0x600000;
    memory->break_start = memory->break_end = bottom + 100;
    ck_assert_int_eq(memory_break(memory, 0), (int64_t)bottom + 100);
    ck_assert_int_eq(memory_break(memory, bottom + 200), (int64_t)bottom + 200);
    ck_assert_int_eq(memory_break(memory, bottom + 3 * PAGE_BYTES + 1), (int64_t)(bottom + 3 * PAGE_BYTES + 1));
    uint64_t value = 7;
    ck_assert_int_eq(copy_out(bottom + 4 * PAGE_BYTES - 8, &value, 8), 0);
    ck_assert_int_eq(copy_out(bottom + 4 * PAGE_BYTES, &value, 8), -EFAULT);
    ck_assert_int_eq(memory_break(memory, bottom + 101), (int64_t)bottom + 101);
    ck_assert_int_eq(copy_out(bottom + PAGE_BYTES, &value, 8), -EFAULT);
    ck_assert_int_eq(memory_break(memory, bottom + 4 * PAGE_BYTES), (int64_t)(bottom + 4 * PAGE_BYTES));
    ck_assert_int_eq(copy_in(&value, bottom + 4 * PAGE_BYTES - 8, 8), 0);
    ck_assert_uint_eq(value, 0);
    ck_assert_int_eq(map(bottom + 8 * PAGE_BYTES, PAGE_BYTES, PROT_READ, ANONYMOUS | MAP_FIXED),
                     (int64_t)(bottom + 8 * PAGE_BYTES));
    ck_assert_int_eq(memory_break(memory, bottom + 9 * PAGE_BYTES), (int64_t)(bottom + 4 * PAGE_BYTES)); /* in the way */
    ck_assert_int_eq(memory_break(memory, UINT64_MAX), (int64_t)(bottom + 4 * PAGE_BYTES));
    memory->break_limit = bottom + 5 * PAGE_BYTES;
    ck_assert_int_eq(memory_break(memory, bottom + 6 * PAGE_BYTES), (int64_t)(bottom + 4 * PAGE_BYTES));
    memory_release(memory);
}
END_TEST

START_TEST(growing_moves_when_something_is_in_the_way)
{
    if (!start())
        return;
    uint64_t value = 0x1234, seen = 0;
    int64_t at = map(0, 2 * PAGE_BYTES, READ_WRITE, ANONYMOUS);
    ck_assert_int_gt(map((uint64_t)at + 2 * PAGE_BYTES, PAGE_BYTES, PROT_READ, ANONYMOUS | MAP_FIXED), 0);
    ck_assert_int_eq(copy_out((uint64_t)at + PAGE_BYTES, &value, 8), 0);
    ck_assert_int_eq(memory_remap(memory, (uint64_t)at, 2 * PAGE_BYTES, 4 * PAGE_BYTES, 0, 0), -ENOMEM);
    int64_t moved = memory_remap(memory, (uint64_t)at, 2 * PAGE_BYTES, 4 * PAGE_BYTES, MREMAP_MAYMOVE, 0);
    ck_assert(moved > 0 && moved != at);
    ck_assert_int_eq(copy_in(&seen, (uint64_t)moved + PAGE_BYTES, 8), 0);
    ck_assert_uint_eq(seen, value);
    ck_assert_int_eq(copy_out((uint64_t)moved + 3 * PAGE_BYTES, &value, 8), 0);
    ck_assert_int_eq(copy_in(&seen, (uint64_t)at, 8), -EFAULT);
    ck_assert_uint_eq(family->committed, 4 * PAGE_BYTES);
    memory_release(memory);
}
END_TEST

/* A list that is full but for one entry has no room for the three that a hole makes of one: nothing may be written
 * behind it. */
START_TEST(holes_find_room_in_the_list)
{
    enum { HOLES = 600 };

    if (!start())
        return;
    uint64_t at = (uint64_t)map(0, 2 * HOLES * PAGE_BYTES, PROT_READ, ANONYMOUS | MAP_NORESERVE);
    for (uint64_t i = 1; i < 2 * HOLES; i += 2) {
        ck_assert_int_eq(memory_unmap(memory, at + i * PAGE_BYTES, PAGE_BYTES), 0);
        ck_assert_uint_le(memory->count, memory->room);
    }
    ck_assert_uint_eq(memory->count, HOLES);
    memory_release(memory);
}
END_TEST

START_TEST(faults_are_judged_by_the_list)
{
    if (!start())
        return;
    int64_t at = map(0, 2 * PAGE_BYTES, PROT_READ, ANONYMOUS);
    ck_assert_int_eq(memory_fault(memory, (uint64_t)at, PT_READ), 0);
    ck_assert_int_eq(memory_fault(memory, (uint64_t)at, PT_WRITE), SEGV_ACCERR);
    ck_assert_int_eq(memory_fault(memory, (uint64_t)at, PT_EXECUTE), SEGV_ACCERR);
    ck_assert_int_eq(memory_fault(memory, (uint64_t)at + 2 * PAGE_BYTES, PT_READ), SEGV_MAPERR);
    ck_assert_int_eq(memory_fault(memory, 0, PT_READ), SEGV_MAPERR);
    ck_assert_int_eq(memory_fault(memory, UINT64_MAX, PT_READ), SEGV_MAPERR);
    unsigned windows = vm_window_count(vm);
    int64_t large = map(0, 4 * LAZY_BYTES, READ_WRITE, ANONYMOUS | MAP_NORESERVE);
    ck_assert(large > 0);
    ck_assert_uint_eq(vm_window_count(vm), windows); /* only when touched */
    uint64_t touched = (uint64_t)large + LAZY_BYTES + 5;
    ck_assert_int_eq(memory_fault(memory, touched, PT_WRITE), 0);
    ck_assert_uint_eq(vm_rights(vm, touched), PT_READ | PT_WRITE);
    memory_release(memory);
}
END_TEST

START_TEST(restored_memory_reads_as_zeros_once_dropped)
{
    if (!start())
        return;
    int64_t at = map(0, 2 * PAGE_BYTES, READ_WRITE, ANONYMOUS);
    make_file();
    ck_assert_ptr_eq(mmap((void *)at, 2 * PAGE_BYTES, READ_WRITE, MAP_PRIVATE | MAP_FIXED, file_fd, 0), (void *)at);
    memory_find(memory, (uint64_t)at)->restored = true;
    uint64_t seen;
    ck_assert_int_eq(memory_advise(memory, (uint64_t)at + PAGE_BYTES, PAGE_BYTES, MADV_DONTNEED), 0);
    ck_assert_int_eq(copy_in(&seen, (uint64_t)at + PAGE_BYTES, 8), 0);
    ck_assert_uint_eq(seen, 0);
    ck_assert_int_eq(copy_in(&seen, (uint64_t)at, 8), 0);
    ck_assert_uint_eq(seen, 0xf11e0000);
    memory_release(memory);
}
END_TEST

START_TEST(a_fork_copies_shares_and_leaves_out)
{
    if (!start())
        return;
    uint64_t value = 1, seen = 0;
    int64_t private = map(0, PAGE_BYTES, READ_WRITE, ANONYMOUS), shared;
    int64_t left_out = map(0, PAGE_BYTES, READ_WRITE, ANONYMOUS);
    shared = map(0, PAGE_BYTES, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS);
    ck_assert_int_eq(memory_advise(memory, (uint64_t)left_out, PAGE_BYTES, MADV_DONTFORK), 0);
    pthread_mutex_lock(&memory->lock);
    pid_t child = fork();
    if (child == 0) {
        struct vm *own = vm;
#ifndef HV_MEMORY_STANDIN
        if (platform_open(&platform, BASELINE_HOST, (char[256]){0}, 256) != 0 || vm_new(&own, &platform, true) != 0)
            _exit(1);
#endif
        bool ok = memory_adopt(memory, own, NULL) == 0 && copy_out((uint64_t)private, &value, 8) == 0 &&
                  copy_out((uint64_t)shared, &value, 8) == 0 && copy_in(&seen, (uint64_t)left_out, 8) == -EFAULT &&
                  memory->count == 2 && family->committed == 4 * PAGE_BYTES && map(0, PAGE_BYTES, 0, ANONYMOUS) > 0;
        memory_release(memory);
        _exit(!ok);
    }
    pthread_mutex_unlock(&memory->lock);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_int_eq(copy_in(&seen, (uint64_t)shared, 8), 0);
    ck_assert_uint_eq(seen, 1);
    ck_assert_int_eq(copy_in(&seen, (uint64_t)private, 8), 0);
    ck_assert_uint_eq(seen, 0);
    ck_assert_uint_eq(family->committed, 3 * PAGE_BYTES);
}
END_TEST

START_TEST(segments_of_a_library_share_one_descriptor)
{
    if (!start())
        return;
    make_file();
    struct mapped_file *whole = mapped_file_new(file_fd, "/lib/test.so");
    int64_t at = memory_map(memory, 0, 16 * PAGE_BYTES, PROT_READ, MAP_PRIVATE, whole, file_fd, 0);
    ck_assert(at > 0);
    for (unsigned i = 1; i < 4; i++) {
        struct mapped_file *part = mapped_file_new(file_fd, "/lib/test.so");
        ck_assert_int_gt(memory_map(memory, (uint64_t)at + 4 * i * PAGE_BYTES, 4 * PAGE_BYTES,
                                    i == 1 ? PROT_READ | PROT_EXEC : READ_WRITE, MAP_PRIVATE | MAP_FIXED, part, file_fd,
                                    (4 * i + 1) * PAGE_BYTES), 0);
    }
    for (size_t i = 0; i < memory->count; i++)
        ck_assert_ptr_eq(memory->list[i].file, whole);
    ck_assert_uint_eq(memory->count, 3); /* the last two join */
    ck_assert_uint_eq(whole->references, 3);
    memory_release(memory);
}
END_TEST

static bool all_resident(uint64_t start, uint64_t bytes)
{
    unsigned char in[1024] = {0};
    ck_assert_uint_le(bytes / PAGE_BYTES, sizeof in);
    ck_assert_int_eq(mincore((void *)(uintptr_t)start, bytes, in), 0);
    for (size_t i = 0; i < bytes / PAGE_BYTES; i++)
        if (!(in[i] & 1))
            return false;
    return true;
}

/* First touches by the guest are dear: what it will use is there before, what it may not use is not. */
START_TEST(memory_is_populated_by_what_the_program_has)
{
    const uint64_t small = 128 << 10, arena = 1 << 20;
    if (!start())
        return;
    ck_assert(all_resident((uint64_t)map(0, small, READ_WRITE, ANONYMOUS), small));
    ck_assert(!all_resident((uint64_t)map(0, small, READ_WRITE, ANONYMOUS | MAP_NORESERVE), small));
    ck_assert(!all_resident((uint64_t)map(0, small, READ_WRITE, ANONYMOUS | MAP_STACK), small));
    int64_t at = map(0, arena, READ_WRITE, ANONYMOUS);
    ck_assert(!all_resident((uint64_t)at, arena)); /* as much as all it has */
    ck_assert_int_gt(map(0, 16 * arena, READ_WRITE, ANONYMOUS | MAP_STACK), 0);
    at = map(0, arena, READ_WRITE, ANONYMOUS);
    ck_assert(all_resident((uint64_t)at, arena));
    at = map(0, 4 * arena, PROT_NONE, ANONYMOUS);
    ck_assert_int_eq(memory_protect(memory, (uint64_t)at, arena, READ_WRITE), 0);
    ck_assert(all_resident((uint64_t)at, arena));
    at = map(0, 4 * arena, PROT_NONE, ANONYMOUS | MAP_STACK);
    ck_assert_int_eq(memory_protect(memory, (uint64_t)at, arena, READ_WRITE), 0);
    ck_assert(!all_resident((uint64_t)at, arena));
    at = map(0, 2 * GRANULE_BYTES + small, READ_WRITE, ANONYMOUS);
    ck_assert(!all_resident((uint64_t)at, GRANULE_BYTES)); /* a huge page comes with its first touch */
    ck_assert(all_resident((uint64_t)at + 2 * GRANULE_BYTES, small));
    memory->break_start = memory->break_end = 0x600000;
    ck_assert_int_eq(memory_break(memory, 0x600000 + arena), (int64_t)(0x600000 + arena));
    ck_assert(all_resident(0x600000, arena));
    memory_release(memory);
}
END_TEST

TEST_MAIN("hv_memory", NULL, 120, TEST_EACH(random_sequences_agree_with_the_model, seeds),
#ifdef HV_MEMORY_STANDIN
          TEST_EACH(failed_page_tables_leave_everything_in_agreement, seeds),
#endif
          TEST(ranges_are_checked), TEST(placement_is_packed_and_hints_are_kept), TEST(commitment_is_limited),
          TEST(the_break_moves), TEST(growing_moves_when_something_is_in_the_way),
          TEST(holes_find_room_in_the_list), TEST(faults_are_judged_by_the_list),
          TEST(restored_memory_reads_as_zeros_once_dropped), TEST(a_fork_copies_shares_and_leaves_out),
          TEST(segments_of_a_library_share_one_descriptor), TEST(memory_is_populated_by_what_the_program_has))
