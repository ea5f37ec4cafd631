/* Loading (JVMS 5.3): the boot loader's classes from the boot path, others through ClassLoader.loadClass; the loaders
 * themselves; start-up of the class loader layer. */
#include "classloader/loading.h"

#include <stdio.h>
#include <stdlib.h>

#include "classloader/bootpath.h"
#include "classloader/linking.h"
#include "classloader/loading_private.h"
#include "classloader/modules.h"
#include "classloader/resolution.h"
#include "vm/call.h"
#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/object.h"
#include "vm/string.h"
#include "vm/symbol.h"

/* ---- loaders --------------------------------------------------------------------------------------------- */

static struct loader *new_loader(void)
{
    struct arena *arena = arena_new();
    struct loader *l = arena_alloc(arena, sizeof *l);
    l->arena = arena;
    l->java = gc_roots_new(1);
    pthread_mutex_init(&l->lock, NULL);
    l->unnamed = arena_alloc(arena, sizeof *l->unnamed);
    l->unnamed->loader = l;
    l->unnamed->open = true;
    l->unnamed->reads_unnamed = true;
    l->unnamed->java = gc_roots_new(1);
    return l;
}

static void free_loader(struct loader *l)
{
    gc_store_root(l->java, NULL);
    gc_roots_free(l->java, 1);
    gc_roots_free(l->unnamed->java, 1);
    pthread_mutex_destroy(&l->lock);
    arena_free(l->arena);
}

static void publish_loader(struct vm *vm, struct loader *l)
{
    struct loader *head = atomic_load(&vm->loaders);
    do
        l->next = head;
    while (!atomic_compare_exchange_weak(&vm->loaders, &head, l));
}

static bool is_jdk_loader(const struct object *java, const char *name)
{
    const struct class *c = object_class(java);
    return c->loader->is_boot && strcmp(c->name->bytes, name) == 0;
}

