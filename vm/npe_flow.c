/* Data flow over a method's original bytecode: which instruction pushed each operand.
 * One pass in code order, repeated while new instructions are reached, as the messages to be matched come from such an
 * analysis: it stops at the first stack known for the wanted instruction. */
#include <stdlib.h>

#include "vm/npe_private.h"
#include "vm/opcodes.h"

enum { ENTRIES_MAXIMUM = 1000000, TRACKED_LOCALS = 64 };

static int16_t read_s2(const uint8_t *p)
{
    return (int16_t)read_u2(p);
}

uint32_t npe_type_slots(char type)
{
    return type == 'V' ? 0 : type == 'J' || type == 'D' ? 2 : 1;
}

static const char *skip_type(const char *p)
{
    while (*p == '[')
        p++;
    if (*p == 'L')
        p = strchr(p, ';');
    return p != NULL && *p != '\0' ? p + 1 : NULL;
}

uint32_t npe_descriptor_slots(const struct symbol *descriptor)
{
    uint32_t slots = 0;
    for (const char *p = descriptor->bytes + 1; p != NULL && *p != ')' && *p != '\0'; p = skip_type(p))
        slots += npe_type_slots(*p);
    return slots;
}

static char return_type(const struct symbol *descriptor)
{
    const char *end = strchr(descriptor->bytes, ')');
    return end != NULL ? end[1] : 'V';
}

/* ---- stacks ---------------------------------------------------------------------------------------------- */

static void push_raw(struct npe_flow *flow, struct npe_stack *s, uint32_t source)
{
    if (s->depth >= flow->m->max_stack)
        flow->failed = true;
    else
        s->source[s->depth++] = source;
}

static void push(struct npe_flow *flow, struct npe_stack *s, uint32_t bci, uint32_t slots)
{
    for (uint32_t i = 0; i < slots; i++)
        push_raw(flow, s, bci);
}

static void pop(struct npe_flow *flow, struct npe_stack *s, uint32_t slots)
{
    if (slots > s->depth)
        flow->failed = true;
    else
        s->depth -= slots;
}

static size_t stack_bytes(const struct npe_flow *flow)
{
    return sizeof(struct npe_stack) + flow->m->max_stack * sizeof(uint32_t);
}

static void merge(struct npe_flow *flow, uint32_t bci, const struct npe_stack *from)
{
    if (bci >= flow->m->bytecode_length) {
        flow->failed = true;
        return;
    }
    struct npe_stack *into = flow->stacks[bci];
    if (into == NULL) {
        size_t bytes = sizeof *into + from->depth * sizeof(uint32_t);
        into = flow->stacks[bci] = malloc(bytes);
        if (into == NULL)
            flow->failed = true;
        else
            memcpy(into, from, bytes);
        flow->progress = true;
        flow->entries += from->depth;
        return;
    }
    if (into->depth != from->depth) {
        flow->failed = true;
        return;
    }
    into->written_locals |= from->written_locals;
    for (uint32_t i = 0; i < from->depth; i++)
        if (into->source[i] != from->source[i])
            into->source[i] = NPE_UNKNOWN;
}

/* ---- instructions ---------------------------------------------------------------------------------------- */

static uint32_t letters_slots(const char *letters)
{
    uint32_t slots = 0;
    for (; *letters != '\0'; letters++)
        slots += *letters == 'J' || *letters == 'D' || *letters == '2' ? 2 : 1;
    return slots;
}

/* dup, dup_x1 ... swap: copies keep the source of the original.  `copied` slots on top go below `skipped` more. */
static void duplicate(struct npe_flow *flow, struct npe_stack *s, uint32_t copied, uint32_t skipped)
{
    uint32_t saved[4], total = copied + skipped;
    if (total > s->depth) {
        flow->failed = true;
        return;
    }
    memcpy(saved, s->source + s->depth - total, total * sizeof saved[0]);
    s->depth -= total;
    for (uint32_t i = 0; i < copied; i++)
        push_raw(flow, s, saved[skipped + i]);
    for (uint32_t i = 0; i < total; i++)
        push_raw(flow, s, saved[i]);
}

static void swap(struct npe_flow *flow, struct npe_stack *s)
{
    if (s->depth < 2) {
        flow->failed = true;
        return;
    }
    uint32_t top = s->source[s->depth - 1];
    s->source[s->depth - 1] = s->source[s->depth - 2];
    s->source[s->depth - 2] = top;
}

