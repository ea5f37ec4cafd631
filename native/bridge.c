/* The bridge from Java to native code.  It relies on the System V x86-64 calling convention (psABI 3.2.3) instead of a
 * foreign-function library: integer and pointer arguments fill six registers, floating-point arguments eight others,
 * independently of each other, and the rest goes to the stack in order, eight bytes each.  Hence
 *  - the upper half of a register that carries an int, and registers beyond a callee's parameters, are ignored by it;
 *  - a float is the low half of a vector register, so that it may be passed as the bits of a double;
 *  - a struct of more than 16 bytes passed by value is laid out on the stack where the overflowing arguments belong. */
#include "native/bridge.h"

#include "native/handles.h"
#include "vm/exception.h"
#include "vm/monitor.h"
#include "vm/safepoint.h"

#ifndef __x86_64__
#error "native/bridge.c knows the calling convention of x86-64 Linux only"
#endif

enum {
    INT_REGISTERS = 4, /* six, without those of JNIEnv* and jclass / jobject */
    FP_REGISTERS = 8,
};

/* Where each argument goes: ints[i] and fps[i] are slot numbers of register arguments, overflow those of the stack. */
struct native_call {
    uint8_t int_count, fp_count;
    uint16_t overflow_count;
    uint8_t int_slots[INT_REGISTERS];
    uint8_t int_is_reference;             /* bit per int_slots element */
    uint8_t fp_slots[FP_REGISTERS];
    struct { uint8_t slot; bool reference; } overflow[];
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
}

/* A jobject argument is the address of its slot on the Java stack. */
static inline int64_t reference_or_raw(union slot *slot, bool reference)
{
    uintptr_t raw = slot->raw;
    return (int64_t)(reference && raw != 0 ? (uintptr_t)slot : raw);
}

static inline int64_t int_argument(const struct native_call *call, union slot *args, unsigned i)
{
    return reference_or_raw(&args[call->int_slots[i]], (call->int_is_reference >> i & 1) != 0);
}

/* ---- methods with at most four arguments, none of them float or double, and no floating-point result ----- */

