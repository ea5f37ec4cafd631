/* Fields and methods (JVMS 4.5, 4.6) and their attributes but Code. */
#include <stdlib.h>

#include "classloader/classfile_private.h"

enum {
    FIELD_FLAGS = ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED | ACC_STATIC | ACC_FINAL | ACC_VOLATILE | ACC_TRANSIENT |
                  ACC_ENUM | ACC_SYNTHETIC,
    METHOD_FLAGS = ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED | ACC_STATIC | ACC_FINAL | ACC_SYNCHRONIZED | ACC_BRIDGE |
                   ACC_VARARGS | ACC_NATIVE | ACC_ABSTRACT | ACC_STRICT | ACC_SYNTHETIC,
    MAX_ARGUMENT_SLOTS = 255, /* JVMS 4.3.3, with the receiver */
};

/* Which attributes have been seen, to refuse repeated ones. */
struct seen {
    bool code, exceptions, method_parameters, signature, visible, invisible, visible_parameters, invisible_parameters,
        annotation_default, visible_types, invisible_types;
};

#define ONCE(flag, what, where)                                                                                        \
    do {                                                                                                               \
        CHECK(!(flag), "Multiple " what " attributes for " where " in class file %s", ps->name);                       \
        (flag) = true;                                                                                                 \
    } while (0)

/* JVMS 4.7.9; the caller has checked the length. */
static bool read_signature(struct parser *ps, const struct attribute *a, struct symbol **out)
{
    WHOLE(a);
    uint16_t index = read_u2(a->payload);
    CHECK(cp_is(ps, index, CP_UTF8), "Invalid Signature attribute at constant pool index %u in class file %s", index,
          ps->name);
    *out = utf8_at(ps, index);
    return true;
}

/* ---- Fields */

/* JVMS 4.7.2, table 4.7.2-A. */
static bool check_constant_value(struct parser *ps, const struct field *f, uint16_t index)
{
    uint8_t tag = cp_tag_at(ps, index);
    CHECK(tag != CP_UNUSABLE, "Bad initial value index %u in ConstantValue attribute in class file %s", index,
          ps->name);
    enum cp_tag wanted;
    switch (f->type) {
    case 'J': wanted = CP_LONG; break;
    case 'F': wanted = CP_FLOAT; break;
    case 'D': wanted = CP_DOUBLE; break;
    case 'B': case 'C': case 'S': case 'Z': case 'I': wanted = CP_INTEGER; break;
    case 'L':
        CHECK(tag == CP_STRING && strcmp(f->descriptor->bytes, "Ljava/lang/String;") == 0,
              "Bad string initial value in class file %s", ps->name);
        return true;
    default:
        return classfile_fail(ps, "Unable to set initial value %u in class file %s", index, ps->name);
    }
    CHECK(tag == wanted, "Inconsistent constant value type in class file %s", ps->name);
    return true;
}

static bool field_annotation_attribute(struct parser *ps, struct field *f, const struct attribute *a, struct seen *seen)
{
    WHOLE(a);
    if (a->name == sym_RuntimeVisibleAnnotations) {
        ONCE(seen->visible, "RuntimeVisibleAnnotations", "field");
        f->annotations = a->payload;
        if (ps->options->trusted)
            classfile_field_annotations(ps, f, a);
    } else if (a->name == sym_RuntimeInvisibleAnnotations) {
        ONCE(seen->invisible, "RuntimeInvisibleAnnotations", "field");
    } else if (a->name == sym_RuntimeVisibleTypeAnnotations) {
        ONCE(seen->visible_types, "RuntimeVisibleTypeAnnotations", "field");
        f->type_annotations = a->payload;
    } else if (a->name == sym_RuntimeInvisibleTypeAnnotations) {
        ONCE(seen->invisible_types, "RuntimeInvisibleTypeAnnotations", "field");
    }
    return true;
}

