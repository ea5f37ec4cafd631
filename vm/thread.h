/* Threads.  A Java thread is a pthread attached to the collector.
 *
 * State protocol: a thread is in one of
 *   THREAD_JAVA     running bytecode or VM code; stops at polls
 *   THREAD_NATIVE   in JNI code or about to block; must not touch the heap except through handles; counts as stopped
 *   THREAD_BLOCKED  blocked inside the VM (monitor, park, sleep, wait, safepoint); counts as stopped
 * Going from NATIVE/BLOCKED to JAVA waits while a safepoint is in progress (safepoint.h).
 *
 * Locks.  What Java code may make a thread wait for (an object's monitor, a class's initialization, the loading of a
 * class, a safepoint) is never a mutex.  Mutexes are held for a few instructions: not over Java code, allocation in the
 * heap or a change of state.  Two kinds are held for longer: native_state->libjava_lock while libjava.so is loaded and
 * its JNI_OnLoad runs, so nothing else may be held when it is taken; the collector's first two below, over collections.
 * Those that nest, outermost first:
 *
 *   safepoint.lock (safepoint.c) > vm->threads_lock
 *   vm->threads_lock > thread->park_mutex, roots.lock (gc/roots.c)
 *   monitor->mutex > thread->park_mutex
 *   loader constraints (classloader/constraints.c) > loader->lock
 *   loader->lock, polymorphic methods (classloader/polymorphic.c), profiles (interpreter/profile.c)
 *       > arena->lock, symbols.lock
 *   last resort of allocation (gc/alloc.c), heap walk (gc/walk.c) > libgc.lock (gc/limit.c) > libgc's own lock
 *
 * The rest are taken last: table of monitors, interned strings, slots of constant pools, states of classes
 * (classloader/initialization.c), archives of the boot path, native_state->handles_lock and ->monitors_lock, shapes of
 * native calls (native/bridge.c), management->lock, visitors of weak tables (gc/references.c).
 * What the collector's visitors and hooks touch, they touch without a lock: threads are stopped at any instruction. */
#ifndef CLOISTER_VM_THREAD_H
#define CLOISTER_VM_THREAD_H

#include <jni.h>
#include <pthread.h>

#include "gc/gc.h"
#include "vm/base.h"
#include "vm/frame.h"

enum { /* struct thread poll */
    POLL_SAFEPOINT = 1,                  /* one is in progress */
    POLL_SUSPEND = 2,                    /* Thread.suspend asked it to wait */
    POLL_STOP = 4,                       /* stop_exception is to be thrown */
};
enum thread_state { THREAD_NEW, THREAD_JAVA, THREAD_NATIVE, THREAD_BLOCKED, THREAD_TERMINATED };

/* java.lang.Thread.threadStatus (JVMTI bits) */
enum java_thread_status {
    STATUS_NEW = 0, STATUS_RUNNABLE = 0x5, STATUS_BLOCKED = 0x401, STATUS_WAITING = 0x191, STATUS_TIMED_WAITING = 0x1A1,
    STATUS_PARKED = 0x291, STATUS_PARKED_TIMED = 0x2A1, STATUS_SLEEPING = 0xE1, STATUS_TERMINATED = 0x2,
};

/* Local references: handle blocks of one thread (native/handles.h owns the operations). */
struct handle_stack {
    struct object **slots;               /* mmap'ed reservation: never moves, so a jobject is the address of a slot */
    uint32_t top, capacity;              /* in slots */
    uint32_t frame_base;                 /* first slot of the current local frame */
    uint32_t free_count;                 /* cleared slots of the current frame */
    uint32_t free_list;                  /* index + 1 of the first chained one, 0: none */
};

struct thread {
    const struct JNINativeInterface_ *jni; /* first: a JNIEnv* is the address of a struct thread */
    _Atomic uint32_t poll;               /* POLL_*; non-zero: call safepoint_poll_slow soon */
    _Atomic uint32_t state;              /* enum thread_state */
    struct object *exception;            /* pending Throwable or NULL */
    struct frame *frame;                 /* innermost frame, NULL: none */
    union slot *stack_limit;             /* a frame may not extend beyond */
    union slot *stack_base, *stack_end;  /* whole Java stack; the zone between limit and end serves handlers of SOE */
    char *c_stack_limit;                 /* lowest C address that VM entries may use; below: StackOverflowError */
    char *c_stack_base;
    struct gc_thread gc;
    struct vm *vm;
    struct object *java_thread;          /* java.lang.Thread */
    struct handle_stack handles;
    uint32_t id;                         /* small, unique among live threads, 1..32767: thin-lock owner */
    pthread_t pthread;
    int32_t tid;                         /* kernel's */
    bool daemon, attached /* by JNI */, in_list, detaching;
    uint32_t critical_depth;             /* JNI critical sections held */

