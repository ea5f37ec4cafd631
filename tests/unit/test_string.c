/* Strings from C: modified UTF-8 both ways, compact form, interning and its weak table, symbols. */
#include <stdlib.h>

#include "native/handles.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string_private.h"
#include "vm/symbol.h"
#include "runner.h"
#include "vm_fixture.h"

static struct thread *t;

static void setup(void)
{
    fixture_start();
    t = fixture_thread;
}

static int coder(const struct object *s)
{
    return object_get_byte(s, t->vm->known.String_coder);
}

static uint16_t unit_at(const struct object *s, uint32_t index)
{
    struct text text = string_text(s);
    return text.coder == CODER_LATIN1 ? ((const uint8_t *)text.units)[index] : ((const uint16_t *)text.units)[index];
}

static bool equal(const struct object *a, const struct object *b)
{
    struct text ta = string_text(a), tb = string_text(b);
    return text_equals(&ta, &tb);
}

/* Texts whose modified UTF-8 (JVMS 4.4.7) and UTF-16 are both known. */
static const struct {
    const char *bytes;
    uint16_t units[8];
    uint32_t count;
    int coder;
} texts[] = {
    {"", {0}, 0, CODER_LATIN1},
    {"plain", {'p', 'l', 'a', 'i', 'n'}, 5, CODER_LATIN1},
    {"a\xc0\x80" "b", {'a', 0, 'b'}, 3, CODER_LATIN1},
    {"\x7f\xc2\x80", {0x7f, 0x80}, 2, CODER_LATIN1},
    {"caf\xc3\xa9\xc3\xbf", {'c', 'a', 'f', 0xe9, 0xff}, 5, CODER_LATIN1},
    {"\xc4\x80", {0x100}, 1, CODER_UTF16},
    {"\xdf\xbf\xe0\xa0\x80", {0x7ff, 0x800}, 2, CODER_UTF16},
    {"\xef\xbf\xbf\xc0\x80", {0xffff, 0}, 2, CODER_UTF16},
    {"x\xed\xa0\xbd\xed\xb8\x80", {'x', 0xd83d, 0xde00}, 3, CODER_UTF16}, /* a pair is two groups of three bytes */
    {"\xed\xa0\x80", {0xd800}, 1, CODER_UTF16},                         /* lone surrogates stay */
    {"\xed\xbf\xbf\xed\xa0\x80", {0xdfff, 0xd800}, 2, CODER_UTF16},
};

START_TEST(modified_utf8_to_units)
{
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct object *s = string_new_utf8(t, texts[i].bytes);
        ck_assert_uint_eq(string_length(s), texts[i].count);
        ck_assert_int_eq(coder(s), texts[i].coder);
        for (uint32_t k = 0; k < texts[i].count; k++)
            ck_assert_uint_eq(unit_at(s, k), texts[i].units[k]);
    }
}
END_TEST

START_TEST(units_to_modified_utf8)
{
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct object *s = string_new_utf16(t, texts[i].units, texts[i].count);
        ck_assert_int_eq(coder(s), texts[i].coder);
        ck_assert_uint_eq(string_utf8_length(s), strlen(texts[i].bytes));
        char *back = string_to_utf8(s);
        ck_assert_str_eq(back, texts[i].bytes);
        free(back);
        ck_assert(equal(s, string_new_utf8(t, texts[i].bytes)));
    }
}
END_TEST

/* JNI accepts any bytes: what is malformed stands for itself. */
START_TEST(malformed_bytes_stand_for_themselves)
{
    static const struct { const char *bytes; uint16_t units[4]; uint32_t count; } broken[] = {
        {"\xff" "a", {0xff, 'a'}, 2},
        {"\x80", {0x80}, 1},
        {"a\xc3", {'a', 0xc3}, 2},                                         /* ends within a group */
        {"\xe4" "bc", {0xe4, 'b', 'c'}, 3},
        {"\xe4\xb8", {0xe4, 0xb8}, 2},
        {"\xf0\x9f\x98\x80", {0xf0, 0x9f, 0x98, 0x80}, 4},                 /* four bytes are standard UTF-8 only */
    };
    for (size_t i = 0; i < ARRAY_COUNT(broken); i++) {
        struct object *s = string_new_utf8(t, broken[i].bytes);
        ck_assert_uint_eq(string_length(s), broken[i].count);
        for (uint32_t k = 0; k < broken[i].count; k++)
            ck_assert_uint_eq(unit_at(s, k), broken[i].units[k]);
    }
}
END_TEST

