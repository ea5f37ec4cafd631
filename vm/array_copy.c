/* System.arraycopy: checks and messages as HotSpot's, copies that never tear an element. */
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/vm.h"

enum { NAME_SIZE = 1024 };

static bool store_error(struct thread *t, const char *format, const char *name)
{
    exception_throw(t, "java/lang/ArrayStoreException", format, name);
    return false;
}

static bool is_reference_array(const struct class *c)
{
    return class_is_array(c) && !class_is_primitive(c->element);
}

/* How messages name an array type: "int" or "object array", followed by brackets. */
static const char *kind_name(const struct class *c)
{
    return is_reference_array(c) ? "object array" : c->element->name->bytes;
}

static bool check_types(struct thread *t, const struct class *from, const struct class *to)
{
    char name[NAME_SIZE];
    const struct class *no_array = !class_is_array(from) ? from : !class_is_array(to) ? to : NULL;
    if (no_array != NULL)
        return store_error(t, no_array == from ? "arraycopy: source type %s is not an array"
                                               : "arraycopy: destination type %s is not an array",
                           class_external_name(no_array, name, sizeof name));
    if (from == to || (is_reference_array(from) && is_reference_array(to)))
        return true;
    exception_throw(t, "java/lang/ArrayStoreException", "arraycopy: type mismatch: can not copy %s[] into %s[]",
                    kind_name(from), kind_name(to));
    return false;
}

#define INDEX_ERROR "java/lang/ArrayIndexOutOfBoundsException"

static bool check_range(struct thread *t, const char *which, const struct object *a, int32_t index, int32_t count)
{
    uint64_t end = (uint64_t)(uint32_t)index + (uint32_t)count;
    if (end <= array_length(a))
        return true;
    exception_throw(t, INDEX_ERROR, "arraycopy: last %s index %u out of bounds for %s[%d]", which, (uint32_t)end,
                    kind_name(object_class(a)), (int32_t)array_length(a));
    return false;
}

static bool check_indexes(struct thread *t, const struct object *from, int32_t from_index, const struct object *to,
                          int32_t to_index, int32_t count)
{
    if (LIKELY((from_index | to_index | count) >= 0))
        return check_range(t, "source", from, from_index, count) &&
               check_range(t, "destination", to, to_index, count);
    if (from_index < 0)
        exception_throw(t, INDEX_ERROR, "arraycopy: source index %d out of bounds for %s[%d]", from_index,
                        kind_name(object_class(from)), (int32_t)array_length(from));
    else if (to_index < 0)
        exception_throw(t, INDEX_ERROR, "arraycopy: destination index %d out of bounds for %s[%d]", to_index,
                        kind_name(object_class(to)), (int32_t)array_length(to));
    else
        exception_throw(t, INDEX_ERROR, "arraycopy: length %d is negative", count);
    return false;
}

/* Elements of 2 and 4 bytes, overlap-safe.  memmove may copy parts of an element at a time; racing readers must see an
 * old or a new element (JLS 17.6).  The bulk goes in vectors whose lanes are whole elements. */
typedef uint8_t lanes __attribute__((vector_size(16), aligned(2), may_alias));

#define DEFINE_COPY(name, type)                                                                                        \
    static void name(type *to, const type *from, size_t count)                                                         \
    {                                                                                                                  \
        enum { STEP = sizeof(lanes) / sizeof(type) };                                                                  \
        size_t i;                                                                                                      \
        if (to <= from || to >= from + count) {                                                                        \
            for (i = 0; i + STEP <= count; i += STEP)                                                                  \
                *(volatile lanes *)(to + i) = *(const lanes *)(from + i);                                              \
            for (; i < count; i++)                                                                                     \
                *(volatile type *)(to + i) = from[i];                                                                  \
        } else {                                                                                                       \
            for (i = count; i >= STEP; i -= STEP)                                                                      \
                *(volatile lanes *)(to + i - STEP) = *(const lanes *)(from + i - STEP);                                \
            for (; i > 0; i--)                                                                                         \
                *(volatile type *)(to + i - 1) = from[i - 1];                                                          \
        }                                                                                                              \
    }
DEFINE_COPY(copy_shorts, uint16_t)
DEFINE_COPY(copy_ints, uint32_t)
#undef DEFINE_COPY

static void copy_primitives(struct object *to, size_t to_index, const struct object *from, size_t from_index,
                            size_t count)
{
    switch (object_class(to)->layout.element_shift) {
    case 0:
        memmove((uint8_t *)array_data(to) + to_index, (uint8_t *)array_data(from) + from_index, count);
        break;
    case 1:
        copy_shorts((uint16_t *)array_data(to) + to_index, (uint16_t *)array_data(from) + from_index, count);
        break;
    case 2:
        copy_ints((uint32_t *)array_data(to) + to_index, (uint32_t *)array_data(from) + from_index, count);
        break;
    default:
        gc_copy_refs(to, to_index, from, from_index, count); /* any 8-byte elements */
        break;
    }
}

static bool element_error(struct thread *t, const struct class *source, const struct class *bound)
{
    char source_name[NAME_SIZE], bound_name[NAME_SIZE];
    class_external_name(source, source_name, sizeof source_name);
    class_external_name(bound, bound_name, sizeof bound_name);
    if (class_is_subtype(bound, source))
        exception_throw(t, "java/lang/ArrayStoreException",
                        "arraycopy: element type mismatch: can not cast one of the elements of %s[] to the type of the "
                        "destination array, %s", source_name, bound_name);
    else
        exception_throw(t, "java/lang/ArrayStoreException",
                        "arraycopy: type mismatch: can not copy %s[] into %s[]", source_name, bound_name);
    return false;
}

/* Elements are checked one by one; those before the offending one stay copied, as System.arraycopy promises.  Arrays of
 * different classes do not overlap. */
static bool copy_checked(struct thread *t, struct object *to, uint32_t to_index, const struct object *from,
                         uint32_t from_index, uint32_t count)
{
    const struct class *bound = object_class(to)->element;
    for (uint32_t i = 0; i < count; i++) {
        struct object *element = gc_load_element(from, from_index + i);
        if (element != NULL && !class_is_subtype(object_class(element), bound))
            return element_error(t, object_class(from)->element, bound);
        gc_store_element(to, to_index + i, element);
    }
    return true;
}

bool array_copy(struct thread *t, struct object *from, int32_t from_index, struct object *to, int32_t to_index,
                int32_t count)
{
    if (from == NULL || to == NULL) {
        exception_throw(t, "java/lang/NullPointerException", NULL);
        return false;
    }
    const struct class *source = object_class(from), *target = object_class(to);
    if (!check_types(t, source, target) || !check_indexes(t, from, from_index, to, to_index, count))
        return false;
    if (count == 0)
        return true;
    if (!is_reference_array(source))
        copy_primitives(to, (size_t)to_index, from, (size_t)from_index, (size_t)count);
    else if (source == target || class_is_subtype(source->element, target->element))
        gc_copy_refs(to, (size_t)to_index, from, (size_t)from_index, (size_t)count);
    else
        return copy_checked(t, to, (uint32_t)to_index, from, (uint32_t)from_index, (uint32_t)count);
    return true;
}
