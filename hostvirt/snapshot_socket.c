/* Sockets in snapshots: listeners are bound again, both ends of a socketpair come back with what was in flight, and a
 * connection to anybody else is lost, which the guest sees as a reset. */
#include "hostvirt/path.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FLIGHT_BYTES (1u << 20) /* longest message; streams are read in pieces of it */
#define FLIGHT_MOST 4096        /* messages of one socket */

/* Options that sockets are given and that a new one must be given again (the guest may set only those of sys_net.c). */
static const struct {
    int family, level, name; /* family 0: any */
} options[] = {
    {0, SOL_SOCKET, SO_REUSEADDR},       {0, SOL_SOCKET, SO_REUSEPORT},       {0, SOL_SOCKET, SO_KEEPALIVE},
    {0, SOL_SOCKET, SO_BROADCAST},       {0, SOL_SOCKET, SO_DONTROUTE},       {0, SOL_SOCKET, SO_OOBINLINE},
    {0, SOL_SOCKET, SO_LINGER},          {0, SOL_SOCKET, SO_RCVLOWAT},        {0, SOL_SOCKET, SO_RCVTIMEO},
    {0, SOL_SOCKET, SO_SNDTIMEO},        {0, SOL_SOCKET, SO_TIMESTAMP},       {AF_UNIX, SOL_SOCKET, SO_PASSCRED},
    {0, SOL_SOCKET, SO_SNDBUF},          {0, SOL_SOCKET, SO_RCVBUF},          {0, IPPROTO_TCP, TCP_NODELAY},
    {0, IPPROTO_TCP, TCP_KEEPIDLE},      {0, IPPROTO_TCP, TCP_KEEPINTVL},     {0, IPPROTO_TCP, TCP_KEEPCNT},
    {0, IPPROTO_TCP, TCP_SYNCNT},        {0, IPPROTO_TCP, TCP_LINGER2},       {0, IPPROTO_TCP, TCP_DEFER_ACCEPT},
    {0, IPPROTO_TCP, TCP_USER_TIMEOUT},  {AF_INET, IPPROTO_IP, IP_TOS},       {AF_INET, IPPROTO_IP, IP_TTL},
    {AF_INET, IPPROTO_IP, IP_RECVERR},   {AF_INET, IPPROTO_IP, IP_PKTINFO},   {AF_INET6, IPPROTO_IPV6, IPV6_V6ONLY},
    {AF_INET6, IPPROTO_IPV6, IPV6_TCLASS}, {AF_INET6, IPPROTO_IPV6, IPV6_RECVERR},
    {AF_INET6, IPPROTO_IPV6, IPV6_RECVPKTINFO},
};
#define OPTIONS (sizeof options / sizeof options[0])

static bool option_fits(size_t i, const struct guest_socket *s)
{
    if (options[i].level == IPPROTO_TCP)
        return s->family != AF_UNIX && s->type == SOCK_STREAM;
    return options[i].family == 0 || options[i].family == s->family;
}

static int collect_options(struct collector *c, int host, struct saved_socket *out)
{
    out->options = arena_take(&c->s->arena, OPTIONS * sizeof *out->options);
    for (size_t i = 0; i < OPTIONS && out->options != NULL; i++) {
        char value[256];
        socklen_t bytes = sizeof value;
        if (!option_fits(i, &out->facts) || getsockopt(host, options[i].level, options[i].name, value, &bytes) != 0)
            continue;
        struct saved_option *o = &out->options[out->option_count++];
        *o = (struct saved_option){options[i].level, options[i].name, arena_take(&c->s->arena, bytes + 1u), bytes};
        if (o->value == NULL)
            return collect_no_memory(c);
        memcpy(o->value, value, bytes);
    }
    return out->options == NULL ? collect_no_memory(c) : 0;
}

/* What waits to be read, without taking it (SO_PEEK_OFF, socket(7)). */
static int collect_flight(struct collector *c, int host, struct saved_description *out)
{
    const int start = 0, stop = -1;
    char *bytes = malloc(FLIGHT_BYTES);
    int error = 0;

    out->messages = arena_take(&c->s->arena, FLIGHT_MOST * sizeof *out->messages);
    if (bytes == NULL || out->messages == NULL) {
        free(bytes);
        return collect_no_memory(c);
    }
    setsockopt(host, SOL_SOCKET, SO_PEEK_OFF, &start, sizeof start);
    while (error == 0) {
        struct iovec vector = {bytes, FLIGHT_BYTES};
        struct msghdr header = {.msg_iov = &vector, .msg_iovlen = 1};
        ssize_t got = recvmsg(host, &header, MSG_PEEK | MSG_DONTWAIT);
        if (got < 0 || (got == 0 && out->socket.facts.type == SOCK_STREAM) || out->message_count == FLIGHT_MOST)
            break;
        if (got == 0 && out->socket.input_closed)
            break;
        if (header.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) {
            error = collect_fail(c, -ENOTSUP, "cannot save the isolate: descriptors or very long messages are in "
                                 "flight between its sockets");
            break;
        }
        struct saved_message *m = &out->messages[out->message_count++];
        *m = (struct saved_message){arena_take(&c->s->arena, (size_t)got + 1), (size_t)got};
        if (m->bytes == NULL)
            error = collect_no_memory(c);
        else
            memcpy(m->bytes, bytes, (size_t)got);
    }
    setsockopt(host, SOL_SOCKET, SO_PEEK_OFF, &stop, sizeof stop);
    free(bytes);
    return error;
}