/* Longer than the decoder's buffer, in each coder, with the odd unit at the very end. */
START_TEST(long_strings)
{
    enum { COUNT = 1000 };
    static const uint16_t last[] = {'z', 0xe9, 0x4e2d};
    uint16_t units[COUNT];
    for (size_t i = 0; i < ARRAY_COUNT(last); i++) {
        for (int k = 0; k < COUNT; k++)
            units[k] = (uint16_t)('a' + k % 26);
        units[COUNT - 1] = last[i];
        struct object *s = string_new_utf16(t, units, COUNT);
        ck_assert_int_eq(coder(s), last[i] > 0xff);
        char *bytes = string_to_utf8(s);
        struct object *back = string_new_utf8(t, bytes);
        ck_assert(equal(s, back));
        ck_assert_uint_eq(unit_at(back, COUNT - 1), last[i]);
        ck_assert_uint_eq(unit_at(back, 27), 'b');
        free(bytes);
    }
}
END_TEST

START_TEST(ranges_are_copied_and_nothing_else)
{
    struct object *s = string_new_utf8(t, "ab\xc3\xa9\xe4\xb8\xad" "d");
    char out[16];
    memset(out, '#', sizeof out);
    string_copy_utf8(s, 2, 2, out);
    ck_assert_mem_eq(out, "\xc3\xa9\xe4\xb8\xad###########", 16);
    memset(out, '#', sizeof out);
    string_copy_utf8(s, 5, 0, out);
    string_copy_utf8(s, 0, 1, out + 1);
    ck_assert_mem_eq(out, "#a##############", 16);
}
END_TEST

START_TEST(equality)
{
    struct object *a = string_new_utf8(t, "value"), *b = string_new_utf8(t, "value");
    ck_assert_ptr_ne(a, b);
    ck_assert(equal(a, a));
    ck_assert(equal(a, b));
    ck_assert(!equal(a, string_new_utf8(t, "valuE")));
    ck_assert(!equal(a, string_new_utf8(t, "value ")));
    ck_assert(!equal(a, string_new_utf8(t, "")));
    /* The same bytes in the other coder are another text. */
    const uint16_t wide[] = {0x6161};
    ck_assert(!equal(string_new_utf16(t, wide, 1), string_new_utf8(t, "aa")));
}
END_TEST

/* The table's hash is String.hashCode, and Java's equals and length agree. */
START_TEST(java_agrees)
{
    struct class *c = t->vm->known.String;
    struct method *hash = fixture_method(c, "hashCode", "()I"), *length = fixture_method(c, "length", "()I");
    struct method *equals = fixture_method(c, "equals", "(Ljava/lang/Object;)Z");
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct object *s = string_new_utf8(t, texts[i].bytes);
        struct text text = string_text(s);
        union slot result;
        ck_assert(java_callv(t, hash, &result, s));
        ck_assert_uint_eq(text_hash(&text), (uint32_t)result.i);
        ck_assert(java_callv(t, length, &result, s));
        ck_assert_int_eq(result.i, (int32_t)texts[i].count);
        ck_assert(java_callv(t, equals, &result, s, string_new_utf16(t, texts[i].units, texts[i].count)));
        ck_assert_int_eq(result.i, 1);
    }
}
END_TEST

/* ---- interning ---- */

START_TEST(interning_gives_one_string)
{
    struct object *a = string_new_utf8(t, "an interned text"), *b = string_new_utf8(t, "an interned text");
    ck_assert_ptr_eq(string_intern(t, a), a);
    ck_assert_ptr_eq(string_intern(t, b), a);
    ck_assert_ptr_eq(string_intern(t, a), a);
    ck_assert_ptr_eq(string_intern_symbol(t, symbol_intern_cstr("an interned text")), a);
    struct object *wide = string_intern_symbol(t, symbol_intern_cstr("\xe4\xb8\xad"));
    const uint16_t units[] = {0x4e2d};
    ck_assert_ptr_eq(string_intern(t, string_new_utf16(t, units, 1)), wide);
    union slot result;
    struct object *c = string_new_utf8(t, "an interned text");
    ck_assert(java_callv(t, fixture_method(t->vm->known.String, "intern", "()Ljava/lang/String;"), &result, c));
    ck_assert_ptr_eq(result.a, a);
}
END_TEST

static struct object *numbered(const char *prefix, int number)
{
    char text[64];
    snprintf(text, sizeof text, "%s %d", prefix, number);
    return string_new_utf8(t, text);
}

enum { KEPT = 500, DROPPED = 4000 };

