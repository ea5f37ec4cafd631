/* The natives of java.lang.Object that the VM binds itself: Object has no registerNatives. */
#include "native/direct.h"
#include "native/natives.h"
#include "vm/monitor.h"
#include "vm/object.h"

static void object_hash_code(struct thread *t, struct method *m, union slot *args)
{
    args[0].i = object_identity_hash(args[0].a);
}

static void object_clone_native(struct thread *t, struct method *m, union slot *args)
{
    struct object *o = args[0].a;
    if (LIKELY(class_is_array(object_class(o)))) {
        args[0].a = object_clone(t, o);
        return;
    }
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    o = object_clone(t, o);
    direct_pop(t, f);
    args[0].a = o;
}

static void object_wait(struct thread *t, struct method *m, union slot *args)
{
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    if (args[1].j < 0)
        exception_throw(t, "java/lang/IllegalArgumentException", "timeout value is negative");
    else
        monitor_wait(t, args[0].a, args[1].j); /* false: the exception is pending */
    direct_pop(t, f);
    thread_take_stop(t);
}

static void notify(struct thread *t, struct method *m, union slot *args, bool all)
{
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    monitor_notify(t, args[0].a, all); /* false: the exception is pending */
    direct_pop(t, f);
}

static void object_notify(struct thread *t, struct method *m, union slot *args)
{
    notify(t, m, args, false);
}

static void object_notify_all(struct thread *t, struct method *m, union slot *args)
{
    notify(t, m, args, true);
}

static const struct vm_native object_methods[] = {
    {"hashCode", "()I", NULL, object_hash_code},
    {"clone", "()Ljava/lang/Object;", NULL, object_clone_native},
    {"wait", "(J)V", NULL, object_wait},
    {"notify", "()V", NULL, object_notify},
    {"notifyAll", "()V", NULL, object_notify_all},
};

const struct vm_native_class natives_object = {"java/lang/Object", object_methods, ARRAY_COUNT(object_methods)};
