/* A guest with one of everything that a snapshot has a recipe for.  It sets all of it up, asks for a CHECKPOINT, and
 * looks at each afterwards: as the original that goes on, as a clone, and again after every reset.  What it looks at it
 * also changes, so that a reset has something to put back.  0 when all was right; the number of failures otherwise.
 *
 *      kinds FOLDER [PORT]    FOLDER is writable */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "include/cloister/hypercall.h"

#define PAGE 4096

static int failures;
static const char *folder;
static long number; /* of the clone */

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            failures++;                                                                                                \
            dprintf(2, "kinds (clone %ld), line %d: ", number, __LINE__);                                              \
            dprintf(2, __VA_ARGS__);                                                                                   \
            dprintf(2, " (%s)\n", strerror(errno));                                                                    \
        }                                                                                                              \
    } while (0)

static int path_of(char *to, const char *name)
{
    return snprintf(to, PATH_MAX, "%s/%s", folder, name);
}

/* ---- files ---- */

static int reading, appending, deleted, directory, text, sealed, twice, same;
static char directory_first[NAME_MAX + 1];

static int make(const char *name, const char *contents, int flags)
{
    char path[PATH_MAX];

    path_of(path, name);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0640);
    CHECK(file >= 0 && write(file, contents, strlen(contents)) == (ssize_t)strlen(contents), "%s", path);
    close(file);
    return open(path, flags);
}

static void set_up_files(void)
{
    char path[PATH_MAX], byte[4];

    reading = make("reading", "0123456789", O_RDONLY);
    lseek(reading, 4, SEEK_SET);
    appending = make("appending", "begin", O_WRONLY | O_APPEND);
    deleted = make("deleted", "nobody finds me", O_RDWR);
    path_of(path, "deleted");
    unlink(path);
    lseek(deleted, 7, SEEK_SET);
    for (int i = 0; i < 20; i++) {
        char name[16];
        snprintf(name, sizeof name, "entry.%d", i);
        close(make(name, "", O_RDONLY));
    }
    directory = open(folder, O_RDONLY | O_DIRECTORY);
    text = open("/proc/self/status", O_RDONLY);
    CHECK(read(text, byte, 2) == 2 && memcmp(byte, "Na", 2) == 0, "status");
    sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
    CHECK(write(sealed, "for ever", 8) == 8 && fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW) == 0, "seals");
    twice = dup(reading);
    same = fcntl(reading, F_DUPFD_CLOEXEC, 300);
}

static void look_at_files(void)
{
    char bytes[64] = "";
    struct stat status;

    CHECK(lseek(reading, 0, SEEK_CUR) == 4, "position %ld", (long)lseek(reading, 0, SEEK_CUR));
    CHECK(read(reading, bytes, 3) == 3 && memcmp(bytes, "456", 3) == 0, "contents %s", bytes);
    CHECK(lseek(twice, 0, SEEK_CUR) == 7 && lseek(same, 0, SEEK_CUR) == 7, "duplicates share the position");
    CHECK(same == 300 && (fcntl(same, F_GETFD) & FD_CLOEXEC) && !(fcntl(twice, F_GETFD) & FD_CLOEXEC), "close-on-exec");
    CHECK((fcntl(appending, F_GETFL) & (O_APPEND | O_ACCMODE)) == (O_APPEND | O_WRONLY), "O_APPEND");
    CHECK(write(appending, "+", 1) == 1, "append");
    CHECK(fstat(deleted, &status) == 0 && lseek(deleted, 0, SEEK_CUR) == 7, "deleted file");
    CHECK(pread(deleted, bytes, 15, 0) == 15 && memcmp(bytes, "nobody finds me", 15) == 0, "contents: %.15s",
          bytes);
    CHECK(pwrite(deleted, "NOBODY", 6, 0) == 6, "writing to the deleted file");
    CHECK(read(text, bytes, 3) == 3 && memcmp(bytes, "me:", 3) == 0, "text: %.3s", bytes);
    CHECK(pread(sealed, bytes, 8, 0) == 8 && memcmp(bytes, "for ever", 8) == 0, "sealed");
    CHECK(fcntl(sealed, F_GET_SEALS) == (F_SEAL_WRITE | F_SEAL_GROW) && write(sealed, "x", 1) < 0, "seals");
    lseek(directory, 0, SEEK_SET);
    DIR *list = fdopendir(dup(directory));
    int entries = 0;
    for (struct dirent *d = readdir(list); d != NULL; d = readdir(list))
        entries += strncmp(d->d_name, "entry.", 6) == 0;
    closedir(list);
    CHECK(entries == 20, "%d entries %s", entries, directory_first);
}

