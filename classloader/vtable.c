/* Virtual tables: overriding by JVMS 5.4.5 with its package-private transitive rule, and slots for the interface
 * methods that a class inherits without declaring them (miranda and default methods). */
#include <stdlib.h>

#include "classloader/linking_private.h"
#include "vm/exception.h"
#include "vm/symbol.h"

enum { BUCKETS = 128, NO_SLOT = -1 };

/* The table being built, with its slots chained by name and descriptor. */
struct building {
    struct thread *t;
    struct class *c;
    struct method **slots;
    int32_t *next;
    uint32_t count, capacity;
    int32_t heads[BUCKETS];
};

static uint32_t bucket(const struct method *m)
{
    return (m->name->hash * 31 + m->descriptor->hash) % BUCKETS;
}

static bool same_signature(const struct method *a, const struct method *b)
{
    return a->name == b->name && a->descriptor == b->descriptor;
}

static void append(struct building *b, struct method *m)
{
    b->slots[b->count] = m;
    b->next[b->count] = b->heads[bucket(m)];
    b->heads[bucket(m)] = (int32_t)b->count++;
}

static bool begin(struct building *b)
{
    const struct class *super = b->c->super;
    b->capacity = (super == NULL ? 0 : super->vtable_length) + b->c->method_count;
    for (uint32_t i = 0; i < b->c->itable_length; i++)
        b->capacity += b->c->itables[i].interface->method_count;
    b->slots = malloc(b->capacity * (sizeof *b->slots + sizeof *b->next) + 1);
    if (b->slots == NULL) {
        exception_throw_out_of_memory(b->t, "Metaspace");
        return false;
    }
    b->next = (int32_t *)(b->slots + b->capacity);
    memset(b->heads, 0xff, sizeof b->heads);
    for (uint32_t i = 0; super != NULL && i < super->vtable_length; i++)
        append(b, super->vtable[i]);
    return true;
}

/* ---- overriding ------------------------------------------------------------------------------------------ */

static bool can_override(const struct class *c, const struct method *above)
{
    return (above->access_flags & (ACC_PUBLIC | ACC_PROTECTED)) != 0 || class_same_package(c, above->owner);
}

/* JVMS 5.4.5: directly, or through a method that overrides the one above.  A slot's entries in successive superclasses
 * are such a chain. */
static bool overrides_slot(const struct class *c, uint32_t slot, const struct method *current)
{
    if (can_override(c, current))
        return true;
    for (const struct class *k = c->super; k != NULL && slot < k->vtable_length; k = k->super)
        if (can_override(c, k->vtable[slot]))
            return true;
    return false;
}

static bool place_method(struct building *b, struct method *m)
{
    for (int32_t slot = b->heads[bucket(m)]; slot != NO_SLOT; slot = b->next[slot]) {
        struct method *above = b->slots[slot];
        if (!same_signature(above, m) || above->owner == b->c || !overrides_slot(b->c, (uint32_t)slot, above))
            continue;
        if (above->owner->loader != b->c->loader && !constrain_override(b->t, b->c, m, above, false))
            return false;
        b->slots[slot] = m;
        m->vtable_index = slot;
    }
    if (m->vtable_index < 0 && !method_is_final(m)) { /* a final method that overrides nothing is called directly */
        m->vtable_index = (int32_t)b->count;
        append(b, m);
    }
    return true;
}

/* ---- inherited interface methods ------------------------------------------------------------------------- */

static bool comes_from_interface(const struct method *m)
{
    return class_is_interface(m->owner) || (m->vm_flags & METHOD_OVERPASS) != 0;
}

static void place_interface_method(struct building *b, struct method *selected)
{
    bool found = false;
    for (int32_t slot = b->heads[bucket(selected)]; slot != NO_SLOT; slot = b->next[slot]) {
        if (!same_signature(b->slots[slot], selected))
            continue;
        found = true;
        if (comes_from_interface(b->slots[slot]))
            b->slots[slot] = selected;
    }
    if (!found)
        append(b, selected);
}

static const struct method *const *inherited_table(const struct class *c, const struct class *interface)
{
    for (uint32_t i = 0; c->super != NULL && i < c->super->itable_length; i++)
        if (c->super->itables[i].interface == interface)
            return (const struct method *const *)c->super->itables[i].methods;
    return NULL;
}

static void place_interface_methods(struct building *b)
{
    for (uint32_t i = 0; i < b->c->itable_length; i++) {
        const struct itable *table = &b->c->itables[i];
        if (inherited_table(b->c, table->interface) == (const struct method *const *)table->methods)
            continue;
        for (uint32_t k = 0; k < table->interface->method_count; k++) {
            int32_t index = table->interface->methods[k]->itable_index;
            if (index >= 0 && comes_from_interface(table->methods[index]))
                place_interface_method(b, table->methods[index]);
        }
    }
}

/* ---- the whole ------------------------------------------------------------------------------------------- */

static bool shares_super_table(const struct class *c)
{
    if (c->super == NULL || c->itables != c->super->itables)
        return false;
    for (uint32_t i = 0; i < c->method_count; i++)
        if (method_is_dispatched(c->methods[i]))
            return false;
    return true;
}

static bool finish(struct building *b)
{
    struct class *c = b->c;
    size_t bytes = b->count * sizeof *c->vtable;
    struct method **table = b->count == 0 ? NULL : arena_try_alloc(c->loader->arena, bytes);
    if (table == NULL && b->count != 0) {
        exception_throw_out_of_memory(b->t, "Metaspace");
        return false;
    }
    if (table != NULL)
        c->vtable = memcpy(table, b->slots, bytes);
    c->vtable_length = b->count;
    return true;
}

bool build_vtable(struct thread *t, struct class *c)
{
    if (class_is_interface(c)) {
        number_interface_methods(c);
        return true;
    }
    if (!build_itables(t, c))
        return false;
    if (shares_super_table(c)) {
        c->vtable = c->super->vtable;
        c->vtable_length = c->super->vtable_length;
        return true;
    }
    struct building b = {.t = t, .c = c};
    if (!begin(&b))
        return false;
    bool ok = true;
    for (uint32_t i = 0; i < c->method_count && ok; i++)
        if (method_is_dispatched(c->methods[i]))
            ok = place_method(&b, c->methods[i]);
    if (ok) {
        place_interface_methods(&b);
        ok = finish(&b);
    }
    free(b.slots);
    return ok;
}
