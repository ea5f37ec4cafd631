/* Descriptors that have travelled through a socket are what they were: limits count them, and what gave no access gives
 * none afterwards.  rights WRITABLE, with --disk 1M */
#include "hostile.h"

#include <limits.h>
#include <sys/socket.h>

static int pair[2], bad;

static void expect(bool good, const char *what)
{
    if (!good) {
        printf("%s: %s\n", what, strerror(errno));
        bad++;
    }
}

/* The same descriptor as one that has arrived. */
static int travel(int fd)
{
    char byte = 'x', room[CMSG_SPACE(sizeof(int))] = "";
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);

    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(h), &fd, sizeof fd);
    if (sendmsg(pair[0], &m, 0) != 1 || recvmsg(pair[1], &m, 0) != 1)
        return -1;
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    return fd;
}

static unsigned long fill(int fd)
{
    static char block[65536];
    unsigned long written = 0;
    ssize_t n;
    while (written < 8 << 20 && (n = write(fd, block, sizeof block)) > 0)
        written += (unsigned long)n;
    return written;
}

int main(int argc, char **argv)
{
    char path[PATH_MAX], byte;

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    snprintf(path, sizeof path, "%s/rights", argv[1]);
    int file = travel(open(path, O_RDWR | O_CREAT | O_TRUNC, 0600));
    expect(file >= 0 && fill(file) <= 1 << 20 && errno == ENOSPC, "the disk limit after a journey");
    expect(fallocate(file, 0, 0, 8 << 20) != 0 && errno == ENOSPC, "preallocating after a journey");
    int memory = travel(memfd_create("traveller", 0));
    expect(memory >= 0 && fallocate(memory, 0, 0, 1l << 30) != 0 && errno == ENOSPC, "memory after a journey");
    int name = travel(open(path, O_PATH));
    expect(name < 0 || (read(name, &byte, 1) < 0 && errno == EBADF), "O_PATH after a journey");
    int folder = travel(open(argv[1], O_RDONLY | O_DIRECTORY));
    expect(folder < 0 || openat(folder, "../outside/secret", O_RDONLY) < 0, "a folder after a journey");
    for (int i = 0; i < 300; i++) /* an unread journey is the guest's own loss */
        close(travel(open("/dev/zero", O_RDONLY)));
    int zero = travel(open("/dev/zero", O_RDONLY));
    expect(read(zero, &byte, 1) == 1 && byte == 0, "/dev/zero after a journey");
    if (bad == 0)
        say("ok\n");
    return bad != 0;
}
