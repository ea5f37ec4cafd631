/* Instructions one by one: opcode, length, operands (JVMS 4.9.1, 6.5). */
#include <stdio.h>

#include "classloader/codecheck_private.h"

enum { VERSION_LDC_CLASS = 49, VERSION_NO_SUBROUTINES = 51, VERSION_INTERFACE_CALLS = 52,
       LAST_INTERNAL_OPCODE = 0xee };

static const char *external_name(const struct code_check *k, char *buffer, size_t size)
{
    return class_external_name(k->class, buffer, size);
}

static bool bad_index(struct code_check *k, uint32_t pc, uint16_t index)
{
    char name[512];
    return code_refuse(k, pc, REASON_CP_INDEX, index, "Illegal constant pool index",
                       "Illegal constant pool index %u in class %s", index, external_name(k, name, sizeof name));
}

static bool bad_type(struct code_check *k, uint32_t pc, uint16_t index)
{
    char name[512];
    return code_refuse(k, pc, REASON_CP_INDEX, index, "Illegal type in constant pool",
                       "Illegal type at constant pool entry %u in class %s", index,
                       external_name(k, name, sizeof name));
}

/* The entry's tag, or CP_UNUSABLE with the error reported. */
static uint8_t tag_of(struct code_check *k, uint32_t pc, uint16_t index)
{
    const struct constant_pool *cp = &k->class->cp;
    if (index != 0 && index < cp->count)
        return cp->tags[index];
    bad_index(k, pc, index);
    return CP_UNUSABLE;
}

static bool check_tag(struct code_check *k, uint32_t pc, uint16_t index, uint8_t wanted)
{
    if (index == 0 || index >= k->class->cp.count)
        return bad_index(k, pc, index);
    return k->class->cp.tags[index] == wanted || bad_type(k, pc, index);
}

static bool check_local(struct code_check *k, uint32_t pc, uint32_t index, bool two)
{
    uint8_t opcode = k->code[pc] == OPC_wide ? k->code[pc + 1] : k->code[pc];
    return index + (two ? 2 : 1) <= k->method->max_locals ||
           code_refuse(k, pc, REASON_LOCAL, index, "Illegal local variable number", "%s",
                       two && opcode < OPC_istore ? "get long/double overflows locals"
                                                  : "Local variable table overflow");
}

static bool opcode_is_two_slots(uint8_t opcode)
{
    return opcode == OPC_lload || opcode == OPC_dload || opcode == OPC_lstore || opcode == OPC_dstore;
}

/* xload_n, xstore_n: five types of four indexes each, in the order I J F D A. */
static bool check_short_local(struct code_check *k, uint32_t pc, uint8_t opcode)
{
    uint8_t first;
    if (opcode >= OPC_iload_0 && opcode <= OPC_aload_3)
        first = OPC_iload_0;
    else if (opcode >= OPC_istore_0 && opcode <= OPC_astore_3)
        first = OPC_istore_0;
    else
        return true;
    uint8_t type = (uint8_t)((opcode - first) / 4);
    return check_local(k, pc, (opcode - first) % 4u, type == 1 || type == 3);
}

/* ldc, ldc_w: one slot; ldc2_w: two (JVMS table 4.4-C; a dynamic constant by its descriptor). */
static bool check_constant(struct code_check *k, uint32_t pc, uint8_t opcode, uint16_t index)
{
    uint8_t tag = tag_of(k, pc, index);
    bool two = opcode == OPC_ldc2_w;
    const struct constant_pool *cp = &k->class->cp;
    switch (tag) {
    case CP_INTEGER: case CP_FLOAT: case CP_STRING: case CP_METHOD_HANDLE: case CP_METHOD_TYPE:
        return !two || bad_type(k, pc, index);
    case CP_CLASS:
        return (!two && k->class->major_version >= VERSION_LDC_CLASS) || bad_type(k, pc, index);
    case CP_LONG: case CP_DOUBLE:
        return two || bad_type(k, pc, index);
    case CP_DYNAMIC: {
        char type = cp_utf8(cp, cp->values[cp->values[index].ref.b].ref.b)->bytes[0];
        return two == (type == 'J' || type == 'D') || bad_type(k, pc, index);
    }
    default:
        return index != 0 && index < cp->count ? bad_type(k, pc, index) : false;
    }
}

/* JVMS 4.9.1: invokestatic and invokespecial may name an interface's method from version 52 on. */
static bool check_method_tag(struct code_check *k, uint32_t pc, uint8_t opcode, uint16_t index)
{
    uint8_t tag = tag_of(k, pc, index);
    if (tag == CP_METHODREF)
        return true;
    if (tag == CP_INTERFACE_METHODREF && opcode != OPC_invokevirtual &&
        k->class->major_version >= VERSION_INTERFACE_CALLS)
        return true;
    return index != 0 && index < k->class->cp.count ? bad_type(k, pc, index) : false;
}

