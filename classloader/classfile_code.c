/* The Code attribute (JVMS 4.7.3), its exception table and its own attributes. */
#include <stdlib.h>

#include "classloader/classfile_private.h"
#include "vm/opcodes.h"

/* Where the parts of a Code attribute lie; shared by the parser and code_attribute_find. */
struct code_layout {
    uint16_t max_stack, max_locals, handler_count;
    uint32_t code_length;
    const uint8_t *code, *handlers, *attributes /* u2 count first */;
};

/* JVMS 4.7.3, for all versions (the short form of before 45.3 is gone, as from HotSpot 17).  l->code stays NULL when
 * not even the sizes are there. */
static bool locate(const uint8_t *p, const uint8_t *end, struct code_layout *l)
{
    if (end - p < 8)
        return false;
    l->max_stack = read_u2(p);
    l->max_locals = read_u2(p + 2);
    l->code_length = read_u4(p + 4);
    l->code = p + 8;
    if ((size_t)(end - l->code) < (size_t)l->code_length + 2)
        return false;
    p = l->code + l->code_length;
    l->handler_count = read_u2(p);
    l->handlers = p + 2;
    if ((size_t)(end - l->handlers) < 8 * (size_t)l->handler_count + 2)
        return false;
    l->attributes = l->handlers + 8 * (size_t)l->handler_count;
    return true;
}

const uint8_t *code_attribute_find(const struct method *m, const struct symbol *name)
{
    struct code_layout l;
    if (!m->code_attribute)
        return NULL;
    const uint8_t *end = m->code_attribute + read_u4(m->code_attribute - 4);
    if (!locate(m->code_attribute, end, &l))
        return NULL;
    const uint8_t *p = l.attributes + 2;
    for (uint16_t left = read_u2(l.attributes); left > 0 && end - p >= 6; left--) {
        const uint8_t *payload = p + 6;
        if (cp_utf8(&m->owner->cp, read_u2(p)) == name)
            return payload;
        p = payload + read_u4(p + 2);
    }
    return NULL;
}

static bool read_handlers(struct parser *ps, struct method *m, const struct code_layout *l)
{
    m->handler_count = l->handler_count;
    if (l->handler_count == 0)
        return true;
    TRY(m->handlers = classfile_alloc(ps, l->handler_count * sizeof *m->handlers));
    const uint8_t *p = l->handlers;
    for (uint16_t i = 0; i < l->handler_count; i++, p += 8) {
        struct exception_handler *h = &m->handlers[i];
        *h = (struct exception_handler) { read_u2(p), read_u2(p + 2), read_u2(p + 4), read_u2(p + 6) };
        CHECK(h->start_pc < h->end_pc && h->end_pc <= l->code_length, "Illegal exception table range in class file %s",
              ps->name);
        CHECK(h->handler_pc < l->code_length, "Illegal exception table handler in class file %s", ps->name);
        CHECK(h->catch_type == 0 || cp_is(ps, h->catch_type, CP_CLASS),
              "Catch type in exception table has bad constant type in class file %s", ps->name);
    }
    return true;
}

/* ---- Line numbers (JVMS 4.7.12).  Several tables of one method are joined. */

static bool line_numbers(struct parser *ps, struct method *m, const struct attribute *a)
{
    CHECK(ps->end - a->payload >= 2, "Truncated class file");
    CHECK(attribute_is_table(a, 4), "LineNumberTable attribute has wrong length in class file %s", ps->name);
    WHOLE(a);
    uint32_t count = read_u2(a->payload);
    for (const uint8_t *p = a->payload + 2; ps->verify && p < a->end; p += 4)
        CHECK(read_u2(p) < m->bytecode_length, "Invalid pc in LineNumberTable in class file %s", ps->name);
    if (m->line_count == 0) {
        m->lines = a->payload + 2;
    } else if (count > 0) {
        CHECK(m->line_count + count <= UINT16_MAX, "LineNumberTable attribute has wrong length in class file %s",
              ps->name);
        uint8_t *joined = classfile_alloc(ps, 4 * (size_t)(m->line_count + count));
        TRY(joined);
        memcpy(joined, m->lines, 4 * (size_t)m->line_count);
        memcpy(joined + 4 * (size_t)m->line_count, a->payload + 2, 4 * (size_t)count);
        m->lines = joined;
    }
    m->line_count = (uint16_t)(m->line_count + count);
    return true;
}