struct loader *loader_of(struct thread *t, struct object *java)
{
    struct vm *vm = t->vm;
    if (java == NULL)
        return vm->boot_loader;
    int64_t *field = object_at(java, vm->known.ClassLoader_vmloader);
    struct loader *l = (struct loader *)(uintptr_t)__atomic_load_n(field, __ATOMIC_ACQUIRE);
    if (LIKELY(l != NULL))
        return l;
    l = new_loader();
    gc_store_root(l->java, java);
    l->is_platform = is_jdk_loader(java, "jdk/internal/loader/ClassLoaders$PlatformClassLoader");
    l->is_builtin_app = is_jdk_loader(java, "jdk/internal/loader/ClassLoaders$AppClassLoader");
    l->parallel_capable = gc_load_ref(java, vm->known.ClassLoader_parallelLockMap) != NULL;
    int64_t expected = 0;
    if (!__atomic_compare_exchange_n(field, &expected, (int64_t)(uintptr_t)l, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
        free_loader(l);
        return (struct loader *)(uintptr_t)expected;
    }
    publish_loader(vm, l);
    return l;
}

void link_into_loader(struct loader *loader, struct class *c)
{
    struct class *head = atomic_load(&loader->defined);
    do
        c->next_in_loader = head;
    while (!atomic_compare_exchange_weak(&loader->defined, &head, c));
}

static void visit_with_arrays(struct class *c, bool itself, void (*visit)(struct class *c, void *arg), void *arg)
{
    if (itself)
        visit(c, arg);
    while ((c = atomic_load_explicit(&c->array, memory_order_acquire)) != NULL)
        visit(c, arg);
}

void each_class(struct vm *vm, void (*visit)(struct class *c, void *arg), void *arg)
{
    for (size_t i = 0; i < ARRAY_COUNT(vm->primitive_classes); i++)
        visit_with_arrays(vm->primitive_classes[i], false, visit, arg);
    for (struct loader *l = atomic_load(&vm->loaders); l != NULL; l = l->next)
        for (struct class *c = atomic_load(&l->defined); c != NULL; c = c->next_in_loader)
            visit_with_arrays(c, true, visit, arg);
}

/* ---- the boot loader ------------------------------------------------------------------------------------- */

/* A class of lib/modules belongs to the boot loader only when its module was defined to it; until java.base is
 * defined nothing else may be loaded. */
static bool visible_to_boot(struct vm *vm, const struct symbol *name, const char *module)
{
    if (module[0] == '\0')
        return true;
    if (!vm->modules_ready)
        return strcmp(module, "java.base") == 0;
    struct package *p = package_of(vm->boot_loader, name, false);
    return p != NULL && p->module != NULL && p->module->name != NULL && strcmp(p->module->name->bytes, module) == 0;
}

static struct class *define_boot_class(struct thread *t, struct symbol *name, const struct bootpath_class *found)
{
    struct define_options options = {.loader = t->vm->boot_loader, .expected_name = name, .source = found->location};
    struct define_source from = {
        .from_boot_path = true,
        .mapped = found->mapped,
        .checked_at_build = found->mapped && !found->patched_or_appended,
    };
    struct class *c = define_class_from(t, found->bytes, found->length, &options, &from);
    if (!found->mapped)
        free((void *)found->bytes);
    return c;
}

struct class *load_boot_class(struct thread *t, struct symbol *name)
{
    struct class *c = dictionary_find(t->vm->boot_loader, name);
    if (LIKELY(c != NULL))
        return c;
    if (name->bytes[0] == '[') {
        bool absent;
        return array_class_by_name(t, name, t->vm->boot_loader, &absent);
    }
    if (is_being_defined(t->vm->boot_loader, name)) {
        exception_throw(t, "java/lang/ClassCircularityError", "%s", name->bytes);
        return NULL;
    }
    struct bootpath_class found;
    const char *error = NULL;
    int result = bootpath_find(t->vm->bootpath, name->bytes, &found, &error);
    if (result < 0) {
        exception_throw(t, "java/lang/NoClassDefFoundError", "%s (%s)", name->bytes, error);
        return NULL;
    }
    if (result == 0)
        return NULL;
    if (!visible_to_boot(t->vm, name, found.module)) {
        if (!found.mapped)
            free((void *)found.bytes);
        return NULL;
    }
    return define_boot_class(t, name, &found);
}

/* ---- user-defined loaders -------------------------------------------------------------------------------- */

/* The answer of loadClass, entered for the initiating loader.  NULL without exception: "not found". */
static struct class *accept_answer(struct thread *t, struct symbol *name, struct loader *loader, struct object *mirror)
{
    if (mirror == NULL)
        return NULL;
    struct class *c = class_from_mirror(mirror), *other;
    if (c->name != name || class_is_primitive(c))
        return NULL; /* a loader that answers with another class has not found this one */
    switch (record_class(loader, c, &other)) {
    case ALREADY_OTHER:
        throw_duplicate_definition(t, loader, other);
        return NULL;
    case CONSTRAINT_VIOLATED:
        throw_constraint_violation(t, loader, c, other);
        return NULL;
    default:
        return c;
    }
}

/* A loadClass that runs, on the C stack of the thread that called it. */
struct class_load {
    const struct symbol *name;
    const struct loader *loader;
    struct class_load *outer;
};

static bool is_loading(const struct thread *t, const struct symbol *name, const struct loader *loader)
{
    for (const struct class_load *l = t->class_loads; l != NULL; l = l->outer)
        if (l->name == name && l->loader == loader)
            return true;
    return false;
}

static struct class *call_load_class(struct thread *t, struct symbol *name, struct loader *loader)
{
    struct object *text = string_from_symbol_dotted(t, name);
    if (text == NULL)
        return NULL;
    struct class_load load = {.name = name, .loader = loader, .outer = t->class_loads};
    union slot result;
    t->class_loads = &load;
    bool answered = java_call_virtualv(t, t->vm->known.ClassLoader_loadClass, &result, *loader->java, text);
    t->class_loads = load.outer;
    return answered ? accept_answer(t, name, loader, result.a) : NULL;
}

static struct class *load_through_java(struct thread *t, struct symbol *name, struct loader *loader)
{
    if (is_being_defined(loader, name) || is_loading(t, name, loader)) {
        exception_throw(t, "java/lang/ClassCircularityError", "%s", name->bytes);
        return NULL;
    }
    if (thread_c_stack_low(t)) {
        exception_throw_stack_overflow(t);
        return NULL;
    }
    struct object *lock = *loader->java;
    if (gc_load_ref(lock, t->vm->known.ClassLoader_parallelLockMap) != NULL)
        return call_load_class(t, name, loader);
    monitor_enter(t, lock); /* JDK contract: such a loader sees one loadClass at a time */
    if (exception_pending(t))
        return NULL;
    struct class *c = dictionary_find(loader, name);
    if (c == NULL)
        c = call_load_class(t, name, loader);
    struct object *pending = t->exception;
    t->exception = NULL;
    if (!monitor_exit(t, lock) && pending == NULL)
        return NULL;
    t->exception = pending;
    return c;
}

/* ---- entry points ---------------------------------------------------------------------------------------- */

struct class *find_loaded_class(struct loader *loader, const struct symbol *name)
{
    if (name->bytes[0] != '[')
        return dictionary_find(loader, name);
    size_t dimensions = strspn(name->bytes, "[");
    const char *element = name->bytes + dimensions;
    struct class *c = NULL;
    if (*element == 'L') {
        struct symbol *element_name = symbol_lookup(element + 1, name->length - dimensions - 2);
        c = element_name == NULL ? NULL : dictionary_find(loader, element_name);
    } else {
        c = vm_primitive_class(vm_instance(), *element);
    }
    for (; dimensions > 0 && c != NULL; dimensions--)
        c = atomic_load_explicit(&c->array, memory_order_acquire);
    return c;
}

struct class *find_or_load_class(struct thread *t, struct symbol *name, struct loader *loader)
{
    struct class *c = dictionary_find(loader, name);
    if (LIKELY(c != NULL))
        return c;
    if (name->bytes[0] == '[') {
        bool absent;
        return array_class_by_name(t, name, loader, &absent);
    }
    return loader->is_boot ? load_boot_class(t, name) : load_through_java(t, name, loader);
}

static bool is_not_found(const struct object *e)
{
    const struct class *c = object_class(e);
    while (c != NULL && strcmp(c->name->bytes, "java/lang/ClassNotFoundException") != 0)
        c = c->super;
    return c != NULL && c->loader->is_boot;
}

struct class *load_class(struct thread *t, struct symbol *name, struct loader *loader, bool as_not_found)
{
    if (name == NULL) {
        exception_throw_out_of_memory(t, "Java heap space");
        return NULL;
    }
    struct class *c = find_or_load_class(t, name, loader);
    if (LIKELY(c != NULL))
        return c;
    if (exception_pending(t)) {
        if (!as_not_found && is_not_found(t->exception)) /* JVMS 5.3.2 */
            exception_throw_with_cause(t, "java/lang/NoClassDefFoundError", "%s", name->bytes);
        return NULL;
    }
    if (!as_not_found) {
        exception_throw(t, "java/lang/NoClassDefFoundError", "%s", name->bytes);
        return NULL;
    }
    exception_throw(t, "java/lang/ClassNotFoundException", "%s", name->bytes); /* with slashes, as HotSpot has it */
    return NULL;
}

/* ---- start-up -------------------------------------------------------------------------------------------- */

static struct class *hook_find_boot_class(struct thread *t, const char *name)
{
    return load_class(t, symbol_intern_cstr(name), t->vm->boot_loader, false);
}

static bool hook_initialize_class(struct thread *t, struct class *c)
{
    return initialize_class(t, c);
}

static void install_hooks(struct vm_hooks *hooks)
{
    hooks->find_boot_class = hook_find_boot_class;
    hooks->initialize_class = hook_initialize_class;
    hooks->array_class_of = array_class_of;
    hooks->link_class = link_class;
    hooks->resolve_class = resolve_class;
}

bool loading_init(struct thread *t)
{
    struct vm *vm = t->vm;
    const char *error = NULL;
    vm->bootpath = bootpath_open(&vm->options, &error);
    if (vm->bootpath == NULL) {
        fprintf(stderr, "Error: the boot class path cannot be opened: %s\n", error != NULL ? error : "unknown cause");
        return false;
    }
    vm->boot_loader = new_loader();
    vm->boot_loader->is_boot = true;
    vm->boot_loader->parallel_capable = true;
    publish_loader(vm, vm->boot_loader);
    install_hooks(&vm->hooks);
    return create_primitive_classes(t);
}
