/* A kick is never missed: wherever it finds a thread on its way into a blocking call, the call comes back at once. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "hostvirt/thread.h"
#include "runner.h"

#define ROUNDS 30000

#ifdef HV_BLOCKING_STANDIN /* without the rest of hostvirt */
__thread struct thread *current_thread;
void vcpu_kick(struct vcpu *v) { abort(); }
#endif

static struct thread guest; /* holds no vCPU */
static int channel[2];
static atomic_int round_started, round_ended;

static void *block(void *unused)
{
    current_thread = &guest;
    for (int i = 1; i <= ROUNDS; i++) {
        char byte;
        round_started = i;
        for (volatile int wait = i % 700; wait > 0; wait--)
            ;
        long result = blocking_call(&guest, SYS_read, channel[0], (long)&byte, 1, 0, 0, 0);
        if (result != -EINTR)
            abort();
        guest.wanted = 0;
        round_ended = i;
    }
    return NULL;
}

START_TEST(kicks_are_not_missed)
{
    pthread_t other;
    ck_assert_int_eq(pipe(channel), 0);
    ck_assert_int_eq(kick_init(), 0);
    ck_assert_int_eq(pthread_create(&other, NULL, block, NULL), 0);
    for (int i = 1; i <= ROUNDS; i++) {
        while (round_started < i)
            ;
        for (volatile int wait = rand() % 2000; wait > 0; wait--)
            ;
        guest.wanted = 1;
        pthread_kill(other, KICK_SIGNAL);
        struct timespec begin, now;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        while (round_ended < i) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            ck_assert_msg(now.tv_sec - begin.tv_sec < 10, "round %d blocks", i);
        }
    }
    pthread_join(other, NULL);
}
END_TEST

START_TEST(results_come_through)
{
    char byte = 7, seen = 0;
    ck_assert_int_eq(pipe(channel), 0);
    ck_assert_int_eq(kick_init(), 0);
    guest.wanted = 0;
    ck_assert_int_eq(blocking_call(&guest, SYS_write, channel[1], (long)&byte, 1, 0, 0, 0), 1);
    ck_assert_int_eq(blocking_call(&guest, SYS_read, channel[0], (long)&seen, 1, 0, 0, 0), 1);
    ck_assert_int_eq(seen, 7);
    ck_assert_int_eq(blocking_call(&guest, SYS_read, -1, 0, 0, 0, 0, 0), -EBADF);
    /* all six arguments: copy_file_range refuses its flags last */
    ck_assert_int_eq(blocking_call(&guest, SYS_copy_file_range, 0, 0, 1, 0, 1, 1), -EINVAL);
    guest.wanted = 1;
    ck_assert_int_eq(blocking_call(&guest, SYS_getpid, 0, 0, 0, 0, 0, 0), -EINTR);
    guest.wanted = 0;
    ck_assert_int_eq(blocking_call(&guest, SYS_getpid, 0, 0, 0, 0, 0, 0), getpid());
}
END_TEST

TEST_MAIN("hv_blocking", NULL, 120, TEST(kicks_are_not_missed), TEST(results_come_through))
