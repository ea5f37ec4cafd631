/* The virtual machine: everything hangs from here.  One per process (OpenJDK's libraries allow no more), reached
 * through t->vm; only entry points that have no thread (JNI_GetCreatedJavaVMs, signal handlers) use vm_instance(). */
#ifndef CLOISTER_VM_VM_H
#define CLOISTER_VM_VM_H

#include <jni.h>

#include "vm/class.h"
#include "vm/loader.h"
#include "vm/log.h"
#include "vm/method.h"
#include "vm/options.h"
#include "vm/thread.h"
#include "vm/wellknown.h"

/* Installed by higher layers at start-up; lower layers call through these. */
struct vm_hooks {
    /* classloader */
    struct class *(*find_boot_class)(struct thread *t, const char *name);          /* NULL + exception if absent */
    bool (*initialize_class)(struct thread *t, struct class *c);                   /* JVMS 5.5 */
    struct class *(*array_class_of)(struct thread *t, struct class *component);
    bool (*link_class)(struct thread *t, struct class *c);
    struct class *(*resolve_class)(struct thread *t, struct class *from, uint16_t cp_index);
    /* interpreter */
    void (*install_entry)(struct method *m);                                       /* entry of a new method */
    int32_t (*frame_bci)(const struct frame *f);                                   /* of a frame of Java code */
    /* CP_METHOD_HANDLE, CP_METHOD_TYPE, CP_DYNAMIC */
    struct object *(*resolve_dynamic)(struct thread *t, struct class *from, uint16_t cp_index);
    /* Objects that a stopped frame holds locked by monitorenter, at most `maximum`; the method's own is frame->lock. */
    size_t (*frame_locks)(const struct frame *f, struct object **out, size_t maximum);
    void (*before_exit)(struct vm *vm);                                            /* what it logs at the end */
    void (*withdraw)(struct vm *vm);     /* takes away what others would find of an ended VM; NULL: nothing */
    /* native */
    bool (*verify_types)(struct thread *t, struct class *c);                       /* JVMS 4.10.2 */
    void (*native_entry)(struct thread *t, struct method *m, union slot *args);    /* entry of native methods */
    /* vm: -XX:+HeapDumpOnOutOfMemoryError.  NULL: there is no dumper. */
    void (*dump_heap)(struct thread *t, const char *why);
};

struct vm {
    const struct JNIInvokeInterface_ *invoke; /* first: a JavaVM* is the address of a struct vm */
    struct options options;
    struct vm_hooks hooks;
    struct loader *boot_loader;
    struct loader *_Atomic loaders;           /* all, newest first */
    struct wellknown known;                   /* classes, fields, methods the VM uses */
    struct class *primitive_classes[9];       /* order of "ZCFDBSIJV" */
    struct module *java_base;
    struct bootpath *bootpath;                /* where boot classes come from; classloader/bootpath.h */
    bool modules_ready;                       /* java.base has been defined */
    int init_level;                           /* 0 .. 4: phases passed */
    bool initialized;                         /* JNI_CreateJavaVM returned */
    _Atomic bool exiting;

    pthread_mutex_t threads_lock;             /* list of threads, ids, counts */
    pthread_cond_t threads_changed;
    struct thread *threads;
    uint32_t thread_count, daemon_count;
    uint64_t thread_ids[512];                 /* bitmap of the ids in use (1 .. 32767), under threads_lock */
    uint32_t thread_id_hint;                  /* word of thread_ids where the last id was found */
    uint64_t threads_started, threads_peak;
    struct thread *main_thread;
    struct object **main_thread_group, **system_thread_group; /* root slots */

    const struct JNINativeInterface_ *jni_functions;
    struct object **out_of_memory, **out_of_memory_array, **stack_overflow; /* preallocated, root slots */
    int64_t start_ns;                         /* CLOCK_MONOTONIC at creation */
    int64_t start_ms;                         /* CLOCK_REALTIME */
    _Atomic uint64_t classes_loaded, classes_unloaded;
    _Atomic uint64_t safepoints;
    void *monitors, *strings;                 /* private state of vm/monitor.c and vm/string.c */
    void *native, *management, *interpreter;  /* private state of native/ and interpreter/ */
};

struct vm *vm_instance(void); /* NULL before creation */
void vm_set_instance(struct vm *vm);

void vm_before_exit(struct vm *vm); /* what the VM does for others before it ends: its hooks */
/* Ends the process: runs nothing in Java.  `code` is the exit status. */
_Noreturn void vm_exit(struct vm *vm, int code);
/* A broken invariant or unrecoverable state: prints HotSpot's form of report and aborts.  Never for what a user can
 * cause. */
_Noreturn void vm_fatal(const char *fmt, ...) PRINTF(1, 2);

struct class *vm_primitive_class(struct vm *vm, char type); /* by descriptor character */

#endif
