/* hostvirt's page tables: exact faults, rights that change under running code, large and small pages against a model.
 * Without /dev/kvm each test says that it was skipped. */
#include "hv_fixture.h"

GUEST(code_spin, "1: incq (%rdi)\n jmp 1b");
GUEST(code_jump, "jmp *%rdi");

START_TEST(page_faults)
{
    if (!start())
        return;
    expect_fault(access_page(false, 8), 8, 0);
    expect_fault(access_page(true, CODE + 100), CODE + 100, 2);
    expect_fault(access_page(true, DATA + DATA_BYTES + 9), DATA + DATA_BYTES + 9, 2);
    expect_call(access_page(true, DATA + 5), CODE + 10);
    protect(DATA, PAGE_BYTES, PT_READ);
    expect_fault(access_page(true, DATA + 5), DATA + 5, 2);
    expect_call(access_page(false, DATA + 5), CODE + 10);
    protect(DATA, PAGE_BYTES, 0);
    expect_fault(access_page(false, DATA + 5), DATA + 5, 0);
    protect(DATA, PAGE_BYTES, PT_READ | PT_WRITE);
    expect_call(access_page(true, DATA + 5), CODE + 10);
    LOAD(code_jump);
    state.regs.rdi = DATA; /* not executable */
    struct guest_exit e = run();
    expect_exception(e, 14, DATA);
    ck_assert_uint_eq(e.address, DATA);
}
END_TEST

static void *take_right(void *argument)
{
    (void)argument;
    usleep(20000);
    protect(DATA, PAGE_BYTES, PT_READ);
    return NULL;
}

START_TEST(rights_lost_under_running_code)
{
    if (!start())
        return;
    for (int round = 0; round < 10; round++) {
        pthread_t thread;
        LOAD(code_spin);
        state.regs.rdi = DATA;
        ck_assert_int_eq(pthread_create(&thread, NULL, take_right, NULL), 0);
        expect_fault(run(), DATA, 2);
        pthread_join(thread, NULL);
        protect(DATA, PAGE_BYTES, PT_READ | PT_WRITE);
        ck_assert_uint_ne(*(uint64_t *)(uintptr_t)DATA, 0);
    }
}
END_TEST

/* Random changes of rights over large and small pages against a table kept beside: what the page tables say, and what
 * the guest then really can do. */
#define AREA (GUEST_ARENA + WINDOW_BYTES * 2)
#define AREA_PAGES (3 * 512)

