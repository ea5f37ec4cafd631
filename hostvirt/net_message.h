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
    int extra[RIGHTS_LIMIT + 1]; /* descriptors of the host that travel beside the guest's (net_rights.c); -1: taken */
    unsigned extras;
    struct rights_note *note; /* that has arrived with them, from malloc; NULL: none */
    bool named;      /* for a datagram inside: to `name` */
    int hops, class; /* of it, -1: as the socket's options say */
    struct loop_head head; /* of one that was received */
};

struct message *net_message_new(void); /* NULL: no memory; net_message_free is due */
void net_message_free(struct message *m);
/* Copies and checks a guest's vector into m->host: 0, -EMSGSIZE, -EINVAL, -EFAULT or -ENOMEM. */
int net_message_vector(struct message *m, uint64_t from, uint64_t count);

/* ---- sockets that travel (net_rights.c) ---- */

/* Puts what the receiver must know of them into a message whose descriptors are m->travelling.  0, -ENOMEM, -EMFILE;
 * -ETOOMANYREFS, counted as refused: more descriptors than a message of the host holds. */
int net_rights_pack(struct thread *t, struct message *m);
/* Takes that out of what has arrived: the guest's descriptors are left in `part`. */
void net_rights_unpack(struct thread *t, struct message *m, struct cmsghdr *part);
/* The file object of descriptor `index` of those.  NULL: nothing that guests may have, or no memory. */
struct file *net_rights_file(struct thread *t, struct message *m, size_t index, int host);

#endif
