/* The class-file parser refuses broken files in HotSpot's words, and survives any. */
#include <stdlib.h>

#include "classfile_fixture.h"
#include "runner.h"
#include "vm/symbol.h"

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

START_TEST(structure)
{
    classfile_expect(&broken_structure[_i]);
}
END_TEST

START_TEST(members)
{
    classfile_expect(&broken_members[_i]);
}
END_TEST

/* Every prefix of a good class is truncated; every single changed byte is survived, whatever the answer. */
START_TEST(truncated_and_flipped)
{
    symbols_init();
    struct shape s = { .code = "03 57 b1", .max_stack = 1,
                       .attributes = "0001 0014 0000000a 0001 0002 0000 0006 0000" };
    struct bytes b = {0};
    classfile_build(&b, &s);
    for (size_t length = 0; length < b.length; length++) {
        uint8_t *exact = malloc(length + 1); /* so that a sanitizer sees reads behind the end */
        memcpy(exact, b.data, length);
        ck_assert_str_eq(classfile_outcome(exact, length, false), CFE "Truncated class file");
        free(exact);
    }
    for (size_t at = 0; at < b.length; at++) {
        uint8_t saved = b.data[at];
        for (unsigned v = 0; v < 256; v++) {
            b.data[at] = (uint8_t)v;
            classfile_outcome(b.data, b.length, v % 2 == 0);
        }
        b.data[at] = saved;
    }
    b.data[2] = 0, b.data[3] = 0;
    ck_assert_str_eq(classfile_outcome(b.data, b.length, false),
                     CFE "Incompatible magic value 3405643776 in class file <Unknown>");
    free(b.data);
}
END_TEST

START_TEST(names)
{
    symbols_init();
    struct bytes b = {0};
    classfile_build(&b, &(struct shape) { .minor = 0 });
    struct arena *arena = arena_new();
    struct parse_options o = { .arena = arena, .expected_name = symbol_intern_cstr("q/Bar") };
    struct parsed_class parsed;
    struct parse_error error;
    ck_assert_ptr_null(classfile_parse(b.data, b.length, &o, &parsed, &error));
    ck_assert_str_eq(error.exception, "java/lang/NoClassDefFoundError");
    ck_assert_str_eq(error.message, "q/Bar (wrong name: q/Foo)");
    o.expected_name = symbol_intern_cstr("q/Foo");
    o.hidden = true;
    o.hidden_name = symbol_intern_cstr("q/Foo+0x0001");
    o.copy_bytes = true;
    struct class *c = classfile_parse(b.data, b.length, &o, &parsed, &error);
    ck_assert_ptr_nonnull(c);
    ck_assert_ptr_eq(c->name, o.hidden_name);
    ck_assert_ptr_eq(cp_class_name(&c->cp, parsed.this_index), o.hidden_name);
    ck_assert_ptr_ne(c->bytes, b.data);
    ck_assert(class_is_hidden(c));
    arena_free(arena);
    free(b.data);
}
END_TEST

TEST_MAIN("classfile", NULL, 120, TEST_EACH(structure, broken_structure), TEST_EACH(members, broken_members),
          TEST(truncated_and_flipped), TEST(names))
