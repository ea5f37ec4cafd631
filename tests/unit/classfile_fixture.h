/* Class files made from what a test varies, and what the parser says to them. */
#ifndef CLOISTER_TESTS_CLASSFILE_FIXTURE_H
#define CLOISTER_TESTS_CLASSFILE_FIXTURE_H

#include <check.h>

#include "classloader/classfile.h"
#include "vm_fixture.h"

/* What a test varies; the rest is a correct class.  Hexadecimal strings stand for bytes. */
struct shape {
    uint16_t major, minor;               /* 0: 61.0 */
    uint16_t class_flags;                /* 0: public super */
    const char *name, *super;            /* NULL: q/Foo, java/lang/Object */
    const char *cp;                      /* entries from FIRST_FREE on */
    uint16_t cp_entries;                 /* how many */
    const char *interfaces;              /* u2 count first */
    const char *fields;                  /* u2 count first */
    const char *methods;                 /* u2 count first; NULL: one method with `code` */
    const char *code;                    /* bytecode of static void f() */
    uint16_t max_stack, max_locals;
    const char *handlers;                /* u2 count first */
    const char *code_attributes;         /* u2 count first */
    const char *descriptor;              /* of f; NULL: ()V */
    const char *attributes;              /* u2 count first */
};

enum { /* constant pool of every built class: the indexes in the strings above */
    I_THIS_NAME = 1, I_THIS, I_SUPER_NAME, I_SUPER, I_CODE, I_NAME, I_DESCRIPTOR, I_STRING_DESCRIPTOR, I_INT, I_LONG,
    I_UPPER, I_NAME_AND_TYPE, I_METHODREF, I_FIELD_NAT, I_FIELDREF, I_LINES, I_LOCALS, I_CONSTANT_VALUE, I_SIGNATURE,
    I_INNER, I_SOURCE, I_STRING, FIRST_FREE
};

/* Into an empty buffer. */
void classfile_build(struct bytes *b, const struct shape *s);

/* Parses with all checks; "" or "exception: message" up to the first line's end. */
const char *classfile_outcome(const uint8_t *bytes, size_t length, bool trusted);

/* One row of a table of broken classes: what is said to one of them, "" when it is not broken after all. */
struct broken { struct shape shape; const char *error; };
void classfile_expect(const struct broken *row);

#define CFE "ClassFormatError: "
#define VE "VerifyError: "

#endif
