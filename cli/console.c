/* cloister console: this terminal becomes that of a detached isolate until ^] is typed or the isolate ends. */
#include "cli/cli.h"

#include "hostvirt/control.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#define DETACH_KEY 0x1d /* ^] */

/* The window's size as members of a request, when this is a terminal. */
static json_t *request_with_size(const char *name)
{
    json_t *request = json_pack("{s:s}", "request", name);
    struct winsize size;

    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row != 0) {
        json_object_set_new(request, "rows", json_integer(size.ws_row));
        json_object_set_new(request, "columns", json_integer(size.ws_col));
    }
    return request;
}

static void send_size(const char *name)
{
    json_t *request = request_with_size("window"), *answer = NULL;
    char reason[256];

    control_request(name, request, &answer, reason, sizeof reason); /* the isolate may just be ending */
    json_decref(request);
    json_decref(answer);
}

static bool write_all(int to, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t n = write(to, bytes, count);
        if (n < 0 && errno != EINTR)
            return false;
        bytes += n > 0 ? n : 0;
        count -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* What was typed.  False: the user leaves; input that is at its end only stops being read. */
static bool take_input(int connection, int *input)
{
    char buffer[512];
    ssize_t n = read(*input, buffer, sizeof buffer);

    if (n <= 0) {
        *input = -1;
        shutdown(connection, SHUT_WR);
        return true;
    }
    const char *key = memchr(buffer, DETACH_KEY, (size_t)n);
    size_t count = key != NULL ? (size_t)(key - buffer) : (size_t)n;
    return write_all(connection, buffer, count) && key == NULL;
}

static bool show_output(int connection)
{
    char buffer[4096];
    ssize_t n = read(connection, buffer, sizeof buffer);

    return n > 0 && write_all(STDOUT_FILENO, buffer, (size_t)n);
}

static void relay(const char *name, int connection)
{
    sigset_t resized;
    int input = STDIN_FILENO;
    struct signalfd_siginfo taken;

    sigemptyset(&resized);
    sigaddset(&resized, SIGWINCH);
    sigprocmask(SIG_BLOCK, &resized, NULL);
    int changes = signalfd(-1, &resized, SFD_CLOEXEC | SFD_NONBLOCK);
    for (;;) {
        struct pollfd polled[] = {{connection, POLLIN, 0}, {input, POLLIN, 0}, {changes, POLLIN, 0}};
        if (poll(polled, 3, -1) < 0 && errno != EINTR)
            break;
        if (polled[2].revents != 0 && read(changes, &taken, sizeof taken) > 0)
            send_size(name);
        if (polled[0].revents != 0 && !show_output(connection))
            break;
        if (input >= 0 && polled[1].revents != 0 && !take_input(connection, &input))
            break;
    }
    if (changes >= 0)
        close(changes);
}

int cli_console(int argc, char **argv)
{
    const struct option_set sets[] = {{NULL, NULL}};
    struct termios before, raw;
    char reason[512] = "";
    json_t *answer = NULL;
    int first, status;

    if (!cli_options(sets, argc, argv, 1, 1, &first, &status))
        return status;
    json_t *request = request_with_size("console");
    int connection = control_open(argv[first], request, NULL, 0, &answer, reason, sizeof reason);
    json_decref(request);
    json_decref(answer);
    if (connection < 0) {
        cli_error("%s", reason);
        return 1;
    }
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        fputs("(^] leaves the console)\r\n", stderr);
        raw = before;
        cfmakeraw(&raw);
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    }
    relay(argv[first], connection);
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    close(connection);
    return 0;
}
