/* Methods.  Callers reach a method's code only through `entry`; they do not know whether it leads to the interpreter,
 * a native bridge, compiled code, or a stub that still has to prepare one of these. */
#ifndef CLOISTER_VM_METHOD_H
#define CLOISTER_VM_METHOD_H

#include "vm/base.h"
#include "vm/class.h"
#include "vm/symbol.h"

/* `args` lies on the Java stack of `t`, just above everything in use there: [receiver,] arguments in slots.  The result
 * (if any) is left in args[0] (for long and double too).  On a pending exception args[0] is undefined. */
typedef void (*method_entry)(struct thread *t, struct method *m, union slot *args);

/* Methods whose calls mean more than their body. */
enum method_intrinsic {
    INTRINSIC_NONE,
    INTRINSIC_INVOKE_BASIC, INTRINSIC_LINK_TO_STATIC, INTRINSIC_LINK_TO_SPECIAL, INTRINSIC_LINK_TO_VIRTUAL,
    INTRINSIC_LINK_TO_INTERFACE, INTRINSIC_LINK_TO_NATIVE,
    INTRINSIC_INVOKE_GENERIC, /* MethodHandle.invoke / invokeExact and VarHandle accessors: linked per call site */
    INTRINSIC_COUNT
};

enum { /* struct method vm_flags */
    METHOD_CALLER_SENSITIVE = 1 << 0,
    METHOD_HIDDEN = 1 << 1,              /* @Hidden or LambdaForm$Compiled: not in stack traces */
    METHOD_FORCE_INLINE = 1 << 2,
    METHOD_DONT_INLINE = 1 << 3,
    METHOD_INTRINSIC_CANDIDATE = 1 << 4,
    METHOD_RESERVED_STACK = 1 << 5,
    METHOD_SCOPED = 1 << 6,
    METHOD_MIRANDA = 1 << 7,             /* vtable-only copy standing for an interface's method */
    METHOD_OVERPASS = 1 << 8,            /* synthesized: throws AbstractMethodError / ICCE for a vtable slot */
    METHOD_HAS_LOOPS = 1 << 9,
    METHOD_EMPTY = 1 << 10,              /* body is a single return */
    METHOD_LAMBDA_FORM_COMPILED = 1 << 11,
    METHOD_CONFLICT = 1 << 12,           /* an overpass: several default methods to choose from */
    METHOD_LAUNCHER = 1 << 13,           /* @Launcher: stands for the launcher, which has no frames */
};

struct exception_handler { /* in class-file order; pcs are bytecode indexes */
    uint16_t start_pc, end_pc, handler_pc, catch_type; /* catch_type: cp index of a Class, 0: any */
};

struct method {
    method_entry entry;                  /* hot: first */
    struct class *owner;
    struct code *code;                   /* interpreter's prepared form, NULL until first call; interpreter/code.h */
    uint16_t access_flags, max_stack, max_locals;
    uint16_t arg_slots;                  /* with the receiver; long and double count two */
    char return_type;                    /* descriptor character: V Z B C S I J F D L [ */
    uint8_t intrinsic;                   /* enum method_intrinsic */
    uint8_t result_slots;                /* 0, 1, 2 */
    uint8_t arg_count;                   /* without the receiver, JVMS 4.3.3 <= 255 */
    uint32_t vm_flags;
    int32_t vtable_index;                /* >= 0; -1: not dispatched virtually (static, private, <init>) */
    int32_t itable_index;                /* interface methods: index in struct itable.methods; else -1 */
    struct symbol *name, *descriptor;
    const uint8_t *bytecode;             /* the original, in the class file; NULL for native and abstract */
    uint32_t bytecode_length;
    uint16_t index;                      /* in owner->methods; reflect.Method.slot */
    uint16_t handler_count;
    struct exception_handler *handlers;
    uint16_t line_count;
    const uint8_t *lines;                /* u2 start_pc, u2 line_number pairs in the class file (merged), or NULL */
    uint16_t exception_count;            /* Exceptions attribute: u2 class indexes at exceptions */
    const uint8_t *exceptions;
    struct symbol *signature;
    const uint8_t *code_attribute;       /* payload of Code (max_stack first), where its own attributes are found */
    const uint8_t *annotations, *parameter_annotations, *annotation_default, *type_annotations, *parameters;
    _Atomic(void *) native_function;     /* bound native code, NULL until linked */
    void *native_bridge;                 /* native/bridge.h: cached call description */
    _Atomic uint32_t invocations, back_edges; /* counted for profiles only: clones write no counters */
    struct profile *profile;             /* NULL until warm */
};

static inline bool method_is_static(const struct method *m) { return (m->access_flags & ACC_STATIC) != 0; }
static inline bool method_is_native(const struct method *m) { return (m->access_flags & ACC_NATIVE) != 0; }
static inline bool method_is_abstract(const struct method *m) { return (m->access_flags & ACC_ABSTRACT) != 0; }
static inline bool method_is_private(const struct method *m) { return (m->access_flags & ACC_PRIVATE) != 0; }
static inline bool method_is_final(const struct method *m)
{
    return ((m->access_flags | m->owner->access_flags) & ACC_FINAL) != 0;
}
static inline bool method_is_initializer(const struct method *m) { return m->name->bytes[0] == '<'; }
/* Not shown in stack traces (JEP 371: all methods of hidden classes too). */
static inline bool method_is_hidden(const struct method *m)
{
    return (m->vm_flags & METHOD_HIDDEN) != 0 || class_is_hidden(m->owner);
}
/* No Java code can see that it runs. */
static inline bool method_is_launcher(const struct method *m) { return (m->vm_flags & METHOD_LAUNCHER) != 0; }
static inline bool method_is_synchronized(const struct method *m) { return (m->access_flags & ACC_SYNCHRONIZED) != 0; }

/* Source line of a bytecode index: -1 unknown, -2 native. */
int32_t method_line_number(const struct method *m, uint32_t bci);
/* "int java.lang.String.indexOf(java.lang.String, int)" in the form of HotSpot's messages ('int W.nosuch()'). */
char *method_external_name(const struct method *m, char *buffer, size_t size);

#endif
