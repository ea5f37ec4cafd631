/* The requests that a running isolate answers: one row each. */
#include "hostvirt/calls.h"
#include "hostvirt/checkpoint.h"
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REQUEST(name) static int request_##name(struct control_call *call)

REQUEST(ping)
{
    json_object_set_new(call->answer, "name", json_string(call->c->name));
    json_object_set_new(call->answer, "pid", json_integer(getpid()));
    return 0;
}

REQUEST(stat)
{
    json_t *statistics = control_statistics(call->c);

    if (statistics == NULL) {
        snprintf(call->reason, call->bytes, "out of memory");
        return -ENOMEM;
    }
    json_object_update(call->answer, statistics);
    json_decref(statistics);
    return 0;
}

REQUEST(pause)
{
    int error = control_pause(call->c, call->reason, call->bytes);

    if (error == 0)
        control_event(call->c->m, "paused", "%s", "");
    return error;
}

REQUEST(resume)
{
    if (call->c->paused)
        control_event(call->c->m, "resumed", "%s", "");
    control_resume(call->c);
    return 0;
}

/* SIGTERM for the guest's first process, and after the grace time the end. */
REQUEST(stop)
{
    struct control *c = call->c;
    const json_t *grace = json_object_get(call->request, "grace_ms");
    siginfo_t info = {.si_signo = SIGTERM, .si_code = SI_USER};
    json_int_t ms = json_is_integer(grace) ? json_integer_value(grace) : 10000;

    control_event(c->m, "stopping", "%s", "");
    control_resume(c);
    c->kill_at = clock_host() + (uint64_t)(ms > 0 && ms < 3600000 ? ms : 1) * 1000000u;
    return signal_process(c->m->process, &info);
}

REQUEST(kill)
{
    control_event(call->c->m, "killed", "%s", "by request");
    process_exit_group(call->c->m->process, SIGKILL);
    control_resume(call->c);
    return 0;
}

REQUEST(threads)
{
    return control_threads(call);
}

REQUEST(events)
{
    struct control *c = call->c;
    const json_t *after = json_object_get(call->request, "after");
    uint64_t from = json_is_integer(after) ? (uint64_t)json_integer_value(after) : 0;
    json_t *list = json_array();

    pthread_mutex_lock(&c->lock);
    if (c->event_count > EVENTS_KEPT && from < c->event_count - EVENTS_KEPT)
        from = c->event_count - EVENTS_KEPT;
    for (; from < c->event_count; from++) {
        const struct control_event *e = &c->events[from % EVENTS_KEPT];
        double time = (double)e->time.tv_sec + (double)e->time.tv_nsec / 1e9;
        json_t *row = json_pack("{s:I, s:f, s:s, s:s}", "sequence", (json_int_t)e->sequence, "time", time, "kind",
                                e->kind, "text", e->text);
        /* A note of the guest's that is no text is told without it. */
        json_array_append_new(list, row != NULL ? row
                                                : json_pack("{s:I, s:f, s:s, s:s}", "sequence", (json_int_t)e->sequence,
                                                            "time", time, "kind", e->kind, "text", "?"));
    }
    pthread_mutex_unlock(&c->lock);
    json_object_set_new(call->answer, "events", list);
    return 0;
}

REQUEST(reset)
{
    struct control *c = call->c;
    bool was_paused = c->paused;

    if (c->snapshot == NULL) {
        snprintf(call->reason, call->bytes, "'%s' was not started from a snapshot: there is nothing to go back to",
                 c->name);
        return -ENOENT;
    }
    uint64_t begin = clock_host();
    int error = control_pause(c, call->reason, call->bytes);
    if (error != 0)
        return error;
    const char *pages = json_string_value(json_object_get(call->request, "pages"));
    struct reset_report report = {.how = pages == NULL                ? RESET_AUTOMATIC
                                         : strcmp(pages, "copy") == 0 ? RESET_COPY
                                         : strcmp(pages, "drop") == 0 ? RESET_DROP
                                                                      : RESET_AUTOMATIC};
    calls_refuse_all(c->m, "the isolate was reset before it had answered");
    error = snapshot_reset_report(c->m, c->snapshot, &report, call->reason, call->bytes);
    if (error == 0) {
        json_object_set_new(call->answer, "time_ns", json_integer((json_int_t)(clock_host() - begin)));
        json_object_set_new(call->answer, "reset_ns", json_integer((json_int_t)report.ns));
        json_object_set_new(call->answer, "rebuilt", json_integer((json_int_t)report.rebuilt));
        json_object_set_new(call->answer, "dirty", json_integer((json_int_t)report.dirty));
        json_object_set_new(call->answer, "copied", json_integer((json_int_t)report.copied));
        json_object_set_new(call->answer, "dropped", json_integer((json_int_t)report.dropped));
        control_event(c->m, "reset", "%s", "");
    }
    if (!was_paused)
        control_resume(c);
    return error;
}

REQUEST(console)
{
    return control_terminal_attach(call);
}

REQUEST(window)
{
    int error = control_terminal_window(call->c, call->request);

    if (error != 0)
        snprintf(call->reason, call->bytes, "the window size is none, or there is no terminal");
    return error;
}

static const struct {
    const char *name;
    int (*answer)(struct control_call *call);
} requests[] = {
    {"ping", request_ping}, {"stat", request_stat},   {"pause", request_pause},     {"resume", request_resume},
    {"stop", request_stop}, {"kill", request_kill},   {"threads", request_threads}, {"events", request_events},
    {"save", control_save}, {"reset", request_reset}, {"console", request_console}, {"window", request_window},
    {"call", calls_request}, {"ask", calls_ask},
};

int control_answer(struct control_call *call)
{
    const char *name = json_string_value(json_object_get(call->request, "request"));

    for (size_t i = 0; name != NULL && i < sizeof requests / sizeof requests[0]; i++)
        if (strcmp(requests[i].name, name) == 0)
            return requests[i].answer(call);
    snprintf(call->reason, call->bytes, "no request '%.64s'", name != NULL ? name : "");
    return -EINVAL;
}
