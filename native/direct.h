/* Helpers for natives that run directly on the Java stack (struct vm_native's `direct`), and the threads lock. */
#ifndef CLOISTER_NATIVE_DIRECT_H
#define CLOISTER_NATIVE_DIRECT_H

#include "vm/exception.h"
#include "vm/safepoint.h"
#include "vm/vm.h"

/* Gives a direct native a frame of its own, for those that may throw or block: traces then show the method as
 * "(Native Method)".  NULL: StackOverflowError pending. */
static inline struct frame *direct_push(struct thread *t, struct method *m, union slot *args)
{
    struct frame *f = (struct frame *)(void *)(args + m->arg_slots);
    if (UNLIKELY((union slot *)(void *)(f + 1) > t->stack_limit)) {
        exception_throw_stack_overflow(t);
        return NULL;
    }
    memset(f, 0, sizeof(*f));
    f->previous = t->frame;
    f->method = m;
    f->locals = args;
    f->sp = frame_stack(f);
    f->flags = FRAME_NATIVE;
    f->handle_mark = t->handles.top;
    atomic_signal_fence(memory_order_seq_cst); /* the collector may stop us here: a linked frame is a complete one */
    t->frame = f;
    return f;
}

static inline void direct_pop(struct thread *t, struct frame *f)
{
    t->frame = f->previous;
}

/* Throws from a direct native with a frame for it. */
#define DIRECT_THROW(t, m, args, ...)                                                                                  \
    do {                                                                                                               \
        struct frame *frame_ = direct_push(t, m, args);                                                                \
        if (frame_ != NULL) {                                                                                          \
            exception_throw(t, __VA_ARGS__);                                                                           \
            direct_pop(t, frame_);                                                                                     \
        }                                                                                                              \
    } while (0)

/* registerNatives of a class whose natives the VM finds in its tables. */
static inline void direct_nothing(struct thread *t, struct method *m, union slot *args)
{
    (void)t;
    (void)m;
    (void)args;
}

/* The list of threads, from THREAD_JAVA: a safepoint may be held by whoever has the lock, so waiting for it must not
 * look like running.  Nothing may allocate or change state between the two. */
static inline void threads_lock(struct thread *t)
{
    if (pthread_mutex_trylock(&t->vm->threads_lock) == 0)
        return;
    for (;;) {
        thread_leave_java(t, THREAD_BLOCKED);
        pthread_mutex_lock(&t->vm->threads_lock);
        pthread_mutex_unlock(&t->vm->threads_lock);
        thread_enter_java(t);
        if (pthread_mutex_trylock(&t->vm->threads_lock) == 0)
            return;
    }
}

static inline void threads_unlock(struct thread *t)
{
    pthread_mutex_unlock(&t->vm->threads_lock);
}

/* A short C string from a class's external name: HotSpot's messages name classes that way. */
#define CLASS_NAME_MAX 1024

#endif
