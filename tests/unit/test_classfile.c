/* The class-file parser: every class of lib/modules is accepted, and broken files are refused in HotSpot's words. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "classloader/classfile.h"
#include "classloader/codecheck.h"
#include "classloader/jimage.h"
#include "vm/method.h"
#include "vm/symbol.h"

/* ---- Building class files */

struct builder {
    uint8_t bytes[70000];
    size_t length;
};

static void u1(struct builder *b, unsigned v)
{
    b->bytes[b->length++] = (uint8_t)v;
}

static void u2(struct builder *b, unsigned v)
{
    u1(b, v >> 8);
    u1(b, v);
}

static void u4(struct builder *b, uint32_t v)
{
    u2(b, v >> 16);
    u2(b, v & 0xffff);
}

static void utf8(struct builder *b, const char *text)
{
    u1(b, CP_UTF8);
    u2(b, (unsigned)strlen(text));
    memcpy(b->bytes + b->length, text, strlen(text));
    b->length += strlen(text);
}

/* What a test varies; the rest is a correct class.  Hexadecimal strings stand for bytes. */
struct shape {
    uint16_t major, minor;               /* 0: 61.0 */
    uint16_t class_flags;                /* 0: public super */
    const char *name, *super;            /* NULL: q/Foo, java/lang/Object */
    const char *cp;                      /* entries from FIRST_FREE on */
    uint16_t cp_entries;                 /* how many */
    const char *interfaces;              /* u2 count first */
    const char *fields;                  /* u2 count first */
    const char *methods;                 /* u2 count first; NULL: one method with `code` */
    const char *code;                    /* bytecode of static void f() */
    uint16_t max_stack, max_locals;
    const char *handlers;                /* u2 count first */
    const char *code_attributes;         /* u2 count first */
    const char *descriptor;              /* of f; NULL: ()V */
    const char *attributes;              /* u2 count first */
};

enum { /* constant pool of every built class */
    I_THIS_NAME = 1, I_THIS, I_SUPER_NAME, I_SUPER, I_CODE, I_NAME, I_DESCRIPTOR, I_STRING_DESCRIPTOR, I_INT, I_LONG,
    I_UPPER, I_NAME_AND_TYPE, I_METHODREF, I_FIELD_NAT, I_FIELDREF, I_LINES, I_LOCALS, I_CONSTANT_VALUE, I_SIGNATURE,
    I_INNER, I_SOURCE, I_STRING, FIRST_FREE
};

static void hex(struct builder *b, const char *text)
{
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        unsigned v;
        ck_assert_int_eq(sscanf(text, "%2x", &v), 1);
        u1(b, v);
        text++;
    }
}

static size_t hex_length(const char *text)
{
    struct builder *b = calloc(1, sizeof *b);
    hex(b, text);
    size_t length = b->length;
    free(b);
    return length;
}

static void build_cp(struct builder *b, const struct shape *s)
{
    u2(b, FIRST_FREE + s->cp_entries);
    utf8(b, s->name ? s->name : "q/Foo");
    u1(b, CP_CLASS), u2(b, I_THIS_NAME);
    utf8(b, s->super ? s->super : "java/lang/Object");
    u1(b, CP_CLASS), u2(b, I_SUPER_NAME);
    utf8(b, "Code");
    utf8(b, "f");
    utf8(b, s->descriptor ? s->descriptor : "()V");
    utf8(b, "Ljava/lang/String;");
    u1(b, CP_INTEGER), u4(b, 7);
    u1(b, CP_LONG), u4(b, 1), u4(b, 2);
    u1(b, CP_NAME_AND_TYPE), u2(b, I_NAME), u2(b, I_DESCRIPTOR);
    u1(b, CP_METHODREF), u2(b, I_THIS), u2(b, I_NAME_AND_TYPE);
    u1(b, CP_NAME_AND_TYPE), u2(b, I_NAME), u2(b, I_STRING_DESCRIPTOR);
    u1(b, CP_FIELDREF), u2(b, I_THIS), u2(b, I_FIELD_NAT);
    utf8(b, "LineNumberTable");
    utf8(b, "LocalVariableTable");
    utf8(b, "ConstantValue");
    utf8(b, "Signature");
    utf8(b, "InnerClasses");
    utf8(b, "SourceFile");
    u1(b, CP_STRING), u2(b, I_NAME);
    if (s->cp)
        hex(b, s->cp);
}

