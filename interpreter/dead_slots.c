/* Forgets what no code can reach any more on the Java stacks, which the collector scans whole: local variables whose
 * scope has ended and operands that were consumed.  Runs before collections that a program asks for.
 *
 * What a slot holds at an instruction follows from the bytecode as in verification by type inference (JVMS 4.10.2),
 * with the kinds reference and other value only: a local variable that is not of the same kind on all paths to an
 * instruction cannot be read before it is assigned again. */
#include <stdlib.h>

#include "classloader/classfile.h"
#include "interpreter/interpreter.h"
#include "interpreter/translate.h"
#include "vm/safepoint.h"

enum {
    CACHED = 64,                 /* methods whose states are kept while the stacks are walked */
    LARGEST = 4 << 20,           /* bytes of one method's states: larger methods keep all their slots */
    UNREACHED = -1,
};

/* The state before each instruction: `depth` of the operand stack, and for each local variable a bit in `references` or
 * in `values`, or in neither. */
struct states {
    const struct method *m;
    uint32_t words;              /* of one set of bits */
    int32_t *depth;              /* [bytecode_length], UNREACHED */
    uint64_t *bits;              /* [bytecode_length][2][words] */
    uint64_t *current;           /* [2][words] while instructions are run */
    uint16_t *work;              /* [bytecode_length] instructions to be run (again) */
    bool *queued;                /* [bytecode_length] */
    uint32_t work_count;
    int32_t current_depth;
    bool failed;                 /* jsr, invalid code: no states */
};

/* ---- one instruction ------------------------------------------------------------------------------------- */

static void set_kind(uint64_t *sets, uint32_t words, uint32_t local, bool reference)
{
    uint64_t bit = 1ull << local % 64;
    uint64_t *references = sets + local / 64, *values = references + words;
    *references = reference ? *references | bit : *references & ~bit;
    *values = reference ? *values & ~bit : *values | bit;
}

static void store_local_kind(struct states *s, uint32_t local, uint32_t group)
{
    enum { LONG = 1, DOUBLE = 3, REFERENCE = 4 };
    if (local >= s->m->max_locals) {
        s->failed = true;
        return;
    }
    set_kind(s->current, s->words, local, group == REFERENCE);
    if (group == LONG || group == DOUBLE)
        set_kind(s->current, s->words, local + 1, false);
}

static void run_stores(struct states *s, const uint8_t *p)
{
    if (*p == OPC_wide && p[1] >= OPC_istore && p[1] <= OPC_astore)
        store_local_kind(s, read_u2(p + 2), p[1] - OPC_istore);
    else if (*p >= OPC_istore && *p <= OPC_astore)
        store_local_kind(s, p[1], *p - OPC_istore);
    else if (*p >= OPC_istore_0 && *p <= OPC_astore_3)
        store_local_kind(s, (*p - OPC_istore_0) % 4, (*p - OPC_istore_0) / 4);
}

/* ---- the analysis ---------------------------------------------------------------------------------------- */

static uint64_t *state_at(const struct states *s, uint32_t bci)
{
    return s->bits + (size_t)bci * 2 * s->words;
}

/* The current state reaches the instruction at bci. */
static void reach(void *arg, uint32_t bci)
{
    struct states *s = arg;
    if (bci >= s->m->bytecode_length || s->current_depth < 0 || s->current_depth > s->m->max_stack) {
        s->failed = true; /* in classes that were not verified */
        return;
    }
    uint64_t *there = state_at(s, bci);
    bool changed = s->depth[bci] == UNREACHED;
    if (changed) {
        s->depth[bci] = s->current_depth;
        memcpy(there, s->current, 2 * s->words * sizeof *there);
    } else {
        for (uint32_t i = 0; i < 2 * s->words; i++) {
            changed |= (there[i] & ~s->current[i]) != 0;
            there[i] &= s->current[i];
        }
    }
    if (changed && !s->queued[bci]) {
        s->queued[bci] = true;
        s->work[s->work_count++] = (uint16_t)bci;
    }
}

static void reach_handlers(struct states *s, uint32_t bci)
{
    int32_t depth = s->current_depth;
    s->current_depth = 1;
    for (uint32_t i = 0; i < s->m->handler_count; i++)
        if (bci >= s->m->handlers[i].start_pc && bci < s->m->handlers[i].end_pc)
            reach(s, s->m->handlers[i].handler_pc);
    s->current_depth = depth;
}

static void run_instruction(struct states *s, uint32_t bci)
{
    const uint8_t *code = s->m->bytecode;
    uint8_t opcode = code[bci];
    if (opcode == OPC_jsr || opcode == OPC_jsr_w || opcode == OPC_ret) {
        s->failed = true;
        return;
    }
    memcpy(s->current, state_at(s, bci), 2 * s->words * sizeof *s->current);
    s->current_depth = s->depth[bci];
    reach_handlers(s, bci);
    run_stores(s, code + bci);
    s->current_depth += bytecode_depth_effect(&s->m->owner->cp, code, bci);
    bytecode_targets(code, bci, reach, s);
    if (!(opcode_table[opcode].flags & OP_ENDS_BLOCK))
        reach(s, bytecode_next(code, bci, s->m->bytecode_length));
}

