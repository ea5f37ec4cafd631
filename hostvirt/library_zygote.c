/* Zygotes and their clones in libcloister (include/cloister.h). */
#include "hostvirt/library_private.h"
#include "hostvirt/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cloister_zygote {
    pid_t pid;
    char *monitor;
    char name[80];
};

/* cloister zygote --notify N --standby N OPTIONS -- FILE */
static int command_line(struct words *w, const struct cloister_zygote *z, const struct cloister_zygote_start *what,
                        const char *notify, const char *standbys)
{
    const char *const first[] = {z->monitor, "zygote", "--notify", notify, "--standby", standbys, NULL};
    const char *const name[] = {"--name", what->name, NULL}, *const last[] = {"--", what->snapshot, NULL};
    int error = library_add_all(w, first);

    if (error == 0 && what->name != NULL)
        error = library_add_all(w, name);
    if (error == 0)
        error = library_add_all(w, what->options);
    return error == 0 ? library_add_all(w, last) : error;
}

static int start(struct cloister_zygote *z, const struct cloister_zygote_start *what, char *reason, size_t bytes)
{
    static const int nothing[3] = {-1, -1, -1};
    struct words w = {NULL, 0};
    char number[NOTIFY_BYTES], standbys[16];

    snprintf(standbys, sizeof standbys, "%u", what->standbys);
    int error = command_line(&w, z, what, number, standbys);
    error = error != 0 ? library_fail(error, reason, bytes, "%s", "out of memory")
                       : library_launch(&w, number, what->standard != NULL ? what->standard : nothing, &z->pid, z->name,
                                        reason, bytes);
    free(w.list);
    return error;
}

API int cloister_zygote_start(struct cloister_zygote **out, const struct cloister_zygote_start *what, char *reason,
                              size_t bytes)
{
    struct cloister_zygote *z = calloc(1, sizeof *z);
    int error;

    *out = NULL;
    if (z == NULL)
        return library_fail(-ENOMEM, reason, bytes, "%s", "out of memory");
    if (what->snapshot == NULL)
        error = library_fail(-EINVAL, reason, bytes, "%s", "a zygote needs a snapshot");
    else if ((z->monitor = library_monitor(what->monitor, reason, bytes)) == NULL)
        error = -ENOENT;
    else
        error = start(z, what, reason, bytes);
    if (error != 0) {
        free(z->monitor);
        free(z);
        return error;
    }
    *out = z;
    return 0;
}

/* Its standbys end by themselves when it is gone. */
API void cloister_zygote_free(struct cloister_zygote *z)
{
    int status;

    if (z == NULL)
        return;
    kill(z->pid, SIGTERM);
    library_reap(z->pid, &status);
    free(z->monitor);
    free(z);
}

API const char *cloister_zygote_name(const struct cloister_zygote *z)
{
    return z->name;
}

/* Streams as struct cloister_start has them; `null` is opened when one of them is /dev/null. */
static int streams(const int *standard, int to[3], int *null)
{
    for (int i = 0; i < 3; i++) {
        int given = standard != NULL ? standard[i] : i;
        bool open_here = given >= 0 && fcntl(given, F_GETFD) >= 0;
        if (!open_here && *null < 0 && (*null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
            return -errno;
        to[i] = open_here ? given : *null;
    }
    return 0;
}

API int cloister_clone(struct cloister **out, struct cloister_zygote *z, const char *name, const int *standard,
                       char *reason, size_t bytes)
{
    struct cloister *c = calloc(1, sizeof *c);
    char own[512] = "";
    json_t *answer = NULL;
    int given[3], null = -1;

    *out = NULL;
    if (c == NULL || (c->monitor = strdup(z->monitor)) == NULL) {
        free(c);
        return library_fail(-ENOMEM, reason, bytes, "%s", "out of memory");
    }
    int error = streams(standard, given, &null);
    const struct zygote_request request = {.name = name, .standard = given};
    if (error != 0)
        snprintf(own, sizeof own, "cannot open /dev/null: %s", strerror(-error));
    else
        error = c->connection = zygote_clone(z->name, &request, &answer, own, sizeof own);
    if (null >= 0)
        close(null);
    if (error < 0) {
        free(c->monitor);
        free(c);
        return library_fail(error, reason, bytes, "%s", own);
    }
    c->pid = (pid_t)json_integer_value(json_object_get(answer, "pid"));
    snprintf(c->name, sizeof c->name, "%.79s", json_string_value(json_object_get(answer, "name")));
    json_decref(answer);
    *out = c;
    return 0;
}
