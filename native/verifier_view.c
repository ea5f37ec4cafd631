/* The constants that libverify sees (verifier_view.h). */
#include "native/verifier_view.h"

#include <stdio.h>
#include <stdlib.h>

#include "classloader/classfile.h"
#include "vm/symbol.h"

enum { MOST_OPERANDS = 255, STACK_MAPS_FROM = 50 };

/* ---- types ------------------------------------------------------------------------------------------------ */

static struct symbol *type_of(const struct constant_pool *cp, uint16_t index)
{
    return cp_utf8(cp, cp->values[cp->values[index].ref.b].ref.b); /* CP_DYNAMIC, CP_INVOKE_DYNAMIC */
}

static bool is_method_descriptor(const struct symbol *s)
{
    return s->bytes[0] == '(';
}

uint8_t verifier_shown_tag(const struct constant_pool *cp, uint16_t index)
{
    switch (cp->tags[index]) {
    case CP_NAME_AND_TYPE:
    case CP_INVOKE_DYNAMIC: return CP_METHODREF;
    case CP_UTF8: return is_method_descriptor(cp_utf8(cp, index)) ? CP_METHODREF : CP_UTF8;
    case CP_DYNAMIC: break;
    default: return cp->tags[index];
    }
    switch (type_of(cp, index)->bytes[0]) {
    case 'L':
    case '[': return CP_METHODREF;
    case 'J': return CP_LONG;
    case 'D': return CP_DOUBLE;
    case 'F': return CP_FLOAT;
    default: return CP_INTEGER;
    }
}

bool verifier_is_dynamic_reference(const struct constant_pool *cp, uint16_t index)
{
    return cp->tags[index] == CP_DYNAMIC && verifier_shown_tag(cp, index) == CP_METHODREF;
}

/* ---- names and descriptors ---------------------------------------------------------------------------------- */

/* With a receiver they may be one too many.  HotSpot verifies older class files with libverify, which refuses that. */
static bool has_most_operands(const struct class *c, const struct symbol *descriptor)
{
    return c->major_version >= STACK_MAPS_FROM && descriptor->length > MOST_OPERANDS &&
           descriptor_shape(descriptor).arg_count == MOST_OPERANDS;
}

uint16_t verifier_last_operand_call(const struct class *c, uint16_t index)
{
    const struct constant_pool *cp = &c->cp;
    uint16_t descriptor = cp->values[cp->values[index].ref.b].ref.b;
    return has_most_operands(c, cp_utf8(cp, descriptor)) ? descriptor : 0;
}

const char *verifier_shown_name(const struct class *c, uint16_t index)
{
    const struct constant_pool *cp = &c->cp;
    switch (cp->tags[index]) {
    case CP_UTF8: return "last operand";
    case CP_DYNAMIC: return "constant"; /* its own name may be that of an initializer */
    case CP_NAME_AND_TYPE: return cp_utf8(cp, cp->values[index].ref.a)->bytes;
    case CP_INVOKE_DYNAMIC: return cp_utf8(cp, cp->values[cp->values[index].ref.b].ref.a)->bytes;
    default: return cp_member(cp, index).name->bytes;
    }
}

/* Where the last operand's type begins, and where the operands end; the same place when there is none. */
struct operands { const char *last, *end; };

static struct operands find_operands(const struct symbol *descriptor)
{
    struct operands o = { .last = descriptor->bytes + 1, .end = descriptor->bytes + 1 };
    while (*o.end != ')') {
        o.last = o.end;
        o.end = descriptor_next(o.end);
    }
    return o;
}

/* `receiver`'s operands and those of the descriptor, but for the last one of too many. */
static int call_text(char **text, const struct class *c, const char *receiver, const struct symbol *descriptor)
{
    const char *first = descriptor->bytes + 1;
    struct operands o = find_operands(descriptor);
    const char *end = has_most_operands(c, descriptor) ? o.last : o.end;
    return asprintf(text, "(%s%.*s%s", receiver, (int)(end - first), first, o.end);
}

static int last_operand_text(char **text, const struct symbol *descriptor)
{
    struct operands o = find_operands(descriptor);
    return asprintf(text, "(%.*s)V", (int)(o.end - o.last), o.last);
}

/* An invokespecial that is shown as a static call has the current class's type for its receiver's. */
static int super_call_text(char **text, const struct class *c, const struct symbol *descriptor)
{
    char *receiver;
    if (asprintf(&receiver, "L%s;", c->name->bytes) < 0)
        return -1;
    int length = call_text(text, c, receiver, descriptor);
    free(receiver);
    return length;
}

static char *make_descriptor(const struct class *c, uint16_t index)
{
    const struct constant_pool *cp = &c->cp;
    char *text;
    int length;
    switch (cp->tags[index]) {
    case CP_UTF8: length = last_operand_text(&text, cp_utf8(cp, index)); break;
    case CP_NAME_AND_TYPE: length = super_call_text(&text, c, cp_utf8(cp, cp->values[index].ref.b)); break;
    case CP_DYNAMIC: length = asprintf(&text, "()%s", type_of(cp, index)->bytes); break;
    default: length = call_text(&text, c, "", cp_member(cp, index).descriptor); break;
    }
    return length < 0 ? NULL : text;
}

const char *verifier_shown_descriptor(struct verifier_view *v, uint16_t index)
{
    const struct constant_pool *cp = &v->class->cp;
    if (cp->tags[index] == CP_INVOKE_DYNAMIC)
        return type_of(cp, index)->bytes;
    if (cp->tags[index] == CP_METHODREF || cp->tags[index] == CP_INTERFACE_METHODREF) {
        const struct symbol *real = cp_member(cp, index).descriptor;
        if (!has_most_operands(v->class, real))
            return real->bytes;
    }
    if (v->descriptors == NULL)
        v->descriptors = calloc(cp->count, sizeof *v->descriptors);
    if (v->descriptors == NULL)
        return NULL;
    if (v->descriptors[index] == NULL)
        v->descriptors[index] = make_descriptor(v->class, index);
    return v->descriptors[index];
}

/* ---- life ------------------------------------------------------------------------------------------------- */

/* Whether some method may have to be shown with longer code. */
static bool has_wide_constants(const struct constant_pool *cp)
{
    for (uint32_t i = 1; i < cp->count; i++) {
        if (cp->tags[i] == CP_DYNAMIC)
            return true;
        if (cp->tags[i] == CP_UTF8 && cp_utf8(cp, (uint16_t)i)->length > MOST_OPERANDS &&
            is_method_descriptor(cp_utf8(cp, (uint16_t)i)))
            return true;
    }
    return false;
}

bool verifier_view_init(struct verifier_view *v, const struct class *c)
{
    *v = (struct verifier_view){ .class = c };
    if (!has_wide_constants(&c->cp))
        return true;
    v->codes = calloc(c->method_count + 1u, sizeof *v->codes);
    if (v->codes == NULL)
        return false;
    for (uint32_t i = 0; i < c->method_count; i++)
        if (c->methods[i]->bytecode_length != 0 && !verifier_show_code(c->methods[i], &v->codes[i]))
            return false;
    return true;
}

void verifier_view_free(struct verifier_view *v)
{
    for (uint32_t i = 0; v->codes != NULL && i < v->class->method_count; i++) {
        free(v->codes[i].bytes);
        free(v->codes[i].at);
    }
    free(v->codes);
    for (uint32_t i = 0; v->descriptors != NULL && i < v->class->cp.count; i++)
        free(v->descriptors[i]);
    free(v->descriptors);
}
