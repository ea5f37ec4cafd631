/* The files that implement JNI's function table: each fills in its family. */
#ifndef CLOISTER_NATIVE_JNI_PRIVATE_H
#define CLOISTER_NATIVE_JNI_PRIVATE_H

#include "native/handles.h"
#include "native/native_state.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"

void jni_fill_classes(struct JNINativeInterface_ *f);
void jni_fill_ids(struct JNINativeInterface_ *f);
void jni_fill_calls(struct JNINativeInterface_ *f);
void jni_fill_fields(struct JNINativeInterface_ *f);
void jni_fill_strings(struct JNINativeInterface_ *f);
void jni_fill_arrays(struct JNINativeInterface_ *f);
void jni_fill_references(struct JNINativeInterface_ *f);
void jni_fill_exceptions(struct JNINativeInterface_ *f);
void jni_fill_monitors(struct JNINativeInterface_ *f);
void jni_fill_buffers(struct JNINativeInterface_ *f);
void jni_fill_reflection(struct JNINativeInterface_ *f);

/* invocation.c */
extern const struct JNIInvokeInterface_ jni_invoke_functions;

/* jni_classes.c: an uninitialized instance of c, which is initialized first.  InstantiationException for classes
 * that have none. */
struct object *jni_allocate(struct thread *t, struct class *c);
/* jni_monitors.c: releases what this thread entered with MonitorEnter and did not leave. */
void jni_release_monitors(struct thread *t);

/* X(Name, jtype, jvalue member, descriptor character) for the eight primitive types. */
#define JNI_PRIMITIVES(X)                                                                                              \
    X(Boolean, jboolean, z, 'Z') X(Byte, jbyte, b, 'B') X(Char, jchar, c, 'C') X(Short, jshort, s, 'S')                \
    X(Int, jint, i, 'I') X(Long, jlong, j, 'J') X(Float, jfloat, f, 'F') X(Double, jdouble, d, 'D')

#endif
