/* cloister warm: a program is started, brought to a point, saved there, and ended.  `cloister run` goes on from
 * there. */
#include "cli/java.h"
#include "cli/save.h"

#include "hostvirt/control.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 120000 /* ms for an answer, without --timeout */

struct warm {
    struct java_run java;
    struct start start;
    struct warm_point at;
    const char *output, *handler, *input;
    bool json;
    unsigned milliseconds;
    /* once it runs */
    pid_t monitor;
    bool ended;
    char *name;
    char path[PATH_MAX]; /* of the snapshot */
    pthread_t saver;
    json_t *saved;       /* what the isolate said of its save; NULL with `refusal` */
    char refusal[512];
};

FLAG_SETTER(set_json, warm, json)

#define SETTER(name) static int set_##name(void *to, const char *value, char *reason, size_t bytes)

SETTER(at)
{
    return warm_point_parse(&((struct warm *)to)->at, value, reason, bytes);
}

SETTER(output)
{
    ((struct warm *)to)->output = value;
    return 0;
}

SETTER(class)
{
    ((struct warm *)to)->handler = value;
    return 0;
}

SETTER(input)
{
    ((struct warm *)to)->input = value;
    return 0;
}

SETTER(timeout)
{
    return cli_milliseconds(&((struct warm *)to)->milliseconds, value, reason, bytes);
}

static const struct option_row options[] = {
    {"at", "POINT", "where it is saved: main, call=N, listen, idle, request=TEXT, here (main)", set_at, false},
    {"class", "C.METHOD", "with call=N: calls this handler instead of the program's own", set_class, false},
    {"input", "FILE", "with call=N: the message of each call (an empty one)", set_input, false},
    {"json", NULL, "with call=N: the message is the arguments as JSON", set_json, false},
    {"timeout", "DURATION", "gives up when it needs longer than that for an answer (2m)", set_timeout, false},
    {"output", "FILE", "puts the snapshot there instead of into the cache; also -o FILE", set_output, false},
    {"o", "FILE", NULL, set_output, false},
    END_OF_OPTIONS,
};

/* ---- the isolate ------------------------------------------------------------------------------------------------- */

/* The monitor's process; what the program prints is no result. */
static int body(struct warm *w, int notify)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return start_failed(&w->start, EXIT_NOT_RUN, strerror(errno));
    close(null);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    w->start.notify = notify;
    w->start.detach = false;
    return start_monitor(&w->start);
}

/* Starts it; w->name is its name when it runs.  0, or an exit status with the error printed. */
static int start(struct warm *w, char **command)
{
    int ends[2];

    w->start.argv = command;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return start_failed(&w->start, EXIT_NOT_RUN, strerror(errno));
    fflush(NULL);
    w->monitor = fork();
    if (w->monitor == 0) {
        close(ends[0]);
        _exit(body(w, ends[1]));
    }
    close(ends[1]);
    FILE *from = fdopen(ends[0], "re");
    if (from == NULL)
        close(ends[0]);
    if (from == NULL || fscanf(from, "ok %ms", &w->name) != 1)
        w->name = NULL; /* it has said why */
    if (from != NULL)
        fclose(from);
    /* The folder in /dev/shm that a scratch mount may have is the monitor's from here on. */
    free(w->start.policy.scratch_folder);
    w->start.policy.scratch_folder = NULL;
    return w->name != NULL ? 0 : EXIT_NOT_RUN;
}

/* Kills it; when it has ended by itself, says how. */
static void end(struct warm *w, char *reason, size_t bytes)
{
    json_t *request = json_pack("{s:s}", "request", "kill"), *answer = NULL;
    char ignored[256];
    int status, error = control_request(w->name, request, &answer, ignored, sizeof ignored);

    json_decref(request);
    json_decref(answer);
    if (error != 0 && error != -ENOENT)
        kill(w->monitor, SIGKILL);
    while (waitpid(w->monitor, &status, 0) < 0 && errno == EINTR)
        ;
    w->ended = true;
    if (error == -ENOENT && WIFEXITED(status))
        snprintf(reason, bytes, "the program ended with status %d before it came to the point '%s'",
                 WEXITSTATUS(status), warm_point_name(&w->at));
    else if (error == -ENOENT)
        snprintf(reason, bytes, "the program was ended by signal %d before it came to the point '%s'", WTERMSIG(status),
                 warm_point_name(&w->at));
}

/* ---- the save ---------------------------------------------------------------------------------------------------- */

static void *save(void *argument)
{
    struct warm *w = argument;
    const struct save_options plain = {0};

    w->saved = cli_save_to(w->name, w->path, &plain, true, w->refusal, sizeof w->refusal);
    return NULL;
}

