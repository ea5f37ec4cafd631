/* Bytecode to register code: the driver, emission and branch fix-ups.  One linear pass over the blocks; the depth of
 * the operand stack at a target comes from the branches before it.  Code whose blocks are reached only from behind
 * (loops with the test at the end) is translated again with depths computed beforehand. */
#include "interpreter/translate.h"
#include "vm/exception.h"

static const uint8_t ir_words[IR_COUNT] = {
#define IR(name, words, flags) words,
#include "interpreter/ir.def"
#undef IR
};
static const uint8_t ir_flags[IR_COUNT] = {
#define IR(name, words, flags) flags,
#include "interpreter/ir.def"
#undef IR
};

static uint32_t new_word(struct translator *tr)
{
    if (UNLIKELY(tr->count == tr->capacity) && !translation_grow(tr)) {
        translation_no_memory(tr);
        tr->count = 0; /* the rest of the instruction's words go anywhere */
    }
    tr->bcis[tr->count] = (uint16_t)tr->bci;
    return tr->count++;
}

void emit(struct translator *tr, enum ir op, uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t at = new_word(tr);
    tr->out[at] = (struct insn){ (uint16_t)op, (uint16_t)a, (uint16_t)b, (uint16_t)c };
    if (!tr->plain && at > 0 && tr->last == at - 1)
        tr->out[at - 1].op = (uint16_t)fused_form(tr->out[at - 1], tr->out[at]);
    tr->last = at;
}

void emit_word(struct translator *tr, uint64_t word)
{
    uint32_t at = new_word(tr);
    memcpy(&tr->out[at], &word, sizeof word);
}

void emit_wide(struct translator *tr, enum ir op, uint32_t a, uint32_t b, uint32_t c, uint64_t word)
{
    emit(tr, op, a, b, c);
    emit_word(tr, word);
}

void emit_imm32(struct translator *tr, enum ir op, uint32_t a, int32_t value)
{
    emit(tr, op, a, (uint32_t)value & 0xffff, (uint32_t)value >> 16);
}

/* ---- branches ------------------------------------------------------------------------------------------------- */

void branch_to(struct translator *tr, enum fixup_kind kind, uint32_t at, uint32_t place, uint32_t target)
{
    if (target >= tr->length) {
        tr->error = "Illegal target of jump or branch";
        return;
    }
    if (tr->depths[target] < 0) {
        tr->depths[target] = (int32_t)tr->depth;
        if (target <= tr->bci) /* its block was taken for unreachable */
            tr->retry_depths = true;
    } else if ((uint32_t)tr->depths[target] != tr->depth) {
        tr->error = "Inconsistent stackmap frames";
    }
    if (tr->fixup_count == tr->fixup_capacity && !translation_grow_fixups(tr)) {
        translation_no_memory(tr);
        return;
    }
    tr->fixups[tr->fixup_count++] = (struct fixup){ at, target, place, (uint8_t)kind };
}

/* `i++; if (i < n) goto back` in one instruction. */
static bool emit_loop(struct translator *tr, enum ir op, uint32_t a, int32_t b)
{
    const struct insn *step = &tr->out[tr->last];
    if (tr->plain || tr->count == 0 || tr->last != tr->count - 1 || tr->last < tr->barrier || step->op != IR_IINC ||
        insn_imm32(step) != 1)
        return false;
    enum ir loop;
    if (op == IR_IF_ILT && step->a == a && (uint32_t)b != a)
        loop = IR_LOOP_ILT;
    else if (op == IR_IF_IGE && step->a == b && (uint32_t)b != a) /* n >= i */
        loop = IR_LOOP_ILE;
    else if (op == IR_IF_ILT_K && step->a == a)
        loop = IR_LOOP_ILT_K;
    else if (op == IR_IF_ILE_K && step->a == a)
        loop = IR_LOOP_ILE_K;
    else
        return false;
    uint32_t bound = loop == IR_LOOP_ILE ? a : (uint32_t)b;
    tr->count--;
    emit(tr, loop, step->a, bound, 0);
    return true;
}

/* Where a jump to a jump ends.  (Compilers write `break` in a loop's switch as two.) */
static uint32_t final_target(const struct translator *tr, uint32_t target)
{
    for (int hops = 0; hops < 4 && !tr->plain && target + 2 < tr->length && tr->bytecode[target] == OPC_goto; hops++)
        target += (uint32_t)read_s2(tr->bytecode + target + 1);
    return target;
}

