/* Shared by string.c and string_intern.c; nobody else includes this. */
#ifndef CLOISTER_VM_STRING_PRIVATE_H
#define CLOISTER_VM_STRING_PRIVATE_H

#include "vm/string.h"

enum { CODER_LATIN1 = 0, CODER_UTF16 = 1 }; /* String.coder; log2 of a unit's bytes */

/* The contents of a string, or of one that may come to be.  `units` may point into an array in the heap: whoever holds
 * a text keeps the string alive. */
struct text {
    const void *units;
    uint32_t count;
    uint8_t coder;
};

struct decoded_text {
    struct text text;
    uint16_t buffer[256];
    uint16_t *allocated;
};

struct text string_text(const struct object *s);
bool text_equals(const struct text *a, const struct text *b);
uint32_t text_hash(const struct text *text); /* String.hashCode */
/* Modified UTF-8 of at most INT32_MAX bytes, which must outlive the text.  false: OutOfMemoryError pending. */
bool text_decode(struct thread *t, const char *utf8, size_t bytes, struct decoded_text *out);
void text_release(struct decoded_text *text);
struct object *string_from_text(struct thread *t, const struct text *text);

#endif