static void reach_start(struct states *s)
{
    uint32_t local = 0;
    memset(s->current, 0, 2 * s->words * sizeof *s->current);
    s->current_depth = 0;
    if (!method_is_static(s->m))
        set_kind(s->current, s->words, local++, true);
    for (const char *p = s->m->descriptor->bytes + 1; *p != ')'; p++) {
        bool wide = *p == 'J' || *p == 'D', reference = *p == 'L' || *p == '[';
        set_kind(s->current, s->words, local++, reference);
        if (wide)
            set_kind(s->current, s->words, local++, false);
        while (*p == '[')
            p++;
        if (*p == 'L')
            p = strchr(p, ';');
    }
    reach(s, 0);
}

/* All arrays of `s` lie in one block, which begins with the bits. */
static bool allocate(struct states *s)
{
    size_t length = s->m->bytecode_length;
    s->words = (s->m->max_locals + 1u + 63) / 64; /* a long in the last local variable names one more */
    size_t sets = (length + 1) * 2 * s->words * sizeof(uint64_t);
    size_t bytes = sets + length * (sizeof *s->depth + sizeof *s->work + sizeof *s->queued);
    s->bits = bytes > LARGEST ? NULL : malloc(bytes);
    if (s->bits == NULL)
        return false;
    s->current = s->bits + length * 2 * s->words;
    s->depth = (int32_t *)(void *)((char *)s->bits + sets);
    s->work = (uint16_t *)(void *)(s->depth + length);
    s->queued = (bool *)(s->work + length);
    memset(s->depth, UNREACHED, length * sizeof *s->depth);
    memset(s->queued, 0, length * sizeof *s->queued);
    return true;
}

static void analyse(struct states *s, const struct method *m)
{
    *s = (struct states){.m = m};
    s->failed = !allocate(s);
    if (s->failed)
        return;
    reach_start(s);
    while (s->work_count > 0 && !s->failed) {
        uint32_t bci = s->work[--s->work_count];
        s->queued[bci] = false;
        run_instruction(s, bci);
    }
}

/* ---- frames ---------------------------------------------------------------------------------------------- */

static const struct states *states_of(struct states *cache, const struct method *m)
{
    struct states *s = &cache[((uintptr_t)m >> 4) % CACHED];
    if (s->m != m) {
        free(s->bits);
        analyse(s, m);
    }
    return s;
}

static const struct code *running_code(const struct frame *f)
{
    const struct code *code = f->method->code;
    if (code != NULL && !code_contains(code, f->pc))
        code = atomic_load_explicit(&code->plain, memory_order_acquire);
    return code != NULL && code_contains(code, f->pc) ? code : NULL;
}

/* The pc is that of the instruction which called out, also in a pair.  `inner` is the frame that was pushed after f, or
 * NULL.  A callee's local variables lie on its caller's operands; a base frame lies behind all room for them. */
static void clear_frame(struct frame *f, const struct frame *inner, struct states *cache)
{
    const struct code *code = running_code(f);
    if (code == NULL || code->lock_first != f->method->max_locals)
        return;
    const struct states *s = states_of(cache, f->method);
    if (s->failed)
        return;
    uint32_t bci = code->bcis[(const struct insn *)(const void *)f->pc - code->insns];
    int32_t depth = s->depth[bci];
    if (depth == UNREACHED)
        return; /* not the beginning of an instruction */
    const uint64_t *references = state_at(s, bci), *values = references + s->words;
    for (uint32_t i = 0; i < f->method->max_locals; i++)
        if (!((references[i / 64] | values[i / 64]) >> i % 64 & 1))
            f->locals[i].j = 0;
    if (code->frame_offset > code->lock_first + code->lock_count)
        f->locals[code->frame_offset - 1].j = 0; /* no local variables: the slot for the result */
    if (inner == NULL || inner->method == NULL)
        for (union slot *p = frame_stack(f) + depth + FRAME_EXTRA_SLOTS; p < frame_scan_limit(f); p++)
            p->j = 0;
}

void interpreter_clear_dead_slots(struct thread *t)
{
    struct states *cache = calloc(CACHED, sizeof *cache);
    if (cache == NULL)
        return; /* they stay: the collector keeps a little more */
    safepoint_begin(t, "ClearDeadSlots");
    pthread_mutex_lock(&t->vm->threads_lock);
    for (struct thread *each = t->vm->threads; each != NULL; each = each->next) {
        const struct frame *inner = NULL;
        for (struct frame *f = each->frame; f != NULL; inner = f, f = f->previous)
            if (f->method != NULL && !(f->flags & FRAME_NATIVE))
                clear_frame(f, inner, cache);
    }
    pthread_mutex_unlock(&t->vm->threads_lock);
    safepoint_end(t);
    for (size_t i = 0; i < CACHED; i++)
        free(cache[i].bits);
    free(cache);
}
