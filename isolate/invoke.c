/* Calling a running isolate through its control socket. */
#include "isolate/invoke.h"
#include "hostvirt/control.h"
#include "isolate/message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* What the isolate said of an answer that it wrote to the file, which is `out`'s then.  The status is the program's own
 * word: anything. */
static int answer_read(struct answer *out, const json_t *said, int file, char *reason, size_t bytes)
{
    json_int_t status = json_integer_value(json_object_get(said, "status"));

    if (status < ANSWER_OK || status > ANSWER_REFUSED) {
        snprintf(reason, bytes, "the program gave its answer a status that there is none of: %lld", (long long)status);
        return -EIO;
    }
    *out = (struct answer){.status = (int)status,
                           .file = file,
                           .bytes = (size_t)json_integer_value(json_object_get(said, "bytes")),
                           .receipt = json_incref(json_object_get(said, "receipt"))};
    return 0;
}

void answer_free(struct answer *a)
{
    close(a->file);
    json_decref(a->receipt);
}

static int ask(const char *isolate, const char *kind, int message, unsigned milliseconds, bool receipt,
               struct answer *out, char *reason, size_t bytes)
{
    int files[2] = {message, memfd_create("cloister answer", MFD_CLOEXEC)};
    json_t *request = json_pack("{s:s, s:b}", "request", kind, "receipt", receipt), *answer = NULL;
    int error = -ENOMEM;

    if (files[1] < 0 || request == NULL)
        snprintf(reason, bytes, "no memory for the call's answer");
    else
        error = control_request_within(isolate, request, files, 2, milliseconds, &answer, reason, bytes);
    json_decref(request);
    if (error == 0)
        error = answer_read(out, answer, files[1], reason, bytes);
    if (error != 0 && files[1] >= 0)
        close(files[1]);
    json_decref(answer);
    return error;
}

int invoke_finish(int connection, int file, unsigned milliseconds, struct answer *out, char *reason, size_t bytes)
{
    const struct timeval patience = {milliseconds / 1000, milliseconds % 1000 * 1000};
    json_t *answer = NULL;

    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int error = control_next(connection, &answer);
    reason[0] = '\0';
    if (error == -ETIMEDOUT) {
        snprintf(reason, bytes, "the program did not answer within %u ms", milliseconds);
    } else if (error == 0 && !json_is_true(json_object_get(answer, "ok"))) {
        const char *why = json_string_value(json_object_get(answer, "error"));
        snprintf(reason, bytes, "%s", why != NULL ? why : "the isolate refused without a reason");
        error = -EIO;
    } else if (error == 0) {
        error = answer_read(out, answer, file, reason, bytes);
    }
    json_decref(answer);
    return error;
}

int invoke(const char *isolate, int message, unsigned milliseconds, bool receipt, struct answer *out, char *reason,
           size_t bytes)
{
    return ask(isolate, "call", message, milliseconds, receipt, out, reason, bytes);
}

int invoke_question(const char *isolate, const char *question, unsigned milliseconds, struct answer *out, char *reason,
                    size_t bytes)
{
    int message = memfd_create("cloister question", MFD_CLOEXEC);
    int error = message < 0 ? -errno : message_append(message, question, strlen(question));

    if (error == 0)
        error = ask(isolate, "ask", message, milliseconds, false, out, reason, bytes);
    else
        snprintf(reason, bytes, "no memory for the question");
    if (message >= 0)
        close(message);
    return error;
}

void invoke_describe_end(int status, char *reason, size_t bytes)
{
    if (WIFSIGNALED(status))
        snprintf(reason, bytes, "the program was ended by signal %d (%s) during the call", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(reason, bytes, "the program exited with status %d during the call", WEXITSTATUS(status));
}
