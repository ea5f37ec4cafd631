/* Classes, fields and methods of the class library that the VM itself uses, resolved once at boot by name and
 * descriptor from the tables in vm/release/; a missing one ends start-up with a sentence that names it. */
#ifndef CLOISTER_VM_WELLKNOWN_H
#define CLOISTER_VM_WELLKNOWN_H

#include "vm/base.h"

struct wellknown {
#define CLASS(name, text) struct class *name;
#include "vm/release/classes.def"
#undef CLASS
/* Instance fields: byte offsets.  Static fields: addresses (known->name is then void *). */
#define FIELD(cls, field, descriptor) uint32_t cls##_##field;
#define STATIC_FIELD(cls, field, descriptor) void *cls##_##field;
#define INJECTED_FIELD(cls, field, descriptor) uint32_t cls##_##field;
#include "vm/release/fields.def"
#undef FIELD
#undef STATIC_FIELD
#undef INJECTED_FIELD
#define UPCALL(name, holder, text, descriptor) struct method *name;
#include "vm/release/upcalls.def"
#undef UPCALL
};

/* Resolves the tables in steps, since classes become loadable step by step.  false: sentence printed. */
bool wellknown_load_classes(struct thread *t);  /* loads and links every CLASS; records fields and methods */
/* Offset where an injected field of a class being laid out must be recorded: classloader/layout.c walks this. */
struct injected_field { const char *class_name, *name, *descriptor; size_t known_offset; };
extern const struct injected_field injected_fields[]; /* ends with class_name NULL */

#endif
