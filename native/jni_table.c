/* Puts JNI's function tables together and installs what lower layers call. */
#include "native/jni_private.h"
#include "native/natives.h"

void jni_install(struct vm *vm, struct native_state *state)
{
    static void (*const fill[])(struct JNINativeInterface_ *) = {
        jni_fill_classes, jni_fill_ids, jni_fill_calls, jni_fill_fields, jni_fill_strings, jni_fill_arrays,
        jni_fill_references, jni_fill_exceptions, jni_fill_monitors, jni_fill_buffers, jni_fill_reflection,
    };
    for (size_t i = 0; i < ARRAY_COUNT(fill); i++)
        fill[i](&state->jni);
    vm->jni_functions = &state->jni;
    vm->invoke = &jni_invoke_functions;
    vm->hooks.native_entry = native_entry; /* before the first class with native methods is defined */
}
