/* MethodHandleNatives.resolve and getMembers: from a name and a type to a member. */
#include "classloader/linking.h"
#include "classloader/resolution.h"
#include "native/direct.h"
#include "native/methodhandles.h"
#include "vm/object.h"
#include "vm/string.h"

enum { LOOKUP_TRUSTED = -1, LOOKUP_UNCONDITIONAL = 32 }; /* MethodHandleNatives.Constants.LM_* */

struct query {
    struct object *member;
    struct class *holder, *caller;       /* caller NULL: no access checks */
    struct symbol *name, *descriptor;
    int32_t flags;
    enum reference_kind kind;
    bool speculative;
    bool unconditional;                  /* by a public lookup: no loader constraints */
};

/* invokeBasic and linkTo*: one method per type.  invoke, invokeExact and VarHandle's accessors are linked per call site
 * and cannot be named: `found` stays NULL.  false: this is an ordinary name. */
static bool polymorphic_target(struct thread *t, const struct query *q, struct method **found)
{
    *found = NULL;
    if (q->kind != REF_INVOKE_VIRTUAL && q->kind != REF_INVOKE_SPECIAL && q->kind != REF_INVOKE_STATIC)
        return false;
    enum method_intrinsic intrinsic = polymorphic_intrinsic(q->holder, q->name);
    if (intrinsic == INTRINSIC_NONE)
        return false;
    bool links = intrinsic != INTRINSIC_INVOKE_BASIC && intrinsic != INTRINSIC_INVOKE_GENERIC; /* the static ones */
    if (links != (q->kind == REF_INVOKE_STATIC))
        return false;
    if (intrinsic != INTRINSIC_INVOKE_GENERIC)
        *found = polymorphic_method(t, intrinsic, q->name, q->descriptor);
    return true;
}

static bool method_target(struct thread *t, const struct query *q, struct call_target *target)
{
    enum call_kind kind = CALL_SPECIAL; /* constructors too */
    if (q->kind == REF_INVOKE_STATIC)
        kind = CALL_STATIC;
    else if (q->kind == REF_INVOKE_VIRTUAL)
        kind = CALL_VIRTUAL;
    else if (q->kind == REF_INVOKE_INTERFACE)
        kind = CALL_INTERFACE;
    return resolve_method_in(t, q->holder, q->name, q->descriptor, kind, q->unconditional, q->caller, q->speculative,
                             target);
}

static bool resolve_to_method(struct thread *t, const struct query *q)
{
    struct method *polymorphic;
    if (polymorphic_target(t, q, &polymorphic))
        return polymorphic != NULL && member_name_init_method(t, q->member, polymorphic, false, polymorphic->owner);
    struct call_target target;
    if (!method_target(t, q, &target))
        return false;
    bool dispatch = q->kind == REF_INVOKE_VIRTUAL || q->kind == REF_INVOKE_INTERFACE;
    if (dispatch && target.kind != CALL_VIRTUAL && target.kind != CALL_INTERFACE)
        dispatch = false; /* private or final: devirtualized by resolution */
    return member_name_init_method(t, q->member, target.declared, dispatch, q->holder);
}

static bool resolve_to_constructor(struct thread *t, const struct query *q)
{
    struct call_target target;
    return q->name == sym_init && method_target(t, q, &target) &&
           member_name_init_method(t, q->member, target.declared, false, q->holder);
}

/* Staticness is what the field says: the Java side compares it with what was asked, and checks access. */
static bool resolve_to_field(struct thread *t, const struct query *q)
{
    struct field *f = class_find_field(q->holder, q->name, q->descriptor);
    bool is_static = f != NULL ? (f->access_flags & ACC_STATIC) != 0
                               : q->kind == REF_GET_STATIC || q->kind == REF_PUT_STATIC;
    f = resolve_field_in(t, q->holder, q->name, q->descriptor, is_static, NULL, q->speculative);
    if (f == NULL || !link_class(t, f->owner))
        return false;
    member_name_init_field(t, q->member, f, q->kind == REF_PUT_FIELD || q->kind == REF_PUT_STATIC);
    return true;
}

/* Throws unless an error of resolution is pending already. */
static void nothing_found(struct thread *t, const struct query *q)
{
    if (exception_pending(t))
        return;
    if (q->flags & MN_IS_FIELD)
        exception_throw(t, "java/lang/NoSuchFieldError", "field resolution failed");
    else if (q->flags & (MN_IS_METHOD | MN_IS_CONSTRUCTOR))
        exception_throw(t, "java/lang/NoSuchMethodError", "method resolution failed");
    else
        exception_throw(t, "java/lang/LinkageError", "resolution failed");
}

/* What the arguments ask for.  false: nothing that could exist, or an exception is pending. */
static bool read_query(struct thread *t, const union slot *args, struct query *q)
{
    struct wellknown *k = &t->vm->known;
    struct object *mirror = gc_load_ref(q->member, k->MemberName_clazz);
    struct object *name = gc_load_ref(q->member, k->MemberName_name);
    struct object *type = gc_load_ref(q->member, k->MemberName_type);
    if (mirror == NULL || name == NULL || type == NULL) {
        exception_throw(t, "java/lang/IllegalArgumentException", "nothing to resolve");
        return false;
    }
    q->holder = class_from_mirror(mirror);
    q->unconditional = args[2].i == LOOKUP_UNCONDITIONAL;
    q->caller = args[1].a == NULL || args[2].i == LOOKUP_TRUSTED ? NULL : class_from_mirror(args[1].a);
    if (class_is_primitive(q->holder))
        return false;
    if (class_is_array(q->holder)) {
        q->holder = k->Object; /* arrays have Object's methods; that clone is public there is known to the caller */
        q->caller = NULL;
    }
    q->name = string_to_symbol(name, false);
    q->descriptor = member_type_symbol(t, type);
    if (q->name == NULL || q->name == sym_clinit || q->descriptor == NULL)
        return false;
    return link_class(t, q->holder);
}

