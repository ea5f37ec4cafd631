/* Java programs that start from a snapshot instead of from nothing. */
#include "cli/java.h"

#include "hostvirt/control.h"
#include "hostvirt/snapshot.h"
#include "isolate/image_layer.h"
#include "isolate/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Points that stand for a start, the furthest first. */
static const char *const main_points[] = {WARM_RUNNING, WARM_MAIN, WARM_RUNTIME, NULL};
static const char *const handler_points[] = {WARM_CALL, WARM_MAIN, WARM_RUNTIME, NULL};

/* ---- messages ---------------------------------------------------------------------------------------------------- */

static int add_message(struct start *s, int message, char *reason, size_t bytes)
{
    if (message < 0) {
        snprintf(reason, bytes, "its program cannot be handed over: %s", strerror(-message));
        return message;
    }
    s->messages[s->messages[0] >= 0] = message;
    return 0;
}

int java_send_program(const struct java_run *j, struct start *s, char *reason, size_t bytes)
{
    const struct program *p = &j->program;
    char property[32] = "", *class_path = program_class_path(p);
    int error = class_path == NULL ? -ENOMEM : control_clone_numbers(1, &s->clone_number, reason, bytes);

    if (j->at != NULL)
        warm_point_property(j->at, property, sizeof property);
    if (error == 0)
        error = add_message(s, message_program(class_path, p->handler != NULL ? "handler" : "main",
                                               p->handler != NULL ? p->handler : p->main, property), reason, bytes);
    free(class_path);
    return error;
}

/* What the new run is to find in place of what was saved. */
static int give_run(struct start *s, const struct java_run *j, const char *point, char *reason, size_t bytes)
{
    static char *const none[] = {NULL};
    int error = strcmp(point, WARM_RUNTIME) == 0 ? java_send_program(j, s, reason, bytes)
                                                 : control_clone_numbers(1, &s->clone_number, reason, bytes);

    if (error != 0 || j->program.handler != NULL || strcmp(point, WARM_RUNNING) == 0)
        return error;
    char *const *arguments = j->arguments.count > 0 ? j->arguments.items : none;
    return add_message(s, message_run(arguments, s->policy.environment), reason, bytes);
}

/* ---- finding one ------------------------------------------------------------------------------------------------- */

static bool find_in_image(struct java_run *j, struct snapshot_cache *cache, const struct snapshot_key *key,
                          char path[PATH_MAX], bool tell)
{
    char why[512];
    int error = image_layer_find(j->program.image, cache, key, path, why, sizeof why);

    if (tell && error != 0 && error != -ENOENT)
        cli_error("the snapshot in the image is not used: %s", why);
    return error == 0;
}

/* The first point that has a snapshot which can be opened; its path, and *opened (the caller's), when that is not NULL.
 * What is said when there is none is of the program's own; nobody has to look for it unless it is told. */
static int find(const struct start *s, struct java_run *j, const char **point, char path[PATH_MAX],
                struct snapshot **opened, bool tell, char *why, size_t bytes)
{
    const char *const *points = j->program.handler != NULL ? handler_points : main_points;
    struct snapshot_cache *cache;
    char other[512];
    int error = snapshot_cache_open(&cache, why, bytes);

    if (error != 0)
        return error;
    do {
        struct snapshot_key key;
        *point = *points++;
        bool own = strcmp(*point, WARM_MAIN) == 0;
        error = java_key(j, s, *point, &key, own ? why : other, own ? bytes : sizeof other);
        if (error == 0)
            error = snapshot_cache_find(cache, &key, path, own ? why : other, own && tell ? bytes : 0);
        if (error == -ENOENT && j->program.image != NULL && find_in_image(j, cache, &key, path, tell))
            error = 0;
        if (error == 0 && opened != NULL)
            error = snapshot_open(opened, path, own ? why : other, own ? bytes : sizeof other);
        snapshot_key_free(&key);
    } while (error != 0 && *points != NULL);
    snapshot_cache_close(cache);
    return error;
}

/* The last line of what a command has said, without its own name. */
static void last_line(int said, char *line, size_t bytes)
{
    off_t end = lseek(said, 0, SEEK_END), from = end > (off_t)bytes - 1 ? end - (off_t)(bytes - 1) : 0;
    ssize_t n = pread(said, line, bytes - 1, from);

    while (n > 0 && line[n - 1] == '\n')
        n--;
    line[n > 0 ? n : 0] = '\0';
    const char *own = "cloister: ", *last = strrchr(line, '\n');
    last = last != NULL ? last + 1 : line;
    last += strncmp(last, own, strlen(own)) == 0 ? strlen(own) : 0;
    memmove(line, last, strlen(last) + 1);
}

/* `cloister warm` with the same words.  What it prints is of no interest to a run, which does without a snapshot,
 * unless it is to `tell`: then its errors and what the program prints go to standard error, and `why` is its last
 * line. */