/* ---- pipes and sockets ---- */

static int out[2], fifo, pair[2], half[2], lonely, datagrams[2], listener = -1, unix_listener, abstract;
static int client, server, udp;

static void set_up_sockets(int port)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char path[PATH_MAX];
    int ends[2], on = 1, size = 20000;

    CHECK(pipe2(out, O_NONBLOCK) == 0 && fcntl(out[0], F_SETPIPE_SZ, 16384) == 16384, "pipe");
    CHECK(write(out[1], "in flight", 9) == 9, "pipe");
    path_of(path, "fifo");
    unlink(path);
    CHECK(mkfifo(path, 0600) == 0 && (fifo = open(path, O_RDWR)) >= 0 && write(fifo, "first in", 8) == 8, "fifo");
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(pair[0], "abc", 3) == 3 &&
          write(pair[0], "def", 3) == 3 && write(pair[1], "back", 4) == 4, "pair");
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, half) == 0 && write(half[0], "last words", 10) == 10 &&
          shutdown(half[0], SHUT_WR) == 0, "half");
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && write(ends[1], "gone", 4) == 4, "lonely");
    close(ends[1]);
    lonely = ends[0];
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, datagrams) == 0 && write(datagrams[0], "one", 3) == 3 &&
          write(datagrams[0], "three", 5) == 5, "datagrams");
    unix_listener = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(name.sun_path, sizeof name.sun_path, "%s/socket", folder);
    unlink(name.sun_path);
    CHECK(bind(unix_listener, (struct sockaddr *)&name, sizeof name) == 0 && listen(unix_listener, 5) == 0, "bind");
    abstract = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK(bind(abstract, (struct sockaddr *)&name, sizeof(sa_family_t)) == 0, "a name that bind chooses");
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(client, (struct sockaddr *)&name, sizeof name) == 0, "connect");
    CHECK((server = accept(unix_listener, NULL, NULL)) >= 0, "accept");
    udp = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK(setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) == 0 &&
          setsockopt(udp, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0, "options");
    if (port == 0)
        return;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
          bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 7) == 0, "listener");
}

/* The isolate's own network: what it holds goes on, also in clones. */
static int inside_listener, inside[2], inside_udp, inside_peer;

