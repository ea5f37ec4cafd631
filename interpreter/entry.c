/* Entry pointers of methods that are not native, and the moment a method gets its register code. */
#include "classloader/resolution.h"
#include "interpreter/code.h"
#include "interpreter/interpreter.h"
#include "interpreter/mh_link.h"
#include "interpreter/profile.h"
#include "vm/exception.h"
#include "vm/metadata.h"
#include "vm/object.h"
#include "vm/opcodes.h"
#include "vm/vm.h"

/* ---- shortcuts: methods that only read or write a field of `this` need no frame -------------------------- */

#define GETTER(name, statement)                                                                                        \
    static void getter_##name(struct thread *t, struct method *m, union slot *args)                                    \
    {                                                                                                                  \
        (void)t;                                                                                                       \
        struct object *o = args[0].a;                                                                                  \
        statement;                                                                                                     \
    }
#define FIELD(type) (*(type volatile *)object_at(o, m->code->field_offset))
GETTER(byte, args[0].raw = (uint32_t)FIELD(int8_t))
GETTER(char, args[0].raw = FIELD(uint16_t))
GETTER(short, args[0].raw = (uint32_t)FIELD(int16_t))
GETTER(int, args[0].raw = FIELD(uint32_t))
GETTER(long, args[0].j = FIELD(int64_t))
GETTER(ref, args[0].a = gc_load_ref(o, m->code->field_offset))
GETTER(set_int, FIELD(int32_t) = args[1].i)
GETTER(set_long, FIELD(int64_t) = args[1].j)
GETTER(set_ref, gc_store_ref(o, m->code->field_offset, args[1].a))
#undef FIELD
#undef GETTER

static method_entry getter_entry(char type)
{
    switch (type) {
    case 'Z':
    case 'B': return getter_byte;
    case 'C': return getter_char;
    case 'S': return getter_short;
    case 'I':
    case 'F': return getter_int;
    case 'J':
    case 'D': return getter_long;
    default: return getter_ref;
    }
}

/* Sub-int setters would have to narrow: they keep their frames. */
static method_entry setter_entry(char type)
{
    switch (type) {
    case 'I':
    case 'F': return getter_set_int;
    case 'J':
    case 'D': return getter_set_long;
    case 'L':
    case '[': return getter_set_ref;
    default: return NULL;
    }
}

/* A field of the method's own class: resolving it loads nothing. */
static struct field *own_field(struct thread *t, struct method *m, uint16_t index, bool put)
{
    if (cp_member(&m->owner->cp, index).class_name != m->owner->name)
        return NULL;
    struct field *field = resolve_field(t, m->owner, index, false, put, m);
    if (field == NULL)
        exception_clear(t); /* recorded: the instruction throws it when it is reached */
    return field;
}

/* aload_0, getfield, xreturn and aload_0, xload_1, putfield, return. */
static method_entry find_shortcut(struct thread *t, struct method *m, struct code *code)
{
    const uint8_t *b = m->bytecode;
    if (method_is_static(m) || method_is_synchronized(m) || m->handler_count > 0 || b[0] != OPC_aload_0)
        return NULL;
    if (m->bytecode_length == 5 && b[1] == OPC_getfield && b[4] >= OPC_ireturn && b[4] <= OPC_areturn) {
        struct field *field = own_field(t, m, read_u2(b + 2), false);
        bool reference = m->return_type == 'L' || m->return_type == '[';
        if (field == NULL ||
            (field->type != m->return_type && !(reference && (field->type == 'L' || field->type == '['))))
            return NULL;
        code->field_offset = field->offset;
        return getter_entry(field->type);
    }
    if (m->bytecode_length == 6 && m->arg_count == 1 && b[2] == OPC_putfield && b[5] == OPC_return &&
        (b[1] == OPC_iload_1 || b[1] == OPC_lload_1 || b[1] == OPC_fload_1 || b[1] == OPC_dload_1 ||
         b[1] == OPC_aload_1)) {
        struct field *field = own_field(t, m, read_u2(b + 3), true);
        if (field == NULL || (field->access_flags & ACC_VOLATILE))
            return NULL;
        code->field_offset = field->offset;
        return setter_entry(field->type);
    }
    return NULL;
}

