/* Interface tables: for each interface of a class the methods that run for it, by the selection of JVMS 5.4.6 with the
 * maximally-specific rule of 5.4.3.3 for default methods. */
#include <stdio.h>
#include <stdlib.h>

#include "classloader/linking_private.h"
#include "vm/exception.h"
#include "vm/symbol.h"

void number_interface_methods(struct class *interface)
{
    int32_t next = 0;
    for (uint32_t i = 0; i < interface->method_count; i++)
        if (method_is_dispatched(interface->methods[i]))
            interface->methods[i]->itable_index = next++;
}

static uint32_t dispatched_count(const struct class *interface)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < interface->method_count; i++)
        count += interface->methods[i]->itable_index >= 0;
    return count;
}

/* ---- selection ------------------------------------------------------------------------------------------- */

static struct method *declared_instance_method(const struct class *c, const struct method *like)
{
    struct method *m = class_find_declared_method(c, like->name, like->descriptor);
    return m != NULL && method_is_dispatched(m) ? m : NULL;
}

/* Is there a candidate in a subinterface of m's owner? */
static bool is_less_specific(const struct method *m, struct method *const *candidates, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (candidates[i]->owner != m->owner && class_is_subtype(candidates[i]->owner, m->owner))
            return true;
    return false;
}

static struct method *conflict_method(struct class *c, struct method *const *defaults, uint32_t count)
{
    char text[2048];
    size_t at = (size_t)snprintf(text, sizeof text, "Conflicting default methods:");
    for (uint32_t i = 0; i < count && at < sizeof text; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, " %s.%s", defaults[i]->owner->name->bytes,
                               defaults[i]->name->bytes);
    struct method *m = overpass_method(c, defaults[0], "java/lang/IncompatibleClassChangeError", text);
    m->vm_flags |= METHOD_CONFLICT;
    return m;
}

static struct method *select_default(struct class *c, struct method *wanted)
{
    struct method *candidates[c->all_interface_count + 1], *defaults[c->all_interface_count + 1], *any = wanted;
    uint32_t count = 0, default_count = 0;
    for (uint32_t i = 0; i < c->all_interface_count; i++) {
        struct method *m = declared_instance_method(c->all_interfaces[i], wanted);
        if (m != NULL)
            candidates[count++] = m;
    }
    if (count == 1)
        return candidates[0];
    for (uint32_t i = 0; i < count; i++) {
        if (is_less_specific(candidates[i], candidates, count))
            continue;
        any = candidates[i];
        if (!method_is_abstract(candidates[i]))
            defaults[default_count++] = candidates[i];
    }
    if (default_count > 1)
        return conflict_method(c, defaults, default_count);
    return default_count == 1 ? defaults[0] : any;
}

static bool is_class_method(const struct method *m)
{
    return !class_is_interface(m->owner) && (m->vm_flags & METHOD_OVERPASS) == 0;
}

/* A selected method that is not public cannot run for an interface. */
static struct method *public_or_error(struct class *c, struct method *m)
{
    if ((m->access_flags & ACC_PUBLIC) != 0)
        return m;
    char name[1024], text[1032];
    snprintf(text, sizeof text, "'%s'", method_external_name(m, name, sizeof name));
    return overpass_method(c, m, "java/lang/IllegalAccessError", text);
}

struct interface_building {
    struct thread *t;
    struct class *c;
    bool declares;          /* c declares dispatched methods */
    bool new_interfaces;    /* default methods may be selected anew */
};

static struct method *find_in_superclasses(const struct class *c, const struct method *wanted)
{
    for (const struct class *k = c->super; k != NULL; k = k->super) {
        struct method *m = declared_instance_method(k, wanted);
        if (m != NULL)
            return m;
    }
    return NULL;
}

static struct method *select_for(struct interface_building *b, struct method *wanted, struct method *inherited)
{
    struct class *c = b->c;
    struct method *m = b->declares ? declared_instance_method(c, wanted) : NULL;
    if (m == NULL && inherited != NULL) {
        if (is_class_method(inherited) || !b->new_interfaces)
            return inherited;
        if (find_in_superclasses(c, wanted) != NULL)
            return inherited; /* an IllegalAccessError stays one */
    } else if (m == NULL) {
        m = find_in_superclasses(c, wanted);
    }
    if (m == NULL)
        return select_default(c, wanted);
    if (m->owner->loader != wanted->owner->loader && !constrain_override(b->t, c, m, wanted, true))
        return NULL;
    return public_or_error(c, m);
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

static struct method **inherited_methods(const struct class *c, const struct class *interface)
{
    const struct class *super = c->super;
    for (uint32_t i = 0; i < super->itable_length; i++)
        if (super->itables[i].interface == interface)
            return super->itables[i].methods;
    return NULL;
}

static bool fill(struct interface_building *b, struct itable *table, uint32_t count)
{
    struct method **inherited = inherited_methods(b->c, table->interface);
    if (inherited != NULL && !b->declares && !b->new_interfaces) {
        table->methods = inherited;
        return true;
    }
    struct method *selected[count];
    bool same = inherited != NULL;
    for (uint32_t i = 0; i < table->interface->method_count; i++) {
        struct method *wanted = table->interface->methods[i];
        int32_t index = wanted->itable_index;
        if (index < 0)
            continue;
        selected[index] = select_for(b, wanted, inherited == NULL ? NULL : inherited[index]);
        if (selected[index] == NULL)
            return false;
        same &= inherited != NULL && inherited[index] == selected[index];
    }
    if (same)
        table->methods = inherited;
    else
        table->methods = memcpy(arena_alloc(b->c->loader->arena, sizeof selected), selected, sizeof selected);
    return true;
}

static bool declares_dispatched(const struct class *c)
{
    for (uint32_t i = 0; i < c->method_count; i++)
        if (method_is_dispatched(c->methods[i]))
            return true;
    return false;
}

bool build_itables(struct thread *t, struct class *c)
{
    struct interface_building b = {
        .t = t, .c = c, .declares = declares_dispatched(c),
        .new_interfaces = c->super != NULL && c->all_interface_count != c->super->all_interface_count,
    };
    if (c->all_interface_count == 0)
        return true;
    if (!b.declares && !b.new_interfaces) {
        c->itables = c->super->itables;
        c->itable_length = c->super->itable_length;
        return true;
    }
    struct itable *tables = arena_alloc(c->loader->arena, c->all_interface_count * sizeof *tables);
    uint32_t length = 0;
    for (uint32_t i = 0; i < c->all_interface_count; i++) {
        uint32_t count = dispatched_count(c->all_interfaces[i]);
        if (count == 0)
            continue; /* nothing can be called through it */
        tables[length].interface = c->all_interfaces[i];
        if (!fill(&b, &tables[length], count))
            return false;
        length++;
    }
    c->itables = tables;
    c->itable_length = length;
    return true;
}
