/* The loop that runs register code.  Its state is the frame plus four C variables: pc, frame, locals, t.  Handlers
 * are in the .inc files by family; everything that is rare or long is a call into quicken.c, calls.c, locks.c or
 * throw.c.
 *
 * Each handler ends in its own indirect jump (computed goto): merging them costs a third of the speed, hence the
 * options. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-gcse", "no-crossjumping")
#endif

#include <math.h>

#include "interpreter/code.h"
#include "interpreter/interpreter.h"
#include "interpreter/mh_link.h"
#include "interpreter/profile.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/safepoint.h"

#define R(x) locals[x]
#define INT(x) (locals[x].i)
#define LONG(x) (locals[x].j)
/* ints are stored as whole slots, so that a 64-bit copy that follows is forwarded from the store buffer */
#define SET_INT(x, v) (locals[x].raw = (uint32_t)(v))
#define SET_LONG(x, v) (locals[x].j = (v))
#define K ((int16_t)pc->c)
#define SAVE_PC() (frame->pc = (const uint8_t *)pc)
#define NEXT() goto *labels[pc->op]
#define ADVANCE(words)                                                                                                 \
    do {                                                                                                               \
        pc += (words);                                                                                                 \
        NEXT();                                                                                                        \
    } while (0)
#define POLL()                                                                                                         \
    do {                                                                                                               \
        if (UNLIKELY(atomic_load_explicit(&t->poll, memory_order_relaxed)))                                            \
            goto poll;                                                                                                 \
    } while (0)

/* The form of its method that a frame is running. */
static inline struct code *code_of(const struct frame *f, const void *pc)
{
    struct code *code = f->method->code;
    return LIKELY(code_contains(code, pc)) ? code : atomic_load_explicit(&code->plain, memory_order_acquire);
}

/* A handler begins with nothing but the exception on the operand stack: what lies above would look alive to the
 * collector.  After an OutOfMemoryError, frames that ended count too, for later frames are laid over what they left. */
static void clear_operands(struct thread *t, struct frame *frame, const struct object *throwable)
{
    enum { REACH = 32 * 1024 };
    union slot *from = frame_stack(frame) + 1, *to = frame_scan_limit(frame);
    struct object **error = t->vm->out_of_memory; /* NULL while the VM starts */
    if (error != NULL && UNLIKELY(throwable->layout == (*error)->layout)) {
        to = t->stack_end - from > REACH ? from + REACH : t->stack_end;
        if (!thread_c_stack_low(t))
            gc_wipe_dead_stack();
    }
    for (; from < to; from++)
        from->j = 0;
}

/* Exception of `frame`, whose pc is saved: the frame that handles it becomes the running one and its handler's
 * address is returned; NULL: the frame entered from C is gone too (then *frame is not valid). */
static struct insn *unwind_to_handler(struct thread *t, struct frame **running)
{
    struct frame *frame = *running;
    for (;;) {
        struct method *m = frame->method;
        if (m->handler_count != 0) {
            struct object *throwable = t->exception;
            t->exception = NULL;
            int32_t handler = find_handler(t, m, (uint32_t)interpreter_frame_bci(frame), throwable);
            if (UNLIKELY(t->exception != NULL))
                throwable = t->exception;
            t->exception = NULL;
            if (handler >= 0) {
                frame_stack(frame)[0].a = throwable;
                clear_operands(t, frame, throwable);
                *running = frame;
                return code_at(code_of(frame, frame->pc), (uint32_t)handler);
            }
            t->exception = throwable;
        }
        uint32_t flags = frame->flags;
        if (flags & (FRAME_SYNCHRONIZED | FRAME_LOCK_SLOTS))
            frame_release(t, frame, false);
        t->frame = frame->previous;
        if (flags & FRAME_ENTRY)
            return NULL;
        frame = frame->previous;
    }
}

