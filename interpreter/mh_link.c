/* Linking of method handles: the VM's half of invokedynamic, MethodHandle.invoke, and the constants
 * CONSTANT_MethodHandle, CONSTANT_MethodType and CONSTANT_Dynamic (JVMS 5.4.3.5, 5.4.3.6).  Everything that
 * decides anything is Java code, reached by upcalls; no lock is held over them. */
#include "interpreter/mh_link.h"

#include "classloader/classfile.h"
#include "classloader/linking.h"
#include "classloader/loading.h"
#include "classloader/resolution.h"
#include "interpreter/code.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"
#include "vm/vm.h"

enum { REF_GET_FIELD = 1, REF_PUT_STATIC = 4, REF_INVOKE_VIRTUAL = 5 }; /* JVMS table 5.4.3.5-A */

/* ---- types ----------------------------------------------------------------------------------------------- */

/* Mirror of the type that a field descriptor names, as `from` sees it. */
static struct object *type_mirror(struct thread *t, const char *descriptor, size_t length, struct class *from,
                                  struct loader *loader)
{
    if (length == 1)
        return class_mirror(vm_primitive_class(t->vm, descriptor[0]));
    struct class *c = class_from_descriptor(t, descriptor, length, loader);
    if (c == NULL)
        return NULL;
    struct class *innermost = class_is_array(c) ? c->innermost : c;
    if (!class_is_primitive(innermost) && !(from->vm_flags & CLASS_MAGIC_ACCESSOR) && !access_class(from, innermost)) {
        throw_class_access(t, from, innermost);
        return NULL;
    }
    return class_mirror(c);
}

static struct object *new_object_array(struct thread *t, struct class *element, uint32_t length)
{
    struct class *array = array_class_of(t, element);
    return array != NULL ? array_new(t, array, (int32_t)length) : NULL;
}

/* A public class of java.lang or java.lang.invoke that is there already is the same for every loader. */
static bool is_visible_to_all(struct thread *t, const char *name, size_t length)
{
    static const char lang[] = "java/lang/", invoke[] = "java/lang/invoke/";
    size_t package = length > sizeof invoke - 1 && memcmp(name, invoke, sizeof invoke - 1) == 0 ? sizeof invoke - 1
                     : length > sizeof lang - 1 && memcmp(name, lang, sizeof lang - 1) == 0     ? sizeof lang - 1 : 0;
    if (package == 0 || memchr(name + package, '/', length - package) != NULL)
        return false;
    struct symbol *symbol = symbol_intern(name, length);
    struct class *c = symbol != NULL ? find_loaded_class(t->vm->boot_loader, symbol) : NULL;
    return c != NULL && (c->access_flags & ACC_PUBLIC);
}

/* The loader to ask for the types of a method: that of `from`, unless it cannot matter.  Then it is not asked, and does
 * not become an initiating loader, which ClassLoader.findLoadedClass would show. */
static struct loader *loader_for_types(struct thread *t, const struct symbol *descriptor, struct class *from)
{
    for (const char *p = strchr(descriptor->bytes, 'L'); p != NULL; p = strchr(p, 'L')) {
        const char *end = strchr(p, ';');
        if (!is_visible_to_all(t, p + 1, (size_t)(end - p - 1)))
            return from->loader;
        p = end;
    }
    return t->vm->boot_loader;
}

/* MethodType object of a descriptor in the context of `from`. */
static struct object *mh_method_type(struct thread *t, struct symbol *descriptor, struct class *from)
{
    struct descriptor_shape shape = descriptor_shape(descriptor);
    struct object *parameters = new_object_array(t, t->vm->known.Class, shape.arg_count);
    if (parameters == NULL)
        return NULL;
    struct loader *loader = loader_for_types(t, descriptor, from);
    const char *p = descriptor->bytes + 1;
    for (uint32_t i = 0; i < shape.arg_count; i++) {
        const char *next = descriptor_next(p);
        struct object *mirror = type_mirror(t, p, (size_t)(next - p), from, loader);
        if (mirror == NULL)
            return NULL;
        gc_store_element(parameters, i, mirror);
        p = next;
    }
    p++; /* ')' */
    struct object *result = type_mirror(t, p, strlen(p), from, loader);
    if (result == NULL)
        return NULL;
    union slot type;
    return java_callv(t, t->vm->known.findMethodHandleType, &type, result, parameters) ? type.a : NULL;
}

