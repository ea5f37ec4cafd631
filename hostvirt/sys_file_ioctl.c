/* ioctl: requests that are allowed, by kind of descriptor.  Arguments are copied; no request reaches the host with a
 * guest's pointer.  The terminal's process group is the family's own notion: the host's stays as it is. */
#include "hostvirt/net.h"
#include "hostvirt/sys_file.h"

#include <arpa/inet.h>
#include <asm/termbits.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOPBACK_INDEX 1
#define LOOPBACK_MTU 65536
#define HARDWARE_LOOPBACK 772 /* ARPHRD_LOOPBACK, linux/if_arp.h */

static int64_t host_ioctl(const struct descriptor *d, unsigned long request, void *argument)
{
    return ioctl(d->host, request, argument) < 0 ? -errno : 0;
}

/* ---- any descriptor ---------------------------------------------------------------------------------------------- */

static int64_t get_int(const struct descriptor *d, unsigned long request, uint64_t to)
{
    int value = 0;
    int64_t result = host_ioctl(d, request, &value);
    return result ? result : copy_out(to, &value, sizeof value);
}

static int64_t set_nonblock(const struct descriptor *d, uint64_t from)
{
    int on;
    int error = copy_in(&on, from, sizeof on);
    int flags = fcntl(d->host, F_GETFL);
    if (error || flags < 0)
        return error ? error : -errno;
    flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return fcntl(d->host, F_SETFL, flags) == 0 ? 0 : -errno;
}

/* ---- terminals --------------------------------------------------------------------------------------------------- */

static bool is_terminal(const struct descriptor *d)
{
    return (d->file->kind == FILE_STANDARD || d->file->kind == FILE_TERMINAL) && isatty(d->host);
}

/* Setting attributes waits for output to drain (TCSETSW) or stops the whole job (SIGTTOU): both as without us. */
static int64_t terminal_set(struct thread *t, const struct descriptor *d, unsigned long request, uint64_t from,
                            size_t bytes)
{
    struct termios2 attributes;
    int error = copy_in(&attributes, from, bytes);
    return error ? error : file_call_blocking(t, SYS_ioctl, d->host, (long)request, (long)&attributes, 0, 0, 0);
}

static int64_t terminal_get(const struct descriptor *d, unsigned long request, uint64_t to, size_t bytes)
{
    struct termios2 attributes;
    memset(&attributes, 0, sizeof attributes);
    int64_t result = host_ioctl(d, request, &attributes);
    return result ? result : copy_out(to, &attributes, bytes);
}

static int64_t window_size(const struct descriptor *d, unsigned long request, uint64_t address)
{
    struct winsize size;
    int error = request == TIOCSWINSZ ? copy_in(&size, address, sizeof size) : 0;
    int64_t result = error ? error : host_ioctl(d, request, &size);
    return result || request == TIOCSWINSZ ? result : copy_out(address, &size, sizeof size);
}

static int64_t foreground_get(struct thread *t, uint64_t to)
{
    struct family *f = t->process->monitor->family;
    int group = atomic_load(&f->foreground);
    if (group == 0)
        group = FIRST_PID;
    return copy_out(to, &group, sizeof group);
}

/* tcsetpgrp(3): a group of the caller's session. */
static int64_t foreground_set(struct thread *t, uint64_t from)
{
    struct family *f = t->process->monitor->family;
    int group;
    int error = copy_in(&group, from, sizeof group);
    if (error)
        return error;
    if (group <= 0)
        return -EINVAL;
    error = -EPERM;
    family_lock(f);
    for (int i = 0; i < (int)f->rows && error; i++)
        if (f->processes[i].state != PROCESS_FREE && f->processes[i].group == group &&
            f->processes[i].session == t->process->entry->session)
            error = 0;
    if (!error)
        atomic_store(&f->foreground, group);
    family_unlock(f);
    return error;
}

static int64_t terminal_session(struct thread *t, uint64_t to)
{
    int session = t->process->entry->session;
    return copy_out(to, &session, sizeof session);
}

static int64_t terminal(struct thread *t, const struct descriptor *d, unsigned long request, uint64_t argument)
{
    switch (request) {
    case TCGETS:
        return terminal_get(d, request, argument, sizeof(struct termios));
    case TCGETS2:
        return terminal_get(d, request, argument, sizeof(struct termios2));
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return terminal_set(t, d, request, argument, sizeof(struct termios));
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
        return terminal_set(t, d, request, argument, sizeof(struct termios2));
    case TIOCGWINSZ:
    case TIOCSWINSZ:
        return window_size(d, request, argument);
    case TIOCGPGRP:
        return foreground_get(t, argument);
    case TIOCSPGRP:
        return foreground_set(t, argument);
    case TIOCGSID:
        return terminal_session(t, argument);
    case TIOCOUTQ:
        return get_int(d, request, argument);
    case TCSBRK:
    case TCSBRKP:
    case TCXONC:
    case TCFLSH: /* the argument is a number */
        return file_call_blocking(t, SYS_ioctl, d->host, (long)request, (int)argument, 0, 0, 0);
    default:
        return -ENOTTY;
    }
}

/* ---- the one network interface that guests see ------------------------------------------------------------------- */

static void loopback_address(struct sockaddr *to, uint32_t address)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
    memcpy(to, &in, sizeof in);
}