int collect_socket(struct collector *c, struct descriptor *d, struct saved_description *out)
{
    struct saved_socket *s = &out->socket;
    struct sockaddr_storage peer;
    socklen_t bytes = sizeof peer;
    struct pollfd polled = {d->host, POLLRDHUP, 0};

    s->facts = *(const struct guest_socket *)d->file->data;
    int error = collect_options(c, d->host, s);
    if (error != 0)
        return error;
    if (s->facts.pair != 0 && s->facts.family == AF_UNIX) {
        s->pair = s->facts.pair;
        s->input_closed = poll(&polled, 1, 0) == 1 && (polled.revents & POLLRDHUP) != 0;
        return collect_flight(c, d->host, out);
    }
    bool connected = getpeername(d->host, (struct sockaddr *)&peer, &bytes) == 0 || s->facts.peer_bytes != 0;
    if (!s->facts.listening && connected && (s->facts.type != SOCK_DGRAM || s->facts.family == AF_UNIX))
        s->facts.reset = true;
    return 0;
}

/* ---- building ---------------------------------------------------------------------------------------------------- */

struct couple *build_couple(struct builder *b, uint64_t id, bool pipe)
{
    for (size_t i = 0; i < b->couple_count; i++)
        if (b->couples[i].id == id && b->couples[i].pipe == pipe)
            return &b->couples[i];
    struct couple *longer = reallocarray(b->couples, b->couple_count + 1, sizeof *longer);
    if (longer == NULL)
        return NULL;
    b->couples = longer;
    longer[b->couple_count] = (struct couple){id, pipe, {-1, -1}, 0, {false, false}};
    return &longer[b->couple_count++];
}

/* The kernel doubles what it is asked for buffers, and tells the double (socket(7)). */
static void set_options(int host, const struct saved_socket *s)
{
    for (size_t i = 0; i < s->option_count; i++) {
        const struct saved_option *o = &s->options[i];
        int half;
        if (o->level == SOL_SOCKET && (o->name == SO_SNDBUF || o->name == SO_RCVBUF) && o->bytes == sizeof half) {
            memcpy(&half, o->value, sizeof half);
            half /= 2;
            setsockopt(host, o->level, o->name, &half, sizeof half);
            continue;
        }
        for (size_t k = 0; k < OPTIONS; k++) /* a file may name others */
            if (options[k].level == o->level && options[k].name == o->name)
                setsockopt(host, o->level, o->name, o->value, (socklen_t)o->bytes);
    }
}

/* The end that comes first makes both; what each is to read is written at the other. */
static int build_end(struct builder *b, const struct saved_description *d)
{
    const struct guest_socket *s = &d->socket.facts;
    struct couple *c = build_couple(b, d->socket.pair, false);

    if (c == NULL)
        return build_no_memory(b);
    if (c->ends[0] < 0 && socketpair(AF_UNIX, s->type | SOCK_CLOEXEC, 0, c->ends) != 0)
        return build_fail(b, -errno, "cannot make a pair of sockets: %s", strerror(errno));
    if (c->used == 2)
        return build_fail(b, -EBADMSG, "the snapshot has three ends of one pair of sockets");
    unsigned end = c->used++;
    c->closed[end] = d->socket.input_closed;
    set_options(c->ends[end], &d->socket);
    for (size_t i = 0; i < d->message_count; i++)
        if (send(c->ends[!end], d->messages[i].bytes, d->messages[i].count, MSG_DONTWAIT | MSG_NOSIGNAL) !=
            (ssize_t)d->messages[i].count)
            return build_fail(b, -EIO, "cannot put back what was in flight between two sockets: %s", strerror(errno));
    int host = fcntl(c->ends[end], F_DUPFD_CLOEXEC, 3);
    return host < 0 ? build_fail(b, -errno, "cannot make a pair of sockets: %s", strerror(errno)) : host;
}

