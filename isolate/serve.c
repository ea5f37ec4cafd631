/* Calls over HTTP. */
#include "isolate/serve.h"
#include "hostvirt/calls.h"
#include "isolate/listener.h"
#include "isolate/message.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define LIBRARY "libmicrohttpd.so.12"
enum { IDLE_SECONDS = 60 };
#define SPARE_CONNECTIONS 1024u  /* that ask for figures, are refused, or are kept open by clients between calls */
#define OWN_DESCRIPTORS 256u     /* beside those of connections */
#define CONNECTION_DESCRIPTORS 3u /* the socket, a message, an answer */

/* What is used of the library: commands that serve nothing do not load it. */
#define FUNCTIONS(X)                                                                                                   \
    X(MHD_start_daemon) X(MHD_stop_daemon) X(MHD_create_response_from_fd) X(MHD_create_response_from_buffer)           \
    X(MHD_add_response_header) X(MHD_queue_response) X(MHD_destroy_response) X(MHD_lookup_connection_value) \
    X(MHD_get_connection_values) X(MHD_set_connection_option)

struct server {
    struct pool *pool;
    struct server_options options;
    struct MHD_Daemon *daemon;
    void *library;
    _Atomic unsigned calls;  /* admitted, without an outcome */
    _Atomic uint64_t held;   /* bytes of messages and answers */
    struct listener listener;
#define X(name) __typeof__(&name) name;
    FUNCTIONS(X)
#undef X
};

