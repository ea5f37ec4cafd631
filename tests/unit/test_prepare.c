/* Preparing methods: the plain form of register code, in which execution can be resumed at any instruction, and threads
 * that prepare one method together. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "classloader/linking.h"
#include "interpreter/code.h"
#include "interpreter/interpreter.h"
#include "runner.h"
#include "vm/call.h"
#include "vm/opcodes.h"
#include "vm/safepoint.h"
#include "vm_fixture.h"

static struct thread *t;

static void setup(void)
{
    fixture_start();
    t = fixture_thread;
}

static bool without_code(uint8_t opcode)
{
    return opcode == OPC_nop || opcode == OPC_pop || opcode == OPC_pop2;
}

/* Every instruction that can be reached has its own first word, in bytecode order. */
static void check_plain(struct method *m)
{
    ck_assert(code_prepare(t, m));
    struct code *plain = code_plain(t, m);
    ck_assert_ptr_nonnull(plain);
    ck_assert_ptr_eq(code_plain(t, m), plain);
    ck_assert_uint_eq(plain->frame_offset, m->code->frame_offset); /* one frame serves both forms */
    ck_assert_uint_eq(plain->frame_bytes, m->code->frame_bytes);
    bool *begins = calloc(m->bytecode_length, sizeof *begins), *covered = calloc(m->bytecode_length, sizeof *covered);
    for (uint32_t bci = 0; bci < m->bytecode_length; bci += opcode_length_at(m->bytecode, bci, m->bytecode_length))
        begins[bci] = true;
    for (uint32_t i = 0; i < plain->count; i++) {
        ck_assert(i == 0 || plain->bcis[i] >= plain->bcis[i - 1]);
        ck_assert(begins[plain->bcis[i]]);
        covered[plain->bcis[i]] = true;
    }
    bool reachable = true;
    for (uint32_t bci = 0; bci < m->bytecode_length; bci += opcode_length_at(m->bytecode, bci, m->bytecode_length)) {
        uint8_t opcode = m->bytecode[bci];
        if (!reachable && covered[bci])
            reachable = true;
        if (reachable && !without_code(opcode)) {
            ck_assert_msg(covered[bci], "%s.%s: no code for %s at %u", m->owner->name->bytes, m->name->bytes,
                          opcode_table[opcode].name, bci);
            ck_assert_uint_eq(plain->bcis[code_at(plain, bci) - plain->insns], bci);
        }
        if (opcode_table[opcode].flags & OP_ENDS_BLOCK)
            reachable = false;
    }
    free(begins);
    free(covered);
}

START_TEST(plain_form_has_every_instruction)
{
    static const char *const names[] = {
        "java/lang/String", "java/lang/Integer", "java/util/HashMap", "java/util/TreeMap", "java/math/BigInteger",
        "java/util/concurrent/ConcurrentHashMap", "java/lang/AbstractStringBuilder", "java/util/Formatter",
        "java/util/regex/Pattern", "java/util/zip/ZipFile", "java/lang/StrictMath", "java/util/concurrent/ForkJoinPool",
    };
    int methods = 0;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        struct class *c = fixture_boot_class(names[i]);
        for (uint32_t k = 0; k < c->method_count; k++) {
            if (c->methods[k]->bytecode == NULL)
                continue;
            check_plain(c->methods[k]);
            methods++;
        }
    }
    ck_assert_int_gt(methods, 800);
}
END_TEST

