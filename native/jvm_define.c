/* Finding and defining classes for the class library: Class.forName, ClassLoader, Lookup.defineClass, packages. */
#include "native/jvm.h"

#include <stdlib.h>

#include "classloader/linking.h"
#include "classloader/loading.h"
#include "classloader/modules.h"
#include "native/handles.h"
#include "native/reflection.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"

enum { MAXIMUM_NAME = 65535 }; /* a CONSTANT_Utf8's length is a u2 */

/* Interns a class name from outside.  NULL: `exception` pending. */
static struct symbol *class_name_symbol(struct thread *t, const char *name, const char *exception)
{
    if (name == NULL) {
        exception_throw(t, exception, "No class name given");
        return NULL;
    }
    size_t length = strlen(name);
    if (length > MAXIMUM_NAME) {
        exception_throw(t, exception, "Class name exceeds maximum length of %d: %s", MAXIMUM_NAME, name);
        return NULL;
    }
    struct symbol *symbol = symbol_intern(name, length);
    if (symbol == NULL)
        exception_throw_out_of_memory(t, "class name");
    return symbol;
}

static struct class *find_class(struct thread *t, struct symbol *name, struct loader *loader, struct class *caller,
                                bool init, bool as_not_found)
{
    if (name == NULL || loader == NULL)
        return NULL;
    struct class *c = load_class(t, name, loader, as_not_found);
    struct object *domain = caller == NULL ? NULL : class_protection_domain(caller);
    if (c == NULL || !check_package_access(t, c, loader, domain))
        return NULL;
    return init && !class_is_array(c) && !initialize_class(t, c) ? NULL : c;
}

static struct class *find_loaded(struct thread *t, struct object *java_loader, struct object *name)
{
    struct symbol *symbol = name == NULL || string_length(name) == 0 ? NULL : string_to_symbol(name, true);
    struct loader *loader = symbol == NULL ? NULL : loader_of(t, java_loader);
    return loader == NULL ? NULL : find_loaded_class(loader, symbol);
}

/* ---- defining -------------------------------------------------------------------------------------------- */

static struct class *define_for_loader(struct thread *t, const char *name, struct object *java_loader,
                                       const jbyte *bytes, jsize length, struct object *domain, const char *source)
{
    struct define_options options = {.protection_domain = domain, .source = source};
    if (name != NULL) {
        options.expected_name = class_name_symbol(t, name, "java/lang/NoClassDefFoundError");
        if (options.expected_name == NULL)
            return NULL;
    }
    options.loader = loader_of(t, java_loader);
    return options.loader == NULL ? NULL : define_class(t, (const uint8_t *)bytes, (size_t)length, &options);
}

enum { LOOKUP_NESTMATE = 1, LOOKUP_HIDDEN = 2, LOOKUP_STRONG = 4, LOOKUP_VM_ANNOTATIONS = 8 };

/* An ordinary class takes no flag but STRONG.  NULL: acceptable. */
static const char *refuse_ordinary(int flags, bool class_data)
{
    if (class_data)
        return "classData is only applicable for hidden classes";
    if (flags & LOOKUP_NESTMATE)
        return "dynamic nestmate is only applicable for hidden classes";
    if (!(flags & LOOKUP_STRONG))
        return "an ordinary class must be strongly referenced by its defining loader";
    if (flags & LOOKUP_VM_ANNOTATIONS)
        return "vm annotations only allowed for hidden classes";
    return NULL;
}

static bool check_lookup_flags(struct thread *t, int flags, bool class_data)
{
    if (flags & LOOKUP_HIDDEN)
        return true;
    const char *refusal = refuse_ordinary(flags, class_data);
    if (refusal != NULL)
        exception_throw(t, "java/lang/IllegalArgumentException", "%s", refusal);
    else if (flags != LOOKUP_STRONG)
        exception_throw(t, "java/lang/IllegalArgumentException", "invalid flag 0x%x", (unsigned)flags);
    return !exception_pending(t);
}

struct lookup_definition {
    const char *name;
    const jbyte *bytes;
    jsize length;
    int flags;
    bool init;
};

