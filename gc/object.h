/* The shape of every heap object, shared by the collector and the VM.
 *
 *   word 0   pointer to the class, which begins with a struct gc_layout
 *   word 1   low half:  array length, or the identity hash of a non-array (0: not yet taken)
 *            high half: lock word (vm/monitor.h); its top bit is always set in a live object, so that
 *                       a conservative scan never takes word 1 for an address
 *   word 2.. fields (references first within each class's own block) or array elements
 *
 * A word 0 of zero is a free cell.  References are 64-bit; every access to one in the heap goes through
 * gc_load_ref / gc_store_ref (gc/gc.h) so that barriers or compressed references can come later. */
#ifndef CLOISTER_GC_OBJECT_H
#define CLOISTER_GC_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OBJECT_HEADER_SIZE = 16, ARRAY_DATA_OFFSET = 16 };
#define OBJECT_LOCK_INITIAL 0x80000000u /* unlocked, no hash, not inflated */

enum gc_kind {
    GC_KIND_OBJECT,     /* marked by the descriptor word */
    GC_KIND_REF_ARRAY,  /* every element is a reference */
    GC_KIND_PRIM_ARRAY, /* no references; memory is zeroed by the allocator */
};

/* How the collector treats instances of java.lang.ref.Reference's families. */
enum gc_reference_kind { GC_REF_NONE, GC_REF_SOFT, GC_REF_WEAK, GC_REF_FINAL, GC_REF_PHANTOM };

/* First member of struct class.  Filled by gc_layout_object / gc_layout_array; read by allocation and marking. */
struct gc_layout {
    void *reserved;          /* word 0 of the class: kept zero */
    uintptr_t descriptor;    /* word 1: mark descriptor of the backend, private to gc/ */
    uint32_t instance_size;  /* bytes with header, multiple of 8 (objects) */
    uint8_t kind;            /* enum gc_kind */
    uint8_t element_shift;   /* log2 of the element size (arrays) */
    uint8_t reference_kind;  /* enum gc_reference_kind */
    uint8_t alloc_slow;      /* 1: the inline path must not be used (finalizable, reference, abstract, ...) */
};

struct object {
    struct gc_layout *layout; /* the struct class of the object: object_class() in vm/object.h */
    _Atomic uint32_t length;  /* arrays: element count; others: identity hash */
    _Atomic uint32_t lock;
};

_Static_assert(sizeof(struct object) == OBJECT_HEADER_SIZE, "object header is two words");

static inline void *object_at(const struct object *o, size_t offset)
{
    return (char *)o + offset;
}

static inline uint32_t array_length(const struct object *a)
{
    return atomic_load_explicit(&((struct object *)a)->length, memory_order_relaxed);
}

static inline void *array_data(const struct object *a)
{
    return (char *)a + ARRAY_DATA_OFFSET;
}

#endif
