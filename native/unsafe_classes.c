/* Unsafe's questions about fields, arrays and classes. */
#include <stdlib.h>

#include "classloader/linking.h"
#include "classloader/loading.h"
#include "native/reflection.h"
#include "native/unsafe_private.h"
#include "vm/object.h"
#include "vm/string.h"

/* The field behind a reflect.Field of the wanted kind; NULL: exception pending. */
static struct field *field_of_kind(struct thread *t, struct method *m, union slot *args, bool is_static)
{
    struct field *f = args[1].a == NULL ? NULL : reflect_field(t, args[1].a);
    if (f == NULL) {
        DIRECT_THROW(t, m, args, "java/lang/NullPointerException", NULL);
        return NULL;
    }
    if (((f->access_flags & ACC_STATIC) != 0) != is_static) {
        DIRECT_THROW(t, m, args, "java/lang/IllegalArgumentException", NULL);
        return NULL;
    }
    return link_class(t, f->owner) ? f : NULL;
}

UNSAFE_ENTRY(objectFieldOffset0)
{
    struct field *f = field_of_kind(t, m, args, false);
    if (f != NULL)
        args[0].j = reflect_field_offset(f);
}

UNSAFE_ENTRY(staticFieldOffset0)
{
    struct field *f = field_of_kind(t, m, args, true);
    if (f != NULL)
        args[0].j = reflect_field_offset(f);
}

UNSAFE_ENTRY(staticFieldBase0)
{
    struct field *f = field_of_kind(t, m, args, true);
    if (f != NULL)
        args[0].a = class_mirror(f->owner);
}

/* By name alone, in this very class: InternalError when there is none. */
UNSAFE_ENTRY(objectFieldOffset1)
{
    struct class *c = class_from_mirror(args[1].a);
    if (!class_is_primitive(c) && !link_class(t, c))
        return;
    struct symbol *name = string_to_symbol(args[2].a, false);
    for (uint32_t i = 0; i < c->field_count && name != NULL; i++) {
        if (c->fields[i].name == name) {
            args[0].j = reflect_field_offset(&c->fields[i]);
            return;
        }
    }
    DIRECT_THROW(t, m, args, "java/lang/InternalError", NULL);
}

static struct class *array_class_argument(struct thread *t, struct method *m, union slot *args)
{
    struct class *c = class_from_mirror(args[1].a);
    if (class_is_array(c))
        return c;
    char name[CLASS_NAME_MAX];
    DIRECT_THROW(t, m, args, "java/lang/IllegalArgumentException", "%s is not an array class",
                 class_external_name(c, name, sizeof(name)));
    return NULL;
}

UNSAFE_ENTRY(arrayBaseOffset0)
{
    if (array_class_argument(t, m, args) != NULL)
        args[0].i = ARRAY_DATA_OFFSET;
}

UNSAFE_ENTRY(arrayIndexScale0)
{
    struct class *c = array_class_argument(t, m, args);
    if (c != NULL)
        args[0].i = 1 << c->layout.element_shift;
}

UNSAFE_ENTRY(allocateInstance)
{
    if (args[1].a == NULL) {
        DIRECT_THROW(t, m, args, "java/lang/NullPointerException", NULL);
        return;
    }
    struct class *c = class_from_mirror(args[1].a);
    char name[CLASS_NAME_MAX];
    if (class_is_primitive(c)) {
        DIRECT_THROW(t, m, args, "java/lang/InstantiationException", NULL);
        return;
    }
    if (class_is_array(c) || class_is_interface(c) || class_is_abstract(c)) {
        DIRECT_THROW(t, m, args, "java/lang/InstantiationException", "%s", class_external_name(c, name, sizeof(name)));
        return;
    }
    if (c == t->vm->known.Class) {
        DIRECT_THROW(t, m, args, "java/lang/IllegalAccessException", "%s", class_external_name(c, name, sizeof(name)));
        return;
    }
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    struct object *o = initialize_class(t, c) ? object_new(t, c) : NULL;
    direct_pop(t, f);
    args[0].a = o;
}

static inline bool needs_initialization(const struct class *c)
{
    return class_is_instance_class(c) && !class_is_initialized(c);
}

UNSAFE_ENTRY(ensureClassInitialized0)
{
    struct class *c = class_from_mirror(args[1].a);
    if (!needs_initialization(c))
        return;
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    initialize_class_slow(t, c);
    direct_pop(t, f);
}

UNSAFE_ENTRY(shouldBeInitialized0)
{
    args[0].i = needs_initialization(class_from_mirror(args[1].a));
}

static struct class *define_from_array(struct thread *t, const union slot *args)
{
    struct define_options options = {.loader = loader_of(t, args[5].a), .protection_domain = args[6].a};
    if (options.loader == NULL)
        return NULL;
    if (args[1].a != NULL) {
        options.expected_name = string_to_symbol(args[1].a, true);
        if (options.expected_name == NULL) {
            exception_throw(t, "java/lang/NoClassDefFoundError", "the class name is longer than 65535 bytes");
            return NULL;
        }
    }
    size_t length = (size_t)args[4].i;
    uint8_t *bytes = malloc(length != 0 ? length : 1); /* the parser may keep what it reads only as its own copy */
    if (bytes == NULL) {
        exception_throw_out_of_memory(t, "native memory for a class file");
        return NULL;
    }
    memcpy(bytes, (const uint8_t *)array_data(args[2].a) + args[3].i, length);
    struct class *c = define_class(t, bytes, length, &options);
    free(bytes);
    return c;
}

/* The Java side has checked the array and its bounds. */
UNSAFE_ENTRY(defineClass0)
{
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    struct class *c = define_from_array(t, args);
    direct_pop(t, f);
    args[0].a = c == NULL ? NULL : class_mirror(c);
}
