/* What the threads of the other monitors of a family do, for `cloister stack`: each copy that fork has made stops its
 * own threads for a moment and writes what it sees into the family's shared page, when the first monitor asks it to.
 *
 * The page is the family's: whatever one of its monitors leaves there is read as text from a stranger. */
#include "hostvirt/checkpoint.h"
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE 2000000000ull /* ns for all that do not answer: other requests wait meanwhile */
#define SHARE (PATIENCE / 8)   /* of it, for each; */
#define LEAST 20000000ull      /* and so much when it is used up */

enum { REPORT_NONE, REPORT_WANTED, REPORT_GIVEN };

/* Asks and answers meet here: the monitors are processes, so the futex is a shared one. */
static void tell(struct family *f, int state)
{
    f->report_state = state;
    syscall(SYS_futex, &f->report_state, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* The text must fit; a list that is too long loses its last threads. */
static void write_report(struct family *f, json_t *threads)
{
    size_t length = sizeof f->report;

    while (length >= sizeof f->report) {
        length = json_dumpb(threads, f->report, sizeof f->report - 1, JSON_COMPACT | JSON_ENSURE_ASCII);
        if (length >= sizeof f->report && json_array_remove(threads, json_array_size(threads) - 1) != 0)
            length = 0;
    }
    f->report[length] = '\0';
}

void control_report(struct monitor *m)
{
    struct family *f = m->family;

    if (f->report_state != REPORT_WANTED || f->report_pid != m->process->pid)
        return;
    f->report[0] = '\0';
    if (checkpoint_stop(m, NULL) == 0) {
        json_t *threads = control_thread_list(m->process);
        checkpoint_resume(m);
        write_report(f, threads);
        json_decref(threads);
    }
    int wanted = REPORT_WANTED; /* who asked may have given up, and asked another */
    if (f->report_pid == m->process->pid && atomic_compare_exchange_strong(&f->report_state, &wanted, REPORT_GIVEN))
        tell(f, REPORT_GIVEN);
}

/* The threads of one process, or NULL: it did not answer in time, which *patience (ns) is less then. */
static json_t *ask(struct family *f, int pid, pid_t host, uint64_t *patience)
{
    uint64_t begin = clock_host(), now = begin, own = *patience < SHARE ? *patience : SHARE;

    own = own > LEAST ? own : LEAST;
    f->report_pid = pid;
    tell(f, REPORT_WANTED);
    if (kill(host, MAIL_SIGNAL) != 0)
        return NULL;
    while (f->report_state == REPORT_WANTED && now - begin < own) {
        struct timespec pause = timespec_of(LEAST);
        syscall(SYS_futex, &f->report_state, FUTEX_WAIT, REPORT_WANTED, &pause, NULL, 0);
        now = clock_host();
    }
    bool given = f->report_state == REPORT_GIVEN;
    if (!given)
        *patience -= now - begin < *patience ? now - begin : *patience;
    f->report_state = REPORT_NONE;
    json_t *threads = given ? json_loadb(f->report, strnlen(f->report, sizeof f->report), 0, NULL) : NULL;
    if (threads != NULL && !json_is_array(threads)) {
        json_decref(threads);
        threads = NULL;
    }
    return threads;
}

json_t *control_other_processes(struct control *c)
{
    struct family *f = c->m->family;
    json_t *list = json_array();
    uint64_t patience = PATIENCE;

    for (unsigned i = 0; i < f->rows; i++) {
        const struct family_process *row = &f->processes[i];
        family_lock(f);
        bool other = (row->state == PROCESS_RUNNING || row->state == PROCESS_STOPPED) && row->host > 0 &&
                     row->host != getpid();
        int pid = row->pid;
        pid_t host = row->host;
        bool stopped = c->paused || row->state == PROCESS_STOPPED;
        family_unlock(f);
        if (!other)
            continue;
        json_t *threads = stopped ? NULL : ask(f, pid, host, &patience);
        if (threads != NULL)
            json_array_append_new(list, json_pack("{s:i, s:o}", "pid", pid, "threads", threads));
        else
            json_array_append_new(list, json_pack("{s:i, s:s}", "pid", pid, "error",
                                                  stopped ? "it is stopped, and cannot tell where its threads are"
                                                          : "it did not tell in time where its threads are"));
    }
    return list;
}
