/* Native methods that call back into Java, which calls them again. */
#include <pthread.h>
#include <string.h>

#include "jnitest.h"

static void run(JNIEnv *env, jobject runnable)
{
    jclass c = (*env)->GetObjectClass(env, runnable);
    if (c == NULL)
        return;
    jmethodID id = (*env)->GetMethodID(env, c, "run", "()V");
    if (id != NULL)
        (*env)->CallVoidMethod(env, runnable, id);
}

JNIEXPORT void JNICALL Java_JniTestRecursion_call(JNIEnv *env, jclass self, jobject runnable)
{
    run(env, runnable);
}

/* A frame of several KiB, and local references. */
JNIEXPORT jobject JNICALL Java_JniTestRecursion_callLarge(JNIEnv *env, jclass self, jobject runnable, jobject o)
{
    volatile char buffer[4096];
    memset((char *)buffer, 1, sizeof buffer);
    jobject again = (*env)->NewLocalRef(env, o);
    run(env, runnable);
    return buffer[sizeof buffer - 1] == 1 ? again : NULL;
}

/* Did the recursion end in an error?  It is cleared here. */
JNIEXPORT jboolean JNICALL Java_JniTestRecursion_swallow(JNIEnv *env, jclass self, jobject runnable)
{
    run(env, runnable);
    jthrowable thrown = (*env)->ExceptionOccurred(env);
    (*env)->ExceptionClear(env);
    return thrown != NULL && (*env)->IsInstanceOf(env, thrown, (*env)->FindClass(env, "java/lang/StackOverflowError"));
}

struct attached { JavaVM *vm; jobject runnable; };

static void *attached_main(void *p)
{
    struct attached *a = p;
    JNIEnv *env;
    if ((*a->vm)->AttachCurrentThread(a->vm, (void **)&env, NULL) != JNI_OK)
        return NULL;
    run(env, a->runnable);
    (*a->vm)->DetachCurrentThread(a->vm);
    return NULL;
}

JNIEXPORT void JNICALL Java_JniTestRecursion_inAttachedThread(JNIEnv *env, jclass self, jobject runnable)
{
    pthread_t thread;
    struct attached a = {.runnable = (*env)->NewGlobalRef(env, runnable)};
    (*env)->GetJavaVM(env, &a.vm);
    if (pthread_create(&thread, NULL, attached_main, &a) == 0)
        pthread_join(thread, NULL);
    (*env)->DeleteGlobalRef(env, a.runnable);
}
