/* The place of bytecode verification (JVMS 4.10). */
#include "classloader/linking.h"

/* Type checking of method bodies belongs here.  Until it is written every class is taken to be well typed, as HotSpot
 * does with -XX:-BytecodeVerificationRemote; format (4.8) and the static constraints of code (4.9.1) were checked by
 * the parser.  Generated accessors (CLASS_MAGIC_ACCESSOR) must stay exempt: they break the rules on purpose. */
bool verify_class(struct thread *t, struct class *c)
{
    (void)t;
    (void)c;
    return true;
}
