/* The monitor's side of the control socket: one thread that waits for requests, for the output of the guest's terminal
 * and for the end of stop's grace time.  It never runs guest code and blocks all signals but faults. */
#include "hostvirt/calls.h"
#include "hostvirt/checkpoint.h"
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"
#include "hostvirt/limits.h"
#include "hostvirt/monitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK_BYTES (256u << 10)

/* ---- events ------------------------------------------------------------------------------------------------------ */

void control_event(struct monitor *m, const char *kind, const char *format, ...)
{
    struct control *c = m->control;
    va_list arguments;

    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    struct control_event *e = &c->events[c->event_count % EVENTS_KEPT];
    e->sequence = ++c->event_count;
    clock_gettime(CLOCK_REALTIME, &e->time);
    snprintf(e->kind, sizeof e->kind, "%s", kind);
    va_start(arguments, format);
    vsnprintf(e->text, sizeof e->text, format, arguments);
    va_end(arguments);
    pthread_mutex_unlock(&c->lock);
}

/* ---- a connection ------------------------------------------------------------------------------------------------ */

static void serve(void *of, const struct arrival *from, json_t *request)
{
    struct control *c = of;
    char reason[512] = "this is no request: send a line {\"request\": NAME}";
    struct control_call call = {.c = c, .connection = from->connection, .request = request, .answer = json_object(),
                                .reason = reason, .bytes = sizeof reason};

    memcpy(call.passed, from->passed, sizeof call.passed);
    int error = json_is_object(request) ? control_answer(&call) : -EINVAL;
    if (!call.later)
        control_finish(from->connection, call.answer, error, reason);
    json_decref(request);
    json_decref(call.answer);
    control_close_passed(call.passed);
    if (!call.later && (!call.stream || error != 0))
        close(from->connection);
}


/* ---- the thread -------------------------------------------------------------------------------------------------- */

/* Milliseconds until the grace time of `stop` is over; then the guest is killed. */
static int look_at_grace(struct control *c)
{
    uint64_t now = clock_host();

    if (c->kill_at == 0)
        return -1;
    if (c->kill_at > now)
        return (int)((c->kill_at - now) / 1000000u) + 1;
    c->kill_at = 0;
    control_event(c->m, "killed", "it did not end in the grace time");
    process_exit_group(c->m->process, SIGKILL);
    return -1;
}

/* An owner says nothing more: what comes is its end. */
static void look_at_owner(struct control *c)
{
    char byte;

    if (recv(c->owner, &byte, 1, MSG_DONTWAIT) > 0)
        return;
    c->owner = -1;
    control_event(c->m, "killed", "whoever started it is gone");
    process_exit_group(c->m->process, SIGKILL);
}

/* The earlier of two time-outs of poll(2), -1: never. */
static int earlier(int a, int b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

enum { WAKE, LISTENER, TERMINAL, CONSOLE, OWNER, OWN };

static void *control_main(void *argument)
{
    struct control *c = argument;

    pthread_setname_np(pthread_self(), "control");
    monitor_wait_at_gate(c->m);
    if (c->begin != NULL)
        c->begin(c->m);
    for (;;) {
        int timeout = earlier(look_at_grace(c), arrivals_patience(&c->arrivals));
        struct pollfd polled[OWN + ARRIVALS_MOST] = {[WAKE] = {c->wake, POLLIN, 0},
                                                     [LISTENER] = {c->listener, POLLIN, 0},
                                                     [TERMINAL] = {c->terminal, POLLIN, 0},
                                                     [CONSOLE] = {c->console, POLLIN, 0},
                                                     [OWNER] = {c->owner, POLLIN, 0}};
        arrivals_poll(&c->arrivals, polled + OWN);
        if (poll(polled, OWN + c->arrivals.count, timeout) < 0)
            continue;
        if (polled[TERMINAL].revents != 0)
            control_terminal_output(c);
        if (polled[CONSOLE].revents != 0)
            control_terminal_input(c);
        if (polled[WAKE].revents != 0)
            break; /* control_stop */
        if (polled[OWNER].revents != 0)
            look_at_owner(c);
        arrivals_take(&c->arrivals, polled + OWN, serve, c);
        if (polled[LISTENER].revents != 0)
            arrivals_accept(&c->arrivals, c->listener);
    }
    if (c->terminal >= 0)
        control_terminal_output(c);
    return NULL;
}

/* In a monitor that fork made: the socket is the first one's; a copy of it must not keep the name alive. */
static void forget(void)
{
    struct control *c = the_monitor != NULL ? the_monitor->control : NULL;

    if (c == NULL)
        return;
    int own[] = {c->folder, c->listener, c->wake, c->terminal, c->log, c->end, c->console, c->owner};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] >= 0)
            close(own[i]);
    arrivals_leave(&c->arrivals);
    the_monitor->control = NULL; /* its memory stays: the thread that owned it does not exist here */
}

/* ---- start and end ----------------------------------------------------------------------------------------------- */

static void file_name(const struct control *c, const char *suffix, char name[96])
{
    snprintf(name, 96, "%.70s%s", c->name, suffix);
}

int control_serve(struct monitor *m)
{
    struct control *c = m->control;
    pthread_attr_t attributes;
    sigset_t all, before;

    sigfillset(&all);
    sigdelset(&all, SIGSEGV); /* uaccess.h: copies from guest memory */
    sigdelset(&all, SIGBUS);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&c->thread, &attributes, control_main, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    c->serving = error == 0;
    return -error;
}

