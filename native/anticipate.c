/* The system class loader finds a class of the class library in Java code that asks two other loaders: the dearest part
 * of a small main method's first run, and the same for every clone. */
#include "native/anticipate.h"

#include <string.h>

#include "classloader/loading.h"
#include "classloader/resolution.h"
#include "interpreter/interpreter.h"
#include "vm/exception.h"
#include "vm/symbol.h"

/* No loader but the boot loader defines such classes, and the system's asks it before it looks for others. */
static bool in_use(struct thread *t, const struct symbol *name)
{
    struct class *c = strncmp(name->bytes, "java/", 5) == 0 ? find_loaded_class(t->vm->boot_loader, name) : NULL;
    return c != NULL && class_is_initialized(c);
}

static void anticipate_constant(struct thread *t, struct class *c, uint16_t index)
{
    if (c->cp.tags[index] == CP_STRING)
        resolve_string(t, c, index);
    else if (c->cp.tags[index] == CP_CLASS && in_use(t, cp_class_name(&c->cp, index)))
        resolve_class(t, c, index);
    exception_clear(t); /* the program's own attempt meets it again */
}

void anticipate(struct thread *t, struct class *c)
{
    struct symbol *name = symbol_lookup("main", 4), *descriptor = symbol_lookup("([Ljava/lang/String;)V", 22);
    for (uint16_t i = 1; i < c->cp.count; i++)
        anticipate_constant(t, c, i);
    struct method *main = name != NULL && descriptor != NULL ? class_find_declared_method(c, name, descriptor) : NULL;
    if (main != NULL)
        interpreter_prepare(t, main);
    exception_clear(t);
}
