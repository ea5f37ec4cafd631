/* Where an isolate may listen and what it may connect to: addresses as users write them, and their resolution. */
#include "hostvirt/policy_private.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool parse_port(const char *text, uint16_t *port)
{
    char *end;
    unsigned long number = strtoul(text, &end, 10);

    if (!isdigit((unsigned char)text[0]) || *end != '\0' || number > 65535)
        return false;
    *port = (uint16_t)number;
    return true;
}

/* HOST:PORT[:GUESTPORT], [V6]:PORT, each with an optional /udp or /tcp. */
static int parse_endpoint(struct endpoint *e, const char *value, bool guest_port, char *reason, size_t bytes)
{
    char *copy = strdup(value), *parts[3] = {0}, *rest, *protocol;

    *e = (struct endpoint){.type = SOCK_STREAM};
    if (copy == NULL)
        return policy_no_memory(reason, bytes);
    protocol = strchr(copy, '/');
    if (protocol != NULL) {
        *protocol++ = '\0';
        e->type = strcmp(protocol, "udp") == 0 ? SOCK_DGRAM : strcmp(protocol, "tcp") == 0 ? SOCK_STREAM : -1;
    }
    rest = copy;
    char *bracket = copy[0] == '[' ? strchr(copy, ']') : NULL;
    if (bracket != NULL) {
        *bracket = '\0';
        parts[0] = copy + 1;
        rest = bracket[1] == ':' ? bracket + 2 : NULL;
    } else {
        parts[0] = strsep(&rest, ":");
    }
    parts[1] = strsep(&rest, ":");
    parts[2] = strsep(&rest, ":");
    bool good = e->type > 0 && parts[0][0] != '\0' && parts[1] != NULL && parse_port(parts[1], &e->port) &&
                rest == NULL && (parts[2] == NULL || (guest_port && parse_port(parts[2], &e->guest_port)));
    if (!guest_port && e->port == 0)
        good = false; /* nothing can be reached there */
    if (good && parts[2] == NULL)
        e->guest_port = e->port;
    if (good)
        e->name = strdup(parts[0]);
    free(copy);
    if (!good) {
        snprintf(reason, bytes, "'%.200s' is no address; write %s, with /udp behind it for datagrams", value,
                 guest_port ? "HOST:PORT or HOST:PORT:GUESTPORT" : "HOST:PORT");
        return -EINVAL;
    }
    return e->name != NULL ? 0 : policy_no_memory(reason, bytes);
}

static int add_endpoint(struct endpoint **list, size_t *count, const char *value, bool guest_port, char *reason,
                        size_t bytes)
{
    struct endpoint e, *longer;
    int error = parse_endpoint(&e, value, guest_port, reason, bytes);

    if (error != 0)
        return error;
    longer = reallocarray(*list, *count + 1, sizeof e);
    if (longer == NULL) {
        free(e.name);
        return policy_no_memory(reason, bytes);
    }
    *list = longer;
    longer[(*count)++] = e;
    return 0;
}

int policy_add_listen(struct policy *p, const char *value, char *reason, size_t bytes)
{
    return add_endpoint(&p->listens, &p->listen_count, value, true, reason, bytes);
}

int policy_add_connect(struct policy *p, const char *value, char *reason, size_t bytes)
{
    return add_endpoint(&p->connects, &p->connect_count, value, false, reason, bytes);
}

void policy_replace_listens(struct policy *p, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->listen_count; i++) {
        bool replaced = false;
        for (size_t k = count; i < count && k < p->listen_count; k++)
            replaced |=
                p->listens[k].guest_port == p->listens[i].guest_port && p->listens[k].type == p->listens[i].type;
        if (replaced)
            free(p->listens[i].name);
        else
            p->listens[kept++] = p->listens[i];
    }
    p->listen_count = kept;
}

int policy_shift_listens(struct policy *p, unsigned index, char *reason, size_t bytes)
{
    for (size_t i = 0; i < p->listen_count; i++) {
        struct endpoint *e = &p->listens[i];
        if (e->port == 0)
            continue; /* the kernel chooses */
        if (index > 65535u - e->port) {
            snprintf(reason, bytes, "copy %u would listen behind port 65535: begin with a lower one (--listen)",
                     index + 1);
            return -EINVAL;
        }
        e->port = (uint16_t)(e->port + index);
        for (unsigned k = 0; k < e->address_count; k++) /* sin6_port is at the same place */
            ((struct sockaddr_in *)&e->addresses[k])->sin_port = htons(e->port);
    }
    return 0;
}

