/* Array classes (JVMS 5.3.3) and the classes of the primitive types. */
#include <stdio.h>
#include <stdlib.h>

#include "classloader/loading_private.h"
#include "vm/exception.h"
#include "vm/metadata.h"
#include "vm/symbol.h"

static const struct { char type; const char *name; uint8_t shift; } primitives[] = {
    {'Z', "boolean", 0}, {'C', "char", 1}, {'F', "float", 2}, {'D', "double", 3}, {'B', "byte", 0},
    {'S', "short", 1}, {'I', "int", 2}, {'J', "long", 3}, {'V', "void", 0},
};

static uint8_t element_shift(const struct class *component)
{
    for (size_t i = 0; i < ARRAY_COUNT(primitives); i++)
        if (primitives[i].type == component->primitive)
            return primitives[i].shift;
    return 3;
}

bool create_primitive_classes(struct thread *t)
{
    struct loader *boot = t->vm->boot_loader;
    for (size_t i = 0; i < ARRAY_COUNT(primitives); i++) {
        struct class *c = arena_alloc(boot->arena, sizeof *c);
        c->name = symbol_intern_cstr(primitives[i].name);
        c->primitive = primitives[i].type;
        c->loader = boot;
        c->access_flags = ACC_PUBLIC | ACC_FINAL | ACC_ABSTRACT;
        c->display[0] = c;
        c->layout.alloc_slow = 1;
        c->mirror = gc_roots_new(1);
        atomic_store_explicit(&c->nest_host, c, memory_order_relaxed);
        atomic_store_explicit(&c->state, CLASS_INITIALIZED, memory_order_release);
        t->vm->primitive_classes[i] = c;
        if (!create_mirror(t, c))
            return false;
    }
    return true;
}

/* JLS 10.8: arrays are Cloneable and Serializable.  The list belongs to the boot loader and is made once; a race
 * makes it twice. */
static struct class **array_interfaces(struct thread *t)
{
    static struct class **_Atomic made; /* one per process, like the boot loader's classes in it */
    struct class **list = atomic_load_explicit(&made, memory_order_acquire);
    if (list != NULL)
        return list;
    struct class *cloneable = load_class(t, sym_java_lang_Cloneable, t->vm->boot_loader, false);
    if (cloneable == NULL)
        return NULL;
    struct class *serializable = load_class(t, sym_java_io_Serializable, t->vm->boot_loader, false);
    if (serializable == NULL)
        return NULL;
    list = arena_alloc(t->vm->boot_loader->arena, 2 * sizeof *list);
    list[0] = cloneable;
    list[1] = serializable;
    atomic_store_explicit(&made, list, memory_order_release);
    return list;
}

/* "[I", "[[I", "[Ljava/lang/String;" */
static struct symbol *array_name(const struct class *component)
{
    size_t length = component->name->length;
    char text[length + 4];
    const char *form = class_is_array(component) ? "[%s" : "[L%s;";
    if (class_is_primitive(component))
        snprintf(text, sizeof text, "[%c", component->primitive);
    else
        snprintf(text, sizeof text, form, component->name->bytes);
    return symbol_intern_cstr(text);
}

static struct class *make_array_class(struct thread *t, struct class *component, struct class *object,
                                      struct class **interfaces)
{
    struct class *innermost = class_is_array(component) ? component->innermost : component;
    struct class *c = arena_alloc(innermost->loader->arena, sizeof *c);
    c->name = array_name(component);
    c->loader = innermost->loader;
    c->module = innermost->module;
    c->super = object;
    c->depth = 1;
    c->display[0] = object;
    c->display[1] = c;
    c->access_flags = (innermost->access_flags & ACC_PUBLIC) | ACC_FINAL | ACC_ABSTRACT;
    c->dimensions = component->dimensions + 1;
    c->element = component;
    c->innermost = innermost;
    c->interface_count = 2;
    c->all_interface_count = 2;
    c->interfaces = c->all_interfaces = interfaces;
    c->vtable = object->vtable;
    c->vtable_length = object->vtable_length;
    c->vm_flags = CLASS_CLONEABLE | (innermost->vm_flags & CLASS_TRUSTED);
    gc_layout_array(&c->layout, !class_is_primitive(component), element_shift(component));
    c->mirror = gc_roots_new(1);
    atomic_store_explicit(&c->nest_host, c, memory_order_relaxed);
    atomic_store_explicit(&c->state, CLASS_INITIALIZED, memory_order_release);
    return c;
}

/* One of several racing makers publishes its class; the others drop theirs. */
static struct class *publish(struct thread *t, struct class *component, struct class *c)
{
    struct class *expected = NULL;
    if (atomic_compare_exchange_strong(&component->array, &expected, c)) {
        if (component->module == NULL || c->module == NULL)
            c->module = c->innermost->module; /* java.base may have been defined meanwhile */
        atomic_fetch_add(&t->vm->classes_loaded, 1);
        return c;
    }
    gc_store_root(c->mirror, NULL);
    gc_roots_free(c->mirror, 1);
    return expected;
}

struct class *array_class_of(struct thread *t, struct class *component)
{
    struct class *made = atomic_load_explicit(&component->array, memory_order_acquire);
    if (LIKELY(made != NULL))
        return made;
    const char *problem = component->primitive == 'V' ? "no arrays of void"
                          : component->dimensions == CLASS_MAX_DIMENSIONS ? "array type has more than 255 dimensions"
                          : component->name->length + (class_is_array(component) ? 1u : 3u) > UINT16_MAX
                              ? "the name of the array type would be longer than 65535 bytes"
                              : NULL;
    if (problem != NULL) {
        exception_throw(t, "java/lang/IllegalArgumentException", "%s", problem);
        return NULL;
    }
    if (!metadata_admit(t, METADATA_LIBRARY, 0))
        return NULL;
    struct class **interfaces = array_interfaces(t);
    struct class *object = load_class(t, sym_java_lang_Object, t->vm->boot_loader, false);
    if (interfaces == NULL || object == NULL || !t->vm->hooks.link_class(t, object))
        return NULL;
    struct class *c = make_array_class(t, component, object, interfaces);
    if (!create_mirror(t, c))
        return NULL;
    return publish(t, component, c);
}

/* Name of an array class to the class; *absent: the element type does not exist (no exception). */
struct class *array_class_by_name(struct thread *t, const struct symbol *name, struct loader *loader, bool *absent)
{
    size_t dimensions = strspn(name->bytes, "[");
    *absent = !descriptor_is_field(name->bytes, name->length);
    if (*absent)
        return NULL;
    const char *element = name->bytes + dimensions;
    struct class *c;
    if (*element == 'L') {
        struct symbol *element_name = symbol_intern(element + 1, name->length - dimensions - 2);
        c = element_name == NULL ? NULL : find_or_load_class(t, element_name, loader);
        *absent = c == NULL && !exception_pending(t);
    } else {
        c = vm_primitive_class(t->vm, *element);
    }
    for (; dimensions > 0 && c != NULL; dimensions--)
        c = array_class_of(t, c);
    return c;
}

struct class *class_from_descriptor(struct thread *t, const char *descriptor, size_t length, struct loader *loader)
{
    if (length == 1)
        return vm_primitive_class(t->vm, descriptor[0]);
    if (descriptor[0] == 'L') {
        descriptor++;
        length -= 2;
    }
    return load_class(t, symbol_intern(descriptor, length), loader, false);
}
