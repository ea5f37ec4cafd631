/* Modules and packages (JVM_DefineModule and friends), and the questions access checks ask of them. */
#ifndef CLOISTER_CLASSLOADER_MODULES_H
#define CLOISTER_CLASSLOADER_MODULES_H

#include "vm/vm.h"

/* Package of a class name in a loader, made on demand (in the unnamed module if no named module has it). */
struct package *package_of(struct loader *loader, const struct symbol *class_name, bool create);
struct package *package_find(struct loader *loader, const char *name, size_t length);
/* packages: dotted or slashed names, malloc-free C strings.  false: exception pending (IllegalArgument / IllegalState,
 * HotSpot's words). */
bool module_define(struct thread *t, struct object *java_module, bool open, const char *version, const char *location,
                   const char *const *packages, size_t count);
bool module_set_boot_unnamed(struct thread *t, struct object *java_module);
bool module_add_reads(struct thread *t, struct object *from, struct object *to /* NULL: all unnamed */);
bool module_add_exports(struct thread *t, struct object *from, const char *package, struct object *to);
bool module_add_exports_to_all(struct thread *t, struct object *from, const char *package);
bool module_add_exports_to_all_unnamed(struct thread *t, struct object *from, const char *package);
bool module_reads(const struct module *from, const struct module *to);
bool package_exported_to(const struct package *p, const struct module *to);
/* "module java.base of loader 'bootstrap'", "unnamed module of loader 'app'": the tail of HotSpot's messages. */
char *class_in_module_of_loader(struct thread *t, const struct class *c, char *buffer, size_t size);
/* "A and B are in unnamed module of loader 'app'" or "A is in ...; B is in ...". */
char *classes_in_modules_of_loaders(struct thread *t, const struct class *a, const struct class *b, char *buffer,
                                    size_t size);
/* "X is in unnamed module of loader 'l' @1b, parent loader 'app'": what LinkageErrors say. */
char *class_is_in_module_with_parent(struct thread *t, const struct class *c, char *buffer, size_t size);
/* "'app'", "'name' @1f", "pkg.Loader @1f", "'bootstrap'". */
char *loader_name_and_id(struct thread *t, const struct loader *loader, char *buffer, size_t size);

#endif
