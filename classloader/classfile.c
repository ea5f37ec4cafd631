/* The class file as a whole (JVMS 4.1): header, version, this and super class, interfaces; the parts are in
 * classfile_*.c. */
#include "classloader/classfile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "classloader/classfile_private.h"
#include "classloader/codecheck.h"

enum {
    MAGIC = 0xCAFEBABE,
    CLASS_FLAGS = ACC_PUBLIC | ACC_FINAL | ACC_SUPER | ACC_INTERFACE | ACC_ABSTRACT | ACC_SYNTHETIC | ACC_ANNOTATION |
                  ACC_ENUM,
};

static void fill_error(struct parser *ps, const char *exception, const char *fmt, va_list args)
{
    ps->error->exception = exception;
    vsnprintf(ps->error->message, sizeof ps->error->message, fmt, args);
}

bool classfile_fail_as(struct parser *ps, const char *exception, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill_error(ps, exception, fmt, args);
    va_end(args);
    return false;
}

bool classfile_fail(struct parser *ps, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fill_error(ps, "java/lang/ClassFormatError", fmt, args);
    va_end(args);
    return false;
}

bool classfile_no_memory(struct parser *ps)
{
    return classfile_fail_as(ps, "java/lang/OutOfMemoryError", "Metaspace");
}

void *classfile_alloc(struct parser *ps, size_t bytes)
{
    void *p = arena_try_alloc(ps->options->arena, bytes);
    if (UNLIKELY(p == NULL))
        classfile_no_memory(ps);
    return p;
}

bool classfile_take_attribute(struct parser *ps, struct attribute *a, const char *bad_name)
{
    NEED(6);
    uint16_t name = take_u2(ps);
    a->length = take_u4(ps);
    if (UNLIKELY(!cp_is(ps, name, CP_UTF8))) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        return classfile_fail(ps, bad_name, name, ps->name);
#pragma GCC diagnostic pop
    }
    a->name = utf8_at(ps, name);
    a->payload = ps->p;
    a->truncated = a->length > parser_left(ps);
    a->end = a->truncated ? ps->end : ps->p + a->length;
    ps->p = a->end;
    return true;
}

const uint8_t *classfile_table_end(struct parser *ps, const struct attribute *a, size_t size)
{
    size_t left = (size_t)(ps->end - a->payload);
    if (left >= 2 && left - 2 >= size * read_u2(a->payload))
        return a->payload + 2 + size * read_u2(a->payload);
    classfile_fail(ps, "Truncated class file");
    return NULL;
}

/* JVMS 4.1, table 4.1-A, and the rules of minor versions from 56 on. */
static bool check_version(struct parser *ps)
{
    const char *const unsupported = "java/lang/UnsupportedClassVersionError";
    unsigned major = ps->major, minor = ps->minor;
    if (major < VERSION_FIRST)
        return classfile_fail_as(ps, unsupported,
                                 "%s (class file version %u.%u) was compiled with an invalid major version",
                                 ps->name, major, minor);
    if (major > VERSION_LAST)
        return classfile_fail_as(ps, unsupported,
                                 "%s has been compiled by a more recent version of the Java Runtime "
                                 "(class file version %u.%u), this version of the Java Runtime "
                                 "only recognizes class file versions up to %u.0",
                                 ps->name, major, minor, VERSION_LAST);
    if (major < VERSION_12 || minor == 0)
        return true;
    if (minor != MINOR_PREVIEW)
        return classfile_fail_as(ps, unsupported,
                                 "%s (class file version %u.%u) was compiled with an invalid non-zero minor version",
                                 ps->name, major, minor);
    if (major != VERSION_LAST)
        return classfile_fail_as(ps, unsupported,
                                 "%s (class file version %u.%u) was compiled with preview features that are "
                                 "unsupported. This version of the Java Runtime only recognizes preview features "
                                 "for class file version %u.%u",
                                 ps->name, major, minor, VERSION_LAST, MINOR_PREVIEW);
    if (!ps->options->enable_preview)
        return classfile_fail_as(ps, unsupported,
                                 "Preview features are not enabled for %s (class file version %u.%u). "
                                 "Try running with '--enable-preview'",
                                 ps->name, major, minor);
    return true;
}

