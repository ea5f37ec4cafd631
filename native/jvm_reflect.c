/* Declared members of a class as reflect objects, and reflective calls. */
#include "native/jvm.h"

#include "classloader/linking.h"
#include "classloader/loading.h"
#include "native/handles.h"
#include "native/reflection.h"
#include "native/reflection_private.h"
#include "vm/exception.h"
#include "vm/object.h"

/* Members are reported in class-file order, which compilers make the order of declaration. */
static struct object *declared_fields(struct thread *t, struct class *c, bool public_only)
{
    struct class *component = t->vm->known.ReflectField;
    if (!class_is_instance_class(c))
        return array_new_of(t, component, 0);
    if (!link_class(t, c))
        return NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->field_count; i++)
        count += !public_only || (c->fields[i].access_flags & ACC_PUBLIC) != 0;
    struct object *array = array_new_of(t, component, (int32_t)count);
    if (array == NULL)
        return NULL;
    for (uint32_t i = 0, n = 0; i < c->field_count; i++) {
        if (public_only && (c->fields[i].access_flags & ACC_PUBLIC) == 0)
            continue;
        struct object *o = reflect_new_field(t, &c->fields[i]);
        if (o == NULL)
            return NULL;
        gc_store_element(array, n++, o);
    }
    return array;
}

/* <clinit> is neither a method nor a constructor for reflection; what the VM added to a class is invisible. */
static bool is_selected(const struct method *m, bool constructors, bool public_only)
{
    if (public_only && (m->access_flags & ACC_PUBLIC) == 0)
        return false;
    if (constructors)
        return m->name == sym_init;
    return !method_is_initializer(m) && (m->vm_flags & (METHOD_MIRANDA | METHOD_OVERPASS)) == 0;
}

static struct object *declared_methods(struct thread *t, struct class *c, bool constructors, bool public_only)
{
    struct class *component = constructors ? t->vm->known.ReflectConstructor : t->vm->known.ReflectMethod;
    if (!class_is_instance_class(c))
        return array_new_of(t, component, 0);
    if (!link_class(t, c))
        return NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->method_count; i++)
        count += is_selected(c->methods[i], constructors, public_only);
    struct object *array = array_new_of(t, component, (int32_t)count);
    if (array == NULL)
        return NULL;
    for (uint32_t i = 0, n = 0; i < c->method_count; i++) {
        if (!is_selected(c->methods[i], constructors, public_only))
            continue;
        struct object *o = reflect_new_method(t, c->methods[i]);
        if (o == NULL)
            return NULL;
        gc_store_element(array, n++, o);
    }
    return array;
}

static struct object *invoke(struct thread *t, struct object *reflected, struct object *receiver, struct object *args)
{
    if (thread_c_stack_low(t)) {
        exception_throw_stack_overflow(t);
        return NULL;
    }
    struct method *m = reflect_method(t, reflected);
    struct object *types = gc_load_ref(reflected, t->vm->known.ReflectMethod_parameterTypes);
    union slot result = {.j = 0};
    if (!reflect_call(t, m, types, receiver, args, &result, true))
        return NULL;
    return reflect_box(t, m->return_type, result);
}

static struct object *new_instance(struct thread *t, struct object *constructor, struct object *args)
{
    if (thread_c_stack_low(t)) {
        exception_throw_stack_overflow(t);
        return NULL;
    }
    struct method *m = reflect_method(t, constructor);
    struct class *c = m->owner;
    if (!initialize_class(t, c))
        return NULL;
    bool is_class = c == t->vm->known.Class; /* mirrors are made by the VM only */
    if (class_is_abstract(c) || class_is_interface(c) || is_class) {
        char name[512];
        exception_throw(t, is_class ? "java/lang/IllegalAccessException" : "java/lang/InstantiationException", "%s",
                        class_external_name(c, name, sizeof name));
        return NULL;
    }
    struct object *types = gc_load_ref(constructor, t->vm->known.ReflectConstructor_parameterTypes);
    struct object *instance = object_new(t, c);
    if (instance == NULL || !reflect_call(t, m, types, instance, args, NULL, true))
        return NULL;
    return instance;
}

/* ---- exported -------------------------------------------------------------------------------------------- */

JNIEXPORT jobjectArray JNICALL JVM_GetClassDeclaredFields(JNIEnv *env, jclass cls, jboolean publicOnly)
{
    VM_RETURN(env, handle_local(t, declared_fields(t, class_of_handle(cls), publicOnly)));
}

JNIEXPORT jobjectArray JNICALL JVM_GetClassDeclaredMethods(JNIEnv *env, jclass cls, jboolean publicOnly)
{
    VM_RETURN(env, handle_local(t, declared_methods(t, class_of_handle(cls), false, publicOnly)));
}

JNIEXPORT jobjectArray JNICALL JVM_GetClassDeclaredConstructors(JNIEnv *env, jclass cls, jboolean publicOnly)
{
    VM_RETURN(env, handle_local(t, declared_methods(t, class_of_handle(cls), true, publicOnly)));
}

JNIEXPORT jobject JNICALL JVM_InvokeMethod(JNIEnv *env, jobject method, jobject recv, jobjectArray args)
{
    VM_RETURN(env, handle_local(t, invoke(t, handle_get(method), handle_get(recv), handle_get(args))));
}

JNIEXPORT jobject JNICALL JVM_NewInstanceFromConstructor(JNIEnv *env, jobject ctor, jobjectArray args)
{
    VM_RETURN(env, handle_local(t, new_instance(t, handle_get(ctor), handle_get(args))));
}
