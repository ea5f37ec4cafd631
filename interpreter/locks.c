/* Monitors of frames: synchronized methods, and structured locking of synchronized blocks (JVMS 2.11.10).  A method
 * with monitorenter instructions has lock slots among its registers, so that the collector sees what is locked.  Code
 * that enters in a loop (no compiler of Java makes it) may hold any number: the rest are in a list of records,
 * Object[] { locked object, next record }, that hangs from the frame, which the collector scans. */
#include "interpreter/code.h"

#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/object.h"
#include "vm/vm.h"

enum { RECORD_OBJECT, RECORD_NEXT, RECORD_LENGTH };

static void throw_illegal_state(struct thread *t)
{
    exception_throw(t, "java/lang/IllegalMonitorStateException", NULL);
}

/* NULL: exception pending. */
static struct object *new_record(struct thread *t, struct object *o, struct object *next)
{
    struct class *c = t->vm->hooks.array_class_of(t, t->vm->known.Object);
    struct object *record = c != NULL ? array_new(t, c, RECORD_LENGTH) : NULL;
    if (record == NULL)
        return NULL;
    gc_store_element(record, RECORD_OBJECT, o);
    gc_store_element(record, RECORD_NEXT, next);
    return record;
}

bool frame_monitor_enter(struct thread *t, struct frame *f, struct object *o)
{
    const struct code *code = f->method->code;
    union slot *free = NULL;
    for (uint32_t i = 0; i < code->lock_count && free == NULL; i++)
        if (f->locals[code->lock_first + i].a == NULL)
            free = &f->locals[code->lock_first + i];
    struct object *record = NULL;
    if (UNLIKELY(free == NULL) && (record = new_record(t, o, f->monitors)) == NULL)
        return false;
    monitor_enter(t, o);
    if (UNLIKELY(t->exception != NULL))
        return false;
    if (LIKELY(free != NULL))
        free->a = o;
    else
        f->monitors = record;
    return true;
}

/* Takes a record of o off the list.  Mostly it is the first one. */
static bool remove_record(struct frame *f, const struct object *o)
{
    struct object *before = NULL;
    for (struct object *r = f->monitors; r != NULL; before = r, r = gc_load_element(r, RECORD_NEXT)) {
        if (gc_load_element(r, RECORD_OBJECT) != o)
            continue;
        struct object *next = gc_load_element(r, RECORD_NEXT);
        if (before == NULL)
            f->monitors = next;
        else
            gc_store_element(before, RECORD_NEXT, next);
        return true;
    }
    return false;
}

bool frame_monitor_exit(struct thread *t, struct frame *f, struct object *o)
{
    const struct code *code = f->method->code;
    if (UNLIKELY(f->monitors != NULL) && remove_record(f, o))
        return monitor_exit(t, o);
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
    throw_illegal_state(t);
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
    bool wrong = f->monitors != NULL;
    while (f->monitors != NULL) {
        struct object *o = gc_load_element(f->monitors, RECORD_OBJECT);
        f->monitors = gc_load_element(f->monitors, RECORD_NEXT);
        monitor_exit(t, o);
    }
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
        throw_illegal_state(t);
    bool ok = t->exception == NULL;
    if (ok)
        t->exception = pending;
    return ok;
}

size_t frame_held_monitors(const struct frame *f, struct object **out, size_t maximum)
{
    const struct code *code = f->method->code;
    size_t count = 0;
    if (!(f->flags & FRAME_LOCK_SLOTS) || code == NULL)
        return 0;
    for (struct object *r = f->monitors; r != NULL && count < maximum; r = gc_load_element(r, RECORD_NEXT))
        out[count++] = gc_load_element(r, RECORD_OBJECT);
    for (uint32_t i = code->lock_count; i-- > 0 && count < maximum;)
        if (f->locals[code->lock_first + i].a != NULL)
            out[count++] = f->locals[code->lock_first + i].a;
    return count;
}