/* ---- Local variables (JVMS 4.7.13, 4.7.14).  Only verified classes get here. */

struct local_tables {
    struct set_key *keys[2]; /* of LocalVariableTable and LocalVariableTypeTable */
    uint32_t count[2];
};

static const char *const local_table_names[2] = { "LocalVariableTable", "LocalVariableTypeTable" };

static bool check_local(struct parser *ps, const struct method *m, const uint8_t *p, bool types)
{
    const char *table = local_table_names[types];
    uint16_t start = read_u2(p), length = read_u2(p + 2), name = read_u2(p + 4), type = read_u2(p + 6);
    CHECK(start < m->bytecode_length, "Invalid start_pc %u in %s in class file %s", start, table, ps->name);
    CHECK((uint32_t)start + length <= m->bytecode_length, "Invalid length %u in %s in class file %s", length, table,
          ps->name);
    CHECK(cp_is(ps, name, CP_UTF8), "Name index %u in %s has bad constant type in class file %s", name, table,
          ps->name);
    CHECK(cp_is(ps, type, CP_UTF8), "Signature index %u in %s has bad constant type in class file %s", type, table,
          ps->name);
    TRY(classfile_check_field_name(ps, utf8_at(ps, name)));
    uint16_t index = read_u2(p + 8);
    uint32_t last = index;
    if (!types) {
        const struct symbol *descriptor = utf8_at(ps, type);
        TRY(classfile_check_field_descriptor(ps, utf8_at(ps, name), descriptor));
        if (descriptor->bytes[0] == 'J' || descriptor->bytes[0] == 'D')
            last++;
    }
    CHECK(last < m->max_locals, "Invalid index %u in %s in class file %s", index, table, ps->name);
    return true;
}

static bool add_locals(struct parser *ps, const struct method *m, const struct attribute *a, bool types,
                       struct local_tables *tables)
{
    CHECK(ps->end - a->payload >= 2, "Truncated class file");
    CHECK(attribute_is_table(a, 10), "%s has wrong length in class file %s", local_table_names[types], ps->name);
    WHOLE(a);
    uint32_t added = read_u2(a->payload), count = tables->count[types];
    if (added == 0)
        return true;
    struct set_key *keys = realloc(tables->keys[types], (count + added) * sizeof *keys);
    if (!keys)
        return classfile_no_memory(ps);
    tables->keys[types] = keys;
    for (const uint8_t *p = a->payload + 2; p < a->end; p += 10) {
        TRY(check_local(ps, m, p, types));
        keys[count++] = (struct set_key) { (uintptr_t)utf8_at(ps, read_u2(p + 4)),
                                           (uint64_t)read_u4(p) << 16 | read_u2(p + 8) };
    }
    tables->count[types] = count;
    return true;
}

/* JVMS 4.7.13: one entry per variable and range; an entry with a generic type belongs to one with a descriptor. */
static bool check_locals_agree(struct parser *ps, struct local_tables *tables)
{
    if (tables->count[0] == 0)
        return true; /* as HotSpot: types of variables that nobody lists are of no interest */
    for (int types = 0; types < 2; types++) {
        int32_t i = classfile_find_repeated(tables->keys[types], tables->count[types]);
        if (i == SET_NO_MEMORY)
            return classfile_no_memory(ps);
        CHECK(i < 0, "Duplicated %s attribute entry for '%s' in class file %s", local_table_names[types],
              set_key_symbol(tables->keys[types][i].a)->bytes, ps->name);
    }
    int32_t i = classfile_find_missing(tables->keys[0], tables->count[0], tables->keys[1], tables->count[1]);
    if (i == SET_NO_MEMORY)
        return classfile_no_memory(ps);
    CHECK(i < 0, "LVTT entry for '%s' in class file %s does not match any LVT entry",
          set_key_symbol(tables->keys[1][i].a)->bytes, ps->name);
    return true;
}

