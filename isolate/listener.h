/* A socket that listens at an address of the user's. */
#ifndef ISOLATE_LISTENER_H
#define ISOLATE_LISTENER_H

#include <stddef.h>

struct listener {
    int socket;        /* -1: none, or somebody else's by now */
    char *path;        /* of a Unix socket, removed by listener_close; NULL */
    char address[300]; /* as it is told to the user, with the port that the kernel chose */
};

/* At "HOST:PORT" or "unix:PATH".  0, or a negative errno with a sentence; listener_close in either case. */
int listener_open(struct listener *l, const char *address, char *reason, size_t bytes);
void listener_close(struct listener *l);

#endif
