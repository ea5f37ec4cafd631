/* Calling methods with reflective arguments: unboxing, widening (JLS 5.1.2) and the exceptions of Method.invoke. */
#include "native/reflection.h"
#include "native/reflection_private.h"

#include "classloader/linking.h"
#include "classloader/loading.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"

static const char illegal_argument[] = "java/lang/IllegalArgumentException";

bool reflect_widen(char from, char to, union slot *value)
{
    if (from == to)
        return true;
    union slot v = *value;
    switch (from) {
    case 'B':
        if (to == 'S')
            return true;
        break;
    case 'S': case 'C': case 'I':
        break;
    case 'J':
        if (to == 'F')
            value->f = (float)v.j;
        else if (to == 'D')
            value->d = (double)v.j;
        return to == 'F' || to == 'D';
    case 'F':
        if (to == 'D')
            value->d = v.f;
        return to == 'D';
    default: /* boolean and double widen to nothing else */
        return false;
    }
    switch (to) { /* from byte, short, char or int: all travel as int */
    case 'I': return true;
    case 'J': value->j = v.i; return true;
    case 'F': value->f = (float)v.i; return true;
    case 'D': value->d = v.i; return true;
    default: return false;
    }
}

struct object *reflect_box(struct thread *t, char type, union slot value)
{
    switch (type) {
    case 'V': return NULL;
    case 'L': case '[': return value.a;
    default: return box(t, type, value);
    }
}

static bool convert_argument(struct thread *t, struct class *type, struct object *argument, union slot *out)
{
    if (!class_is_primitive(type)) {
        if (argument != NULL && !class_is_subtype(object_class(argument), type)) {
            exception_throw(t, illegal_argument, "argument type mismatch");
            return false;
        }
        out->a = argument;
        return true;
    }
    if (argument == NULL) {
        exception_throw(t, illegal_argument, NULL);
        return false;
    }
    char from;
    if (!unbox(argument, &from, out) || !reflect_widen(from, type->primitive, out)) {
        exception_throw(t, illegal_argument, "argument type mismatch");
        return false;
    }
    return true;
}

static bool convert_arguments(struct thread *t, struct object *types, struct object *arguments, union slot *out)
{
    uint32_t expected = array_length(types);
    if ((arguments == NULL ? 0 : array_length(arguments)) != expected) {
        exception_throw(t, illegal_argument, "wrong number of arguments");
        return false;
    }
    for (uint32_t i = 0; i < expected; i++) {
        struct class *type = class_from_mirror(gc_load_element(types, i));
        if (!convert_argument(t, type, gc_load_element(arguments, i), out))
            return false;
        out += type->primitive == 'J' || type->primitive == 'D' ? 2 : 1;
    }
    return true;
}

static void wrap_exception(struct thread *t)
{
    struct object *target = t->exception;
    exception_clear(t);
    struct class *c = t->vm->hooks.find_boot_class(t, "java/lang/reflect/InvocationTargetException");
    struct object *wrapper = c == NULL ? NULL : java_new(t, c, "(Ljava/lang/Throwable;)V", target);
    if (wrapper != NULL)
        exception_throw_object(t, wrapper);
}

static bool check_receiver(struct thread *t, struct method *m, struct object *receiver)
{
    if (receiver == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else if (!class_is_subtype(object_class(receiver), m->owner))
        exception_throw(t, illegal_argument, "object is not an instance of declaring class");
    else
        return true;
    return false;
}

bool reflect_call(struct thread *t, struct method *m, struct object *types, struct object *receiver,
                  struct object *arguments, union slot *result, bool wrap)
{
    union slot slots[256]; /* JVMS 4.3.3: at most 255 */
    union slot *next = slots;
    if (!initialize_class(t, m->owner))
        return false;
    if (!method_is_static(m)) {
        if (!check_receiver(t, m, receiver))
            return false;
        (next++)->a = receiver;
    }
    if (!convert_arguments(t, types, arguments, next))
        return false;
    bool direct = method_is_static(m) || method_is_private(m) || method_is_initializer(m);
    bool ok = direct ? java_call(t, m, slots, result) : java_call_virtual(t, m, slots, result);
    if (!ok && wrap)
        wrap_exception(t);
    return ok;
}
