/* Messages for the guest and its answers. */
#include "hostvirt/calls.h"
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"
#include "hostvirt/receipt.h"
#include "hostvirt/uaccess.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* `taken`: by the guest thread `tid`, which has not answered yet.  One that calls_put brought has no descriptors
 * (-1) and nobody who waits for its answer. */
struct message {
    struct message *next;
    int connection, input, output;
    char *text;     /* of calls_put: the message; else NULL */
    uint64_t bytes; /* of the message */
    uint64_t arrived; /* host CLOCK_MONOTONIC ns */
    bool receipt;     /* is wanted */
    bool question, taken;
    int tid;
};

struct calls {
    pthread_mutex_t lock; /* a leaf */
    struct message *first;
    _Atomic unsigned count;
    _Atomic int arrivals; /* futex word: counts messages */
    struct receipt answered; /* under the lock: the figures at the last answer; pages: where counting them begins */
    bool pages_known;        /* under the lock: answered's pages are those of now */
    struct receipt sum;      /* under the lock: of all receipts, `receipts` of them */
    uint64_t receipts;
};

struct calls *calls_new(void)
{
    struct calls *q = calloc(1, sizeof *q);

    if (q != NULL) {
        pthread_mutex_init(&q->lock, NULL);
        q->pages_known = true; /* a new isolate has none */
    }
    return q;
}

static void finish(struct message *m, json_t *answer, int error, const char *reason)
{
    json_t *complete = answer != NULL ? answer : json_object();

    if (m->connection >= 0) {
        control_finish(m->connection, complete, error, reason);
        close(m->connection);
        close(m->input);
        close(m->output);
    }
    json_decref(complete);
    free(m->text);
    free(m);
}

/* Takes it out of the list; under the lock. */
static struct message *remove_at(struct calls *q, struct message **at)
{
    struct message *m = *at;

    *at = m->next;
    q->count--;
    return m;
}

/* The message that a thread has taken and not answered, out of the list; NULL. */
static struct message *taken_by(struct calls *q, int tid)
{
    struct message *found = NULL;

    pthread_mutex_lock(&q->lock);
    for (struct message **at = &q->first; *at != NULL && found == NULL; at = found == NULL ? &(*at)->next : at)
        if ((*at)->taken && (*at)->tid == tid)
            found = remove_at(q, at);
    pthread_mutex_unlock(&q->lock);
    return found;
}

/* ---- receipts ---------------------------------------------------------------------------------------------------- */

/* A call begins: where its pages are counted from, unless that is known. */
static void begin_receipt(struct calls *q, const struct monitor *m)
{
    pthread_mutex_lock(&q->lock);
    if (!q->pages_known)
        q->pages_known = receipt_pages(m, &q->answered) == 0;
    pthread_mutex_unlock(&q->lock);
}

/* An answer: the next receipt begins here.  What the program says of itself is added to the sums as it is. */
static struct receipt end_receipt(struct calls *q, const struct monitor *m, const struct message *of,
                                  const struct reply *reply)
{
    struct receipt now, cost;

    pthread_mutex_lock(&q->lock);
    receipt_count(m, &now);
    bool pages = of->receipt && q->pages_known && receipt_pages(m, &now) == 0;
    cost = now;
    receipt_subtract(&cost, &q->answered);
    if (!pages)
        cost.pages_read = cost.pages_written = 0;
    cost.wall_ns = clock_host() - of->arrived;
    cost.allocated_bytes = reply->allocated;
    cost.collections = reply->collections;
    q->answered = now;
    q->pages_known = pages;
    if (of->receipt) {
        receipt_add(&q->sum, &cost);
        q->receipts++;
    }
    pthread_mutex_unlock(&q->lock);
    return cost;
}

void calls_put_back(struct monitor *m)
{
    struct calls *q = m->calls;

    pthread_mutex_lock(&q->lock);
    q->answered.pages_read = q->answered.pages_written = 0;
    q->pages_known = true;
    pthread_mutex_unlock(&q->lock);
}

json_t *calls_receipts(struct monitor *m)
{
    struct calls *q = m->calls;

    pthread_mutex_lock(&q->lock);
    json_t *out = receipt_json(&q->sum);
    if (out != NULL)
        json_object_set_new(out, "count", json_integer((json_int_t)q->receipts));
    pthread_mutex_unlock(&q->lock);
    return out;
}

/* ---- the guest's side -------------------------------------------------------------------------------------------- */

