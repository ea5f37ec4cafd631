/* Questions about classes: subtyping, members (JVMS 5.4.3.2 - 5.4.3.4), selection (5.4.6), names, packages, nests. */
#include "vm/class.h"

#include <stdio.h>

#include "vm/exception.h"
#include "vm/loader.h"
#include "vm/vm.h"

struct class *class_from_mirror(const struct object *mirror)
{
    return (struct class *)*(uintptr_t *)object_at(mirror, vm_instance()->known.Class_vmclass);
}

/* ---- subtyping ------------------------------------------------------------------------------------------- */

static bool implements(const struct class *sub, const struct class *interface)
{
    struct class *hit = atomic_load_explicit(&((struct class *)sub)->last_interface_hit, memory_order_relaxed);
    if (hit == interface)
        return true;
    for (uint32_t i = 0; i < sub->all_interface_count; i++) {
        if (sub->all_interfaces[i] == interface) {
            atomic_store_explicit(&((struct class *)sub)->last_interface_hit, (struct class *)interface,
                                  memory_order_relaxed);
            return true;
        }
    }
    return false;
}

bool class_is_subtype_slow(const struct class *sub, const struct class *super)
{
    while (class_is_array(super)) { /* JLS 4.10.3: arrays are covariant in reference components */
        if (sub == super)
            return true;
        if (!class_is_array(sub) || class_is_primitive(super->element) || class_is_primitive(sub->element))
            return false;
        sub = sub->element;
        super = super->element;
    }
    if (sub == super)
        return true;
    if (class_is_interface(super))
        return implements(sub, super);
    if (super->depth < CLASS_DISPLAY)
        return sub->display[super->depth] == super;
    for (const struct class *c = sub; c != NULL && c->depth >= super->depth; c = c->super)
        if (c == super)
            return true;
    return false;
}

/* ---- members --------------------------------------------------------------------------------------------- */

enum { LINEAR_METHODS = 12 }; /* up to this many a scan is as fast as a table */

static uint32_t member_hash(const struct symbol *name, const struct symbol *descriptor)
{
    return name->hash * 31 + descriptor->hash;
}

static uint32_t table_mask(const struct class *c)
{
    uint32_t size = 32;
    while (size < 2u * c->method_count)
        size *= 2;
    return size - 1;
}

/* Open addressing; an entry is the method's index plus one.  Two threads may both build it: one table wins, and the
 * loser's stays unused in the arena. */
static uint16_t *method_table(struct class *c)
{
    uint16_t *table = atomic_load_explicit(&c->method_table, memory_order_acquire);
    if (LIKELY(table != NULL))
        return table;
    uint32_t mask = table_mask(c);
    table = arena_alloc(c->loader->arena, (mask + 1) * sizeof *table);
    for (uint32_t i = 0; i < c->method_count; i++) {
        uint32_t at = member_hash(c->methods[i]->name, c->methods[i]->descriptor) & mask;
        while (table[at] != 0)
            at = (at + 1) & mask;
        table[at] = (uint16_t)(i + 1);
    }
    atomic_store_explicit(&c->method_table, table, memory_order_release);
    return table;
}

struct field *class_find_declared_field(const struct class *c, const struct symbol *name,
                                        const struct symbol *descriptor)
{
    for (uint32_t i = 0; i < c->field_count; i++)
        if (c->fields[i].name == name && c->fields[i].descriptor == descriptor)
            return &c->fields[i];
    return NULL;
}

struct method *class_find_declared_method(const struct class *c, const struct symbol *name,
                                          const struct symbol *descriptor)
{
    if (c->method_count <= LINEAR_METHODS) {
        for (uint32_t i = 0; i < c->method_count; i++)
            if (c->methods[i]->name == name && c->methods[i]->descriptor == descriptor)
                return c->methods[i];
        return NULL;
    }
    const uint16_t *table = method_table((struct class *)c);
    uint32_t mask = table_mask(c);
    for (uint32_t at = member_hash(name, descriptor) & mask; table[at] != 0; at = (at + 1) & mask) {
        struct method *m = c->methods[table[at] - 1];
        if (m->name == name && m->descriptor == descriptor)
            return m;
    }
    return NULL;
}

