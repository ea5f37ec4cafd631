/* A guest that finds out when anything of it is lost or changed: threads with checksummed memory, sequences through
 * pipes, sockets, futexes and signals, timers, clocks that must not go back, registers, files, mappings that come and
 * go.  Saved, restored and reset at random moments it must never see a difference.
 *
 *      checked SECONDS [THREADS]    ends with 0 after that much of its own time; with 1 and a sentence */
#include <errno.h>
#include <fcntl.h>
#include <immintrin.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BLOCKS 64
#define WORDS 512 /* one page each */

static atomic_bool stop;
static atomic_long steps[8];

#define FAIL(...)                                                                                                      \
    do {                                                                                                               \
        char sentence[256];                                                                                            \
        int length = snprintf(sentence, sizeof sentence, "checked: " __VA_ARGS__);                                     \
        sentence[length] = '\n';                                                                                       \
        (void)!write(2, sentence, (size_t)length + 1);                                                                 \
        _exit(1);                                                                                                      \
    } while (0)

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int64_t now(void)
{
    static __thread int64_t last;
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    int64_t ns = t.tv_sec * 1000000000ll + t.tv_nsec;
    if (ns < last)
        FAIL("the clock went back by %lld ns", (long long)(last - ns));
    last = ns;
    return ns;
}

/* ---- memory: each block's last word is the sum of the others ---- */

struct blocks {
    uint64_t words[BLOCKS][WORDS];
};

static uint64_t sum_of(const uint64_t *block)
{
    uint64_t sum = 0x9e3779b97f4a7c15ull;

    for (unsigned i = 0; i < WORDS - 1; i++)
        sum = (sum ^ block[i]) * 0x100000001b3ull;
    return sum;
}

static void *memory_worker(void *argument)
{
    long id = (long)argument;
    uint64_t seed = 88172645463325252ull + (uint64_t)id * 7919;
    struct blocks *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t used[BLOCKS] = {0};

    while (!stop) {
        unsigned k = next_random(&seed) % BLOCKS;
        uint64_t *block = b->words[k];
        if (used[k] != 0 && block[WORDS - 1] != sum_of(block))
            FAIL("thread %ld: block %u is damaged", id, k);
        if (used[k] != 0 && block[0] != used[k])
            FAIL("thread %ld: block %u is an old one", id, k);
        for (unsigned i = 0; i < WORDS - 1; i += 1 + seed % 7)
            block[i] = next_random(&seed);
        block[0] = used[k] = seed | 1;
        block[WORDS - 1] = sum_of(block);
        if (seed % 97 == 0) { /* gives a page back: it must read as zeros */
            madvise(block, sizeof b->words[k], MADV_DONTNEED);
            for (unsigned i = 0; i < WORDS; i++)
                if (block[i] != 0)
                    FAIL("thread %ld: a page given back is not empty", id);
            used[k] = 0;
        }
        if (seed % 61 == 0) { /* rights that come and go */
            mprotect(block, sizeof b->words[k], PROT_READ);
            if (used[k] != 0 && block[WORDS - 1] != sum_of(block))
                FAIL("thread %ld: block %u is damaged behind mprotect", id, k);
            mprotect(block, sizeof b->words[k], PROT_READ | PROT_WRITE);
        }
        steps[0]++;
    }
    return NULL;
}

/* ---- mappings that are made, moved and unmapped ---- */

static void *mapping_worker(void *argument)
{
    uint64_t seed = 362436069ull + (uint64_t)(long)argument;

    while (!stop) {
        size_t pages = 1 + next_random(&seed) % 40, bytes = pages * 4096;
        uint64_t *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            FAIL("mmap: %s", strerror(errno));
        for (size_t i = 0; i < pages; i++)
            p[i * WORDS] = seed + i;
        uint64_t *q = mremap(p, bytes, bytes + 8 * 4096, MREMAP_MAYMOVE);
        if (q == MAP_FAILED)
            FAIL("mremap: %s", strerror(errno));
        usleep(300);
        for (size_t i = 0; i < pages + 8; i++)
            if (q[i * WORDS] != (i < pages ? seed + i : 0))
                FAIL("a moved mapping has lost page %zu", i);
        munmap(q, bytes + 8 * 4096);
        steps[1]++;
    }
    return NULL;
}