static void set_up_inside(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET}, at;
    struct sockaddr_in6 at6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    socklen_t length = sizeof at, length6 = sizeof at6;
    int on = 1;

    inside_listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listen(inside_listener, 5) == 0 && getsockname(inside_listener, (struct sockaddr *)&at, &length) == 0, "inside");
    inside[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(setsockopt(inside[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
          connect(inside[0], (struct sockaddr *)&at, sizeof at) == 0 &&
          (inside[1] = accept(inside_listener, NULL, NULL)) >= 0 && write(inside[0], "to you", 6) == 6 &&
          write(inside[1], "and to you", 10) == 10, "a connection inside");
    inside_udp = socket(AF_INET6, SOCK_DGRAM, 0);
    inside_peer = socket(AF_INET6, SOCK_DGRAM, 0);
    CHECK(bind(inside_udp, (struct sockaddr *)&at6, sizeof at6) == 0 &&
          getsockname(inside_udp, (struct sockaddr *)&at6, &length6) == 0 &&
          connect(inside_peer, (struct sockaddr *)&at6, sizeof at6) == 0, "datagrams inside");
    CHECK(bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&any, sizeof any) == 0, "bound only");
}

static void look_at_inside(void)
{
    struct sockaddr_in own, peer;
    struct sockaddr_in6 from, its;
    socklen_t length = sizeof own, length6 = sizeof from, its_length = sizeof its;
    char bytes[64] = "";
    int on = 0, again = socket(AF_INET, SOCK_STREAM, 0), accepted = -1;
    socklen_t on_length = sizeof on;

    CHECK(read(inside[1], bytes, 64) == 6 && memcmp(bytes, "to you", 6) == 0, "in flight inside: %.6s", bytes);
    CHECK(read(inside[0], bytes, 64) == 10 && memcmp(bytes, "and to you", 10) == 0, "in flight inside: %.10s", bytes);
    CHECK(write(inside[0], "on", 2) == 2 && read(inside[1], bytes, 64) == 2, "the connection goes on");
    CHECK(getsockopt(inside[0], IPPROTO_TCP, TCP_NODELAY, &on, &on_length) == 0 && on == 1, "an option inside");
    CHECK(getsockname(inside[0], (struct sockaddr *)&own, &length) == 0 &&
          getpeername(inside[1], (struct sockaddr *)&peer, &length) == 0 && own.sin_port == peer.sin_port &&
          own.sin_addr.s_addr == peer.sin_addr.s_addr, "names inside");
    CHECK(getsockname(inside_listener, (struct sockaddr *)&own, &length) == 0 &&
          connect(again, (struct sockaddr *)&own, sizeof own) == 0 &&
          (accepted = accept(inside_listener, NULL, NULL)) >= 0 && write(again, "!", 1) == 1 &&
          read(accepted, bytes, 9) == 1, "the listener inside");
    CHECK(send(inside_peer, "datagram", 8, 0) == 8 &&
          recvfrom(inside_udp, bytes, 64, MSG_DONTWAIT, (struct sockaddr *)&from, &length6) == 8 &&
          getsockname(inside_peer, (struct sockaddr *)&its, &its_length) == 0 && its.sin6_port == from.sin6_port,
          "datagrams inside: %s", bytes);
    close(again);
    close(accepted);
    shutdown(inside[0], SHUT_WR); /* for a reset to put right */
}

static void look_at_sockets(bool original)
{
    char bytes[64] = "";
    int on = 0, size = 0;
    socklen_t length = sizeof on;

    CHECK(fcntl(out[0], F_GETPIPE_SZ) == 16384 && (fcntl(out[0], F_GETFL) & O_NONBLOCK), "pipe's size and flags");
    CHECK(read(out[0], bytes, 64) == 9 && memcmp(bytes, "in flight", 9) == 0, "pipe: %s", bytes);
    CHECK(read(out[0], bytes, 1) < 0 && errno == EAGAIN, "the pipe is empty");
    CHECK(write(out[1], "x", 1) == 1 && read(out[0], bytes, 2) == 1, "the pipe goes on");
    CHECK(ioctl(fifo, FIONREAD, &size) == 0 && size >= 8 && read(fifo, bytes, 8) == 8 &&
          memcmp(bytes, "first in", 8) == 0, "fifo: %d, %.8s", size, bytes);
    CHECK(write(fifo, "first in", 8) == 8, "fifo"); /* it is shared with every clone */
    CHECK(read(pair[1], bytes, 64) == 6 && memcmp(bytes, "abcdef", 6) == 0, "pair: %s", bytes);
    CHECK(read(pair[0], bytes, 64) == 4 && memcmp(bytes, "back", 4) == 0, "pair: %s", bytes);
    CHECK(write(pair[0], "more", 4) == 4 && read(pair[1], bytes, 64) == 4, "the pair goes on");
    CHECK(read(half[1], bytes, 64) == 10 && read(half[1], bytes, 64) == 0, "half: end of file");
    CHECK(write(half[1], "hear", 4) == 4 && read(half[0], bytes, 64) == 4, "half: the other way");
    CHECK(read(lonely, bytes, 64) == 4 && memcmp(bytes, "gone", 4) == 0 && read(lonely, bytes, 64) == 0, "lonely");
    CHECK(read(datagrams[1], bytes, 64) == 3 && read(datagrams[1], bytes, 64) == 5 && memcmp(bytes, "three", 5) == 0,
          "datagrams keep their borders");
    CHECK(getsockopt(udp, SOL_SOCKET, SO_RCVBUF, &size, &length) == 0 && size == 40000, "receive buffer %d", size);
    CHECK(getsockopt(udp, SOL_SOCKET, SO_BROADCAST, &on, &length) == 0 && on == 1, "broadcast");
    if (original)
        return;
    ssize_t got = read(client, bytes, 1);
    CHECK(got < 0 && errno == ECONNRESET, "a lost connection: %zd", got);
    CHECK(write(server, "x", 1) < 0 && errno == ECONNRESET, "a lost connection");
}

static void look_at_listeners(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    char byte = 0;

    snprintf(name.sun_path, sizeof name.sun_path, "%s/socket", folder);
    int to = socket(AF_UNIX, SOCK_STREAM, 0), from = -1;
    CHECK(connect(to, (struct sockaddr *)&name, sizeof name) == 0 && (from = accept(unix_listener, NULL, NULL)) >= 0 &&
          write(to, "!", 1) == 1 && read(from, &byte, 1) == 1 && byte == '!', "listener of a name");
    close(to);
    close(from);
    to = socket(AF_UNIX, SOCK_DGRAM, 0);
    length = sizeof name;
    CHECK(getsockname(abstract, (struct sockaddr *)&name, &length) == 0 && length == sizeof(sa_family_t) + 6 &&
          sendto(to, "?", 1, 0, (struct sockaddr *)&name, length) == 1 && recv(abstract, &byte, 1, 0) == 1,
          "an abstract name");
    close(to);
    length = sizeof address;
    if (listener < 0)
        return;
    CHECK(getsockname(listener, (struct sockaddr *)&address, &length) == 0, "getsockname");
    to = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(connect(to, (struct sockaddr *)&address, sizeof address) == 0 && (from = accept(listener, NULL, NULL)) >= 0 &&
          write(to, "?", 1) == 1 && read(from, &byte, 1) == 1 && byte == '?', "listener of a port");
    close(to);
    close(from);
}

/* ---- events and timers ---- */

static int counter, semaphore, ticking, expired, never, set, outer, signal_file;
static volatile sig_atomic_t alarms, blocked_signals;

static void on_alarm(int signal)
{
    alarms++;
}

static void on_blocked(int signal, siginfo_t *info, void *context)
{
    blocked_signals += info->si_value.sival_int;
}

static int watches, watched;

static void set_up_watches(void)
{
    char path[PATH_MAX], events[512];

    path_of(path, "watched");
    CHECK(mkdir(path, 0700) == 0 || errno == EEXIST, "mkdir");
    watches = inotify_init1(IN_NONBLOCK);
    for (int i = 0; i < 3; i++) /* numbers are not given twice */
        inotify_rm_watch(watches, inotify_add_watch(watches, folder, IN_CREATE));
    watched = inotify_add_watch(watches, path, IN_CREATE | IN_DELETE);
    CHECK(watched == 4, "watch %d", watched);
    while (read(watches, events, sizeof events) > 0)
        ;
}

static void look_at_watches(void)
{
    union {
        struct inotify_event event;
        char room[512];
    } all;
    char path[PATH_MAX];

    CHECK(read(watches, &all, sizeof all) < 0 && errno == EAGAIN, "nothing has changed yet");
    path_of(path, "watched/new");
    close(open(path, O_WRONLY | O_CREAT, 0600));
    CHECK(read(watches, &all, sizeof all) > 0 && all.event.wd == watched && all.event.mask == IN_CREATE &&
          strcmp(all.event.name, "new") == 0, "watch %d: %x", all.event.wd, all.event.mask);
    unlink(path);
    CHECK(read(watches, &all, sizeof all) > 0 && all.event.mask == IN_DELETE, "%x", all.event.mask);
    CHECK(inotify_rm_watch(watches, watched) == 0, "rm_watch");
}

static void set_up_events(void)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0xfeed0001};
    struct itimerspec soon = {{0, 0}, {0, 300000000}}, past = {{0, 0}, {0, 1}};
    struct itimerval real = {{0, 0}, {0, 400000}};
    struct itimerspec for_ever = {{0, 0}, {LONG_MAX, 0}};
    struct sigevent unheard = {.sigev_notify = SIGEV_NONE, .sigev_signo = 12345}; /* means nothing */
    struct sigaction action = {.sa_handler = on_alarm};
    timer_t silent;
    sigset_t block;

    counter = eventfd(3, EFD_NONBLOCK);
    semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    ticking = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    expired = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    set = epoll_create1(EPOLL_CLOEXEC);
    outer = epoll_create1(0);
    epoll_ctl(set, EPOLL_CTL_ADD, counter, &event);
    event.data.u64 = 0xfeed0002;
    epoll_ctl(outer, EPOLL_CTL_ADD, set, &event);
    event.data.u64 = 0xfeed0003;
    epoll_ctl(outer, EPOLL_CTL_ADD, out[0], &event);
    epoll_ctl(outer, EPOLL_CTL_ADD, unix_listener, &event);
    epoll_ctl(outer, EPOLL_CTL_DEL, unix_listener, NULL);
    sigaction(SIGALRM, &action, NULL);
    action = (struct sigaction){.sa_sigaction = on_blocked, .sa_flags = SA_SIGINFO};
    sigaction(SIGRTMIN + 3, &action, NULL);
    sigemptyset(&block);
    sigaddset(&block, SIGRTMIN + 3);
    sigprocmask(SIG_BLOCK, &block, NULL);
    signal_file = signalfd(-1, &block, SFD_NONBLOCK);
    for (int i = 1; i <= 3; i++)
        sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = i});
    timerfd_settime(expired, 0, &past, NULL);
    usleep(2000);
    never = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    CHECK(timerfd_settime(never, 0, &for_ever, NULL) == 0, "a timer of 292 years");
    CHECK(timer_create(CLOCK_MONOTONIC, &unheard, &silent) == 0, "a timer without a signal");
    timerfd_settime(ticking, 0, &soon, NULL);
    setitimer(ITIMER_REAL, &real, NULL);
}

