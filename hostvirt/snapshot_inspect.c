/* What a snapshot says of itself, for people and for scripts; and the policy that it was saved under. */
#include "hostvirt/policy_private.h"
#include "hostvirt/snapshot_private.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const kind_names[FILE_KINDS] = {
    "file", "folder", "path", "pipe", "fifo", "socket", "eventfd", "timerfd", "signalfd", "epoll", "inotify",
    "emulated file", "emulated folder", "null", "zero", "full", "random", "standard stream", "memory file", "pidfd",
    "terminal",
};

static uint64_t own_pages(const struct snapshot *s, bool own)
{
    uint64_t pages = 0;

    for (size_t i = 0; i < s->run_count; i++)
        if ((s->runs[i].layer == 0) == own)
            pages += s->runs[i].pages;
    return pages;
}

static const char *baseline_name(uint8_t baseline)
{
    return baseline == BASELINE_V2 ? "x86-64-v2" : baseline == BASELINE_V3 ? "x86-64-v3" : "host";
}

static json_t *describe_header(const struct snapshot *s)
{
    char identity[2 * HASH_BYTES + 1], parent[2 * HASH_BYTES + 1] = "";
    const struct snapshot_header *h = &s->header;

    hash_text(&h->identity, identity);
    if (s->parent != NULL)
        hash_text(&s->parent_identity, parent);
    json_t *o = json_pack("{s:s, s:{s:i, s:i, s:i}, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:i}", "identity", identity,
                          "versions", "container", h->container, "state", h->state, "guest", h->guest, "created",
                          (json_int_t)h->created, "file_bytes", (json_int_t)h->file_bytes, "pages",
                          (json_int_t)own_pages(s, true), "pages_of_parents", (json_int_t)own_pages(s, false), "runs",
                          (json_int_t)s->run_count, "compressed", (h->flags & HEADER_COMPRESSED) != 0,
                          "self_contained", (h->flags & HEADER_SELF_CONTAINED) != 0, "layers", (int)s->layer_count);
    if (o != NULL && s->parent != NULL)
        json_object_set_new(o, "parent", json_pack("{s:s, s:s}", "name", s->parent_name, "identity", parent));
    return o;
}

/* Texts of a guest need not be UTF-8. */
static json_t *text(const char *bytes)
{
    json_t *t = json_string(bytes);
    char *plain;

    if (t != NULL || (plain = strdup(bytes)) == NULL)
        return t;
    for (char *p = plain; *p != '\0'; p++)
        if ((unsigned char)*p < 32 || (unsigned char)*p > 126)
            *p = '?';
    t = json_string(plain);
    free(plain);
    return t;
}

static json_t *describe_policy(const struct saved_policy *p)
{
    json_t *mounts = json_array(), *endpoints = json_array();

    for (size_t i = 0; i < p->mount_count; i++)
        json_array_append_new(mounts, json_pack("{s:s, s:o, s:o}", "kind",
                                                p->mounts[i].kind == MOUNT_SCRATCH    ? "scratch"
                                                : p->mounts[i].kind == MOUNT_WRITABLE ? "writable"
                                                                                      : "read-only",
                                                "host", text(p->mounts[i].host), "guest", text(p->mounts[i].guest)));
    for (size_t i = 0; i < p->endpoint_count; i++)
        json_array_append_new(endpoints, json_pack("{s:s, s:o, s:i, s:i}", "kind",
                                                   p->endpoints[i].listen ? "listen" : "connect", "host",
                                                   text(p->endpoints[i].name), "port", p->endpoints[i].port,
                                                   "guest_port", p->endpoints[i].guest_port));
    return json_pack("{s:s, s:I, s:i, s:i, s:b, s:o, s:o}", "cpu_baseline", baseline_name(p->baseline), "memory",
                     (json_int_t)p->memory, "cpus", (int)p->cpus, "threads", (int)p->threads, "fork", p->fork,
                     "mounts", mounts, "endpoints", endpoints);
}

static json_t *describe_threads(const struct saved_state *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->thread_count; i++) {
        char rip[24];
        snprintf(rip, sizeof rip, "0x%llx", (unsigned long long)s->threads[i].regs.rip);
        json_array_append_new(list, json_pack("{s:i, s:o, s:s, s:f}", "tid", s->threads[i].tid, "name",
                                              text(s->threads[i].name), "rip", rip, "cpu_seconds",
                                              (double)s->threads[i].cpu_time / 1e9));
    }
    return list;
}

static json_t *describe_mappings(const struct saved_state *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->memory.mapping_count; i++) {
        const struct saved_mapping *m = &s->memory.mappings[i];
        char line[96];
        snprintf(line, sizeof line, "%llx-%llx %c%c%c%c", (unsigned long long)m->start, (unsigned long long)m->end,
                 m->prot & 1 ? 'r' : '-', m->prot & 2 ? 'w' : '-', m->prot & 4 ? 'x' : '-', m->shared ? 's' : 'p');
        json_t *o = json_pack("{s:s}", "range", line);
        if (m->file >= 0)
            json_object_set_new(o, "file", text(s->memory.files[m->file].path));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *describe_descriptors(const struct saved_state *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->descriptors.count; i++) {
        const struct saved_descriptor *e = &s->descriptors.table[i];
        const struct saved_description *d = &s->descriptors.descriptions[e->description];
        json_array_append_new(list, json_pack("{s:i, s:s, s:o}", "number", e->number, "kind", kind_names[d->kind],
                                              "path", text(d->path)));
    }
    return list;
}