/* A name in the file system stays when its listener ends: it is taken away when nobody answers behind it. */
static void remove_stale(struct builder *b, const struct guest_socket *s)
{
    const struct sockaddr_un *name = (const struct sockaddr_un *)&s->bound;
    char path[sizeof name->sun_path + 1] = "";
    struct net_address address;
    struct place place;

    if (s->family != AF_UNIX || name->sun_path[0] == '\0' || s->bound_bytes <= offsetof(struct sockaddr_un, sun_path))
        return;
    memcpy(path, name->sun_path, s->bound_bytes - offsetof(struct sockaddr_un, sun_path));
    if (net_peer_address(b->thread, s, &s->bound, s->bound_bytes, &address) != 0)
        return;
    int probe = socket(AF_UNIX, s->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool stale = probe >= 0 && connect(probe, (struct sockaddr *)&address.host, address.bytes) != 0 &&
                 errno == ECONNREFUSED;
    if (probe >= 0)
        close(probe);
    net_address_release(&address);
    if (!stale || place_find_text(b->p, AT_FDCWD, path, 0, &place) != 0)
        return;
    if (place.exists && S_ISSOCK(place.status.st_mode) && place.parent >= 0)
        unlinkat(place.parent, place.name, 0);
    place_release(&place);
}

static int bind_again(struct builder *b, int host, const struct guest_socket *s)
{
    struct net_address address;

    remove_stale(b, s);
    int error = net_bind_address(b->thread, s, &s->bound, s->bound_bytes, &address);
    if (error == 0 && bind(host, (struct sockaddr *)&address.host, address.bytes) != 0)
        error = -errno;
    net_address_release(&address);
    if (error == 0 && s->listening && listen(host, s->backlog) != 0)
        error = -errno;
    if (error == 0)
        return 0;
    const struct sockaddr_in *in = (const struct sockaddr_in *)&s->bound; /* sin6_port is at the same place */
    const char *why = error == -EADDRINUSE ? "somebody else has it, perhaps the original that still runs"
                                           : strerror(-error);
    unsigned port = ntohs(in->sin_port);
    if (s->family == AF_UNIX)
        return build_fail(b, error, "the snapshot's guest has a socket of the name %.107s, which cannot be taken "
                          "again: %s", ((const struct sockaddr_un *)in)->sun_path, why);
    if (error == -EACCES)
        return build_fail(b, error, "the snapshot's guest listens at its port %u: give it an address with --listen "
                          "HOST:PORT:%u, or those that the file names with --trust", port, port);
    return build_fail(b, error, "the address for the guest's port %u cannot be taken again: %s; give it another one "
                      "with --listen HOST:PORT:%u", port, why, port);
}

static int build_plain(struct builder *b, const struct saved_description *d)
{
    const struct guest_socket *s = &d->socket.facts;
    struct net_address peer = {.folder = -1};
    int error = 0, host = socket(s->family, s->type | SOCK_CLOEXEC, s->protocol);

    if (host < 0)
        return build_fail(b, -errno, "cannot make a socket: %s", strerror(errno));
    set_options(host, &d->socket);
    if (s->reset)
        return host;
    if (s->bound_bytes != 0)
        error = bind_again(b, host, s);
    /* Only datagrams are still connected here; a peer that the policy does not allow any more is a lost one. */
    if (error == 0 && s->peer_bytes != 0 && net_peer_address(b->thread, s, &s->peer, s->peer_bytes, &peer) == 0)
        connect(host, (struct sockaddr *)&peer.host, peer.bytes);
    net_address_release(&peer);
    if (error == 0)
        return host;
    close(host);
    return error;
}

/* Families and types as socket(2) of the guest allows them (sys_net.c). */
static bool known_kind(const struct guest_socket *s)
{
    bool family = s->family == AF_INET || s->family == AF_INET6 || s->family == AF_UNIX;

    return family && (s->type == SOCK_STREAM || s->type == SOCK_DGRAM ||
                      (s->type == SOCK_SEQPACKET && s->family == AF_UNIX)) &&
           (s->protocol == 0 || s->protocol == IPPROTO_TCP || s->protocol == IPPROTO_UDP);
}

int build_socket(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    if (!known_kind(&d->socket.facts))
        return build_fail(b, -EBADMSG, "the snapshot has a socket of a kind that guests cannot have");
    *host = d->socket.pair != 0 ? build_end(b, d) : build_plain(b, d);
    if (*host < 0)
        return *host;
    struct guest_socket *kept = malloc(sizeof *kept);
    *file = kept != NULL ? file_new(FILE_SOCKET, d->flags, strdup(d->path)) : NULL;
    if (*file == NULL) {
        free(kept);
        close(*host);
        return build_no_memory(b);
    }
    *kept = d->socket.facts;
    kept->pair = d->socket.pair;
    (*file)->data = kept;
    (*file)->destroy = free;
    return 0;
}
