/* Clones that answer calls.  Each has a thread that tends it: starts it, puts it back after a call, replaces it when it
 * has ended; callers only take and return.  Who waits for a clone is given one, the first who came first: nobody else
 * is woken, and nobody overtakes. */
#include "isolate/pool.h"

#include "include/cloister.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum {
    PATIENCE_AFTER_FAILURE = 1, /* s before a clone that could not start is tried again */
    STACK_BYTES = 256 << 10,    /* of a tender */
    SPARE_CLONES = 1            /* that the zygote keeps ready, for those that end */
};

enum clone_state { CLONE_ABSENT, CLONE_READY, CLONE_BUSY, CLONE_USED, CLONE_STATES };
static const char *const state_names[CLONE_STATES] = {"starting", "ready", "busy", "resetting"};

struct clone {
    struct pool *pool;
    unsigned number;
    enum clone_state state; /* under the pool's lock */
    struct cloister *isolate;
    pthread_t tender;
    bool tended;         /* there is a thread */
    pthread_cond_t work; /* for the tender: a clone to bring back, or `closing` */
};

/* A call without a clone yet, on its thread's stack. */
struct waiter {
    struct waiter *next;
    pthread_cond_t given; /* a clone, or `closing` */
    struct clone *clone;
};

struct pool {
    struct pool_options options;
    pthread_mutex_t lock;
    pthread_condattr_t monotonic;
    pthread_cond_t started; /* the first clone is ready, or could not start */
    struct waiter *first, **last; /* calls that wait: then no clone is ready */
    pthread_mutex_t zygote_lock;
    struct cloister_zygote *zygote; /* under its lock; NULL: none runs */
    bool closing;
    unsigned waiting;
    uint64_t answered, late, died, refused, resets, starts; /* under the lock */
    char failure[256]; /* why the last start failed; "": it did not */
    struct clone clones[];
};

/* ---- tending ----------------------------------------------------------------------------------------------------- */

/* Under the zygote's lock. */
static int start_zygote(struct pool *p, char *reason, size_t bytes)
{
    const struct pool_options *o = &p->options;
    const int printing[3] = {-1, 2, 2}; /* for the operator */
    const struct cloister_zygote_start what = {.snapshot = o->program, .name = o->name, .standbys = SPARE_CLONES,
                                               .options = o->options, .standard = printing, .monitor = o->monitor};

    return cloister_zygote_start(&p->zygote, &what, reason, bytes);
}

static int start_clone(struct clone *c, char *reason, size_t bytes)
{
    struct pool *p = c->pool;
    const int nothing[3] = {-1, 2, 2}; /* what a handler prints is the operator's to see */
    char name[96];

    snprintf(name, sizeof name, "%.64s-%u", p->options.name, c->number + 1);
    pthread_mutex_lock(&p->zygote_lock);
    int error = p->zygote == NULL ? start_zygote(p, reason, bytes) : 0;
    if (error == 0) {
        error = cloister_clone(&c->isolate, p->zygote, name, nothing, reason, bytes);
        if (error == -ENOENT || error == -EPIPE) { /* it was killed: the next try has another */
            cloister_zygote_free(p->zygote);
            p->zygote = NULL;
        }
    }
    pthread_mutex_unlock(&p->zygote_lock);
    return error;
}

/* A clone that can answer goes to the call that has waited longest.  Under the lock. */
static void offer(struct clone *c)
{
    struct pool *p = c->pool;
    struct waiter *w = p->first;

    c->state = w != NULL ? CLONE_BUSY : CLONE_READY;
    if (w == NULL)
        return;
    p->first = w->next;
    if (p->first == NULL)
        p->last = &p->first;
    w->clone = c;
    pthread_cond_signal(&w->given);
}

/* Under the lock, which it gives up meanwhile. */
static void bring_back(struct clone *c)
{
    struct pool *p = c->pool;
    bool reset = c->state == CLONE_USED && !p->options.keep;
    char reason[256] = "";
    int error = 0;

    pthread_mutex_unlock(&p->lock);
    if (reset && (error = cloister_reset(c->isolate, reason, sizeof reason)) != 0) {
        cloister_free(c->isolate);
        c->isolate = NULL;
    }
    bool start = c->isolate == NULL;
    if (start)
        error = start_clone(c, reason, sizeof reason);
    pthread_mutex_lock(&p->lock);
    p->resets += reset && !start;
    p->starts += start && error == 0;
    if (error == 0)
        offer(c);
    else
        c->state = CLONE_ABSENT;
    if (error != 0 || start)
        snprintf(p->failure, sizeof p->failure, "%s", error != 0 ? reason : "");
    pthread_cond_broadcast(&p->started);
}

