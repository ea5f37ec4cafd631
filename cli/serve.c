/* cloister serve: clones of a warm program, which a zygote makes, answer calls over HTTP, each call in one that stands at its snapshot. */
#include "cli/cli.h"
#include "isolate/pool.h"
#include "isolate/serve.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { MOST_WAITING = 100000 };
#define HELD (256ull << 20) /* bytes: messages of four calls that are as large as they may be */

struct serve {
    struct pool_options pool;
    struct server_options server;
};

FLAG_SETTER(set_keep, serve, pool.keep)
FLAG_SETTER(set_receipts, serve, pool.receipts)

static int set_calls(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct serve *)to)->server.address = value;
    return 0;
}

static int set_standby(void *to, const char *value, char *reason, size_t bytes)
{
    return cli_number(&((struct serve *)to)->pool.size, POOL_MOST, value, reason, bytes);
}

static int set_queue(void *to, const char *value, char *reason, size_t bytes)
{
    return cli_number(&((struct serve *)to)->pool.queue, MOST_WAITING, value, reason, bytes);
}

static int set_message_memory(void *to, const char *value, char *reason, size_t bytes)
{
    return policy_set_size(&((struct serve *)to)->server.held, value, reason, bytes);
}

static int set_deadline(void *to, const char *value, char *reason, size_t bytes)
{
    return cli_milliseconds(&((struct serve *)to)->server.milliseconds, value, reason, bytes);
}

static int set_name(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct serve *)to)->pool.name = value;
    return 0;
}

static const struct option_row options[] = {
    {"calls", "ADDRESS", "where it listens: HOST:PORT, or unix:PATH (127.0.0.1:8080)", set_calls, false},
    {"deadline", "DURATION", "for one call, waiting included (30s)", set_deadline, false},
    {"keep", NULL, "does not put clones back: what one call leaves the next one finds", set_keep, false},
    {"message-memory", "SIZE", "for messages and answers on their way, together; more are refused (256M)",
     set_message_memory, false},
    {"name", "NAME", "of the zygote; its clones are NAME-1, NAME-2, ... (serve-PROCESS)", set_name, false},
    {"queue", "N", "calls that may wait for a clone; more are refused (64)", set_queue, false},
    {"receipt", NULL, "each answer has a header Cloister-Receipt: what the call cost, as JSON", set_receipts, false},
    {"standby", "N", "clones that answer (4)", set_standby, false},
    END_OF_OPTIONS,
};

static void wait_for_signal(const sigset_t *ends)
{
    int signal;

    sigwait(ends, &signal);
}

static int serve(struct serve *s)
{
    char reason[512] = "";
    struct pool *pool;
    struct server *server;
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* before there are threads: they inherit it */
    signal(SIGPIPE, SIG_IGN);
    if (pool_open(&pool, &s->pool, reason, sizeof reason) != 0) {
        cli_error("%s", reason);
        return EXIT_NOT_RUN;
    }
    s->server.calls = s->pool.size + s->pool.queue;
    if (server_open(&server, pool, &s->server, reason, sizeof reason) != 0) {
        cli_error("%s", reason);
        pool_close(pool);
        return EXIT_NOT_RUN;
    }
    printf("serving calls at %s\n", server_address(server));
    fflush(stdout);
    wait_for_signal(&ends);
    server_close(server);
    pool_close(pool);
    return 0;
}

int cli_serve(int argc, char **argv)
{
    struct serve s = {.pool = {.size = 4, .queue = 64}, .server = {.address = "127.0.0.1:8080", .milliseconds = 30000, .held = HELD}};
    const struct option_set sets[] = {{options, &s}, {NULL, NULL}};
    char name[32], self[PATH_MAX] = "";
    const char **clone_options;
    int first, status;

    if (!cli_options(sets, argc, argv, 1, CLI_PROGRAM, &first, &status))
        return status;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) {
        cli_error("cannot find the command itself below /proc");
        return EXIT_NOT_RUN;
    }
    snprintf(name, sizeof name, "serve-%d", (int)getpid());
    if (s.pool.name == NULL)
        s.pool.name = name;
    /* In place: the first is the program, the others are options, and one more for the zygote's life. */
    clone_options = (const char **)argv + first;
    s.pool.program = clone_options[0];
    clone_options[0] = "--bound";
    s.pool.options = clone_options;
    s.pool.monitor = self;
    return serve(&s);
}