/* JVMS 5.4.3.2: the interface, its direct superinterfaces recursively.  Paths to superinterfaces may be exponentially
 * many: they are followed only where several interfaces declare the field. */
static struct field *find_interface_field(struct class *interface, const struct symbol *name,
                                          const struct symbol *descriptor)
{
    struct field *f = class_find_declared_field(interface, name, descriptor), *only = NULL;
    bool several = false;
    if (f != NULL)
        return f;
    for (uint32_t i = 0; i < interface->all_interface_count && !several; i++) {
        f = class_find_declared_field(interface->all_interfaces[i], name, descriptor);
        several = f != NULL && only != NULL;
        only = f != NULL ? f : only;
    }
    if (!several)
        return only;
    f = NULL;
    for (uint32_t i = 0; i < interface->interface_count && f == NULL; i++)
        f = find_interface_field(interface->interfaces[i], name, descriptor);
    return f;
}

/* JVMS 5.4.3.2: the class, its direct superinterfaces, its superclass. */
struct field *class_find_field(struct class *c, const struct symbol *name, const struct symbol *descriptor)
{
    for (; c != NULL; c = c->super) {
        struct field *f = class_find_declared_field(c, name, descriptor);
        for (uint32_t i = 0; i < c->interface_count && f == NULL; i++)
            f = find_interface_field(c->interfaces[i], name, descriptor);
        if (f != NULL)
            return f;
    }
    return NULL;
}

static bool is_inheritable(const struct method *m)
{
    return (m->access_flags & (ACC_PRIVATE | ACC_STATIC)) == 0;
}

/* Is the owner of `m` a superinterface of another candidate's owner? */
static bool is_shadowed(const struct class *c, const struct method *m)
{
    for (uint32_t i = 0; i < c->all_interface_count; i++) {
        struct class *other = c->all_interfaces[i];
        if (other == m->owner || !class_is_subtype(other, m->owner))
            continue;
        struct method *overrider = class_find_declared_method(other, m->name, m->descriptor);
        if (overrider != NULL && is_inheritable(overrider))
            return true;
    }
    return false;
}

/* JVMS 5.4.3.3 step 3: the only non-abstract maximally-specific method, else any inheritable one. */
static struct method *find_in_superinterfaces(const struct class *c, const struct symbol *name,
                                              const struct symbol *descriptor)
{
    struct method *any = NULL, *chosen = NULL;
    bool ambiguous = false;
    for (uint32_t i = 0; i < c->all_interface_count; i++) {
        struct method *m = class_find_declared_method(c->all_interfaces[i], name, descriptor);
        if (m == NULL || !is_inheritable(m) || m->owner == c)
            continue;
        if (is_shadowed(c, m))
            continue;
        if (any == NULL)
            any = m;
        if (method_is_abstract(m))
            continue;
        ambiguous |= chosen != NULL;
        chosen = m;
    }
    return chosen != NULL && !ambiguous ? chosen : any;
}

struct method *class_find_method(struct class *c, const struct symbol *name, const struct symbol *descriptor)
{
    for (struct class *k = c; k != NULL; k = k->super) {
        struct method *m = class_find_declared_method(k, name, descriptor);
        if (m != NULL)
            return m;
    }
    return find_in_superinterfaces(c, name, descriptor);
}

struct method *class_find_interface_method(struct class *c, const struct symbol *name, const struct symbol *descriptor)
{
    struct method *m = class_find_declared_method(c, name, descriptor);
    if (m != NULL)
        return m;
    if (c->super != NULL) { /* JVMS 5.4.3.4 step 3: public instance methods of Object */
        m = class_find_declared_method(c->super, name, descriptor);
        if (m != NULL && (m->access_flags & (ACC_PUBLIC | ACC_STATIC)) == ACC_PUBLIC && !method_is_initializer(m))
            return m;
    }
    return find_in_superinterfaces(c, name, descriptor);
}

static struct method *select_interface_method(struct class *receiver, struct method *declared)
{
    for (uint32_t i = 0; i < receiver->itable_length; i++)
        if (receiver->itables[i].interface == declared->owner)
            return receiver->itables[i].methods[declared->itable_index];
    return NULL;
}