static bool resolve_query(struct thread *t, const union slot *args, struct query *q)
{
    if (!read_query(t, args, q))
        return false;
    switch (q->flags & MN_ALL_KINDS) {
    case MN_IS_METHOD:
        return resolve_to_method(t, q);
    case MN_IS_CONSTRUCTOR:
        return resolve_to_constructor(t, q);
    case MN_IS_FIELD:
        return resolve_to_field(t, q);
    default:
        exception_throw(t, "java/lang/InternalError", "unrecognized MemberName format");
        return false;
    }
}

/* resolve(MemberName self, Class caller, int lookupMode, boolean speculative) MemberName */
void member_name_resolve(struct thread *t, struct method *m, union slot *args)
{
    struct query q = {.member = args[0].a, .speculative = args[3].i != 0};
    if (q.member == NULL) {
        DIRECT_THROW(t, m, args, "java/lang/InternalError", "mname to resolve is null");
        return;
    }
    if (member_name_method(t, q.member) != NULL)
        return; /* resolved before */
    q.flags = member_name_flags(t, q.member);
    q.kind = member_name_kind(q.flags);
    if (q.kind == REF_NONE || q.kind >= REF_LIMIT) {
        DIRECT_THROW(t, m, args, "java/lang/InternalError", "obsolete MemberName format");
        return;
    }
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    bool found = resolve_query(t, args, &q);
    if (!found && q.speculative)
        exception_clear(t);
    else if (!found)
        nothing_found(t, &q);
    direct_pop(t, f);
    args[0].a = found ? q.member : NULL;
}

/* ---- getMembers ------------------------------------------------------------------------------------------ */

struct listing {
    struct symbol *name, *descriptor;    /* NULL: any */
    int32_t flags;
    int32_t skip, found;                 /* members passed over; members that matched behind them */
    struct object *results;              /* MemberName[], each element prepared by the caller */
};

static struct object *next_result(struct listing *l)
{
    if (l->skip > 0) {
        l->skip--;
        return NULL;
    }
    uint32_t index = (uint32_t)l->found++;
    return index < array_length(l->results) ? gc_load_element(l->results, index) : NULL;
}

static bool matches(const struct listing *l, const struct symbol *name, const struct symbol *descriptor)
{
    return (l->name == NULL || l->name == name) && (l->descriptor == NULL || l->descriptor == descriptor);
}

static bool list_class(struct thread *t, struct listing *l, struct class *c)
{
    for (uint32_t i = 0; (l->flags & MN_IS_FIELD) && i < c->field_count; i++) {
        struct field *f = &c->fields[i];
        struct object *member = matches(l, f->name, f->descriptor) ? next_result(l) : NULL;
        if (member != NULL)
            member_name_init_field(t, member, f, false);
    }
    for (uint32_t i = 0; i < c->method_count; i++) {
        struct method *m = c->methods[i];
        int32_t wanted = m->name == sym_init ? MN_IS_CONSTRUCTOR : MN_IS_METHOD;
        if (m->name == sym_clinit || !(l->flags & wanted) || !matches(l, m->name, m->descriptor))
            continue;
        struct object *member = next_result(l);
        if (member != NULL && !member_name_init_method(t, member, m, true, c))
            return false;
    }
    return true;
}

static bool list_all(struct thread *t, struct listing *l, struct class *c)
{
    if (!list_class(t, l, c))
        return false;
    if (l->flags & MN_SEARCH_SUPERCLASSES) {
        for (struct class *s = class_is_interface(c) ? NULL : c->super; s != NULL; s = s->super)
            if (!list_class(t, l, s))
                return false;
    }
    for (uint32_t i = 0; (l->flags & MN_SEARCH_INTERFACES) && i < c->all_interface_count; i++)
        if (!list_class(t, l, c->all_interfaces[i]))
            return false;
    return true;
}

/* getMembers(Class defc, String name, String descriptor, int flags, Class caller, int skip, MemberName[] results) int:
 * how many there are; as many as fit are filled in. */
void member_name_list(struct thread *t, struct method *m, union slot *args)
{
    enum { REFUSED = -1 };
    struct listing l = {.flags = args[3].i, .skip = args[5].i, .results = args[6].a};
    struct class *c = args[0].a == NULL ? NULL : class_from_mirror(args[0].a);
    args[0].i = REFUSED;
    if (c == NULL || l.results == NULL || class_is_primitive(c))
        return;
    if (class_is_array(c))
        c = t->vm->known.Object;
    if ((args[1].a != NULL && (l.name = string_to_symbol(args[1].a, false)) == NULL) ||
        (args[2].a != NULL && (l.descriptor = string_to_symbol(args[2].a, false)) == NULL)) {
        args[0].i = 0; /* no member can have such a name */
        return;
    }
    if (link_class(t, c) && list_all(t, &l, c))
        args[0].i = l.found;
}
