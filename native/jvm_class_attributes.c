/* What class-file attributes (JVMS 4.7) say about a class: nesting, enclosing methods, annotations, signatures. */
#include "native/jvm.h"

#include "classloader/loading.h"
#include "classloader/resolution.h"
#include "native/handles.h"
#include "native/reflection.h"
#include "native/reflection_private.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"

/* ---- InnerClasses (4.7.6) -------------------------------------------------------------------------------- */

uint32_t inner_class_count(const struct class *c)
{
    return c->attributes.inner_classes == NULL ? 0 : read_u2(c->attributes.inner_classes);
}

struct inner_class inner_class_at(const struct class *c, uint32_t index)
{
    const uint8_t *p = c->attributes.inner_classes + 2 + 8 * (size_t)index;
    return (struct inner_class){read_u2(p), read_u2(p + 2), read_u2(p + 4), read_u2(p + 6)};
}

static bool names_class(const struct class *from, uint16_t cp_index, const struct class *c)
{
    return cp_index != 0 && cp_class_name(&from->cp, cp_index) == c->name;
}

static void disagree(struct thread *t, const struct class *outer, const struct class *inner)
{
    char a[512], b[512];
    exception_throw(t, "java/lang/IncompatibleClassChangeError", "%s and %s disagree on InnerClasses attribute",
                    class_external_name(outer, a, sizeof a), class_external_name(inner, b, sizeof b));
}

/* The row of c's own InnerClasses attribute that describes c.  false: none, or an exception is pending. */
static bool find_own_row(struct thread *t, struct class *c, struct inner_class *row)
{
    uint32_t count = inner_class_count(c);
    for (uint32_t i = 0; i < count; i++) {
        *row = inner_class_at(c, i);
        if (!names_class(c, row->inner, c))
            continue;
        struct class *inner = resolve_class(t, c, row->inner);
        if (inner == NULL || inner == c)
            return inner != NULL;
    }
    return false;
}

/* Both classes must know of each other, or a class could claim the access rights of one that never heard of it.
 * `member`: as a member of outer, else as a local or anonymous class.  false: exception pending. */
static bool check_declares(struct thread *t, struct class *outer, struct class *inner, bool member)
{
    uint32_t count = inner_class_count(outer);
    for (uint32_t i = 0; i < count; i++) {
        struct inner_class row = inner_class_at(outer, i);
        if (!names_class(outer, row.inner, inner))
            continue;
        if (member) {
            if (!names_class(outer, row.outer, outer))
                continue;
            struct class *o = resolve_class(t, outer, row.outer);
            if (o == NULL)
                return false;
            if (o != outer)
                continue;
        } else if (row.outer != 0) {
            continue;
        }
        struct class *found = resolve_class(t, outer, row.inner);
        if (found == NULL || found == inner)
            return found != NULL;
    }
    disagree(t, outer, inner);
    return false;
}

/* The class that c is a member of, or whose code declares it (*member tells which).  NULL: none, or an exception is
 * pending. */
static struct class *enclosing_class(struct thread *t, struct class *c, bool *member)
{
    struct inner_class row;
    if (!find_own_row(t, c, &row))
        return NULL;
    uint16_t index = row.outer;
    *member = index != 0;
    if (index == 0 && c->attributes.enclosing_method != NULL)
        index = read_u2(c->attributes.enclosing_method);
    struct class *outer = index == 0 ? NULL : resolve_class(t, c, index);
    if (outer == NULL)
        return NULL;
    if (!class_is_instance_class(outer)) { /* an array declares nothing */
        disagree(t, outer, c);
        return NULL;
    }
    return check_declares(t, outer, c, *member) ? outer : NULL;
}

static struct class *declaring_class(struct thread *t, struct class *c)
{
    bool member = false;
    struct class *outer = class_is_instance_class(c) ? enclosing_class(t, c, &member) : NULL;
    return member ? outer : NULL;
}

