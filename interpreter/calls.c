/* First executions of calls: resolution, selection, the class-initialization barrier, inline caches of interface
 * calls, and the method-handle intrinsics. */
#include "interpreter/code.h"

#include "classloader/linking.h"
#include "classloader/resolution.h"
#include "interpreter/interpreter.h"
#include "interpreter/mh_link.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/vm.h"

static void publish_call(struct insn *pc, enum ir op, uint32_t b, const void *pointer)
{
    struct insn now = insn_load(pc);
    insn_set_pointer(pc, pointer);
    insn_publish(pc, (struct insn){ (uint16_t)op, now.a, (uint16_t)b, now.c });
    /* In an instruction that another thread was faster to resolve, b means something else. */
    if (now.op >= IR_INVOKESTATIC_U && now.op <= IR_INVOKEDYNAMIC_U && (now.b & CALL_MOVED))
        fuse_moves(pc);
}

static union slot *arguments(const struct frame *f, const struct insn *pc)
{
    return f->locals + pc->a;
}

static bool has_receiver(struct thread *t, const union slot *args)
{
    if (LIKELY(args[0].a != NULL))
        return true;
    throw_null(t);
    return false;
}

/* invokeBasic and linkTo*: the instruction keeps the intrinsic method, the target is found at each execution. */
static struct method *linker_call(struct thread *t, struct frame *f, struct insn *pc, struct method *m)
{
    publish_call(pc, IR_INVOKE_LINKER, 0, m);
    return intrinsic_target(t, m, arguments(f, pc));
}

struct method *quicken_invokestatic(struct thread *t, struct frame *f, struct insn *pc)
{
    struct call_target target;
    if (!resolve_method(t, f->method->owner, pc->c, CALL_STATIC, &target))
        return NULL;
    struct method *m = target.declared;
    if (m->intrinsic != INTRINSIC_NONE)
        return linker_call(t, f, pc, m);
    if (!initialize_class(t, m->owner))
        return NULL;
    if (class_is_initialized(m->owner))
        publish_call(pc, IR_INVOKE_DIRECT, 0, m);
    return m;
}

/* A call whose method is known, of an instance. */
static struct method *checked_call(struct thread *t, struct frame *f, struct insn *pc, struct method *m)
{
    enum ir op = IR_INVOKE_CHECKED;
    if ((m->vm_flags & METHOD_EMPTY) && !method_is_native(m) && !method_is_synchronized(m))
        op = m->owner->super == NULL && m->name == sym_init ? IR_INVOKE_OBJECT_INIT : IR_INVOKE_EMPTY;
    publish_call(pc, op, 0, m);
    return has_receiver(t, arguments(f, pc)) ? m : NULL;
}

static struct method *virtual_call(struct thread *t, struct frame *f, struct insn *pc, const struct call_target *target)
{
    if (target->index < 0)
        return checked_call(t, f, pc, target->declared);
    if (target->index <= UINT16_MAX)
        publish_call(pc, IR_INVOKE_VIRTUAL, (uint32_t)target->index, target->declared);
    union slot *args = arguments(f, pc);
    return has_receiver(t, args) ? object_class(args[0].a)->vtable[target->index] : NULL;
}

/* Runs the adapter that the linked site names, behind its appendix. */
static struct method *site_call(struct frame *f, const struct insn *pc, const struct call_site *site)
{
    if (site->appendix != NULL)
        arguments(f, pc)[pc->b & CALL_ARGUMENTS].a = *(struct object *volatile *)site->appendix;
    return site->adapter;
}

/* MethodHandle.invoke / invokeExact and VarHandle accessors: linked per call site. */
static struct method *polymorphic_call(struct thread *t, struct frame *f, struct insn *pc)
{
    struct class *owner = f->method->owner;
    struct cp_member member = cp_member(&owner->cp, pc->c);
    struct class *holder = resolve_class(t, owner, member.class_index);
    struct call_site *site = holder == NULL
        ? NULL : mh_link_polymorphic(t, owner, holder, member.name, member.descriptor);
    if (site == NULL)
        return NULL;
    struct method *m = site_call(f, pc, site);
    publish_call(pc, IR_INVOKE_HANDLE, pc->b & CALL_ARGUMENTS, site);
    return has_receiver(t, arguments(f, pc)) ? m : NULL;
}

struct method *quicken_invokevirtual(struct thread *t, struct frame *f, struct insn *pc)
{
    struct call_target target;
    if (!resolve_method(t, f->method->owner, pc->c, CALL_VIRTUAL, &target))
        return NULL;
    if (target.declared->intrinsic == INTRINSIC_INVOKE_GENERIC)
        return polymorphic_call(t, f, pc);
    if (target.declared->intrinsic != INTRINSIC_NONE)
        return linker_call(t, f, pc, target.declared);
    if (target.kind == CALL_VIRTUAL)
        return virtual_call(t, f, pc, &target);
    return checked_call(t, f, pc, target.declared);
}

