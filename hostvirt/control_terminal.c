/* The terminal of a detached isolate: its output is kept in NAME.log and shown to whoever has the console open. */
#include "hostvirt/control_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOG_KEPT (8u << 20)  /* bytes of output that stay readable */
#define LOG_PIECE (1u << 20) /* given back at a time */
#define CLIENT_PATIENCE 200  /* ms for a console that does not read */

static void detach(struct control *c)
{
    close(c->console);
    c->console = -1;
}

/* The log keeps its length: what is older than LOG_KEPT becomes a hole, which `cloister logs` skips. */
static void add_to_log(struct control *c, const char *bytes, size_t count)
{
    if (c->log < 0 || write(c->log, bytes, count) != (ssize_t)count)
        return; /* a full disk: the guest goes on */
    uint64_t before = c->log_bytes / LOG_PIECE;
    c->log_bytes += count;
    if (c->log_bytes > LOG_KEPT && c->log_bytes / LOG_PIECE != before)
        fallocate(c->log, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                  (off_t)((c->log_bytes - LOG_KEPT) / LOG_PIECE * LOG_PIECE));
}

static void show(struct control *c, const char *bytes, size_t count)
{
    while (count > 0 && c->console >= 0) {
        ssize_t n = send(c->console, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            bytes += n;
            count -= (size_t)n;
            continue;
        }
        struct pollfd polled = {c->console, POLLOUT, 0};
        if (n == 0 || errno != EAGAIN || poll(&polled, 1, CLIENT_PATIENCE) <= 0)
            detach(c); /* the guest does not wait for its watcher */
    }
}

void control_terminal_output(struct control *c)
{
    char buffer[4096];
    ssize_t n;

    for (unsigned i = 0; i < 64; i++) { /* then requests get their turn */
        n = read(c->terminal, buffer, sizeof buffer);
        if (n > 0) {
            add_to_log(c, buffer, (size_t)n);
            show(c, buffer, (size_t)n);
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        close(c->terminal); /* EIO: nobody has the other side open any more */
        c->terminal = -1;
        return;
    }
}

void control_terminal_input(struct control *c)
{
    char buffer[512];
    ssize_t n = recv(c->console, buffer, sizeof buffer, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || c->terminal < 0) {
        detach(c);
        return;
    }
    /* A guest that does not read its input loses what does not fit, as at any terminal. */
    if (write(c->terminal, buffer, (size_t)n) < 0 && errno != EAGAIN)
        detach(c);
}

int control_terminal_attach(struct control_call *call)
{
    struct control *c = call->c;

    if (c->terminal < 0) {
        snprintf(call->reason, call->bytes, "'%s' has no console: only isolates started with --detach have one",
                 c->name);
        return -ENOTTY;
    }
    if (c->console >= 0) {
        snprintf(call->reason, call->bytes, "the console of '%s' is open elsewhere", c->name);
        return -EBUSY;
    }
    control_terminal_window(c, call->request);
    c->console = call->connection;
    call->stream = true;
    return 0;
}

int control_terminal_window(struct control *c, const json_t *request)
{
    struct winsize size = {.ws_row = (unsigned short)json_integer_value(json_object_get(request, "rows")),
                           .ws_col = (unsigned short)json_integer_value(json_object_get(request, "columns"))};

    if (c->terminal < 0 || size.ws_row == 0 || size.ws_col == 0)
        return -EINVAL;
    return ioctl(c->terminal, TIOCSWINSZ, &size) == 0 ? 0 : -errno;
}
