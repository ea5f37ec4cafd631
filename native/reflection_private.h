/* Shared by the files of the reflection functions only. */
#ifndef CLOISTER_NATIVE_REFLECTION_PRIVATE_H
#define CLOISTER_NATIVE_REFLECTION_PRIVATE_H

#include "vm/vm.h"

/* reflect_invoke with the Class[] of parameter types at hand. */
bool reflect_call(struct thread *t, struct method *m, struct object *types, struct object *receiver,
                  struct object *arguments, union slot *result, bool wrap);

/* One row of an InnerClasses attribute (JVMS 4.7.6): constant-pool indexes, 0 where absent. */
struct inner_class { uint16_t inner, outer, name, flags; };
uint32_t inner_class_count(const struct class *c);
struct inner_class inner_class_at(const struct class *c, uint32_t index);

#endif
