/* Packages and modules (JVMS 5.3.6, 5.4.4; JLS 7): definition, readability and exports, with HotSpot's words for what
 * JVM_DefineModule and its relatives refuse. */
#include "classloader/modules.h"

#include <stdio.h>

#include "classloader/loading.h"
#include "vm/exception.h"
#include "vm/object.h"
#include "vm/string.h"
#include "vm/symbol.h"

static const char npe[] = "java/lang/NullPointerException";
static const char iae[] = "java/lang/IllegalArgumentException";
static const char ise[] = "java/lang/IllegalStateException";

/* ---- packages -------------------------------------------------------------------------------------------- */

static uint32_t text_hash(const char *text, size_t length)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (uint8_t)(text[i] == '.' ? '/' : text[i])) * 16777619u;
    return h;
}

static bool same_name(const struct symbol *name, const char *text, size_t length)
{
    if (name->length != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (name->bytes[i] != (text[i] == '.' ? '/' : text[i]))
            return false;
    return true;
}

static struct package *find_locked(const struct loader *loader, const char *name, size_t length)
{
    if (loader->package_buckets == 0)
        return NULL;
    struct package *p = loader->packages[text_hash(name, length) & (loader->package_buckets - 1)];
    while (p != NULL && !same_name(p->name, name, length))
        p = p->next;
    return p;
}

/* Without memory the chains become longer. */
static void grow_locked(struct loader *loader)
{
    uint32_t buckets = loader->package_buckets == 0 ? 16 : loader->package_buckets * 2;
    struct package **table = loader->package_buckets == 0 ? arena_alloc(loader->arena, buckets * sizeof *table)
                                                          : arena_try_alloc(loader->arena, buckets * sizeof *table);
    if (table == NULL)
        return;
    for (uint32_t i = 0; i < loader->package_buckets; i++) {
        for (struct package *p = loader->packages[i], *next; p != NULL; p = next) {
            next = p->next;
            struct package **head = &table[text_hash(p->name->bytes, p->name->length) & (buckets - 1)];
            p->next = *head;
            *head = p;
        }
    }
    loader->packages = table;
    loader->package_buckets = buckets;
}

static struct package *add_locked(struct loader *loader, const char *name, size_t length, struct module *module)
{
    char slashed[length + 1];
    for (size_t i = 0; i < length; i++)
        slashed[i] = name[i] == '.' ? '/' : name[i];
    if (loader->package_count >= loader->package_buckets)
        grow_locked(loader);
    struct package *p = arena_alloc(loader->arena, sizeof *p);
    p->name = symbol_intern(slashed, length);
    p->module = module;
    struct package **head = &loader->packages[text_hash(slashed, length) & (loader->package_buckets - 1)];
    p->next = *head;
    *head = p;
    loader->package_count++;
    return p;
}

struct package *package_find(struct loader *loader, const char *name, size_t length)
{
    pthread_mutex_lock(&loader->lock);
    struct package *p = find_locked(loader, name, length);
    pthread_mutex_unlock(&loader->lock);
    return p;
}

struct package *package_of(struct loader *loader, const struct symbol *class_name, bool create)
{
    const char *slash = memrchr(class_name->bytes, '/', class_name->length);
    size_t length = slash == NULL ? 0 : (size_t)(slash - class_name->bytes);
    pthread_mutex_lock(&loader->lock);
    struct package *p = find_locked(loader, class_name->bytes, length);
    if (p == NULL && create) { /* boot packages get their module when java.base is defined */
        bool early = loader->is_boot && !vm_instance()->modules_ready;
        p = add_locked(loader, class_name->bytes, length, early ? NULL : loader->unnamed);
    }
    pthread_mutex_unlock(&loader->lock);
    return p;
}

/* ---- definition ------------------------------------------------------------------------------------------ */

static struct loader *loader_of_module(struct thread *t, struct object *java_module)
{
    return loader_of(t, gc_load_ref(java_module, t->vm->known.Module_loader));
}

static struct module *module_from_java(struct thread *t, struct object *java_module)
{
    struct wellknown *known = &t->vm->known;
    struct module *m = (struct module *)(uintptr_t)object_get_long(java_module, known->Module_vmmodule);
    if (m != NULL || gc_load_ref(java_module, known->Module_name) != NULL)
        return m;
    struct loader *loader = loader_of_module(t, java_module);
    if (loader == NULL || loader->is_boot)
        return NULL;
    if (gc_load_ref(*loader->java, known->ClassLoader_unnamedModule) != java_module)
        return NULL;
    gc_store_root(loader->unnamed->java, java_module);
    object_set_long(java_module, known->Module_vmmodule, (int64_t)(uintptr_t)loader->unnamed);
    return loader->unnamed;
}

static bool check_module_object(struct thread *t, struct object *java_module, const char *null_text, const char *text)
{
    if (java_module == NULL)
        exception_throw(t, npe, "%s", null_text);
    else if (!object_is_instance(java_module, t->vm->known.Module))
        exception_throw(t, iae, "%s", text);
    return !exception_pending(t);
}

static bool valid_package(const char *name)
{
    bool start = true;
    for (const char *p = name; *p != '\0'; p++) {
        bool separator = *p == '/' || *p == '.';
        if ((separator && start) || *p == ';' || *p == '[')
            return false;
        start = separator;
    }
    return !start;
}

static bool check_packages(struct thread *t, const struct loader *loader, const struct symbol *name,
                           const char *const *packages, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *p = packages[i];
        if (!valid_package(p)) {
            exception_throw(t, iae, "Invalid package name: %s for module: %s", p, name->bytes);
            return false;
        }
        if (!loader->is_boot && !loader->is_platform && strncmp(p, "java", 4) == 0
            && (p[4] == '\0' || p[4] == '/' || p[4] == '.')) {
            char class_name[512];
            class_external_name(object_class(*loader->java), class_name, sizeof class_name);
            exception_throw(t, iae, "Class loader (instance of): %s tried to define prohibited package name: %s",
                            class_name, p);
            return false;
        }
    }
    return true;
}