    /* park/unpark, sleep, wait: vm/park.c */
    pthread_mutex_t park_mutex;
    pthread_cond_t park_cond;            /* CLOCK_MONOTONIC */
    bool park_permit, interrupt_wake;
    bool suspended;                      /* by Thread.suspend: vm/safepoint.c, under its lock */
    struct object *_Atomic stop_exception; /* Thread.stop's, not yet thrown here */
    struct monitor *_Atomic blocked_on;  /* monitor being entered or waited on, for dumps and deadlock detection */
    struct object *blocked_object;
    uint64_t cpu_start_ns /* CLOCK_MONOTONIC when it began */, blocked_count, waited_count; /* management */
    struct thread *next, *previous;      /* vm->threads, under threads_lock */
    void *walk_anchor;                   /* active StackWalker, native/jvm_stackwalk.c */
    struct class *init_class;            /* class whose initializer is being waited for (dump) */
    struct frame *permission_limit;      /* it and its callers do not limit permissions: loads for the verifier */
    struct package_check *package_checks; /* in progress, innermost first: classloader/package_access.c */
    struct class_load *class_loads;      /* loadClass calls of the VM, innermost first: classloader/loading.c */
    struct verifier_view *verifying;     /* class being verified, innermost: native/verifier.c */
    uint64_t call_allocated, call_collections; /* the heap's figures when it took a call: native/isolate.c */
    uint32_t throw_depth;                /* exceptions being made by the VM, one inside the other: vm/exception.c */
    bool counted_daemon, java_exited;    /* counted in vm->daemon_count; the exit protocol has run */
    char name[64];                       /* for VM-internal threads and dumps before java_thread exists */
};

extern __thread struct thread *thread_current_pointer __attribute__((tls_model("initial-exec")));
static inline struct thread *thread_current(void) { return thread_current_pointer; } /* NULL: not attached */

/* Make and attach the calling pthread (main thread, JNI attach).  `java_stack` 0: -Xss.  NULL: out of memory. */
struct thread *thread_attach_current(struct vm *vm, size_t java_stack);
void thread_detach_current(struct thread *t); /* after its Java-side exit; frees the struct */

/* Start a pthread that runs entry(t, arg) attached; used for java.lang.Thread.start0 and VM service threads.
 * The java.lang.Thread's eetop is set before return.  false: the OS refused (caller throws OutOfMemoryError). */
bool thread_start(struct vm *vm, struct object *java_thread, size_t stack_size, void (*entry)(struct thread *, void *),
                  void *arg);
/* java.lang.Thread.start0: starts `java_thread`, running Thread.run() and the exit protocol. */
void thread_start_java(struct thread *t, struct object *java_thread);
/* Uncaught-exception dispatch, Thread.exit(), TERMINATED, notifyAll: what ends every Java thread. */
void thread_java_exit(struct thread *t);
/* eetop, or NULL when not alive; valid under threads_lock or at a safepoint. */
struct thread *thread_from_java(struct object *java_thread);
void thread_set_java_status(struct thread *t, enum java_thread_status status);
/* Wait until no non-daemon thread other than the caller lives (DestroyJavaVM). */
void thread_wait_for_others(struct thread *t);
bool thread_is_last(struct thread *t); /* it would not have to wait */
size_t thread_live_count(struct vm *vm);

/* First free slot of the Java stack: where java_call puts arguments. */
union slot *thread_stack_top(struct thread *t);
/* StackOverflowError unless `slots` more slots and a margin of C stack are available. */
bool thread_ensure_stack(struct thread *t, size_t slots);
static inline bool thread_c_stack_low(struct thread *t)
{
    return (char *)__builtin_frame_address(0) < t->c_stack_limit;
}

/* park/unpark (Unsafe.park semantics: deadline_ms absolute CLOCK_REALTIME if `absolute`, else ns; 0 and !absolute:
 * forever). */
void thread_park(struct thread *t, bool absolute, int64_t time);
void thread_unpark(struct thread *target);
/* Sleep; true: slept to the end, false: interrupted (InterruptedException is pending and the flag cleared). */
bool thread_sleep(struct thread *t, int64_t ns);
void thread_interrupt(struct thread *target); /* wakes park, sleep, wait; the Java flag is already set */

/* Thread.stop: throws in the target at its next jump back or return from native code; before its start: it never
 * runs. */
void thread_stop(struct thread *t, struct object *java_thread, struct object *throwable);
void thread_take_stop_slow(struct thread *t);
/* Where the interpreter can throw: what Thread.stop sent becomes the pending exception, in place of any other. */
static inline void thread_take_stop(struct thread *t)
{
    if (UNLIKELY(atomic_load_explicit(&t->poll, memory_order_relaxed) & POLL_STOP))
        thread_take_stop_slow(t);
}

#endif