/* The first `count` elements of a Class[]. */
static struct object *shortened(struct thread *t, struct object *array, uint32_t count)
{
    if (array == NULL || array_length(array) == count)
        return array;
    struct object *result = reflect_class_array(t, count);
    if (result != NULL)
        gc_copy_refs(result, 0, array, 0, count);
    return result;
}

static struct object *declared_classes(struct thread *t, struct class *c)
{
    uint32_t rows = class_is_instance_class(c) ? inner_class_count(c) : 0, count = 0;
    struct object *array = reflect_class_array(t, rows);
    for (uint32_t i = 0; array != NULL && i < rows; i++) {
        struct inner_class row = inner_class_at(c, i);
        if (row.inner == 0 || !names_class(c, row.outer, c))
            continue;
        struct class *outer = resolve_class(t, c, row.outer);
        if (outer == NULL)
            return NULL;
        if (outer != c)
            continue;
        struct class *inner = resolve_class(t, c, row.inner);
        if (inner == NULL)
            return NULL;
        if (class_is_instance_class(inner)) {
            if (!check_declares(t, c, inner, true))
                return NULL;
            gc_store_element(array, count++, class_mirror(inner));
        }
    }
    return shortened(t, array, count);
}

static struct object *simple_binary_name(struct thread *t, struct class *c)
{
    struct inner_class row;
    if (!class_is_instance_class(c) || !find_own_row(t, c, &row) || row.name == 0)
        return NULL;
    return string_from_symbol(t, cp_utf8(&c->cp, row.name));
}

/* EnclosingMethod (4.7.7) as Object[] {Class, method name, descriptor}; the latter null outside methods. */
static struct object *enclosing_method(struct thread *t, struct class *c)
{
    const uint8_t *attribute = class_is_instance_class(c) ? c->attributes.enclosing_method : NULL;
    if (attribute == NULL || read_u2(attribute) == 0)
        return NULL;
    struct object *result = array_new_of(t, t->vm->known.Object, 3);
    struct class *enclosing = result == NULL ? NULL : resolve_class(t, c, read_u2(attribute));
    if (enclosing == NULL)
        return NULL;
    gc_store_element(result, 0, class_mirror(enclosing));
    uint16_t method_index = read_u2(attribute + 2);
    if (method_index == 0)
        return result;
    const union cp_value *method = &c->cp.values[method_index];
    struct object *name = string_from_symbol(t, cp_utf8(&c->cp, method->ref.a));
    struct object *descriptor = name == NULL ? NULL : string_from_symbol(t, cp_utf8(&c->cp, method->ref.b));
    if (descriptor == NULL)
        return NULL;
    gc_store_element(result, 1, name);
    gc_store_element(result, 2, descriptor);
    return result;
}

/* ---- nests and sealed classes (4.7.28, 4.7.29, 4.7.31) ----------------------------------------------------- */

/* Entries that do not resolve are left out, but errors of the VM itself (memory, stack) are reported.
 * NULL: skip this entry, or give up when an exception is pending. */
static struct class *resolve_listed(struct thread *t, struct class *c, uint16_t cp_index)
{
    struct class *result = resolve_class(t, c, cp_index);
    if (result != NULL)
        return class_is_instance_class(result) ? result : NULL;
    struct class *vm_error = t->vm->hooks.find_boot_class(t, "java/lang/VirtualMachineError");
    if (vm_error != NULL && t->exception != NULL && !object_is_instance(t->exception, vm_error))
        exception_clear(t);
    return NULL;
}

static struct object *permitted_subclasses(struct thread *t, struct class *c)
{
    const uint8_t *attribute = class_is_instance_class(c) ? c->attributes.permitted_subclasses : NULL;
    if (attribute == NULL)
        return NULL;
    uint32_t length = read_u2(attribute), count = 0;
    struct object *array = reflect_class_array(t, length);
    for (uint32_t i = 0; array != NULL && i < length; i++) {
        struct class *subclass = resolve_listed(t, c, read_u2(attribute + 2 + 2 * i));
        if (subclass != NULL)
            gc_store_element(array, count++, class_mirror(subclass));
        else if (exception_pending(t))
            return NULL;
    }
    return shortened(t, array, count);
}

