/* The Java stack.  Each thread has its own, apart from the C stack, growing upward:
 *
 *   ... caller's operand stack | args = callee's locals 0.. | other locals | struct frame | operand stack ...
 *                              ^ locals                                    ^ frame        ^ frame_stack(frame)
 *
 * Java-to-Java calls do not recurse on the C stack.  Native methods have a frame too (operand stack empty).
 * A frame whose `entry` flag is set was entered from C: the interpreter loop returns to C when it ends. */
#ifndef CLOISTER_VM_FRAME_H
#define CLOISTER_VM_FRAME_H

#include "vm/method.h"

struct frame {
    struct frame *previous;              /* caller, across C boundaries too */
    struct method *method;               /* NULL: a base frame, pushed by java_call: args lie between it and its sp */
    const uint8_t *pc;                   /* prepared code: valid whenever the frame is not running in the loop itself */
    union slot *locals;
    union slot *sp;                      /* native and base frames: first free slot; not kept in others */
    struct object *lock;                 /* receiver or mirror locked by a synchronized method, else NULL */
    struct object *monitors;             /* records of monitors beyond the lock slots: interpreter/locks.c */
    uint32_t flags;                      /* FRAME_* */
    uint32_t handle_mark;                /* native frames: local-reference mark */
};
enum { FRAME_ENTRY = 1 /* entered from C */, FRAME_NATIVE = 2 };

static inline union slot *frame_stack(struct frame *f) { return (union slot *)(f + 1); }

/* A frame's operand stack holds max_stack slots and these: appendixes of linked call sites. */
enum { FRAME_EXTRA_SLOTS = 2 };

/* Slots with local variables: methods with more than there are registers for have fewer than max_locals. */
static inline uint32_t frame_local_count(const struct frame *f)
{
    ptrdiff_t slots = (const union slot *)(const void *)f - f->locals;
    return slots < f->method->max_locals ? (uint32_t)slots : f->method->max_locals;
}

/* End of what the collector scans of a thread whose innermost frame is f, wherever the thread was stopped. */
static inline union slot *frame_scan_limit(struct frame *f)
{
    if (f->method == NULL || (f->flags & FRAME_NATIVE))
        return f->sp;
    return frame_stack(f) + f->method->max_stack + FRAME_EXTRA_SLOTS;
}

/* Bytecode index of a frame (native: -2 in traces).  For callers: the index of the invoking instruction. */
int32_t frame_bci(const struct frame *f);

/* Walks the frames of a thread from the innermost outward.  The thread must be the caller itself or stopped at a
 * safepoint.  Skips base frames. */
static inline struct frame *frame_skip_base(struct frame *f)
{
    while (f != NULL && f->method == NULL)
        f = f->previous;
    return f;
}
struct frame *thread_top_frame(struct thread *t);                          /* first real frame */
static inline struct frame *frame_caller(struct frame *f) { return frame_skip_base(f->previous); }

#endif