/* ---- calls that check the receiver ------------------------------------------------------------------------------ */

static struct method *search_itables(struct thread *t, const struct class *receiver, const struct class *interface,
                                     struct method *declared, int32_t index)
{
    for (uint32_t i = 0; i < receiver->itable_length; i++) {
        if (receiver->itables[i].interface != interface)
            continue;
        struct method *m = receiver->itables[i].methods[index];
        if (m == NULL || (m->vm_flags & METHOD_CONFLICT)) { /* IncompatibleClassChangeError is for invokevirtual */
            throw_abstract(t, receiver, declared);
            m = NULL;
        } else if (UNLIKELY(!(m->access_flags & ACC_PUBLIC)) && m->entry != interpreter_abstract_entry) {
            char name[512];
            exception_throw(t, "java/lang/IllegalAccessError",
                            "'%s' is not public and cannot implement an interface method",
                            method_external_name(m, name, sizeof name));
            m = NULL;
        }
        return m;
    }
    throw_not_implemented(t, receiver, interface);
    return NULL;
}

/* A method of Object, called through an interface, runs only where it stays public. */
static struct method *public_method(struct thread *t, struct method *m)
{
    if (LIKELY(m->access_flags & ACC_PUBLIC))
        return m;
    char name[512];
    exception_throw(t, "java/lang/IllegalAccessError", "'%s'", method_external_name(m, name, sizeof name));
    return NULL;
}

static struct method *select_method(struct thread *t, const struct interface_site *site, struct class *receiver)
{
    struct method *declared = site->declared;
    bool itable_tells = site->selection == SITE_INTERFACE && site->required == declared->owner;
    if (!itable_tells && !class_is_subtype(receiver, site->required)) {
        if (site->selection == SITE_SUPER)
            throw_not_current(t, receiver, site->required);
        else
            throw_not_implemented(t, receiver, site->required);
        return NULL;
    }
    switch (site->selection) {
    case SITE_INTERFACE: return search_itables(t, receiver, declared->owner, declared, site->index);
    case SITE_VIRTUAL: return public_method(t, receiver->vtable[site->index]);
    default: return declared;
    }
}

struct method *interface_lookup(struct thread *t, struct interface_site *site, struct class *receiver)
{
    struct inline_cache *first = atomic_load_explicit(&site->cache, memory_order_acquire);
    for (const struct inline_cache *c = first; c != NULL; c = c->next)
        if (c->class == receiver)
            return c->method;
    struct method *m = select_method(t, site, receiver);
    if (m != NULL && atomic_load_explicit(&site->entries, memory_order_relaxed) < INLINE_CACHE_MAX) {
        struct inline_cache *entry = arena_alloc(site->declared->owner->loader->arena, sizeof *entry);
        *entry = (struct inline_cache){ receiver, m, first };
        if (atomic_compare_exchange_strong(&site->cache, &first, entry))
            atomic_fetch_add_explicit(&site->entries, 1, memory_order_relaxed);
    }
    return m;
}

static struct method *site_with_receiver(struct thread *t, struct frame *f, struct insn *pc, struct class *required,
                                         enum site_selection selection, const struct call_target *target)
{
    struct interface_site *site = arena_alloc(f->method->owner->loader->arena, sizeof *site);
    site->declared = target->declared;
    site->required = required;
    site->selection = selection;
    site->index = target->index;
    publish_call(pc, IR_INVOKE_INTERFACE, 0, site);
    union slot *args = arguments(f, pc);
    return has_receiver(t, args) ? interface_lookup(t, site, object_class(args[0].a)) : NULL;
}

/* The method is one of the interface or of Object, and selected as its kind wants it. */
struct method *quicken_invokeinterface(struct thread *t, struct frame *f, struct insn *pc)
{
    struct class *owner = f->method->owner;
    struct call_target target;
    if (!resolve_method(t, owner, pc->c, CALL_INTERFACE, &target))
        return NULL;
    struct class *holder = resolve_class(t, owner, cp_member(&owner->cp, pc->c).class_index);
    enum site_selection selection = target.kind == CALL_INTERFACE ? SITE_INTERFACE
                                  : target.kind == CALL_VIRTUAL ? SITE_VIRTUAL : SITE_DIRECT;
    return holder != NULL ? site_with_receiver(t, f, pc, holder, selection, &target) : NULL;
}

/* JVMS 4.10.1.9 has the receiver's type checked before; what a variable of an interface's type holds is only known
 * here. */
