/* Calls of libcloister (include/cloister.h): of the Java program in an isolate that runs. */
#include "hostvirt/calls.h"
#include "hostvirt/library_private.h"
#include "isolate/invoke.h"
#include "isolate/message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE = 1000 }; /* ms for the end of an isolate whose connections have ended */

_Static_assert((int)CLOISTER_ANSWER == ANSWER_OK && (int)CLOISTER_EXCEPTION == ANSWER_EXCEPTION &&
               (int)CLOISTER_REFUSED == ANSWER_REFUSED, "what isolates say, as users of the library see it");

/* The memfd for it, or a negative errno with a sentence. */
static int make_message(const struct cloister_message *m, char *reason, size_t bytes)
{
    int message = message_call(m->handler != NULL ? m->handler : "", m->json != 0);
    int error = message < 0 ? message : m->bytes > 0 ? message_append(message, m->data, m->bytes) : 0;

    if (error == 0)
        return message;
    if (message >= 0)
        close(message);
    if (error == -EMSGSIZE)
        snprintf(reason, bytes, "the message is larger than %u MiB", CALL_LONGEST >> 20);
    else
        snprintf(reason, bytes, "cannot make the message: %s", strerror(-error));
    return error;
}

static int read_answer(struct cloister_answer *out, const struct answer *a, char *reason, size_t bytes)
{
    char *text = malloc(a->bytes + 1);
    size_t done = 0;

    while (text != NULL && done < a->bytes) {
        ssize_t n = pread(a->file, text + done, a->bytes - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (text == NULL || done < a->bytes) {
        int error = text == NULL ? -ENOMEM : -EIO;
        snprintf(reason, bytes, text == NULL ? "out of memory" : "the answer cannot be read");
        free(text);
        return error;
    }
    text[done] = '\0';
    *out = (struct cloister_answer){.status = (enum cloister_status)a->status, .data = text, .bytes = done};
    return 0;
}

/* A call that came to nothing is an answer, too: the isolate's fault, or its time. */
static int say(struct cloister_answer *out, enum cloister_status status, const char *sentence, char *reason,
               size_t bytes)
{
    char *text = strdup(sentence);

    if (text == NULL)
        return library_fail(-ENOMEM, reason, bytes, "%s", "out of memory");
    *out = (struct cloister_answer){.status = status, .data = text, .bytes = strlen(text)};
    return 0;
}

static int call(struct cloister *c, const struct cloister_message *message, unsigned milliseconds,
                struct cloister_answer *out, char *own, size_t room, char *reason, size_t bytes)
{
    struct answer answer;
    int status, file = make_message(message, own, room);

    if (file < 0)
        return library_fail(file, reason, bytes, "%s", own);
    int error = invoke(c->name, file, milliseconds, false, &answer, own, room);
    close(file);
    if (error == 0) {
        error = read_answer(out, &answer, own, room);
        answer_free(&answer);
        return error == 0 ? 0 : library_fail(error, reason, bytes, "%s", own);
    }
    if (error == -ETIMEDOUT) {
        snprintf(own, room, "no answer within %u ms", milliseconds);
        return say(out, CLOISTER_LATE, own, reason, bytes);
    }
    if (error == -EIO)
        return say(out, CLOISTER_REFUSED, own, reason, bytes);
    if (error == -ESHUTDOWN)
        return say(out, CLOISTER_ENDED, own, reason, bytes);
    if (error != -EPIPE && error != -ENOENT)
        return library_fail(error, reason, bytes, "%s", own);
    if (cloister_wait(c, PATIENCE, &status) == 0)
        invoke_describe_end(status, own, room);
    return say(out, CLOISTER_ENDED, own, reason, bytes);
}

API int cloister_call(struct cloister *c, const struct cloister_message *message, unsigned milliseconds,
                      struct cloister_answer *out, char *reason, size_t bytes)
{
    char own[512] = "";

    *out = (struct cloister_answer){.data = NULL};
    return call(c, message, milliseconds, out, own, sizeof own, reason, bytes);
}

API void cloister_answer_free(struct cloister_answer *a)
{
    free(a->data);
    *a = (struct cloister_answer){.data = NULL};
}
