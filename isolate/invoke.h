/* Calling a running isolate: a message there, its answer back. */
#ifndef ISOLATE_INVOKE_H
#define ISOLATE_INVOKE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct answer {
    int status;   /* ANSWER_... of message.h */
    int file;     /* a memfd with the answer, at its beginning; the caller closes it */
    size_t bytes; /* of the answer */
    json_t *receipt; /* what it cost (hostvirt/receipt.h), when that was asked for; the caller's; else NULL */
};

void answer_free(struct answer *a);

/* Sends the message (a descriptor that message.h made; stays the caller's) and waits at most so many milliseconds (0:
 * for ever).  `receipt`: what it cost is asked for.  0, or a negative errno with a sentence: -ENOENT when no isolate of
 * that name runs, -ETIMEDOUT, -EPIPE when it ended before it had answered, -ESHUTDOWN when it ended and the sentence
 * says why, -EIO when it runs and did not take the call. */
int invoke(const char *isolate, int message, unsigned milliseconds, bool receipt, struct answer *out, char *reason,
           size_t bytes);

/* The end of a call that was brought to an isolate at its start (hostvirt/calls.h): the connection and the answer's
 * file stay the caller's, but that of a good answer, which is *out's.  -EPIPE: the isolate is gone, and the sentence
 * empty. */
int invoke_finish(int connection, int file, unsigned milliseconds, struct answer *out, char *reason, size_t bytes);

/* The same for a question about the program: for Java programs a command of jcmd's.  -EIO when the program answers
 * none; ANSWER_OK, or another status with a sentence as the answer. */
int invoke_question(const char *isolate, const char *question, unsigned milliseconds, struct answer *out, char *reason,
                    size_t bytes);

/* How it ended that gave no answer: its status as wait(2) has it, as a sentence. */
void invoke_describe_end(int status, char *reason, size_t bytes);

#endif
