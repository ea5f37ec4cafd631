/* Copies to and from guest memory survive whatever the guest does to it; a fault elsewhere ends the monitor. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostvirt/uaccess.h"
#include "runner.h"

#define PLACE (GUEST_ARENA + (1ull << 32))

/* Four pages: readable and writable, readable, inaccessible, none. */
static void make_pages(void)
{
    void *at = (void *)PLACE;
    ck_assert_int_eq(uaccess_init(), 0);
    ck_assert_ptr_eq(mmap(at, 3 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), at);
    memset(at, 'x', 3 * PAGE_BYTES);
    ck_assert_int_eq(mprotect((char *)at + PAGE_BYTES, PAGE_BYTES, PROT_READ), 0);
    ck_assert_int_eq(mprotect((char *)at + 2 * PAGE_BYTES, PAGE_BYTES, PROT_NONE), 0);
}

START_TEST(copies_answer_efault)
{
    char buffer[2 * PAGE_BYTES];
    ck_assert_int_eq(copy_in(buffer, PLACE, sizeof buffer), 0);
    ck_assert_int_eq(copy_in(buffer, PLACE + 1, sizeof buffer), -EFAULT);
    ck_assert_int_eq(copy_in(buffer, PLACE + 2 * PAGE_BYTES, 1), -EFAULT);
    ck_assert_int_eq(copy_in(buffer, PLACE + 3 * PAGE_BYTES, 1), -EFAULT);
    ck_assert_int_eq(copy_out(PLACE, buffer, PAGE_BYTES), 0);
    ck_assert_int_eq(copy_out(PLACE + 1, buffer, PAGE_BYTES), -EFAULT);
    ck_assert_int_eq(clear_out(PLACE, PAGE_BYTES), 0);
    ck_assert_int_eq(copy_in(buffer, PLACE, 1), 0);
    ck_assert_int_eq(buffer[0], 0);
    ck_assert_int_eq(clear_out(PLACE + 1, PAGE_BYTES), -EFAULT);
    /* nowhere, and the monitor's own memory */
    const uint64_t outside[] = {0, 1, GUEST_LOW - 1, GUEST_HIGH, GUEST_HIGH - 1, UINT64_MAX, UINT64_MAX - 7,
                                (uint64_t)(uintptr_t)buffer, (uint64_t)(uintptr_t)copies_answer_efault};
    for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
        uint32_t word;
        ck_assert_int_eq(copy_in(buffer, outside[i], 8), -EFAULT);
        ck_assert_int_eq(copy_out(outside[i], buffer, 8), -EFAULT);
        ck_assert_int_eq(clear_out(outside[i], 8), -EFAULT);
        ck_assert_int_eq(load_word(outside[i], &word), -EFAULT);
        ck_assert_int_eq(copy_string(buffer, outside[i], 8), -EFAULT);
        ck_assert_ptr_null(guest_buffer(outside[i], 8));
    }
    ck_assert_int_eq(copy_in(buffer, PLACE, SIZE_MAX), -EFAULT);
    ck_assert_int_eq(copy_in(buffer, 0, 0), 0);
}
END_TEST

START_TEST(strings_end_before_missing_pages)
{
    char buffer[64];
    uint64_t end = PLACE + PAGE_BYTES;
    ck_assert_int_eq(copy_out(end - 4, "abc", 4), 0);
    ck_assert_int_eq(copy_string(buffer, end - 4, sizeof buffer), 3);
    ck_assert_str_eq(buffer, "abc");
    ck_assert_int_eq(copy_string(buffer, end - 4, 4), 3);
    ck_assert_int_eq(copy_string(buffer, end - 4, 3), -ENAMETOOLONG);
    ck_assert_int_eq(copy_string(buffer, PLACE, sizeof buffer), -ENAMETOOLONG);
    ck_assert_int_eq(copy_string(buffer, PLACE + 2 * PAGE_BYTES - 4, sizeof buffer), -EFAULT);
    ck_assert_int_eq(copy_string(buffer, PLACE + 2 * PAGE_BYTES - 4, 4), -ENAMETOOLONG);
    /* a string may begin in one page and end in the next */
    ck_assert_int_eq(mprotect((void *)end, PAGE_BYTES, PROT_READ | PROT_WRITE), 0);
    ck_assert_int_eq(copy_out(end - 2, "hello", 6), 0);
    ck_assert_int_eq(copy_string(buffer, end - 2, sizeof buffer), 5);
    ck_assert_str_eq(buffer, "hello");
}
END_TEST