/* Runs `m` from `bci` on, with the given locals and operands, in a frame such as compiled code would leave. */
static int32_t resume(struct method *m, uint32_t bci, const int32_t *locals, const int32_t *operands, size_t depth)
{
    ck_assert_ptr_nonnull(code_plain(t, m));
    struct frame *base = (struct frame *)(void *)thread_stack_top(t);
    *base = (struct frame){.previous = t->frame};
    base->locals = frame_stack(base);
    base->sp = base->locals + 8;
    union slot *args = base->locals;
    for (uint32_t i = 0; i < m->max_locals; i++)
        args[i] = (union slot){.raw = (uint32_t)locals[i]};
    struct frame *f = (struct frame *)(void *)(args + m->code->frame_offset);
    *f = (struct frame){.previous = base, .method = m, .locals = args, .flags = FRAME_ENTRY};
    for (size_t i = 0; i < depth; i++)
        frame_stack(f)[i] = (union slot){.raw = (uint32_t)operands[i]};
    struct frame *before = t->frame;
    t->frame = f;
    interpreter_resume(t, f, bci);
    t->frame = before;
    ck_assert_ptr_null(t->exception);
    return args[0].i;
}

/* int f(int a, int b) { for (; b > 0; b--) a = a * 3 + b; return a; }, entered at each of its instructions. */
START_TEST(execution_resumes_anywhere)
{
    struct assembler a;
    asm_begin(&a, "q/Resumed", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    asm_method(&a, ACC_STATIC, "f", "(II)I", 2, 2,
               "iload_1 ifle #15 iload_0 iconst_3 imul iload_1 iadd istore_0 iinc 1 -1 goto #-13 iload_0 ireturn");
    struct class *c = asm_define(&a);
    ck_assert(initialize_class(t, c));
    struct method *m = fixture_method(c, "f", "(II)I");
    union slot result;
    ck_assert(java_callv(t, m, &result, 5, 2));
    ck_assert_int_eq(result.i, (5 * 3 + 2) * 3 + 1);
    static const struct { uint32_t bci; int32_t operands[2]; size_t depth; int32_t result; } entries[] = {
        {0, {0}, 0, 52}, {1, {2}, 1, 52}, {4, {0}, 0, 52}, {5, {5}, 1, 52}, {6, {5, 3}, 2, 52}, {7, {15}, 1, 52},
        {8, {15, 2}, 2, 52}, {9, {17}, 1, 52}, {10, {0}, 0, 16}, {13, {0}, 0, 52}, {16, {0}, 0, 5}, {17, {99}, 1, 99},
    };
    for (size_t i = 0; i < ARRAY_COUNT(entries); i++) {
        const int32_t locals[] = {5, 2};
        ck_assert_int_eq(resume(m, entries[i].bci, locals, entries[i].operands, entries[i].depth), entries[i].result);
    }
}
END_TEST

/* ---- races ---- */

enum { RACERS = 2, METHODS = 300 };
static struct class *raced;
static struct method *raced_methods[METHODS];
static _Atomic int arrivals[2][METHODS], wrong;
static struct code *plain_forms[RACERS][METHODS];

/* Long methods, so that the translations overlap. */
enum { LONG_METHODS = 60 };
static struct method *long_methods[LONG_METHODS];
static struct code *long_forms[2][RACERS][LONG_METHODS];
static _Atomic int long_arrivals[2][LONG_METHODS];

/* Lets all racers go at the same moment: they wait on their processors, for a while at least. */
static void meet(struct thread *self, _Atomic int *count)
{
    atomic_fetch_add(count, 1);
    for (int spins = 0; atomic_load(count) < RACERS; spins++) {
        safepoint_poll(self);
        if (spins > 20000)
            sched_yield();
    }
}

static void race(struct thread *self, int number)
{
    for (int i = 0; i < METHODS; i++) {
        union slot args[2] = {{.i = i}, {.i = number}}, result;
        meet(self, &arrivals[0][i]);
        bool ok = java_call(self, raced_methods[i], args, &result);
        if (!ok || result.i != i * 2 + number)
            atomic_fetch_add(&wrong, 1);
        meet(self, &arrivals[1][i]);
        plain_forms[number][i] = code_plain(self, raced_methods[i]);
    }
}

static void race_long(struct thread *self, int number)
{
    for (int i = 0; i < LONG_METHODS; i++) {
        struct method *m = long_methods[i];
        meet(self, &long_arrivals[0][i]);
        long_forms[0][number][i] = code_prepare(self, m) ? m->code : NULL;
        meet(self, &long_arrivals[1][i]);
        long_forms[1][number][i] = code_plain(self, m);
    }
}

START_TEST(threads_translate_long_methods_together)
{
    static const char *const names[] = {"java/util/regex/Pattern", "java/math/BigInteger", "java/lang/StrictMath",
                                        "java/util/concurrent/ForkJoinPool", "java/math/BigDecimal"};
    int found = 0;
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        struct class *c = fixture_boot_class(names[i]);
        for (uint32_t k = 0; k < c->method_count && found < LONG_METHODS; k++)
            if (c->methods[k]->bytecode_length > 150 && c->methods[k]->code == NULL)
                long_methods[found++] = c->methods[k];
    }
    ck_assert_int_eq(found, LONG_METHODS);
    fixture_join(fixture_spawn(RACERS, race_long));
    for (int i = 0; i < LONG_METHODS; i++) {
        ck_assert_ptr_nonnull(long_forms[0][0][i]);
        ck_assert_ptr_eq(long_forms[0][0][i], long_methods[i]->code);
        ck_assert_ptr_eq(long_forms[0][1][i], long_methods[i]->code);
        ck_assert_ptr_eq(long_forms[1][0][i], atomic_load(&long_methods[i]->code->plain));
        ck_assert_ptr_eq(long_forms[1][1][i], long_forms[1][0][i]);
        ck_assert_ptr_eq(long_methods[i]->entry, interpreter_entry);
    }
}
END_TEST