/* ---- recorded results ------------------------------------------------------------------------------------------- */

bool mh_is_linkage_error(const struct object *throwable)
{
    for (const struct class *c = object_class(throwable); c != NULL; c = c->super)
        if (c->loader->is_boot && strcmp(c->name->bytes, "java/lang/LinkageError") == 0)
            return true;
    return false;
}

/* Keeps a LinkageError for later attempts; other throwables (StackOverflowError, ...) may not come again (JVMS
 * 5.4.3). */
static void record_failure(struct thread *t, struct cp_slot *slot)
{
    void *unresolved = NULL;
    if (t->exception == NULL || !mh_is_linkage_error(t->exception))
        return;
    struct object **root = gc_roots_new(1);
    gc_store_root(root, t->exception);
    uint64_t none = 0;
    if (!atomic_compare_exchange_strong(&slot->b, &none, (uint64_t)(uintptr_t)root)) {
        gc_roots_free(root, 1); /* another thread failed first and is about to store its mark */
        return;
    }
    atomic_compare_exchange_strong(&slot->a, &unresolved, CP_SLOT_FAILED);
}

static struct object *record_result(struct cp_slot *slot, struct object *value)
{
    struct object **root = gc_roots_new(1);
    gc_store_root(root, value);
    void *unresolved = NULL;
    if (atomic_compare_exchange_strong(&slot->a, &unresolved, (void *)root))
        return value;
    gc_roots_free(root, 1);
    return unresolved == CP_SLOT_FAILED ? value : *(struct object **)unresolved; /* the first answer counts */
}

/* JLS 15.13.2, HotSpot's rule: Errors pass, other throwables become BootstrapMethodErrors. */
static void wrap_failure(struct thread *t)
{
    if (object_is_instance(t->exception, t->vm->known.Error))
        return;
    exception_throw_with_cause(t, "java/lang/BootstrapMethodError", "CallSite initialization exception");
}

/* ---- bootstrap methods ------------------------------------------------------------------------------------------ */

/* A loadable constant as an object (JVMS 4.7.23). */
static struct object *constant_object(struct thread *t, struct class *from, uint16_t index)
{
    const union cp_value *value = &from->cp.values[index];
    switch (from->cp.tags[index]) {
    case CP_INTEGER: return box(t, 'I', (union slot){ .i = value->i });
    case CP_FLOAT: return box(t, 'F', (union slot){ .f = value->f });
    case CP_LONG: return box(t, 'J', (union slot){ .j = value->j });
    case CP_DOUBLE: return box(t, 'D', (union slot){ .d = value->d });
    case CP_STRING: return resolve_string(t, from, index);
    case CP_CLASS: {
        struct class *c = resolve_class(t, from, index);
        return c != NULL ? class_mirror(c) : NULL;
    }
    default: return mh_resolve_constant(t, from, index);
    }
}

struct bootstrap { struct object *method, *arguments; };

/* Method and static arguments of a BootstrapMethods entry: none NULL, one as itself, more (or one array) as
 * Object[]. */
