/* What was counted, as JSON. */
#include "hostvirt/calls.h"
#include "hostvirt/clock.h"
#include "hostvirt/control_private.h"
#include "hostvirt/identity.h"
#include "hostvirt/receipt.h"
#include "hostvirt/syscall.h"

#include <unistd.h>

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *one_call(const char *name, const struct call_statistics *s)
{
    return json_pack("{s:s, s:o, s:o, s:o}", "name", name, "count", number(s->count), "time_ns", number(s->time),
                     "denied", number(s->denied));
}

static json_t *calls(const struct statistics *s)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < STATISTICS_CALLS; i++)
        if (s->calls[i].count != 0)
            json_array_append_new(list, one_call(syscall_table[i].name, &s->calls[i]));
    if (s->unknown.count != 0)
        json_array_append_new(list, one_call("(unknown)", &s->unknown));
    return list;
}

/* exec replaces it under the lock. */
static json_t *program_name(struct process *p)
{
    pthread_mutex_lock(&p->lock);
    json_t *name = json_string(p->program != NULL ? p->program : "");
    pthread_mutex_unlock(&p->lock);
    return name != NULL ? name : json_string("?"); /* no text in UTF-8 */
}

json_t *control_statistics(struct control *c)
{
    char host[GUEST_HOSTNAME_BYTES];
    struct monitor *m = c->m;
    const struct statistics *s = m->statistics;
    const struct policy *p = m->policy;
    struct receipt counted;
    json_t *program = program_name(m->process);
    receipt_count(m, &counted);
    json_t *out = json_pack("{s:s, s:i, s:s, s:o, s:o, s:o, s:i, s:i}", "name", c->name, "pid", (int)getpid(), "state",
                            m->process->exiting ? "ending"
                            : c->paused         ? "paused"
                                                : "running",
                            "program", program, "uptime_ns", number(clock_host() - m->started), "cpu_time_ns",
                            number(counted.cpu_ns), "processes", (int)family_running(m->family), "threads",
                            (int)m->family->threads);

    if (out == NULL)
        return NULL;
    if (p->title != NULL)
        json_object_set_new(out, "title", json_string(p->title));
    json_object_set_new(out, "clone_number", number(m->family->clone_number));
    json_object_set_new(out, "hostname", json_string(guest_hostname(m, host)));
    json_object_set_new(out, "memory",
                        json_pack("{s:o, s:o, s:o}", "limit", number(m->family->memory_limit), "committed",
                                  number(m->family->committed), "windows", number(s->windows)));
    json_object_set_new(out, "exits",
                        json_pack("{s:o, s:o, s:o, s:o, s:o}", "syscall", number(counted.exits_syscall), "patched",
                                  number(counted.exits_patched), "exception", number(counted.exits_exception), "kick",
                                  number(counted.exits_kick), "fault", number(counted.exits_fault)));
    json_object_set_new(out, "denied",
                        json_pack("{s:o, s:o, s:o}", "files", number(counted.denied_files), "network",
                                  number(counted.denied_network), "calls", number(counted.denied_calls)));
    json_object_set_new(out, "limits",
                        json_pack("{s:i, s:o, s:o, s:i, s:i, s:o, s:i}", "cpus", (int)p->cpus, "cpu_time_ns",
                                  number(p->cpu_time), "wall_time_ns", number(p->wall_time), "threads", (int)p->threads,
                                  "descriptors", (int)p->descriptors, "disk", number(p->disk_written), "syscall_rate",
                                  (int)p->syscall_rate));
    json_object_set_new(out, "vcpus", number(s->vcpus));
    json_object_set_new(out, "signals", number(s->signals));
    json_object_set_new(out, "disk_written", number(m->family->disk_written));
    json_object_set_new(out, "calls", calls(s));
    json_object_set_new(out, "receipts", calls_receipts(m));
    return out;
}
