/* The inside of --isolation=process's network: a loopback interface that has the allowed addresses, and sockets for the
 * relay.  netdevice(7), SCM_RIGHTS of unix(7). */
#include "hostvirt/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { BACKLOG = 128, LOW_PORTS = 1024, LOOPBACK_INDEX = 1, PATIENCE_SECONDS = 2 };

/* ---- descriptors through the link -------------------------------------------------------------------------------- */

static int send_descriptor(int link, int fd)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char word = 's';
    struct iovec part = {&word, 1};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);

    *c = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return sendmsg(link, &m, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

int relay_receive(int link)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char word;
    struct iovec part = {&word, 1};
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int fd = -EPIPE;

    ssize_t n = recvmsg(link, &m, MSG_CMSG_CLOEXEC);
    struct cmsghdr *c = n == 1 ? CMSG_FIRSTHDR(&m) : NULL;
    if (n < 0)
        return -errno;
    if (c != NULL && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

int relay_socket_inside(int link, int type)
{
    const struct timeval patience = {PATIENCE_SECONDS, 0};
    char word = type == SOCK_STREAM ? 't' : 'u';

    setsockopt(link, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return send(link, &word, 1, MSG_NOSIGNAL) == 1 ? relay_receive(link) : -errno;
}

bool relay_serve_inside(int link)
{
    char word;

    if (recv(link, &word, 1, 0) != 1)
        return false;
    int s = socket(AF_INET, (word == 't' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    int error = s >= 0 ? send_descriptor(link, s) : send(link, "-", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
    if (s >= 0)
        close(s);
    return error == 0;
}

/* ---- the interface ----------------------------------------------------------------------------------------------- */

static int bring_up(int control)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

    return ioctl(control, SIOCSIFFLAGS, &request) == 0 ? 0 : -errno;
}

static bool is_loopback(const struct sockaddr_storage *a)
{
    if (a->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

/* Addresses of IPv4 after the first need a label of their own. */
static int add_address(int control, const struct sockaddr_storage *a, unsigned number)
{
    struct ifreq request = {0};
    struct in6_ifreq request6 = {.ifr6_prefixlen = 128, .ifr6_ifindex = LOOPBACK_INDEX};

    if (is_loopback(a))
        return 0;
    if (a->ss_family == AF_INET6) {
        request6.ifr6_addr = ((const struct sockaddr_in6 *)a)->sin6_addr;
        int s = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int error = s >= 0 && (ioctl(s, SIOCSIFADDR, &request6) == 0 || errno == EEXIST) ? 0 : -errno;
        if (s >= 0)
            close(s);
        return error;
    }
    snprintf(request.ifr_name, sizeof request.ifr_name, "lo:%u", number);
    memcpy(&request.ifr_addr, a, sizeof(struct sockaddr_in));
    ((struct sockaddr_in *)&request.ifr_addr)->sin_port = 0;
    if (ioctl(control, SIOCSIFADDR, &request) != 0)
        return errno == EEXIST ? 0 : -errno;
    ((struct sockaddr_in *)&request.ifr_netmask)->sin_addr.s_addr = INADDR_NONE; /* that address alone */
    return ioctl(control, SIOCSIFNETMASK, &request) == 0 ? 0 : -errno;
}

/* A socket at one of the addresses that the program may connect to, for the relay. */
static int stand_in(int link, const struct endpoint *e, const struct sockaddr_storage *a)
{
    int s = socket(a->ss_family, e->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (s < 0)
        return -errno;
    if (a->ss_family == AF_INET6)
        setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));
    int error = bind(s, (const struct sockaddr *)a,
                     a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)) == 0 &&
                        (e->type != SOCK_STREAM || listen(s, BACKLOG) == 0)
                    ? send_descriptor(link, s)
                    : -errno;
    close(s);
    return error;
}

/* A program may listen at any port of its own network.  Negative errno: not below LOW_PORTS. */
static int allow_low_ports(void)
{
    int fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY | O_CLOEXEC);
    int error = fd >= 0 && write(fd, "0", 1) == 1 ? 0 : -errno;

    if (fd >= 0)
        close(fd);
    return error;
}

/* A port that the policy has the program listen at and the kernel will not let it; 0: none. */
static unsigned low_listener(const struct policy *p)
{
    for (size_t i = 0; i < p->listen_count; i++)
        if (p->listens[i].guest_port < LOW_PORTS)
            return p->listens[i].guest_port;
    return 0;
}

int relay_prepare_inside(const struct policy *p, int link, char *reason, size_t bytes)
{
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error = control < 0 ? -errno : bring_up(control);
    unsigned number = 0;

    for (size_t i = 0; link >= 0 && i < p->connect_count && error == 0; i++)
        for (unsigned k = 0; k < p->connects[i].address_count && error == 0; k++) {
            error = add_address(control, &p->connects[i].addresses[k], number++);
            if (error == 0)
                error = stand_in(link, &p->connects[i], &p->connects[i].addresses[k]);
        }
    if (control >= 0)
        close(control);
    /* Without a listener at one of them the program's own bind(2) says so, should it try. */
    unsigned low = error == 0 && allow_low_ports() != 0 ? low_listener(p) : 0;
    if (low != 0) {
        snprintf(reason, bytes, "--isolation=process: here a program cannot listen at port %u (/proc/sys/net cannot be "
                 "written); use --listen HOST:PORT:GUESTPORT with a GUESTPORT of 1024 or more", low);
        return -EACCES;
    }
    if (error != 0)
        snprintf(reason, bytes, "--isolation=process cannot set up the isolate's network: %s", strerror(-error));
    return error;
}
