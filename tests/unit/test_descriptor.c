/* Descriptors (JVMS 4.3), and instruction lengths (JVMS 6.5), which share their readers. */
#include <check.h>
#include <stdlib.h>

#include "classloader/classfile.h"
#include "interpreter/opcodes.h"
#include "vm/symbol.h"

static const struct { const char *text; bool field, method; } syntax[] = {
    { "I", true, false }, { "J", true, false }, { "V", false, false }, { "", false, false }, { "[", false, false },
    { "[[Z", true, false }, { "[V", false, false }, { "Ljava/lang/String;", true, false }, { "L;", false, false },
    { "Ljava/lang/String", false, false }, { "Ljava.lang;", false, false }, { "L/a;", false, false },
    { "La/;", false, false },
    { "La//b;", false, false }, { "La[b;", false, false }, { "L<>;", true, false }, { "II", false, false },
    { "()V", false, true }, { "(I)V", false, true }, { "()", false, false }, { "(V)V", false, false },
    { "(", false, false },
    { "([[La/b;IJ)[D", false, true }, { "()VV", false, false }, { "()La/b", false, false }, { "(I", false, false },
    { "()II", false, false },
};

START_TEST(descriptors)
{
    const char *text = syntax[_i].text;
    ck_assert_msg(descriptor_is_field(text, strlen(text)) == syntax[_i].field, "field %s", text);
    ck_assert_msg(descriptor_is_method(text, strlen(text)) == syntax[_i].method, "method %s", text);
}
END_TEST

START_TEST(dimensions)
{
    char text[300];
    memset(text, '[', sizeof text);
    text[255] = 'I';
    ck_assert(descriptor_is_field(text, 256));
    text[255] = '[';
    text[256] = 'I';
    ck_assert(!descriptor_is_field(text, 257));
}
END_TEST

static const struct { const char *text; int slots, count, result; char type; } shapes[] = {
    { "()V", 0, 0, 0, 'V' }, { "(IJ[DLa/b;D)J", 7, 5, 2, 'J' }, { "([[Ljava/lang/Object;)[I", 1, 1, 1, '[' },
    { "(La/b;La/c;)La/d;", 2, 2, 1, 'L' }, { "(DD)D", 4, 2, 2, 'D' }, { "(Z)Z", 1, 1, 1, 'Z' },
    /* not descriptors: no answer is right, but there must be one */
    { "", 0, 0, 0, 'V' }, { "(", 0, 0, 0, 'V' }, { "(La", 0, 0, 0, 'V' }, { "([", 0, 0, 0, 'V' },
    { "()", 0, 0, 0, 'V' },
};

START_TEST(shape)
{
    struct descriptor_shape s = descriptor_shape(symbol_intern_cstr(shapes[_i].text));
    ck_assert_int_eq(s.arg_slots, shapes[_i].slots);
    ck_assert_int_eq(s.arg_count, shapes[_i].count);
    ck_assert_int_eq(s.result_slots, shapes[_i].result);
    ck_assert_int_eq(s.return_type, shapes[_i].type);
}
END_TEST

START_TEST(walking)
{
    const char *p = "I[[JLa/b;D)V" + 0, *starts[4] = { p, p + 1, p + 4, p + 9 };
    for (int i = 0; i < 4; i++) {
        ck_assert_ptr_eq(p, starts[i]);
        p = descriptor_next(p);
    }
    ck_assert_int_eq(*p, ')');
    ck_assert_ptr_null(descriptor_next(p));
}
END_TEST

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

/* Every row of opcodes.def has the length that its format says. */
START_TEST(table)
{
    for (int op = 0; op < OPCODE_COUNT; op++) {
        ck_assert_ptr_nonnull(opcode_table[op].name);
        uint8_t code[16] = { (uint8_t)op };
        uint32_t length = opcode_length_at(code, 0, sizeof code);
        ck_assert_msg(length != 0 || op == OPC_wide || op == OPC_tableswitch, "%s", opcode_table[op].name);
        if (opcode_table[op].format == FORMAT_NONE)
            ck_assert_uint_eq(length, 1);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("descriptor");
    TCase *cases = tcase_create("descriptors and instructions");
    tcase_add_loop_test(cases, descriptors, 0, ARRAY_COUNT(syntax));
    tcase_add_test(cases, dimensions);
    tcase_add_loop_test(cases, shape, 0, ARRAY_COUNT(shapes));
    tcase_add_test(cases, walking);
    tcase_add_loop_test(cases, lengths, 0, ARRAY_COUNT(instructions));
    tcase_add_test(cases, table);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
