/* JNI: calls of Java methods in all forms (virtual, nonvirtual, static; variable arguments, va_list, jvalue array). */
#include "native/jni_private.h"

#include <stdarg.h>

enum call_mode { CALL_VIRTUALLY, CALL_EXACTLY /* nonvirtual, static, constructors */ };

/* Exactly one member is set. */
struct jni_arguments {
    const jvalue *values;
    va_list *list; /* with C's default promotions */
};

#define NEXT(a, member, promoted)                                                                                      \
    ((a)->values != NULL ? (a)->values++->member : (__typeof__(((jvalue *)0)->member))va_arg(*(a)->list, promoted))

/* Converts the arguments to slots by the method's descriptor.  Booleans from native code become 0 or 1. */
static void load_arguments(const struct method *m, union slot *to, struct jni_arguments *a)
{
    for (const char *p = m->descriptor->bytes + 1; *p != ')'; p++) {
        switch (*p) {
        case 'Z': (to++)->i = NEXT(a, z, int) != 0; break;
        case 'B': (to++)->i = NEXT(a, b, int); break;
        case 'C': (to++)->i = NEXT(a, c, int); break;
        case 'S': (to++)->i = NEXT(a, s, int); break;
        case 'I': (to++)->i = NEXT(a, i, int); break;
        case 'F': (to++)->f = NEXT(a, f, double); break;
        case 'J': to->j = NEXT(a, j, jlong); to += 2; break;
        case 'D': to->d = NEXT(a, d, double); to += 2; break;
        default: /* L and [ */
            (to++)->a = handle_get(NEXT(a, l, jobject));
            while (*p == '[')
                p++;
            if (*p == 'L')
                p = strchr(p, ';');
        }
    }
}

static jvalue to_jvalue(struct thread *t, char type, union slot result)
{
    jvalue v = {0};
    switch (type) {
    case 'V': break;
    case 'Z': v.z = (result.i & 1) != 0; break;
    case 'B': v.b = (jbyte)result.i; break;
    case 'C': v.c = (jchar)result.i; break;
    case 'S': v.s = (jshort)result.i; break;
    case 'I': v.i = result.i; break;
    case 'J': v.j = result.j; break;
    case 'F': v.f = result.f; break;
    case 'D': v.d = result.d; break;
    default: v.l = handle_local(t, result.a);
    }
    return v;
}

static bool run(struct thread *t, struct method *m, struct object *receiver, enum call_mode mode,
                struct jni_arguments *a, union slot *result)
{
    union slot slots[m->arg_slots + 1];
    union slot *to = slots;
    if (exception_pending(t))
        return false; /* JNI forbids the call: the pending exception stays */
    if (!method_is_static(m)) {
        if (receiver == NULL) {
            exception_throw(t, "java/lang/NullPointerException", NULL);
            return false;
        }
        (to++)->a = receiver;
    }
    load_arguments(m, to, a);
    bool select = mode == CALL_VIRTUALLY && (m->vtable_index >= 0 || m->itable_index >= 0);
    return select ? java_call_virtual(t, m, slots, result) : java_call(t, m, slots, result);
}

static jvalue call(JNIEnv *env, jobject receiver, jmethodID id, enum call_mode mode, struct jni_arguments a)
{
    VM_ENTRY(env);
    struct method *m = (struct method *)id;
    jvalue value = {0};
    union slot result = {0};
    if (run(t, m, method_is_static(m) ? NULL : handle_get(receiver), mode, &a, &result))
        value = to_jvalue(t, m->return_type, result);
    VM_LEAVE();
    return value;
}

/* Declares `result` as what the call with the function's own variable arguments or va_list gives. */
#define CALL_ELLIPSIS(receiver, mode)                                                                                  \
    va_list list;                                                                                                      \
    va_start(list, id);                                                                                                \
    jvalue result = call(env, receiver, id, mode, (struct jni_arguments){.list = &list});                              \
    va_end(list)
#define CALL_LIST(receiver, mode)                                                                                      \
    va_list list;                                                                                                      \
    va_copy(list, args);                                                                                               \
    jvalue result = call(env, receiver, id, mode, (struct jni_arguments){.list = &list});                              \
    va_end(list)
#define CALL_VALUES(receiver, mode)                                                                                    \
    jvalue result = call(env, receiver, id, mode, (struct jni_arguments){.values = args != NULL ? args : &no_value})

static const jvalue no_value; /* NULL is a valid array of no arguments */

