/* What the files of the native test library share.  They print all they find; the outputs of two VMs are compared. */
#ifndef JNITEST_H
#define JNITEST_H

#include <jni.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAY(...) (printf(__VA_ARGS__), putchar('\n'), (void)fflush(stdout)) /* in order with System.out */

#define PRIMITIVES(X)                                                                                                  \
    X(Boolean, jboolean, z, "Z") X(Byte, jbyte, b, "B") X(Char, jchar, c, "C") X(Short, jshort, s, "S")                \
    X(Int, jint, i, "I") X(Long, jlong, j, "J") X(Float, jfloat, f, "F") X(Double, jdouble, d, "D")
#define VALUES(X) PRIMITIVES(X) X(Object, jobject, l, "Ljava/lang/Object;")

/* The toString() of o, or "null", in a buffer of the thread. */
const char *text_of(JNIEnv *env, jobject o);
void say_value(JNIEnv *env, const char *what, char kind, jvalue value);
/* Says which exception is pending, if any, and clears it. */
void say_exception(JNIEnv *env, const char *what);
jmethodID find_method(JNIEnv *env, const char *class, const char *name, const char *descriptor);
void call_gc(JNIEnv *env);

#endif
