/* Attributes of the class itself (JVMS 4.7). */
#include <stdlib.h>

#include "classloader/classfile_private.h"

/* Class attributes met so far.  Some are checked when all are known. */
struct class_seen {
    bool source_file, source_debug_extension, inner_classes, signature, visible, invisible, enclosing_method, bootstrap,
        visible_types, invisible_types, nest_members, nest_host, record, permitted;
    struct attribute inner, nest, record_attribute, permitted_subclasses;
};

/* Two or more attributes of a kind are refused. */
#define ONCE(flag, what)                                                                                               \
    do {                                                                                                               \
        CHECK(!(flag), "Multiple " what " attributes in class file %s", ps->name);                                     \
        (flag) = true;                                                                                                 \
    } while (0)

/* ---- InnerClasses (JVMS 4.7.6) */

enum { INNER_FLAGS = ACC_PUBLIC | ACC_PRIVATE | ACC_PROTECTED | ACC_STATIC | ACC_FINAL | ACC_SUPER | ACC_INTERFACE |
                     ACC_ABSTRACT | ACC_SYNTHETIC | ACC_ANNOTATION | ACC_ENUM };

static bool inner_class(struct parser *ps, const uint8_t *p)
{
    struct class *c = ps->class;
    uint16_t inner = read_u2(p), outer = read_u2(p + 2), name = read_u2(p + 4), flags = read_u2(p + 6);
    CHECK(cp_is(ps, inner, CP_CLASS), "inner_class_info_index %u has bad constant type in class file %s", inner,
          ps->name);
    CHECK(outer == 0 || cp_is(ps, outer, CP_CLASS),
          "outer_class_info_index %u has bad constant type in class file %s", outer,
          ps->name);
    CHECK(outer == 0 || cp_class_name(&c->cp, outer)->bytes[0] != '[', "Outer class is an array class in class file %s",
          ps->name);
    CHECK(name == 0 || cp_is(ps, name, CP_UTF8), "inner_name_index %u has bad constant type in class file %s", name,
          ps->name);
    CHECK(!ps->verify || inner != outer, "Class is both outer and inner class in class file %s", ps->name);
    flags &= INNER_FLAGS | (ps->major >= VERSION_9 ? ACC_MODULE : 0);
    if ((flags & ACC_INTERFACE) && ps->major < VERSION_6)
        flags |= ACC_ABSTRACT;
    TRY(classfile_check_class_flags(ps, flags));
    if (inner == ps->this_index || cp_class_name(&c->cp, inner) == c->name) {
        c->attributes.is_inner = true;
        c->attributes.outer_class_flags = flags & ~ACC_SUPER;
    }
    return true;
}

/* Does following outer classes from some entry come back to it?  Each entry is walked once: a walk that meets an entry
 * of an earlier walk ends, one that meets its own is a circle. */
static bool inner_classes_circular(struct parser *ps, const struct attribute *a, bool *circular)
{
    uint32_t entries = read_u2(a->payload), *entry_of = calloc(ps->class->cp.count, sizeof *entry_of); /* entry + 1 */
    uint32_t *walked = calloc(entries + 1, sizeof *walked);
    *circular = false;
    bool ok = entry_of && walked;
    for (uint32_t i = 0; ok && i < entries; i++)
        entry_of[read_u2(a->payload + 2 + 8 * i)] = i + 1;
    for (uint32_t i = 1; ok && i <= entries && !*circular; i++) {
        uint32_t at = i;
        while (at != 0 && walked[at] == 0) {
            walked[at] = i;
            at = entry_of[read_u2(a->payload + 2 + 8 * (at - 1) + 2)];
        }
        *circular = at != 0 && walked[at] == i;
    }
    free(entry_of);
    free(walked);
    return ok || classfile_no_memory(ps);
}

