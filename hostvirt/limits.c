/* The watching thread: processor time, wall time and memory in use.
 *
 * Processor time is measured by a timer of the kernel that runs only while the monitor does (timer_create(2),
 * CLOCK_PROCESS_CPUTIME_ID), so that an idle guest costs nothing.  Such timers have the scheduler's tick for
 * precision: for the last stretch before the limit the thread sleeps by the wall clock instead. */
#include "hostvirt/limits_private.h"
#include "hostvirt/clock.h"
#include "hostvirt/control.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/monitor.h"
#include "hostvirt/thread.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PUBLISH_EVERY 100000000ull   /* ns of processor time between two looks, far from the limit */
#define LAST_STRETCH 20000000ull     /* ns: nearer than that the wall clock is used */
#define LOOK_AGAIN 1000000000ull     /* ns, while memory that several may hold can grow without a call */
#define SHORTEST_TURN 100000ull      /* ns: the least that the scheduler takes */
#define GROWTH_LOOK (1ull << 20)     /* bytes */
#define FILLED_PER_NS 4              /* bytes: no guest touches new memory faster */
#define FILLING_LOOK 4000000ull      /* ns: timers of processor time are no finer than the scheduler's tick */
#define STUCK_AFTER 3000000000ull    /* ns that a guest has to end once it is killed */
#define STUCK_LOOK 1000000000ull     /* ns: the last of them, in which it computes or waits */
#define SHORTEST_SLEEP 200000ull     /* ns */
#define MEMORY_SLACK (64ull << 20)   /* bytes: the monitor's own, page tables, what is in flight */

struct limits {
    int signals;       /* signalfd */
    int first;         /* pidfd of the first monitor in a forked one, else -1 */
    int statm;         /* /proc/self/statm, opened before the wall closes */
    timer_t timer;
    uint64_t published;/* ns of this monitor's processor time already in family->cpu_time */
    uint64_t look;     /* when STUCK_LOOK began, ns; 0: not yet */
    uint64_t used;     /* ns of this monitor's processor time by then */
    _Atomic bool stop;
    _Atomic uint64_t grown; /* bytes of memfds since the watch was woken for them */
};

static uint64_t own_cpu_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return timespec_ns(&now);
}

/* The kernel brings the account of a thread that runs on another processor up to date at its tick, and when somebody
 * asks for that thread's own clock (clock_getcpuclockid(3); include/linux/posix-timers.h): ~id above three bits, of
 * which 4 says that it is a thread's and 2 that it counts what the scheduler does.  Without this the last stretch could
 * be a tick too long. */
static void refresh_clocks(struct monitor *m)
{
    struct timespec ignored;

    pthread_mutex_lock(&m->lock);
    for (struct process *p = m->processes; p != NULL; p = p->next) {
        pthread_mutex_lock(&p->lock);
        for (const struct thread *t = p->threads; t != NULL; t = t->next)
            clock_gettime((clockid_t)(~(unsigned)t->host_tid << 3 | 6), &ignored);
        pthread_mutex_unlock(&p->lock);
    }
    pthread_mutex_unlock(&m->lock);
}

/* Adds what was used since the last look; the family's total. */
static uint64_t publish(struct monitor *m)
{
    uint64_t now = own_cpu_time(), used = now - m->limits->published;

    m->limits->published = now;
    return atomic_fetch_add(&m->family->cpu_time, used) + used;
}

static void arm(struct limits *l, uint64_t ns)
{
    struct itimerspec when = {.it_value = timespec_of(ns)};

    timer_settime(l->timer, 0, &when, NULL);
}

/* Everything ends: this monitor's guest now, the rest of the family with the first monitor. */
static void end_family(struct monitor *m, enum limit why)
{
    int none = LIMIT_NONE;

    atomic_compare_exchange_strong(&m->family->broken_limit, &none, (int)why);
    if (m->forked)
        kill(m->family->first, WATCH_SIGNAL);
    process_exit_group(m->process, SIGKILL);
}

