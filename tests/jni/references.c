/* Local, global and weak references. */
#include "jnitest.h"

#include <stdint.h>

static jobject new_object(JNIEnv *env)
{
    jclass c = (*env)->FindClass(env, "java/lang/Object");
    jobject o = (*env)->AllocObject(env, c);
    (*env)->DeleteLocalRef(env, c);
    return o;
}

static void kinds(JNIEnv *env, jobject argument)
{
    jobject local = (*env)->NewLocalRef(env, argument), global = (*env)->NewGlobalRef(env, local);
    jweak weak = (*env)->NewWeakGlobalRef(env, local);
    SAY("types: argument %d local %d global %d weak %d null %d", (*env)->GetObjectRefType(env, argument),
        (*env)->GetObjectRefType(env, local), (*env)->GetObjectRefType(env, global),
        (*env)->GetObjectRefType(env, weak), (*env)->GetObjectRefType(env, NULL));
    SAY("same: %d %d %d %d %d %d", (*env)->IsSameObject(env, argument, local), (*env)->IsSameObject(env, local, global),
        (*env)->IsSameObject(env, global, weak), (*env)->IsSameObject(env, weak, NULL),
        (*env)->IsSameObject(env, NULL, NULL), (*env)->IsSameObject(env, local, NULL));
    SAY("through each: %s %s %s", text_of(env, local), text_of(env, global), text_of(env, weak));
    jobject from_weak = (*env)->NewLocalRef(env, weak), global_from_weak = (*env)->NewGlobalRef(env, weak);
    SAY("from weak: %s %s", text_of(env, from_weak), text_of(env, global_from_weak));
    (*env)->DeleteLocalRef(env, local);
    (*env)->DeleteGlobalRef(env, global);
    (*env)->DeleteGlobalRef(env, global_from_weak);
    (*env)->DeleteWeakGlobalRef(env, weak);
    (*env)->DeleteLocalRef(env, NULL);
    (*env)->DeleteGlobalRef(env, NULL);
    (*env)->DeleteWeakGlobalRef(env, NULL);
    SAY("of null: %d %d %d", (*env)->NewLocalRef(env, NULL) == NULL, (*env)->NewGlobalRef(env, NULL) == NULL,
        (*env)->NewWeakGlobalRef(env, NULL) == NULL);
}

static void frames(JNIEnv *env, jobject argument)
{
    SAY("EnsureLocalCapacity: %d", (*env)->EnsureLocalCapacity(env, 2000));
    SAY("negative: %d", (*env)->EnsureLocalCapacity(env, -1));
    say_exception(env, "EnsureLocalCapacity");
    jobject outer = (*env)->NewLocalRef(env, argument), kept = NULL;
    for (int depth = 0; depth < 5; depth++) {
        SAY("PushLocalFrame: %d", (*env)->PushLocalFrame(env, 16));
        for (int i = 0; i < 100; i++)
            kept = (*env)->NewStringUTF(env, "kept");
    }
    for (int depth = 0; depth < 5; depth++)
        kept = (*env)->PopLocalFrame(env, kept);
    SAY("out of five frames: %s, outer %s", text_of(env, kept), text_of(env, outer));
    (*env)->PushLocalFrame(env, 0);
    SAY("PopLocalFrame(NULL): %d", (*env)->PopLocalFrame(env, NULL) == NULL);
    SAY("negative: %d", (*env)->PushLocalFrame(env, -1));
    say_exception(env, "PushLocalFrame");
}

/* Many references at a time, deleted out of order; what is left must stay alive across collections. */
static void many(JNIEnv *env)
{
    enum { COUNT = 3000 };
    static jobject locals[COUNT], globals[COUNT];
    char text[16];
    int wrong = 0;
    for (int i = 0; i < COUNT; i++) {
        snprintf(text, sizeof text, "s%d", i);
        locals[i] = (*env)->NewStringUTF(env, text);
        globals[i] = (*env)->NewGlobalRef(env, locals[i]);
    }
    for (int i = 0; i < COUNT; i += 3)
        (*env)->DeleteLocalRef(env, locals[i]);
    for (int i = 1; i < COUNT; i += 3)
        (*env)->DeleteGlobalRef(env, globals[i]);
    call_gc(env);
    for (int i = 0; i < COUNT; i++) {
        snprintf(text, sizeof text, "s%d", i);
        wrong += i % 3 != 0 && strcmp(text_of(env, locals[i]), text) != 0;
        wrong += i % 3 != 1 && strcmp(text_of(env, globals[i]), text) != 0;
    }
    for (int i = 0; i < COUNT; i++)
        if (i % 3 != 1)
            (*env)->DeleteGlobalRef(env, globals[i]);
    SAY("many: %d wrong", wrong);
}

/* The collector scans stacks conservatively in some VMs: nearly all must be cleared, not each. */
static void cleared(JNIEnv *env)
{
    enum { COUNT = 200 };
    jweak weaks[COUNT], kept_weak;
    jobject kept = new_object(env);
    int null_count = 0, local_count = 0;
    kept_weak = (*env)->NewWeakGlobalRef(env, kept);
    for (int i = 0; i < COUNT; i++) {
        jobject o = new_object(env);
        weaks[i] = (*env)->NewWeakGlobalRef(env, o);
        (*env)->DeleteLocalRef(env, o);
    }
    for (int i = 0; i < 3; i++)
        call_gc(env);
    for (int i = 0; i < COUNT; i++) {
        null_count += (*env)->IsSameObject(env, weaks[i], NULL);
        jobject o = (*env)->NewLocalRef(env, weaks[i]);
        local_count += o == NULL;
        (*env)->DeleteLocalRef(env, o);
        (*env)->DeleteWeakGlobalRef(env, weaks[i]);
    }
    SAY("cleared: %s, kept %d", null_count > COUNT * 3 / 4 && null_count == local_count ? "most" : "too few",
        !(*env)->IsSameObject(env, kept_weak, NULL));
    (*env)->DeleteWeakGlobalRef(env, kept_weak);
}

JNIEXPORT jobject JNICALL Java_JniTestReferences_run(JNIEnv *env, jclass self, jobject argument)
{
    kinds(env, argument);
    frames(env, argument);
    many(env);
    cleared(env);
    return (*env)->NewGlobalRef(env, argument); /* any kind of reference may be returned */
}

static jobject remembered;

JNIEXPORT void JNICALL Java_JniTestReferences_remember(JNIEnv *env, jobject self, jobject o)
{
    remembered = (*env)->NewGlobalRef(env, o);
}

JNIEXPORT jobject JNICALL Java_JniTestReferences_recall(JNIEnv *env, jobject self)
{
    jobject local = (*env)->NewLocalRef(env, remembered);
    (*env)->DeleteGlobalRef(env, remembered);
    return local;
}

JNIEXPORT jobject JNICALL Java_JniTestReferences_echoWeak(JNIEnv *env, jclass self, jobject o)
{
    return (*env)->NewWeakGlobalRef(env, o);
}
