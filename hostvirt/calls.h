/* Calls and questions: a message from outside that a guest thread takes with NEXT_CALL or NEXT_QUESTION and
 * answers with REPLY
 * (include/cloister/hypercall.h).  The control request `call` brings them: two regular files (memfds of the caller's)
 * for message and answer, so that neither side can make the other wait, and the connection on which the end is told.
 * Calls are the running isolate's: snapshots do not hold them, a reset answers them with an error. */
#ifndef HOSTVIRT_CALLS_H
#define HOSTVIRT_CALLS_H

#include "hostvirt/syscall.h"

#include <jansson.h>

#define CALL_LONGEST (64u << 20) /* bytes of a message or an answer */
#define CALLS_WAITING 1024       /* more are refused: -EBUSY */

struct calls;
struct control_call;

struct calls *calls_new(void); /* NULL: no memory */

/* ---- the guest's side; results as for system calls ---- */

int64_t calls_next(struct thread *t, uint64_t buffer, uint64_t bytes);
int64_t calls_next_question(struct thread *t, uint64_t buffer, uint64_t bytes);
int64_t calls_set_signal(struct thread *t, uint64_t signal); /* ANSWERS */
/* What the program says that the call has cost goes into its receipt. */
struct reply {
    int status;
    uint64_t buffer, bytes, allocated, collections;
};
int64_t calls_reply(struct thread *t, const struct reply *r);

/* The thread ends, or executes another program: what it has taken is answered with an error. */
void calls_abandon(struct thread *t);

/* ---- the control socket's side ---- */

/* The request `call`, with the message's file and the answer's.  Answered when the guest replies:
 * {"ok": true, "status": N, "bytes": N}; with "receipt": true in the request also "receipt": its figures (receipt.h).
 *
 * A receipt covers what the isolate has done since its last answer, or since its start, putting it back to its snapshot
 * and waiting for the call included, so that all receipts together are what `cloister stat` counts; the pages are those
 * since it took the call.  Of calls that are worked on at once each is charged with what happened since any of them was
 * answered. */
int calls_request(struct control_call *call);
/* The request `ask`, the same for a question; -EOPNOTSUPP when the program answers none. */
int calls_ask(struct control_call *call);
/* A call's message and answer (regular files), and a socket on which its end is told. */
struct call_files {
    int message, answer, connection;
    bool receipt, question;
};
/* Before the guest runs: a call that is answered as that of a request would be.  Takes the descriptors over when it
 * succeeds.  Negative errno with a sentence. */
int calls_bring(struct monitor *m, const struct call_files *f, char *reason, size_t bytes);
/* The descriptors of calls that wait, which the wall must leave open: at most CALLS_BROUGHT, their number. */
#define CALLS_BROUGHT 3
int calls_descriptors(const struct monitor *m, int list[CALLS_BROUGHT]);
/* Before the guest runs: a message of this process's own, the content of a file; nobody waits for the answer.  Negative
 * errno. */
int calls_put(struct monitor *m, int from);
/* Answers everything that waits or is being worked on with an error; the guest is stopped. */
void calls_refuse_all(struct monitor *m, const char *sentence);
/* The same at the isolate's end: also "ended": true in the answers. */
void calls_end(struct monitor *m, const char *sentence);
/* The isolate was put back to its snapshot: it has no pages of its own; the guest is stopped. */
void calls_put_back(struct monitor *m);
/* The sums of the receipts, and their "count"; NULL: no memory. */
json_t *calls_receipts(struct monitor *m);

#endif
