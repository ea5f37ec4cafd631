/* What is kept of event descriptors for the sake of snapshots: file->data of their kinds. */
#ifndef HOSTVIRT_EVENT_H
#define HOSTVIRT_EVENT_H

#include "hostvirt/file.h"
#include "hostvirt/guestsignal.h"

struct event_counter { /* FILE_EVENT */
    bool semaphore;
};

struct event_timer { /* FILE_TIMER */
    int clock;       /* as the guest named it */
    bool absolute;   /* armed for a time of day: a restore does not shift that */
    bool periodic;   /* armed with an interval */
    uint64_t due;    /* host CLOCK_MONOTONIC ns of its only expiration; 0: none, or it is periodic */
};

/* Notes that the host's timer has been set to `when` just now. */
void event_timer_set(struct event_timer *kept, int host, const struct itimerspec *when);

struct event_signals { /* FILE_SIGNAL */
    struct signal_watch watch;
    struct process *process; /* whose signals; a reference */
};

/* A signalfd's file object over an eventfd, which stays the caller's; takes `path` over.  NULL: no memory. */
struct file *event_signals_new(struct process *p, uint64_t mask, int host, char *path);
int event_signals_forked(struct process *p); /* in the copy of a monitor, whose signals are others; negative errno */

struct event_interest {
    int guest;       /* descriptor, as epoll_ctl named it */
    uint32_t events;
    uint64_t data;
};

struct event_set { /* FILE_EPOLL */
    pthread_mutex_t lock; /* a leaf */
    struct event_interest *interests;
    size_t count, room;
};

struct event_watch {
    int number;      /* what inotify_add_watch returned */
    uint32_t mask;
    char *path;      /* of the guest */
};

struct event_watches { /* FILE_INOTIFY */
    pthread_mutex_t lock; /* a leaf */
    struct event_watch *list; /* in the order they came */
    size_t count, room;
};

struct place;

/* event_watch.c */
struct event_watches *watches_new(void);
void watches_free(void *data);
/* 0 or -ENOMEM. */
int watches_note(struct event_watches *w, int number, uint32_t mask, const char *path);
uint32_t watches_drop(struct event_watches *w, int number); /* its mask; 0: there was none */
/* Watches what a path has led to with an inotify descriptor of the host: the watch's number or a negative errno. */
int watch_place(int host, const struct place *place, uint32_t mask);

#endif
