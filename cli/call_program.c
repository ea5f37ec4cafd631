/* A call in an isolate of its own: a process becomes its monitor, which has the call before its guest runs, and ends
 * with the answer.  It begins at a snapshot where there is one. */
#include "cli/call.h"

#include "hostvirt/control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What one attempt has open. */
struct attempt {
    struct start *start;
    pid_t monitor;
    int connection, notify; /* this process's ends */
    int answer;             /* memfd */
};

/* The monitor's process: what the program prints is no result. */
static int body(struct start *s)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    signal(SIGALRM, SIG_DFL); /* call_message's */
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return start_failed(s, EXIT_NOT_RUN, strerror(errno));
    close(null);
    return start_monitor(s);
}

/* Negative errno with a sentence. */
static int begin(struct attempt *a, int message, bool receipt, char *reason, size_t bytes)
{
    int connection[2] = {-1, -1}, notify[2] = {-1, -1};
    struct start *s = a->start;

    a->answer = memfd_create("cloister answer", MFD_CLOEXEC);
    if (a->answer < 0 || pipe2(notify, O_CLOEXEC) != 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, connection) != 0) {
        int error = -errno;
        snprintf(reason, bytes, "cannot start an isolate for the call: %s", strerror(-error));
        return error;
    }
    a->monitor = start_fork();
    if (a->monitor == 0) {
        close(connection[0]);
        close(notify[0]);
        s->notify = notify[1];
        s->call = (struct call_files){.message = message, .answer = a->answer, .connection = connection[1],
                                        .receipt = receipt};
        _exit(body(s));
    }
    int error = a->monitor < 0 ? -errno : 0;
    if (error != 0)
        snprintf(reason, bytes, "cannot start an isolate for the call: %s", strerror(-error));
    close(connection[1]);
    close(notify[1]);
    a->connection = connection[0];
    a->notify = notify[0];
    return error;
}

/* The isolate is gone without an answer.  -ECANCELED: it has never run. */
static int explain_end(struct attempt *a, char *reason, size_t bytes)
{
    char line[640];
    int status = 0;

    start_hear(a->notify, line, sizeof line);
    while (waitpid(a->monitor, &status, 0) < 0 && errno == EINTR)
        ;
    a->monitor = -1;
    if (start_heard_name(line, reason, bytes) == NULL)
        return -ECANCELED;
    invoke_describe_end(status, reason, bytes);
    return -EPIPE;
}

/* Ends the isolate, whose name goes with it; nobody waits for the host to take its memory back. */
static void end(struct attempt *a)
{
    char line[640] = "", ignored[256], path[128];
    int folder;

    if (a->monitor > 0) {
        kill(a->monitor, SIGKILL);
        start_hear(a->notify, line, sizeof line);
    }
    if (a->start->policy.held >= 0)
        flock(a->start->policy.held, LOCK_UN); /* its own as well: the image is in use no more, however long it dies */
    if (strncmp(line, "ok ", 3) == 0 && (folder = control_open_folder(ignored, sizeof ignored)) >= 0) {
        snprintf(path, sizeof path, "%.80s.sock", line + 3);
        unlinkat(folder, path, 0);
        close(folder);
    }
    close(a->connection);
    close(a->notify);
}

/* The same command with --cold, its message as standard input.  Returns when that cannot be. */
static void call_cold(const struct call_flags *f, int message, int argc, char **argv)
{
    char **words = java_cold(argc, argv);
    off_t payload = (off_t)(1 + 4 + strlen(f->handler)); /* message.h: kind, length, name */

    if (words == NULL || lseek(message, payload, SEEK_SET) != payload || dup2(message, STDIN_FILENO) < 0)
        return;
    alarm(0);
    execv("/proc/self/exe", words);
    free(words);
}

static int call(struct call_flags *f, int message, int argc, char **argv)
{
    struct attempt a = {.start = &f->start, .monitor = -1, .connection = -1, .notify = -1, .answer = -1};
    bool warm = f->start.snapshot != NULL;
    struct answer answer;
    char reason[640] = "";

    int error = begin(&a, message, f->receipt, reason, sizeof reason);
    if (error == 0)
        error = invoke_finish(a.connection, a.answer, f->milliseconds, &answer, reason, sizeof reason);
    if (error == -EPIPE)
        error = explain_end(&a, reason, sizeof reason);
    end(&a);
    if (error == -ECANCELED && warm) {
        if (f->java.explain)
            cli_error("cold: %s", reason);
        call_cold(f, message, argc, argv);
    }
    return call_print(f, error, &answer, reason);
}

int call_program(struct call_flags *f, const struct option_set *sets, int first, int argc, char **argv)
{
    struct texts command = {0};
    int message = -1, count;
    char **words = cli_without(sets, call_options, first, argc, argv, &count);
    int status = words == NULL ? cli_error("out of memory") : start_begin(&f->start) ? 0 : EXIT_NOT_RUN;

    if (status == 0)
        status = java_prepare(sets, &f->start, &f->java, first, argc, argv, &command);
    if (status == 0 && f->java.program.handler == NULL)
        status = start_failed(&f->start, EXIT_USAGE, "the program has no handler: name one with --handler "
                              "CLASS[.METHOD], or build the image with it");
    if (status == 0 && (message = call_message(f)) < 0)
        status = -message;
    if (status == 0) {
        java_warm(&f->start, &f->java, count, words);
        f->start.again = NULL; /* this process starts it again */
        f->start.argv = command.items;
        program_free(&f->java.program);
        status = call(f, message, argc, argv);
    }
    if (message >= 0)
        close(message);
    texts_free(&command);
    free(words);
    return status;
}