static int load(struct server *s, char *reason, size_t bytes)
{
    const char *missing = NULL;

    s->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
#define X(function)                                                                                                    \
    if (s->library != NULL && (s->function = (__typeof__(s->function))dlsym(s->library, #function)) == NULL)           \
        missing = #function;
    FUNCTIONS(X)
#undef X
    if (s->library != NULL && missing == NULL)
        return 0;
    snprintf(reason, bytes, "serving calls needs %s (Debian: libmicrohttpd12)%s%s", LIBRARY,
             missing != NULL ? ", and this one lacks " : "", missing != NULL ? missing : "");
    return -ENOENT;
}

/* ---- one request ------------------------------------------------------------------------------------------------- */

/* A call that was admitted. */
struct request {
    int message;   /* memfd, or a negative errno */
    bool counted;  /* among the server's calls */
    uint64_t held; /* of the server's */
    struct timespec late; /* CLOCK_MONOTONIC: its body must have come */
};

static enum MHD_Result respond(struct server *s, struct MHD_Connection *c, unsigned status, const char *type,
                               struct MHD_Response *r)
{
    if (r == NULL)
        return MHD_NO;
    s->MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        s->MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD, POST");
    if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
        s->MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    enum MHD_Result result = s->MHD_queue_response(c, status, r);
    s->MHD_destroy_response(r);
    return result;
}

static enum MHD_Result say(struct server *s, struct MHD_Connection *c, unsigned status, const char *sentence)
{
    char line[600];
    int length = snprintf(line, sizeof line, "%s\n", sentence);

    return respond(s, c, status, "text/plain; charset=utf-8",
                   s->MHD_create_response_from_buffer((size_t)length, line, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result give_figures(struct server *s, struct MHD_Connection *c)
{
    json_t *figures = pool_statistics(s->pool);
    char *text = json_dumps(figures, JSON_INDENT(2));

    json_decref(figures);
    if (text == NULL)
        return MHD_NO;
    return respond(s, c, MHD_HTTP_OK, "application/json",
                   s->MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE));
}

static bool is_json(struct server *s, struct MHD_Connection *c)
{
    const char *type = s->MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);

    return type != NULL && strncasecmp(type, "application/json", 16) == 0;
}

#define TOO_LARGE "the message is larger than 64 MiB"

/* The next call may be admitted: who reads an answer slowly keeps its bytes, and no clone's place. */
static void release_place(struct server *s, struct request *r)
{
    if (r->counted)
        atomic_fetch_sub(&s->calls, 1);
    r->counted = false;
}

/* Seconds of silence after which the connection ends. */
static void set_patience(struct server *s, struct MHD_Connection *c, unsigned seconds)
{
    s->MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

/* The answer's bytes count instead of the message's until it is sent: who reads slowly keeps others from calling. */
static void exchange_held(struct server *s, struct request *r, uint64_t bytes)
{
    atomic_fetch_add(&s->held, bytes);
    atomic_fetch_sub(&s->held, r->held);
    r->held = bytes;
    close(r->message);
    r->message = -EPIPE;
}

static void add_receipt(struct server *s, struct MHD_Response *to, const json_t *receipt)
{
    char *text = json_dumps(receipt, JSON_COMPACT);

    if (text != NULL)
        s->MHD_add_response_header(to, "Cloister-Receipt", text);
    free(text);
}

static enum MHD_Result call(struct server *s, struct MHD_Connection *c, struct request *r)
{
    static const unsigned statuses[] = {[ANSWER_OK] = MHD_HTTP_OK, [ANSWER_EXCEPTION] = MHD_HTTP_INTERNAL_SERVER_ERROR,
                                        [ANSWER_REFUSED] = MHD_HTTP_BAD_REQUEST};
    char reason[512] = "";
    struct answer a;

    if (r->message == -EMSGSIZE)
        return say(s, c, MHD_HTTP_CONTENT_TOO_LARGE, TOO_LARGE);
    if (r->message == -ENOBUFS)
        return say(s, c, MHD_HTTP_SERVICE_UNAVAILABLE, "the messages of other calls take all the room; try again");
    if (r->message < 0)
        return say(s, c, MHD_HTTP_INTERNAL_SERVER_ERROR, strerror(-r->message));
    int error = pool_call(s->pool, r->message, s->options.milliseconds, &a, reason, sizeof reason);
    release_place(s, r);
    if (error != 0)
        return say(s, c,
                   error == -EBUSY        ? MHD_HTTP_SERVICE_UNAVAILABLE
                   : error == -ETIMEDOUT ? MHD_HTTP_GATEWAY_TIMEOUT
                                         : MHD_HTTP_BAD_GATEWAY,
                   reason);
    exchange_held(s, r, a.bytes);
    const char *type = a.status != ANSWER_OK ? "text/plain; charset=utf-8"
                       : is_json(s, c)       ? "application/json"
                                             : "application/octet-stream";
    /* The response takes the descriptor over. */
    struct MHD_Response *response = s->MHD_create_response_from_fd(a.bytes, a.file);
    if (response == NULL)
        close(a.file);
    else if (a.receipt != NULL)
        add_receipt(s, response, a.receipt);
    json_decref(a.receipt);
    return respond(s, c, statuses[a.status], type, response);
}

static enum MHD_Result count_lengths(void *count, enum MHD_ValueKind kind, const char *key, const char *value)
{
    *(unsigned *)count += strcasecmp(key, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 ||
                          strcasecmp(key, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0;
    return MHD_YES;
}

/* A request that tells its length twice is not read the same by everybody in between (RFC 9112, 6.3, 11.2). */
static bool length_is_clear(struct server *s, struct MHD_Connection *c)
{
    unsigned count = 0;

    s->MHD_get_connection_values(c, MHD_HEADER_KIND, count_lengths, &count);
    return count <= 1;
}

/* The headers alone: what is refused here is told before a body is read. */
static enum MHD_Result admit(struct server *s, struct MHD_Connection *c, const char *url, void **state)
{
    const char *length = s->MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

    if (!length_is_clear(s, c))
        return say(s, c, MHD_HTTP_BAD_REQUEST, "the request tells its length twice");
    if (length != NULL && strtoull(length, NULL, 10) > CALL_LONGEST)
        return say(s, c, MHD_HTTP_CONTENT_TOO_LARGE, TOO_LARGE);
    if (atomic_fetch_add(&s->calls, 1) >= s->options.calls) {
        atomic_fetch_sub(&s->calls, 1);
        pool_refused(s->pool);
        return say(s, c, MHD_HTTP_SERVICE_UNAVAILABLE, "as many calls wait already as may");
    }
    struct request *r = calloc(1, sizeof *r);
    if (r == NULL) {
        atomic_fetch_sub(&s->calls, 1);
        return MHD_NO;
    }
    clock_gettime(CLOCK_MONOTONIC, &r->late);
    unsigned patience = s->options.milliseconds / 1000 + 1;
    r->late.tv_sec += patience;
    r->counted = true;
    r->message = message_call(url + (url[0] == '/'), is_json(s, c));
    set_patience(s, c, patience < IDLE_SECONDS ? patience : IDLE_SECONDS); /* a body that does not come */
    *state = r;
    return MHD_YES;
}

/* A piece of the body.  What does not fit is read and dropped, so that the client hears why.  False: it takes longer
 * than calls may. */
static bool append(struct server *s, struct request *r, const char *data, size_t bytes)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec > r->late.tv_sec)
        return false;
    if (r->message < 0)
        return true;
    r->held += bytes;
    int error = atomic_fetch_add(&s->held, bytes) + bytes > s->options.held ? -ENOBUFS
                                                                              : message_append(r->message, data, bytes);
    if (error != 0) {
        close(r->message);
        r->message = error;
        atomic_fetch_sub(&s->held, r->held);
        r->held = 0;
    }
    return true;
}

/* Called once for the headers, for each piece of the body, and once more at its end. */
static enum MHD_Result handle(void *argument, struct MHD_Connection *c, const char *url, const char *method,
                              const char *version, const char *data, size_t *bytes, void **state)
{
    struct server *s = argument;
    struct request *r = *state;

    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return strcmp(url, "/") == 0 ? give_figures(s, c)
                                     : say(s, c, MHD_HTTP_NOT_FOUND, "GET / has the figures; calls are POSTed");
    if (strcmp(method, "POST") != 0)
        return say(s, c, MHD_HTTP_METHOD_NOT_ALLOWED, "POST a message, or GET the figures");
    if (r == NULL)
        return admit(s, c, url, state);
    if (*bytes == 0) {
        set_patience(s, c, IDLE_SECONDS);
        return call(s, c, r);
    }
    if (!append(s, r, data, *bytes))
        return MHD_NO;
    *bytes = 0;
    return MHD_YES;
}

static void forget(void *argument, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
    struct server *s = argument;
    struct request *r = *state;

    if (r == NULL)
        return;
    if (r->message >= 0)
        close(r->message);
    atomic_fetch_sub(&s->held, r->held);
    release_place(s, r);
    free(r);
    *state = NULL;
}

/* ---- the server -------------------------------------------------------------------------------------------------- */

/* As many connections as there may be descriptors for: the soft limit is mostly 1,024. */
static unsigned connections(const struct server *s)
{
    unsigned wanted = s->options.calls + SPARE_CONNECTIONS;
    rlim_t needed = OWN_DESCRIPTORS + (rlim_t)wanted * CONNECTION_DESCRIPTORS;
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return s->options.calls;
    if (files.rlim_cur < needed) {
        files.rlim_cur = needed < files.rlim_max ? needed : files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur >= needed)
        return wanted;
    rlim_t room = files.rlim_cur > OWN_DESCRIPTORS ? (files.rlim_cur - OWN_DESCRIPTORS) / CONNECTION_DESCRIPTORS : 0;
    return room > s->options.calls ? (unsigned)room : s->options.calls;
}

static int start(struct server *s, char *reason, size_t bytes)
{
    const struct MHD_OptionItem items[] = {
        {MHD_OPTION_LISTEN_SOCKET, s->listener.socket, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, connections(s), NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)forget, s},
        {MHD_OPTION_END, 0, NULL},
    };

    /* A call occupies its connection's thread: there are as many as may be answered or wait. */
    s->daemon = s->MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0,
                                    NULL, NULL, handle, s, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    if (s->daemon != NULL)
        return 0;
    snprintf(reason, bytes, "cannot serve calls on %.200s: %s", s->options.address, strerror(errno));
    return -EIO;
}

int server_open(struct server **out, struct pool *pool, const struct server_options *options, char *reason,
                size_t bytes)
{
    struct server *s = calloc(1, sizeof *s);

    if (s == NULL) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    s->pool = pool;
    s->options = *options;
    s->listener.socket = -1;
    int error = load(s, reason, bytes);
    if (error == 0)
        error = listener_open(&s->listener, options->address, reason, bytes);
    if (error == 0)
        error = start(s, reason, bytes);
    if (error == 0)
        *out = s;
    else
        server_close(s);
    return error;
}

const char *server_address(const struct server *s)
{
    return s->listener.address;
}

void server_close(struct server *s)
{
    if (s->daemon != NULL) {
        s->MHD_stop_daemon(s->daemon);
        s->listener.socket = -1; /* closed with it */
    }
    listener_close(&s->listener);
    if (s->library != NULL)
        dlclose(s->library);
    free(s);
}
