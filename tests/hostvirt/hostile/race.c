/* A second thread rewrites what a call is just reading: lengths, pointers, paths, structures.  race SECONDS */
#include "hostile.h"

#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

static volatile bool stop;
static struct iovec parts[8];
static struct msghdr message;
static struct pollfd polled[8];
static struct timespec when;
static char path[256], buffer[4096], control[256];
static uint64_t sets[16];

static void *flip(void *argument)
{
    uint64_t state = (uint64_t)(uintptr_t)argument;
    static const uint64_t values[] = {0, 1, 16, 4096, (uint64_t)-1, GUEST_HIGH, GUEST_HIGH + 4096, 0x7ffffffff000,
                                      0x7fffffffffffffff, 0xffffffff, 0x80000000};
    char *areas[] = {(char *)parts, (char *)&message, (char *)polled, (char *)&when, control, (char *)sets};
    size_t sizes[] = {sizeof parts, sizeof message, sizeof polled, sizeof when, sizeof control, sizeof sets};

    while (!stop) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        unsigned area = (state >> 33) % 6;
        size_t at = (state >> 40) % (sizes[area] / 8) * 8;
        uint64_t value = values[(state >> 20) % 11];
        if (state & 1 << 15)
            value = (uint64_t)(uintptr_t)buffer;
        *(volatile uint64_t *)(areas[area] + at) = value;
        path[(state >> 50) % 200 + 1] = (char)"/.a\0e"[(state >> 8) % 5];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[2];
    int pair[2], file = open("/proc/self/exe", O_RDONLY), ep = epoll_create1(0);
    double end = seconds() + atof(argv[1]);
    unsigned long rounds = 0;

    signal(SIGPIPE, SIG_IGN);
    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    memset(path, 'a', 200);
    path[0] = '/';
    for (uintptr_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, flip, (void *)(i + 1));
    while (seconds() < end) {
        syscall(SYS_readv, file, parts, 8);
        syscall(SYS_preadv2, file, parts, 8, 0, 0, 0);
        syscall(SYS_writev, pair[0], parts, 8);
        syscall(SYS_sendmsg, pair[0], &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        syscall(SYS_recvmsg, pair[1], &message, MSG_DONTWAIT);
        syscall(SYS_sendmmsg, pair[0], &message, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        syscall(SYS_recvmmsg, pair[1], &message, 1, MSG_DONTWAIT, NULL);
        syscall(SYS_poll, polled, 8, 0);
        syscall(SYS_pselect6, 64, sets, sets + 1, sets + 2, &(struct timespec){0, 0}, NULL);
        syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, pair[0], sets);
        syscall(SYS_epoll_pwait, ep, sets, 4, 0, NULL, 8);
        syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
        syscall(SYS_newfstatat, AT_FDCWD, path, buffer, 0);
        syscall(SYS_readlink, path, buffer, 100);
        syscall(SYS_clock_settime, 0, &when);
        syscall(SYS_utimensat, AT_FDCWD, path, &when, 0);
        syscall(SYS_futex, sets, 0 /* FUTEX_WAIT */, 1234567, &(struct timespec){0, 1000}, NULL, 0);
        syscall(SYS_setsockopt, pair[0], SOL_SOCKET, 15, sets, 8);
        syscall(SYS_getsockopt, pair[0], SOL_SOCKET, 4, sets, sets + 1);
        syscall(SYS_rt_sigaction, SIGUSR1, sets, sets + 4, 8);
        for (int fd = 20; fd < 40; fd++)
            close(fd);
        rounds++;
    }
    stop = true;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%lu rounds\n", rounds);
    say("ok\n");
    return 0;
}
