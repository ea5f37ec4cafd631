/* Translation of loads, stores, stack operations and arithmetic. */
#include "interpreter/translate.h"

static bool fits16(int32_t value)
{
    return value >= INT16_MIN && value <= INT16_MAX;
}

/* I J F D A, the order in which families of opcodes come. */
static const uint8_t type_width[] = { 1, 2, 1, 2, 1 };
static const uint8_t type_local[] = { OPERAND_LOCAL32, OPERAND_LOCAL64, OPERAND_LOCAL32, OPERAND_LOCAL64,
                                      OPERAND_LOCAL64 };
static const uint16_t type_move[] = { IR_MOVE32, IR_MOVE64, IR_MOVE32, IR_MOVE64, IR_MOVE64 };

static void load(struct translator *tr, uint32_t type, uint32_t local)
{
    push(tr, type_local[type], (int32_t)local_register(tr, local, type_width[type]), type_width[type]);
}

static void store(struct translator *tr, uint32_t type, uint32_t local)
{
    store_local(tr, local, type_width[type], (enum ir)type_move[type]);
}

/* Pushes a 64-bit constant, as a description when 32 bits say it. */
static void push_long(struct translator *tr, int64_t value)
{
    if (value == (int32_t)value) {
        push(tr, OPERAND_LONG, (int32_t)value, 2);
        return;
    }
    push(tr, OPERAND_STACK, 0, 2);
    if (tr->error == NULL)
        emit_wide(tr, IR_CONST64, stack_reg(tr, tr->depth - 2), 0, 0, (uint64_t)value);
}

static void load_constant(struct translator *tr, uint16_t index)
{
    const union cp_value *value = &tr->cp->values[index];
    switch (tr->cp->tags[index]) {
    case CP_INTEGER:
    case CP_FLOAT: push(tr, OPERAND_INT, value->i, 1); return;
    case CP_LONG:
    case CP_DOUBLE: push_long(tr, value->j); return;
    default: break;
    }
    uint32_t width = 1;
    if (tr->cp->tags[index] == CP_DYNAMIC) {
        char type = cp_utf8(tr->cp, tr->cp->values[tr->cp->values[index].ref.b].ref.b)->bytes[0];
        width = type == 'J' || type == 'D' ? 2 : 1;
    }
    push(tr, OPERAND_STACK, 0, width);
    if (tr->error == NULL)
        emit_wide(tr, IR_LDC_U, stack_reg(tr, tr->depth - width), 0, index, 0);
}

static uint32_t constant(struct translator *tr, uint8_t opcode)
{
    const uint8_t *operand = tr->bytecode + tr->bci + 1;
    static const int64_t one = 0x3ff0000000000000; /* 1.0 */
    static const int32_t floats[] = { 0, 0x3f800000, 0x40000000 };
    switch (opcode) {
    case OPC_aconst_null: push(tr, OPERAND_LONG, 0, 1); return 1;
    case OPC_lconst_0:
    case OPC_lconst_1: push_long(tr, opcode - OPC_lconst_0); return 1;
    case OPC_fconst_0:
    case OPC_fconst_1:
    case OPC_fconst_2: push(tr, OPERAND_INT, floats[opcode - OPC_fconst_0], 1); return 1;
    case OPC_dconst_0: push_long(tr, 0); return 1;
    case OPC_dconst_1: push_long(tr, one); return 1;
    case OPC_bipush: push(tr, OPERAND_INT, read_s1(operand), 1); return 2;
    case OPC_sipush: push(tr, OPERAND_INT, read_s2(operand), 1); return 3;
    case OPC_ldc: load_constant(tr, operand[0]); return 2;
    case OPC_ldc_w:
    case OPC_ldc2_w: load_constant(tr, read_u2(operand)); return 3;
    default: push(tr, OPERAND_INT, opcode - OPC_iconst_0, 1); return 1;
    }
}