static __attribute__((noinline)) void intern_and_forget(jweak *weak)
{
    for (int i = 0; i < DROPPED; i++)
        weak[i] = handle_weak(t, string_intern(t, numbered("dropped", i)));
}

START_TEST(dead_strings_leave_the_table)
{
    static jweak weak[DROPPED];
    jobject kept[KEPT];
    for (int i = 0; i < KEPT; i++)
        kept[i] = handle_global(t, string_intern(t, numbered("kept", i)));
    intern_and_forget(weak);
    gc_collect(GC_CAUSE_SYSTEM_GC);
    int dropped = 0;
    for (int i = 0; i < DROPPED; i++) {
        struct object *old = handle_get(weak[i]), *fresh = numbered("dropped", i);
        struct object *interned = string_intern(t, fresh);
        ck_assert_ptr_eq(interned, old != NULL ? old : fresh);
        dropped += old == NULL;
    }
    ck_assert_int_gt(dropped, DROPPED * 3 / 4); /* stacks are scanned conservatively: a few may look alive */
    for (int i = 0; i < KEPT; i++)
        ck_assert_ptr_eq(string_intern(t, numbered("kept", i)), handle_get(kept[i]));
}
END_TEST

/* Many times the table's capacity in strings that die: slots are used again, and living ones are always found. */
START_TEST(table_survives_churn)
{
    struct object *kept = string_intern(t, string_new_utf8(t, "survivor"));
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 3000; i++) {
            struct object *s = numbered("churn", round * 3000 + i);
            ck_assert_ptr_eq(string_intern(t, s), s);
        }
        gc_collect(GC_CAUSE_DIAGNOSTIC);
        ck_assert_ptr_eq(string_intern(t, string_new_utf8(t, "survivor")), kept);
    }
}
END_TEST

enum { RACERS = 4, RACED = 3000 };
static struct object **raced; /* [RACERS * RACED] root slots */

static void intern_all(struct thread *self, int number)
{
    char text[64];
    for (int i = 0; i < RACED; i++) {
        snprintf(text, sizeof text, "raced %d", i);
        gc_store_root(&raced[number * RACED + i], string_intern(self, string_new_utf8(self, text)));
    }
}

START_TEST(threads_agree_on_the_interned_string)
{
    raced = gc_roots_new(RACERS * RACED);
    fixture_join(fixture_spawn(RACERS, intern_all));
    for (int i = 0; i < RACED; i++)
        for (int k = 1; k < RACERS; k++)
            ck_assert_ptr_eq(raced[k * RACED + i], raced[i]);
    ck_assert(equal(raced[17], string_new_utf8(t, "raced 17")));
}
END_TEST

/* ---- symbols ---- */

START_TEST(symbols)
{
    struct symbol *name = symbol_intern_cstr("java/util/caf\xc3\xa9");
    struct object *slashed = string_from_symbol(t, name), *dotted = string_from_symbol_dotted(t, name);
    ck_assert(equal(slashed, string_new_utf8(t, "java/util/caf\xc3\xa9")));
    ck_assert(equal(dotted, string_new_utf8(t, "java.util.caf\xc3\xa9")));
    ck_assert_ptr_eq(string_to_symbol(dotted, true), name);
    ck_assert_ptr_ne(string_to_symbol(dotted, false), name);
    ck_assert_ptr_eq(string_to_symbol(slashed, false), name);
    ck_assert_str_eq(name->bytes, "java/util/caf\xc3\xa9"); /* translated in a copy */
}
END_TEST

START_TEST(symbols_have_at_most_65535_bytes)
{
    char *text = malloc(65537);
    memset(text, 'n', 65536);
    text[65536] = '\0';
    ck_assert_ptr_null(string_to_symbol(string_new_utf8(t, text), false));
    text[65535] = '\0';
    struct symbol *longest = string_to_symbol(string_new_utf8(t, text), false);
    ck_assert_uint_eq(longest->length, 65535);
    ck_assert(equal(string_from_symbol_dotted(t, longest), string_new_utf8(t, text)));
    free(text);
}
END_TEST

TEST_MAIN("string", setup, 20, TEST(modified_utf8_to_units), TEST(units_to_modified_utf8),
          TEST(malformed_bytes_stand_for_themselves), TEST(long_strings), TEST(ranges_are_copied_and_nothing_else),
          TEST(equality), TEST(java_agrees), TEST(interning_gives_one_string), TEST(dead_strings_leave_the_table),
          TEST(table_survives_churn), TEST(threads_agree_on_the_interned_string), TEST(symbols),
          TEST(symbols_have_at_most_65535_bytes))
