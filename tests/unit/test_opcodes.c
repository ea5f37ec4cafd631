/* The instruction set: opcodes.def against a table written independently from JVMS 17 chapter 6, its rows' order, and
 * the lengths of instructions. */
#include <stdio.h>

#include "interpreter/translate.h"
#include "runner.h"
#include "vm/opcodes.h"

/* Opposite conditions differ in one bit (from ifeq on, the first of them is odd): inverting a test relies on it. */
#define OPPOSITES(a, b) _Static_assert((((OPC_##a - OPC_ifeq) ^ 1) + OPC_ifeq) == OPC_##b, #a " is the opposite of " #b)
OPPOSITES(ifeq, ifne);
OPPOSITES(iflt, ifge);
OPPOSITES(ifgt, ifle);
OPPOSITES(if_icmpeq, if_icmpne);
OPPOSITES(if_icmplt, if_icmpge);
OPPOSITES(if_icmpgt, if_icmple);
OPPOSITES(if_acmpeq, if_acmpne);
_Static_assert((OPC_ifnull ^ 1) == OPC_ifnonnull, "ifnull is the opposite of ifnonnull");

/* ---- the specification ---- */

enum { VARIES = -1 };

/* JVMS 6.5 in runs of opcodes with the same length and stack effect: mnemonics, bytes with operands, slots popped and
 * pushed.  VARIES: switches and wide; members and constants, by the constant pool. */
