/* The figures of receipts. */
#include "hostvirt/receipt.h"
#include "hostvirt/clock.h"
#include "hostvirt/layout.h"
#include "hostvirt/snapshot.h"

#include <time.h>

/* The limits' watch adds a monitor's time to the family's a few times a second. */
static uint64_t cpu_time(const struct monitor *m)
{
    struct timespec own;
    uint64_t family = m->family->cpu_time;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own) != 0)
        return family;
    return timespec_ns(&own) > family ? timespec_ns(&own) : family;
}

void receipt_count(const struct monitor *m, struct receipt *out)
{
    const struct statistics *s = m->statistics;

    *out = (struct receipt){
        .cpu_ns = cpu_time(m),
        .exits_syscall = s->exits_syscall,
        .exits_patched = s->exits_patched,
        .exits_exception = s->exits_exception,
        .exits_kick = s->exits_kick,
        .exits_fault = s->exits_fault,
        .system_calls = s->unknown.count,
        .denied_calls = s->unknown.denied,
        .denied_files = s->denied_files,
        .denied_network = s->denied_network,
    };
    for (unsigned i = 0; i < STATISTICS_CALLS; i++) {
        out->system_calls += s->calls[i].count;
        out->denied_calls += s->calls[i].denied;
    }
}

int receipt_pages(const struct monitor *m, struct receipt *out)
{
    return snapshot_count_pages(m, &out->pages_read, &out->pages_written);
}

void receipt_add(struct receipt *to, const struct receipt *r)
{
#define FIGURE(name, text) to->name += r->name;
    RECEIPT_FIGURES(FIGURE)
#undef FIGURE
}

void receipt_subtract(struct receipt *from, const struct receipt *r)
{
#define FIGURE(name, text) from->name -= from->name > r->name ? r->name : from->name;
    RECEIPT_FIGURES(FIGURE)
#undef FIGURE
}

json_t *receipt_json(const struct receipt *r)
{
    json_t *out = json_object();
    bool good = out != NULL;

#define FIGURE(name, text) good = good && json_object_set_new(out, #name, json_integer((json_int_t)r->name)) == 0;
    RECEIPT_FIGURES(FIGURE)
#undef FIGURE
    if (good)
        return out;
    json_decref(out);
    return NULL;
}