/* Anonymous memory in use, bytes: resident less shared pages (proc(5), statm).  Forked monitors, whom the wall keeps
 * from /proc, have no uncharged memory to be watched for (memory.c). */
static uint64_t memory_in_use(const struct limits *l)
{
    char text[128];
    unsigned long size, resident = 0, shared = 0;
    ssize_t got = pread(l->statm, text, sizeof text - 1, 0);

    if (got <= 0)
        return 0;
    text[got] = '\0';
    if (sscanf(text, "%lu %lu %lu", &size, &resident, &shared) != 3 || resident < shared)
        return 0;
    return (uint64_t)(resident - shared) * PAGE_BYTES;
}

/* Bytes that the family may still use by touching what nobody has charged; 0: it has more than it may. */
static uint64_t memory_left(struct monitor *m, bool *growing)
{
    uint64_t used = memory_in_use(m->limits) + limits_shared_memory(m, growing);
    uint64_t limit = m->family->memory_limit + MEMORY_SLACK;

    return used < limit ? limit - used : 0;
}

/* Of this monitor's processor time, ns.  The other processes of the family use up their shares meanwhile; the memory
 * that is left cannot be filled sooner. */
static uint64_t time_to_next_look(const struct monitor *m, uint64_t left, uint64_t memory)
{
    unsigned running = family_running(m->family);
    uint64_t share = left > LAST_STRETCH ? (left - LAST_STRETCH) / (running > 0 ? running : 1) : 0;
    uint64_t filling = memory / FILLED_PER_NS > FILLING_LOOK ? memory / FILLED_PER_NS : FILLING_LOOK;

    share = share > PUBLISH_EVERY ? PUBLISH_EVERY : share > SHORTEST_SLEEP ? share : SHORTEST_SLEEP;
    return share < filling ? share : filling;
}

/* How long to sleep by the wall clock for the sake of processor time, ns; UINT64_MAX: the timer is armed instead. */
static uint64_t look_at_cpu_time(struct monitor *m, uint64_t memory, bool *moving)
{
    struct limits *l = m->limits;
    uint64_t limit = m->policy->cpu_time, before = l->published;

    if (limit != 0 && m->family->cpu_time + LAST_STRETCH > limit)
        refresh_clocks(m);
    uint64_t used = publish(m);

    if (limit != 0 && used >= limit) {
        end_family(m, LIMIT_CPU_TIME);
        return UINT64_MAX;
    }
    uint64_t left = limit != 0 ? limit - used : UINT64_MAX;
    bool consumed = l->published - before > SHORTEST_SLEEP / 8;
    if (left > LAST_STRETCH || (!consumed && !*moving)) {
        arm(l, time_to_next_look(m, left, memory));
        *moving = true; /* the next wake-up comes from running */
        return UINT64_MAX;
    }
    *moving = consumed;
    arm(l, 0);
    uint64_t sleep = left / m->policy->cpus;
    return sleep > SHORTEST_SLEEP ? sleep : SHORTEST_SLEEP;
}

/* As sched_setattr(2) takes them. */
struct turns {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period; /* ns */
};

/* Woken, the watch is not to wait until busy threads have had their turns: it has turns so short that its own comes
 * first (the slice of SCHED_OTHER, since Linux 6.12; older ones ignore it).  It inherits them from the thread that
 * makes it and that then takes its `usual` ones back: nobody has to wait until it has asked for them before the wall
 * closes.  False: there is nothing to take back; forked monitors, behind the wall, do without. */
static bool shorten_turns(struct turns *usual)
{
    if (syscall(SYS_sched_getattr, 0, usual, sizeof *usual, 0) != 0 || usual->policy != SCHED_OTHER)
        return false;
    usual->size = sizeof *usual;
    usual->flags = 0;
    struct turns prompt = *usual;
    prompt.runtime = SHORTEST_TURN;
    return syscall(SYS_sched_setattr, 0, &prompt, 0) == 0;
}

/* A guest that has just begun cannot have used much: the first look does not take a processor from its start. */
static void leave_start_alone(const struct monitor *m)
{
    struct pollfd polled = {m->limits->signals, POLLIN, 0};
    const struct timespec look = timespec_of(FILLING_LOOK);

    if (m->policy->cpu_time == 0 && m->policy->wall_time == 0 && !m->forked)
        ppoll(&polled, 1, &look, NULL);
}

