/* The constant pool (JVMS 4.4): reading it, the kinds of entries that entries refer to, and the names and descriptors
 * found there.  Index kinds are always checked, since everything later relies on them; syntax only when asked. */
#include "classloader/classfile_private.h"

/* First version of each tag (JVMS table 4.4-B); 0: no such tag.  Module and Package are for module-info alone. */
static const uint8_t tag_version[CP_PACKAGE + 1] = {
    [CP_UTF8] = VERSION_FIRST, [CP_INTEGER] = VERSION_FIRST, [CP_FLOAT] = VERSION_FIRST, [CP_LONG] = VERSION_FIRST,
    [CP_DOUBLE] = VERSION_FIRST, [CP_CLASS] = VERSION_FIRST, [CP_STRING] = VERSION_FIRST, [CP_FIELDREF] = VERSION_FIRST,
    [CP_METHODREF] = VERSION_FIRST, [CP_INTERFACE_METHODREF] = VERSION_FIRST, [CP_NAME_AND_TYPE] = VERSION_FIRST,
    [CP_METHOD_HANDLE] = VERSION_7, [CP_METHOD_TYPE] = VERSION_7, [CP_DYNAMIC] = VERSION_11,
    [CP_INVOKE_DYNAMIC] = VERSION_7,
};

/* Strings whose symbols are still to be looked up: by the time a string's turn comes, its part of the symbol table is
 * in the cache. */
enum { PENDING = 8 };

struct pending {
    union cp_value *value;
    const char *bytes;
    uint32_t hash;
    uint16_t length;
};

struct pending_queue {
    struct pending entries[PENDING];
    uint32_t count; /* ever added */
};

static bool intern(struct parser *ps, const struct pending *e)
{
    e->value->utf8 = symbol_intern_hashed(e->bytes, e->length, e->hash);
    return LIKELY(e->value->utf8 != NULL) || classfile_no_memory(ps);
}

static bool intern_rest(struct parser *ps, const struct pending_queue *queue)
{
    for (uint32_t i = queue->count < PENDING ? 0 : queue->count - PENDING; i < queue->count; i++)
        TRY(intern(ps, &queue->entries[i % PENDING]));
    return true;
}

static bool read_utf8(struct parser *ps, union cp_value *value, struct pending_queue *queue)
{
    uint16_t length = read_u2(ps->p + 1);
    const char *bytes = (const char *)ps->p + 3;
    NEED(3 + (size_t)length);
    if (ps->verify)
        CHECK(classfile_utf8_is_legal(ps->p + 3, length), "Illegal UTF8 string in constant pool in class file %s",
              ps->name);
    struct pending *e = &queue->entries[queue->count % PENDING];
    if (queue->count >= PENDING)
        TRY(intern(ps, e));
    *e = (struct pending) { value, bytes, symbol_hash(bytes, length), length };
    symbol_prefetch(e->hash);
    queue->count++;
    ps->p += 3 + length;
    return true;
}

/* Tags that carry one or two indexes.  Those that can be resolved are counted. */
static bool read_reference(struct parser *ps, uint8_t tag, union cp_value *value)
{
    CHECK(tag <= CP_PACKAGE && tag_version[tag] != 0, "Unknown constant tag %u in class file %s", tag, ps->name);
    CHECK(ps->major >= tag_version[tag], "Class file version does not support constant tag %u in class file %s", tag,
          ps->name);
    if (tag == CP_CLASS || tag == CP_STRING || tag == CP_METHOD_TYPE) {
        value->ref.a = read_u2(ps->p + 1);
        ps->p += 3;
    } else if (tag == CP_METHOD_HANDLE) {
        NEED(4);
        value->ref.a = ps->p[1];
        value->ref.b = read_u2(ps->p + 2);
        ps->p += 4;
    } else {
        NEED(5);
        value->ref.a = read_u2(ps->p + 1);
        value->ref.b = read_u2(ps->p + 3);
        ps->p += 5;
    }
    if (tag != CP_NAME_AND_TYPE && tag != CP_INVOKE_DYNAMIC)
        value->ref.slot = (uint16_t)++ps->resolvable;
    return true;
}

static bool read_number(struct parser *ps, uint8_t tag, union cp_value *value)
{
    size_t size = tag == CP_LONG || tag == CP_DOUBLE ? 9 : 5;
    NEED(size);
    uint64_t bits = read_u4(ps->p + 1);
    if (size == 9) {
        bits = bits << 32 | read_u4(ps->p + 5);
        memcpy(&value->j, &bits, sizeof bits);
    } else {
        uint32_t low = (uint32_t)bits;
        memcpy(&value->i, &low, sizeof low);
    }
    ps->p += size;
    return true;
}

