/* Calls from Java into bound native code. */
#ifndef CLOISTER_NATIVE_BRIDGE_H
#define CLOISTER_NATIVE_BRIDGE_H

#include "vm/vm.h"

/* The method entry that calls m->native_function, chosen by the method's shape; fills m->native_bridge. */
method_entry bridge_prepare(struct method *m);
/* A frame for native method m above its arguments, popped by t->frame = previous.  NULL: StackOverflowError pending. */
struct frame *bridge_push_frame(struct thread *t, struct method *m, union slot *args);

#endif