static struct timespec after(uint64_t milliseconds)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(milliseconds / 1000);
    t.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

static bool passed(const struct timespec *t)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec > t->tv_sec || (now.tv_sec == t->tv_sec && now.tv_nsec >= t->tv_nsec);
}

static void *tend(void *argument)
{
    struct clone *c = argument;
    struct pool *p = c->pool;

    pthread_mutex_lock(&p->lock);
    while (!p->closing) {
        if (c->state == CLONE_READY || c->state == CLONE_BUSY) {
            pthread_cond_wait(&c->work, &p->lock);
            continue;
        }
        bring_back(c);
        if (c->state == CLONE_ABSENT) { /* not at once again: what is missing is missing for longer */
            struct timespec until = after(PATIENCE_AFTER_FAILURE * 1000);
            while (!p->closing && !passed(&until))
                pthread_cond_timedwait(&c->work, &p->lock, &until);
        }
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- calling ----------------------------------------------------------------------------------------------------- */

/* Under the lock.  One that was killed while it was ready is left to its tender. */
static struct clone *ready_clone(struct pool *p)
{
    int status;

    for (unsigned i = 0; i < p->options.size; i++) {
        struct clone *c = &p->clones[i];
        if (c->state != CLONE_READY)
            continue;
        if (cloister_wait(c->isolate, 0, &status) != 0)
            return c;
        cloister_free(c->isolate);
        c->isolate = NULL;
        c->state = CLONE_ABSENT;
        pthread_cond_signal(&c->work);
    }
    return NULL;
}

/* Gives up its place in the queue. */
static void leave(struct pool *p, struct waiter *w)
{
    struct waiter **at = &p->first;

    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    if (*at == NULL)
        p->last = at;
}

/* Under the lock, which it gives up meanwhile; NULL: none came in time. */
static struct clone *queue_up(struct pool *p, const struct timespec *until)
{
    struct waiter w = {.next = NULL};

    pthread_cond_init(&w.given, &p->monotonic);
    *p->last = &w;
    p->last = &w.next;
    p->waiting++;
    while (w.clone == NULL && !p->closing && !passed(until))
        pthread_cond_timedwait(&w.given, &p->lock, until);
    p->waiting--;
    if (w.clone == NULL)
        leave(p, &w);
    pthread_cond_destroy(&w.given);
    return w.clone;
}

/* A clone that is the caller's, and busy. */
static int take(struct pool *p, const struct timespec *until, struct clone **out, char *reason, size_t bytes)
{
    int error = 0;

    pthread_mutex_lock(&p->lock);
    *out = ready_clone(p);
    if (*out != NULL) {
        (*out)->state = CLONE_BUSY;
    } else if (p->waiting >= p->options.queue) {
        p->refused++;
        error = -EBUSY;
        snprintf(reason, bytes, "%u calls wait already", p->waiting);
    } else if ((*out = queue_up(p, until)) == NULL) {
        p->late++;
        error = -ETIMEDOUT;
        snprintf(reason, bytes,
                 p->failure[0] != '\0' ? "no clone can be started: %.200s" : "no clone became free in time",
                 p->failure);
    }
    pthread_mutex_unlock(&p->lock);
    return error;
}

static unsigned milliseconds_until(const struct timespec *t)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    long long left = (long long)(t->tv_sec - now.tv_sec) * 1000 + (t->tv_nsec - now.tv_nsec) / 1000000;
    return left < 1 ? 1 : (unsigned)left;
}

/* Why a clone that did not answer is gone; it has ended, or it is killed. */
static void describe_end(struct clone *c, char *reason, size_t bytes)
{
    int status;

    if (cloister_wait(c->isolate, 1000, &status) != 0)
        return; /* it runs: the sentence of the call stands */
    invoke_describe_end(status, reason, bytes);
}

/* A clone that has done what it could goes to its tender. */
static void give_back(struct clone *c, int error)
{
    struct pool *p = c->pool;

    if (error != 0) {
        cloister_free(c->isolate);
        c->isolate = NULL;
    }
    pthread_mutex_lock(&p->lock);
    p->answered += error == 0;
    p->late += error == -ETIMEDOUT;
    p->died += error != 0 && error != -ETIMEDOUT;
    if (error == 0 && p->options.keep) {
        offer(c);
    } else {
        c->state = error != 0 ? CLONE_ABSENT : CLONE_USED;
        pthread_cond_signal(&c->work);
    }
    pthread_mutex_unlock(&p->lock);
}

int pool_call(struct pool *p, int message, unsigned milliseconds, struct answer *out, char *reason, size_t bytes)
{
    struct timespec until = after(milliseconds);
    struct clone *c;
    int error;

    do {
        if ((error = take(p, &until, &c, reason, bytes)) != 0)
            return error;
        error = invoke(cloister_name(c->isolate), message, milliseconds_until(&until), p->options.receipts, out, reason,
                       bytes);
        if (error == -EPIPE || error == -ENOENT)
            describe_end(c, reason, bytes);
        give_back(c, error);
    } while (error == -ENOENT); /* it had ended before it got the message */
    return error != 0 && error != -ETIMEDOUT ? -EPIPE : error;
}

void pool_refused(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->refused++;
    pthread_mutex_unlock(&p->lock);
}

json_t *pool_statistics(struct pool *p)
{
    unsigned by_state[CLONE_STATES] = {0};
    json_t *all = json_object(), *clones = json_object();

    pthread_mutex_lock(&p->lock);
    for (unsigned i = 0; i < p->options.size; i++)
        by_state[p->clones[i].state]++;
    for (unsigned i = 0; i < CLONE_STATES; i++)
        json_object_set_new(clones, state_names[i], json_integer(by_state[i]));
    json_object_set_new(all, "clones", clones);
    json_object_set_new(all, "waiting", json_integer(p->waiting));
    json_object_set_new(all, "answered", json_integer((json_int_t)p->answered));
    json_object_set_new(all, "late", json_integer((json_int_t)p->late));
    json_object_set_new(all, "died", json_integer((json_int_t)p->died));
    json_object_set_new(all, "refused", json_integer((json_int_t)p->refused));
    json_object_set_new(all, "resets", json_integer((json_int_t)p->resets));
    json_object_set_new(all, "starts", json_integer((json_int_t)p->starts));
    pthread_mutex_unlock(&p->lock);
    return all;
}

/* ---- opening and closing ----------------------------------------------------------------------------------------- */

static int start_tenders(struct pool *p)
{
    pthread_attr_t attributes;
    int error = 0;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (unsigned i = 0; i < p->options.size && error == 0; i++) {
        p->clones[i].pool = p;
        p->clones[i].number = i;
        error = pthread_create(&p->clones[i].tender, &attributes, tend, &p->clones[i]);
        p->clones[i].tended = error == 0;
    }
    pthread_attr_destroy(&attributes);
    return -error;
}

/* Until one is ready or the first has failed. */
static int wait_for_first(struct pool *p, char *reason, size_t bytes)
{
    int error = 0;

    pthread_mutex_lock(&p->lock);
    while (ready_clone(p) == NULL && p->failure[0] == '\0')
        pthread_cond_wait(&p->started, &p->lock);
    if (ready_clone(p) == NULL) {
        snprintf(reason, bytes, "%s", p->failure);
        error = -EIO;
    }
    p->failure[0] = '\0';
    pthread_mutex_unlock(&p->lock);
    return error;
}

int pool_open(struct pool **out, const struct pool_options *options, char *reason, size_t bytes)
{
    struct pool *p = calloc(1, sizeof *p + options->size * sizeof p->clones[0]);

    if (p == NULL) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    p->options = *options;
    pthread_mutex_init(&p->lock, NULL);
    p->last = &p->first;
    pthread_condattr_init(&p->monotonic);
    pthread_condattr_setclock(&p->monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->started, NULL);
    for (unsigned i = 0; i < options->size; i++)
        pthread_cond_init(&p->clones[i].work, &p->monotonic);
    pthread_mutex_init(&p->zygote_lock, NULL);
    int error = start_zygote(p, reason, bytes);
    if (error == 0 && (error = start_tenders(p)) != 0)
        snprintf(reason, bytes, "cannot start a thread for each clone: %s", strerror(-error));
    if (error == 0)
        error = wait_for_first(p, reason, bytes);
    if (error == 0)
        *out = p;
    else
        pool_close(p);
    return error;
}

void pool_close(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    for (unsigned i = 0; i < p->options.size; i++)
        pthread_cond_signal(&p->clones[i].work);
    for (struct waiter *w = p->first; w != NULL; w = w->next)
        pthread_cond_signal(&w->given);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->options.size; i++) {
        if (p->clones[i].tended)
            pthread_join(p->clones[i].tender, NULL);
        if (p->clones[i].isolate != NULL)
            cloister_free(p->clones[i].isolate);
        pthread_cond_destroy(&p->clones[i].work);
    }
    cloister_zygote_free(p->zygote);
    pthread_mutex_destroy(&p->zygote_lock);
    pthread_cond_destroy(&p->started);
    pthread_condattr_destroy(&p->monotonic);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
