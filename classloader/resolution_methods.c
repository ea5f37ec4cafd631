/* Method resolution (JVMS 5.4.3.3, 5.4.3.4) and what each invoke instruction makes of the resolved method (6.5). */
#include <stdio.h>

#include "classloader/linking.h"
#include "classloader/modules.h"
#include "classloader/resolution_private.h"
#include "vm/exception.h"
#include "vm/symbol.h"

static const char incompatible[] = "java/lang/IncompatibleClassChangeError";
enum { NAME_SIZE = 512, METHOD_SIZE = 1024 };

struct request {
    struct thread *t;
    struct class *holder;    /* the class that the reference names */
    struct symbol *name, *descriptor;
    enum call_kind kind;
    bool tagged;             /* comes from a constant pool: the entry's tag must fit the class */
    bool interface_ref;
    struct class *from;      /* NULL: no access checks */
    bool unconstrained;      /* no loader constraints */
    bool quiet;              /* failures raise nothing */
};

/* ---- failures -------------------------------------------------------------------------------------------- */

static const char *wanted_name(const struct request *r, char *buffer)
{
    struct method like = {.owner = r->holder, .name = r->name, .descriptor = r->descriptor};
    return method_external_name(&like, buffer, METHOD_SIZE);
}

/* An error whose format has one %s for a method's text. */
static void fail_method(const struct request *r, const char *exception, const char *before, const char *method,
                        const char *after)
{
    if (!r->quiet)
        exception_throw(r->t, exception, "%s'%s'%s", before, method, after);
}

static void fail_kind(const struct request *r, bool is_interface)
{
    char name[NAME_SIZE];
    if (!r->quiet)
        exception_throw(r->t, incompatible, is_interface ? "Found interface %s, but class was expected"
                                                         : "Found class %s, but interface was expected",
                        class_external_name(r->holder, name, sizeof name));
}

static void throw_method_constraint(const struct request *r, const struct method *m, const struct symbol *type)
{
    struct thread *t = r->t;
    char one[256], two[256], current[NAME_SIZE], owner[NAME_SIZE], method[METHOD_SIZE], here[1024], there[1024];
    exception_throw(
        t, "java/lang/LinkageError",
        "loader constraint violation: when resolving %s '%s' the class loader %s of the current class, %s, and the"
        " class loader %s for the method's defining class, %s, have different Class objects for the type %s used in"
        " the signature (%s; %s)",
        r->interface_ref ? "interface method" : "method", wanted_name(r, method),
        loader_name_and_id(t, r->from->loader, one, sizeof one), class_external_name(r->from, current, sizeof current),
        loader_name_and_id(t, m->owner->loader, two, sizeof two), class_external_name(m->owner, owner, sizeof owner),
        type->bytes, class_is_in_module_with_parent(t, r->from, here, sizeof here),
        class_is_in_module_with_parent(t, m->owner, there, sizeof there));
}

/* ---- lookup ---------------------------------------------------------------------------------------------- */

static bool check_holder(const struct request *r)
{
    bool is_interface = class_is_interface(r->holder);
    char method[METHOD_SIZE];
    if (is_interface && r->kind == CALL_VIRTUAL) {
        fail_kind(r, true);
        return false;
    }
    if (!is_interface && r->kind == CALL_INTERFACE) {
        fail_kind(r, false);
        return false;
    }
    if (r->tagged && is_interface != r->interface_ref) {
        fail_method(r, incompatible, "Method ", wanted_name(r, method),
                    is_interface ? " must be InterfaceMethodref constant" : " must be Methodref constant");
        return false;
    }
    return true;
}

static bool check_access(const struct request *r, const struct method *m)
{
    uint16_t flags = m->access_flags;
    if (class_is_array(r->holder) && strcmp(m->name->bytes, "clone") == 0)
        flags |= ACC_PUBLIC; /* JLS 10.7: arrays have a public clone */
    if (access_member(r->t, r->from, r->holder, m->owner, flags))
        return true;
    if (!r->quiet)
        throw_method_access(r->t, r->from, m);
    return false;
}

static bool check_static(const struct request *r, const struct method *m)
{
    char method[METHOD_SIZE];
    if (method_is_static(m) == (r->kind == CALL_STATIC))
        return true;
    const char *before = r->kind == CALL_STATIC ? "Expected static method "
                         : class_is_interface(r->holder) ? "Expected instance not static method "
                                                         : "Expecting non-static method ";
    fail_method(r, incompatible, before, method_external_name(m, method, sizeof method), "");
    return false;
}

