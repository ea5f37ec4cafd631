/* Translation with -XX:+ProfileInterpreter: instructions that count, beside the calls and branches of the method. */
#include <stdlib.h>

#include "interpreter/profile.h"
#include "interpreter/translate.h"

void profile_method_start(struct translator *tr)
{
    /* More than there can be: calls take three bytes and branches too. */
    size_t records = tr->length / 3 + 1;
    if (tr->call_bcis == NULL) {
        tr->call_bcis = malloc(records * sizeof *tr->call_bcis);
        tr->branch_bcis = malloc(records * sizeof *tr->branch_bcis);
        if (tr->call_bcis == NULL || tr->branch_bcis == NULL) {
            translation_no_memory(tr);
            return;
        }
    }
    tr->call_count = tr->branch_count = 0;
    emit(tr, IR_PROFILE_ENTRY, 0, 0, 0);
}

void profile_loop_start(struct translator *tr)
{
    emit(tr, IR_PROFILE_LOOP, 0, 0, 0);
}

void profile_receiver_at(struct translator *tr, uint32_t index)
{
    uint8_t kind = tr->stack[index].kind;
    if (kind == OPERAND_INT || kind == OPERAND_LONG)
        return; /* the constant null */
    tr->call_bcis[tr->call_count] = (uint16_t)tr->bci;
    emit_imm32(tr, IR_PROFILE_CALL, operand_reg(tr, index), (int32_t)tr->call_count++);
}

/* Skips three instructions when the opposite holds: opposites stand side by side. */
void profile_condition(struct translator *tr, enum ir op, uint32_t a, int32_t b, uint32_t target)
{
    uint8_t opcode = tr->bytecode[tr->bci];
    bool compared = opcode >= OPC_lcmp && opcode <= OPC_dcmpg; /* the branch is the instruction behind */
    int32_t record = (int32_t)tr->branch_count++;
    tr->branch_bcis[record] = (uint16_t)(tr->bci + (compared ? 1 : 0));
    emit(tr, (enum ir)(((op - IR_COND_FIRST) ^ 1) + IR_COND_FIRST), a, (uint32_t)b & 0xffff, 3);
    emit_imm32(tr, IR_PROFILE_TAKEN, 0, record);
    emit_imm32(tr, target <= tr->bci ? IR_GOTO_BACK : IR_GOTO, 0, 0);
    branch_to(tr, FIXUP_IMM32, tr->last, 0, target);
    emit_imm32(tr, IR_PROFILE_NOT_TAKEN, 0, record);
}

struct profile_layout *profile_layout_of(const struct translator *tr)
{
    uint32_t calls = tr->call_count, branches = tr->branch_count;
    struct profile_layout *layout =
        arena_alloc(tr->m->owner->loader->arena, sizeof *layout + (calls + branches) * sizeof layout->bcis[0]);
    layout->call_count = calls;
    layout->branch_count = branches;
    memcpy(layout->bcis, tr->call_bcis, calls * sizeof layout->bcis[0]);
    memcpy(layout->bcis + calls, tr->branch_bcis, branches * sizeof layout->bcis[0]);
    return layout;
}