static bool field_attribute(struct parser *ps, struct field *f, const struct attribute *a, struct seen *seen)
{
    if (a->name == sym_ConstantValue && (f->access_flags & ACC_STATIC)) {
        CHECK(f->constant_index == 0, "Duplicate ConstantValue attribute in class file %s", ps->name);
        CHECK(a->length == 2, "Invalid ConstantValue field attribute length %u in class file %s", a->length, ps->name);
        WHOLE(a);
        uint16_t index = read_u2(a->payload);
        TRY(check_constant_value(ps, f, index));
        f->constant_index = index;
    } else if (a->name == sym_Synthetic) {
        CHECK(a->length == 0, "Invalid Synthetic field attribute length %u in class file %s", a->length, ps->name);
        f->access_flags |= ACC_SYNTHETIC;
    } else if (a->name == sym_Deprecated) {
        CHECK(a->length == 0, "Invalid Deprecated field attribute length %u in class file %s", a->length, ps->name);
    } else if (ps->major < VERSION_1_5) {
        WHOLE(a);
    } else if (a->name == sym_Signature) {
        ONCE(seen->signature, "Signature", "field");
        CHECK(a->length == 2, "Wrong size %u for field's Signature attribute in class file %s", a->length, ps->name);
        return read_signature(ps, a, &f->signature);
    } else {
        return field_annotation_attribute(ps, f, a, seen);
    }
    return true;
}

static bool parse_field(struct parser *ps, struct field *f)
{
    f->access_flags = take_u2(ps) & FIELD_FLAGS;
    TRY(classfile_check_field_flags(ps, f->access_flags));
    uint16_t name = take_u2(ps), descriptor = take_u2(ps), attributes = take_u2(ps);
    CHECK(cp_is(ps, name, CP_UTF8), "Invalid constant pool index %u for field name in class file %s", name, ps->name);
    f->name = utf8_at(ps, name);
    CHECK(cp_is(ps, descriptor, CP_UTF8), "Invalid constant pool index %u for field signature in class file %s",
          descriptor,
          ps->name);
    f->descriptor = utf8_at(ps, descriptor);
    if (ps->verify) {
        TRY(classfile_check_field_name(ps, f->name));
        TRY(classfile_check_field_descriptor(ps, f->name, f->descriptor));
    }
    f->owner = ps->class;
    f->type = f->descriptor->bytes[0];
    struct seen seen = { 0 };
    while (attributes-- > 0) {
        struct attribute a;
        TRY(classfile_take_attribute(ps, &a, "Invalid field attribute index %u in class file %s"));
        TRY(field_attribute(ps, f, &a, &seen));
    }
    return true;
}

/* JVMS 4.5, 4.6: no two members of a kind have the same name and descriptor. */
static bool check_members_differ(struct parser *ps, const char *kind, const struct set_key *keys, uint32_t count)
{
    int32_t i = classfile_find_repeated(keys, count);
    if (i < 0)
        return i == SET_NO_MEMORY ? classfile_no_memory(ps) : true;
    return classfile_fail(ps, "Duplicate %s name \"%s\" with signature \"%s\" in class file %s", kind,
                          set_key_symbol(keys[i].a)->bytes, set_key_symbol(keys[i].b)->bytes, ps->name);
}

static bool check_fields_differ(struct parser *ps)
{
    const struct class *c = ps->class;
    struct set_key *keys = malloc(c->field_count * sizeof *keys + 1);
    if (!keys)
        return classfile_no_memory(ps);
    for (uint32_t i = 0; i < c->field_count; i++)
        keys[i] = (struct set_key) { (uintptr_t)c->fields[i].name, (uintptr_t)c->fields[i].descriptor };
    bool ok = check_members_differ(ps, "field", keys, c->field_count);
    free(keys);
    return ok;
}

/* A member takes 8 bytes at least: what a truncated file claims beyond that is met as truncation, not as memory. */
static size_t members_to_allocate(const struct parser *ps, uint16_t count)
{
    size_t most = parser_left(ps) / 8;
    return count < most ? count : most;
}

bool classfile_parse_fields(struct parser *ps)
{
    struct class *c = ps->class;
    NEED(2);
    uint16_t count = take_u2(ps);
    TRY(c->fields = classfile_alloc(ps, members_to_allocate(ps, count) * sizeof *c->fields));
    for (uint16_t i = 0; i < count; i++) {
        NEED(8);
        c->fields[i].index = i;
        TRY(parse_field(ps, &c->fields[i]));
    }
    c->field_count = count;
    return !ps->verify || count < 2 || check_fields_differ(ps);
}

/* ---- Methods */