struct define_problem {
    enum { DEFINED, DUPLICATE_MODULE, PACKAGE_TAKEN } kind;
    const char *package;
    struct module *holder;
};

/* Everything or nothing: the packages are checked before the first is recorded. */
static struct define_problem record_locked(struct loader *loader, struct module *m, const char *const *packages,
                                           size_t count)
{
    for (struct module *other = loader->modules; other != NULL; other = other->next)
        if (other->name == m->name)
            return (struct define_problem){DUPLICATE_MODULE, NULL, other};
    for (size_t i = 0; i < count; i++) {
        struct package *p = find_locked(loader, packages[i], strlen(packages[i]));
        if (p != NULL && p->module != NULL && (p->module != loader->unnamed || p->has_classes))
            return (struct define_problem){PACKAGE_TAKEN, packages[i], p->module};
    }
    for (size_t i = 0; i < count; i++) {
        struct package *p = find_locked(loader, packages[i], strlen(packages[i]));
        if (p == NULL)
            add_locked(loader, packages[i], strlen(packages[i]), m);
        else
            p->module = m;
    }
    m->next = loader->modules;
    loader->modules = m;
    return (struct define_problem){DEFINED, NULL, NULL};
}

static bool report(struct thread *t, const struct module *m, const struct define_problem *problem)
{
    if (problem->kind == DUPLICATE_MODULE)
        exception_throw(t, ise, "Module %s is already defined", m->name->bytes);
    else if (problem->holder->name != NULL)
        exception_throw(t, ise,
                        "Package %s for module %s is already in another module, %s, defined to the class loader",
                        problem->package, m->name->bytes, problem->holder->name->bytes);
    else
        exception_throw(t, ise, "Package %s for module %s is already in the unnamed module defined to the class loader",
                        problem->package, m->name->bytes);
    return false;
}

static void adopt_class(struct class *c, void *arg)
{
    struct thread *t = arg;
    if (c->module != NULL || !c->loader->is_boot)
        return;
    c->module = t->vm->java_base;
    if (*c->mirror != NULL)
        gc_store_ref(*c->mirror, t->vm->known.Class_module, *c->module->java);
}

