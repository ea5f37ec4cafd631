/* Descriptors that stand for events: eventfd, timerfd, epoll, inotify.  All are the host's own objects; what must be
 * known to make them again after a restore is kept beside. */
#include "hostvirt/clock.h"
#include "hostvirt/event.h"
#include "hostvirt/process_freeze.h"
#include "hostvirt/path.h"
#include "hostvirt/syscall.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EPOLL_EVENTS_LIMIT 16384

/* A new event descriptor of the host becomes the guest's; takes both over. */
static int64_t install(struct thread *t, int host, enum file_kind kind, const char *name, bool close_on_exec,
                       void *data, void (*destroy)(void *))
{
    char *path = strdup(name);
    struct file *f = host >= 0 && path != NULL ? file_new(kind, O_RDWR, path) : NULL;

    if (f == NULL) {
        int error = host < 0 ? -errno : -ENOMEM;
        free(path);
        if (destroy != NULL && data != NULL)
            destroy(data);
        if (host >= 0)
            close(host);
        return error;
    }
    f->data = data;
    f->destroy = destroy;
    return descriptor_install(t->process, host, f, close_on_exec, 0);
}

/* The descriptor when it is of that kind; else NULL with *error set. */
static struct descriptor *get_kind(struct thread *t, int number, enum file_kind kind, int *error)
{
    struct descriptor *d = descriptor_get(t->process, number);

    *error = d == NULL ? -EBADF : -EINVAL;
    if (d != NULL && d->file->kind != kind) {
        descriptor_put(d);
        return NULL;
    }
    return d;
}

/* ---- eventfd --------------------------------------------------------------------------------------------------- */

SYSCALL(eventfd2)
{
    int flags = arg_int(c, 1);

    if (flags & ~(EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE))
        return -EINVAL;
    struct event_counter *kept = calloc(1, sizeof *kept);
    if (kept == NULL)
        return -ENOMEM;
    kept->semaphore = (flags & EFD_SEMAPHORE) != 0;
    return install(t, eventfd((uint32_t)c->arg[0], flags | EFD_CLOEXEC), FILE_EVENT, "anon_inode:[eventfd]",
                   (flags & EFD_CLOEXEC) != 0, kept, free);
}

SYSCALL(eventfd)
{
    return sys_eventfd2(t, &(struct call){c->number, {c->arg[0], 0}});
}

/* ---- timerfd --------------------------------------------------------------------------------------------------- */

static bool shifted_clock(int clock)
{
    return clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME;
}

void event_timer_set(struct event_timer *kept, int host, const struct itimerspec *when)
{
    struct itimerspec rest = {0};
    bool armed = (when->it_value.tv_sec | when->it_value.tv_nsec) != 0;

    kept->periodic = armed && (when->it_interval.tv_sec | when->it_interval.tv_nsec) != 0;
    kept->due = 0;
    if (armed && !kept->periodic && timerfd_gettime(host, &rest) == 0)
        kept->due = clock_host() + timespec_ns(&rest.it_value);
}

SYSCALL(timerfd_create)
{
    int clock = arg_int(c, 0), flags = arg_int(c, 1);

    if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) || (clock != CLOCK_REALTIME && !shifted_clock(clock)))
        return -EINVAL;
    struct event_timer *kept = calloc(1, sizeof *kept);
    if (kept == NULL)
        return -ENOMEM;
    kept->clock = clock;
    return install(t, timerfd_create(clock == CLOCK_BOOTTIME ? CLOCK_MONOTONIC : clock, flags | TFD_CLOEXEC),
                   FILE_TIMER, "anon_inode:[timerfd]", (flags & TFD_CLOEXEC) != 0, kept, free);
}

SYSCALL(timerfd_settime)
{
    struct itimerspec wanted, old;
    int error, flags = arg_int(c, 1);

    if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
        return -EINVAL;
    if (copy_in(&wanted, c->arg[2], sizeof wanted) != 0)
        return -EFAULT;
    if (!timespec_valid(&wanted.it_value) || !timespec_valid(&wanted.it_interval))
        return -EINVAL;
    struct descriptor *d = get_kind(t, arg_int(c, 0), FILE_TIMER, &error);
    if (d == NULL)
        return error;
    struct event_timer *kept = d->file->data;
    bool armed = wanted.it_value.tv_sec != 0 || wanted.it_value.tv_nsec != 0;
    if ((flags & TFD_TIMER_ABSTIME) && armed && shifted_clock(kept->clock)) {
        uint64_t deadline;
        error = clock_to_host_deadline(t->process->monitor, kept->clock, &wanted.it_value, &deadline);
        wanted.it_value = timespec_of(deadline != 0 ? deadline : 1); /* in the past: fires at once */
    } else {
        error = 0;
    }
    if (error == 0 && timerfd_settime(d->host, flags, &wanted, &old) != 0)
        error = -errno;
    if (error == 0)
        event_timer_set(kept, d->host, &wanted);
    if (error == 0)
        kept->absolute = (flags & TFD_TIMER_ABSTIME) && armed && kept->clock == CLOCK_REALTIME;
    descriptor_put(d);
    if (error == 0 && c->arg[3] != 0)
        error = copy_out(c->arg[3], &old, sizeof old);
    return error;
}

