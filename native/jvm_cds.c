/* Class-data sharing: this VM has no archives.  The questions are answered so that the class library builds its data
 * itself, and requests to write an archive are refused. */
#include "native/jvm.h"

#include "native/handles.h"
#include "vm/exception.h"

static void refuse(JNIEnv *env, const char *what)
{
    VM_ENTRY(env);
    exception_throw(t, "java/lang/UnsupportedOperationException",
                    "This VM cannot write %s: it has no class-data sharing", what);
    VM_LEAVE();
}

JNIEXPORT jboolean JNICALL JVM_IsCDSDumpingEnabled(JNIEnv *env)
{
    return JNI_FALSE;
}

JNIEXPORT jboolean JNICALL JVM_IsDumpingClassList(JNIEnv *env)
{
    return JNI_FALSE;
}

JNIEXPORT jboolean JNICALL JVM_IsSharingEnabled(JNIEnv *env)
{
    return JNI_FALSE;
}

/* Leaves the class's archived fields null: its initializer then computes them. */
JNIEXPORT void JNICALL JVM_InitializeFromArchive(JNIEnv *env, jclass cls)
{
}

/* 0: hash seeds are random as usual. */
JNIEXPORT jlong JNICALL JVM_GetRandomSeedForDumping(void)
{
    return 0;
}

/* Called only while dumping. */
JNIEXPORT void JNICALL JVM_RegisterLambdaProxyClassForArchiving(JNIEnv *env, jclass caller, jstring invokedName,
                                                                jobject invokedType, jobject methodType,
                                                                jobject implMember, jobject instantiatedMethodType,
                                                                jclass lambdaProxyClass)
{
}

JNIEXPORT jclass JNICALL JVM_LookupLambdaProxyClassFromArchive(JNIEnv *env, jclass caller, jstring invokedName,
                                                               jobject invokedType, jobject methodType,
                                                               jobject implMember, jobject instantiatedMethodType)
{
    return NULL;
}

/* Called only while a class list is being written. */
JNIEXPORT void JNICALL JVM_LogLambdaFormInvoker(JNIEnv *env, jstring line)
{
}

JNIEXPORT void JNICALL JVM_DumpClassListToFile(JNIEnv *env, jstring fileName)
{
    refuse(env, "a class list");
}

JNIEXPORT void JNICALL JVM_DumpDynamicArchive(JNIEnv *env, jstring archiveName)
{
    refuse(env, "a dynamic archive");
}
