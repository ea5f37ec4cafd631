/* Profiles of warm methods: their memory, the recording of receivers, and the listing at exit. */
#include "interpreter/profile.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "vm/loader.h"
#include "vm/no_memory.h"

struct profiles {
    pthread_mutex_t lock;                /* makes each method's profile once */
    struct arena *arena;                 /* apart from code, whose pages are only read once it has been resolved */
    struct profile *_Atomic all;
};

struct profiles *profiles_new(void)
{
    struct profiles *profiles = calloc(1, sizeof *profiles);
    if (profiles == NULL)
        no_memory_for("the interpreter");
    pthread_mutex_init(&profiles->lock, NULL);
    return profiles;
}

static struct profile *new_profile(struct arena *arena, struct method *m, const struct profile_layout *layout)
{
    struct profile *p = arena_alloc(arena, sizeof *p);
    p->method = m;
    p->call_count = layout->call_count;
    p->branch_count = layout->branch_count;
    p->calls = arena_alloc(arena, layout->call_count * sizeof *p->calls);
    p->branches = arena_alloc(arena, layout->branch_count * sizeof *p->branches);
    for (uint32_t i = 0; i < layout->call_count; i++)
        p->calls[i].bci = layout->bcis[i];
    for (uint32_t i = 0; i < layout->branch_count; i++)
        p->branches[i].bci = layout->bcis[layout->call_count + i];
    return p;
}

void profile_allocate(struct thread *t, struct method *m)
{
    struct profiles *profiles = t->vm->interpreter;
    const struct profile_layout *layout = m->code->profile_layout;
    if (layout == NULL)
        return;
    pthread_mutex_lock(&profiles->lock);
    if (m->profile == NULL) {
        if (profiles->arena == NULL)
            profiles->arena = arena_new();
        struct profile *p = new_profile(profiles->arena, m, layout);
        p->next = atomic_load_explicit(&profiles->all, memory_order_relaxed);
        atomic_store_explicit(&profiles->all, p, memory_order_release);
        __atomic_store_n(&m->profile, p, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&profiles->lock);
}

void profile_receiver(struct profile_call *call, struct class *receiver)
{
    for (uint32_t i = 0; i < PROFILE_CLASSES; i++) {
        struct class *known = atomic_load_explicit(&call->classes[i], memory_order_acquire);
        if (known == NULL &&
            atomic_compare_exchange_strong_explicit(&call->classes[i], &known, receiver, memory_order_acq_rel,
                                                    memory_order_acquire))
            known = receiver;
        if (known == receiver) {
            profile_count(&call->counts[i]);
            return;
        }
    }
    profile_count(&call->others);
}

/* ---- listing ----------------------------------------------------------------------------------------------------- */

static void log_call(const struct profile_call *call)
{
    char text[1024];
    size_t n = 0;
    for (uint32_t i = 0; i < PROFILE_CLASSES; i++) {
        const struct class *c = atomic_load_explicit(&call->classes[i], memory_order_acquire);
        if (c != NULL && n < sizeof text)
            n += (size_t)snprintf(text + n, sizeof text - n, " %s %u", c->name->bytes, call->counts[i]);
    }
    if (n > 0)
        LOG(INTERPRETER, DEBUG, "    @%u call%s, others %u", call->bci, text, call->others);
}

static void log_profile(const struct profile *p)
{
    char name[1024];
    LOG(INTERPRETER, DEBUG, "profile of %s: %u invocations, %u back-edges",
        method_external_name(p->method, name, sizeof name), p->method->invocations, p->method->back_edges);
    for (uint32_t i = 0; i < p->branch_count; i++) {
        const struct profile_branch *branch = &p->branches[i];
        if (branch->taken != 0 || branch->not_taken != 0)
            LOG(INTERPRETER, DEBUG, "    @%u branch taken %u, not taken %u", branch->bci, branch->taken,
                branch->not_taken);
    }
    for (uint32_t i = 0; i < p->call_count; i++)
        log_call(&p->calls[i]);
}

void profiles_log(struct vm *vm)
{
    const struct profiles *profiles = vm->interpreter;
    if (!log_on(LOG_INTERPRETER, LOG_DEBUG) || profiles == NULL)
        return;
    for (const struct profile *p = atomic_load_explicit(&profiles->all, memory_order_acquire); p != NULL; p = p->next)
        log_profile(p);
}