static bool read_entries(struct parser *ps, uint8_t *tags, union cp_value *values)
{
    uint32_t count = ps->class->cp.count;
    struct pending_queue queue = { .count = 0 };
    for (uint32_t i = 1; i < count; i++) {
        NEED(3); /* no entry is shorter */
        uint8_t tag = ps->p[0];
        tags[i] = tag;
        switch (tag) {
        case CP_UTF8:
            TRY(read_utf8(ps, &values[i], &queue));
            break;
        case CP_INTEGER: case CP_FLOAT:
            TRY(read_number(ps, tag, &values[i]));
            break;
        case CP_LONG: case CP_DOUBLE:
            TRY(read_number(ps, tag, &values[i]));
            CHECK(i + 1 < count, "Invalid constant pool entry %u in class file %s", i, ps->name);
            i++; /* JVMS 4.4.5: takes two entries */
            break;
        case CP_MODULE: case CP_PACKAGE:
            if (ps->major >= VERSION_9) {
                /* A module-info must be refused as such, which is known only at the access flags. */
                ps->deferred_tag = tag;
                tags[i] = CP_UNUSABLE;
                ps->p += 3;
                break;
            }
            __attribute__((fallthrough));
        default:
            TRY(read_reference(ps, tag, &values[i]));
            break;
        }
    }
    return intern_rest(ps, &queue);
}

/* ---- Kinds of the entries referred to */

static bool check_method_handle(struct parser *ps, uint16_t index, uint16_t kind, uint16_t reference)
{
    uint8_t tag = cp_tag_at(ps, reference);
    CHECK(tag != CP_UNUSABLE, "Invalid constant pool index %u in class file %s", reference, ps->name);
    switch (kind) { /* JVMS table 5.4.3.5-A */
    case 1: case 2: case 3: case 4:
        CHECK(tag == CP_FIELDREF, "Invalid constant pool index %u in class file %s (not a field)", reference, ps->name);
        return true;
    case 5: case 8:
        CHECK(tag == CP_METHODREF, "Invalid constant pool index %u in class file %s (not a method)", reference,
              ps->name);
        return true;
    case 6: case 7:
        CHECK(tag == CP_METHODREF || (tag == CP_INTERFACE_METHODREF && ps->major >= VERSION_8),
              "Invalid constant pool index %u in class file %s (not a method)", reference, ps->name);
        return true;
    case 9:
        CHECK(tag == CP_INTERFACE_METHODREF,
              "Invalid constant pool index %u in class file %s (not an interface method)",
              reference, ps->name);
        return true;
    default:
        return classfile_fail(ps, "Bad method handle kind at constant pool index %u in class file %s", index, ps->name);
    }
}

static bool check_kind(struct parser *ps, uint16_t index, enum cp_tag tag)
{
    CHECK(cp_is(ps, index, tag), "Invalid constant pool index %u in class file %s", index, ps->name);
    return true;
}

static bool check_kinds(struct parser *ps, uint16_t i)
{
    const union cp_value *value = &ps->class->cp.values[i];
    switch (ps->class->cp.tags[i]) {
    case CP_CLASS: case CP_STRING: case CP_METHOD_TYPE:
        return check_kind(ps, value->ref.a, CP_UTF8);
    case CP_FIELDREF: case CP_METHODREF: case CP_INTERFACE_METHODREF:
        TRY(check_kind(ps, value->ref.a, CP_CLASS));
        return check_kind(ps, value->ref.b, CP_NAME_AND_TYPE);
    case CP_NAME_AND_TYPE:
        TRY(check_kind(ps, value->ref.a, CP_UTF8));
        return check_kind(ps, value->ref.b, CP_UTF8);
    case CP_METHOD_HANDLE:
        return check_method_handle(ps, i, value->ref.a, value->ref.b);
    case CP_DYNAMIC: case CP_INVOKE_DYNAMIC:
        if (value->ref.a > ps->last_bootstrap)
            ps->last_bootstrap = value->ref.a;
        return check_kind(ps, value->ref.b, CP_NAME_AND_TYPE);
    default:
        return true;
    }
}

/* ---- Names and descriptors */

static bool check_name_and_type(struct parser *ps, const union cp_value *value)
{
    const struct symbol *name = utf8_at(ps, value->ref.a), *descriptor = utf8_at(ps, value->ref.b);
    CHECK(descriptor->length != 0, "Illegal zero length constant pool entry at %d in class %s", value->ref.b, ps->name);
    CHECK(name->length != 0, "Illegal zero length constant pool entry at %d in class %s", value->ref.a, ps->name);
    if (descriptor->bytes[0] == '(') {
        TRY(classfile_check_method_name(ps, name));
        return classfile_check_method_descriptor(ps, name, descriptor);
    }
    TRY(classfile_check_field_name(ps, name));
    return classfile_check_field_descriptor(ps, name, descriptor);
}