START_TEST(words_are_exchanged_whole)
{
    uint32_t seen = 0, word = 5;
    ck_assert_int_eq(copy_out(PLACE + 8, &word, 4), 0);
    ck_assert_int_eq(exchange_word(PLACE + 8, 5, 6, &seen), 0);
    ck_assert_uint_eq(seen, 5);
    ck_assert_int_eq(exchange_word(PLACE + 8, 5, 7, &seen), 0);
    ck_assert_uint_eq(seen, 6);
    ck_assert_int_eq(load_word(PLACE + 8, &seen), 0);
    ck_assert_uint_eq(seen, 6);
    ck_assert_int_eq(exchange_word(PLACE + 9, 5, 7, &seen), -EINVAL);
    ck_assert_int_eq(exchange_word(PLACE + PAGE_BYTES, 0, 7, &seen), -EFAULT);
    ck_assert_int_eq(exchange_word(PLACE + 3 * PAGE_BYTES, 0, 7, &seen), -EFAULT);
    ck_assert_int_eq(load_word(PLACE + 2 * PAGE_BYTES, &seen), -EFAULT);
}
END_TEST

START_TEST(a_file_cut_off_is_efault)
{
    char buffer[8];
    int file = memfd_create("test", MFD_CLOEXEC);
    ck_assert_int_eq(ftruncate(file, 2 * PAGE_BYTES), 0);
    ck_assert_ptr_eq(mmap((void *)PLACE, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0),
                     (void *)PLACE);
    ck_assert_int_eq(copy_in(buffer, PLACE + PAGE_BYTES, 8), 0);
    ck_assert_int_eq(ftruncate(file, PAGE_BYTES), 0);
    ck_assert_int_eq(copy_in(buffer, PLACE + PAGE_BYTES, 8), -EFAULT); /* SIGBUS in the monitor */
    ck_assert_int_eq(copy_out(PLACE + PAGE_BYTES, buffer, 8), -EFAULT);
}
END_TEST

static atomic_bool stop;

static void *change_protection(void *unused)
{
    for (unsigned i = 0; !stop; i++)
        mprotect((void *)PLACE, PAGE_BYTES, i % 2 ? PROT_NONE : PROT_READ | PROT_WRITE);
    return NULL;
}

START_TEST(racing_protections_are_survived)
{
    pthread_t other;
    char buffer[PAGE_BYTES];
    int refused = 0;
    ck_assert_int_eq(pthread_create(&other, NULL, change_protection, NULL), 0);
    for (int i = 0; i < 20000 || (refused == 0 && i < 5000000); i++) {
        refused += copy_in(buffer, PLACE, sizeof buffer) != 0;
        refused += copy_out(PLACE, buffer, sizeof buffer) != 0;
    }
    stop = true;
    pthread_join(other, NULL);
    ck_assert_int_gt(refused, 0);
}
END_TEST

/* What a child that runs `fault` writes to its stderr, and how it ends. */
static int status_of(void (*fault)(void), char *text, size_t bytes)
{
    int channel[2], status;
    ck_assert_int_eq(pipe(channel), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(channel[1], STDERR_FILENO);
        fault();
        _exit(0);
    }
    close(channel[1]);
    ssize_t got = read(channel[0], text, bytes - 1);
    text[got > 0 ? got : 0] = 0;
    close(channel[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static void touch_guest_directly(void)
{
    *(volatile char *)(PLACE + 2 * PAGE_BYTES) = 1;
}

static void copy_from_own_hole(void)
{
    char *hole = mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    copy_out(PLACE, hole, 8); /* the fault is not at a guest address */
}

static void be_sent_a_signal(void)
{
    raise(SIGSEGV);
}

START_TEST(own_faults_end_the_monitor)
{
    void (*const faults[])(void) = {touch_guest_directly, copy_from_own_hole, be_sent_a_signal};
    char text[256];
    for (size_t i = 0; i < 3; i++) {
        int status = status_of(faults[i], text, sizeof text);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "%zu: %x", i, status);
        ck_assert_msg(strncmp(text, "cloister: the monitor failed (SIGSEGV, ", 39) == 0, "%s", text);
    }
}
END_TEST

TEST_MAIN("hv_uaccess", make_pages, 60, TEST(copies_answer_efault), TEST(strings_end_before_missing_pages),
          TEST(words_are_exchanged_whole), TEST(a_file_cut_off_is_efault), TEST(racing_protections_are_survived),
          TEST(own_faults_end_the_monitor))