/* Its processor time tells which of both it is: /proc is out of reach here (wall.h), and locks may be held for ever. */
static void tell_stuck(const struct monitor *m, uint64_t looked)
{
    const bool computes = own_cpu_time() - m->limits->used > looked / 100;

    if (limits_reason(m) != NULL)
        fprintf(stderr, "cloister: %s\n", limits_reason(m));
    if (computes)
        fprintf(stderr, "cloister: the isolate was killed while its monitor was at work, which did not end in time: "
                        "this machine is overloaded, or it is a fault of cloister's\n");
    else
        fprintf(stderr, "cloister: the isolate was killed while its monitor waited, perhaps for a file system of this "
                        "machine that did not answer it\n");
}

/* A guest that was killed and does not end mostly has a thread in a call of the host's: a file system (FUSE, NFS) that
 * does not answer lets go of nothing but a process that ends.  ns until that is plain; UINT64_MAX: it was not killed,
 * or has ended. */
static uint64_t look_at_killed(struct monitor *m, uint64_t now)
{
    struct limits *l = m->limits;
    uint64_t killed = m->killed;

    if (killed == 0 || m->ended != 0)
        return UINT64_MAX;
    if (now - killed < STUCK_AFTER - STUCK_LOOK)
        return STUCK_AFTER - STUCK_LOOK - (now - killed);
    if (l->look == 0) {
        l->look = now;
        l->used = own_cpu_time();
    }
    if (now - l->look < STUCK_LOOK)
        return STUCK_LOOK - (now - l->look);
    if (!m->forked) {
        tell_stuck(m, now - l->look);
        control_abandon(m, SIGKILL);
    }
    kill(getpid(), SIGKILL); /* the family's others end with their first */
    return UINT64_MAX;
}

static void *watch(void *argument)
{
    struct monitor *m = argument;
    struct limits *l = m->limits;
    bool moving = true;

    pthread_setname_np(pthread_self(), "limits");
    monitor_wait_at_gate(m);
    leave_start_alone(m);
    uint64_t end = m->policy->wall_time != 0 ? m->started + m->policy->wall_time : UINT64_MAX;
    while (!l->stop) {
        struct pollfd polled[2] = {{l->signals, POLLIN, 0}, {l->first, POLLIN, 0}};
        bool growing;
        uint64_t memory = memory_left(m, &growing), sleep = look_at_cpu_time(m, memory, &moving), now = clock_host();
        if (memory == 0)
            end_family(m, LIMIT_MEMORY);
        if (growing && sleep > LOOK_AGAIN)
            sleep = LOOK_AGAIN;
        if (now >= end)
            end_family(m, LIMIT_WALL_TIME);
        else if (end - now < sleep)
            sleep = end - now;
        if (m->family->broken_limit != LIMIT_NONE) {
            process_exit_group(m->process, SIGKILL);
            end = sleep = UINT64_MAX;
        }
        uint64_t stuck = look_at_killed(m, clock_host());
        sleep = stuck < sleep ? stuck : sleep;
        struct timespec timeout = timespec_of(sleep);
        ppoll(polled, 2, sleep == UINT64_MAX ? NULL : &timeout, NULL);
        if (polled[1].revents != 0)
            _exit(128 + SIGKILL); /* the first monitor is gone: killed, or its guest ended */
        struct signalfd_siginfo drained;
        while (read(l->signals, &drained, sizeof drained) == sizeof drained)
            ;
    }
    return NULL;
}