static void look_at_events(void)
{
    struct epoll_event ready[4];
    struct itimerspec rest;
    uint64_t value = 0;
    sigset_t set_of;

    CHECK(timerfd_gettime(never, &rest) == 0 && rest.it_value.tv_sec > 100ll * 365 * 86400, "the timer for ever");
    CHECK(epoll_wait(set, ready, 4, 0) == 1 && ready[0].data.u64 == 0xfeed0001, "epoll");
    int count = epoll_wait(outer, ready, 4, 0);
    CHECK(count == 2 && (ready[0].data.u64 ^ ready[1].data.u64) == 1, "nested epoll: %d", count);
    CHECK(read(counter, &value, 8) == 8 && value == 3, "counter %llu", (unsigned long long)value);
    CHECK(read(semaphore, &value, 8) == 8 && value == 1 && read(semaphore, &value, 8) == 8 && value == 1 &&
          read(semaphore, &value, 8) < 0, "semaphore");
    CHECK(read(expired, &value, 8) == 8 && value == 1, "the timer that had expired: %s", strerror(errno));
    CHECK(epoll_ctl(outer, EPOLL_CTL_DEL, unix_listener, NULL) < 0 && errno == ENOENT, "what was taken out is out");
    struct pollfd_ {
        int fd;
        short events, revents;
    } polled = {ticking, 1, 0};
    CHECK(syscall(SYS_poll, &polled, 1, 3000) == 1 || errno == EINTR, "the timer ticks");
    for (int i = 0; i < 300 && alarms == 0; i++)
        usleep(10000);
    CHECK(alarms == 1, "alarms: %d", (int)alarms);
    CHECK(read(ticking, &value, 8) == 8 && value == 1, "ticks %llu", (unsigned long long)value);
    struct signalfd_siginfo taken;
    polled = (struct pollfd_){signal_file, 1, 0};
    CHECK(syscall(SYS_poll, &polled, 1, 0) == 1 && read(signal_file, &taken, sizeof taken) == sizeof taken &&
          taken.ssi_int == 1 && sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 1}) == 0, "signalfd");
    sigpending(&set_of);
    CHECK(sigismember(&set_of, SIGRTMIN + 3) && blocked_signals == 0, "signals wait");
    sigemptyset(&set_of);
    sigaddset(&set_of, SIGRTMIN + 3);
    sigprocmask(SIG_UNBLOCK, &set_of, NULL);
    CHECK(blocked_signals == 6, "signals: %d", (int)blocked_signals);
    sigprocmask(SIG_BLOCK, &set_of, NULL);
}

