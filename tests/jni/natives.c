/* Native methods of many shapes, their names, and how they are registered. */
#include "jnitest.h"

#define N(name) JNICALL Java_JniTestNatives_##name

JNIEXPORT jboolean N(not)(JNIEnv *env, jclass c, jboolean z) { return !z; }
JNIEXPORT jbyte N(aByte)(JNIEnv *env, jobject o, jbyte b) { return (jbyte)(b + 1); }
JNIEXPORT jchar N(aChar)(JNIEnv *env, jclass c, jchar x) { return (jchar)(x + 1); }
JNIEXPORT jshort N(aShort)(JNIEnv *env, jobject o, jshort s) { return (jshort)(s + 1); }
JNIEXPORT jlong N(aLong)(JNIEnv *env, jclass c, jlong a, jint b, jlong d) { return a - b + d; }
JNIEXPORT jfloat N(aFloat)(JNIEnv *env, jobject o, jfloat a, jdouble b) { return a + (jfloat)b; }
JNIEXPORT jdouble N(aDouble)(JNIEnv *env, jclass c, jdouble a, jfloat b, jint i) { return a * b + i; }
JNIEXPORT jobject N(first)(JNIEnv *env, jclass c, jobject a, jobject b) { return a != NULL ? a : b; }
JNIEXPORT void N(nothing)(JNIEnv *env, jobject o) {}

JNIEXPORT jstring N(mixed)(JNIEnv *env, jobject self, jint i, jdouble d, jobject o, jlong j, jfloat f, jbyte b, jchar c,
                           jshort s, jboolean z, jdouble e, jobject p, jfloat g, jlong k, jint l, jdouble h)
{
    char text[512];
    snprintf(text, sizeof text, "%d %g %s %lld %g %d %d %d %d %g %s %g %lld %d %g", i, d, text_of(env, o), (long long)j,
             f, b, c, s, z, e, text_of(env, p), g, (long long)k, l, h);
    return (*env)->NewStringUTF(env, text);
}

JNIEXPORT jdouble N(tenDoubles)(JNIEnv *env, jclass c, jdouble a, jdouble b, jdouble d, jdouble e, jdouble f, jdouble g,
                                jdouble h, jdouble i, jdouble j, jdouble k)
{
    return a + 2 * b + 3 * d + 4 * e + 5 * f + 6 * g + 7 * h + 8 * i + 9 * j + 10 * k;
}

JNIEXPORT jfloat N(twelveFloats)(JNIEnv *env, jobject self, jfloat a, jfloat b, jfloat d, jfloat e, jfloat f, jfloat g,
                                 jfloat h, jfloat i, jfloat j, jfloat k, jfloat l, jfloat m)
{
    return a + 2 * b + 3 * d + 4 * e + 5 * f + 6 * g + 7 * h + 8 * i + 9 * j + 10 * k + 11 * l + 12 * m;
}

JNIEXPORT jlong N(tenBytes)(JNIEnv *env, jclass c, jbyte a, jbyte b, jbyte d, jbyte e, jbyte f, jbyte g, jbyte h,
                            jbyte i, jbyte j, jbyte k)
{
    return a + 2 * b + 3 * d + 4 * e + 5 * f + 6 * g + 7 * h + 8 * i + 9 * j + 10 * k;
}

#define L8(x) jlong x##0, jlong x##1, jlong x##2, jlong x##3, jlong x##4, jlong x##5, jlong x##6, jlong x##7
#define S8(x) x##0 + 2 * x##1 + 3 * x##2 + 4 * x##3 + 5 * x##4 + 6 * x##5 + 7 * x##6 + 8 * x##7
JNIEXPORT jlong N(manyLongs)(JNIEnv *env, jclass c, L8(a), L8(b), L8(d), L8(e))
{
    return S8(a) + 10 * (S8(b)) + 100 * (S8(d)) + 1000 * (S8(e));
}

/* Overloaded: the names carry their signatures. */
JNIEXPORT jint N(over__)(JNIEnv *env, jclass c) { return 0; }
JNIEXPORT jint N(over__I)(JNIEnv *env, jclass c, jint i) { return 1; }
JNIEXPORT jint N(over___3I)(JNIEnv *env, jclass c, jintArray i) { return 2; }
JNIEXPORT jint N(over__Ljava_lang_String_2_3_3J)(JNIEnv *env, jclass c, jstring s, jobjectArray a) { return 3; }
JNIEXPORT jint N(under_1score)(JNIEnv *env, jclass c) { return 4; }
JNIEXPORT jint N(caf_000e9_020ac)(JNIEnv *env, jclass c) { return 5; }
JNIEXPORT jint N(dollar_00024)(JNIEnv *env, jclass c) { return 6; }
JNIEXPORT jint JNICALL Java_JniTestNatives_00024Inner_value(JNIEnv *env, jobject o) { return 7; }

static jboolean holds_lock(JNIEnv *env, jobject o)
{
    jclass thread = (*env)->FindClass(env, "java/lang/Thread");
    jmethodID m = (*env)->GetStaticMethodID(env, thread, "holdsLock", "(Ljava/lang/Object;)Z");
    return (*env)->CallStaticBooleanMethod(env, thread, m, o);
}

JNIEXPORT jboolean N(locked)(JNIEnv *env, jobject self) { return holds_lock(env, self); }
JNIEXPORT jboolean N(lockedStatic)(JNIEnv *env, jclass c, jint a, jdouble b) { return holds_lock(env, c); }
JNIEXPORT void N(lockedThrowing)(JNIEnv *env, jobject self)
{
    (*env)->ThrowNew(env, (*env)->FindClass(env, "java/lang/Exception"),
                     holds_lock(env, self) ? "locked" : "not locked");
}

/* Java -> C -> Java -> C ... */
JNIEXPORT jint N(down)(JNIEnv *env, jobject self, jint depth)
{
    jclass c = (*env)->GetObjectClass(env, self);
    jint below = (*env)->CallIntMethod(env, self, (*env)->GetMethodID(env, c, "up", "(I)I"), depth);
    return (*env)->ExceptionCheck(env) ? -1 : below + 1;
}

static jint registered_first(JNIEnv *env, jclass c, jint i) { return i + 100; }
static jint registered_second(JNIEnv *env, jclass c, jint i) { return i + 200; }
static jdouble registered_double(JNIEnv *env, jobject o, jdouble d) { return -d; }

static jint register_one(JNIEnv *env, jclass c, char *name, char *signature, void *function)
{
    JNINativeMethod method = {name, signature, function};
    return (*env)->RegisterNatives(env, c, &method, 1);
}

JNIEXPORT void N(register)(JNIEnv *env, jclass c, jint step)
{
    const JNINativeMethod both[] = {{"registered", "(I)I", (void *)registered_first},
                                    {"registeredDouble", "(D)D", (void *)registered_double}};
    if (step == 0)
        SAY("RegisterNatives: %d", (*env)->RegisterNatives(env, c, both, 2));
    else if (step == 1)
        SAY("again: %d", register_one(env, c, "registered", "(I)I", (void *)registered_second));
    else
        SAY("UnregisterNatives: %d", (*env)->UnregisterNatives(env, c));
}

JNIEXPORT void N(registerWrongly)(JNIEnv *env, jclass c)
{
    SAY("no such method: %d", register_one(env, c, "nosuch", "()V", (void *)registered_first));
    say_exception(env, "no such method");
    SAY("another signature: %d", register_one(env, c, "registered", "(J)I", (void *)registered_first));
    say_exception(env, "another signature");
    SAY("not native: %d", register_one(env, c, "up", "(I)I", (void *)registered_first));
    say_exception(env, "not native");
}