/* ---- sequences through descriptors ---- */

struct line {
    int in, out;
    const char *name;
};

static void *sender(void *argument)
{
    const struct line *l = argument;
    uint32_t message[64];

    for (uint32_t n = 0; !stop; n++) {
        uint32_t length = 2 + n % 60;
        message[0] = length;
        for (uint32_t i = 1; i < length; i++)
            message[i] = n * 31 + i;
        for (size_t done = 0; done < length * 4;) {
            ssize_t put = write(l->out, (char *)message + done, length * 4 - done);
            if (put < 0 && errno != EINTR)
                FAIL("%s: write: %s", l->name, strerror(errno));
            done += put > 0 ? (size_t)put : 0;
        }
    }
    close(l->out);
    return NULL;
}

static bool read_all(const struct line *l, void *to, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t got = read(l->in, (char *)to + done, bytes - done);
        if (got == 0)
            return false;
        if (got < 0 && errno != EINTR)
            FAIL("%s: read: %s", l->name, strerror(errno));
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static void *receiver(void *argument)
{
    const struct line *l = argument;
    uint32_t message[64];

    for (uint32_t n = 0; read_all(l, message, 4); n++) {
        if (message[0] != 2 + n % 60)
            FAIL("%s: message %u has length %u", l->name, n, message[0]);
        read_all(l, message + 1, (message[0] - 1) * 4);
        for (uint32_t i = 1; i < message[0]; i++)
            if (message[i] != n * 31 + i)
                FAIL("%s: message %u is damaged", l->name, n);
        steps[2]++;
    }
    return NULL;
}

/* ---- two threads that take turns ---- */

static pthread_mutex_t turn_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static unsigned turn, turns[2];

static void *player(void *argument)
{
    unsigned own = (unsigned)(long)argument;

    while (!stop) {
        pthread_mutex_lock(&turn_lock);
        while (turn != own && !stop) {
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_sec += 1;
            pthread_cond_timedwait(&turn_changed, &turn_lock, &until);
        }
        turns[own]++;
        if (!stop && (turns[0] - turns[1] > 1 || turns[1] > turns[0]))
            FAIL("turns %u and %u", turns[0], turns[1]);
        turn = !own;
        pthread_cond_signal(&turn_changed);
        pthread_mutex_unlock(&turn_lock);
        steps[3]++;
    }
    pthread_cond_broadcast(&turn_changed);
    return NULL;
}

/* ---- registers: values that live nowhere else ---- */

static void *register_worker(void *argument)
{
    __m128i a = _mm_set_epi64x(0x0123456789abcdef, 0x1122334455667788);
    double x = 1.0;
    uint64_t counter = 0;

    while (!stop) {
        __m128i b = a;
        double y = x;
        uint64_t r = counter;
        for (unsigned i = 0; i < 20000; i++) {
            __asm__ volatile("paddq %1, %0" : "+x"(b) : "x"(a));
            y = y * 1.0000001 + 0.5;
            r = r * 6364136223846793005ull + 1442695040888963407ull;
            __asm__ volatile("" : "+x"(y), "+r"(r), "+x"(b));
        }
        __m128i c = a;
        double z = x;
        uint64_t s = counter;
        for (unsigned i = 0; i < 20000; i++) {
            __asm__ volatile("paddq %1, %0" : "+x"(c) : "x"(a));
            z = z * 1.0000001 + 0.5;
            s = s * 6364136223846793005ull + 1442695040888963407ull;
            __asm__ volatile("" : "+x"(z), "+r"(s), "+x"(c));
        }
        if (memcmp(&b, &c, sizeof b) != 0 || y != z || r != s)
            FAIL("registers changed");
        counter = s;
        steps[4]++;
    }
    return NULL;
}

/* ---- signals ---- */

static pthread_t signalled;
static atomic_uint sent, taken;
#define ALTERNATE_BYTES 65536
static char alternate_stack[ALTERNATE_BYTES];

static void on_signal(int number, siginfo_t *info, void *context)
{
    char here;

    if (info->si_value.sival_int != (int)(taken + 1))
        FAIL("signal %d came after %u", info->si_value.sival_int, taken);
    if (context == NULL || number != SIGRTMIN || (uintptr_t)&here - (uintptr_t)alternate_stack >= ALTERNATE_BYTES)
        FAIL("a signal in the wrong place");
    taken++;
}

static void *signalled_worker(void *argument)
{
    stack_t alternate = {.ss_sp = alternate_stack, .ss_size = ALTERNATE_BYTES};
    sigset_t only;

    sigaltstack(&alternate, NULL);
    sigemptyset(&only);
    sigaddset(&only, SIGRTMIN);
    pthread_sigmask(SIG_UNBLOCK, &only, NULL);
    while (!stop) {
        struct timespec t = {0, 2000000}, rest;
        nanosleep(&t, &rest);
    }
    return NULL;
}

static void *signalling_worker(void *argument)
{
    while (!stop) {
        if (sent - taken < 8) {
            sent++;
            if (pthread_sigqueue(signalled, SIGRTMIN, (union sigval){.sival_int = (int)sent}) != 0 && !stop)
                FAIL("pthread_sigqueue");
        }
        usleep(700);
        steps[5]++;
    }
    return NULL;
}

/* ---- timers and events ---- */

static atomic_uint ticks;

static void on_tick(int number)
{
    ticks++;
}

static void *event_worker(void *argument)
{
    int set = epoll_create1(0), timer = timerfd_create(CLOCK_MONOTONIC, 0), counter = eventfd(0, EFD_NONBLOCK);
    struct itimerspec period = {{0, 3000000}, {0, 3000000}};
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1234567800000001ull};
    uint64_t value, expected = 0;

    timerfd_settime(timer, 0, &period, NULL);
    epoll_ctl(set, EPOLL_CTL_ADD, timer, &event);
    event.data.u64 = 0x1234567800000002ull;
    epoll_ctl(set, EPOLL_CTL_ADD, counter, &event);
    int64_t last = now();
    while (!stop) {
        struct epoll_event ready[4];
        int count = epoll_wait(set, ready, 4, 2000);
        if (count < 0 && errno != EINTR)
            FAIL("epoll_wait: %s", strerror(errno));
        if (count == 0)
            FAIL("no event for two seconds, the timer ticks every 3 ms");
        for (int i = 0; i < count; i++) {
            if (ready[i].data.u64 == 0x1234567800000001ull) {
                if (read(timer, &value, sizeof value) != sizeof value || value == 0)
                    FAIL("the timer: %s", strerror(errno));
                value = 5;
                expected += value;
                (void)!write(counter, &value, sizeof value);
            } else if (ready[i].data.u64 == 0x1234567800000002ull) {
                if (read(counter, &value, sizeof value) != sizeof value || value > expected)
                    FAIL("the counter has %llu, expected %llu", (unsigned long long)value,
                         (unsigned long long)expected);
                expected -= value;
            } else {
                FAIL("an event of nobody");
            }
        }
        last = now();
        steps[6]++;
    }
    (void)last;
    return NULL;
}

