/* Names of Unix sockets: files below the mounts, and abstract names (unix(7)), which are the family's own.
 *
 * The host has one list of abstract names for all that share its network namespace.  A guest's name stands there behind
 * a prefix with a number drawn for the family, so that no isolate finds another's names or the host's:
 *
 *     cloister-0123456789abcdef/NAME    when it fits
 *     cloister-0123456789abcdef#HASH    longer names, by their XXH3-128: only the family can clash, with itself
 *
 * Other programs of the host can read that list, so the prefix is no secret: net_unix_trusts looks at who is there. */
#include "hostvirt/net.h"
#include "hostvirt/path.h"
#include "hostvirt/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include <xxhash.h>

#define NAME_AT offsetof(struct sockaddr_un, sun_path)
#define NAME_ROOM 80 /* of a socket's file name: what is left behind "/proc/self/fd/NUMBER/" */
#define PREFIX_BYTES 25
#define ABSTRACT_ROOM (sizeof((struct sockaddr_un *)0)->sun_path - 1)
#define CHOSEN_NAMES (1u << 20) /* that bind(2) gives out itself: five digits, as on Linux */

static int denied(struct thread *t)
{
    COUNT(t->process->monitor->statistics, denied_network);
    return -EACCES;
}

/* ---- abstract names ---------------------------------------------------------------------------------------------- */

static void put_prefix(const struct family *f, char prefix[PREFIX_BYTES + 1])
{
    snprintf(prefix, PREFIX_BYTES + 1, "cloister-%016" PRIx64, f->abstract_names);
}

/* bytes: of the guest's address, at most that of a sockaddr_un. */
static void abstract_address(const struct family *f, const struct sockaddr_un *guest, socklen_t bytes,
                             struct net_address *out)
{
    struct sockaddr_un *host = (struct sockaddr_un *)&out->host;
    char prefix[PREFIX_BYTES + 1], name[ABSTRACT_ROOM + 1];
    size_t length = bytes - NAME_AT - 1, used;

    put_prefix(f, prefix);
    if (PREFIX_BYTES + 1 + length <= ABSTRACT_ROOM) {
        used = (size_t)snprintf(name, sizeof name, "%s/", prefix);
        memcpy(name + used, guest->sun_path + 1, length);
        used += length;
    } else {
        XXH128_hash_t hash = XXH3_128bits(guest->sun_path + 1, length);
        used = (size_t)snprintf(name, sizeof name, "%s#%016" PRIx64 "%016" PRIx64, prefix, (uint64_t)hash.high64,
                                (uint64_t)hash.low64);
    }
    *host = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(host->sun_path + 1, name, used);
    out->bytes = (socklen_t)(NAME_AT + 1 + used);
}

socklen_t net_unix_name(const struct family *f, struct sockaddr_storage *name, socklen_t bytes)
{
    struct sockaddr_un host = {.sun_family = AF_UNIX}, *guest = (struct sockaddr_un *)name;
    char prefix[PREFIX_BYTES + 1];
    const size_t before = 1 + PREFIX_BYTES + 1; /* NUL, prefix, '/' */

    put_prefix(f, prefix);
    memcpy(&host, name, bytes < sizeof host ? bytes : sizeof host);
    *name = (struct sockaddr_storage){.ss_family = AF_UNIX};
    if (bytes < NAME_AT + before || bytes > sizeof host || host.sun_path[0] != '\0' ||
        memcmp(host.sun_path + 1, prefix, PREFIX_BYTES) != 0 || host.sun_path[before - 1] != '/')
        return sizeof(sa_family_t);
    memcpy(guest->sun_path + 1, host.sun_path + before, bytes - NAME_AT - before);
    return bytes - (socklen_t)(before - 1);
}