static void array_load(struct translator *tr, uint8_t opcode)
{
    static const uint16_t ops[] = { IR_IALOAD, IR_LALOAD, IR_IALOAD, IR_LALOAD, IR_AALOAD, IR_BALOAD, IR_CALOAD,
                                    IR_SALOAD };
    uint32_t kind = opcode - OPC_iaload;
    uint32_t index = pop(tr, 1), array = pop(tr, 1);
    if (tr->error != NULL)
        return;
    uint32_t a = operand_reg(tr, array), i = operand_reg(tr, index);
    emit(tr, (enum ir)ops[kind], stack_reg(tr, array), a, i);
    push(tr, OPERAND_STACK, 0, kind == 1 || kind == 3 ? 2 : 1);
}

static void array_store(struct translator *tr, uint8_t opcode)
{
    static const uint16_t ops[] = { IR_IASTORE, IR_LASTORE, IR_IASTORE, IR_LASTORE, IR_AASTORE, IR_BASTORE,
                                    IR_CASTORE, IR_CASTORE };
    uint32_t kind = opcode - OPC_iastore;
    uint32_t value = pop(tr, kind == 1 || kind == 3 ? 2 : 1), index = pop(tr, 1), array = pop(tr, 1);
    if (tr->error != NULL)
        return;
    enum ir op = (enum ir)ops[kind];
    uint32_t a = operand_reg(tr, array), i = operand_reg(tr, index), v;
    if (tr->stack[value].kind == OPERAND_INT && fits16(tr->stack[value].value)) {
        op = op == IR_IASTORE ? IR_IASTORE_K : op == IR_BASTORE ? IR_BASTORE_K : IR_CASTORE_K;
        v = (uint32_t)tr->stack[value].value & 0xffff;
    } else {
        v = operand_reg(tr, value);
    }
    emit(tr, op, a, i, v);
}

static void stack_operation(struct translator *tr, uint8_t opcode)
{
    switch (opcode) {
    case OPC_pop: pop(tr, 1); break;
    case OPC_pop2: pop(tr, 2); break;
    case OPC_dup: rearrange(tr, "00", 1); break;
    case OPC_dup_x1: rearrange(tr, "101", 2); break;
    case OPC_dup_x2: rearrange(tr, "2012", 3); break;
    case OPC_dup2: rearrange(tr, "0101", 2); break;
    case OPC_dup2_x1: rearrange(tr, "12012", 3); break;
    case OPC_dup2_x2: rearrange(tr, "230123", 4); break;
    default: /* swap: dup_x1 and pop, through a slot that may lie above max_stack */
        tr->max_depth++;
        rearrange(tr, "101", 2);
        tr->max_depth--;
        pop(tr, 1);
        break;
    }
}

struct arithmetic { uint16_t op, constant_op; bool commutes; };

static void binary(struct translator *tr, const struct arithmetic *how, uint32_t left_width, uint32_t right_width,
                   bool is_float)
{
    uint32_t right = pop(tr, right_width), left = pop(tr, left_width);
    if (tr->error != NULL)
        return;
    uint32_t result = stack_reg(tr, left);
    uint8_t kind = right_width == 2 ? OPERAND_LONG : OPERAND_INT;
    if (how->commutes && tr->stack[left].kind == kind && tr->stack[right].kind != kind) {
        uint32_t other = left;
        left = right;
        right = other;
    }
    int32_t k = tr->stack[right].value;
    bool division = how->op == IR_IDIV || how->op == IR_IREM || how->op == IR_LDIV || how->op == IR_LREM;
    bool subtraction = how->op == IR_ISUB || how->op == IR_LSUB;
    if (!is_float && how->constant_op != IR_NOP && tr->stack[right].kind == kind && fits16(k) &&
        !(division && (k == 0 || k == -1)) && !(subtraction && k == INT16_MIN)) {
        uint32_t a = operand_reg(tr, left);
        emit(tr, (enum ir)how->constant_op, result, a, (uint32_t)(subtraction ? -k : k) & 0xffff);
    } else {
        uint32_t a = operand_reg(tr, left), b = operand_reg(tr, right);
        emit(tr, (enum ir)how->op, result, a, b);
    }
    push(tr, OPERAND_STACK, 0, left_width);
}

