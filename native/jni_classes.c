/* JNI: classes and the questions about them. */
#include "native/jni_private.h"

#include "classloader/linking.h"
#include "classloader/loading.h"

static jint JNICALL get_version(JNIEnv *env)
{
    return JNI_VERSION_10;
}

static jclass JNICALL define_class_jni(JNIEnv *env, const char *name, jobject loader, const jbyte *bytes, jsize length)
{
    VM_ENTRY(env);
    struct define_options options = {.loader = loader_of(t, handle_get(loader))};
    struct class *c = NULL;
    if (name != NULL)
        options.expected_name = symbol_intern(name, strnlen(name, UINT16_MAX));
    if (options.loader != NULL)
        c = define_class(t, (const uint8_t *)bytes, length < 0 ? 0 : (size_t)length, &options);
    jclass result = handle_class(t, c);
    VM_LEAVE();
    return result;
}

/* ---- FindClass ------------------------------------------------------------------------------------------- */

/* JNI_OnLoad and JNI_OnUnload run below NativeLibraries.load: the class whose library it is counts as the caller. */
static struct object *library_loader(struct thread *t, struct class *native_libraries)
{
    union slot result = {0};
    struct symbol *name = symbol_intern_cstr("getFromClass"), *descriptor = symbol_intern_cstr("()Ljava/lang/Class;");
    struct method *m = class_find_declared_method(native_libraries, name, descriptor);
    if (m == NULL || !java_call(t, m, NULL, &result) || result.a == NULL)
        return NULL;
    return *class_from_mirror(result.a)->loader->java;
}

/* The loader that FindClass asks: the calling Java method's, or the system class loader.  NULL: exception pending. */
static struct loader *find_class_loader(struct thread *t)
{
    struct frame *caller = thread_top_frame(t);
    union slot result = {0};
    if (caller == NULL) {
        if (t->vm->init_level >= 4 && !java_callv(t, t->vm->known.ClassLoader_getSystemClassLoader, &result))
            return NULL;
        return loader_of(t, result.a);
    }
    struct class *c = caller->method->owner;
    if (!c->loader->is_boot || strcmp(c->name->bytes, "jdk/internal/loader/NativeLibraries") != 0)
        return c->loader;
    result.a = library_loader(t, c);
    return exception_pending(t) ? NULL : loader_of(t, result.a);
}

static struct class *find_class(struct thread *t, const char *name)
{
    if (name == NULL) {
        exception_throw(t, "java/lang/NoClassDefFoundError", "No class name given");
        return NULL;
    }
    size_t length = strlen(name);
    if (length > UINT16_MAX) {
        exception_throw(t, "java/lang/NoClassDefFoundError", "Class name exceeds maximum length of %d: %.100s...",
                        UINT16_MAX, name);
        return NULL;
    }
    struct loader *loader = find_class_loader(t);
    if (loader == NULL)
        return NULL;
    bool envelope = length > 2 && name[0] == 'L' && name[length - 1] == ';'; /* a descriptor: HotSpot takes them too */
    struct symbol *symbol = envelope ? symbol_intern(name + 1, length - 2) : symbol_intern(name, length);
    if (symbol == NULL) {
        exception_throw_out_of_memory(t, "class name");
        return NULL;
    }
    struct class *c = load_class(t, symbol, loader, false);
    return c != NULL && (class_is_array(c) || initialize_class(t, c)) ? c : NULL;
}

static jclass JNICALL find_class_jni(JNIEnv *env, const char *name)
{
    VM_RETURN(env, handle_class(t, find_class(t, name)));
}

/* ---- relations ------------------------------------------------------------------------------------------- */

/* Also bound to Class.getSuperclass by libjava, as a native method with (env, this). */
static jclass JNICALL get_superclass(JNIEnv *env, jclass sub)
{
    VM_ENTRY(env);
    struct class *c = class_of_handle(sub);
    jclass result = class_is_primitive(c) || class_is_interface(c) ? NULL : handle_class(t, c->super);
    VM_LEAVE();
    return result;
}

static bool is_assignable(const struct class *from, const struct class *to)
{
    return from == to || (!class_is_primitive(from) && !class_is_primitive(to) && class_is_subtype(from, to));
}

static jboolean JNICALL is_assignable_from(JNIEnv *env, jclass sub, jclass super)
{
    VM_RETURN(env, is_assignable(class_of_handle(sub), class_of_handle(super)));
}

static jboolean JNICALL is_instance_of(JNIEnv *env, jobject ref, jclass class_ref)
{
    VM_ENTRY(env);
    struct object *o = handle_get(ref);
    /* null can be cast to anything */
    bool result = o == NULL || is_assignable(object_class(o), class_of_handle(class_ref));
    VM_LEAVE();
    return result;
}

static jclass JNICALL get_object_class(JNIEnv *env, jobject ref)
{
    VM_ENTRY(env);
    jclass result = NULL;
    struct object *o = handle_get(ref);
    if (o == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        result = handle_class(t, object_class(o));
    VM_LEAVE();
    return result;
}

/* ---- instances ------------------------------------------------------------------------------------------- */

struct object *jni_allocate(struct thread *t, struct class *c)
{
    char name[1024];
    if (c == t->vm->known.Class) {
        exception_throw(t, "java/lang/IllegalAccessException", "%s", class_external_name(c, name, sizeof name));
        return NULL;
    }
    if (class_is_abstract(c) || class_is_interface(c) || !class_is_instance_class(c)) {
        exception_throw(t, "java/lang/InstantiationException", "%s", class_external_name(c, name, sizeof name));
        return NULL;
    }
    return initialize_class(t, c) ? object_new(t, c) : NULL;
}

static jobject JNICALL alloc_object(JNIEnv *env, jclass class_ref)
{
    VM_RETURN(env, handle_local(t, jni_allocate(t, class_of_handle(class_ref))));
}

static jobject JNICALL get_module(JNIEnv *env, jclass class_ref)
{
    VM_ENTRY(env);
    jobject result = NULL;
    struct object *mirror = handle_get(class_ref);
    if (mirror == NULL)
        exception_throw(t, "java/lang/NullPointerException", "class is null");
    else
        result = handle_local(t, gc_load_ref(mirror, t->vm->known.Class_module));
    VM_LEAVE();
    return result;
}

void jni_fill_classes(struct JNINativeInterface_ *f)
{
    f->GetVersion = get_version;
    f->DefineClass = define_class_jni;
    f->FindClass = find_class_jni;
    f->GetSuperclass = get_superclass;
    f->IsAssignableFrom = is_assignable_from;
    f->IsInstanceOf = is_instance_of;
    f->GetObjectClass = get_object_class;
    f->AllocObject = alloc_object;
    f->GetModule = get_module;
}
