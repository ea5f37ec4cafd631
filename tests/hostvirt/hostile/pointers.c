/* No call reads from or writes to what is not the guest's: each answers EFAULT (or another error), and never moves a
 * byte.  Addresses: all of the monitor's part by strides and at random, the edges, the kernel's part. */
#include "hostile.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

static int pair[2], file, bad;

static void complain(const char *call, uint64_t address, long result)
{
    printf("%s at %#lx answered %ld\n", call, address, result);
    bad++;
}

static void expect_fault(const char *call, uint64_t address, long result)
{
    if (result >= 0)
        complain(call, address, result);
}

static void probe(uint64_t a)
{
    struct iovec part = {(void *)a, 16};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct msghdr named = {.msg_name = (void *)a, .msg_namelen = 16, .msg_control = (void *)a, .msg_controllen = 32};

    expect_fault("write", a, syscall(SYS_write, pair[0], a, 16));
    expect_fault("read", a, syscall(SYS_pread64, file, a, 16, 0));
    expect_fault("writev", a, syscall(SYS_writev, pair[0], &part, 1));
    expect_fault("writev list", a, syscall(SYS_writev, pair[0], a, 1));
    expect_fault("preadv", a, syscall(SYS_preadv, file, &part, 1, 0, 0));
    expect_fault("sendmsg", a, syscall(SYS_sendmsg, pair[0], &message, MSG_DONTWAIT));
    expect_fault("sendmsg names", a, syscall(SYS_sendmsg, pair[0], &named, MSG_DONTWAIT));
    expect_fault("fstat", a, syscall(SYS_fstat, file, a));
    expect_fault("stat", a, syscall(SYS_stat, "/", a));
    expect_fault("open", a, syscall(SYS_open, a, 0, 0));
    expect_fault("uname", a, syscall(SYS_uname, a));
    expect_fault("clock_gettime", a, syscall(SYS_clock_gettime, 0, a));
    expect_fault("getrandom", a, syscall(SYS_getrandom, a, 16, 0));
    expect_fault("pipe", a, syscall(SYS_pipe2, a, 0));
    expect_fault("getcwd", a, syscall(SYS_getcwd, a, 4096));
    expect_fault("nanosleep", a, syscall(SYS_nanosleep, a, 0));
    expect_fault("sigaction", a, syscall(SYS_rt_sigaction, SIGUSR1, a, 0, 8));
    expect_fault("sigaction old", a, syscall(SYS_rt_sigaction, SIGUSR1, 0, a, 8));
    expect_fault("sigprocmask", a, syscall(SYS_rt_sigprocmask, 0, 0, a, 8));
    expect_fault("poll", a, syscall(SYS_poll, a, 1, 0));
    expect_fault("futex", a & ~3ul, syscall(SYS_futex, a & ~3ul, 0 /* FUTEX_WAIT */, 0, 0, 0, 0));
    expect_fault("getdents", a, syscall(SYS_getdents64, open("/", O_RDONLY | O_DIRECTORY), a, 4096));
    for (int fd = 30; fd < 64; fd++)
        close(fd);
    if (a >= 65536 && a < GUEST_HIGH) /* the page is the guest's, what is behind it is not */
        return;
    expect_fault("mmap", a, syscall(SYS_mmap, a & ~4095ul, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
    expect_fault("mprotect", a, syscall(SYS_mprotect, a & ~4095ul, 4096, 3));
    expect_fault("mremap", a, syscall(SYS_mremap, a & ~4095ul, 4096, 8192, MREMAP_MAYMOVE));
    expect_fault("madvise", a, syscall(SYS_madvise, a & ~4095ul, 4096, MADV_DONTNEED));
    expect_fault("msync", a, syscall(SYS_msync, a & ~4095ul, 4096, MS_SYNC));
}

int main(void)
{
    static const uint64_t edges[] = {
        GUEST_HIGH - 8, GUEST_HIGH, GUEST_HIGH + 4096, 0x7ffffffff000, 0x7fffffffefff, 0x800000000000,
        0xffff7fffffffffff,
        0xffff800000000000, 0xffff888000000000, 0xffffffff80000000, 0xffffffffff600000, 0xfffffffffffffff0, 1,
        4096, 0xfff8,
    };

    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    file = open("/proc/self/exe", O_RDONLY);
    for (unsigned i = 0; i < sizeof edges / sizeof *edges; i++)
        probe(edges[i]);
    for (int i = 0; i < 1000; i++)
        probe(GUEST_HIGH + random_word() % (0x800000000000 - GUEST_HIGH));
    /* Where position-independent programs and libraries of the host lie: one call for each of very many pages. */
    for (uint64_t a = 0x550000000000; a < 0x570000000000; a += 0x2000000000 / 16)
        expect_fault("write", a, syscall(SYS_write, pair[0], a, 1));
    for (uint64_t a = 0x7f0000000000; a < 0x7fffffffffff; a += 0x2000000000 / 64)
        expect_fault("write", a, syscall(SYS_write, pair[0], a, 1));
    if (bad == 0)
        say("ok\n");
    return bad != 0;
}
