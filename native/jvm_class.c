/* Questions about a class that its mirror answers: kind, flags, supertypes, signers, assertion status. */
#include "native/jvm.h"

#include <stdlib.h>

#include "classloader/loading.h"
#include "native/handles.h"
#include "native/reflection.h"
#include "native/reflection_private.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"

enum {
    WRITTEN_FLAGS = 0x7fff, /* all that a class file can say; ACC_MODULE never belongs to a loaded class */
    PRIMITIVE_FLAGS = ACC_PUBLIC | ACC_FINAL | ACC_ABSTRACT,
};

/* Computes the name that Class.getName returns, interned, and keeps it in the mirror. */
static struct object *init_name(struct thread *t, struct object *mirror)
{
    const struct class *c = class_from_mirror(mirror);
    char local[512];
    size_t size = (size_t)c->name->length + 64;
    char *buffer = size <= sizeof local ? local : malloc(size);
    if (buffer == NULL) {
        exception_throw_out_of_memory(t, "class name");
        return NULL;
    }
    struct object *name = string_new_utf8(t, class_external_name(c, buffer, size));
    if (buffer != local)
        free(buffer);
    if (name != NULL)
        name = string_intern(t, name);
    if (name != NULL)
        gc_store_ref(mirror, t->vm->known.Class_name, name);
    return name;
}

/* JVMS 4.7.6: a member, local or anonymous class has the flags of its own InnerClasses row. */
static int instance_class_modifiers(const struct class *c)
{
    uint32_t count = inner_class_count(c);
    for (uint32_t i = 0; i < count; i++) {
        struct inner_class row = inner_class_at(c, i);
        if (row.inner != 0 && cp_class_name(&c->cp, row.inner) == c->name)
            return row.flags & ~ACC_SUPER & WRITTEN_FLAGS;
    }
    return c->access_flags & ~ACC_SUPER & WRITTEN_FLAGS;
}

static int class_modifiers(const struct class *c)
{
    if (class_is_primitive(c))
        return PRIMITIVE_FLAGS;
    if (class_is_array(c))
        return (class_modifiers(c->innermost) & (ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED)) | ACC_FINAL | ACC_ABSTRACT;
    return instance_class_modifiers(c);
}

static struct object *class_interfaces(struct thread *t, const struct class *c)
{
    struct class *of_arrays[] = {t->vm->known.Cloneable, t->vm->known.Serializable};
    struct class **list = class_is_array(c) ? of_arrays : c->interfaces;
    uint32_t count = class_is_array(c) ? ARRAY_COUNT(of_arrays) : class_is_primitive(c) ? 0 : c->interface_count;
    struct object *array = reflect_class_array(t, count);
    for (uint32_t i = 0; array != NULL && i < count; i++)
        gc_store_element(array, i, class_mirror(list[i]));
    return array;
}

/* A copy, so that the caller cannot change what the class holds. */
static struct object *class_signers(struct thread *t, const struct class *c)
{
    struct object **slot = __atomic_load_n(&c->signers, __ATOMIC_ACQUIRE);
    struct object *signers = slot == NULL || !class_is_instance_class(c) ? NULL : *slot;
    return signers == NULL ? NULL : object_clone(t, signers);
}

