/* invokedynamic, method handles and dynamic constants, through the JDK's own Java code. */
#ifndef CLOISTER_INTERPRETER_MH_LINK_H
#define CLOISTER_INTERPRETER_MH_LINK_H

#include "vm/vm.h"

struct call_site { struct method *adapter; struct object **appendix; /* root slot, NULL: none */ };

/* Links an invokedynamic instruction (cp_index of CP_INVOKE_DYNAMIC) / a polymorphic invokevirtual. NULL: exception
 * pending. */
struct call_site *mh_link_call_site(struct thread *t, struct method *caller, uint16_t cp_index);
struct call_site *mh_link_polymorphic(struct thread *t, struct class *caller, struct class *holder, struct symbol *name,
                                      struct symbol *descriptor);
/* METHOD_HANDLE, METHOD_TYPE, DYNAMIC */
struct object *mh_resolve_constant(struct thread *t, struct class *from, uint16_t cp_index);
/* The VM method that a MemberName / MethodHandle designates. */
struct method *mh_member_target(struct thread *t, struct object *member_name);
struct method *mh_target(struct thread *t, struct object *method_handle);
/* Linkage errors are recorded and thrown again by the same site or constant; others are not (JVMS 5.4.3). */
bool mh_is_linkage_error(const struct object *throwable);

#endif