/* ---- what children get of the memory ---- */

enum { WIPED, KEPT, LEFT, MARKS };
static char *marked; /* a page each: MADV_WIPEONFORK, no mark, MADV_DONTFORK */

static void set_up_marks(void)
{
    marked = mmap(NULL, MARKS * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(marked, 'm', MARKS * PAGE);
    CHECK(madvise(marked + WIPED * PAGE, PAGE, MADV_WIPEONFORK) == 0 &&
          madvise(marked + LEFT * PAGE, PAGE, MADV_DONTFORK) == 0, "marking memory");
}

static bool there(int page)
{
    unsigned char resident;
    return mincore(marked + page * PAGE, PAGE, &resident) == 0;
}

/* A bit for each page that is not as it should be in a child, or in a child's. */
static int wrong_in_child(bool wiped[MARKS])
{
    int wrong = 0;

    for (int i = 0; i < MARKS; i++)
        wrong |= (i == LEFT ? there(i) : !there(i) || marked[i * PAGE + 7] != (wiped[i] ? 0 : 'm')) << i;
    return wrong;
}

static int wrong_in_children(bool wiped[MARKS])
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        int wrong = wrong_in_child(wiped);
        for (int i = 0; i < LEFT; i++)
            marked[i * PAGE + 7] = 'm';
        child = fork();
        if (child == 0)
            _exit(wrong_in_child(wiped));
        waitpid(child, &status, 0);
        _exit(wrong | status >> 8 << 4);
    }
    waitpid(child, &status, 0);
    return status;
}