START_TEST(threads_prepare_methods_together)
{
    struct assembler a;
    char name[16];
    asm_begin(&a, "q/Raced", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    asm_field(&a, ACC_PUBLIC | ACC_STATIC, "zero", "I");
    unsigned zero = asm_member(&a, CP_FIELDREF, "q/Raced", "zero", "I");
    unsigned add = asm_member(&a, CP_METHODREF, "q/Raced", "add", "(II)I");
    asm_method(&a, ACC_STATIC, "add", "(II)I", 2, 2, "iload_0 iload_1 iadd ireturn");
    for (int i = 0; i < METHODS; i++) {
        snprintf(name, sizeof name, "m%d", i);
        asm_method(&a, ACC_STATIC, name, "(II)I", 3, 2,
                   "iload_0 iload_0 invokestatic #%u getstatic #%u iadd iload_1 invokestatic #%u ireturn",
                   add, zero, add);
    }
    raced = asm_define(&a);
    for (int i = 0; i < METHODS; i++) {
        snprintf(name, sizeof name, "m%d", i);
        raced_methods[i] = fixture_method(raced, name, "(II)I");
    }
    fixture_join(fixture_spawn(RACERS, race));
    ck_assert_int_eq(atomic_load(&wrong), 0);
    for (int i = 0; i < METHODS; i++) {
        ck_assert_ptr_eq(raced_methods[i]->entry, interpreter_entry);
        for (int k = 0; k < RACERS; k++)
            ck_assert_ptr_eq(plain_forms[k][i], plain_forms[0][i]);
        for (uint32_t w = 0; w < raced_methods[i]->code->count; w++) {
            const struct insn *insn = &raced_methods[i]->code->insns[w];
            if (insn->op == IR_GETSTATIC_U || insn->op == IR_INVOKESTATIC_U)
                ck_abort_msg("m%d: word %u is not resolved", i, w);
            if (insn->op == IR_GETSTATIC_I || insn->op == IR_INVOKE_DIRECT)
                w++; /* a pointer follows */
        }
    }
}
END_TEST

TEST_MAIN("prepare", setup, 20, TEST(plain_form_has_every_instruction), TEST(execution_resumes_anywhere),
          TEST(threads_prepare_methods_together), TEST(threads_translate_long_methods_together))