static struct class *define_for_lookup(struct thread *t, struct object *lookup_mirror, struct object *domain,
                                       struct object *class_data, const struct lookup_definition *definition)
{
    if (lookup_mirror == NULL) {
        exception_throw(t, "java/lang/IllegalArgumentException", "Lookup class is null");
        return NULL;
    }
    if (!check_lookup_flags(t, definition->flags, class_data != NULL))
        return NULL;
    struct class *lookup = class_from_mirror(lookup_mirror);
    struct define_options options = {
        .loader = lookup->loader,
        .protection_domain = domain,
        .source = "__JVM_LookupDefineClass__",
        .hidden = (definition->flags & LOOKUP_HIDDEN) != 0,
        .nestmate = (definition->flags & LOOKUP_NESTMATE) != 0,
        .strong = (definition->flags & LOOKUP_STRONG) != 0,
        .vm_annotations = (definition->flags & LOOKUP_VM_ANNOTATIONS) != 0,
        .lookup = lookup,
        .class_data = class_data,
    };
    char host_name[512];
    if (options.nestmate)
        options.source = class_external_name(class_nest_host(t, lookup), host_name, sizeof host_name);
    if (definition->name != NULL) {
        options.expected_name = class_name_symbol(t, definition->name, "java/lang/NoClassDefFoundError");
        if (options.expected_name == NULL)
            return NULL;
    }
    struct class *c = define_class(t, (const uint8_t *)definition->bytes, (size_t)definition->length, &options);
    if (c == NULL || !(definition->init ? initialize_class(t, c) : link_class(t, c)))
        return NULL;
    return c;
}

/* ---- loaders and packages -------------------------------------------------------------------------------- */

/* The nearest loader on the stack that is neither the boot nor the platform loader; code made for reflection is
 * skipped, for its loaders delegate to nothing a program has chosen. */
static struct object *latest_user_loader(struct thread *t)
{
    for (struct frame *f = thread_top_frame(t); f != NULL; f = frame_caller(f)) {
        const struct class *c = f->method->owner;
        if (!c->loader->is_boot && !c->loader->is_platform && (c->vm_flags & CLASS_MAGIC_ACCESSOR) == 0)
            return *c->loader->java;
    }
    return NULL;
}

/* Where a package of the boot loader comes from: its module's location, or the appended entry.  `name` has slashes. */
static struct object *system_package_location(struct thread *t, struct object *name)
{
    struct symbol *symbol = name == NULL ? NULL : string_to_symbol(name, true);
    if (symbol == NULL || symbol->length == 0) /* the unnamed package is never listed */
        return NULL;
    const struct package *p = package_find(t->vm->boot_loader, symbol->bytes, symbol->length);
    if (p == NULL || !p->has_classes)
        return NULL;
    struct symbol *location = p->module != NULL && p->module->location != NULL ? p->module->location : p->location;
    return location == NULL ? NULL : string_from_symbol(t, location);
}

/* Names of the boot loader's packages with classes; malloc'ed, since nothing may be allocated under the lock. */
static struct symbol **system_package_names(struct loader *boot, uint32_t *count)
{
    *count = 0;
    pthread_mutex_lock(&boot->lock);
    struct symbol **names = malloc((boot->package_count + 1) * sizeof *names);
    for (uint32_t b = 0; names != NULL && b < boot->package_buckets; b++)
        for (const struct package *p = boot->packages[b]; p != NULL && *count < boot->package_count; p = p->next)
            if (p->has_classes && p->name->length > 0)
                names[(*count)++] = p->name;
    pthread_mutex_unlock(&boot->lock);
    return names;
}

static struct object *system_packages(struct thread *t)
{
    uint32_t count;
    struct symbol **names = system_package_names(t->vm->boot_loader, &count);
    if (names == NULL) {
        exception_throw_out_of_memory(t, "names of packages");
        return NULL;
    }
    struct object *array = array_new_of(t, t->vm->known.String, (int32_t)count);
    for (uint32_t i = 0; array != NULL && i < count; i++) {
        struct object *name = string_from_symbol(t, names[i]);
        if (name == NULL)
            array = NULL;
        else
            gc_store_element(array, i, name);
    }
    free(names);
    return array;
}

/* ---- exported -------------------------------------------------------------------------------------------- */

JNIEXPORT jclass JNICALL JVM_FindClassFromBootLoader(JNIEnv *env, const char *name)
{
    VM_ENTRY(env);
    jclass result = NULL;
    size_t length = name == NULL ? 0 : strlen(name);
    if (length > 0 && length <= MAXIMUM_NAME) { /* other names are those of no class */
        struct symbol *symbol = class_name_symbol(t, name, "java/lang/ClassNotFoundException");
        result = symbol == NULL ? NULL : handle_class(t, load_boot_class(t, symbol));
    }
    VM_LEAVE();
    return result;
}

