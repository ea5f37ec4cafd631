/* Loading and defining classes (JVMS 5.3): dictionaries, loader constraints, hidden classes, arrays, primitives. */
#ifndef CLOISTER_CLASSLOADER_LOADING_H
#define CLOISTER_CLASSLOADER_LOADING_H

#include "vm/vm.h"

bool loading_init(struct thread *t);                       /* boot loader, hooks, primitive classes; no Java yet */
/* After java.lang.Class is linked: gives every class loaded so far its mirror (earlier mirrors do not exist). */
bool loading_fix_mirrors(struct thread *t);

/* The struct loader of a ClassLoader object (NULL: boot), made at first use; kept in its injected field. */
struct loader *loader_of(struct thread *t, struct object *java_loader);

/* Loads by slash name ("[I", "[Ljava/lang/String;" too) with `loader` as initiating loader.  NULL: NoClassDefFoundError
 * / ClassNotFoundException / LinkageError pending. `as_not_found`: throw ClassNotFoundException. */
struct class *load_class(struct thread *t, struct symbol *name, struct loader *loader, bool as_not_found);
struct class *load_boot_class(struct thread *t, struct symbol *name); /* NULL without exception when absent */
/* Already recorded for this initiating loader, or NULL.  Never loads. */
struct class *find_loaded_class(struct loader *loader, const struct symbol *name);

struct define_options {
    struct loader *loader;
    struct symbol *expected_name;        /* or NULL */
    struct object *protection_domain;    /* or NULL */
    const char *source;                  /* for logging, or NULL */
    bool hidden, nestmate, strong, vm_annotations;
    struct class *lookup;                /* hidden / nestmate: the lookup class */
    struct object *class_data;
};
/* Parses, resolves supers, checks, records.  NULL: exception pending. */
struct class *define_class(struct thread *t, const uint8_t *bytes, size_t length, const struct define_options *options);

struct class *array_class_of(struct thread *t, struct class *component);
/* Class of a field descriptor ("I", "Ljava/lang/String;", "[[J") in the context of `loader`. */
struct class *class_from_descriptor(struct thread *t, const char *descriptor, size_t length, struct loader *loader);

/* May code of a protection domain (NULL: any may) refer to `c`, found through `loader`?  With a security manager the
 * loader decides: package_access.c.  false: its exception is pending. */
bool check_package_access(struct thread *t, struct class *c, struct loader *loader, struct object *domain);

/* Every defined class, and every array class. */
void each_class(struct vm *vm, void (*visit)(struct class *c, void *arg), void *arg);

#endif
