/* A child of the zygote: a clone from its first moment, or a standby that becomes one. */
#include "hostvirt/cache.h"
#include "hostvirt/clock.h"
#include "hostvirt/guestsignal.h"
#include "hostvirt/limits.h"
#include "hostvirt/monitor.h"
#include "hostvirt/snapshot.h"
#include "hostvirt/zygote_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define BACKGROUND_NICE 10

struct child {
    struct monitor m;
    struct zygote *z;
    int channel;    /* -1 once it is a clone */
    int connection; /* to the client; -1: none yet, or not needed any more */
    int terminal;   /* master side of its own; -1: none */
    int held;       /* the other side, so that it is not hung up under a clone that does not use it; -1 */
    int priority;
    struct handover now;
    uint64_t at[STEPS];
};

/* One per process, as the monitor in it is: the first exit's hook has no other way to it. */
static struct child *the_child;

static void mark(struct child *c, enum clone_step step)
{
    c->at[step] = clock_host();
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static json_t *times(const struct child *c)
{
    static const char *const names[] = {
#define STEP(name, text) #name "_ns",
        CLONE_STEPS(STEP)
#undef STEP
    };
    json_t *steps = json_object();
    uint64_t last = c->now.asked;

    for (unsigned i = 0; i < STEPS; i++) {
        if (c->at[i] <= last)
            continue; /* a standby had it done already */
        json_object_set_new(steps, names[i], json_integer((json_int_t)(c->at[i] - last)));
        last = c->at[i];
    }
    return json_pack("{s:b, s:o, s:I}", "standby", c->now.sent != 0, "steps", steps, "total_ns",
                     (json_int_t)(last - c->now.asked));
}

static void answer(struct child *c)
{
    json_t *text = json_pack("{s:s, s:i, s:I}", "name", control_name(&c->m), "pid", (int)getpid(), "clone_number",
                             (json_int_t)c->m.family->clone_number);

    if (c->now.timed)
        json_object_set_new(text, "times", times(c));
    control_finish(c->connection, text, 0, NULL);
    json_decref(text);
    if (c->now.detached) {
        close(c->connection);
        c->connection = -1;
    }
}

/* On the control thread, which has time for it. */
static void answer_first(struct monitor *m)
{
    if (!the_child->now.timed)
        answer(the_child);
}

static void answer_exited(struct monitor *m)
{
    mark(the_child, STEP_exit);
    answer(the_child);
}

/* It cannot become a clone: told to whoever waits for it. */
static _Noreturn void give_up(struct child *c, int error, const char *reason)
{
    control_stop(&c->m);
    if (c->connection >= 0) {
        json_t *text = json_object();
        control_finish(c->connection, text, error, reason);
        json_decref(text);
    } else if (send(c->channel, reason, strlen(reason), MSG_NOSIGNAL) < 0) {
        _exit(1); /* the zygote is gone */
    }
    policy_free(c->z->policy);
    _exit(1);
}

/* ---- preparation ------------------------------------------------------------------------------------------------- */

/* What is the zygote's own, and other children's. */
static void leave_zygote(struct zygote *z)
{
    for (unsigned i = 0; i < z->count; i++)
        close(z->seats[i].channel);
    arrivals_leave(&z->arrivals);
    close(z->listener);
    close(z->folder);
    close(z->signals);
    if (z->private >= 0)
        close(z->private);
    pthread_sigmask(SIG_SETMASK, &z->mask, NULL);
    setsid(); /* signals of the zygote's terminal are not for it */
}

static bool may_rise(void)
{
    cap_flag_value_t has = CAP_CLEAR;
    cap_t own = cap_get_proc();

    if (own != NULL)
        cap_get_flag(own, CAP_SYS_NICE, CAP_EFFECTIVE, &has);
    cap_free(own);
    return has == CAP_SET;
}

/* Standbys are made while nothing else wants the processor, where the way back up is allowed. */
static void to_background(struct child *c)
{
    c->priority = getpriority(PRIO_PROCESS, 0);
    if (may_rise())
        setpriority(PRIO_PROCESS, 0, c->priority + BACKGROUND_NICE);
}

static int streams_for_start(struct child *c, const int passed[CONTROL_PASSED], char *reason, size_t bytes)
{
    if (c->channel < 0 && !c->now.detached) {
        for (int i = 0; i < 3; i++)
            if (dup2(passed[i + 1], i) < 0)
                return -errno;
        return 0;
    }
    c->terminal = monitor_terminal();
    if (c->terminal < 0) {
        snprintf(reason, bytes, "cannot make a terminal for the clone: %s", strerror(-c->terminal));
        return c->terminal;
    }
    if (c->channel >= 0)
        c->held = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    return 0;
}

static int name_for_start(struct child *c)
{
    struct policy *p = c->z->policy;
    char standby[32];

    snprintf(standby, sizeof standby, CONTROL_STANDBY, (int)getpid());
    const char *name = c->channel >= 0 ? standby : c->now.name[0] != '\0' ? c->now.name : NULL;
    free(p->name);
    p->name = name != NULL ? strdup(name) : NULL;
    return name != NULL && p->name == NULL ? -ENOMEM : 0;
}

static void prepare(struct child *c, uint64_t clone_number, int passed[CONTROL_PASSED])
{
    bool standby = c->channel >= 0;
    char reason[512] = "out of memory";
    int error = streams_for_start(c, passed, reason, sizeof reason);

    if (error == 0)
        error = name_for_start(c);
    c->m.platform = c->z->platform;
    c->m.rules = c->z->rules;
    c->m.gate = 1;
    if (error == 0)
        error = snapshot_restore(&c->m, c->z->snapshot, c->z->policy, clone_number, reason, sizeof reason);
    if (error == 0 && c->z->policy->cache != NULL)
        error = cache_open(&c->m.cache, c->z->policy->cache, c->z->policy->cache_size, reason, sizeof reason);
    mark(c, STEP_restore);
    if (standby)
        setpriority(PRIO_PROCESS, 0, c->priority); /* threads have that of their maker */
    if (error == 0)
        error = monitor_enclose(&c->m, standby ? -1 : c->terminal, standby ? c->channel : c->connection, standby,
                                reason, sizeof reason);
    mark(c, STEP_enclose);
    if (error == 0 && standby && (error = snapshot_warm(&c->m)) != 0)
        snprintf(reason, sizeof reason, "cannot make the clone's virtual processor: %s", strerror(-error));
    mark(c, STEP_warm);
    if (error != 0)
        give_up(c, error, reason);
}

/* ---- becoming a clone -------------------------------------------------------------------------------------------- */

/* The zygote has ended. */
static _Noreturn void leave(struct child *c)
{
    control_remove_name(&c->m);
    _exit(1);
}

/* Waits for the word to start; ends with the zygote. */
static void wait_for_handover(struct child *c, int passed[CONTROL_PASSED])
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(CONTROL_PASSED * sizeof(int))];
    } control;
    struct iovec part = {&c->now, sizeof c->now};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got;

    if (send(c->channel, READY_WORD, sizeof READY_WORD - 1, MSG_NOSIGNAL) < 0)
        leave(c);
    do
        got = recvmsg(c->channel, &m, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof c->now)
        leave(c);
    mark(c, STEP_take);
    control_take_descriptors(&m, passed);
    close(c->channel);
    c->channel = -1;
    c->connection = passed[0];
}

