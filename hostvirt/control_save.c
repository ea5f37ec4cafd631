/* The request `save`: into the file that the client has opened, and names when it is complete. */
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"
#include "hostvirt/snapshot.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE 3600000000000ull /* ns for a guest to ask for its checkpoint */
#define STACK_BYTES (256u << 10)
#define LATE_SAVES_END 2000000000ull /* ns that a monitor that ends waits for them */

/* A save that waits for the guest's CHECKPOINT has a thread of its own; the others are the control thread's. */
struct late_save {
    struct control *c;
    int connection, host;
    json_t *request; /* whose texts the options point to */
    struct save_options options;
};

static void fill_options(struct save_options *o, const json_t *request)
{
    *o = (struct save_options){
        .compress = json_is_true(json_object_get(request, "compress")),
        .self_contained = json_is_true(json_object_get(request, "self_contained")),
        .last = json_is_true(json_object_get(request, "last")),
        .parent = json_string_value(json_object_get(request, "parent")),
        .label = json_string_value(json_object_get(request, "label")),
    };
}

static void end_late_save(struct control *c)
{
    if (atomic_fetch_sub(&c->late_saves, 1) == 1)
        syscall(SYS_futex, &c->late_saves, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

bool control_finish_saves(struct control *c)
{
    uint64_t now = clock_host(), end = now + LATE_SAVES_END;
    int left;

    for (; (left = c->late_saves) != 0 && now < end; now = clock_host()) {
        struct timespec rest = timespec_of(end - now);
        syscall(SYS_futex, &c->late_saves, FUTEX_WAIT_PRIVATE, left, &rest, NULL, 0);
    }
    return left == 0;
}

static void *wait_for_checkpoint(void *argument)
{
    struct late_save *l = argument;
    struct control *c = l->c;
    char reason[512] = "";
    json_t *answer = json_object();
    uint64_t begin = clock_host();

    int error = snapshot_save_at_checkpoint(l->c->m, l->host, &l->options, PATIENCE, reason, sizeof reason);
    json_object_set_new(answer, "time_ns", json_integer((json_int_t)(clock_host() - begin)));
    control_finish(l->connection, answer, error, reason);
    json_decref(answer);
    snapshot_close(l->options.base);
    close(l->connection);
    close(l->host);
    json_decref(l->request);
    free(l);
    end_late_save(c);
    return NULL;
}

/* Takes the connection, the file and what the options hold over, also on failure. */
static int save_late(struct control_call *call, struct save_options *o)
{
    struct late_save *l = malloc(sizeof *l);
    pthread_attr_t attributes;
    pthread_t thread;

    if (l == NULL) {
        snapshot_close(o->base);
        snprintf(call->reason, call->bytes, "out of memory");
        return -ENOMEM;
    }
    *l = (struct late_save){.c = call->c, .connection = call->connection, .host = call->passed[0],
                            .request = json_incref(call->request), .options = *o};
    atomic_fetch_add(&l->c->late_saves, 1);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int error = -pthread_create(&thread, &attributes, wait_for_checkpoint, l); /* inherits the control thread's mask */
    pthread_attr_destroy(&attributes);
    if (error != 0) {
        end_late_save(l->c);
        snapshot_close(o->base);
        json_decref(l->request);
        free(l);
        snprintf(call->reason, call->bytes, "cannot wait for the checkpoint: %s", strerror(-error));
        return error;
    }
    call->passed[0] = -1;
    call->later = true;
    return 0;
}

static int save_now(struct control_call *call, const struct save_options *o)
{
    struct control *c = call->c;
    const char *path = json_string_value(json_object_get(call->request, "path"));
    bool was_paused = c->paused;
    uint64_t begin = clock_host();
    int error = control_pause(c, call->reason, call->bytes);

    if (error != 0)
        return error;
    error = snapshot_save_to(c->m, call->passed[0], o, NULL, call->reason, call->bytes);
    if (!was_paused)
        control_resume(c);
    if (error == 0) {
        json_object_set_new(call->answer, "time_ns", json_integer((json_int_t)(clock_host() - begin)));
        control_event(c->m, "saved", "%.180s", path != NULL ? path : "");
    }
    return error;
}

/* The isolate goes on afterwards, unless it was paused before. */
int control_save(struct control_call *call)
{
    struct save_options options;
    int error = 0;

    fill_options(&options, call->request);
    if (call->passed[0] < 0 || (options.parent != NULL && call->passed[1] < 0)) {
        snprintf(call->reason, call->bytes, "save needs the opened files with its request");
        return -EINVAL;
    }
    if (options.label != NULL && strlen(options.label) > SAVE_LABEL_MOST) {
        snprintf(call->reason, call->bytes, "a snapshot's label has at most %d bytes", SAVE_LABEL_MOST);
        return -EINVAL;
    }
    if (options.parent != NULL)
        error = snapshot_open_host(&options.base, call->passed[1], options.parent, call->reason, call->bytes);
    if (error != 0)
        return error;
    if (json_is_true(json_object_get(call->request, "checkpoint")))
        return save_late(call, &options);
    error = save_now(call, &options);
    snapshot_close(options.base);
    return error;
}