static const struct { const char *names; int length, pops, pushes; } specification[] = {
    {"nop", 1, 0, 0},
    {"aconst_null iconst_m1 iconst_0 iconst_1 iconst_2 iconst_3 iconst_4 iconst_5", 1, 0, 1},
    {"lconst_0 lconst_1", 1, 0, 2}, {"fconst_0 fconst_1 fconst_2", 1, 0, 1}, {"dconst_0 dconst_1", 1, 0, 2},
    {"bipush", 2, 0, 1}, {"sipush", 3, 0, 1},
    {"ldc", 2, 0, VARIES}, {"ldc_w ldc2_w", 3, 0, VARIES},
    {"iload", 2, 0, 1}, {"lload", 2, 0, 2}, {"fload", 2, 0, 1}, {"dload", 2, 0, 2}, {"aload", 2, 0, 1},
    {"iload_0 iload_1 iload_2 iload_3", 1, 0, 1}, {"lload_0 lload_1 lload_2 lload_3", 1, 0, 2},
    {"fload_0 fload_1 fload_2 fload_3", 1, 0, 1}, {"dload_0 dload_1 dload_2 dload_3", 1, 0, 2},
    {"aload_0 aload_1 aload_2 aload_3", 1, 0, 1},
    {"iaload", 1, 2, 1}, {"laload", 1, 2, 2}, {"faload", 1, 2, 1}, {"daload", 1, 2, 2},
    {"aaload baload caload saload", 1, 2, 1},
    {"istore", 2, 1, 0}, {"lstore", 2, 2, 0}, {"fstore", 2, 1, 0}, {"dstore", 2, 2, 0}, {"astore", 2, 1, 0},
    {"istore_0 istore_1 istore_2 istore_3", 1, 1, 0}, {"lstore_0 lstore_1 lstore_2 lstore_3", 1, 2, 0},
    {"fstore_0 fstore_1 fstore_2 fstore_3", 1, 1, 0}, {"dstore_0 dstore_1 dstore_2 dstore_3", 1, 2, 0},
    {"astore_0 astore_1 astore_2 astore_3", 1, 1, 0},
    {"iastore", 1, 3, 0}, {"lastore", 1, 4, 0}, {"fastore", 1, 3, 0}, {"dastore", 1, 4, 0},
    {"aastore bastore castore sastore", 1, 3, 0},
    {"pop", 1, 1, 0}, {"pop2", 1, 2, 0}, {"dup", 1, 1, 2}, {"dup_x1", 1, 2, 3}, {"dup_x2", 1, 3, 4}, {"dup2", 1, 2, 4},
    {"dup2_x1", 1, 3, 5}, {"dup2_x2", 1, 4, 6}, {"swap", 1, 2, 2},
    {"iadd", 1, 2, 1}, {"ladd", 1, 4, 2}, {"fadd", 1, 2, 1}, {"dadd", 1, 4, 2},
    {"isub", 1, 2, 1}, {"lsub", 1, 4, 2}, {"fsub", 1, 2, 1}, {"dsub", 1, 4, 2},
    {"imul", 1, 2, 1}, {"lmul", 1, 4, 2}, {"fmul", 1, 2, 1}, {"dmul", 1, 4, 2},
    {"idiv", 1, 2, 1}, {"ldiv", 1, 4, 2}, {"fdiv", 1, 2, 1}, {"ddiv", 1, 4, 2},
    {"irem", 1, 2, 1}, {"lrem", 1, 4, 2}, {"frem", 1, 2, 1}, {"drem", 1, 4, 2},
    {"ineg", 1, 1, 1}, {"lneg", 1, 2, 2}, {"fneg", 1, 1, 1}, {"dneg", 1, 2, 2},
    {"ishl", 1, 2, 1}, {"lshl", 1, 3, 2}, {"ishr", 1, 2, 1}, {"lshr", 1, 3, 2}, {"iushr", 1, 2, 1}, {"lushr", 1, 3, 2},
    {"iand", 1, 2, 1}, {"land", 1, 4, 2}, {"ior", 1, 2, 1}, {"lor", 1, 4, 2}, {"ixor", 1, 2, 1}, {"lxor", 1, 4, 2},
    {"iinc", 3, 0, 0},
    {"i2l", 1, 1, 2}, {"i2f", 1, 1, 1}, {"i2d", 1, 1, 2}, {"l2i", 1, 2, 1}, {"l2f", 1, 2, 1}, {"l2d", 1, 2, 2},
    {"f2i", 1, 1, 1}, {"f2l f2d", 1, 1, 2}, {"d2i", 1, 2, 1}, {"d2l", 1, 2, 2}, {"d2f", 1, 2, 1},
    {"i2b i2c i2s", 1, 1, 1},
    {"lcmp", 1, 4, 1}, {"fcmpl fcmpg", 1, 2, 1}, {"dcmpl dcmpg", 1, 4, 1},
    {"ifeq ifne iflt ifge ifgt ifle", 3, 1, 0},
    {"if_icmpeq if_icmpne if_icmplt if_icmpge if_icmpgt if_icmple if_acmpeq if_acmpne", 3, 2, 0},
    {"goto", 3, 0, 0}, {"jsr", 3, 0, 1}, {"ret", 2, 0, 0}, {"tableswitch lookupswitch", VARIES, 1, 0},
    {"ireturn", 1, 1, 0}, {"lreturn", 1, 2, 0}, {"freturn", 1, 1, 0}, {"dreturn", 1, 2, 0}, {"areturn", 1, 1, 0},
    {"return", 1, 0, 0},
    {"getstatic", 3, 0, VARIES}, {"putstatic", 3, VARIES, 0}, {"getfield", 3, 1, VARIES}, {"putfield", 3, VARIES, 0},
    {"invokevirtual invokespecial invokestatic", 3, VARIES, VARIES},
    {"invokeinterface invokedynamic", 5, VARIES, VARIES},
    {"new", 3, 0, 1}, {"newarray", 2, 1, 1}, {"anewarray", 3, 1, 1}, {"arraylength", 1, 1, 1}, {"athrow", 1, 1, 0},
    {"checkcast instanceof", 3, 1, 1}, {"monitorenter monitorexit", 1, 1, 0}, {"wide", VARIES, 0, 0},
    {"multianewarray", 4, VARIES, 1}, {"ifnull ifnonnull", 3, 1, 0}, {"goto_w", 5, 0, 0}, {"jsr_w", 5, 0, 1},
};

