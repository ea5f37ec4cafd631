/* JNI: exceptions and fatal errors. */
#include "native/jni_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "native/jvm.h"
#include "vm/symbol.h"

static jint JNICALL throw_object(JNIEnv *env, jthrowable ref)
{
    VM_ENTRY(env);
    struct object *o = handle_get(ref);
    if (o == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        exception_throw_object(t, o);
    VM_LEAVE();
    return JNI_OK;
}

static jint JNICALL throw_new(JNIEnv *env, jclass class_ref, const char *message)
{
    VM_ENTRY(env);
    struct class *c = class_of_handle(class_ref);
    struct object *throwable = NULL;
    const char *descriptor = message != NULL ? "(Ljava/lang/String;)V" : "()V";
    char name[1024];
    if (class_find_declared_method(c, sym_init, symbol_intern_cstr(descriptor)) == NULL) {
        exception_throw(t, "java/lang/NoSuchMethodError", "%s: method 'void <init>(%s)' not found",
                        class_external_name(c, name, sizeof name), message != NULL ? "java.lang.String" : "");
    } else if (message == NULL) {
        throwable = java_new(t, c, descriptor);
    } else {
        struct object *text = string_new_utf8(t, message);
        throwable = text != NULL ? java_new(t, c, descriptor, text) : NULL;
    }
    if (throwable != NULL)
        exception_throw_object(t, throwable);
    VM_LEAVE();
    return JNI_OK;
}

static jthrowable JNICALL exception_occurred(JNIEnv *env)
{
    VM_RETURN(env, handle_local(t, t->exception));
}

static void JNICALL exception_clear_jni(JNIEnv *env)
{
    exception_clear(thread_of(env));
}

static jboolean JNICALL exception_check(JNIEnv *env)
{
    return exception_pending(thread_of(env));
}

static void print_stack_trace(struct thread *t, struct object *throwable)
{
    struct method *m = class_find_method(object_class(throwable), symbol_intern_cstr("printStackTrace"),
                                         sym_void_descriptor);
    bool printed = m != NULL && java_call_virtualv(t, m, NULL, throwable);
    exception_clear(t); /* what printing throws is of no use to the caller */
    if (!printed)
        exception_print(t, throwable, STDERR_FILENO);
}

/* Clears the pending exception, as the specification says. */
static void JNICALL exception_describe(JNIEnv *env)
{
    VM_ENTRY(env);
    struct object *throwable = t->exception;
    exception_clear(t);
    if (throwable != NULL && object_class(throwable) != t->vm->known.ThreadDeath) {
        struct object *name = t->java_thread != NULL ? gc_load_ref(t->java_thread, t->vm->known.Thread_name) : NULL;
        char *text = name != NULL ? string_to_utf8(name) : NULL;
        jio_fprintf(stderr, "Exception in thread \"%s\" ", text != NULL ? text : t->name);
        fflush(stderr);
        free(text);
        print_stack_trace(t, throwable);
    }
    VM_LEAVE();
}

_Noreturn static void JNICALL fatal_error(JNIEnv *env, const char *message)
{
    VM_ENTRY(env);
    jio_fprintf(stdout, "FATAL ERROR in native method: %s\n", message != NULL ? message : "(null)");
    fflush(stdout);
    thread_print_stack(t, STDOUT_FILENO);
    if (t->vm->options.abort_hook != NULL)
        t->vm->options.abort_hook();
    abort();
}

void jni_fill_exceptions(struct JNINativeInterface_ *f)
{
    f->Throw = throw_object;
    f->ThrowNew = throw_new;
    f->ExceptionOccurred = exception_occurred;
    f->ExceptionDescribe = exception_describe;
    f->ExceptionClear = exception_clear_jni;
    f->ExceptionCheck = exception_check;
    f->FatalError = fatal_error;
}
