/* What JVMS 5.3.5 demands of a class's superclass and superinterfaces, in HotSpot's words. */
#include <stdio.h>

#include "classloader/loading_private.h"
#include "classloader/modules.h"
#include "classloader/resolution.h"
#include "classloader/resolution_private.h"
#include "vm/exception.h"
#include "vm/symbol.h"

static const char incompatible[] = "java/lang/IncompatibleClassChangeError";
enum { NAME_SIZE = 512, PLACE_SIZE = 2200 };

static const char *external(const struct class *c, char *buffer)
{
    return class_external_name(c, buffer, NAME_SIZE);
}

/* JVMS 5.3.5 with JLS 8.1.6: same module; same package unless the subtype is public; named in the list. */
static bool is_permitted(const struct class *c, const struct class *super)
{
    const uint8_t *p = super->attributes.permitted_subclasses;
    if (super->module != c->module)
        return false;
    if ((c->access_flags & ACC_PUBLIC) == 0 && !class_same_package(c, super))
        return false;
    uint32_t count = read_u2(p);
    for (uint32_t i = 0; i < count; i++)
        if (cp_class_name(&super->cp, read_u2(p + 2 + 2 * i)) == c->name)
            return true;
    return false;
}

static bool check_super_access(struct thread *t, struct class *c, struct class *super, bool interface)
{
    char a[NAME_SIZE], b[NAME_SIZE], text[PLACE_SIZE];
    if (access_class(c, super) || (super->vm_flags & CLASS_MAGIC_ACCESSOR) != 0)
        return true; /* generated accessors of core reflection inherit from a class that is not public */
    if (class_access_message(t, c, super, text, sizeof text)) {
        exception_throw(t, "java/lang/IllegalAccessError", "%s check failed: %s",
                        interface ? "superinterface" : "superclass access", text);
        return false;
    }
    classes_in_modules_of_loaders(t, c, super, text, sizeof text);
    const char *kind = interface ? "superinterface" : class_is_abstract(super) ? "abstract superclass" : "superclass";
    exception_throw(t, "java/lang/IllegalAccessError", "class %s cannot access its %s %s (%s)", external(c, a), kind,
                    external(super, b), text);
    return false;
}

/* Generated accessors skip access checks, so only the JDK's own loader of them may define one. */
static bool check_reflection_superclass(struct thread *t, const struct class *c, const struct class *super)
{
    static const char prefix[] = "jdk/internal/reflect/";
    if (c->loader->is_boot || !super->loader->is_boot || strncmp(super->name->bytes, prefix, sizeof prefix - 1) != 0)
        return true;
    struct object *java = *c->loader->java;
    if (strcmp(object_class(java)->name->bytes, "jdk/internal/reflect/DelegatingClassLoader") == 0)
        return true;
    char a[NAME_SIZE], b[NAME_SIZE], by[256];
    exception_throw(t, "java/lang/IllegalAccessError",
                    "class %s loaded by %s cannot access jdk/internal/reflect superclass %s", external(c, a),
                    loader_name_and_id(t, c->loader, by, sizeof by), external(super, b));
    return false;
}

bool check_superclass(struct thread *t, struct class *c, struct class *super)
{
    char a[NAME_SIZE], b[NAME_SIZE];
    if (class_is_interface(super)) {
        exception_throw(t, incompatible, "class %s has interface %s as super class", external(c, a),
                        external(super, b));
        return false;
    }
    if ((super->access_flags & ACC_FINAL) != 0) {
        exception_throw(t, incompatible, "class %s cannot inherit from final class %s", external(c, a),
                        external(super, b));
        return false;
    }
    if (super->attributes.permitted_subclasses != NULL && !is_permitted(c, super)) {
        exception_throw(t, incompatible, "class %s cannot inherit from sealed class %s", external(c, a),
                        external(super, b));
        return false;
    }
    return check_reflection_superclass(t, c, super) && check_super_access(t, c, super, false);
}

bool check_superinterface(struct thread *t, struct class *c, struct class *interface)
{
    char a[NAME_SIZE], b[NAME_SIZE], where[PLACE_SIZE / 2];
    if (!class_is_interface(interface)) {
        class_in_module_of_loader(t, interface, where, sizeof where);
        exception_throw(t, incompatible, "class %s can not implement %s, because it is not an interface (%s is in %s)",
                        external(c, a), external(interface, b), b, where);
        return false;
    }
    if (interface->attributes.permitted_subclasses != NULL && !is_permitted(c, interface)) {
        exception_throw(t, incompatible, "class %s cannot %s sealed interface %s", external(c, a),
                        class_is_interface(c) ? "extend" : "implement", external(interface, b));
        return false;
    }
    return check_super_access(t, c, interface, true);
}

/* JVMS 5.3.5: no instance method may override a final one. */
bool check_final_overrides(struct thread *t, struct class *c)
{
    for (uint32_t i = 0; i < c->method_count; i++) {
        const struct method *m = c->methods[i];
        if ((m->access_flags & (ACC_PRIVATE | ACC_STATIC)) != 0 || method_is_initializer(m))
            continue;
        for (const struct class *k = c->super; k != NULL; k = k->super) {
            const struct method *above = class_find_declared_method(k, m->name, m->descriptor);
            if (above == NULL || (above->access_flags & (ACC_FINAL | ACC_STATIC | ACC_PRIVATE)) != ACC_FINAL)
                continue;
            if ((above->access_flags & (ACC_PUBLIC | ACC_PROTECTED)) == 0 && !class_same_package(c, k))
                continue;
            char a[NAME_SIZE], b[NAME_SIZE];
            exception_throw(t, incompatible, "class %s overrides final method %s.%s%s", external(c, a), external(k, b),
                            m->name->bytes, m->descriptor->bytes);
            return false;
        }
    }
    return true;
}

bool check_package_name(struct thread *t, const struct loader *loader, const struct symbol *name)
{
    if (loader->is_boot || loader->is_platform || strncmp(name->bytes, "java/", 5) != 0)
        return true;
    char by[NAME_SIZE], package[NAME_SIZE];
    snprintf(package, sizeof package, "%.*s", (int)(strrchr(name->bytes, '/') - name->bytes), name->bytes);
    for (char *p = package; *p != '\0'; p++)
        if (*p == '/')
            *p = '.';
    exception_throw(t, "java/lang/SecurityException",
                    "Class loader (instance of): %s tried to load prohibited package name: %s",
                    loader_name_and_id(t, loader, by, sizeof by), package);
    return false;
}