START_TEST(random_rights)
{
    static uint8_t model[AREA_PAGES];
    if (!start())
        return;
    void *at = mmap((void *)(uintptr_t)AREA, AREA_PAGES * PAGE_BYTES, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    ck_assert_ptr_eq(at, (void *)(uintptr_t)AREA);
    static const unsigned choices[] = {0, PT_READ, PT_READ | PT_WRITE, PT_READ | PT_WRITE, PT_READ | PT_EXECUTE};
    unsigned seed = 1;
    for (int round = 0; round < 1500; round++) {
        unsigned from = (unsigned)rand_r(&seed) % AREA_PAGES, count = 1 + (unsigned)rand_r(&seed) % 700;
        if (rand_r(&seed) % 3 == 0) { /* whole granules */
            from &= ~511u;
            count = 512;
        }
        if (count > AREA_PAGES - from)
            count = AREA_PAGES - from;
        unsigned rights = choices[rand_r(&seed) % 5];
        protect(AREA + from * PAGE_BYTES, count * PAGE_BYTES, rights);
        memset(model + from, (int)rights, count);
        for (int probe = 0; probe < 6; probe++) {
            unsigned page = (unsigned)rand_r(&seed) % AREA_PAGES;
            uint64_t address = AREA + page * PAGE_BYTES + 16;
            bool store = rand_r(&seed) % 2;
            ck_assert_uint_eq(vm_rights(vm, address), model[page]);
            struct guest_exit e = access_page(store, address);
            if (model[page] & (store ? PT_WRITE : PT_READ))
                expect_call(e, CODE + 10);
            else
                expect_fault(e, address, store ? 2 : 0);
        }
    }
    for (unsigned page = 0; page < AREA_PAGES; page++)
        ck_assert_uint_eq(vm_rights(vm, AREA + page * PAGE_BYTES), model[page]);
}
END_TEST

#define RUNNERS 3

struct runner {
    pthread_t thread;
    struct cpu_state state;
    uint64_t address; /* that it counts at */
    unsigned faults;
    bool wrong;
};

static _Atomic bool runners_stop;

/* Counts until a fault, waits, goes on: faults must be of its own page. */
static void *count(void *argument)
{
    struct runner *r = argument;
    struct vcpu *v;
    if (vcpu_take(vm, &v, &r->state) != 0)
        r->wrong = true;
    while (!runners_stop && !r->wrong) {
        struct guest_exit e;
        vcpu_run(v, &r->state, &e);
        if (e.kind == EXIT_EXCEPTION && e.vector == 14) {
            r->faults++;
            r->wrong |= e.address != r->address || r->state.regs.rip != CODE;
            usleep(500);
        } else {
            r->wrong |= e.kind != EXIT_KICKED && e.kind != EXIT_HOST_FAULT && e.kind != EXIT_SYSCALL;
        }
    }
    return NULL;
}

GUEST(code_count, "1: incq (%rdi)\n mov $20000, %ecx\n 2: loop 2b\n syscall\n jmp 1b");

/* While other vCPUs write, rights come and go over parts of a granule and all of it: once a page is read-only it must
 * not change any more, whatever was cached. */
START_TEST(random_rights_under_running_code)
{
    static struct runner runners[RUNNERS];
    if (!start())
        return;
    void *at = mmap((void *)(uintptr_t)AREA, GRANULE_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    ck_assert_ptr_eq(at, (void *)(uintptr_t)AREA);
    ck_assert_int_eq(vm_map(vm, AREA, GRANULE_BYTES, PT_READ | PT_WRITE), 0);
    LOAD(code_count);
    for (unsigned i = 0; i < RUNNERS; i++) {
        struct runner *r = &runners[i];
        r->state.regs = state.regs;
        r->address = r->state.regs.rdi = AREA + (i * 170 + 3) * PAGE_BYTES + 64;
        ck_assert_int_eq(pthread_create(&r->thread, NULL, count, r), 0);
    }
    unsigned seed = 7;
    for (int round = 0; round < 400; round++) {
        struct runner *r = &runners[(unsigned)rand_r(&seed) % RUNNERS];
        bool whole = rand_r(&seed) % 3 == 0;
        uint64_t from = whole ? AREA : page_down(r->address), bytes = whole ? GRANULE_BYTES : PAGE_BYTES;
        volatile uint64_t *word = (volatile uint64_t *)(uintptr_t)r->address;
        protect(from, bytes, PT_READ);
        uint64_t before = *word;
        usleep(200);
        ck_assert_uint_eq(*word, before);
        protect(from, bytes, PT_READ | PT_WRITE);
        usleep(300);
    }
    runners_stop = true;
    unsigned faults = 0;
    for (unsigned i = 0; i < RUNNERS; i++) {
        pthread_join(runners[i].thread, NULL);
        ck_assert(!runners[i].wrong);
        ck_assert_uint_ne(*(uint64_t *)(uintptr_t)runners[i].address, 0);
        faults += runners[i].faults;
    }
    ck_assert_uint_gt(faults, 0);
}
END_TEST

/* Windows made together, beside some that are there, past the hole below 4 GiB: each leads to its own memory. */
START_TEST(windows_made_together)
{
    enum { COUNT = 500 };
    const uint64_t area = GUEST_ARENA + 8 * WINDOW_BYTES;
    if (!start())
        return;
    unsigned before = vm_window_count(vm);
    ck_assert_int_eq(vm_add_windows(vm, area + 3 * WINDOW_BYTES, 2), 0);
    ck_assert_int_eq(vm_add_windows(vm, area, COUNT), 0);
    ck_assert_int_eq(vm_add_windows(vm, area, COUNT), 0);
    ck_assert_uint_eq(vm_window_count(vm), before + COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        uint64_t address = area + i * WINDOW_BYTES + (i % 7) * PAGE_BYTES;
        ck_assert(vm_has_window(vm, address));
        ck_assert_uint_eq(vm_rights(vm, address), 0);
        map(address, PAGE_BYTES, PROT_READ | PROT_WRITE);
        expect_call(access_page(true, address), CODE + 10);
        ck_assert_uint_ne(*(uint64_t *)(uintptr_t)address, 0);
    }
}
END_TEST

START_TEST(bad_ranges)
{
    if (!start())
        return;
    ck_assert_int_eq(vm_map(vm, CODE + 1, PAGE_BYTES, PT_READ), -EINVAL);
    ck_assert_int_eq(vm_map(vm, 0, PAGE_BYTES, PT_READ), -EINVAL);
    ck_assert_int_eq(vm_map(vm, GUEST_HIGH, PAGE_BYTES, PT_READ), -EINVAL);
    ck_assert_int_eq(vm_map(vm, GUEST_HIGH - PAGE_BYTES, 2 * PAGE_BYTES, PT_READ), -EINVAL);
    ck_assert_int_eq(vm_map(vm, CODE, 0 - CODE, PT_READ), -EINVAL);
    ck_assert_int_eq(vm_map(vm, GUEST_HIGH - PAGE_BYTES, PAGE_BYTES, PT_READ), 0);
    ck_assert_uint_eq(vm_rights(vm, GUEST_HIGH - 1), PT_READ);
    ck_assert_uint_eq(vm_rights(vm, GUEST_HIGH), 0);
    ck_assert_uint_eq(vm_rights(vm, ~0ull), 0);
    ck_assert_uint_eq(vm_window_count(vm), 2);
    ck_assert_uint_eq(vm_window(vm, 0), GUEST_ARENA);
    ck_assert_uint_eq(vm_window(vm, 1), GUEST_HIGH - WINDOW_BYTES);
}
END_TEST

TEST_MAIN("hv_pagetable", NULL, 120, TEST(page_faults), TEST(rights_lost_under_running_code), TEST(random_rights),
          TEST(random_rights_under_running_code), TEST(windows_made_together), TEST(bad_ranges))
