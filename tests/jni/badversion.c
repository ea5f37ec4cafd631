/* A library that asks for a version of JNI that does not exist. */
#include <jni.h>

JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *reserved)
{
    return 0x00770000;
}
