/* Annotations that the VM itself honours (JVMS 4.7.16 gives the format).  Only classes of trusted loaders are looked
 * at; a malformed attribute is no error here (JVMS 4.7: its reader, core reflection, reports it) and simply ends the
 * search. */
#include "classloader/classfile_private.h"

enum { MAX_NESTING = 64 }; /* annotations in annotations; deeper ones end the search */

struct reader {
    const uint8_t *p, *end;
};

static bool left(const struct reader *r, size_t bytes)
{
    return (size_t)(r->end - r->p) >= bytes;
}

static bool skip_value(struct reader *r, int nesting);

/* type_index, num_element_value_pairs, pairs: behind type_index. */
static bool skip_pairs(struct reader *r, int nesting)
{
    if (!left(r, 2))
        return false;
    uint16_t pairs = read_u2(r->p);
    r->p += 2;
    while (pairs-- > 0) {
        if (!left(r, 2))
            return false;
        r->p += 2;
        if (!skip_value(r, nesting))
            return false;
    }
    return true;
}

static bool skip_bytes(struct reader *r, size_t bytes)
{
    if (!left(r, bytes))
        return false;
    r->p += bytes;
    return true;
}

static bool skip_value(struct reader *r, int nesting)
{
    if (!left(r, 1) || nesting > MAX_NESTING)
        return false;
    switch (*r->p++) {
    case 'B': case 'C': case 'D': case 'F': case 'I': case 'J': case 'S': case 'Z': case 's': case 'c':
        return skip_bytes(r, 2);
    case 'e':
        return skip_bytes(r, 4);
    case '@':
        return skip_bytes(r, 2) && skip_pairs(r, nesting + 1);
    case '[': {
        if (!left(r, 2))
            return false;
        uint16_t count = read_u2(r->p);
        r->p += 2;
        while (count-- > 0) {
            if (!skip_value(r, nesting + 1))
                return false;
        }
        return true;
    }
    default:
        return false;
    }
}

/* Calls apply(member, type) for the type of each annotation in turn. */
static void each_annotation(struct parser *ps, const struct attribute *a, void *member,
                            void (*apply)(void *member, const struct symbol *type))
{
    struct reader r = { a->payload, a->end };
    if (!left(&r, 2))
        return;
    uint16_t count = read_u2(r.p);
    r.p += 2;
    while (count-- > 0 && left(&r, 2)) {
        uint16_t type = read_u2(r.p);
        r.p += 2;
        if (cp_is(ps, type, CP_UTF8))
            apply(member, utf8_at(ps, type));
        if (!skip_pairs(&r, 0))
            return;
    }
}

static void apply_to_method(void *member, const struct symbol *type)
{
    struct method *m = member;
    if (type == sym_annotation_IntrinsicCandidate)
        m->vm_flags |= METHOD_INTRINSIC_CANDIDATE;
    else if (type == sym_annotation_ForceInline)
        m->vm_flags |= METHOD_FORCE_INLINE;
    else if (type == sym_annotation_Hidden)
        m->vm_flags |= METHOD_HIDDEN;
    else if (type == sym_annotation_Launcher)
        m->vm_flags |= METHOD_LAUNCHER | METHOD_HIDDEN;
    else if (type == sym_annotation_CallerSensitive)
        m->vm_flags |= METHOD_CALLER_SENSITIVE;
    else if (type == sym_annotation_DontInline)
        m->vm_flags |= METHOD_DONT_INLINE;
    else if (type == sym_annotation_Compiled)
        m->vm_flags |= METHOD_LAMBDA_FORM_COMPILED | METHOD_HIDDEN;
    else if (type == sym_annotation_ReservedStackAccess)
        m->vm_flags |= METHOD_RESERVED_STACK;
    else if (type == sym_annotation_Scoped)
        m->vm_flags |= METHOD_SCOPED;
}

static void apply_to_field(void *member, const struct symbol *type)
{
    struct field *f = member;
    if (type == sym_annotation_Stable)
        f->vm_flags |= FIELD_STABLE;
}

void classfile_method_annotations(struct parser *ps, struct method *m, const struct attribute *a)
{
    each_annotation(ps, a, m, apply_to_method);
}

void classfile_field_annotations(struct parser *ps, struct field *f, const struct attribute *a)
{
    each_annotation(ps, a, f, apply_to_field);
}
