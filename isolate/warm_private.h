/* Between warm.c (points, messages) and warm_server.c (programs that run by themselves). */
#ifndef ISOLATE_WARM_PRIVATE_H
#define ISOLATE_WARM_PRIVATE_H

#include "isolate/warm.h"

typedef int drive(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
                  size_t bytes);

struct warm_row {
    const char *name;     /* "call"; with a value "call=" is before it */
    const char *value;    /* its name in texts; NULL: none */
    const char *key;      /* WARM_... */
    const char *property; /* cloister.at; NULL: the point as it is written */
    bool main, handler;   /* for which programs */
    bool listens;         /* it needs an address to listen at */
    const char *trial;    /* when a clone for a trial writes: "with its first call"; NULL: there is none */
    drive *drive;
    drive *again;         /* what such a clone is asked; NULL: it ends by itself */
};

/* Gives main its arguments and environment. */
drive warm_run;
/* Lets the program save itself, by the thread that Start has for it. */
drive warm_ask;

/* Until it listens and nothing runs; until nothing runs; until it has answered a request and nothing runs. */
drive warm_listen, warm_idle, warm_request;

/* Of a clone: until nothing runs; until it has answered the request once more and nothing runs. */
drive warm_rest, warm_request_again;

#endif
