/* Shared by the parts of the class-file parser (classfile*.c).  Every part is a function that returns false after it
 * has filled the parser's error; positions only move forward, and every read is bounded by `end`. */
#ifndef CLOISTER_CLASSLOADER_CLASSFILE_PRIVATE_H
#define CLOISTER_CLASSLOADER_CLASSFILE_PRIVATE_H

#include "classloader/classfile.h"
#include "vm/method.h"
#include "vm/symbol.h"

enum { /* class-file versions that changed the format */
    VERSION_1_5 = 49, VERSION_6 = 50, VERSION_7 = 51, VERSION_8 = 52, VERSION_9 = 53, VERSION_11 = 55, VERSION_12 = 56,
    VERSION_16 = 60, VERSION_17 = 61,
    VERSION_FIRST = 45, VERSION_LAST = 61, MINOR_PREVIEW = 65535,
};

struct parser {
    const uint8_t *p, *end;              /* what is left of the class file */
    const struct parse_options *options;
    struct parse_error *error;
    struct class *class;
    const char *name;                    /* for messages: the expected name until this_class is known */
    uint16_t major, minor;
    uint16_t this_index, super_index;
    bool verify;                         /* check what trusted classes are known to keep */
    uint8_t deferred_tag;                /* a Module or Package entry: refused once the access flags have been judged */
    int32_t last_bootstrap;              /* highest index into BootstrapMethods used by the constant pool, or -1 */
    uint32_t resolvable;                 /* entries that get a slot */
};

/* Fill the error and return false.  The first form is ClassFormatError. */
bool classfile_fail(struct parser *ps, const char *fmt, ...) PRINTF(2, 3);
bool classfile_fail_as(struct parser *ps, const char *exception, const char *fmt, ...) PRINTF(3, 4);

/* Memory that lives as long as the class; NULL: the error is filled. */
void *classfile_alloc(struct parser *ps, size_t bytes);

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (UNLIKELY(!(condition)))                                                                                    \
            return classfile_fail(ps, __VA_ARGS__);                                                                    \
    } while (0)
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if (UNLIKELY(!(call)))                                                                                         \
            return false;                                                                                              \
    } while (0)

static inline size_t parser_left(const struct parser *ps)
{
    return (size_t)(ps->end - ps->p);
}

#define NEED(bytes) CHECK(parser_left(ps) >= (size_t)(bytes), "Truncated class file")

/* Reads without a check: behind NEED. */
static inline uint16_t take_u2(struct parser *ps)
{
    ps->p += 2;
    return read_u2(ps->p - 2);
}

static inline uint32_t take_u4(struct parser *ps)
{
    ps->p += 4;
    return read_u4(ps->p - 4);
}

static inline uint8_t cp_tag_at(const struct parser *ps, uint16_t index)
{
    return index < ps->class->cp.count ? ps->class->cp.tags[index] : (uint8_t)CP_UNUSABLE;
}

static inline bool cp_is(const struct parser *ps, uint16_t index, enum cp_tag tag)
{
    return cp_tag_at(ps, index) == tag;
}

static inline struct symbol *utf8_at(const struct parser *ps, uint16_t index)
{
    return ps->class->cp.values[index].utf8;
}

/* An attribute's name and the bounds of its payload.  An attribute may claim to be longer than the file: HotSpot judges
 * the length that some kinds must have before it finds that out, so `end` is then the file's, and WHOLE is said later.
 * */
struct attribute {
    struct symbol *name;
    const uint8_t *payload, *end;
    uint32_t length;
    bool truncated;
};
#define WHOLE(a) CHECK(!(a)->truncated, "Truncated class file")
/* Takes one attribute_info off the parser.  `bad_name` is the message with %u for the index and %s for the class. */
bool classfile_take_attribute(struct parser *ps, struct attribute *a, const char *bad_name);

/* classfile_cp.c */
bool classfile_parse_cp(struct parser *ps);
bool classfile_make_slots(struct parser *ps);

/* classfile_names.c: JVMS 4.2, 4.3, 4.4.7 */
bool classfile_utf8_is_legal(const uint8_t *bytes, size_t length);
bool classfile_check_class_name(struct parser *ps, const struct symbol *name);
bool classfile_check_field_name(struct parser *ps, const struct symbol *name);
bool classfile_check_method_name(struct parser *ps, const struct symbol *name);
bool classfile_check_field_descriptor(struct parser *ps, const struct symbol *name, const struct symbol *descriptor);
bool classfile_check_method_descriptor(struct parser *ps, const struct symbol *name, const struct symbol *descriptor);
bool classfile_illegal_signature(struct parser *ps, const char *kind, const struct symbol *name,
                                 const struct symbol *signature);

/* classfile_flags.c: JVMS 4.1, 4.5, 4.6 */
bool classfile_check_class_flags(struct parser *ps, uint16_t flags);
bool classfile_check_field_flags(struct parser *ps, uint16_t flags);
bool classfile_check_method_flags(struct parser *ps, uint16_t flags, const struct symbol *name);

/* u2 count and then elements of `size` bytes.  false with no error reported: the length says otherwise. */
static inline bool attribute_is_table(const struct attribute *a, uint32_t size)
{
    return a->end - a->payload >= 2 && a->length == 2 + size * (uint32_t)read_u2(a->payload);
}

/* End of a u2 count and its elements of `size` bytes, which the file must hold; NULL: truncated.  Whether the
 * attribute's length agrees is asked when the elements have been judged, as HotSpot does. */
const uint8_t *classfile_table_end(struct parser *ps, const struct attribute *a, size_t size);

/* classfile_members.c, classfile_code.c, classfile_attributes.c, classfile_record.c */
bool classfile_parse_fields(struct parser *ps);
bool classfile_parse_methods(struct parser *ps);
bool classfile_parse_code(struct parser *ps, struct method *m, const struct attribute *code);
bool classfile_parse_class_attributes(struct parser *ps);
bool classfile_check_record(struct parser *ps, const struct attribute *record);

/* classfile_annotations.c: annotations that the VM itself honours in trusted classes; malformed ones are ignored. */
void classfile_method_annotations(struct parser *ps, struct method *m, const struct attribute *a);
void classfile_field_annotations(struct parser *ps, struct field *f, const struct attribute *a);

/* classfile_set.c: sets of pairs, in linear time.  The index of a key that an earlier one equals; of a key of `keys`
 * that is not in `set`; -1: none; SET_NO_MEMORY. */
struct set_key { uint64_t a, b; };
enum { SET_NO_MEMORY = -2 };
int32_t classfile_find_repeated(const struct set_key *keys, uint32_t count);
int32_t classfile_find_missing(const struct set_key *set, uint32_t set_count, const struct set_key *keys,
                               uint32_t count);

static inline const struct symbol *set_key_symbol(uint64_t word)
{
    return (const struct symbol *)(uintptr_t)word;
}
bool classfile_no_memory(struct parser *ps); /* OutOfMemoryError; false */

#endif