static int slots(const char *letters)
{
    int sum = 0;
    for (; *letters != '\0'; letters++) {
        if (*letters == '*')
            return VARIES;
        ck_assert_ptr_nonnull(strchr("IJFDAR12", *letters));
        sum += *letters == 'J' || *letters == 'D' || *letters == '2' ? 2 : 1;
    }
    return sum;
}

static void check_row(unsigned opcode, const char *name, int length, int pops, int pushes)
{
    const struct opcode_info *info = &opcode_table[opcode];
    ck_assert_str_eq(info->name, name);
    ck_assert_msg(slots(info->pops) == pops, "%s pops %s", name, info->pops);
    ck_assert_msg(slots(info->pushes) == pushes, "%s pushes %s", name, info->pushes);
    if (length == VARIES)
        return;
    uint8_t code[8] = {(uint8_t)opcode};
    ck_assert_msg((int)opcode_length_at(code, 0, sizeof code) == length, "length of %s", name);
    ck_assert_uint_eq(bytecode_next(code, 0, sizeof code), (unsigned)length);
    ck_assert_uint_eq(opcode_length_at(code, 0, (uint32_t)length), (unsigned)length);
    ck_assert_uint_eq(opcode_length_at(code, 0, (uint32_t)length - 1), 0); /* truncated */
}

START_TEST(table_agrees_with_the_specification)
{
    unsigned opcode = 0;
    for (size_t i = 0; i < ARRAY_COUNT(specification); i++) {
        char names[256], *rest;
        snprintf(names, sizeof names, "%s", specification[i].names);
        for (char *name = strtok_r(names, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest))
            check_row(opcode++, name, specification[i].length, specification[i].pops, specification[i].pushes);
    }
    ck_assert_uint_eq(opcode, OPCODE_COUNT);
}
END_TEST

START_TEST(flags_agree_with_names)
{
    for (unsigned i = 0; i < OPCODE_COUNT; i++) {
        const struct opcode_info *info = &opcode_table[i];
        const char *name = info->name;
        bool is_if = strncmp(name, "if", 2) == 0, is_goto = strncmp(name, "goto", 4) == 0;
        bool is_jsr = strncmp(name, "jsr", 3) == 0, is_switch = strstr(name, "switch") != NULL;
        bool is_return = strstr(name, "return") != NULL, is_call = strncmp(name, "invoke", 6) == 0;
        ck_assert_msg(((info->flags & OP_BRANCHES) != 0) == (is_if || is_goto || is_jsr || is_switch), "%s", name);
        ck_assert_msg(((info->flags & OP_ENDS_BLOCK) != 0) == (is_goto || is_jsr || is_switch || is_return ||
                      strcmp(name, "ret") == 0 || strcmp(name, "athrow") == 0), "%s", name);
        ck_assert_msg(((info->flags & OP_CALLS) != 0) == is_call, "%s", name);
        bool is_member = strstr(name, "field") != NULL || strstr(name, "static") != NULL;
        if (is_call || is_member || strstr(name, "monitor") != NULL)
            ck_assert_msg((info->flags & OP_THROWS) != 0, "%s", name);
        bool is_plain = strncmp(name, "dup", 3) == 0 || strstr(name, "add") != NULL || strstr(name, "const") != NULL;
        if (is_if || is_goto || is_plain)
            ck_assert_msg((info->flags & OP_THROWS) == 0, "%s", name);
    }
}
END_TEST