/* Only invokespecial calls <init>; nothing calls <clinit> (JVMS 4.9.1). */
static bool check_method_name(struct code_check *k, uint32_t pc, uint8_t opcode, const struct symbol *name)
{
    if (name->bytes[0] != '<' || (opcode == OPC_invokespecial && name == sym_init))
        return true;
    return code_refuse(k, pc, REASON_BYTECODE, 0,
                       name == sym_init ? "Must call initializers using invokespecial"
                                        : "Illegal call to internal method",
                       "Illegal call to internal method");
}

static bool check_invoke(struct code_check *k, uint32_t pc, uint8_t opcode)
{
    uint16_t index = read_u2(k->code + pc + 1);
    return check_method_tag(k, pc, opcode, index) &&
           check_method_name(k, pc, opcode, cp_member(&k->class->cp, index).name);
}

static bool check_invokeinterface(struct code_check *k, uint32_t pc)
{
    const uint8_t *p = k->code + pc;
    uint16_t index = read_u2(p + 1);
    if (!check_tag(k, pc, index, CP_INTERFACE_METHODREF))
        return false;
    struct cp_member member = cp_member(&k->class->cp, index);
    if (!check_method_name(k, pc, OPC_invokeinterface, member.name))
        return false;
    if (p[3] != descriptor_shape(member.descriptor).arg_slots + 1)
        return code_refuse(k, pc, REASON_BYTECODE, 0, "Inconsistent args_size for invokeinterface",
                           "Inconsistent args count operand in invokeinterface");
    return p[4] == 0 || code_refuse(k, pc, REASON_BYTECODE, 0, "Fourth operand byte of invokeinterface must be zero",
                                    "Fourth operand byte of invokeinterface must be zero");
}

static bool check_invokedynamic(struct code_check *k, uint32_t pc)
{
    const uint8_t *p = k->code + pc;
    const struct constant_pool *cp = &k->class->cp;
    uint16_t index = read_u2(p + 1);
    char name[512];
    if (k->class->major_version < VERSION_NO_SUBROUTINES)
        return code_refuse(k, pc, REASON_BYTECODE, 0,
                           "invokedynamic bytecode is not supported in this class file version",
                           "invokedynamic instructions not supported by this class file version (%u), class %s",
                           k->class->major_version, external_name(k, name, sizeof name));
    if (!check_tag(k, pc, index, CP_INVOKE_DYNAMIC))
        return false;
    if (p[3] != 0 || p[4] != 0)
        return code_refuse(k, pc, REASON_BYTECODE, 0, "Illegal type in constant pool",
                           "Third and fourth operand bytes of invokedynamic must be zero");
    return check_method_name(k, pc, OPC_invokedynamic, cp_utf8(cp, cp->values[cp->values[index].ref.b].ref.a));
}

static size_t dimensions_of(const struct symbol *name)
{
    return strspn(name->bytes, "[");
}

static bool check_class(struct code_check *k, uint32_t pc, uint8_t opcode)
{
    uint16_t index = read_u2(k->code + pc + 1);
    if (!check_tag(k, pc, index, CP_CLASS))
        return false;
    size_t dimensions = dimensions_of(cp_class_name(&k->class->cp, index));
    if (opcode == OPC_new && dimensions != 0)
        return code_refuse(k, pc, REASON_BYTECODE, 0, "Illegal creation of multi-dimensional array",
                           "Illegal new instruction");
    if (opcode == OPC_anewarray && dimensions >= CLASS_MAX_DIMENSIONS)
        return code_refuse(k, pc, REASON_BYTECODE, 0, "Array with too many dimensions",
                           "Illegal anewarray instruction, array has more than 255 dimensions");
    return true;
}

static bool check_multianewarray(struct code_check *k, uint32_t pc)
{
    uint16_t index = read_u2(k->code + pc + 1);
    uint8_t wanted = k->code[pc + 3];
    if (!check_tag(k, pc, index, CP_CLASS))
        return false;
    size_t dimensions = dimensions_of(cp_class_name(&k->class->cp, index));
    if (dimensions == 0)
        return code_refuse(k, pc, REASON_CP_INDEX, index, "Illegal dimension argument",
                           "Illegal constant pool index in multianewarray instruction");
    if (wanted == 0 || wanted > dimensions)
        return code_refuse(k, pc, REASON_BYTECODE, 0, "Illegal dimension argument",
                           "Illegal dimension in multianewarray instruction: %u", wanted);
    return true;
}

/* Padding is free from version 51 on, as HotSpot has it. */
static bool check_padding(struct code_check *k, uint32_t pc)
{
    uint32_t operands = code_switch_operands(pc);
    for (uint32_t i = pc + 1; i < operands && i < k->length; i++) {
        if (k->code[i] != 0 && k->class->major_version < VERSION_NO_SUBROUTINES)
            return code_refuse(k, pc, REASON_BYTECODE, 0, "Non zero padding bytes in switch",
                               "Nonzero padding byte in lookupswitch or tableswitch");
    }
    return true;
}

