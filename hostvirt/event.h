/* What is kept of event descriptors for the sake of snapshots: file->data of their kinds. */
#ifndef HOSTVIRT_EVENT_H
#define HOSTVIRT_EVENT_H

#include "hostvirt/file.h"

struct event_counter { /* FILE_EVENT */
    bool semaphore;
};

struct event_timer { /* FILE_TIMER */
    int clock;       /* as the guest named it */
    bool absolute;   /* armed for a time of day: a restore does not shift that */
};

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

#endif
