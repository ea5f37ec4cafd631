/* The network as a guest sees it.
 *
 * Three parts: Unix sockets, below writable mounts and, by prefixed names, among the family; what the policy lets reach
 * out of the isolate (--listen, --connect), by sockets of the host; and the isolate's own 127.0.0.0/8 and ::1, which
 * exist among the family only (loopback.h).  Everything else is refused and counted.
 *
 * An IPv4 or IPv6 socket belongs to one of the last two when it is first bound, connected or sent from; until then a
 * Unix socket stands in for it.  Changing over puts another host descriptor in its place (descriptor_replace): what
 * other processes inherited of it before stays the stand-in. */
#ifndef HOSTVIRT_NET_H
#define HOSTVIRT_NET_H

#include "hostvirt/file.h"

#include <sys/socket.h>
#include <sys/uio.h>

enum socket_place {
    SOCKET_HOST, /* a socket of the host of the same family */
    SOCKET_OPEN, /* a stand-in: neither bound nor connected */
    SOCKET_LOOP, /* bound or connected within the isolate */
    SOCKET_LINK, /* rtnetlink(7), answered by the monitor (net_link.c) */
};

#define SOCKET_OPTIONS 48 /* rows of net_option.c's table at most */

/* What is known of a socket: file->data of FILE_SOCKET. */
struct guest_socket {
    int family, type, protocol;
    bool listening;
    int backlog;
    struct sockaddr_storage bound, peer; /* as the guest knows them */
    socklen_t bound_bytes, peer_bytes;   /* 0: not named */
    bool reset; /* the connection was lost by a restore: calls answer ECONNRESET */
    uint64_t pair; /* both ends of a socketpair or of a connection within the isolate have the same number, and no
                    * others; 0: none (snapshots) */
    enum socket_place place;
    bool under_way; /* the guest was told that connecting goes on; the next connect(2) answers 0 */
    bool finished; /* shutdown(2) for writing */
    bool lost;     /* a connection inside whose peer is gone was written to once: from then on that is EPIPE */
    int queue;     /* SOCKET_LOOP, bound: the guest's end of its queue.  SOCKET_LINK: the end that answers are written
                    * to.  Closed with the socket; 0: none */
    uint32_t serial;  /* of its row (loopback.h); 0: none */
    uint64_t kept;    /* bit i: options[i] was set, and no host socket has it */
    int32_t options[SOCKET_OPTIONS];
};

/* Where an address leads. */
enum net_way { NET_HOST, NET_INSIDE };

/* An address as the host must be given it.  For sockets in the file system a descriptor is held: of the
 * folder (binding) or of the socket itself. */
struct net_address {
    struct sockaddr_storage host;
    socklen_t bytes;
    int folder; /* -1: none */
};

/* May this socket bind to, or send to, the guest's address?  NET_HOST with `out` to be released, NET_INSIDE with
 * nothing in it, or -EACCES, -EINVAL, -EAFNOSUPPORT, ... */
int net_bind_address(struct thread *t, const struct guest_socket *s, const struct sockaddr_storage *guest,
                     socklen_t bytes, struct net_address *out);
int net_peer_address(struct thread *t, const struct guest_socket *s, const struct sockaddr_storage *guest,
                     socklen_t bytes, struct net_address *out);
void net_address_release(struct net_address *a);
/* The listener that the guest calls `port`, as an address of the host; false: the policy has none. */
bool net_find_listener(const struct policy *p, const struct guest_socket *s, uint16_t port, struct net_address *out);

/* ---- names of Unix sockets (net_unix.c) ---- */

/* What net_bind_address (`bind`) and net_peer_address answer for them. */
int net_unix_address(struct thread *t, const struct sockaddr_storage *guest, socklen_t bytes, bool bind,
                     struct net_address *out);
/* The host's name of a socket becomes the guest's, its length is returned: that of no name for all but the family's
 * abstract names that fit the host's with their prefix. */
socklen_t net_unix_name(const struct family *f, struct sockaddr_storage *name, socklen_t bytes);
/* Binds to a free abstract name, which *guest and *bytes are then (unix(7), autobind).  -ENOSPC, the host's error. */
int net_unix_choose(struct thread *t, int host, struct sockaddr_storage *guest, socklen_t *bytes);
/* Is whoever is at the other end of a connection by the guest's `name` one who may be?  For an abstract one: a program
 * of the monitor's own user.  Counts refusals. */
bool net_unix_trusts(struct thread *t, int host, const struct sockaddr_storage *name, socklen_t bytes);

/* Connected streams and sockets of the host: the host descriptor does what the guest's would. */
static inline bool net_plain(const struct guest_socket *s)
{
    return s->place == SOCKET_HOST || (s->place == SOCKET_LOOP && s->type == SOCK_STREAM && s->peer_bytes != 0);
}

/* ---- files (net_file.c) ---- */

/* A new socket's file object, `*s` copied into it.  What `s` owns is its from then on, also on failure (NULL). */
struct file *net_file(const struct guest_socket *s, char *path);
int64_t net_install(struct thread *t, int host, const struct guest_socket *s, bool close_on_exec);
void net_socket_free(void *data);
/* A host socket that stands in for one of `s`'s kind; -errno. */
int net_stand_in(const struct guest_socket *s);

/* ---- within the isolate (net_loop.c, net_connect.c) ---- */

