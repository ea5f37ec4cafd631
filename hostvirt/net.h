/* The network as a guest sees it: listening only where the policy says, connecting only to the allowed addresses and
 * to its own listeners; Unix sockets below writable mounts and, by prefixed names, among the family.  Everything else
 * is refused and counted. */
#ifndef HOSTVIRT_NET_H
#define HOSTVIRT_NET_H

#include "hostvirt/file.h"

#include <sys/socket.h>

/* What is known of a socket: file->data of FILE_SOCKET. */
struct guest_socket {
    int family, type, protocol;
    bool listening;
    int backlog;
    struct sockaddr_storage bound, peer; /* as the guest named them */
    socklen_t bound_bytes, peer_bytes;   /* 0: not named */
    bool reset; /* the connection was lost by a restore: calls answer ECONNRESET */
    uint64_t pair; /* both ends of a socketpair have the same number, and no others; 0: none (snapshots) */
};

/* An address as the host must be given it.  For sockets in the file system a descriptor of the folder is held. */
struct net_address {
    struct sockaddr_storage host;
    socklen_t bytes;
    int folder; /* -1: none */
};

/* May this socket bind to, or send to, the guest's address?  0 with `out` to be released, or -EACCES, -EINVAL,
 * -EAFNOSUPPORT, ... */
int net_bind_address(struct thread *t, const struct guest_socket *s, const struct sockaddr_storage *guest,
                     socklen_t bytes, struct net_address *out);
int net_peer_address(struct thread *t, const struct guest_socket *s, const struct sockaddr_storage *guest,
                     socklen_t bytes, struct net_address *out);
void net_address_release(struct net_address *a);

/* Between sys_net.c and sys_net_message.c. */
struct descriptor *net_socket(struct thread *t, int number, int *error); /* -EBADF, -ENOTSOCK, -ECONNRESET */
int net_copy_address(struct sockaddr_storage *to, uint64_t from, uint32_t bytes);
/* Gives the guest an address with its length, cut to the room it names, as accept(2) does. */
int net_give_address(const struct sockaddr_storage *a, socklen_t bytes, uint64_t to, uint64_t length_at);
int64_t net_install(struct thread *t, int host, const struct guest_socket *s, bool close_on_exec);

#endif
