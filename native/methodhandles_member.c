/* MemberName objects: filling them from VM members and reading them back. */
#include <stdlib.h>

#include "classloader/linking.h"
#include "native/methodhandles.h"
#include "vm/object.h"
#include "vm/string.h"

enum { /* the modifiers that java.lang.reflect knows */
    METHOD_MODIFIERS = ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED | ACC_STATIC | ACC_FINAL | ACC_SYNCHRONIZED |
                       ACC_BRIDGE | ACC_VARARGS | ACC_NATIVE | ACC_ABSTRACT | ACC_STRICT | ACC_SYNTHETIC,
    FIELD_MODIFIERS = ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED | ACC_STATIC | ACC_FINAL | ACC_VOLATILE | ACC_TRANSIENT |
                      ACC_ENUM | ACC_SYNTHETIC,
};

int32_t member_name_flags(struct thread *t, struct object *member)
{
    return object_get_int(member, t->vm->known.MemberName_flags);
}

/* How a method is called through a member name: the reference kind and what its vmindex says. */
struct dispatch { enum reference_kind kind; int64_t index; struct class *holder; };

static struct dispatch dispatch_of(struct thread *t, struct method *m, bool do_dispatch, struct class *ref_class)
{
    if (method_is_static(m))
        return (struct dispatch){REF_INVOKE_STATIC, VMINDEX_DIRECT, m->owner};
    bool direct = !do_dispatch || method_is_initializer(m) || method_is_private(m) || m->intrinsic != INTRINSIC_NONE;
    if (direct || (method_is_final(m) && !class_is_interface(m->owner)))
        return (struct dispatch){REF_INVOKE_SPECIAL, VMINDEX_DIRECT, m->owner};
    if (!class_is_interface(m->owner))
        return (struct dispatch){REF_INVOKE_VIRTUAL, m->vtable_index, m->owner};
    if (class_is_interface(ref_class)) {
        if (m->itable_index >= 0)
            return (struct dispatch){REF_INVOKE_INTERFACE, m->itable_index, m->owner};
        /* an interface that declares a method of Object again */
        return (struct dispatch){REF_INVOKE_VIRTUAL, m->vtable_index, t->vm->known.Object};
    }
    /* a default method inherited by a class: its index in that class's vtable is only meaningful with the class */
    for (uint32_t i = 0; i < ref_class->vtable_length; i++) {
        struct method *v = ref_class->vtable[i];
        if (v == m || (v->name == m->name && v->descriptor == m->descriptor))
            return (struct dispatch){REF_INVOKE_VIRTUAL, i, ref_class};
    }
    return (struct dispatch){REF_INVOKE_INTERFACE, m->itable_index, m->owner};
}

static struct object *resolved_method_name(struct thread *t, struct method *m)
{
    struct wellknown *k = &t->vm->known;
    struct object *resolved = object_new(t, k->ResolvedMethodName);
    if (resolved == NULL)
        return NULL;
    gc_store_ref(resolved, k->ResolvedMethodName_vmholder, class_mirror(m->owner));
    object_set_long(resolved, k->ResolvedMethodName_vmtarget, (int64_t)(uintptr_t)m);
    return resolved;
}

bool member_name_init_method(struct thread *t, struct object *member, struct method *m, bool do_dispatch,
                             struct class *ref_class)
{
    struct wellknown *k = &t->vm->known;
    struct object *resolved = resolved_method_name(t, m);
    if (resolved == NULL)
        return false;
    struct dispatch d = dispatch_of(t, m, do_dispatch, ref_class);
    int32_t flags = (m->access_flags & METHOD_MODIFIERS) | (int32_t)d.kind << MN_KIND_SHIFT;
    flags |= method_is_initializer(m) && !method_is_static(m) ? MN_IS_CONSTRUCTOR : MN_IS_METHOD;
    if (m->vm_flags & METHOD_CALLER_SENSITIVE)
        flags |= MN_CALLER_SENSITIVE;
    object_set_int(member, k->MemberName_flags, flags);
    gc_store_ref(member, k->MemberName_method, resolved);
    object_set_long(member, k->MemberName_vmindex, d.index);
    gc_store_ref(member, k->MemberName_clazz, class_mirror(d.holder));
    return true;
}

