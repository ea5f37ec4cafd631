/* Using up everything: bombs KIND.  The guest meets an error of its own and can go on afterwards. */
#include "hostile.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

static int finish(bool good, const char *what, unsigned long count)
{
    printf("%s: %lu, then %s\n", what, count, strerror(errno));
    if (good)
        say("ok\n");
    return !good;
}

static int memory(void)
{
    unsigned long count = 0;
    for (char *at; count < 100000; count++) {
        at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED)
            break;
        memset(at, 1, 1 << 20);
    }
    bool good = errno == ENOMEM && count > 10;
    char *huge = mmap(NULL, 1ul << 44, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return finish(good && (huge == MAP_FAILED || mprotect(huge, 1ul << 40, PROT_READ | PROT_WRITE) != 0), "MiB", count);
}

static int shared_memory(void)
{
    unsigned long count = 0;
    int fd = memfd_create("bomb", 0);
    char block[65536];
    memset(block, 1, sizeof block);
    while (count < 200000 && write(fd, block, sizeof block) == sizeof block)
        count++;
    return finish(count < 200000, "blocks of 64 KiB in a memfd", count); /* or ended by the limit: run */
}

/* Children that each fill a memfd and go to sleep: none has much, all together have. */
static int hoard(void)
{
    for (unsigned i = 0; i < 60; i++)
        if (fork() == 0) {
            int fd = memfd_create("hoard", 0);
            void *at = mmap(NULL, 20 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            if (ftruncate(fd, 20 << 20) == 0)
                memset(at, 1, 20 << 20);
            munmap(at, 20 << 20);
            pause();
        }
    sleep(1000);
    return 1;
}

/* MAP_NORESERVE is not charged when it is mapped. */
static int unreserved(void)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    for (unsigned i = 0; i < 3; i++)
        if (i == 2 || fork() == 0) {
            char *at = mmap(NULL, 4ul << 30, PROT_READ | PROT_WRITE, flags, -1, 0);
            if (at != MAP_FAILED)
                for (unsigned long k = 0; k < 4ul << 30; k += 4096)
                    at[k] = 1;
            if (i < 2)
                _exit(0);
        }
    return 1;
}

/* One call that would fill the machine. */
static int populate(void)
{
    mmap(NULL, 4ul << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);
    return 1;
}

static int preallocation(void)
{
    int fd = memfd_create("bomb", 0);
    bool good = fallocate(fd, 0, 0, 1l << 30) != 0 && errno == ENOSPC;
    return finish(good, "GiB in one memfd", 1);
}

static void *sleeper(void *argument)
{
    sleep(1000);
    return argument;
}

static int threads(void)
{
    unsigned long count = 0;
    pthread_attr_t attributes;
    pthread_t t;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16384);
    while (count < 20000 && (errno = pthread_create(&t, &attributes, sleeper, NULL)) == 0)
        count++;
    return finish(errno == EAGAIN && count >= 10 && count < 20000, "threads", count);
}

static int processes(void)
{
    unsigned long count = 0;
    pid_t pid;
    while (count < 20000 && (pid = fork()) >= 0) {
        if (pid == 0) {
            pause();
            _exit(0);
        }
        count++;
    }
    bool good = (errno == EAGAIN || errno == ENOMEM) && count >= 3 && count < 20000;
    int result = finish(good, "processes", count);
    signal(SIGTERM, SIG_IGN);
    kill(0, SIGTERM);
    while (wait(NULL) > 0)
        ;
    return result;
}

static int open_any(unsigned i)
{
    int pair[2];
    switch (i % 8) {
    case 0:
        return open("/dev/null", O_RDONLY);
    case 1:
        return socket(AF_UNIX, SOCK_STREAM, 0);
    case 2:
        return pipe(pair) == 0 ? pair[0] : -1;
    case 3:
        return epoll_create1(0);
    case 4:
        return eventfd(0, 0);
    case 5:
        return timerfd_create(CLOCK_MONOTONIC, 0);
    case 6:
        return memfd_create("x", 0);
    default:
        return open("/usr", O_RDONLY | O_DIRECTORY);
    }
}

