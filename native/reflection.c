/* java.lang.reflect objects from VM members and back.  A reflect object names its member by (clazz, slot), where slot
 * is the index in the class's member table, so that it stays valid however the member's metadata is reached. */
#include "native/reflection.h"

#include "classloader/classfile.h"
#include "classloader/linking.h"
#include "classloader/loading.h"
#include "classloader/resolution.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"

enum { /* flags that java.lang.reflect knows (JVMS 4.5, 4.6) */
    FIELD_MODIFIERS = ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED | ACC_STATIC | ACC_FINAL | ACC_VOLATILE | ACC_TRANSIENT |
                      ACC_ENUM | ACC_SYNTHETIC,
    METHOD_MODIFIERS = ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED | ACC_STATIC | ACC_FINAL | ACC_SYNCHRONIZED |
                       ACC_BRIDGE | ACC_VARARGS | ACC_NATIVE | ACC_ABSTRACT | ACC_STRICT | ACC_SYNTHETIC,
};

struct object *reflect_class_array(struct thread *t, uint32_t length)
{
    return array_new_of(t, t->vm->known.Class, (int32_t)length);
}

struct object *reflect_bytes(struct thread *t, const uint8_t *payload)
{
    if (payload == NULL)
        return NULL;
    uint32_t length = read_u4(payload - 4);
    struct object *array = array_new_primitive(t, 'B', (int32_t)length);
    if (array != NULL)
        memcpy(array_data(array), payload, length);
    return array;
}

/* Stores the copy of an attribute into a byte[] field; absent attributes leave null.  false: exception pending. */
static bool store_bytes(struct thread *t, struct object *o, uint32_t offset, const uint8_t *payload)
{
    if (payload == NULL)
        return true;
    struct object *array = reflect_bytes(t, payload);
    if (array == NULL)
        return false;
    gc_store_ref(o, offset, array);
    return true;
}

static bool store_signature(struct thread *t, struct object *o, uint32_t offset, const struct symbol *signature)
{
    if (signature == NULL)
        return true;
    struct object *text = string_from_symbol(t, signature);
    if (text == NULL)
        return false;
    gc_store_ref(o, offset, text);
    return true;
}

struct object *reflect_parameter_types(struct thread *t, struct method *m)
{
    struct object *types = reflect_class_array(t, m->arg_count);
    if (types == NULL)
        return NULL;
    const char *p = m->descriptor->bytes + 1;
    for (uint32_t i = 0; *p != ')'; i++) {
        const char *next = descriptor_next(p);
        struct class *c = class_from_descriptor(t, p, (size_t)(next - p), m->owner->loader);
        if (c == NULL)
            return NULL;
        gc_store_element(types, i, class_mirror(c));
        p = next;
    }
    return types;
}

static struct object *return_type(struct thread *t, struct method *m)
{
    const char *p = strchr(m->descriptor->bytes, ')') + 1;
    size_t length = (size_t)(m->descriptor->bytes + m->descriptor->length - p);
    if (*p == 'V')
        return class_mirror(vm_primitive_class(t->vm, 'V'));
    struct class *c = class_from_descriptor(t, p, length, m->owner->loader);
    return c == NULL ? NULL : class_mirror(c);
}

/* The Exceptions attribute (JVMS 4.7.5). */
static struct object *exception_types(struct thread *t, struct method *m)
{
    struct object *types = reflect_class_array(t, m->exception_count);
    for (uint32_t i = 0; types != NULL && i < m->exception_count; i++) {
        struct class *c = resolve_class(t, m->owner, read_u2(m->exceptions + 2 * i));
        if (c == NULL)
            return NULL;
        gc_store_element(types, i, class_mirror(c));
    }
    return types;
}

static struct object *new_instance(struct thread *t, struct class *c)
{
    return initialize_class(t, c) ? object_new(t, c) : NULL;
}

static struct object *new_constructor(struct thread *t, struct method *m)
{
    const struct wellknown *known = &t->vm->known;
    struct object *parameters = reflect_parameter_types(t, m);
    struct object *exceptions = parameters == NULL ? NULL : exception_types(t, m);
    struct object *o = exceptions == NULL ? NULL : new_instance(t, known->ReflectConstructor);
    if (o == NULL)
        return NULL;
    gc_store_ref(o, known->ReflectConstructor_clazz, class_mirror(m->owner));
    object_set_int(o, known->ReflectConstructor_slot, m->index);
    gc_store_ref(o, known->ReflectConstructor_parameterTypes, parameters);
    gc_store_ref(o, known->ReflectConstructor_exceptionTypes, exceptions);
    object_set_int(o, known->ReflectConstructor_modifiers, m->access_flags & METHOD_MODIFIERS);
    if (!store_signature(t, o, known->ReflectConstructor_signature, m->signature) ||
        !store_bytes(t, o, known->ReflectConstructor_annotations, m->annotations) ||
        !store_bytes(t, o, known->ReflectConstructor_parameterAnnotations, m->parameter_annotations))
        return NULL;
    return o;
}

