/* Standard streams for a guest that was restored before anybody was there to give them: a standby's.  The descriptors
 * that were made from the streams of that time keep their numbers and change what they lead to. */
#include "hostvirt/event.h"
#include "hostvirt/file.h"
#include "hostvirt/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

/* What a descriptor is to lead to, or -1: it is nobody's stream. */
static int stream_for(const struct file *f, const int streams[3])
{
    if (f->kind == FILE_STANDARD)
        return streams[f->standard];
    for (int i = 0; f->kind == FILE_TERMINAL && i < 3; i++)
        if (isatty(streams[i]))
            return streams[i];
    return -1;
}

/* An epoll set forgets a host descriptor that is replaced.  Files cannot be watched: EPERM. */
static int watch_again(struct process *p, struct descriptor *set, const int streams[3])
{
    struct event_set *kept = set->file->data;
    int error = 0;

    for (size_t i = 0; i < kept->count && error == 0; i++) {
        const struct event_interest *interest = &kept->interests[i];
        struct descriptor *target = descriptor_get(p, interest->guest);
        struct epoll_event event = {.events = interest->events, .data.u64 = interest->data};
        if (target != NULL && stream_for(target->file, streams) >= 0 &&
            epoll_ctl(set->host, EPOLL_CTL_ADD, target->host, &event) != 0 && errno != EPERM && errno != EEXIST)
            error = -errno;
        descriptor_put(target);
    }
    return error;
}

int snapshot_streams(struct monitor *m, const int streams[3])
{
    struct process *p = m->process;
    int error = 0;

    for (int n = descriptor_next(p, 0); n >= 0 && error == 0; n = descriptor_next(p, n + 1)) {
        struct descriptor *d = descriptor_get(p, n);
        int stream = d != NULL ? stream_for(d->file, streams) : -1;
        if (stream >= 0 && dup3(stream, d->host, O_CLOEXEC) < 0)
            error = -errno;
        descriptor_put(d);
    }
    for (int n = descriptor_next(p, 0); n >= 0 && error == 0; n = descriptor_next(p, n + 1)) {
        struct descriptor *d = descriptor_get(p, n);
        if (d != NULL && d->file->kind == FILE_EPOLL)
            error = watch_again(p, d, streams);
        descriptor_put(d);
    }
    return error == 0 && dup2(streams[2], STDERR_FILENO) < 0 ? -errno : error;
}
