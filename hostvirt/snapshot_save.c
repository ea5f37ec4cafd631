/* Saving: the order of things, the file that takes its name at the end, and saves that wait for the guest to ask. */
#include "hostvirt/checkpoint.h"
#include "hostvirt/clock.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int snapshots_get(struct monitor *m, struct snapshots **out)
{
    if (m->snapshots == NULL) {
        struct snapshots *kept = calloc(1, sizeof *kept);
        if (kept == NULL)
            return -ENOMEM;
        pthread_mutex_init(&kept->lock, NULL);
        kept->pagemap = kept->maps = -1;
        m->snapshots = kept;
    }
    *out = m->snapshots;
    return 0;
}

/* A forked monitor has its parent's: they show the parent's memory. */
static int open_views(struct snapshots *kept)
{
    if (kept->pagemap < 0)
        kept->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (kept->maps < 0)
        kept->maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    return kept->pagemap < 0 || kept->maps < 0 ? -errno : 0;
}

int snapshot_prepare(struct monitor *m, int *keep, size_t room)
{
    struct snapshots *kept;
    int count = 0, error = snapshots_get(m, &kept);

    if (error == 0)
        error = open_views(kept);
    if (error != 0)
        return error;
    const int views[] = {kept->pagemap, kept->maps};
    for (size_t i = 0; i < 2 && (size_t)count < room; i++)
        keep[count++] = views[i];
    for (unsigned i = 0; kept->from != NULL && i < kept->from->layer_count; i++) {
        if ((size_t)count < room)
            keep[count++] = kept->from->layers[i]->host;
        if ((size_t)count < room && kept->from->layers[i]->data >= 0)
            keep[count++] = kept->from->layers[i]->data;
    }
    for (size_t i = 0; kept->objects != NULL && i < kept->from->state.memory.object_count; i++)
        if ((size_t)count < room && kept->objects[i] >= 0)
            keep[count++] = kept->objects[i];
    return (size_t)count == room ? -ENOSPC : count;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static int target_fail(struct snapshot_target *t, int error, const char *what, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "cannot %s the snapshot %s: %s", what, t->path != NULL ? t->path : "", strerror(-error));
    snapshot_target_abandon(t);
    return error;
}

/* The finished file takes its name from what has it: files make way, devices, pipes and links must not. */
static int may_be_replaced(const struct snapshot_target *t, char *reason, size_t bytes)
{
    struct stat s;

    if (fstatat(t->folder, t->name, &s, AT_SYMLINK_NOFOLLOW) != 0 || S_ISREG(s.st_mode))
        return 0;
    snprintf(reason, bytes, "cannot write the snapshot %.200s: %s", t->path,
             S_ISDIR(s.st_mode) ? strerror(EISDIR) : "it is there and is no file: choose another name");
    return -EEXIST;
}

