/* Walking bytecode: instruction lengths, branch targets and operand-stack depths. */
#include <stdlib.h>

#include "classloader/classfile.h"
#include "interpreter/translate.h"

uint32_t bytecode_next(const uint8_t *code, uint32_t bci, uint32_t length)
{
    uint32_t size = opcode_fixed_length[code[bci]];
    if (size == 0)
        size = opcode_length_at(code, bci, length);
    return size != 0 ? bci + size : length + 1;
}

void bytecode_targets(const uint8_t *code, uint32_t bci, void (*visit)(void *arg, uint32_t target), void *arg)
{
    uint8_t opcode = code[bci];
    if (!(opcode_table[opcode].flags & OP_BRANCHES))
        return;
    uint32_t operands = (bci + 4) & ~3u;
    switch (opcode_table[opcode].format) {
    case FORMAT_BRANCH2: visit(arg, bci + (uint32_t)read_s2(code + bci + 1)); break;
    case FORMAT_BRANCH4: visit(arg, bci + (uint32_t)read_s4(code + bci + 1)); break;
    case FORMAT_TABLESWITCH: {
        uint32_t count = (uint32_t)(read_s4(code + operands + 8) - read_s4(code + operands + 4)) + 1;
        visit(arg, bci + (uint32_t)read_s4(code + operands));
        for (uint32_t i = 0; i < count; i++)
            visit(arg, bci + (uint32_t)read_s4(code + operands + 12 + 4 * i));
        break;
    }
    case FORMAT_LOOKUPSWITCH: {
        uint32_t count = (uint32_t)read_s4(code + operands + 4);
        visit(arg, bci + (uint32_t)read_s4(code + operands));
        for (uint32_t i = 0; i < count; i++)
            visit(arg, bci + (uint32_t)read_s4(code + operands + 12 + 8 * i));
        break;
    }
    default: break;
    }
}

/* ---- depths --------------------------------------------------------------------------------------------------- */

static int32_t descriptor_width(char type)
{
    return type == 'J' || type == 'D' ? 2 : type == 'V' ? 0 : 1;
}

static int32_t effect_of(const char *letters)
{
    int32_t slots = 0;
    for (; *letters != '\0'; letters++)
        slots += *letters == 'J' || *letters == 'D' || *letters == '2' ? 2 : 1;
    return slots;
}

static int32_t constant_width(const struct constant_pool *cp, uint8_t opcode)
{
    (void)cp;
    return opcode == OPC_ldc2_w ? 2 : 1;
}

static int32_t call_effect(const struct constant_pool *cp, uint8_t opcode, uint16_t index)
{
    struct symbol *descriptor = opcode == OPC_invokedynamic
        ? cp_utf8(cp, cp->values[cp->values[index].ref.b].ref.b)
        : cp_member(cp, index).descriptor;
    struct descriptor_shape shape = descriptor_shape(descriptor);
    bool receiver = opcode != OPC_invokestatic && opcode != OPC_invokedynamic;
    return (int32_t)shape.result_slots - shape.arg_slots - receiver;
}

int32_t bytecode_depth_effect(const struct constant_pool *cp, const uint8_t *code, uint32_t bci)
{
    uint8_t opcode = code[bci];
    const struct opcode_info *info = &opcode_table[opcode];
    switch (opcode) {
    case OPC_wide: return bytecode_depth_effect(cp, code, bci + 1);
    case OPC_ldc:
    case OPC_ldc_w:
    case OPC_ldc2_w: return constant_width(cp, opcode);
    case OPC_getstatic: return descriptor_width(cp_member(cp, read_u2(code + bci + 1)).descriptor->bytes[0]);
    case OPC_putstatic: return -descriptor_width(cp_member(cp, read_u2(code + bci + 1)).descriptor->bytes[0]);
    case OPC_getfield: return descriptor_width(cp_member(cp, read_u2(code + bci + 1)).descriptor->bytes[0]) - 1;
    case OPC_putfield: return -descriptor_width(cp_member(cp, read_u2(code + bci + 1)).descriptor->bytes[0]) - 1;
    case OPC_invokevirtual:
    case OPC_invokespecial:
    case OPC_invokestatic:
    case OPC_invokeinterface:
    case OPC_invokedynamic: return call_effect(cp, opcode, read_u2(code + bci + 1));
    case OPC_multianewarray: return 1 - code[bci + 3];
    default: return effect_of(info->pushes) - effect_of(info->pops);
    }
}

struct depth_walk { struct translator *tr; uint32_t *work; uint32_t count; int32_t depth; };

static void depth_target(void *arg, uint32_t target)
{
    struct depth_walk *walk = arg;
    struct translator *tr = walk->tr;
    if (target >= tr->length) {
        tr->error = "Illegal target of jump or branch";
    } else if (tr->depths[target] < 0) {
        tr->depths[target] = walk->depth;
        walk->work[walk->count++] = target; /* each target is entered once: `length` entries are enough */
    } else if (tr->depths[target] != walk->depth) {
        tr->error = "Inconsistent stackmap frames";
    }
}

/* Follows straight-line code from a target until it ends or meets a known target. */
static void depth_block(struct depth_walk *walk, uint32_t bci)
{
    struct translator *tr = walk->tr;
    int32_t depth = tr->depths[bci];
    for (bool first = true; bci < tr->length && tr->error == NULL; first = false) {
        if (!first && (tr->marks[bci] & MARK_TARGET)) {
            walk->depth = depth;
            depth_target(walk, bci);
            return;
        }
        uint8_t opcode = tr->bytecode[bci];
        bool subroutine = opcode == OPC_jsr || opcode == OPC_jsr_w;
        depth += bytecode_depth_effect(tr->cp, tr->bytecode, bci);
        if (depth < 0 || depth > (int32_t)tr->max_depth) {
            tr->error = depth < 0 ? "Operand stack underflow" : "Operand stack overflow";
            return;
        }
        walk->depth = depth;
        bytecode_targets(tr->bytecode, bci, depth_target, walk);
        uint32_t next = bytecode_next(tr->bytecode, bci, tr->length);
        if (subroutine)
            depth -= 1;
        else if ((opcode_table[opcode].flags & OP_ENDS_BLOCK) ||
                 (opcode == OPC_wide && tr->bytecode[bci + 1] == OPC_ret))
            return;
        bci = next;
    }
}

bool bytecode_depths(struct translator *tr)
{
    struct depth_walk walk = { .tr = tr, .work = malloc(tr->length * sizeof(uint32_t)) };
    if (walk.work == NULL) {
        translation_no_memory(tr);
        return false;
    }
    tr->marks[0] |= MARK_TARGET;
    depth_target(&walk, 0);
    walk.depth = 1;
    for (uint32_t i = 0; i < tr->m->handler_count; i++)
        depth_target(&walk, tr->m->handlers[i].handler_pc);
    while (walk.count > 0 && tr->error == NULL)
        depth_block(&walk, walk.work[--walk.count]);
    free(walk.work);
    return tr->error == NULL;
}
