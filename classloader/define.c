/* Defining classes (JVMS 5.3.5): parse, load superclass and superinterfaces, check them, make the mirror, record. */
#include <stdio.h>

#include "classloader/loading_private.h"
#include "classloader/modules.h"
#include "classloader/resolution.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/metadata.h"
#include "vm/object.h"
#include "vm/symbol.h"

/* ---- circularity ----------------------------------------------------------------------------------------- */

struct super_load {
    const struct loader *loader;
    const struct symbol *name;
    struct super_load *outer;
};

/* Classes whose supertypes this thread is loading.  Per thread: no thread waits for another one's definition, so two
 * threads that enter a circle at different places each find it by themselves. */
static __thread struct super_load *super_loads;

bool is_being_defined(const struct loader *loader, const struct symbol *name)
{
    for (const struct super_load *s = super_loads; s != NULL; s = s->outer)
        if (s->loader == loader && s->name == name)
            return true;
    return false;
}

static struct class *load_super(struct thread *t, struct class *c, uint16_t index, struct object *domain)
{
    struct symbol *name = cp_class_name(&c->cp, index);
    if (name == c->name) {
        exception_throw(t, "java/lang/ClassCircularityError", "%s", name->bytes);
        return NULL;
    }
    struct class *super = load_class(t, name, c->loader, false);
    return super != NULL && check_package_access(t, super, c->loader, domain) ? super : NULL;
}

static void remember_class(struct class *c, uint16_t index, struct class *resolved)
{
    atomic_store_explicit(&cp_slot(&c->cp, index)->a, resolved, memory_order_release);
}

static bool load_supers(struct thread *t, struct class *c, const struct parsed_class *parsed, struct object *domain)
{
    if (parsed->super_index != 0) {
        c->super = load_super(t, c, parsed->super_index, domain);
        if (c->super == NULL || !check_superclass(t, c, c->super))
            return false;
        remember_class(c, parsed->super_index, c->super);
    }
    if (c->interface_count != 0)
        c->interfaces = arena_alloc(c->loader->arena, c->interface_count * sizeof *c->interfaces);
    for (uint32_t i = 0; i < c->interface_count; i++) {
        uint16_t index = read_u2(parsed->interfaces + 2 * i);
        struct class *interface = load_super(t, c, index, domain);
        if (interface == NULL || !check_superinterface(t, c, interface))
            return false;
        c->interfaces[i] = interface;
        remember_class(c, index, interface);
    }
    return true;
}

static bool load_supers_guarded(struct thread *t, struct class *c, const struct parsed_class *parsed,
                                struct object *domain)
{
    struct super_load here = {c->loader, c->name, super_loads};
    super_loads = &here;
    bool ok = load_supers(t, c, parsed, domain);
    super_loads = here.outer;
    return ok;
}

/* ---- what follows from the supertypes -------------------------------------------------------------------- */

static void add_interface(struct class **list, uint32_t *count, struct class *interface)
{
    for (uint32_t i = 0; i < *count; i++)
        if (list[i] == interface)
            return;
    list[(*count)++] = interface;
}

static void collect_interfaces(struct class *c)
{
    uint32_t inherited = c->super == NULL ? 0 : c->super->all_interface_count;
    uint32_t most = inherited + c->interface_count, count = 0;
    if (c->interface_count == 0) {
        c->all_interfaces = c->super == NULL ? NULL : c->super->all_interfaces;
        c->all_interface_count = inherited;
        return;
    }
    for (uint32_t i = 0; i < c->interface_count; i++)
        most += c->interfaces[i]->all_interface_count;
    c->all_interfaces = arena_alloc(c->loader->arena, most * sizeof *c->all_interfaces);
    for (uint32_t i = 0; i < inherited; i++)
        add_interface(c->all_interfaces, &count, c->super->all_interfaces[i]);
    for (uint32_t i = 0; i < c->interface_count; i++) {
        struct class *interface = c->interfaces[i];
        for (uint32_t k = 0; k < interface->all_interface_count; k++)
            add_interface(c->all_interfaces, &count, interface->all_interfaces[k]);
        add_interface(c->all_interfaces, &count, interface);
    }
    c->all_interface_count = count;
}

static void set_hierarchy(struct class *c)
{
    if (c->super != NULL) {
        c->depth = c->super->depth + 1;
        memcpy(c->display, c->super->display, sizeof c->display);
    }
    if (c->depth < CLASS_DISPLAY)
        c->display[c->depth] = c;
    collect_interfaces(c);
}

