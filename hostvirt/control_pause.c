/* Stopping and continuing a whole isolate.  The first monitor's threads park at a checkpoint, which leaves their state
 * complete in memory; the monitors that fork made are stopped as processes. */
#include "hostvirt/checkpoint.h"
#include "hostvirt/control_private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PASSES 20 /* over the table: a process may be made while the others are being stopped */

/* Sends the signal to the other monitors of the family; the number of processes. */
static unsigned signal_others(struct family *f, int number)
{
    unsigned count = 0;

    family_lock(f);
    for (unsigned i = 0; i < f->rows; i++) {
        const struct family_process *row = &f->processes[i];
        if ((row->state != PROCESS_RUNNING && row->state != PROCESS_STOPPED) || row->host == getpid() || row->host <= 0)
            continue;
        kill(row->host, number);
        count++;
    }
    family_unlock(f);
    return count;
}

static void stop_others(struct family *f)
{
    const struct timespec settle = {0, 1000000};
    unsigned before = 0;

    for (unsigned i = 0; i < PASSES; i++) {
        unsigned now = signal_others(f, SIGSTOP);
        if (now == before)
            return;
        before = now;
        nanosleep(&settle, NULL);
    }
}

int control_pause(struct control *c, char *reason, size_t bytes)
{
    if (c->paused)
        return 0;
    int error = checkpoint_stop(c->m, NULL);
    if (error != 0) {
        const char *why = error == -EBUSY          ? "one of its processes is about to start a program; try again"
                          : c->m->process->exiting ? "it is ending"
                                                   : "its threads did not come to rest in time; try again";
        snprintf(reason, bytes, "'%s' cannot be stopped now: %s", c->name, why);
        return error;
    }
    stop_others(c->m->family);
    c->paused = true;
    return 0;
}

void control_resume(struct control *c)
{
    if (!c->paused)
        return;
    c->paused = false;
    signal_others(c->m->family, SIGCONT);
    checkpoint_resume(c->m);
}
