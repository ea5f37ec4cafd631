/* Names (JVMS 4.2.2), field and method descriptors (4.3): syntax, walking, sizes. */
#include "classloader/classfile.h"
#include "vm/symbol.h"

/* Bytes above 0x7f are parts of characters that no rule mentions. */
bool name_is_unqualified(const char *p, size_t length, enum name_kind kind)
{
    if (length == 0)
        return false;
    for (size_t i = 0; i < length; i++) {
        switch (p[i]) {
        case '.': case ';': case '[':
            return false;
        case '/':
            if (kind != NAME_CLASS || i == 0 || i + 1 == length || p[i + 1] == '/')
                return false;
            break;
        case '<': case '>':
            if (kind == NAME_METHOD)
                return false;
            break;
        default:
            break;
        }
    }
    return true;
}

/* JVMS 4.3.2. */
const char *descriptor_skip(const char *p, const char *end, enum descriptor_fault *fault)
{
    uint32_t dimensions = 0;
    *fault = DESCRIPTOR_MALFORMED;
    for (; p < end && *p == '['; p++) {
        if (++dimensions > CLASS_MAX_DIMENSIONS) {
            *fault = DESCRIPTOR_TOO_DEEP;
            return NULL;
        }
    }
    if (p == end)
        return NULL;
    switch (*p++) {
    case 'B': case 'C': case 'D': case 'F': case 'I': case 'J': case 'S': case 'Z':
        return p;
    case 'L':
        break;
    default:
        return NULL;
    }
    const char *semicolon = memchr(p, ';', (size_t)(end - p));
    if (semicolon == NULL)
        return NULL;
    if (!name_is_unqualified(p, (size_t)(semicolon - p), NAME_CLASS)) {
        *fault = DESCRIPTOR_BAD_NAME;
        return NULL;
    }
    return semicolon + 1;
}

bool descriptor_is_field(const char *text, size_t length)
{
    enum descriptor_fault fault;
    return descriptor_skip(text, text + length, &fault) == text + length;
}

/* Stops at the terminating NUL, so that a malformed descriptor (never seen for checked classes) cannot lead astray. */
const char *descriptor_next(const char *p)
{
    if (*p == ')' || *p == 0)
        return NULL;
    while (*p == '[')
        p++;
    if (*p == 'L') {
        while (*p != ';' && *p != 0)
            p++;
    }
    return *p == 0 ? NULL : p + 1;
}

struct descriptor_shape descriptor_shape(const struct symbol *descriptor)
{
    struct descriptor_shape shape = { .return_type = 'V' };
    const char *p = descriptor->bytes;
    if (*p != '(')
        return shape;
    p++;
    for (const char *next; (next = descriptor_next(p)) != NULL; p = next) {
        shape.arg_count++;
        shape.arg_slots += *p == 'J' || *p == 'D' ? 2 : 1;
    }
    if (*p == ')' && p[1] != 0)
        shape.return_type = p[1];
    shape.result_slots = shape.return_type == 'V' ? 0 : shape.return_type == 'J' || shape.return_type == 'D' ? 2 : 1;
    return shape;
}