void member_name_init_field(struct thread *t, struct object *member, struct field *f, bool setter)
{
    struct wellknown *k = &t->vm->known;
    bool is_static = (f->access_flags & ACC_STATIC) != 0;
    enum reference_kind kind = is_static ? REF_GET_STATIC : REF_GET_FIELD;
    if (setter)
        kind += REF_PUT_FIELD - REF_GET_FIELD;
    int32_t flags = (f->access_flags & FIELD_MODIFIERS) | MN_IS_FIELD | (int32_t)kind << MN_KIND_SHIFT;
    /* finals that not even reflection may change */
    if ((f->access_flags & ACC_FINAL) &&
        (is_static || class_is_hidden(f->owner) || (f->owner->vm_flags & CLASS_IS_RECORD)))
        flags |= MN_TRUSTED_FINAL;
    object_set_int(member, k->MemberName_flags, flags);
    gc_store_ref(member, k->MemberName_method, NULL);
    object_set_long(member, k->MemberName_vmindex, f->index); /* never negative: Java asserts that */
    gc_store_ref(member, k->MemberName_clazz, class_mirror(f->owner));
}

struct method *member_name_method(struct thread *t, struct object *member)
{
    struct wellknown *k = &t->vm->known;
    struct object *resolved = gc_load_ref(member, k->MemberName_method);
    if (resolved == NULL)
        return NULL;
    return (struct method *)(uintptr_t)object_get_long(resolved, k->ResolvedMethodName_vmtarget);
}

struct field *member_name_field(struct thread *t, struct object *member)
{
    struct wellknown *k = &t->vm->known;
    int32_t flags = member_name_flags(t, member);
    struct object *mirror = gc_load_ref(member, k->MemberName_clazz);
    if (mirror == NULL || !(flags & MN_IS_FIELD))
        return NULL;
    struct class *c = class_from_mirror(mirror);
    int64_t index = object_get_long(member, k->MemberName_vmindex);
    return index >= 0 && index < c->field_count ? &c->fields[index] : NULL;
}

/* ---- descriptors ----------------------------------------------------------------------------------------- */

/* Appends the descriptor of a class to `out` (NULL: only counts); returns its length. */
static size_t class_descriptor(const struct class *c, char *out)
{
    if (class_is_primitive(c)) {
        if (out != NULL)
            *out = c->primitive;
        return 1;
    }
    size_t length = c->name->length;
    if (class_is_array(c)) {
        if (out != NULL)
            memcpy(out, c->name->bytes, length);
        return length;
    }
    if (out != NULL) {
        out[0] = 'L';
        memcpy(out + 1, c->name->bytes, length);
        out[length + 1] = ';';
    }
    return length + 2;
}

/* Writes "(parameters)return"; out NULL: only counts. */
static size_t method_type_descriptor(struct thread *t, struct object *type, char *out)
{
    struct wellknown *k = &t->vm->known;
    struct object *parameters = gc_load_ref(type, k->MethodType_ptypes);
    size_t length = 1;
    if (out != NULL)
        out[0] = '(';
    for (uint32_t i = 0; i < array_length(parameters); i++) {
        const struct class *c = class_from_mirror(gc_load_element(parameters, i));
        length += class_descriptor(c, out == NULL ? NULL : out + length);
    }
    if (out != NULL)
        out[length] = ')';
    length++;
    const struct class *result = class_from_mirror(gc_load_ref(type, k->MethodType_rtype));
    return length + class_descriptor(result, out == NULL ? NULL : out + length);
}

static struct symbol *intern_type(struct thread *t, struct object *type,
                                  size_t (*write)(struct thread *, struct object *, char *))
{
    char small[512];
    size_t length = write(t, type, NULL);
    if (length > UINT16_MAX)
        return NULL;
    char *text = length <= sizeof(small) ? small : malloc(length);
    if (text == NULL)
        return NULL;
    write(t, type, text);
    struct symbol *s = symbol_intern(text, length);
    if (text != small)
        free(text);
    return s;
}

static size_t mirror_descriptor(struct thread *t, struct object *mirror, char *out)
{
    return class_descriptor(class_from_mirror(mirror), out);
}

struct symbol *member_type_symbol(struct thread *t, struct object *type)
{
    struct wellknown *k = &t->vm->known;
    struct class *c = object_class(type);
    if (c == k->MethodType)
        return intern_type(t, type, method_type_descriptor);
    if (c == k->Class)
        return intern_type(t, type, mirror_descriptor);
    return c == k->String ? string_to_symbol(type, false) : NULL;
}
