/* Where calls over HTTP are taken. */
#include "isolate/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* A socket that nobody answers is one that a killed server has left. */
static int listen_unix(struct listener *l, const char *path, char *reason, size_t bytes)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    if (path[0] == '\0' || strlen(path) >= sizeof address.sun_path) { /* without a path anybody could reach it */
        snprintf(reason, bytes, "the path of the socket has 1 to %zu bytes: unix:PATH", sizeof address.sun_path - 1);
        return -EINVAL;
    }
    strcpy(address.sun_path, path);
    l->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        connect(l->socket, (struct sockaddr *)&address, sizeof address) != 0 && errno == ECONNREFUSED)
        unlink(path);
    if (l->socket >= 0)
        close(l->socket);
    l->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t mask = umask(077);
    int result = bind(l->socket, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : -errno;
    umask(mask);
    if (result == 0 && (listen(l->socket, BACKLOG) != 0 || (l->path = strdup(path)) == NULL))
        result = -errno;
    if (result != 0)
        snprintf(reason, bytes, "cannot listen on %.200s: %s", path, strerror(-result));
    snprintf(l->address, sizeof l->address, "unix:%s", path);
    return result;
}

static int bind_first(struct listener *l, const struct addrinfo *list)
{
    int error = -EADDRNOTAVAIL;

    for (const struct addrinfo *a = list; a != NULL && error != 0; a = a->ai_next) {
        l->socket = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (l->socket < 0)
            continue;
        setsockopt(l->socket, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
        error = bind(l->socket, a->ai_addr, a->ai_addrlen) == 0 && listen(l->socket, BACKLOG) == 0 ? 0 : -errno;
        if (error != 0) {
            close(l->socket);
            l->socket = -1;
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

static int listen_tcp(struct listener *l, const char *address, char *reason, size_t bytes)
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
    int error = code == 0 ? bind_first(l, list) : -EINVAL;
    if (list != NULL)
        freeaddrinfo(list);
    if (error != 0) {
        snprintf(reason, bytes, "cannot listen on %.200s: %s", address,
                 code != 0 ? gai_strerror(code) : strerror(-error));
        return error;
    }
    getsockname(l->socket, (struct sockaddr *)&bound, &length);
    getnameinfo((struct sockaddr *)&bound, length, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(l->address, sizeof l->address, strchr(host, ':') != NULL ? "http://[%s]:%s" : "http://%s:%s", host, port);
    return 0;
}

int listener_open(struct listener *l, const char *address, char *reason, size_t bytes)
{
    *l = (struct listener){.socket = -1};
    return strncmp(address, "unix:", 5) == 0 ? listen_unix(l, address + 5, reason, bytes)
                                             : listen_tcp(l, address, reason, bytes);
}

void listener_close(struct listener *l)
{
    if (l->socket >= 0)
        close(l->socket);
    if (l->path != NULL)
        unlink(l->path);
    free(l->path);
    *l = (struct listener){.socket = -1};
}
