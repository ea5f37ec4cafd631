/* What a method says about itself: source lines and printable names. */
#include "vm/method.h"

int32_t method_line_number(const struct method *m, uint32_t bci)
{
    if (method_is_native(m))
        return -2;
    /* JVMS 4.7.12: entries may come in any order; the nearest one at or before bci counts, the later of equal ones. */
    int32_t best_pc = -1, line = -1;
    for (const uint8_t *p = m->lines, *end = p + 4 * (size_t)m->line_count; p < end; p += 4) {
        int32_t pc = read_u2(p);
        if ((uint32_t)pc == bci)
            return read_u2(p + 2);
        if ((uint32_t)pc < bci && pc >= best_pc) {
            best_pc = pc;
            line = read_u2(p + 2);
        }
    }
    return line;
}

/* A bounded string under construction. */
struct text {
    char *p, *end; /* end: place of the terminating NUL at most */
};

static void put_bytes(struct text *t, const char *bytes, size_t length)
{
    size_t room = (size_t)(t->end - t->p);
    if (length > room)
        length = room;
    memcpy(t->p, bytes, length);
    t->p += length;
}

static void put(struct text *t, const char *s)
{
    put_bytes(t, s, strlen(s));
}

static const char *primitive_name(char type)
{
    switch (type) {
    case 'B': return "byte";
    case 'C': return "char";
    case 'D': return "double";
    case 'F': return "float";
    case 'I': return "int";
    case 'J': return "long";
    case 'S': return "short";
    case 'Z': return "boolean";
    case 'V': return "void";
    default: return "?";
    }
}

/* One type of a descriptor as Java writes it; returns the place behind it. */
static const char *put_type(struct text *t, const char *p)
{
    int dimensions = 0;
    for (; *p == '['; p++)
        dimensions++;
    if (*p == 'L') {
        for (p++; *p != ';' && *p != 0; p++)
            put_bytes(t, *p == '/' ? "." : p, 1);
    } else {
        put(t, primitive_name(*p));
    }
    while (dimensions-- > 0)
        put(t, "[]");
    return *p == 0 ? p : p + 1;
}

char *method_external_name(const struct method *m, char *buffer, size_t size)
{
    if (size == 0)
        return buffer;
    struct text t = { buffer, buffer + size - 1 };
    const char *descriptor = m->descriptor->bytes, *close = strchr(descriptor, ')');
    put_type(&t, close ? close + 1 : "");
    put(&t, " ");
    char owner[512];
    put(&t, class_external_name(m->owner, owner, sizeof owner));
    put(&t, ".");
    put_bytes(&t, m->name->bytes, m->name->length);
    put(&t, "(");
    const char *p = descriptor + (*descriptor == '(');
    while (*p != ')' && *p != 0) {
        p = put_type(&t, p);
        if (*p != ')' && *p != 0)
            put(&t, ", ");
    }
    put(&t, ")");
    *t.p = 0;
    return buffer;
}
