/* Unsafe's memory outside the heap, its block operations, and the table of all its natives. */
#include <stdlib.h>

#include "native/unsafe_private.h"

/* Zero means that there is no such memory: the Java side throws OutOfMemoryError with the size. */
UNSAFE_ENTRY(allocateMemory0)
{
    args[0].j = (int64_t)(uintptr_t)malloc((size_t)args[1].j);
}

UNSAFE_ENTRY(reallocateMemory0)
{
    args[0].j = (int64_t)(uintptr_t)realloc((void *)(uintptr_t)args[1].j, (size_t)args[3].j);
}

UNSAFE_ENTRY(freeMemory0)
{
    free((void *)(uintptr_t)args[1].j);
}

static inline char *place(const union slot *at)
{
    return (char *)at[0].a + at[1].j;
}

UNSAFE_ENTRY(setMemory0)
{
    memset(place(&args[1]), args[6].i, (size_t)args[4].j);
}

UNSAFE_ENTRY(copyMemory0)
{
    memmove(place(&args[4]), place(&args[1]), (size_t)args[7].j);
}

static inline void swap_element(char *to, const char *from, size_t size)
{
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    switch (size) {
    case 2:
        memcpy(&two, from, 2);
        two = __builtin_bswap16(two);
        memcpy(to, &two, 2);
        break;
    case 4:
        memcpy(&four, from, 4);
        four = __builtin_bswap32(four);
        memcpy(to, &four, 4);
        break;
    default:
        memcpy(&eight, from, 8);
        eight = __builtin_bswap64(eight);
        memcpy(to, &eight, 8);
        break;
    }
}

/* Source and destination may overlap. The Java side has checked that the size is 2, 4 or 8 and divides the length. */
UNSAFE_ENTRY(copySwapMemory0)
{
    const char *from = place(&args[1]);
    char *to = place(&args[4]);
    size_t length = (size_t)args[7].j, size = (size_t)args[9].j;
    if (to <= from || to >= from + length) {
        for (size_t i = 0; i < length; i += size)
            swap_element(to + i, from + i, size);
    } else {
        for (size_t i = length; i != 0; i -= size)
            swap_element(to + i - size, from + i - size, size);
    }
}

/* Persistent memory: DATA_CACHE_LINE_FLUSH_SIZE is 0, so that the Java side refuses before it comes here. */
UNSAFE_ENTRY(writeback0)
{
    DIRECT_THROW(t, m, args, "java/lang/UnsupportedOperationException", "persistent memory is not supported");
}

UNSAFE_ENTRY(writebackPreSync0)
{
    DIRECT_THROW(t, m, args, "java/lang/UnsupportedOperationException", "persistent memory is not supported");
}

UNSAFE_ENTRY(writebackPostSync0)
{
    DIRECT_THROW(t, m, args, "java/lang/UnsupportedOperationException", "persistent memory is not supported");
}

UNSAFE_ENTRY(getLoadAverage0)
{
    double average[3];
    int count = getloadavg(average, args[2].i < 3 ? args[2].i : 3);
    if (count > 0)
        memcpy(array_data(args[1].a), average, (size_t)count * sizeof(average[0]));
    args[0].i = count;
}

static const struct vm_native unsafe_methods[] = {
    {"registerNatives", "()V", NULL, direct_nothing},
#define UNSAFE(name, descriptor) {#name, descriptor, NULL, unsafe_##name},
#include "native/unsafe.def"
#undef UNSAFE
};

const struct vm_native_class natives_unsafe = {
    "jdk/internal/misc/Unsafe", unsafe_methods, ARRAY_COUNT(unsafe_methods),
};