/* Does the NameAndType describe a field or a method as its user demands? */
static bool check_member(struct parser *ps, uint8_t tag, uint16_t name_and_type)
{
    const union cp_value *value = &ps->class->cp.values[name_and_type];
    const struct symbol *name = utf8_at(ps, value->ref.a), *descriptor = utf8_at(ps, value->ref.b);
    bool method = descriptor->bytes[0] == '(';
    if (tag == CP_FIELDREF || tag == CP_DYNAMIC)
        return !method || classfile_illegal_signature(ps, tag == CP_FIELDREF ? "Field" : "CONSTANT_Dynamic", name,
                                                      descriptor);
    if (!method)
        return classfile_illegal_signature(ps, "Method", name, descriptor);
    if (tag == CP_METHODREF && name->bytes[0] == '<') /* JVMS 4.4.2 */
        CHECK(name == sym_init, "Bad method name at constant pool index %u in class file %s", value->ref.a, ps->name);
    return true;
}

/* JVMS 4.4.8: newInvokeSpecial means a constructor, and no other kind may. */
static bool check_handle_name(struct parser *ps, const union cp_value *handle)
{
    if (handle->ref.a < 5)
        return true;
    const union cp_value *values = ps->class->cp.values;
    uint16_t name_index = values[values[handle->ref.b].ref.b].ref.a;
    const struct symbol *name = utf8_at(ps, name_index);
    if (handle->ref.a == 8)
        CHECK(name == sym_init, "Bad constructor name at constant pool index %u in class file %s", name_index,
              ps->name);
    else
        CHECK(name != sym_init && name != sym_clinit, "Bad method name at constant pool index %u in class file %s",
              name_index, ps->name);
    return true;
}

static bool check_syntax(struct parser *ps, uint16_t i)
{
    const union cp_value *value = &ps->class->cp.values[i];
    uint8_t tag = ps->class->cp.tags[i];
    switch (tag) {
    case CP_CLASS:
        return classfile_check_class_name(ps, utf8_at(ps, value->ref.a));
    case CP_NAME_AND_TYPE:
        return check_name_and_type(ps, value);
    case CP_FIELDREF: case CP_METHODREF: case CP_INTERFACE_METHODREF: case CP_DYNAMIC: case CP_INVOKE_DYNAMIC:
        return check_member(ps, tag, value->ref.b);
    case CP_METHOD_HANDLE:
        return check_handle_name(ps, value);
    case CP_METHOD_TYPE: {
        const struct symbol *descriptor = utf8_at(ps, value->ref.a);
        const struct symbol *no_name = symbol_intern_cstr("type"); /* HotSpot's, in the message */
        return no_name ? classfile_check_method_descriptor(ps, no_name, descriptor) : classfile_no_memory(ps);
    }
    default:
        return true;
    }
}

bool classfile_parse_cp(struct parser *ps)
{
    NEED(2);
    struct constant_pool *cp = &ps->class->cp;
    cp->count = take_u2(ps);
    CHECK(cp->count >= 1, "Illegal constant pool size %u in class file %s", cp->count, ps->name);
    /* One entry more than the file's: a hidden class's name. */
    uint8_t *tags = classfile_alloc(ps, (size_t)cp->count + 1);
    union cp_value *values = classfile_alloc(ps, ((size_t)cp->count + 1) * sizeof *values);
    TRY(tags != NULL && values != NULL);
    cp->tags = tags;
    cp->values = values;
    if (ps->options->hidden) {
        tags[cp->count] = CP_UTF8;
        values[cp->count].utf8 = ps->options->hidden_name;
    }
    TRY(read_entries(ps, tags, values));
    if (ps->deferred_tag != 0)
        return true; /* the access flags decide how this class is refused */
    for (uint32_t i = 1; i < cp->count; i++)
        TRY(check_kinds(ps, (uint16_t)i));
    for (uint32_t i = 1; ps->verify && i < cp->count; i++)
        TRY(check_syntax(ps, (uint16_t)i));
    return true;
}

/* Slot 0 is nobody's, so that an entry without a slot is recognised. */
bool classfile_make_slots(struct parser *ps)
{
    struct constant_pool *cp = &ps->class->cp;
    cp->slot_count = (uint16_t)(ps->resolvable + 1);
    cp->slots = classfile_alloc(ps, cp->slot_count * sizeof *cp->slots);
    return cp->slots != NULL;
}
