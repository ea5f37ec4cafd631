/* Native methods: how they are found and called. */
#ifndef CLOISTER_NATIVE_NATIVES_H
#define CLOISTER_NATIVE_NATIVES_H

#include "vm/vm.h"

/* Natives that the VM itself supplies, by class: bound by `registerNatives` of that class or at first call.
 * Each file of native/ that implements some exports a table. */
struct vm_native {
    const char *name, *descriptor;
    void *function;      /* JNI-shaped: (JNIEnv *, jclass or jobject this, ...); called in THREAD_NATIVE; or NULL */
    /* Or: a complete method entry, installed as m->entry.  Runs in THREAD_JAVA without a frame of its own (so it is not
     * in traces and getCallerClass starts at its caller), reads its arguments from args (static: args[0] is the first
     * argument, no class; instance: args[0].a is the non-null receiver), leaves the result in args[0] (sub-ints as int:
     * 0/1, sign-extended) and may set t->exception.  Takes precedence over `function`. */
    method_entry direct;
};
struct vm_native_class { const char *class_name; const struct vm_native *methods; size_t count; };
extern const struct vm_native_class natives_object, natives_unsafe, natives_method_handle_natives,
    natives_method_handle, natives_perf, natives_scoped_memory, natives_native_entry_point, natives_vector_support,
    natives_jfr, natives_whitebox, natives_whitebox_old, natives_isolate;

/* Hot natives of java.base, direct: they take precedence over everything that libjava registers. */
extern const struct vm_native_class natives_intrinsics[];
extern const size_t natives_intrinsics_count;

/* method->entry of native methods until their first call, which binds them and installs the direct entry or a bridge
 * (bridge.h: state change, local frame, synchronization, result conversion). */
void native_entry(struct thread *t, struct method *m, union slot *args);
bool native_register(struct thread *t, struct class *c, const char *name, const char *descriptor, void *function);
void natives_init(struct vm *vm);
void *native_libjava(struct vm *vm);     /* dlopen handle of libjava.so, opened at boot */
void *native_libverify(struct vm *vm);   /* and of libverify.so, which comes with it */
/* Type checking of a class's methods (verifier.c).  false: exception pending. */
bool verifier_verify(struct thread *t, struct class *c);

#endif
