/* inotify: which paths a descriptor watches, kept beside the host's object so that a restore can watch them again. */
#include "hostvirt/event.h"
#include "hostvirt/path.h"
#include "hostvirt/process_freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct event_watches *watches_new(void)
{
    struct event_watches *w = calloc(1, sizeof *w);

    if (w != NULL)
        pthread_mutex_init(&w->lock, NULL);
    return w;
}

void watches_free(void *data)
{
    struct event_watches *w = data;

    for (size_t i = 0; i < w->count; i++)
        free(w->list[i].path);
    free(w->list);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

int watches_note(struct event_watches *w, int number, uint32_t mask, const char *path)
{
    char *copy = strdup(path);
    int error = copy == NULL ? -ENOMEM : 0;

    watches_drop(w, number); /* one inode has one watch, whatever it is called */
    change_begin(&w->lock);
    if (error == 0 && w->count == w->room) {
        size_t room = w->room != 0 ? 2 * w->room : 8;
        struct event_watch *list = reallocarray(w->list, room, sizeof *list);
        if (list != NULL) {
            w->list = list;
            w->room = room;
        } else {
            error = -ENOMEM;
        }
    }
    if (error == 0)
        w->list[w->count++] = (struct event_watch){number, mask, copy};
    else
        free(copy);
    change_end(&w->lock);
    return error;
}

uint32_t watches_drop(struct event_watches *w, int number)
{
    uint32_t mask = 0;

    change_begin(&w->lock);
    for (size_t i = 0; i < w->count; i++)
        if (w->list[i].number == number) {
            mask = w->list[i].mask;
            free(w->list[i].path);
            memmove(&w->list[i], &w->list[i + 1], (--w->count - i) * sizeof w->list[0]);
            break;
        }
    change_end(&w->lock);
    return mask;
}

int watch_place(int host, const struct place *place, uint32_t mask)
{
    char path[64];

    if (place->mount == NULL)
        return -EACCES;
    /* The host takes a path only: that of a descriptor which names the very file that was found. */
    int file = openat(place->parent, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return -errno;
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    int number = inotify_add_watch(host, path, mask & ~(uint32_t)IN_DONT_FOLLOW);
    number = number < 0 ? -errno : number;
    close(file);
    return number;
}
