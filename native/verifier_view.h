/* A class as libverify, the type-inferring verifier, is to see it.
 *
 * libverify was made for class files before invokedynamic, dynamic constants and Interface.super.method(), and takes at
 * most 255 operands in a call.  Of all these it must only know the types: they are shown to it as calls of static
 * methods, and a call with 256 operands as two of them.  The constants for these calls stand in the places of Utf8 and
 * NameAndType constants: no instruction can name those, as the class's code has been checked before (codecheck.h). */
#ifndef CLOISTER_NATIVE_VERIFIER_VIEW_H
#define CLOISTER_NATIVE_VERIFIER_VIEW_H

#include "vm/vm.h"

/* The code of a method that is shown with more or longer instructions than it has. */
struct shown_code {
    uint8_t *bytes;                      /* NULL: every instruction is shown in its own place */
    uint32_t length;
    uint32_t *at;                        /* by bytecode index, the end included: where it is shown */
};

struct verifier_view {
    const struct class *class;
    struct verifier_view *outer;         /* verification loads classes, and class loaders may do everything */
    struct shown_code *codes;            /* [method_count], or NULL: all in place */
    char **descriptors;                  /* [cp.count], NULL where not made yet; or NULL: none made yet */
};

/* false: no memory; what was made is freed by verifier_view_free. */
bool verifier_view_init(struct verifier_view *v, const struct class *c);
void verifier_view_free(struct verifier_view *v);

/* ---- constants: verifier_view.c ---- */
uint8_t verifier_shown_tag(const struct constant_pool *cp, uint16_t index);
/* The name and descriptor of what is shown as a method.  NULL: no memory. */
const char *verifier_shown_name(const struct class *c, uint16_t index);
const char *verifier_shown_descriptor(struct verifier_view *v, uint16_t index);

/* A method with 255 operands besides a receiver: the constant of the call that takes the last one; else 0. */
uint16_t verifier_last_operand_call(const struct class *c, uint16_t index);
/* A dynamic constant of reference type: its ldc is shown as a call. */
bool verifier_is_dynamic_reference(const struct constant_pool *cp, uint16_t index);

/* ---- instructions: verifier_code.c ---- */
/* Lays the code out anew if it must be.  false: no memory. */
bool verifier_show_code(const struct method *m, struct shown_code *out);
/* Into `out`, in place. */
void verifier_copy_code(const struct method *m, uint8_t *out);

#endif