/* ---- a file and threads that come and go ---- */

static void *visitor(void *argument)
{
    uint64_t *value = argument;

    *value = *value * 3 + 1;
    return value;
}

static void *file_worker(void *argument)
{
    char name[64], text[128], back[128];
    long n = 0;

    snprintf(name, sizeof name, "/tmp/checked.%ld", (long)argument);
    int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0)
        FAIL("%s: %s", name, strerror(errno));
    while (!stop) {
        int length = snprintf(text, sizeof text, "record %ld of the file\n", n++);
        off_t at = lseek(file, 0, SEEK_CUR);
        if (write(file, text, (size_t)length) != length || pread(file, back, (size_t)length, at) != length ||
            memcmp(text, back, (size_t)length) != 0)
            FAIL("the file has lost record %ld", n);
        if (n % 512 == 0 && (lseek(file, 0, SEEK_SET) != 0 || ftruncate(file, 0) != 0))
            FAIL("%s: %s", name, strerror(errno));
        uint64_t value = (uint64_t)n;
        pthread_t t;
        void *result;
        if (n % 16 == 0) {
            if (pthread_create(&t, NULL, visitor, &value) != 0 || pthread_join(t, &result) != 0 ||
                value != (uint64_t)n * 3 + 1)
                FAIL("a thread that came and went did not do its work");
        }
        usleep(200);
        steps[7]++;
    }
    return NULL;
}