static bool stack_shuffle(struct npe_flow *flow, struct npe_stack *s, uint8_t op)
{
    switch (op) {
    case OPC_dup: duplicate(flow, s, 1, 0); return true;
    case OPC_dup_x1: duplicate(flow, s, 1, 1); return true;
    case OPC_dup_x2: duplicate(flow, s, 1, 2); return true;
    case OPC_dup2: duplicate(flow, s, 2, 0); return true;
    case OPC_dup2_x1: duplicate(flow, s, 2, 1); return true;
    case OPC_dup2_x2: duplicate(flow, s, 2, 2); return true;
    case OPC_swap: swap(flow, s); return true;
    case OPC_checkcast: return true; /* the value keeps its source */
    default: return false;
    }
}

static uint32_t constant_slots(const struct constant_pool *cp, uint16_t index)
{
    switch (cp->tags[index]) {
    case CP_LONG:
    case CP_DOUBLE: return 2;
    case CP_DYNAMIC: return npe_type_slots(cp_utf8(cp, cp->values[cp->values[index].ref.b].ref.b)->bytes[0]);
    default: return 1;
    }
}

static void field_instruction(struct npe_flow *flow, struct npe_stack *s, uint32_t bci, uint8_t op, uint16_t index)
{
    struct cp_member member = cp_member(&flow->m->owner->cp, index);
    uint32_t slots = npe_type_slots(member.descriptor->bytes[0]);
    bool put = op == OPC_putfield || op == OPC_putstatic;
    pop(flow, s, (put ? slots : 0) + (op == OPC_getfield || op == OPC_putfield));
    if (!put)
        push(flow, s, bci, slots);
}

static void call_instruction(struct npe_flow *flow, struct npe_stack *s, uint32_t bci, uint8_t op, uint16_t index)
{
    const struct constant_pool *cp = &flow->m->owner->cp;
    const struct symbol *descriptor = op == OPC_invokedynamic ? cp_utf8(cp, cp->values[cp->values[index].ref.b].ref.b)
                                                              : cp_member(cp, index).descriptor;
    pop(flow, s, npe_descriptor_slots(descriptor) + (op != OPC_invokestatic && op != OPC_invokedynamic));
    push(flow, s, bci, npe_type_slots(return_type(descriptor)));
}

static uint32_t local_index(uint8_t op, const uint8_t *operands, bool wide)
{
    if (op >= OPC_istore_0 && op <= OPC_astore_3)
        return (uint32_t)(op - OPC_istore_0) & 3;
    return wide ? read_u2(operands) : operands[0];
}

/* Stores and iinc make a local something else than the parameter that it may have been. */
static void note_store(struct npe_stack *s, uint8_t op, const uint8_t *operands, bool wide)
{
    bool two = op == OPC_lstore || op == OPC_dstore || (op >= OPC_lstore_0 && op <= OPC_lstore_3) ||
               (op >= OPC_dstore_0 && op <= OPC_dstore_3);
    if (op != OPC_iinc && (op < OPC_istore || op > OPC_astore_3))
        return;
    uint32_t index = local_index(op, operands, wide);
    for (uint32_t i = index; i <= index + two && i < TRACKED_LOCALS; i++)
        s->written_locals |= 1ull << i;
}

static void by_constant_pool(struct npe_flow *flow, struct npe_stack *s, uint32_t bci, uint8_t op,
                             const uint8_t *operands)
{
    switch (op) {
    case OPC_ldc: push(flow, s, bci, constant_slots(&flow->m->owner->cp, operands[0])); break;
    case OPC_ldc_w:
    case OPC_ldc2_w: push(flow, s, bci, constant_slots(&flow->m->owner->cp, read_u2(operands))); break;
    case OPC_getstatic:
    case OPC_putstatic:
    case OPC_getfield:
    case OPC_putfield: field_instruction(flow, s, bci, op, read_u2(operands)); break;
    case OPC_multianewarray:
        pop(flow, s, operands[2]);
        push(flow, s, bci, 1);
        break;
    default: call_instruction(flow, s, bci, op, read_u2(operands)); break;
    }
}

static void effect(struct npe_flow *flow, struct npe_stack *s, uint32_t bci, uint8_t op, const uint8_t *operands,
                   bool wide)
{
    const struct opcode_info *info = &opcode_table[op];
    note_store(s, op, operands, wide);
    if (stack_shuffle(flow, s, op))
        return;
    if (strchr(info->pops, '*') != NULL || strchr(info->pushes, '*') != NULL) {
        by_constant_pool(flow, s, bci, op, operands);
        return;
    }
    pop(flow, s, letters_slots(info->pops));
    push(flow, s, bci, letters_slots(info->pushes));
}