/* Binds to an address inside, with the options that the host socket has: `s` has its queue and its name then.  What the
 * guest's descriptor stands for is the caller's to change.  -EADDRINUSE, -EADDRNOTAVAIL, -ENOBUFS... */
int net_loop_bind(struct monitor *m, struct guest_socket *s, int host, const struct sockaddr_storage *guest);
/* A listener that the policy lets be reached from outside, and which programs of the isolate reach, too: they find its
 * row. */
int net_loop_announce(struct monitor *m, struct guest_socket *s, int host, const struct sockaddr_storage *guest);
/* The handlers' parts, for addresses that lead inside (NET_INSIDE). */
int net_bind_inside(struct thread *t, struct descriptor *d, const struct sockaddr_storage *guest);
int net_bind_datagram(struct thread *t, struct descriptor *d); /* to a free port, unless it is bound */
int net_listen_inside(struct thread *t, struct descriptor *d, int backlog);
int64_t net_connect_inside(struct thread *t, struct descriptor *d, const struct sockaddr_storage *guest);
int net_disconnect_inside(struct thread *t, struct descriptor *d); /* connect(2) to AF_UNSPEC */
/* The host descriptor of a new connection, or a negative errno (-EINTR: kicked). */
int net_accept_inside(struct thread *t, struct descriptor *d, int flags, struct guest_socket *accepted);
/* A listener within the isolate that is one of the host's, as an address of the host.  -ECONNREFUSED: none. */
int net_outside_address(struct thread *t, const struct guest_socket *s, const struct sockaddr_storage *guest,
                        struct net_address *out);
/* sendmsg(2) on a connection inside. */
int64_t net_stream_send(struct thread *t, struct descriptor *d, struct msghdr *message, int flags);
/* A socket that is used with the outside from now on gets a socket of the host.  0, -EISCONN, the host's error. */
int net_become_host(struct thread *t, struct descriptor *d);

/* ---- datagrams within the isolate (net_datagram.c) ---- */

/* sendmsg(2) and recvmsg(2) with checked parts.  `to` NULL: the connected peer.  hops, class: -1, or as control
 * messages have them. */
int64_t net_datagram_send(struct thread *t, struct descriptor *d, const struct iovec *parts, size_t count, int flags,
                          const struct sockaddr_storage *to, int hops, int class);
int64_t net_datagram_receive(struct thread *t, struct descriptor *d, const struct iovec *parts, size_t count, int flags,
                             struct loop_head *head, int *message_flags);
int net_datagram_waiting(int host); /* bytes of the next one (FIONREAD) */
/* The control messages that a socket has asked for, in a buffer of `room` bytes; how many are used. */
size_t net_datagram_control(const struct guest_socket *s, const struct loop_head *head, void *to, size_t room);

/* ---- rtnetlink(7) (net_link.c): interfaces and their addresses can be asked for, nothing be changed ---- */

int64_t net_link_socket(struct thread *t, const struct guest_socket *s, int flags);
/* What the socket or its peer, the kernel, is called; its length. */
socklen_t net_link_name(const struct thread *t, bool own, struct sockaddr_storage *out);
/* Requests as the guest sends them; answers wait to be received then.  Bytes taken, -EFAULT, -ENOBUFS... */
int64_t net_link_request(struct thread *t, struct descriptor *d, const struct iovec *parts, size_t count);

/* ---- options (net_option.c) ---- */

int net_option_set(struct guest_socket *s, int host, int level, int name, const void *value, socklen_t bytes);
/* *bytes: room in, length out. */
int net_option_get(const struct guest_socket *s, int host, int level, int name, void *value, socklen_t *bytes);
/* What was set of one host socket is set of another that takes its place. */
void net_options_copy(const struct guest_socket *s, int from, int to);
/* What the socket kept itself goes to a host socket of its own family. */
void net_options_give(struct guest_socket *s, int host);
int net_option_value(const struct guest_socket *s, int level,
                     int name); /* of one that the socket keeps itself; else 0 */
/* The options that snapshots keep, one by one: the next one's index behind `after` (-1 at first), -1: no more. */
int net_option_saved(const struct guest_socket *s, int after, int *level, int *name);
/* One of them as a snapshot has it; what Linux refuses now is left at its default. */
void net_option_restore(struct guest_socket *s, int host, int level, int name, const void *value, socklen_t bytes);

/* Between sys_net.c and the calls for messages. */
struct descriptor *net_socket(struct thread *t, int number, int *error); /* -EBADF, -ENOTSOCK, -ECONNRESET */
int net_copy_address(struct sockaddr_storage *to, uint64_t from, uint32_t bytes);
/* Gives the guest an address with its length, cut to the room it names, as accept(2) does. */
int net_give_address(const struct sockaddr_storage *a, socklen_t bytes, uint64_t to, uint64_t length_at);
/* May descriptors travel over this socket, to `to` when that is not NULL?  Between programs of the isolate only: over a
 * socket with a path, which others may share by a mount, the other end must be the family's.  Counts refusals. */
bool net_rights_stay(const struct monitor *m, int host, const struct net_address *to);
/* The file object of a host descriptor that arrived in a message; limits count it as what was opened.  NULL: nothing
 * that guests may have, or no memory. */
struct file *net_describe(const struct monitor *m, int host);

#endif
