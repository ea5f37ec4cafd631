/* Native threads that attach to the VM, call Java and detach. */
#include "jnitest.h"

#include <pthread.h>

enum { CALL = 1, DAEMON = 2, THROW = 4, LOCK = 8, NAMED = 16, NO_DETACH = 32 };

static JavaVM *vm;
static jobject lock, group;

struct job { jint flags; };

static void describe_thread(JNIEnv *env)
{
    jclass c = (*env)->FindClass(env, "JniTestThreads");
    SAY("FindClass of an application class: %d", c != NULL);
    (*env)->CallStaticVoidMethod(env, c, (*env)->GetStaticMethodID(env, c, "describe", "()V"));
}

static void *work(void *data)
{
    jint flags = ((struct job *)data)->flags;
    JNIEnv *env = (JNIEnv *)1, *again = NULL;
    jint before = (*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_10);
    SAY("GetEnv before: %d, env %d", before, env == NULL);
    JavaVMAttachArgs args = {JNI_VERSION_10, "native worker", flags & NAMED ? group : NULL};
    void *given = flags & NAMED ? &args : NULL;
    jint attached = flags & DAEMON ? (*vm)->AttachCurrentThreadAsDaemon(vm, (void **)&env, given)
                                   : (*vm)->AttachCurrentThread(vm, (void **)&env, given);
    SAY("attach: %d, again %d", attached, (*vm)->AttachCurrentThread(vm, (void **)&again, NULL));
    SAY("the same: %d", again == env);
    SAY("GetEnv after: %d, version 1.3.7: %d", (*vm)->GetEnv(vm, (void **)&again, JNI_VERSION_1_2),
        (*vm)->GetEnv(vm, (void **)&again, 0x00010307));
    if (flags & CALL)
        describe_thread(env);
    if (flags & LOCK)
        SAY("MonitorEnter: %d", (*env)->MonitorEnter(env, lock)); /* left to the detaching */
    if (flags & THROW)
        (*env)->ThrowNew(env, (*env)->FindClass(env, "java/lang/IllegalStateException"), "left pending");
    if (!(flags & NO_DETACH)) {
        SAY("detach: %d", (*vm)->DetachCurrentThread(vm));
        SAY("GetEnv detached: %d", (*vm)->GetEnv(vm, (void **)&env, JNI_VERSION_10));
    }
    return NULL;
}

JNIEXPORT void JNICALL Java_JniTestThreads_start(JNIEnv *env, jclass self, jint flags, jobject lock_object,
                                                 jobject thread_group)
{
    struct job job = {flags};
    pthread_t thread;
    (*env)->GetJavaVM(env, &vm);
    lock = (*env)->NewGlobalRef(env, lock_object);
    group = (*env)->NewGlobalRef(env, thread_group);
    pthread_create(&thread, NULL, work, &job);
    pthread_join(thread, NULL);
    (*env)->DeleteGlobalRef(env, lock);
    (*env)->DeleteGlobalRef(env, group);
}

/* A thread with Java frames cannot be detached. */
JNIEXPORT jint JNICALL Java_JniTestThreads_detachSelf(JNIEnv *env, jclass self)
{
    (*env)->GetJavaVM(env, &vm);
    return (*vm)->DetachCurrentThread(vm);
}

static void *hammer(void *ignored)
{
    JNIEnv *env;
    for (int i = 0; i < 20; i++) {
        (*vm)->AttachCurrentThreadAsDaemon(vm, (void **)&env, NULL);
        jclass c = (*env)->FindClass(env, "JniTestThreads");
        jmethodID m = (*env)->GetStaticMethodID(env, c, "count", "()V");
        for (int j = 0; j < 50; j++)
            (*env)->CallStaticVoidMethod(env, c, m);
        (*vm)->DetachCurrentThread(vm);
    }
    return NULL;
}

JNIEXPORT void JNICALL Java_JniTestThreads_hammer(JNIEnv *env, jclass self)
{
    pthread_t threads[8];
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, hammer, NULL);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
}