static void build_code(struct builder *b, const struct shape *s)
{
    const char *code = s->code ? s->code : "b1", *handlers = s->handlers ? s->handlers : "0000";
    const char *attributes = s->code_attributes ? s->code_attributes : "0000";
    size_t length = hex_length(code);
    u2(b, 1);
    u2(b, ACC_PUBLIC | ACC_STATIC), u2(b, I_NAME), u2(b, I_DESCRIPTOR), u2(b, 1);
    u2(b, I_CODE), u4(b, (uint32_t)(8 + length + hex_length(handlers) + hex_length(attributes)));
    u2(b, s->max_stack), u2(b, s->max_locals), u4(b, (uint32_t)length);
    hex(b, code);
    hex(b, handlers);
    hex(b, attributes);
}

static void build(struct builder *b, const struct shape *s)
{
    b->length = 0;
    u4(b, 0xcafebabe);
    u2(b, s->minor), u2(b, s->major ? s->major : 61);
    build_cp(b, s);
    u2(b, s->class_flags ? s->class_flags : ACC_PUBLIC | ACC_SUPER), u2(b, I_THIS), u2(b, I_SUPER);
    hex(b, s->interfaces ? s->interfaces : "0000");
    hex(b, s->fields ? s->fields : "0000");
    if (s->methods)
        hex(b, s->methods);
    else
        build_code(b, s);
    hex(b, s->attributes ? s->attributes : "0000");
}

/* Parses with all checks; "" or "exception: message" up to the first line's end. */
static const char *outcome(const uint8_t *bytes, size_t length, bool trusted)
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

static void expect(const struct shape *s, const char *wanted)
{
    struct builder *b = calloc(1, sizeof *b);
    build(b, s);
    ck_assert_str_eq(outcome(b->bytes, b->length, false), wanted);
    free(b);
}

#define CFE "ClassFormatError: "

/* ---- Broken classes, by table */

struct broken { struct shape shape; const char *error; };

