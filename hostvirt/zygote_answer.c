/* What a zygote answers. */
#include "hostvirt/clock.h"
#include "hostvirt/snapshot.h"
#include "hostvirt/zygote_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
    struct zygote *z;
    const json_t *json;
    json_t *answer;
    int passed[CONTROL_PASSED + 1]; /* the connection, then what came with it */
    bool given;                     /* a clone answers */
    char *reason;
    size_t bytes;
};

static int refuse(struct request *r, int error, const char *sentence)
{
    snprintf(r->reason, r->bytes, "%s", sentence);
    return error;
}

/* ---- clones ------------------------------------------------------------------------------------------------------ */

static int send_handover(int channel, const struct handover *h, const int passed[CONTROL_PASSED], unsigned count)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(CONTROL_PASSED * sizeof(int))];
    } control = {0};
    struct iovec part = {(void *)(uintptr_t)h, sizeof *h};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                       .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *header = CMSG_FIRSTHDR(&m);

    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(header), passed, count * sizeof(int));
    return sendmsg(channel, &m, MSG_NOSIGNAL) == (ssize_t)sizeof *h ? 0 : -errno;
}

static int open_record(const struct zygote *z, const char *name, const char *suffix)
{
    char file[96];

    snprintf(file, sizeof file, "%.70s%s", name, suffix);
    return openat(z->folder, file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* A standby's socket gets the clone's name.  One that is called by its process takes nobody's. */
static int name_standby(struct request *r, pid_t pid, struct handover *h)
{
    char from[40], from_file[48], file[96];
    int error;

    snprintf(from, sizeof from, CONTROL_STANDBY, (int)pid);
    if (h->name[0] != '\0') {
        error = control_rename(r->z->folder, from, h->name);
    } else {
        snprintf(h->name, sizeof h->name, "isolate-%d", (int)pid);
        snprintf(from_file, sizeof from_file, "%s.sock", from);
        snprintf(file, sizeof file, "%.70s.sock", h->name);
        error = renameat(r->z->folder, from_file, r->z->folder, file) != 0 ? -errno : 0;
    }
    if (error == -EADDRINUSE)
        snprintf(r->reason, r->bytes, "an isolate '%s' is running already; choose another name", h->name);
    else if (error != 0)
        snprintf(r->reason, r->bytes, "cannot name the clone: %s", strerror(-error));
    return error;
}

/* It ends by itself when its channel is closed, and keeps its seat until then. */
static void lose_standby(struct zygote *z, unsigned index, const char *name)
{
    char file[96];

    snprintf(file, sizeof file, "%.70s.sock", name);
    unlinkat(z->folder, file, 0);
    close(z->seats[index].channel);
    z->seats[index].channel = -1;
    z->seats[index].ready = false;
}

/* Gives the clone to a standby.  -EAGAIN: there is none that could take it. */
static int from_standby(struct request *r, const struct handover *asked)
{
    struct zygote *z = r->z;
    unsigned i = 0;

    while (i < z->count && !z->seats[i].ready)
        i++;
    if (i == z->count)
        return -EAGAIN;
    struct handover h = *asked;
    int error = name_standby(r, z->seats[i].pid, &h);
    if (error != 0)
        return error;
    if (h.detached) {
        for (int k = 1; k <= 2; k++) /* the client's, or those of a standby that was lost */
            if (r->passed[k] >= 0)
                close(r->passed[k]);
        r->passed[1] = open_record(z, h.name, ".log");
        r->passed[2] = open_record(z, h.name, ".end");
        if (r->passed[1] < 0 || r->passed[2] < 0) {
            lose_standby(z, i, h.name);
            return refuse(r, -EIO, "cannot keep the clone's output in the runtime folder");
        }
    }
    h.sent = clock_host();
    error = send_handover(z->seats[i].channel, &h, r->passed, h.detached ? 3 : 4);
    if (error != 0) {
        lose_standby(z, i, h.name);
        return from_standby(r, asked);
    }
    zygote_drop_seat(z, i);
    z->from_standbys++;
    return 0;
}

static int answer_clone(struct request *r)
{
    struct handover h = {.received = clock_host(),
                         .detached = json_is_true(json_object_get(r->json, "detach")),
                         .timed = json_is_true(json_object_get(r->json, "timed")),
                         .asked = (uint64_t)json_integer_value(json_object_get(r->json, "asked"))};
    const char *name = json_string_value(json_object_get(r->json, "name"));

    if (name != NULL && !control_name_valid(name))
        return refuse(r, -EINVAL, "that is no name for an isolate: letters, digits, '.', '_' and '-', at most 64");
    if (!h.detached && r->passed[3] < 0)
        return refuse(r, -EINVAL, "a clone that is not detached needs three descriptors for its standard streams");
    snprintf(h.name, sizeof h.name, "%s", name != NULL ? name : "");
    if (h.asked == 0 || h.asked > h.received)
        h.asked = h.received;
    int error = from_standby(r, &h);
    if (error == -EAGAIN) {
        pid_t child = zygote_fork(r->z, &h, r->passed, r->reason, r->bytes);
        error = child < 0 ? child : 0;
    }
    if (error != 0)
        return error;
    r->z->clones++;
    r->z->running++;
    r->given = true;
    return 0;
}

/* ---- the zygote itself ------------------------------------------------------------------------------------------- */

static int answer_ping(struct request *r)
{
    json_object_set_new(r->answer, "name", json_string(r->z->name));
    json_object_set_new(r->answer, "pid", json_integer(getpid()));
    return 0;
}

static int answer_stat(struct request *r)
{
    const struct zygote *z = r->z;
    struct timespec cpu;
    unsigned ready = 0;

    for (unsigned i = 0; i < z->count; i++)
        ready += z->seats[i].ready;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    json_t *own = json_pack("{s:s, s:i, s:s, s:s, s:I, s:I, s:i, s:i, s:I, s:I, s:I, s:i, s:i, s:s}", "name", z->name,
                            "pid", (int)getpid(), "state", "zygote", "program", snapshot_path(z->snapshot), "uptime_ns",
                            (json_int_t)(clock_host() - z->started), "cpu_time_ns", (json_int_t)timespec_ns(&cpu),
                            "processes", 1, "threads", 1, "clones", (json_int_t)z->clones, "clones_from_standbys",
                            (json_int_t)z->from_standbys, "clones_running", (json_int_t)z->running, "standbys",
                            (int)ready, "standbys_wanted", (int)z->wanted, "failure", z->failure);
    if (own == NULL)
        return refuse(r, -ENOMEM, "out of memory");
    json_object_update(r->answer, own);
    json_decref(own);
    return 0;
}

static int answer_end(struct request *r)
{
    r->z->ending = true;
    return 0;
}

static const struct {
    const char *name;
    int (*answer)(struct request *r);
} requests[] = {
    {"clone", answer_clone}, {"ping", answer_ping}, {"stat", answer_stat}, {"stop", answer_end}, {"kill", answer_end},
};

static int answer_request(struct request *r)
{
    const char *name = json_string_value(json_object_get(r->json, "request"));

    for (size_t i = 0; name != NULL && i < sizeof requests / sizeof requests[0]; i++)
        if (strcmp(requests[i].name, name) == 0)
            return requests[i].answer(r);
    snprintf(r->reason, r->bytes,
             "'%s' is a zygote, which runs no program: it makes clones ('cloister clone --zygote %s'), "
             "and ps, stat, stop, kill and rm know it",
             r->z->name, r->z->name);
    return -EINVAL;
}

void zygote_answer(struct zygote *z, const struct arrival *from, json_t *request)
{
    char reason[512] = "this is no request: send a line {\"request\": NAME}";
    struct request r = {.z = z, .json = request, .answer = json_object(), .passed = {from->connection},
                        .reason = reason, .bytes = sizeof reason};

    memcpy(r.passed + 1, from->passed, sizeof from->passed);
    int error = json_is_object(request) ? answer_request(&r) : -EINVAL;
    if (!r.given)
        control_finish(from->connection, r.answer, error, reason);
    json_decref(request);
    json_decref(r.answer);
    control_close_passed(r.passed + 1);
    close(from->connection);
}
