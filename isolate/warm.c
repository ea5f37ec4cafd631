/* The points at which programs are saved, and what brings them there. */
#include "isolate/warm_private.h"
#include "isolate/invoke.h"
#include "isolate/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static drive drive_main, drive_calls;

static const struct warm_row rows[] = {
    {"main", NULL, WARM_MAIN, NULL, true, true, false, "before main", drive_main, NULL},
    {"call", "N", WARM_CALL, NULL, false, true, false, "with its first call", drive_calls, NULL},
    {"listen", NULL, WARM_RUNNING, "asked", true, false, true, "before its first request", warm_listen, warm_rest},
    {"idle", NULL, WARM_RUNNING, "asked", true, false, false, "before anything happens", warm_idle, warm_rest},
    {"request", "TEXT", WARM_RUNNING, "asked", true, false, true, "with its first request", warm_request,
     warm_request_again},
    {"here", NULL, WARM_RUNNING, NULL, true, false, false, NULL, warm_run, NULL},
};
#define ROWS (sizeof rows / sizeof rows[0])

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static int unknown(const char *value, char *reason, size_t bytes)
{
    int used = snprintf(reason, bytes, "'%.64s' is no point to save a program at: write", value);

    for (size_t i = 0; i < ROWS && used > 0 && (size_t)used < bytes; i++)
        used += snprintf(reason + used, bytes - (size_t)used, "%s %s%s%s", i > 0 ? " or" : "", rows[i].name,
                         rows[i].value != NULL ? "=" : "", rows[i].value != NULL ? rows[i].value : "");
    return -EINVAL;
}

static int parse_calls(struct warm_point *to, const char *value, char *reason, size_t bytes)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);

    if (value[0] < '0' || value[0] > '9' || *end != '\0' || n == 0 || n > WARM_CALLS_MOST) {
        snprintf(reason, bytes, "'%.64s' is no number of calls from 1 to %u", value, WARM_CALLS_MOST);
        return -EINVAL;
    }
    to->calls = (unsigned)n;
    return 0;
}

int warm_point_parse(struct warm_point *to, const char *value, char *reason, size_t bytes)
{
    const char *equals = strchr(value, '=');
    size_t length = equals != NULL ? (size_t)(equals - value) : strlen(value);

    *to = (struct warm_point){.row = NULL, .name = value};
    for (size_t i = 0; i < ROWS; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, value, length) == 0 &&
            (equals != NULL) == (rows[i].value != NULL))
            to->row = &rows[i];
    if (to->row == NULL)
        return unknown(value, reason, bytes);
    if (to->row->drive == drive_calls)
        return parse_calls(to, equals + 1, reason, bytes);
    to->text = equals != NULL ? equals + 1 : NULL;
    return 0;
}

static const struct warm_row runtime_row = {WARM_RUNTIME, NULL, WARM_RUNTIME, "", true, true, false, NULL, drive_main,
                                            NULL};
const struct warm_point warm_at_main = {.row = &rows[0], .name = WARM_MAIN},
                        warm_at_runtime = {.row = &runtime_row, .name = WARM_RUNTIME};

const char *warm_point_key(const struct warm_point *at)
{
    return at->row->key;
}

const char *warm_point_trial(const struct warm_point *at)
{
    return at->row->trial;
}

bool warm_point_asks(const struct warm_point *at)
{
    return at->row->again != NULL;
}

void warm_point_property(const struct warm_point *at, char *to, size_t bytes)
{
    if (at->row->property != NULL)
        snprintf(to, bytes, "%s", at->row->property);
    else if (at->calls > 0)
        snprintf(to, bytes, "%s=%u", at->row->name, at->calls);
    else
        snprintf(to, bytes, "%s", at->row->name);
}

int warm_point_check(const struct warm_point *at, bool handler, const struct policy *policy, char *reason, size_t bytes)
{
    if (at->row->listens && policy->listen_count == 0) {
        snprintf(reason, bytes, "%.64s is for programs that listen: say where with --listen ADDRESS:PORT", at->name);
        return -EINVAL;
    }
    if (handler ? at->row->handler : at->row->main)
        return 0;
    snprintf(reason, bytes,
             handler ? "a program with a handler is saved at main or call=N, not at %.64s"
                     : "%.64s is for programs with a handler, which cloister build --handler makes",
             at->name);
    return -EINVAL;
}

/* ---- ways -------------------------------------------------------------------------------------------------------- */

/* One message and its answer, which is to be a good one; takes the message over. */
static int send_one(const char *isolate, int message, unsigned milliseconds, char *reason, size_t bytes)
{
    struct answer answer;

    if (message < 0) {
        snprintf(reason, bytes, "cannot make a message for the program: %s", strerror(-message));
        return message;
    }
    int error = invoke(isolate, message, milliseconds, false, &answer, reason, bytes);
    close(message);
    if (error != 0)
        return error;
    if (answer.status != ANSWER_OK) {
        ssize_t n = pread(answer.file, reason, bytes - 1, 0);
        reason[n > 0 ? n : 0] = '\0';
        error = -EPROTO;
    }
    answer_free(&answer);
    return error;
}

/* The checkpoint comes before anything that could be sent. */
static int drive_main(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
                      size_t bytes)
{
    return 0;
}

static int drive_calls(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
                       size_t bytes)
{
    int error = 0;

    for (unsigned i = 0; i < at->calls && error == 0; i++) {
        int message = message_call(input->handler, input->json);
        if (message >= 0 && input->payload >= 0) {
            error = lseek(input->payload, 0, SEEK_SET) < 0 ? -errno : message_append_all(message, input->payload);
            if (error != 0) {
                close(message);
                message = error;
            }
        }
        error = send_one(isolate, message, input->milliseconds, reason, bytes);
    }
    return error;
}

int warm_run(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
             size_t bytes)
{
    return send_one(isolate, message_run(input->arguments, input->environment), input->milliseconds, reason, bytes);
}

int warm_ask(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
             size_t bytes)
{
    return send_one(isolate, message_checkpoint(), input->milliseconds, reason, bytes);
}

int warm_drive(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
               size_t bytes)
{
    return at->row->drive(isolate, at, input, reason, bytes);
}

int warm_again(const char *isolate, const struct warm_point *at, const struct warm_input *input, char *reason,
               size_t bytes)
{
    return at->row->again(isolate, at, input, reason, bytes);
}
