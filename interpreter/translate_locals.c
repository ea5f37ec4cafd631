/* Which register holds a local variable.  Operands of instructions have 16 bits, so a method that declares nearly
 * 65535 local variables or operands may have more slots than there are registers.  It cannot use them all, having
 * 65535 bytes of code: its local variables are numbered anew, the arguments first, then those that its code names. */
#include "interpreter/translate.h"

#include <stdlib.h>

/* The local variable that the instruction at `p` names; -1: none. */
static int32_t named_local(const uint8_t *p)
{
    uint8_t opcode = *p;
    if (opcode == OPC_wide)
        return read_u2(p + 2);
    if ((opcode >= OPC_iload && opcode <= OPC_aload) || (opcode >= OPC_istore && opcode <= OPC_astore) ||
        opcode == OPC_iinc || opcode == OPC_ret)
        return p[1];
    if (opcode >= OPC_iload_0 && opcode <= OPC_aload_3)
        return (opcode - OPC_iload_0) % 4;
    if (opcode >= OPC_istore_0 && opcode <= OPC_astore_3)
        return (opcode - OPC_istore_0) % 4;
    return -1;
}

static void number_locals(struct translator *tr)
{
    uint16_t *registers = calloc(tr->m->max_locals, sizeof *registers);
    if (registers == NULL) {
        translation_no_memory(tr);
        return;
    }
    for (uint32_t bci = 0; bci < tr->length; bci = bytecode_next(tr->bytecode, bci, tr->length)) {
        int32_t local = named_local(tr->bytecode + bci);
        if (local >= 0 && local < tr->m->max_locals)
            registers[local] = 1;
    }
    uint32_t count = tr->m->arg_slots;
    for (uint32_t i = 0; i < tr->m->max_locals; i++)
        registers[i] = (uint16_t)(i < tr->m->arg_slots ? i : registers[i] ? count++ : 0);
    tr->local_registers = registers;
    tr->local_count = count + 1; /* a long in the last one needs no second slot, but its user may expect one */
}

void assign_registers(struct translator *tr)
{
    uint32_t slots = (uint32_t)tr->m->max_locals + tr->lock_count + FRAME_SLOTS + tr->m->max_stack + FRAME_EXTRA_SLOTS;
    tr->local_count = tr->m->max_locals;
    if (UNLIKELY(slots > UINT16_MAX))
        number_locals(tr);
    /* At least one slot before the frame: the result is stored there before the frame is left. */
    uint32_t before_frame = tr->local_count + tr->lock_count;
    tr->stack_base = (before_frame > 0 ? before_frame : 1) + FRAME_SLOTS;
}

uint32_t local_register(struct translator *tr, uint32_t local, uint32_t width)
{
    if (local + width > tr->m->max_locals) {
        tr->error = "Local variable index out of bounds";
        return 0;
    }
    return UNLIKELY(tr->local_registers != NULL) ? tr->local_registers[local] : local;
}
