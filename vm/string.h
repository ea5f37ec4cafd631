/* java.lang.String from C.  Functions that return objects return NULL with an exception pending on failure. */
#ifndef CLOISTER_VM_STRING_H
#define CLOISTER_VM_STRING_H

#include "vm/thread.h"

struct object *string_new_utf8(struct thread *t, const char *modified_utf8);
struct object *string_new_utf16(struct thread *t, const uint16_t *chars, uint32_t count);
struct object *string_from_symbol(struct thread *t, const struct symbol *s);          /* not interned */
struct object *string_from_symbol_dotted(struct thread *t, const struct symbol *s);   /* '/' -> '.' */
struct object *string_intern(struct thread *t, struct object *s);                     /* String.intern */
struct object *string_intern_symbol(struct thread *t, const struct symbol *s);        /* ldc of a CONSTANT_String */
uint32_t string_length(const struct object *s);                                       /* UTF-16 units */
size_t string_utf8_length(const struct object *s);                                    /* modified UTF-8 bytes */
/* Not terminated; fits utf8_length. */
void string_copy_utf8(const struct object *s, uint32_t start, uint32_t count, char *out);
char *string_to_utf8(const struct object *s); /* malloc'ed, terminated; NULL: out of memory */
struct symbol *string_to_symbol(const struct object *s, bool dots_to_slashes); /* NULL: longer than 65535 bytes */
void strings_init(struct vm *vm); /* weak intern table */

#endif
