/* java.lang.Module's natives: strings to C, then classloader/modules.h, which checks and records. */
#include "native/jvm.h"

#include <stdlib.h>

#include "classloader/modules.h"
#include "native/handles.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"

/* malloc'ed text of a String; *failed: OutOfMemoryError pending.  NULL for null. */
static char *text_of(struct thread *t, struct object *string, bool *failed)
{
    if (string == NULL)
        return NULL;
    char *text = string_to_utf8(string);
    if (text == NULL) {
        exception_throw_out_of_memory(t, "module names");
        *failed = true;
    }
    return text;
}

static void free_texts(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

/* The names in a String[] as malloc'ed texts; NULL: exception pending. */
static char **package_names(struct thread *t, struct object *packages, size_t *count)
{
    *count = packages == NULL ? 0 : array_length(packages);
    char **names = calloc(*count + 1, sizeof *names);
    if (names == NULL) {
        exception_throw_out_of_memory(t, "names of packages");
        return NULL;
    }
    for (size_t i = 0; i < *count; i++) {
        struct object *name = gc_load_element(packages, (uint32_t)i);
        bool failed = false;
        if (name == NULL || object_class(name) != t->vm->known.String) {
            exception_throw(t, "java/lang/IllegalArgumentException", "Bad package name");
            failed = true;
        } else {
            names[i] = text_of(t, name, &failed);
        }
        if (failed) {
            free_texts(names, *count);
            return NULL;
        }
    }
    return names;
}

static void define_module(struct thread *t, struct object *module, bool open, struct object *version,
                          struct object *location, struct object *packages)
{
    bool failed = false;
    size_t count = 0;
    char *version_text = text_of(t, version, &failed);
    char *location_text = failed ? NULL : text_of(t, location, &failed);
    char **names = failed ? NULL : package_names(t, packages, &count);
    if (names != NULL) {
        module_define(t, module, open, version_text, location_text, (const char *const *)names, count);
        free_texts(names, count);
    }
    free(location_text);
    free(version_text);
}

/* Package of an export as malloc'ed text; NULL: exception pending. */
static char *exported_package(struct thread *t, struct object *package, struct object *from)
{
    bool failed = false;
    if (package == NULL)
        exception_throw(t, "java/lang/NullPointerException", "package is null");
    else if (from == NULL)
        exception_throw(t, "java/lang/NullPointerException", "from_module is null");
    else
        return text_of(t, package, &failed);
    return NULL;
}

typedef bool (*export_to_all)(struct thread *t, struct object *from, const char *package);

static void export_package(struct thread *t, struct object *from, struct object *package, export_to_all function)
{
    char *name = exported_package(t, package, from);
    if (name != NULL)
        function(t, from, name);
    free(name);
}

JNIEXPORT void JNICALL JVM_DefineModule(JNIEnv *env, jobject module, jboolean open, jstring version, jstring location,
                                        jobjectArray packages)
{
    VM_ENTRY(env);
    define_module(t, handle_get(module), open, handle_get(version), handle_get(location), handle_get(packages));
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_SetBootLoaderUnnamedModule(JNIEnv *env, jobject module)
{
    VM_ENTRY(env);
    module_set_boot_unnamed(t, handle_get(module));
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_AddReadsModule(JNIEnv *env, jobject from, jobject to)
{
    VM_ENTRY(env);
    struct object *source = handle_get(from);
    if (source == NULL)
        exception_throw(t, "java/lang/NullPointerException", "from_module is null");
    else
        module_add_reads(t, source, handle_get(to));
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_AddModuleExports(JNIEnv *env, jobject from, jstring pkg, jobject to)
{
    VM_ENTRY(env);
    struct object *source = handle_get(from), *target = handle_get(to);
    char *name = exported_package(t, handle_get(pkg), source);
    if (name != NULL && target == NULL)
        exception_throw(t, "java/lang/NullPointerException", "to_module is null");
    else if (name != NULL)
        module_add_exports(t, source, name, target);
    free(name);
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_AddModuleExportsToAll(JNIEnv *env, jobject from, jstring pkg)
{
    VM_ENTRY(env);
    export_package(t, handle_get(from), handle_get(pkg), module_add_exports_to_all);
    VM_LEAVE();
}

JNIEXPORT void JNICALL JVM_AddModuleExportsToAllUnnamed(JNIEnv *env, jobject from, jstring pkg)
{
    VM_ENTRY(env);
    export_package(t, handle_get(from), handle_get(pkg), module_add_exports_to_all_unnamed);
    VM_LEAVE();
}

/* Modules archived with class data: there is no such archive, so Java defined every module itself. */
JNIEXPORT void JNICALL JVM_DefineArchivedModules(JNIEnv *env, jobject platLoader, jobject sysLoader)
{
}