/* Without a name as long as it is not complete: a monitor that is killed leaves nothing behind. */
int snapshot_target_open(struct snapshot_target *t, const char *path, char *reason, size_t bytes)
{
    char folder[PATH_MAX];

    *t = (struct snapshot_target){.host = -1, .folder = -1, .path = strdup(path)};
    if (t->path == NULL)
        return target_fail(t, -ENOMEM, "make", reason, bytes);
    const char *slash = strrchr(t->path, '/');
    t->name = slash != NULL ? slash + 1 : t->path;
    size_t length = (size_t)(t->name - t->path);
    if (t->name[0] == '\0' || length >= sizeof folder)
        return target_fail(t, length >= sizeof folder ? -ENAMETOOLONG : -EISDIR, "make", reason, bytes);
    snprintf(folder, sizeof folder, "%.*s", length > 0 ? (int)length : 1, length > 0 ? path : ".");
    t->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->folder < 0)
        return target_fail(t, -errno, "make", reason, bytes);
    int error = may_be_replaced(t, reason, bytes);
    if (error != 0) {
        snapshot_target_abandon(t);
        return error;
    }
    t->host = openat(t->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (t->host >= 0)
        return 0;
    /* File systems without O_TMPFILE: a hidden name, which a later save of the same monitor id takes again. */
    if (asprintf(&t->temporary, ".%s.%d.new", t->name, getpid()) < 0) {
        t->temporary = NULL;
        return target_fail(t, -ENOMEM, "make", reason, bytes);
    }
    unlinkat(t->folder, t->temporary, 0);
    t->host = openat(t->folder, t->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return t->host < 0 ? target_fail(t, -errno, "make", reason, bytes) : 0;
}

/* linkat cannot replace a file, rename can: a complete file has a second name for that moment. */
static int give_name(struct snapshot_target *t)
{
    char link[64];

    if (asprintf(&t->temporary, ".%s.%d.new", t->name, getpid()) < 0) {
        t->temporary = NULL;
        return -ENOMEM;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", t->host);
    unlinkat(t->folder, t->temporary, 0);
    return linkat(AT_FDCWD, link, t->folder, t->temporary, AT_SYMLINK_FOLLOW) != 0 ? -errno : 0;
}

int snapshot_target_commit(struct snapshot_target *t, char *reason, size_t bytes)
{
    int error = fsync(t->host) != 0 ? -errno : 0;

    if (error == 0 && t->temporary == NULL)
        error = give_name(t);
    if (error == 0 && renameat(t->folder, t->temporary, t->folder, t->name) != 0)
        error = -errno;
    if (error != 0)
        return target_fail(t, error, "write", reason, bytes);
    free(t->temporary);
    t->temporary = NULL;
    if (fsync(t->folder) != 0 && errno != EINVAL) /* some file systems have nothing to sync in a folder */
        return target_fail(t, -errno, "write", reason, bytes);
    snapshot_target_abandon(t); /* closes; it has its name */
    return 0;
}

void snapshot_target_abandon(struct snapshot_target *t)
{
    if (t->temporary != NULL)
        unlinkat(t->folder, t->temporary, 0);
    if (t->host >= 0)
        close(t->host);
    if (t->folder >= 0)
        close(t->folder);
    free(t->temporary);
    free(t->path);
    *t = (struct snapshot_target){.host = -1, .folder = -1};
}

/* ---- saving ------------------------------------------------------------------------------------------------------ */

static int find_parent(struct collector *c, struct snapshot **parent, struct snapshot **opened)
{
    struct snapshot *from = c->m->snapshots->from;

    *parent = c->options->base;
    *opened = NULL;
    if (*parent == NULL && c->options->parent != NULL) {
        if (from != NULL && strcmp(from->path, c->options->parent) == 0) {
            *parent = from;
        } else {
            int error = snapshot_open(opened, c->options->parent, c->reason, c->reason_bytes);
            if (error != 0)
                return error;
            *parent = *opened;
        }
    }
    if (*parent != NULL && (*parent)->layer_count >= LAYER_LIMIT)
        return collect_fail(c, -E2BIG, "cannot build on %s: it is built on too many others itself", (*parent)->path);
    return 0;
}

static int collect_state(struct collector *c)
{
    int error = collect_process(c);

    if (error == 0)
        error = collect_memory(c);
    if (error == 0)
        error = collect_descriptors(c);
    if (error == 0)
        error = collect_scratch(c);
    /* A guest may do what the reader of a file refuses: then there is to be no file. */
    const char *wrong = error == 0 ? state_check(c->s) : NULL;
    return wrong != NULL ? collect_fail(c, -ENOTSUP, "cannot save the isolate: %s", wrong) : error;
}

static int write_file(struct collector *c, int host, struct snapshot *parent)
{
    struct page_writer *w;
    struct hash identity;
    int error = writer_new(&w, host, c->options->compress, parent);

    if (error != 0)
        return collect_no_memory(c);
    error = collect_pages(c, w, parent);
    if (error == 0) {
        error = writer_finish(w, c->s, c->options->self_contained, &identity);
        if (error != 0)
            collect_fail(c, error,
                         error == -ENOSPC ? "cannot save the isolate: the disk is full; make room, or save elsewhere"
                                          : "cannot write the snapshot: %s",
                         strerror(-error));
    }
    writer_free(w);
    return error;
}

static void collector_free(struct collector *c)
{
    for (size_t i = 0; i < c->s->memory.object_count; i++)
        lock_close_own(c->sources[i].host);
    free(c->sources);
    free(c->mapped);
    state_free(c->s);
}

int snapshot_save_to(struct monitor *m, int host, const struct save_options *o, struct thread *asked, char *reason,
                     size_t bytes)
{
    struct saved_state state = {0};
    struct collector c = {.m = m, .s = &state, .options = o, .asked = asked, .reason = reason, .reason_bytes = bytes};
    struct snapshot *parent, *opened = NULL;
    struct snapshots *kept;
    int error = snapshots_get(m, &kept);

    if (error == 0)
        error = open_views(kept);
    if (error != 0) {
        snprintf(reason, bytes, "cannot look at the isolate's memory: %s", strerror(-error));
        return error;
    }
    if (checkpoint_hold(m) != 0)
        return collect_ended(&c);
    pthread_mutex_lock(&kept->lock);
    error = find_parent(&c, &parent, &opened);
    if (error == 0)
        error = collect_state(&c);
    if (error == 0)
        error = write_file(&c, host, parent);
    pthread_mutex_unlock(&kept->lock);
    checkpoint_release(m);
    collector_free(&c);
    snapshot_close(opened);
    return error;
}

int snapshot_save(struct monitor *m, const char *path, const struct save_options *o, char *reason, size_t bytes)
{
    struct snapshot_target target;
    int error = snapshot_target_open(&target, path, reason, bytes);

    if (error != 0)
        return error;
    error = snapshot_save_to(m, target.host, o, NULL, reason, bytes);
    if (error == 0)
        return snapshot_target_commit(&target, reason, bytes);
    snapshot_target_abandon(&target);
    return error;
}

/* ---- saves that wait for CHECKPOINT ------------------------------------------------------------------------------ */

struct checkpoint_request {
    int host;
    const struct save_options *options;
    bool taken, done;
    int error;
    char *reason;
    size_t bytes;
    pthread_cond_t changed; /* with snapshots->lock */
};

int snapshot_save_at_checkpoint(struct monitor *m, int host, const struct save_options *o, uint64_t patience,
                                char *reason, size_t bytes)
{
    struct checkpoint_request r = {.host = host, .options = o, .reason = reason, .bytes = bytes};
    uint64_t end = patience != 0 ? clock_host() + patience : UINT64_MAX;
    pthread_condattr_t monotonic;
    struct snapshots *kept;
    int error = snapshots_get(m, &kept);

    if (error != 0) {
        snprintf(reason, bytes, "cannot wait for the isolate's checkpoint: %s", strerror(-error));
        return error;
    }
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&r.changed, &monotonic);
    pthread_mutex_lock(&kept->lock);
    if (kept->request != NULL) {
        snprintf(reason, bytes, "another save waits for the isolate's checkpoint already");
        error = -EBUSY;
    } else {
        kept->request = &r;
        while (!r.done && error == 0) {
            uint64_t now = clock_host();
            struct timespec look = timespec_of(now + 100000000u);
            if (!r.taken && (m->ended || m->process->exiting))
                error = -ESRCH;
            else if (!r.taken && now >= end)
                error = -ETIMEDOUT;
            else
                pthread_cond_timedwait(&r.changed, &kept->lock, &look);
        }
        kept->request = NULL;
        if (error != 0)
            snprintf(reason, bytes, error == -ESRCH ? "the isolate ended without asking for a checkpoint"
                                                    : "the isolate did not ask for a checkpoint in time");
    }
    pthread_mutex_unlock(&kept->lock);
    pthread_cond_destroy(&r.changed);
    pthread_condattr_destroy(&monotonic);
    return r.done ? r.error : error;
}

bool snapshot_checkpoint_wanted(struct monitor *m)
{
    struct snapshots *kept = m->snapshots;

    if (kept == NULL)
        return false;
    pthread_mutex_lock(&kept->lock);
    bool wanted = kept->request != NULL && !kept->request->taken;
    pthread_mutex_unlock(&kept->lock);
    return wanted;
}

bool snapshot_checkpoint(struct thread *t)
{
    struct monitor *m = t->process->monitor;
    struct snapshots *kept = m->snapshots;
    struct checkpoint_request *r = NULL;

    if (kept == NULL || t->process != m->process)
        return false;
    pthread_mutex_lock(&kept->lock);
    if (kept->request != NULL && !kept->request->taken) {
        r = kept->request;
        r->taken = true;
    }
    pthread_mutex_unlock(&kept->lock);
    if (r == NULL)
        return false;
    int error = checkpoint_stop(m, t);
    if (error == 0) {
        error = snapshot_save_to(m, r->host, r->options, t, r->reason, r->bytes);
        if (error == 0 && r->options->last)
            process_exit_group(t->process, SIGKILL);
        checkpoint_resume(m);
    } else {
        snprintf(r->reason, r->bytes, "the isolate's threads cannot be stopped: %s", strerror(-error));
    }
    pthread_mutex_lock(&kept->lock);
    r->error = error;
    r->done = true;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&kept->lock);
    return true;
}
