/* Event descriptors made again by their recipes: eventfd, timerfd, epoll, inotify. */
#include "hostvirt/event.h"
#include "hostvirt/path_private.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

int build_counter(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    struct event_counter *kept = calloc(1, sizeof *kept);

    if (kept == NULL)
        return build_no_memory(b);
    kept->semaphore = d->semaphore;
    *host = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | (d->semaphore ? EFD_SEMAPHORE : 0));
    if (*host >= 0 && d->counter > 0 && write(*host, &d->counter, sizeof d->counter) != sizeof d->counter) {
        close(*host);
        *host = -1;
    }
    int error = build_finish(b, d, host, file, kept, free);
    if (error != 0)
        free(kept);
    return error;
}

/* Signals that were pending come back with the process and the threads, and make it readable (signal_tell_watches). */
int build_signal_file(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    *host = eventfd(0, EFD_CLOEXEC);
    if (*host < 0)
        return build_fail(b, -errno, "cannot make %s again: %s", d->path, strerror(errno));
    *file = event_signals_new(b->p, d->mask, *host, strdup(d->path));
    if (*file != NULL)
        return 0;
    close(*host);
    return build_no_memory(b);
}

/* Armed when the guest is entered (snapshot_enter.c). */
int build_timer_descriptor(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    struct event_timer *kept = calloc(1, sizeof *kept);

    if (kept == NULL)
        return build_no_memory(b);
    kept->clock = d->clock;
    kept->absolute = d->absolute;
    *host = timerfd_create(d->clock == CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC, TFD_CLOEXEC);
    int error = build_finish(b, d, host, file, kept, free);
    if (error != 0)
        free(kept);
    return error;
}

static void free_set(void *data)
{
    struct event_set *set = data;

    pthread_mutex_destroy(&set->lock);
    free(set->interests);
    free(set);
}

/* Empty at first: what it watches is opened later, perhaps. */
int build_set(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    struct event_set *set = calloc(1, sizeof *set);

    if (set == NULL || (set->interests = calloc(d->interest_count + 1, sizeof *set->interests)) == NULL) {
        free(set);
        return build_no_memory(b);
    }
    pthread_mutex_init(&set->lock, NULL);
    set->room = d->interest_count + 1;
    *host = epoll_create1(EPOLL_CLOEXEC);
    int error = build_finish(b, d, host, file, set, free_set);
    if (error != 0)
        free_set(set);
    return error;
}

#define NUMBERS_MOST 65536 /* of watches that are tried until one has the number that it had */

/* The host numbers watches one after the other and never gives a number twice.  A file that is not there any more is
 * not watched, as if it had been deleted. */
static int watch_file(struct builder *b, const struct event_watch *saved, int host, struct event_watches *kept)
{
    struct place place;
    int number = -ENOENT, tries = 0;

    if (place_find_text(b->p, AT_FDCWD, saved->path, 0, &place) != 0)
        return 0;
    while (place.exists && (number = watch_place(host, &place, saved->mask)) > 0 && number < saved->number &&
           tries++ < NUMBERS_MOST)
        inotify_rm_watch(host, number);
    place_release(&place);
    if (number < 0)
        return number == -ENOENT || number == -EACCES ? 0 : number;
    return number == saved->number ? watches_note(kept, number, saved->mask, saved->path) : -ENOSPC;
}

/* The removals have told of themselves (IN_IGNORED): nobody is to read that. */
static void drain(int host)
{
    char events[4096];
    int waiting = 0;

    while (ioctl(host, FIONREAD, &waiting) == 0 && waiting > 0 && read(host, events, sizeof events) > 0)
        ;
}

int build_watches(struct builder *b, const struct saved_description *d, int *host, struct file **file)
{
    struct event_watches *kept = watches_new();
    int error;

    if (kept == NULL)
        return build_no_memory(b);
    *host = inotify_init1(IN_CLOEXEC);
    for (size_t i = 0; i < d->watch_count && *host >= 0; i++)
        if ((error = watch_file(b, &d->watches[i], *host, kept)) != 0) {
            close(*host);
            watches_free(kept);
            return build_fail(b, error, "cannot watch %s again: %s", d->watches[i].path, strerror(-error));
        }
    if (*host >= 0)
        drain(*host);
    error = build_finish(b, d, host, file, kept, watches_free);
    if (error != 0)
        watches_free(kept);
    return error;
}

int build_interests(struct builder *b, const struct saved_description *d, int number)
{
    struct descriptor *set = descriptor_get(b->p, number);
    int error = 0;

    for (size_t i = 0; i < d->interest_count && error == 0; i++) {
        const struct event_interest *interest = &d->interests[i];
        struct descriptor *target = descriptor_get(b->p, interest->guest);
        struct epoll_event event = {.events = interest->events, .data.u64 = interest->data};
        struct event_set *kept = set->file->data;
        if (target == NULL)
            continue;
        if (epoll_ctl(set->host, EPOLL_CTL_ADD, target->host, &event) == 0)
            kept->interests[kept->count++] = *interest;
        else if (errno != EPERM) /* a standard stream that is a file now */
            error = build_fail(b, -errno, "cannot watch descriptor %d again: %s", interest->guest, strerror(errno));
        descriptor_put(target);
    }
    descriptor_put(set);
    return error;
}