/* Every class loaded so far belongs to java.base. */
static void define_java_base(struct thread *t, struct module *m)
{
    struct loader *boot = t->vm->boot_loader;
    t->vm->java_base = m;
    pthread_mutex_lock(&boot->lock);
    for (uint32_t i = 0; i < boot->package_buckets; i++)
        for (struct package *p = boot->packages[i]; p != NULL; p = p->next)
            if (p->module == NULL)
                p->module = m;
    t->vm->modules_ready = true;
    pthread_mutex_unlock(&boot->lock);
    each_class(t->vm, adopt_class, t);
    for (size_t i = 0; i < ARRAY_COUNT(t->vm->primitive_classes); i++)
        adopt_class(t->vm->primitive_classes[i], t);
}

static struct module *new_module(struct loader *loader, struct object *java_module, struct symbol *name)
{
    struct module *m = arena_alloc(loader->arena, sizeof *m);
    m->name = name;
    m->loader = loader;
    m->java = gc_roots_new(1);
    gc_store_root(m->java, java_module);
    return m;
}

static bool check_definition(struct thread *t, const struct loader *loader, const struct symbol *name, bool is_base)
{
    if (is_base && !loader->is_boot)
        exception_throw(t, iae, "Class loader must be the boot class loader");
    else if (is_base && t->vm->java_base != NULL)
        exception_throw(t, "java/lang/InternalError", "Module %s is already defined", name->bytes);
    else if (!loader->is_boot
             && strcmp(object_class(*loader->java)->name->bytes, "jdk/internal/reflect/DelegatingClassLoader") == 0)
        exception_throw(t, iae, "Class loader is an invalid delegating class loader");
    return !exception_pending(t);
}

bool module_define(struct thread *t, struct object *java_module, bool open, const char *version, const char *location,
                   const char *const *packages, size_t count)
{
    if (!check_module_object(t, java_module, "Null module object",
                             "module is not an instance of type java.lang.Module"))
        return false;
    struct object *java_name = gc_load_ref(java_module, t->vm->known.Module_name);
    if (java_name == NULL) {
        exception_throw(t, iae, "Module name cannot be null");
        return false;
    }
    struct symbol *name = string_to_symbol(java_name, false);
    struct loader *loader = loader_of_module(t, java_module);
    if (loader == NULL || name == NULL) {
        if (!exception_pending(t))
            exception_throw(t, iae, "Invalid module name: %s", "longer than 65535 bytes");
        return false;
    }
    bool is_base = strcmp(name->bytes, "java.base") == 0;
    if (!check_definition(t, loader, name, is_base) || !check_packages(t, loader, name, packages, count))
        return false;
    struct module *m = new_module(loader, java_module, name);
    m->open = open;
    m->version = version == NULL ? NULL : symbol_intern_cstr(version);
    m->location = location == NULL ? NULL : symbol_intern_cstr(location);
    pthread_mutex_lock(&loader->lock);
    struct define_problem problem = record_locked(loader, m, packages, count);
    pthread_mutex_unlock(&loader->lock);
    if (problem.kind != DEFINED)
        return report(t, m, &problem);
    object_set_long(java_module, t->vm->known.Module_vmmodule, (int64_t)(uintptr_t)m);
    if (is_base)
        define_java_base(t, m);
    LOG(MODULE, DEBUG, "define_module(): creation of module: %s, version: %s, location: %s, package #: %zu",
        name->bytes, version != NULL ? version : "NULL", location != NULL ? location : "NULL", count);
    return true;
}

bool module_set_boot_unnamed(struct thread *t, struct object *java_module)
{
    if (!check_module_object(t, java_module, "Null module object",
                             "module is not an instance of type java.lang.Module"))
        return false;
    if (gc_load_ref(java_module, t->vm->known.Module_name) != NULL) {
        exception_throw(t, iae, "boot loader's unnamed module's java.lang.Module has a name");
        return false;
    }
    if (gc_load_ref(java_module, t->vm->known.Module_loader) != NULL) {
        exception_throw(t, iae, "Class loader must be the boot class loader");
        return false;
    }
    struct module *m = t->vm->boot_loader->unnamed;
    gc_store_root(m->java, java_module);
    object_set_long(java_module, t->vm->known.Module_vmmodule, (int64_t)(uintptr_t)m);
    return true;
}

/* ---- readability and exports ----------------------------------------------------------------------------- */