static bool caller_gone(const struct message *m)
{
    char byte;

    return m->connection >= 0 && recv(m->connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Marks the first message of the kind, if it fits, as the thread's.  0: there is none; -EMSGSIZE: the buffer is too
 * small for it. */
static int64_t take_first(struct calls *q, bool question, int tid, uint64_t room, struct message **out)
{
    struct message *gone = NULL;
    int64_t result = 0;

    pthread_mutex_lock(&q->lock);
    for (struct message **at = &q->first; *at != NULL && result == 0;) {
        struct message *m = *at;
        if (m->taken || m->question != question) {
            at = &m->next;
        } else if (caller_gone(m)) {
            remove_at(q, at);
            m->next = gone;
            gone = m;
        } else if (m->bytes > room) {
            result = -EMSGSIZE;
        } else {
            m->taken = true;
            m->tid = tid;
            *out = m;
            result = 1;
        }
    }
    pthread_mutex_unlock(&q->lock);
    while (gone != NULL) {
        struct message *m = gone;
        gone = m->next;
        finish(m, NULL, -ECANCELED, "the caller is gone");
    }
    return result;
}

/* The caller's file into the guest's memory: the host answers -EFAULT for pages that the guest does not have. */
static int64_t copy_message(const struct message *m, char *to)
{
    if (m->text != NULL)
        return copy_out((uintptr_t)to, m->text, m->bytes) != 0 ? -EFAULT : (int64_t)m->bytes;
    for (uint64_t done = 0; done < m->bytes;) {
        ssize_t n = pread(m->input, to + done, m->bytes - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO; /* the caller has cut its file off */
        done += (uint64_t)n;
    }
    return (int64_t)m->bytes;
}

/* Waits for a call; for a question it does not. */
static int64_t next_message(struct thread *t, bool question, uint64_t buffer, uint64_t bytes)
{
    struct monitor *monitor = t->process->monitor;
    struct calls *q = monitor->calls;
    char *to = guest_buffer(buffer, bytes);
    struct message *m = NULL;

    if (to == NULL)
        return -EFAULT;
    if (monitor->forked || monitor->control == NULL)
        return -ESHUTDOWN; /* messages reach the first process only */
    struct message *unanswered = taken_by(q, t->tid);
    if (unanswered != NULL)
        finish(unanswered, NULL, -EIO, "the program took the next message without answering this one");
    for (;;) {
        int seen = q->arrivals;
        int64_t found = take_first(q, question, t->tid, bytes, &m);
        if (found < 0)
            return found;
        if (found > 0)
            break;
        if (question)
            return -EAGAIN;
        if (blocking_call(t, SYS_futex, (long)&q->arrivals, FUTEX_WAIT_PRIVATE, seen, 0, 0, 0) == -EINTR)
            return SYS_RESTART;
    }
    if (m->receipt)
        begin_receipt(q, monitor);
    int64_t result = copy_message(m, to);
    if (result < 0 && (m = taken_by(q, t->tid)) != NULL)
        finish(m, NULL, (int)result, "the message could not be given to the program");
    return result;
}

int64_t calls_next(struct thread *t, uint64_t buffer, uint64_t bytes)
{
    return next_message(t, false, buffer, bytes);
}

int64_t calls_next_question(struct thread *t, uint64_t buffer, uint64_t bytes)
{
    return next_message(t, true, buffer, bytes);
}

static int write_answer(const struct message *m, const char *from, uint64_t bytes)
{
    if (m->output < 0)
        return 0;
    for (uint64_t done = 0; done < bytes;) {
        ssize_t n = pwrite(m->output, from + done, bytes - done, (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (uint64_t)n;
    }
    return 0;
}

int64_t calls_reply(struct thread *t, const struct reply *r)
{
    struct monitor *monitor = t->process->monitor;
    const char *from = guest_buffer(r->buffer, r->bytes);
    json_t *answer = NULL;
    struct message *m;
    int error;

    if (r->bytes > CALL_LONGEST)
        return -EMSGSIZE; /* the call is still open: another answer may fit */
    if (r->bytes > 0 && from == NULL)
        return -EFAULT;
    if (monitor->forked || (m = taken_by(monitor->calls, t->tid)) == NULL)
        return -ENOENT;
    error = write_answer(m, from, r->bytes);
    struct receipt receipt = {0};
    if (!m->question) /* what questions cost is charged to the next call: receipts leave nothing out */
        receipt = end_receipt(monitor->calls, monitor, m, r);
    if (error == 0)
        answer = json_pack("{s:i, s:I}", "status", r->status, "bytes", (json_int_t)r->bytes);
    if (answer != NULL && m->receipt)
        json_object_set_new(answer, "receipt", receipt_json(&receipt));
    finish(m, answer, error, "the answer could not be written to the caller's file");
    return error;
}

void calls_abandon(struct thread *t)
{
    const struct monitor *monitor = t->process->monitor;
    /* A copy's messages are the original's; with the whole program its connections end. */
    struct calls *q = monitor->forked || t->process->exiting ? NULL : monitor->calls;
    struct message *m = q != NULL && q->count > 0 ? taken_by(q, t->tid) : NULL;

    if (m != NULL)
        finish(m, NULL, -EIO, "the program's thread ended without answering");
}

/* ---- the control socket's side ----------------------------------------------------------------------------------- */

static int check_files(const struct call_files *f, struct stat *input, char *reason, size_t bytes)
{
    struct stat output;

    if (f->message < 0 || f->answer < 0 || fstat(f->message, input) != 0 || fstat(f->answer, &output) != 0 ||
        !S_ISREG(input->st_mode) || !S_ISREG(output.st_mode)) {
        snprintf(reason, bytes, "a call needs two regular files with its request: message and answer");
        return -EINVAL;
    }
    if (input->st_size > CALL_LONGEST) {
        snprintf(reason, bytes, "the message is larger than %u MiB", CALL_LONGEST >> 20);
        return -EMSGSIZE;
    }
    return 0;
}

static int append(struct calls *q, struct message *m)
{
    struct message **end = &q->first;

    pthread_mutex_lock(&q->lock);
    bool full = q->count >= CALLS_WAITING;
    while (!full && *end != NULL)
        end = &(*end)->next;
    if (!full) {
        *end = m;
        q->count++;
    }
    pthread_mutex_unlock(&q->lock);
    return full ? -EBUSY : 0;
}

int calls_bring(struct monitor *monitor, const struct call_files *f, char *reason, size_t bytes)
{
    struct calls *q = monitor->calls;
    struct stat input;
    int error = check_files(f, &input, reason, bytes);
    struct message *m = error == 0 ? malloc(sizeof *m) : NULL;

    if (error != 0)
        return error;
    if (m == NULL) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    *m = (struct message){.question = f->question,
                          .connection = f->connection,
                          .input = f->message,
                          .output = f->answer,
                          .bytes = (uint64_t)input.st_size,
                          .arrived = clock_host(),
                          .receipt = f->receipt};
    if ((error = append(q, m)) != 0) {
        free(m);
        snprintf(reason, bytes, "%u calls wait for the program already", CALLS_WAITING);
        return error;
    }
    q->arrivals++;
    syscall(SYS_futex, &q->arrivals, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    return 0;
}

int calls_descriptors(const struct monitor *m, int list[CALLS_BROUGHT])
{
    const struct message *brought = m->calls->first; /* the guest does not run: nobody takes it */

    while (brought != NULL && brought->connection < 0)
        brought = brought->next;
    if (brought == NULL)
        return 0;
    list[0] = brought->connection;
    list[1] = brought->input;
    list[2] = brought->output;
    return CALLS_BROUGHT;
}

int calls_put(struct monitor *monitor, int from)
{
    struct stat input;
    struct message *m = fstat(from, &input) == 0 && input.st_size <= CALL_LONGEST ? calloc(1, sizeof *m) : NULL;

    if (m == NULL || (m->text = malloc((size_t)input.st_size + 1)) == NULL) {
        free(m);
        return -ENOMEM;
    }
    m->connection = m->input = m->output = -1;
    m->bytes = (uint64_t)input.st_size;
    int error = pread(from, m->text, m->bytes, 0) != (ssize_t)m->bytes ? -EIO : append(monitor->calls, m);
    if (error != 0) {
        free(m->text);
        free(m);
    }
    return error;
}

/* `ended`: callers are told that there is nobody any more who could answer. */
static void refuse_all(struct monitor *m, bool ended, const char *sentence)
{
    struct calls *q = m->calls;

    pthread_mutex_lock(&q->lock);
    struct message *list = q->first;
    q->first = NULL;
    q->count = 0;
    pthread_mutex_unlock(&q->lock);
    while (list != NULL) {
        struct message *next = list->next;
        finish(list, ended ? json_pack("{s:b}", "ended", true) : NULL, -ECANCELED, sentence);
        list = next;
    }
}

void calls_refuse_all(struct monitor *m, const char *sentence)
{
    refuse_all(m, false, sentence);
}

void calls_end(struct monitor *m, const char *sentence)
{
    refuse_all(m, true, sentence);
}