void emit_condition(struct translator *tr, enum ir op, uint32_t a, int32_t b, uint32_t target)
{
    target = final_target(tr, target);
    bool back = target <= tr->bci;
    if (tr->profiled) {
        profile_condition(tr, op, a, b, target);
        return;
    }
    if (tr->far) {
        emit(tr, (enum ir)(((op - IR_COND_FIRST) ^ 1) + IR_COND_FIRST), a, (uint32_t)b & 0xffff, 2);
        emit_imm32(tr, back ? IR_GOTO_BACK : IR_GOTO, 0, 0);
        branch_to(tr, FIXUP_IMM32, tr->last, 0, target);
        return;
    }
    if (!back || !emit_loop(tr, op, a, b))
        emit(tr, back ? (enum ir)(op + IR_COND_COUNT) : op, a, (uint32_t)b & 0xffff, 0);
    branch_to(tr, FIXUP_COND, tr->last, 0, target);
}

static const struct fixup *fixup_at(const struct translator *tr, uint32_t at)
{
    uint32_t low = 0, high = tr->fixup_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (tr->fixups[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < tr->fixup_count && tr->fixups[low].at == at ? &tr->fixups[low] : NULL;
}

/* The exit test at a loop's head: a condition, perhaps behind one instruction that computes its operand. */
static bool find_test(struct translator *tr, uint32_t head, uint32_t *first, uint32_t *test)
{
    uint32_t at = tr->start[head];
    if (at >= tr->count || at + 1 >= tr->count)
        return false;
    enum ir op = unfused_form((enum ir)tr->out[at].op);
    *first = *test = at;
    if (ir_words[op] == 1 && ir_flags[op] == IR_DEST)
        *test = at + 1;
    op = (enum ir)tr->out[*test].op;
    return op >= IR_COND_FIRST && op < IR_BACK_FIRST && *test < tr->last;
}

/* A jump back to a loop's test: tests here instead, jumping to behind the test at the head.  The word after the head's
 * test is no target of the bytecode, so the offset is known now. */
static bool emit_inverted_loop(struct translator *tr, uint32_t head)
{
    uint32_t first, at;
    if (tr->far || tr->plain || tr->profiled || tr->start[head] == NO_START || tr->depths[head] != (int32_t)tr->depth ||
        !find_test(tr, head, &first, &at))
        return false;
    const struct fixup *exit = fixup_at(tr, at);
    if (exit == NULL)
        return false;
    struct insn test = tr->out[at];
    uint32_t exit_target = exit->target, bci = tr->bci;
    enum ir op = (enum ir)(((test.op - IR_COND_FIRST) ^ 1) + IR_COND_FIRST);
    bool constant = (op >= IR_IF_IEQ_K && op <= IR_IF_ILE_K) || (op >= IR_IF_LEQ_K && op <= IR_IF_LLE_K);
    if (first != at) {
        struct insn before = tr->out[first];
        tr->bci = tr->bcis[first];
        emit(tr, unfused_form((enum ir)before.op), before.a, before.b, before.c);
        tr->bci = bci;
    }
    if (first != at || !emit_loop(tr, op, test.a, constant ? (int16_t)test.b : (int32_t)test.b))
        emit(tr, (enum ir)(op + IR_COND_COUNT), test.a, test.b, 0);
    int64_t offset = (int64_t)at + 1 - tr->last;
    if (offset < INT16_MIN) {
        tr->retry_far = true;
        offset = 0;
    }
    tr->out[tr->last].c = (uint16_t)offset;
    tr->depth = (uint32_t)tr->depths[exit_target]; /* `dup; ifnull` leaves an operand that was not there at the head */
    uint32_t next = bci + (tr->bytecode[bci] == OPC_goto_w ? 5 : 3);
    if (exit_target == next)
        return true; /* falls through to the exit */
    emit_imm32(tr, exit_target <= bci ? IR_GOTO_BACK : IR_GOTO, 0, 0);
    branch_to(tr, FIXUP_IMM32, tr->last, 0, exit_target);
    return true;
}

void emit_goto(struct translator *tr, uint32_t target)
{
    target = final_target(tr, target);
    if (target <= tr->bci && target < tr->length && emit_inverted_loop(tr, target))
        return;
    emit_imm32(tr, target <= tr->bci ? IR_GOTO_BACK : IR_GOTO, 0, 0);
    branch_to(tr, FIXUP_IMM32, tr->last, 0, target);
}

bool next_is(const struct translator *tr, uint32_t bci, uint8_t low, uint8_t high)
{
    return !tr->plain && bci < tr->length && !(tr->marks[bci] & MARK_TARGET) && tr->bytecode[bci] >= low &&
           tr->bytecode[bci] <= high;
}

static void apply_fixups(struct translator *tr)
{
    for (uint32_t i = 0; i < tr->fixup_count; i++) {
        const struct fixup *f = &tr->fixups[i];
        if (tr->start[f->target] == NO_START) {
            tr->error = "Illegal target of jump or branch";
            return;
        }
        int32_t offset = (int32_t)tr->start[f->target] - (int32_t)f->at;
        struct insn *insn = &tr->out[f->at];
        if (f->kind == FIXUP_TABLE) {
            memcpy((char *)(insn + 1) + (size_t)f->place * 4, &offset, sizeof offset);
        } else if (f->kind == FIXUP_IMM32) {
            insn->b = (uint16_t)offset;
            insn->c = (uint16_t)((uint32_t)offset >> 16);
        } else {
            if (offset < INT16_MIN || offset > INT16_MAX)
                tr->retry_far = true;
            insn->c = (uint16_t)offset;
        }
    }
}

/* ---- the pass --------------------------------------------------------------------------------------------------- */

static void mark_target(void *arg, uint32_t target)
{
    struct translator *tr = arg;
    if (target >= tr->length)
        tr->error = "Illegal target of jump or branch";
    else
        tr->marks[target] |= target <= tr->bci ? MARK_TARGET | MARK_LOOP : MARK_TARGET;
}

/* Marks the beginnings of blocks and counts monitorenter instructions.  (Each has a slot for the monitor that it
 * enters, up to a limit; locks.c has a place for more.) */
static void scan(struct translator *tr)
{
    for (uint32_t bci = 0; bci < tr->length && tr->error == NULL;) {
        tr->bci = bci;
        uint8_t opcode = tr->bytecode[bci];
        uint32_t next = bytecode_next(tr->bytecode, bci, tr->length);
        if (opcode >= OPCODE_COUNT || next > tr->length) {
            tr->error = "Bad instruction";
            return;
        }
        if (opcode >= OPC_ifeq) {
            bytecode_targets(tr->bytecode, bci, mark_target, tr);
            if ((opcode == OPC_jsr || opcode == OPC_jsr_w) && next < tr->length)
                tr->marks[next] |= MARK_TARGET;
            tr->lock_count += opcode == OPC_monitorenter && tr->lock_count < LOCK_SLOTS_MAXIMUM;
        }
        bci = next;
    }
    tr->bci = 0;
    for (uint32_t i = 0; i < tr->m->handler_count; i++)
        mark_target(tr, tr->m->handlers[i].handler_pc);
}

/* Entering the block at bci. */
static void begin_block(struct translator *tr)
{
    int32_t depth = tr->depths[tr->bci];
    if (tr->live) {
        uint32_t bci = tr->bci;
        tr->bci = bci > 0 ? bci - 1 : 0; /* what is stored now belongs to the block before */
        flush(tr, 0, tr->depth);
        tr->bci = bci;
        if (depth >= 0 && (uint32_t)depth != tr->depth) {
            tr->error = "Inconsistent stackmap frames";
            return;
        }
        tr->depths[tr->bci] = (int32_t)tr->depth;
    } else if (depth >= 0) {
        tr->depth = (uint32_t)depth;
        tr->live = true;
    } else {
        return;
    }
    for (uint32_t i = 0; i < tr->depth; i++)
        tr->stack[i].kind = OPERAND_STACK;
    tr->start[tr->bci] = tr->barrier = tr->count;
    if (tr->profiled && (tr->marks[tr->bci] & MARK_LOOP))
        profile_loop_start(tr);
}

static void run_pass(struct translator *tr)
{
    tr->live = true;
    tr->depth = tr->count = tr->fixup_count = tr->barrier = 0;
    tr->last = UINT32_MAX;
    tr->bci = 0;
    if (tr->profiled)
        profile_method_start(tr);
    for (uint32_t i = 0; i < tr->m->handler_count; i++)
        if (tr->error == NULL)
            tr->depths[tr->m->handlers[i].handler_pc] = 1;
    for (uint32_t bci = 0; bci < tr->length && tr->error == NULL;) {
        tr->bci = bci;
        if (tr->marks[bci] & MARK_TARGET)
            begin_block(tr);
        if (!tr->live) {
            bci = bytecode_next(tr->bytecode, bci, tr->length);
            continue;
        }
        bci = translate_instruction(tr);
        if (tr->plain && tr->live) {
            flush(tr, 0, tr->depth);
            tr->barrier = tr->count;
        }
    }
    if (tr->error == NULL && tr->live)
        tr->error = "Control flow falls through code end";
    if (tr->error == NULL && !tr->retry_depths)
        apply_fixups(tr);
}

static struct code *assemble(struct translator *tr)
{
    struct method *m = tr->m;
    size_t size = sizeof(struct code) + tr->count * (sizeof(struct insn) + sizeof(uint16_t));
    struct code *code = arena_try_alloc(m->owner->loader->arena, size);
    if (code == NULL) {
        translation_no_memory(tr);
        return NULL;
    }
    code->lock_first = tr->local_count;
    code->lock_count = tr->lock_count;
    code->frame_offset = tr->stack_base - FRAME_SLOTS;
    code->frame_bytes = (uint32_t)((tr->stack_base + m->max_stack + FRAME_EXTRA_SLOTS) * sizeof(union slot));
    if (method_is_synchronized(m))
        code->entry_flags |= FRAME_SYNCHRONIZED;
    if (tr->lock_count > 0)
        code->entry_flags |= FRAME_LOCK_SLOTS;
    if (m->name == sym_init && m->owner->super == NULL)
        code->entry_flags |= FRAME_REGISTER_FINALIZER;
    code->profile_layout = tr->profiled ? profile_layout_of(tr) : NULL;
    code->count = tr->count;
    code->bcis = (uint16_t *)(void *)(code->insns + tr->count);
    memcpy(code->insns, tr->out, tr->count * sizeof *tr->out);
    memcpy(code->bcis, tr->bcis, tr->count * sizeof *tr->bcis);
    return code;
}

static void translate(struct translator *tr)
{
    scan(tr);
    if (tr->error != NULL)
        return;
    assign_registers(tr);
    if (tr->error == NULL)
        run_pass(tr);
    while (tr->error == NULL && (tr->retry_depths || tr->retry_far)) {
        if (tr->retry_depths && tr->depths_known) {
            tr->error = "Inconsistent stackmap frames";
            return;
        }
        tr->far |= tr->retry_far;
        tr->depths_known |= tr->retry_depths;
        tr->retry_far = tr->retry_depths = false;
        memset(tr->depths, -1, tr->length * sizeof *tr->depths);
        memset(tr->start, -1, tr->length * sizeof *tr->start);
        if (tr->depths_known && !bytecode_depths(tr))
            return;
        run_pass(tr);
    }
}

static void throw_error(struct translator *tr)
{
    const struct method *m = tr->m;
    const char *owner = m->owner->name->bytes, *name = m->name->bytes, *descriptor = m->descriptor->bytes;
    if (tr->no_memory)
        exception_throw_out_of_memory(tr->t, "native memory for the code of a method");
    else if (tr->error == NULL)
        exception_throw(tr->t, "java/lang/InternalError",
                        "%s.%s%s uses more than 65536 local variables and operands at once", owner, name, descriptor);
    else
        exception_throw(tr->t, "java/lang/VerifyError", "%s: %s.%s%s @%u", tr->error, owner, name, descriptor, tr->bci);
}

struct code *code_translate(struct thread *t, struct method *m, bool plain)
{
    struct translator tr = { .t = t, .m = m, .cp = &m->owner->cp, .bytecode = m->bytecode, .length = m->bytecode_length,
                             .plain = plain, .profiled = t->vm->options.profile && !plain,
                             .far = m->bytecode_length > 12000, .max_depth = m->max_stack };
    struct translator_memory memory;
    struct code *code = NULL;
    if (translation_begin(&tr, &memory)) {
        translate(&tr);
        if (tr.error == NULL && !tr.crowded)
            code = assemble(&tr);
        translation_end(&tr, &memory);
    } else {
        translation_no_memory(&tr);
    }
    if (code == NULL)
        throw_error(&tr);
    return code;
}