/* Grows a list that readers walk without the lock: the array first, the count last. */
static void list_add_locked(struct loader *loader, struct module ***list, uint32_t *count, uint32_t *capacity,
                            struct module *m)
{
    for (uint32_t i = 0; i < *count; i++)
        if ((*list)[i] == m)
            return;
    if (*count == *capacity) {
        uint32_t larger = *capacity == 0 ? 4 : *capacity * 2;
        struct module **copy = arena_alloc(loader->arena, larger * sizeof *copy);
        if (*count != 0)
            memcpy(copy, *list, *count * sizeof *copy);
        __atomic_store_n(list, copy, __ATOMIC_RELEASE);
        *capacity = larger;
    }
    (*list)[*count] = m;
    __atomic_store_n(count, *count + 1, __ATOMIC_RELEASE);
}

static bool list_has(struct module *const *const *list, const uint32_t *count, const struct module *m)
{
    uint32_t n = __atomic_load_n(count, __ATOMIC_ACQUIRE);
    struct module *const *modules = __atomic_load_n(list, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < n; i++)
        if (modules[i] == m)
            return true;
    return false;
}

static struct module *known_module(struct thread *t, struct object *java_module, const char *null_text,
                                   const char *text)
{
    if (!check_module_object(t, java_module, null_text, text))
        return NULL;
    struct module *m = module_from_java(t, java_module);
    if (m == NULL && !exception_pending(t))
        exception_throw(t, iae, "%s", text);
    return m;
}

bool module_add_reads(struct thread *t, struct object *from, struct object *to)
{
    struct module *reader = known_module(t, from, "from_module is null", "from_module is not valid");
    struct module *target = NULL;
    if (reader == NULL)
        return false;
    if (to != NULL && (target = known_module(t, to, "to_module is null", "to_module is invalid")) == NULL)
        return false;
    if (reader == target || reader->name == NULL)
        return true; /* the unnamed module reads everything */
    pthread_mutex_lock(&reader->loader->lock);
    if (target == NULL)
        reader->reads_unnamed = true;
    else
        list_add_locked(reader->loader, &reader->reads, &reader->read_count, &reader->read_capacity, target);
    pthread_mutex_unlock(&reader->loader->lock);
    return true;
}

/* The package to be exported; NULL without an exception when it is exported anyway. */
static struct package *exportable(struct thread *t, struct object *from, const char *package, const char *null_text,
                                  const char *invalid, const char *from_word)
{
    if (package == NULL) {
        exception_throw(t, npe, "package is null");
        return NULL;
    }
    struct module *m = known_module(t, from, null_text, invalid);
    if (m == NULL || m->name == NULL || m->open)
        return NULL;
    struct package *p = package_find(m->loader, package, strlen(package));
    if (p == NULL || p->module == NULL)
        exception_throw(t, iae, "Package %s not found in %s %s", package, from_word, m->name->bytes);
    else if (p->module != m)
        exception_throw(t, iae, "Package: %s found in module %s, not in from_module: %s", package,
                        p->module->name != NULL ? p->module->name->bytes : "unnamed module", m->name->bytes);
    return exception_pending(t) ? NULL : p;
}

bool module_add_exports(struct thread *t, struct object *from, const char *package, struct object *to)
{
    if (to == NULL) {
        exception_throw(t, npe, "to_module is null");
        return false;
    }
    struct package *p =
        exportable(t, from, package, "from_module is null", "from_module cannot be found", "from_module");
    if (exception_pending(t))
        return false;
    struct module *target = known_module(t, to, "to_module is null", "to_module is invalid");
    if (target == NULL)
        return false;
    if (p == NULL || p->module == target)
        return true;
    struct loader *loader = p->module->loader;
    pthread_mutex_lock(&loader->lock);
    list_add_locked(loader, &p->exports, &p->export_count, &p->export_capacity, target);
    pthread_mutex_unlock(&loader->lock);
    return true;
}

bool module_add_exports_to_all(struct thread *t, struct object *from, const char *package)
{
    struct package *p =
        exportable(t, from, package, "from_module is null", "from_module cannot be found", "from_module");
    if (p != NULL)
        __atomic_store_n(&p->exported_to_all, true, __ATOMIC_RELEASE);
    return !exception_pending(t);
}

bool module_add_exports_to_all_unnamed(struct thread *t, struct object *from, const char *package)
{
    struct package *p = exportable(t, from, package, "module is null", "module is invalid", "module");
    if (p != NULL)
        __atomic_store_n(&p->exported_to_unnamed, true, __ATOMIC_RELEASE);
    return !exception_pending(t);
}

