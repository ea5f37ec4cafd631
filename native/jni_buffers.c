/* JNI: direct byte buffers. */
#include "native/jni_private.h"

#include <limits.h>

#include "classloader/loading.h"
#include "vm/symbol.h"

static jobject JNICALL new_direct_byte_buffer(JNIEnv *env, void *address, jlong capacity)
{
    VM_ENTRY(env);
    struct object *buffer = NULL;
    if (capacity > INT_MAX)
        exception_throw(t, "java/lang/IllegalArgumentException", "JNI NewDirectByteBuffer passed capacity %lld > %d",
                        (long long)capacity, INT_MAX);
    else /* a negative one is refused by the constructor */
        buffer = java_new(t, t->vm->known.DirectByteBuffer, "(JI)V", (int64_t)(uintptr_t)address,
                          capacity < 0 ? -1 : (int)capacity);
    jobject result = handle_local(t, buffer);
    VM_LEAVE();
    return result;
}

/* sun.nio.ch.DirectBuffer, which every direct buffer implements. */
static struct class *direct_buffer_class(struct thread *t)
{
    struct native_state *state = native_state(t->vm);
    struct class *c = atomic_load_explicit(&state->direct_buffer, memory_order_acquire);
    if (c == NULL) {
        struct object *pending = t->exception;
        t->exception = NULL;
        c = load_boot_class(t, symbol_intern_cstr("sun/nio/ch/DirectBuffer"));
        t->exception = pending;
        atomic_store_explicit(&state->direct_buffer, c, memory_order_release);
    }
    return c;
}

static bool is_direct_buffer(struct thread *t, struct object *o)
{
    struct class *direct = o != NULL ? direct_buffer_class(t) : NULL;
    return direct != NULL && object_is_instance(o, t->vm->known.Buffer) && object_is_instance(o, direct);
}

static void *JNICALL get_direct_buffer_address(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    struct object *o = handle_get(ref);
    void *address = NULL;
    if (is_direct_buffer(t, o))
        address = (void *)(uintptr_t)object_get_long(o, t->vm->known.Buffer_address);
    VM_LEAVE();
    return address;
}

static jlong JNICALL get_direct_buffer_capacity(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    struct object *o = handle_get(ref);
    jlong capacity = is_direct_buffer(t, o) ? object_get_int(o, t->vm->known.Buffer_capacity) : -1;
    VM_LEAVE();
    return capacity;
}

void jni_fill_buffers(struct JNINativeInterface_ *f)
{
    f->NewDirectByteBuffer = new_direct_byte_buffer;
    f->GetDirectBufferAddress = get_direct_buffer_address;
    f->GetDirectBufferCapacity = get_direct_buffer_capacity;
}