static struct method *find_method(const struct request *r)
{
    char text[METHOD_SIZE];
    struct method *m = NULL;
    if (!check_holder(r))
        return NULL;
    if (class_is_interface(r->holder))
        m = class_find_interface_method(r->holder, r->name, r->descriptor);
    else if (!class_is_primitive(r->holder))
        m = class_find_method(class_is_array(r->holder) ? r->holder->super : r->holder, r->name, r->descriptor);
    if (m == NULL) {
        fail_method(r, "java/lang/NoSuchMethodError", "", wanted_name(r, text), "");
        return NULL;
    }
    if (!check_access(r, m))
        return NULL;
    struct symbol *type;
    if (r->from != NULL && !r->unconstrained &&
        !constrain_descriptor(r->t, r->descriptor, r->from->loader, m->owner->loader, &type)) {
        if (!r->quiet)
            throw_method_constraint(r, m, type);
        return NULL;
    }
    return m;
}

/* ---- dispatch -------------------------------------------------------------------------------------------- */

/* The slot of the interface method that a class inherits without a declaration of its own. */
static int32_t interface_slot(const struct class *holder, const struct method *m)
{
    for (uint32_t i = 0; i < holder->vtable_length; i++) {
        const struct method *entry = holder->vtable[i];
        bool inherited = class_is_interface(entry->owner) || (entry->vm_flags & METHOD_OVERPASS) != 0;
        if (inherited && entry->name == m->name && entry->descriptor == m->descriptor)
            return (int32_t)i;
    }
    return -1;
}

static struct call_target direct(struct method *m, enum call_kind kind)
{
    return (struct call_target){.declared = m, .kind = kind, .index = -1};
}

/* How the method runs by invokestatic, invokevirtual or invokeinterface: what the constant-pool slot says. */
static struct call_target dispatch(const struct class *holder, struct method *m)
{
    if (method_is_static(m))
        return direct(m, CALL_STATIC);
    if (method_is_private(m) || method_is_initializer(m) || method_is_final(m))
        return direct(m, CALL_SPECIAL);
    if (!class_is_interface(m->owner))
        return (struct call_target){.declared = m, .kind = CALL_VIRTUAL, .index = m->vtable_index};
    int32_t slot = class_is_interface(holder) ? -1 : interface_slot(holder, m);
    if (slot >= 0)
        return (struct call_target){.declared = m, .kind = CALL_VIRTUAL, .index = slot};
    return (struct call_target){.declared = m, .kind = CALL_INTERFACE, .index = m->itable_index};
}

static bool is_direct_superinterface(const struct class *c, const struct class *interface)
{
    for (uint32_t i = 0; i < c->interface_count; i++)
        if (c->interfaces[i] == interface)
            return true;
    return false;
}

/* JVMS 6.5 invokespecial: ACC_SUPER is taken as set (JVMS 4.1), so that a method of a superclass is looked up again
 * from the direct superclass of the current class. */
static struct method *select_super(const struct request *r, struct method *m)
{
    struct class *from = r->from;
    bool again = from != NULL && from != r->holder && !method_is_private(m) && !class_is_interface(r->holder)
                 && !class_is_interface(from) && from->super != NULL && class_is_subtype(from, r->holder);
    if (!again)
        return m;
    struct method *selected = class_find_method(from->super, m->name, m->descriptor);
    while (selected != NULL && method_is_static(selected)) /* only an instance method is selected */
        selected = selected->owner->super != NULL
                       ? class_find_method(selected->owner->super, m->name, m->descriptor) : NULL;
    return selected;
}

static bool special_target(const struct request *r, struct method *m, struct call_target *out)
{
    char text[METHOD_SIZE], name[NAME_SIZE];
    struct class *from = r->from;
    if (m->name == sym_init) {
        *out = direct(m, CALL_SPECIAL);
        if (m->owner == r->holder)
            return true;
        if (!r->quiet)
            exception_throw(r->t, "java/lang/NoSuchMethodError", "%s: method '%s' not found",
                            class_external_name(r->holder, name, sizeof name), wanted_name(r, text));
        return false;
    }
    if (from != NULL && from != r->holder && class_is_interface(r->holder) &&
        !is_direct_superinterface(from, r->holder)) {
        if (!r->quiet)
            exception_throw(r->t, incompatible,
                            "Interface method reference: '%s', is in an indirect superinterface of %s",
                            method_external_name(m, text, sizeof text), class_external_name(from, name, sizeof name));
        return false;
    }
    struct method *selected = select_super(r, m);
    if (selected == NULL || method_is_abstract(selected)) {
        fail_method(r, "java/lang/AbstractMethodError", "", method_external_name(selected != NULL ? selected : m, text,
                                                                                 sizeof text), "");
        return false;
    }
    *out = direct(selected, CALL_SPECIAL);
    return true;
}