static bool is_cloneable(const struct class *c)
{
    for (uint32_t i = 0; i < c->all_interface_count; i++)
        if (c->all_interfaces[i]->name == sym_java_lang_Cloneable && c->all_interfaces[i]->loader->is_boot)
            return true;
    return false;
}

/* Object.<init> registers instances of classes that override finalize() with a body that does something. */
static bool has_finalizer(const struct class *c)
{
    const struct method *m = class_find_declared_method(c, sym_finalize, sym_void_descriptor);
    if (m != NULL && !method_is_static(m) && !class_is_interface(c))
        return (m->vm_flags & METHOD_EMPTY) == 0 && c->super != NULL;
    return c->super != NULL && (c->super->vm_flags & CLASS_HAS_FINALIZER) != 0;
}

static void set_flags(struct class *c, const struct define_options *o)
{
    uint32_t flags = 0;
    bool library = c->loader->is_boot || c->loader->is_platform;
    if (o->hidden)
        flags |= CLASS_HIDDEN;
    if (o->hidden ? o->vm_annotations : library)
        flags |= CLASS_TRUSTED;
    if (is_cloneable(c) && !class_is_interface(c))
        flags |= CLASS_CLONEABLE;
    if (has_finalizer(c))
        flags |= CLASS_HAS_FINALIZER;
    if (c->super != NULL)
        flags |= c->super->vm_flags & CLASS_MAGIC_ACCESSOR;
    if (c->loader->is_boot && strcmp(c->name->bytes, "jdk/internal/reflect/MagicAccessorImpl") == 0)
        flags |= CLASS_MAGIC_ACCESSOR;
    if (c->attributes.record != NULL && c->super != NULL && c->super->name == sym_java_lang_Record)
        flags |= CLASS_IS_RECORD;
    if (c->attributes.permitted_subclasses != NULL)
        flags |= CLASS_IS_SEALED;
    c->vm_flags |= flags;
}

static void prepare_methods(struct thread *t, struct class *c)
{
    for (uint32_t i = 0; i < c->method_count; i++) {
        struct method *m = c->methods[i];
        m->vtable_index = m->itable_index = -1;
        if (class_is_interface(c) && (m->access_flags & (ACC_ABSTRACT | ACC_STATIC)) == 0)
            c->vm_flags |= CLASS_HAS_DEFAULTS;
        if (m->name == sym_clinit && method_is_static(m) && m->descriptor == sym_void_descriptor)
            c->vm_flags |= CLASS_HAS_CLINIT;
        t->vm->hooks.install_entry(m);
    }
}

/* Fields that the VM adds to a few classes of java.base; they follow the declared ones. */
static void inject_fields(struct class *c)
{
    uint32_t count = 0, at = c->field_count;
    for (const struct injected_field *f = injected_fields; f->class_name != NULL; f++)
        count += strcmp(f->class_name, c->name->bytes) == 0;
    if (count == 0)
        return;
    struct field *fields = arena_alloc(c->loader->arena, (c->field_count + count) * sizeof *fields);
    memcpy(fields, c->fields, c->field_count * sizeof *fields);
    for (const struct injected_field *f = injected_fields; f->class_name != NULL; f++) {
        if (strcmp(f->class_name, c->name->bytes) != 0)
            continue;
        fields[at] = (struct field){
            .owner = c, .name = symbol_intern_cstr(f->name), .descriptor = symbol_intern_cstr(f->descriptor),
            .access_flags = ACC_PRIVATE | ACC_SYNTHETIC, .vm_flags = FIELD_INJECTED, .type = f->descriptor[0],
            .index = (uint16_t)at,
        };
        at++;
    }
    c->fields = fields;
    c->injected_field_count = count;
}

/* ---- hidden classes -------------------------------------------------------------------------------------- */

/* Where an entry of the constant pool begins (index == count: where the pool ends); 0: beyond the file. */
static size_t entry_offset(const uint8_t *bytes, size_t length, uint32_t index)
{
    size_t at = 10;
    for (uint32_t i = 1; i < index; i++) {
        if (at + 3 > length)
            return 0;
        switch (bytes[at]) {
        case CP_UTF8:
            at += 3 + (size_t)read_u2(bytes + at + 1);
            break;
        case CP_CLASS: case CP_STRING: case CP_METHOD_TYPE: case CP_MODULE: case CP_PACKAGE:
            at += 3;
            break;
        case CP_METHOD_HANDLE:
            at += 4;
            break;
        case CP_LONG: case CP_DOUBLE:
            at += 9;
            i++;
            break;
        default:
            at += 5;
        }
    }
    return at + 4 > length ? 0 : at;
}

