/* Descriptors that have travelled through a socket are what they were: limits count them, and what gave no access gives
 * none afterwards.  rights WRITABLE, with --disk 1M
 * Between isolates they do not travel: rights WRITABLE listen in one, rights WRITABLE connect in the other. */
#include "hostile.h"

#include <limits.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static int pair[2], bad;

static void expect(bool good, const char *what)
{
    if (!good) {
        printf("%s: %s\n", what, strerror(errno));
        bad++;
    }
}

static ssize_t send_right(int s, int fd)
{
    char byte = 'x', room[CMSG_SPACE(sizeof(int))] = "";
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);

    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(h), &fd, sizeof fd);
    return sendmsg(s, &m, 0);
}

/* -1: there was none in the message.  *cut: whether the message says that there should be. */
static int receive_right(int s, bool *cut)
{
    char byte, room[CMSG_SPACE(sizeof(int))] = "";
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
    int fd = -1;

    if (recvmsg(s, &m, 0) != 1)
        return -1;
    *cut = (m.msg_flags & MSG_CTRUNC) != 0;
    if (CMSG_FIRSTHDR(&m) != NULL)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    return fd;
}

/* The same descriptor as one that has arrived. */
static int travel(int fd)
{
    bool cut;
    return send_right(pair[0], fd) == 1 ? receive_right(pair[1], &cut) : -1;
}

static int listener(const struct sockaddr_un *at)
{
    int s = socket(AF_UNIX, SOCK_STREAM, 0);

    unlink(at->sun_path);
    return bind(s, (const struct sockaddr *)at, sizeof *at) == 0 && listen(s, 5) == 0 ? s : -1;
}

/* Over a socket with a path, which is shared with whoever shares the mount: a child is no stranger. */
static void within_family(const struct sockaddr_un *at)
{
    int s = listener(at), status;
    char byte = 'x';
    bool cut;
    pid_t child = fork();

    if (child == 0) {
        int c = socket(AF_UNIX, SOCK_STREAM, 0);
        _exit(connect(c, (const struct sockaddr *)at, sizeof *at) != 0 ||
              send_right(c, open("/dev/zero", O_RDONLY)) != 1);
    }
    int zero = receive_right(accept(s, NULL, NULL), &cut);
    expect(zero >= 0 && read(zero, &byte, 1) == 1 && byte == 0, "a child's descriptor over a named socket");
    waitpid(child, &status, 0);
    expect(status == 0, "a child that sends a descriptor");
    /* No room for one more: what cannot be taken is cut, and no number is given that is none. */
    int last = -1, next;
    send_right(pair[0], zero);
    while ((next = dup(zero)) >= 0)
        last = next;
    expect(receive_right(pair[1], &cut) == -1 && cut, "a descriptor that there is no number for");
    for (int fd = zero + 1; fd <= last; fd++)
        if (fd != pair[0] && fd != pair[1])
            close(fd);
    unlink(at->sun_path);
}

/* A stranger's descriptor does not arrive; nor can one be sent to a stranger, by whatever address. */
static void accept_stranger(const struct sockaddr_un *at)
{
    bool cut = false;
    int s = listener(at);

    say("listens\n");
    int c = accept(s, NULL, NULL);
    expect(c >= 0 && receive_right(c, &cut) == -1, "what a stranger sends");
    expect(send_right(c, open("/dev/zero", O_RDONLY)) < 0 && errno == EPERM, "to whoever has connected");
    expect(send(c, "x", 1, 0) == 1, "a byte for a stranger");
    unlink(at->sun_path);
}

static void connect_to_stranger(const struct sockaddr_un *at)
{
    char byte;
    int c = socket(AF_UNIX, SOCK_STREAM, 0);

    expect(connect(c, (const struct sockaddr *)at, sizeof *at) == 0, "connecting to a stranger");
    expect(send_right(c, open("/dev/zero", O_RDONLY)) < 0 && errno == EPERM, "to a stranger");
    expect(send(c, "x", 1, 0) == 1 && recv(c, &byte, 1, 0) == 1, "bytes to and from a stranger");
}

/* `count` times the same descriptor in one message. */
static ssize_t send_many(int s, int fd, unsigned count)
{
    char byte = 'x', room[CMSG_SPACE(253 * sizeof(int))] = "";
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room,
                       .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);

    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_RIGHTS;
    h->cmsg_len = CMSG_LEN(count * sizeof fd);
    for (unsigned i = 0; i < count; i++)
        memcpy((int *)CMSG_DATA(h) + i, &fd, sizeof fd);
    return sendmsg(s, &m, 0);
}

/* Sockets take more of the host's descriptors than they are: what has no room is refused, not lost. */
static void most_of_one_message(void)
{
    const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int zero = open("/dev/zero", O_RDONLY), u = socket(AF_INET, SOCK_DGRAM, 0), ends[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    expect(bind(u, (const struct sockaddr *)&any, sizeof any) == 0, "a bound socket");
    expect(send_many(ends[0], zero, 253) == 1, "253 descriptors");
    expect(send_many(ends[0], u, 126) == 1, "126 bound sockets");
    expect(send_many(ends[0], u, 127) < 0 && errno == ETOOMANYREFS, "127 bound sockets");
    close(ends[0]);
    close(ends[1]);
    close(u);
    expect((u = socket(AF_INET, SOCK_DGRAM, 0)) >= 0 && bind(u, (const struct sockaddr *)&any, sizeof any) == 0,
           "a bound socket after them");
    close(u);
    close(zero);
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
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char path[PATH_MAX], byte;

    snprintf(at.sun_path, sizeof at.sun_path, "%.90s/rights.socket", argv[1]);
    if (argc > 2) {
        (strcmp(argv[2], "listen") == 0 ? accept_stranger : connect_to_stranger)(&at);
        if (bad == 0)
            say("ok\n");
        return bad != 0;
    }
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
    most_of_one_message();
    within_family(&at);
    if (bad == 0)
        say("ok\n");
    return bad != 0;
}