SYSCALL(timerfd_gettime)
{
    struct itimerspec now;
    int error;
    struct descriptor *d = get_kind(t, arg_int(c, 0), FILE_TIMER, &error);

    if (d == NULL)
        return error;
    error = timerfd_gettime(d->host, &now) != 0 ? -errno : 0;
    descriptor_put(d);
    return error != 0 ? error : copy_out(c->arg[1], &now, sizeof now);
}

/* ---- epoll ------------------------------------------------------------------------------------------------------- */

static void epoll_free(void *data)
{
    struct event_set *set = data;

    pthread_mutex_destroy(&set->lock);
    free(set->interests);
    free(set);
}

static int64_t make_epoll(struct thread *t, int flags)
{
    struct event_set *set = calloc(1, sizeof *set);

    if (set == NULL)
        return -ENOMEM;
    pthread_mutex_init(&set->lock, NULL);
    return install(t, epoll_create1(EPOLL_CLOEXEC), FILE_EPOLL, "anon_inode:[eventpoll]", (flags & EPOLL_CLOEXEC) != 0,
                   set, epoll_free);
}

SYSCALL(epoll_create1)
{
    return arg_int(c, 0) & ~EPOLL_CLOEXEC ? -EINVAL : make_epoll(t, arg_int(c, 0));
}

SYSCALL(epoll_create)
{
    return arg_int(c, 0) <= 0 ? -EINVAL : make_epoll(t, 0);
}

/* Keeps the list of interests as it is after a successful epoll_ctl.  Under set->lock. */
static int keep_interest(struct event_set *set, int operation, int guest, const struct epoll_event *event)
{
    size_t i = 0;

    while (i < set->count && set->interests[i].guest != guest)
        i++;
    if (operation == EPOLL_CTL_DEL) {
        if (i < set->count)
            set->interests[i] = set->interests[--set->count];
        return 0;
    }
    if (i == set->count) {
        if (set->count == set->room) {
            size_t room = set->room != 0 ? 2 * set->room : 16;
            struct event_interest *longer = reallocarray(set->interests, room, sizeof *longer);
            if (longer == NULL)
                return -ENOMEM;
            set->interests = longer;
            set->room = room;
        }
        set->count++;
    }
    set->interests[i] = (struct event_interest){guest, event->events, event->data.u64};
    return 0;
}

SYSCALL(epoll_ctl)
{
    struct epoll_event event = {0};
    int error, operation = arg_int(c, 1), guest = arg_int(c, 2);

    if (operation != EPOLL_CTL_DEL && copy_in(&event, c->arg[3], sizeof event) != 0)
        return -EFAULT;
    struct descriptor *d = get_kind(t, arg_int(c, 0), FILE_EPOLL, &error);
    struct descriptor *target = d != NULL ? descriptor_get(t->process, guest) : NULL;
    if (target == NULL) {
        if (d != NULL)
            descriptor_put(d);
        return d != NULL ? -EBADF : error;
    }
    struct event_set *set = d->file->data;
    target->file->watched = true; /* before it is: whoever replaces it looks afterwards */
    change_begin(&set->lock);
    /* What the guest may not poll on Linux it may not here: regular files and folders, whatever the host's object
     * is. */
    if (target->file->kind == FILE_REGULAR || target->file->kind == FILE_DIRECTORY || target->file->kind == FILE_TEXT)
        error = -EPERM;
    else
        error = epoll_ctl(d->host, operation, target->host, &event) != 0 ? -errno : 0;
    if (error == 0 && (error = keep_interest(set, operation, guest, &event)) != 0)
        epoll_ctl(d->host, EPOLL_CTL_DEL, target->host, NULL);
    change_end(&set->lock);
    descriptor_put(target);
    descriptor_put(d);
    return error;
}

