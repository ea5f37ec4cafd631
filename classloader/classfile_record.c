/* The Record attribute (JVMS 4.7.30). */
#include "classloader/classfile_private.h"

struct component_seen {
    bool signature, visible, invisible, visible_types, invisible_types;
};

static bool component_attribute(struct parser *ps, const struct attribute *a, struct component_seen *seen)
{
    const struct { const struct symbol *name; bool *seen; } once[] = {
        { sym_Signature, &seen->signature },
        { sym_RuntimeVisibleAnnotations, &seen->visible },
        { sym_RuntimeInvisibleAnnotations, &seen->invisible },
        { sym_RuntimeVisibleTypeAnnotations, &seen->visible_types },
        { sym_RuntimeInvisibleTypeAnnotations, &seen->invisible_types },
    };
    for (size_t i = 0; i < ARRAY_COUNT(once); i++) {
        if (a->name != once[i].name)
            continue;
        CHECK(!*once[i].seen, "Multiple %s attributes for Record component in class file %s", a->name->bytes, ps->name);
        *once[i].seen = true;
    }
    if (a->name != sym_Signature) {
        WHOLE(a);
        return true;
    }
    CHECK(a->length == 2, "Invalid Signature attribute length %u in Record component in class file %s", a->length,
          ps->name);
    WHOLE(a);
    uint16_t index = read_u2(a->payload);
    CHECK(cp_is(ps, index, CP_UTF8), "Invalid Signature attribute at constant pool index %u in class file %s", index,
          ps->name);
    return true;
}

static bool component(struct parser *ps)
{
    NEED(6);
    uint16_t name = take_u2(ps), descriptor = take_u2(ps), attributes = take_u2(ps);
    CHECK(cp_is(ps, name, CP_UTF8), "Invalid constant pool index %u for name in Record attribute in class file %s",
          name,
          ps->name);
    CHECK(cp_is(ps, descriptor, CP_UTF8),
          "Invalid constant pool index %u for descriptor in Record attribute in class file %s", descriptor, ps->name);
    if (ps->verify) {
        TRY(classfile_check_field_name(ps, utf8_at(ps, name)));
        TRY(classfile_check_field_descriptor(ps, utf8_at(ps, name), utf8_at(ps, descriptor)));
    }
    struct component_seen seen = { 0 };
    while (attributes-- > 0) {
        struct attribute a;
        TRY(classfile_take_attribute(ps, &a, "Invalid Record attribute name index %u in class file %s"));
        TRY(component_attribute(ps, &a, &seen));
    }
    return true;
}

/* Walks the attribute with the parser's own position, which is put back. */
bool classfile_check_record(struct parser *ps, const struct attribute *record)
{
    const uint8_t *behind = ps->p;
    ps->p = record->payload;
    NEED(2);
    for (uint16_t left = take_u2(ps); left > 0; left--)
        TRY(component(ps));
    CHECK(ps->p == record->end, "Record attribute has wrong length in class file %s", ps->name);
    ps->p = behind;
    return true;
}