/* Signature-polymorphic: found by name alone (JVMS 5.4.3.3). */
static bool polymorphic_target(const struct request *r, enum method_intrinsic intrinsic, struct call_target *out)
{
    struct method *m = polymorphic_method(r->t, intrinsic, r->name, r->descriptor);
    *out = direct(m, method_is_static(m) ? CALL_STATIC : CALL_SPECIAL);
    return check_access(r, m) && check_static(r, m);
}

static enum method_intrinsic polymorphic(const struct class *holder, const struct symbol *name)
{
    if (LIKELY(holder->name != sym_java_lang_invoke_MethodHandle && holder->name != sym_java_lang_invoke_VarHandle))
        return INTRINSIC_NONE;
    return polymorphic_intrinsic(holder, name);
}

/* ---- entry points ---------------------------------------------------------------------------------------- */

static struct call_target read_slot(const struct cp_slot *slot, struct method *m)
{
    uint64_t b = atomic_load_explicit(&((struct cp_slot *)slot)->b, memory_order_relaxed);
    return (struct call_target){.declared = m, .kind = (enum call_kind)(b >> 32), .index = (int32_t)(uint32_t)b};
}

static void publish_target(struct cp_slot *slot, const struct call_target *target)
{
    slot_publish(slot, target->declared, (uint64_t)target->kind << 32 | (uint32_t)target->index);
}

/* The slot always tells how the method is dispatched; what invokespecial runs depends on the instruction's class and is
 * worked out anew, so that one entry can serve both super.f() and this.f(). */
bool resolve_method(struct thread *t, struct class *from, uint16_t cp_index, enum call_kind kind,
                    struct call_target *out)
{
    struct cp_slot *slot = cp_slot(&from->cp, cp_index);
    struct cp_member member = cp_member(&from->cp, cp_index);
    if (slot_failed(t, slot))
        return false;
    struct class *holder = resolve_class(t, from, member.class_index);
    if (holder == NULL)
        return false;
    struct request r = {
        .t = t, .holder = holder, .name = member.name, .descriptor = member.descriptor, .kind = kind, .from = from,
        .tagged = true, .interface_ref = from->cp.tags[cp_index] == CP_INTERFACE_METHODREF,
    };
    enum method_intrinsic intrinsic = polymorphic(holder, member.name);
    if (intrinsic != INTRINSIC_NONE)
        return polymorphic_target(&r, intrinsic, out);
    struct method *m = atomic_load_explicit(&slot->a, memory_order_acquire);
    if (m != NULL && m != CP_SLOT_FAILED) {
        *out = read_slot(slot, m);
    } else {
        m = find_method(&r);
        if (m == NULL) {
            slot_record_failure(t, slot);
            return false;
        }
        if (!link_class(t, holder) || !link_class(t, m->owner))
            return false;
        *out = dispatch(holder, m);
        publish_target(slot, out);
    }
    if (!check_static(&r, m))
        return false;
    return kind != CALL_SPECIAL || special_target(&r, m, out);
}

bool resolve_method_in(struct thread *t, struct class *holder, struct symbol *name, struct symbol *descriptor,
                       enum call_kind kind, bool unconstrained, struct class *from, bool speculative,
                       struct call_target *out)
{
    struct request r = {
        .t = t, .holder = holder, .name = name, .descriptor = descriptor, .kind = kind,
        .interface_ref = class_is_interface(holder), .unconstrained = unconstrained, .from = from, .quiet = speculative,
    };
    enum method_intrinsic intrinsic = polymorphic(holder, name);
    if (intrinsic != INTRINSIC_NONE)
        return polymorphic_target(&r, intrinsic, out);
    struct method *m = find_method(&r);
    if (m == NULL || !check_static(&r, m))
        return false;
    if (!link_class(t, holder) || !link_class(t, m->owner)) {
        if (speculative)
            exception_clear(t);
        return false;
    }
    *out = dispatch(holder, m);
    return kind != CALL_SPECIAL || special_target(&r, m, out);
}
