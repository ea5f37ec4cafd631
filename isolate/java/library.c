/* libcloister-java: the natives of cloister.isolate.internal.Library, by libcloister (include/cloister.h).  A
 * library of its own, loaded when a program opens an isolate: the Java VM knows nothing of isolates' hosts. */
#include "include/cloister.h"

#include <errno.h>
#include <jni.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NATIVE(type, name) JNIEXPORT type JNICALL Java_cloister_isolate_internal_Library_##name

enum { REASON = 512 };

NATIVE(jlong, open)(JNIEnv *, jclass, jbyteArray, jobjectArray, jint);
NATIVE(void, close)(JNIEnv *, jclass, jlong);
NATIVE(jlong, clone)(JNIEnv *, jclass, jlong);
NATIVE(void, free)(JNIEnv *, jclass, jlong);
NATIVE(void, reset)(JNIEnv *, jclass, jlong);
NATIVE(jbyteArray, call)(JNIEnv *, jclass, jlong, jbyteArray, jboolean, jbyteArray, jint, jintArray);

static void *handle(jlong value)
{
    return (void *)(uintptr_t)value;
}

/* The name of an exception's class; nothing when one is pending. */
static void throw(JNIEnv *env, const char *class, const char *sentence)
{
    jclass c = (*env)->ExceptionCheck(env) ? NULL : (*env)->FindClass(env, class);

    if (c != NULL)
        (*env)->ThrowNew(env, c, sentence);
}

static void fail(JNIEnv *env, int error, const char *sentence)
{
    throw(env, error == -ENOMEM ? "java/lang/OutOfMemoryError" : "java/io/IOException", sentence);
}

/* A copy with a zero byte behind it, malloc'ed; NULL with an exception. */
static char *copy(JNIEnv *env, jbyteArray array)
{
    jsize length = (*env)->GetArrayLength(env, array);
    char *bytes = malloc((size_t)length + 1);

    if (bytes == NULL) {
        fail(env, -ENOMEM, "no memory for what an isolate is given");
        return NULL;
    }
    (*env)->GetByteArrayRegion(env, array, 0, length, (jbyte *)bytes);
    bytes[length] = '\0';
    return bytes;
}

static void free_texts(char **texts)
{
    for (char **text = texts; text != NULL && *text != NULL; text++)
        free(*text);
    free(texts);
}

/* Ends with NULL. */
static char **copy_texts(JNIEnv *env, jobjectArray array)
{
    jsize count = (*env)->GetArrayLength(env, array);
    char **texts = calloc((size_t)count + 1, sizeof *texts);

    if (texts == NULL)
        fail(env, -ENOMEM, "no memory for an isolate's options");
    for (jsize i = 0; i < count && texts != NULL; i++) {
        jobject text = (*env)->GetObjectArrayElement(env, array, i);
        if (text == NULL || (texts[i] = copy(env, text)) == NULL) {
            free_texts(texts);
            return NULL;
        }
        (*env)->DeleteLocalRef(env, text);
    }
    return texts;
}

NATIVE(jlong, open)(JNIEnv *env, jclass ignored, jbyteArray image, jobjectArray options, jint standbys)
{
    char *path = copy(env, image), **words = path != NULL ? copy_texts(env, options) : NULL, reason[REASON] = "";
    struct cloister_zygote *z = NULL;

    if (words != NULL) {
        const struct cloister_zygote_start what = {
            .snapshot = path, .standbys = (unsigned)standbys, .options = (const char *const *)words};
        int error = cloister_zygote_start(&z, &what, reason, sizeof reason);
        if (error != 0)
            fail(env, error, reason);
    }
    free_texts(words);
    free(path);
    return (jlong)(uintptr_t)z;
}

NATIVE(void, close)(JNIEnv *env, jclass ignored, jlong zygote)
{
    cloister_zygote_free(handle(zygote));
}

NATIVE(jlong, clone)(JNIEnv *env, jclass ignored, jlong zygote)
{
    const int standard[3] = {-1, 2, 2}; /* what a program prints is for whoever runs this one */
    char reason[REASON] = "";
    struct cloister *c = NULL;
    int error = cloister_clone(&c, handle(zygote), NULL, standard, reason, sizeof reason);

    if (error != 0)
        fail(env, error, reason);
    return (jlong)(uintptr_t)c;
}

NATIVE(void, free)(JNIEnv *env, jclass ignored, jlong clone)
{
    cloister_free(handle(clone));
}

NATIVE(void, reset)(JNIEnv *env, jclass ignored, jlong clone)
{
    char reason[REASON] = "";
    int error = cloister_reset(handle(clone), reason, sizeof reason);

    if (error != 0)
        fail(env, error, reason);
}

/* The answer; its status into status[0]. */
static jbyteArray give(JNIEnv *env, const struct cloister_answer *a, jintArray status)
{
    const jint value = (jint)a->status;
    jbyteArray answer = (*env)->NewByteArray(env, (jsize)a->bytes);

    if (answer == NULL)
        return NULL;
    (*env)->SetByteArrayRegion(env, answer, 0, (jsize)a->bytes, (const jbyte *)a->data);
    (*env)->SetIntArrayRegion(env, status, 0, 1, &value);
    return answer;
}

NATIVE(jbyteArray, call)(JNIEnv *env, jclass ignored, jlong clone, jbyteArray handler, jboolean json, jbyteArray data,
                         jint milliseconds, jintArray status)
{
    char *name = copy(env, handler), *bytes = name != NULL ? copy(env, data) : NULL, reason[REASON] = "";
    struct cloister_answer answer = {.data = NULL};
    jbyteArray result = NULL;

    if (bytes != NULL) {
        const struct cloister_message message = {.handler = name, .json = json, .data = bytes,
                                                 .bytes = (size_t)(*env)->GetArrayLength(env, data)};
        int error = cloister_call(handle(clone), &message, (unsigned)milliseconds, &answer, reason, sizeof reason);
        if (error == 0)
            result = give(env, &answer, status);
        else
            fail(env, error, reason);
    }
    cloister_answer_free(&answer);
    free(bytes);
    free(name);
    return result;
}
