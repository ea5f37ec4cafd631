/* Shared by the files of the reflection functions only. */
#ifndef CLOISTER_NATIVE_REFLECTION_PRIVATE_H
#define CLOISTER_NATIVE_REFLECTION_PRIVATE_H

#include "vm/vm.h"

/* Calls m with selection (virtual unless static, private or <init>), converting `arguments` (Object[] or NULL) to
 * `types` (Class[]) as Method.invoke does: IllegalArgumentException for a mismatch.  m's class is initialized first.
 * The result is raw (unboxed).  `wrap`: what m throws becomes the cause of an InvocationTargetException.  false:
 * exception pending. */
bool reflect_call(struct thread *t, struct method *m, struct object *types, struct object *receiver,
                  struct object *arguments, union slot *result, bool wrap);

/* One row of an InnerClasses attribute (JVMS 4.7.6): constant-pool indexes, 0 where absent. */
struct inner_class { uint16_t inner, outer, name, flags; };
uint32_t inner_class_count(const struct class *c);
struct inner_class inner_class_at(const struct class *c, uint32_t index);

#endif
