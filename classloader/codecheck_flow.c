/* Where control goes: exception tables, branch targets, and the depth of the operand stack along every path (JVMS
 * 4.9.1, 4.9.2 as far as no types are needed). */
#include <stdio.h>

#include "classloader/codecheck_private.h"

enum { VERSION_STACK_MAPS = 50 };

bool code_each_target(struct code_check *k, uint32_t pc, bool (*visit)(struct code_check *k, uint32_t pc,
                                                                       int64_t target))
{
    const uint8_t *p = k->code + pc;
    switch (opcode_table[*p].format) {
    case FORMAT_BRANCH2:
        return visit(k, pc, (int64_t)pc + code_s2(p + 1));
    case FORMAT_BRANCH4:
        return visit(k, pc, (int64_t)pc + code_s4(p + 1));
    case FORMAT_TABLESWITCH: case FORMAT_LOOKUPSWITCH:
        break;
    default:
        return true;
    }
    bool table = *p == OPC_tableswitch;
    p = k->code + code_switch_operands(pc);
    int64_t count = table ? (int64_t)code_s4(p + 8) - code_s4(p + 4) + 1 : code_s4(p + 4);
    if (!visit(k, pc, (int64_t)pc + code_s4(p)))
        return false;
    p += 12; /* first offset of both forms: behind low and high, or behind npairs and the first key */
    for (; count > 0; count--, p += table ? 4 : 8) {
        if (!visit(k, pc, (int64_t)pc + code_s4(p)))
            return false;
    }
    return true;
}

static bool check_target(struct code_check *k, uint32_t pc, int64_t target)
{
    if (target >= 0 && target < k->length && k->starts[target])
        return true;
    if (target - pc > UINT16_MAX || target - pc < -UINT16_MAX)
        return code_refuse(k, pc, REASON_BYTECODE, 0, "Illegal target of jump or branch",
                           "Illegal target of jump or branch (bci %u + offset %d)", pc, (int)(target - pc));
    return code_refuse(k, pc, REASON_NO_FRAME, 0, "Illegal target of jump or branch",
                       "Expecting a stackmap frame at branch target %d", (int)target);
}

static bool at_boundary(const struct code_check *k, uint32_t pc)
{
    return pc < k->length && k->starts[pc];
}

static bool handlers_at_boundaries(struct code_check *k)
{
    for (uint16_t i = 0; i < k->method->handler_count; i++) {
        const struct exception_handler *h = &k->method->handlers[i];
        bool start = at_boundary(k, h->start_pc), end = h->end_pc == k->length || at_boundary(k, h->end_pc);
        bool handler = at_boundary(k, h->handler_pc);
        if (start && end && handler)
            continue;
        if (k->class->major_version < VERSION_STACK_MAPS)
            return code_refuse(k, h->start_pc, REASON_BYTECODE, 0,
                               start && end ? "Illegal exception table handler" : "Illegal exception table range", " ");
        if (!start)
            return code_format_error(k, "Illegal exception table start_pc", h->start_pc);
        return !end ? code_format_error(k, "Illegal exception table end_pc", h->end_pc)
                    : code_format_error(k, "Illegal exception table handler_pc", h->handler_pc);
    }
    return true;
}

/* JVMS 4.7.13 start_pc, length.  The parser has checked the attribute's form. */
static bool locals_at_boundaries(struct code_check *k)
{
    const uint8_t *table = code_attribute_find(k->method, sym_LocalVariableTable);
    if (!table || k->class->major_version < VERSION_STACK_MAPS)
        return true;
    const uint8_t *p = table + 2, *end = p + 10 * (size_t)read_u2(table);
    if (read_u4(table - 4) != (size_t)(end - table))
        return true; /* a trusted class's, whose form nobody checked */
    for (; p < end; p += 10) {
        uint32_t start = read_u2(p), length = read_u2(p + 2);
        if (!at_boundary(k, start))
            return code_format_error(k, "Illegal local variable table start_pc", start);
        if (start + length != k->length && !at_boundary(k, start + length))
            return code_format_error(k, "Illegal local variable table length", length);
    }
    return true;
}

bool code_check_tables(struct code_check *k)
{
    return handlers_at_boundaries(k) && locals_at_boundaries(k);
}

bool code_check_targets(struct code_check *k)
{
    for (uint32_t pc = 0; pc < k->length; pc++) {
        if (k->starts[pc] && !code_each_target(k, pc, check_target))
            return false;
    }
    return true;
}

/* ---- Depth of the operand stack */

struct effect {
    uint32_t pops, pushes; /* slots */
};

static uint32_t slots_of(const char *types)
{
    uint32_t slots = 0;
    for (; *types; types++)
        slots += *types == 'J' || *types == 'D' || *types == '2' ? 2 : *types == '*' ? 0 : 1;
    return slots;
}

static uint32_t field_slots(const struct symbol *descriptor)
{
    return descriptor->bytes[0] == 'J' || descriptor->bytes[0] == 'D' ? 2 : 1;
}

