/* System properties that the VM itself supplies. */
#include <stdlib.h>
#include <string.h>

#include "native/boot_private.h"
#include "native/handles.h"
#include "native/jvm.h"
#include "vm/no_memory.h"
#include "vm/object.h"
#include "vm/string.h"

#ifndef CLOISTER_VERSION
#define CLOISTER_VERSION "0.1"
#endif

static const struct property identity[] = {
    {"java.vm.specification.name", "Java Virtual Machine Specification"},
    {"java.vm.specification.vendor", "Oracle Corporation"},
    {"java.vm.specification.version", "17"},
    {"java.vm.name", "Cloister 64-Bit VM"},
    {"java.vm.vendor", "Cloister"},
    {"java.vm.version", CLOISTER_VERSION},
    {"java.vm.info", "interpreted mode"},
    {"java.vm.compressedOopsMode", ""},
    {"jdk.debug", "release"},
    {"sun.nio.PageAlignDirectMemory", "false"},
};

/* Users may not override these: they say what the VM is. */
static void prepend_identity(struct options *o)
{
    struct property *given = o->properties;
    size_t count = o->property_count;
    o->properties = NULL;
    o->property_count = o->property_capacity = 0;
    for (size_t i = 0; i < ARRAY_COUNT(identity); i++)
        options_add_property(o, identity[i].key, identity[i].value);
    for (size_t i = 0; i < count; i++) {
        options_add_property(o, given[i].key, given[i].value);
        free(given[i].key);
        free(given[i].value);
    }
    free(given);
}

static void default_property(struct options *o, const char *key, const char *value)
{
    if (options_property(o, key) == NULL)
        options_add_property(o, key, value);
}

static void add_joined(struct options *o, const char *key, const char *a, const char *b, const char *c)
{
    char *joined;
    if (asprintf(&joined, "%s%s%s", a, b, c) < 0)
        no_memory_for("system properties");
    options_add_property(o, key, joined);
    free(joined);
}

void boot_derive_properties(struct options *o)
{
    const char *path = getenv("LD_LIBRARY_PATH");
    static const char system_path[] = "/usr/java/packages/lib:/usr/lib/x86_64-linux-gnu/jni:/lib/x86_64-linux-gnu:"
                                      "/usr/lib/x86_64-linux-gnu:/usr/lib/jni:/lib:/usr/lib";
    char number[32];
    prepend_identity(o);
    options_add_property(o, "java.home", o->java_home);
    add_joined(o, "sun.boot.library.path", o->java_home, "/lib", "");
    if (options_property(o, "java.library.path") == NULL)
        add_joined(o, "java.library.path", path != NULL ? path : "", path != NULL ? ":" : "", system_path);
    default_property(o, "java.class.path", getenv("CLASSPATH") != NULL ? getenv("CLASSPATH") : ".");
    options_add_property(o, "jdk.boot.class.path.append", o->boot_append != NULL ? o->boot_append : "");
    if (o->max_direct_memory != 0) {
        snprintf(number, sizeof number, "%zu", o->max_direct_memory);
        options_add_property(o, "sun.nio.MaxDirectMemorySize", number);
    }
}

JNIEXPORT jobjectArray JNICALL JVM_GetProperties(JNIEnv *env)
{
    VM_ENTRY(env);
    const struct options *o = &t->vm->options;
    jobjectArray result = NULL;
    /* One spare pair of nulls ends the list. */
    struct object *array = array_new_of(t, t->vm->known.String, (int32_t)(2 * o->property_count + 2));
    bool ok = array != NULL;
    for (size_t i = 0; ok && i < o->property_count; i++) {
        struct object *key = string_new_utf8(t, o->properties[i].key);
        struct object *value = key != NULL ? string_new_utf8(t, o->properties[i].value) : NULL;
        ok = value != NULL;
        if (ok) {
            gc_store_element(array, (uint32_t)(2 * i), key);
            gc_store_element(array, (uint32_t)(2 * i + 1), value);
        }
    }
    if (ok)
        result = handle_local(t, array);
    VM_LEAVE();
    return result;
}
