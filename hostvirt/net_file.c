/* File objects of sockets. */
#include "hostvirt/net.h"
#include "hostvirt/sys_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void net_socket_free(void *data)
{
    struct guest_socket *s = data;

    if (s->queue != 0)
        close(s->queue);
    free(s);
}

int net_stand_in(const struct guest_socket *s)
{
    int host = socket(AF_UNIX, s->type | SOCK_CLOEXEC, 0);

    return host < 0 ? -errno : host;
}

/* read(2) and write(2) of sockets that may be others than their host descriptors. */
static int64_t read_socket(struct thread *t, struct descriptor *d, struct iovec *parts, int count)
{
    const struct guest_socket *s = d->file->data;
    struct loop_head head;
    int flags;

    if (s->place != SOCKET_HOST && s->place != SOCKET_LINK && s->type == SOCK_DGRAM)
        return net_datagram_receive(t, d, parts, (size_t)count, 0, &head, &flags);
    if (!net_plain(s) && s->place != SOCKET_LINK)
        return -ENOTCONN;
    return file_call(t, d, SYS_readv, (long)parts, count, 0, 0, 0);
}

static int64_t write_socket(struct thread *t, struct descriptor *d, struct iovec *parts, int count)
{
    const struct guest_socket *s = d->file->data;

    if (s->place == SOCKET_LINK)
        return net_link_request(t, d, parts, (size_t)count);
    if (s->place != SOCKET_HOST && s->type == SOCK_DGRAM)
        return net_datagram_send(t, d, parts, (size_t)count, 0, NULL, -1, -1);
    if (!net_plain(s)) {
        file_signal_self(t, SIGPIPE);
        return -EPIPE;
    }
    if (s->place == SOCKET_LOOP)
        return net_stream_send(t, d, &(struct msghdr){.msg_iov = parts, .msg_iovlen = (size_t)count}, 0);
    return file_call(t, d, SYS_writev, (long)parts, count, 0, 0, 0);
}

struct file *net_file(const struct guest_socket *s, char *path)
{
    struct guest_socket *kept = malloc(sizeof *kept);
    struct file *f = kept != NULL ? file_new(FILE_SOCKET, O_RDWR, path) : NULL;

    if (f == NULL) {
        if (kept == NULL)
            free(path);
        free(kept);
        if (s->queue != 0)
            close(s->queue);
        return NULL;
    }
    *kept = *s;
    f->data = kept;
    f->destroy = net_socket_free;
    if (s->place != SOCKET_HOST) {
        f->read = read_socket;
        f->write = write_socket;
    }
    return f;
}

int64_t net_install(struct thread *t, int host, const struct guest_socket *s, bool close_on_exec)
{
    char *name = NULL;

    if (asprintf(&name, "socket:[%d]", host + 1000) < 0)
        name = NULL;
    struct file *f = net_file(s, name);
    if (f == NULL) {
        close(host);
        return -ENOMEM;
    }
    return descriptor_install(t->process, host, f, close_on_exec, 0);
}
