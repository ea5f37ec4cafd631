/* The translator's operand stack: descriptions of values, and when they must become slots. */
#include "interpreter/translate.h"

void push(struct translator *tr, enum operand_kind kind, int32_t value, uint32_t width)
{
    if (tr->depth + width > tr->max_depth) {
        tr->error = "Operand stack overflow";
        return;
    }
    tr->stack[tr->depth].kind = (uint8_t)kind;
    tr->stack[tr->depth].value = value;
    if (width == 2)
        tr->stack[tr->depth + 1].kind = OPERAND_UPPER;
    tr->depth += width;
}

uint32_t pop(struct translator *tr, uint32_t width)
{
    if (tr->depth < width) {
        tr->error = "Operand stack underflow";
        return 0;
    }
    tr->depth -= width;
    return tr->depth;
}

static void materialize(struct translator *tr, uint32_t index)
{
    struct operand *o = &tr->stack[index];
    uint32_t reg = stack_reg(tr, index);
    switch ((enum operand_kind)o->kind) {
    case OPERAND_LOCAL32: emit(tr, IR_MOVE32, reg, (uint32_t)o->value, 0); break;
    case OPERAND_LOCAL64: emit(tr, IR_MOVE64, reg, (uint32_t)o->value, 0); break;
    case OPERAND_INT: emit_imm32(tr, IR_CONST32, reg, o->value); break;
    case OPERAND_LONG: emit_imm32(tr, IR_CONST64S, reg, o->value); break;
    case OPERAND_STACK:
    case OPERAND_UPPER: return;
    }
    o->kind = OPERAND_STACK;
}

uint32_t operand_reg(struct translator *tr, uint32_t index)
{
    struct operand *o = &tr->stack[index];
    if (o->kind == OPERAND_LOCAL32 || o->kind == OPERAND_LOCAL64)
        return (uint32_t)o->value;
    materialize(tr, index);
    return stack_reg(tr, index);
}

static bool is_local(const struct operand *o)
{
    return o->kind == OPERAND_LOCAL32 || o->kind == OPERAND_LOCAL64;
}

void flush(struct translator *tr, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        struct operand *o = &tr->stack[i];
        if (i + 1 < to && is_local(o) && is_local(o + 1)) {
            emit(tr, IR_MOVE2, stack_reg(tr, i), (uint32_t)o->value, (uint32_t)o[1].value);
            o->kind = o[1].kind = OPERAND_STACK;
            i++;
        } else {
            materialize(tr, i);
        }
    }
}

/* Pushed copies of a local keep its old value when it changes.  true: there were some. */
static bool spill_local(struct translator *tr, uint32_t local)
{
    bool any = false;
    for (uint32_t i = 0; i < tr->depth; i++)
        if (is_local(&tr->stack[i]) && (uint32_t)tr->stack[i].value == local) {
            materialize(tr, i);
            any = true;
        }
    return any;
}

void store_local(struct translator *tr, uint32_t local, uint32_t width, enum ir move)
{
    static const uint8_t destination[IR_COUNT] = {
#define IR(name, words, flags) [IR_##name] = (flags) & IR_DEST,
#include "interpreter/ir.def"
#undef IR
    };
    local = local_register(tr, local, width);
    uint32_t index = pop(tr, width);
    if (tr->error != NULL)
        return;
    struct operand o = tr->stack[index];
    bool spilled = spill_local(tr, local);
    switch ((enum operand_kind)o.kind) {
    case OPERAND_STACK:
        /* The instruction that computed the value can write the local itself. */
        if (!spilled && tr->last >= tr->barrier && tr->last < tr->count && destination[tr->out[tr->last].op] &&
            tr->out[tr->last].a == stack_reg(tr, index))
            tr->out[tr->last].a = (uint16_t)local;
        else
            emit(tr, move, local, stack_reg(tr, index), 0);
        break;
    case OPERAND_LOCAL32:
    case OPERAND_LOCAL64:
        if ((uint32_t)o.value != local)
            emit(tr, move, local, (uint32_t)o.value, 0);
        break;
    case OPERAND_INT: emit_imm32(tr, IR_CONST32, local, o.value); break;
    case OPERAND_LONG: emit_imm32(tr, IR_CONST64S, local, o.value); break;
    case OPERAND_UPPER: tr->error = "Bad type on operand stack"; break;
    }
}

void increment_local(struct translator *tr, uint32_t local, int32_t amount)
{
    local = local_register(tr, local, 1);
    if (tr->error != NULL)
        return;
    spill_local(tr, local);
    emit_imm32(tr, IR_IINC, local, amount);
}

/* Replaces the top `inputs` slots by those that `pattern` names ("101": dup_x1).  Every input that occurs twice or
 * moves goes upward first, so filling from the top down never overwrites one that is still needed. */
void rearrange(struct translator *tr, const char *pattern, uint32_t inputs)
{
    uint32_t outputs = (uint32_t)strlen(pattern);
    if (tr->depth < inputs || tr->depth - inputs + outputs > tr->max_depth + FRAME_EXTRA_SLOTS) {
        tr->error = tr->depth < inputs ? "Operand stack underflow" : "Operand stack overflow";
        return;
    }
    uint32_t base = tr->depth - inputs;
    struct operand in[4];
    uint32_t place[4];
    for (uint32_t i = 0; i < inputs; i++) {
        in[i] = tr->stack[base + i];
        place[i] = base + i;
    }
    for (uint32_t i = outputs; i-- > 0;) {
        uint32_t p = (uint32_t)(pattern[i] - '0');
        tr->stack[base + i] = in[p];
        if (in[p].kind == OPERAND_STACK && p != i) {
            emit(tr, IR_MOVE64, stack_reg(tr, base + i), stack_reg(tr, place[p]), 0);
            place[p] = base + i;
        }
    }
    tr->depth = base + outputs;
    if (tr->depth > tr->max_depth) /* one slot of swap's detour may lie above: FRAME_EXTRA_SLOTS */
        tr->error = "Operand stack overflow";
}