static void fill(const struct java_run *j, bool tell, int argc, char **argv, char *why, size_t bytes)
{
    char **words = calloc((size_t)argc + 5, sizeof *words);
    int count = 0, status, null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int said = tell ? memfd_create("cloister warm", MFD_CLOEXEC) : -1;

    if (words != NULL) {
        words[count++] = "cloister";
        words[count++] = "warm";
        words[count++] = "--filling";
        if (j->program.handler != NULL) {
            words[count++] = "--handler";
            words[count++] = j->program.handler;
        }
        memcpy(words + count, argv + 1, (size_t)(argc - 1) * sizeof *words);
    }
    fflush(NULL);
    pid_t child = words != NULL && null >= 0 ? fork() : -1;
    if (child == 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(said >= 0 ? said : null, STDERR_FILENO);
        execv("/proc/self/exe", words);
        _exit(EXIT_NOT_RUN);
    }
    if (child > 0 && waitpid(child, &status, 0) == child && status != 0 && said >= 0)
        last_line(said, why, bytes);
    if (said >= 0) {
        cli_print_file(stderr, said, false);
        close(said);
    }
    if (null >= 0)
        close(null);
    free(words);
}

int java_check_snapshot(const struct snapshot *s, const char *file, char *reason, size_t bytes)
{
    struct snapshot_key key;
    bool known = snapshot_key_of_label(snapshot_label(s), &key) == 0;
    bool waits = known && (strcmp(key.point, WARM_MAIN) == 0 || strcmp(key.point, WARM_RUNTIME) == 0);

    if (waits)
        snprintf(reason, bytes, "%.200s holds the Java program %.80s before its main, as cloister warm has saved it: "
                 "'cloister cache add %.200s', then 'cloister run' of the program starts from there", file, key.name,
                 file);
    snapshot_key_free(&key);
    return waits ? -EINVAL : 0;
}

char **java_cold(int argc, char **argv)
{
    char **words = calloc((size_t)argc + 3, sizeof *words);

    if (words == NULL)
        return NULL;
    words[0] = "cloister";
    words[1] = argv[0];
    words[2] = "--cold";
    memcpy(words + 3, argv + 1, (size_t)(argc - 1) * sizeof *words);
    return words;
}

void java_warm(struct start *s, struct java_run *j, int argc, char **argv)
{
    char path[PATH_MAX], why[512] = "--cold forbids snapshots";
    const char *point;
    int error = j->cold ? -EPERM : find(s, j, &point, path, &s->snapshot, j->explain, why, sizeof why);

    if (!j->cold && j->fill && (error != 0 || strcmp(point, WARM_RUNTIME) == 0)) {
        snapshot_close(s->snapshot);
        s->snapshot = NULL;
        char ignored[300];
        fill(j, j->explain, argc, argv, ignored, sizeof ignored);
        error = find(s, j, &point, path, &s->snapshot, j->explain, why, sizeof why);
    }
    if (error == 0)
        error = give_run(s, j, point, why, sizeof why);
    if (error == 0 && (s->again = java_cold(argc, argv)) == NULL)
        error = -ENOMEM;
    s->explain = j->explain;
    if (error == 0) {
        if (j->explain)
            cli_error("warm: saved at %s: %s", point, path);
        return;
    }
    if (j->explain)
        cli_error("cold: %s", why);
    snapshot_close(s->snapshot);
    s->snapshot = NULL;
    for (unsigned i = 0; i < 2; i++) { /* a program that starts from nothing waits for none */
        if (s->messages[i] >= 0)
            close(s->messages[i]);
        s->messages[i] = -1;
    }
}

int java_warm_handler(struct start *s, struct java_run *j, int argc, char **argv, char *reason, size_t bytes)
{
    char path[PATH_MAX], why[300] = "", failure[300] = "";
    const char *point;

    if (j->program.handler == NULL) {
        snprintf(reason, bytes,
                 "%.200s has no handler: name one with --handler CLASS[.METHOD], or build the image with it",
                 j->program.source);
        return -EINVAL;
    }
    if (j->cold) {
        snprintf(reason, bytes, "clones start from a snapshot, which --cold forbids: leave it out");
        return -EINVAL;
    }
    for (bool filled = false;; filled = true) {
        int error = find(s, j, &point, path, NULL, true, why, sizeof why);
        if (error == 0 && strcmp(point, WARM_RUNTIME) == 0)
            error = -ENOENT; /* its clones would have to be given the program */
        if (error == 0 && j->explain)
            cli_error("warm: saved at %s: %s", point, path);
        if (error == 0)
            return snapshot_open(&s->snapshot, path, reason, bytes);
        if (filled || !j->fill) {
            snprintf(reason, bytes, filled ? "%s ('cloister warm' with the same words says more)"
                                           : "%s; cloister warm makes one, and so does --warm",
                     failure[0] != '\0' ? failure : why);
            return error;
        }
        fill(j, true, argc, argv, failure, sizeof failure);
    }
}