/* The name in this_class, found before the parse; NULL: malformed, which the parser will explain. */
static struct symbol *peek_class_name(const uint8_t *bytes, size_t length)
{
    uint32_t count = length < 10 ? 0 : read_u2(bytes + 8);
    size_t end = count == 0 ? 0 : entry_offset(bytes, length, count);
    uint32_t index = end == 0 ? 0 : read_u2(bytes + end + 2);
    size_t at = index == 0 || index >= count ? 0 : entry_offset(bytes, length, index);
    if (at == 0 || bytes[at] != CP_CLASS)
        return NULL;
    index = read_u2(bytes + at + 1);
    at = index == 0 || index >= count ? 0 : entry_offset(bytes, length, index);
    if (at == 0 || bytes[at] != CP_UTF8)
        return NULL;
    size_t size = read_u2(bytes + at + 1);
    return at + 3 + size > length ? NULL : symbol_intern((const char *)bytes + at + 3, size);
}

/* "pkg/Name+0x0000000000000400": the suffix differs for every hidden class of the process. */
static struct symbol *hidden_class_name(const struct symbol *base)
{
    static _Atomic uint64_t serial; /* one per process: names must never repeat */
    char suffix[32];
    int extra =
        snprintf(suffix, sizeof suffix, "+0x%016llx", (unsigned long long)(atomic_fetch_add(&serial, 1) + 1) << 10);
    char text[base->length + sizeof suffix];
    memcpy(text, base->bytes, base->length);
    memcpy(text + base->length, suffix, (size_t)extra);
    size_t length = base->length + (size_t)extra;
    return length > UINT16_MAX ? NULL : symbol_intern(text, length);
}

/* The this_class entry, and with it every reference of the class to itself, means the hidden class. */
static void bind_to_itself(struct class *c)
{
    for (uint32_t i = 1; i < c->cp.count; i++)
        if (c->cp.tags[i] == CP_CLASS && cp_class_name(&c->cp, (uint16_t)i) == c->name)
            remember_class(c, (uint16_t)i, c);
}

/* ---- definition ------------------------------------------------------------------------------------------ */

static struct class *parse(struct thread *t, const uint8_t *bytes, size_t length, const struct define_options *o,
                           const struct define_source *from, struct parsed_class *parsed)
{
    struct loader *loader = o->loader;
    struct parse_options options = {
        .arena = loader->arena,
        .expected_name = o->expected_name,
        .trusted = o->hidden ? o->vm_annotations : loader->is_boot || loader->is_platform,
        .check_code = !from->checked_at_build && !(o->hidden && loader->is_boot),
        .defer_code = true, /* HotSpot throws VerifyError when the class is linked */
        .enable_preview = t->vm->options.enable_preview,
        .hidden = o->hidden,
        .copy_bytes = !from->mapped,
    };
    if (o->hidden) {
        struct symbol *base = peek_class_name(bytes, length);
        options.hidden_name = base != NULL ? hidden_class_name(base) : symbol_intern_cstr("?");
        if (options.hidden_name == NULL) {
            exception_throw(t, "java/lang/ClassFormatError", "the name of the hidden class is too long");
            return NULL;
        }
    }
    struct parse_error error = {.exception = "java/lang/ClassFormatError"};
    struct class *c = classfile_parse(bytes, length, &options, parsed, &error);
    if (c == NULL)
        exception_throw(t, error.exception, "%s", error.message);
    else if (options.check_code)
        c->vm_flags |= CLASS_CHECK_CODE;
    return c;
}

static void set_origin(struct thread *t, struct class *c, const struct define_options *o)
{
    char text[1024];
    const char *source = o->source;
    if (source == NULL && o->hidden)
        source = o->nestmate ? class_external_name(o->lookup, text, sizeof text) : "__JVM_LookupDefineClass__";
    else if (source == NULL && *c->loader->java != NULL)
        source = class_external_name(object_class(*c->loader->java), text, sizeof text);
    c->source = source == NULL ? NULL : symbol_intern_cstr(source);
}

/* The run-time package (JVMS 5.3) and through it the module. */
static void set_package(struct class *c)
{
    struct package *p = package_of(c->loader, c->name, true);
    c->module = p->module;
    p->has_classes = true;
    if (p->location == NULL && c->loader->is_boot)
        p->location = c->source;
}

