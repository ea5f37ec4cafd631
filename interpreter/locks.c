/* Monitors of frames: synchronized methods, and structured locking of synchronized blocks (JVMS 2.11.10).  A method
 * with monitorenter instructions has one lock slot for each among its registers, so that the collector sees what is
 * locked. */
#include "interpreter/code.h"

#include "vm/exception.h"
#include "vm/monitor.h"

static void throw_illegal_state(struct thread *t, const char *message)
{
    exception_throw(t, "java/lang/IllegalMonitorStateException", message == NULL ? NULL : "%s", message);
}

bool frame_monitor_enter(struct thread *t, struct frame *f, struct object *o)
{
    const struct code *code = f->method->code;
    union slot *free = NULL;
    for (uint32_t i = 0; i < code->lock_count && free == NULL; i++)
        if (f->locals[code->lock_first + i].a == NULL)
            free = &f->locals[code->lock_first + i];
    if (free == NULL) { /* only code that enters in a loop without leaving gets here: no compiler makes it */
        throw_illegal_state(t, "method holds as many monitors as it has monitorenter instructions");
        return false;
    }
    monitor_enter(t, o);
    if (UNLIKELY(t->exception != NULL))
        return false;
    free->a = o;
    return true;
}

bool frame_monitor_exit(struct thread *t, struct frame *f, struct object *o)
{
    const struct code *code = f->method->code;
    for (uint32_t i = code->lock_count; i-- > 0;) {
        if (f->locals[code->lock_first + i].a == o) {
            f->locals[code->lock_first + i].a = NULL;
            return monitor_exit(t, o);
        }
    }
    if (f->lock == o && (f->flags & FRAME_SYNCHRONIZED)) {
        f->lock = NULL;
        return monitor_exit(t, o);
    }
    throw_illegal_state(t, NULL);
    return false;
}

bool frame_lock_method(struct thread *t, struct frame *f)
{
    struct object *o = method_is_static(f->method) ? class_mirror(f->method->owner) : f->locals[0].a;
    monitor_enter(t, o);
    if (UNLIKELY(t->exception != NULL))
        return false;
    f->lock = o;
    return true;
}

bool frame_release(struct thread *t, struct frame *f, bool normal)
{
    struct object *pending = t->exception;
    t->exception = NULL;
    const struct code *code = f->method->code;
    bool wrong = false;
    for (uint32_t i = code->lock_count; i-- > 0;) {
        struct object *o = f->locals[code->lock_first + i].a;
        if (o == NULL)
            continue;
        f->locals[code->lock_first + i].a = NULL;
        wrong = true;
        monitor_exit(t, o);
    }
    if (f->flags & FRAME_SYNCHRONIZED) {
        struct object *o = f->lock;
        f->lock = NULL;
        f->flags &= ~(uint32_t)FRAME_SYNCHRONIZED;
        if (o != NULL)
            monitor_exit(t, o);
        else
            wrong |= normal; /* the method released its own lock */
    }
    if (wrong && t->exception == NULL)
        throw_illegal_state(t, NULL);
    bool ok = t->exception == NULL;
    if (ok)
        t->exception = pending;
    return ok;
}
