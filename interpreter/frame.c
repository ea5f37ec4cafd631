/* Where a frame is in its method's bytecode. */
#include "interpreter/code.h"
#include "interpreter/interpreter.h"
#include "vm/frame.h"

int32_t interpreter_frame_bci(const struct frame *f)
{
    const struct code *code = f->method->code;
    if (UNLIKELY(code == NULL))
        return 0;
    if (UNLIKELY(!code_contains(code, f->pc))) {
        code = atomic_load_explicit(&code->plain, memory_order_acquire);
        if (code == NULL || !code_contains(code, f->pc))
            return 0;
    }
    return code->bcis[(const struct insn *)(const void *)f->pc - code->insns];
}
