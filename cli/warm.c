/* cloister warm: a program is started, brought to a point, saved there, and ended.  `cloister run` goes on from
 * there. */
#include "cli/java.h"
#include "cli/warm_trial.h"
#include "cli/warming.h"

#include "hostvirt/snapshot.h"
#include "isolate/image_layer.h"
#include "isolate/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE 120000 /* ms for an answer, without --timeout */

struct warm {
    struct java_run java;
    struct start start;
    struct warm_point at;
    const char *output, *handler, *input;
    bool json, pack, filling;
    unsigned milliseconds;
    struct snapshot_cache *cache;
};

FLAG_SETTER(set_json, warm, json)
FLAG_SETTER(set_pack, warm, pack)
FLAG_SETTER(set_filling, warm, filling)

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

/* What choices a start has.  A start that lets its snapshot be made passes them all on (java_warm.c). */
SETTER(choice)
{
    if (((struct warm *)to)->filling)
        return 0;
    snprintf(reason, bytes, "starts have this choice (cloister run); warm always makes the snapshot, and waits for it");
    return -EINVAL;
}

static const struct option_row options[] = {
    {"filling", NULL, NULL, set_filling, false}, /* the first one, where a start asks for it */
    {"cold", NULL, NULL, set_choice, false},
    {"warm", NULL, NULL, set_choice, false},
    {"detach", NULL, NULL, set_choice, false},
    {"at", "main|call=N|listen|idle|request=TEXT|here", "where it is saved (main)", set_at, false},
    {"class", "C.METHOD", "with call=N: calls this handler instead of the program's own", set_class, false},
    {"input", "FILE", "with call=N: the message of each call (an empty one)", set_input, false},
    {"json", NULL, "with call=N: the message is the arguments as JSON", set_json, false},
    {"timeout", "DURATION", "gives up when it needs longer than that for an answer (2m)", set_timeout, false},
    {"output", "FILE", "puts the snapshot there instead of into the cache; also -o FILE", set_output, false},
    {"o", "FILE", NULL, set_output, false},
    {"pack", NULL, "puts the snapshot into the image itself, to be copied with it", set_pack, false},
    END_OF_OPTIONS,
};

/* ---- the VM alone ------------------------------------------------------------------------------------------------ */

/* Boots it and saves it under its key. */
static int save_runtime(struct warm *w, const struct snapshot_key *key, char path[PATH_MAX], char *reason, size_t bytes)
{
    struct program runtime;
    struct texts command;
    struct start s;
    struct warming warming = {.start = &s, .at = &warm_at_runtime, .path = path, .input.milliseconds = w->milliseconds};

    start_init(&s);
    policy_free(&s.policy);
    int error = program_runtime(&w->java.program, &w->start.policy, &w->java.options, &runtime, &s.policy, &command,
                                reason, bytes);
    if (error == 0 && (s.program = strdup(runtime.java)) == NULL)
        error = -ENOMEM;
    s.argv = command.items;
    if (error == 0)
        error = snapshot_cache_begin(w->cache, key, path, reason, bytes);
    if (error == 0)
        error = warming_save(&warming, reason, bytes);
    if (error == 0)
        error = snapshot_cache_commit(w->cache, key, NULL, path, reason, bytes);
    json_decref(warming.saved);
    texts_free(&command);
    program_free(&runtime);
    start_free(&s);
    return error;
}

