/* JNI: reading and writing fields. */
#include "native/jni_private.h"

/* Fields declared volatile are accessed with their ordering (JLS 17.4); the type fits one machine access. */
#define LOAD(field, type, address)                                                                                     \
    ({                                                                                                                 \
        type v_;                                                                                                       \
        if ((field)->access_flags & ACC_VOLATILE)                                                                      \
            __atomic_load((type *)(address), &v_, __ATOMIC_SEQ_CST);                                                   \
        else                                                                                                           \
            v_ = *(type volatile *)(address);                                                                          \
        v_;                                                                                                            \
    })
#define STORE(field, type, address, value)                                                                             \
    do {                                                                                                               \
        type v_ = (value);                                                                                             \
        if ((field)->access_flags & ACC_VOLATILE)                                                                      \
            __atomic_store((type *)(address), &v_, __ATOMIC_SEQ_CST);                                                  \
        else                                                                                                           \
            *(type volatile *)(address) = v_;                                                                          \
    } while (0)

static struct object *receiver(struct thread *t, jobject ref)
{
    struct object *o = handle_get(ref);
    if (o == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    return o;
}

#define DEFINE_FIELD(Name, type, member, descriptor)                                                                   \
    static type JNICALL get_##Name(JNIEnv *env, jobject ref, jfieldID id)                                              \
    {                                                                                                                  \
        VM_ENTRY(env);                                                                                                 \
        const struct field *field = (const struct field *)id;                                                          \
        struct object *o = receiver(t, ref);                                                                           \
        type value = o != NULL ? LOAD(field, type, object_at(o, field->offset)) : 0;                                   \
        VM_LEAVE();                                                                                                    \
        return value;                                                                                                  \
    }                                                                                                                  \
    static void JNICALL set_##Name(JNIEnv *env, jobject ref, jfieldID id, type value)                                  \
    {                                                                                                                  \
        VM_ENTRY(env);                                                                                                 \
        const struct field *field = (const struct field *)id;                                                          \
        struct object *o = receiver(t, ref);                                                                           \
        if (o != NULL)                                                                                                 \
            STORE(field, type, object_at(o, field->offset), descriptor == 'Z' ? (type)((int)value & 1) : value);       \
        VM_LEAVE();                                                                                                    \
    }                                                                                                                  \
    static type JNICALL get_static_##Name(JNIEnv *env, jclass ref, jfieldID id)                                        \
    {                                                                                                                  \
        VM_ENTRY(env);                                                                                                 \
        const struct field *field = (const struct field *)id;                                                          \
        type value = LOAD(field, type, field->address);                                                                \
        VM_LEAVE();                                                                                                    \
        return value;                                                                                                  \
    }                                                                                                                  \
    static void JNICALL set_static_##Name(JNIEnv *env, jclass ref, jfieldID id, type value)                            \
    {                                                                                                                  \
        VM_ENTRY(env);                                                                                                 \
        const struct field *field = (const struct field *)id;                                                          \
        STORE(field, type, field->address, descriptor == 'Z' ? (type)((int)value & 1) : value);                        \
        VM_LEAVE();                                                                                                    \
    }
JNI_PRIMITIVES(DEFINE_FIELD)

static jobject JNICALL get_object(JNIEnv *env, jobject ref, jfieldID id)
{
    VM_ENTRY(env);
    const struct field *field = (const struct field *)id;
    struct object *o = receiver(t, ref);
    jobject value = o != NULL ? handle_local(t, gc_load_ref_volatile(o, field->offset)) : NULL;
    VM_LEAVE();
    return value;
}

static void JNICALL set_object(JNIEnv *env, jobject ref, jfieldID id, jobject value)
{
    VM_ENTRY(env);
    const struct field *field = (const struct field *)id;
    struct object *o = receiver(t, ref);
    if (o != NULL && (field->access_flags & ACC_VOLATILE) != 0)
        gc_store_ref_volatile(o, field->offset, handle_get(value));
    else if (o != NULL)
        gc_store_ref(o, field->offset, handle_get(value));
    VM_LEAVE();
}

static jobject JNICALL get_static_object(JNIEnv *env, jclass ref, jfieldID id)
{
    VM_ENTRY(env);
    struct object **slot = ((const struct field *)id)->address;
    jobject value = handle_local(t, __atomic_load_n(slot, __ATOMIC_SEQ_CST));
    VM_LEAVE();
    return value;
}

static void JNICALL set_static_object(JNIEnv *env, jclass ref, jfieldID id, jobject value)
{
    VM_ENTRY(env);
    gc_store_root(((const struct field *)id)->address, handle_get(value));
    atomic_thread_fence(memory_order_seq_cst); /* the field may be volatile */
    VM_LEAVE();
}

#define FILL(Name, ...)                                                                                                \
    f->Get##Name##Field = get_##Name;                                                                                  \
    f->Set##Name##Field = set_##Name;                                                                                  \
    f->GetStatic##Name##Field = get_static_##Name;                                                                     \
    f->SetStatic##Name##Field = set_static_##Name;

void jni_fill_fields(struct JNINativeInterface_ *f)
{
    JNI_PRIMITIVES(FILL)
    f->GetObjectField = get_object;
    f->SetObjectField = set_object;
    f->GetStaticObjectField = get_static_object;
    f->SetStaticObjectField = set_static_object;
}