static void free_control(struct control *c)
{
    int own[] = {c->folder, c->listener, c->wake, c->terminal, c->log, c->end, c->console};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] >= 0)
            close(own[i]);
    arrivals_close(&c->arrivals);
    pthread_mutex_destroy(&c->lock);
    munmap(c, sizeof *c);
}

int control_start(struct monitor *m, char *reason, size_t bytes)
{
    static bool handler; /* one per process, as pthread_atfork's own list is */
    /* Zeroes of the kernel's: most of it, the events, is never touched, and malloc would write them. */
    struct control *c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (c == MAP_FAILED) {
        snprintf(reason, bytes, "out of memory");
        return -ENOMEM;
    }
    c->m = m;
    c->folder = c->listener = c->wake = c->terminal = c->log = c->end = c->console = c->owner = -1;
    c->status = -1;
    pthread_mutex_init(&c->lock, NULL);
    if (m->policy->name != NULL)
        snprintf(c->name, sizeof c->name, "%s", m->policy->name);
    else
        snprintf(c->name, sizeof c->name, "isolate-%d", (int)getpid());
    int error = c->folder = control_open_folder(reason, bytes);
    if (error < 0) {
        free_control(c);
        return error;
    }
    error = c->listener = control_listen(c->folder, c->name);
    error = error < 0 ? error : 0;
    if (error == 0 && (c->wake = eventfd(0, EFD_CLOEXEC)) < 0)
        error = -errno;
    if (error == 0 && !handler && (error = -pthread_atfork(NULL, NULL, forget)) == 0)
        handler = true;
    if (error != 0) {
        if (error == -EADDRINUSE)
            snprintf(reason, bytes, "an isolate '%s' is running already; choose another name", c->name);
        else
            snprintf(reason, bytes, "cannot listen for requests: %s", strerror(-error));
        free_control(c);
        return error;
    }
    m->control = c;
    control_event(m, "started", "%s", m->process != NULL && m->process->program != NULL ? m->process->program : "");
    return 0;
}

static void wake(struct control *c)
{
    uint64_t one = 1;

    while (write(c->wake, &one, sizeof one) < 0 && errno == EINTR)
        ;
}

void control_set_status(struct monitor *m, int status)
{
    if (m->control != NULL)
        m->control->status = status;
}

void control_remove_name(struct monitor *m)
{
    char file[96];

    file_name(m->control, ".sock", file);
    unlinkat(m->control->folder, file, 0); /* where the wall forbids it, the next start or listing does it */
}

static void write_end(const struct control *c)
{
    char text[128];

    if (c->end < 0)
        return;
    int length =
        snprintf(text, sizeof text, "{\"status\": %d, \"time\": %lld}\n", (int)c->status, (long long)time(NULL));
    if (write(c->end, text, (size_t)length) != length)
        fprintf(stderr, "cloister: the end of '%s' could not be written down\n", c->name);
}

void control_abandon(struct monitor *m, int status)
{
    if (m->control == NULL)
        return;
    m->control->status = status;
    write_end(m->control);
    control_remove_name(m);
}

void control_stop(struct monitor *m)
{
    struct control *c = m->control;

    if (c == NULL)
        return;
    if (c->status < 0)
        c->status = 0;
    wake(c);
    if (c->serving)
        pthread_join(c->thread, NULL);
    bool finished = control_finish_saves(c);
    if (limits_reason(m) != NULL)
        calls_end(m, limits_reason(m)); /* other ends are told by the status */
    write_end(c);
    control_remove_name(m);
    m->control = NULL;
    if (finished) /* else a thread may still look at it, until the process ends */
        free_control(c);
}

const char *control_name(const struct monitor *m)
{
    return m->control != NULL ? m->control->name : "";
}

void control_set_snapshot(struct monitor *m, struct snapshot *s)
{
    if (m->control != NULL)
        m->control->snapshot = s;
}

int control_descriptors(const struct monitor *m, int list[CONTROL_DESCRIPTORS])
{
    const struct control *c = m->control;
    int count = 0;

    if (c == NULL)
        return 0;
    const int own[] = {c->folder, c->listener, c->wake, c->terminal, c->log, c->end};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i] >= 0)
            list[count++] = own[i];
    return count;
}

static int open_record(struct control *c, const char *suffix)
{
    char file[96];

    file_name(c, suffix, file);
    int fd = openat(c->folder, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : fd;
}

int control_keep_terminal(struct monitor *m, int master, char *reason, size_t bytes)
{
    struct control *c = m->control;

    c->log = open_record(c, ".log");
    c->end = c->log >= 0 ? open_record(c, ".end") : -1;
    if (c->end < 0 || fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) != 0) {
        snprintf(reason, bytes, "cannot keep the output of '%s': %s", c->name, strerror(errno));
        close(master);
        return -EIO;
    }
    c->terminal = master;
    return 0;
}

/* ---- standbys ---------------------------------------------------------------------------------------------------- */

void control_rename_own(struct monitor *m, const char *name)
{
    snprintf(m->control->name, sizeof m->control->name, "%s", name);
}

void control_give_terminal(struct monitor *m, int master, int log, int end)
{
    struct control *c = m->control;

    fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
    c->terminal = master;
    c->log = log;
    c->end = end;
}

void control_set_owner(struct monitor *m, int owner, void (*begin)(struct monitor *m))
{
    m->control->owner = owner;
    m->control->begin = begin;
}
