/* The network inside an isolate: what its processes reach at 127.0.0.0/8 and ::1, and nobody else does.
 *
 * It is made of Unix sockets without names, so it needs no privilege and no network namespace, and the host's network
 * sees nothing of it.  Whoever binds an address gets a row in the family's table and a queue: a pair of sockets of
 * which one end is the guest's.  The other end is put into the family's store, a socket in which descriptors wait
 * as messages (SCM_RIGHTS) that are only ever peeked at: each monitor of the family takes a duplicate of a queue's end
 * from there when it has something for it.  A row is dead when nobody holds the guest's end of its queue any more; that
 * is the host kernel's knowledge, so that no monitor has to tell, not even one that was killed.
 *
 * What goes into a queue: one message per connection, with the descriptor of the accepting side (struct loop_greeting),
 * or one per datagram (struct loop_head, then the data). */
#ifndef HOSTVIRT_LOOPBACK_H
#define HOSTVIRT_LOOPBACK_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct monitor;

#define LOOP_ROWS 512          /* addresses that a family may have bound at once; a store holds at least as many */
#define LOOP_FIRST_PORT 32768u /* of those that are chosen for the guest: Linux's ip_local_port_range */
#define LOOP_LAST_PORT 60999u
#define LOOP_DATAGRAM_MOST 65507u /* bytes in one UDP datagram over IPv4... */
#define LOOP_DATAGRAM_MOST_V6 65527u

struct loop_address {
    uint8_t ip[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint16_t port;  /* host byte order */
};

enum { LOOP_LISTENING = 1, LOOP_V6ONLY = 2, LOOP_REUSE = 4 /* SO_REUSEADDR */, LOOP_SHARED = 8 /* SO_REUSEPORT */,
       LOOP_OUTSIDE = 16 /* its socket is one of the host's (--listen): reached there, the queue stays empty */ };

struct loop_row {
    uint32_t serial;   /* of its queue; 0: the row is free */
    uint32_t position; /* of its queue in the store */
    struct loop_address address;
    uint8_t type;      /* SOCK_STREAM, SOCK_DGRAM */
    uint8_t flags;     /* LOOP_... */
};

struct loop_table {
    struct loop_row rows[LOOP_ROWS];
    unsigned used;     /* rows behind it were never used */
    unsigned turn;     /* of listeners that share an address */
    uint16_t next_port;
};

/* In the family's shared page. */
struct loopback {
    pthread_mutex_t lock; /* process-shared, robust; a leaf but for descriptors' own calls */
    uint32_t last_serial;
    uint32_t stored;      /* messages in the store, those of dead rows counted */
    struct loop_table table;
};

struct loop_greeting {
    struct loop_address from, to;
    uint64_t pair; /* of both ends (struct guest_socket) */
};

struct loop_head {
    struct loop_address from, to;
    int32_t hops, class; /* as the sender's options or control messages have them */
    bool refused; /* comes back to a connected sender: nobody is at `from`.  No data */
};

/* ---- addresses and the table (loopback_table.c): pure ---- */

bool loop_from_name(const struct sockaddr_storage *name, struct loop_address *out); /* false: of another family */
/* As a socket of `family` sees it; its length. */
socklen_t loop_to_name(const struct loop_address *a, int family, struct sockaddr_storage *out);
bool loop_is_v4(const struct loop_address *a);
bool loop_is_any(const struct loop_address *a);      /* 0.0.0.0 or :: */
bool loop_is_inside(const struct loop_address *a);   /* 127.0.0.0/8, ::1, or any of the two */
bool loop_same(const struct loop_address *a, const struct loop_address *b);
/* What "any" stands for when it is connected to or sent from: 127.0.0.1 or ::1, with the port kept. */
struct loop_address loop_concrete(const struct loop_address *a);

/* The first row from *from on that keeps `wanted` from being bound (bind(2), SO_REUSEADDR and SO_REUSEPORT in
 * socket(7)), or NULL; *from is the index behind it. */
struct loop_row *loop_table_conflict(struct loop_table *table, const struct loop_row *wanted, unsigned *from);
/* The row that a connection or datagram to `to` reaches: the most exact address, listening if a stream's.  NULL:
 * none. */
struct loop_row *loop_table_find(struct loop_table *table, int type, const struct loop_address *to);
struct loop_row *loop_table_serial(struct loop_table *table, uint32_t serial);
struct loop_row *loop_table_free(struct loop_table *table); /* a free row, not taken yet; NULL: none */
/* A port for wanted->address that nothing conflicts with, 0: none. */
uint16_t loop_table_port(struct loop_table *table, const struct loop_row *wanted);

/* ---- rows and queues (loopback.c) ---- */

/* Makes the store, once: before the first queue and before the first fork of the monitor. */
int loopback_prepare(struct monitor *m);
/* Binds row->address; port 0 becomes a free one.  *queue is the guest's end.  -EADDRINUSE, -ENOBUFS... */
int loopback_bind(struct monitor *m, struct loop_row *row, int *queue);
/* The row of a bound socket listens from now on.  -EADDRINUSE when another one does. */
int loopback_listen(struct monitor *m, uint32_t serial);
/* A free port for a connection's own side. */
uint16_t loopback_port(struct monitor *m, const struct loop_row *wanted);
/* The other end of the queue behind an address, owned by the caller, with a copy of its row.  -ECONNREFUSED: none;
 * -EMFILE. */
int loopback_find(struct monitor *m, int type, const struct loop_address *to, struct loop_row *found);

#endif
