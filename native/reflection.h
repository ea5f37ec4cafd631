/* Reflection helpers shared by the JVM_ functions, JNI's ToReflected / FromReflected functions and the constant-pool
 * access: java.lang.reflect objects from VM members and back.  Functions that return objects return NULL with an
 * exception pending on failure, unless their comment says otherwise. */
#ifndef CLOISTER_NATIVE_REFLECTION_H
#define CLOISTER_NATIVE_REFLECTION_H

#include "vm/vm.h"

struct object *reflect_new_method(struct thread *t, struct method *m); /* a Constructor when m is <init>, else Method */
struct object *reflect_new_field(struct thread *t, struct field *f);
/* The VM member behind a reflect object, by (clazz, slot).  Never throws. */
struct method *reflect_method(struct thread *t, struct object *method_or_constructor);
struct field *reflect_field(struct thread *t, struct object *field);
int64_t reflect_field_offset(const struct field *f); /* bytes: in its object; of a static one in its class's mirror */
/* Class[] of the declared parameters, loaded with the loader of m's class. */
struct object *reflect_parameter_types(struct thread *t, struct method *m);

/* Boxes a value of primitive type `type` (descriptor character; 'V' gives NULL without exception; 'L' and '[' v.a). */
struct object *reflect_box(struct thread *t, char type, union slot value);
/* JLS 5.1.2: converts *value of type `from` to type `to`; false: no identity or widening conversion. */
bool reflect_widen(char from, char to, union slot *value);
/* An empty Class[length]. */
struct object *reflect_class_array(struct thread *t, uint32_t length);
/* byte[] of an attribute payload (length in the u4 before it); NULL without exception for NULL. */
struct object *reflect_bytes(struct thread *t, const uint8_t *payload);

#endif
