/* Thread.stop: an exception that another thread throws. */
#include "vm/exception.h"
#include "vm/safepoint.h"
#include "vm/string.h"
#include "vm/thread_private.h"

/* With threads_lock held.  A ThreadDeath on its way is not replaced, as on HotSpot. */
static void send(struct thread *target, struct object *throwable)
{
    struct object *earlier = atomic_load_explicit(&target->stop_exception, memory_order_acquire);
    if (earlier != NULL && class_is_subtype(object_class(earlier), target->vm->known.ThreadDeath))
        return;
    atomic_store_explicit(&target->stop_exception, throwable, memory_order_release);
    atomic_fetch_or(&target->poll, POLL_STOP);
    object_set_byte(target->java_thread, target->vm->known.Thread_interrupted, 1);
    thread_interrupt(target);
}

void thread_stop(struct thread *t, struct object *java_thread, struct object *throwable)
{
    if (java_thread == t->java_thread) {
        t->exception = throwable;
        return;
    }
    thread_leave_java(t, THREAD_BLOCKED); /* whoever has the lock may wait for a safepoint */
    pthread_mutex_lock(&t->vm->threads_lock);
    struct thread *target = thread_from_java(java_thread);
    if (target != NULL)
        send(target, throwable);
    else
        object_set_byte(java_thread, t->vm->known.Thread_stillborn, 1);
    pthread_mutex_unlock(&t->vm->threads_lock);
    thread_enter_java(t);
}

void thread_take_stop_slow(struct thread *t)
{
    atomic_fetch_and(&t->poll, ~POLL_STOP);
    struct object *throwable = atomic_exchange(&t->stop_exception, NULL);
    if (throwable != NULL)
        t->exception = throwable;
}
