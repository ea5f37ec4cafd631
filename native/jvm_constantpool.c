/* jdk.internal.reflect.ConstantPool: the entries of a class's constant pool.  Its field constantPoolOop holds the
 * class mirror, which every function here gets as `cpOop`. */
#include "native/jvm.h"

#include "classloader/linking.h"
#include "classloader/loading.h"
#include "classloader/resolution.h"
#include "native/handles.h"
#include "native/reflection.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"

#define TAG(tag) (1u << (tag))
enum {
    TAGS_MEMBER = TAG(CP_FIELDREF) | TAG(CP_METHODREF) | TAG(CP_INTERFACE_METHODREF),
    TAGS_METHOD = TAG(CP_METHODREF) | TAG(CP_INTERFACE_METHODREF),
    TAGS_ANY = -1,
};

/* The class whose pool is asked, when entry `index` exists and its tag is among `tags`; NULL: exception pending. */
static struct class *pool_entry(struct thread *t, jobject cp_oop, jint index, uint32_t tags)
{
    struct class *c = class_from_mirror(handle_get(cp_oop));
    if (index < 0 || index >= c->cp.count)
        exception_throw(t, "java/lang/IllegalArgumentException", "Constant pool index out of bounds");
    else if ((tags & TAG(c->cp.tags[index])) == 0)
        exception_throw(t, "java/lang/IllegalArgumentException", "Wrong type at constant pool index");
    else
        return c;
    return NULL;
}

static const union cp_value *pool_value(const struct class *c, jint index)
{
    return &c->cp.values[index];
}

/* A class entry without loading: what is resolved, or already loaded by c's loader. */
static struct class *class_if_loaded(struct class *c, uint16_t index)
{
    void *resolved = atomic_load_explicit(&cp_slot(&c->cp, index)->a, memory_order_acquire);
    if (resolved == CP_SLOT_FAILED)
        return NULL;
    return resolved != NULL ? resolved : find_loaded_class(c->loader, cp_class_name(&c->cp, index));
}

/* The class of a member reference; NULL: exception pending, or not loaded and !resolve. */
static struct class *member_class(struct thread *t, struct class *c, struct cp_member member, bool resolve)
{
    struct class *holder = resolve ? resolve_class(t, c, member.class_index) : class_if_loaded(c, member.class_index);
    if (holder == NULL || !link_class(t, holder))
        return NULL;
    return holder;
}

static struct object *method_at(struct thread *t, struct class *c, jint index, bool resolve)
{
    struct cp_member member = cp_member(&c->cp, (uint16_t)index);
    struct class *holder = member_class(t, c, member, resolve);
    if (holder == NULL)
        return NULL;
    /* Not inherited ones: HotSpot does not look for them here. */
    struct method *m = class_find_declared_method(holder, member.name, member.descriptor);
    if (m != NULL)
        return reflect_new_method(t, m);
    exception_throw(t, "java/lang/RuntimeException", "Unable to look up method in target class");
    return NULL;
}

static struct object *field_at(struct thread *t, struct class *c, jint index, bool resolve)
{
    struct cp_member member = cp_member(&c->cp, (uint16_t)index);
    struct class *holder = member_class(t, c, member, resolve);
    if (holder == NULL)
        return NULL;
    struct field *f = class_find_field(holder, member.name, member.descriptor);
    if (f != NULL)
        return reflect_new_field(t, f);
    exception_throw(t, "java/lang/RuntimeException", "Unable to look up field in target class");
    return NULL;
}

/* String[] of symbols. */
static struct object *string_array(struct thread *t, struct symbol *const *symbols, uint32_t count)
{
    struct object *array = array_new_of(t, t->vm->known.String, (int32_t)count);
    for (uint32_t i = 0; array != NULL && i < count; i++) {
        struct object *text = string_from_symbol(t, symbols[i]);
        if (text == NULL)
            return NULL;
        gc_store_element(array, i, text);
    }
    return array;
}

static struct object *member_info(struct thread *t, const struct class *c, jint index)
{
    struct cp_member member = cp_member(&c->cp, (uint16_t)index);
    struct symbol *symbols[] = {member.class_name, member.name, member.descriptor};
    return string_array(t, symbols, ARRAY_COUNT(symbols));
}

static struct object *name_and_type_info(struct thread *t, const struct class *c, jint index)
{
    const union cp_value *value = pool_value(c, index);
    struct symbol *symbols[] = {cp_utf8(&c->cp, value->ref.a), cp_utf8(&c->cp, value->ref.b)};
    return string_array(t, symbols, ARRAY_COUNT(symbols));
}

