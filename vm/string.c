/* java.lang.String from C: conversions from and to modified UTF-8 and UTF-16, and comparison.
 * Every string is in the form the class library expects (COMPACT_STRINGS): Latin-1 whenever all its units fit. */
#include "vm/string.h"

#include <stdlib.h>

#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string_private.h"
#include "vm/vm.h"

enum { STACK_UNITS = 256 };

/* ---- text: what a string contains -------------------------------------------------------------------------- */

struct text string_text(const struct object *s)
{
    const struct wellknown *known = &vm_instance()->known;
    const struct object *value = gc_load_ref(s, known->String_value);
    uint8_t coder = (uint8_t)object_get_byte(s, known->String_coder);
    return (struct text){array_data(value), array_length(value) >> coder, coder};
}

static inline uint16_t text_unit(const struct text *text, uint32_t index)
{
    return text->coder == CODER_LATIN1 ? ((const uint8_t *)text->units)[index]
                                       : ((const uint16_t *)text->units)[index];
}

bool text_equals(const struct text *a, const struct text *b)
{
    /* A text that fits Latin-1 is never in UTF-16, so different coders mean different texts. */
    return a->count == b->count && a->coder == b->coder &&
           memcmp(a->units, b->units, (size_t)a->count << a->coder) == 0;
}

uint32_t text_hash(const struct text *text)
{
    uint32_t hash = 0;
    if (text->coder == CODER_LATIN1) {
        const uint8_t *units = text->units;
        for (uint32_t i = 0; i < text->count; i++)
            hash = hash * 31 + units[i];
    } else {
        const uint16_t *units = text->units;
        for (uint32_t i = 0; i < text->count; i++)
            hash = hash * 31 + units[i];
    }
    return hash;
}

/* ---- decoding modified UTF-8 (JVMS 4.4.7) ------------------------------------------------------------------- */

static bool is_ascii(const uint8_t *p, size_t n)
{
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        if (word & 0x8080808080808080u)
            return false;
    }
    for (; n != 0; p++, n--)
        if (*p & 0x80)
            return false;
    return true;
}

static inline bool is_continuation(const uint8_t *p, const uint8_t *end)
{
    return p < end && (*p & 0xc0) == 0x80;
}

/* Surrogate pairs are two three-byte groups, NUL is C0 80.  What is malformed (JNI accepts any bytes) stands for itself
 * byte by byte.  Returns the number of units, at most n; *all receives the union of their bits. */
static uint32_t decode(const uint8_t *p, size_t n, uint16_t *out, uint16_t *all)
{
    const uint8_t *end = p + n;
    uint16_t *to = out, bits = 0;
    while (p < end) {
        uint16_t unit = *p;
        if ((unit & 0xe0) == 0xc0 && is_continuation(p + 1, end)) {
            unit = (uint16_t)((unit & 0x1f) << 6 | (p[1] & 0x3f));
            p += 2;
        } else if ((unit & 0xf0) == 0xe0 && is_continuation(p + 1, end) && is_continuation(p + 2, end)) {
            unit = (uint16_t)((unit & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f));
            p += 3;
        } else {
            p++;
        }
        bits |= unit;
        *to++ = unit;
    }
    *all = bits;
    return (uint32_t)(to - out);
}

static void narrow(const uint16_t *from, uint32_t count, uint8_t *to)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = (uint8_t)from[i];
}

bool text_decode(struct thread *t, const char *utf8, size_t bytes, struct decoded_text *out)
{
    out->allocated = NULL;
    if (is_ascii((const uint8_t *)utf8, bytes)) {
        out->text = (struct text){utf8, (uint32_t)bytes, CODER_LATIN1};
        return true;
    }
    uint16_t *units = out->buffer;
    if (bytes > ARRAY_COUNT(out->buffer)) {
        units = out->allocated = malloc(bytes * sizeof *units);
        if (units == NULL) {
            exception_throw_out_of_memory(t, "native memory for a string");
            return false;
        }
    }
    uint16_t all;
    uint32_t count = decode((const uint8_t *)utf8, bytes, units, &all);
    if (all <= 0xff)
        narrow(units, count, (uint8_t *)units); /* byte i is written after unit i / 2 and all before it were read */
    out->text = (struct text){units, count, all <= 0xff ? CODER_LATIN1 : CODER_UTF16};
    return true;
}

void text_release(struct decoded_text *text)
{
    free(text->allocated);
}

/* ---- making strings ---------------------------------------------------------------------------------------- */

/* A string with room for `count` units, all zero; *units is where they go. */
static struct object *new_string(struct thread *t, uint8_t coder, uint32_t count, void **units)
{
    const struct wellknown *known = &t->vm->known;
    uint64_t bytes = (uint64_t)count << coder;
    struct object *value = array_new_primitive(t, 'B', bytes > INT32_MAX ? INT32_MAX : (int32_t)bytes);
    if (value == NULL)
        return NULL;
    struct object *s = object_new(t, known->String);
    if (s == NULL)
        return NULL;
    gc_store_ref(s, known->String_value, value);
    object_set_byte(s, known->String_coder, (int8_t)coder);
    *units = array_data(value);
    return s;
}

