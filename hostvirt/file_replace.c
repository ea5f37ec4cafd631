/* Another host descriptor in the place of an open description's: what the guest sees stays the same description. */
#include "hostvirt/event.h"
#include "hostvirt/process_freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* One interest that an epoll set had in the description. */
struct watch {
    int set, host; /* host descriptors, held by their entries */
    struct epoll_event event;
};

struct watches {
    struct watch *list;
    size_t count, room;
};

static int add_watch(struct watches *w, const struct watch *one)
{
    if (w->count == w->room) {
        size_t room = w->room != 0 ? 2 * w->room : 4;
        struct watch *longer = reallocarray(w->list, room, sizeof *longer);
        if (longer == NULL)
            return -ENOMEM;
        w->list = longer;
        w->room = room;
    }
    w->list[w->count++] = *one;
    return 0;
}

/* The interests of one set in numbers of the file; they are taken out of the host's set. */
static int take_watches(struct process *p, const struct file *file, struct descriptor *d, struct watches *w)
{
    struct event_set *set = d->file->data;
    int error = 0;

    change_begin(&set->lock);
    for (size_t i = 0; i < set->count && error == 0; i++) {
        struct descriptor *target = descriptor_get(p, set->interests[i].guest);
        if (target != NULL && target->file == file &&
            epoll_ctl(d->host, EPOLL_CTL_DEL, target->host, NULL) == 0) {
            struct watch one = {d->host, target->host,
                                {.events = set->interests[i].events, .data.u64 = set->interests[i].data}};
            error = add_watch(w, &one);
        }
        descriptor_put(target);
    }
    change_end(&set->lock);
    return error;
}

static int take_all_watches(struct process *p, const struct file *file, struct watches *w)
{
    int error = 0;

    for (int n = descriptor_next(p, 0); n >= 0 && error == 0; n = descriptor_next(p, n + 1)) {
        struct descriptor *d = descriptor_get(p, n);
        if (d != NULL && d->file->kind == FILE_EPOLL)
            error = take_watches(p, file, d, w);
        descriptor_put(d);
    }
    return error;
}

static int replace_one(const struct descriptor *d, int host)
{
    return dup3(host, d->host, O_CLOEXEC) < 0 ? -errno : 0;
}

/* The descriptors are exchanged already, and a guest whose epoll set is silent would wait for ever. */
static void lose(struct process *p, int error)
{
    fprintf(stderr, "cloister: the isolate is ended: an epoll set cannot have its descriptor back (%s): see "
                    "max_user_watches in epoll(7)\n", strerror(error));
    process_exit_group(p, SIGKILL);
}

int descriptor_replace(struct process *p, struct descriptor *d, int host)
{
    struct watches w = {0};
    int flags = fcntl(d->host, F_GETFL);
    int error = flags < 0 || fcntl(host, F_SETFL, flags) != 0 ? -errno : 0;

    if (error == 0 && d->file->watched)
        error = take_all_watches(p, d->file, &w);
    if (error == 0)
        error = replace_one(d, host);
    /* Duplicates have host descriptors of their own. */
    if (error == 0 && d->file->references > 1)
        for (int n = descriptor_next(p, 0); n >= 0 && error == 0; n = descriptor_next(p, n + 1)) {
            struct descriptor *other = descriptor_get(p, n);
            if (other != NULL && other != d && other->file == d->file)
                error = replace_one(other, host);
            descriptor_put(other);
        }
    for (size_t i = 0; i < w.count; i++)
        if (epoll_ctl(w.list[i].set, EPOLL_CTL_ADD, w.list[i].host, &w.list[i].event) != 0)
            lose(p, errno);
    free(w.list);
    return error;
}
