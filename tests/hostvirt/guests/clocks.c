/* A guest that waits in every way with a time-out, to be saved meanwhile and restored after more time than they had
 * left.  Waits for a length of time go on with the rest; those for a time of day end at once when it has passed; no clock
 * goes back; CLOCK_REALTIME is the host's.  At the end it says who it is, so that clones can be told apart.
 *
 *      clocks MILLISECONDS SLACK    how long the waits are; how much longer they may take on a machine that is held up */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "include/cloister/hypercall.h"

static atomic_int failures;
static int64_t wait_ns, slack_ns;
static atomic_bool stop;

#define FAIL(...)                                                                                                      \
    do {                                                                                                               \
        failures++;                                                                                                    \
        dprintf(2, "clocks: " __VA_ARGS__);                                                                            \
        dprintf(2, "\n");                                                                                              \
    } while (0)

static int64_t read_clock(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static struct timespec from_ns(int64_t ns)
{
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}

/* ---- waits: each starts at the same time and ends after wait_ns, or at that time of day ---- */

static void by_nanosleep(void)
{
    struct timespec t = from_ns(wait_ns);

    while (nanosleep(&t, &t) != 0)
        ;
}

static void by_poll(void)
{
    while (poll(NULL, 0, (int)(wait_ns / 1000000)) != 0)
        ;
}

static void by_select(void)
{
    struct timeval t = {wait_ns / 1000000000, wait_ns % 1000000000 / 1000};

    while (select(0, NULL, NULL, NULL, &t) != 0)
        ;
}

static void by_epoll(void)
{
    struct epoll_event event;
    int set = epoll_create1(0);

    while (epoll_wait(set, &event, 1, (int)(wait_ns / 1000000)) != 0)
        ;
}

static void by_futex(void)
{
    struct timespec t = from_ns(wait_ns);
    int word = 0;

    while (syscall(SYS_futex, &word, 128 /* FUTEX_WAIT_PRIVATE */, 0, &t, NULL, 0) == 0 || errno != ETIMEDOUT)
        ;
}

static void by_condition(void)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_condattr_t monotonic;
    pthread_cond_t never;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&never, &monotonic);
    struct timespec until = from_ns(read_clock(CLOCK_MONOTONIC) + wait_ns);
    pthread_mutex_lock(&lock);
    while (pthread_cond_timedwait(&never, &lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&lock);
}

static void by_sigtimedwait(void)
{
    struct timespec t = from_ns(wait_ns);
    sigset_t only;

    sigemptyset(&only);
    sigaddset(&only, SIGUSR1);
    while (sigtimedwait(&only, NULL, &t) >= 0 || errno != EAGAIN)
        ;
}

static void by_timer(void)
{
    sigset_t only;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    struct itimerspec when = {.it_value = from_ns(wait_ns)};
    int number;

    sigemptyset(&only);
    sigaddset(&only, SIGRTMIN);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &when, NULL);
    sigwait(&only, &number);
}

static void by_timerfd(void)
{
    struct itimerspec when = {.it_value = from_ns(wait_ns)};
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    uint64_t count;

    timerfd_settime(timer, 0, &when, NULL);
    while (read(timer, &count, sizeof count) != sizeof count)
        ;
}

static void until_sleep(void)
{
    struct timespec until = from_ns(read_clock(CLOCK_REALTIME) + wait_ns);

    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) != 0)
        ;
}

static void until_semaphore(void)
{
    struct timespec until = from_ns(read_clock(CLOCK_REALTIME) + wait_ns);
    sem_t never;

    sem_init(&never, 0, 0);
    while (sem_timedwait(&never, &until) == 0 || errno != ETIMEDOUT)
        ;
}

static void until_timer(void)
{
    sigset_t only;
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 1};
    struct itimerspec when = {.it_value = from_ns(read_clock(CLOCK_REALTIME) + wait_ns)};
    int number;

    sigemptyset(&only);
    sigaddset(&only, SIGRTMIN + 1);
    timer_create(CLOCK_REALTIME, &event, &timer);
    timer_settime(timer, TIMER_ABSTIME, &when, NULL);
    sigwait(&only, &number);
}

static void until_timerfd(void)
{
    struct itimerspec when = {.it_value = from_ns(read_clock(CLOCK_REALTIME) + wait_ns)};
    int timer = timerfd_create(CLOCK_REALTIME, 0);
    uint64_t count;

    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
    while (read(timer, &count, sizeof count) != sizeof count)
        ;
}

