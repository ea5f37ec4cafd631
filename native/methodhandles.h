/* java.lang.invoke.MemberName from C: the names that method handles are made of. */
#ifndef CLOISTER_NATIVE_METHODHANDLES_H
#define CLOISTER_NATIVE_METHODHANDLES_H

#include "vm/vm.h"

enum { /* java.lang.invoke.MethodHandleNatives.Constants */
    MN_IS_METHOD = 0x00010000, MN_IS_CONSTRUCTOR = 0x00020000, MN_IS_FIELD = 0x00040000, MN_IS_TYPE = 0x00080000,
    MN_CALLER_SENSITIVE = 0x00100000, MN_TRUSTED_FINAL = 0x00200000, MN_KIND_SHIFT = 24, MN_KIND_MASK = 0xf,
    MN_ALL_KINDS = MN_IS_METHOD | MN_IS_CONSTRUCTOR | MN_IS_FIELD | MN_IS_TYPE,
    MN_SEARCH_SUPERCLASSES = 0x00100000, MN_SEARCH_INTERFACES = 0x00200000,
};

enum reference_kind { /* JVMS 4.4.8 */
    REF_NONE, REF_GET_FIELD, REF_GET_STATIC, REF_PUT_FIELD, REF_PUT_STATIC, REF_INVOKE_VIRTUAL, REF_INVOKE_STATIC,
    REF_INVOKE_SPECIAL, REF_NEW_INVOKE_SPECIAL, REF_INVOKE_INTERFACE, REF_LIMIT,
};

enum { VMINDEX_DIRECT = -2 }; /* MemberName.vmindex of a method that is called without selection */

/* Makes `member` stand for m: clazz, flags, method and vmindex; name and type stay as they are.  do_dispatch: select on
 * the receiver's class where m can be overridden; else m itself is called.  ref_class: the class through which m was
 * found (its owner, or a class that inherits a default method).  false: exception pending. */
bool member_name_init_method(struct thread *t, struct object *member, struct method *m, bool do_dispatch,
                             struct class *ref_class);
void member_name_init_field(struct thread *t, struct object *member, struct field *f, bool setter);

/* The method a resolved MemberName designates, or NULL. */
struct method *member_name_method(struct thread *t, struct object *member);
/* The field a resolved MemberName designates, or NULL. */
struct field *member_name_field(struct thread *t, struct object *member);
int32_t member_name_flags(struct thread *t, struct object *member);
static inline enum reference_kind member_name_kind(int32_t flags)
{
    return (enum reference_kind)(flags >> MN_KIND_SHIFT & MN_KIND_MASK);
}

/* Descriptor of a MethodType, Class or String.  NULL: it names nothing that can exist (too long, or null parts). */
struct symbol *member_type_symbol(struct thread *t, struct object *type);

/* MethodHandleNatives.resolve and getMembers. */
void member_name_resolve(struct thread *t, struct method *m, union slot *args);
void member_name_list(struct thread *t, struct method *m, union slot *args);

#endif
