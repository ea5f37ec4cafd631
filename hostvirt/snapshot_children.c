/* The family of a restored guest: its ended children come back, and a reset ends those that it has made since. */
#include "hostvirt/clock.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE 5000000000ull /* ns until children that were killed are gone */

int build_zombies(struct builder *b)
{
    const struct saved_process *saved = &b->s->process;

    for (size_t i = 0; i < saved->zombie_count; i++) {
        const struct saved_zombie *z = &saved->zombies[i];
        struct family_process *row = family_add(b->m->family, NULL, z->pid, 0);
        if (row == NULL)
            return -EAGAIN;
        row->parent = z->parent;
        row->group = z->group;
        row->session = z->session;
        row->status = z->status;
        row->usage = z->usage;
        row->state = PROCESS_ZOMBIE;
    }
    return 0;
}

/* Processes of the host that are being killed, by their pidfds. */
struct killed {
    struct pollfd list[FAMILY_PROCESSES];
    unsigned count;
};

/* Without a word: the snapshot knows none of them.  Under family->lock. */
static void kill_children(struct builder *b, struct killed *k)
{
    struct family *f = b->m->family;

    for (unsigned i = 0; i < f->rows; i++) {
        struct family_process *row = &f->processes[i];
        if (row == b->p->entry || row->state == PROCESS_FREE)
            continue;
        if (row->state != PROCESS_ZOMBIE && row->host > 0 && row->host != getpid()) {
            int host = (int)syscall(SYS_pidfd_open, row->host, 0);
            if (host >= 0)
                k->list[k->count++] = (struct pollfd){host, POLLIN, 0};
            kill(row->host, SIGKILL); /* reaped by the signal thread, which finds no row for it */
        }
        family_settle(f, row); /* threads that end later give nothing back twice */
        row->state = PROCESS_FREE;
    }
}

static int wait_for_killed(struct builder *b, struct killed *k)
{
    uint64_t end = clock_host() + PATIENCE;
    bool all = true;

    for (unsigned i = 0; i < k->count; i++) {
        uint64_t now = clock_host();
        int left = now < end ? (int)((end - now) / 1000000) : 0, found;
        do
            found = poll(&k->list[i], 1, left);
        while (found < 0 && errno == EINTR);
        all &= found == 1;
        close(k->list[i].fd);
    }
    return all ? 0 : build_fail(b, -ETIMEDOUT, "processes that the snapshot does not have do not end");
}

/* What those that were killed had charged they cannot give back: one process is left. */
static void settle_accounts(struct builder *b)
{
    struct process *p = b->p;
    struct family *f = b->m->family;

    pthread_mutex_lock(&p->lock);
    f->threads = p->thread_count;
    pthread_mutex_unlock(&p->lock);
    pthread_mutex_lock(&p->memory->lock);
    f->committed = p->memory->committed;
    pthread_mutex_unlock(&p->memory->lock);
}

int reset_children(struct builder *b)
{
    const struct saved_process *saved = &b->s->process;
    struct family *f = b->m->family;
    struct killed killed = {.count = 0};

    family_lock(f);
    kill_children(b, &killed);
    family_unlock(f);
    int error = wait_for_killed(b, &killed);
    if (error != 0)
        return error;
    settle_accounts(b);
    family_lock(f);
    error = build_zombies(b);
    b->p->entry->group = saved->group;
    b->p->entry->session = saved->session;
    b->p->entry->mail_count = 0;
    b->p->entry->state = saved->stopped != 0 ? PROCESS_STOPPED : PROCESS_RUNNING;
    f->foreground = saved->foreground;
    family_unlock(f);
    return error != 0 ? build_fail(b, error, "cannot make the guest's ended children again") : 0;
}