static const struct broken broken_structure[] = {
    { { .minor = 0 }, "" },
    { { .major = 44 },
      "UnsupportedClassVersionError: <Unknown> (class file version 44.0) was compiled with an invalid major "
      "version" },
    { { .major = 70 }, "UnsupportedClassVersionError: <Unknown> has been compiled by a more recent version of the Java "
      "Runtime (class file version 70.0), this version of the Java Runtime only recognizes class file versions up to "
      "61.0" },
    { { .minor = 1 }, "UnsupportedClassVersionError: <Unknown> (class file version 61.1) was compiled with an invalid "
      "non-zero minor version" },
    { { .minor = 65535 },
      "UnsupportedClassVersionError: Preview features are not enabled for <Unknown> (class file version "
      "61.65535). Try running with '--enable-preview'" },
    { { .major = 55, .minor = 3 }, "" },
    { { .class_flags = ACC_MODULE },
      "NoClassDefFoundError: <Unknown> is not a class because access_flag ACC_MODULE is set" },
    { { .class_flags = ACC_FINAL | ACC_ABSTRACT }, CFE "Illegal class modifiers in class <Unknown>: 0x410" },
    { { .class_flags = ACC_INTERFACE }, CFE "Illegal class modifiers in class <Unknown>: 0x200" },
    { { .class_flags = ACC_ANNOTATION }, CFE "Illegal class modifiers in class <Unknown>: 0x2000" },
    { { .class_flags = ACC_INTERFACE | ACC_ABSTRACT, .super = "q/X", .methods = "0000" },
      CFE "Interfaces must have java.lang.Object as superclass in class file q/Foo" },
    { { .name = "q//Foo" }, CFE "Illegal class name \"q//Foo\" in class file <Unknown>" },
    { { .name = "[I" }, CFE "Bad class name in class file <Unknown>" },
    { { .super = "[I" }, CFE "Bad superclass name in class file q/Foo" },
    { { .descriptor = "()X" }, CFE "Method \"f\" in class <Unknown> has illegal signature \"()X\"" },
    { { .descriptor = "(Lq.X;)V" },
      CFE "Class name is empty or contains illegal character in descriptor in class file <Unknown>" },
    { { .cp = "02 00", .cp_entries = 1 }, CFE "Unknown constant tag 2 in class file <Unknown>" },
    { { .cp = "13 0001", .cp_entries = 1 }, CFE "Unknown constant tag 19 in class file <Unknown>" },
    { { .cp = "13 0001", .cp_entries = 1, .class_flags = ACC_MODULE },
      "NoClassDefFoundError: <Unknown> is not a class because access_flag ACC_MODULE is set" },
    { { .cp = "10 0007", .cp_entries = 1 }, "" },
    { { .cp = "10 0006", .cp_entries = 1 }, CFE "Method \"type\" in class <Unknown> has illegal signature \"f\"" },
    { { .cp = "10 0007", .cp_entries = 1, .major = 50 },
      CFE "Class file version does not support constant tag 16 in class file <Unknown>" },
    { { .cp = "05 00000001 00000002", .cp_entries = 1 }, CFE "Invalid constant pool entry 23 in class file <Unknown>" },
    { { .cp = "07 0002", .cp_entries = 1 }, CFE "Invalid constant pool index 2 in class file <Unknown>" },
    { { .cp = "09 0002 0002", .cp_entries = 1 }, CFE "Invalid constant pool index 2 in class file <Unknown>" },
    { { .cp = "09 0002 000c", .cp_entries = 1 }, CFE "Field \"f\" in class <Unknown> has illegal signature \"()V\"" },
    { { .cp = "0a 0002 000e", .cp_entries = 1 },
      CFE "Method \"f\" in class <Unknown> has illegal signature \"Ljava/lang/String;\"" },
    { { .cp = "0f 0a 000d", .cp_entries = 1 },
      CFE "Bad method handle kind at constant pool index 23 in class file <Unknown>" },
    { { .cp = "0f 01 000d", .cp_entries = 1 },
      CFE "Invalid constant pool index 13 in class file <Unknown> (not a field)" },
    { { .cp = "0f 06 000f", .cp_entries = 1 },
      CFE "Invalid constant pool index 15 in class file <Unknown> (not a method)" },
    { { .cp = "0f 08 000d", .cp_entries = 1 },
      CFE "Bad constructor name at constant pool index 6 in class file <Unknown>" },
    { { .cp = "01 0001 c3", .cp_entries = 1 }, CFE "Illegal UTF8 string in constant pool in class file <Unknown>" },
    { { .cp = "01 0002 c1 81", .cp_entries = 1 }, CFE "Illegal UTF8 string in constant pool in class file <Unknown>" },
    { { .cp = "12 0000 000c", .cp_entries = 1 }, CFE "Missing BootstrapMethods attribute in class file q/Foo" },
    { { .interfaces = "0001 0001" }, CFE "Interface name has bad constant pool index 1 in class file q/Foo" },
    { { .interfaces = "0002 0004 0004" }, CFE "Duplicate interface name \"java/lang/Object\" in class file q/Foo" },
};

