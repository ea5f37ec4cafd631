/* Printing of values and exceptions, and the library's entry points. */
#include "jnitest.h"

static int loads;

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    JNIEnv *env;
    loads++;
    jint result = (*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_10);
    /* FindClass in JNI_OnLoad uses the loader of the class that loads the library. */
    jclass found = result == JNI_OK ? (*env)->FindClass(env, "JniTest") : NULL;
    SAY("JNI_OnLoad %d: GetEnv %d, JniTest %s, reserved %d", loads, result,
        found != NULL ? "found" : "missing", reserved != NULL);
    return JNI_VERSION_10;
}

jmethodID find_method(JNIEnv *env, const char *class, const char *name, const char *descriptor)
{
    jclass c = (*env)->FindClass(env, class);
    jmethodID m = c != NULL ? (*env)->GetMethodID(env, c, name, descriptor) : NULL;
    (*env)->DeleteLocalRef(env, c);
    return m;
}

const char *text_of(JNIEnv *env, jobject o)
{
    static __thread char buffers[4][512];
    static __thread unsigned next;
    char *buffer = buffers[next++ % 4];
    if (o == NULL)
        return "null";
    jmethodID to_string = find_method(env, "java/lang/Object", "toString", "()Ljava/lang/String;");
    jstring s = (*env)->CallObjectMethod(env, o, to_string);
    const char *utf8 = s != NULL ? (*env)->GetStringUTFChars(env, s, NULL) : NULL;
    snprintf(buffer, sizeof buffers[0], "%s", utf8 != NULL ? utf8 : "(no text)");
    if (utf8 != NULL)
        (*env)->ReleaseStringUTFChars(env, s, utf8);
    (*env)->DeleteLocalRef(env, s);
    return buffer;
}

void say_value(JNIEnv *env, const char *what, char kind, jvalue value)
{
    switch (kind) {
    case 'Z': SAY("%s: %d", what, value.z); break;
    case 'B': SAY("%s: %d", what, value.b); break;
    case 'C': SAY("%s: %d", what, value.c); break;
    case 'S': SAY("%s: %d", what, value.s); break;
    case 'I': SAY("%s: %d", what, value.i); break;
    case 'J': SAY("%s: %lld", what, (long long)value.j); break;
    case 'F': SAY("%s: %.9g", what, value.f); break;
    case 'D': SAY("%s: %.17g", what, value.d); break;
    default: SAY("%s: %s", what, text_of(env, value.l)); break;
    }
}

void say_exception(JNIEnv *env, const char *what)
{
    jthrowable pending = (*env)->ExceptionOccurred(env);
    jboolean checked = (*env)->ExceptionCheck(env);
    (*env)->ExceptionClear(env);
    SAY("%s: check %d, %s", what, checked, pending != NULL ? text_of(env, pending) : "no exception");
    (*env)->DeleteLocalRef(env, pending);
}

void call_gc(JNIEnv *env)
{
    jclass system = (*env)->FindClass(env, "java/lang/System");
    (*env)->CallStaticVoidMethod(env, system, (*env)->GetStaticMethodID(env, system, "gc", "()V"));
    (*env)->DeleteLocalRef(env, system);
}
