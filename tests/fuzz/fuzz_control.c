/* libFuzzer target: requests on the control socket, with descriptors, to an isolate whose threads stand still.  Whatever
 * comes, the answer is one line of JSON that says whether it is ok, or the connection is closed.
 * The first byte: bits 0-1: how many descriptors come with the request; bit 2: rbp points to the second part of the
 * input, which ends at a NUL byte; the rest is what the client sends. */
#include "tests/fuzz/fuzz_guest.h"

#include "hostvirt/control.c" /* serve() */

#include "hostvirt/snapshot.h"
#include "hostvirt/uaccess.h"

#include <pty.h>
#include <sys/mman.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
int __wrap_snapshot_save_at_checkpoint(struct monitor *m, int host, const struct save_options *o, uint64_t patience,
                                       char *reason, size_t bytes);

/* Nobody asks for a checkpoint here. */
int __wrap_snapshot_save_at_checkpoint(struct monitor *m, int host, const struct save_options *o, uint64_t patience,
                                       char *reason, size_t bytes)
{
    snprintf(reason, bytes, "no checkpoint");
    return -ETIMEDOUT;
}

static struct control control; /* of the isolate; made once, its memory is large */

static void send_request(int to, const uint8_t *data, size_t bytes, unsigned descriptors)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(3 * sizeof(int))];
    } space = {0};
    struct iovec part = {(void *)(uintptr_t)data, bytes};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    int passed[3];

    for (unsigned i = 0; i < descriptors; i++)
        passed[i] = memfd_create("passed", MFD_CLOEXEC);
    if (descriptors > 0) {
        m.msg_control = &space;
        m.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
        struct cmsghdr *h = CMSG_FIRSTHDR(&m);
        h->cmsg_level = SOL_SOCKET;
        h->cmsg_type = SCM_RIGHTS;
        h->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
        memcpy(CMSG_DATA(h), passed, descriptors * sizeof(int));
    }
    if (bytes > 0 && sendmsg(to, &m, MSG_NOSIGNAL) != (ssize_t)bytes)
        abort();
    shutdown(to, SHUT_WR);
    for (unsigned i = 0; i < descriptors; i++)
        close(passed[i]);
}

/* As when it had been accepted; the sender has shut it down, so it is answered or closed. */
static void arrive(int connection)
{
    struct arrivals a = {.list = {{.connection = connection, .deadline = UINT64_MAX}}, .count = 1};
    const struct pollfd polled = {connection, POLLIN, POLLIN};

    for (unsigned i = 0; i < CONTROL_PASSED; i++)
        a.list[0].passed[i] = -1;
    while (a.count > 0)
        arrivals_take(&a, &polled, serve, &control);
}

static void check_answer(int from)
{
    static char answer[1 << 20];
    size_t used = 0;
    ssize_t n;

    while (used < sizeof answer && (n = recv(from, answer + used, sizeof answer - used, MSG_DONTWAIT)) > 0)
        used += (size_t)n;
    if (used == 0)
        return;
    json_t *parsed = answer[used - 1] == '\n' ? json_loadb(answer, used - 1, 0, NULL) : NULL;
    const json_t *ok = json_object_get(parsed, "ok");
    if (!json_is_boolean(ok) || (json_is_false(ok) && json_string_length(json_object_get(parsed, "error")) == 0))
        abort();
    json_decref(parsed);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    int slave;

    guest_start();
    control.m = the_monitor;
    control.folder = control.listener = control.wake = control.log = control.end = control.console = -1;
    control.status = -1;
    pthread_mutex_init(&control.lock, NULL);
    strcpy(control.name, "fuzz");
    if (openpty(&control.terminal, &slave, NULL, NULL, NULL) != 0 ||
        fcntl(control.terminal, F_SETFL, O_NONBLOCK) != 0)
        abort();
    the_monitor->control = &control;
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    int ends[2], large = 1 << 20;

    if (bytes < 1 || bytes > CONTROL_LINE + 16 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    struct thread *t = guest_begin();
    t->parked = true;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large);
    setsockopt(ends[1], SOL_SOCKET, SO_SNDBUFFORCE, &large, sizeof large);
    const uint8_t *line = data + 1, *end = data + bytes, *frames = memchr(line, 0, (size_t)(end - line));
    if (data[0] & 4 && frames != NULL) {
        t->cpu.regs.rbp = SCRATCH;
        copy_out(SCRATCH, frames, (size_t)(end - frames));
    }
    send_request(ends[1], line, (size_t)(end - line), data[0] & 3);
    arrive(ends[0]);
    check_answer(ends[1]);
    close(ends[1]);
    if (control.console >= 0)
        control_terminal_input(&control);
    if (control.console >= 0)
        close(control.console);
    control.console = -1;
    control_resume(&control);
    control.kill_at = 0;
    t->process->exiting = false;
    guest_end(t);
    return 0;
}