static int64_t interface_fill(struct ifreq *r, unsigned long request)
{
    memset(&r->ifr_ifru, 0, sizeof r->ifr_ifru);
    switch (request) {
    case SIOCGIFFLAGS:
        r->ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING;
        return 0;
    case SIOCGIFADDR:
        loopback_address(&r->ifr_addr, INADDR_LOOPBACK);
        return 0;
    case SIOCGIFNETMASK:
        loopback_address(&r->ifr_netmask, 0xff000000u);
        return 0;
    case SIOCGIFBRDADDR:
    case SIOCGIFDSTADDR:
        loopback_address(&r->ifr_broadaddr, request == SIOCGIFDSTADDR ? INADDR_LOOPBACK : 0);
        return 0;
    case SIOCGIFHWADDR:
        r->ifr_hwaddr.sa_family = HARDWARE_LOOPBACK;
        return 0;
    case SIOCGIFINDEX:
        r->ifr_ifindex = LOOPBACK_INDEX;
        return 0;
    case SIOCGIFMTU:
        r->ifr_mtu = LOOPBACK_MTU;
        return 0;
    case SIOCGIFMETRIC:
        return 0;
    default:
        return -ENOTTY;
    }
}

static int64_t interface(unsigned long request, uint64_t address)
{
    struct ifreq r;
    int error = copy_in(&r, address, sizeof r);
    if (error)
        return error;
    if (request == SIOCGIFNAME) {
        if (r.ifr_ifindex != LOOPBACK_INDEX)
            return -ENODEV;
        memset(r.ifr_name, 0, sizeof r.ifr_name);
        strcpy(r.ifr_name, "lo");
        return copy_out(address, &r, sizeof r);
    }
    if (strncmp(r.ifr_name, "lo", sizeof r.ifr_name) != 0)
        return -ENODEV;
    int64_t result = interface_fill(&r, request);
    return result ? result : copy_out(address, &r, sizeof r);
}

/* netdevice(7): SIOCGIFCONF lists addresses; without a buffer it says how much room is needed. */
static int64_t interface_list(uint64_t address)
{
    struct ifconf list;
    struct ifreq lo;
    int error = copy_in(&list, address, sizeof list);
    if (error)
        return error;
    memset(&lo, 0, sizeof lo);
    strcpy(lo.ifr_name, "lo");
    loopback_address(&lo.ifr_addr, INADDR_LOOPBACK);
    uint64_t buffer = (uint64_t)(uintptr_t)list.ifc_buf;
    bool room = list.ifc_len >= (int)sizeof lo;
    if (buffer && room)
        error = copy_out(buffer, &lo, sizeof lo);
    list.ifc_len = !buffer || room ? (int)sizeof lo : 0;
    return error ? error : copy_out(address, &list, sizeof list);
}

/* FIONREAD: bytes of a stream, or of the next datagram (udp(7)). */
static int64_t socket_waiting(const struct descriptor *d, uint64_t to)
{
    const struct guest_socket *s = d->file->data;
    if (net_plain(s) || s->type != SOCK_DGRAM)
        return s->listening ? -EINVAL : get_int(d, FIONREAD, to);
    int waiting = net_datagram_waiting(d->host);
    return copy_out(to, &waiting, sizeof waiting);
}

static int64_t network(const struct descriptor *d, unsigned long request, uint64_t argument)
{
    switch (request) {
    case SIOCGIFCONF:
        return interface_list(argument);
    case SIOCATMARK:
    case SIOCOUTQ:
        return get_int(d, request, argument);
    case SIOCGIFNAME:
    case SIOCGIFFLAGS:
    case SIOCGIFADDR:
    case SIOCGIFNETMASK:
    case SIOCGIFBRDADDR:
    case SIOCGIFDSTADDR:
    case SIOCGIFHWADDR:
    case SIOCGIFINDEX:
    case SIOCGIFMTU:
    case SIOCGIFMETRIC:
        return interface(request, argument);
    default:
        return -ENOTTY;
    }
}

/* ---- the table of kinds ------------------------------------------------------------------------------------------ */

static bool counts_bytes(enum file_kind kind)
{
    return kind == FILE_REGULAR || kind == FILE_PIPE || kind == FILE_FIFO || kind == FILE_SOCKET ||
           kind == FILE_STANDARD || kind == FILE_TERMINAL || kind == FILE_MEMORY || kind == FILE_TEXT ||
           kind == FILE_INOTIFY;
}

static int64_t control(struct thread *t, const struct descriptor *d, unsigned long request, uint64_t argument)
{
    int ignored;
    switch (request) {
    case FIONREAD:
        if (d->file->kind == FILE_SOCKET)
            return socket_waiting(d, argument);
        return counts_bytes(d->file->kind) ? get_int(d, request, argument) : -ENOTTY;
    case FIONBIO:
        return set_nonblock(d, argument);
    case FIOASYNC: /* taken and ignored: SIGIO would reach the monitor */
        return copy_in(&ignored, argument, sizeof ignored);
    case TIOCSTI:    /* puts words into the user's mouth */
    case TIOCLINUX:
    case TIOCCONS:
    case TIOCSCTTY:
    case TIOCNOTTY:
        COUNT(t->process->monitor->statistics, denied_files);
        return is_terminal(d) ? -EPERM : -ENOTTY;
    default:
        break;
    }
    if (d->file->kind == FILE_SOCKET)
        return network(d, request, argument);
    return is_terminal(d) ? terminal(t, d, request, argument) : -ENOTTY;
}

SYSCALL(ioctl)
{
    int number = arg_int(c, 0);
    unsigned long request = (uint32_t)c->arg[1]; /* the kernel looks at the lower half only */
    struct descriptor *d = descriptor_get(t->process, number);
    if (!d)
        return -EBADF;
    int64_t result;
    if (d->file->kind == FILE_PATH)
        result = -EBADF;
    else if (request == FIOCLEX || request == FIONCLEX)
        result = descriptor_set_flags(t->process, number, request == FIOCLEX ? FD_CLOEXEC : 0);
    else
        result = control(t, d, request, c->arg[2]);
    descriptor_put(d);
    return result;
}
