/* Verification, the first step of linking (JVMS 4.10, 5.4.1). */
#include "classloader/codecheck.h"
#include "classloader/linking.h"
#include "vm/exception.h"

/* The static constraints of 4.9.1 are checked here for every class that did not come from lib/modules.  Type checking of
 * method bodies (4.10.1, 4.10.2) belongs behind them; until it is written the README says that ill-typed code is not
 * refused.  Generated accessors (CLASS_MAGIC_ACCESSOR) break those rules on purpose and stay exempt. */
bool verify_class(struct thread *t, struct class *c)
{
    struct parse_error error;
    if ((c->vm_flags & CLASS_CHECK_CODE) == 0 || (c->vm_flags & CLASS_MAGIC_ACCESSOR) != 0 || codecheck_class(c, &error))
        return true;
    exception_throw(t, error.exception, "%s", error.message);
    return false;
}
