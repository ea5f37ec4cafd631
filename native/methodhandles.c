/* The natives of java.lang.invoke.MethodHandleNatives and MethodHandle. */
#include "native/methodhandles.h"

#include "classloader/linking.h"
#include "native/direct.h"
#include "native/natives.h"
#include "native/reflection.h"
#include "vm/object.h"
#include "vm/string.h"

/* Of a reflect object.  A signature-polymorphic method has no single meaning: the MemberName stays empty then. */
static bool init_from_reflect(struct thread *t, struct object *member, struct object *target)
{
    struct wellknown *k = &t->vm->known;
    if (object_class(target) == k->ReflectField) {
        struct field *f = reflect_field(t, target);
        if (!link_class(t, f->owner))
            return false;
        member_name_init_field(t, member, f, false);
        if (gc_load_ref(member, k->MemberName_name) == NULL)
            gc_store_ref(member, k->MemberName_name, gc_load_ref(target, k->ReflectField_name));
        if (gc_load_ref(member, k->MemberName_type) == NULL)
            gc_store_ref(member, k->MemberName_type, gc_load_ref(target, k->ReflectField_type));
        return true;
    }
    if (object_class(target) != k->ReflectMethod && object_class(target) != k->ReflectConstructor) {
        exception_throw(t, "java/lang/InternalError", "unrecognized reference to initialize a MemberName from");
        return false;
    }
    struct method *m = reflect_method(t, target);
    if (m->intrinsic != INTRINSIC_NONE)
        return true;
    return link_class(t, m->owner) && member_name_init_method(t, member, m, true, m->owner);
}

static void mhn_init(struct thread *t, struct method *m, union slot *args)
{
    if (args[0].a == NULL || args[1].a == NULL) {
        DIRECT_THROW(t, m, args, "java/lang/InternalError", "%s is null",
                     args[0].a == NULL ? "mname to init" : "target");
        return;
    }
    init_from_reflect(t, args[0].a, args[1].a);
}

/* Name and descriptor of what the member stands for; both NULL when it stands for nothing. */
static void member_symbols(struct thread *t, struct object *member, struct symbol **name, struct symbol **descriptor)
{
    struct method *m = member_name_method(t, member);
    struct field *f = m == NULL ? member_name_field(t, member) : NULL;
    *name = m != NULL ? m->name : f != NULL ? f->name : NULL;
    *descriptor = m != NULL ? m->descriptor : f != NULL ? f->descriptor : NULL;
}

static void mhn_expand(struct thread *t, struct method *m, union slot *args)
{
    struct wellknown *k = &t->vm->known;
    struct object *member = args[0].a;
    if (member == NULL) {
        DIRECT_THROW(t, m, args, "java/lang/InternalError", "mname to expand is null");
        return;
    }
    struct symbol *name, *descriptor;
    member_symbols(t, member, &name, &descriptor);
    if (name == NULL) {
        DIRECT_THROW(t, m, args, "java/lang/InternalError", "nothing to expand");
        return;
    }
    if (gc_load_ref(member, k->MemberName_name) == NULL) {
        struct object *text = string_intern_symbol(t, name);
        if (text == NULL)
            return;
        gc_store_ref(member, k->MemberName_name, text);
    }
    if (gc_load_ref(member, k->MemberName_type) != NULL)
        return;
    struct object *type = NULL;
    if (descriptor->length == 1) /* a field of primitive type */
        type = class_mirror(vm_primitive_class(t->vm, descriptor->bytes[0]));
    else
        type = string_intern_symbol(t, descriptor);
    if (type != NULL)
        gc_store_ref(member, k->MemberName_type, type);
}

/* ---- fields ---------------------------------------------------------------------------------------------- */

static bool is_resolved_field(struct thread *t, struct method *m, union slot *args, bool is_static)
{
    struct object *member = args[0].a;
    if (member != NULL && gc_load_ref(member, t->vm->known.MemberName_clazz) != NULL) {
        int32_t flags = member_name_flags(t, member);
        if ((flags & MN_IS_FIELD) && ((flags & ACC_STATIC) != 0) == is_static && member_name_field(t, member) != NULL)
            return true;
    }
    DIRECT_THROW(t, m, args, "java/lang/InternalError", "%s field required", is_static ? "static" : "non-static");
    return false;
}

static void mhn_object_field_offset(struct thread *t, struct method *m, union slot *args)
{
    if (is_resolved_field(t, m, args, false))
        args[0].j = member_name_field(t, args[0].a)->offset;
}

/* Relative to the mirror, as Unsafe's. */
static void mhn_static_field_offset(struct thread *t, struct method *m, union slot *args)
{
    if (is_resolved_field(t, m, args, true)) {
        const struct field *f = member_name_field(t, args[0].a);
        args[0].j = (char *)f->address - (char *)class_mirror(f->owner);
    }
}

static void mhn_static_field_base(struct thread *t, struct method *m, union slot *args)
{
    if (is_resolved_field(t, m, args, true))
        args[0].a = gc_load_ref(args[0].a, t->vm->known.MemberName_clazz);
}

