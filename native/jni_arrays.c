/* JNI: arrays. */
#include "native/jni_private.h"

#include <stdlib.h>

#include "classloader/loading.h"

/* JNI leaves NULL arrays undefined; HotSpot crashes on them too. */
static inline struct object *array_of(jarray ref)
{
    struct object *array = handle_get(ref);
    if (array == NULL)
        __builtin_trap();
    return array;
}

static jsize JNICALL get_array_length(JNIEnv *env, jarray ref)
{
    VM_RETURN(env, (jsize)array_length(array_of(ref)));
}

/* ---- arrays of objects ----------------------------------------------------------------------------------- */

static jobjectArray JNICALL new_object_array(JNIEnv *env, jsize length, jclass element_ref, jobject initial)
{
    VM_ENTRY(env);
    struct object *value = handle_get(initial);
    struct object *array = array_new_of(t, class_of_handle(element_ref), length);
    if (array != NULL && value != NULL)
        for (uint32_t i = 0; i < (uint32_t)length; i++)
            gc_store_element(array, i, value);
    jobjectArray result = handle_local(t, array);
    VM_LEAVE();
    return result;
}

static bool index_ok(struct thread *t, struct object *array, jsize index)
{
    if ((uint32_t)index < array_length(array))
        return true;
    exception_throw(t, "java/lang/ArrayIndexOutOfBoundsException", "Index %d out of bounds for length %u", index,
                    array_length(array));
    return false;
}

static jobject JNICALL get_object_array_element(JNIEnv *env, jobjectArray ref, jsize index)
{
    VM_ENTRY(env);
    struct object *array = array_of(ref);
    jobject result = NULL;
    if (index_ok(t, array, index))
        result = handle_local(t, gc_load_element(array, (uint32_t)index));
    VM_LEAVE();
    return result;
}

static bool store_ok(struct thread *t, struct object *array, jsize index, struct object *value)
{
    const struct class *c = object_class(array);
    char from[512], to[512], more_dimensions[2 * 255 + 1] = "";
    if (value == NULL || class_is_subtype(object_class(value), c->element))
        return true;
    for (int i = 1; i < c->dimensions; i++)
        memcpy(&more_dimensions[2 * (i - 1)], "[]", 3);
    exception_throw(t, "java/lang/ArrayStoreException", "type mismatch: can not store %s to %s[%d]%s",
                    class_external_name(object_class(value), from, sizeof from),
                    class_external_name(c->innermost, to, sizeof to), index, more_dimensions);
    return false;
}

static void JNICALL set_object_array_element(JNIEnv *env, jobjectArray ref, jsize index, jobject value_ref)
{
    VM_ENTRY(env);
    struct object *array = array_of(ref), *value = handle_get(value_ref);
    if (index_ok(t, array, index) && store_ok(t, array, index, value))
        gc_store_element(array, (uint32_t)index, value);
    VM_LEAVE();
}

/* ---- arrays of primitives: by the element's size --------------------------------------------------------- */


static uint8_t element_shift(const struct object *array)
{
    return array->layout->element_shift;
}

static size_t byte_size(const struct object *array)
{
    return (size_t)array_length(array) << element_shift(array);
}

/* malloc'ed copy of all elements, never NULL for an empty array; NULL: OutOfMemoryError pending. */
static void *get_elements(JNIEnv *env, jarray ref, jboolean *is_copy)
{
    VM_ENTRY(env);
    struct object *array = array_of(ref);
    size_t size = byte_size(array);
    void *copy = malloc(size > 0 ? size : 1);
    if (copy == NULL) {
        exception_throw_out_of_memory(t, "Get<Type>ArrayElements");
    } else {
        memcpy(copy, array_data(array), size);
        if (is_copy != NULL)
            *is_copy = JNI_TRUE;
    }
    VM_LEAVE();
    return copy;
}

static void release_elements(JNIEnv *env, jarray ref, void *elements, jint mode)
{
    VM_ENTRY(env);
    struct object *array = array_of(ref);
    if (mode != JNI_ABORT)
        memcpy(array_data(array), elements, byte_size(array));
    if (mode != JNI_COMMIT)
        free(elements);
    VM_LEAVE();
}

