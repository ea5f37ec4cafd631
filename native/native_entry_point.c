/* jdk.internal.invoke.NativeEntryPoint: direct calls of C functions by jdk.incubator.foreign.  They need a compiler
 * that places arguments in registers; the linker's portable path does not come here. */
#include "native/direct.h"
#include "native/natives.h"

static void entry_point_storage(struct thread *t, struct method *m, union slot *args)
{
    DIRECT_THROW(t, m, args, "java/lang/UnsupportedOperationException",
                 "Calls of native functions through jdk.incubator.foreign are not supported by this VM");
}

static const struct vm_native entry_point_methods[] = {
    {"registerNatives", "()V", NULL, direct_nothing},
    {"vmStorageToVMReg", "(II)J", NULL, entry_point_storage},
};

const struct vm_native_class natives_native_entry_point = {
    "jdk/internal/invoke/NativeEntryPoint", entry_point_methods, ARRAY_COUNT(entry_point_methods),
};
