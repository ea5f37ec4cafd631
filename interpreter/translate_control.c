/* Translation of branches, comparisons, switches and returns. */
#include "interpreter/translate.h"

static bool fits16(int32_t value)
{
    return value >= INT16_MIN && value <= INT16_MAX;
}

/* Conditions by the order of ifeq ifne iflt ifge ifgt ifle. */
enum { COND_EQ, COND_NE, COND_LT, COND_GE, COND_GT, COND_LE };
static const uint8_t swapped[] = { COND_EQ, COND_NE, COND_GT, COND_LE, COND_LT, COND_GE };

/* Compares the two operands at `left` and `right`; `first` is the family's EQ, its constant forms start at
 * `first_k`. */
static void condition(struct translator *tr, enum ir first, enum ir first_k, uint32_t left, uint32_t right,
                      uint32_t cond, uint32_t target)
{
    uint8_t constant = first == IR_IF_IEQ ? OPERAND_INT : OPERAND_LONG;
    if (tr->stack[left].kind == constant && tr->stack[right].kind != constant) {
        uint32_t other = left;
        left = right;
        right = other;
        cond = swapped[cond];
    }
    if (tr->stack[right].kind == constant && fits16(tr->stack[right].value)) {
        int32_t k = tr->stack[right].value;
        uint32_t a = operand_reg(tr, left);
        flush(tr, 0, tr->depth);
        emit_condition(tr, (enum ir)(first_k + cond), a, k, target);
        return;
    }
    uint32_t a = operand_reg(tr, left), b = operand_reg(tr, right);
    flush(tr, 0, tr->depth);
    if (cond == COND_GT || cond == COND_LE) { /* a > b is b < a; a <= b is b >= a */
        uint32_t other = a;
        a = b;
        b = other;
        cond = cond == COND_GT ? COND_LT : COND_GE;
    }
    emit_condition(tr, (enum ir)(first + cond), a, (int32_t)b, target);
}

static uint32_t goto_or_jsr(struct translator *tr, uint8_t opcode)
{
    bool wide = opcode == OPC_goto_w || opcode == OPC_jsr_w;
    uint32_t next = tr->bci + (wide ? 5 : 3);
    const uint8_t *offset = tr->bytecode + tr->bci + 1;
    uint32_t target = tr->bci + (uint32_t)(wide ? read_s4(offset) : read_s2(offset));
    flush(tr, 0, tr->depth);
    if (opcode == OPC_jsr || opcode == OPC_jsr_w) {
        if (next < tr->length && tr->depths[next] < 0)
            tr->depths[next] = (int32_t)tr->depth;
        push(tr, OPERAND_STACK, 0, 1);
        emit_imm32(tr, IR_JSR, stack_reg(tr, tr->depth - 1), 0);
        branch_to(tr, FIXUP_IMM32, tr->last, 0, target);
    } else {
        emit_goto(tr, target);
    }
    tr->live = false;
    return next;
}

uint32_t translate_branch(struct translator *tr, uint8_t opcode)
{
    if (opcode == OPC_goto || opcode == OPC_goto_w || opcode == OPC_jsr || opcode == OPC_jsr_w)
        return goto_or_jsr(tr, opcode);
    uint32_t next = tr->bci + 3, target = tr->bci + (uint32_t)read_s2(tr->bytecode + tr->bci + 1);
    if (opcode >= OPC_if_icmpeq && opcode <= OPC_if_acmpne) {
        uint32_t right = pop(tr, 1), left = pop(tr, 1);
        if (tr->error != NULL)
            return next;
        if (opcode >= OPC_if_acmpeq)
            condition(tr, IR_IF_LEQ, IR_IF_LEQ_K, left, right, opcode - OPC_if_acmpeq, target);
        else
            condition(tr, IR_IF_IEQ, IR_IF_IEQ_K, left, right, opcode - OPC_if_icmpeq, target);
        return next;
    }
    uint32_t a = operand_reg(tr, pop(tr, 1));
    flush(tr, 0, tr->depth);
    if (opcode == OPC_ifnull || opcode == OPC_ifnonnull)
        emit_condition(tr, opcode == OPC_ifnull ? IR_IF_LEQ_K : IR_IF_LNE_K, a, 0, target);
    else
        emit_condition(tr, (enum ir)(IR_IF_IEQ_K + (opcode - OPC_ifeq)), a, 0, target);
    return next;
}