/* Ignored for arrays and primitive types, as HotSpot does. */
static void set_class_signers(struct thread *t, struct class *c, struct object *signers)
{
    if (!class_is_instance_class(c))
        return;
    struct object **slot = __atomic_load_n(&c->signers, __ATOMIC_ACQUIRE);
    if (slot == NULL) {
        struct object **fresh = gc_roots_new(1);
        if (fresh == NULL) {
            exception_throw_out_of_memory(t, "class signers");
            return;
        }
        if (__atomic_compare_exchange_n(&c->signers, &slot, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            slot = fresh;
        else
            gc_roots_free(fresh, 1);
    }
    gc_store_root(slot, signers);
}

static struct object *protection_domain(const struct class *c)
{
    return class_is_instance_class(c) ? class_protection_domain(c) : NULL;
}

static bool is_record(const struct thread *t, const struct class *c)
{
    return class_is_instance_class(c) && (c->access_flags & ACC_FINAL) != 0 && c->super != NULL &&
           c->super->name == sym_java_lang_Record && c->super->loader->is_boot && c->attributes.record != NULL;
}

/* ---- assertion status ------------------------------------------------------------------------------------ */

/* Parallel arrays of the names and states of one kind of -ea / -da options, oldest first. */
static bool store_directives(struct thread *t, struct object *directives, enum assertion_kind kind, uint32_t names_at,
                             uint32_t states_at)
{
    const struct options *o = &t->vm->options;
    uint32_t count = 0;
    for (size_t i = 0; i < o->assertion_count; i++)
        count += o->assertions[i].kind == kind;
    struct object *names = array_new_of(t, t->vm->known.String, (int32_t)count);
    struct object *states = names == NULL ? NULL : array_new_primitive(t, 'Z', (int32_t)count);
    if (states == NULL)
        return false;
    for (size_t i = 0, n = 0; i < o->assertion_count; i++) {
        if (o->assertions[i].kind != kind)
            continue;
        struct symbol *symbol = symbol_intern_cstr(o->assertions[i].name);
        struct object *name = symbol == NULL ? NULL : string_from_symbol_dotted(t, symbol);
        if (name == NULL) {
            if (!exception_pending(t))
                exception_throw_out_of_memory(t, "assertion directives");
            return false;
        }
        gc_store_element(names, (uint32_t)n, name);
        ((uint8_t *)array_data(states))[n++] = o->assertions[i].enable;
    }
    gc_store_ref(directives, names_at, names);
    gc_store_ref(directives, states_at, states);
    return true;
}

static struct object *assertion_directives(struct thread *t)
{
    const struct wellknown *known = &t->vm->known;
    const struct options *o = &t->vm->options;
    if (!t->vm->hooks.initialize_class(t, known->AssertionStatusDirectives))
        return NULL;
    struct object *result = object_new(t, known->AssertionStatusDirectives);
    if (result == NULL ||
        !store_directives(t, result, ASSERT_CLASS, known->AssertionStatusDirectives_classes,
                          known->AssertionStatusDirectives_classEnabled) ||
        !store_directives(t, result, ASSERT_PACKAGE, known->AssertionStatusDirectives_packages,
                          known->AssertionStatusDirectives_packageEnabled))
        return NULL;
    bool deflt = false;
    for (size_t i = 0; i < o->assertion_count; i++)
        if (o->assertions[i].kind == ASSERT_DEFAULT)
            deflt = o->assertions[i].enable;
    object_set_byte(result, known->AssertionStatusDirectives_deflt, deflt);
    return result;
}

/* ---- exported -------------------------------------------------------------------------------------------- */

JNIEXPORT jstring JNICALL JVM_InitClassName(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, init_name(t, handle_get(cls))));
}

JNIEXPORT jboolean JNICALL JVM_IsInterface(JNIEnv *env, jclass cls)
{
    VM_ENTRY(env);
    const struct class *c = class_of_handle(cls);
    jboolean result = class_is_instance_class(c) && class_is_interface(c);
    VM_LEAVE();
    return result;
}

JNIEXPORT jboolean JNICALL JVM_IsArrayClass(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, class_is_array(class_of_handle(cls)));
}

JNIEXPORT jboolean JNICALL JVM_IsPrimitiveClass(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, class_is_primitive(class_of_handle(cls)));
}

JNIEXPORT jboolean JNICALL JVM_IsHiddenClass(JNIEnv *env, jclass cls)
{
    VM_ENTRY(env);
    const struct class *c = class_of_handle(cls);
    jboolean result = class_is_instance_class(c) && class_is_hidden(c);
    VM_LEAVE();
    return result;
}

JNIEXPORT jboolean JNICALL JVM_IsRecord(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, is_record(t, class_of_handle(cls)));
}

JNIEXPORT jint JNICALL JVM_GetClassModifiers(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, class_modifiers(class_of_handle(cls)));
}

JNIEXPORT jint JNICALL JVM_GetClassAccessFlags(JNIEnv *env, jclass cls)
{
    VM_ENTRY(env);
    const struct class *c = class_of_handle(cls);
    jint result = class_is_primitive(c) ? PRIMITIVE_FLAGS : c->access_flags & WRITTEN_FLAGS;
    VM_LEAVE();
    return result;
}

JNIEXPORT jobjectArray JNICALL JVM_GetClassInterfaces(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, class_interfaces(t, class_of_handle(cls))));
}

JNIEXPORT jobjectArray JNICALL JVM_GetClassSigners(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, class_signers(t, class_of_handle(cls))));
}

JNIEXPORT void JNICALL JVM_SetClassSigners(JNIEnv *env, jclass cls, jobjectArray signers)
{
    VM_ENTRY(env);
    set_class_signers(t, class_of_handle(cls), handle_get(signers));
    VM_LEAVE();
}

JNIEXPORT jobject JNICALL JVM_GetProtectionDomain(JNIEnv *env, jclass cls)
{
    VM_ENTRY(env);
    jobject result = NULL;
    if (handle_get(cls) == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        result = handle_local(t, protection_domain(class_of_handle(cls)));
    VM_LEAVE();
    return result;
}

JNIEXPORT jboolean JNICALL JVM_DesiredAssertionStatus(JNIEnv *env, jclass unused, jclass cls)
{
    VM_ENTRY(env);
    const struct class *c = class_of_handle(cls);
    jboolean result =
        class_is_instance_class(c) && options_desired_assertion(&t->vm->options, c->name->bytes, c->loader->is_boot);
    VM_LEAVE();
    return result;
}

JNIEXPORT jobject JNICALL JVM_AssertionStatusDirectives(JNIEnv *env, jclass unused)
{
    VM_RETURN(env, handle_local(t, assertion_directives(t)));
}