/* What the constant-pool entry adds for rows with '*'. */
static void add_entry(const struct code_check *k, uint32_t pc, struct effect *e)
{
    const struct constant_pool *cp = &k->class->cp;
    const uint8_t *p = k->code + pc;
    const struct symbol *descriptor;
    switch (*p) {
    case OPC_ldc: case OPC_ldc_w:
        e->pushes++;
        return;
    case OPC_ldc2_w:
        e->pushes += 2;
        return;
    case OPC_getstatic: case OPC_getfield:
        e->pushes += field_slots(cp_member(cp, read_u2(p + 1)).descriptor);
        return;
    case OPC_putstatic: case OPC_putfield:
        e->pops += field_slots(cp_member(cp, read_u2(p + 1)).descriptor);
        return;
    case OPC_multianewarray:
        e->pops += p[3];
        return;
    case OPC_invokedynamic:
        descriptor = cp_utf8(cp, cp->values[cp->values[read_u2(p + 1)].ref.b].ref.b);
        break;
    case OPC_invokevirtual: case OPC_invokespecial: case OPC_invokestatic: case OPC_invokeinterface:
        descriptor = cp_member(cp, read_u2(p + 1)).descriptor;
        break;
    default:
        return;
    }
    struct descriptor_shape shape = descriptor_shape(descriptor);
    e->pops += shape.arg_slots + (*p != OPC_invokestatic && *p != OPC_invokedynamic ? 1u : 0u);
    e->pushes += shape.result_slots;
}

static struct effect effect_of(const struct code_check *k, uint32_t pc)
{
    /* What follows `wide` has the effect of its short form. */
    uint8_t opcode = k->code[pc] == OPC_wide ? k->code[pc + 1] : k->code[pc];
    struct effect e = { slots_of(opcode_table[opcode].pops), slots_of(opcode_table[opcode].pushes) };
    add_entry(k, pc, &e);
    return e;
}

/* Control reaches `target` with the depth left by the instruction at pc, kept in depths[length]. */
static bool reach(struct code_check *k, uint32_t pc, int64_t target)
{
    uint16_t depth = k->depths[k->length];
    if (k->starts[target] != REACHED) {
        k->starts[target] = REACHED;
        k->depths[target] = depth;
        k->work[k->work_count++] = (uint32_t)target;
        return true;
    }
    if (k->depths[target] == depth)
        return true;
    char old[64];
    snprintf(old, sizeof old, "Inconsistent stack height %d != %d", depth, k->depths[target]);
    return code_refuse(k, pc, REASON_BYTECODE, 0, old, "Inconsistent stackmap frames at branch target %d", (int)target);
}

static bool falls_off(struct code_check *k)
{
    return code_refuse(k, k->length, REASON_BYTECODE, 0, "Falling off the end of the code",
                       "Control flow falls through code end");
}

static bool follow(struct code_check *k, uint32_t pc)
{
    struct effect e = effect_of(k, pc);
    uint32_t depth = k->depths[pc];
    if (depth < e.pops)
        return code_refuse(k, pc, REASON_UNDERFLOW, 0, "Unable to pop operand off an empty stack",
                           "Operand stack underflow");
    depth = depth - e.pops + e.pushes;
    if (depth > k->method->max_stack)
        return code_refuse(k, pc, REASON_OVERFLOW, 0, "Stack size too large", "Operand stack overflow");
    k->depths[k->length] = (uint16_t)depth;
    if (!code_each_target(k, pc, reach))
        return false;
    uint8_t opcode = k->code[pc] == OPC_wide ? k->code[pc + 1] : k->code[pc];
    /* What comes back from a subroutine is not known here: the code behind a jsr is left alone. */
    if (opcode_table[opcode].flags & OP_ENDS_BLOCK)
        return true;
    uint32_t next = pc + opcode_length_at(k->code, pc, k->length);
    return next < k->length ? reach(k, pc, next) : falls_off(k);
}

/* Handlers start with the exception alone.  All are taken as reachable. */
static bool reach_handlers(struct code_check *k)
{
    k->depths[k->length] = 1;
    for (uint16_t i = 0; i < k->method->handler_count; i++) {
        const struct exception_handler *h = &k->method->handlers[i];
        if (k->method->max_stack < 1)
            return code_refuse(k, h->handler_pc, REASON_OVERFLOW, 0, "Stack size too large", "Operand stack overflow");
        if (!reach(k, h->handler_pc, h->handler_pc))
            return false;
    }
    return true;
}

/* The last instruction of code with stack maps must not fall through, reachable or not. */
static bool check_end(struct code_check *k)
{
    uint32_t last = k->length - 1;
    while (!k->starts[last])
        last--;
    uint8_t opcode = k->code[last] == OPC_wide ? k->code[last + 1] : k->code[last];
    return k->class->major_version < VERSION_STACK_MAPS || (opcode_table[opcode].flags & OP_ENDS_BLOCK) || falls_off(k);
}

bool code_check_stack(struct code_check *k)
{
    k->depths[k->length] = 0;
    if (!reach(k, 0, 0) || !reach_handlers(k))
        return false;
    while (k->work_count > 0) {
        if (!follow(k, k->work[--k->work_count]))
            return false;
    }
    return check_end(k);
}
