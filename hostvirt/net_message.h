/* A message on its way between a guest and a socket: between sys_net_send.c, sys_net_receive.c and net_message.c. */
#ifndef HOSTVIRT_NET_MESSAGE_H
#define HOSTVIRT_NET_MESSAGE_H

#include "hostvirt/loopback.h"
#include "hostvirt/net.h"

#define CONTROL_BYTES 4096
#define RIGHTS_LIMIT 253 /* SCM_MAX_FD */
#define MESSAGES_LIMIT 1024 /* of one sendmmsg or recvmmsg */

struct message {
    struct msghdr host;
    struct iovec vector[8], *longer; /* longer: malloc'ed for more pieces */
    struct sockaddr_storage name;
    struct net_address address;
    char control[CONTROL_BYTES] __attribute__((aligned(8)));
    struct descriptor *travelling[RIGHTS_LIMIT];
    unsigned travellers;
    bool named;      /* for a datagram inside: to `name` */
    int hops, class; /* of it, -1: as the socket's options say */
    struct loop_head head; /* of one that was received */
};

struct message *net_message_new(void); /* NULL: no memory; net_message_free is due */
void net_message_free(struct message *m);
/* Copies and checks a guest's vector into m->host: 0, -EMSGSIZE, -EINVAL, -EFAULT or -ENOMEM. */
int net_message_vector(struct message *m, uint64_t from, uint64_t count);

#endif
