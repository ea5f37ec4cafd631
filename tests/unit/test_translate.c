/* For every opcode: the interpreter gives it code, the disassembler names it, and missing operands are refused. */
#include <stdio.h>
#include <stdlib.h>

#include "interpreter/code.h"
#include "interpreter/interpreter.h"
#include "interpreter/translate.h"
#include "runner.h"
#include "vm/exception.h"
#include "vm/opcodes.h"
#include "vm/symbol.h"
#include "vm_fixture.h"

/* Opposite conditions differ in one bit, and every condition exists a second time as a jump backward. */
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

TEST_MAIN("translate", setup, 20, TEST(every_opcode_is_translated), TEST(missing_operands_are_refused),
          TEST(every_opcode_is_disassembled))
