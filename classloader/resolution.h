/* Resolution of constant-pool entries (JVMS 5.4.3) and access control (5.4.4).  Each function returns the resolved
 * thing (recorded in the class's cp_slot) or NULL with the exception pending; failures are recorded and thrown again.
 */
#ifndef CLOISTER_CLASSLOADER_RESOLUTION_H
#define CLOISTER_CLASSLOADER_RESOLUTION_H

#include "vm/vm.h"

enum call_kind { CALL_STATIC, CALL_SPECIAL, CALL_VIRTUAL, CALL_INTERFACE };

struct class *resolve_class(struct thread *t, struct class *from, uint16_t cp_index);
struct object *resolve_string(struct thread *t, struct class *from, uint16_t cp_index);
/* is_static: the instruction's kind (IncompatibleClassChangeError on mismatch).  is_put: the rule for final fields;
 * from_method: the method that puts one. */
struct field *resolve_field(struct thread *t, struct class *from, uint16_t cp_index, bool is_static, bool is_put,
                            struct method *from_method);

struct call_target {
    struct method *declared;             /* the resolved method */
    enum call_kind kind;                 /* how to select at run time: directly, by vtable, by itable */
    int32_t index;                       /* vtable or itable index */
};
/* kind: the instruction (CALL_SPECIAL applies ACC_SUPER's rule: out->declared is then the method to run).
 * Signature-polymorphic methods come back with declared->intrinsic != NONE: see interpreter/mh_link.h. */
bool resolve_method(struct thread *t, struct class *from, uint16_t cp_index, enum call_kind kind,
                    struct call_target *out);

/* The same by names, without a constant pool (MethodHandleNatives.resolve, JNI, NativeLookup).  from NULL: no access
 * checks. `speculative`: NULL / false without an exception.  `unconstrained`: a public lookup, free of loader
 * constraints. */
struct field *resolve_field_in(struct thread *t, struct class *holder, struct symbol *name, struct symbol *descriptor,
                               bool is_static, struct class *from, bool speculative);
bool resolve_method_in(struct thread *t, struct class *holder, struct symbol *name, struct symbol *descriptor,
                       enum call_kind kind, bool unconstrained, struct class *from, bool speculative,
                       struct call_target *out);
/* A new error of the same class with the same message as the first one, and its cause: its trace is that of the new
 * attempt. */
void throw_again(struct thread *t, struct object *first, bool with_cause);

/* Constant handles, types and dynamic constants go through vm->hooks.resolve_dynamic (interpreter/mh_link.c). */

/* Access (JVMS 5.4.4).  Do not throw. */
bool access_class(struct class *from, const struct class *target);       /* includes module readability and exports */
bool access_member(struct thread *t, struct class *from, struct class *holder, struct class *declaring,
                   uint16_t flags); /* of nestmates: may load */
/* Throws HotSpot's IllegalAccessError text for an inaccessible class or member. */
void throw_class_access(struct thread *t, struct class *from, struct class *target);

/* Signature-polymorphic methods: one struct method per (intrinsic, descriptor), made on demand. */
struct method *polymorphic_method(struct thread *t, enum method_intrinsic intrinsic, struct symbol *name,
                                  struct symbol *descriptor);
enum method_intrinsic polymorphic_intrinsic(const struct class *holder, const struct symbol *name); /* or NONE */

#endif