static const struct broken broken_members[] = {
    { { .fields = "0001 0001 0006 0008 0000" }, "" },
    { { .fields = "0001 0003 0006 0008 0000" }, CFE "Illegal field modifiers in class q/Foo: 0x3" },
    { { .fields = "0001 0050 0006 0008 0000" }, CFE "Illegal field modifiers in class q/Foo: 0x50" },
    { { .fields = "0001 0001 0002 0008 0000" },
      CFE "Invalid constant pool index 2 for field name in class file q/Foo" },
    { { .fields = "0001 0001 0008 0008 0000" }, CFE "Illegal field name \"Ljava/lang/String;\" in class q/Foo" },
    { { .fields = "0001 0001 0006 0006 0000" }, CFE "Field \"f\" in class q/Foo has illegal signature \"f\"" },
    { { .fields = "0002 0001 0006 0008 0000 0001 0006 0008 0000" },
      CFE "Duplicate field name \"f\" with signature \"Ljava/lang/String;\" in class file q/Foo" },
    { { .fields = "0001 0009 0006 0008 0001 0012 00000002 0016" }, "" },
    { { .fields = "0001 0009 0006 0008 0001 0012 00000002 0009" },
      CFE "Bad string initial value in class file q/Foo" },
    { { .fields = "0001 0009 0006 0008 0002 0012 00000002 0016 0012 00000002 0016" },
      CFE "Duplicate ConstantValue attribute in class file q/Foo" },
    { { .fields = "0001 0009 0006 0008 0001 0012 00000003 001600" },
      CFE "Invalid ConstantValue field attribute length 3 in class file q/Foo" },
    { { .methods = "0001 0101 0006 0007 0000" }, "" },
    { { .methods = "0001 0003 0006 0007 0000" }, CFE "Method f in class q/Foo has illegal modifiers: 0x3" },
    { { .methods = "0001 0410 0006 0007 0000" }, CFE "Method f in class q/Foo has illegal modifiers: 0x410" },
    { { .methods = "0001 0001 0006 0007 0000" },
      CFE "Absent Code attribute in method that is not native or abstract in class file q/Foo" },
    { { .methods = "0002 0101 0006 0007 0000 0101 0006 0007 0000" },
      CFE "Duplicate method name \"f\" with signature \"()V\" in class file q/Foo" },
    { { .methods = "0001 0101 0006 0007 0001 0005 0000000d 0000 0001 00000001 b1 0000 0000" },
      CFE "Code attribute in native or abstract methods in class file q/Foo" },
    { { .methods = "0001 0001 0006 0007 0001 0005 0000000d 0000 0000 00000001 b1 0000 0000" },
      CFE "Arguments can't fit into locals in class file q/Foo" },
    { { .methods = "0001 0009 0006 0007 0001 0005 0000000c 0000 0000 00000000 0000 0000" },
      CFE "Invalid method Code length 0 in class file q/Foo" },
    { { .methods = "0001 0009 0006 0007 0001 0005 0000000e 0000 0000 00000001 b1 0000 0000 00" },
      CFE "Code segment has wrong length in class file q/Foo" },
    { { .cp = "01 0008 3c636c696e69743e", .cp_entries = 1, .methods = "0001 0101 0017 0007 0000" },
      CFE "Method <clinit> is not static in class file q/Foo" },
    { { .class_flags = ACC_INTERFACE | ACC_ABSTRACT, .methods = "0001 0009 0006 0007 0000" },
      CFE "Absent Code attribute in method that is not native or abstract in class file q/Foo" },
    { { .class_flags = ACC_INTERFACE | ACC_ABSTRACT, .methods = "0001 0401 0006 0007 0000" }, "" },
    { { .class_flags = ACC_INTERFACE | ACC_ABSTRACT, .methods = "0001 0400 0006 0007 0000" },
      CFE "Method f in class q/Foo has illegal modifiers: 0x400" },
    { { .attributes = "0001 0014 0000000a 0001 0002 0000 0006 0000" }, "" },
    { { .attributes = "0001 0014 0000000a 0001 0006 0000 0006 0000" },
      CFE "inner_class_info_index 6 has bad constant type in class file q/Foo" },
    { { .attributes = "0001 0014 0000000a 0001 0002 0002 0006 0000" },
      CFE "Class is both outer and inner class in class file q/Foo" },
    { { .attributes = "0001 0014 00000012 0002 0002 0000 0006 0000 0002 0000 0006 0000" },
      CFE "Duplicate entry in InnerClasses attribute in class file q/Foo" },
    { { .attributes = "0001 0014 0000000b 0001 0002 0000 0006 0000 00" },
      CFE "Wrong InnerClasses attribute length in class file q/Foo" },
    { { .attributes = "0002 0015 00000002 0006 0015 00000002 0006" },
      CFE "Multiple SourceFile attributes in class file q/Foo" },
    { { .attributes = "0001 0002 00000002 0006" },
      CFE "Attribute name has bad constant pool index 2 in class file q/Foo" },
    { { .attributes = "0000 00" }, CFE "Extra bytes at the end of class file q/Foo" },
    { { .attributes = "0001 0015 00000002 00" }, CFE "Truncated class file" },
};