static bool resolve_bootstrap(struct thread *t, struct class *from, uint16_t entry, struct bootstrap *out)
{
    const uint8_t *p = from->attributes.bootstrap_methods;
    if (p == NULL || entry >= read_u2(p)) {
        exception_throw(t, "java/lang/ClassFormatError", "%s has no bootstrap method %u", from->name->bytes, entry);
        return false;
    }
    p += 2;
    for (uint16_t i = 0; i < entry; i++)
        p += 4 + 2 * read_u2(p + 2);
    uint16_t count = read_u2(p + 2);
    out->method = mh_resolve_constant(t, from, read_u2(p));
    out->arguments = NULL;
    if (out->method == NULL)
        return false;
    if (count == 0)
        return true;
    struct object *array = new_object_array(t, t->vm->known.Object, count);
    if (array == NULL)
        return false;
    struct object *argument = NULL;
    for (uint32_t i = 0; i < count; i++) {
        argument = constant_object(t, from, read_u2(p + 4 + 2 * i));
        if (t->exception != NULL)
            return false;
        gc_store_element(array, i, argument);
    }
    bool alone = count == 1 && argument != NULL && !class_is_array(object_class(argument));
    out->arguments = alone ? argument : array;
    return true;
}

/* ---- call sites ------------------------------------------------------------------------------------------ */

static struct call_site *new_site(struct thread *t, struct class *owner, struct object *member, struct object *appendix)
{
    if (member == NULL) {
        exception_throw(t, "java/lang/LinkageError", "linking a call site gave no method");
        return NULL;
    }
    struct method *adapter = mh_member_target(t, member);
    if (adapter == NULL || !link_class(t, adapter->owner))
        return NULL;
    struct call_site *site = arena_alloc(owner->loader->arena, sizeof *site);
    site->adapter = adapter;
    if (appendix != NULL) {
        site->appendix = gc_roots_new(1);
        gc_store_root(site->appendix, appendix);
    }
    return site;
}

static struct call_site *link_site(struct thread *t, struct class *owner, uint16_t cp_index)
{
    const struct constant_pool *cp = &owner->cp;
    const union cp_value *name_and_type = &cp->values[cp->values[cp_index].ref.b];
    struct bootstrap bootstrap;
    if (!resolve_bootstrap(t, owner, cp->values[cp_index].ref.a, &bootstrap))
        return NULL;
    struct object *type = mh_method_type(t, cp_utf8(cp, name_and_type->ref.b), owner);
    struct object *name = type != NULL ? string_intern_symbol(t, cp_utf8(cp, name_and_type->ref.a)) : NULL;
    struct object *appendix = name != NULL ? new_object_array(t, t->vm->known.Object, 1) : NULL;
    union slot member;
    if (appendix == NULL || !java_callv(t, t->vm->known.linkCallSite, &member, class_mirror(owner), (int)cp_index,
                                        bootstrap.method, name, type, bootstrap.arguments, appendix))
        return NULL;
    return new_site(t, owner, member.a, gc_load_element(appendix, 0));
}

struct call_site *mh_link_call_site(struct thread *t, struct method *caller, uint16_t cp_index)
{
    struct call_site *site = link_site(t, caller->owner, cp_index);
    if (site == NULL)
        wrap_failure(t);
    return site;
}

struct call_site *mh_link_polymorphic(struct thread *t, struct class *caller, struct class *holder, struct symbol *name,
                                      struct symbol *descriptor)
{
    struct object *type = mh_method_type(t, descriptor, caller);
    struct object *text = type != NULL ? string_intern_symbol(t, name) : NULL;
    struct object *appendix = text != NULL ? new_object_array(t, t->vm->known.Object, 1) : NULL;
    union slot member;
    if (appendix == NULL ||
        !java_callv(t, t->vm->known.linkMethod, &member, class_mirror(caller), (int)REF_INVOKE_VIRTUAL,
                    class_mirror(holder), text, type, appendix))
        return NULL;
    return new_site(t, caller, member.a, gc_load_element(appendix, 0));
}

/* ---- constants ------------------------------------------------------------------------------------------- */

