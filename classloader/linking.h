/* Linking and initialization (JVMS 5.4, 5.5).  Thread-safe; class initialization waits are Java-level waits. */
#ifndef CLOISTER_CLASSLOADER_LINKING_H
#define CLOISTER_CLASSLOADER_LINKING_H

#include "vm/vm.h"

/* verify, lay out, vtable, itable; false: exception pending */
bool link_class(struct thread *t, struct class *c);
bool initialize_class_slow(struct thread *t, struct class *c);
static inline bool initialize_class(struct thread *t, struct class *c)
{
    return LIKELY(class_state(c) == CLASS_INITIALIZED) || initialize_class_slow(t, c);
}

/* Parts of link_class. */
bool verify_class(struct thread *t, struct class *c);      /* verify.c: JVMS 4.10 */
bool layout_class(struct thread *t, struct class *c);      /* field offsets, statics, injected fields, gc layout */
/* vtable, itables, default methods, overriding checks (final, loader constraints) */
bool build_vtable(struct thread *t, struct class *c);

#endif
