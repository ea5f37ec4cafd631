/* The exceptions of instructions, in HotSpot's words. */
#include <stdio.h>

#include "classloader/modules.h"
#include "interpreter/code.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/vm.h"

enum { NAME_SIZE = 1024 };

void throw_null(struct thread *t)
{
    exception_throw(t, "java/lang/NullPointerException", NULL);
}

void throw_index(struct thread *t, int32_t index, const struct object *array)
{
    exception_throw(t, "java/lang/ArrayIndexOutOfBoundsException", "Index %d out of bounds for length %u", index,
                    array_length(array));
}

void throw_division(struct thread *t)
{
    exception_throw(t, "java/lang/ArithmeticException", "/ by zero");
}

void throw_class_cast(struct thread *t, const struct object *o, const struct class *target)
{
    const struct class *actual = object_class(o);
    char from[NAME_SIZE], to[NAME_SIZE], places[4 * NAME_SIZE];
    exception_throw(t, "java/lang/ClassCastException", "class %s cannot be cast to class %s (%s)",
                    class_external_name(actual, from, sizeof from), class_external_name(target, to, sizeof to),
                    classes_in_modules_of_loaders(t, actual, target, places, sizeof places));
}

void throw_array_store(struct thread *t, const struct object *o)
{
    char name[NAME_SIZE];
    exception_throw(t, "java/lang/ArrayStoreException", "%s", class_external_name(object_class(o), name, sizeof name));
}

/* "void foo(int)": the external name without the class. */
static void unqualified_name(const struct method *m, char *out, size_t size)
{
    char full[NAME_SIZE], owner[NAME_SIZE];
    method_external_name(m, full, sizeof full);
    class_external_name(m->owner, owner, sizeof owner);
    char *at = strstr(full, owner), *rest = at != NULL ? at + strlen(owner) : NULL;
    if (rest != NULL && *rest == '.')
        snprintf(out, size, "%.*s%s", (int)(at - full), full, rest + 1);
    else
        snprintf(out, size, "%s", full);
}

void throw_abstract(struct thread *t, const struct class *receiver, struct method *m)
{
    char name[NAME_SIZE], owner[NAME_SIZE], actual[NAME_SIZE];
    unqualified_name(m, name, sizeof name);
    const char *kind = class_is_interface(m->owner) ? "interface"
                     : class_is_abstract(m->owner) ? "abstract class" : "class";
    exception_throw(t, "java/lang/AbstractMethodError",
                    "Receiver class %s does not define or inherit an implementation of the resolved method '%s%s' of "
                    "%s %s.", class_external_name(receiver, actual, sizeof actual),
                    method_is_abstract(m) ? "abstract " : "", name, kind,
                    class_external_name(m->owner, owner, sizeof owner));
}

void throw_not_implemented(struct thread *t, const struct class *receiver, const struct class *interface)
{
    char actual[NAME_SIZE], wanted[NAME_SIZE];
    exception_throw(t, "java/lang/IncompatibleClassChangeError",
                    "Class %s does not implement the requested interface %s",
                    class_external_name(receiver, actual, sizeof actual),
                    class_external_name(interface, wanted, sizeof wanted));
}

void throw_not_current(struct thread *t, const struct class *receiver, const struct class *sender)
{
    char actual[NAME_SIZE], wanted[NAME_SIZE];
    exception_throw(t, "java/lang/IllegalAccessError",
                    "Receiver class %s must be the current class or a subtype of interface %s",
                    class_external_name(receiver, actual, sizeof actual),
                    class_external_name(sender, wanted, sizeof wanted));
}