#define VE "VerifyError: "
static const struct broken broken_code[] = {
    { { .code = "a7 0003 b1", .major = 50 }, "" },
    { { .code = "a7 0003 b1" }, VE "Expecting a stackmap frame at branch target 3" },
    { { .code = "cb" }, VE "Bad instruction: cb" },
    { { .code = "10" }, VE "Bad instruction" },
    { { .code = "a7 0001 b1" }, VE "Expecting a stackmap frame at branch target 1" },
    { { .code = "a7 0100 b1" }, VE "Expecting a stackmap frame at branch target 256" },
    { { .code = "a7 8000 b1" }, VE "Expecting a stackmap frame at branch target -32768" },
    { { .code = "a7 0001 b1", .major = 49 },
      VE "(class: q/Foo, method: f signature: ()V) Illegal target of jump or branch" },
    { { .code = "00" }, VE "Control flow falls through code end" },
    { { .code = "00", .major = 48 }, VE "(class: q/Foo, method: f signature: ()V) Falling off the end of the code" },
    { { .code = "03 57 b1" }, VE "Operand stack overflow" },
    { { .code = "57 b1", .max_stack = 1 }, VE "Operand stack underflow" },
    { { .code = "03 57 b1", .max_stack = 1 }, "" },
    { { .code = "15 00 57 b1", .max_stack = 1 }, VE "Local variable table overflow" },
    { { .code = "1e 58 b1", .max_stack = 2, .max_locals = 1 }, VE "get long/double overflows locals" },
    { { .code = "c4 00 0000 b1" }, VE "Bad instruction" },
    { { .code = "c4 15 0001 57 b1", .max_stack = 1, .max_locals = 2 }, "" },
    { { .code = "03 bc 03 57 b1", .max_stack = 1 }, VE "Illegal newarray instruction" },
    { { .code = "03 bc 0a 57 b1", .max_stack = 1 }, "" },
    { { .code = "12 09 57 b1", .max_stack = 1 }, "" },
    { { .code = "12 0a 57 b1", .max_stack = 1 }, VE "Illegal type at constant pool entry 10 in class q.Foo" },
    { { .code = "14 000a 58 b1", .max_stack = 2 }, "" },
    { { .code = "14 0009 58 b1", .max_stack = 2 }, VE "Illegal type at constant pool entry 9 in class q.Foo" },
    { { .code = "14 0bb8 58 b1", .max_stack = 2 }, VE "Illegal constant pool index 3000 in class q.Foo" },
    { { .code = "b2 000f 57 b1", .max_stack = 1 }, "" },
    { { .code = "b2 000d 57 b1", .max_stack = 1 }, VE "Illegal type at constant pool entry 13 in class q.Foo" },
    { { .code = "b8 000d b1" }, "" },
    { { .code = "b6 000d b1" }, VE "Operand stack underflow" },
    { { .code = "b9 000d 01 00 b1" }, VE "Illegal type at constant pool entry 13 in class q.Foo" },
    { { .cp = "0b 0002 000c", .cp_entries = 1, .code = "01 b9 0017 01 00 b1", .max_stack = 1 }, "" },
    { { .cp = "0b 0002 000c", .cp_entries = 1, .code = "01 b9 0017 02 00 b1", .max_stack = 1 },
      VE "Inconsistent args count operand in invokeinterface" },
    { { .cp = "0b 0002 000c", .cp_entries = 1, .code = "01 b9 0017 01 01 b1", .max_stack = 1 },
      VE "Fourth operand byte of invokeinterface must be zero" },
    { { .cp = "0b 0002 000c", .cp_entries = 1, .code = "b8 0017 b1", .major = 51 },
      VE "Illegal type at constant pool entry 23 in class q.Foo" },
    { { .cp = "0b 0002 000c", .cp_entries = 1, .code = "b8 0017 b1", .major = 52 }, "" },
    { { .cp = "01 0006 3c696e69743e 0c 0017 0007 0a 0002 0018", .cp_entries = 3, .code = "b8 0019 b1" },
      VE "Illegal call to internal method" },
    { { .cp = "01 0002 5b49 07 0017", .cp_entries = 2, .code = "bb 0018 57 b1", .max_stack = 1 },
      VE "Illegal new instruction" },
    { { .cp = "01 0002 5b49 07 0017", .cp_entries = 2, .code = "03 c5 0018 01 57 b1", .max_stack = 1 }, "" },
    { { .cp = "01 0002 5b49 07 0017", .cp_entries = 2, .code = "03 c5 0018 00 57 b1", .max_stack = 1 },
      VE "Illegal dimension in multianewarray instruction: 0" },
    { { .cp = "01 0002 5b49 07 0017", .cp_entries = 2, .code = "03 03 c5 0018 02 57 b1", .max_stack = 2 },
      VE "Illegal dimension in multianewarray instruction: 2" },
    { { .code = "03 aa 0000 00000013 00000001 00000000 b1 b1 b1 b1", .max_stack = 1 },
      VE "Bad instruction" },
    { { .code = "03 aa 0000 00000013 00000000 00000000 00000013 b1", .max_stack = 1, .major = 50 }, "" },
    { { .code = "03 ab 0000 0000001b 00000002 00000001 0000001b 00000001 0000001b b1", .max_stack = 1 },
      VE "Bad lookupswitch instruction" },
    { { .code = "03 ab 0000 0000001b 00000002 00000001 0000001b 00000002 0000001b b1", .max_stack = 1, .major = 50 },
      "" },
    { { .code = "03 ab 0000 00000008 ffffffff b1", .max_stack = 1 }, VE "Bad instruction" },
    { { .code = "03 ab 0100 0000000b 00000000 b1", .max_stack = 1, .major = 50 },
      VE "Nonzero padding byte in lookupswitch or tableswitch" },
    { { .code = "a8 0003 b1", .max_stack = 1 }, VE "Bad instruction: a8" },
    { { .code = "a8 0004 b1 4b a9 00", .max_stack = 1, .max_locals = 1, .major = 49 }, "" },
    { { .code = "03 ac", .max_stack = 1 }, VE "Method does not expect a return value" },
    { { .code = "b1", .descriptor = "()I" }, VE "Method expects a return value" },
    { { .code = "03 59 9a fffe b1", .max_stack = 2, .major = 50 }, VE "Inconsistent stackmap frames at branch target 0" },
    { { .code = "00 b1 57 b1", .max_stack = 1, .handlers = "0001 0000 0001 0002 0000", .major = 50 }, "" },
    { { .code = "00 b1 57 b1", .max_stack = 1, .handlers = "0001 0001 0001 0002 0000" },
      CFE "Illegal exception table range in class file q/Foo" },
    { { .code = "00 b1 57 b1", .max_stack = 1, .handlers = "0001 0000 0001 0004 0000" },
      CFE "Illegal exception table handler in class file q/Foo" },
    { { .code = "00 b1 57 b1", .max_stack = 1, .handlers = "0001 0000 0001 0002 0001" },
      CFE "Catch type in exception table has bad constant type in class file q/Foo" },
    { { .code = "10 00 57 b1 57 b1", .max_stack = 1, .handlers = "0001 0001 0003 0004 0000" },
      CFE "Illegal exception table start_pc 1 in method 'void q.Foo.f()'" },
    { { .code_attributes = "0001 0010 00000006 0001 0000 0001" }, "" },
    { { .code_attributes = "0001 0010 00000006 0001 0001 0001" },
      CFE "Invalid pc in LineNumberTable in class file q/Foo" },
    { { .code_attributes = "0001 0010 00000006 0002 0000 0001" },
      CFE "LineNumberTable attribute has wrong length in class file q/Foo" },
    { { .max_locals = 1, .code_attributes = "0001 0011 0000000c 0001 0000 0001 0006 0008 0000" }, "" },
    { { .max_locals = 1, .code_attributes = "0001 0011 0000000c 0001 0000 0002 0006 0008 0000" },
      CFE "Invalid length 2 in LocalVariableTable in class file q/Foo" },
    { { .max_locals = 1, .code_attributes = "0001 0011 0000000c 0001 0000 0001 0006 0008 0001" },
      CFE "Invalid index 1 in LocalVariableTable in class file q/Foo" },
    { { .max_locals = 1,
        .code_attributes = "0001 0011 00000016 0002 0000 0001 0006 0008 0000 0000 0001 0006 0008 0000" },
      CFE "Duplicated LocalVariableTable attribute entry for 'f' in class file q/Foo" },
};