static struct object *resolve_method_handle(struct thread *t, struct class *from, uint16_t cp_index)
{
    const struct constant_pool *cp = &from->cp;
    int kind = cp->values[cp_index].ref.a;
    struct cp_member member = cp_member(cp, cp->values[cp_index].ref.b);
    struct class *holder = resolve_class(t, from, member.class_index);
    if (holder == NULL)
        return NULL;
    struct object *type = kind >= REF_GET_FIELD && kind <= REF_PUT_STATIC
        ? type_mirror(t, member.descriptor->bytes, member.descriptor->length, from, from->loader)
        : mh_method_type(t, member.descriptor, from);
    struct object *name = type != NULL ? string_intern_symbol(t, member.name) : NULL;
    union slot handle;
    if (name == NULL || !java_callv(t, t->vm->known.linkMethodHandleConstant, &handle, class_mirror(from), kind,
                                    class_mirror(holder), name, type))
        return NULL;
    return handle.a;
}

static struct object *resolve_dynamic(struct thread *t, struct class *from, uint16_t cp_index)
{
    const struct constant_pool *cp = &from->cp;
    const union cp_value *name_and_type = &cp->values[cp->values[cp_index].ref.b];
    struct symbol *descriptor = cp_utf8(cp, name_and_type->ref.b);
    struct bootstrap bootstrap;
    if (!resolve_bootstrap(t, from, cp->values[cp_index].ref.a, &bootstrap))
        return NULL;
    struct object *type = type_mirror(t, descriptor->bytes, descriptor->length, from, from->loader);
    struct object *name = type != NULL ? string_intern_symbol(t, cp_utf8(cp, name_and_type->ref.a)) : NULL;
    union slot value;
    if (name == NULL || !java_callv(t, t->vm->known.linkDynamicConstant, &value, class_mirror(from), (int)cp_index,
                                    bootstrap.method, name, type, bootstrap.arguments)) {
        wrap_failure(t);
        return NULL;
    }
    return value.a;
}

struct object *mh_resolve_constant(struct thread *t, struct class *from, uint16_t cp_index)
{
    const struct constant_pool *cp = &from->cp;
    struct cp_slot *slot = cp_slot(cp, cp_index);
    void *known = atomic_load_explicit(&slot->a, memory_order_acquire);
    if (known == CP_SLOT_FAILED) {
        exception_throw_object(t, *(struct object **)(uintptr_t)atomic_load(&slot->b));
        return NULL;
    }
    if (known != NULL)
        return *(struct object **)known;
    if (UNLIKELY(thread_c_stack_low(t))) { /* a dynamic constant may depend on itself (JVMS 5.4.3.6) */
        exception_throw_stack_overflow(t);
        return NULL;
    }
    struct object *value;
    switch (cp->tags[cp_index]) {
    case CP_METHOD_HANDLE: value = resolve_method_handle(t, from, cp_index); break;
    case CP_METHOD_TYPE: value = mh_method_type(t, cp_utf8(cp, cp->values[cp_index].ref.a), from); break;
    default: value = resolve_dynamic(t, from, cp_index); break;
    }
    if (t->exception != NULL) {
        record_failure(t, slot);
        return NULL;
    }
    return record_result(slot, value);
}

/* ---- targets --------------------------------------------------------------------------------------------- */

struct method *mh_member_target(struct thread *t, struct object *member_name)
{
    const struct wellknown *known = &t->vm->known;
    struct object *resolved = gc_load_ref(member_name, known->MemberName_method);
    struct method *m = resolved == NULL
        ? NULL : (struct method *)(uintptr_t)object_get_long(resolved, known->ResolvedMethodName_vmtarget);
    if (UNLIKELY(m == NULL))
        exception_throw(t, "java/lang/InternalError", "MemberName is not resolved to a method");
    return m;
}

struct method *mh_target(struct thread *t, struct object *method_handle)
{
    const struct wellknown *known = &t->vm->known;
    struct object *form = gc_load_ref(method_handle, known->MethodHandle_form);
    struct object *entry = form != NULL ? gc_load_ref(form, known->LambdaForm_vmentry) : NULL;
    if (UNLIKELY(entry == NULL)) {
        throw_null(t);
        return NULL;
    }
    return mh_member_target(t, entry);
}