int net_unix_choose(struct thread *t, int host, struct sockaddr_storage *guest, socklen_t *bytes)
{
    struct family *f = t->process->monitor->family;
    struct sockaddr_un *name = (struct sockaddr_un *)guest;
    struct net_address address;

    for (unsigned i = 0; i < CHOSEN_NAMES; i++) {
        *guest = (struct sockaddr_storage){.ss_family = AF_UNIX};
        int digits = snprintf(name->sun_path + 1, sizeof name->sun_path - 1, "%05x",
                              atomic_fetch_add(&f->abstract_next, 1u) % CHOSEN_NAMES);
        *bytes = (socklen_t)(NAME_AT + 1 + (size_t)digits);
        abstract_address(f, name, *bytes, &address);
        if (bind(host, (const struct sockaddr *)&address.host, address.bytes) == 0)
            return 0;
        if (errno != EADDRINUSE)
            return -errno;
    }
    return -ENOSPC;
}

bool net_unix_trusts(struct thread *t, int host, const struct sockaddr_storage *name, socklen_t bytes)
{
    const struct sockaddr_un *n = (const struct sockaddr_un *)name;
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (n->sun_family != AF_UNIX || bytes <= NAME_AT || n->sun_path[0] != '\0')
        return true; /* the folder's permissions say who comes */
    if (getsockopt(host, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid())
        return true;
    denied(t);
    return false;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* A new name in the folder that was found: bind(2) follows no link in it. */
static int name_to_bind(const struct place *place, struct net_address *out, struct sockaddr_un *host)
{
    if (strlen(place->name) > NAME_ROOM)
        return -ENAMETOOLONG;
    out->folder = fcntl(place->parent, F_DUPFD_CLOEXEC, 3);
    if (out->folder < 0)
        return -errno;
    out->bytes = (socklen_t)snprintf(host->sun_path, sizeof host->sun_path, "/proc/self/fd/%d/%.*s", out->folder,
                                     NAME_ROOM, place->name);
    return 0;
}

/* The socket that was found, by a descriptor: connect(2) would follow a link that has taken its place meanwhile. */
static int socket_to_reach(const struct place *place, struct net_address *out, struct sockaddr_un *host)
{
    struct stat status;

    out->folder = openat(place->parent, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (out->folder < 0 || fstat(out->folder, &status) != 0)
        return -errno;
    if (!S_ISSOCK(status.st_mode))
        return -ECONNREFUSED;
    out->bytes = (socklen_t)snprintf(host->sun_path, sizeof host->sun_path, "/proc/self/fd/%d", out->folder);
    return 0;
}

static int named_address(struct thread *t, const struct sockaddr_un *guest, socklen_t bytes, bool bind,
                         struct net_address *out)
{
    struct sockaddr_un *host = (struct sockaddr_un *)&out->host;
    char path[sizeof guest->sun_path + 1] = "";
    struct place place;

    memcpy(path, guest->sun_path, bytes - NAME_AT);
    int error = place_find_text(t->process, AT_FDCWD, path, bind ? PLACE_CREATE : PLACE_FOLLOW, &place);
    if (error != 0)
        return error;
    *host = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (bind && place.exists)
        error = -EADDRINUSE;
    else if (place_check_writable(&place) != 0) /* a socket of the host's below a read-only mount is not the guest's */
        error = denied(t);
    else
        error = bind ? name_to_bind(&place, out, host) : socket_to_reach(&place, out, host);
    out->bytes += (socklen_t)(NAME_AT + 1);
    place_release(&place);
    return error;
}

int net_unix_address(struct thread *t, const struct sockaddr_storage *guest, socklen_t bytes, bool bind,
                     struct net_address *out)
{
    const struct sockaddr_un *name = (const struct sockaddr_un *)guest;

    if (bytes > sizeof *name || bytes <= NAME_AT)
        return -EINVAL;
    if (name->sun_path[0] != '\0')
        return named_address(t, name, bytes, bind, out);
    abstract_address(t->process->monitor->family, name, bytes, out);
    return 0;
}