static void look_at_marks(void)
{
    int status = wrong_in_children((bool[MARKS]){[WIPED] = true});

    CHECK(status == 0, "memory that is marked, in children (0x%x)", status);
    CHECK(marked[WIPED * PAGE] == 'm' && marked[LEFT * PAGE] == 'm', "memory that is marked");
    /* What marks are changed to a reset puts back. */
    CHECK(madvise(marked + WIPED * PAGE, PAGE, MADV_KEEPONFORK) == 0 &&
          madvise(marked + KEPT * PAGE, PAGE, MADV_WIPEONFORK) == 0, "marking other memory");
    status = wrong_in_children((bool[MARKS]){[KEPT] = true});
    CHECK(status == 0, "memory that is marked now, in children (0x%x)", status);
}

/* ---- memory ---- */

static char *hidden, *shared, *shared_file, *private_file, *once, *heap, *grown;
static int shared_host;
#define BIG (3u << 20)

static void set_up_memory(void)
{
    hidden = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(hidden + PAGE, "behind PROT_NONE");
    mprotect(hidden, 4 * PAGE, PROT_NONE);
    shared = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    strcpy(shared, "shared");
    shared_host = memfd_create("shared", 0);
    CHECK(ftruncate(shared_host, 10 * PAGE) == 0, "memfd");
    shared_file = mmap(NULL, 10 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shared_host, 0);
    strcpy(shared_file + 5 * PAGE, "both ways");
    int file = make("mapped", "", O_RDWR);
    for (int i = 0; i < 4; i++) {
        char page[PAGE];
        memset(page, 'a' + i, sizeof page);
        CHECK(write(file, page, sizeof page) == PAGE, "mapped");
    }
    private_file = mmap(NULL, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    close(file);
    private_file[PAGE] = 'X';
    once = mmap(NULL, BIG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; i < BIG; i += 3 * PAGE)
        memset(once + i, (int)(i / PAGE) | 1, PAGE);
    grown = sbrk(3 * PAGE);
    strcpy(grown, "break");
}

static void look_at_memory(void)
{
    CHECK(mprotect(hidden, 4 * PAGE, PROT_READ | PROT_WRITE) == 0 && strcmp(hidden + PAGE, "behind PROT_NONE") == 0,
          "what was hidden");
    CHECK(hidden[0] == 0 && hidden[3 * PAGE] == 0, "what was never touched");
    strcpy(hidden + PAGE, "changed");
    CHECK(madvise(hidden, 4 * PAGE, MADV_DONTNEED) == 0 && hidden[PAGE] == 0, "given back: %s", hidden + PAGE);
    CHECK(strcmp(shared, "shared") == 0, "shared: %s", shared);
    strcpy(shared, "SHARED");
    CHECK(strcmp(shared_file + 5 * PAGE, "both ways") == 0, "memfd: %s", shared_file + 5 * PAGE);
    CHECK(pwrite(shared_host, "BOTH", 4, 5 * PAGE) == 4 && strcmp(shared_file + 5 * PAGE, "BOTH ways") == 0,
          "the descriptor and the mapping are one: %s", shared_file + 5 * PAGE);
    CHECK(private_file[0] == 'a' && private_file[PAGE] == 'X' && private_file[PAGE + 1] == 'b' &&
          private_file[3 * PAGE] == 'd', "private file");
    private_file[2 * PAGE] = 'Y';
    CHECK(madvise(private_file, 4 * PAGE, MADV_DONTNEED) == 0 && private_file[PAGE] == 'b' &&
          private_file[2 * PAGE] == 'c', "the file shows again: %c", private_file[PAGE]);
    for (unsigned i = 0; i < BIG; i += PAGE)
        if ((unsigned char)once[i + 9] != (i / PAGE % 3 == 0 ? ((i / PAGE) | 1) & 255 : 0)) {
            CHECK(false, "page %u holds %d", i / PAGE, once[i + 9]);
            break;
        }
    for (unsigned i = 0; i < BIG; i += 2 * PAGE)
        once[i] = 1;
    munmap(once + PAGE * 10, PAGE * 20);
    char *moved = mremap(once, PAGE * 8, PAGE * 8, MREMAP_MAYMOVE | MREMAP_FIXED, once + PAGE * 12);
    CHECK(moved == once + PAGE * 12 && (moved[3 * PAGE + 9] & 255) == 3, "moved %d", moved[3 * PAGE + 9]);
    CHECK(sbrk(0) == heap && strcmp(grown, "break") == 0, "break");
    CHECK(sbrk(5 * PAGE) == heap && heap[3 * PAGE] == 0, "the break moves on");
    strcpy(heap + 4 * PAGE, "more");
}

/* ---- the process ---- */

static pid_t zombie;
static struct timespec before;
static pthread_t waiting;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t go = PTHREAD_COND_INITIALIZER;
static int gone, went;

static void *sleep_for_ever(void *argument)
{
    nanosleep(&(struct timespec){INT64_MAX / 1000000000, 0}, NULL);
    return argument;
}

static void *wait_here(void *argument)
{
    pthread_mutex_lock(&lock);
    while (!gone)
        pthread_cond_wait(&go, &lock);
    went = 1;
    pthread_mutex_unlock(&lock);
    return (void *)42;
}

static void set_up_process(void)
{
    struct rlimit limit = {512, 1024};

    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0, "sched_setaffinity");
    zombie = fork();
    if (zombie == 0)
        _exit(17);
    siginfo_t info;
    waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT);
    umask(031);
    CHECK(chdir(folder) == 0, "chdir");
    setrlimit(RLIMIT_NOFILE, &limit);
    pthread_create(&waiting, NULL, sleep_for_ever, NULL);
    pthread_create(&waiting, NULL, wait_here, NULL);
    usleep(20000);
    clock_gettime(CLOCK_MONOTONIC, &before);
}

