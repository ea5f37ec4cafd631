/* Method parameters (JVMS 4.7.24) and record components (4.7.30) as reflect objects. */
#include "native/jvm.h"

#include "classloader/linking.h"
#include "classloader/loading.h"
#include "native/handles.h"
#include "native/reflection.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"

static struct object *new_initialized_array(struct thread *t, struct class *component, uint32_t length)
{
    return initialize_class(t, component) ? array_new_of(t, component, (int32_t)length) : NULL;
}

/* The parser does not look into MethodParameters: Java turns the IllegalArgumentException into its
 * MalformedParametersException.  Index 0 means a parameter without name. */
static bool check_parameter_name(struct thread *t, const struct constant_pool *cp, uint16_t index)
{
    if (index >= cp->count)
        exception_throw(t, "java/lang/IllegalArgumentException", "Constant pool index out of bounds");
    else if (index != 0 && cp->tags[index] != CP_UTF8)
        exception_throw(t, "java/lang/IllegalArgumentException", "Wrong type at constant pool index");
    else
        return true;
    return false;
}

static struct object *new_parameter(struct thread *t, struct object *executable, const struct constant_pool *cp,
                                    uint32_t index, const uint8_t *row)
{
    const struct wellknown *known = &t->vm->known;
    struct object *o = object_new(t, known->ReflectParameter);
    if (o == NULL)
        return NULL;
    uint16_t name_index = read_u2(row);
    if (name_index != 0) {
        struct object *name = string_from_symbol(t, cp_utf8(cp, name_index));
        if (name == NULL)
            return NULL;
        gc_store_ref(o, known->ReflectParameter_name, name);
    }
    object_set_int(o, known->ReflectParameter_modifiers, read_u2(row + 2));
    gc_store_ref(o, known->ReflectParameter_executable, executable);
    object_set_int(o, known->ReflectParameter_index, (int32_t)index);
    return o;
}

static struct object *method_parameters(struct thread *t, struct object *executable)
{
    const struct method *m = reflect_method(t, executable);
    if (m->parameters == NULL)
        return NULL;
    const struct constant_pool *cp = &m->owner->cp;
    uint32_t count = m->parameters[0];
    const uint8_t *rows = m->parameters + 1;
    for (uint32_t i = 0; i < count; i++)
        if (!check_parameter_name(t, cp, read_u2(rows + 4 * i)))
            return NULL;
    struct object *array = new_initialized_array(t, t->vm->known.ReflectParameter, count);
    for (uint32_t i = 0; array != NULL && i < count; i++) {
        struct object *parameter = new_parameter(t, executable, cp, i, rows + 4 * i);
        if (parameter == NULL)
            return NULL;
        gc_store_element(array, i, parameter);
    }
    return array;
}

/* ---- records --------------------------------------------------------------------------------------------- */

struct component {
    struct symbol *name, *descriptor, *signature;
    const uint8_t *annotations, *type_annotations; /* with the u4 length before them */
};

/* Reads one component_info and returns the place behind it. */
static const uint8_t *read_component(const struct constant_pool *cp, const uint8_t *p, struct component *out)
{
    *out = (struct component){.name = cp_utf8(cp, read_u2(p)), .descriptor = cp_utf8(cp, read_u2(p + 2))};
    uint32_t attributes = read_u2(p + 4);
    for (p += 6; attributes > 0; attributes--) {
        const struct symbol *name = cp_utf8(cp, read_u2(p));
        uint32_t length = read_u4(p + 2);
        p += 6;
        if (name == sym_Signature)
            out->signature = cp_utf8(cp, read_u2(p));
        else if (name == sym_RuntimeVisibleAnnotations)
            out->annotations = p;
        else if (name == sym_RuntimeVisibleTypeAnnotations)
            out->type_annotations = p;
        p += length;
    }
    return p;
}

/* The accessor Method: name() with the component's type.  *failed: exception pending. */
static struct object *component_accessor(struct thread *t, struct class *c, const struct component *component,
                                         bool *failed)
{
    size_t length = (size_t)component->descriptor->length + 2;
    struct method *m = NULL;
    for (uint32_t i = 0; i < c->method_count && m == NULL; i++) {
        struct method *candidate = c->methods[i];
        if (candidate->name == component->name && candidate->descriptor->length == length &&
            !method_is_static(candidate) && memcmp(candidate->descriptor->bytes, "()", 2) == 0 &&
            memcmp(candidate->descriptor->bytes + 2, component->descriptor->bytes, length - 2) == 0)
            m = candidate;
    }
    struct object *accessor = m == NULL ? NULL : reflect_new_method(t, m);
    *failed = m != NULL && accessor == NULL;
    return accessor;
}

static bool fill_component(struct thread *t, struct object *o, struct class *c, const struct component *component)
{
    const struct wellknown *known = &t->vm->known;
    gc_store_ref(o, known->RecordComponent_clazz, class_mirror(c));
    struct object *name = string_intern_symbol(t, component->name);
    if (name == NULL)
        return false;
    gc_store_ref(o, known->RecordComponent_name, name);
    const struct symbol *descriptor = component->descriptor;
    struct class *type = class_from_descriptor(t, descriptor->bytes, descriptor->length, c->loader);
    if (type == NULL)
        return false;
    gc_store_ref(o, known->RecordComponent_type, class_mirror(type));
    bool failed;
    gc_store_ref(o, known->RecordComponent_accessor, component_accessor(t, c, component, &failed));
    if (failed)
        return false;
    if (component->signature != NULL)
        gc_store_ref(o, known->RecordComponent_signature, string_from_symbol(t, component->signature));
    if (component->annotations != NULL && !exception_pending(t))
        gc_store_ref(o, known->RecordComponent_annotations, reflect_bytes(t, component->annotations));
    if (component->type_annotations != NULL && !exception_pending(t))
        gc_store_ref(o, known->RecordComponent_typeAnnotations, reflect_bytes(t, component->type_annotations));
    return !exception_pending(t);
}

static struct object *record_components(struct thread *t, struct class *c)
{
    const uint8_t *p = class_is_instance_class(c) ? c->attributes.record : NULL;
    if (p == NULL)
        return NULL;
    uint32_t count = read_u2(p);
    p += 2;
    struct object *array = new_initialized_array(t, t->vm->known.RecordComponent, count);
    for (uint32_t i = 0; array != NULL && i < count; i++) {
        struct component component;
        p = read_component(&c->cp, p, &component);
        struct object *o = object_new(t, t->vm->known.RecordComponent);
        if (o == NULL || !fill_component(t, o, c, &component))
            return NULL;
        gc_store_element(array, i, o);
    }
    return array;
}

/* ---- exported -------------------------------------------------------------------------------------------- */

JNIEXPORT jobjectArray JNICALL JVM_GetMethodParameters(JNIEnv *env, jobject method)
{
    VM_RETURN(env, handle_local(t, method_parameters(t, handle_get(method))));
}

JNIEXPORT jobjectArray JNICALL JVM_GetRecordComponents(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, record_components(t, class_of_handle(cls))));
}