struct method *quicken_invokespecial(struct thread *t, struct frame *f, struct insn *pc)
{
    struct class *owner = f->method->owner;
    struct call_target target;
    if (!resolve_method(t, owner, pc->c, CALL_SPECIAL, &target))
        return NULL;
    if (class_is_interface(owner) && target.declared->name != sym_init)
        return site_with_receiver(t, f, pc, owner, SITE_SUPER, &target);
    return checked_call(t, f, pc, target.declared);
}

/* ---- invokedynamic ---------------------------------------------------------------------------------------------- */

/* Each instruction is its own site.  A failure to link is thrown again by this instruction (JVMS 5.4.3.6): its
 * second word then holds a site without adapter whose appendix slot keeps the error. */
struct method *quicken_invokedynamic(struct thread *t, struct frame *f, struct insn *pc)
{
    uint64_t *word = (uint64_t *)(void *)(pc + 1);
    struct call_site *site = (struct call_site *)(uintptr_t)__atomic_load_n(word, __ATOMIC_ACQUIRE);
    struct object *error = NULL;
    if (site == NULL) {
        site = mh_link_call_site(t, f->method, pc->c);
        error = t->exception;
        if (site == NULL && !mh_is_linkage_error(error))
            return NULL;
        if (site == NULL) {
            site = arena_alloc(f->method->owner->loader->arena, sizeof *site);
            site->appendix = gc_roots_new(1);
            gc_store_root(site->appendix, error);
            t->exception = NULL;
        }
        uint64_t expected = 0;
        if (!__atomic_compare_exchange_n(word, &expected, (uint64_t)(uintptr_t)site, false, __ATOMIC_ACQ_REL,
                                         __ATOMIC_ACQUIRE))
            site = (struct call_site *)(uintptr_t)expected; /* another thread linked it first: its answer counts */
    }
    if (site->adapter == NULL) {
        if (error == *site->appendix)
            exception_throw_object(t, error);
        else
            throw_again(t, *site->appendix, false); /* as HotSpot 17 does it: without the cause */
        return NULL;
    }
    struct method *m = site_call(f, pc, site);
    insn_publish(pc, (struct insn){ IR_INVOKE_SITE, pc->a, pc->b & CALL_ARGUMENTS, pc->c });
    return m;
}

/* ---- intrinsics -------------------------------------------------------------------------------------------------- */

static struct method *link_to_virtual(struct thread *t, struct object *member, const union slot *args)
{
    if (!has_receiver(t, args))
        return NULL;
    int64_t index = object_get_long(member, t->vm->known.MemberName_vmindex);
    struct method *target = mh_member_target(t, member);
    if (target == NULL || index < 0)
        return target;
    const struct class *receiver = object_class(args[0].a);
    if (index < receiver->vtable_length)
        return receiver->vtable[index];
    throw_abstract(t, receiver, target);
    return NULL;
}

static struct method *link_to_interface(struct thread *t, struct object *member, const union slot *args)
{
    if (!has_receiver(t, args))
        return NULL;
    struct method *target = mh_member_target(t, member);
    if (target == NULL || target->itable_index < 0)
        return target;
    return search_itables(t, object_class(args[0].a), target->owner, target, target->itable_index);
}

struct method *intrinsic_target(struct thread *t, struct method *m, union slot *args)
{
    struct object *member = m->arg_slots > 0 ? args[m->arg_slots - 1].a : NULL; /* linkTo*: the trailing MemberName */
    if (m->intrinsic == INTRINSIC_INVOKE_BASIC)
        return has_receiver(t, args) ? mh_target(t, args[0].a) : NULL;
    if (m->intrinsic == INTRINSIC_LINK_TO_NATIVE) {
        exception_throw(t, "java/lang/UnsupportedOperationException", "native method handles are not supported");
        return NULL;
    }
    if (m->intrinsic == INTRINSIC_INVOKE_GENERIC || m->intrinsic == INTRINSIC_NONE) {
        exception_throw(t, "java/lang/UnsupportedOperationException", "%s.%s cannot be invoked reflectively",
                        strrchr(m->owner->name->bytes, '/') + 1, m->name->bytes);
        return NULL;
    }
    if (member == NULL) {
        throw_null(t);
        return NULL;
    }
    switch ((enum method_intrinsic)m->intrinsic) {
    case INTRINSIC_LINK_TO_SPECIAL: return has_receiver(t, args) ? mh_member_target(t, member) : NULL;
    case INTRINSIC_LINK_TO_VIRTUAL: return link_to_virtual(t, member, args);
    case INTRINSIC_LINK_TO_INTERFACE: return link_to_interface(t, member, args);
    default: return mh_member_target(t, member);
    }
}
