/* Calling Java from C.  Arguments are slots as on the operand stack (long and double: two slots). */
#ifndef CLOISTER_VM_CALL_H
#define CLOISTER_VM_CALL_H

#include "vm/thread.h"

/* Calls exactly `m` (no selection).  args: m->arg_slots slots.  false: exception pending.  result may be NULL. */
bool java_call(struct thread *t, struct method *m, const union slot *args, union slot *result);
/* Selects on the receiver's class first (args[0].a non-null). */
bool java_call_virtual(struct thread *t, struct method *m, const union slot *args, union slot *result);
/* Upcall with arguments given as C values by the method's descriptor: int (Z B C S I), int64_t (J), double (F D),
 * struct object * (L [).  The receiver comes first for instance methods. */
bool java_callv(struct thread *t, struct method *m, union slot *result, ...);
bool java_call_virtualv(struct thread *t, struct method *m, union slot *result, ...);
/* new C(args...): class is initialized first. */
struct object *java_new(struct thread *t, struct class *c, const char *descriptor, ...);

#endif