static void arithmetic(struct translator *tr, uint8_t opcode)
{
    static const struct arithmetic table[] = {
        [OPC_iadd - OPC_iadd] = { IR_IADD, IR_IADD_K, true }, [OPC_ladd - OPC_iadd] = { IR_LADD, IR_LADD_K, true },
        [OPC_fadd - OPC_iadd] = { IR_FADD, IR_NOP, false }, [OPC_dadd - OPC_iadd] = { IR_DADD, IR_NOP, false },
        [OPC_isub - OPC_iadd] = { IR_ISUB, IR_IADD_K, false }, [OPC_lsub - OPC_iadd] = { IR_LSUB, IR_LADD_K, false },
        [OPC_fsub - OPC_iadd] = { IR_FSUB, IR_NOP, false }, [OPC_dsub - OPC_iadd] = { IR_DSUB, IR_NOP, false },
        [OPC_imul - OPC_iadd] = { IR_IMUL, IR_IMUL_K, true }, [OPC_lmul - OPC_iadd] = { IR_LMUL, IR_LMUL_K, true },
        [OPC_fmul - OPC_iadd] = { IR_FMUL, IR_NOP, false }, [OPC_dmul - OPC_iadd] = { IR_DMUL, IR_NOP, false },
        [OPC_idiv - OPC_iadd] = { IR_IDIV, IR_IDIV_K, false }, [OPC_ldiv - OPC_iadd] = { IR_LDIV, IR_LDIV_K, false },
        [OPC_fdiv - OPC_iadd] = { IR_FDIV, IR_NOP, false }, [OPC_ddiv - OPC_iadd] = { IR_DDIV, IR_NOP, false },
        [OPC_irem - OPC_iadd] = { IR_IREM, IR_IREM_K, false }, [OPC_lrem - OPC_iadd] = { IR_LREM, IR_LREM_K, false },
        [OPC_frem - OPC_iadd] = { IR_FREM, IR_NOP, false }, [OPC_drem - OPC_iadd] = { IR_DREM, IR_NOP, false },
        [OPC_ishl - OPC_iadd] = { IR_ISHL, IR_ISHL_K, false }, [OPC_lshl - OPC_iadd] = { IR_LSHL, IR_LSHL_K, false },
        [OPC_ishr - OPC_iadd] = { IR_ISHR, IR_ISHR_K, false }, [OPC_lshr - OPC_iadd] = { IR_LSHR, IR_LSHR_K, false },
        [OPC_iushr - OPC_iadd] = { IR_IUSHR, IR_IUSHR_K, false },
        [OPC_lushr - OPC_iadd] = { IR_LUSHR, IR_LUSHR_K, false },
        [OPC_iand - OPC_iadd] = { IR_IAND, IR_IAND_K, true }, [OPC_land - OPC_iadd] = { IR_LAND, IR_LAND_K, true },
        [OPC_ior - OPC_iadd] = { IR_IOR, IR_IOR_K, true }, [OPC_lor - OPC_iadd] = { IR_LOR, IR_LOR_K, true },
        [OPC_ixor - OPC_iadd] = { IR_IXOR, IR_IXOR_K, true }, [OPC_lxor - OPC_iadd] = { IR_LXOR, IR_LXOR_K, true },
    };
    uint32_t type = opcode < OPC_ishl ? (opcode - OPC_iadd) % 4u : (opcode - OPC_ishl) % 2u; /* I J F D */
    bool shift = opcode >= OPC_ishl && opcode <= OPC_lushr;
    binary(tr, &table[opcode - OPC_iadd], type_width[type], shift ? 1 : type_width[type], type >= 2);
}

static void unary(struct translator *tr, enum ir op, uint32_t from, uint32_t to)
{
    uint32_t index = pop(tr, from);
    if (tr->error != NULL)
        return;
    if (op == IR_I2L && tr->stack[index].kind == OPERAND_INT) {
        push(tr, OPERAND_LONG, tr->stack[index].value, 2);
        return;
    }
    emit(tr, op, stack_reg(tr, index), operand_reg(tr, index), 0);
    push(tr, OPERAND_STACK, 0, to);
}