/* JVMS 4.7.6: no two entries are the same. */
static bool inner_classes_differ(struct parser *ps, const struct attribute *a)
{
    uint32_t entries = read_u2(a->payload);
    struct set_key *keys = malloc((entries + 1) * sizeof *keys);
    if (!keys)
        return classfile_no_memory(ps);
    for (uint32_t i = 0; i < entries; i++)
        keys[i] = (struct set_key) { read_u4(a->payload + 2 + 8 * i), read_u4(a->payload + 2 + 8 * i + 4) };
    int32_t repeated = classfile_find_repeated(keys, entries);
    free(keys);
    CHECK(repeated < 0, "Duplicate entry in InnerClasses attribute in class file %s", ps->name);
    return repeated != SET_NO_MEMORY || classfile_no_memory(ps);
}

static bool inner_classes(struct parser *ps, const struct attribute *a)
{
    struct class_attributes *attributes = &ps->class->attributes;
    const uint8_t *end = classfile_table_end(ps, a, 8);
    TRY(end != NULL);
    for (const uint8_t *p = a->payload + 2; p < end; p += 8)
        TRY(inner_class(ps, p));
    CHECK(end == a->end || ps->major < VERSION_1_5, "Wrong InnerClasses attribute length in class file %s", ps->name);
    attributes->inner_classes = a->payload;
    if (!ps->verify)
        return true;
    bool circular;
    TRY(inner_classes_circular(ps, a, &circular));
    if (circular) { /* as HotSpot does: the attribute is ignored */
        attributes->inner_classes = NULL;
        attributes->is_inner = false;
        attributes->outer_class_flags = 0;
        return true;
    }
    return ps->major < VERSION_1_5 || inner_classes_differ(ps, a);
}

/* ---- Other tables */

/* NestMembers, PermittedSubclasses (JVMS 4.7.29, 4.7.31): u2 count, u2 indexes of classes. */
static bool class_list(struct parser *ps, const struct attribute *a, const char *attribute, const char *element)
{
    const uint8_t *end = classfile_table_end(ps, a, 2);
    TRY(end != NULL);
    for (const uint8_t *p = a->payload + 2; p < end; p += 2)
        CHECK(cp_is(ps, read_u2(p), CP_CLASS), "%s class_info_index %u has bad constant type in class file %s", element,
              read_u2(p), ps->name);
    CHECK(end == a->end, "Wrong %s attribute length in class file %s", attribute, ps->name);
    return true;
}

static bool is_loadable(uint8_t tag) /* JVMS table 4.4-C */
{
    return tag == CP_INTEGER || tag == CP_FLOAT || tag == CP_LONG || tag == CP_DOUBLE || tag == CP_CLASS ||
           tag == CP_STRING || tag == CP_METHOD_HANDLE || tag == CP_METHOD_TYPE || tag == CP_DYNAMIC;
}

/* JVMS 4.7.23 */
static bool bootstrap_methods(struct parser *ps, const struct attribute *a)
{
    CHECK(a->length >= 2, "Invalid BootstrapMethods attribute length %u in class file %s", a->length, ps->name);
    WHOLE(a);
    uint32_t count = read_u2(a->payload);
    CHECK(ps->last_bootstrap < (int32_t)count, "Short length on BootstrapMethods in class file %s", ps->name);
    const uint8_t *p = a->payload + 2;
    while (count-- > 0) {
        CHECK(ps->end - p >= 4, "Truncated class file");
        uint16_t method = read_u2(p), arguments = read_u2(p + 2);
        p += 4;
        CHECK(cp_is(ps, method, CP_METHOD_HANDLE), "bootstrap_method_index %u has bad constant type in class file %s",
              method, ps->name);
        CHECK(a->end - p >= 2 * (ptrdiff_t)arguments,
              "Invalid BootstrapMethods num_bootstrap_methods or num_bootstrap_arguments value in class file %s",
              ps->name);
        for (; arguments > 0; arguments--, p += 2)
            CHECK(is_loadable(cp_tag_at(ps, read_u2(p))), "argument_index %u has bad constant type in class file %s",
                  read_u2(p), ps->name);
    }
    CHECK(p == a->end, "Bad length on BootstrapMethods in class file %s", ps->name);
    ps->class->attributes.bootstrap_methods = a->payload;
    return true;
}