/* The nine functions of one result type. */
#define DEFINE_CALLS(Name, type, RETURN)                                                                               \
    static type JNICALL call_##Name(JNIEnv *env, jobject obj, jmethodID id, ...)                                       \
    { CALL_ELLIPSIS(obj, CALL_VIRTUALLY); RETURN; }                                                                    \
    static type JNICALL call_##Name##_v(JNIEnv *env, jobject obj, jmethodID id, va_list args)                          \
    { CALL_LIST(obj, CALL_VIRTUALLY); RETURN; }                                                                        \
    static type JNICALL call_##Name##_a(JNIEnv *env, jobject obj, jmethodID id, const jvalue *args)                    \
    { CALL_VALUES(obj, CALL_VIRTUALLY); RETURN; }                                                                      \
    static type JNICALL call_nonvirtual_##Name(JNIEnv *env, jobject obj, jclass c, jmethodID id, ...)                  \
    { CALL_ELLIPSIS(obj, CALL_EXACTLY); RETURN; }                                                                      \
    static type JNICALL call_nonvirtual_##Name##_v(JNIEnv *env, jobject obj, jclass c, jmethodID id, va_list args)     \
    { CALL_LIST(obj, CALL_EXACTLY); RETURN; }                                                                          \
    static type JNICALL call_nonvirtual_##Name##_a(JNIEnv *env, jobject obj, jclass c, jmethodID id,                   \
                                                   const jvalue *args)                                                 \
    { CALL_VALUES(obj, CALL_EXACTLY); RETURN; }                                                                        \
    static type JNICALL call_static_##Name(JNIEnv *env, jclass c, jmethodID id, ...)                                   \
    { CALL_ELLIPSIS(NULL, CALL_EXACTLY); RETURN; }                                                                     \
    static type JNICALL call_static_##Name##_v(JNIEnv *env, jclass c, jmethodID id, va_list args)                      \
    { CALL_LIST(NULL, CALL_EXACTLY); RETURN; }                                                                         \
    static type JNICALL call_static_##Name##_a(JNIEnv *env, jclass c, jmethodID id, const jvalue *args)                \
    { CALL_VALUES(NULL, CALL_EXACTLY); RETURN; }

#define DEFINE_PRIMITIVE(Name, type, member, descriptor) DEFINE_CALLS(Name, type, return result.member)
JNI_PRIMITIVES(DEFINE_PRIMITIVE)
DEFINE_CALLS(Object, jobject, return result.l)
DEFINE_CALLS(Void, void, (void)result)

/* ---- new objects ----------------------------------------------------------------------------------------- */

static jobject new_object(JNIEnv *env, jclass class_ref, jmethodID id, struct jni_arguments a)
{
    VM_ENTRY(env);
    jobject created = NULL;
    struct object *o = exception_pending(t) ? NULL : jni_allocate(t, class_of_handle(class_ref));
    if (o != NULL && run(t, (struct method *)id, o, CALL_EXACTLY, &a, NULL))
        created = handle_local(t, o);
    VM_LEAVE();
    return created;
}

static jobject JNICALL new_object_ellipsis(JNIEnv *env, jclass c, jmethodID id, ...)
{
    va_list list;
    va_start(list, id);
    jobject o = new_object(env, c, id, (struct jni_arguments){.list = &list});
    va_end(list);
    return o;
}

static jobject JNICALL new_object_v(JNIEnv *env, jclass c, jmethodID id, va_list args)
{
    va_list list;
    va_copy(list, args);
    jobject o = new_object(env, c, id, (struct jni_arguments){.list = &list});
    va_end(list);
    return o;
}

static jobject JNICALL new_object_a(JNIEnv *env, jclass c, jmethodID id, const jvalue *args)
{
    return new_object(env, c, id, (struct jni_arguments){.values = args != NULL ? args : &no_value});
}

#define FILL(Name, ...)                                                                                                \
    f->Call##Name##Method = call_##Name;                                                                               \
    f->Call##Name##MethodV = call_##Name##_v;                                                                          \
    f->Call##Name##MethodA = call_##Name##_a;                                                                          \
    f->CallNonvirtual##Name##Method = call_nonvirtual_##Name;                                                          \
    f->CallNonvirtual##Name##MethodV = call_nonvirtual_##Name##_v;                                                     \
    f->CallNonvirtual##Name##MethodA = call_nonvirtual_##Name##_a;                                                     \
    f->CallStatic##Name##Method = call_static_##Name;                                                                  \
    f->CallStatic##Name##MethodV = call_static_##Name##_v;                                                             \
    f->CallStatic##Name##MethodA = call_static_##Name##_a;

void jni_fill_calls(struct JNINativeInterface_ *f)
{
    JNI_PRIMITIVES(FILL)
    FILL(Object)
    FILL(Void)
    f->NewObject = new_object_ellipsis;
    f->NewObjectV = new_object_v;
    f->NewObjectA = new_object_a;
}
