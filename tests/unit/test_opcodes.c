/* The instruction set: opcodes.def against a table written independently from JVMS 17 chapter 6, its rows' order, and
 * for every opcode that the disassembler names it and that the interpreter gives it code. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "interpreter/code.h"
#include "interpreter/interpreter.h"
#include "interpreter/opcodes.h"
#include "interpreter/translate.h"
#include "vm/exception.h"
#include "vm/symbol.h"
#include "vm_fixture.h"

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

/* The same for the register code, where every condition exists a second time as a jump backward. */
#define IR_OPPOSITES(a, b)                                                                                             \
    _Static_assert((((IR_IF_##a - IR_COND_FIRST) ^ 1) + IR_COND_FIRST) == IR_IF_##b, #a " is the opposite of " #b);    \
    _Static_assert(IR_IF_##a + IR_COND_COUNT == IR_IF_##a##_BACK, #a " has its backward form");                        \
    _Static_assert(IR_IF_##b + IR_COND_COUNT == IR_IF_##b##_BACK, #b " has its backward form")
IR_OPPOSITES(IEQ, INE);
IR_OPPOSITES(ILT, IGE);
IR_OPPOSITES(IEQ_K, INE_K);
IR_OPPOSITES(ILT_K, IGE_K);
IR_OPPOSITES(IGT_K, ILE_K);
IR_OPPOSITES(LEQ, LNE);
IR_OPPOSITES(LLT, LGE);
IR_OPPOSITES(LEQ_K, LNE_K);
IR_OPPOSITES(LLT_K, LGE_K);
IR_OPPOSITES(LGT_K, LLE_K);
IR_OPPOSITES(FEQ, FNE);
IR_OPPOSITES(FLT, FNLT);
IR_OPPOSITES(FLE, FNLE);
IR_OPPOSITES(DEQ, DNE);
IR_OPPOSITES(DLT, DNLT);
IR_OPPOSITES(DLE, DNLE);

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

/* ---- every opcode in a method ---- */

static struct thread *t;

static void setup(void)
{
    fixture_start();
    t = fixture_thread;
}

/* Constant-pool indexes that instructions name. */
struct pool { unsigned integer, wide, class, array, field, method, interface, dynamic; };

static struct pool make_pool(struct assembler *a)
{
    struct pool p = {.integer = asm_constant(a, CP_INTEGER, 1234567), .wide = asm_constant(a, CP_LONG, 1ull << 40),
                     .class = asm_class(a, "java/lang/Object"), .array = asm_class(a, "[[I"),
                     .field = asm_member(a, CP_FIELDREF, "q/Op", "field", "I"),
                     .method = asm_member(a, CP_METHODREF, "q/Op", "method", "(I)I"),
                     .interface = asm_member(a, CP_INTERFACE_METHODREF, "java/lang/Comparable", "compareTo", "(I)I")};
    if (a->major < 51)
        return p;
    unsigned nt = asm_name_and_type(a, "method", "(I)I");
    put_u1(&a->pool, CP_INVOKE_DYNAMIC);
    put_u2(&a->pool, 0);
    put_u2(&a->pool, nt);
    p.dynamic = a->pool_count++;
    /* One bootstrap method, never run. */
    unsigned name = asm_utf8(a, "BootstrapMethods");
    put_u1(&a->pool, CP_METHOD_HANDLE);
    put_u1(&a->pool, 6);
    put_u2(&a->pool, p.method);
    put_u2(&a->attributes, name);
    put_u4(&a->attributes, 6);
    put_u2(&a->attributes, 1);
    put_u2(&a->attributes, a->pool_count++);
    put_u2(&a->attributes, 0);
    a->attribute_count = 1;
    return p;
}

/* Neighbours come from different locals: code that mixes them up differs. */
static const char *produce(char letter, size_t position)
{
    switch (letter) {
    case 'I': case '1': return position % 2 == 0 ? "iload 4 " : "iload 5 ";
    case 'F': return "fload 4 ";
    case 'J': case '2': return "lload 4 ";
    case 'D': return "dload 4 ";
    default: return "aload_3 ";
    }
}

static const char *consume(char letter)
{
    switch (letter) {
    case 'I': case '1': return "istore 6 ";
    case 'F': return "fstore 6 ";
    case 'J': case '2': return "lstore 6 ";
    case 'D': return "dstore 6 ";
    default: return "astore 6 ";
    }
}

/* The instruction with its operands, and what it takes and gives where the table leaves that to the constant pool.
 * Branches go to the instruction behind. */
static const char *instruction(unsigned opcode, const struct pool *p, const char **pops, const char **pushes,
                               char *text, size_t size)
{
    const char *name = opcode_table[opcode].name;
    *pops = opcode_table[opcode].pops;
    *pushes = opcode_table[opcode].pushes;
    switch (opcode_table[opcode].format) {
    case FORMAT_S1: snprintf(text, size, "%s 77 ", name); break;
    case FORMAT_S2: snprintf(text, size, "%s #777 ", name); break;
    case FORMAT_CP1: snprintf(text, size, "%s %u ", name, p->integer), *pushes = "I"; break;
    case FORMAT_CP2:
        *pushes = opcode == OPC_ldc2_w ? "J" : "I";
        snprintf(text, size, "%s #%u ", name, opcode == OPC_ldc2_w ? p->wide : p->integer);
        break;
    case FORMAT_LOCAL: snprintf(text, size, "%s 4 ", name); break;
    case FORMAT_IINC: snprintf(text, size, "%s 4 7 ", name); break;
    case FORMAT_BRANCH2: snprintf(text, size, "%s #3 ", name); break;
    case FORMAT_BRANCH4: snprintf(text, size, "%s ##5 ", name); break;
    case FORMAT_FIELD:
        snprintf(text, size, "%s #%u ", name, p->field);
        *pops = opcode == OPC_getstatic ? "" : opcode == OPC_putstatic ? "I" : opcode == OPC_getfield ? "A" : "AI";
        *pushes = opcode == OPC_getstatic || opcode == OPC_getfield ? "I" : "";
        break;
    case FORMAT_METHOD:
        snprintf(text, size, "%s #%u ", name, p->method), *pushes = "I";
        *pops = opcode == OPC_invokestatic ? "I" : "AI";
        break;
    case FORMAT_INTERFACE: snprintf(text, size, "%s #%u 2 0 ", name, p->interface), *pops = "AI", *pushes = "I"; break;
    case FORMAT_INDY: snprintf(text, size, "%s #%u #0 ", name, p->dynamic), *pops = *pushes = "I"; break;
    case FORMAT_CLASS: snprintf(text, size, "%s #%u ", name, p->class); break;
    case FORMAT_NEWARRAY: snprintf(text, size, "%s 10 ", name); break;
    case FORMAT_MULTIANEWARRAY: snprintf(text, size, "%s #%u 2 ", name, p->array), *pops = "II"; break;
    case FORMAT_WIDE: snprintf(text, size, "%s iload #4 istore_1 ", name); break;
    default: snprintf(text, size, "%s ", name); break;
    }
    return text;
}

/* static void m() that runs one opcode on operands from locals and stores each of its results in a local. */
static void add_method(struct assembler *a, unsigned opcode, const struct pool *p, bool with_opcode)
{
    char text[512] = "", one[64], name[16];
    const char *pops, *pushes;
    instruction(opcode, p, &pops, &pushes, one, sizeof one);
    for (size_t i = 0; pops[i] != '\0'; i++)
        strcat(text, produce(pops[i], i));
    bool is_switch = opcode == OPC_tableswitch || opcode == OPC_lookupswitch, is_jsr = strncmp(one, "jsr", 3) == 0;
    if (!with_opcode)
        strcat(text, "nop ");
    else if (is_switch) /* at 2, padded to 4; low 1 and high 1, or one pair with key 1; all to behind the switch */
        snprintf(text + strlen(text), 128, "%s 0 ##18 ##1 ##1 ##18 ", opcode_table[opcode].name);
    else if (is_jsr) /* over the instruction that the subroutine would return to */
        strcat(text, opcode == OPC_jsr ? "jsr #4 return " : "jsr_w ##6 return ");
    else
        strcat(text, one);
    const char *left = with_opcode ? pushes : pops;
    for (size_t i = strlen(left); i-- > 0;)
        strcat(text, consume(left[i]));
    strcat(text, "return");
    snprintf(name, sizeof name, "%c%02x", with_opcode ? 'm' : 'n', opcode);
    asm_method(a, ACC_STATIC, name, "()V", 8, 8, "%s", text);
}

/* What a method's code does, without operands that differ by position. */
static void fingerprint(const struct code *code, char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < code->count && n + 32 < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%u:%u,%u,%u ", code->insns[i].op, code->insns[i].a, code->insns[i].b,
                              code->insns[i].c);
}

static struct class *define_all(void)
{
    struct assembler a;
    asm_begin(&a, "q/Op", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    a.major = 49;
    struct pool p = make_pool(&a);
    asm_field(&a, ACC_PUBLIC, "field", "I");
    for (unsigned opcode = 0; opcode < OPCODE_COUNT; opcode++) {
        if (opcode == OPC_invokedynamic)
            continue;
        add_method(&a, opcode, &p, true);
        add_method(&a, opcode, &p, false);
    }
    return asm_load(&a);
}

/* invokedynamic needs a class file of version 51, which may not have jsr. */
static struct class *define_dynamic(void)
{
    struct assembler a;
    asm_begin(&a, "q/Dynamic", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    a.major = 51;
    struct pool p = make_pool(&a);
    add_method(&a, OPC_invokedynamic, &p, true);
    add_method(&a, OPC_invokedynamic, &p, false);
    return asm_load(&a);
}

/* A lost opcode would be translated as nothing: the code must differ from that of the same method without it. */
START_TEST(every_opcode_is_translated)
{
    struct class *all = define_all(), *dynamic = define_dynamic();
    for (unsigned opcode = 0; opcode < OPCODE_COUNT; opcode++) {
        struct class *c = opcode == OPC_invokedynamic ? dynamic : all;
        char with[4096], without[4096], name[16];
        for (int plain = 0; plain < 2; plain++) {
            snprintf(name, sizeof name, "m%02x", opcode);
            struct code *code = code_translate(t, fixture_method(c, name, "()V"), plain);
            if (code == NULL) {
                exception_print(t, t->exception, 2);
                ck_abort_msg("%s is not translated", opcode_table[opcode].name);
            }
            fingerprint(code, with, sizeof with);
            snprintf(name, sizeof name, "n%02x", opcode);
            code = code_translate(t, fixture_method(c, name, "()V"), plain);
            ck_assert_ptr_nonnull(code);
            fingerprint(code, without, sizeof without);
            bool same = opcode == OPC_nop || opcode == OPC_return; /* the other method returns too */
            ck_assert_msg(same || strcmp(with, without) != 0, "%s has no code", opcode_table[opcode].name);
        }
    }
}
END_TEST

/* Too few operands are an error, not an overrun. */
START_TEST(missing_operands_are_refused)
{
    struct assembler a;
    asm_begin(&a, "q/Empty", "java/lang/Object", ACC_PUBLIC | ACC_SUPER);
    struct pool p = make_pool(&a);
    char one[64], name[16];
    const char *pops, *pushes;
    for (unsigned opcode = 0; opcode < OPC_invokedynamic; opcode++) {
        instruction(opcode, &p, &pops, &pushes, one, sizeof one);
        if (*pops == '\0' || opcode == OPC_tableswitch || opcode == OPC_lookupswitch)
            continue;
        snprintf(name, sizeof name, "m%02x", opcode);
        asm_method(&a, ACC_STATIC, name, "()V", 8, 8, "%sreturn", one);
    }
    struct class *c = asm_load(&a); /* linking would refuse it before the translator is asked */
    int refused = 0;
    for (unsigned opcode = 0; opcode < OPC_invokedynamic; opcode++) {
        snprintf(name, sizeof name, "m%02x", opcode);
        struct method *m = class_find_declared_method(c, symbol_intern_cstr(name), symbol_intern_cstr("()V"));
        if (m == NULL)
            continue;
        ck_assert_msg(code_translate(t, m, false) == NULL, "%s", opcode_table[opcode].name);
        ck_assert_str_eq(fixture_take_exception(t), "java/lang/VerifyError");
        refused++;
    }
    ck_assert_int_gt(refused, 100);
}
END_TEST

static char *listing(struct method *m, bool register_code)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (register_code)
        code_dump(m, code_translate(t, m, false), out);
    else
        disassemble(m, out);
    fclose(out);
    return text;
}

START_TEST(every_opcode_is_disassembled)
{
    struct class *all = define_all(), *dynamic = define_dynamic();
    for (unsigned opcode = 0; opcode < OPCODE_COUNT; opcode++) {
        struct class *c = opcode == OPC_invokedynamic ? dynamic : all;
        char name[16], wanted[32];
        snprintf(name, sizeof name, "m%02x", opcode);
        struct method *m = fixture_method(c, name, "()V");
        char *text = listing(m, false);
        snprintf(wanted, sizeof wanted, ": %s", opcode_table[opcode].name);
        const char *found = strstr(text, wanted);
        ck_assert_msg(found != NULL && strchr(" \n", found[strlen(wanted)]) != NULL, "%s", text);
        snprintf(wanted, sizeof wanted, "%8u: return", m->bytecode_length - 1);
        ck_assert_msg(strstr(text, wanted) != NULL, "%s", text); /* the listing reached the end */
        free(text);
        text = listing(m, true);
        bool endless = opcode == OPC_athrow || opcode == OPC_ret;
        ck_assert_msg(endless || strstr(text, "RETURN") != NULL, "%s", text);
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("opcodes");
    TCase *table = tcase_create("table"), *code = tcase_create("code");
    tcase_add_test(table, table_agrees_with_the_specification);
    tcase_add_test(table, flags_agree_with_names);
    tcase_add_test(table, switches_and_wide_have_their_lengths);
    tcase_set_timeout(code, 20);
    tcase_add_checked_fixture(code, setup, NULL);
    tcase_add_test(code, every_opcode_is_translated);
    tcase_add_test(code, missing_operands_are_refused);
    tcase_add_test(code, every_opcode_is_disassembled);
    suite_add_tcase(suite, table);
    suite_add_tcase(suite, code);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
