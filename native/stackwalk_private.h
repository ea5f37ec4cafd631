/* Parts of the stack walkers that live in files of their own. */
#ifndef CLOISTER_NATIVE_STACKWALK_PRIVATE_H
#define CLOISTER_NATIVE_STACKWALK_PRIVATE_H

#include "vm/vm.h"

/* LiveStackFrameInfo: monitors, locals, operands.  false: exception pending. */
bool live_frame_fill(struct thread *t, struct object *info, struct frame *f);
/* vm->hooks.frame_locks */
size_t frame_locked_objects(const struct frame *f, struct object **out, size_t maximum);

#endif
