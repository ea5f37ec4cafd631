/* Clones from a zygote, as its clients see it. */
#include "hostvirt/control.h"
#include "hostvirt/zygote.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

int zygote_clone(const char *name, const struct zygote_request *r, json_t **answer, char *reason, size_t bytes)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    json_t *request = json_pack("{s:s, s:s*, s:b, s:b, s:I}", "request", "clone", "name", r->name, "detach",
                                r->standard == NULL, "timed", r->timed, "asked",
                                (json_int_t)now.tv_sec * 1000000000 + now.tv_nsec);
    if (request == NULL) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    int connection = control_open(name, request, r->standard, r->standard != NULL ? 3 : 0, answer, reason, bytes);
    json_decref(request);
    return connection;
}

int zygote_wait(int connection, int milliseconds, int *status, json_t **end)
{
    struct pollfd polled = {connection, POLLIN, 0};
    json_t *line = NULL;
    int ready = milliseconds < 0 ? 1 : poll(&polled, 1, milliseconds);

    if (ready <= 0)
        return ready == 0 ? -ETIMEDOUT : -errno;
    *status = control_next(connection, &line) == 0 ? (int)json_integer_value(json_object_get(line, "status")) : SIGKILL;
    if (end != NULL)
        *end = line;
    else
        json_decref(line);
    return 0;
}
