/* jdk.internal.perf.Perf: counters of the class library.  Each lives in memory of its own behind a direct buffer; no
 * instrumentation file is shared with other processes, so that there is nothing to attach to. */
#include <stdlib.h>
#include <time.h>

#include "classloader/linking.h"
#include "native/direct.h"
#include "native/natives.h"
#include "vm/call.h"
#include "vm/object.h"

enum { NANOSECONDS_PER_SECOND = 1000000000 };

/* A java.nio.DirectByteBuffer over `size` zeroed bytes that are never freed, as counters are not.  NULL: exception
 * pending. */
static struct object *new_counter(struct thread *t, size_t size, void **memory)
{
    struct wellknown *k = &t->vm->known;
    *memory = calloc(1, size);
    if (*memory == NULL) {
        exception_throw_out_of_memory(t, "native memory for a performance counter");
        return NULL;
    }
    struct object *buffer = initialize_class(t, k->DirectByteBuffer) ? object_new(t, k->DirectByteBuffer) : NULL;
    if (buffer != NULL &&
        java_callv(t, k->DirectByteBuffer_init, NULL, buffer, (int64_t)(uintptr_t)*memory, (int)size))
        return buffer;
    free(*memory);
    return NULL;
}

/* createLong(String name, int variability, int units, long value) */
static void perf_create_long(struct thread *t, struct method *m, union slot *args)
{
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    void *memory;
    struct object *buffer = NULL;
    if (args[1].a == NULL)
        exception_throw(t, "java/lang/NullPointerException", NULL);
    else
        buffer = new_counter(t, sizeof(int64_t), &memory);
    if (buffer != NULL)
        memcpy(memory, &args[4].j, sizeof(int64_t));
    direct_pop(t, f);
    args[0].a = buffer;
}

/* createByteArray(String name, int variability, int units, byte[] value, int maxLength) */
static struct object *byte_array_counter(struct thread *t, const union slot *args)
{
    enum { VARIABILITY_CONSTANT = 1, VARIABILITY_VARIABLE = 3, UNITS_STRING = 5 };
    struct object *value = args[4].a;
    int32_t variability = args[2].i, maximum = args[5].i;
    if (args[1].a == NULL || value == NULL) {
        exception_throw(t, "java/lang/NullPointerException", NULL);
        return NULL;
    }
    if (args[3].i != UNITS_STRING || (variability != VARIABILITY_CONSTANT && variability != VARIABILITY_VARIABLE)) {
        exception_throw(t, "java/lang/IllegalArgumentException",
                        "unexpected variability or units of a byte array counter");
        return NULL;
    }
    size_t length = array_length(value), size = length;
    if (variability == VARIABILITY_VARIABLE && maximum >= 0) {
        size = (size_t)maximum + 1; /* the text ends with a zero byte */
        if (length > size)
            length = size;
    }
    void *memory;
    struct object *buffer = new_counter(t, size != 0 ? size : 1, &memory);
    if (buffer != NULL)
        memcpy(memory, array_data(value), length);
    return buffer;
}

static void perf_create_byte_array(struct thread *t, struct method *m, union slot *args)
{
    struct frame *f = direct_push(t, m, args);
    if (f == NULL)
        return;
    struct object *buffer = byte_array_counter(t, args);
    direct_pop(t, f);
    args[0].a = buffer;
}

static void perf_attach(struct thread *t, struct method *m, union slot *args)
{
    DIRECT_THROW(t, m, args, "java/io/IOException", "This VM shares no performance data with other processes");
}

static void perf_high_res_counter(struct thread *t, struct method *m, union slot *args)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    args[0].j = (int64_t)now.tv_sec * NANOSECONDS_PER_SECOND + now.tv_nsec - t->vm->start_ns;
}

static void perf_high_res_frequency(struct thread *t, struct method *m, union slot *args)
{
    args[0].j = NANOSECONDS_PER_SECOND;
}

static const struct vm_native perf_methods[] = {
    {"registerNatives", "()V", NULL, direct_nothing},
    {"attach", "(Ljava/lang/String;II)Ljava/nio/ByteBuffer;", NULL, perf_attach},
    {"detach", "(Ljava/nio/ByteBuffer;)V", NULL, direct_nothing}, /* only an attached buffer could be detached */
    {"createLong", "(Ljava/lang/String;IIJ)Ljava/nio/ByteBuffer;", NULL, perf_create_long},
    {"createByteArray", "(Ljava/lang/String;II[BI)Ljava/nio/ByteBuffer;", NULL, perf_create_byte_array},
    {"highResCounter", "()J", NULL, perf_high_res_counter},
    {"highResFrequency", "()J", NULL, perf_high_res_frequency},
};

const struct vm_native_class natives_perf = {"jdk/internal/perf/Perf", perf_methods, ARRAY_COUNT(perf_methods)};
