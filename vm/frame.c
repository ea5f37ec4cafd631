/* Questions about frames, for stack walks, traces and calls from C. */
#include "vm/frame.h"

#include "vm/vm.h"

int32_t frame_bci(const struct frame *f)
{
    return f->flags & FRAME_NATIVE ? -2 : vm_instance()->hooks.frame_bci(f);
}

struct frame *thread_top_frame(struct thread *t)
{
    return frame_skip_base(t->frame);
}

union slot *thread_stack_top(struct thread *t)
{
    return t->frame == NULL ? t->stack_base : frame_scan_limit(t->frame);
}