static void start_timer(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    struct itimerspec period = {{0, 5000000}, {0, 5000000}};
    timer_t timer;

    sigaction(SIGRTMIN, &action, NULL);
    action = (struct sigaction){.sa_handler = on_tick, .sa_flags = SA_RESTART};
    sigaction(SIGUSR2, &action, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &period, NULL) != 0)
        FAIL("timer_create: %s", strerror(errno));
}

/* No kind of thread may stand still for ten seconds.  Counted in sleeps: the clock goes on over a reset, the threads do
 * not.  Whole ones: the timer's signals end a sleep after 5 ms, and on a busy host a quarter of the time is not enough
 * for threads that compute. */
static void watch(int64_t end, int kinds)
{
    long before[8];
    unsigned ticks_before = ticks;
    unsigned sleeps = 0;

    for (int i = 0; i < 8; i++)
        before[i] = steps[i];
    while (now() < end) {
        struct timespec t = {0, 20000000};
        while (nanosleep(&t, &t) != 0)
            ;
        if (++sleeps % 500 != 0)
            continue;
        for (int i = 0; i < kinds; i++)
            if (steps[i] == before[i])
                FAIL("threads of kind %d stand still", i);
        if (ticks == ticks_before)
            FAIL("the timer stands still");
        for (int i = 0; i < 8; i++)
            before[i] = steps[i];
        ticks_before = ticks;
    }
}

int main(int argc, char **argv)
{
    int64_t end = now() + (int64_t)(atof(argc > 1 ? argv[1] : "1") * 1e9);
    long memory = argc > 2 ? atol(argv[2]) : 2;
    struct line through_pipe = {.name = "pipe"}, through_socket = {.name = "socket"};
    pthread_t threads[32];
    int ends[2], count = 0;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (pipe(ends) != 0)
        FAIL("pipe: %s", strerror(errno));
    through_pipe.in = ends[0], through_pipe.out = ends[1];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        FAIL("socketpair: %s", strerror(errno));
    through_socket.in = ends[0], through_socket.out = ends[1];
    start_timer();
    for (long i = 0; i < memory && count < 16; i++)
        pthread_create(&threads[count++], NULL, memory_worker, (void *)i);
    pthread_create(&threads[count++], NULL, mapping_worker, (void *)1);
    pthread_create(&threads[count++], NULL, sender, &through_pipe);
    pthread_create(&threads[count++], NULL, receiver, &through_pipe);
    pthread_create(&threads[count++], NULL, sender, &through_socket);
    pthread_create(&threads[count++], NULL, receiver, &through_socket);
    pthread_create(&threads[count++], NULL, player, (void *)0);
    pthread_create(&threads[count++], NULL, player, (void *)1);
    pthread_create(&threads[count++], NULL, register_worker, NULL);
    pthread_create(&threads[count++], NULL, signalled_worker, NULL);
    signalled = threads[count - 1];
    pthread_create(&threads[count++], NULL, signalling_worker, NULL);
    pthread_create(&threads[count++], NULL, event_worker, NULL);
    pthread_create(&threads[count++], NULL, file_worker, (void *)1);
    watch(end, 8);
    stop = true;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("checked: good, %ld %ld %ld %ld %ld %ld %ld %ld steps, %u signals, %u ticks\n", (long)steps[0],
           (long)steps[1], (long)steps[2], (long)steps[3], (long)steps[4], (long)steps[5], (long)steps[6],
           (long)steps[7], (unsigned)taken, (unsigned)ticks);
    return 0;
}
