/* The bridge from Java to native code.  Methods of the same shape (static or not, kinds of the arguments and of the
 * result) share one description, made when the first of them is bound:
 *  - the general bridge calls through libffi with the shape's prepared ffi_cif;
 *  - methods whose arguments and result are all integers and references and fit the integer registers are called
 *    directly.  This fast path relies on the System V x86-64 calling convention (psABI 3.2.3): six integer registers,
 *    two of which take JNIEnv* and jclass / jobject; a callee ignores the upper half of one that carries an int. */
#include "native/bridge.h"

#include <ffi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "native/handles.h"
#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/safepoint.h"

enum {
    LEADING = 2, /* arguments that Java does not know: JNIEnv*, jclass / jobject */
#ifdef __x86_64__
    DIRECT_ARGUMENTS = 6 - LEADING,
#else
    DIRECT_ARGUMENTS = -1, /* no fast path: everything goes through libffi */
#endif
};

struct argument {
    uint8_t slot;
    bool reference;
};

/* Immutable once it is in the table. */
struct native_shape {
    struct native_shape *next;
    uint32_t hash;
    ffi_cif cif;
    ffi_type **types;             /* of the C arguments, for `cif` */
    method_entry entry;
    uint8_t count;                /* of `arguments` */
    const char *key;              /* shape_key */
    struct argument arguments[];
};

struct native_scope {
    struct frame *frame;
    struct handle_stack handles;          /* as they were: the native method's local references end with it */
    jobject self;
};

/* ---- entering and leaving -------------------------------------------------------------------------------- */

static inline __attribute__((always_inline)) struct frame *push_frame(struct thread *t, struct method *m,
                                                                      union slot *args)
{
    struct frame *f = (struct frame *)(args + m->arg_slots);
    if (UNLIKELY(frame_stack(f) > t->stack_limit || thread_c_stack_low(t))) {
        exception_throw_stack_overflow(t);
        return NULL;
    }
    f->previous = t->frame;
    f->method = m;
    f->pc = NULL;
    f->locals = args;
    f->sp = frame_stack(f);
    f->lock = NULL;
    f->monitors = NULL;
    f->flags = FRAME_NATIVE;
    f->handle_mark = t->handles.top;
    atomic_signal_fence(memory_order_seq_cst); /* complete before the collector can see it */
    t->frame = f;
    return f;
}

struct frame *bridge_push_frame(struct thread *t, struct method *m, union slot *args)
{
    return push_frame(t, m, args);
}

static __attribute__((noinline)) bool lock_scope(struct thread *t, struct native_scope *scope)
{
    struct object *lock = *(struct object **)scope->self;
    monitor_enter(t, lock);
    if (t->exception != NULL) {
        t->frame = scope->frame->previous;
        return false;
    }
    scope->frame->lock = lock;
    return true;
}

static inline __attribute__((always_inline)) bool enter(struct thread *t, struct method *m, union slot *args,
                                                        struct native_scope *scope)
{
    scope->frame = push_frame(t, m, args);
    if (UNLIKELY(scope->frame == NULL))
        return false;
    scope->self = method_is_static(m) ? (jobject)m->owner->mirror : (jobject)args;
    if (UNLIKELY(method_is_synchronized(m)) && !lock_scope(t, scope))
        return false;
    scope->handles = t->handles;
    t->handles.frame_base = t->handles.top;
    t->handles.free_count = t->handles.free_list = 0;
    thread_leave_java(t, THREAD_NATIVE);
    return true;
}

static __attribute__((noinline)) void unlock_scope(struct thread *t, struct native_scope *scope)
{
    struct object *pending = t->exception;
    t->exception = NULL;
    if (monitor_exit(t, scope->frame->lock) && t->exception == NULL)
        t->exception = pending;
}

/* After thread_enter_java.  `raw` is the result register. */
static inline __attribute__((always_inline)) void leave(struct thread *t, struct method *m, union slot *args,
                                                        struct native_scope *scope, union slot raw)
{
    union slot result = raw;
    switch (m->return_type) {
    case 'V': break;
    case 'Z': result.i = (uint8_t)raw.raw != 0; break; /* native code may return any non-zero byte for true */
    case 'B': result.i = (int8_t)raw.raw; break;
    case 'C': result.i = (uint16_t)raw.raw; break;
    case 'S': result.i = (int16_t)raw.raw; break;
    case 'L':
    case '[': result.a = t->exception == NULL ? handle_get((jobject)raw.raw) : NULL; break;
    default: break; /* I J F D */
    }
    if (UNLIKELY(scope->frame->lock != NULL))
        unlock_scope(t, scope);
    t->handles = scope->handles;
    t->frame = scope->frame->previous;
    if (m->return_type != 'V')
        args[0] = result;
    thread_take_stop(t);
}