/* JVMS 4.7.7 */
static bool enclosing_method(struct parser *ps, const struct attribute *a)
{
    CHECK(a->length == 4, "Wrong EnclosingMethod attribute length %u in class file %s", a->length, ps->name);
    WHOLE(a);
    uint16_t class_index = read_u2(a->payload), method_index = read_u2(a->payload + 2);
    CHECK(class_index != 0, "Invalid class index in EnclosingMethod attribute in class file %s", ps->name);
    CHECK(cp_is(ps, class_index, CP_CLASS),
          "Invalid or out-of-bounds class index in EnclosingMethod attribute in class file %s", ps->name);
    CHECK(method_index == 0 || cp_is(ps, method_index, CP_NAME_AND_TYPE),
          "Invalid or out-of-bounds method index in EnclosingMethod attribute in class file %s", ps->name);
    ps->class->attributes.enclosing_method = a->payload;
    return true;
}

static bool nest_host(struct parser *ps, const struct attribute *a)
{
    CHECK(a->length == 2, "Wrong NestHost attribute length in class file %s", ps->name);
    WHOLE(a);
    uint16_t index = read_u2(a->payload);
    CHECK(cp_is(ps, index, CP_CLASS), "Nest-host class_info_index %u has bad constant type in class file %s", index,
          ps->name);
    ps->class->attributes.nest_host_index = index;
    return true;
}

static bool source_file(struct parser *ps, const struct attribute *a)
{
    WHOLE(a);
    uint16_t index = read_u2(a->payload);
    CHECK(cp_is(ps, index, CP_UTF8), "Invalid SourceFile attribute at constant pool index %u in class file %s", index,
          ps->name);
    ps->class->attributes.source_file = utf8_at(ps, index);
    return true;
}

static bool signature(struct parser *ps, const struct attribute *a)
{
    CHECK(a->length == 2, "Wrong Signature attribute length %u in class file %s", a->length, ps->name);
    WHOLE(a);
    uint16_t index = read_u2(a->payload);
    CHECK(cp_is(ps, index, CP_UTF8), "Invalid constant pool index %u in Signature attribute in class file %s", index,
          ps->name);
    ps->class->attributes.signature = utf8_at(ps, index);
    return true;
}

/* ---- Dispatch by version */

/* Attributes of version 55 and later, and unknown ones. */
static bool recent_attribute(struct parser *ps, const struct attribute *a, struct class_seen *seen)
{
    if (ps->major < VERSION_11)
        WHOLE(a);
    if (a->name == sym_NestMembers && ps->major >= VERSION_11) {
        ONCE(seen->nest_members, "NestMembers");
        CHECK(!seen->nest_host, "Conflicting NestHost and NestMembers attributes in class file %s", ps->name);
        seen->nest = *a;
    } else if (a->name == sym_NestHost && ps->major >= VERSION_11) {
        ONCE(seen->nest_host, "NestHost");
        CHECK(!seen->nest_members, "Conflicting NestMembers and NestHost attributes in class file %s", ps->name);
        return nest_host(ps, a);
    } else if (a->name == sym_Record && ps->major >= VERSION_16) {
        ONCE(seen->record, "Record");
        seen->record_attribute = *a;
    } else if (a->name == sym_PermittedSubclasses && ps->major >= VERSION_17) {
        ONCE(seen->permitted, "PermittedSubclasses");
        CHECK(!(ps->class->access_flags & ACC_FINAL), "PermittedSubclasses attribute in final class file %s", ps->name);
        seen->permitted_subclasses = *a;
    }
    return true;
}

