/* Descriptors that came through a Unix socket (unix(7), SCM_RIGHTS): what they are for the guest that gets them. */
#include "hostvirt/net.h"
#include "hostvirt/statistics.h"
#include "hostvirt/thread.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

/* What a regular file is: a memfd, as the vDSO's is one, or a file of a disk. */
static enum file_kind kind_of_regular(const struct monitor *m, const struct stat *status)
{
    struct stat memory;

    return m->vdso_file >= 0 && fstat(m->vdso_file, &memory) == 0 && memory.st_dev == status->st_dev ? FILE_MEMORY
                                                                                                      : FILE_REGULAR;
}

/* The character devices that guests have: null(4), random(4), their terminal.  FILE_KINDS: another one. */
static enum file_kind kind_of_device(int host, const struct stat *status)
{
    static const enum file_kind memory[] = {[3] = FILE_NULL, [5] = FILE_ZERO, [7] = FILE_FULL, [8] = FILE_RANDOM,
                                            [9] = FILE_RANDOM};
    unsigned n = minor(status->st_rdev);

    if (major(status->st_rdev) == 1)
        return n < sizeof memory / sizeof memory[0] && memory[n] != 0 ? memory[n] : FILE_KINDS;
    return isatty(host) ? FILE_TERMINAL : FILE_KINDS;
}

/* What a descriptor is that came through a socket: only the host's object tells.  FILE_KINDS: nothing for guests. */
static enum file_kind kind_received(const struct monitor *m, int host, int flags)
{
    struct stat status;

    if (flags < 0 || fstat(host, &status) != 0)
        return FILE_KINDS;
    if (flags & O_PATH)
        return FILE_PATH;
    switch (status.st_mode & S_IFMT) {
    case S_IFREG:
        return kind_of_regular(m, &status);
    case S_IFDIR:
        return FILE_DIRECTORY;
    case S_IFIFO:
        return FILE_PIPE;
    case S_IFSOCK:
        return FILE_SOCKET;
    case S_IFCHR:
        return kind_of_device(host, &status);
    case S_IFBLK:
        return FILE_KINDS;
    default:
        return FILE_EVENT; /* an anonymous inode */
    }
}

static bool has_path(const struct sockaddr_un *name, socklen_t bytes)
{
    return name->sun_family == AF_UNIX && bytes > offsetof(struct sockaddr_un, sun_path) && name->sun_path[0] == '/';
}

/* Abstract names are the family's own (net_unix.c), and so are sockets without a name. */
static bool is_named(int host)
{
    struct sockaddr_un own, peer;
    socklen_t own_bytes = sizeof own, peer_bytes = sizeof peer;

    return (getsockname(host, (struct sockaddr *)&own, &own_bytes) == 0 && has_path(&own, own_bytes)) ||
           (getpeername(host, (struct sockaddr *)&peer, &peer_bytes) == 0 && has_path(&peer, peer_bytes));
}

/* Who connected, or listened: a listener that has ended since counts as a stranger. */
static bool peer_is_family(const struct monitor *m, int host)
{
    struct ucred peer = {.pid = 0};
    socklen_t bytes = sizeof peer;
    bool found = false;

    if (getsockopt(host, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) != 0 || peer.pid <= 0)
        return false;
    family_lock(m->family);
    for (unsigned i = 0; i < m->family->rows && !found; i++)
        found = m->family->processes[i].state != PROCESS_FREE && m->family->processes[i].host == peer.pid;
    family_unlock(m->family);
    return found;
}

bool net_rights_stay(const struct monitor *m, int host, const struct net_address *to)
{
    bool stay = (to == NULL || !has_path((const struct sockaddr_un *)&to->host, to->bytes)) &&
                (!is_named(host) || peer_is_family(m, host));

    if (!stay)
        COUNT(m->statistics, denied_network);
    return stay;
}

struct file *net_describe(const struct monitor *m, int host)
{
    int flags = fcntl(host, F_GETFL);
    enum file_kind kind = kind_received(m, host, flags);
    char *name = kind != FILE_KINDS ? strdup("anon_inode:[received]") : NULL;
    struct file *f = name != NULL ? file_new(kind, flags, name) : NULL;

    if (f == NULL)
        return NULL;
    f->writable = kind == FILE_REGULAR && (flags & O_ACCMODE) != O_RDONLY;
    if (kind != FILE_SOCKET && kind != FILE_EVENT)
        return f;
    f->data = calloc(1, kind == FILE_SOCKET ? sizeof(struct guest_socket) : sizeof(long));
    f->destroy = kind == FILE_SOCKET ? net_socket_free : free;
    if (f->data == NULL) {
        file_release(f);
        return NULL;
    }
    if (kind == FILE_SOCKET) {
        struct guest_socket *s = f->data;
        socklen_t bytes = sizeof(int);
        getsockopt(host, SOL_SOCKET, SO_DOMAIN, &s->family, &bytes);
        getsockopt(host, SOL_SOCKET, SO_TYPE, &s->type, &bytes);
    }
    return f;
}