static void drop_roots(struct class *c)
{
    gc_store_root(c->mirror, NULL);
    gc_roots_free(c->mirror, 1);
    if (c->protection_domain != NULL) {
        gc_store_root(c->protection_domain, NULL);
        gc_roots_free(c->protection_domain, 1);
    }
}

static bool make_roots(struct thread *t, struct class *c, const struct define_options *o)
{
    c->mirror = gc_roots_new(1);
    if (o->protection_domain != NULL) {
        c->protection_domain = gc_roots_new(1);
        gc_store_root(c->protection_domain, o->protection_domain);
    }
    if (!create_mirror(t, c)) {
        drop_roots(c);
        return false;
    }
    if (o->class_data != NULL)
        gc_store_ref(*c->mirror, t->vm->known.Class_classData, o->class_data);
    return true;
}

/* Enters the class; the winner of a race between boot definitions, or NULL with a LinkageError. */
static struct class *record(struct thread *t, struct class *c, const struct define_source *from)
{
    struct class *other;
    switch (record_class(c->loader, c, &other)) {
    case RECORDED:
    case ALREADY_THIS:
        return c;
    case ALREADY_OTHER:
        drop_roots(c);
        if (from->from_boot_path)
            return other;
        throw_duplicate_definition(t, c->loader, other);
        return NULL;
    case CONSTRAINT_VIOLATED:
        throw_constraint_violation(t, c->loader, c, other);
        drop_roots(c);
        return NULL;
    }
    return NULL;
}

static void announce(struct thread *t, struct class *c)
{
    link_into_loader(c->loader, c);
    if (c->module == NULL && t->vm->modules_ready) { /* java.base was defined while this class was being loaded */
        c->module = t->vm->java_base;
        mirror_set_module(t, c);
    }
    atomic_fetch_add_explicit(&t->vm->classes_loaded, 1, memory_order_relaxed);
    if (log_on(LOG_CLASS_LOAD, LOG_INFO)) {
        char name[1024];
        log_line(LOG_CLASS_LOAD, LOG_INFO, "%s source: %s", class_external_name(c, name, sizeof name),
                 c->source != NULL ? c->source->bytes : "unknown");
    }
}

static struct class *complete(struct thread *t, struct class *c, const struct define_options *o,
                              const struct define_source *from)
{
    set_hierarchy(c);
    set_flags(c, o);
    prepare_methods(t, c);
    if (c->loader->is_boot && !o->hidden)
        inject_fields(c);
    if (!from->checked_at_build && !check_final_overrides(t, c))
        return NULL;
    if (!make_roots(t, c, o))
        return NULL;
    if (o->hidden) {
        bind_to_itself(c);
        if (o->nestmate)
            atomic_store_explicit(&c->nest_host, class_nest_host(t, o->lookup), memory_order_release);
        announce(t, c);
        return c;
    }
    struct class *winner = record(t, c, from);
    if (winner != c)
        return winner;
    announce(t, c);
    if (!c->loader->is_boot && !java_callv(t, t->vm->known.ClassLoader_addClass, NULL, *c->loader->java, *c->mirror))
        return NULL;
    return c;
}

struct class *define_class_from(struct thread *t, const uint8_t *bytes, size_t length, const struct define_options *o,
                                const struct define_source *from)
{
    if (thread_c_stack_low(t)) {
        exception_throw_stack_overflow(t);
        return NULL;
    }
    /* Large tables of a class file take some four times its bytes. */
    if (!metadata_admit(t, o->loader->is_boot ? METADATA_LIBRARY : METADATA_PROGRAM, 4 * length))
        return NULL;
    struct parsed_class parsed;
    struct class *c = parse(t, bytes, length, o, from, &parsed);
    if (c == NULL)
        return NULL;
    c->loader = o->loader;
    set_origin(t, c, o);
    if (!check_package_name(t, c->loader, c->name))
        return NULL;
    if (is_being_defined(c->loader, c->name)) {
        exception_throw(t, "java/lang/ClassCircularityError", "%s", c->name->bytes);
        return NULL;
    }
    set_package(c);
    if (!load_supers_guarded(t, c, &parsed, o->protection_domain))
        return NULL;
    return complete(t, c, o, from);
}

struct class *define_class(struct thread *t, const uint8_t *bytes, size_t length, const struct define_options *options)
{
    static const struct define_source from;
    return define_class_from(t, bytes, length, options, &from);
}
