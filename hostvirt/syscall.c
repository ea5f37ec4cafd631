/* The table of system calls, made from syscalls.def, and the way from a guest's `syscall` to its handler: counting,
 * timing, the policy's rate, the trace of --trace-exits. */
#include "hostvirt/syscall.h"
#include "hostvirt/clock.h"
#include "hostvirt/limits.h"
#include "hostvirt/snapshot.h"
#include "hostvirt/sys_cloister.h"
#include "hostvirt/syscall_trace.h"

#include "include/cloister/hypercall.h"

#include <sys/syscall.h>
#include <x86intrin.h>

#define ROW(number_, name_, class_, arguments_)                                                                        \
    [number_] = {.name = #name_, .handler = sys_##name_, .class = CLASS_##class_, .arguments = arguments_},
#define REFUSED(number_, name_, error_)                                                                                \
    [number_] = {.name = #name_, .class = CLASS_REFUSED, .arguments = "aaaaaa", .answer = error_},

const struct syscall_row syscall_table[SYSCALL_TABLE_SIZE] = {
#include "hostvirt/syscalls.def"
};

#undef ROW
#undef REFUSED

_Static_assert(STATISTICS_CALLS == SYSCALL_TABLE_SIZE, "each call has its statistics");

/* A point in time in units that elapsed_ns() understands. */
static uint64_t now(const struct platform *p)
{
    return platform_rate(p) != 0 ? __rdtsc() : clock_host();
}

static uint64_t elapsed_ns(const struct platform *p, uint64_t since)
{
    uint64_t elapsed = now(p) - since;

    return platform_rate(p) != 0 ? (uint64_t)((unsigned __int128)elapsed * 1000000u / platform_rate(p)) : elapsed;
}

static void count_call(struct call_statistics *s, uint64_t ns)
{
    atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&s->time, ns, memory_order_relaxed);
}

/* SIGPIPE is blocked in the monitor, so the host leaves it pending on the thread whose write found no reader: the guest
 * gets it exactly when Linux would send it, MSG_NOSIGNAL included. */
static void forward_pipe_signal(struct thread *t)
{
    static const struct timespec at_once;
    siginfo_t info = {.si_signo = SIGPIPE, .si_code = SI_USER};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    if (sigtimedwait(&set, NULL, &at_once) != SIGPIPE)
        return;
    info.si_pid = t->process->pid;
    info.si_uid = 1000;
    signal_thread(t, &info);
}

static int64_t make_call(struct thread *t, const struct call *c, const struct syscall_row *row)
{
    struct monitor *m = t->process->monitor;

    if (c->number >= CLOISTER_CALL_FIRST && c->number < CLOISTER_CALL_END)
        return cloister_hypercall(t, c);
    if (row == NULL || row->handler == NULL)
        return row != NULL && row->answer != 0 ? -row->answer : -ENOSYS;
    /* A handler may wait for long: what others wait for is given back first. */
    if (m->vcpu_waiters != 0 || c->number == SYS_execve) /* execve replaces what the vCPU holds */
        thread_release_vcpu(t);
    int64_t result = row->handler(t, c);
    if (result == -EPIPE)
        forward_pipe_signal(t);
    if (result == -EFAULT) /* not the guest's mistake when the snapshot's file has lost the page */
        snapshot_lost(m);
    return result;
}

int64_t syscall_dispatch(struct thread *t, const struct call *c)
{
    struct monitor *m = t->process->monitor;
    const struct syscall_row *row = c->number < SYSCALL_TABLE_SIZE ? &syscall_table[c->number] : NULL;
    struct call_statistics *s = row != NULL && row->name != NULL ? &m->statistics->calls[c->number]
                                                                 : &m->statistics->unknown;

    if (m->policy->syscall_rate != 0 && !limits_call_allowed(m) && t->wanted)
        return SYS_RESTART_ALWAYS;
    if (!t->restarting)
        t->deadline = 0;
    if (m->policy->trace_exits)
        trace_call(t, c, row); /* before: the call may not come back, or change what its arguments point to */
    uint64_t begin = now(&m->platform);
    int64_t result = make_call(t, c, row);
    count_call(s, elapsed_ns(&m->platform, begin));
    if (row == NULL ? result == -ENOSYS : row->handler == NULL)
        atomic_fetch_add_explicit(&s->denied, 1, memory_order_relaxed);
    if (m->policy->trace_exits)
        trace_result(t, c, row, result);
    return result;
}