static const struct wait {
    const char *name;
    void (*run)(void);
    bool time_of_day;
} waits[] = {
    {"nanosleep", by_nanosleep, false},   {"poll", by_poll, false},         {"select", by_select, false},
    {"epoll_wait", by_epoll, false},      {"futex", by_futex, false},       {"pthread_cond_timedwait", by_condition, false},
    {"sigtimedwait", by_sigtimedwait, false}, {"timer", by_timer, false},   {"timerfd", by_timerfd, false},
    {"clock_nanosleep until", until_sleep, true}, {"sem_timedwait", until_semaphore, true},
    {"timer until", until_timer, true},   {"timerfd until", until_timerfd, true},
};
#define WAITS (sizeof waits / sizeof waits[0])

static void *wait_once(void *argument)
{
    const struct wait *w = argument;
    clockid_t clock = w->time_of_day ? CLOCK_REALTIME : CLOCK_MONOTONIC;
    int64_t begin = read_clock(clock), begin_own = read_clock(CLOCK_MONOTONIC);

    w->run();
    int64_t passed = read_clock(clock) - begin, own = read_clock(CLOCK_MONOTONIC) - begin_own;
    if (passed < wait_ns - 2000000)
        FAIL("%s has waited %lld ms only", w->name, (long long)passed / 1000000);
    if (own > wait_ns + slack_ns)
        FAIL("%s has waited %lld ms", w->name, (long long)own / 1000000);
    return NULL;
}

/* ---- clocks that only go on, whoever looks at them ---- */

static const clockid_t steady[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE};
static _Atomic int64_t latest;

static void *look_at_clocks(void *argument)
{
    int64_t last[4] = {0}, processor = 0;

    while (!stop) {
        int64_t before = latest, now = read_clock(CLOCK_MONOTONIC);
        if (now < before)
            FAIL("CLOCK_MONOTONIC is %lld ns behind what another thread has seen", (long long)(before - now));
        while (before < now && !atomic_compare_exchange_weak(&latest, &before, now))
            ;
        for (unsigned i = 0; i < 4; i++) {
            struct timespec t;
            if (argument != NULL)
                syscall(SYS_clock_gettime, steady[i], &t);
            else
                clock_gettime(steady[i], &t);
            now = t.tv_sec * 1000000000ll + t.tv_nsec;
            if (now < last[i])
                FAIL("clock %d went back by %lld ns", steady[i], (long long)(last[i] - now));
            last[i] = now;
        }
        now = read_clock(CLOCK_THREAD_CPUTIME_ID);
        if (now < processor)
            FAIL("the thread's processor time went back by %lld ns", (long long)(processor - now));
        processor = now;
        usleep(500);
    }
    return NULL;
}

static void say_who(void)
{
    struct cloister_info info;
    unsigned char random[8], at_start[8];
    char host[65] = "";

    if (syscall(CLOISTER_CALL_INFO, &info, sizeof info) != sizeof info)
        FAIL("INFO: %s", strerror(errno));
    if (getrandom(random, sizeof random, 0) != sizeof random)
        FAIL("getrandom: %s", strerror(errno));
    memcpy(at_start, (void *)getauxval(AT_RANDOM), sizeof at_start);
    gethostname(host, sizeof host - 1);
    printf("number %llu\nname %s\nhost %s\nrandom %02x%02x%02x%02x%02x%02x%02x%02x\ntime %ld\n", info.clone_number,
           info.name, host, random[0], random[1], random[2], random[3], random[4], random[5], random[6], random[7],
           (long)time(NULL));
    printf("at_random %02x%02x%02x%02x\n", at_start[0], at_start[1], at_start[2], at_start[3]);
}

/* By how much the time of day is ahead of CLOCK_MONOTONIC: what it grows by is time that this guest has not been
 * there. */
static int64_t ahead(void)
{
    return read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
}

int main(int argc, char **argv)
{
    pthread_t threads[WAITS], lookers[2];
    int64_t at_begin = ahead();
    sigset_t all;

    wait_ns = atoll(argv[1]) * 1000000;
    slack_ns = atoll(argv[2]) * 1000000;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    for (long i = 0; i < 2; i++)
        pthread_create(&lookers[i], NULL, look_at_clocks, (void *)i);
    for (size_t i = 0; i < WAITS; i++)
        pthread_create(&threads[i], NULL, wait_once, (void *)&waits[i]);
    for (size_t i = 0; i < WAITS; i++)
        pthread_join(threads[i], NULL);
    stop = true;
    for (int i = 0; i < 2; i++)
        pthread_join(lookers[i], NULL);
    say_who();
    printf("missed %lld\n", (long long)(ahead() - at_begin) / 1000000);
    printf("clocks: %d failures\n", (int)failures);
    return failures != 0;
}