static bool region_ok(struct thread *t, const struct object *array, jsize start, jsize count)
{
    if (start >= 0 && count >= 0 && (uint32_t)start + (uint32_t)count <= array_length(array))
        return true;
    if (count < 0)
        exception_throw(t, "java/lang/ArrayIndexOutOfBoundsException", "Length %d is negative", count);
    else
        exception_throw(t, "java/lang/ArrayIndexOutOfBoundsException",
                        "Array region %d..%lld out of bounds for length %u", start, (long long)start + count,
                        array_length(array));
    return false;
}

static void get_region(JNIEnv *env, jarray ref, jsize start, jsize count, void *to)
{
    VM_ENTRY(env);
    struct object *array = array_of(ref);
    uint8_t shift = element_shift(array);
    if (region_ok(t, array, start, count) && count > 0)
        memcpy(to, (char *)array_data(array) + ((size_t)start << shift), (size_t)count << shift);
    VM_LEAVE();
}

static void set_region(JNIEnv *env, jarray ref, jsize start, jsize count, const void *from)
{
    VM_ENTRY(env);
    struct object *array = array_of(ref);
    uint8_t shift = element_shift(array);
    if (region_ok(t, array, start, count) && count > 0)
        memcpy((char *)array_data(array) + ((size_t)start << shift), from, (size_t)count << shift);
    VM_LEAVE();
}

#define DEFINE_ARRAY(Name, type, member, descriptor)                                                                   \
    static type##Array JNICALL new_##Name(JNIEnv *env, jsize length)                                                   \
    {                                                                                                                  \
        VM_ENTRY(env);                                                                                                 \
        type##Array result = handle_local(t, array_new_primitive(t, descriptor, length));                              \
        VM_LEAVE();                                                                                                    \
        return result;                                                                                                 \
    }                                                                                                                  \
    static type *JNICALL get_elements_##Name(JNIEnv *env, type##Array ref, jboolean *is_copy)                          \
    { return get_elements(env, ref, is_copy); }                                                                        \
    static void JNICALL release_elements_##Name(JNIEnv *env, type##Array ref, type *elements, jint mode)               \
    { release_elements(env, ref, elements, mode); }                                                                    \
    static void JNICALL get_region_##Name(JNIEnv *env, type##Array ref, jsize start, jsize count, type *to)            \
    { get_region(env, ref, start, count, to); }                                                                        \
    static void JNICALL set_region_##Name(JNIEnv *env, type##Array ref, jsize start, jsize count, const type *from)    \
    { set_region(env, ref, start, count, from); }
JNI_PRIMITIVES(DEFINE_ARRAY)

/* ---- critical sections: direct pointers ------------------------------------------------------------------ */

static void *JNICALL get_primitive_array_critical(JNIEnv *env, jarray ref, jboolean *is_copy)
{
    VM_ENTRY(env);
    struct object *array = array_of(ref);
    gc_pin(array);
    t->critical_depth++;
    if (is_copy != NULL)
        *is_copy = JNI_FALSE;
    VM_LEAVE();
    return array_data(array);
}

static void JNICALL release_primitive_array_critical(JNIEnv *env, jarray ref, void *elements, jint mode)
{
    VM_ENTRY(env);
    if (mode != JNI_COMMIT) {
        gc_unpin(array_of(ref));
        if (t->critical_depth > 0)
            t->critical_depth--;
    }
    VM_LEAVE();
}

#define FILL(Name, ...)                                                                                                \
    f->New##Name##Array = new_##Name;                                                                                  \
    f->Get##Name##ArrayElements = get_elements_##Name;                                                                 \
    f->Release##Name##ArrayElements = release_elements_##Name;                                                         \
    f->Get##Name##ArrayRegion = get_region_##Name;                                                                     \
    f->Set##Name##ArrayRegion = set_region_##Name;

void jni_fill_arrays(struct JNINativeInterface_ *f)
{
    f->GetArrayLength = get_array_length;
    f->NewObjectArray = new_object_array;
    f->GetObjectArrayElement = get_object_array_element;
    f->SetObjectArrayElement = set_object_array_element;
    JNI_PRIMITIVES(FILL)
    f->GetPrimitiveArrayCritical = get_primitive_array_critical;
    f->ReleasePrimitiveArrayCritical = release_primitive_array_critical;
}
