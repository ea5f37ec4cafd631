/* Descriptors that arrive where there is no room for them, or no memory, are closed: a thousand messages of forty each
 * leave the process as many as before. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EACH = 40, MESSAGES = 1000 };

static int send_forty(int s)
{
    char byte = 'x', control[CMSG_SPACE(EACH * sizeof(int))] = {0};
    struct iovec part = {&byte, 1};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *h = CMSG_FIRSTHDR(&m);
    int list[EACH];

    for (int i = 0; i < EACH; i++)
        list[i] = STDOUT_FILENO;
    *h = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof list), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(h), list, sizeof list);
    return sendmsg(s, &m, 0) == 1 ? 0 : -1;
}

static void receive_with(const int s[2], const char *what, void *control, size_t room)
{
    int sent = 0, received = 0, failed = 0;

    for (int i = 0; i < MESSAGES; i++) {
        char byte;
        struct iovec part = {&byte, 1};
        struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
        sent += send_forty(s[0]) == 0;
        received += recvmsg(s[1], &m, 0) == 1 || errno == EFAULT;
        int file = open("/dev/null", O_RDONLY);
        failed += file < 0;
        close(file);
    }
    printf("%s: sent %d, received %d, opens that failed %d\n", what, sent, received, failed);
}

int main(void)
{
    char control[8];
    int s[2], one = 1;

    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, s) != 0 ||
        setsockopt(s[1], SOL_SOCKET, SO_TIMESTAMP, &one, sizeof one) != 0) /* a part before that with the descriptors */
        return 1;
    receive_with(s, "little room", control, sizeof control);
    receive_with(s, "no memory", (void *)16, 4096);
    return 0;
}