static int drive(struct warm *w, char *reason, size_t bytes)
{
    static char *const none[] = {NULL};
    struct warm_input input = {
        .arguments = w->java.arguments.count > 0 ? w->java.arguments.items : none,
        .environment = w->start.policy.environment,
        .handler = w->handler != NULL ? w->handler : "",
        .json = w->json,
        .payload = w->input != NULL ? open(w->input, O_RDONLY | O_CLOEXEC) : -1,
        .policy = &w->start.policy,
        .monitor = w->monitor,
        .milliseconds = w->milliseconds,
    };

    if (w->input != NULL && input.payload < 0) {
        snprintf(reason, bytes, "cannot read %.200s: %s", w->input, strerror(errno));
        return -EINVAL;
    }
    int error = warm_drive(w->name, &w->at, &input, reason, bytes);
    if (input.payload >= 0)
        close(input.payload);
    return error;
}

/* The isolate runs: brings it to the point while a thread waits for its checkpoint. */
static int save_there(struct warm *w, char *reason, size_t bytes)
{
    int error = pthread_create(&w->saver, NULL, save, w);

    if (error != 0) {
        snprintf(reason, bytes, "cannot wait for the checkpoint: %s", strerror(error));
        end(w, reason, bytes);
        return -error;
    }
    error = drive(w, reason, bytes);
    if (error != 0)
        end(w, reason, bytes); /* the other thread's request fails with it */
    pthread_join(w->saver, NULL);
    if (error == 0 && w->saved == NULL) {
        snprintf(reason, bytes, "%s", w->refusal);
        error = -EIO;
    }
    if (!w->ended)
        end(w, reason, bytes);
    if (error != 0 && w->saved != NULL)
        unlink(w->path);
    return error;
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

/* Where the snapshot goes, and under which key. */
static int find_place(struct warm *w, struct snapshot_cache **cache, struct snapshot_key *key, char *reason,
                      size_t bytes)
{
    int error = warm_point_check(&w->at, w->java.program.handler != NULL, &w->start.policy, reason, bytes);

    if (error == 0)
        error = java_key(&w->java, &w->start, warm_point_key(&w->at), key, reason, bytes);
    if (error != 0)
        return error;
    if (w->output != NULL) {
        snprintf(w->path, sizeof w->path, "%s", w->output);
        return strlen(w->output) < sizeof w->path ? 0 : -ENAMETOOLONG;
    }
    error = snapshot_cache_open(cache, reason, bytes);
    return error == 0 ? snapshot_cache_begin(*cache, key, w->path, reason, bytes) : error;
}

static void report(const struct warm *w, const struct snapshot_key *key)
{
    char time[CLI_TEXT];

    printf("%s: saved at %s in %s: %s\n", key->name, warm_point_name(&w->at),
           cli_duration(time, (uint64_t)cli_integer(w->saved, "time_ns")), w->path);
}

static int warm(struct warm *w, const struct option_set *sets, int argc, char **argv, int first)
{
    struct snapshot_cache *cache = NULL;
    struct snapshot_key key = {.name = NULL};
    struct texts command = {0};
    char reason[512] = "";
    int status = java_prepare(sets, &w->start, &w->java, first, argc, argv, &command);
    int error = status == 0 ? find_place(w, &cache, &key, reason, sizeof reason) : 0;

    if (status == 0 && error == 0)
        status = start(w, command.items);
    if (status == 0 && error == 0)
        error = save_there(w, reason, sizeof reason);
    if (status == 0 && error == 0 && cache != NULL)
        error = snapshot_cache_commit(cache, &key, NULL, w->path, reason, sizeof reason);
    if (error != 0) {
        cli_error("%s", reason);
        status = error == -EINVAL ? EXIT_USAGE : EXIT_NOT_RUN;
    } else if (status == 0) {
        report(w, &key);
    }
    texts_free(&command);
    snapshot_key_free(&key);
    snapshot_cache_close(cache);
    return status;
}

int cli_warm(int argc, char **argv)
{
    struct warm w = {.milliseconds = PATIENCE};
    int first, status;

    start_init(&w.start);
    warm_point_default(&w.at, false);
    w.java.at = &w.at;
    const struct option_set sets[] = {
        {options, &w}, {java_options, &w.java}, {policy_options, &w.start.policy}, {start_options, &w.start},
        {NULL, NULL}};
    if (cli_options(sets, argc, argv, 1, CLI_PROGRAM, &first, &status))
        status = start_begin(&w.start) ? warm(&w, sets, argc, argv, first) : EXIT_NOT_RUN;
    json_decref(w.saved);
    free(w.name);
    java_free(&w.java);
    start_free(&w.start);
    return status;
}