/* Lets the program begin in a VM that has been booted and saved; *path is that snapshot. */
static int begin_with_runtime(struct warm *w, char path[PATH_MAX], char *reason, size_t bytes)
{
    struct snapshot_key key;
    int error = java_key(&w->java, &w->start, WARM_RUNTIME, &key, reason, bytes);

    if (error == 0)
        error = snapshot_cache_find(w->cache, &key, path, reason, bytes);
    if (error == -ENOENT)
        error = save_runtime(w, &key, path, reason, bytes);
    snapshot_key_free(&key);
    if (error == 0)
        error = snapshot_open(&w->start.snapshot, path, reason, bytes);
    return error == 0 ? java_send_program(&w->java, &w->start, reason, bytes) : error;
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

static int check_point(const struct warm *w, char *reason, size_t bytes)
{
    bool calls = w->handler != NULL || w->input != NULL || w->json;

    if (!calls || strcmp(warm_point_key(&w->at), WARM_CALL) == 0)
        return warm_point_check(&w->at, w->java.program.handler != NULL, &w->start.policy, reason, bytes);
    snprintf(reason, bytes, "--class, --input and --json say what is called: --at call=N says how often");
    return -EINVAL;
}

/* Where the snapshot goes, and under which key. */
static int find_place(struct warm *w, char path[PATH_MAX], struct snapshot_key *key, char *reason, size_t bytes)
{
    int error = check_point(w, reason, bytes);

    if (error == 0)
        error = java_key(&w->java, &w->start, warm_point_key(&w->at), key, reason, bytes);
    if (error != 0)
        return error;
    if (w->pack && (w->java.program.image == NULL || w->output != NULL)) {
        snprintf(reason, bytes, w->output != NULL ? "--pack and --output are two places: leave one out"
                                                  : "--pack is for images: cloister build makes one");
        return -EINVAL;
    }
    if (w->pack)
        snprintf(path, PATH_MAX, "%.*s.%d.new", PATH_MAX - 32, image_path(w->java.program.image), (int)getpid());
    else if (w->output != NULL)
        snprintf(path, PATH_MAX, "%s", w->output);
    else if ((error = snapshot_cache_open(&w->cache, reason, bytes)) == 0)
        error = snapshot_cache_begin(w->cache, key, path, reason, bytes);
    if (w->output == NULL || strlen(w->output) < PATH_MAX)
        return error;
    snprintf(reason, bytes, "the path of --output is longer than %d bytes", PATH_MAX - 1);
    return -EINVAL;
}

/* A file of one's own, which may travel, is built on no other; nor is a program that the VM cannot boot without. */
static const char *choose_parent(struct warm *w, char path[PATH_MAX])
{
    char why[512] = "a file of its own is built on no other";

    if (w->output == NULL && !w->pack && begin_with_runtime(w, path, why, sizeof why) == 0)
        return path;
    snapshot_close(w->start.snapshot);
    w->start.snapshot = NULL;
    if (w->java.explain)
        cli_error("not built on the runtime's snapshot: %s", why);
    return NULL;
}

static int save(struct warm *w, const char *label, const char *path, char parent[PATH_MAX], json_t **saved,
                char *reason, size_t bytes)
{
    static char *const none[] = {NULL};
    struct warming warming = {
        .start = &w->start,
        .at = &w->at,
        .path = path,
        .input = {.arguments = w->java.arguments.count > 0 ? w->java.arguments.items : none,
                  .environment = w->start.policy.environment,
                  .handler = w->handler != NULL ? w->handler : "",
                  .json = w->json,
                  .payload = w->input != NULL ? open(w->input, O_RDONLY | O_CLOEXEC) : -1,
                  .policy = &w->start.policy,
                  .milliseconds = w->milliseconds},
    };

    if (w->input != NULL && warming.input.payload < 0) {
        snprintf(reason, bytes, "cannot read %.200s: %s", w->input, strerror(errno));
        return -EINVAL;
    }
    warming.parent = choose_parent(w, parent);
    warming.label = label;
    int error = warming_save(&warming, reason, bytes);
    if (warming.input.payload >= 0)
        close(warming.input.payload);
    if (warming.parent == NULL)
        parent[0] = '\0';
    *saved = warming.saved;
    return error;
}

/* For the record: the point as people write it, and the file that the snapshot is built on. */
static int commit(struct warm *w, const struct snapshot_key *key, const char *parent, char path[PATH_MAX], char *reason,
                  size_t bytes)
{
    const char *slash = strrchr(parent, '/');
    json_t *more = json_pack("{s:s, s:s*}", "at", w->at.name, "parent", slash != NULL ? slash + 1 : NULL);
    int error = snapshot_cache_commit(w->cache, key, more, path, reason, bytes);

    json_decref(more);
    return error;
}

/* Into the image, or the cache; a file of one's own stays where it is. */
static int put(struct warm *w, const struct snapshot_key *key, const char *parent, char path[PATH_MAX], char *reason,
               size_t bytes)
{
    if (w->output != NULL)
        return 0;
    if (!w->pack)
        return commit(w, key, parent, path, reason, bytes);
    const char *image = image_path(w->java.program.image);
    int error = image_layer_add(image, key, path, reason, bytes);
    unlink(path);
    snprintf(path, PATH_MAX, "%s", image);
    return error;
}

/* One more call like those before, for a clone that is thrown away; negative when its message cannot be had again. */
static int trial_call(const struct warm *w)
{
    struct stat status;
    int payload = w->input != NULL ? open(w->input, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    bool again = w->input == NULL || (payload >= 0 && fstat(payload, &status) == 0 && S_ISREG(status.st_mode));
    int call = again ? message_call(w->handler != NULL ? w->handler : "", w->json) : -ESPIPE;

    if (call >= 0 && payload >= 0 && message_append_all(call, payload) != 0) {
        close(call);
        call = -EIO;
    }
    if (payload >= 0)
        close(payload);
    return call;
}

static void report(struct warm *w, const struct snapshot_key *key, const char *path, const json_t *saved)
{
    char time[CLI_TEXT];
    struct trial trial;

    printf("%s: saved at %s in %s: %s\n", key->name, w->at.name,
           cli_duration(time, (uint64_t)cli_integer(saved, "time_ns")), path);
    fflush(stdout);
    const char *what = warm_point_trial(&w->at);
    bool handler = w->java.program.handler != NULL, calls = strcmp(key->point, WARM_CALL) == 0;
    struct trying trying = {.start = &w->start, .path = path, .at = &w->at, .call = calls ? trial_call(w) : -1,
                            .input = {.policy = &w->start.policy, .milliseconds = w->milliseconds}};
    bool tried = !w->pack && what != NULL && (calls ? trying.call >= 0 : !handler);
    if (tried && warm_trial(&trying, &trial) == 0)
        warm_trial_print(&trial, what, stdout);
    if (trying.call >= 0)
        close(trying.call);
}

static int warm(struct warm *w, const struct option_set *sets, int argc, char **argv, int first)
{
    struct snapshot_key key = {.name = NULL};
    struct texts command = {0};
    char reason[512] = "", path[PATH_MAX], parent[PATH_MAX];
    json_t *saved = NULL;
    int status = java_prepare(sets, &w->start, &w->java, first, argc, argv, &command);

    if (status != 0)
        return status;
    w->start.argv = command.items;
    int error = find_place(w, path, &key, reason, sizeof reason);
    char *label = error == 0 ? snapshot_key_label(&key) : NULL;
    if (error == 0 && label == NULL && w->output != NULL)
        cli_error("%s will not say which program it is of, whose options are too long for that: cloister cache add "
                  "cannot take it", w->output);
    if (error == 0)
        error = save(w, label, path, parent, &saved, reason, sizeof reason);
    if (error == 0)
        error = put(w, &key, parent, path, reason, sizeof reason);
    if (error == 0)
        report(w, &key, path, saved);
    else
        cli_error("%s", reason);
    free(label);
    json_decref(saved);
    texts_free(&command);
    snapshot_key_free(&key);
    return error == 0 ? 0 : error == -EINVAL ? EXIT_USAGE : EXIT_NOT_RUN;
}

int cli_warm(int argc, char **argv)
{
    struct warm w = {.at = warm_at_main, .milliseconds = PATIENCE};
    int first, status;

    start_init(&w.start);
    w.java.at = &w.at;
    const struct option_set sets[] = {
        {options, &w}, {java_options, &w.java}, {policy_options, &w.start.policy}, {config_options, &w.start},
        {start_options, &w.start},
        {NULL, NULL}};
    if (cli_options(sets, argc, argv, 1, CLI_PROGRAM, &first, &status))
        status = start_begin(&w.start) ? warm(&w, sets, argc, argv, first) : EXIT_NOT_RUN;
    snapshot_cache_close(w.cache);
    java_free(&w.java);
    start_free(&w.start);
    return status;
}