/* x < y, x <= y, x == y with the operands' order and the sense that keep NaN's outcome: fcmpl gives -1, fcmpg 1. */
static void float_condition(struct translator *tr, bool is_double, bool greater, uint32_t left, uint32_t right,
                            uint32_t cond, uint32_t target)
{
    enum { EQ, NE, LT, NLT, LE, NLE };
    static const struct { uint8_t op; bool swap; } table[2][6] = {
        { { EQ, false }, { NE, false }, { NLE, true }, { LE, true }, { LT, true }, { NLT, true } },     /* fcmpl */
        { { EQ, false }, { NE, false }, { LT, false }, { NLT, false }, { NLE, false }, { LE, false } }, /* fcmpg */
    };
    uint32_t a = operand_reg(tr, left), b = operand_reg(tr, right);
    flush(tr, 0, tr->depth);
    bool swap = table[greater][cond].swap;
    enum ir op = (enum ir)((is_double ? IR_IF_DEQ : IR_IF_FEQ) + table[greater][cond].op);
    emit_condition(tr, op, swap ? b : a, (int32_t)(swap ? a : b), target);
}

uint32_t translate_compare(struct translator *tr, uint8_t opcode)
{
    bool is_float = opcode == OPC_fcmpl || opcode == OPC_fcmpg;
    uint32_t width = is_float ? 1 : 2, next = tr->bci + 1;
    uint32_t right = pop(tr, width), left = pop(tr, width);
    if (tr->error != NULL)
        return next;
    if (next_is(tr, next, OPC_ifeq, OPC_ifle)) {
        uint32_t cond = (uint32_t)tr->bytecode[next] - OPC_ifeq;
        uint32_t target = next + (uint32_t)read_s2(tr->bytecode + next + 1);
        if (opcode == OPC_lcmp)
            condition(tr, IR_IF_LEQ, IR_IF_LEQ_K, left, right, cond, target);
        else
            float_condition(tr, !is_float, opcode == OPC_fcmpg || opcode == OPC_dcmpg, left, right, cond, target);
        return next + 3;
    }
    static const uint16_t ops[] = { IR_LCMP, IR_FCMPL, IR_FCMPG, IR_DCMPL, IR_DCMPG };
    uint32_t a = operand_reg(tr, left), b = operand_reg(tr, right);
    emit(tr, (enum ir)ops[opcode - OPC_lcmp], stack_reg(tr, left), a, b);
    push(tr, OPERAND_STACK, 0, 1);
    return next;
}

uint32_t translate_switch(struct translator *tr, uint8_t opcode)
{
    const uint8_t *operands = tr->bytecode + ((tr->bci + 4) & ~3u);
    bool table = opcode == OPC_tableswitch;
    int32_t low = table ? read_s4(operands + 4) : 0;
    uint32_t count = table ? (uint32_t)(read_s4(operands + 8) - low) + 1 : read_u4(operands + 4);
    uint32_t keys = table ? 0 : count;
    uint32_t next = bytecode_next(tr->bytecode, tr->bci, tr->length);
    uint32_t reg = operand_reg(tr, pop(tr, 1));
    flush(tr, 0, tr->depth);
    if (tr->error != NULL)
        return next;
    emit(tr, table ? IR_TABLESWITCH : IR_LOOKUPSWITCH, reg, 0, 0);
    uint32_t at = tr->last;
    emit_word(tr, (uint32_t)low | (uint64_t)count << 32);
    for (uint32_t i = 0; i < (keys + count + 2) / 2; i++)
        emit_word(tr, 0);
    const uint8_t *entries = operands + (table ? 12 : 8);
    for (uint32_t i = 0; i < count; i++) {
        if (!table) {
            int32_t key = read_s4(entries + 8 * i);
            memcpy((char *)&tr->out[at + 1] + 4 * (2 + i), &key, sizeof key);
        }
        int32_t offset = read_s4(table ? entries + 4 * i : entries + 8 * i + 4);
        branch_to(tr, FIXUP_TABLE, at, 2 + keys + i, tr->bci + (uint32_t)offset);
    }
    branch_to(tr, FIXUP_TABLE, at, 2 + keys + count, tr->bci + (uint32_t)read_s4(operands));
    tr->live = false;
    return next;
}

uint32_t translate_return(struct translator *tr, uint8_t opcode)
{
    tr->live = false;
    uint32_t next = tr->bci + 1;
    if (opcode == OPC_return) {
        emit(tr, IR_RETURN, 0, 0, 0);
        return next;
    }
    uint32_t width = opcode == OPC_lreturn || opcode == OPC_dreturn ? 2 : 1;
    uint32_t index = pop(tr, width);
    if (tr->error != NULL)
        return next;
    char type = tr->m->return_type;
    if (opcode == OPC_ireturn && type == 'I' && tr->stack[index].kind == OPERAND_INT) {
        emit_imm32(tr, IR_RETURN_K, 0, tr->stack[index].value);
        return next;
    }
    uint32_t reg = operand_reg(tr, index);
    enum ir op = IR_RETURN64;
    if (opcode == OPC_ireturn)
        op = type == 'Z' ? IR_RETURN_Z : type == 'B' ? IR_RETURN_B : type == 'C' ? IR_RETURN_C
           : type == 'S' ? IR_RETURN_S : IR_RETURN32;
    else if (opcode == OPC_freturn)
        op = IR_RETURN32;
    emit(tr, op, reg, 0, 0);
    return next;
}