/* Names are looked up here, once: a guest that could make the monitor look up names could speak through them. */
int policy_resolve(struct endpoint *e, char *reason, size_t bytes)
{
    struct addrinfo hints = {.ai_socktype = e->type}, *found, *a;
    char port[8];

    snprintf(port, sizeof port, "%u", e->port);
    int error = getaddrinfo(e->name, port, &hints, &found);
    if (error != 0) {
        snprintf(reason, bytes, "cannot find the address of %.200s: %s", e->name, gai_strerror(error));
        return -EINVAL;
    }
    for (a = found; a != NULL && e->address_count < sizeof e->addresses / sizeof e->addresses[0]; a = a->ai_next)
        memcpy(&e->addresses[e->address_count++], a->ai_addr, a->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

/* Whether this machine can listen there: tried with a port that the kernel chooses. */
static bool is_own(const struct endpoint *e, const struct sockaddr_storage *address)
{
    struct sockaddr_storage any_port = *address;
    int s = socket(address->ss_family, e->type | SOCK_CLOEXEC, 0);

    if (s < 0)
        return false; /* a family that this kernel has not */
    ((struct sockaddr_in *)&any_port)->sin_port = 0; /* sin6_port is at the same place */
    bool own = bind(s, (struct sockaddr *)&any_port, sizeof any_port) == 0 || errno != EADDRNOTAVAIL;
    close(s);
    return own;
}

/* Tried as the guest's socket will be bound, so that who has the address already is known before the guest starts.
 * 0, or the errno of bind(2). */
static int try_address(const struct endpoint *e, const struct sockaddr_storage *address)
{
    const int on = 1;
    int s = socket(address->ss_family, e->type | SOCK_CLOEXEC, 0), error = 0;

    if (s < 0)
        return errno;
    if (e->type == SOCK_STREAM)
        setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* connections of an earlier one may still fade away */
    if (address->ss_family == AF_INET6)
        setsockopt(s, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(s, (const struct sockaddr *)address, sizeof *address) != 0)
        error = errno;
    close(s);
    return error;
}

static int check_free(const struct endpoint *e, char *reason, size_t bytes)
{
    int error = 0;

    for (unsigned i = 0; i < e->address_count && error == 0; i++)
        error = try_address(e, &e->addresses[i]);
    if (error == EADDRINUSE)
        snprintf(reason, bytes, "cannot listen at %.200s, port %u: somebody else has that address; give it another one "
                 "with --listen HOST:PORT:%u", e->name, e->port, e->guest_port);
    else if (error == EACCES)
        snprintf(reason, bytes, "cannot listen at %.200s, port %u: ports below 1024 are for root; give it another one "
                 "with --listen HOST:PORT:%u", e->name, e->port, e->guest_port);
    else if (error != 0)
        snprintf(reason, bytes, "cannot listen at %.200s, port %u: %s", e->name, e->port, strerror(error));
    return -error;
}

int policy_resolve_own(struct endpoint *e, char *reason, size_t bytes)
{
    unsigned kept = 0;
    int error = policy_resolve(e, reason, bytes);

    if (error != 0)
        return error;
    for (unsigned i = 0; i < e->address_count; i++)
        if (is_own(e, &e->addresses[i]))
            e->addresses[kept++] = e->addresses[i];
    e->address_count = kept;
    if (kept > 0)
        return check_free(e, reason, bytes);
    snprintf(reason, bytes, "this machine has not the address %.200s to listen at; 0.0.0.0 stands for all that it has",
             e->name);
    return -EINVAL;
}

void policy_write_names(const struct policy *p, FILE *to)
{
    for (size_t i = 0; i < p->connect_count; i++)
        for (unsigned k = 0; k < p->connects[i].address_count; k++) {
            const struct sockaddr_storage *a = &p->connects[i].addresses[k];
            char text[INET6_ADDRSTRLEN];
            const void *address = a->ss_family == AF_INET ? (const void *)&((const struct sockaddr_in *)a)->sin_addr
                                                          : (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr;
            if (inet_ntop(a->ss_family, address, text, sizeof text) != NULL && strcmp(text, p->connects[i].name) != 0)
                fprintf(to, "%s\t%s\n", text, p->connects[i].name);
        }
}
