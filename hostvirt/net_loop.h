/* Between net_loop.c and net_connect.c. */
#ifndef HOSTVIRT_NET_LOOP_H
#define HOSTVIRT_NET_LOOP_H

#include "hostvirt/net.h"

union one_right {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr header;
};

/* The row that a socket asks for with its options as they are. */
struct loop_row net_loop_row(const struct guest_socket *s, const struct loop_address *a, int host);
void net_set_bound(struct guest_socket *s, const struct loop_address *a);
void net_set_peer(struct guest_socket *s, const struct loop_address *a);
/* An address as a socket's family and options let it be used, or why not. */
int net_take_address(const struct guest_socket *s, const struct sockaddr_storage *guest, struct loop_address *a);

#endif
