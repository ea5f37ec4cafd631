/* What libverify.so, the type-inferring verifier, asks about a class.  Texts live at least as long as the verification,
 * so that JVM_ReleaseUTF has nothing to do.  Indexes come from code that has been checked; one that does not fit is a
 * broken invariant. */
#include "native/jvm.h"

#include "classloader/linking.h"
#include "native/handles.h"
#include "native/verifier_view.h"
#include "vm/symbol.h"
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

static struct verifier_view *view_of(JNIEnv *env, jclass cls)
{
    const struct class *c = class_of(env, cls);
    struct verifier_view *v = ((struct thread *)env)->verifying;
    if (v == NULL || v->class != c)
        vm_fatal("the old verifier asks about %s, which is not being verified", c->name->bytes);
    return v;
}

/* How the method's code is shown; NULL: all of it in place. */
static const struct shown_code *laid_out_code(JNIEnv *env, jclass cls, jint index)
{
    const struct verifier_view *v = view_of(env, cls);
    return v->codes != NULL && v->codes[index].bytes != NULL ? &v->codes[index] : NULL;
}

static uint16_t checked_index(const struct class *c, jint index, uint8_t shown_tag)
{
    uint8_t tag = index > 0 && index < c->cp.count ? verifier_shown_tag(&c->cp, (uint16_t)index) : CP_UNUSABLE;
    if (tag != shown_tag && !(shown_tag == CP_METHODREF && tag == CP_INTERFACE_METHODREF))
        vm_fatal("the old verifier asks for constant %d of %s, which has tag %u", index, c->name->bytes, tag);
    return (uint16_t)index;
}

static struct cp_member field_at(const struct class *c, jint index)
{
    return cp_member(&c->cp, checked_index(c, index, CP_FIELDREF));
}

static bool is_real_method(const struct class *c, uint16_t index)
{
    return c->cp.tags[index] == CP_METHODREF || c->cp.tags[index] == CP_INTERFACE_METHODREF;
}

/* ---- questions -------------------------------------------------------------------------------------------- */

JNIEXPORT const char *JNICALL JVM_GetClassNameUTF(JNIEnv *env, jclass cls)
{
    return class_of(env, cls)->name->bytes;
}

JNIEXPORT void JNICALL JVM_GetClassCPTypes(JNIEnv *env, jclass cls, unsigned char *types)
{
    const struct class *c = class_of(env, cls);
    if (class_is_array(c) || class_is_primitive(c))
        return;
    for (uint32_t i = 0; i < c->cp.count; i++)
        types[i] = verifier_shown_tag(&c->cp, (uint16_t)i);
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
    const struct shown_code *shown = laid_out_code(env, cls, index);
    if (shown != NULL)
        memcpy(code, shown->bytes, shown->length);
    else if (m->bytecode_length != 0)
        verifier_copy_code(m, code);
}

JNIEXPORT jint JNICALL JVM_GetMethodIxByteCodeLength(JNIEnv *env, jclass cls, jint index)
{
    const struct method *m = method_at(env, cls, index);
    const struct shown_code *shown = laid_out_code(env, cls, index);
    return (jint)(shown != NULL ? shown->length : m->bytecode_length);
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
    const struct shown_code *shown = laid_out_code(env, cls, method_index);
    struct exception_table_entry shown_entry = {h->start_pc, h->end_pc, h->handler_pc, h->catch_type};
    if (shown != NULL) {
        shown_entry.start_pc = (jint)shown->at[h->start_pc];
        shown_entry.end_pc = (jint)shown->at[h->end_pc];
        shown_entry.handler_pc = (jint)shown->at[h->handler_pc];
    }
    *(struct exception_table_entry *)entry = shown_entry;
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
    return field_at(class_of(env, cls), index).class_name->bytes;
}

JNIEXPORT const char *JNICALL JVM_GetCPFieldSignatureUTF(JNIEnv *env, jclass cls, jint index)
{
    return field_at(class_of(env, cls), index).descriptor->bytes;
}

/* Flags of the referenced member as declared in `called`; -1: `called` does not declare it. */
JNIEXPORT jint JNICALL JVM_GetCPFieldModifiers(JNIEnv *env, jclass cls, jint index, jclass called)
{
    struct cp_member member = field_at(class_of(env, cls), index);
    const struct field *f = class_find_declared_field(class_of(env, called), member.name, member.descriptor);
    return f == NULL ? -1 : f->access_flags & FIELD_MODIFIERS;
}

JNIEXPORT const char *JNICALL JVM_GetCPMethodClassNameUTF(JNIEnv *env, jclass cls, jint index)
{
    const struct class *c = class_of(env, cls);
    uint16_t i = checked_index(c, index, CP_METHODREF);
    return (is_real_method(c, i) ? cp_member(&c->cp, i).class_name : c->name)->bytes;
}

JNIEXPORT const char *JNICALL JVM_GetCPMethodNameUTF(JNIEnv *env, jclass cls, jint index)
{
    const struct class *c = class_of(env, cls);
    return verifier_shown_name(c, checked_index(c, index, CP_METHODREF));
}

/* NULL: libverify reports that memory is exhausted. */
JNIEXPORT const char *JNICALL JVM_GetCPMethodSignatureUTF(JNIEnv *env, jclass cls, jint index)
{
    struct verifier_view *v = view_of(env, cls);
    return verifier_shown_descriptor(v, checked_index(v->class, index, CP_METHODREF));
}

JNIEXPORT jint JNICALL JVM_GetCPMethodModifiers(JNIEnv *env, jclass cls, jint index, jclass called)
{
    const struct class *c = class_of(env, cls);
    uint16_t i = checked_index(c, index, CP_METHODREF);
    if (!is_real_method(c, i))
        return -1;
    struct cp_member member = cp_member(&c->cp, i);
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