/* A jobject argument is the address of its slot on the Java stack. */
static inline int64_t reference_or_raw(union slot *slot, bool reference)
{
    uintptr_t raw = slot->raw;
    return (int64_t)(reference && raw != 0 ? (uintptr_t)slot : raw);
}

static inline int64_t int_argument(const struct native_shape *shape, union slot *args, unsigned i)
{
    return reference_or_raw(&args[shape->arguments[i].slot], shape->arguments[i].reference);
}

/* ---- at most four arguments, none of them float or double, and no floating-point result ------------------- */

#define ARGUMENT(i) int_argument(shape, args, i)
#define DEFINE_INTEGER_BRIDGE(count, parameters, ...)                                                                  \
    static void integer_bridge_##count(struct thread *t, struct method *m, union slot *args)                           \
    {                                                                                                                  \
        typedef int64_t (*function) parameters;                                                                        \
        struct native_scope scope;                                                                                     \
        const struct native_shape *shape = m->native_bridge;                                                           \
        (void)shape;                                                                                                   \
        if (UNLIKELY(!enter(t, m, args, &scope)))                                                                      \
            return;                                                                                                    \
        function f = (function)atomic_load_explicit(&m->native_function, memory_order_relaxed);                        \
        union slot result = {.j = f((JNIEnv *)t, scope.self __VA_OPT__(, ) __VA_ARGS__)};                              \
        thread_enter_java(t);                                                                                          \
        leave(t, m, args, &scope, result);                                                                             \
    }
DEFINE_INTEGER_BRIDGE(0, (JNIEnv *, jobject))
DEFINE_INTEGER_BRIDGE(1, (JNIEnv *, jobject, int64_t), ARGUMENT(0))
DEFINE_INTEGER_BRIDGE(2, (JNIEnv *, jobject, int64_t, int64_t), ARGUMENT(0), ARGUMENT(1))
DEFINE_INTEGER_BRIDGE(3, (JNIEnv *, jobject, int64_t, int64_t, int64_t), ARGUMENT(0), ARGUMENT(1), ARGUMENT(2))
DEFINE_INTEGER_BRIDGE(4, (JNIEnv *, jobject, int64_t, int64_t, int64_t, int64_t), ARGUMENT(0), ARGUMENT(1), ARGUMENT(2),
                      ARGUMENT(3))

/* ---- all others ------------------------------------------------------------------------------------------ */

/* libffi reads each argument with the size of its type from where it lies: from its slot, whose lowest bytes are those
 * of a boolean, byte, char or short (x86 is little-endian), unless it is a reference. */
static void general_bridge(struct thread *t, struct method *m, union slot *args)
{
    struct native_shape *shape = m->native_bridge;
    struct native_scope scope;
    union { ffi_arg integer; union slot slot; } result = {.integer = 0}; /* libffi widens small integers to ffi_arg */
    JNIEnv *env = (JNIEnv *)t;
    int64_t references[shape->count + 1];
    void *values[shape->count + LEADING];
    if (UNLIKELY(!enter(t, m, args, &scope)))
        return;
    values[0] = &env;
    values[1] = &scope.self;
    for (unsigned i = 0; i < shape->count; i++) {
        union slot *slot = &args[shape->arguments[i].slot];
        references[i] = reference_or_raw(slot, true);
        values[LEADING + i] = shape->arguments[i].reference ? (void *)&references[i] : slot;
    }
    ffi_call(&shape->cif, FFI_FN(atomic_load_explicit(&m->native_function, memory_order_relaxed)), &result, values);
    thread_enter_java(t);
    leave(t, m, args, &scope, result.slot);
}

/* ---- shapes ---------------------------------------------------------------------------------------------- */

enum { MAX_ARGUMENTS = 255 /* JVMS 4.3.3 */, SHAPE_BUCKETS = 64 };

/* Shapes by key; never removed.  Read without the lock, which only orders insertions.  One table per process: what is
 * in it describes C functions and does not depend on a VM. */
static struct native_shape *_Atomic shapes[SHAPE_BUCKETS];
static pthread_mutex_t shapes_lock = PTHREAD_MUTEX_INITIALIZER;

