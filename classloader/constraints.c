/* Loader constraints (JVMS 5.3.4): a name must mean one class to a set of loaders.  A constraint is such a set with the
 * class, once one of the loaders has it; sets that come to share a loader are merged. */
#include <stdio.h>
#include <stdlib.h>

#include "classloader/loading_private.h"
#include "classloader/modules.h"
#include "vm/exception.h"
#include "vm/symbol.h"

struct constraint {
    struct symbol *name;
    struct class *class;                 /* NULL: none of the loaders has loaded the name yet */
    struct loader **loaders;
    uint32_t count, capacity;
    struct constraint *next;             /* hash chain */
};

/* One per process, as the VM is: constraints span loaders, so no loader has the table.  The lock is taken before a
 * loader's own and never held over Java or allocation in the collected heap.  Their memory is that of a loader among
 * theirs, which is never freed once it has defined a class. */
static struct {
    pthread_mutex_t lock;
    struct constraint *buckets[512];
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct constraint **bucket_of(const struct symbol *name)
{
    return &table.buckets[name->hash % ARRAY_COUNT(table.buckets)];
}

static bool holds(const struct constraint *k, const struct loader *loader)
{
    for (uint32_t i = 0; i < k->count; i++)
        if (k->loaders[i] == loader)
            return true;
    return false;
}

static struct constraint *find(const struct symbol *name, const struct loader *loader)
{
    struct constraint *k = *bucket_of(name);
    while (k != NULL && !(k->name == name && holds(k, loader)))
        k = k->next;
    return k;
}

static void add_loader(struct constraint *k, struct loader *loader)
{
    if (k->count == k->capacity) {
        uint32_t capacity = k->capacity == 0 ? 2 : k->capacity * 2;
        struct loader **grown = arena_alloc(loader->arena, capacity * sizeof *grown);
        if (k->count != 0)
            memcpy(grown, k->loaders, k->count * sizeof *grown);
        k->loaders = grown;
        k->capacity = capacity;
    }
    k->loaders[k->count++] = loader;
}

static struct constraint *new_constraint(struct symbol *name, struct loader *loader)
{
    struct constraint *k = arena_alloc(loader->arena, sizeof *k);
    k->name = name;
    k->next = *bucket_of(name);
    *bucket_of(name) = k;
    return k;
}

static void merge(struct constraint *into, struct constraint *gone)
{
    for (uint32_t i = 0; i < gone->count; i++)
        if (!holds(into, gone->loaders[i]))
            add_loader(into, gone->loaders[i]);
    struct constraint **p = bucket_of(gone->name);
    while (*p != gone)
        p = &(*p)->next;
    *p = gone->next; /* its memory is its loader's */
}

static bool agree(struct class **class, struct class *c)
{
    if (*class == NULL)
        *class = c;
    return c == NULL || *class == c;
}

static bool constrain_locked(struct symbol *name, struct loader *a, struct loader *b)
{
    struct constraint *ka = find(name, a), *kb = find(name, b);
    struct class *class = NULL;
    if (!agree(&class, dictionary_find(a, name)) || !agree(&class, dictionary_find(b, name))
        || (ka != NULL && !agree(&class, ka->class)) || (kb != NULL && !agree(&class, kb->class)))
        return false;
    if (ka == NULL && kb == NULL) {
        ka = new_constraint(name, a);
        add_loader(ka, a);
        add_loader(ka, b);
    } else if (ka == NULL) {
        ka = kb;
        add_loader(ka, a);
    } else if (kb == NULL) {
        add_loader(ka, b);
    } else if (ka != kb) {
        merge(ka, kb);
    }
    ka->class = class;
    return true;
}

/* Packages java.* exist only once in a VM, since no user-defined loader may define into them. */
bool constrain_loaders(struct symbol *name, struct loader *a, struct loader *b)
{
    if (a == b || strncmp(name->bytes, "java/", 5) == 0)
        return true;
    pthread_mutex_lock(&table.lock);
    bool agreed = constrain_locked(name, a, b);
    pthread_mutex_unlock(&table.lock);
    return agreed;
}

enum record_result record_class(struct loader *loader, struct class *c, struct class **other)
{
    enum record_result result = RECORDED;
    pthread_mutex_lock(&table.lock);
    struct constraint *k = find(c->name, loader);
    pthread_mutex_lock(&loader->lock);
    *other = dictionary_find(loader, c->name);
    if (*other != NULL) {
        result = *other == c ? ALREADY_THIS : ALREADY_OTHER;
    } else if (k != NULL && !agree(&k->class, c)) {
        *other = k->class;
        result = CONSTRAINT_VIOLATED;
    } else {
        dictionary_add_locked(loader, c);
    }
    pthread_mutex_unlock(&loader->lock);
    pthread_mutex_unlock(&table.lock);
    return result;
}

static const char *kind_of(const struct class *c)
{
    if (!class_is_interface(c))
        return class_is_abstract(c) ? "abstract class" : "class";
    return (c->access_flags & ACC_ANNOTATION) != 0 ? "annotation" : "interface";
}

void throw_duplicate_definition(struct thread *t, const struct loader *loader, const struct class *existing)
{
    char by[256], name[512], where[1024];
    exception_throw(t, "java/lang/LinkageError", "loader %s attempted duplicate %s definition for %s. (%s)",
                    loader_name_and_id(t, loader, by, sizeof by), kind_of(existing),
                    class_external_name(existing, name, sizeof name),
                    class_is_in_module_with_parent(t, existing, where, sizeof where));
}

void throw_constraint_violation(struct thread *t, const struct loader *loader, const struct class *wanted,
                                const struct class *other)
{
    char by[256], name[512], owner[256], where[1024];
    exception_throw(t, "java/lang/LinkageError",
                    "loader constraint violation: loader %s wants to load %s %s."
                    " A different %s with the same name was previously loaded by %s. (%s)",
                    loader_name_and_id(t, loader, by, sizeof by), kind_of(wanted),
                    class_external_name(wanted, name, sizeof name), kind_of(other),
                    loader_name_and_id(t, other->loader, owner, sizeof owner),
                    class_is_in_module_with_parent(t, other, where, sizeof where));
}
