/* The instructions that libverify sees (verifier_view.h).  Most stand in their own places, with another opcode or
 * another constant.  Where one becomes longer, the method's code is laid out anew. */
#include "native/verifier_view.h"

#include <stdlib.h>

#include "classloader/classfile.h"
#include "vm/opcodes.h"
#include "vm/symbol.h"

enum { JUMP_LENGTH = 3, WIDE_JUMP_LENGTH = 5 };

static void write_u2(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

static void write_u4(uint8_t *p, uint32_t value)
{
    write_u2(p, value >> 16);
    write_u2(p + 2, value);
}

/* ---- in place ----------------------------------------------------------------------------------------------- */

static bool is_direct_superinterface(const struct class *c, const struct symbol *name)
{
    for (uint32_t i = 0; i < c->interface_count; i++)
        if (c->interfaces[i]->name == name)
            return true;
    return false;
}

/* JVMS 4.9.2: what invokespecial may name besides methods of superclasses, which are all that libverify lets pass. */
static bool is_interface_call(const struct class *c, uint16_t index)
{
    struct cp_member member = cp_member(&c->cp, index);
    bool super = c->super != NULL && member.class_name == c->super->name; /* an interface's is Object */
    if (member.name == sym_init)
        return false;
    if (c->cp.tags[index] == CP_METHODREF)
        return class_is_interface(c) && (super || member.class_name == c->name);
    return super || member.class_name == c->name || is_direct_superinterface(c, member.class_name);
}

static void show_instruction(const struct class *c, uint8_t *code)
{
    const struct constant_pool *cp = &c->cp;
    uint16_t index = *code == OPC_invokespecial || *code == OPC_ldc_w ? read_u2(code + 1) : 0;
    if (*code == OPC_invokespecial && is_interface_call(c, index)) {
        *code = OPC_invokestatic;
        write_u2(code + 1, cp->values[index].ref.b); /* its NameAndType */
    } else if (*code == OPC_invokedynamic) { /* its last two bytes are zero: nop */
        *code = OPC_invokestatic;
    } else if (*code == OPC_ldc_w && verifier_is_dynamic_reference(cp, index)) {
        *code = OPC_invokestatic;
    }
}

static uint32_t length_at(const struct method *m, uint32_t pc)
{
    uint32_t length = opcode_length_at(m->bytecode, pc, m->bytecode_length);
    if (length == 0)
        vm_fatal("unchecked code of %s.%s reaches the verifier", m->owner->name->bytes, m->name->bytes);
    return length;
}

void verifier_copy_code(const struct method *m, uint8_t *out)
{
    memcpy(out, m->bytecode, m->bytecode_length);
    for (uint32_t pc = 0; pc < m->bytecode_length; pc += length_at(m, pc))
        show_instruction(m->owner, out + pc);
}

/* ---- laid out anew ------------------------------------------------------------------------------------------ */

struct layout {
    const struct method *m;
    const uint8_t *code;                 /* its bytecode */
    struct shown_code *out;
    bool *far;                           /* by bytecode index: the jump there needs an offset of four bytes */
};

static bool is_jump(uint8_t opcode)
{
    return opcode_table[opcode].format == FORMAT_BRANCH2;
}

/* JVMS 4.9.1: within the code, which has been checked. */
static uint32_t jump_target(const uint8_t *code, uint32_t pc)
{
    return (uint32_t)((int32_t)pc + (int16_t)read_u2(code + pc + 1));
}

static uint32_t switch_operands(uint32_t pc)
{
    return (pc + 4) & ~(uint32_t)3;
}

static bool has_256_operands(const struct layout *l, uint32_t pc)
{
    uint8_t opcode = l->code[pc];
    return (opcode == OPC_invokevirtual || opcode == OPC_invokespecial || opcode == OPC_invokestatic) &&
           verifier_last_operand_call(l->m->owner, read_u2(l->code + pc + 1)) != 0;
}

static bool is_short_reference(const struct layout *l, uint32_t pc)
{
    return l->code[pc] == OPC_ldc && verifier_is_dynamic_reference(&l->m->owner->cp, l->code[pc + 1]);
}

static bool must_be_laid_out(const struct layout *l)
{
    for (uint32_t pc = 0; pc < l->m->bytecode_length; pc += length_at(l->m, pc))
        if (is_short_reference(l, pc) || has_256_operands(l, pc))
            return true;
    return false;
}

static uint32_t shown_length(const struct layout *l, uint32_t pc, uint32_t at)
{
    uint32_t length = length_at(l->m, pc);
    uint8_t opcode = l->code[pc];
    if (is_short_reference(l, pc))
        return 3;
    if (has_256_operands(l, pc))
        return 2 * length;
    if (opcode == OPC_tableswitch || opcode == OPC_lookupswitch)
        return length - (switch_operands(pc) - pc) + (switch_operands(at) - at);
    if (!l->far[pc])
        return length;
    return opcode == OPC_goto || opcode == OPC_jsr ? WIDE_JUMP_LENGTH : JUMP_LENGTH + WIDE_JUMP_LENGTH;
}

/* Until all jumps reach: a longer one makes others longer. */
static void place_instructions(struct layout *l)
{
    uint32_t *at = l->out->at, length = l->m->bytecode_length;
    for (bool placed = false; !placed;) {
        uint32_t position = 0;
        for (uint32_t pc = 0; pc < length; pc += length_at(l->m, pc)) {
            at[pc] = position;
            position += shown_length(l, pc, position);
        }
        at[length] = l->out->length = position;
        placed = true;
        for (uint32_t pc = 0; pc < length; pc += length_at(l->m, pc)) {
            if (l->far[pc] || !is_jump(l->code[pc]))
                continue;
            int64_t offset = (int64_t)at[jump_target(l->code, pc)] - at[pc];
            l->far[pc] = offset != (int16_t)offset;
            placed = placed && !l->far[pc];
        }
    }
}

static uint8_t opposite(uint8_t condition)
{
    if (condition == OPC_ifnull || condition == OPC_ifnonnull)
        return condition ^ 1;
    return (uint8_t)(((condition - OPC_ifeq) ^ 1) + OPC_ifeq);
}

static void write_jump(const struct layout *l, uint32_t pc, uint8_t *to)
{
    uint32_t offset = l->out->at[jump_target(l->code, pc)] - l->out->at[pc];
    uint8_t opcode = l->code[pc];
    if (!l->far[pc]) {
        *to = opcode;
        write_u2(to + 1, offset);
        return;
    }
    if (opcode != OPC_goto && opcode != OPC_jsr) {
        *to = opposite(opcode);
        write_u2(to + 1, JUMP_LENGTH + WIDE_JUMP_LENGTH);
        to += JUMP_LENGTH;
        offset -= JUMP_LENGTH;
    }
    *to = opcode == OPC_jsr ? OPC_jsr_w : OPC_goto_w;
    write_u4(to + 1, offset);
}

/* Padding is written as zeros; the operands are words, some of which are offsets. */
static void write_switch(const struct layout *l, uint32_t pc, uint8_t *to)
{
    const uint32_t *at = l->out->at;
    const uint8_t *from = l->code + switch_operands(pc), *end = l->code + pc + length_at(l->m, pc);
    bool table = l->code[pc] == OPC_tableswitch;
    uint8_t *out = to + (switch_operands(at[pc]) - at[pc]);
    memset(to, 0, (size_t)(out - to));
    *to = l->code[pc];
    for (uint32_t i = 0; from < end; i++, from += 4, out += 4) { /* default, low, high, ... or default, n, key, ... */
        bool is_offset = i == 0 || (i >= 3 && (table || i % 2 == 1));
        uint32_t word = read_u4(from);
        write_u4(out, is_offset ? at[pc + word] - at[pc] : word);
    }
}

static void write_instruction(const struct layout *l, uint32_t pc, uint8_t *to)
{
    const struct class *c = l->m->owner;
    uint8_t opcode = l->code[pc];
    uint32_t length = length_at(l->m, pc);
    if (is_short_reference(l, pc)) {
        *to = OPC_invokestatic;
        write_u2(to + 1, l->code[pc + 1]);
    } else if (opcode == OPC_tableswitch || opcode == OPC_lookupswitch) {
        write_switch(l, pc, to);
    } else if (opcode == OPC_goto_w || opcode == OPC_jsr_w) {
        *to = opcode;
        write_u4(to + 1, l->out->at[pc + read_u4(l->code + pc + 1)] - l->out->at[pc]);
    } else if (is_jump(opcode)) {
        write_jump(l, pc, to);
    } else {
        if (has_256_operands(l, pc)) {
            *to = OPC_invokestatic;
            write_u2(to + 1, verifier_last_operand_call(c, read_u2(l->code + pc + 1)));
            to += length;
        }
        memcpy(to, l->code + pc, length);
        show_instruction(c, to);
    }
}

static bool lay_out(struct layout *l)
{
    uint32_t length = l->m->bytecode_length;
    l->out->at = calloc(length + 1u, sizeof *l->out->at);
    l->far = calloc(length, sizeof *l->far);
    if (l->out->at == NULL || l->far == NULL)
        return false;
    place_instructions(l);
    l->out->bytes = malloc(l->out->length);
    if (l->out->bytes == NULL)
        return false;
    for (uint32_t pc = 0; pc < length; pc += length_at(l->m, pc))
        write_instruction(l, pc, l->out->bytes + l->out->at[pc]);
    return true;
}

bool verifier_show_code(const struct method *m, struct shown_code *out)
{
    struct layout l = { .m = m, .code = m->bytecode, .out = out };
    if (!must_be_laid_out(&l))
        return true;
    bool done = lay_out(&l);
    free(l.far);
    return done;
}
