/* Names and descriptors of the constant pool (JVMS 4.2, 4.3, 4.4.7), with HotSpot's messages. */
#include "classloader/classfile_private.h"

/* JVMS 4.4.7: no byte 0 or 0xf0 and above; sequences complete; no encoding longer than needed, but for U+0000. */
bool classfile_utf8_is_legal(const uint8_t *p, size_t length)
{
    const uint8_t *end = p + length;
    while (p < end) {
        uint8_t c = *p;
        if (c < 0x80) {
            if (c == 0)
                return false;
            p++;
        } else if ((c & 0xe0) == 0xc0) {
            if (end - p < 2 || (p[1] & 0xc0) != 0x80)
                return false;
            uint32_t value = (uint32_t)(c & 0x1f) << 6 | (p[1] & 0x3f);
            if (value != 0 && value < 0x80)
                return false;
            p += 2;
        } else if ((c & 0xf0) == 0xe0) {
            if (end - p < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
                return false;
            uint32_t value = (uint32_t)(c & 0xf) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
            if (value < 0x800)
                return false;
            p += 3;
        } else {
            return false;
        }
    }
    return true;
}

/* Before version 49 names were Java identifiers (JVMS 2nd edition, 2.7).  Characters outside ASCII are taken as
 * letters. Returns the end of the longest identifier (with '/' between parts if slash_ok), or NULL. */
static const char *skip_identifier(const char *p, const char *end, bool slash_ok)
{
    bool first = true;
    const char *start = p;
    for (; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
            first = false;
        else if (c == '_' || c == '$' || c >= 0x80)
            first = false;
        else if (c >= '0' && c <= '9' && !first)
            continue;
        else if (c == '/' && slash_ok && !first)
            first = true;
        else
            break;
    }
    return p == start || first ? NULL : p;
}

static bool is_legal_name(const struct parser *ps, const char *p, size_t length, enum name_kind kind)
{
    if (ps->major >= VERSION_1_5)
        return name_is_unqualified(p, length, kind);
    return length > 0 && skip_identifier(p, p + length, kind == NAME_CLASS) == p + length;
}

/* Behind one field descriptor, or NULL; *failed when a more precise error has been reported. */
static const char *skip_descriptor(struct parser *ps, const char *p, const char *end, bool *failed)
{
    enum descriptor_fault fault;
    const char *next = descriptor_skip(p, end, &fault);
    if (next == NULL && fault == DESCRIPTOR_TOO_DEEP) {
        *failed = true;
        classfile_fail(ps, "Array type descriptor has more than 255 dimensions in class file %s", ps->name);
    } else if (next == NULL && fault == DESCRIPTOR_BAD_NAME && ps->major >= VERSION_1_5) {
        *failed = true;
        classfile_fail(ps, "Class name is empty or contains illegal character in descriptor in class file %s",
                       ps->name);
    } else if (next != NULL && next[-1] == ';' && ps->major < VERSION_1_5) { /* the older rule allows less */
        const char *name = p + strspn(p, "[") + 1;
        if (!is_legal_name(ps, name, (size_t)(next - 1 - name), NAME_CLASS))
            return NULL;
    }
    return next;
}

bool classfile_illegal_signature(struct parser *ps, const char *kind, const struct symbol *name,
                                 const struct symbol *signature)
{
    return classfile_fail(ps, "%s \"%s\" in class %s has illegal signature \"%s\"", kind, name->bytes, ps->name,
                          signature->bytes);
}

bool classfile_check_class_name(struct parser *ps, const struct symbol *name)
{
    const char *p = name->bytes, *end = p + name->length;
    bool legal, failed = false;
    if (*p == '[') { /* JVMS 4.4.1: an array class's name is a descriptor */
        legal = skip_descriptor(ps, p, end, &failed) == end;
        if (failed)
            return false;
    } else {
        legal = is_legal_name(ps, p, name->length, NAME_CLASS);
    }
    CHECK(legal, "Illegal class name \"%s\" in class file %s", name->bytes, ps->name);
    return true;
}

bool classfile_check_field_name(struct parser *ps, const struct symbol *name)
{
    CHECK(is_legal_name(ps, name->bytes, name->length, NAME_FIELD), "Illegal field name \"%s\" in class %s",
          name->bytes, ps->name);
    return true;
}

bool classfile_check_method_name(struct parser *ps, const struct symbol *name)
{
    CHECK(name == sym_init || name == sym_clinit || is_legal_name(ps, name->bytes, name->length, NAME_METHOD),
          "Illegal method name \"%s\" in class %s", name->bytes, ps->name);
    return true;
}

bool classfile_check_field_descriptor(struct parser *ps, const struct symbol *name, const struct symbol *descriptor)
{
    const char *end = descriptor->bytes + descriptor->length;
    bool failed = false;
    const char *p = skip_descriptor(ps, descriptor->bytes, end, &failed);
    if (failed)
        return false;
    return p == end || classfile_illegal_signature(ps, "Field", name, descriptor);
}

bool classfile_check_method_descriptor(struct parser *ps, const struct symbol *name, const struct symbol *descriptor)
{
    /* JVMS 2.9.2: from version 51 a class initializer takes and returns nothing. */
    if (name == sym_clinit && descriptor != sym_void_descriptor && ps->major >= VERSION_7)
        return classfile_illegal_signature(ps, "Method", name, descriptor);
    const char *p = descriptor->bytes, *end = p + descriptor->length;
    bool failed = false;
    if (p == end || *p++ != '(')
        return classfile_illegal_signature(ps, "Method", name, descriptor);
    while (p && p < end && *p != ')') {
        p = skip_descriptor(ps, p, end, &failed);
        if (failed)
            return false;
    }
    if (!p || p == end)
        return classfile_illegal_signature(ps, "Method", name, descriptor);
    p++; /* ')' */
    if (p + 1 == end && *p == 'V')
        return true;
    if (name->bytes[0] == '<') /* JVMS 2.9.1 */
        return classfile_illegal_signature(ps, "Method", name, descriptor);
    p = skip_descriptor(ps, p, end, &failed);
    if (failed)
        return false;
    return p == end || classfile_illegal_signature(ps, "Method", name, descriptor);
}