START_TEST(structure)
{
    symbols_init();
    expect(&broken_structure[_i].shape, broken_structure[_i].error);
}
END_TEST

START_TEST(members)
{
    symbols_init();
    expect(&broken_members[_i].shape, broken_members[_i].error);
}
END_TEST

START_TEST(code)
{
    symbols_init();
    expect(&broken_code[_i].shape, broken_code[_i].error);
}
END_TEST

/* Every prefix of a good class is truncated; every single changed byte is survived, whatever the answer. */
START_TEST(truncated_and_flipped)
{
    symbols_init();
    struct shape s = { .code = "03 57 b1", .max_stack = 1,
                       .attributes = "0001 0014 0000000a 0001 0002 0000 0006 0000" };
    struct builder *b = calloc(1, sizeof *b);
    build(b, &s);
    for (size_t length = 0; length < b->length; length++) {
        uint8_t *exact = malloc(length + 1); /* so that a sanitizer sees reads behind the end */
        memcpy(exact, b->bytes, length);
        ck_assert_str_eq(outcome(exact, length, false), CFE "Truncated class file");
        free(exact);
    }
    for (size_t at = 0; at < b->length; at++) {
        uint8_t saved = b->bytes[at];
        for (unsigned v = 0; v < 256; v++) {
            b->bytes[at] = (uint8_t)v;
            outcome(b->bytes, b->length, v % 2 == 0);
        }
        b->bytes[at] = saved;
    }
    b->bytes[2] = 0, b->bytes[3] = 0;
    ck_assert_str_eq(outcome(b->bytes, b->length, false),
                     CFE "Incompatible magic value 3405643776 in class file <Unknown>");
    free(b);
}
END_TEST

