/* Field resolution (JVMS 5.4.3.2) with the rules of the instructions that use a field, in HotSpot's words. */
#include <stdio.h>

#include "classloader/linking.h"
#include "classloader/modules.h"
#include "classloader/resolution_private.h"
#include "vm/exception.h"
#include "vm/symbol.h"

static const char incompatible[] = "java/lang/IncompatibleClassChangeError";
static const char illegal_access[] = "java/lang/IllegalAccessError";
enum { NAME_SIZE = 512 };

static bool is_static_field(const struct field *f)
{
    return (f->access_flags & ACC_STATIC) != 0;
}

static const char *staticness(bool is_static)
{
    return is_static ? "static" : "non-static";
}

static void throw_field_constraint(struct thread *t, const struct class *from, const struct field *f,
                                   const struct symbol *type)
{
    char one[256], two[256], current[NAME_SIZE], owner[NAME_SIZE], here[1024], there[1024];
    exception_throw(
        t, "java/lang/LinkageError",
        "loader constraint violation: when resolving field \"%s\" of type %s, the class loader %s of the current"
        " class, %s, and the class loader %s for the field's defining %s, %s, have different Class objects for type"
        " %s (%s; %s)",
        f->name->bytes, type->bytes, loader_name_and_id(t, from->loader, one, sizeof one),
        class_external_name(from, current, sizeof current), loader_name_and_id(t, f->owner->loader, two, sizeof two),
        class_is_interface(f->owner) ? "interface" : "class", class_external_name(f->owner, owner, sizeof owner),
        type->bytes, class_is_in_module_with_parent(t, from, here, sizeof here),
        class_is_in_module_with_parent(t, f->owner, there, sizeof there));
}

/* Lookup and access; quiet: no exception. */
static struct field *find_field(struct thread *t, struct class *holder, struct symbol *name, struct symbol *descriptor,
                                struct class *from, bool quiet)
{
    struct field *f = class_is_primitive(holder) ? NULL : class_find_field(holder, name, descriptor);
    if (f == NULL) {
        if (!quiet)
            exception_throw(t, "java/lang/NoSuchFieldError", "%s", name->bytes);
        return NULL;
    }
    if (!access_member(t, from, holder, f->owner, f->access_flags)) {
        if (!quiet)
            throw_field_access(t, from, f);
        return NULL;
    }
    struct symbol *type;
    if (from != NULL && !constrain_descriptor(t, descriptor, from->loader, f->owner->loader, &type)) {
        if (!quiet)
            throw_field_constraint(t, from, f, type);
        return NULL;
    }
    return f;
}

static bool check_static(struct thread *t, const struct class *holder, const struct field *f, bool is_static,
                         bool quiet)
{
    if (is_static_field(f) == is_static)
        return true;
    char name[NAME_SIZE];
    if (!quiet)
        exception_throw(t, incompatible, "Expected %s field %s.%s", staticness(is_static),
                        class_external_name(holder, name, sizeof name), f->name->bytes);
    return false;
}

/* JVMS 6.5 putfield, putstatic: a final field only from its own class, since version 53 only in its initializer. */
static bool check_put(struct thread *t, struct class *from, const struct class *holder, const struct field *f,
                      const struct method *m)
{
    if ((f->access_flags & ACC_FINAL) == 0)
        return true;
    char a[NAME_SIZE], b[NAME_SIZE];
    const char *kind = staticness(is_static_field(f));
    if (f->owner != from) {
        exception_throw(
            t, illegal_access,
            "Update to %s final field %s.%s attempted from a different class (%s) than the field's declaring class",
            kind, class_external_name(holder, a, sizeof a), f->name->bytes, class_external_name(from, b, sizeof b));
        return false;
    }
    const struct symbol *initializer = is_static_field(f) ? sym_clinit : sym_init;
    if (f->owner->major_version < 53 || m == NULL || m->name == initializer)
        return true;
    exception_throw(
        t, illegal_access,
        "Update to %s final field %s.%s attempted from a different method (%s) than the initializer method %s ", kind,
        class_external_name(holder, a, sizeof a), f->name->bytes, m->name->bytes, initializer->bytes);
    return false;
}

static bool check_use(struct thread *t, struct class *from, const struct class *holder, const struct field *f,
                      bool is_static, bool is_put, const struct method *m)
{
    return check_static(t, holder, f, is_static, false) && (!is_put || check_put(t, from, holder, f, m));
}

struct field *resolve_field(struct thread *t, struct class *from, uint16_t cp_index, bool is_static, bool is_put,
                            struct method *from_method)
{
    struct cp_slot *slot = cp_slot(&from->cp, cp_index);
    struct cp_member member = cp_member(&from->cp, cp_index);
    if (slot_failed(t, slot))
        return NULL;
    struct class *holder = resolve_class(t, from, member.class_index);
    if (holder == NULL)
        return NULL;
    struct field *f = atomic_load_explicit(&slot->a, memory_order_acquire);
    if (f != NULL && f != CP_SLOT_FAILED)
        return check_use(t, from, holder, f, is_static, is_put, from_method) ? f : NULL;
    f = find_field(t, holder, member.name, member.descriptor, from, false);
    if (f == NULL) {
        slot_record_failure(t, slot);
        return NULL;
    }
    if (!check_use(t, from, holder, f, is_static, is_put, from_method) || !link_class(t, f->owner))
        return NULL;
    slot_publish(slot, f, is_static_field(f) ? (uint64_t)(uintptr_t)f->address : f->offset);
    return f;
}

struct field *resolve_field_in(struct thread *t, struct class *holder, struct symbol *name, struct symbol *descriptor,
                               bool is_static, struct class *from, bool speculative)
{
    struct field *f = find_field(t, holder, name, descriptor, from, speculative);
    if (f == NULL || !check_static(t, holder, f, is_static, speculative))
        return NULL;
    if (link_class(t, f->owner))
        return f;
    if (speculative)
        exception_clear(t);
    return NULL;
}
