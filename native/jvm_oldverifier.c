/* What libverify.so, the type-inferring verifier for class files older than version 50, asks about a class.  Texts are
 * those of symbols, which live for ever, so that JVM_ReleaseUTF has nothing to do.  Indexes come from code that the
 * parser has checked; one that does not fit is a broken invariant. */
#include "native/jvm.h"

#include "classloader/linking.h"
#include "native/handles.h"
#include "vm/vm.h"

enum {
    FIELD_MODIFIERS = ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED | ACC_STATIC | ACC_FINAL | ACC_VOLATILE | ACC_TRANSIENT |
                      ACC_ENUM | ACC_SYNTHETIC,
    METHOD_MODIFIERS = ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED | ACC_STATIC | ACC_FINAL | ACC_SYNCHRONIZED |
                       ACC_BRIDGE | ACC_VARARGS | ACC_NATIVE | ACC_ABSTRACT | ACC_STRICT | ACC_SYNTHETIC,
};

/* The layout that libverify expects. */
struct exception_table_entry { jint start_pc, end_pc, handler_pc, catch_type; };

static const struct class *class_of(JNIEnv *env, jclass cls)
{
    VM_ENTRY(env);
    const struct class *c = class_of_handle(cls);
    VM_LEAVE();
    return c; /* metadata outlives the call and needs no protection */
}

static const struct method *method_at(JNIEnv *env, jclass cls, jint index)
{
    const struct class *c = class_of(env, cls);
    if (index < 0 || index >= c->method_count)
        vm_fatal("the old verifier asks for method %d of %s", index, c->name->bytes);
    return c->methods[index];
}

static struct cp_member member_at(const struct class *c, jint index, bool method)
{
    uint8_t tag = index > 0 && index < c->cp.count ? c->cp.tags[index] : CP_UNUSABLE;
    if (method ? tag != CP_METHODREF && tag != CP_INTERFACE_METHODREF : tag != CP_FIELDREF)
        vm_fatal("the old verifier asks for constant %d of %s, which has tag %u", index, c->name->bytes, tag);
    return cp_member(&c->cp, (uint16_t)index);
}

JNIEXPORT const char *JNICALL JVM_GetClassNameUTF(JNIEnv *env, jclass cls)
{
    return class_of(env, cls)->name->bytes;
}

JNIEXPORT void JNICALL JVM_GetClassCPTypes(JNIEnv *env, jclass cls, unsigned char *types)
{
    const struct class *c = class_of(env, cls);
    if (!class_is_array(c) && !class_is_primitive(c))
        memcpy(types, c->cp.tags, c->cp.count);
}

JNIEXPORT jint JNICALL JVM_GetClassCPEntriesCount(JNIEnv *env, jclass cls)
{
    return class_of(env, cls)->cp.count;
}

JNIEXPORT jint JNICALL JVM_GetClassFieldsCount(JNIEnv *env, jclass cls)
{
    return class_of(env, cls)->field_count;
}

JNIEXPORT jint JNICALL JVM_GetClassMethodsCount(JNIEnv *env, jclass cls)
{
    return class_of(env, cls)->method_count;
}

JNIEXPORT jint JNICALL JVM_GetFieldIxModifiers(JNIEnv *env, jclass cls, jint index)
{
    const struct class *c = class_of(env, cls);
    if (index < 0 || index >= c->field_count)
        vm_fatal("the old verifier asks for field %d of %s", index, c->name->bytes);
    return c->fields[index].access_flags & FIELD_MODIFIERS;
}

JNIEXPORT jint JNICALL JVM_GetMethodIxModifiers(JNIEnv *env, jclass cls, jint index)
{
    return method_at(env, cls, index)->access_flags & METHOD_MODIFIERS;
}

JNIEXPORT const char *JNICALL JVM_GetMethodIxNameUTF(JNIEnv *env, jclass cls, jint index)
{
    return method_at(env, cls, index)->name->bytes;
}

JNIEXPORT const char *JNICALL JVM_GetMethodIxSignatureUTF(JNIEnv *env, jclass cls, jint index)
{
    return method_at(env, cls, index)->descriptor->bytes;
}

JNIEXPORT jint JNICALL JVM_GetMethodIxArgsSize(JNIEnv *env, jclass cls, jint index)
{
    return method_at(env, cls, index)->arg_slots;
}

JNIEXPORT jint JNICALL JVM_GetMethodIxLocalsCount(JNIEnv *env, jclass cls, jint index)
{
    return method_at(env, cls, index)->max_locals;
}

JNIEXPORT jint JNICALL JVM_GetMethodIxMaxStack(JNIEnv *env, jclass cls, jint index)
{
    return method_at(env, cls, index)->max_stack;
}

JNIEXPORT void JNICALL JVM_GetMethodIxByteCode(JNIEnv *env, jclass cls, jint index, unsigned char *code)
{
    const struct method *m = method_at(env, cls, index);
    if (m->bytecode_length > 0)
        memcpy(code, m->bytecode, m->bytecode_length);
}

