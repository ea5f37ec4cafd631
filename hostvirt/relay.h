/* The network of --isolation=process.  The program lives in a network namespace with nothing but a loopback interface;
 * a thread outside carries what the policy allows: connections and datagrams to the allowed addresses, which the
 * loopback interface has been given, and those that arrive for the program at the addresses where it may listen.
 *
 * Differs from a VM's network: a peer that listens sees connections from 127.0.0.1, and one to a name
 * none of whose addresses takes it is first accepted, then reset. */
#ifndef HOSTVIRT_RELAY_H
#define HOSTVIRT_RELAY_H

#include "hostvirt/policy.h"

#define RELAY_STREAMS 1024 /* at once; more are reset */
#define RELAY_FLOWS 256    /* senders of datagrams remembered for each address; the one silent for longest goes */

struct relay;

/* Takes the addresses where the program may listen.  0 or a negative errno with a sentence. */
int relay_open(struct relay **out, const struct policy *p, char *reason, size_t bytes);
/* Starts carrying.  `inside`, taken over: the socket at whose other end relay_serve_inside answers. */
int relay_start(struct relay *r, int inside, char *reason, size_t bytes);
void relay_close(struct relay *r); /* NULL: nothing */

/* ---- inside of the namespace (isolation_network.c): the first process, before it gives up its rights ---- */

/* Brings the loopback interface up with the allowed addresses and sends sockets that listen there.  `link` -1: there
 * are none. */
int relay_prepare_inside(const struct policy *p, int link, char *reason, size_t bytes);
/* Answers one request for a socket; false: the other end is gone. */
bool relay_serve_inside(int link);

/* Of one protocol, not connected; sent through the link by relay_serve_inside. */
int relay_socket_inside(int link, int type);
/* A descriptor that was sent, or a negative errno. */
int relay_receive(int link);

#endif
