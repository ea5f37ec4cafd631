/* The last steps before a guest's first instruction (monitor.h). */
#include "hostvirt/monitor.h"

#include "hostvirt/cgroup.h"
#include "hostvirt/calls.h"
#include "hostvirt/control.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/limits.h"
#include "hostvirt/snapshot_private.h"
#include "hostvirt/memory.h"
#include "hostvirt/vdso.h"
#include "hostvirt/wall.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KEPT_DESCRIPTORS 256  /* what snapshots and the control socket need behind the wall */

int monitor_terminal(void)
{
    char name[64];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct winsize size = {.ws_row = 24, .ws_col = 80};

    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof name) != 0)
        return -errno;
    ioctl(master, TIOCSWINSZ, &size);
    int slave = open(name, O_RDWR | O_CLOEXEC); /* becomes the session's terminal: it has none yet */
    if (slave < 0)
        return -errno;
    for (int i = 0; i < 3; i++)
        if (dup2(slave, i) < 0)
            return -errno;
    close(slave);
    return master;
}

static int build_wall(struct monitor *m, int kept, char *reason, size_t bytes)
{
    int keep[KEPT_DESCRIPTORS + CALLS_BROUGHT + 2];
    int count = control_descriptors(m, keep);
    count += calls_descriptors(m, keep + count);
    int more = snapshot_prepare(m, keep + count, KEPT_DESCRIPTORS + CALLS_BROUGHT - (size_t)count);

    if (more < 0) {
        snprintf(reason, bytes, "cannot prepare for snapshots: %s", strerror(-more));
        return more;
    }
    count += more;
    if (kept >= 0)
        keep[count++] = kept;
    keep[count] = -1;
    bool ahead = m->rules != 0 && !m->names_scoped;
    if (m->rules > 0 && !ahead)
        close(m->rules); /* made for one whose names are not scoped */
    int rules = ahead ? m->rules : wall_rules(m->policy, keep, m->names_scoped, reason, bytes);
    return wall_prepare(rules, reason, bytes);
}

/* The thread that made it, and had what the wall takes away, has ended then.  It has also found the counter's rate; a
 * restored guest's clock goes on later (snapshot_enter). */
static int wait_for_vm(struct monitor *m, char *reason, size_t bytes)
{
    int error = vm_ready(m->process->memory->vm);

    if (error != 0)
        snprintf(reason, bytes, "KVM cannot make the virtual machine: %s; 'cloister check' tells what it can",
                 strerror(-error));
    else if (m->snapshots == NULL || m->snapshots->from == NULL)
        vdso_update(m);
    return error;
}

/* The threads that work beside the guest, then the filter for all of them. */
static int start_threads(struct monitor *m, bool standby, char *reason, size_t bytes)
{
    int error = control_serve(m);

    if (error == 0)
        error = signal_forward_host(m);
    if (error == 0)
        error = limits_start(m);
    if (error == 0 && standby)
        error = snapshot_park_threads(m);
    if (error != 0) {
        snprintf(reason, bytes, "cannot start the monitor's threads: %s", strerror(-error));
        return error;
    }
    error = wall_close(m->policy, reason, bytes);
    signal_forward_wait(m); /* it has begun meanwhile */
    return error == 0 ? wait_for_vm(m, reason, bytes) : error;
}

/* Copies that fork makes may lose the monitor that has made them, and be killed later: then the first one is told. */
static int adopt_orphans(const struct policy *p, char *reason, size_t bytes)
{
    if (!p->fork || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
        return 0;
    int error = -errno;
    snprintf(reason, bytes, "cannot look after the isolate's processes: %s", strerror(-error));
    return error;
}

int monitor_enclose(struct monitor *m, int terminal, int kept, bool standby, char *reason, size_t bytes)
{
    int error = cgroup_join(m->policy, reason, bytes);

    if (error == 0)
        error = adopt_orphans(m->policy, reason, bytes);
    if (error == 0)
        error = control_start(m, reason, bytes);
    if (error == 0 && terminal >= 0)
        error = control_keep_terminal(m, terminal, reason, bytes);
    if (error == 0 && m->snapshots != NULL)
        control_set_snapshot(m, m->snapshots->from);
    if (error == 0 && (error = limits_prepare(m)) != 0)
        snprintf(reason, bytes, "out of memory");
    if (error == 0)
        error = build_wall(m, kept, reason, bytes);
    return error == 0 ? start_threads(m, standby, reason, bytes) : error;
}

/* ---- the gate ---------------------------------------------------------------------------------------------------- */

void monitor_wait_at_gate(struct monitor *m)
{
    if (m->gate == 0)
        return;
    while (m->gate != 0)
        syscall(SYS_futex, &m->gate, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
    syscall(SYS_futex, &m->gate, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void monitor_open_gate(struct monitor *m)
{
    m->gate = 0;
    syscall(SYS_futex, &m->gate, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
