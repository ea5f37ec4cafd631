/* Sockets in snapshots: listeners are bound again, both ends of a socketpair come back with what was in flight, and a
 * connection to anybody else is lost, which the guest sees as a reset. */
#include "hostvirt/path.h"
#include "hostvirt/snapshot_private.h"
#include "hostvirt/wall.h"

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

#define OPTIONS_MOST 64 /* rows of net_option.c's table at most */

static int collect_options(struct collector *c, int host, struct saved_socket *out)
{
    int level, name;

    out->options = arena_take(&c->s->arena, OPTIONS_MOST * sizeof *out->options);
    if (out->options == NULL)
        return collect_no_memory(c);
    for (int i = net_option_saved(&out->facts, -1, &level, &name); i >= 0 && out->option_count < OPTIONS_MOST;
         i = net_option_saved(&out->facts, i, &level, &name)) {
        char value[256];
        socklen_t bytes = sizeof value;
        if (net_option_get(&out->facts, host, level, name, value, &bytes) != 0)
            continue;
        struct saved_option *o = &out->options[out->option_count++];
        *o = (struct saved_option){level, name, arena_take(&c->s->arena, bytes + 1u), bytes};
        if (o->value == NULL)
            return collect_no_memory(c);
        memcpy(o->value, value, bytes);
    }
    return 0;
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
    s->facts.queue = 0; /* this monitor's */
    s->facts.serial = 0;
    if (s->facts.pair != 0) {
        s->pair = s->facts.pair;
        s->input_closed = poll(&polled, 1, 0) == 1 && (polled.revents & POLLRDHUP) != 0;
        return collect_flight(c, d->host, out);
    }
    bool connected = s->facts.peer_bytes != 0 ||
                     (s->facts.place == SOCKET_HOST && getpeername(d->host, (struct sockaddr *)&peer, &bytes) == 0);
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

static void set_options(struct guest_socket *s, int host, const struct saved_socket *saved)
{
    for (size_t i = 0; i < saved->option_count; i++) {
        const struct saved_option *o = &saved->options[i];
        net_option_restore(s, host, o->level, o->name, o->value, (socklen_t)o->bytes);
    }
}

/* The end that comes first makes both; what each is to read is written at the other. */
static int build_end(struct builder *b, const struct saved_description *d, struct guest_socket *s)
{
    struct couple *c = build_couple(b, d->socket.pair, false);

    if (c == NULL)
        return build_no_memory(b);
    if (c->ends[0] < 0 && socketpair(AF_UNIX, s->type | SOCK_CLOEXEC, 0, c->ends) != 0)
        return build_fail(b, -errno, "cannot make a pair of sockets: %s", strerror(errno));
    if (c->used == 2)
        return build_fail(b, -EBADMSG, "the snapshot has three ends of one pair of sockets");
    unsigned end = c->used++;
    c->closed[end] = d->socket.input_closed;
    set_options(s, c->ends[end], &d->socket);
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
    if (net_peer_address(b->thread, s, &s->bound, s->bound_bytes, &address) != NET_HOST)
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

/* Sockets with abstract names are made before the wall is there and are to be reached behind it. */
static int scope_names(struct builder *b, const struct guest_socket *s)
{
    char reason[200];

    if (b->m->names_scoped || s->family != AF_UNIX || s->bound_bytes <= offsetof(struct sockaddr_un, sun_path) ||
        ((const struct sockaddr_un *)&s->bound)->sun_path[0] != '\0')
        return 0;
    int error = wall_scope_names(reason, sizeof reason);
    b->m->names_scoped = error == 0;
    return error == 0 ? 0 : build_fail(b, error, "%s", reason);
}

static int bind_again(struct builder *b, int host, struct guest_socket *s)
{
    struct net_address address;

    remove_stale(b, s);
    int error = net_bind_address(b->thread, s, &s->bound, s->bound_bytes, &address);
    if (error == NET_INSIDE)
        error = -EACCES;
    if (error == 0 && bind(host, (struct sockaddr *)&address.host, address.bytes) != 0)
        error = -errno;
    net_address_release(&address);
    if (error == 0 && s->family != AF_UNIX)
        error = net_loop_announce(b->m, s, host, &s->bound);
    if (error == 0 && s->listening && listen(host, s->backlog) != 0)
        error = -errno;
    if (error == 0 && s->listening && s->serial != 0)
        error = loopback_listen(b->m, s->serial);
    if (error == 0)
        return 0;
    const struct sockaddr_in *in = (const struct sockaddr_in *)&s->bound; /* sin6_port is at the same place */
    const char *why = error == -EADDRINUSE ? "somebody else has it, perhaps the original that still runs"
                                           : strerror(-error);
    unsigned port = ntohs(in->sin_port);
    if (s->family == AF_UNIX) {
        const char *name = ((const struct sockaddr_un *)in)->sun_path;
        return build_fail(b, error, "the snapshot's guest has a socket of the name %s%.107s, which cannot be taken "
                          "again: %s", *name == '\0' ? "@" : "", *name == '\0' ? name + 1 : name, why);
    }
    if (error == -EACCES)
        return build_fail(b, error, "the snapshot's guest listens at its port %u: give it an address with --listen "
                          "HOST:PORT:%u, or those that the file names with --trust", port, port);
    return build_fail(b, error, "the address for the guest's port %u cannot be taken again: %s; give it another one "
                      "with --listen HOST:PORT:%u", port, why, port);
}

/* Within the isolate: bound and listening, or datagrams with the peer that they had. */
static int build_inside(struct builder *b, const struct saved_description *d, struct guest_socket *s)
{
    const struct sockaddr_storage name = s->bound;
    int error = 0, host = net_stand_in(s);

    if (host < 0)
        return build_fail(b, host, "cannot make a socket: %s", strerror(-host));
    s->place = SOCKET_OPEN;
    set_options(s, host, &d->socket);
    if (d->socket.facts.place == SOCKET_LOOP && !s->reset)
        error = net_loop_bind(b->m, s, host, &name);
    if (error == 0 && s->listening)
        error = loopback_listen(b->m, s->serial);
    if (error == 0 && s->queue != 0 && (s->listening || s->type == SOCK_DGRAM)) {
        net_options_copy(s, host, s->queue);
        if (dup3(s->queue, host, O_CLOEXEC) < 0)
            error = -errno;
    }
    if (error == 0)
        return host;
    close(host);
    return build_fail(b, error, "the snapshot's guest uses a port of its own network that cannot be taken again: %s",
                      strerror(-error));
}

static int build_host(struct builder *b, const struct saved_description *d, struct guest_socket *s)
{
    struct net_address peer = {.folder = -1};
    int error = s->reset ? 0 : scope_names(b, s);

    if (error != 0)
        return error;
    int host = socket(s->family, s->type | SOCK_CLOEXEC, s->protocol);
    if (host < 0)
        return build_fail(b, -errno, "cannot make a socket: %s", strerror(errno));
    set_options(s, host, &d->socket);
    if (s->reset)
        return host;
    if (s->bound_bytes != 0)
        error = bind_again(b, host, s);
    /* Only datagrams are still connected here; a peer that the policy does not allow any more is a lost one. */
    if (error == 0 && s->peer_bytes != 0 && net_peer_address(b->thread, s, &s->peer, s->peer_bytes, &peer) == NET_HOST)
        connect(host, (struct sockaddr *)&peer.host, peer.bytes);
    net_address_release(&peer);
    if (error == 0)
        return host;
    close(host);
    return error;
}

/* Families and types as socket(2) of the guest allows them (sys_net.c); the codec has seen to the rest. */
static bool known_kind(const struct guest_socket *s)
{
    bool internet = s->family == AF_INET || s->family == AF_INET6;

    if (s->family == AF_NETLINK)
        return s->place == SOCKET_LINK;
    if (s->family == AF_UNIX ? s->place != SOCKET_HOST : !internet || s->place == SOCKET_LINK)
        return false;
    if (s->place == SOCKET_LOOP && (s->bound_bytes == 0 || s->bound.ss_family != s->family))
        return false;
    return (s->type == SOCK_STREAM || s->type == SOCK_DGRAM || (s->type == SOCK_SEQPACKET && s->family == AF_UNIX)) &&
           (s->protocol == 0 || s->protocol == IPPROTO_TCP || s->protocol == IPPROTO_UDP);
}

static int build_link(struct builder *b, struct guest_socket *s)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return build_fail(b, -errno, "cannot make a pair of sockets: %s", strerror(errno));
    s->queue = ends[1];
    return ends[0];
}

int build_socket(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    struct guest_socket s = d->socket.facts;

    if (!known_kind(&s))
        return build_fail(b, -EBADMSG, "the snapshot has a socket of a kind that guests cannot have");
    s.pair = d->socket.pair;
    *host = s.place == SOCKET_LINK   ? build_link(b, &s)
            : s.pair != 0            ? build_end(b, d, &s)
            : s.place == SOCKET_HOST ? build_host(b, d, &s)
                                     : build_inside(b, d, &s);
    if (*host < 0) {
        if (s.queue != 0)
            close(s.queue);
        return *host;
    }
    *file = net_file(&s, strdup(d->path));
    if (*file == NULL) {
        close(*host);
        return build_no_memory(b);
    }
    return 0;
}