START_TEST(switches_and_wide_have_their_lengths)
{
    for (uint32_t pc = 0; pc < 4; pc++) {
        uint8_t code[64] = {0};
        uint32_t operands = (pc + 4) & ~3u; /* JVMS 6.5: at the next multiple of 4 */
        code[pc] = OPC_tableswitch;
        code[operands + 7] = 5; /* low */
        code[operands + 11] = 7; /* high */
        ck_assert_uint_eq(opcode_length_at(code, pc, sizeof code), operands - pc + 12 + 3 * 4);
        ck_assert_uint_eq(bytecode_next(code, pc, sizeof code), operands + 12 + 3 * 4);
        ck_assert_uint_eq(opcode_length_at(code, pc, operands + 12 + 3 * 4 - 1), 0);
        code[operands + 11] = 4; /* high < low */
        ck_assert_uint_eq(opcode_length_at(code, pc, sizeof code), 0);
        memset(code, 0, sizeof code);
        code[pc] = OPC_lookupswitch;
        code[operands + 7] = 3; /* pairs */
        ck_assert_uint_eq(opcode_length_at(code, pc, sizeof code), operands - pc + 8 + 3 * 8);
        ck_assert_uint_eq(bytecode_next(code, pc, sizeof code), operands + 8 + 3 * 8);
        code[operands + 4] = 0x80; /* negative */
        ck_assert_uint_eq(opcode_length_at(code, pc, sizeof code), 0);
    }
    for (unsigned i = 0; i < 256; i++) {
        uint8_t code[8] = {OPC_wide, (uint8_t)i};
        bool local = (i >= OPC_iload && i <= OPC_aload) || (i >= OPC_istore && i <= OPC_astore) || i == OPC_ret;
        ck_assert_uint_eq(opcode_length_at(code, 0, sizeof code), local ? 4 : i == OPC_iinc ? 6 : 0);
        uint8_t single[8] = {(uint8_t)i};
        if (i >= OPCODE_COUNT)
            ck_assert_uint_eq(opcode_length_at(single, 0, sizeof single), 0);
    }
}
END_TEST

/* Whole, cut off, and impossible ones. */
static const struct { uint8_t code[24]; uint32_t size, pc, length; } instructions[] = {
    { { OPC_nop }, 1, 0, 1 }, { { OPC_bipush, 1 }, 2, 0, 2 }, { { OPC_bipush }, 1, 0, 0 },
    { { OPC_goto_w, 0, 0, 0, 5 }, 5, 0, 5 },
    { { OPC_invokeinterface, 0, 1, 1, 0 }, 5, 0, 5 }, { { OPC_multianewarray, 0, 1, 1 }, 4, 0, 4 },
    { { OPC_wide, OPC_iload, 0, 1 }, 4, 0, 4 }, { { OPC_wide, OPC_iinc, 0, 1, 0, 1 }, 6, 0, 6 },
    { { OPC_wide, OPC_ret, 0, 1 }, 4, 0, 4 }, { { OPC_wide, OPC_nop, 0, 1 }, 4, 0, 0 }, { { OPC_wide }, 1, 0, 0 },
    { { OPC_wide, 0xff, 0, 0 }, 4, 0, 0 }, { { 0xca }, 1, 0, 0 }, { { 0xff }, 1, 0, 0 }, { { OPC_nop }, 1, 1, 0 },
    { { OPC_tableswitch, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2 }, 24, 0, 24 },
    { { OPC_tableswitch, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2 }, 23, 0, 0 },
    { { OPC_tableswitch, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1 }, 24, 0, 0 },
    { { OPC_tableswitch, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff }, 24, 0, 0 },
    { { OPC_nop, OPC_lookupswitch, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 20, 1, 19 },
    { { OPC_nop, OPC_lookupswitch, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff }, 20, 1, 0 },
    { { OPC_lookupswitch, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff }, 24, 0, 0 },
};

START_TEST(lengths)
{
    ck_assert_uint_eq(opcode_length_at(instructions[_i].code, instructions[_i].pc, instructions[_i].size),
                      instructions[_i].length);
}
END_TEST

TEST_MAIN("opcodes", NULL, 20, TEST(table_agrees_with_the_specification), TEST(flags_agree_with_names),
          TEST(switches_and_wide_have_their_lengths), TEST_EACH(lengths, instructions))
