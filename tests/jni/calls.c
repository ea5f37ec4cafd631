/* Every Call*Method and NewObject function, in its three forms, with arguments of every type. */
#include "jnitest.h"

#define DESCRIPTOR(result) "(ZBCSIJFDLjava/lang/Object;)" result
#define ARGUMENTS JNI_TRUE, (jbyte)-2, (jchar)0xfffd, (jshort)-4, (jint)-5, (jlong)-6000000000LL, 7.5f, -8.25, text

struct subject {
    JNIEnv *env;
    jobject object, text;
    jclass base, derived;
    jvalue arguments[9];
};

/* The V forms want a va_list. */
#define DEFINE_V(Name, type)                                                                                           \
    static type virtual_v_##Name(JNIEnv *env, jobject o, jmethodID m, ...)                                             \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        va_start(list, m);                                                                                             \
        type result = (*env)->Call##Name##MethodV(env, o, m, list);                                                    \
        va_end(list);                                                                                                  \
        return result;                                                                                                 \
    }                                                                                                                  \
    static type special_v_##Name(JNIEnv *env, jobject o, jclass c, jmethodID m, ...)                                   \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        va_start(list, m);                                                                                             \
        type result = (*env)->CallNonvirtual##Name##MethodV(env, o, c, m, list);                                       \
        va_end(list);                                                                                                  \
        return result;                                                                                                 \
    }                                                                                                                  \
    static type static_v_##Name(JNIEnv *env, jclass c, jmethodID m, ...)                                               \
    {                                                                                                                  \
        va_list list;                                                                                                  \
        va_start(list, m);                                                                                             \
        type result = (*env)->CallStatic##Name##MethodV(env, c, m, list);                                              \
        va_end(list);                                                                                                  \
        return result;                                                                                                 \
    }

