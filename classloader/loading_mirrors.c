/* Mirrors: the java.lang.Class objects of classes.  Pinned, so that Unsafe can address statics relative to them. */
#include "classloader/loading_private.h"
#include "vm/exception.h"
#include "vm/object.h"

static struct object *unnamed_module(struct thread *t, struct loader *loader)
{
    struct wellknown *known = &t->vm->known;
    struct module *m = loader->unnamed;
    if (*m->java == NULL && *loader->java != NULL) {
        struct object *java = gc_load_ref(*loader->java, known->ClassLoader_unnamedModule);
        if (java != NULL) {
            object_set_long(java, known->Module_vmmodule, (int64_t)(uintptr_t)m);
            gc_store_root(m->java, java);
        }
    }
    return *m->java;
}

void mirror_set_module(struct thread *t, struct class *c)
{
    if (*c->mirror == NULL || c->module == NULL)
        return;
    struct object *module = c->module->name == NULL ? unnamed_module(t, c->module->loader) : *c->module->java;
    gc_store_ref(*c->mirror, t->vm->known.Class_module, module);
}

bool create_mirror(struct thread *t, struct class *c)
{
    struct wellknown *known = &t->vm->known;
    if (known->Class == NULL)
        return true;
    struct object *mirror = gc_alloc_pinned(&t->gc, &known->Class->layout);
    if (mirror == NULL) {
        exception_throw_out_of_memory(t, "Java heap space");
        return false;
    }
    object_set_long(mirror, known->Class_vmclass, (int64_t)(uintptr_t)c);
    gc_store_ref(mirror, known->Class_classLoader, *c->loader->java);
    if (class_is_array(c))
        gc_store_ref(mirror, known->Class_componentType, *c->element->mirror);
    gc_store_root(c->mirror, mirror);
    mirror_set_module(t, c);
    return true;
}

struct fix { struct thread *t; bool ok; };

/* A component's mirror must exist before the array's: the list and the chains of array classes give that order. */
static void fix_one(struct class *c, void *arg)
{
    struct fix *fix = arg;
    if (fix->ok && *c->mirror == NULL)
        fix->ok = create_mirror(fix->t, c);
}

bool loading_fix_mirrors(struct thread *t)
{
    struct fix fix = {t, true};
    for (size_t i = 0; i < ARRAY_COUNT(t->vm->primitive_classes); i++)
        fix_one(t->vm->primitive_classes[i], &fix);
    each_class(t->vm, fix_one, &fix);
    return fix.ok;
}
