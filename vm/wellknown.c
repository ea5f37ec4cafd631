/* Resolves the class library's well-known classes, fields and methods from the tables in vm/release/. */
#include "vm/wellknown.h"

#include <stdio.h>

#include "vm/exception.h"
#include "vm/symbol.h"
#include "vm/vm.h"

#define KNOWN(member) offsetof(struct wellknown, member)

static const struct {
    const char *name;
    size_t known_offset;
} classes[] = {
#define CLASS(c_name, text) {text, KNOWN(c_name)},
#include "vm/release/classes.def"
#undef CLASS
};

enum field_kind { INSTANCE_FIELD, STATIC_KIND };
static const struct known_field {
    size_t class_offset;
    const char *name, *descriptor;
    enum field_kind kind;
    size_t known_offset;
} fields[] = {
#define FIELD(cls, field, descriptor) {KNOWN(cls), #field, descriptor, INSTANCE_FIELD, KNOWN(cls##_##field)},
#define STATIC_FIELD(cls, field, descriptor) {KNOWN(cls), #field, descriptor, STATIC_KIND, KNOWN(cls##_##field)},
#define INJECTED_FIELD(cls, field, descriptor)
#include "vm/release/fields.def"
#undef FIELD
#undef STATIC_FIELD
#undef INJECTED_FIELD
};

static const struct {
    size_t class_offset;
    const char *name, *descriptor;
    size_t known_offset;
} upcalls[] = {
#define UPCALL(c_name, cls, method, descriptor) {KNOWN(cls), method, descriptor, KNOWN(c_name)},
#include "vm/release/upcalls.def"
#undef UPCALL
};

/* Class names of the injected fields are looked up through the class table at compile time. */
enum {
#define CLASS(c_name, text) KNOWN_CLASS_##c_name,
#include "vm/release/classes.def"
#undef CLASS
};
#define CLASS(c_name, text) static const char class_text_##c_name[] __attribute__((unused)) = text;
#include "vm/release/classes.def"
#undef CLASS

const struct injected_field injected_fields[] = {
#define FIELD(cls, field, descriptor)
#define STATIC_FIELD(cls, field, descriptor)
#define INJECTED_FIELD(cls, field, descriptor) {class_text_##cls, #field, descriptor, KNOWN(cls##_##field)},
#include "vm/release/fields.def"
#undef FIELD
#undef STATIC_FIELD
#undef INJECTED_FIELD
    {NULL, NULL, NULL, 0},
};

static void *known_at(struct vm *vm, size_t offset)
{
    return (char *)&vm->known + offset;
}

static bool missing(const char *what, const struct class *c, const char *name, const char *descriptor)
{
    fprintf(stderr, "Error: the class library is not the OpenJDK 17 that this VM supports: %s %s.%s %s is missing\n",
            what, c->name->bytes, name, descriptor);
    return false;
}

static bool record_field(struct vm *vm, const struct known_field *known, struct class *c)
{
    struct field *f =
        class_find_declared_field(c, symbol_intern_cstr(known->name), symbol_intern_cstr(known->descriptor));
    bool is_static = known->kind == STATIC_KIND;
    if (f == NULL || ((f->access_flags & ACC_STATIC) != 0) != is_static)
        return missing("field", c, known->name, known->descriptor);
    if (is_static)
        *(void **)known_at(vm, known->known_offset) = f->address;
    else
        *(uint32_t *)known_at(vm, known->known_offset) = f->offset;
    return true;
}

static bool record_members(struct vm *vm, size_t class_offset, struct class *c)
{
    for (size_t i = 0; i < ARRAY_COUNT(fields); i++)
        if (fields[i].class_offset == class_offset && !record_field(vm, &fields[i], c))
            return false;
    for (size_t i = 0; i < ARRAY_COUNT(upcalls); i++) {
        if (upcalls[i].class_offset != class_offset)
            continue;
        struct method *m = class_find_declared_method(c, symbol_intern_cstr(upcalls[i].name),
                                                      symbol_intern_cstr(upcalls[i].descriptor));
        if (m == NULL)
            return missing("method", c, upcalls[i].name, upcalls[i].descriptor);
        *(struct method **)known_at(vm, upcalls[i].known_offset) = m;
    }
    return true;
}

/* The collector must know a Reference's fields before the first Reference class is laid out for allocation. */
static void tell_collector(struct vm *vm)
{
    gc_set_reference_offsets(vm->known.Reference_referent, vm->known.Reference_queue, vm->known.Reference_next,
                             vm->known.Reference_discovered, vm->known.SoftReference_timestamp);
    gc_set_soft_clock(vm->known.SoftReference_clock);
}

bool wellknown_load_classes(struct thread *t)
{
    struct vm *vm = t->vm;
    for (size_t i = 0; i < ARRAY_COUNT(classes); i++) {
        struct class *c = vm->hooks.find_boot_class(t, classes[i].name);
        if (c == NULL || !vm->hooks.link_class(t, c)) {
            fprintf(stderr, "Error: the class library lacks %s; is the JDK at %s an OpenJDK 17?\n", classes[i].name,
                    vm->options.java_home);
            return false;
        }
        *(struct class **)known_at(vm, classes[i].known_offset) = c;
        if (!record_members(vm, classes[i].known_offset, c))
            return false;
    }
    tell_collector(vm);
    return true;
}
