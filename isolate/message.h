/* Messages to the Java program in an isolate, as cloister.isolate.internal.Message reads them: a kind, then texts and
 * counts.  Numbers are big-endian and of four bytes, texts follow their length. */
#ifndef ISOLATE_MESSAGE_H
#define ISOLATE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Statuses of answers.  With all but OK the answer is a text: the exception's stack trace, or why the call was not
 * made. */
enum { ANSWER_OK = 0, ANSWER_EXCEPTION = 1, ANSWER_REFUSED = 2 };

/* A new memfd with the message, for the caller to close; or a negative errno. */
int message_run(char *const *arguments, char *const *environment); /* each ends with NULL */
/* For a VM that has no program yet: what it is to start ("main" or "handler"), and where it is to be saved ("":
 * nowhere). */
int message_program(const char *class_path, const char *how, const char *what, const char *at);
/* The end, in place of a run or a call: what a clone does in any case has been done then. */
int message_trial(void);
/* A checkpoint: of a program that was started with cloister.at=asked. */
int message_checkpoint(void);
/* A call of `handler` ("": the program's own), to which the payload is appended; -EMSGSIZE when that is larger than
 * calls may be. */
int message_call(const char *handler, bool json);
int message_append(int message, const void *data, size_t bytes);
/* All that a descriptor gives, to its end. */
int message_append_all(int message, int from);

#endif