/* JVMS 4.7.5 */
static bool exceptions_attribute(struct parser *ps, struct method *m, const struct attribute *a)
{
    const uint8_t *end = classfile_table_end(ps, a, 2);
    TRY(end != NULL);
    m->exception_count = read_u2(a->payload);
    m->exceptions = a->payload + 2;
    for (const uint8_t *p = m->exceptions; p < end; p += 2)
        CHECK(cp_is(ps, read_u2(p), CP_CLASS), "Exception name has bad type at constant pool %u in class file %s",
              read_u2(p), ps->name);
    CHECK(!a->truncated && end == a->end, "Exceptions attribute has wrong length in class file %s", ps->name);
    return true;
}

static bool method_annotation_attribute(struct parser *ps, struct method *m, const struct attribute *a,
                                        struct seen *seen)
{
    WHOLE(a);
    if (a->name == sym_RuntimeVisibleAnnotations) {
        ONCE(seen->visible, "RuntimeVisibleAnnotations", "method");
        m->annotations = a->payload;
        if (ps->options->trusted)
            classfile_method_annotations(ps, m, a);
    } else if (a->name == sym_RuntimeInvisibleAnnotations) {
        ONCE(seen->invisible, "RuntimeInvisibleAnnotations", "method");
    } else if (a->name == sym_RuntimeVisibleParameterAnnotations) {
        ONCE(seen->visible_parameters, "RuntimeVisibleParameterAnnotations", "method");
        m->parameter_annotations = a->payload;
    } else if (a->name == sym_RuntimeInvisibleParameterAnnotations) {
        ONCE(seen->invisible_parameters, "RuntimeInvisibleParameterAnnotations", "method");
    } else if (a->name == sym_AnnotationDefault) {
        ONCE(seen->annotation_default, "AnnotationDefault", "method");
        m->annotation_default = a->payload;
    } else if (a->name == sym_RuntimeVisibleTypeAnnotations) {
        ONCE(seen->visible_types, "RuntimeVisibleTypeAnnotations", "method");
        m->type_annotations = a->payload;
    } else if (a->name == sym_RuntimeInvisibleTypeAnnotations) {
        ONCE(seen->invisible_types, "RuntimeInvisibleTypeAnnotations", "method");
    }
    return true;
}

/* Attributes of old, and those that any version may have. */
static bool method_attribute(struct parser *ps, struct method *m, const struct attribute *a, struct seen *seen)
{
    if (a->name == sym_Code) {
        CHECK(!(m->access_flags & (ACC_NATIVE | ACC_ABSTRACT)),
              "Code attribute in native or abstract methods in class file %s", ps->name);
        CHECK(!seen->code, "Multiple Code attributes in class file %s", ps->name);
        seen->code = true;
        return classfile_parse_code(ps, m, a);
    }
    if (a->name == sym_Exceptions) {
        CHECK(!seen->exceptions, "Multiple Exceptions attributes in class file %s", ps->name);
        seen->exceptions = true;
        return exceptions_attribute(ps, m, a);
    }
    if (a->name == sym_MethodParameters) {
        CHECK(!seen->method_parameters, "Multiple MethodParameters attributes in class file %s", ps->name);
        seen->method_parameters = true;
        CHECK(a->end > a->payload && a->length == 1 + 4 * (uint32_t)a->payload[0],
              "Invalid MethodParameters method attribute length %u in class file", a->length);
        WHOLE(a);
        m->parameters = a->payload;
    } else if (a->name == sym_Synthetic) {
        CHECK(a->length == 0, "Invalid Synthetic method attribute length %u in class file %s", a->length, ps->name);
        m->access_flags |= ACC_SYNTHETIC;
    } else if (a->name == sym_Deprecated) {
        CHECK(a->length == 0, "Invalid Deprecated method attribute length %u in class file %s", a->length, ps->name);
    } else if (ps->major < VERSION_1_5) {
        WHOLE(a);
    } else if (a->name == sym_Signature) {
        ONCE(seen->signature, "Signature", "method");
        CHECK(a->length == 2, "Invalid Signature attribute length %u in class file %s", a->length, ps->name);
        return read_signature(ps, a, &m->signature);
    } else {
        return method_annotation_attribute(ps, m, a, seen);
    }
    return true;
}

