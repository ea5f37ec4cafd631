/* jdk.internal.vm.vector.VectorSupport: vector operations run their Java bodies, no intrinsics. */
#include "native/direct.h"
#include "native/natives.h"

static void vector_register(struct thread *t, struct method *m, union slot *args)
{
    args[0].i = 0; /* no intrinsics */
}

static void vector_max_lane_count(struct thread *t, struct method *m, union slot *args)
{
    args[0].i = -1; /* no vector registers for this element type: the Java side picks its default shape */
}

static const struct vm_native vector_methods[] = {
    {"registerNatives", "()I", NULL, vector_register},
    {"getMaxLaneCount", "(Ljava/lang/Class;)I", NULL, vector_max_lane_count},
};

const struct vm_native_class natives_vector_support = {
    "jdk/internal/vm/vector/VectorSupport", vector_methods, ARRAY_COUNT(vector_methods),
};