static void conversion(struct translator *tr, uint8_t opcode)
{
    static const struct { uint16_t op; uint8_t from, to; } table[] = {
        { IR_I2L, 1, 2 }, { IR_I2F, 1, 1 }, { IR_I2D, 1, 2 }, { IR_L2I, 2, 1 }, { IR_L2F, 2, 1 }, { IR_L2D, 2, 2 },
        { IR_F2I, 1, 1 }, { IR_F2L, 1, 2 }, { IR_F2D, 1, 2 }, { IR_D2I, 2, 1 }, { IR_D2L, 2, 2 }, { IR_D2F, 2, 1 },
        { IR_I2B, 1, 1 }, { IR_I2C, 1, 1 }, { IR_I2S, 1, 1 },
    };
    uint32_t i = opcode - OPC_i2l;
    unary(tr, (enum ir)table[i].op, table[i].from, table[i].to);
}

static void wide(struct translator *tr)
{
    const uint8_t *p = tr->bytecode + tr->bci + 1;
    uint32_t local = read_u2(p + 1);
    if (p[0] == OPC_iinc) {
        increment_local(tr, local, read_s2(p + 3));
    } else if (p[0] >= OPC_iload && p[0] <= OPC_aload) {
        load(tr, p[0] - OPC_iload, local);
    } else if (p[0] >= OPC_istore && p[0] <= OPC_astore) {
        store(tr, p[0] - OPC_istore, local);
    } else if (p[0] == OPC_ret) {
        emit(tr, IR_RET, local_register(tr, local, 1), 0, 0);
        tr->live = false;
    } else {
        tr->error = "Bad instruction";
    }
}

uint32_t translate_instruction(struct translator *tr)
{
    const uint8_t *p = tr->bytecode + tr->bci;
    uint8_t opcode = *p;
    if (opcode >= OPC_aconst_null && opcode <= OPC_ldc2_w)
        return tr->bci + constant(tr, opcode);
    if (opcode >= OPC_iload && opcode <= OPC_aload)
        return load(tr, opcode - OPC_iload, p[1]), tr->bci + 2;
    if (opcode >= OPC_istore && opcode <= OPC_astore)
        return store(tr, opcode - OPC_istore, p[1]), tr->bci + 2;
    if (opcode == OPC_iinc)
        return increment_local(tr, p[1], read_s1(p + 2)), tr->bci + 3;
    if (opcode >= OPC_ifeq && opcode <= OPC_jsr)
        return translate_branch(tr, opcode);
    if (opcode == OPC_ifnull || opcode == OPC_ifnonnull || opcode == OPC_goto_w || opcode == OPC_jsr_w)
        return translate_branch(tr, opcode);
    if (opcode >= OPC_lcmp && opcode <= OPC_dcmpg)
        return translate_compare(tr, opcode);
    if (opcode == OPC_tableswitch || opcode == OPC_lookupswitch)
        return translate_switch(tr, opcode);
    if (opcode >= OPC_ireturn && opcode <= OPC_return)
        return translate_return(tr, opcode);
    if (opcode == OPC_wide)
        return wide(tr), bytecode_next(tr->bytecode, tr->bci, tr->length);
    if (opcode == OPC_ret) {
        emit(tr, IR_RET, local_register(tr, p[1], 1), 0, 0);
        tr->live = false;
        return tr->bci + 2;
    }
    if (opcode >= OPC_getstatic)
        return translate_member(tr, opcode);
    if (opcode >= OPC_iload_0 && opcode <= OPC_aload_3)
        load(tr, (opcode - OPC_iload_0) / 4u, (opcode - OPC_iload_0) % 4u);
    else if (opcode >= OPC_iaload && opcode <= OPC_saload)
        array_load(tr, opcode);
    else if (opcode >= OPC_istore_0 && opcode <= OPC_astore_3)
        store(tr, (opcode - OPC_istore_0) / 4u, (opcode - OPC_istore_0) % 4u);
    else if (opcode >= OPC_iastore && opcode <= OPC_sastore)
        array_store(tr, opcode);
    else if (opcode >= OPC_pop && opcode <= OPC_swap)
        stack_operation(tr, opcode);
    else if (opcode >= OPC_ineg && opcode <= OPC_dneg)
        unary(tr, (enum ir)(IR_INEG + (opcode - OPC_ineg)), type_width[opcode - OPC_ineg],
              type_width[opcode - OPC_ineg]);
    else if (opcode >= OPC_iadd && opcode <= OPC_lxor)
        arithmetic(tr, opcode);
    else if (opcode >= OPC_i2l && opcode <= OPC_i2s)
        conversion(tr, opcode);
    return tr->bci + 1;
}