#define ARGUMENT(i) int_argument(call, args, i)
#define DEFINE_INTEGER_BRIDGE(count, parameters, ...)                                                                  \
    static void integer_bridge_##count(struct thread *t, struct method *m, union slot *args)                           \
    {                                                                                                                  \
        typedef int64_t (*function) parameters;                                                                        \
        struct native_scope scope;                                                                                     \
        const struct native_call *call = m->native_bridge;                                                             \
        (void)call;                                                                                                    \
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

struct no_overflow { int64_t s[1]; };
struct overflow_8 { int64_t s[8]; };
struct overflow_256 { int64_t s[256]; };

struct registers {
    int64_t i[INT_REGISTERS];
    union slot f[FP_REGISTERS];
};

static void load_arguments(const struct native_call *call, union slot *args, struct registers *r, int64_t *overflow)
{
    for (unsigned i = 0; i < call->int_count; i++)
        r->i[i] = int_argument(call, args, i);
    for (unsigned i = 0; i < call->fp_count; i++)
        r->f[i] = args[call->fp_slots[i]];
    for (unsigned i = 0; i < call->overflow_count; i++)
        overflow[i] = reference_or_raw(&args[call->overflow[i].slot], call->overflow[i].reference);
}

/* Calls m's function with all register arguments, used or not, and the overflow area (if any) above them. */
#define CALL_RETURNING(type, ...)                                                                                      \
    ((type (*)(JNIEnv *, jobject, int64_t, int64_t, int64_t, int64_t, double, double, double, double, double, double,  \
               double, double __VA_OPT__(, typeof(__VA_ARGS__))))function)(                                            \
        (JNIEnv *)t, scope.self, r.i[0], r.i[1], r.i[2], r.i[3], r.f[0].d, r.f[1].d, r.f[2].d, r.f[3].d, r.f[4].d,     \
        r.f[5].d, r.f[6].d, r.f[7].d __VA_OPT__(, ) __VA_ARGS__)

#define DEFINE_GENERAL_BRIDGE(name, area, ...)                                                                         \
    static void name(struct thread *t, struct method *m, union slot *args)                                             \
    {                                                                                                                  \
        struct native_scope scope;                                                                                     \
        struct registers r = {0};                                                                                      \
        union slot result = {0};                                                                                       \
        area overflow;                                                                                                 \
        if (UNLIKELY(!enter(t, m, args, &scope)))                                                                      \
            return;                                                                                                    \
        load_arguments(m->native_bridge, args, &r, overflow.s);                                                        \
        void *function = atomic_load_explicit(&m->native_function, memory_order_relaxed);                              \
        if (m->return_type == 'D')                                                                                     \
            result.d = CALL_RETURNING(double __VA_OPT__(, ) __VA_ARGS__);                                              \
        else if (m->return_type == 'F')                                                                                \
            result.f = CALL_RETURNING(float __VA_OPT__(, ) __VA_ARGS__);                                               \
        else                                                                                                           \
            result.j = CALL_RETURNING(int64_t __VA_OPT__(, ) __VA_ARGS__);                                             \
        thread_enter_java(t);                                                                                          \
        leave(t, m, args, &scope, result);                                                                             \
    }
DEFINE_GENERAL_BRIDGE(register_bridge, struct no_overflow)
DEFINE_GENERAL_BRIDGE(overflow_bridge, struct overflow_8, overflow)
DEFINE_GENERAL_BRIDGE(wide_bridge, struct overflow_256, overflow)

/* ---- shapes ---------------------------------------------------------------------------------------------- */

/* The argument at p: its kind ('L' for arrays too) and the text behind it. */
static const char *skip_argument(const char *p, char *kind)
{
    *kind = *p == '[' ? 'L' : *p;
    while (*p == '[')
        p++;
    if (*p == 'L')
        while (*p != ';')
            p++;
    return p + 1;
}

static void place_argument(struct native_call *call, char kind, uint8_t slot)
{
    bool fp = kind == 'F' || kind == 'D';
    if (fp && call->fp_count < FP_REGISTERS) {
        call->fp_slots[call->fp_count++] = slot;
    } else if (!fp && call->int_count < INT_REGISTERS) {
        call->int_is_reference |= (uint8_t)((kind == 'L') << call->int_count);
        call->int_slots[call->int_count++] = slot;
    } else {
        call->overflow[call->overflow_count].slot = slot;
        call->overflow[call->overflow_count++].reference = kind == 'L';
    }
}

method_entry bridge_prepare(struct method *m)
{
    static const method_entry integer_bridges[] = {
        integer_bridge_0, integer_bridge_1, integer_bridge_2, integer_bridge_3, integer_bridge_4,
    };
    struct native_call *call = m->native_bridge;
    if (call == NULL) {
        uint8_t slot = method_is_static(m) ? 0 : 1;
        size_t possible_overflow = m->arg_count > INT_REGISTERS ? m->arg_count - INT_REGISTERS : 0;
        char kind;
        call = arena_alloc(m->owner->loader->arena, sizeof *call + possible_overflow * sizeof call->overflow[0]);
        for (const char *p = m->descriptor->bytes + 1; *p != ')';) {
            p = skip_argument(p, &kind);
            place_argument(call, kind, slot);
            slot = (uint8_t)(slot + (kind == 'J' || kind == 'D' ? 2 : 1));
        }
        __atomic_store_n(&m->native_bridge, call, __ATOMIC_RELEASE);
    }
    if (call->fp_count == 0 && call->overflow_count == 0 && m->return_type != 'F' && m->return_type != 'D')
        return integer_bridges[call->int_count];
    return call->overflow_count == 0 ? register_bridge : call->overflow_count <= 8 ? overflow_bridge : wide_bridge;
}