struct method *class_select_method(struct class *receiver, struct method *declared)
{
    struct method *selected = declared;
    if (class_is_interface(declared->owner)) {
        if (declared->itable_index >= 0)
            selected = select_interface_method(receiver, declared);
    } else if (declared->vtable_index >= 0 && (uint32_t)declared->vtable_index < receiver->vtable_length) {
        selected = receiver->vtable[declared->vtable_index];
    }
    return selected == NULL || method_is_abstract(selected) ? NULL : selected;
}

/* ---- names, packages, nests ------------------------------------------------------------------------------ */

static size_t append(char *buffer, size_t size, size_t at, const char *text, size_t length)
{
    for (size_t i = 0; i < length && at + 1 < size; i++)
        buffer[at++] = text[i];
    return at;
}

char *class_external_name(const struct class *c, char *buffer, size_t size)
{
    size_t at = append(buffer, size, 0, c->name->bytes, c->name->length);
    const struct class *named = class_is_array(c) ? c->innermost : c;
    size_t plus = class_is_hidden(named) ? at : 0;
    for (size_t i = 0; i < at; i++) {
        if (buffer[i] == '/')
            buffer[i] = '.';
        else if (buffer[i] == '+' && plus != 0)
            plus = i; /* the last one separates the suffix of a hidden class */
    }
    if (plus != 0 && plus < at)
        buffer[plus] = '/';
    if (size != 0)
        buffer[at] = '\0';
    return buffer;
}

static size_t package_length(const struct symbol *name)
{
    const char *slash = memrchr(name->bytes, '/', name->length);
    return slash == NULL ? 0 : (size_t)(slash - name->bytes);
}

bool class_same_package(const struct class *a, const struct class *b)
{
    if (class_is_array(a))
        a = a->innermost;
    if (class_is_array(b))
        b = b->innermost;
    if (a == b)
        return true;
    if (a->loader != b->loader)
        return false;
    size_t length = package_length(a->name);
    return length == package_length(b->name) && memcmp(a->name->bytes, b->name->bytes, length) == 0;
}

/* JVMS 5.4.4: H must be in C's run-time package and list C among its members. */
static bool nest_lists(const struct class *host, const struct class *member)
{
    const uint8_t *p = host->attributes.nest_members;
    if (p == NULL || !class_same_package(host, member))
        return false;
    uint32_t count = read_u2(p);
    for (uint32_t i = 0; i < count; i++)
        if (cp_class_name(&host->cp, read_u2(p + 2 + 2 * i)) == member->name)
            return true;
    return false;
}

/* Out of memory or stack: says nothing about the nest, so the answer is not kept. */
static bool is_virtual_machine_error(const struct object *e)
{
    const struct class *c = e == NULL ? NULL : object_class(e);
    while (c != NULL && strcmp(c->name->bytes, "java/lang/VirtualMachineError") != 0)
        c = c->super;
    return c != NULL;
}

struct class *class_nest_host(struct thread *t, struct class *c)
{
    if (!class_is_instance_class(c))
        return c;
    struct class *host = atomic_load_explicit(&c->nest_host, memory_order_acquire);
    if (host != NULL)
        return host;
    if (c->attributes.nest_host_index == 0) {
        atomic_store_explicit(&c->nest_host, c, memory_order_release);
        return c;
    }
    struct object *pending = t->exception; /* the caller's own must survive */
    t->exception = NULL;
    host = t->vm->hooks.resolve_class(t, c, c->attributes.nest_host_index);
    bool transient = host == NULL && is_virtual_machine_error(t->exception);
    t->exception = pending;
    if (host != c && (host == NULL || !nest_lists(host, c)))
        host = c; /* any failure makes C its own host */
    if (!transient)
        atomic_store_explicit(&c->nest_host, host, memory_order_release);
    return host;
}

struct cp_member cp_member(const struct constant_pool *cp, uint16_t index)
{
    const union cp_value *reference = &cp->values[index];
    const union cp_value *name_and_type = &cp->values[reference->ref.b];
    return (struct cp_member){
        .class_name = cp_class_name(cp, reference->ref.a),
        .name = cp_utf8(cp, name_and_type->ref.a),
        .descriptor = cp_utf8(cp, name_and_type->ref.b),
        .class_index = reference->ref.a,
    };
}