static bool check_switch(struct code_check *k, uint32_t pc, uint8_t opcode)
{
    const uint8_t *p = k->code + code_switch_operands(pc);
    if (!check_padding(k, pc))
        return false;
    if (opcode == OPC_tableswitch)
        return true; /* low <= high: else it has no length */
    int32_t pairs = code_s4(p + 4);
    for (int32_t i = 1; i < pairs; i++) {
        if (code_s4(p + 8 * (size_t)i) >= code_s4(p + 8 + 8 * (size_t)i))
            return code_refuse(k, pc, REASON_BYTECODE, 0, "Unsorted lookup switch", "Bad lookupswitch instruction");
    }
    return true;
}

static bool check_wide(struct code_check *k, uint32_t pc)
{
    uint8_t opcode = k->code[pc + 1];
    return check_local(k, pc, read_u2(k->code + pc + 2), opcode_is_two_slots(opcode));
}

/* A method that returns a value ends in an instruction that takes one. */
static bool check_return(struct code_check *k, uint32_t pc, uint8_t opcode)
{
    bool is_void = k->method->return_type == 'V';
    if (opcode < OPC_ireturn || opcode > OPC_return || (opcode == OPC_return) == is_void)
        return true;
    return code_refuse(k, pc, REASON_BYTECODE, 0, "Wrong return type in function", "%s",
                       is_void ? "Method does not expect a return value" : "Method expects a return value");
}

static bool check_one(struct code_check *k, uint32_t pc)
{
    const uint8_t *p = k->code + pc;
    uint8_t opcode = *p;
    switch (opcode_table[opcode].format) {
    case FORMAT_NONE: return check_short_local(k, pc, opcode) && check_return(k, pc, opcode);
    case FORMAT_CP1: return check_constant(k, pc, opcode, p[1]);
    case FORMAT_CP2: return check_constant(k, pc, opcode, read_u2(p + 1));
    case FORMAT_LOCAL: return check_local(k, pc, p[1], opcode_is_two_slots(opcode));
    case FORMAT_IINC: return check_local(k, pc, p[1], false);
    case FORMAT_TABLESWITCH: case FORMAT_LOOKUPSWITCH: return check_switch(k, pc, opcode);
    case FORMAT_FIELD: return check_tag(k, pc, read_u2(p + 1), CP_FIELDREF);
    case FORMAT_METHOD: return check_invoke(k, pc, opcode);
    case FORMAT_INTERFACE: return check_invokeinterface(k, pc);
    case FORMAT_INDY: return check_invokedynamic(k, pc);
    case FORMAT_CLASS: return check_class(k, pc, opcode);
    case FORMAT_NEWARRAY:
        return (p[1] >= 4 && p[1] <= 11) ||
               code_refuse(k, pc, REASON_BYTECODE, 0, "Bad type passed to newarray", "Illegal newarray instruction");
    case FORMAT_MULTIANEWARRAY: return check_multianewarray(k, pc);
    case FORMAT_WIDE: return check_wide(k, pc);
    default: return true;
    }
}

/* Why opcode_length_at gave 0.  The codes up to 0xee are HotSpot's own inside, which it names. */
static bool bad_instruction(struct code_check *k, uint32_t pc)
{
    uint8_t opcode = k->code[pc];
    char old[80];
    snprintf(old, sizeof old, opcode < OPCODE_COUNT ? "Code stops in the middle of instruction  starting at offset %u"
                                                    : "Illegal instruction found at offset %u", pc);
    if (opcode >= OPCODE_COUNT && opcode <= LAST_INTERNAL_OPCODE)
        return code_refuse(k, pc, REASON_BYTECODE, 0, old, "Bad instruction: %02x", opcode);
    return code_refuse(k, pc, REASON_BYTECODE, 0, old, "Bad instruction");
}

bool code_find_starts(struct code_check *k)
{
    uint32_t length;
    for (uint32_t pc = 0; pc < k->length; pc += length) {
        length = opcode_length_at(k->code, pc, k->length);
        if (length == 0)
            return bad_instruction(k, pc);
        k->starts[pc] = START;
    }
    return true;
}

/* jsr, jsr_w and ret were taken away in version 51 (JVMS 4.9.1). */
static bool is_subroutine(const struct code_check *k, uint32_t pc)
{
    uint8_t opcode = k->code[pc] == OPC_wide ? k->code[pc + 1] : k->code[pc];
    return opcode == OPC_jsr || opcode == OPC_jsr_w || opcode == OPC_ret;
}

bool code_check_operands(struct code_check *k)
{
    for (uint32_t pc = 0; pc < k->length; pc++) {
        if (!k->starts[pc])
            continue;
        if (is_subroutine(k, pc) && k->class->major_version >= VERSION_NO_SUBROUTINES)
            return code_refuse(k, pc, REASON_BYTECODE, 0, "", "Bad instruction: %02x", k->code[pc]);
        if (!check_one(k, pc))
            return false;
    }
    return true;
}