START_TEST(names)
{
    symbols_init();
    struct builder *b = calloc(1, sizeof *b);
    build(b, &(struct shape) { .minor = 0 });
    struct arena *arena = arena_new();
    struct parse_options o = { .arena = arena, .expected_name = symbol_intern_cstr("q/Bar") };
    struct parsed_class parsed;
    struct parse_error error;
    ck_assert_ptr_null(classfile_parse(b->bytes, b->length, &o, &parsed, &error));
    ck_assert_str_eq(error.exception, "java/lang/NoClassDefFoundError");
    ck_assert_str_eq(error.message, "q/Bar (wrong name: q/Foo)");
    o.expected_name = symbol_intern_cstr("q/Foo");
    o.hidden = true;
    o.hidden_name = symbol_intern_cstr("q/Foo+0x0001");
    o.copy_bytes = true;
    struct class *c = classfile_parse(b->bytes, b->length, &o, &parsed, &error);
    ck_assert_ptr_nonnull(c);
    ck_assert_ptr_eq(c->name, o.hidden_name);
    ck_assert_ptr_eq(cp_class_name(&c->cp, parsed.this_index), o.hidden_name);
    ck_assert_ptr_ne(c->bytes, b->bytes);
    ck_assert(class_is_hidden(c));
    arena_free(arena);
    free(b);
}
END_TEST

/* ---- Real classes */

static char *modules_path(void)
{
    static char path[1024];
    const char *jdk = getenv("JDK");
    snprintf(path, sizeof path, "%s/lib/modules", jdk ? jdk : "/usr/lib/jvm/java-17-openjdk-amd64");
    return path;
}

static struct class *load(struct jimage *image, struct arena *arena, const char *package, const char *name)
{
    const char *why;
    size_t length;
    const uint8_t *bytes = jimage_find(image, "java.base", package, name, "class", &length, &why);
    ck_assert_ptr_nonnull(bytes);
    struct parse_options o = { .arena = arena, .trusted = true };
    struct parsed_class parsed;
    struct parse_error error;
    struct class *c = classfile_parse(bytes, length, &o, &parsed, &error);
    ck_assert_ptr_nonnull(c);
    return c;
}

static struct method *method_named(struct class *c, const char *name, const char *descriptor)
{
    for (uint16_t i = 0; i < c->method_count; i++)
        if (strcmp(c->methods[i]->name->bytes, name) == 0 &&
            (!descriptor || strcmp(c->methods[i]->descriptor->bytes, descriptor) == 0))
            return c->methods[i];
    ck_abort_msg("no method %s", name);
}

