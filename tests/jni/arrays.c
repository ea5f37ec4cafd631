/* Arrays: elements, regions, critical sections, arrays of objects. */
#include "jnitest.h"

#define DEFINE_ARRAYS(Name, type, member, descriptor)                                                                  \
    static void show_##Name(JNIEnv *env, const char *what, type##Array a)                                              \
    {                                                                                                                  \
        jsize n = (*env)->GetArrayLength(env, a);                                                                      \
        type copy[16];                                                                                                 \
        (*env)->Get##Name##ArrayRegion(env, a, 0, n, copy);                                                            \
        for (jsize i = 0; i < n; i++) {                                                                                \
            jvalue v = {.member = copy[i]};                                                                            \
            say_value(env, what, descriptor[0], v);                                                                    \
        }                                                                                                              \
    }                                                                                                                  \
    static void arrays_##Name(JNIEnv *env)                                                                             \
    {                                                                                                                  \
        type##Array a = (*env)->New##Name##Array(env, 5);                                                              \
        type in[3] = {(type)1, (type)-2, (type)1}, out[5] = {0};                                                       \
        jboolean copied = 7;                                                                                           \
        (*env)->Set##Name##ArrayRegion(env, a, 1, 3, in);                                                              \
        show_##Name(env, #Name " region", a);                                                                          \
        type *elements = (*env)->Get##Name##ArrayElements(env, a, &copied);                                            \
        SAY("isCopy set: %d", copied != 7);                                                                            \
        elements[0] = (type)1;                                                                                         \
        (*env)->Release##Name##ArrayElements(env, a, elements, JNI_COMMIT);                                            \
        show_##Name(env, #Name " commit", a);                                                                          \
        elements[4] = (type)1;                                                                                         \
        (*env)->Release##Name##ArrayElements(env, a, elements, 0);                                                     \
        show_##Name(env, #Name " release", a);                                                                         \
        elements = (*env)->Get##Name##ArrayElements(env, a, NULL);                                                     \
        (*env)->Release##Name##ArrayElements(env, a, elements, JNI_ABORT);                                             \
        type *direct = (*env)->GetPrimitiveArrayCritical(env, a, &copied);                                             \
        direct[1] = 0;                                                                                                 \
        (*env)->ReleasePrimitiveArrayCritical(env, a, direct, 0);                                                      \
        show_##Name(env, #Name " critical", a);                                                                        \
        static const struct { jsize start, count; } bad[] = {{0, 6}, {5, 1}, {-1, 2}, {2, -1}, {0x7fffffff, 1}};       \
        for (int i = 0; i < 5; i++) {                                                                                  \
            (*env)->Get##Name##ArrayRegion(env, a, bad[i].start, bad[i].count, out);                                   \
            say_exception(env, "Get" #Name "ArrayRegion");                                                             \
            (*env)->Set##Name##ArrayRegion(env, a, bad[i].start, bad[i].count, out);                                   \
            say_exception(env, "Set" #Name "ArrayRegion");                                                             \
        }                                                                                                              \
        (*env)->Get##Name##ArrayRegion(env, a, 5, 0, out);                                                             \
        say_exception(env, "empty region at the end");                                                                 \
        a = (*env)->New##Name##Array(env, 0);                                                                          \
        elements = (*env)->Get##Name##ArrayElements(env, a, NULL);                                                     \
        SAY("of length 0: %d %d", (*env)->GetArrayLength(env, a), elements != NULL);                                   \
        (*env)->Release##Name##ArrayElements(env, a, elements, 0);                                                     \
        elements = (*env)->GetPrimitiveArrayCritical(env, a, NULL);                                                    \
        (*env)->ReleasePrimitiveArrayCritical(env, a, elements, 0);                                                    \
        (*env)->New##Name##Array(env, -3);                                                                             \
        say_exception(env, "negative length");                                                                         \
    }
PRIMITIVES(DEFINE_ARRAYS)

static void object_arrays(JNIEnv *env)
{
    jclass strings = (*env)->FindClass(env, "java/lang/String");
    jstring x = (*env)->NewStringUTF(env, "x");
    jobjectArray a = (*env)->NewObjectArray(env, 3, strings, x);
    SAY("class: %s", text_of(env, (*env)->GetObjectClass(env, a)));
    (*env)->SetObjectArrayElement(env, a, 1, (*env)->NewStringUTF(env, "y"));
    (*env)->SetObjectArrayElement(env, a, 2, NULL);
    for (jsize i = 0; i < (*env)->GetArrayLength(env, a); i++)
        SAY("element %d: %s", i, text_of(env, (*env)->GetObjectArrayElement(env, a, i)));
    SAY("the same object: %d", (*env)->IsSameObject(env, x, (*env)->GetObjectArrayElement(env, a, 0)));
    (*env)->GetObjectArrayElement(env, a, 3);
    say_exception(env, "GetObjectArrayElement 3");
    (*env)->GetObjectArrayElement(env, a, -1);
    say_exception(env, "GetObjectArrayElement -1");
    (*env)->SetObjectArrayElement(env, a, 3, x);
    say_exception(env, "SetObjectArrayElement 3");
    (*env)->SetObjectArrayElement(env, a, 0, strings);
    say_exception(env, "a Class in a String[]");
    jobjectArray b = (*env)->NewObjectArray(env, 2, (*env)->GetObjectClass(env, a), NULL);
    (*env)->SetObjectArrayElement(env, b, 0, a);
    SAY("class: %s", text_of(env, (*env)->GetObjectClass(env, b)));
    (*env)->SetObjectArrayElement(env, b, 1, (*env)->NewIntArray(env, 1));
    say_exception(env, "an int[] in a String[][]");
    (*env)->NewObjectArray(env, -1, strings, NULL);
    say_exception(env, "negative length");
    jobjectArray matrix = (*env)->NewObjectArray(env, 2, (*env)->FindClass(env, "[I"), (*env)->NewIntArray(env, 4));
    SAY("class: %s", text_of(env, (*env)->GetObjectClass(env, matrix)));
}

JNIEXPORT jlong JNICALL Java_JniTestArrays_sum(JNIEnv *env, jclass self, jbyteArray bytes, jintArray ints)
{
    jlong sum = 0;
    jsize nb = (*env)->GetArrayLength(env, bytes), ni = (*env)->GetArrayLength(env, ints);
    jbyte *b = (*env)->GetPrimitiveArrayCritical(env, bytes, NULL);
    jint *i = (*env)->GetPrimitiveArrayCritical(env, ints, NULL);
    for (jsize k = 0; k < nb; k++)
        sum += b[k];
    for (jsize k = 0; k < ni; k++)
        sum += i[k]++;
    (*env)->ReleasePrimitiveArrayCritical(env, ints, i, 0);
    (*env)->ReleasePrimitiveArrayCritical(env, bytes, b, JNI_ABORT);
    return sum;
}

JNIEXPORT void JNICALL Java_JniTestArrays_run(JNIEnv *env, jclass self)
{
#define ARRAYS(Name, type, member, descriptor) arrays_##Name(env);
    PRIMITIVES(ARRAYS)
    object_arrays(env);
}
