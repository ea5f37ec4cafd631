/* Making objects and arrays with Java's checks; cloning; boxing.  System.arraycopy is in array_copy.c. */
#include "vm/object.h"

#include "vm/call.h"
#include "vm/exception.h"
#include "vm/vm.h"

enum { LARGEST_ARRAY = INT32_MAX - 2 }; /* HotSpot's limit, by which programs tell its two OutOfMemoryErrors apart */

static struct object *out_of_memory(struct thread *t)
{
    exception_throw_out_of_memory(t, "Java heap space");
    return NULL;
}

/* Reached when the inline path found neither a cell nor memory; tries once more, in case it is called by itself. */
struct object *object_new_slow(struct thread *t, struct class *c)
{
    struct object *o = gc_alloc_object(&t->gc, &c->layout);
    return LIKELY(o != NULL) ? o : out_of_memory(t);
}

struct object *array_new(struct thread *t, struct class *c, int32_t length)
{
    if (UNLIKELY(length < 0)) {
        exception_throw(t, "java/lang/NegativeArraySizeException", "%d", length);
        return NULL;
    }
    if (UNLIKELY(length > LARGEST_ARRAY)) {
        exception_throw_out_of_memory(t, "Requested array size exceeds VM limit");
        return NULL;
    }
    struct object *a = gc_alloc_array(&t->gc, &c->layout, (uint32_t)length);
    return LIKELY(a != NULL) ? a : out_of_memory(t);
}

/* JVMS 6.5 multianewarray: with an empty dimension the inner ones are not made, but their lengths are checked. */
struct object *array_new_multi(struct thread *t, struct class *c, uint32_t dimensions, const int32_t *lengths)
{
    struct object *a = array_new(t, c, lengths[0]);
    if (a == NULL || dimensions == 1)
        return a;
    if (lengths[0] == 0) {
        for (uint32_t i = 1; i < dimensions; i++)
            if (lengths[i] < 0) {
                exception_throw(t, "java/lang/NegativeArraySizeException", "%d", lengths[i]);
                return NULL;
            }
        return a;
    }
    for (int32_t i = 0; i < lengths[0]; i++) {
        struct object *inner = array_new_multi(t, c->element, dimensions - 1, lengths + 1);
        if (inner == NULL) { /* an old copy of `a` may lie on the stack: nothing shall hang on it */
            while (i > 0)
                gc_store_element(a, (uint32_t)--i, NULL);
            return NULL;
        }
        gc_store_element(a, (uint32_t)i, inner);
    }
    return a;
}

struct object *array_new_of(struct thread *t, struct class *element, int32_t length)
{
    struct class *c = atomic_load_explicit(&element->array, memory_order_acquire);
    if (UNLIKELY(c == NULL)) {
        c = t->vm->hooks.array_class_of(t, element);
        if (c == NULL)
            return NULL;
    }
    return array_new(t, c, length);
}

struct object *array_new_primitive(struct thread *t, char element, int32_t length)
{
    return array_new_of(t, vm_primitive_class(t->vm, element), length);
}

struct object *object_clone(struct thread *t, struct object *o)
{
    struct class *c = object_class(o);
    if (!class_is_array(c) && !(c->vm_flags & CLASS_CLONEABLE)) {
        char name[1024];
        exception_throw(t, "java/lang/CloneNotSupportedException", "%s", class_external_name(c, name, sizeof name));
        return NULL;
    }
    struct object *copy = gc_clone(&t->gc, o);
    if (copy == NULL)
        return out_of_memory(t);
    /* No constructor runs, so Object.<init> does not register the copy. */
    if ((c->vm_flags & CLASS_HAS_FINALIZER) && !java_callv(t, t->vm->known.Finalizer_register, NULL, copy))
        return NULL;
    return copy;
}

/* ---- boxing ------------------------------------------------------------------------------------------------ */

/* A new box, not one of the caches of valueOf: that is what reflection returns on HotSpot. */
static struct object *new_box(struct thread *t, struct class *c)
{
    if (UNLIKELY(!class_is_initialized(c)) && !t->vm->hooks.initialize_class(t, c))
        return NULL;
    return object_new(t, c);
}

struct object *box(struct thread *t, char type, union slot value)
{
    const struct wellknown *known = &t->vm->known;
    struct object *o;
    switch (type) {
#define BOX(descriptor, name, field_type, expression)                                                                  \
    case descriptor:                                                                                                   \
        o = new_box(t, known->name);                                                                                   \
        if (o != NULL)                                                                                                 \
            *(field_type *)object_at(o, known->name##_value) = (field_type)(expression);                               \
        return o;
        BOX('Z', Boolean, uint8_t, value.i & 1)
        BOX('B', Byte, int8_t, value.i)
        BOX('C', Character, uint16_t, value.i)
        BOX('S', Short, int16_t, value.i)
        BOX('I', Integer, int32_t, value.i)
        BOX('J', Long, int64_t, value.j)
        BOX('F', Float, float, value.f)
        BOX('D', Double, double, value.d)
#undef BOX
    default:
        return value.a; /* references are their own box */
    }
}

bool unbox(const struct object *o, char *type, union slot *value)
{
    if (o == NULL)
        return false;
    const struct wellknown *known = &vm_instance()->known;
    const struct class *c = object_class(o);
#define UNBOX(descriptor, name, field_type, member)                                                                    \
    if (c == known->name) {                                                                                            \
        *type = descriptor;                                                                                            \
        value->member = *(const field_type *)object_at(o, known->name##_value);                                        \
        return true;                                                                                                   \
    }
    UNBOX('I', Integer, int32_t, i)
    UNBOX('J', Long, int64_t, j)
    UNBOX('Z', Boolean, uint8_t, i)
    UNBOX('D', Double, double, d)
    UNBOX('F', Float, float, f)
    UNBOX('B', Byte, int8_t, i)
    UNBOX('C', Character, uint16_t, i)
    UNBOX('S', Short, int16_t, i)
#undef UNBOX
    return false;
}