/* What the parser leaves in the structures, on classes whose contents are known. */
START_TEST(contents)
{
    symbols_init();
    const char *why;
    struct jimage *image = jimage_open(modules_path(), &why);
    ck_assert_ptr_nonnull(image);
    struct arena *arena = arena_new();
    struct class *string = load(image, arena, "java/lang", "String");
    ck_assert_str_eq(string->name->bytes, "java/lang/String");
    ck_assert_int_eq(string->access_flags, ACC_PUBLIC | ACC_FINAL | ACC_SUPER);
    ck_assert_int_eq(string->interface_count, 5);
    ck_assert(string->vm_flags & CLASS_HAS_CLINIT);
    ck_assert(string->fields[0].vm_flags & FIELD_STABLE);
    ck_assert_str_eq(string->fields[0].name->bytes, "value");
    ck_assert_int_eq(string->fields[0].type, '[');
    ck_assert_str_eq(string->attributes.source_file->bytes, "String.java");
    struct method *index_of = method_named(string, "indexOf", "(Ljava/lang/String;I)I");
    char text[200];
    ck_assert_str_eq(method_external_name(index_of, text, sizeof text),
                     "int java.lang.String.indexOf(java.lang.String, int)");
    ck_assert_str_eq(method_external_name(index_of, text, 12), "int java.la");
    ck_assert_int_eq(index_of->arg_slots, 3);
    ck_assert_int_eq(index_of->arg_count, 2);
    ck_assert_int_gt(method_line_number(index_of, 0), 1000);
    ck_assert_int_eq(method_line_number(method_named(string, "intern", NULL), 0), -2);
    struct class *record = load(image, arena, "java/lang/runtime", "ObjectMethods");
    ck_assert_int_ne(record->attributes.nest_members != NULL || record->attributes.inner_classes != NULL, 0);
    struct class *map = load(image, arena, "java/util", "HashMap$Node");
    ck_assert(map->attributes.is_inner);
    ck_assert_int_eq(map->attributes.outer_class_flags, ACC_STATIC);
    ck_assert_int_ne(map->attributes.nest_host_index, 0);
    struct class *reflection = load(image, arena, "jdk/internal/reflect", "Reflection");
    ck_assert(method_named(reflection, "getCallerClass", NULL)->vm_flags & METHOD_INTRINSIC_CANDIDATE);
    struct class *lookup = load(image, arena, "java/lang/invoke", "MethodHandles");
    ck_assert(method_named(lookup, "lookup", NULL)->vm_flags & METHOD_CALLER_SENSITIVE);
    struct class *object = load(image, arena, "java/lang", "Object");
    ck_assert(method_named(object, "<init>", NULL)->vm_flags & METHOD_EMPTY);
    ck_assert(!(method_named(object, "toString", NULL)->vm_flags & METHOD_EMPTY));
    struct class *latin1 = load(image, arena, "java/lang", "StringLatin1");
    ck_assert(method_named(latin1, "hashCode", NULL)->vm_flags & METHOD_HAS_LOOPS);
    arena_free(arena);
    jimage_close(image);
}
END_TEST

struct all {
    struct parse_options options;
    uint32_t classes, java_base;
    uint64_t bytes;
};

static void parse_one(const char *module, const char *parent, const char *base, const char *extension,
                      const uint8_t *bytes, size_t length, void *arg)
{
    struct all *all = arg;
    if (strcmp(extension, "class") != 0)
        return;
    struct parsed_class parsed;
    struct parse_error error = { 0 };
    struct class *c = classfile_parse(bytes, length, &all->options, &parsed, &error);
    if (strcmp(base, "module-info") == 0) {
        ck_assert_ptr_null(c);
        ck_assert_str_eq(error.exception, "java/lang/NoClassDefFoundError");
        return;
    }
    ck_assert_msg(c != NULL, "/%s/%s/%s: %s %s", module, parent, base, error.exception, error.message);
    for (uint32_t i = 1; i < c->cp.count; i++)
        if (c->cp.tags[i] == CP_CLASS)
            ck_assert_int_ne(c->cp.values[i].ref.slot, 0);
    all->classes++;
    all->bytes += length;
}

static double seconds(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Every class of the JDK, as the boot loader sees it and with all checks on. */
START_TEST(all_of_the_jdk)
{
    symbols_init();
    const char *why;
    struct jimage *image = jimage_open(modules_path(), &why);
    ck_assert_ptr_nonnull(image);
    for (int checked = 0; checked < 2; checked++) {
        struct all all = { .options = { .arena = arena_new(), .trusted = !checked, .check_code = checked } };
        double start = seconds();
        jimage_each(image, parse_one, &all);
        double took = seconds() - start;
        ck_assert_uint_gt(all.classes, 20000);
        printf("%s: %u classes, %.1f MB in %.0f ms (%.1f us each), %.1f MB of metadata, %zu symbols\n",
               checked ? "all checks" : "trusted   ", all.classes, (double)all.bytes / 1e6, took * 1e3,
               took * 1e6 / all.classes, (double)arena_used(all.options.arena) / 1e6, symbol_count());
        arena_free(all.options.arena);
    }
    jimage_close(image);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("classfile");
    TCase *cases = tcase_create("parser");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, structure, 0, ARRAY_COUNT(broken_structure));
    tcase_add_loop_test(cases, members, 0, ARRAY_COUNT(broken_members));
    tcase_add_loop_test(cases, code, 0, ARRAY_COUNT(broken_code));
    tcase_add_test(cases, truncated_and_flipped);
    tcase_add_test(cases, names);
    tcase_add_test(cases, contents);
    tcase_add_test(cases, all_of_the_jdk);
    suite_add_tcase(suite, cases);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