/* {Long vmindex, class of a field or the member itself}: for the Java side's assertions. */
static void mhn_get_member_vm_info(struct thread *t, struct method *m, union slot *args)
{
    struct wellknown *k = &t->vm->known;
    struct object *member = args[0].a;
    args[0].a = NULL;
    if (member == NULL)
        return;
    struct object *info = array_new_of(t, k->Object, 2);
    if (info == NULL)
        return;
    struct object *index = box(t, 'J', (union slot){.j = object_get_long(member, k->MemberName_vmindex)});
    if (index == NULL)
        return;
    bool field = (member_name_flags(t, member) & MN_IS_FIELD) != 0;
    gc_store_element(info, 0, index);
    gc_store_element(info, 1, field ? gc_load_ref(member, k->MemberName_clazz) : member);
    args[0].a = info;
}

/* ---- call sites ------------------------------------------------------------------------------------------ */

static void mhn_set_target_normal(struct thread *t, struct method *m, union slot *args)
{
    gc_store_ref(args[0].a, t->vm->known.CallSite_target, args[1].a);
}

static void mhn_set_target_volatile(struct thread *t, struct method *m, union slot *args)
{
    gc_store_ref_volatile(args[0].a, t->vm->known.CallSite_target, args[1].a);
}

/* Bootstrap methods always get their arguments pushed (invokedynamic never passes a BootstrapCallInfo to be asked). */
static void mhn_copy_out_bootstrap_arguments(struct thread *t, struct method *m, union slot *args)
{
    DIRECT_THROW(t, m, args, "java/lang/InternalError", "bootstrap arguments are passed by value, not on demand");
}

/* No constants to compare: 0 ends the Java side's loop. */
static void mhn_get_named_con(struct thread *t, struct method *m, union slot *args)
{
    args[0].i = 0;
}

static const struct vm_native mhn_methods[] = {
    {"registerNatives", "()V", NULL, direct_nothing},
    {"init", "(Ljava/lang/invoke/MemberName;Ljava/lang/Object;)V", NULL, mhn_init},
    {"expand", "(Ljava/lang/invoke/MemberName;)V", NULL, mhn_expand},
    {"resolve", "(Ljava/lang/invoke/MemberName;Ljava/lang/Class;IZ)Ljava/lang/invoke/MemberName;", NULL,
     member_name_resolve},
    {"getMembers",
     "(Ljava/lang/Class;Ljava/lang/String;Ljava/lang/String;ILjava/lang/Class;I[Ljava/lang/invoke/MemberName;)I", NULL,
     member_name_list},
    {"objectFieldOffset", "(Ljava/lang/invoke/MemberName;)J", NULL, mhn_object_field_offset},
    {"staticFieldOffset", "(Ljava/lang/invoke/MemberName;)J", NULL, mhn_static_field_offset},
    {"staticFieldBase", "(Ljava/lang/invoke/MemberName;)Ljava/lang/Object;", NULL, mhn_static_field_base},
    {"getMemberVMInfo", "(Ljava/lang/invoke/MemberName;)Ljava/lang/Object;", NULL, mhn_get_member_vm_info},
    {"setCallSiteTargetNormal", "(Ljava/lang/invoke/CallSite;Ljava/lang/invoke/MethodHandle;)V", NULL,
     mhn_set_target_normal},
    {"setCallSiteTargetVolatile", "(Ljava/lang/invoke/CallSite;Ljava/lang/invoke/MethodHandle;)V", NULL,
     mhn_set_target_volatile},
    {"copyOutBootstrapArguments", "(Ljava/lang/Class;[III[Ljava/lang/Object;IZLjava/lang/Object;)V", NULL,
     mhn_copy_out_bootstrap_arguments},
    /* compiled code that relied on a call site's target would be discarded here: there is none */
    {"clearCallSiteContext", "(Ljava/lang/invoke/MethodHandleNatives$CallSiteContext;)V", NULL, direct_nothing},
    {"getNamedCon", "(I[Ljava/lang/Object;)I", NULL, mhn_get_named_con},
};

const struct vm_native_class natives_method_handle_natives = {
    "java/lang/invoke/MethodHandleNatives", mhn_methods, ARRAY_COUNT(mhn_methods),
};

/* ---- MethodHandle: reached through reflection only, call sites are linked to adapters --------------------- */

static void refuse_reflective_call(struct thread *t, struct method *m, union slot *args)
{
    DIRECT_THROW(t, m, args, "java/lang/UnsupportedOperationException",
                 "MethodHandle.%s cannot be invoked reflectively", m->name->bytes);
}

static const struct vm_native method_handle_methods[] = {
    {"invoke", "([Ljava/lang/Object;)Ljava/lang/Object;", NULL, refuse_reflective_call},
    {"invokeExact", "([Ljava/lang/Object;)Ljava/lang/Object;", NULL, refuse_reflective_call},
};

const struct vm_native_class natives_method_handle = {
    "java/lang/invoke/MethodHandle", method_handle_methods, ARRAY_COUNT(method_handle_methods),
};
