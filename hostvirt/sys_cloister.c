/* What a guest may ask of Cloister itself (include/cloister/hypercall.h). */
#include "hostvirt/cache.h"
#include "hostvirt/calls.h"
#include "hostvirt/control.h"
#include "hostvirt/identity.h"
#include "hostvirt/snapshot.h"
#include "hostvirt/sys_cloister.h"

#include "include/cloister/hypercall.h"

#include <stdlib.h>
#include <string.h>

static int64_t give_info(struct thread *t, uint64_t buffer, uint64_t bytes)
{
    struct monitor *m = t->process->monitor;
    struct cloister_info info = {.clone_number = m->family->clone_number, .memory_limit = guest_memory_total(m),
                                 .cpus = m->policy->cpus, .version = 1};
    char host[GUEST_HOSTNAME_BYTES];
    const char *name = m->policy->name != NULL ? m->policy->name : guest_hostname(m, host);

    strncpy(info.name, name, sizeof info.name - 1);
    info.flags = (snapshot_checkpoint_wanted(m) ? CLOISTER_INFO_CHECKPOINT_WANTED : 0) |
                 (m->cache != NULL && !m->forked ? CLOISTER_INFO_CACHE : 0);
    if (bytes > sizeof info)
        bytes = sizeof info;
    return copy_out(buffer, &info, bytes) != 0 ? -EFAULT : (int64_t)sizeof info;
}

#define NOTE_LONGEST 180 /* bytes; more is cut off */

static int64_t take_note(struct thread *t, uint64_t from, uint64_t bytes)
{
    char text[NOTE_LONGEST + 1];
    size_t kept = bytes < NOTE_LONGEST ? (size_t)bytes : NOTE_LONGEST;

    if (copy_in(text, from, kept) != 0)
        return -EFAULT;
    text[kept] = '\0';
    for (size_t i = 0; i < kept; i++) /* it is shown on terminals */
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            text[i] = ' ';
    control_event(t->process->monitor, "note", "%s", text);
    return 0;
}

/* ---- the workload cache ------------------------------------------------------------------------------------------ */

struct guest_room {
    uint64_t buffer, bytes;
};

static int64_t give_value(void *arg, const void *value, size_t bytes)
{
    const struct guest_room *room = arg;

    if (bytes > room->bytes)
        return -EMSGSIZE;
    return copy_out(room->buffer, value, bytes) != 0 ? -EFAULT : (int64_t)bytes;
}

/* The cache and the key; copies that fork made must not use LMDB's. */
static int cache_of(struct thread *t, const struct call *c, struct cache **out, char key[CACHE_KEY_LONGEST])
{
    struct monitor *m = t->process->monitor;

    *out = m->cache;
    if (m->cache == NULL || m->forked)
        return -ENOSYS;
    if (c->arg[1] == 0 || c->arg[1] > CACHE_KEY_LONGEST)
        return -EINVAL;
    return copy_in(key, c->arg[0], (size_t)c->arg[1]);
}

static int64_t get_cached(struct thread *t, const struct call *c)
{
    char key[CACHE_KEY_LONGEST];
    struct cache *cache;
    struct guest_room room = {c->arg[2], c->arg[3]};
    int error = cache_of(t, c, &cache, key);

    return error != 0 ? error : cache_get(cache, key, (size_t)c->arg[1], give_value, &room);
}

static int64_t put_cached(struct thread *t, const struct call *c)
{
    char key[CACHE_KEY_LONGEST];
    uint64_t bytes = c->arg[3];
    struct cache *cache;
    int error = cache_of(t, c, &cache, key);

    if (error != 0)
        return error;
    if (c->arg[2] == 0)
        return cache_put(cache, key, (size_t)c->arg[1], NULL, 0, 0);
    if (bytes > CACHE_VALUE_LONGEST)
        return -ENOSPC;
    char *value = malloc(bytes + 1); /* a copy: LMDB must not meet a page that the guest takes away */
    if (value == NULL)
        return -ENOMEM;
    error = copy_in(value, c->arg[2], bytes);
    if (error == 0)
        error = cache_put(cache, key, (size_t)c->arg[1], value, bytes, c->arg[4]);
    free(value);
    return error;
}

int64_t cloister_hypercall(struct thread *t, const struct call *c)
{
    switch (c->number) {
    case CLOISTER_CALL_INFO:
        return give_info(t, c->arg[0], c->arg[1]);
    case CLOISTER_CALL_CHECKPOINT:
        /* The original's result; in clones snapshot_restore writes their number. */
        return snapshot_checkpoint(t) ? 0 : -EAGAIN;
    case CLOISTER_CALL_NOTE:
        return take_note(t, c->arg[0], c->arg[1]);
    case CLOISTER_CALL_CACHE_GET:
        return get_cached(t, c);
    case CLOISTER_CALL_CACHE_PUT:
        return put_cached(t, c);
    case CLOISTER_CALL_NEXT_CALL:
        return calls_next(t, c->arg[0], c->arg[1]);
    case CLOISTER_CALL_ANSWERS:
        return calls_set_signal(t, c->arg[0]);
    case CLOISTER_CALL_NEXT_QUESTION:
        return calls_next_question(t, c->arg[0], c->arg[1]);
    case CLOISTER_CALL_REPLY:
        return calls_reply(t, &(struct reply){.status = (int)c->arg[0], .buffer = c->arg[1], .bytes = c->arg[2],
                                              .allocated = c->arg[3], .collections = c->arg[4]});
    default:
        return -ENOSYS;
    }
}
