/* The parts of jdk.internal.misc.Unsafe, joined into one table in unsafe_memory.c. */
#ifndef CLOISTER_NATIVE_UNSAFE_PRIVATE_H
#define CLOISTER_NATIVE_UNSAFE_PRIVATE_H

#include "native/direct.h"
#include "native/natives.h"

#define UNSAFE_ENTRY(name) void unsafe_##name(struct thread *t, struct method *m, union slot *args)

/* One entry of unsafe.def: everything but its table is generated from it. */
#define UNSAFE(name, descriptor) UNSAFE_ENTRY(name);
#include "native/unsafe.def"
#undef UNSAFE

#endif
