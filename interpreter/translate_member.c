/* Translation of field accesses, calls, allocation, type checks, monitors and athrow. */
#include "classloader/classfile.h"
#include "interpreter/translate.h"

static uint32_t field_width(const struct translator *tr, uint16_t index)
{
    char type = cp_member(tr->cp, index).descriptor->bytes[0];
    return type == 'J' || type == 'D' ? 2 : 1;
}

static void field_access(struct translator *tr, uint8_t opcode, uint16_t index)
{
    uint32_t width = field_width(tr, index);
    if (opcode == OPC_getstatic) {
        push(tr, OPERAND_STACK, 0, width);
        if (tr->error == NULL)
            emit_wide(tr, IR_GETSTATIC_U, stack_reg(tr, tr->depth - width), 0, index, 0);
        return;
    }
    uint32_t value = opcode == OPC_getfield ? 0 : pop(tr, width);
    if (opcode == OPC_putstatic) {
        if (tr->error == NULL)
            emit_wide(tr, IR_PUTSTATIC_U, operand_reg(tr, value), 0, index, 0);
        return;
    }
    uint32_t object = pop(tr, 1);
    if (tr->error != NULL)
        return;
    uint32_t o = operand_reg(tr, object);
    if (opcode == OPC_putfield) {
        emit(tr, IR_PUTFIELD_U, operand_reg(tr, value), o, index);
        return;
    }
    emit(tr, IR_GETFIELD_U, stack_reg(tr, object), o, index);
    push(tr, OPERAND_STACK, 0, width);
}

static void call(struct translator *tr, uint8_t opcode, uint16_t index)
{
    static const uint16_t ops[] = { IR_INVOKEVIRTUAL_U, IR_INVOKESPECIAL_U, IR_INVOKESTATIC_U, IR_INVOKEINTERFACE_U,
                                    IR_INVOKEDYNAMIC_U };
    struct symbol *descriptor = opcode == OPC_invokedynamic
        ? cp_utf8(tr->cp, tr->cp->values[tr->cp->values[index].ref.b].ref.b)
        : cp_member(tr->cp, index).descriptor;
    struct descriptor_shape shape = descriptor_shape(descriptor);
    uint32_t arguments = shape.arg_slots + (opcode != OPC_invokestatic && opcode != OPC_invokedynamic ? 1u : 0u);
    uint32_t end = tr->depth, base = pop(tr, arguments);
    if (tr->error != NULL)
        return;
    if (tr->profiled && (opcode == OPC_invokevirtual || opcode == OPC_invokeinterface))
        profile_receiver_at(tr, base);
    uint32_t before = tr->count;
    flush(tr, base, end);
    bool moved = !tr->plain && tr->count > before && tr->last == tr->count - 1; /* by this very instruction */
    emit_wide(tr, (enum ir)ops[opcode - OPC_invokevirtual], stack_reg(tr, base), arguments | (moved ? CALL_MOVED : 0),
              index, 0);
    if (shape.result_slots > 0)
        push(tr, OPERAND_STACK, 0, shape.result_slots);
}

/* new, anewarray, instanceof: a class operand and a result in place of `inputs` operands. */
static void class_operation(struct translator *tr, enum ir op, uint32_t inputs, uint16_t index)
{
    uint32_t operand = pop(tr, inputs), reg = inputs > 0 && tr->error == NULL ? operand_reg(tr, operand) : 0;
    push(tr, OPERAND_STACK, 0, 1);
    if (tr->error == NULL)
        emit_wide(tr, op, stack_reg(tr, operand), reg, index, 0);
}

static void new_primitive_array(struct translator *tr, uint8_t code)
{
    static const char types[] = "ZCFDBSIJ"; /* JVMS table 6.5.newarray-A, from 4 */
    if (code < 4 || code > 11) {
        tr->error = "Bad instruction";
        return;
    }
    uint32_t length = pop(tr, 1);
    if (tr->error != NULL)
        return;
    emit(tr, IR_NEWARRAY, stack_reg(tr, length), operand_reg(tr, length), (uint32_t)types[code - 4]);
    push(tr, OPERAND_STACK, 0, 1);
}

static void new_multi_array(struct translator *tr, uint16_t index, uint8_t dimensions)
{
    uint32_t end = tr->depth, base = pop(tr, dimensions);
    if (tr->error != NULL)
        return;
    flush(tr, base, end);
    emit(tr, IR_MULTIANEWARRAY, stack_reg(tr, base), dimensions, index);
    push(tr, OPERAND_STACK, 0, 1);
}

static void one_operand(struct translator *tr, enum ir op)
{
    uint32_t operand = pop(tr, 1);
    if (tr->error == NULL)
        emit(tr, op, operand_reg(tr, operand), 0, 0);
}

uint32_t translate_member(struct translator *tr, uint8_t opcode)
{
    const uint8_t *p = tr->bytecode + tr->bci;
    uint32_t next = bytecode_next(tr->bytecode, tr->bci, tr->length);
    switch (opcode) {
    case OPC_getstatic:
    case OPC_putstatic:
    case OPC_getfield:
    case OPC_putfield: field_access(tr, opcode, read_u2(p + 1)); break;
    case OPC_invokevirtual:
    case OPC_invokespecial:
    case OPC_invokestatic:
    case OPC_invokeinterface:
    case OPC_invokedynamic: call(tr, opcode, read_u2(p + 1)); break;
    case OPC_new: class_operation(tr, IR_NEW_U, 0, read_u2(p + 1)); break;
    case OPC_anewarray: class_operation(tr, IR_ANEWARRAY_U, 1, read_u2(p + 1)); break;
    case OPC_instanceof: class_operation(tr, IR_INSTANCEOF_U, 1, read_u2(p + 1)); break;
    case OPC_newarray: new_primitive_array(tr, p[1]); break;
    case OPC_multianewarray: new_multi_array(tr, read_u2(p + 1), p[3]); break;
    case OPC_arraylength: {
        uint32_t array = pop(tr, 1);
        if (tr->error == NULL)
            emit(tr, IR_ARRAYLENGTH, stack_reg(tr, array), operand_reg(tr, array), 0);
        push(tr, OPERAND_STACK, 0, 1);
        break;
    }
    case OPC_checkcast: { /* the value stays where it is */
        uint32_t value = pop(tr, 1);
        if (tr->error == NULL)
            emit_wide(tr, IR_CHECKCAST_U, operand_reg(tr, value), 0, read_u2(p + 1), 0);
        tr->depth++;
        break;
    }
    case OPC_athrow:
        one_operand(tr, IR_ATHROW);
        tr->live = false;
        break;
    case OPC_monitorenter: one_operand(tr, IR_MONITORENTER); break;
    case OPC_monitorexit: one_operand(tr, IR_MONITOREXIT); break;
    default: tr->error = "Bad instruction"; break;
    }
    return next;
}