JNIEXPORT jint JNICALL JVM_GetMethodIxByteCodeLength(JNIEnv *env, jclass cls, jint index)
{
    return (jint)method_at(env, cls, index)->bytecode_length;
}

JNIEXPORT jint JNICALL JVM_GetMethodIxExceptionTableLength(JNIEnv *env, jclass cls, jint index)
{
    return method_at(env, cls, index)->handler_count;
}

JNIEXPORT void JNICALL JVM_GetMethodIxExceptionTableEntry(JNIEnv *env, jclass cls, jint method_index, jint entry_index,
                                                          void *entry)
{
    const struct method *m = method_at(env, cls, method_index);
    if (entry_index < 0 || entry_index >= m->handler_count)
        vm_fatal("the old verifier asks for handler %d of %s.%s", entry_index, m->owner->name->bytes, m->name->bytes);
    const struct exception_handler *h = &m->handlers[entry_index];
    *(struct exception_table_entry *)entry =
        (struct exception_table_entry){h->start_pc, h->end_pc, h->handler_pc, h->catch_type};
}

JNIEXPORT jint JNICALL JVM_GetMethodIxExceptionsCount(JNIEnv *env, jclass cls, jint index)
{
    return method_at(env, cls, index)->exception_count;
}

JNIEXPORT void JNICALL JVM_GetMethodIxExceptionIndexes(JNIEnv *env, jclass cls, jint index, unsigned short *exceptions)
{
    const struct method *m = method_at(env, cls, index);
    for (uint32_t i = 0; i < m->exception_count; i++)
        exceptions[i] = read_u2(m->exceptions + 2 * i);
}

JNIEXPORT jboolean JNICALL JVM_IsConstructorIx(JNIEnv *env, jclass cls, jint index)
{
    return method_at(env, cls, index)->name == sym_init;
}

JNIEXPORT jboolean JNICALL JVM_IsVMGeneratedMethodIx(JNIEnv *env, jclass cls, jint index)
{
    return (method_at(env, cls, index)->vm_flags & METHOD_OVERPASS) != 0;
}

JNIEXPORT const char *JNICALL JVM_GetCPClassNameUTF(JNIEnv *env, jclass cls, jint index)
{
    const struct class *c = class_of(env, cls);
    if (index <= 0 || index >= c->cp.count || c->cp.tags[index] != CP_CLASS)
        vm_fatal("the old verifier asks for class constant %d of %s", index, c->name->bytes);
    return cp_class_name(&c->cp, (uint16_t)index)->bytes;
}

JNIEXPORT const char *JNICALL JVM_GetCPFieldClassNameUTF(JNIEnv *env, jclass cls, jint index)
{
    return member_at(class_of(env, cls), index, false).class_name->bytes;
}

JNIEXPORT const char *JNICALL JVM_GetCPFieldSignatureUTF(JNIEnv *env, jclass cls, jint index)
{
    return member_at(class_of(env, cls), index, false).descriptor->bytes;
}

/* Flags of the referenced member as declared in `called`; -1: `called` does not declare it. */
JNIEXPORT jint JNICALL JVM_GetCPFieldModifiers(JNIEnv *env, jclass cls, jint index, jclass called)
{
    struct cp_member member = member_at(class_of(env, cls), index, false);
    const struct field *f = class_find_declared_field(class_of(env, called), member.name, member.descriptor);
    return f == NULL ? -1 : f->access_flags & FIELD_MODIFIERS;
}

JNIEXPORT const char *JNICALL JVM_GetCPMethodClassNameUTF(JNIEnv *env, jclass cls, jint index)
{
    return member_at(class_of(env, cls), index, true).class_name->bytes;
}

JNIEXPORT const char *JNICALL JVM_GetCPMethodNameUTF(JNIEnv *env, jclass cls, jint index)
{
    return member_at(class_of(env, cls), index, true).name->bytes;
}

JNIEXPORT const char *JNICALL JVM_GetCPMethodSignatureUTF(JNIEnv *env, jclass cls, jint index)
{
    return member_at(class_of(env, cls), index, true).descriptor->bytes;
}

JNIEXPORT jint JNICALL JVM_GetCPMethodModifiers(JNIEnv *env, jclass cls, jint index, jclass called)
{
    struct cp_member member = member_at(class_of(env, cls), index, true);
    const struct method *m = class_find_declared_method(class_of(env, called), member.name, member.descriptor);
    return m == NULL ? -1 : m->access_flags & METHOD_MODIFIERS;
}

JNIEXPORT void JNICALL JVM_ReleaseUTF(const char *utf)
{
}

JNIEXPORT jboolean JNICALL JVM_IsSameClassPackage(JNIEnv *env, jclass a, jclass b)
{
    return class_same_package(class_of(env, a), class_of(env, b));
}
