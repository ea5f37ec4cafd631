/* What libverify.so, the type-inferring verifier, asks about a class.  Texts are those of symbols, which live for ever, so
 * that JVM_ReleaseUTF has nothing to do.  Indexes come from code that has been checked; one that does not fit is a broken
 * invariant.
 *
 * libverify was made for class files before invokedynamic, dynamic constants and Interface.super.method().  Their types
 * are all that it must know, so they are shown to it as calls of static methods.  The short ldc of a dynamic constant
 * has no room for one: it shows a reference as null, and a number as a plain constant. */
#include "native/jvm.h"

#include <stdio.h>
#include <stdlib.h>

#include "classloader/classfile.h"
#include "classloader/linking.h"
#include "interpreter/opcodes.h"
#include "native/handles.h"
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

/* ---- what libverify does not know ------------------------------------------------------------------------- */

static uint8_t shown_tag(const struct constant_pool *cp, uint16_t index)
{
    if (cp->tags[index] == CP_INVOKE_DYNAMIC)
        return CP_METHODREF;
    if (cp->tags[index] != CP_DYNAMIC)
        return cp->tags[index];
    switch (cp_utf8(cp, cp->values[cp->values[index].ref.b].ref.b)->bytes[0]) {
    case 'L':
    case '[': return CP_METHODREF;
    case 'J': return CP_LONG;
    case 'D': return CP_DOUBLE;
    case 'F': return CP_FLOAT;
    default: return CP_INTEGER;
    }
}

static bool is_dynamic_reference(const struct constant_pool *cp, uint16_t index)
{
    return cp->tags[index] == CP_DYNAMIC && shown_tag(cp, index) == CP_METHODREF;
}

/* invokespecial of an interface method is shown as a call of a static method whose first parameter is the current class:
 * constants behind the last one, in the order of the real ones, have those types. */
static jint shown_constants(const struct class *c)
{
    enum { SUPER_CALLS_FROM = 52 };
    return c->major_version >= SUPER_CALLS_FROM && c->cp.count <= UINT16_MAX / 2 ? 2 * c->cp.count : c->cp.count;
}

static void show_super_call(const struct class *c, unsigned char *code)
{
    uint32_t index = read_u2(code + 1);
    if (c->cp.tags[index] != CP_INTERFACE_METHODREF || shown_constants(c) == c->cp.count)
        return;
    index += c->cp.count;
    code[0] = OPC_invokestatic;
    code[1] = (unsigned char)(index >> 8);
    code[2] = (unsigned char)index;
}

/* The instruction at `code` as libverify is to see it. */
static void show_instruction(const struct class *c, unsigned char *code)
{
    const struct constant_pool *cp = &c->cp;
    if (*code == OPC_invokespecial) {
        show_super_call(c, code);
    } else if (*code == OPC_invokedynamic) { /* its last two bytes are zero: nop */
        *code = OPC_invokestatic;
    } else if (*code == OPC_ldc_w && is_dynamic_reference(cp, read_u2(code + 1))) {
        *code = OPC_invokestatic;
    } else if (*code == OPC_ldc && is_dynamic_reference(cp, code[1])) {
        code[0] = OPC_aconst_null;
        code[1] = OPC_nop;
    }
}

static struct symbol *intern_text(char *text, int length)
{
    struct symbol *descriptor = length >= 0 && length <= UINT16_MAX ? symbol_intern(text, (size_t)length) : NULL;
    if (descriptor == NULL)
        vm_fatal("no memory for a type that the verifier asks for");
    free(text);
    return descriptor;
}

static struct symbol *getter_descriptor(const struct symbol *type)
{
    char *text;
    int length = asprintf(&text, "()%s", type->bytes);
    return intern_text(text, length);
}

static struct cp_member super_call_member(const struct class *c, jint index)
{
    struct cp_member member = cp_member(&c->cp, (uint16_t)index);
    char *text;
    int length = asprintf(&text, "(L%s;%s", c->name->bytes, member.descriptor->bytes + 1);
    member.descriptor = intern_text(text, length);
    return member;
}

static struct cp_member dynamic_member(const struct class *c, jint index)
{
    const union cp_value *name_and_type = &c->cp.values[c->cp.values[index].ref.b];
    struct cp_member member = {
        .class_name = c->name,
        .name = cp_utf8(&c->cp, name_and_type->ref.a),
        .descriptor = cp_utf8(&c->cp, name_and_type->ref.b),
    };
    if (c->cp.tags[index] == CP_DYNAMIC)
        member.descriptor = getter_descriptor(member.descriptor);
    return member;
}

/* ---- questions -------------------------------------------------------------------------------------------- */

static struct cp_member member_at(const struct class *c, jint index, bool method)
{
    if (method && index >= c->cp.count && index < shown_constants(c) &&
        c->cp.tags[index - c->cp.count] == CP_INTERFACE_METHODREF)
        return super_call_member(c, index - c->cp.count);
    uint8_t tag = index > 0 && index < c->cp.count ? c->cp.tags[index] : CP_UNUSABLE;
    if (method && (tag == CP_DYNAMIC || tag == CP_INVOKE_DYNAMIC))
        return dynamic_member(c, index);
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
    if (class_is_array(c) || class_is_primitive(c))
        return;
    for (uint32_t i = 0; i < c->cp.count; i++)
        types[i] = shown_tag(&c->cp, (uint16_t)i);
    for (jint i = c->cp.count; i < shown_constants(c); i++)
        types[i] = c->cp.tags[i - c->cp.count] == CP_INTERFACE_METHODREF ? CP_METHODREF : CP_UNUSABLE;
}

JNIEXPORT jint JNICALL JVM_GetClassCPEntriesCount(JNIEnv *env, jclass cls)
{
    return shown_constants(class_of(env, cls));
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
    if (m->bytecode_length == 0)
        return;
    memcpy(code, m->bytecode, m->bytecode_length);
    for (uint32_t pc = 0; pc < m->bytecode_length;) {
        uint32_t length = opcode_length_at(code, pc, m->bytecode_length);
        if (length == 0)
            vm_fatal("unchecked code of %s.%s reaches the verifier", m->owner->name->bytes, m->name->bytes);
        show_instruction(m->owner, code + pc);
        pc += length;
    }
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