static struct object *constant_pool_of(struct thread *t, struct object *mirror)
{
    const struct class *c = class_from_mirror(mirror);
    if (!class_is_instance_class(c) || !initialize_class(t, t->vm->known.ConstantPool))
        return NULL;
    struct object *o = object_new(t, t->vm->known.ConstantPool);
    if (o != NULL)
        gc_store_ref(o, t->vm->known.ConstantPool_constantPoolOop, mirror);
    return o;
}

/* ---- exported -------------------------------------------------------------------------------------------- */

JNIEXPORT jobject JNICALL JVM_GetClassConstantPool(JNIEnv *env, jclass cls)
{
    VM_RETURN(env, handle_local(t, constant_pool_of(t, handle_get(cls))));
}

JNIEXPORT jint JNICALL JVM_ConstantPoolGetSize(JNIEnv *env, jobject cp, jobject cpOop)
{
    VM_RETURN(env, class_from_mirror(handle_get(cpOop))->cp.count);
}

/* Defines an exported function that answers with `value` of entry `index` of c's pool, or with 0 while an exception is
 * pending: no such entry, or its tag is not among `tags`. */
#define POOL_GETTER(name, type, tags, value)                                                                           \
    JNIEXPORT type JNICALL name(JNIEnv *env, jobject cp, jobject cpOop, jint index)                                    \
    {                                                                                                                  \
        VM_ENTRY(env);                                                                                                 \
        struct class *c = pool_entry(t, cpOop, index, (uint32_t)(tags));                                               \
        type result = c == NULL ? 0 : (value);                                                                         \
        VM_LEAVE();                                                                                                    \
        return result;                                                                                                 \
    }

POOL_GETTER(JVM_ConstantPoolGetClassAt, jclass, TAG(CP_CLASS), handle_class(t, resolve_class(t, c, (uint16_t)index)))
POOL_GETTER(JVM_ConstantPoolGetClassAtIfLoaded, jclass, TAG(CP_CLASS),
            handle_class(t, class_if_loaded(c, (uint16_t)index)))
POOL_GETTER(JVM_ConstantPoolGetClassRefIndexAt, jint, TAGS_MEMBER, pool_value(c, index)->ref.a)
POOL_GETTER(JVM_ConstantPoolGetMethodAt, jobject, TAGS_METHOD, handle_local(t, method_at(t, c, index, true)))
POOL_GETTER(JVM_ConstantPoolGetMethodAtIfLoaded, jobject, TAGS_METHOD, handle_local(t, method_at(t, c, index, false)))
POOL_GETTER(JVM_ConstantPoolGetFieldAt, jobject, TAG(CP_FIELDREF), handle_local(t, field_at(t, c, index, true)))
POOL_GETTER(JVM_ConstantPoolGetFieldAtIfLoaded, jobject, TAG(CP_FIELDREF),
            handle_local(t, field_at(t, c, index, false)))
POOL_GETTER(JVM_ConstantPoolGetMemberRefInfoAt, jobjectArray, TAGS_MEMBER, handle_local(t, member_info(t, c, index)))
POOL_GETTER(JVM_ConstantPoolGetNameAndTypeRefIndexAt, jint, TAGS_MEMBER | TAG(CP_DYNAMIC) | TAG(CP_INVOKE_DYNAMIC),
            pool_value(c, index)->ref.b)
POOL_GETTER(JVM_ConstantPoolGetNameAndTypeRefInfoAt, jobjectArray, TAG(CP_NAME_AND_TYPE),
            handle_local(t, name_and_type_info(t, c, index)))
POOL_GETTER(JVM_ConstantPoolGetIntAt, jint, TAG(CP_INTEGER), pool_value(c, index)->i)
POOL_GETTER(JVM_ConstantPoolGetLongAt, jlong, TAG(CP_LONG), pool_value(c, index)->j)
POOL_GETTER(JVM_ConstantPoolGetFloatAt, jfloat, TAG(CP_FLOAT), pool_value(c, index)->f)
POOL_GETTER(JVM_ConstantPoolGetDoubleAt, jdouble, TAG(CP_DOUBLE), pool_value(c, index)->d)
POOL_GETTER(JVM_ConstantPoolGetStringAt, jstring, TAG(CP_STRING),
            handle_local(t, resolve_string(t, c, (uint16_t)index)))
POOL_GETTER(JVM_ConstantPoolGetUTF8At, jstring, TAG(CP_UTF8),
            handle_local(t, string_from_symbol(t, pool_value(c, index)->utf8)))
POOL_GETTER(JVM_ConstantPoolGetTagAt, jbyte, TAGS_ANY, (jbyte)c->cp.tags[index])
