/* Which neighbouring instructions run in one dispatch.  Fusing changes only the first one's opcode, so the second
 * stays a valid target of branches and the pair can be made at any time. */
#include "interpreter/code.h"

struct pair { uint16_t first, second, operand, fused; };
enum { OPERAND_a, OPERAND_b, OPERAND_c };

static const struct pair pairs[] = {
#define PAIR(first, second, operand) \
    { IR_##first, IR_##second, OPERAND_##operand, IR_##first##_##second##_##operand },
#include "interpreter/pairs.def"
#undef PAIR
};

static uint16_t operand_of(const struct insn *i, uint16_t operand)
{
    return operand == OPERAND_a ? i->a : operand == OPERAND_b ? i->b : i->c;
}

/* Opcodes that begin some pair: the translator asks about every instruction.  Most begin several. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const bool begins_pair[IR_COUNT] = {
#define PAIR(first, second, operand) [IR_##first] = true,
#include "interpreter/pairs.def"
#undef PAIR
};
#pragma GCC diagnostic pop

enum ir fused_form(struct insn first, struct insn second)
{
    if (first.op >= IR_COUNT || !begins_pair[first.op])
        return (enum ir)first.op;
    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++)
        if (pairs[i].first == first.op && pairs[i].second == second.op &&
            operand_of(&second, pairs[i].operand) == first.a)
            return (enum ir)pairs[i].fused;
    return (enum ir)first.op;
}

enum ir unfused_form(enum ir op)
{
    for (size_t i = 0; i < ARRAY_COUNT(pairs); i++)
        if (pairs[i].fused == op)
            return (enum ir)pairs[i].first;
    return op;
}

void fuse_resolved(struct insn *pc, struct insn resolved)
{
    struct insn next = insn_load(pc + 1);
    resolved.op = (uint16_t)fused_form(resolved, next);
    if (resolved.op == IR_GETFIELD_A && next.op == IR_GETFIELD_U && next.b == resolved.a)
        resolved.op = IR_GETFIELD_A_PAIR;
    insn_publish(pc, resolved);
}

void fuse_pending(struct insn *pc)
{
    struct insn first = insn_load(pc);
    if (insn_load(pc + 1).op == IR_GETFIELD_U)
        return; /* the next instruction has not run yet */
    first.op = IR_GETFIELD_A;
    fuse_resolved(pc, first);
}

void fuse_moves(struct insn *call)
{
    static const uint16_t moves[] = { IR_MOVE32, IR_MOVE64, IR_MOVE2 };
    struct insn before = insn_load(call - 1);
    uint16_t first;
    switch ((enum ir)insn_load(call).op) {
    case IR_INVOKE_DIRECT: first = IR_MOVE32_INVOKE_DIRECT; break;
    case IR_INVOKE_CHECKED: first = IR_MOVE32_INVOKE_CHECKED; break;
    case IR_INVOKE_VIRTUAL: first = IR_MOVE32_INVOKE_VIRTUAL; break;
    case IR_INVOKE_INTERFACE: first = IR_MOVE32_INVOKE_INTERFACE; break;
    default: return;
    }
    for (uint16_t i = 0; i < ARRAY_COUNT(moves); i++) {
        if (before.op == moves[i]) {
            before.op = (uint16_t)(first + i);
            insn_publish(call - 1, before);
            return;
        }
    }
}
