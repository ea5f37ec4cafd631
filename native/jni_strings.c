/* JNI: strings. */
#include "native/jni_private.h"

#include <stdlib.h>

/* The characters behind a string: Latin-1 bytes, or UTF-16 units. */
struct text {
    struct object *array;
    const void *data;
    uint32_t length;
    bool latin1;
};

static struct text text_of(struct thread *t, struct object *s)
{
    const struct wellknown *known = &t->vm->known;
    struct text x = {.array = gc_load_ref(s, known->String_value), .length = string_length(s)};
    x.data = array_data(x.array);
    x.latin1 = object_get_byte(s, known->String_coder) == 0;
    return x;
}

static void copy_chars(const struct text *x, uint32_t start, uint32_t count, jchar *to)
{
    if (!x->latin1) {
        memcpy(to, (const jchar *)x->data + start, count * sizeof *to);
        return;
    }
    const uint8_t *from = (const uint8_t *)x->data + start;
    for (uint32_t i = 0; i < count; i++)
        to[i] = from[i];
}

/* malloc'ed and terminated; NULL: OutOfMemoryError pending. */
static jchar *new_chars(struct thread *t, const struct text *x)
{
    jchar *chars = malloc(((size_t)x->length + 1) * sizeof *chars);
    if (chars == NULL) {
        exception_throw_out_of_memory(t, "GetStringChars");
        return NULL;
    }
    copy_chars(x, 0, x->length, chars);
    chars[x->length] = 0;
    return chars;
}

static jstring JNICALL new_string(JNIEnv *env, const jchar *chars, jsize length)
{
    VM_ENTRY(env);
    jstring result = NULL;
    if (length < 0)
        exception_throw(t, "java/lang/NegativeArraySizeException", "%d", length);
    else
        result = handle_local(t, string_new_utf16(t, chars, (uint32_t)length));
    VM_LEAVE();
    return result;
}

static jsize JNICALL get_string_length(JNIEnv *env, jstring ref)
{
    VM_RETURN(env, (jsize)string_length(handle_get(ref)));
}

static const jchar *JNICALL get_string_chars(JNIEnv *env, jstring ref, jboolean *is_copy)
{
    VM_ENTRY(env);
    struct text x = text_of(t, handle_get(ref));
    jchar *chars = new_chars(t, &x);
    if (is_copy != NULL && chars != NULL)
        *is_copy = JNI_TRUE;
    VM_LEAVE();
    return chars;
}

static void JNICALL release_string_chars(JNIEnv *env, jstring ref, const jchar *chars)
{
    free((void *)chars);
}

static jstring JNICALL new_string_utf(JNIEnv *env, const char *utf)
{
    if (utf == NULL)
        return NULL;
    VM_RETURN(env, handle_local(t, string_new_utf8(t, utf)));
}

static jsize JNICALL get_string_utf_length(JNIEnv *env, jstring ref)
{
    VM_RETURN(env, (jsize)string_utf8_length(handle_get(ref)));
}

static const char *JNICALL get_string_utf_chars(JNIEnv *env, jstring ref, jboolean *is_copy)
{
    VM_ENTRY(env);
    char *chars = string_to_utf8(handle_get(ref));
    if (chars == NULL)
        exception_throw_out_of_memory(t, "GetStringUTFChars");
    else if (is_copy != NULL)
        *is_copy = JNI_TRUE;
    VM_LEAVE();
    return chars;
}

static void JNICALL release_string_utf_chars(JNIEnv *env, jstring ref, const char *chars)
{
    free((void *)chars);
}

static bool region_ok(struct thread *t, uint32_t length, jsize start, jsize count)
{
    if (start >= 0 && count >= 0 && (uint32_t)start + (uint32_t)count <= length)
        return true;
    exception_throw(t, "java/lang/StringIndexOutOfBoundsException", NULL);
    return false;
}

static void JNICALL get_string_region(JNIEnv *env, jstring ref, jsize start, jsize count, jchar *to)
{
    VM_ENTRY(env);
    struct text x = text_of(t, handle_get(ref));
    if (region_ok(t, x.length, start, count))
        copy_chars(&x, (uint32_t)start, (uint32_t)count, to);
    VM_LEAVE();
}

static size_t utf8_length(const struct text *x, uint32_t start, uint32_t count)
{
    size_t bytes = 0;
    for (uint32_t i = start; i < start + count; i++) {
        uint32_t c = x->latin1 ? ((const uint8_t *)x->data)[i] : ((const jchar *)x->data)[i];
        bytes += c != 0 && c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
    }
    return bytes;
}

static void JNICALL get_string_utf_region(JNIEnv *env, jstring ref, jsize start, jsize count, char *to)
{
    VM_ENTRY(env);
    struct object *s = handle_get(ref);
    struct text x = text_of(t, s);
    if (region_ok(t, x.length, start, count)) {
        string_copy_utf8(s, (uint32_t)start, (uint32_t)count, to);
        if (to != NULL) /* callers rely on the terminator that HotSpot writes, though JNI does not promise it */
            to[utf8_length(&x, (uint32_t)start, (uint32_t)count)] = '\0';
    }
    VM_LEAVE();
}

/* UTF-16 strings are handed out in place, Latin-1 ones as a copy; release tells them apart by the address. */
static const jchar *JNICALL get_string_critical(JNIEnv *env, jstring ref, jboolean *is_copy)
{
    VM_ENTRY(env);
    struct text x = text_of(t, handle_get(ref));
    const jchar *chars = x.latin1 ? new_chars(t, &x) : x.data;
    if (!x.latin1)
        gc_pin(x.array);
    if (chars != NULL)
        t->critical_depth++;
    if (is_copy != NULL && chars != NULL)
        *is_copy = x.latin1;
    VM_LEAVE();
    return chars;
}

static void JNICALL release_string_critical(JNIEnv *env, jstring ref, const jchar *chars)
{
    VM_ENTRY(env);
    struct text x = text_of(t, handle_get(ref));
    if (t->critical_depth > 0)
        t->critical_depth--;
    if (chars == x.data)
        gc_unpin(x.array);
    else
        free((void *)chars);
    VM_LEAVE();
}

void jni_fill_strings(struct JNINativeInterface_ *f)
{
    f->NewString = new_string;
    f->GetStringLength = get_string_length;
    f->GetStringChars = get_string_chars;
    f->ReleaseStringChars = release_string_chars;
    f->NewStringUTF = new_string_utf;
    f->GetStringUTFLength = get_string_utf_length;
    f->GetStringUTFChars = get_string_utf_chars;
    f->ReleaseStringUTFChars = release_string_utf_chars;
    f->GetStringRegion = get_string_region;
    f->GetStringUTFRegion = get_string_utf_region;
    f->GetStringCritical = get_string_critical;
    f->ReleaseStringCritical = release_string_critical;
}
