/* What a program's image has as defaults and asks for, against what the operator allows. */
#include "isolate/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- what is granted ------------------------------------------------------------------------------------------ */

/* PATH[:AT]: the place in the isolate. */
static const char *place_of(const char *value)
{
    const char *at = strrchr(value, ':');

    return at != NULL && at[1] == '/' ? at + 1 : value;
}

/* The mount that a place of the isolate belongs to: the longest one. */
static const struct mount *mount_of(const struct policy *p, const char *place)
{
    const struct mount *best = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < p->mount_count; i++) {
        const char *guest = p->mounts[i].guest;
        size_t length = strcmp(guest, "/") == 0 ? 0 : strlen(guest);
        if (strncmp(place, guest, length) == 0 && (place[length] == '/' || place[length] == '\0') &&
            (best == NULL || length > longest)) {
            best = &p->mounts[i];
            longest = length;
        }
    }
    return best;
}

static bool grants_endpoint(const struct policy *p, const struct manifest_option *o)
{
    struct policy asked;
    char reason[300];
    bool granted = false;

    policy_init(&asked);
    if (o->row->set(&asked, o->value, reason, sizeof reason) == 0) {
        const struct endpoint *e = asked.listen_count > 0 ? asked.listens : asked.connects;
        for (size_t i = 0; asked.listen_count > 0 && i < p->listen_count; i++)
            granted |= p->listens[i].guest_port == e->guest_port && p->listens[i].type == e->type;
        for (size_t i = 0; asked.connect_count > 0 && i < p->connect_count; i++)
            granted |= p->connects[i].port == e->port && p->connects[i].type == e->type &&
                       strcasecmp(p->connects[i].name, e->name) == 0;
    }
    policy_free(&asked);
    return granted;
}

/* Whether the policy gives what one option asks for; limits and defaults ask for nothing. */
static bool grants(const struct policy *p, const struct manifest_option *o)
{
    if (!manifest_asks(o->row))
        return true;
    if (p->isolation == ISOLATION_NONE)
        return true; /* the program has this machine's files and network as its user has */
    if (strcmp(o->row->name, "read-only") != 0 && strcmp(o->row->name, "writable") != 0)
        return grants_endpoint(p, o);
    const struct mount *m = mount_of(p, place_of(o->value));
    return m != NULL && (m->kind == MOUNT_WRITABLE || (m->kind == MOUNT_READ_ONLY && o->row->name[0] == 'r'));
}

/* Whether the operator says already what is at the place of an image's scratch folder. */
static bool is_taken(const struct policy *operator, const struct manifest_option * o)
{
    const struct mount *m = strcmp(o->row->name, "scratch") == 0 ? mount_of(operator, o->value) : NULL;

    return m != NULL && strcmp(m->guest, o->value) == 0;
}

/* ---- defaults and checks -------------------------------------------------------------------------------------- */

static int cannot(const struct program *p, const struct manifest_option *o, const char *why, char *reason, size_t bytes)
{
    snprintf(reason, bytes, "%.200s: %s: %s", p->source, o->row->name, why);
    return -EINVAL;
}

int program_defaults(const struct program *p, const struct policy *operator, bool trust, struct policy *out,
                     char *reason, size_t bytes)
{
    const struct manifest *m = p->image != NULL ? image_manifest(p->image) : NULL;
    unsigned cpus = out->cpus;
    char why[300];

    for (size_t i = 0; m != NULL && i < m->option_count; i++) {
        const struct manifest_option *o = &m->options[i];
        bool wanted = manifest_asks(o->row) ? trust && !grants(operator, o) : !is_taken(operator, o);
        if (wanted && o->row->set(out, o->value, why, sizeof why) != 0)
            return cannot(p, o, why, reason, bytes);
    }
    if (out->cpus > cpus)
        out->cpus = cpus; /* a program can do with fewer: images go to smaller machines, too */
    return 0;
}

/* What the operator's own words leave as the most, by the names of options; 0 in a policy: no limit. */
static int check_limits(const struct program *p, const struct policy *operator, const struct policy * policy,
                        char *reason, size_t bytes)
{
    const struct {
        const char *option;
        uint64_t asked, allowed, unit;
        const char *suffix;
    } limits[] = {
        {"memory", policy->memory, operator->memory, 1 << 20, "M"},
        {"threads", policy->threads, operator->threads, 1, ""},
        {"descriptors", policy->descriptors, operator->descriptors, 1, ""},
    };

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        uint64_t asked = (limits[i].asked + limits[i].unit - 1) / limits[i].unit;
        if (limits[i].asked <= limits[i].allowed)
            continue;
        snprintf(reason, bytes,
                 "%.200s asks for %s %llu%s, and %llu%s is allowed: allow it with --%s %llu%s, or with --trust "
                 "everything that the image asks for",
                 p->source, limits[i].option, (unsigned long long)asked, limits[i].suffix,
                 (unsigned long long)(limits[i].allowed / limits[i].unit), limits[i].suffix, limits[i].option,
                 (unsigned long long)asked, limits[i].suffix);
        return -EPERM;
    }
    return 0;
}

int program_check(const struct program *p, const struct policy *operator, const struct policy * policy, bool trust,
                  char *reason, size_t bytes)
{
    const struct manifest *m = p->image != NULL ? image_manifest(p->image) : NULL;

    if (p->handler != NULL && policy->isolation != ISOLATION_VM) {
        snprintf(reason, bytes, "%.200s has a handler, which is called in a virtual machine: it needs --isolation=vm",
                 p->source);
        return -ENOTSUP;
    }
    for (size_t i = 0; m != NULL && i < m->option_count; i++) {
        const struct manifest_option *o = &m->options[i];
        if (grants(policy, o))
            continue;
        snprintf(reason, bytes,
                 "%.200s asks for --%s %.200s, which is not allowed: allow it with that option, or with --trust "
                 "everything that the image asks for",
                 p->source, o->row->name, o->value);
        return -EPERM;
    }
    return trust ? 0 : check_limits(p, operator, policy, reason, bytes);
}