/* ---- The whole */

static bool code_attributes(struct parser *ps, struct method *m, const struct code_layout *l,
                            struct local_tables *tables)
{
    uint16_t count = read_u2(l->attributes);
    bool stack_maps = false;
    ps->p = l->attributes + 2;
    while (count-- > 0) {
        struct attribute a;
        TRY(classfile_take_attribute(ps, &a, "Invalid code attribute name index %u in class file %s"));
        if (a.name == sym_LineNumberTable) {
            TRY(line_numbers(ps, m, &a));
        } else if (a.name == sym_StackMapTable && ps->major >= VERSION_6) {
            CHECK(!stack_maps, "Multiple StackMapTable attributes in class file %s", ps->name);
            stack_maps = true;
            WHOLE(&a);
        } else if (!ps->verify) {
            WHOLE(&a);
        } else if (a.name == sym_LocalVariableTable) {
            TRY(add_locals(ps, m, &a, false, tables));
        } else if (a.name == sym_LocalVariableTypeTable && ps->major >= VERSION_1_5) {
            TRY(add_locals(ps, m, &a, true, tables));
        } else {
            WHOLE(&a);
        }
    }
    return true;
}

static bool is_short_branch(uint8_t opcode)
{
    return (opcode >= OPC_ifeq && opcode <= OPC_jsr) || opcode == OPC_ifnull || opcode == OPC_ifnonnull;
}

/* Is there a branch backwards?  goto_w counts as one.  Start-up scans about a megabyte of code through this. */
static bool has_loops(const uint8_t *code, uint32_t code_length)
{
    uint32_t length;
    for (uint32_t pc = 0; pc < code_length; pc += length) {
        length = opcode_fixed_length[code[pc]];
        if (length == 3 && is_short_branch(code[pc])) {
            if (pc + 1 < code_length && code[pc + 1] >= 0x80)
                return true;
        } else if (length == 0) {
            length = opcode_length_at(code, pc, code_length);
            if (length == 0)
                return false; /* unchecked code that is malformed: the interpreter refuses it */
        } else if (code[pc] == OPC_goto_w) {
            return true;
        }
    }
    return false;
}

/* What the interpreter and the JIT like to know early: does nothing; may run long. */
static void describe_body(struct method *m)
{
    if (m->bytecode[0] == OPC_return)
        m->vm_flags |= METHOD_EMPTY;
    else if (has_loops(m->bytecode, m->bytecode_length))
        m->vm_flags |= METHOD_HAS_LOOPS;
}

/* Read up to the end of the file; whether the attribute's own length agrees is seen at its end, as HotSpot does. */
bool classfile_parse_code(struct parser *ps, struct method *m, const struct attribute *code)
{
    struct code_layout l = { .code = NULL };
    bool complete = locate(code->payload, ps->end, &l);
    CHECK(l.code, "Truncated class file");
    CHECK(m->arg_slots <= l.max_locals, "Arguments can't fit into locals in class file %s", ps->name);
    CHECK(l.code_length > 0 && l.code_length <= UINT16_MAX, "Invalid method Code length %u in class file %s",
          l.code_length,
          ps->name);
    CHECK(complete, "Truncated class file");
    m->max_stack = l.max_stack;
    m->max_locals = l.max_locals;
    m->bytecode = l.code;
    m->bytecode_length = l.code_length;
    m->code_attribute = code->payload;
    TRY(read_handlers(ps, m, &l));
    struct local_tables tables = { 0 };
    bool ok = code_attributes(ps, m, &l, &tables) && (!ps->verify || check_locals_agree(ps, &tables));
    free(tables.keys[0]);
    free(tables.keys[1]);
    TRY(ok);
    CHECK((size_t)(ps->p - code->payload) == code->length, "Code segment has wrong length in class file %s", ps->name);
    describe_body(m);
    return true;
}
