/* Unsafe.park, unpark and throwException. */
#include "native/unsafe_private.h"

/* A parked thread is seen in traces at this very method, hence the frame. */
UNSAFE_ENTRY(park)
{
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    thread_park(t, args[1].i != 0, args[2].j);
    direct_pop(t, f);
    thread_take_stop(t);
}

/* A thread that has not started or has ended has no permit: nothing happens. */
UNSAFE_ENTRY(unpark)
{
    struct object *java_thread = args[1].a;
    if (java_thread == NULL)
        return;
    threads_lock(t);
    struct thread *target = thread_from_java(java_thread);
    if (target != NULL)
        thread_unpark(target);
    threads_unlock(t);
}

UNSAFE_ENTRY(throwException)
{
    if (args[1].a == NULL)
        DIRECT_THROW(t, m, args, "java/lang/NullPointerException", NULL);
    else
        exception_throw_object(t, args[1].a);
}
