/* Field and method descriptors (JVMS 4.3): syntax, walking, sizes. */
#include "classloader/classfile.h"
#include "vm/symbol.h"

enum { MAX_DIMENSIONS = 255 }; /* JVMS 4.3.2 */

/* JVMS 4.2.1: internal form of a class name, between 'L' and ';'.  NULL: not one. */
static const char *skip_class(const char *p, const char *end)
{
    const char *start = p;
    for (; p < end && *p != ';'; p++) {
        if (*p == '.' || *p == '[')
            return NULL;
        if (*p == '/' && (p == start || p + 1 == end || p[1] == '/' || p[1] == ';'))
            return NULL;
    }
    return p == end || p == start ? NULL : p + 1;
}

/* Behind one field descriptor that starts at p, or NULL. */
static const char *skip_field(const char *p, const char *end)
{
    int dimensions = 0;
    for (; p < end && *p == '['; p++) {
        if (++dimensions > MAX_DIMENSIONS)
            return NULL;
    }
    if (p == end)
        return NULL;
    switch (*p) {
    case 'B': case 'C': case 'D': case 'F': case 'I': case 'J': case 'S': case 'Z':
        return p + 1;
    case 'L':
        return skip_class(p + 1, end);
    default:
        return NULL;
    }
}

bool descriptor_is_field(const char *text, size_t length)
{
    return skip_field(text, text + length) == text + length;
}

bool descriptor_is_method(const char *text, size_t length)
{
    const char *p = text, *end = text + length;
    if (p == end || *p++ != '(')
        return false;
    while (p < end && *p != ')') {
        p = skip_field(p, end);
        if (!p)
            return false;
    }
    if (p == end)
        return false;
    p++;
    return (p + 1 == end && *p == 'V') || (p < end && skip_field(p, end) == end);
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
        shape.arg_slots = (uint16_t)(shape.arg_slots + (*p == 'J' || *p == 'D' ? 2 : 1));
    }
    if (*p == ')' && p[1] != 0)
        shape.return_type = p[1];
    shape.result_slots = shape.return_type == 'V' ? 0 : shape.return_type == 'J' || shape.return_type == 'D' ? 2 : 1;
    return shape;
}
