/* Names in helpful NullPointerException messages: classes, methods, local variables. */
#include <stdarg.h>
#include <stdio.h>

#include "vm/npe_private.h"
#include "vm/symbol.h"

void npe_print(struct npe_text *text, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int length = vsnprintf(text->buffer + text->used, text->size - text->used, fmt, args);
    va_end(args);
    if (length < 0)
        return;
    text->used += (size_t)length;
    if (text->used >= text->size)
        text->used = text->size - 1;
}

/* "java/lang/String" -> "String", "Object" likewise; others with dots. */
static void print_class_name(struct npe_text *text, const char *name, size_t length)
{
    if ((length == 16 && memcmp(name, "java/lang/Object", 16) == 0) ||
        (length == 16 && memcmp(name, "java/lang/String", 16) == 0)) {
        npe_print(text, "%.6s", name + 10);
        return;
    }
    for (size_t i = 0; i < length; i++)
        npe_print(text, "%c", name[i] == '/' ? '.' : name[i]);
}

static const char *primitive_name(char type)
{
    switch (type) {
    case 'Z': return "boolean";
    case 'C': return "char";
    case 'F': return "float";
    case 'D': return "double";
    case 'B': return "byte";
    case 'S': return "short";
    case 'I': return "int";
    case 'J': return "long";
    default: return "void";
    }
}

/* One type of a descriptor; returns what follows it. */
static const char *print_type(struct npe_text *text, const char *p)
{
    size_t dimensions = strspn(p, "[");
    p += dimensions;
    if (*p == 'L') {
        const char *end = strchr(p, ';');
        if (end == NULL)
            return p + strlen(p);
        print_class_name(text, p + 1, (size_t)(end - p - 1));
        p = end;
    } else {
        npe_print(text, "%s", primitive_name(*p));
    }
    while (dimensions-- > 0)
        npe_print(text, "[]");
    return *p != '\0' ? p + 1 : p;
}

void npe_print_class(struct npe_text *text, const struct symbol *name)
{
    print_class_name(text, name->bytes, name->length); /* of an array class too: "[Ljava.lang.Object;" */
}

void npe_print_method(struct npe_text *text, const struct constant_pool *cp, uint16_t index)
{
    struct cp_member called = cp_member(cp, index);
    npe_print_class(text, called.class_name);
    npe_print(text, ".%s(", called.name->bytes);
    const char *p = called.descriptor->bytes + 1;
    for (bool first = true; *p != ')' && *p != '\0'; first = false) {
        npe_print(text, first ? "" : ", ");
        p = print_type(text, p);
    }
    npe_print(text, ")");
}

/* ---- local variables ------------------------------------------------------------------------------------- */

/* One LocalVariableTable (JVMS 4.7.13): u2 start, length, name, descriptor, index. */
static const struct symbol *variable_in_table(const struct constant_pool *cp, const uint8_t *table, uint32_t bci,
                                              uint32_t local)
{
    uint16_t count = read_u2(table);
    for (const uint8_t *p = table + 2; count-- > 0; p += 10) {
        uint32_t start = read_u2(p), end = start + read_u2(p + 2);
        if (bci >= start && bci < end && read_u2(p + 8) == local)
            return cp_utf8(cp, read_u2(p + 4));
    }
    return NULL;
}

/* Sub-attributes of Code (JVMS 4.7.3) follow the code and the exception table. */
static const struct symbol *variable_name(const struct method *m, uint32_t bci, uint32_t local)
{
    const struct constant_pool *cp = &m->owner->cp;
    if (m->code_attribute == NULL)
        return NULL;
    const uint8_t *p = m->code_attribute + 8 + read_u4(m->code_attribute + 4);
    p += 2 + 8u * read_u2(p);
    uint16_t count = read_u2(p);
    for (p += 2; count-- > 0; p += 6 + read_u4(p + 2)) {
        if (cp_utf8(cp, read_u2(p)) != sym_LocalVariableTable)
            continue;
        const struct symbol *name = variable_in_table(cp, p + 6, bci, local);
        if (name != NULL)
            return name;
    }
    return NULL;
}

/* 1-based parameter that occupies the local, 0: none. */
static uint32_t parameter_of_local(const struct method *m, uint32_t local)
{
    uint32_t at = method_is_static(m) ? 0 : 1, number = 1;
    for (const char *p = m->descriptor->bytes + 1; *p != ')' && *p != '\0'; number++) {
        uint32_t slots = npe_type_slots(*p);
        if (local >= at && local < at + slots)
            return number;
        at += slots;
        p += strspn(p, "[");
        p = *p == 'L' ? strchr(p, ';') : p;
        if (p == NULL)
            return 0;
        p++;
    }
    return 0;
}

void npe_print_local(struct npe_text *text, const struct method *m, uint32_t bci, uint32_t local, bool is_parameter)
{
    const struct symbol *name = variable_name(m, bci, local);
    if (name != NULL) {
        npe_print(text, "%s", name->bytes);
        return;
    }
    uint32_t parameter = parameter_of_local(m, local);
    if (!method_is_static(m) && local == 0 && is_parameter)
        npe_print(text, "this");
    else if (parameter != 0 && is_parameter)
        npe_print(text, "<parameter%u>", parameter);
    else
        npe_print(text, "<local%u>", local);
}
