/* JNI references.  A local reference is the address of a slot in the thread's handle stack, or of a slot on its Java
 * stack (arguments of a running native method).  Global and weak references are slots of registered tables. */
#ifndef CLOISTER_NATIVE_HANDLES_H
#define CLOISTER_NATIVE_HANDLES_H

#include "vm/safepoint.h"
#include "vm/thread.h"

static inline struct object *handle_get(jobject ref) /* NULL-safe; weak: NULL when cleared */
{
    extern struct object *handle_get_weak(jobject ref);
    if (ref == NULL)
        return NULL;
    if (UNLIKELY((uintptr_t)ref & 1)) /* weak references are tagged */
        return handle_get_weak(ref);
    return *(struct object **)ref;
}
jobject handle_local(struct thread *t, struct object *o);         /* NULL for NULL */
void handle_delete_local(struct thread *t, jobject ref);
uint32_t handles_push_frame(struct thread *t, uint32_t capacity); /* returns a mark */
void handles_pop_frame(struct thread *t, uint32_t mark);
jobject handle_global(struct thread *t, struct object *o);
void handle_delete_global(struct thread *t, jobject ref);
jweak handle_weak(struct thread *t, struct object *o);
void handle_delete_weak(struct thread *t, jweak ref);
jobjectRefType handle_type(struct thread *t, jobject ref);
void handles_init(struct vm *vm);

static inline struct thread *thread_of(JNIEnv *env) { return (struct thread *)env; }
static inline jclass handle_class(struct thread *t, struct class *c)
{
    return c == NULL ? NULL : (jclass)handle_local(t, class_mirror(c));
}
static inline struct class *class_of_handle(jclass ref) { return class_from_mirror(handle_get(ref)); }

/* Entry to VM code from native code and back: every exported JNI_/JVM_ function that touches the heap is between
 * these. */
#define VM_ENTRY(env)                                                                                                  \
    struct thread *t = thread_of(env);                                                                                 \
    thread_enter_java(t)
#define VM_LEAVE() thread_leave_java(t, THREAD_NATIVE)
/* The whole body of such a function, when all it does is answer with `value`, an expression that may use t. */
#define VM_RETURN(env, value)                                                                                          \
    do {                                                                                                               \
        VM_ENTRY(env);                                                                                                 \
        __auto_type vm_result = (value);                                                                               \
        VM_LEAVE();                                                                                                    \
        return vm_result;                                                                                              \
    } while (0)

#endif