static void switch_targets(struct npe_flow *flow, const struct npe_stack *s, uint32_t bci, uint8_t op)
{
    const uint8_t *code = flow->m->bytecode, *p = code + ((bci + 4) & ~3u);
    merge(flow, bci + read_u4(p), s);
    if (op == OPC_tableswitch) {
        int64_t count = (int64_t)(int32_t)read_u4(p + 8) - (int32_t)read_u4(p + 4) + 1;
        for (int64_t i = 0; i < count; i++)
            merge(flow, bci + read_u4(p + 12 + 4 * i), s);
    } else {
        uint32_t pairs = read_u4(p + 4);
        for (uint32_t i = 0; i < pairs; i++)
            merge(flow, bci + read_u4(p + 12 + 8 * (size_t)i), s);
    }
}

static void branch_targets(struct npe_flow *flow, const struct npe_stack *s, uint32_t bci, uint8_t op)
{
    const uint8_t *operands = flow->m->bytecode + bci + 1;
    switch (opcode_table[op].format) {
    case FORMAT_BRANCH2: merge(flow, bci + (uint32_t)(int32_t)read_s2(operands), s); break;
    case FORMAT_BRANCH4: merge(flow, bci + read_u4(operands), s); break;
    case FORMAT_TABLESWITCH:
    case FORMAT_LOOKUPSWITCH: switch_targets(flow, s, bci, op); break;
    default: break;
    }
}

/* Returns the instruction's length, 0 for code that is none. */
static uint32_t instruction(struct npe_flow *flow, uint32_t bci, struct npe_stack *s)
{
    const struct method *m = flow->m;
    uint32_t length = opcode_length_at(m->bytecode, bci, m->bytecode_length);
    if (length == 0)
        return 0;
    const struct npe_stack *before = flow->stacks[bci];
    if (before == NULL) {
        flow->complete = false;
        return length;
    }
    memcpy(s, before, sizeof *s + before->depth * sizeof(uint32_t));
    const uint8_t *p = m->bytecode + bci;
    bool wide = *p == OPC_wide;
    p += wide;
    uint8_t op = *p;
    effect(flow, s, bci, op, p + 1, wide);
    if ((opcode_table[op].flags & OP_ENDS_BLOCK) == 0 && op != OPC_ret && !flow->failed)
        merge(flow, bci + length, s);
    if ((opcode_table[op].flags & OP_BRANCHES) != 0 && !flow->failed)
        branch_targets(flow, s, bci, op);
    return length;
}

static void pass(struct npe_flow *flow, struct npe_stack *scratch)
{
    flow->complete = true;
    flow->progress = false;
    for (uint32_t bci = 0; bci < flow->m->bytecode_length && !flow->failed;) {
        uint32_t length = instruction(flow, bci, scratch);
        if (length == 0) {
            flow->failed = true;
            return;
        }
        bci += length;
        if (bci == flow->target && flow->stacks[bci] != NULL) {
            flow->complete = true;
            return;
        }
        if (flow->entries > ENTRIES_MAXIMUM)
            flow->failed = true;
    }
}

static void seed(struct npe_flow *flow, struct npe_stack *scratch)
{
    const struct method *m = flow->m;
    scratch->depth = 0;
    scratch->written_locals = 0;
    merge(flow, 0, scratch);
    for (uint16_t i = 0; i < m->handler_count; i++) {
        uint16_t pc = m->handlers[i].handler_pc;
        if (pc >= m->bytecode_length || flow->stacks[pc] != NULL)
            continue;
        scratch->depth = 0;
        push_raw(flow, scratch, pc);
        merge(flow, pc, scratch);
    }
}

bool npe_flow_run(struct npe_flow *flow, const struct method *m, uint32_t target)
{
    *flow = (struct npe_flow){.m = m, .target = target};
    flow->stacks = calloc(m->bytecode_length, sizeof *flow->stacks);
    struct npe_stack *scratch = malloc(stack_bytes(flow));
    if (flow->stacks == NULL || scratch == NULL)
        flow->failed = true;
    else
        seed(flow, scratch);
    do {
        if (!flow->failed)
            pass(flow, scratch);
    } while (!flow->failed && !flow->complete && flow->progress);
    free(scratch);
    return flow->stacks != NULL;
}

void npe_flow_free(struct npe_flow *flow)
{
    for (uint32_t i = 0; flow->stacks != NULL && i < flow->m->bytecode_length; i++)
        free(flow->stacks[i]);
    free(flow->stacks);
}

uint32_t npe_flow_source(const struct npe_flow *flow, uint32_t bci, uint32_t from_top)
{
    const struct npe_stack *s = flow->stacks[bci];
    return s != NULL && from_top < s->depth ? s->source[s->depth - 1 - from_top] : NPE_UNKNOWN;
}

bool npe_flow_local_written(const struct npe_flow *flow, uint32_t bci, uint32_t local)
{
    const struct npe_stack *s = flow->stacks[bci];
    return local >= TRACKED_LOCALS || (s != NULL && (s->written_locals >> local & 1) != 0);
}
