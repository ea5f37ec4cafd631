/* The class-file parser (JVMS 17 chapter 4): bytes to a struct class in CLASS_LOADED state, with every format rule of
 * 4.1-4.8 and the static constraints of 4.9.1 checked.  It loads nothing, allocates nothing in the Java heap and throws
 * nothing: errors come back in `struct parse_error` so that it can be unit-tested and fuzzed without a VM. */
#ifndef CLOISTER_CLASSLOADER_CLASSFILE_H
#define CLOISTER_CLASSLOADER_CLASSFILE_H

#include "vm/class.h"
#include "vm/loader.h"

struct parse_error {
    const char *exception;               /* "java/lang/ClassFormatError", ".../UnsupportedClassVersionError" ... */
    char message[1024];                  /* HotSpot's wording where it has one; always names the class and the place */
};

struct parse_options {
    struct arena *arena;                 /* for everything the class keeps */
    struct symbol *expected_name;        /* or NULL; mismatch: NoClassDefFoundError "X (wrong name: Y)" */
    bool trusted;                        /* boot or platform loader: VM annotations honoured, checks of boot classes
                                          * skipped as HotSpot does */
    bool check_code;                     /* static constraints of code (4.9.1); false for classes of lib/modules */
    bool defer_code;                     /* with check_code: the linker calls codecheck_class, when HotSpot does */
    bool enable_preview;
    bool hidden;                         /* this_class renamed to hidden_name; VM annotations by `trusted` */
    struct symbol *hidden_name;          /* "pkg/Name+0x0001" */
    bool copy_bytes;                     /* false: `bytes` outlives the class (jimage mapping) */
};

/* What linking must resolve; the parser stores names only. */
struct parsed_class {
    struct class *class;                 /* name, flags, cp, fields, methods, attributes filled; no super, interfaces */
    uint16_t this_index;                 /* cp index of this_class; of a hidden class the only entry with its name */
    uint16_t super_index;                /* cp index, 0: none (Object only) */
    const uint8_t *interfaces;           /* u2 cp indexes, class->interface_count of them */
};

/* NULL: *error filled.  Reentrant, thread-safe. */
struct class *classfile_parse(const uint8_t *bytes, size_t length, const struct parse_options *options,
                              struct parsed_class *parsed, struct parse_error *error);

/* JVMS 4.2.2: unqualified names, and names of classes, which are such names with '/' between them. */
enum name_kind { NAME_CLASS, NAME_FIELD, NAME_METHOD };
bool name_is_unqualified(const char *name, size_t length, enum name_kind kind);

/* Descriptors (JVMS 4.3). */
enum descriptor_fault { DESCRIPTOR_MALFORMED, DESCRIPTOR_TOO_DEEP, DESCRIPTOR_BAD_NAME };
/* Behind the field descriptor that begins at p; NULL: none, for the reason stored in *fault. */
const char *descriptor_skip(const char *p, const char *end, enum descriptor_fault *fault);
bool descriptor_is_field(const char *text, size_t length);
/* Walks the parameters of a method descriptor: returns a pointer behind the next field descriptor, NULL on ')'. */
const char *descriptor_next(const char *p);
/* A constant may have more arguments than a method can (JVMS 4.3.3 limits methods only): up to 131,064 slots. */
struct descriptor_shape {
    uint32_t arg_slots;                  /* without receiver */
    uint16_t arg_count;
    char return_type;
    uint8_t result_slots;
};
struct descriptor_shape descriptor_shape(const struct symbol *descriptor); /* a valid method descriptor */

/* Attributes of a method's Code, found again from code_attribute: payload just behind the length, or NULL. */
const uint8_t *code_attribute_find(const struct method *m, const struct symbol *name);

#endif
