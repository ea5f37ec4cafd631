/* libcloister (include/cloister.h): starts the command as a monitor and asks it through its socket. */
#include "hostvirt/control.h"
#include "hostvirt/library_private.h"
#include "hostvirt/zygote.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int library_fail(int error, char *reason, size_t bytes, const char *format, const char *word)
{
    if (reason != NULL)
        snprintf(reason, bytes, format, word);
    return error;
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

/* A folder may be called like the command. */
static bool is_program(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

/* Beside the library, or in the folder bin beside its folder. */
static char *find_monitor(const char *given)
{
    static const char *const places[] = {"%.*s/cloister", "%.*s/../bin/cloister", "%.*s/../../bin/cloister"};
    const char *named = given != NULL ? given : secure_getenv("CLOISTER_MONITOR");
    Dl_info own;
    char *path;

    if (named != NULL)
        return strdup(named);
    if (dladdr((void *)(uintptr_t)cloister_start, &own) == 0 || strrchr(own.dli_fname, '/') == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (asprintf(&path, places[i], (int)(strrchr(own.dli_fname, '/') - own.dli_fname), own.dli_fname) < 0)
            return NULL;
        if (is_program(path))
            return path;
        free(path);
    }
    return NULL;
}

int library_add(struct words *w, const char *word)
{
    const char **longer = reallocarray(w->list, w->count + 2, sizeof *longer);

    if (longer == NULL)
        return -ENOMEM;
    w->list = longer;
    longer[w->count++] = word;
    longer[w->count] = NULL;
    return 0;
}

int library_add_all(struct words *w, const char *const *list)
{
    int error = 0;

    for (; list != NULL && *list != NULL && error == 0; list++)
        error = library_add(w, *list);
    return error;
}

char *library_monitor(const char *given, char *reason, size_t bytes)
{
    char *path = find_monitor(given);

    if (path == NULL)
        library_fail(-ENOENT, reason, bytes, "%s",
                     "the command cloister is not beside the library: set CLOISTER_MONITOR");
    return path;
}

/* cloister run|restore --notify N OPTIONS -- WHAT; `notify` holds the number's text. */
static int command_line(struct words *w, const char *monitor, const struct cloister_start *what, const char *notify)
{
    int error = library_add(w, monitor);

    if (error == 0)
        error = library_add(w, what->snapshot != NULL ? "restore" : "run");
    if (error == 0 && (error = library_add(w, "--notify")) == 0)
        error = library_add(w, notify);
    if (error == 0 && what->name != NULL && (error = library_add(w, "--name")) == 0)
        error = library_add(w, what->name);
    if (error == 0)
        error = library_add_all(w, what->options);
    if (error == 0)
        error = library_add(w, "--");
    if (error == 0)
        error = what->snapshot != NULL ? library_add(w, what->snapshot) : library_add_all(w, what->arguments);
    return error;
}

/* Signals as a new process has them, whatever the caller's threads block or ignore. */
static int spawn_attributes(posix_spawnattr_t *attributes)
{
    sigset_t set;
    int error = posix_spawnattr_init(attributes);

    if (error != 0)
        return -error;
    sigemptyset(&set);
    posix_spawnattr_setsigmask(attributes, &set);
    sigaddset(&set, SIGPIPE);
    sigaddset(&set, SIGCHLD);
    posix_spawnattr_setsigdefault(attributes, &set);
    return -posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* `standard` may be NULL; `passed` (or -1) keeps its number in the child. */
static int spawn(pid_t *pid, const struct words *w, const int *standard, int passed)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = spawn_attributes(&attributes);

    if (error != 0)
        return error;
    error = -posix_spawn_file_actions_init(&actions);
    for (int i = 0; i < 3 && standard != NULL && error == 0; i++)
        error = standard[i] < 0 ? -posix_spawn_file_actions_addopen(&actions, i, "/dev/null", O_RDWR, 0)
                                : -posix_spawn_file_actions_adddup2(&actions, standard[i], i);
    if (passed >= 0 && error == 0)
        error = -posix_spawn_file_actions_adddup2(&actions, passed, passed); /* no longer closed on exec */
    if (error == 0)
        error = -posix_spawn(pid, w->list[0], &actions, &attributes, (char **)(uintptr_t)w->list, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

/* Everything up to the end of the pipe, cut to size. */
static void read_text(int from, char *to, size_t bytes)
{
    size_t used = 0;
    ssize_t n = 1;

    while (used < bytes - 1 && (n > 0 || errno == EINTR))
        if ((n = read(from, to + used, bytes - 1 - used)) > 0)
            used += (size_t)n;
        else if (n == 0)
            break;
    to[used] = '\0';
    to[strcspn(to, "\n")] = '\0';
}

int library_reap(pid_t pid, int *status)
{
    pid_t got;

    while ((got = waitpid(pid, status, 0)) < 0 && errno == EINTR)
        ;
    return got == pid ? 0 : -errno;
}

/* ---- start and end ----------------------------------------------------------------------------------------------- */

int library_launch(const struct words *w, char number[NOTIFY_BYTES], const int *standard, pid_t *pid, char name[80],
                   char *reason, size_t bytes)
{
    char said[700];
    int ends[2], status;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return library_fail(-errno, reason, bytes, "cannot start the isolate: %s", strerror(errno));
    /* Above the standard descriptors, which are replaced in the child first. */
    int passed = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
    close(ends[1]);
    snprintf(number, NOTIFY_BYTES, "%d", passed);
    int error = passed < 0 ? -errno : spawn(pid, w, standard, passed);
    if (passed >= 0)
        close(passed);
    if (error != 0) {
        close(ends[0]);
        return library_fail(error, reason, bytes, "cannot start the isolate: %s", strerror(-error));
    }
    read_text(ends[0], said, sizeof said);
    close(ends[0]);
    if (strncmp(said, "ok ", 3) == 0) {
        snprintf(name, 80, "%.79s", said + 3);
        return 0;
    }
    library_reap(*pid, &status);
    return library_fail(-ECANCELED, reason, bytes, "%s",
                        strncmp(said, "error ", 6) == 0 ? said + 6 : "the monitor ended before the isolate ran");
}

static int start(struct cloister *c, const struct cloister_start *what, char *reason, size_t bytes)
{
    struct words w = {NULL, 0};
    char number[NOTIFY_BYTES];
    int error = command_line(&w, c->monitor, what, number);

    error = error != 0 ? library_fail(error, reason, bytes, "%s", "out of memory")
                       : library_launch(&w, number, what->standard, &c->pid, c->name, reason, bytes);
    free(w.list);
    return error;
}

API int cloister_start(struct cloister **out, const struct cloister_start *what, char *reason, size_t bytes)
{
    struct cloister *c = calloc(1, sizeof *c);
    int error;

    *out = NULL;
    if (c == NULL)
        return library_fail(-ENOMEM, reason, bytes, "%s", "out of memory");
    c->connection = -1;
    c->monitor = library_monitor(what->monitor, reason, bytes);
    if (c->monitor == NULL)
        error = -ENOENT;
    else if ((what->snapshot == NULL) == (what->arguments == NULL || what->arguments[0] == NULL))
        error = library_fail(-EINVAL, reason, bytes, "%s", "either a program or a snapshot must be named");
    else
        error = start(c, what, reason, bytes);
    if (error != 0) {
        free(c->monitor);
        free(c);
        return error;
    }
    *out = c;
    return 0;
}

/* The end of a child, or of a clone, whose connection tells it. */
static int reap(struct cloister *c)
{
    int error = c->connection < 0 ? library_reap(c->pid, &c->status) : zygote_wait(c->connection, -1, &c->status, NULL);

    c->ended = 1;
    return error;
}

API void cloister_free(struct cloister *c)
{
    if (c == NULL)
        return;
    if (!c->ended && c->connection < 0) {
        kill(c->pid, SIGKILL);
        reap(c);
    } else if (!c->ended) { /* a clone does not outlive who has started it */
        shutdown(c->connection, SHUT_WR);
        reap(c);
    }
    if (c->connection >= 0)
        close(c->connection);
    free(c->monitor);
    free(c);
}

API const char *cloister_name(const struct cloister *c)
{
    return c->name;
}

API int cloister_pid(const struct cloister *c)
{
    return c->pid;
}

API int cloister_wait(struct cloister *c, int milliseconds, int *status)
{
    int error = 0;

    if (!c->ended && c->connection >= 0) {
        error = zygote_wait(c->connection, milliseconds, &c->status, NULL);
        c->ended = error == 0;
    } else if (!c->ended && milliseconds >= 0) {
        struct pollfd polled = {(int)syscall(SYS_pidfd_open, c->pid, 0), POLLIN, 0};
        if (polled.fd < 0)
            return -errno;
        int ready = poll(&polled, 1, milliseconds);
        error = ready == 0 ? -ETIMEDOUT : ready < 0 ? -errno : 0;
        close(polled.fd);
    }
    if (error == 0 && !c->ended)
        error = reap(c);
    if (error == 0 && status != NULL)
        *status = c->status;
    return error;
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

/* Takes the request over.  The answer goes to *answer where that is wanted. */
static int ask(struct cloister *c, json_t *request, json_t **answer, char *reason, size_t bytes)
{
    char own[512] = "";
    json_t *got = NULL;

    if (request == NULL)
        return library_fail(-ENOMEM, reason, bytes, "%s", "out of memory");
    int error = control_request(c->name, request, &got, own, sizeof own);
    json_decref(request);
    if (error != 0)
        return library_fail(error, reason, bytes, "%s", own);
    if (answer != NULL)
        *answer = got;
    else
        json_decref(got);
    return 0;
}

API int cloister_stop(struct cloister *c, int grace_milliseconds, char *reason, size_t bytes)
{
    return ask(c, json_pack("{s:s, s:i}", "request", "stop", "grace_ms", grace_milliseconds), NULL, reason, bytes);
}

API int cloister_kill(struct cloister *c, char *reason, size_t bytes)
{
    return ask(c, json_pack("{s:s}", "request", "kill"), NULL, reason, bytes);
}

API int cloister_pause(struct cloister *c, char *reason, size_t bytes)
{
    return ask(c, json_pack("{s:s}", "request", "pause"), NULL, reason, bytes);
}

API int cloister_resume(struct cloister *c, char *reason, size_t bytes)
{
    return ask(c, json_pack("{s:s}", "request", "resume"), NULL, reason, bytes);
}

API int cloister_reset(struct cloister *c, char *reason, size_t bytes)
{
    return ask(c, json_pack("{s:s}", "request", "reset"), NULL, reason, bytes);
}

API int cloister_statistics(struct cloister *c, char **json, char *reason, size_t bytes)
{
    json_t *answer = NULL;
    int error = ask(c, json_pack("{s:s}", "request", "stat"), &answer, reason, bytes);

    *json = NULL;
    if (error != 0)
        return error;
    json_object_del(answer, "ok");
    *json = json_dumps(answer, JSON_INDENT(2));
    json_decref(answer);
    return *json != NULL ? 0 : library_fail(-ENOMEM, reason, bytes, "%s", "out of memory");
}

/* By the command, which writes the file beside its place and names it when it is whole. */
API int cloister_save(struct cloister *c, const char *file, char *reason, size_t bytes)
{
    struct words w = {NULL, 0};
    const char *const line[] = {c->monitor, "save", "--", c->name, file, NULL};
    char said[512];
    int ends[2], status = 0;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return library_fail(-errno, reason, bytes, "cannot save: %s", strerror(errno));
    const int standard[] = {-1, -1, ends[1]};
    int error = library_add_all(&w, line);
    if (error == 0)
        error = spawn(&pid, &w, standard, -1);
    free(w.list);
    close(ends[1]);
    if (error == 0) {
        read_text(ends[0], said, sizeof said);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    } else {
        snprintf(said, sizeof said, "cannot save: %s", strerror(-error));
    }
    close(ends[0]);
    if (error == 0 && status != 0)
        error = -EIO;
    const char *sentence = strncmp(said, "cloister: ", 10) == 0 ? said + 10 : said;
    return error != 0 ? library_fail(error, reason, bytes, "%s", sentence) : 0;
}