/* Waits; events go straight into the guest's buffer, which the kernel checks. */
static int64_t do_epoll_wait(struct thread *t, const struct call *c, const struct timespec *timeout)
{
    int error, most = arg_int(c, 2);
    struct timespec rest = {0, 0};
    bool at_once = timeout != NULL && timeout->tv_sec == 0 && timeout->tv_nsec == 0 && !t->restarting;

    if (most <= 0)
        return -EINVAL;
    if (most > EPOLL_EVENTS_LIMIT)
        most = EPOLL_EVENTS_LIMIT;
    void *events = guest_buffer(c->arg[1], (uint64_t)most * sizeof(struct epoll_event));
    if (events == NULL)
        return -EFAULT;
    struct descriptor *d = get_kind(t, arg_int(c, 0), FILE_EPOLL, &error);
    if (d == NULL)
        return error;
    if (timeout != NULL && !at_once) {
        uint64_t deadline = thread_deadline(t, timeout), now = clock_host();
        rest = timespec_of(deadline > now ? deadline - now : 0);
    }
    long result;
    if (at_once) {
        result = syscall(SYS_epoll_wait, d->host, events, most, 0);
        result = result < 0 ? -errno : result;
    } else {
        result = blocking_call(t, SYS_epoll_pwait2, d->host, (long)events, most, timeout != NULL ? (long)&rest : 0, 0,
                               KERNEL_MASK_BYTES);
    }
    descriptor_put(d);
    return result == -EINTR ? (timeout == NULL ? SYS_RESTART_NOHAND : SYS_RESTART_TIMED) : result;
}

static int64_t wait_ms(struct thread *t, const struct call *c)
{
    int ms = arg_int(c, 3);
    struct timespec timeout = {ms / 1000, ms % 1000 * 1000000l};

    return do_epoll_wait(t, c, ms < 0 ? NULL : &timeout);
}

SYSCALL(epoll_wait)
{
    return wait_ms(t, c);
}

SYSCALL(epoll_pwait)
{
    int error = signal_take_mask(t, c->arg[4], c->arg[5]);

    return error != 0 ? error : wait_ms(t, c);
}

SYSCALL(epoll_pwait2)
{
    struct timespec timeout;

    if (c->arg[3] != 0 && copy_in(&timeout, c->arg[3], sizeof timeout) != 0)
        return -EFAULT;
    if (c->arg[3] != 0 && !timespec_valid(&timeout))
        return -EINVAL;
    int error = signal_take_mask(t, c->arg[4], c->arg[5]);
    return error != 0 ? error : do_epoll_wait(t, c, c->arg[3] != 0 ? &timeout : NULL);
}

/* ---- inotify ----------------------------------------------------------------------------------------------------- */

SYSCALL(inotify_init1)
{
    int flags = arg_int(c, 0);

    if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
        return -EINVAL;
    struct event_watches *kept = watches_new();
    if (kept == NULL)
        return -ENOMEM;
    return install(t, inotify_init1(flags | IN_CLOEXEC), FILE_INOTIFY, "anon_inode:inotify", (flags & IN_CLOEXEC) != 0,
                   kept, watches_free);
}

SYSCALL(inotify_init)
{
    return sys_inotify_init1(t, &(struct call){c->number, {0}});
}

SYSCALL(inotify_add_watch)
{
    uint32_t mask = (uint32_t)c->arg[2];
    struct place place;
    int error;
    struct descriptor *d = get_kind(t, arg_int(c, 0), FILE_INOTIFY, &error);

    if (d == NULL)
        return error;
    error = place_find(t, AT_FDCWD, c->arg[1], mask & IN_DONT_FOLLOW ? 0 : PLACE_FOLLOW, &place);
    if (error != 0) {
        descriptor_put(d);
        return error;
    }
    int number = watch_place(d->host, &place, mask);
    if (number > 0) {
        uint32_t before = watches_drop(d->file->data, number);
        error = watches_note(d->file->data, number, mask | (mask & IN_MASK_ADD ? before : 0), place.path);
        if (error != 0)
            inotify_rm_watch(d->host, number);
    }
    place_release(&place);
    descriptor_put(d);
    return error != 0 ? error : number;
}

SYSCALL(inotify_rm_watch)
{
    int error;
    struct descriptor *d = get_kind(t, arg_int(c, 0), FILE_INOTIFY, &error);

    if (d == NULL)
        return error;
    error = inotify_rm_watch(d->host, arg_int(c, 1)) != 0 ? -errno : 0;
    if (error == 0)
        watches_drop(d->file->data, arg_int(c, 1));
    descriptor_put(d);
    return error;
}