static struct object *nest_members(struct thread *t, struct class *c)
{
    struct class *host = class_nest_host(t, c);
    const uint8_t *attribute = host->attributes.nest_members;
    uint32_t length = attribute == NULL ? 0 : read_u2(attribute), count = 1;
    struct object *array = reflect_class_array(t, length + 1);
    if (array == NULL)
        return NULL;
    gc_store_element(array, 0, class_mirror(host));
    for (uint32_t i = 0; i < length; i++) {
        struct class *member = resolve_listed(t, host, read_u2(attribute + 2 + 2 * i));
        if (member != NULL && class_nest_host(t, member) == host)
            gc_store_element(array, count++, class_mirror(member));
        else if (exception_pending(t))
            return NULL;
    }
    return shortened(t, array, count);
}

/* ---- exported -------------------------------------------------------------------------------------------- */

JNIEXPORT jobjectArray JNICALL JVM_GetDeclaredClasses(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, declared_classes(t, class_of_handle(cls))));
}

JNIEXPORT jclass JNICALL JVM_GetDeclaringClass(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_class(t, declaring_class(t, class_of_handle(cls))));
}

JNIEXPORT jstring JNICALL JVM_GetSimpleBinaryName(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, simple_binary_name(t, class_of_handle(cls))));
}

JNIEXPORT jobjectArray JNICALL JVM_GetEnclosingMethodInfo(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, enclosing_method(t, class_of_handle(cls))));
}

JNIEXPORT jstring JNICALL JVM_GetClassSignature(JNIEnv *env, jclass cls)
{
    VM_ENTRY(env);
    const struct class *c = class_of_handle(cls);
    const struct symbol *signature = class_is_instance_class(c) ? c->attributes.signature : NULL;
    jstring result = signature == NULL ? NULL : handle_local(t, string_from_symbol(t, signature));
    VM_LEAVE();
    return result;
}

JNIEXPORT jbyteArray JNICALL JVM_GetClassAnnotations(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, reflect_bytes(t, class_of_handle(cls)->attributes.annotations)));
}

JNIEXPORT jbyteArray JNICALL JVM_GetClassTypeAnnotations(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, reflect_bytes(t, class_of_handle(cls)->attributes.type_annotations)));
}

JNIEXPORT jbyteArray JNICALL JVM_GetFieldTypeAnnotations(JNIEnv *env, jobject field)
{
    VM_RETURN(env, handle_local(t, reflect_bytes(t, reflect_field(t, handle_get(field))->type_annotations)));
}

JNIEXPORT jbyteArray JNICALL JVM_GetMethodTypeAnnotations(JNIEnv *env, jobject method)
{
    VM_RETURN(env, handle_local(t, reflect_bytes(t, reflect_method(t, handle_get(method))->type_annotations)));
}

JNIEXPORT jobjectArray JNICALL JVM_GetPermittedSubclasses(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, permitted_subclasses(t, class_of_handle(cls))));
}

JNIEXPORT jclass JNICALL JVM_GetNestHost(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_class(t, class_nest_host(t, class_of_handle(cls))));
}

JNIEXPORT jobjectArray JNICALL JVM_GetNestMembers(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, nest_members(t, class_of_handle(cls))));
}

JNIEXPORT jboolean JNICALL JVM_AreNestMates(JNIEnv *env, jclass a, jclass b)
{
    VM_ENTRY(env);
    struct class *ca = class_of_handle(a), *cb = class_of_handle(b);
    jboolean result = ca == cb || class_nest_host(t, ca) == class_nest_host(t, cb);
    VM_LEAVE();
    return result;
}
