/* JNI: conversion between IDs and reflective objects, registration of native methods, and the way to the JavaVM. */
#include "native/jni_private.h"

#include "classloader/linking.h"
#include "native/natives.h"
#include "native/reflection.h"

static jmethodID JNICALL from_reflected_method(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    struct object *o = handle_get(ref);
    struct method *m = o != NULL ? reflect_method(t, o) : NULL;
    if (m != NULL && !initialize_class(t, m->owner)) /* IDs are of initialized classes only */
        m = NULL;
    VM_LEAVE();
    return (jmethodID)m;
}

static jfieldID JNICALL from_reflected_field(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    struct object *o = handle_get(ref);
    struct field *f = o != NULL ? reflect_field(t, o) : NULL;
    if (f != NULL && !initialize_class(t, f->owner))
        f = NULL;
    VM_LEAVE();
    return (jfieldID)f;
}

static jobject JNICALL to_reflected_method(JNIEnv *env, jclass class_ref, jmethodID id, jboolean is_static)
{
    VM_RETURN(env, handle_local(t, reflect_new_method(t, (struct method *)id)));
}

static jobject JNICALL to_reflected_field(JNIEnv *env, jclass class_ref, jfieldID id, jboolean is_static)
{
    VM_RETURN(env, handle_local(t, reflect_new_field(t, (struct field *)id)));
}

static jint JNICALL register_natives(JNIEnv *env, jclass class_ref, const JNINativeMethod *methods, jint count)
{
    VM_ENTRY(env);
    struct class *c = class_of_handle(class_ref);
    bool ok = true;
    for (jint i = 0; ok && i < count; i++)
        ok = native_register(t, c, methods[i].name, methods[i].signature, methods[i].fnPtr);
    VM_LEAVE();
    return ok ? JNI_OK : JNI_ERR;
}

static jint JNICALL unregister_natives(JNIEnv *env, jclass class_ref)
{
    VM_ENTRY(env);
    struct class *c = class_of_handle(class_ref);
    for (uint16_t i = 0; i < c->method_count; i++) {
        struct method *m = c->methods[i];
        if (!method_is_native(m) || m->intrinsic != INTRINSIC_NONE)
            continue;
        atomic_store_explicit(&m->native_function, NULL, memory_order_release);
        __atomic_store_n(&m->entry, native_entry, __ATOMIC_RELEASE); /* binds again at the next call */
    }
    VM_LEAVE();
    return JNI_OK;
}

static jint JNICALL get_java_vm(JNIEnv *env, JavaVM **vm)
{
    *vm = (JavaVM *)thread_of(env)->vm;
    return JNI_OK;
}

void jni_fill_reflection(struct JNINativeInterface_ *f)
{
    f->FromReflectedMethod = from_reflected_method;
    f->FromReflectedField = from_reflected_field;
    f->ToReflectedMethod = to_reflected_method;
    f->ToReflectedField = to_reflected_field;
    f->RegisterNatives = register_natives;
    f->UnregisterNatives = unregister_natives;
    f->GetJavaVM = get_java_vm;
}
