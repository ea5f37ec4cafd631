/* What the processes of a family show of themselves to each other in /proc: each keeps its record in the shared page up
 * to date, so that nobody has to be asked. */
#include "hostvirt/clock.h"
#include "hostvirt/process.h"

#include <stdlib.h>
#include <string.h>

static struct family_shown *shown_of(struct family *f, const struct family_process *row)
{
    return &f->shown[row - f->processes];
}

void family_show_child(struct family *f, const struct family_process *child, const struct family_process *parent)
{
    struct family_shown *to = shown_of(f, child);

    to->start = clock_host();
    to->name[0] = '\0';
    to->program_bytes = to->arguments_bytes = 0;
    if (parent == NULL)
        return;
    const struct family_shown *from = shown_of(f, parent);
    memcpy(to->name, from->name, sizeof to->name);
    to->program_bytes = from->program_bytes;
    to->arguments_bytes = from->arguments_bytes;
    memcpy(to->program, from->program, from->program_bytes);
    memcpy(to->arguments, from->arguments, from->arguments_bytes);
}

static uint32_t cut(size_t bytes, size_t most)
{
    return (uint32_t)(bytes < most ? bytes : most);
}

void family_show(struct process *p, const char *name)
{
    struct family *f = p->monitor->family;

    family_lock(f);
    struct family_shown *to = shown_of(f, p->entry);
    strncpy(to->name, name, sizeof to->name - 1);
    to->program_bytes = p->program != NULL ? cut(strlen(p->program), sizeof to->program) : 0;
    to->arguments_bytes = cut(p->arguments_bytes, sizeof to->arguments);
    memcpy(to->program, p->program != NULL ? p->program : "", to->program_bytes);
    if (to->arguments_bytes > 0)
        memcpy(to->arguments, p->arguments, to->arguments_bytes);
    family_unlock(f);
}

void family_show_name(struct process *p, const char *name)
{
    struct family *f = p->monitor->family;

    family_lock(f);
    strncpy(shown_of(f, p->entry)->name, name, sizeof f->shown->name - 1);
    family_unlock(f);
}

void family_show_start(struct process *p, uint64_t start)
{
    shown_of(p->monitor->family, p->entry)->start = start;
}

uint64_t family_start(const struct process *p)
{
    uint64_t start = shown_of(p->monitor->family, p->entry)->start;

    return start > p->monitor->started ? start - p->monitor->started : 0;
}

bool family_look(const struct process *p, int pid, struct family_process *row, struct family_shown *shown)
{
    struct family *f = p->monitor->family;

    family_lock(f);
    const struct family_process *found = family_find(f, pid);
    if (found != NULL)
        *row = *found;
    if (found != NULL && shown != NULL)
        *shown = *shown_of(f, found);
    family_unlock(f);
    return found != NULL;
}

int family_next(const struct process *p, int after)
{
    struct family *f = p->monitor->family;
    int best = -1;

    family_lock(f);
    for (unsigned i = 0; i < f->rows; i++) {
        const struct family_process *row = &f->processes[i];
        if (row->state != PROCESS_FREE && row->pid > after && (best < 0 || row->pid < best))
            best = row->pid;
    }
    family_unlock(f);
    return best;
}