struct object *string_from_text(struct thread *t, const struct text *text)
{
    void *units;
    struct object *s = new_string(t, text->coder, text->count, &units);
    if (s != NULL)
        memcpy(units, text->units, (size_t)text->count << text->coder);
    return s;
}

static struct object *string_new_utf8_n(struct thread *t, const char *modified_utf8, size_t bytes)
{
    struct decoded_text decoded;
    if (bytes > INT32_MAX) {
        exception_throw_out_of_memory(t, "Requested array size exceeds VM limit");
        return NULL;
    }
    if (!text_decode(t, modified_utf8, bytes, &decoded))
        return NULL;
    struct object *s = string_from_text(t, &decoded.text);
    text_release(&decoded);
    return s;
}

struct object *string_new_utf8(struct thread *t, const char *modified_utf8)
{
    return string_new_utf8_n(t, modified_utf8, strlen(modified_utf8));
}

struct object *string_new_utf16(struct thread *t, const uint16_t *chars, uint32_t count)
{
    uint16_t all = 0;
    for (uint32_t i = 0; i < count; i++)
        all |= chars[i];
    void *units;
    struct object *s = new_string(t, all <= 0xff ? CODER_LATIN1 : CODER_UTF16, count, &units);
    if (s == NULL)
        return NULL;
    if (all <= 0xff)
        narrow(chars, count, units);
    else
        memcpy(units, chars, (size_t)count * sizeof *chars);
    return s;
}

struct object *string_from_symbol(struct thread *t, const struct symbol *s)
{
    return string_new_utf8_n(t, s->bytes, s->length);
}

struct object *string_from_symbol_dotted(struct thread *t, const struct symbol *s)
{
    char on_stack[STACK_UNITS] = {0};
    char *dotted = s->length <= sizeof on_stack ? on_stack : malloc(s->length);
    if (dotted == NULL) {
        exception_throw_out_of_memory(t, "native memory for a string");
        return NULL;
    }
    for (size_t i = 0; i < s->length; i++)
        dotted[i] = s->bytes[i] == '/' ? '.' : s->bytes[i];
    struct object *result = string_new_utf8_n(t, dotted, s->length);
    if (dotted != on_stack)
        free(dotted);
    return result;
}

/* ---- reading strings --------------------------------------------------------------------------------------- */

uint32_t string_length(const struct object *s)
{
    return string_text(s).count;
}

static inline size_t unit_bytes(uint16_t unit)
{
    return unit == 0 ? 2 : unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
}

size_t string_utf8_length(const struct object *s)
{
    struct text text = string_text(s);
    size_t bytes = 0;
    for (uint32_t i = 0; i < text.count; i++)
        bytes += unit_bytes(text_unit(&text, i));
    return bytes;
}

static char *encode_unit(uint16_t unit, char *out)
{
    switch (unit_bytes(unit)) {
    case 1:
        *out++ = (char)unit;
        break;
    case 2:
        *out++ = (char)(0xc0 | unit >> 6);
        *out++ = (char)(0x80 | (unit & 0x3f));
        break;
    default:
        *out++ = (char)(0xe0 | unit >> 12);
        *out++ = (char)(0x80 | (unit >> 6 & 0x3f));
        *out++ = (char)(0x80 | (unit & 0x3f));
        break;
    }
    return out;
}

void string_copy_utf8(const struct object *s, uint32_t start, uint32_t count, char *out)
{
    struct text text = string_text(s);
    for (uint32_t i = start; i < start + count; i++)
        out = encode_unit(text_unit(&text, i), out);
}

char *string_to_utf8(const struct object *s)
{
    size_t bytes = string_utf8_length(s);
    char *out = malloc(bytes + 1);
    if (out == NULL)
        return NULL;
    string_copy_utf8(s, 0, string_length(s), out);
    out[bytes] = '\0';
    return out;
}

struct symbol *string_to_symbol(const struct object *s, bool dots_to_slashes)
{
    char on_stack[2 * STACK_UNITS];
    size_t bytes = string_utf8_length(s);
    if (bytes > UINT16_MAX)
        return NULL;
    char *utf8 = bytes <= sizeof on_stack ? on_stack : malloc(bytes);
    if (utf8 == NULL)
        return NULL;
    string_copy_utf8(s, 0, string_length(s), utf8);
    for (size_t i = 0; dots_to_slashes && i < bytes; i++)
        if (utf8[i] == '.')
            utf8[i] = '/';
    struct symbol *symbol = symbol_intern(utf8, bytes);
    if (utf8 != on_stack)
        free(utf8);
    return symbol;
}
