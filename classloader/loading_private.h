/* What the files of class loading share among themselves. */
#ifndef CLOISTER_CLASSLOADER_LOADING_PRIVATE_H
#define CLOISTER_CLASSLOADER_LOADING_PRIVATE_H

#include "classloader/classfile.h"
#include "classloader/loading.h"

/* dictionary.c: classes by name for one initiating loader.  Readers take no lock. */
struct class *dictionary_find(const struct loader *loader, const struct symbol *name);
void dictionary_add_locked(struct loader *loader, struct class *c); /* loader->lock held */

/* constraints.c */
enum record_result { RECORDED, ALREADY_THIS, ALREADY_OTHER, CONSTRAINT_VIOLATED };
/* Enters c for the initiating loader, atomically with the check of loader constraints; *other: the class in the way. */
enum record_result record_class(struct loader *loader, struct class *c, struct class **other);
/* JVMS 5.3.4: `name` must mean the same class to both loaders.  false: it does not; no exception. */
bool constrain_loaders(struct symbol *name, struct loader *a, struct loader *b);
void throw_duplicate_definition(struct thread *t, const struct loader *loader, const struct class *existing);
void throw_constraint_violation(struct thread *t, const struct loader *loader, const struct class *wanted,
                                const struct class *other);

/* define.c */
struct define_source {
    bool from_boot_path;                 /* defined by the VM for the boot loader: a lost race yields the winner */
    bool mapped;                         /* the bytes live as long as the process */
    bool checked_at_build;               /* came unpatched from lib/modules */
};
struct class *define_class_from(struct thread *t, const uint8_t *bytes, size_t length,
                                const struct define_options *options, const struct define_source *from);
bool is_being_defined(const struct loader *loader, const struct symbol *name); /* by this thread */
void link_into_loader(struct loader *loader, struct class *c);                /* the list each_class walks */

/* define_checks.c: what JVMS 5.3.5 demands of superclass and superinterfaces.  false: exception pending. */
bool check_superclass(struct thread *t, struct class *c, struct class *super);
bool check_superinterface(struct thread *t, struct class *c, struct class *interface);
bool check_final_overrides(struct thread *t, struct class *c);
bool check_package_name(struct thread *t, const struct loader *loader, const struct symbol *name);

/* loading_mirrors.c */
bool create_mirror(struct thread *t, struct class *c); /* no effect before java.lang.Class is linked */
void mirror_set_module(struct thread *t, struct class *c);

/* loading_arrays.c */
bool create_primitive_classes(struct thread *t);
struct class *array_class_by_name(struct thread *t, const struct symbol *name, struct loader *loader, bool *absent);

/* loading.c: like load_class, but an absent class is NULL without an exception. */
struct class *find_or_load_class(struct thread *t, struct symbol *name, struct loader *loader);

#endif