static int become(struct child *c, const int passed[CONTROL_PASSED])
{
    struct policy *p = c->z->policy;
    char own[32];
    int error = 0;

    snprintf(own, sizeof own, "isolate-%d", (int)getpid());
    free(p->name);
    p->name = strcmp(c->now.name, own) != 0 ? strdup(c->now.name) : NULL;
    control_rename_own(&c->m, c->now.name);
    if (c->now.detached) {
        control_give_terminal(&c->m, c->terminal, passed[1], passed[2]);
        close(c->held);
    } else {
        error = snapshot_streams(&c->m, passed + 1);
    }
    return error;
}

static void enter(struct child *c, bool was_standby, const int passed[CONTROL_PASSED])
{
    char reason[512] = "";
    int error = was_standby ? become(c, passed) : 0;

    if (error != 0)
        snprintf(reason, sizeof reason, "cannot give the clone its standard streams: %s", strerror(-error));
    for (int i = 1; i < CONTROL_PASSED && !c->now.detached; i++)
        close(passed[i]);
    c->m.started = clock_host();
    control_set_owner(&c->m, c->now.detached ? -1 : c->connection, answer_first);
    if (c->now.timed)
        c->m.exited = answer_exited;
    if (error == 0)
        error = snapshot_enter(&c->m, reason, sizeof reason);
    if (error != 0)
        give_up(c, error, reason);
    mark(c, STEP_enter);
    monitor_open_gate(&c->m);
}

/* Tells the client how it ended, after the name has been given back. */
static _Noreturn void end(struct child *c, int status)
{
    limits_stop(&c->m);
    control_set_status(&c->m, status);
    control_stop(&c->m);
    if (limits_reason(&c->m) != NULL)
        fprintf(stderr, "cloister: %s\n", limits_reason(&c->m));
    if (c->m.exited != NULL && c->connection >= 0)
        answer_exited(&c->m); /* it ended before its first exit */
    if (c->connection >= 0) {
        char line[48];
        int length = snprintf(line, sizeof line, "{\"status\": %d}\n", status);
        send(c->connection, line, (size_t)length, MSG_NOSIGNAL); /* a client that is gone needs no word */
    }
    policy_scratch_remove(c->z->policy);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

_Noreturn void zygote_child(struct zygote *z, int channel, uint64_t clone_number, const struct handover *now,
                            int passed[CONTROL_PASSED])
{
    static struct child c; /* the_child */
    int received[CONTROL_PASSED] = {-1, -1, -1, -1};
    bool standby = now == NULL;

    the_child = &c;
    c.z = z;
    c.channel = channel;
    c.connection = c.terminal = c.held = -1;
    if (!standby) {
        c.now = *now;
        c.connection = passed[0];
    }
    leave_zygote(z);
    if (standby) {
        to_background(&c);
        passed = received;
    }
    mark(&c, STEP_fork);
    prepare(&c, clone_number, passed);
    if (standby)
        wait_for_handover(&c, passed);
    c.at[STEP_request] = c.now.received;
    c.at[STEP_name] = c.now.sent;
    enter(&c, standby, passed);
    end(&c, monitor_run(&c.m));
}
