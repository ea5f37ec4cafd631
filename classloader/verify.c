/* Verification, the first step of linking (JVMS 4.10, 5.4.1). */
#include "classloader/codecheck.h"
#include "classloader/linking.h"
#include "vm/exception.h"
#include "vm/vm.h"

/* Classes from lib/modules were checked when it was built.  Generated accessors (CLASS_MAGIC_ACCESSOR) break the rules
 * on purpose and stay exempt. */
bool verify_class(struct thread *t, struct class *c)
{
    struct parse_error error;
    if ((c->vm_flags & CLASS_CHECK_CODE) == 0 || (c->vm_flags & CLASS_MAGIC_ACCESSOR) != 0)
        return true;
    if (!codecheck_class(c, &error)) { /* the static constraints, JVMS 4.9.1 */
        exception_throw(t, error.exception, "%s", error.message);
        return false;
    }
    const struct options *options = &t->vm->options;
    bool wanted = c->loader->is_boot ? options->verify_local : options->verify_remote;
    return !wanted || t->vm->hooks.verify_types(t, c);
}