/* Attributes of version 49 and later. */
static bool modern_attribute(struct parser *ps, const struct attribute *a, struct class_seen *seen)
{
    struct class_attributes *attributes = &ps->class->attributes;
    if (a->name == sym_Signature) {
        ONCE(seen->signature, "Signature");
        return signature(ps, a);
    }
    if (a->name == sym_EnclosingMethod) {
        ONCE(seen->enclosing_method, "EnclosingMethod");
        return enclosing_method(ps, a);
    }
    if (a->name != sym_NestHost && a->name != sym_BootstrapMethods)
        WHOLE(a);
    if (a->name == sym_RuntimeVisibleAnnotations) {
        ONCE(seen->visible, "RuntimeVisibleAnnotations");
        attributes->annotations = a->payload;
    } else if (a->name == sym_RuntimeInvisibleAnnotations) {
        ONCE(seen->invisible, "RuntimeInvisibleAnnotations");
    } else if (a->name == sym_RuntimeVisibleTypeAnnotations) {
        ONCE(seen->visible_types, "RuntimeVisibleTypeAnnotations");
        attributes->type_annotations = a->payload;
    } else if (a->name == sym_RuntimeInvisibleTypeAnnotations) {
        ONCE(seen->invisible_types, "RuntimeInvisibleTypeAnnotations");
    } else if (a->name == sym_BootstrapMethods && ps->major >= VERSION_7) {
        ONCE(seen->bootstrap, "BootstrapMethods");
        return bootstrap_methods(ps, a);
    } else {
        return recent_attribute(ps, a, seen);
    }
    return true;
}

static bool class_attribute(struct parser *ps, const struct attribute *a, struct class_seen *seen)
{
    if (a->name == sym_SourceFile) {
        CHECK(a->length == 2, "Wrong SourceFile attribute length in class file %s", ps->name);
        ONCE(seen->source_file, "SourceFile");
        return source_file(ps, a);
    }
    if (a->name == sym_SourceDebugExtension) {
        ONCE(seen->source_debug_extension, "SourceDebugExtension");
        WHOLE(a);
        ps->class->attributes.source_debug_extension = a->payload;
    } else if (a->name == sym_InnerClasses) {
        ONCE(seen->inner_classes, "InnerClasses");
        WHOLE(a);
        seen->inner = *a;
    } else if (a->name == sym_Synthetic) {
        CHECK(a->length == 0, "Invalid Synthetic classfile attribute length %u in class file %s", a->length, ps->name);
        ps->class->access_flags |= ACC_SYNTHETIC;
    } else if (a->name == sym_Deprecated) {
        CHECK(a->length == 0, "Invalid Deprecated classfile attribute length %u in class file %s", a->length, ps->name);
    } else if (ps->major >= VERSION_1_5) {
        return modern_attribute(ps, a, seen);
    } else {
        WHOLE(a);
    }
    return true;
}

/* JVMS 4.7.30: a record class is final and extends java.lang.Record. */
static void note_record(struct parser *ps)
{
    struct class *c = ps->class;
    if ((c->access_flags & ACC_FINAL) && ps->super_index != 0 &&
        cp_class_name(&c->cp, ps->super_index) == sym_java_lang_Record)
        c->vm_flags |= CLASS_IS_RECORD;
}

bool classfile_parse_class_attributes(struct parser *ps)
{
    struct class *c = ps->class;
    struct class_seen seen = { 0 };
    NEED(2);
    uint16_t count = take_u2(ps);
    while (count-- > 0) {
        struct attribute a;
        TRY(classfile_take_attribute(ps, &a, "Attribute name has bad constant pool index %u in class file %s"));
        TRY(class_attribute(ps, &a, &seen));
    }
    if (seen.inner_classes)
        TRY(inner_classes(ps, &seen.inner));
    if (seen.nest_members) {
        TRY(class_list(ps, &seen.nest, "NestMembers", "Nest member"));
        c->attributes.nest_members = seen.nest.payload;
    }
    if (seen.record) {
        TRY(classfile_check_record(ps, &seen.record_attribute));
        c->attributes.record = seen.record_attribute.payload;
        note_record(ps);
    }
    if (seen.permitted) {
        TRY(class_list(ps, &seen.permitted_subclasses, "PermittedSubclasses", "Permitted subclass"));
        c->attributes.permitted_subclasses = seen.permitted_subclasses.payload;
        c->vm_flags |= CLASS_IS_SEALED;
    }
    CHECK(seen.bootstrap || ps->last_bootstrap < 0, "Missing BootstrapMethods attribute in class file %s", ps->name);
    return true;
}
