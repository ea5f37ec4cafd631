/* Search for exception handlers (JVMS 2.10): the first entry in class-file order that covers the instruction and
 * whose type the throwable has. */
#include "classloader/resolution.h"
#include "interpreter/interpreter.h"
#include "vm/object.h"

int32_t find_handler(struct thread *t, struct method *m, uint32_t bci, struct object *throwable)
{
    const struct constant_pool *cp = &m->owner->cp;
    for (uint32_t i = 0; i < m->handler_count; i++) {
        const struct exception_handler *h = &m->handlers[i];
        if (bci < h->start_pc || bci >= h->end_pc)
            continue;
        if (h->catch_type == 0)
            return h->handler_pc;
        struct class *type = atomic_load_explicit(&cp_slot(cp, h->catch_type)->a, memory_order_acquire);
        if (type == NULL || type == CP_SLOT_FAILED)
            type = resolve_class(t, m->owner, h->catch_type);
        if (type == NULL) {
            /* The failure to load the type is thrown instead, from the handler's place: HotSpot's rule, which ends
             * because handlers that cover themselves would find the recorded failure again. */
            struct object *failure = t->exception;
            if (object_class(failure) == object_class(throwable) && bci == h->handler_pc)
                return -1;
            throwable = failure;
            bci = h->handler_pc;
            t->exception = NULL;
            int32_t handler = find_handler(t, m, bci, throwable);
            if (t->exception == NULL)
                t->exception = throwable;
            return handler;
        }
        if (object_is_instance(throwable, type))
            return h->handler_pc;
    }
    return -1;
}