static void look_at_process(void)
{
    struct rlimit limit;
    struct timespec now;
    char here[PATH_MAX], link[PATH_MAX];
    int status;
    void *result = NULL;

    clock_gettime(CLOCK_MONOTONIC, &now);
    CHECK(now.tv_sec > before.tv_sec || (now.tv_sec == before.tv_sec && now.tv_nsec >= before.tv_nsec), "the clock");
    int ended = (int)syscall(SYS_pidfd_open, zombie, 0);
    CHECK(ended >= 0 && close(ended) == 0, "the ended child has a pidfd: %s", strerror(errno));
    CHECK(waitpid(zombie, &status, 0) == zombie && WIFEXITED(status) && WEXITSTATUS(status) == 17, "the ended child");
    CHECK(umask(031) == 031, "umask");
    CHECK(getcwd(here, sizeof here) != NULL && strcmp(here, folder) == 0, "directory %s", here);
    CHECK(chdir("/") == 0, "chdir");
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 512, "limit");
    ssize_t length = readlink("/proc/self/exe", link, sizeof link - 1);
    CHECK(length > 5 && memcmp(link + length - 5, "kinds", 5) == 0, "/proc/self/exe");
    CHECK(getpid() == (pid_t)syscall(SYS_gettid), "pid");
    cpu_set_t own;
    CHECK(sched_getaffinity(0, sizeof own, &own) == 0 && CPU_COUNT(&own) == 1 && CPU_ISSET(0, &own), "processors");
    memset(&own, 0xff, sizeof own);
    CHECK(sched_setaffinity(0, sizeof own, &own) == 0, "sched_setaffinity");
    pthread_mutex_lock(&lock);
    gone = 1;
    pthread_cond_signal(&go);
    pthread_mutex_unlock(&lock);
    CHECK(pthread_join(waiting, &result) == 0 && result == (void *)42 && went == 1, "the thread that waited");
    pid_t child = fork();
    if (child == 0)
        _exit(5);
    CHECK(waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 5, "a new child");
}

int main(int argc, char **argv)
{
    int port = argc > 2 ? atoi(argv[2]) : 0;

    folder = argv[1];
    set_up_files();
    set_up_sockets(port);
    set_up_inside();
    set_up_memory();
    set_up_marks();
    set_up_events();
    set_up_watches();
    set_up_process();
    heap = sbrk(0);
    for (int i = 0; i < 3000; i++) {
        number = syscall(CLOISTER_CALL_CHECKPOINT);
        if (number >= 0 || errno != EAGAIN)
            break;
        usleep(1000);
    }
    look_at_memory();
    look_at_marks();
    look_at_events();
    look_at_watches();
    look_at_files();
    look_at_sockets(number == 0);
    look_at_listeners();
    look_at_inside();
    look_at_process();
    dprintf(1, "kinds (clone %ld): %d failures\n", number, failures);
    if (argc > 3) /* stays, to be reset */
        for (;;)
            pause();
    return failures;
}