JNIEXPORT jclass JNICALL JVM_FindClassFromCaller(JNIEnv *env, const char *name, jboolean init, jobject loader,
                                                jclass caller)
{
    VM_ENTRY(env);
    struct object *caller_mirror = handle_get(caller);
    struct class *caller_class = caller_mirror == NULL ? NULL : class_from_mirror(caller_mirror);
    struct symbol *symbol = class_name_symbol(t, name, "java/lang/ClassNotFoundException");
    struct loader *from = symbol == NULL ? NULL : loader_of(t, handle_get(loader));
    jclass result = handle_class(t, find_class(t, symbol, from, caller_class, init, true));
    VM_LEAVE();
    return result;
}

/* Loads what libverify looks at: more than the specification's verifier, which must not lack permissions for it.
 * Access to the package is checked when the class's own references are resolved. */
static struct class *find_for_verifier(struct thread *t, struct symbol *name, struct loader *loader, bool init)
{
    struct frame *outer = t->permission_limit;
    t->permission_limit = thread_top_frame(t);
    struct class *c = find_class(t, name, loader, NULL, init, false);
    t->permission_limit = outer;
    return c;
}

JNIEXPORT jclass JNICALL JVM_FindClassFromClass(JNIEnv *env, const char *name, jboolean init, jclass from)
{
    VM_ENTRY(env);
    struct object *mirror = handle_get(from);
    struct class *c = mirror == NULL ? NULL : class_from_mirror(mirror);
    struct symbol *symbol = class_name_symbol(t, name, "java/lang/NoClassDefFoundError");
    struct loader *loader = c == NULL ? t->vm->boot_loader : c->loader;
    jclass result = handle_class(t, find_for_verifier(t, symbol, loader, init));
    VM_LEAVE();
    return result;
}

JNIEXPORT jclass JNICALL JVM_FindLoadedClass(JNIEnv *env, jobject loader, jstring dottedName)
{
    VM_RETURN(env, handle_class(t, find_loaded(t, handle_get(loader), handle_get(dottedName))));
}

JNIEXPORT jclass JNICALL JVM_FindPrimitiveClass(JNIEnv *env, const char *name)
{
    static const struct { const char *name; char type; } primitives[] = {
        {"boolean", 'Z'}, {"char", 'C'}, {"float", 'F'}, {"double", 'D'}, {"byte", 'B'},
        {"short", 'S'},   {"int", 'I'},  {"long", 'J'},  {"void", 'V'},
    };
    VM_ENTRY(env);
    jclass result = NULL;
    for (size_t i = 0; i < ARRAY_COUNT(primitives) && result == NULL; i++)
        if (strcmp(primitives[i].name, name) == 0)
            result = handle_class(t, vm_primitive_class(t->vm, primitives[i].type));
    if (result == NULL)
        exception_throw(t, "java/lang/ClassNotFoundException", "%s", name);
    VM_LEAVE();
    return result;
}

JNIEXPORT jclass JNICALL JVM_DefineClassWithSource(JNIEnv *env, const char *name, jobject loader, const jbyte *buf,
                                                   jsize len, jobject pd, const char *source)
{
    VM_ENTRY(env);
    if (source == NULL)
        source = "__JVM_DefineClass__";
    struct class *c = define_for_loader(t, name, handle_get(loader), buf, len, handle_get(pd), source);
    jclass result = handle_class(t, c);
    VM_LEAVE();
    return result;
}

JNIEXPORT jclass JNICALL JVM_LookupDefineClass(JNIEnv *env, jclass lookup, const char *name, const jbyte *buf,
                                              jsize len, jobject pd, jboolean init, int flags, jobject classData)
{
    VM_ENTRY(env);
    const struct lookup_definition definition = {name, buf, len, flags, init};
    struct class *c = define_for_lookup(t, handle_get(lookup), handle_get(pd), handle_get(classData), &definition);
    jclass result = handle_class(t, c);
    VM_LEAVE();
    return result;
}

JNIEXPORT jobject JNICALL JVM_LatestUserDefinedLoader(JNIEnv *env)
{
    VM_RETURN(env, handle_local(t, latest_user_loader(t)));
}

JNIEXPORT jstring JNICALL JVM_GetSystemPackage(JNIEnv *env, jstring name)
{
    VM_RETURN(env, handle_local(t, system_package_location(t, handle_get(name))));
}

JNIEXPORT jobjectArray JNICALL JVM_GetSystemPackages(JNIEnv *env)
{
    VM_RETURN(env, handle_local(t, system_packages(t)));
}