/* Flags, by name and version (JVMS 4.6, 2.9.2). */
static bool method_flags(struct parser *ps, struct method *m, uint16_t flags)
{
    bool interface = class_is_interface(ps->class);
    if (m->name == sym_clinit) {
        if (ps->major < VERSION_7)
            flags = ACC_STATIC; /* whatever it says */
        else if (flags & ACC_STATIC)
            flags &= ACC_STATIC | (ps->major <= VERSION_16 ? ACC_STRICT : 0);
        else
            return classfile_fail(ps, "Method <clinit> is not static in class file %s", ps->name);
        if (m->descriptor == sym_void_descriptor)
            ps->class->vm_flags |= CLASS_HAS_CLINIT;
    } else {
        TRY(classfile_check_method_flags(ps, flags, m->name));
    }
    CHECK(!(interface && m->name == sym_init), "Interface cannot have a method named <init>, class file %s", ps->name);
    m->access_flags = flags & METHOD_FLAGS;
    return true;
}

static bool parse_method_header(struct parser *ps, struct method *m)
{
    uint16_t flags = take_u2(ps), name = take_u2(ps), descriptor = take_u2(ps);
    CHECK(cp_is(ps, name, CP_UTF8), "Illegal constant pool index %u for method name in class file %s", name, ps->name);
    m->name = utf8_at(ps, name);
    if (ps->verify)
        TRY(classfile_check_method_name(ps, m->name));
    CHECK(cp_is(ps, descriptor, CP_UTF8), "Illegal constant pool index %u for method signature in class file %s",
          descriptor,
          ps->name);
    m->descriptor = utf8_at(ps, descriptor);
    TRY(method_flags(ps, m, flags));
    if (ps->verify)
        TRY(classfile_check_method_descriptor(ps, m->name, m->descriptor));
    struct descriptor_shape shape = descriptor_shape(m->descriptor);
    uint32_t slots = shape.arg_slots + (method_is_static(m) ? 0u : 1u);
    CHECK(slots <= MAX_ARGUMENT_SLOTS, "Too many arguments in method signature in class file %s", ps->name);
    m->arg_slots = (uint16_t)slots;
    m->arg_count = shape.arg_count;
    m->return_type = shape.return_type;
    m->result_slots = shape.result_slots;
    return true;
}

static bool parse_method(struct parser *ps, struct method *m)
{
    m->owner = ps->class;
    m->vtable_index = m->itable_index = -1;
    TRY(parse_method_header(ps, m));
    uint16_t attributes = take_u2(ps);
    struct seen seen = { 0 };
    while (attributes-- > 0) {
        struct attribute a;
        TRY(classfile_take_attribute(ps, &a, "Invalid method attribute name index %u in class file %s"));
        TRY(method_attribute(ps, m, &a, &seen));
    }
    CHECK(seen.code || (m->access_flags & (ACC_NATIVE | ACC_ABSTRACT)),
          "Absent Code attribute in method that is not native or abstract in class file %s", ps->name);
    if (class_is_interface(ps->class) && !(m->access_flags & (ACC_ABSTRACT | ACC_STATIC)))
        ps->class->vm_flags |= CLASS_HAS_DEFAULTS;
    return true;
}

static bool check_methods_differ(struct parser *ps)
{
    const struct class *c = ps->class;
    struct set_key *keys = malloc(c->method_count * sizeof *keys + 1);
    if (!keys)
        return classfile_no_memory(ps);
    for (uint32_t i = 0; i < c->method_count; i++)
        keys[i] = (struct set_key) { (uintptr_t)c->methods[i]->name, (uintptr_t)c->methods[i]->descriptor };
    bool ok = check_members_differ(ps, "method", keys, c->method_count);
    free(keys);
    return ok;
}

bool classfile_parse_methods(struct parser *ps)
{
    struct class *c = ps->class;
    NEED(2);
    uint16_t count = take_u2(ps);
    size_t room = members_to_allocate(ps, count);
    TRY(c->methods = classfile_alloc(ps, room * sizeof *c->methods));
    struct method *block = classfile_alloc(ps, room * sizeof *block);
    TRY(block);
    for (uint16_t i = 0; i < count; i++) {
        NEED(8);
        c->methods[i] = &block[i];
        block[i].index = i;
        TRY(parse_method(ps, &block[i]));
    }
    c->method_count = count;
    return !ps->verify || count < 2 || check_methods_differ(ps);
}
