/* Natives of java.base that are called too often to pay for a native frame: they run directly on the Java stack (see
 * struct vm_native).  They take precedence over the JNI functions that libjava exports or registers for the same
 * methods.  Those that may throw or block give themselves a frame, so that traces show the method. */
#include <math.h>
#include <time.h>

#include "classloader/loading.h"
#include "native/direct.h"
#include "native/natives.h"
#include "vm/monitor.h"
#include "vm/object.h"
#include "vm/string.h"

#define INTRINSIC(name) static void name(struct thread *t, struct method *m, union slot *args)

static inline struct class *mirrored(const union slot *slot)
{
    return class_from_mirror(slot->a);
}

/* A NullPointerException whose trace shows the native method. */
static void throw_npe(struct thread *t, struct method *m, union slot *args)
{
    DIRECT_THROW(t, m, args, "java/lang/NullPointerException", NULL);
}

/* ---- Object, Class --------------------------------------------------------------------------------------- */

INTRINSIC(object_get_class)
{
    args[0].a = class_mirror(object_class(args[0].a));
}

static bool assignable(const struct class *from, const struct class *to)
{
    return from == to || (!class_is_primitive(from) && !class_is_primitive(to) && class_is_subtype(from, to));
}

INTRINSIC(class_is_instance)
{
    args[0].i = args[1].a != NULL && assignable(object_class(args[1].a), mirrored(&args[0]));
}

INTRINSIC(class_is_assignable_from)
{
    if (args[1].a == NULL)
        throw_npe(t, m, args);
    else
        args[0].i = assignable(mirrored(&args[1]), mirrored(&args[0]));
}

INTRINSIC(class_is_interface_native)
{
    args[0].i = class_is_interface(mirrored(&args[0]));
}

INTRINSIC(class_is_array_native)
{
    args[0].i = class_is_array(mirrored(&args[0]));
}

INTRINSIC(class_is_primitive_native)
{
    args[0].i = class_is_primitive(mirrored(&args[0]));
}

INTRINSIC(class_is_hidden_native)
{
    args[0].i = class_is_hidden(mirrored(&args[0]));
}

INTRINSIC(class_get_superclass)
{
    const struct class *c = mirrored(&args[0]);
    bool none = class_is_primitive(c) || class_is_interface(c) || c->super == NULL;
    args[0].a = none ? NULL : class_mirror(c->super);
}

INTRINSIC(class_desired_assertion_status)
{
    const struct class *c = mirrored(&args[0]);
    bool has_code = class_is_instance_class(c);
    args[0].i = has_code && options_desired_assertion(&t->vm->options, c->name->bytes, c->loader->is_boot);
}

/* ---- System, Thread, String ------------------------------------------------------------------------------ */

static int64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

INTRINSIC(system_nano_time)
{
    args[0].j = clock_ns(CLOCK_MONOTONIC);
}

INTRINSIC(system_current_time_millis)
{
    args[0].j = clock_ns(CLOCK_REALTIME) / 1000000;
}

INTRINSIC(system_identity_hash_code)
{
    args[0].i = args[0].a != NULL ? object_identity_hash(args[0].a) : 0;
}

/* Arrays of one primitive type within bounds, or references that need no store check: no exception is possible. */
static inline bool copy_is_plain(const struct object *from, int32_t from_index, const struct object *to,
                                 int32_t to_index, int32_t count)
{
    if (from == NULL || to == NULL || object_class(from) != object_class(to) || !class_is_array(object_class(from)))
        return false;
    return (from_index | to_index | count) >= 0 && (uint32_t)from_index + (uint32_t)count <= array_length(from) &&
           (uint32_t)to_index + (uint32_t)count <= array_length(to);
}

INTRINSIC(system_arraycopy)
{
    struct object *from = args[0].a, *to = args[2].a;
    int32_t from_index = args[1].i, to_index = args[3].i, count = args[4].i;
    if (LIKELY(copy_is_plain(from, from_index, to, to_index, count))) {
        if (from->layout->kind == GC_KIND_REF_ARRAY) {
            gc_copy_refs(to, (size_t)to_index, from, (size_t)from_index, (size_t)count);
        } else {
            uint8_t shift = from->layout->element_shift;
            memmove((char *)array_data(to) + ((size_t)to_index << shift),
                    (char *)array_data(from) + ((size_t)from_index << shift), (size_t)count << shift);
        }
        return;
    }
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    array_copy(t, from, from_index, to, to_index, count); /* false: the exception is pending */
    direct_pop(t, f);
}

INTRINSIC(thread_current_thread)
{
    args[0].a = t->java_thread;
}

INTRINSIC(thread_holds_lock)
{
    if (args[0].a == NULL)
        throw_npe(t, m, args);
    else
        args[0].i = monitor_is_held(t, args[0].a);
}

INTRINSIC(string_intern_native)
{
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    struct object *interned = string_intern(t, args[0].a);
    direct_pop(t, f);
    args[0].a = interned;
}

INTRINSIC(utf16_is_big_endian)
{
    args[0].i = 0;
}

/* ---- bits and roots -------------------------------------------------------------------------------------- */

/* A float and an int share the slot, a double and a long too: conversion of the raw bits changes nothing. */
INTRINSIC(same_bits)
{
}

INTRINSIC(strict_sqrt)
{
    args[0].d = sqrt(args[0].d); /* correctly rounded by IEEE 754: the same everywhere */
}

/* ---- reflection ------------------------------------------------------------------------------------------ */

