/* Questions about frames, for stack walks, traces and calls from C. */
#include "vm/frame.h"

#include "interpreter/code.h"
#include "vm/thread.h"

int32_t frame_bci(const struct frame *f)
{
    const struct method *m = f->method;
    if (f->flags & FRAME_NATIVE)
        return -2;
    const struct code *code = m->code;
    if (UNLIKELY(code == NULL))
        return 0;
    if (UNLIKELY(!code_contains(code, f->pc))) {
        code = atomic_load_explicit(&code->plain, memory_order_acquire);
        if (code == NULL || !code_contains(code, f->pc))
            return 0;
    }
    return code->bcis[(const struct insn *)(const void *)f->pc - code->insns];
}

struct frame *thread_top_frame(struct thread *t)
{
    return frame_skip_base(t->frame);
}

union slot *thread_stack_top(struct thread *t)
{
    return t->frame == NULL ? t->stack_base : frame_scan_limit(t->frame);
}
