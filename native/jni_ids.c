/* JNI: method and field IDs.  A jmethodID is a struct method *, a jfieldID a struct field *: both live for ever. */
#include "native/jni_private.h"

#include "classloader/linking.h"
#include "vm/symbol.h"

static struct method *find_method(struct thread *t, struct class *c, const char *name, const char *descriptor,
                                  bool is_static)
{
    /* A name that was never interned belongs to no loaded class. */
    struct symbol *n = symbol_lookup(name, strlen(name)), *d = symbol_lookup(descriptor, strlen(descriptor));
    if (n == NULL || d == NULL || class_is_primitive(c)) {
        exception_throw(t, "java/lang/NoSuchMethodError", "%s", name);
        return NULL;
    }
    if (!initialize_class(t, c))
        return NULL;
    bool initializer = n == sym_init || n == sym_clinit; /* not inherited */
    struct method *m = initializer ? class_find_declared_method(c, n, d) : class_find_method(c, n, d);
    if (m != NULL && method_is_static(m) == is_static)
        return m;
    bool array = class_is_array(c);
    exception_throw(t, "java/lang/NoSuchMethodError", "%s%s%s%s.%s%s", is_static ? "static " : "", array ? "" : "L",
                    c->name->bytes, array ? "" : ";", name, descriptor);
    return NULL;
}

static jmethodID JNICALL get_method_id(JNIEnv *env, jclass class_ref, const char *name, const char *descriptor)
{
    VM_RETURN(env, (jmethodID)find_method(t, class_of_handle(class_ref), name, descriptor, false));
}

static jmethodID JNICALL get_static_method_id(JNIEnv *env, jclass class_ref, const char *name, const char *descriptor)
{
    VM_RETURN(env, (jmethodID)find_method(t, class_of_handle(class_ref), name, descriptor, true));
}

static struct field *find_field(struct thread *t, struct class *c, const char *name, const char *descriptor,
                                bool is_static)
{
    struct symbol *n = symbol_lookup(name, strlen(name)), *d = symbol_lookup(descriptor, strlen(descriptor));
    bool known = n != NULL && d != NULL && class_is_instance_class(c);
    char external[1024];
    if (known && !initialize_class(t, c))
        return NULL;
    struct field *f = known ? class_find_field(c, n, d) : NULL;
    if (f != NULL && ((f->access_flags & ACC_STATIC) != 0) == is_static && !(f->vm_flags & FIELD_INJECTED))
        return f;
    if (is_static)
        exception_throw(t, "java/lang/NoSuchFieldError", "%s", name);
    else
        exception_throw(t, "java/lang/NoSuchFieldError", "%s.%s %s",
                        class_external_name(c, external, sizeof external), name, descriptor);
    return NULL;
}

static jfieldID JNICALL get_field_id(JNIEnv *env, jclass class_ref, const char *name, const char *descriptor)
{
    VM_RETURN(env, (jfieldID)find_field(t, class_of_handle(class_ref), name, descriptor, false));
}

static jfieldID JNICALL get_static_field_id(JNIEnv *env, jclass class_ref, const char *name, const char *descriptor)
{
    VM_RETURN(env, (jfieldID)find_field(t, class_of_handle(class_ref), name, descriptor, true));
}

void jni_fill_ids(struct JNINativeInterface_ *f)
{
    f->GetMethodID = get_method_id;
    f->GetStaticMethodID = get_static_method_id;
    f->GetFieldID = get_field_id;
    f->GetStaticFieldID = get_static_field_id;
}
