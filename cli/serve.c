/* cloister serve: clones of a warm program, which a zygote makes, answer calls over HTTP, each call in one that stands
 * at its snapshot. */
#include "cli/cli.h"
#include "cli/java.h"
#include "cli/monitor.h"
#include "isolate/pool.h"
#include "isolate/serve.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_WAITING = 100000 };
#define HELD (256ull << 20) /* bytes: messages of four calls that are as large as they may be */

struct serve {
    struct pool_options pool;
    struct server_options server;
};

FLAG_SETTER(set_keep, serve, pool.keep)
FLAG_SETTER(set_receipts, serve, pool.receipts)

static int set_ephemeral(void *to, const char *value, char *reason, size_t bytes)
{
    ((struct serve *)to)->pool.keep = false;
    return 0;
}

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
    {"ephemeral", NULL, "puts clones back to their snapshot after each call, as without --keep", set_ephemeral, false},
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

/* The zygote's options are read here as well, so that what is wrong with them is told at once, and given to it as they
 * are: *words is their list, which pool_open takes, to be freed. */
static bool read_options(struct serve *s, int argc, char **argv, char ***words, int *status)
{
    struct start start;
    struct java_run java = {0};
    const struct option_set sets[] = {{options, s},           {java_options, &java}, {policy_options, &start.policy},
                                      {config_options, &start}, {NULL, NULL}};
    int first, count;

    start_init(&start);
    bool good = cli_options(sets, argc, argv, 1, 1, &first, status);
    *words = good ? cli_without(sets, options, first, argc, argv, &count) : NULL;
    java_free(&java);
    start_free(&start);
    if (good && *words == NULL) {
        cli_error("out of memory");
        *status = EXIT_NOT_RUN;
    }
    if (*words == NULL)
        return false;
    s->pool.program = argv[first];
    (*words)[0] = "--bound"; /* one more, for the zygote's life */
    (*words)[--count] = NULL; /* the program */
    if (strcmp((*words)[count - 1], "--") == 0)
        (*words)[count - 1] = NULL;
    s->pool.options = (const char *const *)*words;
    return true;
}

int cli_serve(int argc, char **argv)
{
    struct serve s = {.pool = {.size = 4, .queue = 64},
                      .server = {.address = "127.0.0.1:8080", .milliseconds = 30000, .held = HELD}};
    char name[32], self[PATH_MAX] = "", **words;
    int status;

    if (!read_options(&s, argc, argv, &words, &status))
        return status;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) {
        cli_error("cannot find the command itself below /proc");
        return EXIT_NOT_RUN;
    }
    snprintf(name, sizeof name, "serve-%d", (int)getpid());
    if (s.pool.name == NULL)
        s.pool.name = name;
    s.pool.monitor = self;
    status = serve(&s);
    free(words);
    return status;
}
