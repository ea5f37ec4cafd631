/* The life of an isolate that is only started to be saved. */
#include "cli/warming.h"
#include "cli/save.h"

#include "hostvirt/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAREWELL = 5000 }; /* ms from an isolate's word that its program has ended to its own end */

/* ---- the isolate ------------------------------------------------------------------------------------------------- */

/* The monitor's process; what the program prints is no result. */
static int body(const struct warming *w, int notify)
{
    struct start *s = w->start;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return start_failed(s, EXIT_NOT_RUN, strerror(errno));
    close(null);
    s->notify = notify;
    s->detach = false;
    free(s->policy.name);
    s->policy.name = NULL; /* is the run's that is to come */
    return start_monitor(s);
}

/* w->name is its name when it runs. */
static int start(struct warming *w, char *reason, size_t bytes)
{
    char line[640];
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        snprintf(reason, bytes, "cannot start the program: %s", strerror(errno));
        return -errno;
    }
    w->monitor = start_fork();
    if (w->monitor == 0) {
        close(ends[0]);
        _exit(body(w, ends[1]));
    }
    close(ends[1]);
    start_hear(ends[0], line, sizeof line);
    close(ends[0]);
    const char *name = w->monitor > 0 ? start_heard_name(line, reason, bytes) : NULL;
    if (w->monitor < 0)
        snprintf(reason, bytes, "cannot start the program: no process is free for it");
    else if (name != NULL && (w->name = strdup(name)) == NULL)
        snprintf(reason, bytes, "out of memory");
    /* The folder in /dev/shm that a scratch mount may have is the monitor's from here on. */
    free(w->start->policy.scratch_folder);
    w->start->policy.scratch_folder = NULL;
    if (w->name != NULL)
        return 0;
    if (w->monitor > 0 && name != NULL)
        kill(w->monitor, SIGKILL);
    while (w->monitor > 0 && waitpid(w->monitor, NULL, 0) < 0 && errno == EINTR)
        ;
    return -ECHILD;
}

/* Whether it ends by itself, within so many ms. */
static bool ends(pid_t monitor, int patience)
{
    struct pollfd one = {(int)syscall(SYS_pidfd_open, monitor, 0), POLLIN, 0};
    int ready = one.fd >= 0 ? poll(&one, 1, patience) : 0;

    if (one.fd >= 0)
        close(one.fd);
    return ready > 0;
}

/* Kills it; when it ends by itself, within that patience, says how. */
static void end(struct warming *w, int patience, char *reason, size_t bytes)
{
    bool own = ends(w->monitor, patience);
    char ignored[512];
    int status;

    if (!own && control_kill(w->name, ignored, sizeof ignored) != 0)
        kill(w->monitor, SIGKILL);
    while (waitpid(w->monitor, &status, 0) < 0 && errno == EINTR)
        ;
    w->ended = true;
    if (own && WIFEXITED(status))
        snprintf(reason, bytes, "the program ended with status %d before it came to the point '%.64s'",
                 WEXITSTATUS(status), w->at->name);
    else if (own)
        snprintf(reason, bytes, "the program was ended by signal %d before it came to the point '%.64s'",
                 WTERMSIG(status), w->at->name);
}

/* ---- the save ---------------------------------------------------------------------------------------------------- */

static void *save(void *argument)
{
    struct warming *w = argument;
    const struct save_options options = {.parent = w->parent, .label = w->label, .last = true};

    w->saved = cli_save_to(w->name, w->path, &options, true, w->refusal, sizeof w->refusal);
    return NULL;
}

int warming_save(struct warming *w, char *reason, size_t bytes)
{
    pthread_t saver;
    int error = start(w, reason, bytes);

    if (error != 0)
        return error;
    error = pthread_create(&saver, NULL, save, w);
    if (error != 0) {
        end(w, 0, reason, bytes);
        snprintf(reason, bytes, "cannot wait for the checkpoint: %s", strerror(error));
        return -error;
    }
    w->input.monitor = w->monitor;
    error = warm_drive(w->name, w->at, &w->input, reason, bytes);
    bool gone = error == -EPIPE || error == -ENOENT || error == -ESHUTDOWN;
    if (error != 0)
        end(w, gone ? FAREWELL : 0, reason, bytes); /* the other thread's request fails with it */
    pthread_join(saver, NULL);
    if (error == 0 && w->saved == NULL)
        snprintf(reason, bytes, "%s", w->refusal);
    if (!w->ended)
        end(w, w->saved != NULL ? 0 : FAREWELL, reason, bytes);
    free(w->name);
    return w->saved != NULL ? 0 : error != 0 ? error : -EIO;
}