/* The uncommon half of a return: FRAME_* flags are set.  false: exception pending in the frame. */
static bool return_flags(struct thread *t, struct frame *frame)
{
    if (frame->flags & FRAME_REGISTER_FINALIZER) {
        struct object *o = frame->locals[0].a;
        if (UNLIKELY(object_class(o)->vm_flags & CLASS_HAS_FINALIZER) &&
            !java_callv(t, t->vm->known.Finalizer_register, NULL, o))
            return false;
    }
    if (frame->flags & (FRAME_SYNCHRONIZED | FRAME_LOCK_SLOTS))
        return frame_release(t, frame, true);
    return true;
}

/* Makes the frame of a call.  `t->frame` is set last: the collector may look at any instruction. */
static inline struct frame *push_frame(struct thread *t, struct method *m, const struct code *code, union slot *args,
                                       struct frame *previous, uint32_t flags)
{
    struct frame *f = (struct frame *)(args + code->frame_offset);
    f->previous = previous;
    f->method = m;
    f->locals = args;
    f->lock = NULL;
    f->monitors = NULL;
    f->flags = flags;
    f->handle_mark = 0;
    atomic_signal_fence(memory_order_seq_cst);
    t->frame = f;
    return f;
}

/* Locks and lock slots of a frame just pushed.  false: exception pending, the frame is gone. */
static bool enter_flags(struct thread *t, struct frame *f, const struct code *code)
{
    f->pc = (const uint8_t *)code->insns;
    for (uint32_t i = 0; i < code->lock_count; i++)
        f->locals[code->lock_first + i].a = NULL;
    if ((code->entry_flags & FRAME_SYNCHRONIZED) && !frame_lock_method(t, f)) {
        t->frame = f->previous;
        return false;
    }
    return true;
}

void interpreter_entry(struct thread *t, struct method *m, union slot *args)
{
    const struct code *code = m->code;
    if (UNLIKELY((char *)args + code->frame_bytes > (char *)t->stack_limit || thread_c_stack_low(t))) {
        exception_throw_stack_overflow(t);
        return;
    }
    struct frame *f = push_frame(t, m, code, args, t->frame, FRAME_ENTRY | code->entry_flags);
    if (UNLIKELY(code->entry_flags) && !enter_flags(t, f, code))
        return;
    f->pc = (const uint8_t *)code->insns;
    interpreter_loop(t, f);
}

void interpreter_loop(struct thread *t, struct frame *frame)
{
    static const void *const labels[IR_COUNT] = {
#define IR(name, words, flags) &&L_##name,
#include "interpreter/ir.def"
#undef IR
    };
    union slot *locals = frame->locals;
    struct insn *pc = (struct insn *)(uintptr_t)frame->pc;
    struct method *method;
    union slot *args;
    int32_t fault_index;
    struct object *fault_array;

    NEXT();

L_NOP:
    ADVANCE(1);

#include "interpreter/loop_arithmetic.inc"
#include "interpreter/loop_memory.inc"
#include "interpreter/loop_control.inc"
#include "interpreter/loop_calls.inc"
#include "interpreter/loop_fused.inc"
#include "interpreter/loop_profile.inc"

    /* A jump was taken (pc is at its target) and somebody wants this thread's attention. */
poll:
    SAVE_PC();
    safepoint_poll_slow(t);
    thread_take_stop(t);
    if (UNLIKELY(t->exception != NULL))
        goto unwind;
    NEXT();

null_pointer:
    SAVE_PC();
    throw_null(t);
    goto unwind;

array_index:
    SAVE_PC();
    throw_index(t, fault_index, fault_array);
    goto unwind;

division:
    SAVE_PC();
    throw_division(t);
    goto unwind;

unwind:
    pc = unwind_to_handler(t, &frame);
    if (pc == NULL)
        return;
    locals = frame->locals;
    NEXT();
}

void interpreter_resume(struct thread *t, struct frame *frame, uint32_t bci)
{
    struct code *code = code_plain(t, frame->method);
    if (code == NULL) { /* the caller's frame sees the exception: this one must not stay half alive */
        if (frame->flags & (FRAME_SYNCHRONIZED | FRAME_LOCK_SLOTS))
            frame_release(t, frame, false);
        t->frame = frame->previous;
        return;
    }
    frame->pc = (const uint8_t *)code_at(code, bci);
    interpreter_loop(t, frame);
}
