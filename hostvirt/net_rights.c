/* Sockets that travel through Unix sockets (unix(7), SCM_RIGHTS) stay what they are for the guest.
 *
 * The host's descriptor alone does not say it: a socket of the isolate's own network is a Unix socket to the host, and
 * one of the host's may have another name there.  So a message with sockets in it carries more than the guest's own
 * descriptors, in this order:
 *
 *     the note       a sealed memfd: what the monitor knows of each socket
 *     their queues   (loopback.h) of those that have one
 *     what the guest sends
 *
 * The receiving monitor takes the first two out again.  It knows a note by the family's key, which guests never see: no
 * guest and no stranger can make a socket appear to be what it is not. */
#include "hostvirt/net_message.h"
#include "hostvirt/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTE_SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

struct noted {
    uint32_t index; /* of the guest's descriptors */
    uint32_t queue; /* of the queues that travel, from 1 on; 0: none */
    struct guest_socket socket;
};

struct rights_note {
    uint64_t key[2]; /* the family's */
    uint32_t count, queues;
    struct noted sockets[];
};

static size_t note_bytes(uint32_t sockets)
{
    return sizeof(struct rights_note) + sockets * sizeof(struct noted);
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

/* Adds what is known of a socket, with a duplicate of its queue.  Under the network lock. */
static int note_socket(struct message *m, struct rights_note *note, uint32_t index)
{
    struct noted *n = &note->sockets[note->count++];

    *n = (struct noted){.index = index, .socket = *(const struct guest_socket *)m->travelling[index]->file->data};
    if (n->socket.queue == 0)
        return 0;
    if (m->extras == RIGHTS_LIMIT)
        return -ETOOMANYREFS;
    int queue = fcntl(n->socket.queue, F_DUPFD_CLOEXEC, 3);
    n->socket.queue = 0;
    if (queue < 0)
        return -errno;
    m->extra[m->extras++] = queue;
    n->queue = ++note->queues;
    return 0;
}

static int note_all(struct thread *t, struct message *m, struct rights_note *note)
{
    struct monitor *monitor = t->process->monitor;
    int error = 0;

    pthread_mutex_lock(&monitor->network_lock);
    for (uint32_t i = 0; i < m->travellers && error == 0; i++)
        if (m->travelling[i]->file->kind == FILE_SOCKET)
            error = note_socket(m, note, i);
    pthread_mutex_unlock(&monitor->network_lock);
    if (error == 0 && m->travellers + m->extras > RIGHTS_LIMIT)
        error = -ETOOMANYREFS;
    if (error == -ETOOMANYREFS)
        COUNT(monitor->statistics, denied_network);
    return error;
}

static int seal_note(int host, const struct rights_note *note)
{
    size_t bytes = note_bytes(note->count);

    if (pwrite(host, note, bytes, 0) != (ssize_t)bytes)
        return -ENOMEM;
    return fcntl(host, F_ADD_SEALS, NOTE_SEALS) == 0 ? 0 : -errno;
}

/* The note, the queues and the guest's descriptors as the message's one control part. */
static void write_control(struct message *m)
{
    struct cmsghdr *part = (struct cmsghdr *)m->control;
    int *numbers = (int *)CMSG_DATA(part);

    *part = (struct cmsghdr){CMSG_LEN((m->extras + m->travellers) * sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(numbers, m->extra, m->extras * sizeof(int));
    for (unsigned i = 0; i < m->travellers; i++)
        memcpy(numbers + m->extras + i, &m->travelling[i]->host, sizeof(int));
    m->host.msg_controllen = CMSG_SPACE((m->extras + m->travellers) * sizeof(int));
}

int net_rights_pack(struct thread *t, struct message *m)
{
    uint32_t sockets = 0;

    for (unsigned i = 0; i < m->travellers; i++)
        sockets += m->travelling[i]->file->kind == FILE_SOCKET;
    if (sockets == 0)
        return 0;
    struct rights_note *note = calloc(1, note_bytes(sockets));
    if (note == NULL)
        return -ENOMEM;
    memcpy(note->key, t->process->monitor->family->rights_key, sizeof note->key);
    int host = memfd_create("rights", MFD_CLOEXEC | MFD_ALLOW_SEALING), error = host < 0 ? -errno : 0;
    if (error == 0) {
        m->extra[m->extras++] = host;
        error = note_all(t, m, note);
    }
    if (error == 0)
        error = seal_note(host, note);
    free(note);
    if (error == 0)
        write_control(m);
    return error;
}

/* ---- receiving --------------------------------------------------------------------------------------------------- */

/* Whether `host` is a note of the family's; its head. */
static bool is_note(const struct family *f, int host, struct rights_note *head)
{
    struct stat status;
    int seals = fcntl(host, F_GET_SEALS);

    /* A kernel that forbids executable memfds (vm.memfd_noexec) adds a seal of its own. */
    return seals >= 0 && (seals & NOTE_SEALS) == NOTE_SEALS && fstat(host, &status) == 0 &&
           pread(host, head, sizeof *head, 0) == sizeof *head &&
           memcmp(head->key, f->rights_key, sizeof head->key) == 0 && head->count <= RIGHTS_LIMIT &&
           (size_t)status.st_size == note_bytes(head->count);
}

/* From malloc; NULL: there is no memory. */
static struct rights_note *read_note(int host, uint32_t count)
{
    struct rights_note *note = malloc(note_bytes(count));

    if (note != NULL && pread(host, note, note_bytes(count), 0) != (ssize_t)note_bytes(count)) {
        free(note);
        note = NULL;
    }
    return note;
}

/* A note that cannot be read takes everything with it: what came with it is not what it seems. */
void net_rights_unpack(struct thread *t, struct message *m, struct cmsghdr *part)
{
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    int *numbers = (int *)CMSG_DATA(part);
    struct rights_note head;

    if (count == 0 || m->note != NULL || !is_note(t->process->monitor->family, numbers[0], &head))
        return;
    m->note = read_note(numbers[0], head.count);
    /* Fewer have arrived than were sent when this process had no room for more descriptors of the host. */
    size_t extras = m->note != NULL ? 1u + m->note->queues : count;
    m->extras = (unsigned)(extras < count ? extras : count);
    memcpy(m->extra, numbers, m->extras * sizeof(int));
    memmove(numbers, numbers + m->extras, (count - m->extras) * sizeof(int));
    part->cmsg_len = CMSG_LEN((count - m->extras) * sizeof(int));
}

static const struct noted *find_noted(const struct message *m, size_t index)
{
    for (uint32_t i = 0; m->note != NULL && i < m->note->count; i++)
        if (m->note->sockets[i].index == index)
            return &m->note->sockets[i];
    return NULL;
}

static bool same_object(const struct descriptor *d, const struct guest_socket *s, const struct stat *arrived)
{
    const struct guest_socket *own = d->file->data;
    struct stat status;

    return d->file->kind == FILE_SOCKET && own->place == s->place && own->type == s->type && own->pair == s->pair &&
           fstat(d->host, &status) == 0 && status.st_ino == arrived->st_ino && status.st_dev == arrived->st_dev;
}

/* A socket that this process has already is another number of the same description, as for dup(2). */
static struct file *find_own(struct thread *t, int host, const struct guest_socket *s)
{
    struct stat arrived;
    struct file *found = NULL;

    if (fstat(host, &arrived) != 0)
        return NULL;
    for (int n = descriptor_next(t->process, 0); n >= 0 && found == NULL; n = descriptor_next(t->process, n + 1)) {
        struct descriptor *d = descriptor_get(t->process, n);
        if (d != NULL && same_object(d, s, &arrived)) {
            found = d->file;
            atomic_fetch_add(&found->references, 1);
        }
        descriptor_put(d);
    }
    return found;
}

struct file *net_rights_file(struct thread *t, struct message *m, size_t index, int host)
{
    const struct noted *n = find_noted(m, index);
    char *path = NULL;

    if (n == NULL)
        return net_describe(t->process->monitor, host);
    struct file *own = find_own(t, host, &n->socket);
    if (own != NULL)
        return own;
    struct guest_socket s = n->socket;
    if (n->queue != 0) {
        if (n->queue >= m->extras)
            return NULL;
        s.queue = m->extra[n->queue];
        m->extra[n->queue] = -1; /* its owner is the file from now on */
    }
    return net_file(&s, asprintf(&path, "socket:[%d]", host + 1000) < 0 ? NULL : path);
}
