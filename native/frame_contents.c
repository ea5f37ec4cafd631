/* What a stopped frame holds: locked objects, locals and operands, for thread dumps and LiveStackFrame. */
#include "interpreter/code.h"
#include "native/stackwalk_private.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/symbol.h"

enum { LOCKS_MAXIMUM = 256, MODE_INTERPRETED = 1 };

size_t frame_locked_objects(const struct frame *f, struct object **out, size_t maximum)
{
    return f->method != NULL && (f->flags & FRAME_NATIVE) == 0 ? frame_held_monitors(f, out, maximum) : 0;
}

/* Frames keep no types: a slot whose 64 bits are exactly the address of a live object is taken for a reference;
 * every other one is a primitive slot of the machine's word. */
static struct object *describe_slot(struct thread *t, union slot value)
{
    if (value.a == NULL || gc_object_base(value.a) == value.a)
        return value.a;
    struct method *m = class_find_declared_method(t->vm->known.LiveStackFrameInfo, symbol_intern_cstr("asPrimitive"),
                                                  symbol_intern_cstr("(J)Ljava/lang/LiveStackFrame$PrimitiveSlot;"));
    if (m == NULL) {
        exception_throw(t, "java/lang/InternalError", "LiveStackFrameInfo.asPrimitive is missing");
        return NULL;
    }
    union slot args[2] = {value}, result = {0};
    return java_call(t, m, args, &result) ? result.a : NULL;
}

static bool store_slots(struct thread *t, struct object *info, uint32_t offset, const union slot *slots, size_t count)
{
    struct object *array = array_new_of(t, t->vm->known.Object, (int32_t)count);
    for (size_t i = 0; array != NULL && i < count; i++) {
        gc_store_element(array, (uint32_t)i, describe_slot(t, slots[i]));
        if (exception_pending(t))
            return false;
    }
    if (array != NULL)
        gc_store_ref(info, offset, array);
    return array != NULL;
}

bool live_frame_fill(struct thread *t, struct object *info, struct frame *f)
{
    struct wellknown *k = &t->vm->known;
    union slot locks[LOCKS_MAXIMUM + 1];
    struct object *held[LOCKS_MAXIMUM];
    size_t lock_count = frame_locked_objects(f, held, LOCKS_MAXIMUM);
    for (size_t i = 0; i < lock_count; i++)
        locks[i].a = held[i];
    if (f->lock != NULL)
        locks[lock_count++].a = f->lock;
    size_t locals = method_is_native(f->method) ? 0 : frame_local_count(f);
    object_set_int(info, k->LiveStackFrameInfo_mode, MODE_INTERPRETED);
    return store_slots(t, info, k->LiveStackFrameInfo_monitors, locks, lock_count) &&
           store_slots(t, info, k->LiveStackFrameInfo_locals, f->locals, locals) &&
           store_slots(t, info, k->LiveStackFrameInfo_operands, frame_stack(f), 0); /* docs/interpreter.md: A frame */
}
