/* Calling Java from C: a base frame marks the border on the Java stack, the arguments lie behind it. */
#include "vm/call.h"

#include <stdarg.h>

#include "vm/exception.h"
#include "vm/object.h"
#include "vm/vm.h"

/* Reserves the base frame and room for the arguments.  NULL: StackOverflowError is pending. */
static struct frame *begin_call(struct thread *t, const struct method *m)
{
    size_t slots = sizeof(struct frame) / sizeof(union slot) + (size_t)m->arg_slots + 2;
    if (!thread_ensure_stack(t, slots))
        return NULL;
    /* Code of a class that was never initialized must not run: static calls are one of JVMS 5.5's triggers. */
    if (method_is_static(m) && UNLIKELY(!class_is_initialized(m->owner)) && !t->vm->hooks.initialize_class(t, m->owner))
        return NULL;
    struct frame *base = (struct frame *)thread_stack_top(t);
    *base = (struct frame){ .previous = t->frame };
    base->locals = frame_stack(base);
    base->sp = base->locals + (m->arg_slots > 2 ? m->arg_slots : 2); /* the result takes the arguments' place */
    return base;
}

/* The arguments are stored behind `base`. */
static bool run_call(struct thread *t, struct frame *base, struct method *m, union slot *result)
{
    atomic_signal_fence(memory_order_seq_cst); /* the collector may look at any instruction */
    t->frame = base;
    m->entry(t, m, base->locals);
    union slot value = base->locals[0]; /* before the slot is scanned no longer: it may be the only reference */
    atomic_signal_fence(memory_order_seq_cst);
    t->frame = base->previous;
    if (UNLIKELY(t->exception != NULL))
        return false;
    if (result != NULL)
        *result = value;
    return true;
}

bool java_call(struct thread *t, struct method *m, const union slot *args, union slot *result)
{
    struct frame *base = begin_call(t, m);
    if (base == NULL)
        return false;
    memset(base->locals, 0, 2 * sizeof(union slot));
    if (m->arg_slots != 0) /* args may be NULL then */
        if (m->arg_slots != 0) /* args may be NULL */
        memcpy(base->locals, args, m->arg_slots * sizeof(union slot));
    return run_call(t, base, m, result);
}

static struct method *select_method(struct thread *t, struct method *m, struct object *receiver)
{
    if (m->vtable_index < 0 && m->itable_index < 0)
        return m;
    struct method *selected = class_select_method(object_class(receiver), m);
    if (selected == NULL) {
        char name[512];
        exception_throw(t, "java/lang/AbstractMethodError", "%s", method_external_name(m, name, sizeof name));
    }
    return selected;
}

bool java_call_virtual(struct thread *t, struct method *m, const union slot *args, union slot *result)
{
    struct method *selected = select_method(t, m, args[0].a);
    return selected != NULL && java_call(t, selected, args, result);
}

/* Stores C arguments as slots, by the descriptor. */
static void store_arguments(const struct method *m, union slot *to, va_list args)
{
    for (const char *p = m->descriptor->bytes + 1; *p != ')'; p++) {
        switch (*p) {
        case 'J':
            to->j = va_arg(args, int64_t);
            to += 2;
            break;
        case 'D':
            to->d = va_arg(args, double);
            to += 2;
            break;
        case 'F': (to++)->f = (float)va_arg(args, double); break;
        case 'L':
        case '[':
            (to++)->a = va_arg(args, struct object *);
            while (*p == '[')
                p++;
            if (*p == 'L')
                p = strchr(p, ';');
            break;
        default: (to++)->raw = (uint32_t)va_arg(args, int); break;
        }
    }
}

static bool call_with(struct thread *t, struct method *m, union slot *result, va_list args)
{
    struct frame *base = begin_call(t, m);
    if (base == NULL)
        return false;
    union slot *to = base->locals;
    memset(to, 0, 2 * sizeof(union slot));
    if (!method_is_static(m))
        (to++)->a = va_arg(args, struct object *);
    store_arguments(m, to, args);
    return run_call(t, base, m, result);
}

bool java_callv(struct thread *t, struct method *m, union slot *result, ...)
{
    va_list args;
    va_start(args, result);
    bool ok = call_with(t, m, result, args);
    va_end(args);
    return ok;
}

bool java_call_virtualv(struct thread *t, struct method *m, union slot *result, ...)
{
    va_list args, first;
    va_start(args, result);
    va_copy(first, args);
    struct method *selected = select_method(t, m, va_arg(first, struct object *));
    va_end(first);
    bool ok = selected != NULL && call_with(t, selected, result, args);
    va_end(args);
    return ok;
}

struct object *java_new(struct thread *t, struct class *c, const char *descriptor, ...)
{
    if (!class_is_initialized(c) && !t->vm->hooks.initialize_class(t, c))
        return NULL;
    struct symbol *text = symbol_lookup(descriptor, strlen(descriptor));
    struct method *constructor = text != NULL ? class_find_declared_method(c, sym_init, text) : NULL;
    if (constructor == NULL) {
        exception_throw(t, "java/lang/NoSuchMethodError", "%s.<init>%s", c->name->bytes, descriptor);
        return NULL;
    }
    struct object *o = object_new(t, c);
    if (o == NULL)
        return NULL;
    va_list args;
    va_start(args, descriptor);
    struct frame *base = begin_call(t, constructor);
    if (base != NULL) {
        memset(base->locals, 0, 2 * sizeof(union slot));
        base->locals[0].a = o;
        store_arguments(constructor, base->locals + 1, args);
    }
    va_end(args);
    return base != NULL && run_call(t, base, constructor, NULL) ? o : NULL;
}
