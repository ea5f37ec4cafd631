/* Exceptions thrown, seen and described by native code; monitors. */
#include "jnitest.h"

static void throw_new(JNIEnv *env, const char *class, const char *message)
{
    jclass c = (*env)->FindClass(env, class);
    SAY("ThrowNew %s: %d", class, (*env)->ThrowNew(env, c, message));
}

static void throwing(JNIEnv *env, jthrowable given)
{
    SAY("nothing pending: %d %d", (*env)->ExceptionCheck(env), (*env)->ExceptionOccurred(env) == NULL);
    (*env)->ExceptionClear(env);
    (*env)->ExceptionDescribe(env);
    SAY("Throw: %d", (*env)->Throw(env, given));
    jthrowable pending = (*env)->ExceptionOccurred(env);
    (*env)->ExceptionClear(env);
    SAY("the same: %d", (*env)->IsSameObject(env, pending, given));
    throw_new(env, "java/lang/IllegalStateException", "the message \xc3\xa9");
    say_exception(env, "ThrowNew");
    throw_new(env, "java/lang/IllegalStateException", NULL);
    say_exception(env, "ThrowNew without a message");
    throw_new(env, "java/util/EmptyStackException", "no such constructor");
    say_exception(env, "ThrowNew without a constructor");
    (*env)->Throw(env, given);
    (*env)->ExceptionDescribe(env); /* clears it */
    say_exception(env, "ExceptionDescribe");
}

/* The functions that may be called while an exception is pending. */
static void while_pending(JNIEnv *env, jstring text)
{
    const char *utf8 = (*env)->GetStringUTFChars(env, text, NULL);
    const jchar *units = (*env)->GetStringChars(env, text, NULL);
    jintArray array = (*env)->NewIntArray(env, 2);
    jint *elements = (*env)->GetIntArrayElements(env, array, NULL);
    jobject global = (*env)->NewGlobalRef(env, text);
    (*env)->MonitorEnter(env, text);
    (*env)->PushLocalFrame(env, 4);
    throw_new(env, "java/lang/RuntimeException", "pending all the time");
    (*env)->ReleaseStringUTFChars(env, text, utf8);
    (*env)->ReleaseStringChars(env, text, units);
    elements[0] = 3;
    (*env)->ReleaseIntArrayElements(env, array, elements, 0);
    (*env)->DeleteGlobalRef(env, global);
    (*env)->PopLocalFrame(env, NULL);
    SAY("MonitorExit: %d", (*env)->MonitorExit(env, text));
    (*env)->DeleteLocalRef(env, array);
    SAY("still pending: %d", (*env)->ExceptionCheck(env));
    say_exception(env, "while pending");
}

JNIEXPORT void JNICALL Java_JniTestExceptions_run(JNIEnv *env, jclass self, jthrowable given, jstring text)
{
    throwing(env, given);
    while_pending(env, text);
}

JNIEXPORT jint JNICALL Java_JniTestExceptions_raise(JNIEnv *env, jclass self, jint i)
{
    char text[32];
    snprintf(text, sizeof text, "raised %d", i);
    (*env)->ThrowNew(env, (*env)->FindClass(env, "java/io/IOException"), text);
    return 17;
}

JNIEXPORT jobject JNICALL Java_JniTestExceptions_rethrow(JNIEnv *env, jclass self, jobject runnable)
{
    (*env)->CallVoidMethod(env, runnable, find_method(env, "java/lang/Runnable", "run", "()V"));
    return (*env)->ExceptionCheck(env) ? runnable : NULL;
}

JNIEXPORT jobject JNICALL Java_JniTestExceptions_caught(JNIEnv *env, jclass self, jobject runnable)
{
    (*env)->CallVoidMethod(env, runnable, find_method(env, "java/lang/Runnable", "run", "()V"));
    jthrowable thrown = (*env)->ExceptionOccurred(env);
    (*env)->ExceptionClear(env);
    return thrown;
}

JNIEXPORT void JNICALL Java_JniTestExceptions_monitors(JNIEnv *env, jclass self, jobject lock, jobject runnable)
{
    SAY("MonitorEnter twice: %d %d", (*env)->MonitorEnter(env, lock), (*env)->MonitorEnter(env, lock));
    (*env)->CallVoidMethod(env, runnable, find_method(env, "java/lang/Runnable", "run", "()V"));
    SAY("MonitorExit: %d %d", (*env)->MonitorExit(env, lock), (*env)->MonitorExit(env, lock));
    say_exception(env, "monitors");
    SAY("MonitorExit, not owner: %d", (*env)->MonitorExit(env, lock));
    say_exception(env, "not owner");
}

JNIEXPORT void JNICALL Java_JniTestExceptions_enter(JNIEnv *env, jclass self, jobject lock)
{
    SAY("MonitorEnter, contended: %d", (*env)->MonitorEnter(env, lock));
}

JNIEXPORT jint JNICALL Java_JniTestExceptions_exit(JNIEnv *env, jclass self, jobject lock)
{
    return (*env)->MonitorExit(env, lock); /* not said here: whoever waits for the monitor prints at the same time */
}

JNIEXPORT void JNICALL Java_JniTestFatal_fatal(JNIEnv *env, jclass self)
{
    (*env)->FatalError(env, "the reason of the end");
}
