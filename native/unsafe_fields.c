/* Unsafe's reads and writes of memory: plain, volatile and atomic.  A null base makes the offset an address; statics
 * are reached from their class's mirror (objects of Class never move).
 * Arguments: args[0] Unsafe, [1] base, [2] offset (two slots), [4] value. */
#include "native/unsafe_private.h"

static inline void *address_of(const union slot *args)
{
    return (char *)args[1].a + args[2].j;
}

/* A reference beyond a mirror's own fields is a static: a root slot, not a field of a heap object. */
static inline bool is_root(struct thread *t, const union slot *args)
{
    const struct object *base = args[1].a;
    return base != NULL && object_class(base) == t->vm->known.Class &&
           (uint64_t)args[2].j >= t->vm->known.Class->layout.instance_size;
}

/* x86-64 reads and writes at any address, and callers use that for memory outside the heap: the type says so to the
 * compiler. */
#define PLAIN(name, type, member)                                                                                      \
    typedef type unaligned_##name __attribute__((aligned(1)));                                                         \
    UNSAFE_ENTRY(get##name)                                                                                            \
    {                                                                                                                  \
        args[0].member = *(volatile unaligned_##name *)address_of(args);                                               \
    }                                                                                                                  \
    UNSAFE_ENTRY(put##name)                                                                                            \
    {                                                                                                                  \
        *(volatile unaligned_##name *)address_of(args) = (type)args[4].member;                                         \
    }

#define VOLATILE(name, type, member)                                                                                   \
    UNSAFE_ENTRY(get##name##Volatile)                                                                                  \
    {                                                                                                                  \
        type value;                                                                                                    \
        __atomic_load((type *)address_of(args), &value, __ATOMIC_SEQ_CST);                                             \
        args[0].member = value;                                                                                        \
    }                                                                                                                  \
    UNSAFE_ENTRY(put##name##Volatile)                                                                                  \
    {                                                                                                                  \
        type value = (type)args[4].member;                                                                             \
        __atomic_store((type *)address_of(args), &value, __ATOMIC_SEQ_CST);                                            \
    }

#define BOTH(name, type, member) PLAIN(name, type, member) VOLATILE(name, type, member)

BOTH(Byte, int8_t, i)
BOTH(Short, int16_t, i)
BOTH(Char, uint16_t, i)
BOTH(Int, int32_t, i)
BOTH(Long, int64_t, j)
BOTH(Float, float, f)
BOTH(Double, double, d)

/* Memory that is not a Java boolean may hold any byte: what is not zero is true. */
UNSAFE_ENTRY(getBoolean)
{
    args[0].i = *(volatile int8_t *)address_of(args) != 0;
}

UNSAFE_ENTRY(putBoolean)
{
    *(volatile int8_t *)address_of(args) = (int8_t)(args[4].i & 1);
}

UNSAFE_ENTRY(getBooleanVolatile)
{
    args[0].i = __atomic_load_n((int8_t *)address_of(args), __ATOMIC_SEQ_CST) != 0;
}

UNSAFE_ENTRY(putBooleanVolatile)
{
    __atomic_store_n((int8_t *)address_of(args), (int8_t)(args[4].i & 1), __ATOMIC_SEQ_CST);
}

UNSAFE_ENTRY(getReference)
{
    args[0].a = gc_load_ref(args[1].a, (size_t)args[2].j);
}

UNSAFE_ENTRY(putReference)
{
    if (is_root(t, args))
        gc_store_root(address_of(args), args[4].a);
    else
        gc_store_ref(args[1].a, (size_t)args[2].j, args[4].a);
}

UNSAFE_ENTRY(getReferenceVolatile)
{
    args[0].a = gc_load_ref_volatile(args[1].a, (size_t)args[2].j);
}

UNSAFE_ENTRY(putReferenceVolatile)
{
    if (is_root(t, args))
        __atomic_store_n((struct object **)address_of(args), args[4].a, __ATOMIC_SEQ_CST);
    else
        gc_store_ref_volatile(args[1].a, (size_t)args[2].j, args[4].a);
}

UNSAFE_ENTRY(getUncompressedObject)
{
    args[0].a = *(struct object *volatile *)(uintptr_t)args[1].j;
}

/* ---- compare and swap: expected value behind the offset, then the new one -------------------------------- */

#define COMPARE(name, type, member, desired)                                                                           \
    static inline bool exchange_##type(const union slot *args, type *expected)                                         \
    {                                                                                                                  \
        return __atomic_compare_exchange_n((type *)address_of(args), expected, desired, false, __ATOMIC_SEQ_CST,       \
                                           __ATOMIC_SEQ_CST);                                                          \
    }                                                                                                                  \
    UNSAFE_ENTRY(compareAndSet##name)                                                                                  \
    {                                                                                                                  \
        type expected = args[4].member;                                                                                \
        args[0].i = exchange_##type(args, &expected);                                                                  \
    }                                                                                                                  \
    UNSAFE_ENTRY(compareAndExchange##name)                                                                             \
    {                                                                                                                  \
        type expected = args[4].member;                                                                                \
        exchange_##type(args, &expected);                                                                              \
        args[0].member = expected;                                                                                     \
    }

COMPARE(Int, int32_t, i, args[5].i)
COMPARE(Long, int64_t, j, args[6].j)

static inline struct object *exchange_reference(struct thread *t, const union slot *args)
{
    struct object *expected = args[4].a;
    if (!is_root(t, args))
        return gc_cas_ref(args[1].a, (size_t)args[2].j, expected, args[5].a);
    __atomic_compare_exchange_n((struct object **)address_of(args), &expected, args[5].a, false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    return expected;
}

UNSAFE_ENTRY(compareAndSetReference)
{
    args[0].i = exchange_reference(t, args) == args[4].a;
}

UNSAFE_ENTRY(compareAndExchangeReference)
{
    args[0].a = exchange_reference(t, args);
}

/* ---- fences ---------------------------------------------------------------------------------------------- */

UNSAFE_ENTRY(loadFence)
{
    atomic_thread_fence(memory_order_acquire);
}

UNSAFE_ENTRY(storeFence)
{
    atomic_thread_fence(memory_order_release);
}

UNSAFE_ENTRY(fullFence)
{
    atomic_thread_fence(memory_order_seq_cst);
}