#define DEFINE_CALLS(Name, type, member, descriptor)                                                                   \
    DEFINE_V(Name, type)                                                                                               \
    static void call_##Name(const struct subject *s)                                                                   \
    {                                                                                                                  \
        JNIEnv *env = s->env;                                                                                          \
        jobject o = s->object, text = s->text;                                                                         \
        jclass c = s->base;                                                                                            \
        jmethodID m = (*env)->GetMethodID(env, c, "a" #Name, DESCRIPTOR(descriptor));                                  \
        jmethodID n = (*env)->GetStaticMethodID(env, s->derived, "static" #Name, DESCRIPTOR(descriptor));              \
        jvalue r = {0};                                                                                                \
        SHOW(Name, member, descriptor, "virtual", (*env)->Call##Name##Method(env, o, m, ARGUMENTS));                   \
        SHOW(Name, member, descriptor, "virtual V", virtual_v_##Name(env, o, m, ARGUMENTS));                           \
        SHOW(Name, member, descriptor, "virtual A", (*env)->Call##Name##MethodA(env, o, m, s->arguments));             \
        SHOW(Name, member, descriptor, "special", (*env)->CallNonvirtual##Name##Method(env, o, c, m, ARGUMENTS));      \
        SHOW(Name, member, descriptor, "special V", special_v_##Name(env, o, c, m, ARGUMENTS));                        \
        SHOW(Name, member, descriptor, "special A",                                                                    \
             (*env)->CallNonvirtual##Name##MethodA(env, o, c, m, s->arguments));                                       \
        c = s->derived;                                                                                                \
        SHOW(Name, member, descriptor, "static", (*env)->CallStatic##Name##Method(env, c, n, ARGUMENTS));              \
        SHOW(Name, member, descriptor, "static V", static_v_##Name(env, c, n, ARGUMENTS));                             \
        SHOW(Name, member, descriptor, "static A", (*env)->CallStatic##Name##MethodA(env, c, n, s->arguments));        \
    }
#define SHOW(Name, member, descriptor, form, call)                                                                     \
    (r.member = (call), say_value(env, #Name " " form, descriptor[0], r), say_exception(env, "after"))
VALUES(DEFINE_CALLS)

static void call_void_v(JNIEnv *env, jobject o, jclass c, jmethodID m, jmethodID n, ...)
{
    va_list list, copies[2];
    va_start(list, n);
    va_copy(copies[0], list);
    va_copy(copies[1], list);
    (*env)->CallVoidMethodV(env, o, m, list);
    (*env)->CallNonvirtualVoidMethodV(env, o, c, m, copies[0]);
    (*env)->CallStaticVoidMethodV(env, c, n, copies[1]);
    va_end(copies[1]);
    va_end(copies[0]);
    va_end(list);
}

static void call_void(const struct subject *s)
{
    JNIEnv *env = s->env;
    jobject o = s->object, text = s->text;
    jmethodID m = (*env)->GetMethodID(env, s->base, "aVoid", DESCRIPTOR("V"));
    jmethodID n = (*env)->GetStaticMethodID(env, s->base, "staticVoid", DESCRIPTOR("V"));
    (*env)->CallVoidMethod(env, o, m, ARGUMENTS);
    (*env)->CallVoidMethodA(env, o, m, s->arguments);
    (*env)->CallNonvirtualVoidMethod(env, o, s->base, m, ARGUMENTS);
    (*env)->CallNonvirtualVoidMethodA(env, o, s->base, m, s->arguments);
    (*env)->CallStaticVoidMethod(env, s->base, n, ARGUMENTS);
    (*env)->CallStaticVoidMethodA(env, s->base, n, s->arguments);
    call_void_v(env, o, s->base, m, n, ARGUMENTS);
    say_exception(env, "Void");
}

static jobject new_object_v(JNIEnv *env, jclass c, jmethodID m, ...)
{
    va_list list;
    va_start(list, m);
    jobject o = (*env)->NewObjectV(env, c, m, list);
    va_end(list);
    return o;
}

static void construct(const struct subject *s)
{
    JNIEnv *env = s->env;
    jobject text = s->text;
    jmethodID init = (*env)->GetMethodID(env, s->derived, "<init>", DESCRIPTOR("V"));
    SAY("NewObject: %s", text_of(env, (*env)->NewObject(env, s->derived, init, ARGUMENTS)));
    SAY("NewObjectV: %s", text_of(env, new_object_v(env, s->derived, init, ARGUMENTS)));
    SAY("NewObjectA: %s", text_of(env, (*env)->NewObjectA(env, s->derived, init, s->arguments)));
    jobject raw = (*env)->AllocObject(env, s->derived);
    SAY("AllocObject: %s", text_of(env, raw));
    (*env)->CallNonvirtualVoidMethodA(env, raw, s->derived, init, s->arguments);
    SAY("initialized: %s", text_of(env, raw));
}

/* A method that throws: the result is not looked at, the exception is. */
static void call_throwing(const struct subject *s)
{
    JNIEnv *env = s->env;
    jmethodID m = (*env)->GetMethodID(env, s->base, "thrower", "(I)I");
    (*env)->CallIntMethod(env, s->object, m, 3);
    say_exception(env, "thrower");
    SAY("not throwing: %d", (*env)->CallIntMethod(env, s->object, m, 0));
    jclass list = (*env)->FindClass(env, "java/util/List");
    jmethodID size = (*env)->GetMethodID(env, list, "size", "()I");
    jclass array_list = (*env)->FindClass(env, "java/util/ArrayList");
    jobject o = (*env)->NewObject(env, array_list, (*env)->GetMethodID(env, array_list, "<init>", "(I)V"), 10);
    SAY("interface method: %d", (*env)->CallIntMethod(env, o, size));
    jmethodID is_empty = (*env)->GetMethodID(env, (*env)->FindClass(env, "java/util/Collection"), "isEmpty", "()Z");
    SAY("of a superinterface: %d", (*env)->CallBooleanMethod(env, o, is_empty));
    jmethodID private_method = (*env)->GetMethodID(env, s->base, "hidden", "()Ljava/lang/String;");
    SAY("private: %s", text_of(env, (*env)->CallObjectMethod(env, s->object, private_method)));
    jobject array = (*env)->NewIntArray(env, 3);
    jmethodID clone = (*env)->GetMethodID(env, (*env)->GetObjectClass(env, array), "clone", "()Ljava/lang/Object;");
    SAY("clone of an array: %d", (*env)->GetArrayLength(env, (*env)->CallObjectMethod(env, array, clone)));
    jmethodID default_method = (*env)->GetMethodID(env, s->derived, "greet", "()Ljava/lang/String;");
    SAY("default method: %s", text_of(env, (*env)->CallObjectMethod(env, s->object, default_method)));
    say_exception(env, "calls");
}

JNIEXPORT void JNICALL Java_JniTestCalls_run(JNIEnv *env, jclass self, jobject object, jobject text)
{
    struct subject s = {.env = env, .object = object, .text = text};
    s.derived = (*env)->GetObjectClass(env, object);
    s.base = (*env)->GetSuperclass(env, s.derived);
    jvalue a[9] = {{.z = JNI_TRUE}, {.b = -2}, {.c = 0xfffd}, {.s = -4}, {.i = -5}, {.j = -6000000000LL}, {.f = 7.5f},
                   {.d = -8.25}, {.l = text}};
    memcpy(s.arguments, a, sizeof a);
#define CALL(Name, type, member, descriptor) call_##Name(&s);
    VALUES(CALL)
    call_void(&s);
    construct(&s);
    call_throwing(&s);
}