/* As many processors as the policy gives: which ones differs between monitors, so that they spread. */
static void keep_to_processors(struct monitor *m)
{
    cpu_set_t allowed, *chosen = &m->processors;
    unsigned skip, cpus = m->policy->cpus;

    CPU_ZERO(chosen);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    if ((unsigned)CPU_COUNT(&allowed) <= cpus) {
        *chosen = allowed;
        return;
    }
    skip = (unsigned)getpid() % (unsigned)CPU_COUNT(&allowed);
    for (unsigned i = 0; (unsigned)CPU_COUNT(chosen) < cpus; i = (i + 1) % CPU_SETSIZE) {
        if (!CPU_ISSET(i, &allowed) || CPU_ISSET(i, chosen))
            continue;
        if (skip > 0)
            skip--;
        else
            CPU_SET(i, chosen);
    }
    sched_setaffinity(0, sizeof *chosen, chosen);
}

static int open_sources(struct monitor *m, struct limits *l)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = WATCH_SIGNAL};
    sigset_t only;

    sigemptyset(&only);
    sigaddset(&only, WATCH_SIGNAL);
    l->signals = signalfd(-1, &only, SFD_CLOEXEC | SFD_NONBLOCK);
    l->first = m->forked ? (int)syscall(SYS_pidfd_open, m->family->first, 0) : -1;
    if (l->signals < 0 || (m->forked && l->first < 0) ||
        timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &l->timer) != 0)
        return -errno;
    return 0;
}

/* What a forked monitor has of its parent's watch, whose thread does not exist here and whose timer was not copied. */
static struct limits *forget_parents(struct limits *l)
{
    const int opened[] = {l->signals, l->statm, l->first};

    for (size_t i = 0; i < sizeof opened / sizeof opened[0]; i++)
        if (opened[i] >= 0)
            close(opened[i]);
    *l = (struct limits){0};
    return l;
}

int limits_prepare(struct monitor *m)
{
    struct limits *l = m->limits != NULL ? forget_parents(m->limits) : calloc(1, sizeof *l);

    if (l == NULL)
        return -ENOMEM;
    l->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    m->limits = l;
    return 0;
}

int limits_start(struct monitor *m)
{
    struct limits *l = m->limits;
    pthread_attr_t attributes;
    struct turns usual;
    pthread_t thread;

    l->published = own_cpu_time();
    int error = open_sources(m, l);
    if (error != 0)
        return error;
    if (!m->forked) {
        l->published = 0;
        keep_to_processors(m);
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    bool shortened = shorten_turns(&usual);
    error = -pthread_create(&thread, &attributes, watch, m);
    if (shortened)
        syscall(SYS_sched_setattr, 0, &usual, 0);
    pthread_attr_destroy(&attributes);
    return error;
}

void limits_memory_grew(struct monitor *m, uint64_t bytes)
{
    struct limits *l = m->limits;

    if (l != NULL && atomic_fetch_add(&l->grown, bytes) + bytes >= GROWTH_LOOK) {
        l->grown = 0;
        kill(getpid(), WATCH_SIGNAL);
    }
}

void limits_look(struct monitor *m)
{
    if (m->limits != NULL && !m->limits->stop)
        kill(getpid(), WATCH_SIGNAL);
}

void limits_stop(struct monitor *m)
{
    if (m->limits != NULL)
        m->limits->stop = true;
}

const char *limits_reason(const struct monitor *m)
{
    static const char *const sentences[] = {
        [LIMIT_NONE] = NULL,
        [LIMIT_CPU_TIME] = "the isolate was ended: it has used up its processor time (--cpu-time)",
        [LIMIT_WALL_TIME] = "the isolate was ended: its time is over (--wall-time)",
        [LIMIT_MEMORY] = "the isolate was ended: it used more memory than it may (--memory)",
    };

    return sentences[m->family->broken_limit];
}

bool limits_call_allowed(struct monitor *m)
{
    struct family *f = m->family;
    unsigned rate = m->policy->syscall_rate;

    if (rate == 0)
        return true;
    uint64_t now = clock_host(), second = now / 1000000000u, seen = f->rate_second;
    if (seen != second && atomic_compare_exchange_strong(&f->rate_second, &seen, second))
        f->rate_count = 0;
    if (atomic_fetch_add(&f->rate_count, 1) < rate)
        return true;
    struct timespec next = timespec_of((second + 1) * 1000000000u);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL); /* a kick ends it: then the call is made at once */
    return true;
}