enum {
    WRITTEN_FLAGS = 0x7fff, /* all of the class file's */
    PRIMITIVE_FLAGS = ACC_PUBLIC | ACC_FINAL | ACC_ABSTRACT,
};

INTRINSIC(reflection_class_access_flags)
{
    if (args[0].a == NULL) {
        throw_npe(t, m, args);
        return;
    }
    const struct class *c = mirrored(&args[0]);
    args[0].i = class_is_primitive(c) ? PRIMITIVE_FLAGS : c->access_flags & WRITTEN_FLAGS;
}

INTRINSIC(array_get_length)
{
    struct object *array = args[0].a;
    if (array == NULL)
        throw_npe(t, m, args);
    else if (!class_is_array(object_class(array)))
        DIRECT_THROW(t, m, args, "java/lang/IllegalArgumentException", "Argument is not an array");
    else
        args[0].i = (int32_t)array_length(array);
}

static struct object *new_array(struct thread *t, struct object *component, int32_t length)
{
    struct class *element = component != NULL ? class_from_mirror(component) : NULL;
    if (element == NULL) {
        exception_throw(t, "java/lang/NullPointerException", NULL);
        return NULL;
    }
    if (length < 0) {
        exception_throw(t, "java/lang/NegativeArraySizeException", "%d", length);
        return NULL;
    }
    if (element->primitive == 'V' || element->dimensions >= CLASS_MAX_DIMENSIONS) {
        exception_throw(t, "java/lang/IllegalArgumentException", NULL);
        return NULL;
    }
    return array_new_of(t, element, length);
}

INTRINSIC(array_new_array)
{
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    struct object *array = new_array(t, args[0].a, args[1].i);
    direct_pop(t, f);
    args[0].a = array;
}

INTRINSIC(nothing)
{
}

#define METHODS(name) static const struct vm_native name[]
METHODS(object_methods) = {{"getClass", "()Ljava/lang/Class;", NULL, object_get_class}};
METHODS(class_methods) = {
    {"isInstance", "(Ljava/lang/Object;)Z", NULL, class_is_instance},
    {"isAssignableFrom", "(Ljava/lang/Class;)Z", NULL, class_is_assignable_from},
    {"isInterface", "()Z", NULL, class_is_interface_native},
    {"isArray", "()Z", NULL, class_is_array_native},
    {"isPrimitive", "()Z", NULL, class_is_primitive_native},
    {"isHidden", "()Z", NULL, class_is_hidden_native},
    {"getSuperclass", "()Ljava/lang/Class;", NULL, class_get_superclass},
    {"desiredAssertionStatus0", "(Ljava/lang/Class;)Z", NULL, class_desired_assertion_status},
};
METHODS(system_methods) = {
    {"arraycopy", "(Ljava/lang/Object;ILjava/lang/Object;II)V", NULL, system_arraycopy},
    {"nanoTime", "()J", NULL, system_nano_time},
    {"currentTimeMillis", "()J", NULL, system_current_time_millis},
    {"identityHashCode", "(Ljava/lang/Object;)I", NULL, system_identity_hash_code},
};
METHODS(thread_methods) = {
    {"currentThread", "()Ljava/lang/Thread;", NULL, thread_current_thread},
    {"holdsLock", "(Ljava/lang/Object;)Z", NULL, thread_holds_lock},
};
METHODS(string_methods) = {{"intern", "()Ljava/lang/String;", NULL, string_intern_native}};
METHODS(utf16_methods) = {{"isBigEndian", "()Z", NULL, utf16_is_big_endian}};
METHODS(float_methods) = {
    {"floatToRawIntBits", "(F)I", NULL, same_bits},
    {"intBitsToFloat", "(I)F", NULL, same_bits},
};
METHODS(double_methods) = {
    {"doubleToRawLongBits", "(D)J", NULL, same_bits},
    {"longBitsToDouble", "(J)D", NULL, same_bits},
};
METHODS(strict_math_methods) = {{"sqrt", "(D)D", NULL, strict_sqrt}};
METHODS(reflection_methods) = {{"getClassAccessFlags", "(Ljava/lang/Class;)I", NULL, reflection_class_access_flags}};
METHODS(array_methods) = {
    {"getLength", "(Ljava/lang/Object;)I", NULL, array_get_length},
    {"newArray", "(Ljava/lang/Class;I)Ljava/lang/Object;", NULL, array_new_array},
};
METHODS(access_controller_methods) = {
    {"ensureMaterializedForStackWalk", "(Ljava/lang/Object;)V", NULL, nothing}, /* locals always are, here */
};

#define CLASS(name, methods) {name, methods, ARRAY_COUNT(methods)}
const struct vm_native_class natives_intrinsics[] = {
    CLASS("java/lang/Object", object_methods),
    CLASS("java/lang/Class", class_methods),
    CLASS("java/lang/System", system_methods),
    CLASS("java/lang/Thread", thread_methods),
    CLASS("java/lang/String", string_methods),
    CLASS("java/lang/StringUTF16", utf16_methods),
    CLASS("java/lang/Float", float_methods),
    CLASS("java/lang/Double", double_methods),
    CLASS("java/lang/StrictMath", strict_math_methods),
    CLASS("jdk/internal/reflect/Reflection", reflection_methods),
    CLASS("java/lang/reflect/Array", array_methods),
    CLASS("java/security/AccessController", access_controller_methods),
};
const size_t natives_intrinsics_count = ARRAY_COUNT(natives_intrinsics);