bool module_reads(const struct module *from, const struct module *to)
{
    if (from == to || from == NULL || to == NULL || from->name == NULL || to == vm_instance()->java_base)
        return true;
    if (to->name == NULL && from->reads_unnamed)
        return true;
    return list_has((struct module *const *const *)&from->reads, &from->read_count, to);
}

bool package_exported_to(const struct package *p, const struct module *to)
{
    const struct module *m = p->module;
    if (m == NULL || m == to || m->name == NULL || m->open || p->exported_to_all)
        return true;
    if (to == NULL || (to->name == NULL && p->exported_to_unnamed))
        return true;
    return list_has((struct module *const *const *)&p->exports, &p->export_count, to);
}

/* ---- the tails of messages ------------------------------------------------------------------------------- */

char *loader_name_and_id(struct thread *t, const struct loader *loader, char *buffer, size_t size)
{
    struct object *java = *loader->java;
    if (java == NULL) {
        snprintf(buffer, size, "'bootstrap'");
        return buffer;
    }
    struct object *name = gc_load_ref(java, t->vm->known.ClassLoader_nameAndId);
    size_t length = name == NULL ? 0 : string_utf8_length(name);
    if (name != NULL && length < size) {
        string_copy_utf8(name, 0, string_length(name), buffer);
        buffer[length] = '\0';
    } else {
        class_external_name(object_class(java), buffer, size);
    }
    return buffer;
}

/* The JDK's own modules go without their version. */
static bool shows_version(const struct vm *vm, const struct module *m)
{
    if (m->version == NULL)
        return false;
    bool from_image = m->location != NULL && strncmp(m->location->bytes, "jrt:/", 5) == 0;
    return !(from_image && vm->java_base != NULL && m->version == vm->java_base->version);
}

char *class_in_module_of_loader(struct thread *t, const struct class *c, char *buffer, size_t size)
{
    const struct class *named = class_is_array(c) ? c->innermost : c;
    const struct module *m = named->module != NULL ? named->module : t->vm->java_base;
    char loader[256];
    loader_name_and_id(t, named->loader, loader, sizeof loader);
    if (m == NULL)
        snprintf(buffer, size, "module java.base of loader %s", loader);
    else if (m->name == NULL)
        snprintf(buffer, size, "unnamed module of loader %s", loader);
    else if (shows_version(t->vm, m))
        snprintf(buffer, size, "module %s@%s of loader %s", m->name->bytes, m->version->bytes, loader);
    else
        snprintf(buffer, size, "module %s of loader %s", m->name->bytes, loader);
    return buffer;
}

char *classes_in_modules_of_loaders(struct thread *t, const struct class *a, const struct class *b, char *buffer,
                                    size_t size)
{
    char a_name[512], b_name[512], a_tail[512], b_tail[512];
    const struct class *x = class_is_array(a) ? a->innermost : a, *y = class_is_array(b) ? b->innermost : b;
    class_external_name(a, a_name, sizeof a_name);
    class_external_name(b, b_name, sizeof b_name);
    class_in_module_of_loader(t, a, a_tail, sizeof a_tail);
    class_in_module_of_loader(t, b, b_tail, sizeof b_tail);
    if (x->loader == y->loader && x->module == y->module)
        snprintf(buffer, size, "%s and %s are in %s", a_name, b_name, b_tail);
    else
        snprintf(buffer, size, "%s is in %s; %s is in %s", a_name, a_tail, b_name, b_tail);
    return buffer;
}

char *class_is_in_module_with_parent(struct thread *t, const struct class *c, char *buffer, size_t size)
{
    const struct loader *loader = c->loader;
    char name[512], tail[512], parent[256] = "";
    class_external_name(c, name, sizeof name);
    class_in_module_of_loader(t, c, tail, sizeof tail);
    bool builtin = loader->is_boot || loader->is_platform || loader->is_builtin_app;
    if (!builtin) {
        struct loader *above = loader_of(t, gc_load_ref(*loader->java, t->vm->known.ClassLoader_parent));
        if (above != NULL)
            loader_name_and_id(t, above, parent, sizeof parent);
    }
    snprintf(buffer, size, "%s is in %s%s%s", name, tail, parent[0] != '\0' ? ", parent loader " : "", parent);
    return buffer;
}