static int descriptors(void)
{
    unsigned long count = 0;
    int fd, last = -1;
    for (unsigned round = 0; round < 3; round++) {
        while (count < 1000000 && (fd = open_any((unsigned)count)) >= 0) {
            last = fd > last ? fd : last;
            count++;
        }
        if (errno != EMFILE)
            return finish(false, "descriptors", count);
        for (fd = 3; fd <= last + 1; fd++)
            close(fd);
    }
    fd = open("/dev/null", O_RDONLY);
    errno = EMFILE;
    return finish(fd == 3, "descriptors", count);
}

static int mappings(void)
{
    unsigned long count = 0;
    char *at = mmap(NULL, 1ul << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    while (at != MAP_FAILED && count < 120000 && mprotect(at + count * 8192, 4096, PROT_READ | PROT_WRITE) == 0)
        at[count++ * 8192] = 1;
    bool good = munmap(at, 1ul << 30) == 0;
    at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return finish(good && at != MAP_FAILED, "mappings", count);
}

static volatile sig_atomic_t hits;

static void hit(int number)
{
    hits++;
}

static volatile bool over;

static void *shooter(void *argument)
{
    pthread_t target = *(pthread_t *)argument;
    while (!over)
        pthread_kill(target, SIGUSR1);
    return NULL;
}

/* Signals from three threads and two timers, with handlers on an alternate stack, for three seconds. */
static int signals(void)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = hit, .sa_flags = SA_ONSTACK | SA_RESTART};
    struct itimerspec often = {{0, 50000}, {0, 50000}};
    pthread_t self = pthread_self(), t[3];
    timer_t timers[2];

    sigaltstack(&alternate, NULL);
    for (int number = 1; number <= 64; number++)
        sigaction(number, &action, NULL);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    for (int i = 0; i < 2; i++) {
        timer_create(CLOCK_MONOTONIC, &event, &timers[i]);
        timer_settime(timers[i], 0, &often, NULL);
    }
    for (int i = 0; i < 3; i++)
        pthread_create(&t[i], NULL, shooter, &self);
    double end = seconds() + 3;
    unsigned long work = 0;
    while (seconds() < end) {
        getppid();
        kill(getpid(), SIGUSR2);
        work++;
    }
    over = true;
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    errno = 0;
    printf("%lu handlers\n", (unsigned long)hits);
    return finish(hits > 100 && work > 0, "rounds", work);
}

/* Queued signals that are never taken are bounded. */
static int queue(void)
{
    unsigned long count = 0;
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    while (count < 1000000 && sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 1}) == 0)
        count++;
    return finish(errno == EAGAIN, "queued signals", count);
}

static int timers(void)
{
    unsigned long count = 0;
    timer_t t;
    struct sigevent event = {.sigev_notify = SIGEV_NONE};
    while (count < 1000000 && timer_create(CLOCK_MONOTONIC, &event, &t) == 0)
        count++;
    return finish(errno == EAGAIN || errno == ENOMEM, "timers", count);
}

/* Epoll sets inside of epoll sets, each other's members. */
static int nesting(void)
{
    int set[64];
    unsigned long count = 0;
    struct epoll_event event = {.events = EPOLLIN};
    for (unsigned i = 0; i < 64; i++) {
        set[i] = epoll_create1(0);
        for (unsigned k = 0; k < i; k++) {
            count += epoll_ctl(set[i], EPOLL_CTL_ADD, set[k], &event) == 0;
            count += epoll_ctl(set[k], EPOLL_CTL_ADD, set[i], &event) == 0;
        }
    }
    epoll_wait(set[63], &event, 1, 10);
    return finish(true, "nested sets", count);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } kinds[] = {{"memory", memory}, {"shared-memory", shared_memory}, {"threads", threads}, {"processes", processes},
                 {"descriptors", descriptors}, {"mappings", mappings}, {"hoard", hoard}, {"unreserved", unreserved},
                 {"populate", populate}, {"preallocation", preallocation}, {"signals", signals}, {"queue", queue},
                 {"timers", timers}, {"nesting", nesting}};
    for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            return kinds[i].run();
    return 2;
}
