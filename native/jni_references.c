/* JNI: local frames, local, global and weak global references. */
#include "native/jni_private.h"

static jint JNICALL push_local_frame(JNIEnv *env, jint capacity)
{
    if (capacity < 0)
        return JNI_ERR;
    VM_ENTRY(env);
    bool pushed = handles_push_frame(t, (uint32_t)capacity) != UINT32_MAX;
    VM_LEAVE();
    return pushed ? JNI_OK : JNI_ENOMEM;
}

static jobject JNICALL pop_local_frame(JNIEnv *env, jobject result)
{
    VM_ENTRY(env);
    struct object *o = handle_get(result);
    if (t->handles.frame_base > 0)
        handles_pop_frame(t, t->handles.frame_base - 1); /* the mark lies below the frame */
    jobject ref = handle_local(t, o);
    VM_LEAVE();
    return ref;
}

static jint JNICALL ensure_local_capacity(JNIEnv *env, jint capacity)
{
    if (capacity < 0)
        return JNI_ERR;
    VM_ENTRY(env);
    bool enough = (uint32_t)capacity <= t->handles.capacity - t->handles.top;
    if (!enough)
        exception_throw_out_of_memory(t, "JNI local references");
    VM_LEAVE();
    return enough ? JNI_OK : JNI_ENOMEM;
}

static jobject JNICALL new_local_ref(JNIEnv *env, jobject ref)
{
    VM_RETURN(env, handle_local(t, handle_get(ref)));
}

static void JNICALL delete_local_ref(JNIEnv *env, jobject ref)
{
    handle_delete_local(thread_of(env), ref); /* touches slots of this thread only, no object */
}

static jobject JNICALL new_global_ref(JNIEnv *env, jobject ref)
{
    VM_RETURN(env, handle_global(t, handle_get(ref)));
}

static void JNICALL delete_global_ref(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    handle_delete_global(t, ref);
    VM_LEAVE();
}

static jweak JNICALL new_weak_global_ref(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    struct object *o = handle_get(ref);
    jweak result = handle_weak(t, o);
    if (o != NULL && result == NULL)
        exception_throw_out_of_memory(t, "NewWeakGlobalRef");
    VM_LEAVE();
    return result;
}

static void JNICALL delete_weak_global_ref(JNIEnv *env, jweak ref)
{
    VM_ENTRY(env);
    handle_delete_weak(t, ref);
    VM_LEAVE();
}

static jboolean JNICALL is_same_object(JNIEnv *env, jobject a, jobject b)
{
    VM_RETURN(env, handle_get(a) == handle_get(b));
}

static jobjectRefType JNICALL get_object_ref_type(JNIEnv *env, jobject ref)
{
    VM_RETURN(env, handle_type(t, ref));
}

void jni_fill_references(struct JNINativeInterface_ *f)
{
    f->PushLocalFrame = push_local_frame;
    f->PopLocalFrame = pop_local_frame;
    f->EnsureLocalCapacity = ensure_local_capacity;
    f->NewLocalRef = new_local_ref;
    f->DeleteLocalRef = delete_local_ref;
    f->NewGlobalRef = new_global_ref;
    f->DeleteGlobalRef = delete_global_ref;
    f->NewWeakGlobalRef = new_weak_global_ref;
    f->DeleteWeakGlobalRef = delete_weak_global_ref;
    f->IsSameObject = is_same_object;
    f->GetObjectRefType = get_object_ref_type;
}