static ffi_type *ffi_type_of(char kind)
{
    switch (kind) {
    case 'V': return &ffi_type_void;
    case 'Z': return &ffi_type_uint8;
    case 'B': return &ffi_type_sint8;
    case 'C': return &ffi_type_uint16;
    case 'S': return &ffi_type_sint16;
    case 'I': return &ffi_type_sint32;
    case 'J': return &ffi_type_sint64;
    case 'F': return &ffi_type_float;
    case 'D': return &ffi_type_double;
    default: return &ffi_type_pointer;
    }
}

/* Static or not, result, arguments; arrays are objects here.  Returns the number of arguments. */
static unsigned shape_key(const struct method *m, char key[MAX_ARGUMENTS + 3])
{
    char *k = key;
    *k++ = method_is_static(m) ? 's' : 'i';
    *k++ = m->return_type == '[' ? 'L' : m->return_type;
    for (const char *p = m->descriptor->bytes + 1; *p != ')'; p++) {
        *k++ = *p == '[' ? 'L' : *p;
        while (*p == '[')
            p++;
        if (*p == 'L')
            p = strchr(p, ';');
    }
    *k = '\0';
    return (unsigned)(k - key) - 2;
}

static bool all_integers(const char *kinds)
{
    return kinds[strcspn(kinds, "FD")] == '\0';
}

static void describe_arguments(struct native_shape *shape)
{
    uint8_t slot = shape->key[0] == 's' ? 0 : 1;
    shape->types[0] = shape->types[1] = &ffi_type_pointer;
    for (unsigned i = 0; i < shape->count; i++) {
        char kind = shape->key[2 + i];
        shape->arguments[i] = (struct argument){slot, kind == 'L'};
        shape->types[LEADING + i] = ffi_type_of(kind);
        slot = (uint8_t)(slot + (kind == 'J' || kind == 'D' ? 2 : 1));
    }
}

static _Noreturn void shape_impossible(const char *key, const char *why)
{
    fprintf(stderr, "Error: a call of native code of the shape %s cannot be prepared: %s\n", key, why);
    _Exit(1);
}

/* NULL: no memory. */
static struct native_shape *new_shape(const char *key, unsigned count, uint32_t hash)
{
    static const method_entry integer_bridges[] = {
        integer_bridge_0, integer_bridge_1, integer_bridge_2, integer_bridge_3, integer_bridge_4,
    };
    struct native_shape *shape = calloc(1, sizeof *shape + count * sizeof shape->arguments[0]);
    ffi_type **types = calloc(count + LEADING, sizeof *types);
    char *own_key = strdup(key);
    if (shape == NULL || types == NULL || own_key == NULL) {
        free(shape);
        free(types);
        free(own_key);
        return NULL;
    }
    shape->hash = hash;
    shape->key = own_key;
    shape->types = types;
    shape->count = (uint8_t)count;
    describe_arguments(shape);
    if (ffi_prep_cif(&shape->cif, FFI_DEFAULT_ABI, count + LEADING, ffi_type_of(key[1]), types) != FFI_OK)
        shape_impossible(key, "libffi does not support it");
    bool direct = (int)count <= DIRECT_ARGUMENTS && all_integers(key + 1);
    shape->entry = direct ? integer_bridges[count] : general_bridge;
    return shape;
}

static struct native_shape *find_shape(const char *key, uint32_t hash)
{
    struct native_shape *s = atomic_load_explicit(&shapes[hash % SHAPE_BUCKETS], memory_order_acquire);
    while (s != NULL && (s->hash != hash || strcmp(s->key, key) != 0))
        s = s->next;
    return s;
}

static struct native_shape *shape_of(const struct method *m)
{
    char key[MAX_ARGUMENTS + 3];
    unsigned count = shape_key(m, key);
    uint32_t hash = 0;
    for (const char *k = key; *k != '\0'; k++)
        hash = hash * 31 + (uint8_t)*k;
    struct native_shape *shape = find_shape(key, hash);
    if (shape != NULL)
        return shape;
    pthread_mutex_lock(&shapes_lock);
    shape = find_shape(key, hash); /* another thread may have been faster */
    if (shape == NULL && (shape = new_shape(key, count, hash)) != NULL) {
        shape->next = atomic_load_explicit(&shapes[hash % SHAPE_BUCKETS], memory_order_relaxed);
        atomic_store_explicit(&shapes[hash % SHAPE_BUCKETS], shape, memory_order_release);
    }
    pthread_mutex_unlock(&shapes_lock);
    return shape;
}

method_entry bridge_prepare(struct method *m)
{
    struct native_shape *shape = m->native_bridge;
    if (shape == NULL) {
        shape = shape_of(m);
        if (shape == NULL)
            return NULL;
        __atomic_store_n(&m->native_bridge, shape, __ATOMIC_RELEASE);
    }
    return shape->entry;
}