static json_t *describe(const struct snapshot *s)
{
    const struct saved_state *state = &s->state;
    json_t *o = describe_header(s);

    if (o == NULL)
        return NULL;
    json_object_set_new(o, "program", text(state->process.program));
    json_object_set_new(o, "title", text(state->policy.title));
    json_object_set_new(o, "label", text(state->process.label));
    json_object_set_new(o, "policy", describe_policy(&state->policy));
    json_object_set_new(o, "threads", describe_threads(state));
    json_object_set_new(o, "mappings", describe_mappings(state));
    json_object_set_new(o, "descriptors", describe_descriptors(state));
    return o;
}

static void print_text(const struct snapshot *s, FILE *to)
{
    const struct saved_state *state = &s->state;
    char identity[2 * HASH_BYTES + 1], when[64] = "?";
    time_t created = (time_t)s->header.created;
    struct tm local;

    hash_text(&s->header.identity, identity);
    if (localtime_r(&created, &local) != NULL)
        strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", &local);
    json_t *program = text(state->process.program);
    fprintf(to, "snapshot     %s\nprogram      %s\nsaved        %s\n", identity, json_string_value(program), when);
    json_decref(program);
    if (state->policy.title[0] != '\0')
        fprintf(to, "title        %s\n", state->policy.title);
    fprintf(to, "file         %llu KiB%s%s, format %u.%u.%u\n", (unsigned long long)s->header.file_bytes / 1024,
            s->header.flags & HEADER_COMPRESSED ? ", compressed" : "",
            s->header.flags & HEADER_SELF_CONTAINED ? ", self-contained" : "", s->header.container, s->header.state,
            s->header.guest);
    fprintf(to, "pages        %llu in this file, %llu in %u below it, %zu runs\n",
            (unsigned long long)own_pages(s, true), (unsigned long long)own_pages(s, false), s->layer_count - 1,
            s->run_count);
    fprintf(to, "processor    %s%s\n", baseline_name(state->policy.baseline),
            state->machine.software ? ", software KVM" : "");
    fprintf(to, "threads      %zu\nmappings     %zu\ndescriptors  %zu\nclone        %llu\n", state->thread_count,
            state->memory.mapping_count, state->descriptors.count,
            (unsigned long long)state->process.clone_number);
}

int snapshot_inspect(struct snapshot *s, FILE *to, bool json)
{
    if (!json) {
        print_text(s, to);
        return ferror(to) ? -EIO : 0;
    }
    json_t *o = describe(s);
    int error = o == NULL ? -ENOMEM : json_dumpf(o, to, JSON_INDENT(2)) != 0 ? -EIO : 0;
    if (error == 0)
        fputc('\n', to);
    json_decref(o);
    return error;
}

/* ---- the policy as a start for a restore's ----------------------------------------------------------------------- */

static int add_mounts(const struct saved_policy *from, struct policy *out, char *reason, size_t bytes)
{
    int error = policy_add_base(out, reason, bytes); /* this machine's own, which the rest is not to repeat */

    for (size_t i = 0; i < from->mount_count && error == 0; i++) {
        const struct saved_mount *m = &from->mounts[i];
        char *value = NULL;
        bool base = false;
        for (size_t k = 0; k < out->mount_count; k++)
            base |= strcmp(out->mounts[k].guest, m->guest) == 0;
        if (base)
            continue;
        if (m->kind == MOUNT_SCRATCH ? (value = strdup(m->guest)) == NULL
                                     : asprintf(&value, "%s:%s", m->host, m->guest) < 0)
            return -ENOMEM;
        error = policy_add_mount(out, (enum mount_kind)m->kind, value, reason, bytes);
        free(value);
    }
    return error;
}

static int add_endpoints(const struct saved_policy *from, struct policy *out, char *reason, size_t bytes)
{
    int error = 0;

    for (size_t i = 0; i < from->endpoint_count && error == 0; i++) {
        const struct saved_endpoint *e = &from->endpoints[i];
        const char *protocol = e->type == SOCK_DGRAM ? "/udp" : "";
        bool v6 = strchr(e->name, ':') != NULL;
        char *value = NULL, guest[16] = "";
        if (e->listen && e->guest_port != e->port)
            snprintf(guest, sizeof guest, ":%u", e->guest_port);
        if (asprintf(&value, "%s%s%s:%u%s%s", v6 ? "[" : "", e->name, v6 ? "]" : "", e->port, guest, protocol) < 0)
            return -ENOMEM;
        error = (e->listen ? policy_add_listen : policy_add_connect)(out, value, reason, bytes);
        free(value);
    }
    return error;
}

int snapshot_policy(struct snapshot *s, struct policy *out, char *reason, size_t bytes)
{
    const struct saved_policy *from = &s->state.policy;

    policy_init(out);
    out->baseline = from->baseline == BASELINE_V2 || from->baseline == BASELINE_V3 ? (enum cpu_baseline)from->baseline
                                                                                 : BASELINE_HOST;
    out->memory = from->memory;
    out->cpus = from->cpus != 0 ? from->cpus : out->cpus;
    out->cpu_time = from->cpu_time;
    out->wall_time = from->wall_time;
    out->disk_written = from->disk_written;
    out->threads = from->threads;
    out->descriptors = from->descriptors;
    out->syscall_rate = from->syscall_rate;
    out->fork = from->fork;
    out->system_base = from->system_base;
    int error = from->title[0] != '\0' && (out->title = strdup(from->title)) == NULL ? -ENOMEM : 0;
    if (error == 0)
        error = add_mounts(from, out, reason, bytes);
    if (error == 0)
        error = add_endpoints(from, out, reason, bytes);
    if (error == -ENOMEM)
        snprintf(reason, bytes, "out of memory");
    if (error != 0)
        policy_free(out);
    return error;
}
