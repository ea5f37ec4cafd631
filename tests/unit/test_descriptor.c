/* Descriptors (JVMS 4.3): of fields, and of methods as the class-file parser judges them. */
#include <stdlib.h>

#include "classfile_fixture.h"
#include "runner.h"
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
    struct shape native_method = {.descriptor = text, .methods = "0001 0101 0006 0007 0000"};
    struct bytes b = {0};
    symbols_init();
    classfile_build(&b, &native_method);
    const char *error = classfile_outcome(b.data, b.length, false);
    ck_assert_msg((error[0] == 0) == syntax[_i].method, "method %s: %s", text, error);
    free(b.data);
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

TEST_MAIN("descriptor", NULL, 20, TEST_EACH(descriptors, syntax), TEST(dimensions), TEST_EACH(shape, shapes),
          TEST(walking))
