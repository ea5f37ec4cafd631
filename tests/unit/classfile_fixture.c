/* Class files made from what a test varies, and what the parser says to them. */
#include "classfile_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "vm/symbol.h"

static void utf8(struct bytes *b, const char *text)
{
    put_u1(b, CP_UTF8);
    put_u2(b, (unsigned)strlen(text));
    for (; *text; text++)
        put_u1(b, (uint8_t)*text);
}

static void hex(struct bytes *b, const char *text)
{
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        unsigned v;
        ck_assert_int_eq(sscanf(text, "%2x", &v), 1);
        put_u1(b, v);
        text++;
    }
}

static size_t hex_length(const char *text)
{
    struct bytes b = {0};
    hex(&b, text);
    free(b.data);
    return b.length;
}

static void build_cp(struct bytes *b, const struct shape *s)
{
    put_u2(b, FIRST_FREE + s->cp_entries);
    utf8(b, s->name ? s->name : "q/Foo");
    put_u1(b, CP_CLASS), put_u2(b, I_THIS_NAME);
    utf8(b, s->super ? s->super : "java/lang/Object");
    put_u1(b, CP_CLASS), put_u2(b, I_SUPER_NAME);
    utf8(b, "Code");
    utf8(b, "f");
    utf8(b, s->descriptor ? s->descriptor : "()V");
    utf8(b, "Ljava/lang/String;");
    put_u1(b, CP_INTEGER), put_u4(b, 7);
    put_u1(b, CP_LONG), put_u4(b, 1), put_u4(b, 2);
    put_u1(b, CP_NAME_AND_TYPE), put_u2(b, I_NAME), put_u2(b, I_DESCRIPTOR);
    put_u1(b, CP_METHODREF), put_u2(b, I_THIS), put_u2(b, I_NAME_AND_TYPE);
    put_u1(b, CP_NAME_AND_TYPE), put_u2(b, I_NAME), put_u2(b, I_STRING_DESCRIPTOR);
    put_u1(b, CP_FIELDREF), put_u2(b, I_THIS), put_u2(b, I_FIELD_NAT);
    utf8(b, "LineNumberTable");
    utf8(b, "LocalVariableTable");
    utf8(b, "ConstantValue");
    utf8(b, "Signature");
    utf8(b, "InnerClasses");
    utf8(b, "SourceFile");
    put_u1(b, CP_STRING), put_u2(b, I_NAME);
    if (s->cp)
        hex(b, s->cp);
}

static void build_code(struct bytes *b, const struct shape *s)
{
    const char *code = s->code ? s->code : "b1", *handlers = s->handlers ? s->handlers : "0000";
    const char *attributes = s->code_attributes ? s->code_attributes : "0000";
    size_t length = hex_length(code);
    put_u2(b, 1);
    put_u2(b, ACC_PUBLIC | ACC_STATIC), put_u2(b, I_NAME), put_u2(b, I_DESCRIPTOR), put_u2(b, 1);
    put_u2(b, I_CODE), put_u4(b, (uint32_t)(8 + length + hex_length(handlers) + hex_length(attributes)));
    put_u2(b, s->max_stack), put_u2(b, s->max_locals), put_u4(b, (uint32_t)length);
    hex(b, code);
    hex(b, handlers);
    hex(b, attributes);
}

void classfile_build(struct bytes *b, const struct shape *s)
{
    put_u4(b, 0xcafebabe);
    put_u2(b, s->minor), put_u2(b, s->major ? s->major : 61);
    build_cp(b, s);
    put_u2(b, s->class_flags ? s->class_flags : ACC_PUBLIC | ACC_SUPER), put_u2(b, I_THIS), put_u2(b, I_SUPER);
    hex(b, s->interfaces ? s->interfaces : "0000");
    hex(b, s->fields ? s->fields : "0000");
    if (s->methods)
        hex(b, s->methods);
    else
        build_code(b, s);
    hex(b, s->attributes ? s->attributes : "0000");
}

const char *classfile_outcome(const uint8_t *bytes, size_t length, bool trusted)
{
    static char text[1200];
    struct arena *arena = arena_new();
    struct parse_options o = { .arena = arena, .trusted = trusted, .check_code = !trusted };
    struct parsed_class parsed;
    struct parse_error error;
    if (classfile_parse(bytes, length, &o, &parsed, &error))
        text[0] = 0;
    else
        snprintf(text, sizeof text, "%s: %s", strrchr(error.exception, '/') + 1, error.message);
    text[strcspn(text, "\n")] = 0;
    arena_free(arena);
    return text;
}

void classfile_expect(const struct broken *row)
{
    struct bytes b = {0};
    symbols_init();
    classfile_build(&b, &row->shape);
    ck_assert_str_eq(classfile_outcome(b.data, b.length, false), row->error);
    free(b.data);
}
