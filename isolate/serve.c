/* Calls over HTTP. */
#include "isolate/serve.h"
#include "hostvirt/calls.h"
#include "isolate/message.h"

#include <dlfcn.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LIBRARY "libmicrohttpd.so.12"
enum { BACKLOG = 1024, IDLE_SECONDS = 60 };
#define SPARE_CONNECTIONS 1024u  /* that ask for figures, are refused, or are kept open by clients between calls */
#define OWN_DESCRIPTORS 256u     /* beside those of connections */
#define CONNECTION_DESCRIPTORS 3u /* the socket, a message, an answer */

/* What is used of the library: commands that serve nothing do not load it. */
#define FUNCTIONS(X)                                                                                                   \
    X(MHD_start_daemon) X(MHD_stop_daemon) X(MHD_create_response_from_fd) X(MHD_create_response_from_buffer)           \
    X(MHD_add_response_header) X(MHD_queue_response) X(MHD_destroy_response) X(MHD_lookup_connection_value) \
    X(MHD_get_connection_values)

struct server {
    struct pool *pool;
    struct server_options options;
    struct MHD_Daemon *daemon;
    void *library;
    _Atomic unsigned calls;  /* admitted */
    _Atomic uint64_t held;   /* bytes of their messages */
    int listener;
    char *path; /* of a Unix socket, removed at the end; NULL */
    char address[300];
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

/* ---- where it listens -------------------------------------------------------------------------------------------- */

/* A socket that nobody answers is one that a killed server has left. */
static int listen_unix(struct server *s, const char *path, char *reason, size_t bytes)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path) { /* without a path anybody could reach it */
        snprintf(reason, bytes, "the path of the socket has 1 to %zu bytes: unix:PATH", sizeof address.sun_path - 1);
        return -EINVAL;
    }
    strcpy(address.sun_path, path);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        connect(s->listener, (struct sockaddr *)&address, sizeof address) != 0 && errno == ECONNREFUSED)
        unlink(path);
    if (s->listener >= 0)
        close(s->listener);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t mask = umask(077);
    int result = bind(s->listener, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
    umask(mask);
    if (result == 0 && (listen(s->listener, BACKLOG) != 0 || (s->path = strdup(path)) == NULL))
        result = -errno;
    if (result != 0)
        snprintf(reason, bytes, "cannot listen on %.200s: %s", path, strerror(-result));
    snprintf(s->address, sizeof s->address, "unix:%s", path);
    return result;
}

static int bind_first(struct server *s, const struct addrinfo *list)
{
    int error = -EADDRNOTAVAIL;

    for (const struct addrinfo *a = list; a != NULL && error != 0; a = a->ai_next) {
        s->listener = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (s->listener < 0)
            continue;
        setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
        error = bind(s->listener, a->ai_addr, a->ai_addrlen) == 0 && listen(s->listener, BACKLOG) == 0 ? 0 : -errno;
        if (error != 0) {
            close(s->listener);
            s->listener = -1;
        }
    }
    return error;
}

/* getaddrinfo takes the lower half of any number. */
static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && text[digits] == '\0' && strtoul(text, NULL, 10) <= UINT16_MAX;
}

static int listen_tcp(struct server *s, const char *address, char *reason, size_t bytes)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    const char *colon = strrchr(address, ':');
    char host[256] = "", port[32];
    struct addrinfo *list = NULL;
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;

    if (colon == NULL || colon == address || (size_t)(colon - address) >= sizeof host || !is_port(colon + 1)) {
        snprintf(reason, bytes, "'%.200s' is neither HOST:PORT nor unix:PATH", address);
        return -EINVAL;
    }
    memcpy(host, address, (size_t)(colon - address));
    bool bracketed = host[0] == '[' && host[strlen(host) - 1] == ']';
    if (bracketed)
        host[strlen(host) - 1] = '\0';
    int code = getaddrinfo(host + bracketed, colon + 1, &hints, &list);
    int error = code == 0 ? bind_first(s, list) : -EINVAL;
    if (list != NULL)
        freeaddrinfo(list);
    if (error != 0) {
        snprintf(reason, bytes, "cannot listen on %.200s: %s", address,
                 code != 0 ? gai_strerror(code) : strerror(-error));
        return error;
    }
    getsockname(s->listener, (struct sockaddr *)&bound, &length);
    getnameinfo((struct sockaddr *)&bound, length, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(s->address, sizeof s->address, strchr(host, ':') != NULL ? "http://[%s]:%s" : "http://%s:%s", host, port);
    return 0;
}

/* ---- one request ------------------------------------------------------------------------------------------------- */

/* A call that was admitted. */
struct request {
    int message;   /* memfd, or a negative errno */
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
    if (error != 0)
        return say(s, c,
                   error == -EBUSY        ? MHD_HTTP_SERVICE_UNAVAILABLE
                   : error == -ETIMEDOUT ? MHD_HTTP_GATEWAY_TIMEOUT
                                         : MHD_HTTP_BAD_GATEWAY,
                   reason);
    exchange_held(s, r, a.bytes);
    unsigned status = a.status >= 0 && a.status <= ANSWER_REFUSED ? statuses[a.status] : MHD_HTTP_BAD_GATEWAY;
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
    return respond(s, c, status, type, response);
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
    r->late.tv_sec += s->options.milliseconds / 1000 + 1;
    r->message = message_call(url + (url[0] == '/'), is_json(s, c));
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
    if (*bytes == 0)
        return call(s, c, r);
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
    atomic_fetch_sub(&s->calls, 1);
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
        {MHD_OPTION_LISTEN_SOCKET, s->listener, NULL},
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
    s->listener = -1;
    int error = load(s, reason, bytes);
    if (error == 0)
        error = strncmp(options->address, "unix:", 5) == 0 ? listen_unix(s, options->address + 5, reason, bytes)
                                                           : listen_tcp(s, options->address, reason, bytes);
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
    return s->address;
}

void server_close(struct server *s)
{
    if (s->daemon != NULL)
        s->MHD_stop_daemon(s->daemon); /* and its socket */
    else if (s->listener >= 0)
        close(s->listener);
    if (s->path != NULL)
        unlink(s->path);
    free(s->path);
    if (s->library != NULL)
        dlclose(s->library);
    free(s);
}