static bool parse_header(struct parser *ps)
{
    NEED(8);
    uint32_t magic = take_u4(ps);
    CHECK(magic == MAGIC, "Incompatible magic value %u in class file %s", magic, ps->name);
    ps->minor = ps->class->minor_version = take_u2(ps);
    ps->major = ps->class->major_version = take_u2(ps);
    return check_version(ps);
}

/* this_class, under the name it is to have. */
static bool parse_this(struct parser *ps)
{
    struct class *c = ps->class;
    const struct parse_options *o = ps->options;
    ps->this_index = take_u2(ps);
    CHECK(cp_is(ps, ps->this_index, CP_CLASS), "Invalid this class index %u in constant pool in class file %s",
          ps->this_index, ps->name);
    c->name = cp_class_name(&c->cp, ps->this_index);
    CHECK(!ps->verify || c->name->bytes[0] != '[', "Bad class name in class file %s", ps->name);
    if (o->expected_name && c->name != o->expected_name && !o->hidden) /* a hidden class is named by its bytes alone */
        return classfile_fail_as(ps, "java/lang/NoClassDefFoundError", "%s (wrong name: %s)", o->expected_name->bytes,
                                 c->name->bytes);
    if (o->hidden) { /* only this_class means the hidden class; equal names elsewhere do not (JVMS 5.3.5 as of 17) */
        c->name = o->hidden_name;
        c->cp.values[ps->this_index].ref.a = c->cp.count;
        c->vm_flags |= CLASS_HIDDEN;
    }
    ps->name = c->name->bytes;
    return true;
}

static bool parse_super(struct parser *ps)
{
    struct class *c = ps->class;
    ps->super_index = take_u2(ps);
    if (ps->super_index == 0) {
        CHECK(c->name == sym_java_lang_Object, "Invalid superclass index %u in class file %s", 0u, ps->name);
        return true;
    }
    CHECK(cp_is(ps, ps->super_index, CP_CLASS), "Invalid superclass index %u in class file %s", ps->super_index,
          ps->name);
    const struct symbol *name = cp_class_name(&c->cp, ps->super_index);
    CHECK(!ps->verify || name->bytes[0] != '[', "Bad superclass name in class file %s", ps->name);
    return true;
}

static bool check_interfaces_differ(struct parser *ps, const uint8_t *indexes, uint16_t count)
{
    struct set_key *keys = malloc(count * sizeof *keys + 1);
    if (!keys)
        return classfile_no_memory(ps);
    for (uint16_t i = 0; i < count; i++)
        keys[i] = (struct set_key) { (uintptr_t)cp_class_name(&ps->class->cp, read_u2(indexes + 2 * i)), 0 };
    int32_t repeated = classfile_find_repeated(keys, count);
    const char *name = repeated >= 0 ? set_key_symbol(keys[repeated].a)->bytes : "";
    free(keys);
    CHECK(repeated < 0, "Duplicate interface name \"%s\" in class file %s", name, ps->name);
    return true;
}

static bool parse_interfaces(struct parser *ps, struct parsed_class *parsed)
{
    struct class *c = ps->class;
    uint16_t count = take_u2(ps);
    parsed->interfaces = ps->p;
    for (uint16_t i = 0; i < count; i++) {
        NEED(2);
        uint16_t index = take_u2(ps);
        CHECK(cp_is(ps, index, CP_CLASS), "Interface name has bad constant pool index %u in class file %s", index,
              ps->name);
        CHECK(!ps->verify || cp_class_name(&c->cp, index)->bytes[0] != '[',
              "Bad interface name in class file %s", ps->name);
    }
    c->interface_count = count;
    return !ps->verify || count < 2 || check_interfaces_differ(ps, parsed->interfaces, count);
}