/* ---- preparation ------------------------------------------------------------------------------------------------- */

/* Unless the entry has become another one, perhaps that of compiled code. */
static void set_entry(struct method *m, method_entry from, method_entry to)
{
    __atomic_compare_exchange_n(&m->entry, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

bool code_prepare(struct thread *t, struct method *m)
{
    struct code *code = __atomic_load_n(&m->code, __ATOMIC_ACQUIRE);
    if (code == NULL) {
        if (!metadata_admit(t, METADATA_CODE, 0))
            return false;
        struct code *made = code_translate(t, m, false), *expected = NULL;
        if (made == NULL)
            return false;
        method_entry shortcut = find_shortcut(t, m, made);
        if (__atomic_compare_exchange_n(&m->code, &expected, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            code_log(m, made);
            set_entry(m, interpreter_prepare_entry, interpreter_entry);
            if (shortcut != NULL)
                set_entry(m, interpreter_entry, shortcut);
            return true;
        }
    }
    /* Another thread won and may not have stored the entry yet. */
    set_entry(m, interpreter_prepare_entry, interpreter_entry);
    return true;
}

bool interpreter_prepare(struct thread *t, struct method *m)
{
    return method_is_native(m) || (m->access_flags & ACC_ABSTRACT) || code_prepare(t, m);
}

struct code *code_plain(struct thread *t, struct method *m)
{
    if (!code_prepare(t, m)) /* compiled code may run in a method that the interpreter has never seen */
        return NULL;
    struct code *plain = atomic_load_explicit(&m->code->plain, memory_order_acquire);
    if (plain != NULL)
        return plain;
    struct code *made = code_translate(t, m, true);
    if (made == NULL || atomic_compare_exchange_strong(&m->code->plain, &plain, made))
        return made;
    return plain;
}

/* The ends of loops repeat instructions of their heads, so bcis ascend only apart from these: the first word at or
 * behind a block's beginning is the block. */
struct insn *code_at(struct code *code, uint32_t bci)
{
    uint32_t i = 0;
    while (code->bcis[i] < bci)
        i++;
    return &code->insns[i];
}

/* ---- entries ----------------------------------------------------------------------------------------------------- */

void interpreter_prepare_entry(struct thread *t, struct method *m, union slot *args)
{
    if (code_prepare(t, m))
        m->entry(t, m, args);
}

void interpreter_abstract_entry(struct thread *t, struct method *m, union slot *args)
{
    if (args[0].a == NULL)
        throw_null(t);
    else
        throw_abstract(t, object_class(args[0].a), m);
}

/* invokeBasic and linkTo* reached from outside the loop; the generic ones refuse (reflection, JNI). */
static void linker_entry(struct thread *t, struct method *m, union slot *args)
{
    if (UNLIKELY(thread_c_stack_low(t))) {
        exception_throw_stack_overflow(t);
        return;
    }
    struct method *target = intrinsic_target(t, m, args);
    if (target != NULL)
        target->entry(t, target, args);
}

/* Sets m->entry for a freshly parsed method. */
static void install_entry(struct method *m)
{
    if (m->intrinsic != INTRINSIC_NONE && m->intrinsic != INTRINSIC_INVOKE_GENERIC)
        m->entry = linker_entry;
    else if (method_is_native(m))
        m->entry = vm_instance()->hooks.native_entry;
    else if (m->bytecode == NULL)
        m->entry = interpreter_abstract_entry;
    else
        m->entry = interpreter_prepare_entry;
}

void interpreter_init(struct vm *vm)
{
    vm->hooks.install_entry = install_entry;
    vm->hooks.frame_bci = interpreter_frame_bci;
    vm->hooks.resolve_dynamic = mh_resolve_constant;
    vm->hooks.before_exit = profiles_log;
    vm->interpreter = profiles_new();
}