struct object *reflect_new_method(struct thread *t, struct method *m)
{
    if (m->name == sym_init)
        return new_constructor(t, m);
    const struct wellknown *known = &t->vm->known;
    struct object *result_type = return_type(t, m);
    struct object *parameters = result_type == NULL ? NULL : reflect_parameter_types(t, m);
    struct object *exceptions = parameters == NULL ? NULL : exception_types(t, m);
    struct object *name = exceptions == NULL ? NULL : string_intern_symbol(t, m->name);
    struct object *o = name == NULL ? NULL : new_instance(t, known->ReflectMethod);
    if (o == NULL)
        return NULL;
    gc_store_ref(o, known->ReflectMethod_clazz, class_mirror(m->owner));
    object_set_int(o, known->ReflectMethod_slot, m->index);
    gc_store_ref(o, known->ReflectMethod_name, name);
    gc_store_ref(o, known->ReflectMethod_returnType, result_type);
    gc_store_ref(o, known->ReflectMethod_parameterTypes, parameters);
    gc_store_ref(o, known->ReflectMethod_exceptionTypes, exceptions);
    object_set_int(o, known->ReflectMethod_modifiers, m->access_flags & METHOD_MODIFIERS);
    if (!store_signature(t, o, known->ReflectMethod_signature, m->signature) ||
        !store_bytes(t, o, known->ReflectMethod_annotations, m->annotations) ||
        !store_bytes(t, o, known->ReflectMethod_parameterAnnotations, m->parameter_annotations) ||
        !store_bytes(t, o, known->ReflectMethod_annotationDefault, m->annotation_default))
        return NULL;
    return o;
}

/* Finals that even setAccessible does not open: Field.set refuses them, and method handles may fold them. */
static bool field_is_trusted_final(const struct field *f)
{
    if ((f->access_flags & ACC_FINAL) == 0)
        return false;
    return (f->access_flags & ACC_STATIC) != 0 || (f->owner->vm_flags & (CLASS_HIDDEN | CLASS_IS_RECORD)) != 0;
}

struct object *reflect_new_field(struct thread *t, struct field *f)
{
    const struct wellknown *known = &t->vm->known;
    struct class *type = class_from_descriptor(t, f->descriptor->bytes, f->descriptor->length, f->owner->loader);
    struct object *name = type == NULL ? NULL : string_intern_symbol(t, f->name);
    struct object *o = name == NULL ? NULL : new_instance(t, known->ReflectField);
    if (o == NULL)
        return NULL;
    gc_store_ref(o, known->ReflectField_clazz, class_mirror(f->owner));
    object_set_int(o, known->ReflectField_slot, f->index);
    gc_store_ref(o, known->ReflectField_name, name);
    gc_store_ref(o, known->ReflectField_type, class_mirror(type));
    object_set_int(o, known->ReflectField_modifiers, f->access_flags & FIELD_MODIFIERS);
    object_set_byte(o, known->ReflectField_trustedFinal, field_is_trusted_final(f));
    if (!store_signature(t, o, known->ReflectField_signature, f->signature) ||
        !store_bytes(t, o, known->ReflectField_annotations, f->annotations))
        return NULL;
    return o;
}

struct method *reflect_method(struct thread *t, struct object *method_or_constructor)
{
    const struct wellknown *known = &t->vm->known;
    bool constructor = object_class(method_or_constructor) == known->ReflectConstructor;
    uint32_t clazz = constructor ? known->ReflectConstructor_clazz : known->ReflectMethod_clazz;
    uint32_t slot = constructor ? known->ReflectConstructor_slot : known->ReflectMethod_slot;
    struct class *owner = class_from_mirror(gc_load_ref(method_or_constructor, clazz));
    uint32_t index = (uint32_t)object_get_int(method_or_constructor, slot);
    if (index >= owner->method_count)
        vm_fatal("a reflect object names method %u of %s, which has %u", index, owner->name->bytes,
                 owner->method_count);
    return owner->methods[index];
}

struct field *reflect_field(struct thread *t, struct object *field)
{
    const struct wellknown *known = &t->vm->known;
    struct class *owner = class_from_mirror(gc_load_ref(field, known->ReflectField_clazz));
    uint32_t index = (uint32_t)object_get_int(field, known->ReflectField_slot);
    if (index >= owner->field_count)
        vm_fatal("a reflect object names field %u of %s, which has %u", index, owner->name->bytes, owner->field_count);
    return &owner->fields[index];
}

int64_t reflect_field_offset(const struct field *f)
{
    return f->access_flags & ACC_STATIC ? (char *)f->address - (char *)class_mirror(f->owner) : (int64_t)f->offset;
}