static bool parse_class_info(struct parser *ps, struct parsed_class *parsed)
{
    struct class *c = ps->class;
    NEED(8);
    uint16_t flags = take_u2(ps) & (CLASS_FLAGS | (ps->major >= VERSION_9 ? ACC_MODULE : 0));
    if ((flags & ACC_INTERFACE) && ps->major < VERSION_6)
        flags |= ACC_ABSTRACT; /* older compilers left it out */
    TRY(classfile_check_class_flags(ps, flags));
    CHECK(ps->deferred_tag == 0, "Unknown constant tag %u in class file %s", ps->deferred_tag, ps->name);
    c->access_flags = flags;
    TRY(parse_this(ps));
    TRY(parse_super(ps));
    return parse_interfaces(ps, parsed);
}

/* Rules that need the whole class. */
static bool check_class(struct parser *ps)
{
    const struct class *c = ps->class;
    CHECK(ps->p == ps->end, "Extra bytes at the end of class file %s", ps->name);
    CHECK(c->name != sym_java_lang_Object || c->interface_count == 0,
          "java.lang.Object cannot implement an interface in class file %s",
          ps->name);
    /* JVMS 4.1 super_class: an interface extends Object. */
    CHECK(!class_is_interface(c) || !ps->verify ||
              (ps->super_index != 0 && cp_class_name(&c->cp, ps->super_index) == sym_java_lang_Object),
          "Interfaces must have java.lang.Object as superclass in class file %s", ps->name);
    return true;
}

/* Final fields that reflection must not change (java.lang.reflect.Field.trustedFinal). */
static void mark_trusted_finals(struct class *c)
{
    bool instances = (c->vm_flags & (CLASS_HIDDEN | CLASS_IS_RECORD)) != 0;
    for (uint16_t i = 0; i < c->field_count; i++) {
        struct field *f = &c->fields[i];
        if ((f->access_flags & ACC_FINAL) && (instances || (f->access_flags & ACC_STATIC)))
            f->vm_flags |= FIELD_TRUSTED_FINAL;
    }
}

static bool parse(struct parser *ps, struct parsed_class *parsed)
{
    TRY(parse_header(ps));
    TRY(classfile_parse_cp(ps));
    TRY(parse_class_info(ps, parsed));
    TRY(classfile_parse_fields(ps));
    TRY(classfile_parse_methods(ps));
    TRY(classfile_parse_class_attributes(ps));
    TRY(check_class(ps));
    TRY(classfile_make_slots(ps));
    mark_trusted_finals(ps->class);
    return !ps->options->check_code || ps->options->defer_code || codecheck_class(ps->class, ps->error);
}

struct class *classfile_parse(const uint8_t *bytes, size_t length, const struct parse_options *options,
                              struct parsed_class *parsed, struct parse_error *error)
{
    struct parser ps = {
        .options = options, .error = error, .verify = !options->trusted || options->check_code, .last_bootstrap = -1,
        .name = options->expected_name ? options->expected_name->bytes : "<Unknown>",
    };
    if (length > INT32_MAX) {
        classfile_fail(&ps, "Class file %s is longer than 2 GiB", ps.name);
        return NULL;
    }
    if (options->copy_bytes) {
        uint8_t *copy = classfile_alloc(&ps, length);
        if (copy == NULL)
            return NULL;
        memcpy(copy, bytes, length);
        bytes = copy;
    }
    struct class *c = classfile_alloc(&ps, sizeof *c);
    if (c == NULL)
        return NULL;
    c->bytes = bytes;
    c->length = (uint32_t)length;
    if (options->trusted)
        c->vm_flags |= CLASS_TRUSTED;
    ps.class = c;
    ps.p = bytes;
    ps.end = bytes + length;
    *parsed = (struct parsed_class) { .class = c };
    if (!parse(&ps, parsed))
        return NULL;
    parsed->super_index = ps.super_index;
    parsed->this_index = ps.this_index;
    return c;
}
